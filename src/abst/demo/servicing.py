"""The demo's servicing: a real deal's collections month by month, through the filed waterfall, to the last payment."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from typing import TYPE_CHECKING

from abst.demo.filing import FILING
from abst.demo.market import A1, DAY, holders_of
from abst.demo.money import PAYER, block, deposit, unblock, with_cents
from abst.demo.stage import Stage

if TYPE_CHECKING:
    from datetime import date

    from abst.chain.office import Evidence
    from abst.deal import Deal
    from abst.deal.running import Outcome
    from abst.deal.schedule import PaymentDate

SERVICER, TRUSTEE = "operations-1", "compliance-1"
SHOWN_SHORT = 3  # periods of the short demo; the long one plays all
LATE, CORRECTED, STRAINED, CURED, CALLABLE, CROWDED = 3, 6, 20, 22, 26, 40  # periods in which something happens
DRAWN = (1, 12, 24, 36, 44)  # payments whose reports are drawn
FORMAL = "https://example.org/documents/"


@dataclass(frozen=True)
class Servicer:
    """Who reports to the registry: the expected collections of the deal's file, as if they were collected."""

    deal: Deal

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Months of the file: closing_pool_balance, principal and interest, in yuan."""
        from abst import demo_data

        lines = demo_data.text("collections.csv").splitlines()
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))

    def months(self, number: int) -> Iterator[tuple[str, int, int, int, int]]:
        """Month, opening, principal, interest and closing of a period, in fen; balances as the servicer rounds them."""
        before = sum(one.months for one in self.deal.payments[: number - 1])
        opening = _fen(self.rows[before - 1]["closing_pool_balance"]) if before else self.deal.pool.balance
        for row in self.rows[before : before + self.deal.payments[number - 1].months]:
            closing = _fen(row["closing_pool_balance"])
            yield row["month_end"][:7], opening, _fen(row["principal"]), _fen(row["interest"]), closing
            opening = closing

    def report(self, number: int, *, corrects: int = 0, missed: int = 0) -> str:
        """The report of a period. missed: interest of its first month that was overlooked, in fen."""
        payment, months = self.deal.payments[number - 1], list(self.months(number))
        late = months[0][1] * (3 if STRAINED <= number < CURED else 0) // 100
        largest = months[-1][4] // 5 if number == CROWDED else 0
        lines = [
            "schema: abst-servicer-report-1",
            f"deal: {self.deal.id}",
            f"period: {number}",
            f"currency: {self.deal.currency}",
            f"corrects: {corrects}",
            f"collection: {{from: {payment.collection_from}, to: {payment.collection_to}}}",
            f"prepared: {{by: 示例资产服务机构 (illustrative servicer), on: {payment.determination_date}}}",
            f"pool: {{opening: {months[0][1]}, closing: {months[-1][4]}, loans: {-(-months[-1][4] // 8_000_000)}}}",
            "months:",
            *(
                f"  - {{month: {month}, opening: {opening}, principal: {principal}, prepaid: 0, "
                f"interest: {interest - (0 if n else missed)}, defaults: 0, recoveries: 0, closing: {closing}}}"
                for n, (month, opening, principal, interest, closing) in enumerate(months)
            ),
            f"delinquency: {{days_30: {{balance: 0, loans: 0}}, days_60: {{balance: {late}, loans: {int(late > 0)}}}, "
            "days_90: {balance: 0, loans: 0}}",
            f'fx: {{rate: "{rate_of(number)}", source: illustrative fixing, on: {payment.determination_date}}}',
            "calls: {clean_up: false}",
            f"exposures: [{{kind: obligor, id: obligor-0217, balance: {largest}}}]",
        ]
        return "\n".join(lines) + "\n"


def rate_of(number: int) -> Decimal:
    """Hong Kong dollars for one yuan in a period: made up, and said so in the report."""
    return Decimal("1.09") + Decimal(number * 37 % 50).scaleb(-4)


def _fen(yuan: str) -> int:
    return int(Decimal(yuan).scaleb(2))


# ---- scenes


def first(stage: Stage) -> None:
    """The first period, step by step: report, two keys, the chain's own waterfall, record date, money, holders."""
    from abst.servicing import ledger, opening

    stage.scene(
        "The first period is closed",
        "The servicer's report runs down the filed waterfall, here and on chain; two keys, and both agree to the fen.",
    )
    office, servicer = stage.office, _servicer()
    opened = opening.OpenServicing(officer=SERVICER, request=stage.request(), filing=FILING)
    stage.done(opening.open_servicing(office, opened))
    stage.tell("the program that the filed deal compiles to stands on chain; no other can ever run")
    _import(stage, servicer, 1)
    outcome = _close(stage, 1)
    for step in outcome.steps:
        if step.paid:
            stage.say(f"          {step.step:<14} CNY {with_cents(step.paid):>20}")
    stage.expect("the fee of the first period", with_cents(outcome.fees["servicer_fee"].paid), "1,159,697.01")
    _too_early(stage, outcome)
    _publish(stage, 1, outcome)
    held_back = next(p for p in reversed(holders_of(stage, A1)) if p.reference not in stage.known.values())
    _record_date(stage, servicer.deal.payments[0])
    block(stage, held_back)
    waiting = _pay(stage, 1, outcome, claim=True)
    stage.expect("who waits", waiting, [held_back.reference])
    stage.tell(f"{held_back.reference} is blocked: the money waits in the contract (R-53, R-62)")
    unblock(stage, held_back)
    _push(stage, 1)
    for number in stage.known["payments 1"].split():
        shown = ledger.show(office, number)
        stage.expect("the payment", (shown["state"], shown["unclaimed"]), ("complete", "0"))
        paid, dust = with_cents(int(shown["paid"])), shown["dust"]
        stage.tell(f"{shown['token']}, complete: paid HKD {paid}, dust {dust} cents for the next payment")
        stage.remember("paid", symbol=shown["token"], paid=shown["paid"], dust=dust)


def _too_early(stage: Stage, outcome: Outcome) -> None:
    """Nobody is paid before the report stands and the record date is taken, nor more principal than is owed."""
    from abst.servicing import amortisation, paying

    office = stage.office
    early = paying.PayPeriod(officer=PAYER, request=stage.request(), filing=FILING, period=1)
    stage.refused(
        "a payment before its report and record date",
        lambda: paying.pay(office, early),
        "distribution-unreported",
        "record-date-of-another",
    )
    more = amortisation.Record(
        officer=PAYER,
        request=stage.request(),
        token=A1,
        amount=outcome.classes["A1"].closing + 1,
        evidence=stage.document("servicer-letter.txt", "A letter of the servicer."),
    )
    stage.refused(
        "more principal than is outstanding", lambda: amortisation.amortise(office, more), "above-outstanding"
    )


def onward(stage: Stage) -> None:
    """All that is left: a late report, a correction, a trigger and its cure, a call that is offered."""
    servicer = _servicer()
    last = SHOWN_SHORT if stage.short else len(servicer.deal.payments)
    words = "Each month: report, close, report to holders, record date, payment in Hong Kong dollars at a stated rate."
    stage.scene(f"Month by month, to payment {last}", words)
    for number in range(2, last + 1):
        _month(stage, servicer, number)
    stage.remember("serviced", periods=last)


def _month(stage: Stage, servicer: Servicer, number: int) -> None:
    payment = servicer.deal.payments[number - 1]
    stage_until(stage, payment.determination_date)
    late = _come_late(stage, number) if number == LATE else 0
    _import(stage, servicer, number, missed=123_45 if number == CORRECTED - 1 else 0)
    if number == CORRECTED:
        _correct(stage, servicer, CORRECTED - 1)
    if number == CALLABLE:
        _offer_call(stage, number)
    outcome = _close(stage, number)
    _publish(stage, number, outcome, late)
    if late:
        stage.tell("it is there and published: transfers go on")
    _record_date(stage, payment)
    stage_until(stage, payment.date)
    _pay(stage, number, outcome)
    if number % 6 == 0 or number in (LATE, STRAINED, CURED) or number == len(servicer.deal.payments):
        owed = "; ".join(f"{name} {with_cents(one.closing)}" for name, one in outcome.classes.items())
        stage.tell(
            f"payment {number}, {outcome.mode}: HKD {with_cents(_payable(outcome))} paid; outstanding CNY {owed}"
        )


def redeemed(stage: Stage) -> None:
    """Nothing is outstanding: balances are retired, and the register is empty."""
    from abst.servicing import amortisation

    if stage.short:
        return
    stage.scene("Redemption", "All principal is repaid and the residual paid out: the tokens are retired (R-94).")
    for symbol in stage.tokens:
        command = amortisation.Retire(officer=PAYER, request=stage.request(), token=symbol)
        told = stage.done(amortisation.retire(stage.office, command))
        stage.tell(f"{symbol}: {int(told['total']):,} units of {told['holders']} holders retired")
        stage.remember("retired", symbol=symbol, total=told["total"])


# ---- one period


def _import(stage: Stage, servicer: Servicer, number: int, missed: int = 0) -> None:
    from abst.servicing import importing

    report = _paper(stage, f"servicer-report-{number}.yaml", servicer.report(number, missed=missed))
    command = importing.ImportReport(officer=SERVICER, request=stage.request(), filing=FILING, report=report)
    stage.done(importing.import_report(stage.office, command))


def _close(stage: Stage, number: int) -> Outcome:
    """The servicer's key, then the trustee's: the chain runs the waterfall again and must agree.

    The figures are looked through for material events (R-77, R-78).
    """
    from abst.disclosure import due
    from abst.servicing import periods, telling

    office = stage.office
    outcome = periods.compute(office, FILING, number).outcome
    if outcome is None:
        raise TypeError("the waterfall refused a period of the demo")
    stage.done(periods.submit(office, periods.Submit(officer=SERVICER, request=stage.request(), filing=FILING)))
    confirmed = periods.Confirm(officer=TRUSTEE, request=stage.request(), filing=FILING)
    stage.done(periods.confirm(office, confirmed))
    figures = telling.figures_of(office, FILING, number, None)
    told = due.TellFigures(officer="operations-1", request=stage.request(), figures=figures)
    events = [event["rule"] for event in stage.done(due.tell(office, told))["events"]]
    stage.expect(f"material events of period {number}", events, ["R-78"] if number == CROWDED else [])
    if events:
        _disclose_event(stage, number)
    paid = {name: [str(one.interest), str(one.principal), str(one.residual)] for name, one in outcome.classes.items()}
    stage.remember("period", number=number, mode=outcome.mode, paid=paid, payable=str(_payable(outcome)))
    return outcome


def _disclose_event(stage: Stage, number: int) -> None:
    """One obligor is over 15 % of what is left of the pool: found in the figures, opened on chain, disclosed."""
    from abst.disclosure import due, reckoning

    (name,) = [row["name"] for row in reckoning.rows(stage.office, FILING) if row["rule"] == "R-78" and not row["met"]]
    paper = stage.document(f"{name}.txt", "One obligor owes a fifth of what is left of the pool.")
    command = due.PublishDue(
        officer="operations-1", request=stage.request(), filing=FILING, name=name, document=paper, uri=f"{FORMAL}{name}"
    )
    stage.done(due.publish(stage.office, command))
    stage.tell(
        f"payment {number}: an obligor is at 20 % of what is left of the pool: opened on chain, disclosed (R-78)"
    )


def _payable(outcome: Outcome) -> int:
    """Hong Kong cents for all holders."""
    return sum(one.payable for one in outcome.classes.values())


def _publish(stage: Stage, number: int, outcome: Outcome, obligation: int = 0) -> None:
    """The distribution report stands before the payment (R-74). Of which day the wall is, the demo does not know."""
    from abst.disclosure import desk

    command = desk.Disclose(
        officer="operations-1",
        request=stage.request(),
        filing=FILING,
        name=f"distribution-{number}",
        kind="distribution-report",
        document=_drawn(stage, number) if number in DRAWN else _plain(stage, number, outcome),
        uri=f"{FORMAL}distribution-{number}",
        obligation=obligation,
    )
    stage.done(desk.disclose(stage.office, command))


def _drawn(stage: Stage, number: int) -> Evidence:
    """In English, which is published, and in Chinese: files in the home's documents."""
    from abst.chain.office import Evidence
    from abst.reports import periods
    from abst.reports.drawn.writing import write

    figures = periods.distribution(stage.office, FILING, number)
    folder = stage.home / "documents"
    english, chinese = (write(figures, lang, "pdf") for lang in ("en", "zh"))
    for one in (english, chinese):
        (folder / one.name).write_bytes(one.content)
    stage.tell(f"payment {number}: report drawn, documents/{english.name} and {chinese.name}; published by its hash")
    return Evidence(english.name, english.content)


def _plain(stage: Stage, number: int, outcome: Outcome) -> Evidence:
    """The figures alone: of most months the demo draws no charts, to save its watcher's time."""
    paid = {name: [one.interest, one.principal, one.residual, one.closing] for name, one in outcome.classes.items()}
    return _paper(stage, f"distribution-{number}.json", json.dumps({"period": number, "classes": paid}))


def _record_date(stage: Stage, payment: PaymentDate) -> None:
    """As the deal says; where that day is over on the wall already, in a minute."""
    from abst.servicing import paying
    from abst.values import last_second_of

    office = stage.office
    second = max(last_second_of(payment.record_date, office.zone), office.now() + 60)
    command = paying.AnnounceDate(
        officer=PAYER, request=stage.request(), filing=FILING, period=payment.number, second=second
    )
    stage.done(paying.announce(office, command))
    stage.warp(second + 1 - office.now())


def _pay(stage: Stage, number: int, outcome: Outcome, *, claim: bool = False) -> list[str]:
    """The payer brings each class's money; holders claim, or are pushed to. Returns who waits."""
    from abst.servicing import paying, payments

    office, total = stage.office, _payable(outcome)
    if not total:
        return []
    deposit(stage, PAYER, total)
    paid = stage.done(
        paying.pay(office, paying.PayPeriod(officer=PAYER, request=stage.request(), filing=FILING, period=number))
    )
    numbers = [str(one["payment"]) for one in paid["payments"]]
    if claim:
        own = payments.Claim(request=stage.request(), payment=numbers[0], holder=stage.known["seller"])
        stage.done(payments.claim(office, own))
        stage.tell(f"{stage.known['seller']} claims with his own key; the others are paid in lots")
    stage.known[f"payments {number}"] = " ".join(numbers)
    return _push(stage, number)


def _push(stage: Stage, number: int) -> list[str]:
    from abst.servicing import payments

    waiting: list[str] = []
    for one in stage.known[f"payments {number}"].split():
        pushed = payments.Push(officer=PAYER, request=stage.request(), payment=one)
        told = stage.done(payments.push(stage.office, pushed))
        waiting += [line["investor"] for line in told["waiting"]]
    return sorted(set(waiting))


# ---- what happens on the way


def _come_late(stage: Stage, number: int) -> int:
    """The report does not come: its obligation is overdue, and stops what the terms say, until it is there."""
    from abst.disclosure import desk

    office = stage.office
    command = desk.OpenObligation(
        officer="operations-1",
        request=stage.request(),
        filing=FILING,
        kind="distribution-report",
        due=office.now() + DAY,
    )
    stage.done(desk.open_obligation(office, command))
    stage.warp(2 * DAY)
    stage.tell(f"the report for payment {number} does not come; its obligation on chain is overdue (R-74, R-81)")
    seller, buyer = stage.known["seller"], stage.known["buyer"]
    stage.ask(f"{A1} while the servicer's report is late", seller, buyer, 10_000, A1, "disclosure-overdue")
    (late,) = [row for row in desk.obligations(office, FILING) if row["kind"] == "distribution-report"]
    return int(late["obligation"])


def _correct(stage: Stage, servicer: Servicer, number: int) -> None:
    """A month later the servicer finds interest overlooked: a new entry, never an edit; this period pays it."""
    from abst.servicing import restating

    report = _paper(stage, f"servicer-report-{number}-corrected.yaml", servicer.report(number, corrects=1))
    command = restating.Restate(
        officer=SERVICER,
        request=stage.request(),
        filing=FILING,
        period=number,
        report=report,
        evidence=stage.document("servicer-letter.txt", "Interest of one branch had been overlooked."),
    )
    stage.two_keys(restating.restate(stage.office, command), TRUSTEE)
    stage.tell(f"report {number} is corrected by a new version; the difference joins the cash of payment {number + 1}")


def _offer_call(stage: Stage, number: int) -> None:
    """The pool is at a tenth: the servicer says that it would buy it, and the trustee declines (R-92)."""
    from abst.chain import proposals
    from abst.servicing import elections

    notice = stage.document("call-notice.txt", "The servicer offers to buy what is left of the pool.")
    offer = elections.Elect(
        officer=SERVICER, request=stage.request(), filing=FILING, period=number, call="clean_up", evidence=notice
    )
    proposal = elections.elect(stage.office, offer).proposal
    if proposal is None:
        raise TypeError("the offer of the call is no proposal")
    no = proposals.Reject(
        officer=TRUSTEE, request=stage.request(), proposal=proposal, reason="the price was withdrawn; the deal goes on"
    )
    stage.done(proposals.reject(stage.office, no))
    stage.tell("the pool is at or under 10 %: the clean-up call is offered by the servicer, declined by the trustee")
    stage.remember("call offered", period=number)


def stage_until(stage: Stage, day: date) -> None:
    """Forward to a day; where the wall is past it already, nothing."""
    from abst.values import first_second_of

    ahead = first_second_of(day, stage.office.zone) + DAY // 2 - stage.office.now()
    if ahead > 0:
        stage.warp(ahead)


@cache
def _servicer() -> Servicer:
    from abst import demo_data
    from abst.deal import Deal

    return Servicer(Deal.read(demo_data.text("deal.yaml")))


def _paper(stage: Stage, name: str, text: str) -> Evidence:
    from abst.chain.office import Evidence

    return Evidence(name, stage.paper(name, text))


FIRST: tuple[Callable[[Stage], None], ...] = (first,)
SCENES: tuple[Callable[[Stage], None], ...] = (onward, redeemed)
