"""`abst filing`: the filing (备案) from its dossier to its effect, its suspension and its end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import (
    DealFile,
    EvidenceFile,
    Filing,
    answer,
    disclaimer,
    evidence,
    fields,
    grid,
    house,
    moment,
    read,
)
from abst.cli.envelope import Answer
from abst.cli.shape import (
    ADDRESS,
    AMOUNT,
    COUNT,
    DATE,
    EVIDENCE,
    FLAG,
    HASH,
    REFUSAL,
    TEXT,
    many,
    maybe,
    proposed,
    record,
)
from abst.errors import UsageError

NOUN = Noun("filing", "The filing (备案): dossier, the authority's acts, effect, suspension.")
BRIEF = {"filing": TEXT, "number": COUNT, "title": TEXT, "state": TEXT}
DRAFT = record(**BRIEF, plan_hash=HASH, tranches=COUNT)
PROPOSED = proposed(filing=TEXT, number=COUNT, state=TEXT, to=TEXT, note=TEXT, evidence=EVIDENCE)
NOTICE = record(number=TEXT, day=DATE, uri=TEXT, sha256=HASH)
TRANCHE = record(tranche=COUNT, symbol=TEXT, name=TEXT, cap=AMOUNT, token=maybe(ADDRESS))
EVENT = record(**{"from": maybe(TEXT)}, to=TEXT, by=TEXT, second=maybe(TEXT), evidence=HASH, note=TEXT, at=COUNT)
ON_CHAIN = record(status=TEXT, planned=COUNT, made=COUNT, open_obligations=COUNT, overdue=FLAG, issue_begun=FLAG)
SHOWN = record(
    **BRIEF,
    version=COUNT,
    plan_hash=HASH,
    dossier_digest=HASH,
    deal_hash=HASH,
    code_hash=HASH,
    tranches=many(TRANCHE),
    history=many(EVENT),
    notice=maybe(NOTICE),
    on_chain=ON_CHAIN,
    overdue_acts=many(TEXT),
)
EVENTS = (
    "supplement-requested",
    "supplement-answered",
    "consultation",
    "consultation-closed",
    "refused",
    "withdrawn",
    "lapsed",
)
LANGUAGES = ("en", "zh")
CHINESE = record(rule=TEXT, words=TEXT, wrong=TEXT, needed=TEXT, found=TEXT, detail=TEXT, where=TEXT)
Attachments = Annotated[
    Path | None,
    typer.Option("--attachments", metavar="DIR", help="Folder of the papers that the dossier names by path."),
]


@NOUN.command(
    "new",
    example="abst filing new dossier.yaml --deal deal.yaml --as operations-1",
    result={"anyOf": [DRAFT, record(skeleton=TEXT)]},
)
def new(
    context: typer.Context,
    dossier: Annotated[Path | None, typer.Argument(metavar="DOSSIER", help="The dossier, a YAML file.")] = None,
    deal: DealFile = None,
    name: Annotated[str, typer.Option("--id", help="Id of the filing; without it, the deal's own id.")] = "",
    revise: Annotated[bool, typer.Option("--revise", help="Replace the file of a draft that stands already.")] = False,
    skeleton: Annotated[
        bool, typer.Option("--skeleton", help="Print an empty dossier to fill in, and do nothing.")
    ] = False,
    attachments: Attachments = None,
) -> Answer:
    """Draft a filing from a dossier and its deal (or print an empty dossier); of attachments only hashes are kept."""
    if skeleton:
        from abst.filing.skeleton import skeleton as empty_dossier

        words = empty_dossier()
        return Answer({"skeleton": words}, [words])
    if dossier is None or deal is None:
        raise UsageError(
            "which files?", needed="DOSSIER --deal FILE, or --skeleton for an empty dossier", where="DOSSIER"
        )
    from abst.deal import load_deal
    from abst.filing import desk

    content, terms = read(dossier, "DOSSIER"), read(deal, "--deal")
    with house(context) as (call, office):
        command = desk.NewFiling(
            officer=call.act_as(),
            request=call.request_id(),
            filing=name or load_deal(terms.decode("utf-8", "replace")).id,
            dossier=content,
            deal=terms,
            attachments=attachments,
        )
        result = desk.revise(office, command) if revise else desk.new(office, command)
    return answer(result)


@NOUN.command(
    "check",
    example="abst filing check dossier.yaml --deal deal.yaml",
    result=record(checked=TEXT, passed=FLAG, refusals=many(REFUSAL), chinese=many(CHINESE)),
)
def check(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="FILING|DOSSIER", help="A filing's id or number, or a dossier file.")],
    deal: DealFile = None,
    attachments: Attachments = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of the reasons: en or zh.")] = "en",
) -> Answer:
    """Run every check of the six prohibitions, the negative list and the file; nothing is written.

    Papers that a dossier names by path are verified by their hash, below its own folder unless another is given.
    """
    from abst.filing import desk
    from abst.rulebook.chinese import line_in_chinese, refusal_in_chinese

    if lang not in LANGUAGES:
        raise UsageError("no such language", found=lang, needed=" or ".join(LANGUAGES), where="--lang")
    with house(context) as (_, office):
        if Path(what).suffix in (".yaml", ".yml"):
            terms = None if deal is None else read(deal, "--deal")
            folder = attachments or Path(what).parent
            refusals = desk.check_file(office, read(Path(what), "DOSSIER"), terms, folder)
        else:
            refusals = desk.check(office, what, attachments)
    chinese = lang == "zh"
    result = {
        "checked": what,
        "passed": not refusals,
        "refusals": [refusal.as_dict() for refusal in refusals],
        "chinese": [refusal_in_chinese(refusal) for refusal in refusals] if chinese else [],
    }
    passed = "全部检查通过" if chinese else "every check passed"
    shown = [line_in_chinese(refusal) for refusal in refusals if chinese] if refusals else [passed]
    return Answer(result, shown, "refused" if refusals else "done", tuple(refusals))


@NOUN.command("submit", example="abst filing submit 1 --as operations-1", result=DRAFT)
def submit(context: typer.Context, filing: Filing) -> Answer:
    """Record the submission: the plan's hash goes on chain. Refused while a check fails."""
    from abst.filing import desk

    with house(context) as (call, office):
        result = desk.submit(office, desk.Submit(officer=call.act_as(), request=call.request_id(), filing=filing))
    return answer(result)


@NOUN.command(
    "record",
    example="abst filing record 1 supplement-requested --evidence letter.txt --as operations-1",
    result=record(**BRIEF, event=TEXT, version=COUNT),
)
def record_(
    context: typer.Context,
    filing: Filing,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="One of: " + ", ".join(EVENTS) + ".")],
    evidence_file: EvidenceFile,
    dossier: Annotated[
        Path | None, typer.Option("--dossier", help="The supplemented dossier (supplement-answered only).")
    ] = None,
    deal: DealFile = None,
    note: Annotated[str, typer.Option("--note", help="Words for the record.")] = "",
) -> Answer:
    """Record an act of the authority or an answer to it. The software never decides for the authority."""
    from abst.filing import desk

    if event not in EVENTS:
        raise UsageError("unknown event", found=event, needed=", ".join(EVENTS), where="EVENT")
    with house(context) as (call, office):
        command = desk.Record(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            event=event,
            evidence=evidence(evidence_file),
            dossier=None if dossier is None else read(dossier, "--dossier"),
            deal=None if deal is None else read(deal, "--deal"),
            note=note,
        )
        result = desk.record(office, command)
    return answer(result)


@NOUN.command("effective", example="abst filing effective 1 --evidence notice.txt --as operations-1", result=PROPOSED)
def effective(context: typer.Context, filing: Filing, evidence_file: EvidenceFile) -> Answer:
    """Propose to record that the filing is effective; a second officer approves (R-41)."""
    from abst.filing import desk

    with house(context) as (call, office):
        command = desk.MakeEffective(
            officer=call.act_as(), request=call.request_id(), filing=filing, evidence=evidence(evidence_file)
        )
        result = desk.effective(office, command)
    return answer(result)


@NOUN.command(
    "publish",
    example="abst filing publish 1 --uri https://example.org/notice --number 2026-1 --date 2026-08-20 "
    "--evidence notice.txt --as operations-1",
    result=record(**BRIEF, notice=NOTICE),
)
def publish(
    context: typer.Context,
    filing: Filing,
    uri: Annotated[str, typer.Option("--uri", help="Address of the public notice.")],
    number: Annotated[str, typer.Option("--number", help="Number of the public notice.")],
    date: Annotated[str, typer.Option("--date", help="Date of the public notice, YYYY-MM-DD.")],
    evidence_file: EvidenceFile,
) -> Answer:
    """Record the public notice of the outcome (R-41). The notice is no endorsement (R-104)."""
    from abst.filing import desk
    from abst.values import parse_date

    with house(context) as (call, office):
        command = desk.PublishNotice(
            officer=call.act_as(),
            request=call.request_id(),
            filing=filing,
            uri=uri,
            number=number,
            day=parse_date(date, "--date"),
            evidence=evidence(evidence_file),
        )
        result = desk.publish(office, command)
    return answer(result, fields(result.result), disclaimer(office))


@NOUN.command(
    "suspend", example="abst filing suspend 1 --evidence order.txt --as regulator-desk", result=record(**BRIEF)
)
def suspend(context: typer.Context, filing: Filing, evidence_file: EvidenceFile) -> Answer:
    """Suspend a filing at once: mints and transfers stop. One key is enough to stop."""
    from abst.filing import desk

    with house(context) as (call, office):
        command = desk.Suspend(
            officer=call.act_as(), request=call.request_id(), filing=filing, evidence=evidence(evidence_file)
        )
        result = desk.suspend(office, command)
    return answer(result)


@NOUN.command("resume", example="abst filing resume 1 --evidence order.txt --as operations-1", result=PROPOSED)
def resume(context: typer.Context, filing: Filing, evidence_file: EvidenceFile) -> Answer:
    """Propose to lift a suspension; a second officer approves."""
    from abst.filing import desk

    with house(context) as (call, office):
        command = desk.Resume(
            officer=call.act_as(), request=call.request_id(), filing=filing, evidence=evidence(evidence_file)
        )
        result = desk.resume(office, command)
    return answer(result)


@NOUN.command("show", example="abst filing show 1", result=SHOWN)
def show(context: typer.Context, filing: Filing) -> Answer:
    """Show a filing: status, hashes, tranches, history, and what is overdue."""
    from abst.disclosure import clocks
    from abst.filing import desk

    with house(context) as (_, office):
        found = desk.show(office, filing)
        late = clocks.overdue(office, filing)
        found["overdue_acts"] = [f"{row['act']} ({row['rule']}, {row['who']})" for row in late]
        zone = office.zone
    plain = {key: value for key, value in found.items() if key not in ("tranches", "history")}
    tranches = grid(found["tranches"], ("tranche", "symbol", "name", "cap", "token"), right=("cap",))
    events = [{**event, "at": moment(event["at"], zone)} for event in found["history"]]
    history = grid(events, ("at", "from", "to", "by", "second", "note"))
    return Answer(found, [fields(plain), tranches, history, disclaimer(office)])


@NOUN.command("list", example="abst filing list", result=many(record(**BRIEF, version=COUNT)))
def list_(context: typer.Context) -> Answer:
    """List the filings with their status."""
    from abst.filing import desk

    with house(context) as (_, office):
        rows = desk.list_filings(office)
    return Answer(rows, [grid(rows, ("number", "filing", "state", "version", "title")), disclaimer(office)])
