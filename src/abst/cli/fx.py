"""`abst fx`: foreign-exchange registrations, the quota, and the ledger of raised money."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Amount, EvidenceFile, Filing, answer, evidence, fields, grid, house, units
from abst.cli.envelope import Answer
from abst.cli.shape import (
    AMOUNT,
    COUNT,
    DATE,
    EVIDENCE,
    FLAG,
    HASH,
    TEXT,
    many,
    maybe,
    one_of,
    proposed,
    record,
    table_of,
)
from abst.errors import UsageError

NOUN = Noun("fx", "Foreign exchange: registrations, the quota, and the ledger of raised money.")
REGISTRATION = record(
    authority=TEXT,
    number=TEXT,
    kind=TEXT,
    amount=AMOUNT,
    currency=TEXT,
    registered_on=DATE,
    expires_on=maybe(DATE),
    evidence=HASH,
    later=FLAG,
    in_force=FLAG,
)
MOVEMENT = record(
    movement=COUNT,
    filing=TEXT,
    kind=one_of("raised", "remitted", "used", "reversed"),
    account=TEXT,
    to=TEXT,
    amount=AMOUNT,
    currency=TEXT,
    arrived=AMOUNT,
    day=DATE,
    use=TEXT,
    reverses=maybe(COUNT),
    evidence=HASH,
    by=TEXT,
)
BY_CURRENCY = table_of(AMOUNT)
TOTALS = {"raised": BY_CURRENCY, "remitted": BY_CURRENCY, "used": BY_CURRENCY, "kept": table_of({"type": "string"})}
MONTH = record(month=TEXT, kept=table_of({"type": "string"}), at=COUNT)


@NOUN.command(
    "show",
    example="abst fx show 1",
    result=record(
        filing=TEXT,
        registrations=many(REGISTRATION),
        missing=many(TEXT),
        quota=maybe(AMOUNT),
        raised=AMOUNT,
        left=maybe(AMOUNT),
    ),
)
def show(context: typer.Context, filing: Filing) -> Answer:
    """Show the registrations of a filing, the quota in force, and what of it is left (R-97, R-101)."""
    from abst.filing import fx

    with house(context) as (_, office):
        found = fx.show(office, filing)
    plain = {key: value for key, value in found.items() if key != "registrations"}
    columns = ("kind", "number", "authority", "amount", "currency", "registered_on", "expires_on", "in_force")
    return Answer(found, [fields(plain), grid(found["registrations"], columns, right=("amount",))])


@NOUN.command(
    "register",
    example="abst fx register 1 --kind fx-registration --authority SAFE --number FX-2 --amount 1_000_000 "
    "--currency CNY --from 2026-08-01 --until 2028-07-31 --evidence certificate.txt --as operations-1",
    result=proposed(
        filing=TEXT,
        authority=TEXT,
        number=TEXT,
        registration=TEXT,
        amount=AMOUNT,
        currency=TEXT,
        registered_on=DATE,
        expires_on=maybe(DATE),
        evidence=EVIDENCE,
    ),
)
def register(
    context: typer.Context,
    filing: Filing,
    kind: Annotated[str, typer.Option("--kind", help="Kind of registration, as R-97 names them.")],
    authority: Annotated[str, typer.Option("--authority", help="The authority that registered it.")],
    number: Annotated[str, typer.Option("--number", help="Its number; one that is known is amended.")],
    amount: Annotated[str, typer.Option("--amount", help="Amount in the smallest unit.")],
    currency: Annotated[str, typer.Option("--currency", help="Currency, ISO 4217.")],
    begins: Annotated[str, typer.Option("--from", help="Day of the registration, YYYY-MM-DD.")],
    evidence_file: EvidenceFile,
    until: Annotated[str, typer.Option("--until", help="Last good day; without it, none.")] = "",
) -> Answer:
    """Propose a registration made or amended after the filing; a second officer enters it (R-97)."""
    from abst.filing import fx
    from abst.values import parse_date

    with house(context) as (call, office):
        command = fx.Register(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            authority=authority,
            number=number,
            kind=kind,
            amount=units(amount, "--amount"),
            currency=currency,
            registered_on=parse_date(begins, "--from"),
            expires_on=parse_date(until, "--until") if until else None,
            evidence=evidence(evidence_file),
        )
        result = fx.register(office, command)
    return answer(result)


@NOUN.command(
    "record",
    example="abst fx record 1 raised 1_000_000 --account offshore-1 --currency CNY --date 2026-08-25 "
    "--evidence advice.txt --as operations-1",
    result=MOVEMENT,
)
def record_(
    context: typer.Context,
    filing: Filing,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="raised, remitted or used.")],
    amount: Amount,
    account: Annotated[str, typer.Option("--account", help="Registered account it comes into, or goes from.")],
    currency: Annotated[str, typer.Option("--currency", help="Currency of the account.")],
    date: Annotated[str, typer.Option("--date", help="Day of the movement, YYYY-MM-DD.")],
    evidence_file: EvidenceFile,
    to: Annotated[str, typer.Option("--to", help="Registered account of a remittance.")] = "",
    arrived: Annotated[str, typer.Option("--arrived", help="What came in, where the currency is another.")] = "0",
    use: Annotated[str, typer.Option("--use", help="Filed use (used only).")] = "",
) -> Answer:
    """Record a movement of raised money; refused on an account that is not registered (R-99)."""
    from abst.cash import repatriation
    from abst.values import parse_date

    with house(context) as (call, office):
        command = repatriation.RecordMovement(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            kind=kind,
            account=account,
            amount=units(amount),
            currency=currency,
            day=parse_date(date, "--date"),
            receiver=to,
            arrived=units(arrived, "--arrived"),
            purpose=use,
            evidence=evidence(evidence_file),
        )
        result = repatriation.record(office, command)
    return answer(result)


@NOUN.command("reverse", example="abst fx reverse 1 3 --evidence correction.txt --as operations-1", result=MOVEMENT)
def reverse(
    context: typer.Context,
    filing: Filing,
    movement: Annotated[int, typer.Argument(metavar="MOVEMENT", help="Number of the movement.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Undo a movement that was recorded in error; both stay in the ledger (R-100)."""
    from abst.cash import repatriation

    with house(context) as (call, office):
        command = repatriation.Reverse(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            movement=movement,
            evidence=evidence(evidence_file),
        )
        result = repatriation.reverse(office, command)
    return answer(result)


@NOUN.command(
    "ledger",
    example="abst fx ledger 1",
    result=record(filing=TEXT, **TOTALS, movements=many(MOVEMENT), months=many(MONTH)),
)
def ledger(context: typer.Context, filing: Filing) -> Answer:
    """Show what was raised, remitted, used and kept, by registered account, and the months reconciled (R-100)."""
    from abst.cash import repatriation

    with house(context) as (_, office):
        found = repatriation.ledger(office, filing)
    plain = {key: found[key] for key in ("filing", *TOTALS)} | {"months": [row["month"] for row in found["months"]]}
    columns = ("movement", "day", "kind", "account", "to", "amount", "currency", "arrived", "use", "by")
    return Answer(found, [fields(plain), grid(found["movements"], columns, right=("amount", "arrived"))])


@NOUN.command(
    "reconcile",
    example="abst fx reconcile 1 2026-08 --kept offshore-1=750000 --kept onshore-1=250000 --evidence statement.txt "
    "--as operations-1",
    result=record(filing=TEXT, month=TEXT, **TOTALS),
)
def reconcile(
    context: typer.Context,
    filing: Filing,
    month: Annotated[str, typer.Argument(metavar="MONTH", help="YYYY-MM, a month that is over.")],
    kept: Annotated[list[str], typer.Option("--kept", metavar="ACCOUNT=AMOUNT", help="By the statement; repeat.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Reconcile a month with the bank's statements to the last unit; every break is refused and logged (R-100)."""
    from abst.cash import repatriation

    stated: dict[str, int] = {}
    for words in kept:
        account, mark, amount = words.partition("=")
        if not mark or account in stated:
            raise UsageError("not a balance", found=words, needed="ACCOUNT=AMOUNT, each account once", where="--kept")
        stated[account] = units(amount, "--kept")
    with house(context) as (call, office):
        command = repatriation.Reconcile(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            month=month,
            stated=stated,
            evidence=evidence(evidence_file),
        )
        result = repatriation.reconcile(office, command)
    return answer(result)
