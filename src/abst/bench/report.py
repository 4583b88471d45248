"""What was measured beside what was aimed at and what others need: a table for people, a list of objects for machines.

A figure is (name, value, unit, target, better, compared_with); `better` says whether lower or higher is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

# Most gas per act, as designed; acts without a target are shown all the same.
GAS_TARGETS: dict[str, int] = {
    "transfer, both holding, every rule": 45_600,
    "transfer to a new, eligible holder": 68_500,
    "first transfer after a record date, both sides": 91_000,
    "refused, any reason": 38_000,
    "transfer to 100 holders, each": 12_300,
    "mint to 100 new, approval included, each": 29_500,
    "admit 100, each": 26_000,
    "record date": 42_000,
    "freeze, the act": 43_000,
    "forced transfer, the act": 63_000,
    "freeze, by two officers": 135_000,
    "forced transfer, by two officers": 156_000,
    "recover, the act": 90_000,
    "three tranches in one transaction": 11_000_000,
}
# The reference implementation of ERC-3643 (T-REX 4.1.6, three compliance modules), measured on the same EVM.
ERC3643: dict[str, int] = {
    "transfer, both holding, every rule": 370_737,
    "transfer to a new, eligible holder": 404_925,
    "transfer by allowance": 378_674,
    "transfer to 100 holders, each": 186_759,
    "refused, any reason": 73_954,
    "admit one": 843_961,
    "admit 100, each": 795_835,
    "mint one, approved, new holder": 332_400,
    "mint to 100 new, approval included, each": 171_780,
    "freeze, the act": 63_546,
    "forced transfer, the act": 310_618,
    "recover, the act": 547_311,
    "deploy all, before the first token": 40_000_000,
}
PLAIN = "plain ERC-20: "


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. value and target in `unit`; target None: none was set."""

    name: str
    value: Decimal
    unit: str
    target: Decimal | None
    better: str
    compared_with: str

    @property
    def reached(self) -> bool | None:
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "lower" else self.value >= self.target


def gas_figures(measured: Mapping[str, int]) -> list[Figure]:
    """Gas per act, with the plain ERC-20 of the same run beside it where it has the same act."""
    figures = []
    for act, gas in measured.items():
        beside = []
        plain = measured.get(plain_act(act))
        if plain is not None:
            beside.append(f"plain ERC-20 {plain:,} ({Decimal(gas) / plain:.2f} x)")
        if act in ERC3643:
            beside.append(f"ERC-3643 {ERC3643[act]:,} (1/{Decimal(ERC3643[act]) / gas:.1f})")
        target = GAS_TARGETS.get(act)
        figures.append(
            Figure(act, Decimal(gas), "gas", None if target is None else Decimal(target), "lower", "; ".join(beside))
        )
    return figures


def plain_act(act: str) -> str:
    """The same act of the plain ERC-20, by name; there may be none."""
    return PLAIN + act.removesuffix(", every rule").replace(", eligible", "").replace("mint one, approved", "mint")


def as_object(figure: Figure) -> dict[str, Any]:
    """JSON-able: whole numbers as they are, the others as JSON's decimal fractions."""
    return asdict(figure) | {"value": _number(figure.value), "target": _number(figure.target)}


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def write(figures: Sequence[Figure], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = [as_object(figure) for figure in figures]
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def show(figures: Sequence[Figure]) -> None:
    """Print the table; misses are marked."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="abst bench", title_justify="left")
    for column, justify in (
        ("what", "left"),
        ("value", "right"),
        ("target", "right"),
        ("", "left"),
        ("beside", "left"),
    ):
        table.add_column(column, justify="right" if justify == "right" else "left", overflow="fold")
    marks = {None: "", True: "ok", False: "MISSED"}
    for figure in figures:
        target = "" if figure.target is None else f"{figure.target:,}"
        value = f"{figure.value:,} {figure.unit}"
        table.add_row(figure.name, value, target, marks[figure.reached], figure.compared_with)
    Console(width=150).print(table)
