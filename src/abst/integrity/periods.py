"""The comparisons of `abst verify` about servicing: programs, periods and their payments (R-83, R-90, R-94).

Every closed period is run again, by Python, from the inputs and the state that stand: it must come to the state and the
money that the chain's event says, and each period must begin with the state that the one before left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import outbox
from abst.chain.contracts import Event
from abst.chain.office import Office
from abst.chain.reader import events
from abst.deal.watching import watched
from abst.deal.waterfall.closing import Owed, close, numbers_hash, payment_ref
from abst.deal.waterfall.program import decode, program_hash
from abst.errors import AbstError
from abst.filing import records as filings
from abst.integrity.checks import Check, Difference
from abst.servicing import ledger, serviced
from abst.servicing import periods as periods_desk
from abst.servicing.period_tables import Close, PeriodPayment, Servicing, Submission, TriggerRow
from abst.servicing.tables import Payment
from abst.values import Hash


def servicing(office: Office) -> list[Difference]:
    """Every deal that is serviced on chain is serviced here, with the program that was filed, and the reverse."""
    on_chain = {event.args["filing"]: event for event in _events(office, "ServicingOpened")}
    found: list[Difference] = []
    with office.store.read() as session:
        numbers = {row.id: row.number for row in filings.every(session)}
        rows = {numbers[row.filing]: row for row in session.scalars(select(Servicing))}
        final = {number for number, row in rows.items() if _is_final(session, row.request)}
    for number in sorted(set(on_chain) - set(rows)):
        found.append(Difference(f"servicing of filing {number}", "on chain", "not here", "opened past this registry"))
    for number in sorted(final - set(on_chain)):
        found.append(Difference(f"servicing of filing {number}", "here", "not on chain", "servicing"))
    for number in sorted(set(on_chain) & set(rows)):
        found += _as_filed(office, rows[number], on_chain[number])
    return found


def _as_filed(office: Office, row: Servicing, event: Event) -> Iterator[Difference]:
    """The program kept is the chain's, and what the filed deal compiles to; its state is the event's."""
    where, kept = f"servicing of {row.filing}", program_hash(row.program)
    if event.args["programHash"] != kept or row.program_hash != kept:
        yield Difference(where, kept, str(event.args["programHash"]), "program")
    if tuple(event.args["state"]) != decode(row.program).header.start:
        yield Difference(where, "another state", "that of the program", "state at the closing")
    try:
        serviced.of(office, row.filing)
    except AbstError as error:
        yield Difference(where, error.found, error.needed, error.message)


def periods(office: Office) -> list[Difference]:
    """Every period closed on chain is closed here, over the same figures, and run again it comes to the same."""
    closed: dict[int, list[Event]] = {}
    for event in _events(office, "PeriodClosed"):
        closed.setdefault(event.args["filing"], []).append(event)
    found: list[Difference] = []
    with office.store.read() as session:
        numbers = {row.id: row.number for row in filings.every(session)}
        for row in session.scalars(select(Servicing)):
            found += _course(office, session, row, closed.pop(numbers[row.filing], []))
    for number, told in closed.items():
        words = "closed past this registry"
        found.append(Difference(f"periods of filing {number}", f"{len(told)} on chain", "none", words))
    return found


def _course(office: Office, session: Session, row: Servicing, told: list[Event]) -> Iterator[Difference]:
    """One filing's periods from the first, each from the state that the one before left."""
    query = select(Close, Submission).join(Submission, Close.submission == Submission.request)
    closes = list(session.execute(query.where(Close.filing == row.filing).order_by(Close.period)))
    by_period = {event.args["period"]: event for event in told}
    kept = {close_.period for close_, _ in closes}
    for period in sorted(set(by_period) - kept):
        yield Difference(f"period {period} of {row.filing}", "closed on chain", "not here", "abst ops run finishes it")
    state = list(decode(row.program).header.start)
    for close_, submission in closes:
        where, event = f"period {close_.period} of {row.filing}", by_period.get(close_.period)
        if submission.state != state:
            yield Difference(where, "another state", "the one that the period before left", "state at the start")
        if event is None:
            yield Difference(where, "closed here", "not on chain", "close")
        else:
            yield from _agrees(row, close_, submission, event)
        state = list(close_.following)
    number = filings.get(session, row.filing).number
    on_chain = office.contracts.servicing.read("stateHashOf", number)
    if on_chain != numbers_hash(state):
        yield Difference(f"servicing of {row.filing}", str(on_chain), numbers_hash(state), "state now")


def _agrees(row: Servicing, kept: Close, submission: Submission, event: Event) -> Iterator[Difference]:
    """Event, rows, and the waterfall run again say the same of a period."""
    where = f"period {kept.period} of {row.filing}"
    try:
        done = close(row.program, submission.inputs, submission.state, [Owed(*one) for one in submission.tokens])
    except AbstError as error:
        yield Difference(where, str(error), "a run", "the waterfall run again")
        return
    paid, said = [astuple(one) for one in done.paid], [tuple(one) for one in event.args["paid"]]
    pairs: list[tuple[str, Any, Any]] = [
        ("inputs", done.inputs_hash, event.args["inputsHash"]),
        ("inputs as submitted", submission.inputs_hash, event.args["inputsHash"]),
        ("servicer's report", submission.report, event.args["report"]),
        ("state left, run again", list(done.state), list(event.args["state"])),
        ("state left, as kept", list(kept.following), list(event.args["state"])),
        ("paid to the classes, run again", paid, said),
        ("payable, as kept", list(kept.payable), [one[3] for one in said]),
        ("result", done.result, submission.result),
    ]
    for words, a, b in pairs:
        if a != b:
            yield Difference(where, str(a), str(b), words)


def triggers(office: Office) -> list[Difference]:
    """The trigger log says of every close what the waterfall, run again, says of each trigger (R-91)."""
    found: list[Difference] = []
    with office.store.read() as session:
        for filing in session.scalars(select(Servicing.filing).order_by(Servicing.filing)):
            try:
                of = serviced.of(office, filing)
            except AbstError:
                continue  # told by `servicing`
            query = select(TriggerRow).where(TriggerRow.filing == filing)
            kept = {(row.period, row.trigger): (row.holds, row.value, row.threshold) for row in session.scalars(query)}
            made: dict[tuple[int, str], tuple[bool, str, str]] = {}
            for row in session.scalars(periods_desk.closed_rows(filing)):
                for one in watched(of.deal, periods_desk.replay(of, row)):
                    made[row.period, one.trigger] = (one.after, one.value, one.bound)
            for key in sorted(set(kept) | set(made)):
                if kept.get(key) != made.get(key):
                    where = f"period {key[0]} of {filing}, trigger {key[1]}"
                    found.append(Difference(where, str(kept.get(key)), str(made.get(key)), "trigger log"))
    return found


def period_payments(office: Office) -> list[Difference]:
    """Every payment of a period on chain is one here, of the class's amount and reference, and the reverse."""
    on_chain = {
        str(event.args["payment"]): (
            event.args["filing"],
            event.args["period"],
            event.args["tranche"],
            event.args["amount"],
        )
        for event in _events(office, "PeriodPaid")
    }
    declared = {str(event.args["id"]) for event in ledger.events_of(office, ["Declared"])}
    found: list[Difference] = []
    with office.store.read() as session:
        numbers = {row.id: row.number for row in filings.every(session)}
        query = select(Payment, PeriodPayment).join(PeriodPayment, PeriodPayment.payment == Payment.number)
        rows = list(session.execute(query.order_by(Payment.number)))
        closes = {(row.filing, row.period): row.payable for row in session.scalars(select(Close))}
        kept: dict[str, tuple[int, ...]] = {}
        for payment, of in rows:
            where = f"payment {payment.number}"
            if payment.id in declared or _is_final(session, payment.request):
                kept[payment.id] = (numbers[of.filing], of.period, of.tranche, payment.funded)
            due = closes.get((of.filing, of.period), [])
            if payment.id in declared and (of.tranche >= len(due) or due[of.tranche] != payment.funded):
                found.append(Difference(where, str(payment.funded), str(due), "what the period gave the class"))
            ref = payment_ref(office.contracts.servicing.address, numbers[of.filing], of.period, of.tranche)
            if payment.ref != ref:
                found.append(Difference(where, payment.ref, ref, "reference of the period's payment"))
    for id_ in sorted(set(on_chain) | set(kept)):
        if on_chain.get(id_) != kept.get(id_):
            words = "payment of a period"
            found.append(Difference(f"payment {id_}", str(on_chain.get(id_)), str(kept.get(id_)), words))
    return found


def _is_final(session: Session, request: str) -> bool:
    return all(intent.state == "final" for intent in outbox.of_request(session, request))


def _events(office: Office, name: str) -> list[Event]:
    contract, head = office.contracts.servicing, office.chain.head().number
    topic: Hash = contract.codec.topic(name)
    return events(office.chain, [contract], office.deployment.block, head, [topic])


CHECKS: tuple[Check, ...] = (servicing, periods, triggers, period_payments)
