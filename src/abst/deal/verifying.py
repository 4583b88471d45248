"""Compares published figures with a projection of the deal: every cell, how far apart, and what missed. Pure.

Each figure is recomputed as an exact fraction from whole amounts. With a tolerance, ours lies within it of the printed
one; with places, ours rounded half up to so many decimals is the printed one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeVar

from abst.deal import figures
from abst.deal.answers import ALL, MONEY, PERCENTS, PRICED, Answers, Between, Cell, Cells, Measure, read_cells
from abst.deal.daycount import DayCount
from abst.deal.model import Deal
from abst.deal.pool import flows
from abst.deal.projection import ProjectedPayment, Projection, load_pool, project
from abst.deal.running import ClassOutcome
from abst.deal.scenario import Scenario, read_scenarios
from abst.errors import UsageError

Named = TypeVar("Named")
End = Literal["maturity", "call"] | None
NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Miss:
    """A figure that is further off than the table allows; as published and as found, in the table's own units."""

    where: str
    published: str
    found: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The figures of one measure in a table. inner: percentages strictly between 0 and 100, the only ones that can be
    wrong by a little; worst: the largest difference, in the table's own unit, and where it is; skipped: no test."""

    title: str
    measure: str
    cells: int
    inner: int
    worst: Fraction
    worst_at: str
    misses: tuple[Miss, ...]
    skipped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Verification:
    """What a deal's published figures came to."""

    tables: tuple[Checked, ...]

    @property
    def cells(self) -> int:
        return sum(table.cells for table in self.tables)

    @property
    def misses(self) -> tuple[Miss, ...]:
        return tuple(miss for table in self.tables for miss in table.misses)


def verify(deal: Deal, answers: Answers, read: Callable[[str], bytes]) -> Verification:
    """Compare every published figure. read: a file beside the deal, by name. Raises UsageError."""

    def text(name: str) -> str:
        try:
            return read(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UsageError("not UTF-8 text", found=str(error), where=name) from None

    tables = read_cells(answers, text, deal.decimals)
    against = Against(deal, answers, read_scenarios(text(answers.scenarios), answers.scenarios), read)
    return Verification(tuple(one for table in tables for one in _checked(table, against)))


def _checked(table: Cells, against: Against) -> Iterator[Checked]:
    """A table by its measures: each has a unit of its own."""
    skipped = table.skipped
    for measure in dict.fromkeys(cell.measure for cell in table.cells):
        cells = [cell for cell in table.cells if cell.measure is measure]
        yield _compared(table.title, measure, cells, skipped, against)
        skipped = {}


def _compared(
    title: str, measure: Measure, cells: Sequence[Cell], skipped: Mapping[str, int], against: Against
) -> Checked:
    worst, worst_at, inner = NOTHING, "", 0
    misses: list[Miss] = []
    for cell in cells:
        found = against.value(cell)
        apart, near = _apart(cell, found)
        if apart > worst:
            worst, worst_at = apart, cell.where
        if not near:
            misses.append(Miss(cell.where, _words(cell.printed), _words(found)))
        if measure in PERCENTS and isinstance(cell.printed, Decimal) and 0 < cell.printed < 100:
            inner += 1
    return Checked(title, measure, len(cells), inner, worst, worst_at, tuple(misses), skipped)


def _apart(cell: Cell, found: Fraction | date) -> tuple[Fraction, bool]:
    """How far apart, and whether that is near enough."""
    printed = cell.printed
    if isinstance(found, date) or isinstance(printed, date):
        same = found == printed
        return Fraction(int(not same)), same
    if isinstance(printed, Between):
        inside = Fraction(printed.above) < found < Fraction(printed.below)
        return NOTHING, inside
    apart = abs(found - Fraction(printed))
    if cell.tolerance is not None:
        return apart, apart <= Fraction(cell.tolerance)
    return apart, _rounded(found, cell.places or 0) == Fraction(printed)


def _rounded(value: Fraction, places: int) -> Fraction:
    """Half up, away from zero."""
    scaled = abs(value) * 10**places + Fraction(1, 2)
    size = Fraction(scaled.numerator // scaled.denominator, 10**places)
    return size if value >= 0 else -size


def _words(value: Decimal | Between | Fraction | date) -> str:
    match value:
        case Between():
            return f"between {value.above} and {value.below}"
        case Fraction():
            return decimal(value, 6)
    return str(value)


def decimal(value: Fraction | Decimal, places: int) -> str:
    """A number from zero up as decimal text, rounded half up, without zeros at the end."""
    text = f"{int(_rounded(Fraction(value), places) * 10**places):0{places + 1}d}"
    whole, rest = text[:-places], text[-places:].rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def to_end(deal: Deal, scenario: Scenario, to: End) -> Scenario:
    """The scenario with no call used (maturity), each at the first chance (call), or as it is."""
    if to is None:
        return scenario
    return scenario.model_copy(update={"calls": dict.fromkeys(deal.calls, "first") if to == "call" else {}})


class Against:
    """The deal under each scenario, projected when first asked for."""

    def __init__(
        self, deal: Deal, answers: Answers, scenarios: Mapping[str, Scenario], read: Callable[[str], bytes]
    ) -> None:
        self.deal, self.answers, self.scenarios = deal, answers, scenarios
        self.contract = load_pool(deal, read(deal.pool.file))
        self._made: dict[tuple[str, End], Projection] = {}

    def projection(self, name: str, to: End, where: str) -> Projection:
        if (name, to) not in self._made:
            scenario = self.scenarios.get(name)
            if scenario is None:
                needed = ", ".join(self.scenarios)
                raise UsageError("no such scenario", found=name, needed=needed, where=where)
            scenario = to_end(self.deal, scenario, to)
            self._made[name, to] = project(self.deal, flows(self.contract, scenario), scenario)
        return self._made[name, to]

    def value(self, cell: Cell) -> Fraction | date:
        """Our own figure, in the units of the printed one."""
        payments = self.projection(cell.scenario, cell.to, cell.where).payments
        names = self._names(cell)
        if cell.payment is None:
            return self._of_life(cell, names, payments)
        number = self._number(cell)
        one = payments[min(number, len(payments)) - 1]
        after = number > len(payments)  # the deal has ended: what is left stays, and nothing flows
        found = self._of_payment(cell, names, one, after)
        return found / Fraction(cell.scale) if cell.measure in MONEY else found

    def _names(self, cell: Cell) -> tuple[str, ...]:
        known = {one.tranche for one in self.deal.tranches}
        names = tuple(known) if cell.classes == (ALL,) else self.deal.members(cell.classes)
        if unknown := sorted(set(names) - known):
            needed = ", ".join((*(one.tranche for one in self.deal.tranches), *self.deal.groups, ALL))
            raise UsageError("no such class", found=", ".join(unknown), needed=needed, where=cell.where)
        return names

    def _number(self, cell: Cell) -> int:
        """The payment meant: by its number, its date as it stands or as moved, or its month."""
        wanted, every = cell.payment, self.deal.payments
        if isinstance(wanted, int):
            if wanted < 1:
                raise UsageError("no such payment", found=str(wanted), needed="a number from 1", where=cell.where)
            return wanted
        for one in every:
            month = (one.nominal.year, one.nominal.month)
            if wanted in (one.nominal, one.date, month):
                return one.number
        last = every[-1].nominal
        if wanted is not None and _after(wanted, last):
            return len(every) + 1
        found = wanted.isoformat() if isinstance(wanted, date) else str(wanted)
        raise UsageError("no payment then", found=found, needed="a payment date of the deal", where=cell.where)

    def _base(self, cell: Cell, names: Iterable[str]) -> Fraction:
        if cell.base is not None:
            return Fraction(cell.base)
        return Fraction(sum(self.deal.tranche(name).start for name in names))

    # ---- at a payment

    def _of_payment(self, cell: Cell, names: tuple[str, ...], one: ProjectedPayment, after: bool) -> Fraction:
        measure, outcome = cell.measure, one.outcome
        if measure is Measure.STEP_PAID:
            paid = dict.fromkeys(self._steps(), 0) | {step.step: step.paid for step in outcome.steps}
            return Fraction(_named(paid, cell.step, "step", cell.where) * (not after))
        if measure is Measure.FEE_PAID:
            return Fraction(_named(outcome.fees, cell.fee, "fee", cell.where).paid * (not after))
        if measure is Measure.ACCOUNT_BALANCE:
            return Fraction(_named(outcome.accounts, cell.account, "account", cell.where).closing)
        if measure.startswith("pool-"):
            return self._of_pool(measure, one, after)
        return self._of_classes(cell, names, [one.outcome.classes[name] for name in names], after)

    def _steps(self) -> tuple[str, ...]:
        every = self.deal.waterfall
        return tuple(step.step for step in (*every.normal, *every.accelerated, *every.default))

    def _of_pool(self, measure: Measure, one: ProjectedPayment, after: bool) -> Fraction:
        pool = one.pool
        if measure is Measure.POOL_PERCENT:
            return Fraction(100 * pool.closing, self.deal.pool.balance)
        if measure is Measure.POOL_BALANCE:
            return Fraction(pool.closing)
        if measure is Measure.POOL_OPENING:
            return Fraction(pool.closing if after else pool.opening)
        amounts = {
            Measure.POOL_SCHEDULED: pool.scheduled,
            Measure.POOL_PREPAID: pool.prepaid,
            Measure.POOL_PRINCIPAL: pool.scheduled + pool.prepaid,
            Measure.POOL_INTEREST: pool.interest,
            Measure.POOL_DEFAULTS: pool.defaults,
            Measure.POOL_RECOVERIES: pool.recoveries,
        }
        return NOTHING if after else Fraction(amounts[measure])

    def _of_classes(self, cell: Cell, names: tuple[str, ...], flow: list[ClassOutcome], after: bool) -> Fraction:
        closing = Fraction(sum(one.closing for one in flow))
        base = self._base(cell, names)
        standing = {
            Measure.PERCENT: 100 * closing / base if base else NOTHING,
            Measure.FACTOR: closing / base if base else NOTHING,
            Measure.BALANCE: closing,
            Measure.OPENING: closing if after else Fraction(sum(one.opening for one in flow)),
            Measure.UNPAID: Fraction(sum(one.unpaid for one in flow)),
            Measure.WRITTEN_DOWN: Fraction(sum(one.written_down for one in flow)),
        }
        if cell.measure in standing:
            return standing[cell.measure]
        paid = {
            Measure.INTEREST: sum(one.interest for one in flow),
            Measure.PRINCIPAL: sum(one.principal for one in flow),
            Measure.RESIDUAL: sum(one.residual for one in flow),
            Measure.CASH: sum(one.paid for one in flow),
        }
        return NOTHING if after else Fraction(paid[cell.measure])

    # ---- of the whole life

    def _of_life(self, cell: Cell, names: tuple[str, ...], payments: tuple[ProjectedPayment, ...]) -> Fraction | date:
        def sums(pick: Callable[[ClassOutcome], int]) -> list[int]:
            return [sum(pick(one.outcome.classes[name]) for name in names) for one in payments]

        principal, closing = sums(lambda one: one.principal), sums(lambda one: one.closing)
        match cell.measure:
            case Measure.TOTAL_PRINCIPAL:
                return Fraction(sum(principal)) / Fraction(cell.scale)
            case Measure.TOTAL_INTEREST:
                return Fraction(sum(sums(lambda one: one.interest))) / Fraction(cell.scale)
            case Measure.FIRST_PRINCIPAL:
                return Fraction(next((n for n, paid in enumerate(principal, 1) if paid), 0))
            case Measure.LAST_PAYMENT | Measure.LAST_DATE:
                ended = next((n for n, left in enumerate(closing, 1) if not left), 0)
                if cell.measure is Measure.LAST_PAYMENT or not ended:
                    return Fraction(ended)
                return self.deal.payments[ended - 1].nominal
            case measure if measure in PRICED:
                return self._priced(cell, names, sums(lambda one: one.paid))
        lives = self.answers.lives
        of = int(self._base(cell, names)) if lives.over == "opening" else None
        return Fraction(figures.life(self._dated(principal), self._years(), of).value)

    def _priced(self, cell: Cell, names: tuple[str, ...], cash: list[int]) -> Fraction:
        price = int(self._base(cell, names) * Fraction(cell.price or 0) / 100)
        times, paid, years = self.answers.yields.times, self._dated(cash), self._years()
        rate = figures.yield_of(price, paid, years, times).value
        if cell.measure is Measure.YIELD:
            return Fraction(rate) * 100
        return Fraction(figures.modified(rate, paid, years, times).value)

    def _years(self) -> figures.Years:
        lives = self.answers.lives
        basis = None if lives.years == "months" else DayCount(lives.years)
        return figures.Years(lives.start or self.deal.dates.closing, basis)

    def _dated(self, amounts: list[int]) -> list[tuple[date, int]]:
        moved = self.answers.lives.dates == "adjusted"
        days = [one.date if moved else one.nominal for one in self.deal.payments]
        return list(zip(days, amounts, strict=False))


def _named(known: Mapping[str, Named], name: str | None, what: str, where: str) -> Named:
    """Raises UsageError for a name that is none of the deal's."""
    if name is None or name not in known:
        raise UsageError(f"no such {what}", found=str(name), needed=", ".join(known), where=where)
    return known[name]


def _after(wanted: date | tuple[int, int], last: date) -> bool:
    if isinstance(wanted, date):
        return wanted > last
    return wanted > (last.year, last.month)
