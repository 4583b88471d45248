"""`abst report`: what the authority, counsel and holders read, in English or Chinese."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Filing, Investor, evidence, fields, house, read
from abst.cli.envelope import Answer, Table
from abst.cli.shape import COUNT, DATE, HASH, TEXT, many, maybe, one_of, record, table_of
from abst.errors import Conflict, UsageError

if TYPE_CHECKING:
    from datetime import date

    from abst.reports.drawn.figures import Distribution, Statement
    from abst.reports.drawn.writing import Written
    from abst.reports.paper import Lang, Report

NOUN = Noun(
    "report", "Reports: the authority's view, an issue's closing, a period's distribution, an investor's account."
)
Language = Annotated[str, typer.Option("--lang", metavar="en|zh", help="Language of all labels and rules.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Also write the report there, as Markdown in UTF-8.")
]
REPORT = record(
    report=TEXT,
    lang=one_of("en", "zh"),
    title=TEXT,
    subject=TEXT,
    at=TEXT,
    notes=many(TEXT),
    sections=many(
        record(
            key=TEXT,
            title=TEXT,
            columns=many(record(key=TEXT, label=TEXT)),
            rows=many(table_of(maybe(TEXT))),
        )
    ),
)


@NOUN.command("regulator", example="abst report regulator --lang zh", result=REPORT)
def regulator(
    context: typer.Context,
    filing: Annotated[str, typer.Option("--filing", metavar="FILING", help="Only this filing; default all.")] = "",
    lang: Language = "en",
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day of what has a time; default the beginning.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Last day of what has a time; default today.")
    ] = None,
    out: Out = None,
) -> Answer:
    """Show where all filings stand, who holds by group, what was refused, what is overdue. Writes nothing.

    It needs no key: a home made by `abst init --share` is enough. Groups of few investors are merged (R-82).
    """
    from abst.reports import regulator as view
    from abst.reports.paper import lang_of

    chosen = lang_of(lang)
    with house(context) as (_, office):
        report = view.regulator(office, chosen, filing, _day(first, "--from"), _day(last, "--to"))
    return _answer(report, chosen, out)


@NOUN.command("closing", example="abst report closing 1", result=REPORT)
def closing(
    context: typer.Context,
    filing: Filing,
    lang: Language = "en",
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show names, to the admitter of --as, on an --order; it is logged.")
    ] = False,
    order: Annotated[
        Path | None, typer.Option("--order", metavar="FILE", help="The order on which names are shown.")
    ] = None,
    out: Out = None,
) -> Answer:
    """Report the closing of an issue (R-71): consent, money, placees looked through, lock-ups, custody, chain."""
    from abst.reports import closing as counsel
    from abst.reports.paper import lang_of

    chosen = lang_of(lang)
    if reveal != (order is not None):
        raise UsageError("names are shown on an order", needed="--reveal --order FILE --as OFFICER", where="--reveal")
    with house(context) as (call, office):
        paper = None if order is None else evidence(order)
        report = counsel.closing(office, filing, reveal_to=call.act_as() if reveal else "", order=paper)
    return _answer(report, chosen, out)


Drawn = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write it there: .pdf or .html, by the name's end.")
]
WRITTEN = {
    "lang": one_of("en", "zh"),
    "form": one_of("pdf", "html"),
    "document_hash": HASH,
    "size": COUNT,
    "file": maybe(TEXT),
}


@NOUN.command(
    "distribution",
    example="abst report distribution 1 --period 9 --lang zh --out distribution-9.pdf",
    result=record(filing=TEXT, period=COUNT, payment_date=DATE, published=many(TEXT), **WRITTEN),
)
def distribution(
    context: typer.Context,
    filing: Filing,
    period: Annotated[int, typer.Option("--period", min=0, help="Number of the payment; 0 for the last closed.")] = 0,
    lang: Language = "en",
    out: Drawn = None,
    pool: Annotated[
        Path | None,
        typer.Option("--pool", metavar="FILE", help="The pool's file: tells by source, and of the payments to come."),
    ] = None,
) -> Answer:
    """Draw a closed period's report with its charts (R-74): collections, classes, waterfall, tests, arrears, losses.

    The same figures give the same file: publish it by its hash with `abst duty publish FILING distribution-N`.
    """
    from abst.reports import periods
    from abst.reports.paper import lang_of

    chosen, content = lang_of(lang), None if pool is None else read(pool, "--pool")
    with house(context) as (_, office):
        told = periods.distribution(office, filing, period, pool=content)
        written = _drawn(told, chosen, out)
        stands = periods.published(office, told.filing, written.hash)
    about = {"filing": told.filing, "period": told.period, "payment_date": told.dates.payment.isoformat()}
    return _told(about | {"published": stands}, written, chosen, out)


@NOUN.command(
    "statement",
    example="abst report statement inv-005 --at 2027-06-30 --lang zh --out statement.pdf",
    result=record(investor=TEXT, at=DATE, **WRITTEN),
)
def statement(
    context: typer.Context,
    investor: Investor,
    at: Annotated[str | None, typer.Option("--at", metavar="DATE", help="End of this day; default now.")] = None,
    lang: Language = "en",
    out: Drawn = None,
) -> Answer:
    """Draw an investor's statement at any day: holdings, factors, payments with tax withheld. Writes nothing else."""
    from abst.reports import accounts
    from abst.reports.paper import lang_of

    chosen = lang_of(lang)
    with house(context) as (_, office):
        told = accounts.statement(office, investor, _day(at, "--at"))
    return _told({"investor": told.investor, "at": told.at.isoformat()}, _drawn(told, chosen, out), chosen, out)


def _drawn(told: Distribution | Statement, lang: Lang, out: Path | None) -> Written:
    """The report as a file, and the file written where it was asked for. Raises UsageError, Conflict."""
    from abst.reports.drawn.writing import form_of, write

    written = write(told, lang, form_of(out.suffix if out else ".pdf"))
    if out is not None:
        _write(out, written.content)
    return written


def _told(about: dict[str, object], written: Written, lang: Lang, out: Path | None) -> Answer:
    told = about | {
        "lang": lang,
        "form": written.form,
        "document_hash": written.hash,
        "size": len(written.content),
        "file": None if out is None else str(out),
    }
    return Answer(told, [fields(told)])


def _day(text: str | None, where: str) -> date | None:
    from abst.values import parse_date

    return None if text is None else parse_date(text, where)


def _answer(report: Report, lang: Lang, out: Path | None) -> Answer:
    from abst.reports.paper import labels

    told = report.as_dict(lang)
    lines: list[str | Table] = [f"{told['title']}: {report.subject}, {report.at}", *told["notes"]]
    for section in report.sections:
        title, columns, right = labels(report, section, lang)
        lines.append(Table(columns, report.cells(section, lang), title, right))
    if out is not None:
        _write(out, report.markdown(lang).encode())
    return Answer(told, lines, warnings=report.warnings)


def _write(out: Path, content: bytes) -> None:
    """Raises Conflict rather than take another file's place."""
    if out.exists() and out.read_bytes() != content:
        raise Conflict("another file is there", found=str(out), needed="a new name, or the same report", where="--out")
    try:
        out.write_bytes(content)
    except OSError as error:
        raise UsageError("cannot write", found=f"{out}: {error.strerror}", needed="a writable file") from None
