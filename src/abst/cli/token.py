"""`abst token`: the tranches of a filing as tokens, made exactly as filed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import (
    Amount,
    DealFile,
    EvidenceFile,
    Filing,
    Token,
    answer,
    evidence,
    fields,
    grid,
    house,
    read,
    units,
)
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, AMOUNT, COUNT, EVIDENCE, FLAG, HASH, TEXT, many, maybe, proposed, record

if TYPE_CHECKING:
    from abst.chain.office import Office, Result
    from abst.servicing.amortisation import Record

NOUN = Noun("token", "Tokens of a filing's tranches: made, shown, paused, attested, amortised, retired.")
MADE = record(tranche=COUNT, symbol=TEXT, address=ADDRESS)
ATTESTED = record(
    tranche=COUNT,
    symbol=TEXT,
    address=maybe(ADDRESS),
    expected=ADDRESS,
    code_hash=HASH,
    ok=FLAG,
    differences=many(TEXT),
)
BRIEF = {
    "filing": TEXT,
    "number": COUNT,
    "tranche": COUNT,
    "symbol": TEXT,
    "name": TEXT,
    "cap": AMOUNT,
    "address": maybe(ADDRESS),
}
TERMS = record(
    name=TEXT,
    symbol=TEXT,
    currency=TEXT,
    decimals=COUNT,
    risk=COUNT,
    overdue_stops_transfers=FLAG,
    cap=AMOUNT,
    lot=AMOUNT,
    regimes=COUNT,
    max_holders=COUNT,
    max_share_bps=COUNT,
    lock_seconds=COUNT,
    maturity=COUNT,
)
SHOWN = record(
    **BRIEF,
    terms=TERMS,
    regimes=many(TEXT),
    minted=AMOUNT,
    supply=AMOUNT,
    left=AMOUNT,
    holders=COUNT,
    paused=FLAG,
    filing_status=TEXT,
    overdue=FLAG,
    outstanding=AMOUNT,
    principal_paid=AMOUNT,
    written_down=AMOUNT,
    factor=TEXT,
    factor_exact=TEXT,
    closed=FLAG,
)
RECORDED = record(
    proposal=TEXT,
    hash=HASH,
    kind=TEXT,
    token=TEXT,
    amount=AMOUNT,
    evidence=EVIDENCE,
    outstanding=AMOUNT,
    written_down=AMOUNT,
)
RETIRED = record(token=TEXT, lots=COUNT, holders=COUNT, total=AMOUNT)
UNPAUSED = proposed(token=TEXT, evidence=EVIDENCE, filing=TEXT, tranche=COUNT)


@NOUN.command(
    "create",
    example="abst token create 1 --as operations-1",
    result=record(filing=TEXT, plan_hash=HASH, tokens=many(MADE)),
)
def create(
    context: typer.Context,
    filing: Filing,
    dossier: Annotated[
        Path | None,
        typer.Option("--dossier", help="Make from this dossier; refused (R-42) unless it is the filed one."),
    ] = None,
    deal: DealFile = None,
) -> Answer:
    """Make the tokens of an effective filing, only from the filed plan and code."""
    from abst.filing import tokens

    with house(context) as (call, office):
        command = tokens.CreateTokens(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            dossier=None if dossier is None else read(dossier, "--dossier"),
            deal=None if deal is None else read(deal, "--deal"),
        )
        result = tokens.create(office, command)
    return answer(result, grid(result.result["tokens"], ("tranche", "symbol", "address")))


@NOUN.command("show", example="abst token show JSD-A1", result=SHOWN)
def show(context: typer.Context, token: Token) -> Answer:
    """Show a token: terms as filed, supply, holders, paused or not, and what is outstanding of its face.

    The factor is what is outstanding of each unit of face held, rounded down to 12 decimals, and as a fraction.
    """
    from abst.filing import tokens
    from abst.servicing import amortisation

    with house(context) as (_, office):
        found = tokens.show(office, token) | amortisation.standing(office, token)
    return Answer(found, [fields(found)])


@NOUN.command("list", example="abst token list", result=many(record(**BRIEF)))
def list_(
    context: typer.Context, filing: Annotated[str | None, typer.Option("--filing", help="Of this filing alone.")] = None
) -> Answer:
    """List the tokens."""
    from abst.filing import tokens

    with house(context) as (_, office):
        rows = tokens.list_tokens(office, filing)
    return Answer(rows, [grid(rows, ("filing", "tranche", "symbol", "name", "cap", "address"), right=("cap",))])


@NOUN.command(
    "pause",
    example="abst token pause JSD-A1 --evidence order.txt --as operations-1",
    result=record(token=TEXT, address=ADDRESS, paused=FLAG),
)
def pause(context: typer.Context, token: Token, evidence_file: EvidenceFile) -> Answer:
    """Pause a token at once: nothing is minted or transferred. One key is enough to stop."""
    from abst.filing import tokens

    with house(context) as (call, office):
        command = tokens.Pause(
            officer=call.act_as(), request=call.request_id(), token=token, evidence=evidence(evidence_file)
        )
        result = tokens.pause(office, command)
    return answer(result)


@NOUN.command("unpause", example="abst token unpause JSD-A1 --evidence order.txt --as operations-1", result=UNPAUSED)
def unpause(context: typer.Context, token: Token, evidence_file: EvidenceFile) -> Answer:
    """Propose to lift a pause; a second officer approves."""
    from abst.filing import tokens

    with house(context) as (call, office):
        command = tokens.Unpause(
            officer=call.act_as(), request=call.request_id(), token=token, evidence=evidence(evidence_file)
        )
        result = tokens.unpause(office, command)
    return answer(result)


@NOUN.command("attest", example="abst token attest 1", result=record(filing=TEXT, tokens=many(ATTESTED)))
def attest(context: typer.Context, filing: Filing) -> Answer:
    """Compare deployed code, addresses and terms with the filed plan. Exit 6 when anything differs."""
    from abst.filing import tokens

    with house(context) as (_, office):
        rows = tokens.attest(office, filing)
    outcome = "done" if all(row["ok"] for row in rows) else "integrity"
    table = grid(rows, ("tranche", "symbol", "address", "ok", "differences"))
    return Answer({"filing": filing, "tokens": rows}, [table], outcome)


def _record(
    context: typer.Context, token: str, amount: str, paper: Path, act: Callable[[Office, Record], Result]
) -> Answer:
    """One record of principal or loss, by its desk function."""
    from abst.servicing.amortisation import Record

    with house(context) as (call, office):
        command = Record(
            officer=call.act_as(),
            request=call.request_id(),
            token=token,
            amount=units(amount),
            evidence=evidence(paper),
        )
        result = act(office, command)
    return answer(result)


@NOUN.command(
    "amortise",
    example="abst token amortise JSD-A1 --principal 1_000_000 --evidence report.txt --as operations-1",
    result=RECORDED,
)
def amortise(
    context: typer.Context,
    token: Token,
    principal: Annotated[str, typer.Option("--principal", help="Principal paid, in token units of the whole tranche.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose to record principal paid to holders; a second officer approves. Nothing more is minted afterwards."""
    from abst.servicing.amortisation import amortise as act

    return _record(context, token, principal, evidence_file, act)


@NOUN.command(
    "write-down",
    example="abst token write-down JSD-SUB 1_000_000 --evidence report.txt --as operations-1",
    result=RECORDED,
)
def write_down(context: typer.Context, token: Token, amount: Amount, evidence_file: EvidenceFile) -> Answer:
    """Propose to record a loss allocated to a tranche (R-90); a second officer approves."""
    from abst.servicing.amortisation import write_down as act

    return _record(context, token, amount, evidence_file, act)


@NOUN.command(
    "reverse-write-down",
    example="abst token reverse-write-down JSD-SUB 1_000_000 --evidence report.txt --as operations-1",
    result=RECORDED,
)
def reverse_write_down(context: typer.Context, token: Token, amount: Amount, evidence_file: EvidenceFile) -> Answer:
    """Propose to take a loss back, until maturity (R-90); a second officer approves."""
    from abst.servicing.amortisation import reverse_write_down as act

    return _record(context, token, amount, evidence_file, act)


@NOUN.command("retire", example="abst token retire JSD-A1 --as operations-1", result=RETIRED)
def retire(context: typer.Context, token: Token) -> Answer:
    """Retire all holders' balances in lots, once nothing is outstanding. Safe to repeat."""
    from abst.servicing import amortisation

    with house(context) as (call, office):
        command = amortisation.Retire(officer=call.act_as(), request=call.request_id(), token=token)
        result = amortisation.retire(office, command)
    return answer(result)
