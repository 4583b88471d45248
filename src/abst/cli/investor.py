"""`abst investor`: who may hold, on what ground, until when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, Investor, answer, evidence, fields, grid, house, read
from abst.cli.envelope import Answer
from abst.cli.shape import (
    ADDRESS,
    ANY_OBJECT,
    COUNT,
    DATE,
    EVIDENCE,
    FLAG,
    HASH,
    INSTANT,
    REFUSAL,
    TEXT,
    many,
    maybe,
    proposed,
    record,
)
from abst.errors import Refusal, UsageError

NOUN = Noun("investor", "Investors: added, admitted on evidence, blocked.")
STATED = {"investor": TEXT, "kind": TEXT, "state": TEXT}
BRIEF = {**STATED, "name": TEXT}
WALLETS = many({"type": "array", "prefixItems": [TEXT, ADDRESS], "minItems": 2, "maxItems": 2})
ROW = record(row=COUNT, investor=TEXT, refusals=many(REFUSAL))
IMPORTED = record(rows=COUNT, added=COUNT, refused=COUNT, investors=many(TEXT))
RENEWED = record(rows=COUNT, renewed=COUNT, refused=COUNT, wallets=WALLETS)
TRIED = record(dry_run=FLAG, rows=many(ROW), refused=COUNT)
WALLET = record(wallet=ADDRESS, state=TEXT, number=maybe(COUNT), proven_at=maybe(INSTANT), successor=maybe(ADDRESS))
SHOWN = {
    **BRIEF,
    "version": COUNT,
    "commitment": HASH,
    "capacity": COUNT,
    "regimes": many(TEXT),
    "jurisdiction": TEXT,
    "evidence_until": maybe(INSTANT),
    "suitability_until": maybe(INSTANT),
    "blocked": FLAG,
    "hold": FLAG,
    "erased": maybe(INSTANT),
    "decision": maybe(TEXT),
    "wallets": many(WALLET),
}


def _row(file: Path) -> dict[str, object]:
    """One investor's fields from a YAML or JSON file. Raises UsageError unless it is one object."""
    import yaml

    from abst.values import shallow

    try:
        with shallow("FILE"):
            content = yaml.safe_load(read(file, "FILE"))
    except yaml.YAMLError as error:
        raise UsageError("not YAML or JSON", found=str(error), needed="one investor's fields", where="FILE") from None
    if not isinstance(content, dict):
        raise UsageError("not one object", found=type(content).__name__, needed="one investor's fields", where="FILE")
    return {str(key): value for key, value in content.items()}


@NOUN.command(
    "add", example="abst investor add investor.yaml --as operations-1", result=record(**STATED, wallet=maybe(ADDRESS))
)
def add(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON with the columns of an import as keys.")],
) -> Answer:
    """Add one investor. The private record is sealed; nothing goes on chain before `admit`."""
    from abst.investor import desk

    with house(context) as (call, office):
        command = desk.AddInvestor(officer=call.act_as(), request=call.request_id(), row=_row(file))
        result = desk.add(office, command)
    return answer(result)


@NOUN.command(
    "import",
    example="abst investor import investors.csv --as operations-1",
    result={"anyOf": [IMPORTED, TRIED, record(columns=many(TEXT))]},
)
def import_(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="CSV, one a row, or a JSON list.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report every row and store nothing.")] = False,
    columns: Annotated[bool, typer.Option("--columns", help="Print the header of the file, and do nothing.")] = False,
) -> Answer:
    """Import investors from CSV or JSON. Good rows are stored, others reported with every reason (exit 3).

    A file of more than 2,500 rows is stored in steps of so many. Ctrl-C keeps what is stored; the same --request goes
    on after it.
    """
    if columns:
        from abst.investor.importer import columns as header

        names = list(header())
        return Answer({"columns": names}, [",".join(names)])
    if file is None:
        raise UsageError("which file?", needed="FILE, or --columns for its header", where="FILE")
    from abst.investor import desk

    content = read(file, "FILE")
    with house(context) as (call, office):
        if dry_run:
            return _dry_run(desk.dry_run(office, content))
        command = desk.ImportInvestors(officer=call.act_as(), request=call.request_id(), content=content)
        result = desk.import_file(office, command)
    told = result.result
    return answer(result, f"{told['added']} added, {told['refused']} refused, of {told['rows']} rows")


def _dry_run(rows: list[dict[str, Any]]) -> Answer:
    refusals = tuple(Refusal(**refusal) for row in rows for refusal in row["refusals"])
    refused = [row for row in rows if row["refusals"]]
    shown = [
        {**row, "refused by": [f"{refusal['rule']} {refusal['reason']}" for refusal in row["refusals"]]} for row in rows
    ]
    line = f"{len(rows) - len(refused)} of {len(rows)} rows would pass; nothing was changed"
    result = {"dry_run": True, "rows": rows, "refused": len(refused)}
    table = grid(shown, ("row", "investor", "refused by"), right=("row",))
    return Answer(result, [table, line], "refused" if refused else "done", refusals)


@NOUN.command(
    "admit",
    example="abst investor admit --as operations-1",
    result=record(admitted=COUNT, refused=COUNT, refused_investors=many(TEXT), wallets=WALLETS),
)
def admit(
    context: typer.Context,
    investors: Annotated[
        list[str] | None,
        typer.Argument(metavar="INVESTOR...", help="Investor ids; without any, all not yet admitted."),
    ] = None,
) -> Answer:
    """Admit investors on chain, each on its evidence, wallet proof and regimes; others are refused with reasons.

    More than 2,500 are decided and sent in steps of so many. Ctrl-C keeps what is done; the same --request goes on
    after it.
    """
    from abst.investor import desk

    with house(context) as (call, office):
        command = desk.Admit(officer=call.act_as(), request=call.request_id(), investors=tuple(investors or ()))
        result = desk.admit(office, command)
    return answer(result, f"{result.result['admitted']} admitted, {result.result['refused']} refused")


@NOUN.command(
    "block",
    example="abst investor block inv-001 --reason 'sanctions hit' --evidence order.txt --as operations-1",
    result={"anyOf": [record(**STATED, blocked=FLAG), record(blocked=COUNT, investors=many(TEXT))]},
)
def block(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    evidence_file: EvidenceFile,
    investor: Annotated[str | None, typer.Argument(metavar="INVESTOR", help="Investor id.")] = None,
    table: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Many at once: a column investor.")
    ] = None,
) -> Answer:
    """Block an investor at once, all wallets: it neither sends nor receives. One key is enough to stop."""
    from abst.investor import batches, desk

    if (investor is None) == (table is None):
        raise UsageError("who is blocked?", needed="INVESTOR, or --csv FILE", where="INVESTOR")
    with house(context) as (call, office):
        paper = evidence(evidence_file)
        if table is not None:
            named = batches.read_investors(read(table, "--csv"))
            several = batches.BlockMany(
                officer=call.act_as(), request=call.request_id(), investors=named, reason=reason, evidence=paper
            )
            return answer(batches.block_many(office, several))
        command = desk.BlockInvestor(
            officer=call.act_as(), request=call.request_id(), investor=investor or "", reason=reason, evidence=paper
        )
        result = desk.block(office, command)
    return answer(result)


@NOUN.command(
    "unblock",
    example="abst investor unblock inv-001 --evidence order.txt --as operations-1",
    result=proposed(investor=TEXT, evidence=EVIDENCE, wallet=ADDRESS),
)
def unblock(context: typer.Context, investor: Investor, evidence_file: EvidenceFile) -> Answer:
    """Propose to lift a block; a second officer approves."""
    from abst.investor import desk

    with house(context) as (call, office):
        command = desk.UnblockInvestor(
            officer=call.act_as(), request=call.request_id(), investor=investor, evidence=evidence(evidence_file)
        )
        result = desk.unblock(office, command)
    return answer(result)


@NOUN.command(
    "renew",
    example="abst investor renew inv-001 investor.yaml --as operations-1",
    result={"anyOf": [record(**STATED, wallets=WALLETS), RENEWED]},
)
def renew(
    context: typer.Context,
    investor: Annotated[str | None, typer.Argument(metavar="INVESTOR", help="Investor id.")] = None,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="YAML or JSON with the new facts.")] = None,
    table: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Many at once: a file as of `abst investor import`.")
    ] = None,
) -> Answer:
    """Renew an investor's facts on new evidence; all its wallets follow.

    With --csv many at once: rows that do not pass are refused with every reason (exit 3), their old facts run out.
    """
    from abst.investor import batches, desk

    if table is not None and investor is None:
        content = read(table, "--csv")
        with house(context) as (call, office):
            several = batches.RenewMany(officer=call.act_as(), request=call.request_id(), content=content)
            return answer(batches.renew_many(office, several))
    if investor is None or file is None or table is not None:
        raise UsageError("who is renewed?", needed="INVESTOR FILE, or --csv FILE", where="INVESTOR")
    with house(context) as (call, office):
        command = desk.Renew(officer=call.act_as(), request=call.request_id(), investor=investor, row=_row(file))
        result = desk.renew(office, command)
    return answer(result)


@NOUN.command(
    "session",
    example="abst investor session inv-001 --ip 203.0.113.7 --ip-country HK --place 'Hong Kong' "
    "--device-hash 0x5f0c --at 2026-09-01T12:00:00Z --as operations-1",
    result=record(investor=TEXT, act=TEXT, at=INSTANT, country=TEXT, denied=FLAG),
)
def session(
    context: typer.Context,
    investor: Investor,
    ip: Annotated[str, typer.Option("--ip", help="Network address, IPv4 or IPv6; kept sealed.")],
    ip_country: Annotated[str, typer.Option("--ip-country", help="Country it lies in, ISO 3166-1 alpha-2.")],
    place: Annotated[str, typer.Option("--place", help="Where the client was; kept sealed.")],
    device: Annotated[str, typer.Option("--device-hash", help="Id of the device, or its hash; kept sealed.")],
    at: Annotated[str, typer.Option("--at", help="When: 2026-09-01T12:00:00Z, or a Unix second.")],
    act: Annotated[str, typer.Option("--act", help="What the session was for.")] = "onboarding",
) -> Answer:
    """Record a session (R-52): one from a denied country makes the next admission or renewal refuse."""
    from pydantic import ValidationError

    from abst.cli.common import second_of
    from abst.investor import desk
    from abst.investor.model import SessionGiven

    with house(context) as (call, office):
        when = second_of(at, office.zone, "--at")
        try:
            given = SessionGiven(ip=ip, country=ip_country, place=place, device=device, at=when)
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            needed = error.errors()[0]["msg"].removeprefix("Value error, needs ")
            raise UsageError("not a session", found="another value", needed=needed, where=f"--{field}") from None
        command = desk.RecordSession(
            officer=call.act_as(), request=call.request_id(), investor=investor, given=given, act=act
        )
        result = desk.session(office, command)
    return answer(result)


@NOUN.command(
    "erase",
    example="abst investor erase inv-001 --evidence schedule.txt --as operations-1",
    result={
        "anyOf": [
            record(proposal=TEXT, hash=HASH, kind=TEXT, investor=TEXT, evidence=EVIDENCE, kept_until=DATE),
            record(investor=TEXT, erased=INSTANT),
        ]
    },
)
def erase(context: typer.Context, investor: Investor, evidence_file: EvidenceFile) -> Answer:
    """Propose to erase an investor's personal data for good; a second officer approves.

    Refused before the retention date, under a legal hold, and while tokens, wallets or proposals stand (R-82).
    """
    from abst.integrity import erasing

    with house(context) as (call, office):
        command = erasing.EraseInvestor(
            officer=call.act_as(), request=call.request_id(), investor=investor, evidence=evidence(evidence_file)
        )
        result = erasing.erase(office, command)
    return answer(result)


@NOUN.command(
    "show",
    example="abst investor show inv-001",
    result={"anyOf": [record(**SHOWN), record(**SHOWN, private=ANY_OBJECT)]},
)
def show(
    context: typer.Context,
    investor: Investor,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show the private record unmasked, to the admitter of --as, on an --order.")
    ] = False,
    order: Annotated[
        Path | None,
        typer.Option("--order", metavar="FILE", help="Document that allows it; name and SHA-256 are logged."),
    ] = None,
) -> Answer:
    """Show an investor, masked unless --reveal with --order, which is logged."""
    from abst.investor import desk

    if reveal and order is None:
        raise UsageError("on which order?", found="none", needed="--order FILE", where="--reveal")
    with house(context) as (call, office):
        found = desk.show(office, investor)
        if reveal and order is not None:
            command = desk.Reveal(
                officer=call.act_as(), request=call.request_id(), investor=investor, order=evidence(order)
            )
            found["private"] = desk.unmasked(office, desk.reveal(office, command))
    return Answer(found, [fields(found)])


@NOUN.command("list", example="abst investor list --state refused", result=many(record(**BRIEF)))
def list_(
    context: typer.Context,
    state: Annotated[str | None, typer.Option("--state", help="Only recorded, admitted, refused or erased.")] = None,
) -> Answer:
    """List the investors, masked."""
    from abst.investor import desk

    with house(context) as (_, office):
        rows = desk.list_investors(office, state)
    return Answer(rows, [grid(rows, ("investor", "kind", "name", "state"))])
