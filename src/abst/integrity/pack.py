"""The evidence pack (R-70): everything on record about a filing, an investor, a decision or a period, and its proofs.

A zip: entries of the log, decisions, proposals with the second officer's word, the rulebooks they were made under,
hashes of documents, transactions as signed with their receipts, anchors; a manifest with the SHA-256 of each member,
and an officer's signature over the manifest. Words of other entries are withheld: of those between the first entry told
and the anchor only digests are given, with which the chain of hashes can be followed all the same. Ids, codes and
hashes alone: whatever is personal stays sealed in the registry.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.office import Office, Result
from abst.decisions import officers
from abst.errors import NotAuthorised, Unavailable, UsageError
from abst.integrity import packed
from abst.integrity.anchors import Anchored, anchored
from abst.values import Hash, canonical, file_digest, instant

SCHEMA = "abst-evidence-pack-1"
COMMAND = "audit pack"
MANIFEST, SIGNATURE, README = "manifest.json", "signature.json", "README.txt"
WORDS = """An evidence pack of a registry of asset-backed security tokens (资产支持证券代币).

manifest.json    what is in here: the SHA-256 of each file, the registry, the chain and its contracts, what was asked
signature.json   an officer's signature (EIP-191, "personal message") over the SHA-256 of manifest.json
entries.json     entries of the registry's append-only log
links.json       [number, hash before, digest of content, hash] of every entry from the first told to the last anchor
decisions.json   what was known, which rule said what; its hash is the SHA-256 of its canonical JSON without id and hash
proposals.json   acts of two officers: what the second one saw and said
rulebooks.json   the rules under which was decided, by digest
documents.json   names and SHA-256 of the documents that the acts stand on
operations.json  transactions as they were signed, with receipts and events
anchors.json     heads of the log on the chain
proofs.json      for each decision: the entry that names it, the anchor that covers it, the transactions that carry it

Check all of it: abst audit check THIS-FILE
A public notice of a filing is no endorsement of the product by the authority (R-104).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a pack is about: exactly one of a filing, an investor, a decision, or a period of Unix seconds."""

    filing: str = ""
    investor: str = ""
    decision: str = ""
    first: int | None = None
    last: int | None = None

    def __post_init__(self) -> None:
        asked = [bool(self.filing), bool(self.investor), bool(self.decision), self.first is not None]
        if sum(asked) != 1 or (self.first is None) != (self.last is None):
            needed = "one of a filing, an investor, a decision, or a period from its first to its last second"
            raise UsageError("which evidence?", found=f"{sum(asked)} given", needed=needed, where="audit pack")


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePack:
    """officer: any officer whose key is in this home signs; path: where the zip is written."""

    officer: str
    request: str
    selection: Selection
    path: Path


@once
def make(office: Office, cmd: MakePack) -> Result:
    """Write a signed evidence pack and log that it was given out (R-70).

    Raises UsageError when nothing fits, NotFound, NotAuthorised without the officer's key, Unavailable for the file.
    """
    asked = asdict(cmd.selection)
    act = Act(office, COMMAND, cmd.request, {"officer": cmd.officer, **asked})
    if act.earlier:
        return act.again()
    anchors = anchored(office)
    with office.store.read() as session:
        officer = officers.get(session, cmd.officer)
        members = _members(office, session, cmd.selection, anchors)
    signer = office.keys.signer(officer.address)
    if signer is None:
        needed = f"keystore {cmd.officer}"
        raise NotAuthorised("the officer's key is not in this home", found=str(office.home), needed=needed)
    manifest = _manifest(office, cmd.selection, members)
    name = file_digest(manifest)
    text = signed_words(name)
    signature = {
        "officer": officer.name,
        "address": officer.address,
        "text": text,
        "signature": "0x" + signer.sign_text(text).hex(),
    }
    content = _zip({**members, MANIFEST: manifest, SIGNATURE: _json(signature)})
    _write(cmd.path, content)
    with act.writing(cmd.officer, None) as desk:
        desk.audit("audit pack", {"manifest": name, "sha256": file_digest(content), **asked})
        desk.result = {
            "file": cmd.path.name,
            "sha256": file_digest(content),
            "manifest": name,
            "entries": len(json.loads(members["entries.json"])),
            "decisions": len(json.loads(members["decisions.json"])),
            "operations": len(json.loads(members["operations.json"])),
            "anchored": bool(anchors),
        }
    return act.finish()


def signed_words(manifest: Hash) -> str:
    """The message that an officer signs for a pack."""
    return f"ABST evidence pack\nmanifest sha256 {manifest}"


def _manifest(office: Office, selection: Selection, members: Mapping[str, bytes]) -> bytes:
    deployment = office.deployment
    return _json(
        {
            "schema": SCHEMA,
            "registry_id": office.registry_id,
            "chain_id": deployment.chain_id,
            "genesis": deployment.genesis,
            "from_block": deployment.block,
            "contracts": deployment.addresses(),
            "made_at": instant(office.now()),
            "selection": {key: value for key, value in asdict(selection).items() if value not in ("", None)},
            "rulebook": office.rulebook.digest,
            "members": {name: file_digest(content) for name, content in sorted(members.items())},
        }
    )


def _members(office: Office, session: Session, selection: Selection, anchors: list[Anchored]) -> dict[str, bytes]:
    """Every file of the pack but the manifest and its signature. Raises UsageError when nothing is on record."""
    found = packed.gather(office, session, selection_of(selection))
    if not found.entries:
        raise UsageError("nothing is on record", found="no entry", needed="another filing, investor or period")
    parts: dict[str, Any] = {
        "entries.json": [packed.entry(one) for one in found.entries],
        "links.json": packed.links(session, found.entries, anchors),
        "decisions.json": [packed.decision(one) for one in found.decisions],
        "proposals.json": packed.proposals(session, found.proposals),
        "rulebooks.json": packed.rulebooks(session, found.decisions),
        "documents.json": packed.documents(session, found, selection.filing),
        "operations.json": packed.operations(office, session, found.requests),
        "anchors.json": [one.as_dict() for one in anchors],
    }
    parts["proofs.json"] = packed.proofs(found, parts["operations.json"], anchors)
    return {README: WORDS.encode()} | {name: _json(content) for name, content in parts.items()}


def selection_of(selection: Selection) -> packed.Wanted:
    """The selection as a question to the store."""
    return packed.Wanted(
        selection.filing, selection.investor, selection.decision, (selection.first or 0, selection.last or 0)
    )


def _json(value: Any) -> bytes:
    """Readable and the same for the same content; what is canonical in it stays so."""
    return json.dumps(json.loads(canonical(value)), ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _zip(members: Mapping[str, bytes]) -> bytes:
    """The same bytes for the same members: sorted, without times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            file.writestr(info, members[name])
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Unavailable("the pack cannot be written", found=str(error.strerror), where=str(path)) from error


def names(members: Iterable[str]) -> list[str]:
    """Members of a pack that its manifest lists: all but itself and its signature."""
    return sorted(name for name in members if name not in (MANIFEST, SIGNATURE))
