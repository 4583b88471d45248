"""Movements after the issue: `transfer`, `why`, `redeem`, and the acts of power that need two officers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Amount, EvidenceFile, Token, answer, evidence, house, read, units
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, AMOUNT, COUNT, EVIDENCE, FLAG, HASH, REFUSAL, TEXT, many, record, table_of
from abst.errors import UsageError

NOUN = Noun("", "")
From = Annotated[str, typer.Argument(metavar="FROM", help="Wallet address or investor id that sends.")]
To = Annotated[str, typer.Argument(metavar="TO", help="Wallet address or investor id that receives.")]
Holder = Annotated[str, typer.Argument(metavar="HOLDER", help="Wallet address or investor id.")]
MOVED = record(**{"from": ADDRESS}, token=TEXT, to=ADDRESS, amount=AMOUNT)
MOVED_MANY = record(**{"from": ADDRESS}, token=TEXT, rows=COUNT, total=AMOUNT)
HELD = {"evidence": EVIDENCE, "balance": AMOUNT, "frozen_before": AMOUNT}
POWER = {"proposal": TEXT, "hash": HASH, "kind": TEXT, **HELD}
FROZEN = record(row=COUNT, token=TEXT, wallet=ADDRESS, amount=AMOUNT, **HELD)
FROZEN_MANY = record(proposal=TEXT, hash=HASH, kind=TEXT, rows=many(FROZEN))
WHY = record(allowed=FLAG, refusals=many(REFUSAL), chain_code=COUNT, chain_reason=TEXT, agrees=FLAG)


@NOUN.command("transfer", example="abst transfer inv-001 inv-002 10000 JSD-A1", result={"anyOf": [MOVED, MOVED_MANY]})
def transfer(
    context: typer.Context,
    sender: From,
    to: Annotated[str, typer.Argument(metavar="TO", help="Wallet address or investor id; of a table the token.")],
    amount: Annotated[str | None, typer.Argument(metavar="AMOUNT", help="Whole token units.")] = None,
    token: Annotated[str | None, typer.Argument(metavar="TOKEN", help="Symbol, address, or FILING:TRANCHE.")] = None,
    table: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Many: `FROM TOKEN --csv FILE`, columns investor, amount."),
    ] = None,
) -> Answer:
    """Transfer tokens, signed by the sender's keystore in this home. Refused with every reason, before it is sent.

    With --csv to at most 100 receivers in one act: all rows, or none.
    """
    from abst.transfers import batches, desk

    if table is not None and amount is None:
        rows = batches.read_transfers(read(table, "--csv"))
        with house(context) as (call, office):
            several = batches.TransferMany(request=call.request_id(), holder=sender, token=to, rows=rows)
            return answer(batches.transfer_many(office, several))
    if amount is None or token is None or table is not None:
        raise UsageError("to whom?", needed="FROM TO AMOUNT TOKEN, or FROM TOKEN --csv FILE", where="TO")
    with house(context) as (call, office):
        command = desk.Transfer(request=call.request_id(), holder=sender, to=to, amount=units(amount), token=token)
        result = desk.transfer(office, command)
    return answer(result)


@NOUN.command("why", example="abst why inv-001 inv-002 10000 JSD-A1", result=WHY)
def why(context: typer.Context, sender: From, to: To, amount: Amount, token: Token) -> Answer:
    """Say whether a transfer is allowed, and every rule against it; asked in Python and on chain. Nothing is sent."""
    from abst.transfers import desk

    with house(context) as (call, office):
        told = desk.why(office, token, sender, to, units(amount))
    if not told.agrees:
        call.warn(f"Python and chain differ: the chain says {told.chain_reason} ({told.chain_code})")
    verdict = "allowed" if told.allowed else "not allowed"
    lines = [f"{verdict}; the chain says: {told.chain_reason} ({told.chain_code})"]
    return Answer(told.as_dict(), lines, "done" if told.allowed else "refused", tuple(told.refusals))


@NOUN.command(
    "freeze",
    example="abst freeze inv-001 5000 JSD-A1 --evidence order.txt --as operations-1",
    result={"anyOf": [record(**POWER, token=TEXT, wallet=ADDRESS, amount=AMOUNT), FROZEN_MANY]},
)
def freeze(
    context: typer.Context,
    holder: Annotated[str | None, typer.Argument(metavar="HOLDER", help="Wallet address or investor id.")] = None,
    amount: Annotated[str | None, typer.Argument(metavar="AMOUNT", help="Whole token units, in all.")] = None,
    token: Annotated[str | None, typer.Argument(metavar="TOKEN", help="Symbol, address, or FILING:TRANCHE.")] = None,
    table: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Many: columns wallet (or investor), amount, token, evidence."),
    ] = None,
    evidence_file: Annotated[
        Path | None,
        typer.Option(
            "--evidence", metavar="FILE", help="Document the act stands on; of a table, where a row has none."
        ),
    ] = None,
) -> Answer:
    """Propose that AMOUNT in all of a wallet's tokens be frozen (0 lifts it); a second officer approves (R-62).

    With --csv many at once, in one proposal; a row's evidence is the name of a file beside the table.
    """
    from abst.transfers import desk

    if table is not None and holder is None:
        return _freeze_many(context, table, evidence_file)
    if holder is None or amount is None or token is None or evidence_file is None or table is not None:
        raise UsageError("whose tokens?", needed="HOLDER AMOUNT TOKEN --evidence FILE, or --csv FILE", where="HOLDER")
    with house(context) as (call, office):
        command = desk.Freeze(
            officer=call.act_as(),
            request=call.request_id(),
            token=token,
            wallet=holder,
            amount=units(amount),
            evidence=evidence(evidence_file),
        )
        result = desk.freeze(office, command)
    return answer(result)


def _freeze_many(context: typer.Context, table: Path, otherwise: Path | None) -> Answer:
    from abst.transfers import batches

    rows = batches.read_freezes(read(table, "--csv"))
    files = {row.evidence: table.parent / row.evidence if row.evidence else otherwise for row in rows}
    papers = {}
    for name, file in files.items():
        if file is None:
            raise UsageError("a row has no evidence", needed="the column evidence, or --evidence FILE", where="--csv")
        papers[name] = evidence(file)
    with house(context) as (call, office):
        command = batches.FreezeMany(
            officer=call.act_as(),
            request=call.request_id(),
            rows=tuple((row, papers[row.evidence]) for row in rows),
        )
        result = batches.freeze_many(office, command)
    return answer(result)


@NOUN.command(
    "force-transfer",
    example="abst force-transfer inv-001 inv-002 5000 JSD-A1 --evidence order.txt --as operations-1",
    result=record(**{"from": ADDRESS}, **POWER, token=TEXT, to=ADDRESS, amount=AMOUNT),
)
def force_transfer(
    context: typer.Context, sender: From, to: To, amount: Amount, token: Token, evidence_file: EvidenceFile
) -> Answer:
    """Propose a forced transfer on a legal order; a second officer approves (R-62)."""
    from abst.transfers import desk

    with house(context) as (call, office):
        command = desk.ForceTransfer(
            officer=call.act_as(),
            request=call.request_id(),
            token=token,
            sender=sender,
            to=to,
            amount=units(amount),
            evidence=evidence(evidence_file),
        )
        result = desk.force_transfer(office, command)
    return answer(result)


@NOUN.command(
    "recover-wallet",
    example="abst recover-wallet 0x00000000000000000000000000000000000000A1 "
    "0x00000000000000000000000000000000000000A2 --evidence report.txt --as operations-1",
    result=record(
        proposal=TEXT,
        hash=HASH,
        kind=TEXT,
        lost=ADDRESS,
        successor=ADDRESS,
        evidence=EVIDENCE,
        investor=TEXT,
        held=table_of(AMOUNT),
    ),
)
def recover_wallet(
    context: typer.Context,
    lost: Annotated[str, typer.Argument(metavar="LOST", help="Address whose key is lost.")],
    successor: Annotated[str, typer.Argument(metavar="SUCCESSOR", help="Another wallet of the same investor.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose that a lost wallet's tokens go to another wallet of the same investor; a second officer approves."""
    from abst.transfers import desk

    with house(context) as (call, office):
        command = desk.RecoverWallet(
            officer=call.act_as(),
            request=call.request_id(),
            lost=lost,
            successor=successor,
            evidence=evidence(evidence_file),
        )
        result = desk.recover_wallet(office, command)
    return answer(result)


@NOUN.command(
    "redeem", example="abst redeem inv-001 10000 JSD-A1", result=record(token=TEXT, holder=ADDRESS, amount=AMOUNT)
)
def redeem(context: typer.Context, holder: Holder, amount: Amount, token: Token) -> Answer:
    """Give tokens back, signed by the holder's keystore in this home; their face is settled outside the chain."""
    from abst.transfers import desk

    with house(context) as (call, office):
        command = desk.Redeem(request=call.request_id(), holder=holder, amount=units(amount), token=token)
        result = desk.redeem(office, command)
    return answer(result)
