"""Writes and opens versions of records: each natural person and each investor under a key of its own (R-82).

Many at once cost a handful of statements. The caller's session is the unit of work; nothing here decides anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Row, insert, select, tuple_
from sqlalchemy.orm import Session

from abst.errors import IntegrityFailure, NotFound
from abst.investor.commitments import BY_PERSON, SALT_BYTES, WHOLE, by_person, opened, piece
from abst.investor.model import PrivateRecord
from abst.investor.tables import PersonRecord, PersonRow, RecordRow
from abst.values import Hash

if TYPE_CHECKING:
    from abst.keys.vault import PersonKey, Vault

AT_ONCE = 400  # rows asked for in one statement
SELF = ""  # the person that stands for the investor itself
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one investor's record, to be written."""

    investor: str
    number: int
    record: PrivateRecord


def parts(items: Sequence[T], size: int = AT_ONCE) -> Iterable[Sequence[T]]:
    """A long list in pieces that one statement takes."""
    return (items[start : start + size] for start in range(0, len(items), size))


def keys_of(session: Session, investors: Sequence[str]) -> dict[tuple[str, str], bytes | None]:
    """(investor, person) -> wrapped key, None where it was erased."""
    found: dict[tuple[str, str], bytes | None] = {}
    for part in parts(investors):
        query = select(PersonRow.investor, PersonRow.person, PersonRow.wrapped_key)
        for row in session.execute(query.where(PersonRow.investor.in_(part))):
            found[row.investor, row.person] = row.wrapped_key
    return found


def seal(session: Session, versions: Sequence[Version], vault: Vault, at: int, *, fresh: bool = False) -> Sealed:
    """Seal versions, each person under its key, made where it has none; `Sealed.store` writes them.

    fresh: all are new investors, who have no keys yet. Raises NotFound for an investor whose keys were erased.
    """
    known = {} if fresh else keys_of(session, [version.investor for version in versions])
    sealed = Sealed(vault, at, known)
    for version in versions:
        sealed.made[version.investor] = sealed.add(version)
    return sealed


class Sealed:
    """Rows of several versions, sealed and not written yet. made: the commitments by investor."""

    def __init__(self, vault: Vault, at: int, known: dict[tuple[str, str], bytes | None]) -> None:
        self.vault, self.at, self.known = vault, at, known
        self.made: dict[str, Hash] = {}
        self.keys: list[dict[str, Any]] = []
        self.records: list[dict[str, Any]] = []
        self.persons: list[dict[str, Any]] = []

    def store(self, session: Session) -> None:
        """Write the rows, the investors' own being there."""
        for table, rows in ((PersonRow, self.keys), (RecordRow, self.records), (PersonRecord, self.persons)):
            if rows:
                session.execute(insert(table), rows)

    def add(self, version: Version) -> Hash:
        content, where = version.record.content, {"investor": version.investor, "version": version.number}
        behind: dict[str, Hash] = {}
        for person, said in zip(version.record.persons, content["persons"], strict=True):
            own = piece(said, secrets.token_bytes(SALT_BYTES))
            sealed = self._key(version.investor, person.id).seal(
                own.plaintext, context_of(version.investor, version.number, person.id)
            )
            behind[person.id] = own.commitment
            self.persons.append({**where, "person": person.id, "sealed": sealed, "commitment": own.commitment})
        made = piece(by_person(content, behind), secrets.token_bytes(SALT_BYTES))
        sealed = self._key(version.investor, SELF).seal(made.plaintext, context_of(version.investor, version.number))
        row = {"sealed": sealed, "commitment": made.commitment, "formula": BY_PERSON, "at": self.at}
        self.records.append({**where, **row})
        return made.commitment

    def _key(self, investor: str, person: str) -> PersonKey:
        if (investor, person) in self.known:
            return self.vault.key(_there(self.known[investor, person], investor))
        wrapped, key = self.vault.new_person()
        self.known[investor, person] = wrapped
        self.keys.append({"investor": investor, "person": person, "wrapped_key": wrapped, "at": self.at})
        return key


def read(session: Session, wanted: Mapping[str, int], vault: Vault) -> dict[str, PrivateRecord]:
    """Versions by investor, opened and held against their commitments; erased ones are left out.

    Raises NotFound for a version that never was, IntegrityFailure when a row was changed or moved.
    """
    ids = list(wanted)
    keys = keys_of(session, ids)
    rows = _rows(session, RecordRow, list(wanted.items()))
    people: dict[str, list[Any]] = {}
    for row in _rows(session, PersonRecord, list(wanted.items())):
        people.setdefault(row.investor, []).append(row)
    by_id = {row.investor: row for row in rows}
    found: dict[str, PrivateRecord] = {}
    for one in ids:
        if one not in by_id:
            raise NotFound("no such version of the record", found=str(wanted[one]), where=f"investor {one}")
        record = _opened(by_id[one], people.get(one, ()), keys, vault)
        if record is not None:
            found[one] = record
    return found


def _rows(session: Session, table: Any, wanted: Sequence[tuple[str, int]]) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for part in parts(wanted):
        query = select(*table.__table__.columns).where(tuple_(table.investor, table.version).in_(part))
        found += session.execute(query)
    return found


def _opened(
    row: Row[Any], people: Iterable[Row[Any]], keys: Mapping[tuple[str, str], bytes | None], vault: Vault
) -> PrivateRecord | None:
    where = f"investor {row.investor}"
    own = keys.get((row.investor, SELF))
    if own is None or row.sealed is None:
        return None
    context = f"investor/{row.investor}/record" if row.formula == WHOLE else context_of(row.investor, row.version)
    content = opened(vault.open(own, row.sealed, context), row.commitment, where)
    if row.formula == BY_PERSON:
        persons = {one.person: _person(one, keys, vault) for one in people}
        if {one["id"]: one["commitment"] for one in content["persons"]} != {
            one: made for one, (made, _) in persons.items()
        }:
            raise IntegrityFailure("the persons of the record are not those committed to", where=where)
        content = {**content, "persons": [persons[one["id"]][1] for one in content["persons"]]}
    try:
        return PrivateRecord.model_validate(content)
    except ValidationError as error:
        found = ", ".join(".".join(str(step) for step in detail["loc"]) for detail in error.errors())
        raise IntegrityFailure("the sealed record is malformed", found=found, where=where) from None


def _person(row: Row[Any], keys: Mapping[tuple[str, str], bytes | None], vault: Vault) -> tuple[str, dict[str, Any]]:
    key = _there(keys.get((row.investor, row.person)), row.investor)
    plain = vault.open(key, _there(row.sealed, row.investor), context_of(row.investor, row.version, row.person))
    return row.commitment, opened(plain, row.commitment, f"investor {row.investor}, {row.person}")


def context_of(investor: str, version: int, person: str = SELF) -> str:
    """What a sealed value is bound to: it opens in its own row alone."""
    return f"investor/{investor}/{version}/{person or 'record'}"


def _there(value: bytes | None, investor: str) -> bytes:
    if value is None:
        raise erased(investor)
    return value


def erased(investor: str) -> NotFound:
    """What is said of an investor whose keys are gone."""
    return NotFound("the investor's record was erased", found=investor, where="investor")
