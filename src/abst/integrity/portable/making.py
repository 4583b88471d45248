"""Makes a portable package: the event log as the journal has it, all that follows from it, and what the registry adds.

The same register at the same block gives the same bytes. It is written beside its place and then put there: a folder
or a zip that is there is whole.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import journal
from abst.chain.acts import Act, once
from abst.chain.api import Log
from abst.chain.office import Office, Result
from abst.deal import Plan
from abst.decisions import Decision, officers
from abst.errors import Conflict, IntegrityFailure, NotAuthorised, Unavailable
from abst.filing.desk import token_code
from abst.filing.tables import DocumentRow, Filing, FilingVersion
from abst.holders import export
from abst.holders.captable import AsOf
from abst.integrity.portable import layout
from abst.integrity.portable.layout import MANIFEST, README, SIGNATURE
from abst.integrity.portable.replaying import Object, Replay, init_code_hash, salt_of, told_terms
from abst.investor.tables import Wallet
from abst.values import Address, file_digest, hash_of, instant

COMMAND = "package make"


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePackage:
    """officer: any officer whose key is in this home signs; path: a folder to make, or a file that ends in .zip.

    block, second: as of then; neither: as of the last block that the network will not take back.
    """

    officer: str
    request: str
    path: Path
    block: int | None = None
    second: int | None = None


@once
def make(office: Office, cmd: MakePackage) -> Result:
    """Write a signed package and log that it was given out.

    Raises NotFound, NotAuthorised without the officer's key, UsageError for a block that is not final yet, Conflict
    when something else is in its place, Unavailable for the disk, IntegrityFailure when records differ.
    """
    content = {"officer": cmd.officer, "block": cmd.block, "second": cmd.second}
    act = Act(office, COMMAND, cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        officer = officers.get(session, cmd.officer)
    signer = office.keys.signer(officer.address)
    if signer is None:
        needed = f"keystore {cmd.officer}"
        raise NotAuthorised("the officer's key is not in this home", found=str(office.home), needed=needed)
    as_of = point(office, cmd)
    with _beside(cmd.path) as draft:
        manifest = write(office, as_of, draft)
        name = file_digest(layout.page(manifest))
        text = layout.signed_words(name)
        signature = "0x" + signer.sign_text(text).hex()
        told = {"officer": officer.name, "address": officer.address, "text": text, "signature": signature}
        (draft / SIGNATURE).write_bytes(layout.page(told))
        _put(draft, cmd.path)
    with act.writing(cmd.officer, None) as desk:
        desk.audit("portable package", {"manifest": name, "block": as_of.block})
        desk.result = {
            "file": cmd.path.name,
            "manifest": name,
            "block": as_of.block,
            "time": instant(as_of.second),
            "counts": manifest["counts"],
        }
    return act.finish()


def point(office: Office, cmd: MakePackage) -> AsOf:
    """The block of the package; final, so that no reorganisation makes it untrue."""
    final = min(journal.advance(office), office.chain.final())
    if final < office.deployment.block:
        raise Unavailable("nothing is final yet", found=f"block {final}", needed=f"block {office.deployment.block}")
    return export.point(office, final, cmd.block, cmd.second)


def write(office: Office, as_of: AsOf, folder: Path) -> Object:
    """Every file but the signature into an empty folder; returns the manifest. Raises IntegrityFailure."""
    out = _Writer(folder)
    with office.store.read() as session:
        replay = _log(office, session, as_of, out)
        _compare(session, replay, as_of)
        known = select(Wallet.address, Wallet.investor).where(Wallet.number.is_not(None))
        ids = {row.address: row.investor for row in session.execute(known)}
        filings = list(_filings(session, replay))
        out.lines("filings", (one for one, _ in filings))
        out.lines("tranches", _tranches(replay, filings))
        out.lines("code", _codes(plan for _, plan in filings))
        out.lines("holders", replay.holders(ids))
        out.lines("positions", replay.positions())
        out.lines("totals", replay.totals())
        out.lines("documents", [*_filed(session, replay, as_of), *replay.documents()])
        out.lines("decisions", _decisions(session, as_of))
    for name, schema in layout.pages().items():
        out.file(name, schema, 0, None)
    out.file(README, layout.WORDS.encode(), 0, None)
    manifest = _manifest(office, as_of, out)
    (folder / MANIFEST).write_bytes(layout.page(manifest))
    return manifest


def _manifest(office: Office, as_of: AsOf, out: _Writer) -> Object:
    deployment = office.deployment
    return {
        "schema": layout.SCHEMA,
        "registry_id": office.registry_id,
        "chain_id": deployment.chain_id,
        "genesis": deployment.genesis,
        "from_block": deployment.block,
        "contracts": deployment.addresses(),
        "as_of": {
            "block": as_of.block,
            "hash": as_of.hash,
            "timestamp": as_of.second,
            "time": instant(as_of.second),
        },
        "counts": {kind: out.counts.get(kind, 0) for kind in layout.FILES},
        "files": out.files,
    }


# ---- the log, and what the registry's own tables say of it


def _log(office: Office, session: Session, as_of: AsOf, out: _Writer) -> Replay:
    """blocks/, events/ and transactions/."""
    heads = list(journal.blocks(session, last=as_of.block))
    spoken: set[int] = set()
    times = {head.number: head.timestamp for head in heads}
    replay = Replay(office.deployment.addresses(), times)
    with out.stream("events") as events, out.stream("transactions") as typed:
        for log in journal.raw(session, last=as_of.block):
            spoken.add(log.block_number)
            event = told_log(log)
            events(event)
            made = replay.take(event)
            if made is not None:
                typed(made)
    kept = [head for head in heads if head.number in spoken and head.number != as_of.block]
    lines = [told_block(head.number, head.hash, head.timestamp) for head in kept]
    out.lines("blocks", [*lines, told_block(as_of.block, as_of.hash, as_of.second)])
    return replay


def told_log(log: Log) -> Object:
    """One line of events/."""
    return {
        "object_type": "EVENT",
        "block": log.block_number,
        "log_index": log.log_index,
        "transaction": log.transaction_hash,
        "transaction_index": log.transaction_index,
        "address": log.address,
        "topics": list(log.topics),
        "data": "0x" + log.data.hex(),
    }


def told_block(number: int, hash_: str, second: int) -> Object:
    """One line of blocks/."""
    return {"object_type": "BLOCK", "number": number, "hash": hash_, "timestamp": second}


def _compare(session: Session, replay: Replay, as_of: AsOf) -> None:
    """The journal's own positions are those of the log: a package is never made of records that differ."""
    for security, made in replay.securities.items():
        held = journal.positions(session, Address(security), block=as_of.block)
        if held != made.ledger.balances:
            wrong = sorted({*held.items()} ^ {*made.ledger.balances.items()})[:3]
            needed = "the same by the journal's positions and by its log: abst reindex"
            raise IntegrityFailure("two records of holdings differ", found=str(wrong), needed=needed, where=security)


# ---- what was filed


def _filings(session: Session, replay: Replay) -> Iterator[tuple[Object, Plan]]:
    """Filings on the chain by number, each with the plan that has the filed hash. Raises IntegrityFailure."""
    rows = {row.number: row for row in session.scalars(select(Filing))}
    for number, filed in sorted(replay.filings.items()):
        row = rows.get(number)
        query = select(FilingVersion).where(
            FilingVersion.filing == (row.id if row else ""), FilingVersion.plan_hash == filed.plan_hash
        )
        version = session.scalar(query.order_by(FilingVersion.version.desc()).limit(1))
        if row is None or version is None:
            found = "no such version of the file" if row else "no such filing"
            raise IntegrityFailure(
                "a filing is not in the store", found=found, needed=filed.plan_hash, where=str(number)
            )
        plan = Plan.from_dict(version.plan)
        yield (
            {
                "object_type": "FILING",
                "number": number,
                "id": row.id,
                "title": row.title,
                "status": filed.status,
                "plan_hash": filed.plan_hash,
                "code_hash": plan.code_hash,
                "offchain_hash": plan.offchain,
                "tranches": filed.tranches,
            },
            plan,
        )


def _tranches(replay: Replay, filings: Iterable[tuple[Object, Plan]]) -> Iterator[Object]:
    """Every tranche of the plans; the hash of its creation code only where the code is here."""
    made = {(one.filing, one.tranche): security for security, one in replay.securities.items()}
    code = token_code()
    for filing, plan in filings:
        known = plan.code_hash == hash_of(code)
        for number, terms in enumerate(plan.terms):
            place = filing["number"], number
            yield {
                "object_type": "TRANCHE",
                "filing": place[0],
                "tranche": number,
                "terms": told_terms(terms),
                "security": made.get(place),
                "salt": salt_of(*place),
                "init_code_hash": init_code_hash(replay.contracts, code, *place, terms) if known else None,
            }


def _codes(plans: Iterable[Plan]) -> Iterator[Object]:
    """The creation code that plans name, where it is this version's."""
    code = token_code()
    if any(plan.code_hash == hash_of(code) for plan in plans):
        yield {"object_type": "CODE", "hash": hash_of(code), "code": "0x" + code.hex()}


def _filed(session: Session, replay: Replay, as_of: AsOf) -> Iterator[Object]:
    """Documents of the files, by hash."""
    query = select(DocumentRow, Filing.number).join(Filing, Filing.id == DocumentRow.filing)
    for row, number in session.execute(query.order_by(Filing.number, DocumentRow.id)):
        if number in replay.filings and row.at <= as_of.second:
            yield {
                "object_type": "DOCUMENT",
                "filing": number,
                "source": "filed",
                "name": row.code,
                "title": row.title,
                "version": row.version,
                "kind": 0,
                "sha256": row.sha256,
                "uri": "",
                "block": 0,
            }


def _decisions(session: Session, as_of: AsOf) -> Iterator[Object]:
    """Hashes of the decisions up to then: what they were about stays in the registry."""
    columns = (Decision.id, Decision.kind, Decision.passed, Decision.hash, Decision.rulebook, Decision.at)
    query = select(*columns).where(Decision.at <= as_of.second).order_by(Decision.at, Decision.id)
    for id_, kind, passed, hash_, rulebook, at in session.execute(query):
        yield {
            "object_type": "DECISION",
            "id": id_,
            "kind": kind,
            "passed": passed,
            "hash": hash_,
            "rulebook": rulebook,
            "at": at,
        }


# ---- writing


@dataclass
class _Writer:
    """Files of a folder, in numbered parts where they grow; what the manifest says of each."""

    folder: Path
    files: dict[str, Object] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def file(self, name: str, content: bytes, lines: int, schema: str | None) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        self.files[name] = {"sha256": file_digest(content), "bytes": len(content), "lines": lines, "schema": schema}

    def lines(self, kind: str, objects: Iterable[Mapping[str, Any]]) -> None:
        with self.stream(kind) as add:
            for one in objects:
                add(one)

    @contextmanager
    def stream(self, kind: str) -> Iterator[Any]:
        """A function that adds one object to the files of a kind."""
        waiting: list[bytes] = []
        size = number = 0

        def close() -> None:
            nonlocal size, number
            if waiting:
                number += 1
                self.file(f"{kind}/{number:05d}.jsonl", b"".join(waiting), len(waiting), layout.FILES[kind])
                self.counts[kind] = self.counts.get(kind, 0) + len(waiting)
                waiting.clear()
                size = 0

        def add(one: Mapping[str, Any]) -> None:
            nonlocal size
            line = layout.line(one)
            if len(waiting) == layout.CHUNK or size + len(line) > layout.CHUNK_BYTES:
                close()
            waiting.append(line)
            size += len(line)

        yield add
        close()


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """An empty folder beside a place, gone at the end whatever happens."""
    draft = path.absolute().with_name(f".{path.name}.{os.getpid()}")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        yield draft
    except OSError as error:
        raise Unavailable("the package cannot be written", found=str(error.strerror), where=str(path)) from error
    finally:
        with suppress(OSError):
            shutil.rmtree(draft, ignore_errors=True)


def _put(draft: Path, path: Path) -> None:
    """The draft in its place, as a folder or as a zip. Raises Conflict where something else is."""
    if path.suffix == ".zip":
        packed = draft.with_name(draft.name + ".zip")
        try:
            _pack(draft, packed)
            if path.exists() and not (path.is_file() and path.read_bytes() == packed.read_bytes()):
                raise Conflict("another file is there", found=str(path), needed="a new name", where="--out")
            packed.replace(path)
        finally:
            packed.unlink(missing_ok=True)
        return
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        same = path.is_dir() and _contents(path) == _contents(draft)
        if not same:
            raise Conflict("something else is there", found=str(path), needed="a new name", where="--out")
        return
    draft.rename(path)


def _contents(folder: Path) -> dict[str, str]:
    """Name -> SHA-256 of every file in a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): file_digest(path.read_bytes()) for path in files}


def _pack(folder: Path, target: Path) -> None:
    """The same bytes for the same files: sorted, without times."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = zipfile.ZipInfo(str(path.relative_to(folder)), date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            file.writestr(info, path.read_bytes())
