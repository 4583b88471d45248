"""Every number of a deal by its name: which are inputs, which are remembered, which live for one payment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from abst.deal.waterfall.expressions import Quantity, Unit

if TYPE_CHECKING:
    from abst.deal.model import Deal

REPORTED = (  # of every servicer's report, in this order
    ("pool_closing", Unit.MONEY),
    ("pool_month_openings", Unit.MONEY),
    ("principal", Unit.MONEY),
    ("interest", Unit.MONEY),
    ("recoveries", Unit.MONEY),
    ("other", Unit.MONEY),
    ("defaults", Unit.MONEY),
    ("delinquent_30", Unit.MONEY),
    ("delinquent_60", Unit.MONEY),
    ("delinquent_90", Unit.MONEY),
    ("default_declared", Unit.FLAG),
)
RECEIPTS = ("principal", "interest", "recoveries", "other")  # of them, those that are cash
NAMED = {  # what an expression calls a reported figure
    "pool.month_openings": "pool_month_openings",
    "pool.defaults": "defaults",
    "pool.recoveries": "recoveries",
    "pool.delinquent_30": "delinquent_30",
    "pool.delinquent_60": "delinquent_60",
    "pool.delinquent_90": "delinquent_90",
    "collections.principal": "principal",
    "collections.interest": "interest",
    "collections.recoveries": "recoveries",
    "collections.other": "other",
}
SUMMED = (
    "balance",
    "opening",
    "face",
    "target",
    "interest_due",
    "interest_accrued",
    "interest_paid",
    "shortfall",
    "principal_paid",
    "residual_paid",
    "written_down",
)
"""What a group of classes has as a sum over them."""


@dataclass
class Layout:
    """Slots by name. Inputs come first, then state, then what lives for one run; so each part is declared in turn."""

    inputs: list[str] = field(default_factory=list)
    state: list[str] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    slots: dict[str, int] = field(default_factory=dict)
    quantities: dict[str, Quantity] = field(default_factory=dict)

    def of(self, name: str) -> int:
        return self.slots[name]

    def add(self, name: str, unit: Unit, *, of: str = "", hidden: bool = False) -> int:
        """A number of one run. of: what has to be reckoned before; hidden: no expression may name it."""
        slot = self.slots[name] = len(self.slots)
        if not hidden:
            self.quantities[name] = Quantity(slot, unit, of)
        return slot

    def input(self, name: str, unit: Unit, word: str = "") -> None:
        """word: what an expression calls it, nothing when it may not be named."""
        slot = self.add(name, unit, hidden=True)
        self.inputs.append(name)
        if word:
            self.quantities[word] = Quantity(slot, unit)

    def remember(self, name: str, unit: Unit, start: int = 0, *, of: str = "", hidden: bool = False) -> None:
        self.add(name, unit, of=of, hidden=hidden)
        self.state.append(name)
        self.start.append(start)


def lay_out(deal: Deal, steps: Sequence[str], lets: Sequence[str]) -> Layout:
    """The layout of a deal. steps: ids of steps that pay; lets: ids of steps that only reckon, not named from start."""
    made = Layout()
    _inputs(made, deal)
    _state(made, deal)
    _time_and_pool(made, deal)
    _classes(made, deal)
    _fees(made, deal)
    for name in deal.quantities:
        made.add(name, Unit.MONEY, of=f"quantities.{name}")
    for name in deal.tests:
        made.add(f"test.{name}", Unit.FLAG, of=f"tests.{name}")
    for name in deal.carried:
        made.add(f"{name}.next", Unit.MONEY, hidden=True)
    for name in ("accelerated", "default"):
        made.add(f"mode.{name}", Unit.FLAG, of="mode")
    for name in dict.fromkeys((*(f"{step}.paid" for step in steps), *lets)):
        made.add(name, Unit.MONEY, hidden=True)
    for payee in deal.outside_payees:
        made.add(f"paid to {payee}", Unit.MONEY, hidden=True)
    return made


def _inputs(made: Layout, deal: Deal) -> None:
    words = {reported: word for word, reported in NAMED.items()}
    for name, unit in REPORTED:
        made.input(name, unit, words.get(name, ""))
    _months(made, deal)
    made.quantities["pool.recoveries"] = made.quantities["collections.recoveries"]
    for name in deal.calls:
        made.input(f"call.{name}", Unit.FLAG, f"call.{name}")
    if deal.calls:
        made.input("call.price", Unit.MONEY, "call.price")
    for name in deal.indices:
        made.input(f"index.{name}", Unit.RATE, f"index.{name}")
    for name, own in deal.inputs.items():
        made.input(f"input.{name}", Unit(own.unit), f"input.{name}")
    if deal.converts:
        made.input("fx", Unit.COUNT)


def _months(made: Layout, deal: Deal) -> None:
    """pool.month_1 and so on: the pool at the start of each month collected; inputs where a period has several."""
    most = max(one.months for one in deal.payments)
    for number in range(1, most + 1) if most > 1 else ():
        made.input(f"pool_month_{number}", Unit.MONEY, f"pool.month_{number}")
    if most == 1:
        made.quantities["pool.month_1"] = made.quantities["pool.month_openings"]


def _state(made: Layout, deal: Deal) -> None:
    made.remember("period", Unit.COUNT)
    made.remember("pool.carried", Unit.MONEY, deal.pool.balance, hidden=True)
    made.remember("pool.defaults_total", Unit.MONEY)
    made.remember("pool.recoveries_total", Unit.MONEY)
    for name, account in deal.accounts.items():
        made.remember(f"{name}.balance", Unit.MONEY, account.opening)
    for one in deal.tranches:
        made.remember(f"{one.tranche}.balance", Unit.MONEY, one.start)
        made.remember(f"{one.tranche}.written_down", Unit.MONEY)
        made.remember(f"{one.tranche}.interest_due", Unit.MONEY, of=f"class {one.tranche}")
        if one.token and deal.converts:
            made.remember(f"{one.tranche}.rest", Unit.COUNT, hidden=True)
    for name, fee in deal.all_fees.items():
        made.remember(f"{name}.owed", Unit.MONEY, of=f"fees.{name}")
        if fee.year_cap:
            made.remember(f"{name}.in_year", Unit.MONEY, hidden=True)
    made.remember("year before", Unit.COUNT, hidden=True)
    made.remember("default declared", Unit.FLAG, hidden=True)
    for name, trigger in deal.triggers.items():
        of = f"triggers.{name}" if trigger.at == "before" else ""
        made.remember(f"trigger.{name}", Unit.FLAG, of=of)
    for name, carried in deal.carried.items():
        made.remember(name, Unit(carried.unit), carried.begin)


def _time_and_pool(made: Layout, deal: Deal) -> None:
    for name, unit in (
        ("payment_date", Unit.DATE),
        ("months", Unit.COUNT),
        ("days", Unit.COUNT),
        ("days_360", Unit.COUNT),
        ("collection_days", Unit.COUNT),
        ("year", Unit.COUNT),
        ("month", Unit.COUNT),
        ("first_of_year", Unit.FLAG),
        ("last", Unit.FLAG),
        ("pool.opening", Unit.MONEY),
        ("pool.closing", Unit.MONEY),
        ("pool.initial", Unit.MONEY),
        ("pool.original", Unit.MONEY),
        ("collections.total", Unit.MONEY),
    ):
        made.add(name, unit)
    made.add("called", Unit.FLAG, hidden=True)
    for name in deal.accounts:
        made.add(f"{name}.opening", Unit.MONEY)


def _classes(made: Layout, deal: Deal) -> None:
    for one in deal.tranches:
        name, of = one.tranche, f"class {one.tranche}"
        for word in ("opening", "face", "target", "shortfall"):
            made.add(f"{name}.{word}", Unit.MONEY)
        made.add(f"{name}.matured", Unit.FLAG)
        made.add(f"{name}.rate", Unit.RATE, of=of)
        made.add(f"{name}.interest_accrued", Unit.MONEY, of=of)
        for word in ("interest_paid", "principal_paid", "residual_paid"):
            made.add(f"{name}.{word}", Unit.MONEY)
        if one.token:
            made.add(f"{name}.payable", Unit.MONEY, hidden=True)


def _fees(made: Layout, deal: Deal) -> None:
    for name in deal.all_fees:
        for word in ("due", "accrued"):
            made.add(f"{name}.{word}", Unit.MONEY, of=f"fees.{name}")
        made.add(f"{name}.paid", Unit.MONEY)
        made.add(f"{name}.total", Unit.MONEY, hidden=True)
