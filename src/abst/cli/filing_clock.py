"""More of `abst filing`: its clock, contacts, breaks, re-tests, opinions, exports, and where it stands at a mint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from abst.cli.common import EvidenceFile, Filing, answer, disclaimer, evidence, fields, grid, house, moment, read
from abst.cli.envelope import Answer
from abst.cli.filing import NOUN
from abst.cli.shape import (
    COUNT,
    DATE,
    EVIDENCE,
    FLAG,
    HASH,
    REFUSAL,
    TEXT,
    many,
    maybe,
    one_of,
    proposed,
    record,
)

SIGNED = {"type": "integer", "description": "smallest unit, -1 for none"}
USED = record(least=COUNT, most=COUNT)
PAUSE = record(why=TEXT, since=COUNT, until=maybe(COUNT))
CLOCK = record(
    filing=TEXT,
    act=TEXT,
    rule=TEXT,
    who=one_of("authority", "filer"),
    started=COUNT,
    earliest=maybe(COUNT),
    latest=maybe(COUNT),
    estimated=FLAG,
    state=one_of("open", "met", "overdue", "not-counting"),
    allowed=COUNT,
    used=USED,
    ended=maybe(COUNT),
    pauses=many(PAUSE),
    note=TEXT,
)
CONTACT = record(
    **{"with": TEXT}, contact=COUNT, filing=TEXT, about=TEXT, evidence=HASH, silent=FLAG, by=TEXT, at=COUNT
)
FINDING = {"finding": COUNT, "filing": TEXT, "rule": TEXT, "evidence": HASH, "note": TEXT, "by": TEXT, "at": COUNT}
EXPORT = record(
    export=COUNT,
    filing=TEXT,
    to=TEXT,
    consent=TEXT,
    assessment=TEXT,
    personal=FLAG,
    evidence=HASH,
    by=TEXT,
    at=COUNT,
)
STANDING = record(
    filing=TEXT,
    now=COUNT,
    state=TEXT,
    list_version_given=TEXT,
    list_version_now=TEXT,
    answers_good_until=COUNT,
    eligibility_broken=TEXT,
    opinions_good_until=COUNT,
    fx_missing=many(TEXT),
    fx_reference=TEXT,
    fx_good_until=COUNT,
    quota=SIGNED,
    raised=COUNT,
    asked=COUNT,
    providers_missing=many(TEXT),
    plan_filed=TEXT,
    plan_now=TEXT,
    plan_deployed=TEXT,
    accounts_known=FLAG,
)


@NOUN.command("clock", example="abst filing clock 1", result=many(CLOCK))
def clock(
    context: typer.Context,
    filing: Annotated[str | None, typer.Argument(metavar="[FILING]", help="Id or number; all filings without.")] = None,
) -> Answer:
    """List every time limit of a filing in working days: who is bound, since when, due when, and what paused it."""
    from abst.disclosure import clocks

    with house(context) as (_, office):
        rows = clocks.clocks(office, filing)
        zone = office.zone
    shown = [
        row
        | {
            "started": moment(row["started"], zone),
            "due": _range(moment(row["earliest"], zone), moment(row["latest"], zone)),
            "used": f"{_range(str(row['used']['least']), str(row['used']['most']))} of {row['allowed']}",
            "pauses": len(row["pauses"]),
            "estimated": "estimated" if row["estimated"] else "",
        }
        for row in rows
    ]
    columns = ("filing", "act", "rule", "who", "started", "due", "estimated", "used", "pauses", "state", "note")
    return Answer(rows, [grid(shown, columns) if rows else "no clock has begun", disclaimer(office)])


def _range(least: str, most: str) -> str:
    return least if least == most else f"{least} to {most}"


@NOUN.command(
    "contact",
    example='abst filing contact 1 --with "CSRC, filing department" --about "the pool\'s history" '
    "--evidence note.txt --as operations-1",
    result=CONTACT,
)
def contact(
    context: typer.Context,
    filing: Filing,
    party: Annotated[str, typer.Option("--with", help="The office spoken with; never a person's name.")],
    about: Annotated[str, typer.Option("--about", help="What it was about.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Record a contact with the authority (R-36). In the silent period it is recorded with a warning."""
    from abst.filing import contacts

    with house(context) as (call, office):
        command = contacts.LogContact(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            party=party,
            about=about,
            evidence=evidence(evidence_file),
        )
        result = contacts.contact(office, command)
    return answer(result)


@NOUN.command("contacts", example="abst filing contacts 1", result=many(CONTACT))
def contacts_(context: typer.Context, filing: Filing) -> Answer:
    """List the contacts with the authority about a filing."""
    from abst.filing import contacts

    with house(context) as (_, office):
        rows = contacts.list_contacts(office, filing)
        zone = office.zone
    shown = [row | {"at": moment(row["at"], zone)} for row in rows]
    return Answer(rows, [grid(shown, ("contact", "at", "with", "about", "silent", "by")) if rows else "no contacts"])


@NOUN.command(
    "ineligible",
    example="abst filing ineligible 1 --rule R-10 --evidence notice.txt --as operations-1",
    result=record(**FINDING, cleared=maybe(COUNT), report_due=COUNT, obligation=FLAG),
)
def ineligible(
    context: typer.Context,
    filing: Filing,
    rule: Annotated[str, typer.Option("--rule", help="The prohibition that arose: R-07 to R-12, R-14 to R-21.")],
    evidence_file: EvidenceFile,
    note: Annotated[str, typer.Option("--note", help="Words for the record.")] = "",
) -> Answer:
    """Record that a prohibition arose after filing: mints stop at once (R-13). One key is enough to stop."""
    from abst.filing import eligibility

    with house(context) as (call, office):
        command = eligibility.Ineligible(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            rule=rule,
            note=note,
            evidence=evidence(evidence_file),
        )
        result = eligibility.ineligible(office, command)
        zone = office.zone
    told = dict(result.result) | {"report_due": moment(result.result["report_due"], zone)}
    return answer(result, fields(told), disclaimer(office))


@NOUN.command(
    "eligible",
    example="abst filing eligible 1 --finding 1 --evidence decision.txt --as operations-1",
    result=proposed(filing=TEXT, finding=COUNT, rule=TEXT, evidence=EVIDENCE),
)
def eligible(
    context: typer.Context,
    filing: Filing,
    finding: Annotated[int, typer.Option("--finding", help="Number of the finding.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose that a break is over; a second officer clears it (R-13)."""
    from abst.filing import eligibility

    with house(context) as (call, office):
        command = eligibility.Eligible(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            finding=finding,
            evidence=evidence(evidence_file),
        )
        result = eligibility.eligible(office, command)
    return answer(result)


@NOUN.command(
    "retest",
    example="abst filing retest 1 --answers answers.yaml --evidence memo.txt --as operations-1",
    result=proposed(filing=TEXT, list_version=TEXT, answers=many(many(TEXT)), answers_file=HASH, evidence=EVIDENCE),
)
def retest(
    context: typer.Context,
    filing: Filing,
    answers: Annotated[
        Path, typer.Option("--answers", metavar="FILE", help="YAML: list_version, answers of rule, answer, basis.")
    ],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose new answers to the prohibitions and the negative list; a second officer enters them (R-22)."""
    from abst.filing import eligibility

    with house(context) as (call, office):
        command = eligibility.RetestFiling(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            answers=read(answers, "--answers"),
            evidence=evidence(evidence_file),
        )
        result = eligibility.retest(office, command)
    return answer(result)


@NOUN.command(
    "opinion",
    example="abst filing opinion 1 --kind mainland-law --until 2028-06-30 --evidence opinion.pdf --as operations-1",
    result=proposed(filing=TEXT, opinion=TEXT, good_until=DATE, evidence=EVIDENCE),
)
def opinion(
    context: typer.Context,
    filing: Filing,
    kind: Annotated[str, typer.Option("--kind", help="mainland-law or offshore-law.")],
    until: Annotated[str, typer.Option("--until", help="Last good day, YYYY-MM-DD.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Propose a later opinion of counsel; a second officer enters it (R-35)."""
    from abst.filing import eligibility
    from abst.values import parse_date

    with house(context) as (call, office):
        command = eligibility.RenewOpinion(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            kind=kind,
            good_until=parse_date(until, "--until"),
            evidence=evidence(evidence_file),
        )
        result = eligibility.renew(office, command)
    return answer(result)


@NOUN.command(
    "export",
    example='abst filing export 1 --to "SFC, Hong Kong" --consent 2026-17 --evidence list.txt --as operations-1',
    result=EXPORT,
)
def export(
    context: typer.Context,
    filing: Filing,
    receiver: Annotated[str, typer.Option("--to", help="The authority or firm abroad.")],
    evidence_file: EvidenceFile,
    consent: Annotated[str, typer.Option("--consent", help="Reference of the consent.")] = "",
    assessment: Annotated[str, typer.Option("--assessment", help="Reference of the export assessment.")] = "",
    personal: Annotated[bool, typer.Option("--personal", help="Personal or important data is inside.")] = False,
) -> Answer:
    """Record that documents go abroad; refused without consent (R-80), and assessment of personal data (R-82)."""
    from abst.filing import contacts

    with house(context) as (call, office):
        command = contacts.ExportDocuments(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            receiver=receiver,
            consent=consent,
            assessment=assessment,
            personal=personal,
            evidence=evidence(evidence_file),
        )
        result = contacts.export(office, command)
    return answer(result)


@NOUN.command("exports", example="abst filing exports 1", result=many(EXPORT))
def exports(context: typer.Context, filing: Filing) -> Answer:
    """List the documents of a filing that went abroad."""
    from abst.filing import contacts

    with house(context) as (_, office):
        rows = contacts.list_exports(office, filing)
        zone = office.zone
    shown = [row | {"at": moment(row["at"], zone)} for row in rows]
    columns = ("export", "at", "to", "consent", "assessment", "personal", "by")
    return Answer(rows, [grid(shown, columns) if rows else "no exports"])


@NOUN.command(
    "standing",
    example="abst filing standing 1",
    result=record(standing=STANDING, refusals=many(REFUSAL), findings=many(record(**FINDING, cleared=maybe(COUNT)))),
)
def standing(context: typer.Context, filing: Filing) -> Answer:
    """Show where a filing stands for a mint: plan, prohibitions, opinions, registrations, quota, firms."""
    from dataclasses import asdict

    from abst.filing import eligibility, records
    from abst.filing import standing as desk
    from abst.filing.gates import NO_END

    with house(context) as (_, office):
        found, refusals = desk.refusals(office, filing)
        with office.store.read() as session:
            broken = eligibility.findings(session, records.get(session, filing).id)
        zone = office.zone
    facts: dict[str, Any] = asdict(found)
    result = {"standing": facts, "refusals": [refusal.as_dict() for refusal in refusals], "findings": broken}
    shown = [fields(_for_people(facts, zone, NO_END))]
    if broken:
        moments = [{**row, **{name: moment(row[name], zone) for name in ("at", "cleared")}} for row in broken]
        shown.append(grid(moments, ("finding", "rule", "at", "cleared"), "findings"))
    outcome = "refused" if refusals else "done"
    return Answer(result, [*shown, disclaimer(office)], outcome, tuple(refusals))


def _for_people(facts: dict[str, Any], zone: str, no_end: int) -> dict[str, Any]:
    """The standing with dates for seconds, and amounts with their digits in groups."""
    told = dict(facts)
    for name, value in facts.items():
        if name.endswith("_until") or name == "now":
            told[name] = "no end" if value >= no_end else moment(value, zone)
        elif name in ("quota", "raised", "asked"):
            told[name] = str(value) if value >= 0 else "none"
        elif name.startswith("list_version"):
            told[name] = f"list {value}"
    return told
