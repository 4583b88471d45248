"""The documents of a filing (ERC-1643): where they stand, every version there was, what was seen on a day (R-81).

All of it is read from the chain's events, and compared with what the registry says stands now: a history with a gap is
an IntegrityFailure, never an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from abst.chain.acts import Act, once
from abst.chain.contracts import Event
from abst.chain.office import Office, Result
from abst.chain.reader import events
from abst.disclosure.history import Base, Version, address_of, as_of, gaps
from abst.disclosure.kinds import NAMES, name_bytes
from abst.errors import IntegrityFailure, NotFound, UsageError
from abst.filing import records
from abst.values import ZERO_HASH, Hash, file_digest, instant, to_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Locate:
    """base: what the address of a document without one of its own begins with; its hash follows."""

    officer: str
    request: str
    filing: str
    base: str


@dataclass(frozen=True, slots=True)
class Library:
    """Everything published for a filing, in the order of the chain."""

    filing: str
    versions: tuple[Version, ...]
    bases: tuple[Base, ...]

    def of(self, name: str) -> list[Version]:
        return [version for version in self.versions if version.number and version.name == name]

    def row(self, version: Version, second: int) -> dict[str, Any]:
        """A version as it is shown; its address as of a second."""
        return {
            "name": version.name,
            "version": version.number,
            "kind": NAMES.get(version.kind, str(version.kind)),
            "document_hash": version.hash,
            "uri": address_of(version, self.bases, second),
            "obligation": version.obligation,
            "published": instant(version.second),
            "second": version.second,
            "block": version.block,
        }


@once
def locate(office: Office, cmd: Locate) -> Result:
    """Say where documents stand that are published without an address of their own (R-81). DISCLOSER."""
    content = {"officer": cmd.officer, "filing": cmd.filing, "base": cmd.base}
    act = Act(office, "document base", cmd.request, content)
    if act.earlier:
        return act.again()
    if not cmd.base.startswith(("https://", "http://", "ipfs://")):
        raise UsageError("not a web address", found=cmd.base, needed="https://…", where="base")
    registry = office.contracts.registry
    with act.writing(cmd.officer, "discloser") as desk:
        filing = records.get(desk.session, cmd.filing)
        desk.send("document base", registry.address, registry.encode("locateDocuments", filing.number, cmd.base))
        desk.audit(f"filing {filing.id}", {"base": cmd.base})
        desk.result = {"filing": filing.id, "base": cmd.base}
    return act.finish()


# ---- reading


def library(office: Office, filing_id: str) -> Library:
    """Everything published, checked to be all of it. Raises NotFound, IntegrityFailure."""
    with office.store.read() as session:
        filing = records.get(session, filing_id)
    found = read(office, filing.id, filing.number)
    _check_whole(office, filing.number, found)
    return found


def read(office: Office, filing_id: str, number: int) -> Library:
    """The same, unchecked."""
    registry = office.contracts.registry
    names = [registry.codec.topic(name) for name in ("Published", "DocumentsLocated")]
    topics: list[Hash | list[Hash]] = [names, Hash(f"0x{number:064x}")]
    seconds: dict[int, int] = {}
    versions: list[Version] = []
    bases: list[Base] = []
    for event in events(office.chain, [registry], office.deployment.block, office.chain.head().number, topics):
        second = _second_of(office, event.block_number, seconds)
        place = (event.block_number, event.log_index)
        if event.name == "Published":
            versions.append(_version(event, second, place))
        else:
            bases.append(Base(event.args["base"], second, place))
    return Library(filing_id, tuple(versions), tuple(bases))


def _version(event: Event, second: int, place: tuple[int, int]) -> Version:
    args = event.args
    return Version(
        name=word_of(args["name"]),
        number=args["version"],
        kind=args["kind"],
        hash=args["documentHash"],
        uri=args["uri"],
        obligation=args["obligation"],
        second=second,
        place=place,
    )


def word_of(name: Hash) -> str:
    """A document's name as people write it; empty for none, and 0x-hex where it is no text."""
    if name == ZERO_HASH:
        return ""
    try:
        return to_bytes(name).rstrip(b"\x00").decode()
    except UnicodeDecodeError:
        return str(name)


def _second_of(office: Office, number: int, known: dict[int, int]) -> int:
    if number not in known:
        block = office.chain.block(number)
        if block is None:
            raise IntegrityFailure("a block with events is gone", found="none", needed=f"block {number}", where="chain")
        known[number] = block.timestamp
    return known[number]


def _check_whole(office: Office, number: int, found: Library) -> None:
    """The events are what the registry says of each name: so many versions, and the last one as it stands.

    Raises IntegrityFailure naming every difference.
    """
    registry = office.contracts.registry
    names = [word_of(name) for name in registry.read("documentsOf", number)]
    seen = list(dict.fromkeys(version.name for version in found.versions if version.number))
    differences = [] if names == seen else [f"names {', '.join(seen) or 'none'} in the events"]
    for name in names:
        versions = found.of(name)
        differences += [f"{name}: {gap}" for gap in gaps(versions)]
        raw = name_bytes(name)
        count, kind = registry.read("versionOf", number, raw)
        uri, document_hash, second = registry.read("documentOf", number, raw)
        stands = (count, kind, document_hash, second, uri)
        last = versions[-1] if versions else None
        told = last and (last.number, last.kind, last.hash, last.second, address_of(last, found.bases, office.now()))
        if told != stands:
            differences.append(f"{name}: {told} in the events, {stands} in the registry")
    if differences:
        raise IntegrityFailure(
            "the history of documents is not whole",
            found="; ".join(differences),
            needed="events and registry alike",
            where=f"filing {found.filing}",
        )


def list_documents(office: Office, filing_id: str) -> list[dict[str, Any]]:
    """Each document as it stands now, in the order of their first publication."""
    return seen_at(office, filing_id, office.now())


def seen_at(office: Office, filing_id: str, second: int) -> list[dict[str, Any]]:
    """What an investor saw at a second: each document's version of then. Raises UsageError for the future."""
    if second > office.now():
        raise UsageError(
            "nobody has seen the future", found=instant(second), needed=f"at the latest {instant(office.now())}"
        )
    found = library(office, filing_id)
    return [found.row(version, second) for version in as_of(found.versions, second)]


def history(office: Office, filing_id: str, name: str) -> list[dict[str, Any]]:
    """Every version of one document, the first one first, each with its address of that day. Raises NotFound."""
    found = library(office, filing_id)
    versions = found.of(name)
    if not versions:
        known = ", ".join(dict.fromkeys(v.name for v in found.versions if v.number)) or "none yet"
        raise NotFound("no document of that name", found=name, needed=f"one of: {known}", where=f"filing {filing_id}")
    return [found.row(version, version.second) for version in versions]


def check(office: Office, filing_id: str, content: bytes) -> list[dict[str, Any]]:
    """Which published versions this file is, with `stands` where it is the last one. Raises NotFound."""
    found = library(office, filing_id)
    wanted = file_digest(content)
    standing = {version.place for version in as_of(found.versions, office.now())}
    same = [version for version in found.versions if version.hash == wanted]
    if not same:
        raise NotFound(
            "this file was never published", found=wanted, needed="a published document", where=f"filing {filing_id}"
        )
    return [found.row(version, version.second) | {"stands": version.place in standing} for version in same]


def base_now(office: Office, number: int) -> str:
    """The filing's base for addresses; empty when none was told."""
    bases = read(office, "", number).bases
    return bases[-1].url if bases else ""
