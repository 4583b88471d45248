"""`abst provider`: custody, clearing, intermediary and technology firms, and which filing they serve."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import EvidenceFile, Filing, answer, evidence, fields, grid, house, moment
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, DATE, HASH, TEXT, many, maybe, one_of, record

NOUN = Noun("provider", "Service providers: the vendor register, and who serves which filing.")
Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="Id of the firm in the vendor register.")]
FIRM = {"provider": TEXT, "name": TEXT, "kind": TEXT, "country": TEXT}
REPORT = record(authority=TEXT, reference=TEXT, day=DATE, evidence=HASH)
SERVICE = record(
    provider=TEXT,
    kind=TEXT,
    filing=TEXT,
    attached=COUNT,
    detached=maybe(COUNT),
    reason=maybe(TEXT),
    report_due=maybe(COUNT),
    reports=many(REPORT),
)
LISTED = record(**FIRM, assessed_until=maybe(COUNT), audited=many(HASH), services=many(SERVICE))


@NOUN.command(
    "register",
    example='abst provider register custodian-1 --name "Illustrative Custodian" --kind custody --country HK '
    "--as operations-1",
    result=record(**FIRM),
)
def register(
    context: typer.Context,
    provider: Provider,
    name: Annotated[str, typer.Option("--name", help="Name of the firm.")],
    kind: Annotated[str, typer.Option("--kind", help="custody, clearing, intermediary or technology.")],
    country: Annotated[str, typer.Option("--country", help="Two letters, ISO 3166-1.")],
) -> Answer:
    """Enter a firm into the vendor register (R-63)."""
    from abst.filing import providers

    with house(context) as (call, office):
        command = providers.RegisterProvider(
            officer=call.act_as(),
            request=call.request_id(),
            provider=provider,
            name=name,
            kind=kind,
            country=country,
        )
        result = providers.register(office, command)
    return answer(result)


@NOUN.command(
    "review",
    example="abst provider review custodian-1 --kind risk-assessment --date 2026-07-01 --evidence memo.txt "
    "--as operations-1",
    result=record(provider=TEXT, review=one_of("risk-assessment", "audit"), done_on=DATE, code_hash=maybe(HASH)),
)
def review(
    context: typer.Context,
    provider: Provider,
    kind: Annotated[str, typer.Option("--kind", help="risk-assessment, or audit of the code it runs.")],
    date: Annotated[str, typer.Option("--date", help="Day of the review, YYYY-MM-DD.")],
    evidence_file: EvidenceFile,
    code: Annotated[str, typer.Option("--code", help="Hash of the audited code (audit only).")] = "",
) -> Answer:
    """Record a risk assessment of a firm, or an audit of the code it runs (R-63)."""
    from abst.filing import providers
    from abst.values import parse_date

    with house(context) as (call, office):
        command = providers.ReviewProvider(
            officer=call.act_as(),
            request=call.request_id(),
            provider=provider,
            kind=kind,
            done_on=parse_date(date, "--date"),
            code_hash=code,
            evidence=evidence(evidence_file),
        )
        result = providers.review(office, command)
    return answer(result)


@NOUN.command(
    "attach",
    example="abst provider attach custodian-1 1 --evidence mandate.txt --as operations-1",
    result=SERVICE,
)
def attach(context: typer.Context, provider: Provider, filing: Filing, evidence_file: EvidenceFile) -> Answer:
    """Attach a firm to a filing; refused unless the filing is effective (R-66) and the firm assessed (R-63)."""
    from abst.filing import providers

    with house(context) as (call, office):
        command = providers.Attach(
            officer=call.act_as(),
            request=call.request_id(),
            provider=provider,
            filing=filing,
            evidence=evidence(evidence_file),
        )
        result = providers.attach(office, command)
        zone = office.zone
    return answer(result, fields(dict(result.result) | _moments(result.result, zone)))


@NOUN.command(
    "detach",
    example='abst provider detach custodian-1 1 --reason "replaced" --as operations-1',
    result=SERVICE,
)
def detach(
    context: typer.Context,
    provider: Provider,
    filing: Filing,
    reason: Annotated[str, typer.Option("--reason", help="Why it leaves.")],
) -> Answer:
    """End a firm's service to a filing; the change of party is to be reported (R-73)."""
    from abst.filing import providers

    with house(context) as (call, office):
        command = providers.Detach(
            officer=call.act_as(), request=call.request_id(), provider=provider, filing=filing, reason=reason
        )
        result = providers.detach(office, command)
        zone = office.zone
    return answer(result, fields(dict(result.result) | _moments(result.result, zone)))


@NOUN.command(
    "report",
    example='abst provider report custodian-1 1 --to "CSRC" --reference 2026-R1 --date 2026-09-30 '
    "--evidence report.txt --as operations-1",
    result=SERVICE,
)
def report(
    context: typer.Context,
    provider: Provider,
    filing: Filing,
    authority: Annotated[str, typer.Option("--to", help="The authority reported to.")],
    reference: Annotated[str, typer.Option("--reference", help="Reference of the report.")],
    date: Annotated[str, typer.Option("--date", help="Day of the report, YYYY-MM-DD.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Record that a firm reported its business to its authority; the next report falls due from then (R-67)."""
    from abst.filing import providers
    from abst.values import parse_date

    with house(context) as (call, office):
        command = providers.ReportOf(
            officer=call.act_as(),
            request=call.request_id(),
            provider=provider,
            filing=filing,
            authority=authority,
            reference=reference,
            day=parse_date(date, "--date"),
            evidence=evidence(evidence_file),
        )
        result = providers.report(office, command)
        zone = office.zone
    return answer(result, fields(dict(result.result) | _moments(result.result, zone)))


@NOUN.command("list", example="abst provider list", result=many(LISTED))
def list_(context: typer.Context) -> Answer:
    """List the vendor register: reviews, services, and when each firm reports next."""
    from abst.filing import providers

    with house(context) as (_, office):
        rows = providers.list_providers(office)
        zone = office.zone
    if not rows:
        return Answer(rows, ["no firms"])
    shown = [row | {"assessed_until": moment(row["assessed_until"], zone)} for row in rows]
    served = [service | _moments(service, zone) for row in rows for service in row["services"]]
    tables = [grid(shown, ("provider", "name", "kind", "country", "assessed_until"))]
    if served:
        tables.append(grid(served, ("provider", "filing", "attached", "detached", "reason", "report_due"), "services"))
    return Answer(rows, tables)


def _moments(service: dict[str, object], zone: str) -> dict[str, str]:
    names = ("attached", "detached", "report_due")
    return {name: moment(second if isinstance(second := service[name], int) else None, zone) for name in names}
