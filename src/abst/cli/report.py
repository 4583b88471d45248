"""`abst report`: what the authority and counsel read, in English or Chinese."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import Filing, evidence, house
from abst.cli.envelope import Answer, Table
from abst.cli.shape import TEXT, many, maybe, one_of, record, table_of
from abst.errors import Conflict, UsageError

if TYPE_CHECKING:
    from datetime import date

    from abst.reports.paper import Lang, Report

NOUN = Noun("report", "Reports: the authority's view, the closing report of an issue.")
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
        _write(out, report.markdown(lang))
    return Answer(told, lines, warnings=report.warnings)


def _write(out: Path, text: str) -> None:
    """Raises Conflict rather than take another file's place."""
    content = text.encode()
    if out.exists() and out.read_bytes() != content:
        raise Conflict("another file is there", found=str(out), needed="a new name, or the same report", where="--out")
    try:
        out.write_bytes(content)
    except OSError as error:
        raise UsageError("cannot write", found=f"{out}: {error.strerror}", needed="a writable file") from None
