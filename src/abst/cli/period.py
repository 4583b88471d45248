"""`abst period`: a deal's periods, computed, submitted, confirmed, paid, corrected."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, Filing, answer, day_end, evidence, fields, grid, house, read, second_of
from abst.cli.envelope import Answer, Table
from abst.cli.shape import (
    ADDRESS,
    AMOUNT,
    COUNT,
    DATE,
    EVIDENCE,
    FLAG,
    HASH,
    INSTANT,
    TEXT,
    many,
    maybe,
    one_of,
    record,
    table_of,
)

NOUN = Noun("period", "Periods of a deal: computed, submitted, confirmed, paid, corrected.")
Period = Annotated[int, typer.Argument(metavar="PERIOD", min=1, help="Number of the payment, from 1.")]
Next = Annotated[int, typer.Argument(metavar="PERIOD", min=0, help="Number of the payment; 0 for the next one.")]
SIGNED = {"type": "string", "pattern": "^-?[0-9]+$", "description": "smallest unit"}
FACTOR = {"type": "string", "pattern": r"^[0-9]+\.[0-9]{12}$"}
STEP = record(step=TEXT, kind=TEXT, due=AMOUNT, paid=AMOUNT, words=TEXT)
CLASS = record(
    **{"class": TEXT},
    symbol=maybe(TEXT),
    rate=FACTOR,
    opening=AMOUNT,
    interest_due=AMOUNT,
    interest=AMOUNT,
    principal=AMOUNT,
    residual=AMOUNT,
    written_down=AMOUNT,
    closing=AMOUNT,
    payable=AMOUNT,
)
ACCOUNT = record(account=TEXT, opening=AMOUNT, received=AMOUNT, paid=AMOUNT, closing=AMOUNT)
FEE = record(fee=TEXT, accrued=AMOUNT, paid=AMOUNT, owed=AMOUNT)
TRIGGER = record(trigger=TEXT, before=FLAG, holds=FLAG, value=TEXT, threshold=TEXT)
REPORTED = {
    "filing": TEXT,
    "period": COUNT,
    "collection_from": DATE,
    "collection_to": DATE,
    "determination_date": DATE,
    "record_date": DATE,
    "payment_date": DATE,
    "estimated": FLAG,
    "currency": TEXT,
    "settlement": TEXT,
    "report": maybe(HASH),
    "late": FLAG,
    "state": one_of("open", "closed"),
    "mode": TEXT,
    "inputs": table_of(SIGNED),
    "restated": table_of(SIGNED),
    "steps": many(STEP),
    "classes": many(CLASS),
    "accounts": many(ACCOUNT),
    "fees": many(FEE),
    "tests": many(record(test=TEXT, holds=FLAG)),
    "triggers": many(TRIGGER),
    "inputs_hash": HASH,
    "result": maybe(HASH),
}
CORRECTION = record(
    number=COUNT,
    period=COUNT,
    report=HASH,
    version=COUNT,
    differences=table_of(SIGNED),
    evidence=HASH,
    maker=TEXT,
    checker=TEXT,
    at=INSTANT,
)
ELECTION = record(
    period=COUNT,
    kind=one_of("call", "default"),
    call=maybe(TEXT),
    evidence=EVIDENCE,
    maker=TEXT,
    checker=TEXT,
    at=INSTANT,
)
CLOSED = {
    "servicer": TEXT,
    "trustee": TEXT,
    "closed_at": INSTANT,
    "taken_record_date": maybe(COUNT),
    "payments": table_of(COUNT),
    "corrections": many(CORRECTION),
    "elections": many(ELECTION),
}
BRIEF = {
    "filing": TEXT,
    "period": COUNT,
    "report": HASH,
    "inputs_hash": HASH,
    "result": HASH,
    "late": FLAG,
    "restated": table_of(SIGNED),
    "payable": table_of(AMOUNT),
    "mode": TEXT,
}
WAITING = {"proposal": TEXT, "hash": HASH, "kind": TEXT, "filing": TEXT, "period": COUNT, "evidence": EVIDENCE}
OPENED = record(filing=TEXT, program_hash=HASH, content=HASH, bytes=COUNT, currency=TEXT)
PAYMENT = record(**{"class": TEXT}, payment=COUNT, id=HASH, funded=AMOUNT, supply=AMOUNT)


@NOUN.command("open-servicing", example="abst period open-servicing 1 --as operations-1", result=OPENED)
def open_servicing(context: typer.Context, filing: Filing) -> Answer:
    """Show the chain that the deal's program is the one that was filed, once, when all tokens are made (R-29, R-83)."""
    from abst.servicing import opening

    with house(context) as (call, office):
        command = opening.OpenServicing(officer=call.act_as(), request=call.request_id(), filing=filing)
        result = opening.open_servicing(office, command)
    return answer(result)


@NOUN.command("compute", example="abst period compute 1", result=record(**REPORTED, refusals=COUNT))
def compute(context: typer.Context, filing: Filing, period: Next = 0) -> Answer:
    """Show what the next period comes to, and what stands against closing it; nothing is written."""
    from abst.servicing import period_views, periods

    with house(context) as (_, office):
        found = periods.compute(office, filing, period)
    told = period_views.computed(found)
    refusals = found.judged.refusals
    return Answer(told, _report(told), "refused" if refusals else "done", refusals)


def _report(told: Mapping[str, Any]) -> list[str | Table]:
    """A payment report as tables."""
    dates = ("period", "state", "mode", "collection_from", "collection_to", "record_date", "payment_date", "late")
    head = {key: told[key] for key in (*dates, "currency", "settlement")}
    money = ("opening", "interest_due", "interest", "principal", "residual", "closing", "payable")
    parts: list[str | Table] = [fields(head)]
    for rows, columns, title in (
        ("steps", ("step", "kind", "due", "paid"), "steps"),
        ("classes", ("class", "symbol", *money), "classes"),
        ("accounts", ("account", "opening", "received", "paid", "closing"), "accounts"),
        ("triggers", ("trigger", "before", "holds", "value", "threshold"), "triggers"),
    ):
        if told[rows]:
            right = [column for column in columns if column in (*money, "due", "paid", "received")]
            parts.append(grid(told[rows], columns, title, right=right))
    return parts


@NOUN.command("submit", example="abst period submit 1 --as operations-1", result=record(**BRIEF))
def submit(context: typer.Context, filing: Filing, period: Next = 0) -> Answer:
    """Submit the next period from the servicer's key: hashes of inputs, report and result go on chain (R-83)."""
    from abst.servicing import periods

    with house(context) as (call, office):
        command = periods.Submit(officer=call.act_as(), request=call.request_id(), filing=filing, period=period)
        result = periods.submit(office, command)
    return answer(result)


@NOUN.command("confirm", example="abst period confirm 1 --as compliance-1", result=record(**BRIEF, submission=TEXT))
def confirm(context: typer.Context, filing: Filing, period: Next = 0) -> Answer:
    """Confirm what was submitted, from the trustee's key: the chain runs the waterfall and must agree (R-83)."""
    from abst.servicing import periods

    with house(context) as (call, office):
        command = periods.Confirm(officer=call.act_as(), request=call.request_id(), filing=filing, period=period)
        result = periods.confirm(office, command)
    return answer(result)


@NOUN.command(
    "record-date",
    example="abst period record-date 1 1 --as operations-1",
    result=record(filing=TEXT, period=COUNT, number=COUNT, second=COUNT, at=INSTANT, as_planned=FLAG),
)
def record_date(
    context: typer.Context,
    filing: Filing,
    period: Period,
    on: Annotated[
        str, typer.Option("--on", metavar="YYYY-MM-DD", help="Another day than the deal's: who holds when it ends.")
    ] = "",
) -> Answer:
    """Announce the record date of a period: who holds at the end of that day is paid (R-93)."""
    from abst.servicing import paying

    with house(context) as (call, office):
        command = paying.AnnounceDate(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            period=period,
            second=day_end(on, office.zone, "--on") + 1 if on else 0,
        )
        result = paying.announce(office, command)
    return answer(result)


@NOUN.command(
    "pay",
    example="abst period pay 1 1 --as operations-1",
    result=record(filing=TEXT, period=COUNT, record_date=COUNT, asset=ADDRESS, total=AMOUNT, payments=many(PAYMENT)),
)
def pay(
    context: typer.Context,
    filing: Filing,
    period: Period,
    asset: Annotated[
        str, typer.Option("--asset", metavar="ADDRESS", help="A listed asset; by default the local deposit.")
    ] = "",
    classes: Annotated[
        list[str] | None, typer.Option("--class", metavar="CLASS", help="This class alone; may be repeated.")
    ] = None,
) -> Answer:
    """Open a closed period's payments, one for each class, with their money. Then `abst payment push`."""
    from abst.servicing import paying

    with house(context) as (call, office):
        command = paying.PayPeriod(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            period=period,
            asset=asset,
            classes=tuple(classes or ()),
        )
        result = paying.pay(office, command)
    shown = {key: value for key, value in result.result.items() if key != "payments"}
    rows = grid(result.result["payments"], ("class", "payment", "funded", "supply"), right=("funded", "supply"))
    return answer(result, fields(shown), rows)


@NOUN.command("show", example="abst period show 1 1", result=record(**REPORTED, **CLOSED))
def show(context: typer.Context, filing: Filing, period: Period) -> Answer:
    """Show a closed period: its payment report, who closed it, its payments, and corrections made since."""
    from abst.servicing import period_views

    with house(context) as (_, office):
        told = period_views.show(office, filing, period)
    closing = {key: told[key] for key in ("servicer", "trustee", "closed_at", "taken_record_date", "payments")}
    return Answer(told, [*_report(told), fields(closing, "closed")])


@NOUN.command(
    "list",
    example="abst period list 1",
    result=many(
        record(
            period=COUNT,
            collection_to=DATE,
            payment_date=DATE,
            state=one_of("open", "reported", "submitted", "closed"),
            late=FLAG,
            payable=maybe(AMOUNT),
            record_date=FLAG,
            payments=COUNT,
        )
    ),
)
def list_(context: typer.Context, filing: Filing) -> Answer:
    """List the periods that have come up, with what stands of each."""
    from abst.servicing import period_views

    with house(context) as (_, office):
        rows = period_views.listed(office, filing)
    columns = ("period", "collection_to", "payment_date", "state", "late", "payable", "record_date", "payments")
    return Answer(rows, [grid(rows, columns, right=("period", "payable", "payments"))])


@NOUN.command(
    "triggers",
    example="abst period triggers 1",
    result=many(
        record(
            period=COUNT,
            trigger=TEXT,
            holds=FLAG,
            changed=FLAG,
            value=TEXT,
            threshold=TEXT,
            day=DATE,
            at=INSTANT,
        )
    ),
)
def triggers(
    context: typer.Context,
    filing: Filing,
    changed: Annotated[bool, typer.Option("--changed", help="Only where a trigger was met or cured.")] = False,
) -> Answer:
    """Show the trigger log: at every close, each trigger's figure, its bound, and whether it holds (R-91)."""
    from abst.servicing import period_views

    with house(context) as (_, office):
        rows = period_views.triggers(office, filing, changed=changed)
    return Answer(rows, [grid(rows, ("period", "day", "trigger", "value", "threshold", "holds", "changed"))])


# ---- corrections, calls, default


@NOUN.command(
    "restate",
    example="abst period restate 1 1 --report corrected.yaml --evidence letter.txt --as operations-1",
    result=record(
        **WAITING,
        file=EVIDENCE,
        tape=maybe(HASH),
        map=TEXT,
        differences=table_of(SIGNED),
        report={"type": "object"},
    ),
)
def restate(
    context: typer.Context,
    filing: Filing,
    period: Period,
    report: Annotated[Path, typer.Option("--report", metavar="FILE", help="The servicer's corrected report.")],
    evidence_file: EvidenceFile,
    tape: Annotated[Path | None, typer.Option("--tape", metavar="FILE", help="Its loan tape, CSV or Parquet.")] = None,
    mapping: Annotated[
        str, typer.Option("--map", metavar="NAME|FILE", help="Mapping of the tape: a shipped one, or a YAML file.")
    ] = "",
) -> Answer:
    """Propose a corrected report of a closed period; its differences enter the next one. The trustee approves."""
    from abst.chain.office import Evidence
    from abst.cli.servicing import mapping_of
    from abst.servicing import restating

    name, file = mapping_of(mapping)
    with house(context) as (call, office):
        command = restating.Restate(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            period=period,
            report=Evidence(report.name, read(report, "--report")),
            evidence=evidence(evidence_file),
            tape=None if tape is None else Evidence(tape.name, read(tape, "--tape")),
            map_name=name,
            map_file=file,
        )
        result = restating.restate(office, command)
    shown = {key: value for key, value in result.result.items() if key != "report"}
    return answer(result, fields(shown))


@NOUN.command(
    "elect",
    example="abst period elect 1 26 clean_up --evidence notice.txt --as operations-1",
    result=record(**WAITING, call=TEXT),
)
def elect(
    context: typer.Context,
    filing: Filing,
    period: Period,
    call_name: Annotated[str, typer.Argument(metavar="CALL", help="Name of the call in the deal.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose that a call of the deal is used in a period (R-92); the trustee approves."""
    from abst.servicing import elections

    with house(context) as (call, office):
        command = elections.Elect(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            period=period,
            call=call_name,
            evidence=evidence(evidence_file),
        )
        result = elections.elect(office, command)
    return answer(result)


@NOUN.command(
    "default",
    example="abst period default 1 --evidence notice.txt --as compliance-1",
    result=record(**WAITING),
)
def default(context: typer.Context, filing: Filing, evidence_file: EvidenceFile) -> Answer:
    """Propose that the trustee declares a default, from the next period on (R-91); a checker approves."""
    from abst.servicing import elections

    with house(context) as (call, office):
        command = elections.DeclareDefault(
            officer=call.act_as(), request=call.request_id(), filing=filing, evidence=evidence(evidence_file)
        )
        result = elections.declare_default(office, command)
    return answer(result)


@NOUN.command(
    "bearing",
    example="abst period bearing 1",
    result=record(
        filing=TEXT, closed=COUNT, elections=many(ELECTION), corrections=many(CORRECTION), waiting=table_of(SIGNED)
    ),
)
def bearing(context: typer.Context, filing: Filing) -> Answer:
    """Show elections, declarations and corrections, and what of them waits for the next period."""
    from abst.servicing import period_views

    with house(context) as (_, office):
        told = period_views.bearing(office, filing)
    shown = fields({"closed": told["closed"], "waits for the next period": told["waiting"]})
    elected = grid(told["elections"], ("period", "kind", "call", "maker", "checker", "at"), "elections")
    corrected = grid(told["corrections"], ("period", "version", "differences", "maker", "checker", "at"), "corrections")
    return Answer(told, [shown, elected, corrected])


# ---- unclaimed money


@NOUN.command(
    "unclaimed",
    example="abst period unclaimed",
    result=many(
        record(
            **{"from": INSTANT},
            payment=COUNT,
            filing=maybe(TEXT),
            period=maybe(COUNT),
            holder=ADDRESS,
            investor=maybe(TEXT),
            amount=AMOUNT,
            reason=maybe(TEXT),
            unclaimed=FLAG,
        )
    ),
)
def unclaimed(
    context: typer.Context,
    filing: Annotated[str | None, typer.Option("--filing", help="Payments of this filing's periods alone.")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Those too whose time still runs.")] = False,
) -> Answer:
    """List money that nobody could claim in the time set (R-93)."""
    from abst.servicing import unclaimed as desk

    with house(context) as (_, office):
        rows = desk.rows(office, filing, waiting=waiting)
    columns = ("payment", "period", "investor", "holder", "amount", "reason", "from", "unclaimed")
    return Answer(rows, [grid(rows, columns, right=("payment", "period", "amount"))] if rows else ["nothing"])


@NOUN.command(
    "settle-unclaimed",
    example="abst period settle-unclaimed 1 --holder inv-001 --account 0x00000000000000000000000000000000000000A1 "
    "--evidence order.txt --as operations-1",
    result=record(
        proposal=TEXT,
        hash=HASH,
        kind=TEXT,
        payment=COUNT,
        id=HASH,
        holder=ADDRESS,
        account=ADDRESS,
        evidence=EVIDENCE,
        amount=AMOUNT,
        because=TEXT,
    ),
)
def settle_unclaimed(
    context: typer.Context,
    payment: Annotated[str, typer.Argument(metavar="PAYMENT", help="Number or id, as listed by `abst payment list`.")],
    holder: Annotated[str, typer.Option("--holder", metavar="HOLDER", help="Wallet address or investor id.")],
    account: Annotated[str, typer.Option("--account", metavar="ACCOUNT", help="The account that is stated for it.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose that an unclaimed share goes to the stated account, on evidence; a second officer approves (R-93)."""
    from abst.servicing import unclaimed as desk

    with house(context) as (call, office):
        command = desk.Settle(
            officer=call.act_as(),
            request=call.request_id(),
            payment=payment,
            holder=holder,
            account=account,
            evidence=evidence(evidence_file),
        )
        result = desk.settle(office, command)
    return answer(result)


# ---- one investor


@NOUN.command(
    "statement",
    example="abst period statement inv-001",
    result=record(
        investor=TEXT,
        at=INSTANT,
        wallets=many(ADDRESS),
        holdings=many(
            record(token=TEXT, units=AMOUNT, factor=FACTOR, outstanding=AMOUNT, locked=AMOUNT, frozen=AMOUNT)
        ),
        payments=many(
            record(
                payment=COUNT,
                period=maybe(COUNT),
                token=TEXT,
                wallet=ADDRESS,
                record=INSTANT,
                paid_at=maybe(INSTANT),
                asset=ADDRESS,
                currency=TEXT,
                gross=AMOUNT,
                tax=AMOUNT,
                net=AMOUNT,
                state=one_of("paid", "elsewhere", "waiting", "payable"),
                why=maybe(TEXT),
            )
        ),
        factors=many(record(period=COUNT, day=DATE, factors=table_of(FACTOR))),
        tax_words=TEXT,
    ),
)
def statement(
    context: typer.Context,
    investor: Annotated[str, typer.Argument(metavar="INVESTOR", help="Investor id.")],
    at: Annotated[
        str, typer.Option("--at", metavar="MOMENT", help="A date, for its end, or an instant; by default now.")
    ] = "",
) -> Answer:
    """Show what an investor holds and was paid at a day: factors, outstanding, gross, tax and net."""
    from abst.servicing import period_views

    with house(context) as (_, office):
        told = period_views.statement(office, investor, second_of(at, office.zone, "--at") if at else 0)
    held = grid(
        told["holdings"], ("token", "units", "factor", "outstanding"), "holdings", right=("units", "outstanding")
    )
    columns = ("payment", "period", "token", "record", "gross", "tax", "net", "currency", "state")
    paid = grid(told["payments"], columns, "payments", right=("gross", "tax", "net"))
    return Answer(told, [f"investor {told['investor']} at {told['at']}", held, paid, told["tax_words"]])
