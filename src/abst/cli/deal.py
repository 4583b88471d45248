"""`abst deal`: the deal file as an executable document: checked, shown, projected, verified. No registry is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from abst.cli.app import Noun
from abst.cli.common import fields, grid
from abst.cli.envelope import Answer, Table
from abst.cli.shape import AMOUNT, ANY_OBJECT, COUNT, DATE, HASH, TEXT, many, maybe, one_of, record, table_of
from abst.errors import NotFound, UsageError

if TYPE_CHECKING:
    from abst.deal.model import Deal
    from abst.deal.projection import Projection
    from abst.deal.scenario import Scenario
    from abst.deal.verifying import Checked

NOUN = Noun("deal", "The deal file: check, show, project, verify against published figures.")
Where = Annotated[
    str, typer.Argument(metavar="DEAL", help="A deal.yaml, a folder with one, or a deal that comes along.")
]
ScenarioName = Annotated[
    str, typer.Option("--scenario", metavar="NAME", help="Name of a scenario; without it, the first of the file.")
]
ScenarioFile = Annotated[
    Path | None,
    typer.Option(
        "--scenarios", metavar="FILE", help="A file of scenarios; without it, scenarios.yaml beside the deal."
    ),
]
To = Annotated[
    str, typer.Option("--to", metavar="maturity|call", help="Never use a call, or each at the first chance.")
]
ENDS: dict[str, Literal["maturity", "call"] | None] = {"": None, "maturity": "maturity", "call": "call"}
CLASS = record(tranche=TEXT, rank=TEXT, face=AMOUNT, balance=AMOUNT, coupon=TEXT, day_count=TEXT, symbol=maybe(TEXT))
STEP = record(step=TEXT, kind=TEXT, pays=TEXT, amount=TEXT, when=TEXT, words=TEXT, **{"from": TEXT})
PAYMENT = record(number=COUNT, date=DATE, record_date=DATE, determination_date=DATE, collected_to=DATE)
HASHES = {"content": HASH, "program": HASH, "hash": HASH, "size": COUNT}
FLOW = record(opening=AMOUNT, interest=AMOUNT, principal=AMOUNT, residual=AMOUNT, written_down=AMOUNT, closing=AMOUNT)
PROJECTED = record(
    number=COUNT, date=DATE, mode=TEXT, pool=AMOUNT, collected=AMOUNT, classes=table_of(FLOW), accounts=table_of(AMOUNT)
)
MISS = record(where=TEXT, published=TEXT, found=TEXT)
CHECKED = record(
    title=TEXT,
    measure=TEXT,
    cells=COUNT,
    inner=COUNT,
    worst=TEXT,
    worst_at=TEXT,
    misses=many(MISS),
    skipped=table_of(COUNT),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deal stands: its folder and the name of its file there."""

    folder: Path | Traversable
    name: str = "deal.yaml"

    def read(self, name: str) -> bytes:
        """A file beside the deal. Raises NotFound; UsageError for a name that leads elsewhere."""
        if not name or Path(name).name != name:
            raise UsageError("not a file beside the deal", found=repr(name), needed="a plain name", where=self.name)
        try:
            return self.folder.joinpath(name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound("no such file", found=name, needed=f"beside {self.name}", where=str(self.folder)) from None
        except OSError as error:
            raise UsageError("cannot read the file", found=f"{name}: {error.strerror}", where=name) from None

    def text(self, name: str) -> str:
        try:
            return self.read(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UsageError("not UTF-8 text", found=str(error), where=name) from None

    def has(self, name: str) -> bool:
        return self.folder.joinpath(name).is_file()


def place(word: str) -> Place:
    """A file, a folder, or the id of a deal that comes along. Raises NotFound."""
    from abst import demo_data

    path = Path(word)
    if path.is_dir():
        return Place(path)
    if path.is_file():
        return Place(path.parent, path.name)
    if word in demo_data.DEALS:
        return Place(demo_data.deal_folder(word))
    needed = f"a file, a folder, or one of {', '.join(demo_data.DEALS)}"
    raise NotFound("no such deal", found=word, needed=needed, where="DEAL")


def opened(word: str) -> tuple[Place, Deal]:
    """Raises NotFound, UsageError with every fault."""
    from abst.deal.model import Deal

    found = place(word)
    return found, Deal.read(found.text(found.name), found.name)


@contextmanager
def _one_fault_a_line() -> Iterator[list[Answer]]:
    """Faults of a file below each other for people; for programs, the error as it is."""
    from abst.cli.envelope import of_error

    answers: list[Answer] = []
    try:
        yield answers
    except UsageError as error:
        plain = of_error(error)
        lines = [f"{error.where}: {error.message}", *(f"  {fault}" for fault in error.found.split("; "))]
        answers.append(Answer(plain.result, lines, plain.outcome))


@NOUN.command(
    "check",
    example="abst deal check jishidai-2022-3",
    result=record(deal=TEXT, **HASHES, payments=COUNT, files=table_of(TEXT)),
)
def check(context: typer.Context, deal: Where) -> Answer:
    """Check a deal and the files beside it: form, names, units, reachability; every fault with its place.

    A deal that is ill-formed, ambiguous or cannot be paid ends with exit 2.
    """
    with _one_fault_a_line() as refused:
        where, found = opened(deal)
        files = _files(where, found)
        result = {"deal": found.id, **_hashes(found), "payments": len(found.payments), "files": files}
        return Answer(result, [fields(result)])
    return refused[0]


def _files(where: Place, deal: Deal) -> dict[str, str]:
    """What stands beside the deal, read as far as it can be without projecting."""
    from abst.deal.answers import Answers, read_cells
    from abst.deal.projection import load_pool
    from abst.deal.scenario import read_scenarios

    files: dict[str, str] = {}
    if deal.pool.form is not None:
        contract = load_pool(deal, where.read(deal.pool.file))
        files[deal.pool.file] = f"the pool, {len(contract.spans)} months"
    if where.has("scenarios.yaml"):
        files["scenarios.yaml"] = f"{len(read_scenarios(where.text('scenarios.yaml'), 'scenarios.yaml'))} scenarios"
    if where.has("answers.yaml"):
        answers = Answers.read(where.text("answers.yaml"), "answers.yaml")
        cells = sum(len(table.cells) for table in read_cells(answers, where.text, deal.decimals))
        files["answers.yaml"] = f"{cells} published figures"
    return files


@NOUN.command(
    "show",
    example="abst deal show example-22-step",
    result=record(
        deal=TEXT,
        title=TEXT,
        title_zh=TEXT,
        source=TEXT,
        currency=TEXT,
        paid_in=TEXT,
        pool=AMOUNT,
        classes=many(CLASS),
        modes=table_of(many(STEP)),
        triggers=table_of(TEXT),
        calls=table_of(TEXT),
        inputs=many(TEXT),
        payments=many(PAYMENT),
    ),
)
def show(context: typer.Context, deal: Where) -> Answer:
    """Show what a deal says: classes, steps of each mode, triggers, calls, the servicer's figures, payment dates."""
    _, found = opened(deal)
    result: dict[str, Any] = {
        "deal": found.id,
        "title": found.title,
        "title_zh": found.title_zh,
        "source": found.source,
        "currency": found.currency,
        "paid_in": found.paid_in.currency,
        "pool": str(found.pool.balance),
        "classes": _classes(found),
        "modes": _modes(found),
        "triggers": {name: f"{one.when} -> {one.mode or 'a flag'}" for name, one in found.triggers.items()},
        "calls": {name: one.when for name, one in found.calls.items()},
        "inputs": list(found.compiled.inputs),
        "payments": [
            {
                "number": one.number,
                "date": one.date.isoformat(),
                "record_date": one.record_date.isoformat(),
                "determination_date": one.determination_date.isoformat(),
                "collected_to": one.collection_to.isoformat(),
            }
            for one in found.payments
        ],
    }
    first, last = found.payments[0], found.payments[-1]
    shown: list[str | Table] = [
        f"{found.title} {found.title_zh}".strip(),
        f"{len(found.payments)} payments, {first.date} to {last.date}, paid in {found.paid_in.currency}; pool "
        f"{found.pool.balance:,} smallest units of {found.currency}",
        grid(_classes(found), ("tranche", "rank", "face", "balance", "coupon", "day_count", "symbol"), right=("face",)),
    ]
    for mode, steps in _modes(found).items():
        shown.append(grid(steps, ("step", "kind", "pays", "amount", "from", "when", "words"), mode))
    shown += [f"trigger {name}: {words}" for name, words in result["triggers"].items()]
    shown += [f"call {name}: {words}" for name, words in result["calls"].items()]
    shown.append(f"the servicer reports: {', '.join(result['inputs'])}")
    return Answer(result, shown)


def _classes(deal: Deal) -> list[dict[str, Any]]:
    return [
        {
            "tranche": one.tranche,
            "rank": one.rank,
            "face": str(one.face),
            "balance": str(one.start),
            "coupon": _coupon(one.coupon),
            "day_count": one.day_count.value,
            "symbol": one.token.symbol if one.token else None,
        }
        for one in deal.tranches
    ]


def _coupon(coupon: Any) -> str:
    """A coupon as it is written: a number, an index with its spread, or a formula."""
    from abst.deal.blocks import Floating, Formula

    match coupon:
        case Formula():
            return coupon.rate
        case Floating():
            cap = f", at most {coupon.cap}" if coupon.cap is not None else ""
            floor = f", at least {coupon.floor}" if coupon.floor is not None else ""
            return f"{coupon.index} + {coupon.spread}{cap}{floor}"
    return str(coupon)


def _modes(deal: Deal) -> dict[str, list[dict[str, Any]]]:
    """Mode -> its steps, as they are written."""
    made: dict[str, list[dict[str, Any]]] = {}
    for mode in ("normal", "accelerated", "default"):
        if steps := getattr(deal.waterfall, mode):
            made[mode] = [
                {
                    "step": one.step,
                    "kind": one.kind,
                    "pays": ", ".join(filter(None, (*one.pay, one.payee, one.to))),
                    "amount": one.amount or "",
                    "from": ", ".join(one.from_),
                    "when": one.when or "",
                    "words": one.words,
                }
                for one in steps
            ]
    return made


@NOUN.command(
    "project",
    example="abst deal project example-22-step --scenario expected",
    result=record(
        deal=TEXT,
        scenario=TEXT,
        called=TEXT,
        lives=table_of(record(years=TEXT, convention=TEXT)),
        payments=many(PROJECTED),
    ),
)
def project(
    context: typer.Context,
    deal: Where,
    scenario: ScenarioName = "",
    scenarios: ScenarioFile = None,
    to: To = "",
) -> Answer:
    """Project every payment of a deal under a scenario, by the very program that is filed; lives of its classes."""
    from abst.deal.projection import project_file

    where, found = opened(deal)
    chosen = one_scenario(where, found, scenario, scenarios, to)
    made = project_file(found, where.read(found.pool.file), chosen)
    result: dict[str, Any] = {
        "deal": found.id,
        "scenario": chosen.name,
        "called": made.called,
        "lives": _lives(made),
        "payments": [_projected(one) for one in made.payments],
    }
    names = [one.tranche for one in found.tranches]
    rows = [
        {"no": str(one.number), "date": one.date.isoformat(), "mode": one.outcome.mode, "pool": str(one.pool.closing)}
        | {name: str(one.outcome.classes[name].closing) for name in names}
        for one in made.payments
    ]
    ended = f"; call {made.called} used at payment {made.payments[-1].number}" if made.called else ""
    lives = ", ".join(f"{name} {life['years']}" for name, life in result["lives"].items())
    table = grid(rows, ("no", "date", "mode", "pool", *names), f"balances after each payment, {chosen.name}{ended}")
    convention = next((life["convention"] for life in result["lives"].values()), "")
    return Answer(result, [table, f"lives in years: {lives} ({convention})"])


def one_scenario(where: Place, deal: Deal, name: str, file: Path | None, to: str) -> Scenario:
    """The scenario of a name, or the first. Raises NotFound; UsageError as `all_scenarios`."""
    known = all_scenarios(where, deal, file, to)
    found = known.get(name) if name else next(iter(known.values()))
    if found is None:
        raise NotFound("no such scenario", found=name, needed=", ".join(known), where="--scenario")
    return found


def all_scenarios(where: Place, deal: Deal, file: Path | None, to: str) -> dict[str, Scenario]:
    """The scenarios of a file, or of the one beside the deal, each run to that end. Raises UsageError."""
    from abst.cli.common import read
    from abst.deal.scenario import BASE, read_scenarios
    from abst.deal.verifying import to_end

    if to not in ENDS:
        raise UsageError("no such end", found=to, needed="maturity or call", where="--to")
    if file is not None:
        known = read_scenarios(read(file, "--scenarios").decode(errors="replace"), str(file))
    elif where.has("scenarios.yaml"):
        known = read_scenarios(where.text("scenarios.yaml"), "scenarios.yaml")
    else:
        known = {BASE.name: BASE}
    return {name: to_end(deal, one, ENDS[to]) for name, one in known.items()}


def _lives(made: Projection) -> dict[str, dict[str, str]]:
    """Of each class: 30/360 from the closing, over its balance there."""
    from decimal import ROUND_HALF_UP, Decimal

    from abst.deal.daycount import DayCount
    from abst.deal.figures import Years, life

    years, lives = Years(made.deal.dates.closing, DayCount.THIRTY_360), dict[str, dict[str, str]]()
    for one in made.deal.tranches:
        if one.start:
            found = life(made.principal(one.tranche), years, one.start)
            shown = found.value.quantize(Decimal("0.01"), ROUND_HALF_UP)
            lives[one.tranche] = {"years": str(shown), "convention": found.convention}
    return lives


def _projected(one: Any) -> dict[str, Any]:
    classes = {
        name: {
            word: str(getattr(flow, word))
            for word in ("opening", "interest", "principal", "residual", "written_down", "closing")
        }
        for name, flow in one.outcome.classes.items()
    }
    return {
        "number": one.number,
        "date": one.date.isoformat(),
        "mode": one.outcome.mode,
        "pool": str(one.pool.closing),
        "collected": str(one.pool.cash),
        "classes": classes,
        "accounts": {name: str(account.closing) for name, account in one.outcome.accounts.items()},
    }


@NOUN.command(
    "verify",
    example="abst deal verify ally-2017-3",
    result=record(deal=TEXT, source=TEXT, cells=COUNT, inner=COUNT, misses=COUNT, tables=many(CHECKED)),
)
def verify(context: typer.Context, deal: Where) -> Answer:
    """Compare a deal with its published figures (answers.yaml): cells, worst difference, misses; exit 6 on a miss."""
    from abst.deal.answers import Answers
    from abst.deal.verifying import verify as verified

    where, found = opened(deal)
    answers = Answers.read(where.text("answers.yaml"), "answers.yaml")
    done = verified(found, answers, where.read)
    tables = [_checked(table) for table in done.tables]
    result = {
        "deal": found.id,
        "source": answers.source,
        "cells": done.cells,
        "inner": sum(table.inner for table in done.tables),
        "misses": len(done.misses),
        "tables": tables,
    }
    rows = [{**table, "misses": len(table["misses"])} for table in tables]
    columns = ("title", "measure", "cells", "inner", "worst", "worst_at", "misses")
    shown: list[str | Table] = [grid(rows, columns, right=("cells", "inner", "worst", "misses"))]
    for table in tables:
        shown += [f"no test, {count} cells: {why}" for why, count in table["skipped"].items()]
        shown += [
            f"MISS {miss['where']}: {table['measure']} published {miss['published']}, found {miss['found']}"
            for miss in table["misses"]
        ]
    between = f" ({result['inner']} percentages strictly between 0 and 100)" if result["inner"] else ""
    shown.append(f"{result['cells']} cells compared{between}, {result['misses']} misses")
    return Answer(result, shown, "integrity" if done.misses else "done")


def _checked(table: Checked) -> dict[str, Any]:
    from abst.deal.verifying import decimal

    return {
        "title": table.title,
        "measure": table.measure,
        "cells": table.cells,
        "inner": table.inner,
        "worst": decimal(table.worst, 6),
        "worst_at": table.worst_at,
        "misses": [{"where": miss.where, "published": miss.published, "found": miss.found} for miss in table.misses],
        "skipped": dict(table.skipped),
    }


@NOUN.command("hash", example="abst deal hash jishidai-2022-3", result=record(deal=TEXT, **HASHES))
def hash_(context: typer.Context, deal: Where) -> Answer:
    """Print what binds a deal: digest of its content, hash of its program, and the deal hash that is filed."""
    _, found = opened(deal)
    result = {"deal": found.id, **_hashes(found)}
    return Answer(result, [fields(result)])


def _hashes(deal: Deal) -> dict[str, Any]:
    from abst.deal.waterfall.program import program_hash

    program = deal.compiled.program
    return {
        "content": deal.content_digest,
        "program": program_hash(program),
        "hash": deal.hash,
        "size": len(program),
    }


@NOUN.command(
    "schema",
    example="abst deal schema answers",
    result=record(file=one_of("deal", "scenario", "answers"), json_schema=ANY_OBJECT),
)
def schema(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="deal|scenario|answers", help="Which file; deal.yaml without a word.")
    ] = "deal",
) -> Answer:
    """Print the JSON Schema of deal.yaml, of a scenario file or of answers.yaml."""
    import json

    from abst.deal.schemas import schemas

    known = schemas()
    if file not in known:
        raise UsageError("no such file", found=file, needed=", ".join(known), where="deal|scenario|answers")
    return Answer({"file": file, "json_schema": known[file]}, [json.dumps(known[file], indent=2, ensure_ascii=False)])
