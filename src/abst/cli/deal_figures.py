"""More of `abst deal`: decrement tables, and the life, yield and duration of its classes, each with its convention."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abst.cli.common import grid
from abst.cli.deal import NOUN, ScenarioFile, ScenarioName, To, Where, all_scenarios, one_scenario, opened
from abst.cli.envelope import Answer, Table
from abst.cli.shape import AMOUNT, DATE, TEXT, many, maybe, record, table_of
from abst.errors import UsageError

if TYPE_CHECKING:
    from abst.deal.figures import Figure, Years
    from abst.deal.model import Deal
    from abst.deal.projection import Projection

FIGURE = record(value=TEXT, convention=TEXT)
SHEET = record(price=AMOUNT, life=FIGURE, macaulay=maybe(FIGURE), modified=maybe(FIGURE), **{"yield": maybe(FIGURE)})
Tranche = Annotated[str, typer.Option("--tranche", metavar="NAME", help="One class; all of them without it.")]
Count = Annotated[
    str, typer.Option("--years", metavar="COUNT", help="How years count: months, 30/360, act/360, act/365f or act/act.")
]
Start = Annotated[str, typer.Option("--from", metavar="DATE", help="From when; the closing date without it.")]
Price = Annotated[
    str, typer.Option("--price", metavar="PERCENT", help="Of the balance at the closing, accrued interest included.")
]
Times = Annotated[
    int, typer.Option("--compounded", metavar="TIMES", help="Times a year the yield is compounded: 1, 2, 4 or 12.")
]


@NOUN.command(
    "decrement",
    example="abst deal decrement ally-2017-3 --tranche A4",
    result=record(
        deal=TEXT,
        convention=TEXT,
        classes=table_of(record(dates=many(DATE), percent=table_of(many(TEXT)), lives=table_of(FIGURE))),
    ),
)
def decrement(
    context: typer.Context,
    deal: Where,
    scenarios: ScenarioFile = None,
    tranche: Tranche = "",
    to: To = "",
    years: Count = "30/360",
    start: Start = "",
) -> Answer:
    """Percent of each class that is left after each payment, by scenario, and its lives: a decrement table."""
    from abst.deal.figures import life
    from abst.deal.sheets import decrements

    found, made = _projections(deal, scenarios, to)
    counted = _years(found, years, start)
    classes: dict[str, Any] = {}
    shown: list[str | Table] = []
    convention = words = ""
    for one in _classes(found, tranche):
        table = decrements(made, one)
        balance = found.tranche(one).start
        lives = {name: life(projection.principal(one), counted, balance) for name, projection in made.items()}
        percent = {name: [str(value) for value in column] for name, column in table.percent.items()}
        dates = [day.isoformat() for day in table.dates]
        classes[one] = {"dates": dates, "percent": percent, "lives": {n: _figure(f) for n, f in lives.items()}}
        rows = [{"date": day} | {name: percent[name][row] for name in percent} for row, day in enumerate(dates)]
        rows.append({"date": "life"} | {name: _short(figure.value) for name, figure in lives.items()})
        shown.append(grid(rows, ("date", *percent), f"{one}: percent left", right=tuple(percent)))
        convention, words = table.convention, next(iter(lives.values())).convention
    return Answer(
        {"deal": found.id, "convention": convention, "classes": classes},
        [*shown, f"{convention}; lives in years, {words}"],
    )


@NOUN.command(
    "figures",
    example="abst deal figures ally-2017-3 --scenario abs-1.30 --price 99.5 --compounded 12",
    result=record(deal=TEXT, scenario=TEXT, called=TEXT, percent=TEXT, classes=table_of(SHEET)),
)
def figures(
    context: typer.Context,
    deal: Where,
    scenario: ScenarioName = "",
    scenarios: ScenarioFile = None,
    tranche: Tranche = "",
    to: To = "",
    price: Price = "100",
    compounded: Times = 2,
    years: Count = "30/360",
    start: Start = "",
) -> Answer:
    """Life, yield at a price, and durations of each class under a scenario; each figure states its convention."""
    from abst.deal.projection import project_file
    from abst.deal.sheets import sheet

    where, found = opened(deal)
    counted, percent, names = _years(found, years, start), _percent(price), _classes(found, tranche)
    if compounded not in (1, 2, 4, 12):
        raise UsageError("not compounded so", found=str(compounded), needed="1, 2, 4 or 12", where="--compounded")
    run = one_scenario(where, found, scenario, scenarios, to)
    made = project_file(found, where.read(found.pool.file), run)
    classes: dict[str, Any] = {}
    rows: list[dict[str, str]] = []
    for one in names:
        of = sheet(made, one, counted, percent, compounded)
        named = {"life": of.life, "yield": of.yield_, "macaulay": of.macaulay, "modified": of.modified}
        classes[one] = {"price": str(of.price)} | {n: None if f is None else _figure(f) for n, f in named.items()}
        row = {name: "" if figure is None else _short(figure.value) for name, figure in named.items()}
        rows.append(row | {"class": one, "yield %": _short(of.yield_.value * 100, 4) if of.yield_ else ""})
    result = {
        "deal": found.id,
        "scenario": run.name,
        "called": made.called,
        "percent": str(percent),
        "classes": classes,
    }
    columns = ("class", "life", "yield %", "macaulay", "modified")
    table = grid(rows, columns, f"{run.name}, at {percent} %", right=columns[1:])
    first: dict[str, Any] = next(iter(classes.values()))
    words = [f"{name}: {first[name]['convention']}" for name in ("life", "yield") if first[name]]
    return Answer(result, [table, "; ".join(words)])


def _projections(word: str, file: Path | None, to: str) -> tuple[Deal, dict[str, Projection]]:
    """The deal under every scenario of its file."""
    from abst.deal.pool import flows
    from abst.deal.projection import load_pool, project

    where, found = opened(word)
    contract = load_pool(found, where.read(found.pool.file))
    every = all_scenarios(where, found, file, to)
    return found, {name: project(found, flows(contract, one), one) for name, one in every.items()}


def _classes(deal: Deal, tranche: str) -> tuple[str, ...]:
    """Names of the classes asked for that owe anything. Raises UsageError."""
    return (deal.tranche(tranche).tranche,) if tranche else tuple(one.tranche for one in deal.tranches if one.start)


def _years(deal: Deal, count: str, start: str) -> Years:
    from abst.deal.daycount import DayCount
    from abst.deal.figures import Years
    from abst.values import parse_date

    words = ("months", *DayCount)
    if count not in words:
        raise UsageError("years do not count so", found=count, needed=", ".join(words), where="--years")
    since: date = parse_date(start, "--from") if start else deal.dates.closing
    return Years(since, None if count == "months" else DayCount(count))


def _percent(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise UsageError("not a price", found=repr(text), needed="a number, in percent", where="--price") from None


def _figure(figure: Figure) -> dict[str, str]:
    return {"value": f"{figure.value:f}", "convention": figure.convention}


def _short(value: Decimal, places: int = 2) -> str:
    """A figure for people, rounded half up."""
    from decimal import ROUND_HALF_UP

    return str(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
