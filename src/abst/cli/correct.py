"""`abst correct`: the register put right, by two officers, on evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, Investor, answer, evidence, grid, house, read, units
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, AMOUNT, COUNT, EVIDENCE, HASH, INSTANT, TEXT, many, maybe, record
from abst.errors import UsageError

NOUN = Noun("correct", "Corrections of the register: a mint reversed, a succession, a change of name.")
FIXED = many(
    {
        "type": "object",
        "properties": {"token": ADDRESS, "wallet": ADDRESS, "frozen": AMOUNT, "balance": AMOUNT},
        "required": ["frozen", "token", "wallet"],
        "additionalProperties": False,
    }
)
PROPOSED = {"proposal": TEXT, "hash": HASH, "kind": TEXT, "evidence": EVIDENCE, "fixed": FIXED}
REVERSED = record(
    **PROPOSED,
    **{"from": ADDRESS},
    minted=TEXT,
    mint_proposal=TEXT,
    mint_decision=TEXT,
    operation=HASH,
    row=COUNT,
    token=TEXT,
    investor=TEXT,
    to=ADDRESS,
    amount=AMOUNT,
    allotted=AMOUNT,
    reversed_before=AMOUNT,
)
MOVED = record(**{"from": ADDRESS}, token=TEXT, address=ADDRESS, heir=TEXT, to=ADDRESS, amount=AMOUNT)
SUCCEEDED = record(
    **PROPOSED,
    officer=TEXT,
    deceased=TEXT,
    shares=many(many(TEXT)),
    holdings=many(record(token=TEXT, wallet=ADDRESS, balance=AMOUNT)),
    moves=many(MOVED),
)
LISTED = record(
    **{"from": maybe(ADDRESS)},
    number=COUNT,
    kind=TEXT,
    subject=TEXT,
    row=maybe(COUNT),
    token=maybe(TEXT),
    to=maybe(ADDRESS),
    amount=AMOUNT,
    moved=maybe(HASH),
    evidence=HASH,
    proposal=TEXT,
    maker=TEXT,
    checker=TEXT,
    at=INSTANT,
)


@NOUN.command(
    "mint",
    example="abst correct mint req-001 --row 2 --to inv-002 --evidence report.txt --as operations-1",
    result=REVERSED,
)
def mint(
    context: typer.Context,
    minted: Annotated[str, typer.Argument(metavar="REQUEST", help="Request id of the mint.")],
    row: Annotated[int, typer.Option("--row", metavar="N", help="Line of the table; 1 for a single mint.")],
    to: Annotated[str, typer.Option("--to", metavar="RIGHTFUL", help="Wallet or investor id of the right receiver.")],
    evidence_file: EvidenceFile,
    amount: Annotated[
        str | None, typer.Option("--amount", metavar="UNITS", help="Units; default all not yet reversed.")
    ] = None,
) -> Answer:
    """Propose that units minted in error go to the rightful receiver; a second officer approves (R-61, R-62)."""
    from abst.issuance import reversals

    with house(context) as (call, office):
        command = reversals.ReverseMint(
            officer=call.act_as(),
            request=call.request_id(),
            minted=minted,
            row=row,
            to=to,
            amount=0 if amount is None else units(amount, "--amount"),
            evidence=evidence(evidence_file),
        )
        result = reversals.reverse(office, command)
    return answer(result)


@NOUN.command(
    "succession",
    example="abst correct succession inv-001 inv-002:JSD-A1:5000 --evidence certificate.txt --as operations-1",
    result=SUCCEEDED,
)
def succession(
    context: typer.Context,
    deceased: Annotated[str, typer.Argument(metavar="DECEASED", help="Investor id, blocked before.")],
    heirs: Annotated[list[str], typer.Argument(metavar="HEIR...", help="Shares, each as INVESTOR:TOKEN:UNITS.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose that all a deceased investor held goes to heirs, unit by unit; a second officer approves (R-62)."""
    from abst.transfers import corrections

    with house(context) as (call, office):
        command = corrections.Succeed(
            officer=call.act_as(),
            request=call.request_id(),
            deceased=deceased,
            shares=tuple(corrections.read_share(heir) for heir in heirs),
            evidence=evidence(evidence_file),
        )
        result = corrections.succeed(office, command)
    return answer(result)


@NOUN.command("list", example="abst correct list", result=many(LISTED))
def list_(context: typer.Context) -> Answer:
    """List every correction of the register, with the operation that moved units and its evidence."""
    from abst.transfers import corrections

    with house(context) as (_, office):
        rows = corrections.list_corrections(office)
    columns = ("number", "kind", "subject", "row", "token", "from", "to", "amount", "maker", "checker", "at")
    return Answer(rows, [grid(rows, columns, right=("number", "row", "amount"))])


@NOUN.command(
    "name",
    example="abst correct name inv-001 name.yaml --evidence deed.txt --as operations-1",
    result=record(
        proposal=TEXT,
        hash=HASH,
        kind=TEXT,
        investor=TEXT,
        from_version=COUNT,
        version=COUNT,
        commitment=HASH,
        evidence=EVIDENCE,
    ),
)
def name(
    context: typer.Context,
    investor: Investor,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="YAML or JSON: name; perhaps other_names, identifier_type and identifier."),
    ],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose a change of name: screened and judged again, the old version kept sealed; a second officer approves."""
    from abst.filing.reading import parse
    from abst.transfers import names

    row = parse(read(file, "FILE").decode("utf-8", "replace"), "FILE")
    if not isinstance(row, dict):
        raise UsageError("not one object", found=type(row).__name__, needed="name: ...", where="FILE")
    with house(context) as (call, office):
        command = names.Rename(
            officer=call.act_as(),
            request=call.request_id(),
            investor=investor,
            row=row,
            evidence=evidence(evidence_file),
        )
        result = names.rename(office, command)
    return answer(result)
