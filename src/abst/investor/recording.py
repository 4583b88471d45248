"""Recording investors: one by one or a file of thousands, sealed at once, judged only when they are to be admitted.

A request names what it was given by the blind keyed hash: neither a row nor a file can be guessed from it (R-82).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from abst.chain import parts
from abst.chain.acts import Act, Desk, once
from abst.chain.office import Office, Result
from abst.errors import Refusal, Refused, UsageError
from abst.investor import importer, records, sessions
from abst.investor.admission import assess_record
from abst.investor.denials import denied_among
from abst.investor.model import ChainFacts, PrivateRecord, SessionGiven
from abst.investor.reading import stated
from abst.keys import blind
from abst.rulebook import refuse
from abst.values import Hash, canonical, instant


@dataclass(frozen=True, slots=True, kw_only=True)
class AddInvestor:
    """row: the columns of the import, by name."""

    officer: str
    request: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportInvestors:
    """content: CSV or JSON; good rows are stored, every problem of the others is reported."""

    officer: str
    request: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSession:
    """One session of a known investor. act: what it was for; "onboarding" for the one an admission asks for."""

    officer: str
    request: str
    investor: str
    given: SessionGiven
    act: str


def blinded_row(office: Office, row: Mapping[str, Any]) -> Hash:
    """What a request says of a row: its keyed hash."""
    content = canonical({str(key): str(value) for key, value in row.items()})
    return blind(office.store, office.vault(), content)


def blinded(office: Office, content: bytes) -> Hash:
    """What a request says of a file: its keyed hash."""
    return blind(office.store, office.vault(), content)


@once
def add(office: Office, cmd: AddInvestor) -> Result:
    """Record one investor, sealed (R-44). ADMITTER. Raises Refused naming every bad cell, Conflict for a taken id."""
    act = Act(office, "investor add", cmd.request, {"officer": cmd.officer, "row": blinded_row(office, cmd.row)})
    if act.earlier:
        return act.again()
    row, problems = importer.read_row(cmd.row)
    if row is None:
        raise Refused([problem.refusal() for problem in problems])
    with act.writing(cmd.officer, "admitter") as desk:
        _store(office, desk, [row])
        investor = records.get(desk.session, row.reference)
        desk.audit(f"investor {investor.id}", {"commitment": investor.commitment})
        desk.result = stated(investor) | {"wallet": row.wallet}
    return act.finish()


@once
def import_file(office: Office, cmd: ImportInvestors) -> Result:
    """Record the good rows of a CSV or JSON file; the result's refusals name every problem (R-44).

    ADMITTER. One transaction, or one for each 2,500 rows of a longer file, which an interruption leaves in place: the
    same request goes on after them. Raises Refused when no row can be taken.
    """
    file = blinded(office, cmd.content)
    content: dict[str, Any] = {"officer": cmd.officer, "file": file}
    act = Act(office, "investor import", cmd.request, content)
    if act.earlier:
        return act.again()
    count = importer.count_rows(cmd.content)
    if count <= parts.ROWS:
        return _import(office, act, cmd.officer, file, importer.read(cmd.content))
    results: list[Result] = []
    for number, read in enumerate(importer.pieces(cmd.content, parts.ROWS), start=1):
        part = Act(office, act.command, parts.part_of(cmd.request, number), content | {"part": number})
        results.append(part.again() if part.earlier else _import(office, part, cmd.officer, file, read, some=True))
        office.progress("rows recorded", sum(one.result["rows"] for one in results), count)
    return parts.whole(
        act,
        cmd.officer,
        "admitter",
        "investors",
        results,
        lambda told: {"file": file, "added": told["added"], "refused": told["refused"], "parts": len(results)},
    )


def _import(
    office: Office, act: Act, officer: str, file: Hash, read: importer.Imported, *, some: bool = False
) -> Result:
    """Record rows read. some: they are not all of the file, so that none of them need be good."""
    if not read.rows and not some:
        raise Refused([problem.refusal() for problem in read.problems], "no row of the file can be taken")
    with act.writing(officer, "admitter") as desk:
        taken = _taken(desk, read.rows)
        rows = [row for row in read.rows if row.row not in taken]
        _store(office, desk, rows)
        added = [row.reference for row in rows]
        desk.audit("investors", {"file": file, "added": len(added), "refused": read.count - len(added)})
        desk.refusals = (*(problem.refusal() for problem in read.problems), *(taken[n] for n in sorted(taken)))
        desk.result = {"rows": read.count, "added": len(added), "refused": read.count - len(added), "investors": added}
    return act.finish()


@once
def session(office: Office, cmd: RecordSession) -> Result:
    """Record a session, its address, place and device sealed (R-52). ADMITTER.

    One from a denied country is kept too; the next admission or renewal refuses on it (R-43, R-54). Raises NotFound for
    an erased investor, UsageError for a session that is still to come.
    """
    told = blinded(office, canonical(cmd.given.model_dump()))
    content = {"officer": cmd.officer, "investor": cmd.investor, "session": told, "act": cmd.act}
    act = Act(office, "investor session", cmd.request, content)
    if act.earlier:
        return act.again()
    if cmd.given.at > act.at:
        raise UsageError("a session is past", found=instant(cmd.given.at), needed=f"by {instant(act.at)}", where="at")
    barred = denied_among({"session": (cmd.given.country,)}, office.rulebook, f"investor {cmd.investor}")
    with act.writing(cmd.officer, "admitter") as desk:
        investor = records.get(desk.session, cmd.investor)
        sessions.record(desk.session, [(investor.id, cmd.given)], office.vault(), desk.at, cmd.act)
        shown = {"act": cmd.act, "at": instant(cmd.given.at), "country": cmd.given.country}
        desk.audit(f"investor {investor.id}", {**shown, "session": told})
        desk.result = {"investor": investor.id, **shown, "denied": bool(barred)}
        if barred:
            desk.warnings = ("the country is denied: the next admission or renewal refuses (R-43, R-54)",)
    return act.finish()


def _taken(desk: Desk, rows: Sequence[importer.Row]) -> dict[int, Refusal]:
    """By row: why it cannot be stored beside what is there."""
    found: dict[int, Refusal] = {}
    known = set(records.known_among(desk.session, [row.reference for row in rows]))
    proven = records.proven_elsewhere(desk.session, {row.wallet: row.reference for row in rows if row.wallet})
    for row in rows:
        where = f"row {row.row}"
        if row.reference in known:
            found[row.row] = refuse("R-44", "id-taken", found=row.reference, needed="another id", where=where)
        elif row.wallet in proven:
            said, needed = "proven by another investor", "a wallet of the investor's own"
            found[row.row] = refuse("R-50", "wallet-taken", found=said, needed=needed, where=where)
    return found


def _store(office: Office, desk: Desk, rows: Sequence[importer.Row]) -> None:
    new = [records.New(row.reference, row.record, unjudged(row.record)) for row in rows]
    vault = office.vault()
    records.add_many(desk.session, new, vault, desk.at)
    told = [(row.reference, row.session) for row in rows if row.session is not None]
    sessions.record(desk.session, told, vault, desk.at)
    records.name_wallets(desk.session, {row.wallet: row.reference for row in rows if row.wallet}, desk.at)


def unjudged(record: PrivateRecord) -> ChainFacts:
    """The facts of somebody who was not judged yet: no ground, no capacity, nothing good at any second."""
    return ChainFacts(regimes=0, capacity=0, jurisdiction=record.residence[0], evidence_until=0, suitability_until=0)


def dry_run(office: Office, content: bytes) -> list[dict[str, Any]]:
    """Read and judge every row of a file as import and admission would, without lists and wallets; writes nothing."""
    read = importer.read(content)
    report: dict[int, dict[str, Any]] = {}
    for problem in read.problems:
        entry = report.setdefault(problem.row, {"row": problem.row, "investor": "", "refusals": []})
        entry["refusals"].append(problem.refusal().as_dict())
    for row in read.rows:
        judged = assess_record(row.record, office.rulebook, office.now(), office.zone, where=row.reference)
        report[row.row] = {
            "row": row.row,
            "investor": row.reference,
            "refusals": [refusal.as_dict() for refusal in judged.refusals],
        }
    return [report[number] for number in sorted(report)]
