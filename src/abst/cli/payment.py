"""`abst payment`: payments to the holders of a record date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, Token, answer, evidence, fields, grid, house, text, units
from abst.cli.envelope import Answer, Table
from abst.cli.shape import ADDRESS, AMOUNT, COUNT, EVIDENCE, FLAG, HASH, TEXT, many, maybe, one_of, record

if TYPE_CHECKING:
    from abst.servicing.ledger import Line
    from abst.servicing.payments import Preview

NOUN = Noun("payment", "Payments to holders: declared, pushed, claimed, shown.")
Payment = Annotated[str, typer.Argument(metavar="PAYMENT", help="Number or id, as listed by `abst payment list`.")]
RecordDate = Annotated[int, typer.Option("--record-date", min=1, help="Number of a record date that was taken.")]
LINE = record(
    holder=ADDRESS,
    investor=maybe(TEXT),
    balance=AMOUNT,
    share=AMOUNT,
    payee=maybe(ADDRESS),
    state=one_of("paid", "payable", "waits"),
    rule=maybe(TEXT),
    reason=maybe(TEXT),
)
PLANNED = {
    "token": TEXT,
    "record_date": COUNT,
    "asset": ADDRESS,
    "funded": AMOUNT,
    "carried": AMOUNT,
    "supply": AMOUNT,
    "needs_evidence": FLAG,
    "holders": COUNT,
    "shares": AMOUNT,
    "dust": AMOUNT,
    "waiting": COUNT,
}
DECLARED = record(payment=COUNT, id=HASH, **PLANNED)
TRIED = record(dry_run=FLAG, rows=many(LINE), **PLANNED)
BRIEF = {
    "payment": COUNT,
    "id": HASH,
    "token": TEXT,
    "asset": ADDRESS,
    "symbol": TEXT,
    "currency": maybe(TEXT),
    "record_date": COUNT,
    "needs_evidence": FLAG,
    "funded": AMOUNT,
    "carried": AMOUNT,
    "supply": AMOUNT,
    "paid": AMOUNT,
    "unclaimed": AMOUNT,
    "settled": AMOUNT,
    "dust": AMOUNT,
    "state": one_of("waiting", "refused", "declared", "complete"),
}
SHOWN = record(**BRIEF, counts=record(paid=COUNT, payable=COUNT, waits=COUNT), holders=many(LINE))
OUTSIDE = {"token": TEXT, "record_date": COUNT, "currency": TEXT, "amount": AMOUNT, "reference": TEXT, "ref": HASH}
LISTED = record(payments=many(record(**BRIEF)), off_chain=many(record(**OUTSIDE, evidence=EVIDENCE, recorded=FLAG)))
ELSEWHERE = record(
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
)
SHOWN_FIRST = 20  # holders named before a payment is declared
LINES = ("holder", "investor", "balance", "share", "payee", "state", "reason", "rule")


@NOUN.command(
    "declare",
    example="abst payment declare JSD-A1 --record-date 1 --amount 1_000_000 --as operations-1",
    result={"anyOf": [DECLARED, TRIED]},
)
def declare(
    context: typer.Context,
    token: Token,
    record_date: RecordDate,
    amount: Annotated[str, typer.Option("--amount", help="Units of the asset, in its smallest unit.")],
    asset: Annotated[
        str, typer.Option("--asset", metavar="ADDRESS", help="A listed asset; by default the local deposit.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what each holder would get; change nothing.")
    ] = False,
) -> Answer:
    """Declare a payment to the holders of a record date and bring its money (R-93). Then `abst payment push`."""
    from abst.servicing import payments

    with house(context) as (call, office):
        command = payments.Declare(
            officer="" if dry_run else call.act_as(),
            request="" if dry_run else call.request_id(),
            token=token,
            record_date=record_date,
            amount=units(amount, "--amount"),
            asset=asset,
        )
        seen = payments.preview(office, command)
        if dry_run:
            return _tried(seen)
        for line in _announced(seen):
            call.say(line)
        result = payments.declare(office, command)
    return answer(result)


def _announced(seen: Preview) -> list[str]:
    """What each holder will get, to read before it happens; of many the largest."""
    told = {key: text(value) for key, value in seen.as_dict().items()}
    first = f"  {told['holders']} holders share {told['shares']} units; dust {told['dust']}; {told['waiting']} wait"
    rows = [
        f"  {line.investor or line.holder}: {line.share:,} for {line.balance:,} held{_why(line)}"
        for line in seen.lines[:SHOWN_FIRST]
    ]
    more = len(seen.lines) - SHOWN_FIRST
    return [first, *rows, *([f"  and {more} more; --dry-run shows all"] if more > 0 else [])]


def _why(line: Line) -> str:
    return f"; waits: {line.why.reason} ({line.why.rule})" if line.why else ""


def _tried(seen: Preview) -> Answer:
    rows = [line.as_dict() for line in seen.lines]
    result = {"dry_run": True, "rows": rows, **seen.as_dict()}
    outcome = "refused" if seen.refusals else "done"
    return Answer(result, [fields(seen.as_dict()), _lines(rows), "nothing was changed"], outcome, seen.refusals)


def _lines(rows: list[dict[str, Any]]) -> Table:
    return grid(rows, LINES, right=("balance", "share"))


@NOUN.command(
    "push",
    example="abst payment push 1 --as operations-1",
    result=record(payment=COUNT, id=HASH, lots=COUNT, holders=COUNT, paid_before=COUNT, waiting=many(LINE)),
)
def push(
    context: typer.Context,
    payment: Payment,
    lot: Annotated[int, typer.Option("--lot", min=1, max=100, help="Holders in one transaction.")] = 100,
) -> Answer:
    """Pay every holder who can be paid now, in lots; who was paid is passed over. Safe to repeat after anything."""
    from abst.servicing import payments

    with house(context) as (call, office):
        command = payments.Push(officer=call.act_as(), request=call.request_id(), payment=payment, lot=lot)
        result = payments.push(office, command)
    shown = {key: value for key, value in result.result.items() if key != "waiting"}
    waiting = result.result["waiting"]
    return answer(result, fields(shown), *([_lines(waiting)] if waiting else []))


@NOUN.command(
    "claim",
    example="abst payment claim 1 --holder inv-001",
    result=record(payment=COUNT, id=HASH, holder=ADDRESS, payee=ADDRESS, amount=AMOUNT),
)
def claim(
    context: typer.Context,
    payment: Payment,
    holder: Annotated[str, typer.Option("--holder", metavar="HOLDER", help="Wallet address or investor id.")],
) -> Answer:
    """Have one holder paid, sent with his own keystore of this home, or his successor's."""
    from abst.servicing import payments

    with house(context) as (call, office):
        command = payments.Claim(request=call.request_id(), payment=payment, holder=holder)
        result = payments.claim(office, command)
    return answer(result)


@NOUN.command(
    "elsewhere",
    example="abst payment elsewhere 1 --holder inv-001 --account 0x00000000000000000000000000000000000000A1 "
    "--evidence order.txt --as operations-1",
    result=ELSEWHERE,
)
def elsewhere(
    context: typer.Context,
    payment: Payment,
    holder: Annotated[str, typer.Option("--holder", metavar="HOLDER", help="Wallet address or investor id.")],
    account: Annotated[str, typer.Option("--account", metavar="ACCOUNT", help="Where the money goes instead.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose that a waiting share goes to another account, on a legal order; a second officer approves (R-62)."""
    from abst.servicing import payments

    with house(context) as (call, office):
        command = payments.PayElsewhere(
            officer=call.act_as(),
            request=call.request_id(),
            payment=payment,
            holder=holder,
            account=account,
            evidence=evidence(evidence_file),
        )
        result = payments.elsewhere(office, command)
    return answer(result)


@NOUN.command(
    "off-chain",
    example="abst payment off-chain JSD-A1 --record-date 1 --currency HKD --amount 1_000_000 --ref TT-1 "
    "--evidence advice.txt --as operations-1",
    result=record(**OUTSIDE, evidence=EVIDENCE),
)
def off_chain(
    context: typer.Context,
    token: Token,
    record_date: RecordDate,
    currency: Annotated[str, typer.Option("--currency", help="Three letters, ISO 4217.")],
    amount: Annotated[str, typer.Option("--amount", help="In the currency's smallest unit.")],
    reference: Annotated[str, typer.Option("--ref", metavar="TEXT", help="The bank's reference; recorded once.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Record a payment that was made outside the chain, by its reference."""
    from abst.servicing import payments

    with house(context) as (call, office):
        command = payments.RecordOffChain(
            officer=call.act_as(),
            request=call.request_id(),
            token=token,
            record_date=record_date,
            currency=currency,
            amount=units(amount, "--amount"),
            reference=reference,
            evidence=evidence(evidence_file),
        )
        result = payments.record_off_chain(office, command)
    return answer(result)


@NOUN.command("show", example="abst payment show 1", result=SHOWN)
def show(context: typer.Context, payment: Payment) -> Answer:
    """Show a payment: progress, dust, and each holder, paid or waiting and why."""
    from abst.servicing import ledger

    with house(context) as (_, office):
        found = ledger.show(office, payment)
    shown = {key: value for key, value in found.items() if key != "holders"}
    return Answer(found, [fields(shown), _lines(found["holders"])])


@NOUN.command("list", example="abst payment list", result=LISTED)
def list_(
    context: typer.Context, token: Annotated[str | None, typer.Option("--token", help="Of this token alone.")] = None
) -> Answer:
    """List the payments, on chain and outside it."""
    from abst.servicing import ledger

    with house(context) as (_, office):
        found = ledger.list_payments(office, token)
    declared = grid(
        found["payments"],
        ("payment", "token", "record_date", "symbol", "funded", "paid", "unclaimed", "dust", "state"),
        "on chain",
        right=("payment", "record_date", "funded", "paid", "unclaimed", "dust"),
    )
    outside = grid(
        found["off_chain"],
        ("token", "record_date", "currency", "amount", "reference", "recorded"),
        "outside the chain",
        right=("record_date", "amount"),
    )
    return Answer(found, [declared, outside])
