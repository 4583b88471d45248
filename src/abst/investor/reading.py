"""Reading investors: masked, unless an order is shown and the log says so (R-82)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.office import Evidence, Office, Result
from abst.errors import NotFound
from abst.investor import questionnaires, records
from abst.investor.reckoning import reckoned
from abst.investor.tables import Investor, Wallet
from abst.values import Address, address, day_of, instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """Open a private record for one officer. order: the document that allows it."""

    officer: str
    request: str
    investor: str
    order: Evidence


@once
def reveal(office: Office, cmd: Reveal) -> Result:
    """Log that an officer is shown a private record, and on which order (R-82). ADMITTER.

    The result names nobody: `unmasked` reads the record for the screen. Raises NotFound when it was erased.
    """
    content = {"officer": cmd.officer, "investor": cmd.investor, "order": cmd.order.as_dict()}
    act = Act(office, "investor reveal", cmd.request, content)
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "admitter") as desk:
        investor = records.get(desk.session, cmd.investor)
        records.private(desk.session, investor.id, office.vault())
        shown = {"version": investor.version, "order": cmd.order.as_dict()}
        desk.audit(f"investor {investor.id}", {"revealed_to": cmd.officer, **shown})
        desk.result = {"investor": investor.id, **shown}
    return act.finish()


def unmasked(office: Office, revealed: Result) -> dict[str, Any]:
    """The private record that a logged reveal is for, as plain data. Raises NotFound when it was erased meanwhile.

    counted: what each item of evidence is worth today, or why nothing (R-45, R-46); answered: the answers in words.
    """
    told = revealed.result
    with office.store.read() as session:
        found = records.private(session, str(told["investor"]), office.vault(), version=int(told["version"]))
    counted = reckoned(found, office.rulebook, day_of(office.now(), office.zone))
    answered = [asdict(said) for said in questionnaires.read(found.answers)] if found.answers else []
    return found.model_dump(mode="json") | {"counted": counted, "answered": answered}


def show(office: Office, investor_id: str) -> dict[str, Any]:
    """One investor, masked. Of an erased one ids, commitment and decision are left."""
    with office.store.read() as session:
        investor = records.get(session, investor_id)
        wallets = [_wallet(row) for row in records.wallets_of(session, investor_id)]
        blocked = records.blocked(session, investor_id) is not None
        held = records.held(session, investor_id) is not None
        erased = records.erasure(session, investor_id)
    return brief(investor) | {
        "version": investor.version,
        "commitment": investor.commitment,
        "capacity": investor.capacity,
        "regimes": list(office.rulebook.regime_codes(investor.regimes)),
        "jurisdiction": investor.jurisdiction,
        "evidence_until": instant(investor.evidence_until) if investor.evidence_until else None,
        "suitability_until": instant(investor.suitability_until) if investor.suitability_until else None,
        "blocked": blocked,
        "hold": held,
        "erased": instant(erased.at) if erased else None,
        "decision": investor.decision,
        "wallets": wallets,
    }


def _wallet(row: Wallet) -> dict[str, Any]:
    return {
        "wallet": row.address,
        "state": row.state,
        "number": row.number,
        "proven_at": instant(row.proven_at) if row.proven_at else None,
        "successor": row.successor,
    }


def list_investors(office: Office, state: str | None = None) -> list[dict[str, Any]]:
    """All investors, masked, by id."""
    with office.store.read() as session:
        return [brief(investor) for investor in records.every(session, state)]


def wallet_of(office: Office, word: str) -> Address:
    """The address a word means: itself, or the first usable wallet of an investor id. Raises NotFound."""
    if word.startswith("0x"):
        return address(word, "wallet")
    with office.store.read() as session:
        investor = records.get(session, word)
        return Address(first_wallet(session, investor).address)


def wallets_of(office: Office, words: Sequence[str]) -> list[Address]:
    """The same of many words, in few questions. Raises as `wallet_of`."""
    ids = sorted({word for word in words if not word.startswith("0x")})
    with office.store.read() as session:
        known, named = records.of(session, ids), records.wallets_by_investor(session, ids)
        first = {one: Address(_first(known[one], named[one]).address) for one in ids}
    return [first[word] if word in first else address(word, "wallet") for word in words]


def first_wallet(session: Session, investor: Investor) -> Wallet:
    """The admitted wallet with the lowest number. Raises NotFound."""
    return _first(investor, records.wallets_of(session, investor.id))


def _first(investor: Investor, wallets: Sequence[Wallet]) -> Wallet:
    admitted = [w for w in wallets if w.state == "admitted"]
    if not admitted:
        raise NotFound(
            "the investor is not admitted", found=investor.state, needed="abst investor admit", where=investor.id
        )
    return min(admitted, key=lambda w: w.number or 0)


def stated(investor: Investor) -> dict[str, Any]:
    """An investor as a stored result names it: results outlive an erasure, so not even a masked name stands in them."""
    return {"investor": investor.id, "kind": investor.kind, "state": investor.state}


def brief(investor: Investor) -> dict[str, Any]:
    """An investor in a few words, masked."""
    return {"investor": investor.id, "kind": investor.kind, "name": investor.shown, "state": investor.state}
