"""The papers of the file: blocks, documents, form, approvals, undertakings, opinions (R-24, R-25, R-31 to R-35)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from abst.errors import Refusal
from abst.filing.blocks import Document, Opinion
from abst.filing.checks.common import codes_of, is_language, parties_of, party_ids, person_ids
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook, refuse


def missing_blocks(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-25: every block of the report is there."""
    for block in rulebook.words("R-25", "blocks"):
        if getattr(dossier, block, None) is None:
            yield refuse("R-25", "block-missing", found="nothing", needed=f"the block {block}", where=block)


def missing_documents(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-24, R-33: every document of the list is there, once."""
    counts = Counter(document.code for document in dossier.documents or ())
    for code in rulebook.words("R-24", "documents"):
        if not counts[code]:
            yield refuse("R-24", "document-missing", found="nothing", needed=code, where=f"documents[{code}]")
    for code, count in counts.items():
        if count > 1:
            where = f"documents[{code}]"
            yield refuse("R-33", "document-repeated", found=f"{count} times", needed="once", where=where)


def _documents(dossier: Dossier) -> Iterator[tuple[str, Document]]:
    yield from ((f"documents[{n}]", document) for n, document in enumerate(dossier.documents or ()))
    for n, approval in enumerate(dossier.approvals or ()):
        if approval.document is not None:
            yield f"approvals[{n}].document", approval.document


def form(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-34: documents are scanned in colour, have an editable copy, and foreign ones a Chinese translation."""
    scans, own = rulebook.words("R-34", "scans"), rulebook.setting("R-34", "language")
    chinese = {document.code for document in dossier.documents or () if document.language == own}
    for where, one in _documents(dossier):
        if one.scan not in scans:
            yield refuse("R-34", "scan", found=one.scan, needed=", ".join(scans), where=f"{where}.scan")
        if one.editable is None:
            needed = "an editable copy beside the fixed one"
            yield refuse("R-34", "copy-missing", found="nothing", needed=needed, where=f"{where}.editable")
        if not is_language(one.language):
            needed = "a language of ISO 639-1"
            yield refuse("R-34", "language-unknown", found=one.language, needed=needed, where=f"{where}.language")
        elif one.language != own and one.translation not in chinese:
            found, needed = one.translation or "nothing", f"the code of a document in {own}"
            yield refuse("R-34", "translation", found=found, needed=needed, where=f"{where}.translation")


def signatures(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-34: papers are signed in person or electronically by authority; who signs for another has a proxy letter."""
    kinds, codes = rulebook.words("R-34", "signatures"), codes_of(dossier)
    signed = [(where, one.signature, one.signed_for, one.proxy) for where, one in _documents(dossier)]
    for n, paper in enumerate(dossier.undertakings or ()):
        signed.append((f"undertakings[{n}]", paper.signature, paper.signed_for, paper.proxy))
    for where, signature, signed_for, proxy in signed:
        if signature not in kinds:
            yield refuse("R-34", "signature", found=signature, needed=", ".join(kinds), where=f"{where}.signature")
        if signed_for and proxy not in codes:
            needed = f"the proxy letter of {signed_for} among the documents"
            yield refuse("R-34", "proxy-missing", found=proxy or "nothing", needed=needed, where=f"{where}.proxy")


def approvals(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-31: every slot holds a document or a statement of non-applicability signed by a person of the register."""
    if dossier.approvals is None:
        return
    slots = rulebook.words("R-31", "slots")
    for slot in slots:
        count = sum(a.slot == slot for a in dossier.approvals)
        if count != 1:
            found, where = f"{count} entries", f"approvals[{slot}]"
            yield refuse("R-31", "slot-empty" if not count else "slot-repeated", found=found, needed="one", where=where)
    for n, approval in enumerate(dossier.approvals):
        statement = approval.not_applicable
        filled = (approval.document is not None) + (statement is not None)
        if filled != 1:
            found = "neither" if not filled else "both"
            needed = "a document or a statement"
            yield refuse("R-31", "slot-content", found=found, needed=needed, where=f"approvals[{n}]")
        if approval.slot not in slots:
            where = f"approvals[{n}].slot"
            yield refuse("R-31", "slot-unknown", found=approval.slot, needed=", ".join(slots), where=where)
        if statement is not None and dossier.entity is not None and statement.signed_by not in person_ids(dossier):
            found, where = statement.signed_by, f"approvals[{n}].not_applicable.signed_by"
            yield refuse("R-31", "statement-signer", found=found, needed="a person of the register", where=where)


def register(dossier: Dossier, rulebook: Rulebook) -> list[str]:
    """Who must sign: every person of the register, and every party that is an intermediary or has such a role."""
    roles = rulebook.words("R-32", "intermediaries")
    signers = [person.id for person in dossier.entity.persons] if dossier.entity else []
    signers += [party.id for party in parties_of(dossier) if party.intermediary or party.role in roles]
    return list(dict.fromkeys(signers))


def undertakings(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-32: the register names every role, and each person and intermediary signed exactly one undertaking."""
    if dossier.undertakings is None or dossier.entity is None or dossier.structure is None:
        return
    held = {person.role for person in dossier.entity.persons}
    for role in rulebook.words("R-32", "roles"):
        if role not in held:
            yield refuse("R-32", "role-missing", found="nobody", needed=f"a {role}", where="entity.persons")
    signers = register(dossier, rulebook)
    signed = Counter(undertaking.person for undertaking in dossier.undertakings)
    for person in signers:
        if signed[person] != 1:
            found, where = f"{signed[person]} undertakings", f"undertakings[{person}]"
            yield refuse("R-32", "undertaking-missing", found=found, needed="one signed undertaking", where=where)
    for n, undertaking in enumerate(dossier.undertakings):
        if undertaking.person not in signers:
            where, needed = f"undertakings[{n}].person", "a person of the register"
            yield refuse("R-32", "undertaking-stranger", found=undertaking.person, needed=needed, where=where)


def opinions(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-35: the opinions that must be there, signed by two lawyers and the head, good on the day of the file."""
    if dossier.opinions is None:
        return
    for kind in rulebook.words("R-35", "kinds"):
        if not any(opinion.kind == kind for opinion in dossier.opinions):
            yield refuse("R-35", "opinion-missing", found="none", needed=f"an opinion of {kind}", where="opinions")
    day, lawyers = dossier.filing.prepared_on, rulebook.number("R-35", "lawyers")
    for n, opinion in enumerate(dossier.opinions):
        where = f"opinions[{n}]"
        signers = len({name.strip() for name in opinion.lawyers} - {""})
        if signers < lawyers:
            needed = f"{lawyers} different lawyers"
            yield refuse("R-35", "opinion-signers", found=f"{signers}", needed=needed, where=f"{where}.lawyers")
        if not opinion.head.strip():
            yield refuse("R-35", "opinion-head", found="nobody", needed="the head of the firm", where=f"{where}.head")
        if opinion.good_until < day:
            found, needed = opinion.good_until.isoformat(), f"{day} or later"
            yield refuse("R-35", "opinion-over", found=found, needed=needed, where=f"{where}.good_until")
        if dossier.structure is not None and opinion.firm not in party_ids(dossier, *_counsel(opinion)):
            needed = f"a party with the role {_counsel(opinion)[0]}"
            yield refuse("R-35", "opinion-firm", found=opinion.firm, needed=needed, where=f"{where}.firm")


def _counsel(opinion: Opinion) -> tuple[str]:
    return ("mainland-counsel" if opinion.kind == "mainland-law" else "offshore-counsel",)


def conclusions(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-35: the mainland opinion finds every prohibition clear."""
    for n, opinion in enumerate(dossier.opinions or ()):
        if opinion.kind != "mainland-law":
            continue
        clear = {c.rule for c in opinion.conclusions if c.clear} - {c.rule for c in opinion.conclusions if not c.clear}
        for rule in rulebook.words("R-07", "prohibitions"):
            if rule not in clear:
                where = f"opinions[{n}].conclusions[{rule}]"
                yield refuse("R-35", "opinion-conclusion", found="not clear", needed=f"{rule} clear", where=where)


CHECKS = (missing_blocks, missing_documents, form, signatures, approvals, undertakings, opinions, conclusions)
