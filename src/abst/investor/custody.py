"""The vault's master key: changed without opening a single record, and checked (R-82).

A rotation writes the new keystore first, then wraps every key anew in one database transaction which also says whose
keystore is current. Killed at any step, the store opens with the keystore it names: the old one until then, the new one
after. Both files stay; the old one is taken away by hand, once its copies are no longer wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.office import Office, Result
from abst.decisions import officers
from abst.errors import Conflict, IntegrityFailure, NotFound, Unavailable, UsageError
from abst.investor import records, sealing
from abst.investor.tables import PersonRow
from abst.keys import BLIND_KEY, VAULT, VAULT_KEYSTORE, Vault, is_vault
from abst.store import get_meta, set_meta
from abst.values import Address

ROTATIONS = "vault_rotations"  # meta: how often the master key was changed
WORK = 2**18  # scrypt's n of the new keystore


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotate:
    """passphrase: of the new keystore; empty: the vault's own. work: scrypt's n of its file."""

    officer: str
    request: str
    passphrase: str = field(default="", repr=False)
    work: int = WORK


@once
def rotate(office: Office, cmd: Rotate) -> Result:
    """Wrap every person's key, and the blind key, under a new master key. ADMITTER.

    Raises Unavailable when the present vault is not in this home, Conflict when another process rotates.
    """
    act = Act(office, "vault rotate", cmd.request, {"officer": cmd.officer})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        officers.require(session, cmd.officer, "admitter")
        before = _rotations(session)
    present = office.vault()
    name = f"{VAULT}-{before + 2}"
    held = _keystore(office, name, cmd)
    successor = office.keys.vault(held)
    if successor is None:
        raise Unavailable("the new vault cannot be opened", found="no passphrase", needed="its passphrase", where=name)
    with act.writing(cmd.officer, "admitter") as desk:
        if _rotations(desk.session) != before:
            raise Conflict("the vault was rotated meanwhile", found=name, needed="the rotation again", where="vault")
        keys = _rewrap(desk.session, present, successor)
        set_meta(desk.session, VAULT_KEYSTORE, held)
        set_meta(desk.session, ROTATIONS, str(before + 1))
        told = {"before": present.mark, "now": successor.mark, "keys": keys, "keystore": name}
        desk.audit("vault", told)
        desk.result = told
    return act.finish()


def _rotations(session: Session) -> int:
    return int(get_meta(session, ROTATIONS) or 0)


def _keystore(office: Office, name: str, cmd: Rotate) -> Address:
    """The new keystore's address; one that an interrupted rotation left here is used."""
    found = office.keys.names().get(name)
    if found is not None:
        return found
    passphrase = cmd.passphrase or office.keys.passphrase(name)
    if not passphrase:
        raise UsageError("the new keystore needs a passphrase", found="none", needed="some words", where=name)
    return office.keys.create(name, passphrase, cmd.work)


def _rewrap(session: Session, present: Vault, successor: Vault) -> int:
    """Every wrapped key under the new master key; how many they were, the blind key included."""
    table = cast(Table, PersonRow.__table__)
    one = update(table).where(table.c.investor == bindparam("of"), table.c.person == bindparam("who"))
    query = select(PersonRow.investor, PersonRow.person, PersonRow.wrapped_key)
    rows = [
        {"of": row.investor, "who": row.person, "wrapped_key": present.rewrap(row.wrapped_key, successor)}
        for row in session.execute(query.where(PersonRow.wrapped_key.is_not(None)))
    ]
    if rows:
        session.connection().execute(one.values(wrapped_key=bindparam("wrapped_key")), rows)
    blind = get_meta(session, BLIND_KEY)
    if blind is not None:
        set_meta(session, BLIND_KEY, present.rewrap(bytes.fromhex(blind), successor).hex())
    return len(rows) + (blind is not None)


def check(office: Office, *, deep: bool = False) -> dict[str, Any]:
    """Open every wrapped key, and with `deep` every current record; counts, and what does not open, by id.

    Raises Unavailable when the vault is not in this home.
    """
    vault = office.vault()
    wrong: list[dict[str, str]] = []
    with office.store.read() as session:
        rows = list(session.execute(select(PersonRow.investor, PersonRow.person, PersonRow.wrapped_key)))
        there = [row for row in rows if row.wrapped_key is not None]
        keys = sum(_opens(vault, f"{row.investor} {row.person}".strip(), row.wrapped_key, wrong) for row in there)
        blind, current = get_meta(session, BLIND_KEY), get_meta(session, VAULT_KEYSTORE)
        if blind is not None:
            keys += _opens(vault, "blind key", bytes.fromhex(blind), wrong)
        own = [row.investor for row in there if row.person == sealing.SELF]
        opened = _records(session, own, vault, wrong) if deep else None
    stores = {name: held for name, held in office.keys.names().items() if is_vault(name)}
    now = [name for name, held in stores.items() if (name == VAULT if current is None else held == current)]
    return {
        "mark": vault.mark,
        "keystore": now[0],
        "idle": sorted(set(stores) - set(now)),
        "keys": keys,
        "erased": len(rows) - len(there),
        "records": opened,
        "wrong": wrong,
    }


def _opens(vault: Vault, what: str, wrapped: bytes, wrong: list[dict[str, str]]) -> bool:
    try:
        vault.key(wrapped)
    except IntegrityFailure as error:
        wrong.append({"what": what, "why": str(error)})
        return False
    return True


def _records(session: Session, ids: Sequence[str], vault: Vault, wrong: list[dict[str, str]]) -> int:
    """How many of the investors' current records open and are those committed to."""
    opened = 0
    for one in ids:
        try:
            records.private(session, one, vault)
            opened += 1
        except (IntegrityFailure, NotFound) as error:
            wrong.append({"what": f"{one} record", "why": str(error)})
    return opened
