"""The comparisons of `abst verify` about money: payments, assets, deposits, and what is outstanding (R-65, R-94)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import outbox
from abst.cash.accounts import money
from abst.cash.assets import KINDS, letters_of
from abst.chain.contracts import Contract, Event
from abst.chain.office import DONE, Office
from abst.chain.reader import events
from abst.chain.words import AssetKind
from abst.decisions import Proposal
from abst.errors import IntegrityFailure
from abst.holders import facts
from abst.integrity.checks import Check, Difference
from abst.outbox import Intent, Request
from abst.servicing import ledger, shares
from abst.servicing.record_dates import held_at
from abst.servicing.tables import OffChainPayment, Payment
from abst.values import Address


def payments(office: Office) -> list[Difference]:
    """Every payment here is on chain and the reverse, and each adds up to the unit (R-94)."""
    declared = {str(event.args["id"]): event for event in ledger.events_of(office, ["Declared"])}
    with office.store.read() as session:
        kept = {row.id: row for row in session.scalars(select(Payment))}
        final = {row.id for row in kept.values() if _is_final(session, row.request)}
    found = [
        Difference(f"payment {id_}", "on chain", "not here", "declared past this registry")
        for id_ in sorted(set(declared) - set(kept))
    ]
    found += [
        Difference(f"payment {kept[id_].number}", "here", "not on chain", "declaration")
        for id_ in sorted(final - set(declared))
    ]
    paid = _paid_by_events(office)
    for id_ in sorted(set(declared) & set(kept)):
        found += _adds_up(office, kept[id_], declared[id_], paid.get(id_, []))
    return found + _owed(office, list(declared.values()))


def _is_final(session: Session, request: str) -> bool:
    return all(intent.state == "final" for intent in outbox.of_request(session, request))


def _paid_by_events(office: Office) -> dict[str, list[Event]]:
    """Payment -> the events by which holders were paid."""
    found: dict[str, list[Event]] = defaultdict(list)
    for event in ledger.events_of(office, ledger.PAID):
        found[str(event.args["id"])].append(event)
    return found


def _adds_up(office: Office, payment: Payment, event: Event, paid: Sequence[Event]) -> list[Difference]:
    """Terms, shares, paid, unclaimed and dust of one payment: events, contract and arithmetic say the same."""
    where, terms = f"payment {payment.number}", tuple(event.args["payment"])
    if terms != payment.terms():
        return [Difference(where, str(terms), str(payment.terms()), "terms")]
    try:
        held = held_at(office, facts.token(office, payment.token), payment.record_date)
    except IntegrityFailure as failure:
        return [Difference(failure.where, failure.found, failure.needed, failure.message)]
    told = ledger.progress(office, payment)
    pot = payment.funded + int(event.args["carried"])
    due = shares.split(held, pot, payment.supply)
    amounts = {e.args["holder"]: e.args["amount"] for e in paid}
    dust = shares.dust(due.values(), pot)
    unclaimed = sum(share for holder, share in due.items() if holder not in amounts)
    complete = set(amounts) >= set(due)
    found: list[Difference] = [
        Difference(f"{where}, {holder}", str(amount), str(due.get(holder, 0)), "share")
        for holder, amount in amounts.items()
        if amount != due.get(holder, 0)
    ]
    pairs: list[tuple[str, Any, Any]] = [
        ("holders paid once", len(paid), len(amounts)),
        ("paid, unclaimed and dust", told.paid + unclaimed + dust, pot),
        ("paid by events", sum(amounts.values()), told.paid),
        ("carried", told.carried, event.args["carried"]),
        ("settled", told.settled, sum(held.get(holder, 0) for holder in amounts)),
        ("dust", told.dust, dust if complete else 0),
        ("dust below a unit for each holder", dust < max(len(held), 1), True),
    ]
    return found + [Difference(where, str(a), str(b), words) for words, a, b in pairs if a != b]


def _owed(office: Office, declared: Iterable[Event]) -> list[Difference]:
    """The contract holds at least what it owes in each asset: unclaimed shares, and dust for the next payment."""
    contract = office.contracts.distribution
    owed: dict[Address, int] = defaultdict(int)
    pairs: set[tuple[Address, Address]] = set()
    for event in declared:
        terms = event.args["payment"]
        told = ledger.Progress(*contract.read("progressOf", terms))
        owed[terms[3]] += terms[4] + told.carried - told.paid - told.dust
        pairs.add((terms[0], terms[3]))
    for token, asset in pairs:
        owed[asset] += ledger.carried_of(office, token, asset)
    held = {asset: money(office, asset).read("balanceOf", contract.address) for asset in owed}
    return [
        Difference(f"asset {asset}", f"{held[asset]} units held", f"{due} units owed", "money of payments")
        for asset, due in sorted(owed.items())
        if held[asset] < due
    ]


def payments_off_chain(office: Office) -> list[Difference]:
    """Every payment recorded on chain as made outside it is recorded here, and the reverse (R-94)."""
    on_chain = {
        (e.args["token"], str(e.args["ref"]), e.args["recordDate"], letters_of(e.args["currency"]), e.args["amount"])
        for e in ledger.events_of(office, ["PaidOffChain"])
    }
    with office.store.read() as session:
        kept = {
            (row.token, row.ref, row.record_date, row.currency, row.amount)
            for row in session.scalars(select(OffChainPayment))
            if _is_final(session, row.request)
        }
    return _both(on_chain, kept, "payment off chain")


def settlement_assets(office: Office) -> list[Difference]:
    """Every listing was proposed and approved here, every removal asked for here, word for word (R-65)."""
    registry = office.contracts.registry
    listed = {
        (e.args["asset"], letters_of(e.args["currency"]), AssetKind(e.args["kind"]), str(e.args["evidence"]))
        for e in _events(office, registry, "AssetListed")
    }
    removed = {(e.args["asset"], str(e.args["evidence"])) for e in _events(office, registry, "AssetDelisted")}
    with office.store.read() as session:
        done = session.scalars(select(Proposal).where(Proposal.kind == "asset propose", Proposal.state == "done"))
        commands = [proposal.command for proposal in done]
        asked = session.scalars(select(Request).where(Request.command == "asset remove", Request.outcome == DONE))
        removals = {(row.content["asset"], row.content["evidence"]["sha256"]) for row in asked}
    proposed = {(c["asset"], c["currency"], KINDS[c["asset_kind"]], c["evidence"]["sha256"]) for c in commands}
    return _both(listed, proposed, "asset listed") + _both(removed, removals, "asset taken off the list")


def deposits(office: Office) -> list[Difference]:
    """Every deposit was made by an act of this registry's bank desk, once, and each of those stands on chain (R-94)."""
    token = office.contracts.deposit
    if token is None:
        return []
    on_chain = {(str(e.args["operation"]), e.args["to"], e.args["amount"]) for e in _events(office, token, "Deposited")}
    kept: set[tuple[Any, ...]] = set()
    with office.store.read() as session:
        query = select(Intent).where(Intent.kind == "deposit make", Intent.state == "final")
        for intent in session.scalars(query):
            to, amount, operation = token.codec.function("deposit").inputs.decode(intent.data[4:])
            kept.add((str(operation), to, amount))
    return _both(on_chain, kept, "deposit")


def outstanding(office: Office) -> list[Difference]:
    """What a token says is outstanding, paid and written down is what its last record says (R-90)."""
    found: list[Difference] = []
    for token in facts.tokens(office):
        contract = office.contracts.token(token.address)
        records = _events(office, contract, "Amortised")
        if not records:
            continue
        last = records[-1].args
        said = (last["outstanding"], last["principalPaid"], last["writtenDown"])
        now = tuple(contract.read("amortisation"))
        if now != said:
            found.append(Difference(f"token {token.symbol}", str(now), str(said), "outstanding, paid, written down"))
    return found


def _events(office: Office, contract: Contract, name: str) -> list[Event]:
    head = office.chain.head().number
    return events(office.chain, [contract], office.deployment.block, head, [contract.codec.topic(name)])


def _both(on_chain: set[tuple[Any, ...]], kept: set[tuple[Any, ...]], words: str) -> list[Difference]:
    """What stands on one side alone."""
    return [
        *(Difference(f"{words} {key}", "on chain", "not here", words) for key in sorted(on_chain - kept)),
        *(Difference(f"{words} {key}", "here", "not on chain", words) for key in sorted(kept - on_chain)),
    ]


CHECKS: tuple[Check, ...] = (
    payments,
    payments_off_chain,
    settlement_assets,
    deposits,
    outstanding,
)
