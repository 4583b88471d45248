"""A deal becomes a program. One payment runs in this order (R-83):

1. the period's number and dates; cash received joins its accounts; calls are checked, and their price with them;
2. interest of each class, fees, quantities, tests, triggers and the mode, each once, in the order of what needs what;
3. the steps of the mode;
4. arrears, year totals, triggers of the next payment, what is carried, and what holders get in their currency.

Whatever is ambiguous or cannot be paid is a fault with its place; all faults are found at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from abst.deal.blocks import Fee, Floating, Formula, Tranche
from abst.deal.daycount import YEAR, DayCount, days
from abst.deal.waterfall import program
from abst.deal.waterfall.expressions import Expression, Misread, Quantity, Scope, Table, Unit, join, number, read
from abst.deal.waterfall.layout import RECEIPTS, SUMMED, Layout, lay_out
from abst.deal.waterfall.program import ClassSlots, Code, Header, Node, const, load, node, set_, skip

if TYPE_CHECKING:
    from abst.deal.model import Deal

NO_SUCH_PAYMENT, CALL_NOT_OPEN, PRICE_SHORT = 1, 2, 3
REQUIREMENTS = {
    NO_SUCH_PAYMENT: "no payment date is left",
    CALL_NOT_OPEN: "the call's condition does not hold",
    PRICE_SHORT: "the call's price is short",
}
MODES = ("normal", "accelerated", "default")
FX_SCALE = 10**8


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a deal cannot be run: where, what was found, what was needed."""

    where: str
    found: str
    needed: str

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}, needed {self.needed}"


@dataclass(frozen=True, slots=True)
class StepInfo:
    """A step that pays, as it stands in the program. payees: in the order of its parts."""

    step: str
    kind: str
    payees: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program and the names of its numbers. steps: by (mode, slot of the result); scope: all that may be named."""

    program: bytes
    inputs: tuple[str, ...]
    state: tuple[str, ...]
    start: tuple[int, ...]
    slots: Mapping[str, int]
    scope: Scope
    steps: Mapping[tuple[str, int], StepInfo]


@dataclass
class Building:
    """What is gathered while a deal is compiled. tables: emitted when first used."""

    deal: Deal
    layout: Layout
    faults: list[Fault] = field(default_factory=list)
    tables: list[tuple[int, ...]] = field(default_factory=list)
    steps: dict[tuple[str, int], StepInfo] = field(default_factory=dict)
    scope: Scope = field(default_factory=lambda: Scope({}))
    used: set[str] = field(default_factory=set)

    def fault(self, where: str, found: str, needed: str) -> None:
        self.faults.append(Fault(where, found, needed))

    def read(self, text: str, wanted: Unit | None, where: str, scope: Scope | None = None) -> Expression:
        """An expression; a fault and a zero when it means nothing."""
        try:
            made = read(text, scope or self.scope, wanted)
        except Misread as misread:
            self.fault(where, misread.found, misread.needed)
            return number(0)
        self.used |= made.names
        return made

    def slot(self, name: str) -> int:
        return self.layout.of(name)

    def load(self, name: str) -> Code:
        return load(self.layout.of(name))

    def set(self, name: str, value: Code) -> bytes:
        return set_(self.layout.of(name), value)

    def row(self, values: tuple[int, ...], index: Code) -> Code:
        """The value of a table at an index; the same table is kept once."""
        if values not in self.tables:
            self.tables.append(values)
        return program.table(self.tables.index(values), index)

    def by_period(self, values: tuple[int, ...]) -> Code:
        """One value for each payment."""
        return const(values[0]) if len(set(values)) == 1 else self.row(values, self.load("period"))


def compile_deal(deal: Deal) -> tuple[Compiled, tuple[Fault, ...]]:
    """The program of a deal, and every fault; with faults the program is not to be used."""
    from abst.deal.waterfall.checking import check_names, check_whole
    from abst.deal.waterfall.steps import lower_steps

    every = [step for mode in MODES for step in getattr(deal.waterfall, mode)]
    lets = [step.step for step in every if step.kind == "let"]
    building = Building(deal, lay_out(deal, [step.step for step in every if step.kind != "let"], lets))
    check_names(building)
    if building.faults:
        return _compiled(building, b""), tuple(building.faults)
    _open_scope(building)
    graph = _graph(building)
    steps = lower_steps(building)
    after = _after(building)
    before = _before(building)
    check_whole(building)
    return _compiled(building, before + graph + steps + after), tuple(building.faults)


def _compiled(building: Building, code: bytes) -> Compiled:
    layout = building.layout
    made = program.encode(_header(building), code) if code else b""
    state, start = tuple(layout.state), tuple(layout.start)
    return Compiled(made, tuple(layout.inputs), state, start, dict(layout.slots), building.scope, dict(building.steps))


def _header(building: Building) -> Header:
    deal, of = building.deal, building.layout.of
    paid = [f"{one.tranche}.{word}_paid" for one in deal.tranches for word in ("interest", "principal", "residual")]
    paid += [f"{fee}.paid" for fee in deal.all_fees] + [f"paid to {payee}" for payee in deal.outside_payees]
    cash = [*RECEIPTS, *(["call.price"] if deal.calls else [])]
    cash += [f"input.{name}" for name, own in deal.inputs.items() if own.cash]
    return Header(
        currency=deal.paid_in.currency,
        inputs=len(building.layout.inputs),
        state=len(building.layout.state),
        slots=len(building.layout.slots),
        classes=tuple(
            ClassSlots(
                *(of(f"{one.tranche}.{word}") for word in ("balance", "interest_paid", "principal_paid")),
                *(of(f"{one.tranche}.{word}") for word in ("residual_paid", "written_down", "payable")),
            )
            for one in deal.issued
        ),
        accounts=tuple(of(f"{name}.balance") for name in deal.accounts),
        receipts=tuple(map(of, cash)),
        outlets=tuple(map(of, paid)),
        tables=tuple(building.tables),
        start=tuple(building.layout.start),
    )


def _open_scope(building: Building) -> None:
    """What expressions may name, before any step. Units of quantities and carried numbers follow from their text."""
    deal, layout = building.deal, building.layout
    formulas = dict(deal.formulas)
    for group, members in deal.groups.items():
        formulas |= {f"{group}.{word}": " + ".join(f"{one}.{word}" for one in members) for word in SUMMED}
    tables: dict[str, Table] = {}
    for name, one in deal.tables.items():
        if one.numbers not in building.tables:
            building.tables.append(one.numbers)
        tables[name] = Table(building.tables.index(one.numbers), Unit(one.unit))
    quantities = dict(layout.quantities)
    building.scope = Scope(quantities, tables, formulas, deal.decimals)
    for name in _in_order({name: deal.quantities[name] for name in deal.quantities}):
        try:
            unit = read(deal.quantities[name], building.scope).unit
        except Misread:
            continue  # told where the quantity is compiled
        quantities[name] = Quantity(layout.of(name), unit, f"quantities.{name}")


def _in_order(texts: Mapping[str, str]) -> list[str]:
    """Quantities so that each comes after those it names; as written where they go round in a circle."""
    words = {name: {other for other in texts if other != name and _names(other, text)} for name, text in texts.items()}
    try:
        return list(TopologicalSorter(words).static_order())
    except CycleError:
        return list(texts)


def _names(word: str, text: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", text) is not None


# ---- 1. what begins a payment


def _before(building: Building) -> bytes:
    deal = building.deal
    made = building.set("period", node(Node.ADD, building.load("period"), const(1)))
    made += program.require(NO_SUCH_PAYMENT, node(Node.LE, building.load("period"), const(len(deal.payments))))
    for name in deal.accounts:
        made += building.set(f"{name}.opening", building.load(f"{name}.balance"))
    calls = _calls(building)  # read first, as it says what is named; run when all that it may name is known
    made += _receive(building) + _time(building) + _known(building)
    for one in deal.tranches:
        made += _opening(building, one)
    return made + calls + _closing(building)


def _receive(building: Building) -> bytes:
    made = b""
    for account in building.deal.accounts:
        name = f"{account}.balance"
        for slot in building.deal.receipt_slots(account):
            made += building.set(name, node(Node.ADD, building.load(name), building.load(slot)))
    return made


def _time(building: Building) -> bytes:
    """Dates and day counts of this payment, those alone that are named."""
    every = building.deal.payments
    years = tuple(one.nominal.year for one in every)
    values = {
        "payment_date": tuple(one.nominal.toordinal() for one in every),
        "months": tuple(one.months for one in every),
        "days": tuple((one.accrual_to - one.accrual_from).days for one in every),
        "days_360": tuple(days(DayCount.THIRTY_360, one.accrual_from, one.accrual_to) for one in every),
        "collection_days": tuple((one.collection_to - one.collection_from).days + 1 for one in every),
        "year": years,
        "month": tuple(one.nominal.month for one in every),
        "first_of_year": tuple(int(n == 0 or years[n - 1] != years[n]) for n in range(len(years))),
    }
    used = set(building.used)
    if any(fee.year_cap for fee in building.deal.all_fees.values()):
        used.add("year")
    made = b"".join(building.set(n, building.by_period(row)) for n, row in values.items() if n in used)
    return made


def _calls(building: Building) -> bytes:
    """A call that is elected must be open, and bring its price; in its own words the pool stands as reported."""
    deal, quantities = building.deal, dict(building.scope.quantities)
    quantities["pool.closing"] = Quantity(building.slot("pool_closing"), Unit.MONEY)
    scope = Scope(quantities, building.scope.tables, building.scope.formulas, deal.decimals)
    made, called = b"", const(0)
    for name, call in deal.calls.items():
        where = f"calls.{name}"
        open_ = building.read(call.when, Unit.FLAG, f"{where}.when", scope)
        price = building.read(call.price, Unit.MONEY, f"{where}.price", scope)
        for one in (open_, price):
            if one.after:
                needed = "what is known before the steps: the pool, balances and dates"
                building.fault(where, ", ".join(sorted(one.after)), needed)
        enough = node(Node.LE, price.code, building.load("call.price"))
        body = program.require(CALL_NOT_OPEN, open_.code) + program.require(PRICE_SHORT, enough)
        made += skip(building.load(f"call.{name}"), body)
        called = node(Node.OR, called, building.load(f"call.{name}"))
    if deal.calls:
        made += building.set("called", called)
    return made


def _known(building: Building) -> bytes:
    """The pool before it is known whether it is called."""
    deal, load_ = building.deal, building.load
    total = load_(RECEIPTS[0])
    for name in RECEIPTS[1:]:
        total = node(Node.ADD, total, load_(name))
    made = building.set("pool.opening", load_("pool.carried"))
    for name, value in (
        ("pool.initial", const(deal.pool.balance)),
        ("pool.original", const(deal.pool.balance if deal.pool.original is None else deal.pool.original)),
        ("collections.total", total),
    ):
        if name in building.used:
            made += building.set(name, value)
    for name, slot in (("pool.defaults_total", "defaults"), ("pool.recoveries_total", "recoveries")):
        made += building.set(name, node(Node.ADD, load_(name), load_(slot)))
    made += building.set("default declared", node(Node.OR, load_("default declared"), load_("default_declared")))
    return made


def _closing(building: Building) -> bytes:
    """Nothing is left of a pool that is called; a payment without a pool is the last one."""
    deal, load_ = building.deal, building.load
    closing = load_("pool_closing")
    if deal.calls:
        closing = node(Node.SELECT, load_("called"), const(0), closing)
    end = node(Node.EQ, load_("period"), const(len(deal.payments)))
    gone = node(Node.EQ, load_("pool.closing"), const(0))
    made = building.set("pool.closing", closing) + building.set("pool.carried", load_("pool.closing"))
    return made + building.set("last", node(Node.OR, end, gone))


def _opening(building: Building, one: Tranche) -> bytes:
    name, load_ = one.tranche, building.load
    made = building.set(f"{name}.opening", load_(f"{name}.balance"))
    made += building.set(f"{name}.shortfall", load_(f"{name}.interest_due"))
    if f"{name}.face" in building.used:
        made += building.set(f"{name}.face", const(one.face))
    if one.targets:
        made += building.set(f"{name}.target", building.row(one.targets, load_("period")))
    if f"{name}.matured" in building.used:
        final = one.final_maturity or building.deal.dates.legal_maturity
        dates = tuple(int(date_.nominal >= final) for date_ in building.deal.payments)
        made += building.set(f"{name}.matured", building.by_period(dates))
    return made


# ---- 2. what is reckoned once, in the order of what needs what


def _graph(building: Building) -> bytes:
    deal = building.deal
    makers: dict[str, Callable[[], tuple[bytes, frozenset[str]]]] = {}
    for one in deal.tranches:
        makers[f"class {one.tranche}"] = lambda one=one: _interest(building, one)  # type: ignore[misc]
    for name, fee in deal.all_fees.items():
        makers[f"fees.{name}"] = lambda name=name, fee=fee: _fee(building, name, fee)  # type: ignore[misc]
    for name, text in deal.quantities.items():
        unit = building.scope.quantities[name].unit
        makers[f"quantities.{name}"] = lambda n=name, t=text, u=unit: _plain(building, n, t, u, f"quantities.{n}")  # type: ignore[misc]
    for name, text in deal.tests.items():
        makers[f"tests.{name}"] = lambda n=name, t=text: _plain(building, f"test.{n}", t, Unit.FLAG, f"tests.{n}")  # type: ignore[misc]
    for name, trigger in deal.triggers.items():
        if trigger.at == "before":
            makers[f"triggers.{name}"] = lambda n=name: _trigger(building, n)  # type: ignore[misc]
    made = {name: maker() for name, maker in makers.items()}
    made["mode"] = _mode(building)
    try:
        order = list(TopologicalSorter({name: after for name, (_, after) in made.items()}).static_order())
    except CycleError as circle:
        round_ = " -> ".join(reversed(circle.args[1]))
        building.fault(circle.args[1][0], f"a circle: {round_}", "quantities that do not need themselves")
        return b""
    return b"".join(made[name][0] for name in order if name in made)


def _plain(building: Building, name: str, text: str, unit: Unit, where: str) -> tuple[bytes, frozenset[str]]:
    made = building.read(text, unit, where)
    return building.set(name, made.code), made.after


def _interest(building: Building, one: Tranche) -> tuple[bytes, frozenset[str]]:
    """Interest = what bears it x rate x day fraction, rounded once, added to what was left unpaid (R-86)."""
    name, load_ = one.tranche, building.load
    rate = _rate(building, one)
    where = f"tranches.{name}.interest_on"
    base = building.read(one.interest_on or f"{name}.opening", Unit.MONEY, where)
    bears, after = base.code, rate.after | base.after
    if one.interest_on_shortfall == "coupon":
        bears = node(Node.ADD, bears, load_(f"{name}.shortfall"))
    moved = (one.accrual_days or building.deal.dates.accrual_days) == "adjusted"
    every = building.deal.payments
    spans = [(p.moved_from, p.moved_to) if moved else (p.accrual_from, p.accrual_to) for p in every]
    count = building.by_period(tuple(days(one.day_count, first, last) for first, last in spans))
    year = const(YEAR[one.day_count] * 10**12)
    accrued = node(Node.MULDIV, bears, node(Node.MUL, load_(f"{name}.rate"), count), year)
    code = building.set(f"{name}.rate", rate.code) + building.set(f"{name}.interest_accrued", accrued)
    due = node(Node.ADD, load_(f"{name}.shortfall"), load_(f"{name}.interest_accrued"))
    return code + building.set(f"{name}.interest_due", due), after


def _rate(building: Building, one: Tranche) -> Expression:
    where = f"tranches.{one.tranche}.coupon"
    if isinstance(one.coupon, Formula):
        return building.read(one.coupon.rate, Unit.RATE, f"{where}.rate")
    if isinstance(one.coupon, Floating):
        return _floating(building, one.coupon, where)
    return Expression(const(int(one.coupon * 10**12)), Unit.RATE)


def _floating(building: Building, coupon: Floating, where: str) -> Expression:
    """max(floor, min(cap, index + spread)); a spread may be negative."""
    made = building.read(f"index.{coupon.index}", Unit.RATE, f"{where}.index")
    spread = Expression(const(int(abs(coupon.spread) * 10**12)), Unit.RATE)
    if coupon.spread:
        made = join(Node.ADD if coupon.spread > 0 else Node.SUB, Unit.RATE, made, spread)
    if coupon.cap is not None:
        made = join(Node.MIN, Unit.RATE, made, Expression(const(int(coupon.cap * 10**12)), Unit.RATE))
    floor = max(coupon.floor or Decimal(0), Decimal(0))
    return join(Node.MAX, Unit.RATE, made, Expression(const(int(floor * 10**12)), Unit.RATE))


def _fee(building: Building, name: str, fee: Fee) -> tuple[bytes, frozenset[str]]:
    """owed: all arrears and this period's; due: of them, what the caps let be paid now."""
    where = f"fees.{name}" if name in building.deal.fees else f"taxes.{name}"
    load_ = building.load
    amount = building.read(fee.amount, Unit.MONEY, f"{where}.amount")
    made = building.set(f"{name}.accrued", node(Node.POS, amount.code))
    made += building.set(f"{name}.owed", node(Node.ADD, load_(f"{name}.owed"), load_(f"{name}.accrued")))
    made += building.set(f"{name}.total", load_(f"{name}.owed"))
    due, after = load_(f"{name}.owed"), amount.after
    if fee.cap is not None:
        cap = building.read(fee.cap, Unit.MONEY, f"{where}.cap")
        due, after = node(Node.MIN, due, node(Node.POS, cap.code)), after | cap.after
    if fee.year_cap is not None:
        cap = building.read(fee.year_cap, Unit.MONEY, f"{where}.year_cap")
        same = node(Node.EQ, load_("year"), load_("year before"))
        made += building.set(f"{name}.in_year", node(Node.SELECT, same, load_(f"{name}.in_year"), const(0)))
        room = node(Node.POS, node(Node.SUB, cap.code, load_(f"{name}.in_year")))
        due, after = node(Node.MIN, due, room), after | cap.after
    return made + building.set(f"{name}.due", due), after - {f"fees.{name}"}


def _trigger(building: Building, name: str) -> tuple[bytes, frozenset[str]]:
    """Once met it stays, unless its cure holds while it is not met (R-91)."""
    trigger, slot = building.deal.triggers[name], f"trigger.{name}"
    met = building.read(trigger.when, Unit.FLAG, f"triggers.{name}.when")
    stays, after = building.load(slot), met.after
    if trigger.cure is not None:
        cure = building.read(trigger.cure, Unit.FLAG, f"triggers.{name}.cure")
        stays, after = node(Node.AND, stays, node(Node.NOT, cure.code)), after | cure.after
    return building.set(slot, node(Node.OR, met.code, stays)), after - {f"triggers.{name}"}


def _mode(building: Building) -> tuple[bytes, frozenset[str]]:
    """Default before accelerated before normal; the trustee's declaration is default and stays."""
    made, after = b"", set[str]()
    for mode in ("default", "accelerated"):
        met = building.load("default declared") if mode == "default" else const(0)
        for name, trigger in building.deal.triggers.items():
            if trigger.mode == mode:
                met = node(Node.OR, met, building.load(f"trigger.{name}"))
                after |= {f"triggers.{name}"} if trigger.at == "before" else set()
        if mode == "accelerated":
            met = node(Node.AND, met, node(Node.NOT, building.load("mode.default")))
        made += building.set(f"mode.{mode}", met)
    return made, frozenset(after)


# ---- 4. what ends a payment


def _after(building: Building) -> bytes:
    deal, load_ = building.deal, building.load
    made = b""
    for name, fee in deal.all_fees.items():
        if fee.year_cap is not None:
            made += building.set(f"{name}.in_year", node(Node.ADD, load_(f"{name}.in_year"), load_(f"{name}.paid")))
        if not fee.carry:
            made += building.set(f"{name}.owed", const(0))
    if any(fee.year_cap for fee in deal.all_fees.values()):
        made += building.set("year before", load_("year"))
    for name, trigger in deal.triggers.items():
        if trigger.at == "after":
            made += _trigger(building, name)[0]
    for name, carried in deal.carried.items():
        value = building.read(carried.next, Unit(carried.unit), f"carried.{name}.next")
        made += building.set(f"{name}.next", node(Node.POS, value.code))
    for name in deal.carried:
        made += building.set(name, load_(f"{name}.next"))
    return made + b"".join(_payable(building, one.tranche) for one in deal.issued)


def _payable(building: Building, name: str) -> bytes:
    """What holders get in their own currency: converted once, rounded down, the rest carried."""
    deal, load_ = building.deal, building.load
    paid = [load_(f"{name}.{word}_paid") for word in ("interest", "principal", "residual")]
    total = node(Node.ADD, node(Node.ADD, paid[0], paid[1]), paid[2])
    if not deal.converts:
        return building.set(f"{name}.payable", total)
    shift = deal.paid_in.decimals - deal.decimals
    over, under = 10 ** max(shift, 0), FX_SCALE * 10 ** max(-shift, 0)
    exact = node(Node.MUL, total, load_("fx"))
    if over > 1:
        exact = node(Node.MUL, exact, const(over))
    made = building.set(f"{name}.rest", node(Node.ADD, exact, load_(f"{name}.rest")))
    made += building.set(f"{name}.payable", node(Node.MULDIV, load_(f"{name}.rest"), const(1), const(under)))
    kept = node(Node.SUB, load_(f"{name}.rest"), node(Node.MUL, load_(f"{name}.payable"), const(under)))
    return made + building.set(f"{name}.rest", kept)
