"""`abst marketing`: items of marketing, offshore alone; and leads of illegal conduct."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, Filing, answer, evidence, grid, house, moment
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, EVIDENCE, FLAG, HASH, TEXT, many, maybe, proposed, record

NOUN = Noun("marketing", "Marketing, offshore alone and by two officers; leads of illegal conduct.")
ITEM = record(
    item=COUNT,
    filing=TEXT,
    title=TEXT,
    channel=TEXT,
    places=many(TEXT),
    audience=many(TEXT),
    geo_block=TEXT,
    document=HASH,
    by=TEXT,
    second=TEXT,
    at=COUNT,
    live=FLAG,
)
LEAD = record(
    lead=COUNT,
    about=TEXT,
    evidence=HASH,
    by=TEXT,
    at=COUNT,
    authority=maybe(TEXT),
    reference=maybe(TEXT),
    reported=maybe(COUNT),
)


@NOUN.command(
    "propose",
    example='abst marketing propose 1 --title "Term sheet" --channel "private placement" --place HK --audience hk-pi '
    '--geo-block "log-in of admitted investors" --evidence sheet.pdf --as operations-1',
    result=proposed(
        filing=TEXT,
        title=TEXT,
        channel=TEXT,
        places=many(TEXT),
        audience=many(TEXT),
        geo_block=TEXT,
        document=EVIDENCE,
    ),
)
def propose(
    context: typer.Context,
    filing: Filing,
    title: Annotated[str, typer.Option("--title", help="Title of the item.")],
    channel: Annotated[str, typer.Option("--channel", help="Where it is shown: a site, a mailing, a meeting.")],
    evidence_file: EvidenceFile,
    place: Annotated[list[str] | None, typer.Option("--place", help="Country where it is shown; repeat.")] = None,
    audience: Annotated[list[str] | None, typer.Option("--audience", help="Regime it addresses; repeat.")] = None,
    geo_block: Annotated[str, typer.Option("--geo-block", help="How readers elsewhere are kept out.")] = "",
) -> Answer:
    """Propose an item of marketing; a second officer lets it out. Refused onshore, and before effect (R-03, R-68)."""
    from abst.filing import marketing

    with house(context) as (call, office):
        command = marketing.ProposeMarketing(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            title=title,
            channel=channel,
            places=tuple(place or ()),
            audience=tuple(audience or ()),
            geo_block=geo_block,
            document=evidence(evidence_file),
        )
        result = marketing.propose(office, command)
    return answer(result)


@NOUN.command("list", example="abst marketing list", result=many(ITEM))
def list_(
    context: typer.Context,
    filing: Annotated[str | None, typer.Argument(metavar="[FILING]", help="Id or number; all without.")] = None,
) -> Answer:
    """List items that were let out; `live` while their filing is effective."""
    from abst.filing import marketing

    with house(context) as (_, office):
        rows = marketing.list_items(office, filing)
        zone = office.zone
    shown = [row | {"at": moment(row["at"], zone)} for row in rows]
    columns = ("item", "filing", "title", "channel", "places", "audience", "by", "second", "at", "live")
    return Answer(rows, [grid(shown, columns) if rows else "no marketing"])


@NOUN.command(
    "lead",
    example='abst marketing lead --about "an unknown site offers the token onshore" --evidence page.txt '
    "--as operations-1",
    result=LEAD,
)
def lead(
    context: typer.Context,
    about: Annotated[str, typer.Option("--about", help="What was seen; firms and addresses, never a person.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Record a lead of illegal conduct; it waits in `abst today` until it is reported (R-68)."""
    from abst.filing import marketing

    with house(context) as (call, office):
        command = marketing.RecordLead(
            officer=call.act_as(), request=call.request_id(), about=about, evidence=evidence(evidence_file)
        )
        result = marketing.lead(office, command)
    return answer(result)


@NOUN.command(
    "report",
    example="abst marketing report 1 --to CSRC --reference 2026-L1 --evidence letter.txt --as operations-1",
    result=LEAD,
)
def report(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="LEAD", help="Number of the lead.")],
    authority: Annotated[str, typer.Option("--to", help="The authority it was reported to.")],
    reference: Annotated[str, typer.Option("--reference", help="Reference of the report.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Record that a lead was reported to the authority (R-68)."""
    from abst.filing import marketing

    with house(context) as (call, office):
        command = marketing.ReportLead(
            officer=call.act_as(),
            request=call.request_id(),
            lead=number,
            authority=authority,
            reference=reference,
            evidence=evidence(evidence_file),
        )
        result = marketing.report(office, command)
    return answer(result)


@NOUN.command("leads", example="abst marketing leads", result=many(LEAD))
def leads(context: typer.Context) -> Answer:
    """List leads of illegal conduct and whether they were reported."""
    from abst.filing import marketing

    with house(context) as (_, office):
        rows = marketing.list_leads(office)
        zone = office.zone
    shown = [row | {name: moment(row[name], zone) for name in ("at", "reported")} for row in rows]
    columns = ("lead", "at", "about", "by", "authority", "reference", "reported")
    return Answer(rows, [grid(shown, columns) if rows else "no leads"])
