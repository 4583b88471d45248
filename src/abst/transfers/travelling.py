"""Travel-rule payloads kept with their transfers: made before anything is sent, shown on an order, looked for (R-51).

Each half is sealed under its investor's own key, so that erasing one investor leaves the other's half. A payload is
written in the transaction that wants the transfer: there is none without it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abst import decisions, journal
from abst.chain.acts import Act, Desk
from abst.chain.office import Evidence, Office
from abst.decisions import Judged
from abst.errors import NotFound
from abst.holders.facts import Token
from abst.holders.projection import advance
from abst.investor import records
from abst.investor.model import PrivateRecord
from abst.investor.tables import Wallet
from abst.keys import blinding
from abst.outbox import Intent
from abst.transfers import travel
from abst.transfers.tables import TravelRow
from abst.transfers.travel import Firm, TravelFacts
from abst.values import ZERO_ADDRESS, Address, Hash, canonical, instant, new_id

HALVES = ("originator", "beneficiary")


@dataclass(frozen=True, slots=True)
class Move:
    """One movement of tokens between two wallets. where: what to call it in a refusal.

    linked: amount of all movements of the same act between the two, where there are several.
    """

    token: Token
    sender: Address
    receiver: Address
    amount: int
    where: str
    linked: int = 0


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload ready to be kept."""

    move: Move
    facts: TravelFacts
    judged: Judged
    investors: tuple[str, str]
    halves: tuple[dict[str, Any], dict[str, Any]] | None
    shared: dict[str, Any]
    digest: str

    @property
    def known(self) -> bool:
        """Both wallets are investors' of this registry; the rules of transfers refuse others anyway."""
        return all(self.investors)


def prepare(office: Office, moves: Sequence[Move]) -> list[Payload]:
    """Gather both records of each movement, judge them, and make the payloads. Raises Unavailable without the vault."""
    vault = office.vault()
    with office.store.read() as session:
        wallets = {word for move in moves for word in (move.sender, move.receiver)}
        owner = dict(session.execute(select(Wallet.address, Wallet.investor).where(Wallet.address.in_(wallets))).all())
        known = records.privates(session, sorted(set(owner.values())), vault)
    firm, hashed = Firm.of(office.rulebook), blinding(office.store, vault)
    return [_payload(office, firm, owner, known, move, hashed) for move in moves]


def _payload(
    office: Office,
    firm: Firm,
    owner: dict[str, str],
    known: dict[str, PrivateRecord],
    move: Move,
    hashed: Callable[[bytes], Hash],
) -> Payload:
    investors = (owner.get(move.sender, ""), owner.get(move.receiver, ""))
    sides = tuple(known.get(investor) for investor in investors)
    terms, rulebook = move.token.terms, office.rulebook
    facts = TravelFacts(
        amount=move.amount,
        decimals=terms.decimals,
        currency=terms.currency,
        rates=rulebook.words("R-51", "hkd_rates"),
        threshold=rulebook.number("R-51", "threshold"),
        originator=travel.at_hand(sides[0], move.sender),
        beneficiary=travel.at_hand(sides[1], move.receiver),
        firm=travel.firm_at_hand(firm),
        where=move.where,
        linked=max(move.linked, move.amount),
    )
    judged = decisions.judge("travel", travel.GATES, facts)
    giver, taker = sides
    if giver is None or taker is None or judged.refusals:
        return Payload(move, facts, judged, investors, None, {}, "")
    halves = (
        travel.party("originator", investors[0], giver, move.sender, reduced=facts.reduced),
        travel.party("beneficiary", investors[1], taker, move.receiver, reduced=facts.reduced),
    )
    chinese = any(travel.is_chinese(name) for side in (giver, taker) for name in (side.name, *side.other_names))
    shared = travel.shared(firm, _transfer_data(office, move, facts), chinese=chinese)
    digest = hashed(canonical({"halves": halves, "shared": shared}))
    return Payload(move, facts, judged, investors, halves, shared, digest)


def _transfer_data(office: Office, move: Move, facts: TravelFacts) -> dict[str, Any]:
    return {
        "network": f"eip155:{office.deployment.chain_id}",
        "asset": move.token.address,
        "symbol": move.token.symbol,
        "units": str(move.amount),
        "currency": facts.currency,
        "decimals": facts.decimals,
        "hkd": travel.hkd_text(facts),
        "threshold": str(facts.threshold),
        "reduced": facts.reduced,
    }


def judged(payloads: Sequence[Payload], *, all_known: bool = False) -> list[Judged]:
    """What was judged of them, for the decision; with `all_known` only of movements between investors of ours."""
    return [payload.judged for payload in payloads if payload.known or not all_known]


def refused(payloads: Sequence[Payload]) -> bool:
    return any(payload.judged.refusals for payload in payloads)


def keep(desk: Desk, payloads: Sequence[Payload]) -> None:
    """Write the payloads with the request that wants the transfers; the log has their keyed digests (R-51)."""
    vault, request = desk.office.vault(), desk.act.request
    halves: list[tuple[str, bytes, str]] = []
    for place, payload in enumerate(payloads):
        if payload.halves is None:
            raise TypeError("a payload that was refused is not kept")
        for investor, half, name in zip(payload.investors, payload.halves, HALVES, strict=True):
            halves.append((investor, canonical(half), _context(request, place, name)))
    every = records.seal_many(desk.session, halves, vault)
    for place, payload in enumerate(payloads):
        move, sealed = payload.move, every[2 * place : 2 * place + 2]
        desk.session.add(
            TravelRow(
                request=request,
                place=place,
                token=move.token.address,
                sender=move.sender,
                receiver=move.receiver,
                originator=payload.investors[0],
                beneficiary=payload.investors[1],
                amount=move.amount,
                hkd=travel.hkd_text(payload.facts),
                reduced=payload.facts.reduced,
                shared=payload.shared,
                sealed_originator=sealed[0],
                sealed_beneficiary=sealed[1],
                digest=payload.digest,
                at=desk.at,
            )
        )


def digests(payloads: Sequence[Payload]) -> list[str]:
    """Keyed digests, for the log."""
    return [payload.digest for payload in payloads]


def _context(request: str, place: int, name: str) -> str:
    return f"travel/{request}/{place}/{name}"


def wipe(session: Session, investors: Sequence[str]) -> int:
    """Overwrite the sealed halves of erased investors; the other sides' halves stay. Returns how many halves went."""
    wiped = 0
    for investor in investors:
        for column, half in (
            (TravelRow.originator, TravelRow.sealed_originator),
            (TravelRow.beneficiary, TravelRow.sealed_beneficiary),
        ):
            found = session.execute(update(TravelRow).where(column == investor).values({half: b""}))
            wiped += int(getattr(found, "rowcount", 0))
    return wiped


# ---- reading


def listed(office: Office) -> list[dict[str, Any]]:
    """Every payload kept, without personal values, newest first."""
    with office.store.read() as session:
        rows = session.scalars(select(TravelRow).order_by(TravelRow.at.desc(), TravelRow.request, TravelRow.place))
        return [_brief(row) for row in rows]


def _brief(row: TravelRow) -> dict[str, Any]:
    return {
        "transfer": row.request,
        "place": row.place,
        "token": row.token,
        "originator": row.originator,
        "beneficiary": row.beneficiary,
        "amount": str(row.amount),
        "hkd": row.hkd,
        "reduced": row.reduced,
        "digest": row.digest,
        "at": instant(row.at),
    }


def show(office: Office, officer: str, transfer: str, order: Evidence, request: str = "") -> list[dict[str, Any]]:
    """The payloads of a transfer's request, unmasked on an order; the log says who saw them. ADMITTER.

    An erased investor's half is null. Raises NotFound when the request has no payload.
    """
    act = Act(
        office,
        "travel show",
        request or new_id("req"),
        {"officer": officer, "transfer": transfer, "order": order.as_dict()},
    )
    with office.store.read() as session:
        if session.scalars(select(TravelRow).where(TravelRow.request == transfer)).first() is None:
            raise NotFound("no payload of this request", found=transfer, needed="abst travel list", where="REQUEST")
    if not act.earlier:
        with act.writing(officer, "admitter") as desk:
            desk.audit(f"transfer {transfer}", {"revealed_to": officer, "order": order.as_dict()})
            desk.result = {"transfer": transfer}
    with office.store.read() as session:
        rows = session.scalars(select(TravelRow).where(TravelRow.request == transfer).order_by(TravelRow.place))
        return [_brief(row) | {"payload": _opened(office, session, row)} for row in rows]


def _opened(office: Office, session: Session, row: TravelRow) -> dict[str, Any]:
    vault = office.vault()
    whole: dict[str, Any] = {}
    sealed = (row.sealed_originator, row.sealed_beneficiary)
    for name, investor, half in zip(HALVES, (row.originator, row.beneficiary), sealed, strict=True):
        try:
            context = _context(row.request, row.place, name)
            opened = records.open_for(session, investor, half, context, vault) if half else b"null"
        except NotFound:
            opened = b"null"
        whole[name] = json.loads(opened)
    return {**whole, **row.shared}


def missing(office: Office) -> list[dict[str, Any]]:
    """Transfers on chain that no payload was kept for: made past this registry, or by an officer's power.

    how: ``direct`` where no transaction of this registry made it, else the kind of that transaction.
    """
    advance(office)
    with office.store.read() as session:
        sent = {str(hash_): kind for hash_, kind in session.execute(select(Intent.tx_hash, Intent.kind)) if hash_}
        kept: Counter[tuple[str, ...]] = Counter()
        query = select(TravelRow, Intent.tx_hash).join(Intent, Intent.request == TravelRow.request)
        for row, hash_ in session.execute(query.where(Intent.tx_hash.is_not(None))):
            kept[(str(hash_), row.token, row.sender, row.receiver, str(row.amount))] += 1
        found: list[dict[str, Any]] = []
        for event in journal.movements(session):
            if ZERO_ADDRESS in (event.sender, event.receiver):
                continue
            key = (event.tx_hash, event.token, event.sender, event.receiver, str(event.amount))
            if kept[key]:
                kept[key] -= 1
                continue
            found.append(
                {
                    "token": event.token,
                    "from": event.sender,
                    "to": event.receiver,
                    "amount": str(event.amount),
                    "block": event.block,
                    "transaction": event.tx_hash,
                    "how": sent.get(event.tx_hash, "direct"),
                }
            )
        return found
