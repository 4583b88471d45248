"""What was measured beside what was aimed at and what others need: tables for people, a list of objects for machines.

A figure is (name, value, unit, target, better, compared_with, others, best_peer, beats_best_peer, why); `better` says
whether lower or higher is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abst.bench import peers
from abst.bench.curves import Curve

if TYPE_CHECKING:
    from rich.table import Table

# Most gas per act, as designed; acts without a target are shown all the same.
GAS_TARGETS: dict[str, int] = {
    peers.TRANSFER: 45_600,
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
    "declare a payment": 95_000,
    "claim, after the first in 256": 70_000,
    "push to 100 new payees, each": 36_000,
    "push to 100 known payees, each": 20_500,
    "publish a document, the first time": 120_000,
    "publish a document, again": 47_000,
    "three tranches in one transaction": 11_000_000,
}
# Targets that are missed, and what the gas buys.
SHORTFALL: dict[str, str] = {
    "declare a payment": "the design's sketch (85,000) did without three questions: who may pay (5,900), whether the "
    "token is a tranche of this registry (4,700), whether the asset is on the list (3,100).",
}
TIMES_PLAIN = Decimal("1.35")  # at most, of the plain ERC-20's transfer
PLAIN = f"{peers.PLAIN}: "
ERC3643 = f"{peers.ERC3643}: "
WIDTH = 150


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. value and target in `unit`; target None: none was set.

    others: who -> the same act in the same unit; best_peer: the permissioned one that needs least; why: in words,
    where it is not beaten or the target is missed.
    """

    name: str
    value: Decimal
    unit: str
    target: Decimal | None
    better: str
    compared_with: str
    others: Mapping[str, int] = field(default_factory=dict)
    best_peer: str = ""
    beats_best_peer: bool | None = None
    why: str = ""

    @property
    def reached(self) -> bool | None:
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "lower" else self.value >= self.target


def gas_figures(measured: Mapping[str, int]) -> list[Figure]:
    """Gas per act, beside the plain ERC-20 and ERC-3643 of the same run and the best of the peers."""
    figures = []
    for act, gas in measured.items():
        if act.startswith((PLAIN, ERC3643)):
            continue
        plain, erc3643 = measured.get(plain_act(act)), measured.get(erc3643_act(act))
        others = peers.figures_of(act, erc3643)
        beside = []
        if plain is not None:
            beside.append(f"{peers.PLAIN} {plain:,} ({Decimal(gas) / plain:.2f} x)")
        if erc3643 is not None:
            beside.append(f"{peers.ERC3643} {erc3643:,} (1/{Decimal(erc3643) / gas:.1f})")
        best = min(others, key=others.__getitem__, default="")
        target = GAS_TARGETS.get(act)
        figures.append(
            Figure(
                act,
                Decimal(gas),
                "gas",
                None if target is None else Decimal(target),
                "lower",
                "; ".join(beside),
                others if plain is None else {peers.PLAIN: plain} | others,
                best,
                gas < others[best] if best else None,
                " ".join(filter(None, (peers.why_not(act), SHORTFALL.get(act, "")))),
            )
        )
    return figures


def curve_figures(curves: Sequence[Curve]) -> list[Figure]:
    """The same transfer at each count; its target is what it cost at the first."""
    figures = []
    for curve in curves:
        for what, by_count in (("transfer", curve.steady), ("first transfer after a record date", curve.first)):
            ground = Decimal(next(iter(by_count.values()), 0))
            for count, gas in by_count.items():
                name = f"{what} at {count:,} {curve.quantity}"
                figures.append(Figure(name, Decimal(gas), "gas", ground, "lower", f"{gas - ground:+,} since the first"))
    return figures


def plain_act(act: str) -> str:
    """The same act of the plain ERC-20, by name; there may be none."""
    return PLAIN + act.removesuffix(", every rule").replace(", eligible", "").replace("mint one, approved", "mint")


def erc3643_act(act: str) -> str:
    """The same act of ERC-3643, by name; there may be none."""
    return ERC3643 + act


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


def show_gas(figures: Sequence[Figure], *, peers_measured: bool) -> None:
    """Print the table of gas: misses are marked, and numbered notes say what a cheaper peer leaves out."""
    table = _table("gas, whole transactions", "here", "target", "", peers.PLAIN, peers.ERC3643, "best peer", "")
    notes: list[str] = []
    for figure in figures:
        others = {who: f"{gas:,}" for who, gas in figure.others.items()}
        verdict = {None: "", True: "beaten", False: "does less"}[figure.beats_best_peer]
        if figure.why:
            notes.append(f"({len(notes) + 1}) {figure.name}: {figure.why}")
            verdict = f"{verdict} ({len(notes)})".strip()
        table.add_row(
            figure.name,
            f"{figure.value:,}",
            *_target(figure),
            others.get(peers.PLAIN, ""),
            others.get(peers.ERC3643, ""),
            f"{figure.best_peer} {others[figure.best_peer]}" if figure.best_peer else "",
            verdict,
        )
    if not peers_measured:
        notes.append(f"{peers.ERC3643} was not measured: `make bench` installs its package.")
    _print(table, *notes)


def show_curves(curves: Sequence[Curve]) -> None:
    """Print the cost of the same transfer among more and more of everything."""
    counts = sorted({count for curve in curves for count in curve.steady})
    table = _table("the same transfer among", *(f"{count:,}" for count in counts), "")
    for curve in curves:
        for what, by_count in ((curve.quantity, curve.steady), (f"{curve.quantity}, the first after", curve.first)):
            if by_count:
                flat = "flat" if len(set(by_count.values())) == 1 else "NOT FLAT"
                table.add_row(what, *(f"{by_count[count]:,}" for count in counts), flat)
    _print(table)


def show_speed(figures: Sequence[Figure]) -> None:
    """Print the speed of this machine."""
    table = _table("speed, here and now", "value", "target", "")
    for figure in figures:
        table.add_row(figure.name, f"{figure.value:,} {figure.unit}", *_target(figure))
    _print(table)


def _target(figure: Figure) -> tuple[str, str]:
    marks = {None: "", True: "ok", False: "MISSED"}
    return "" if figure.target is None else f"{figure.target:,}", marks[figure.reached]


def _table(first: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right" if column else "left", overflow="fold")
    return table


def _print(table: Table, *notes: str) -> None:
    from rich.console import Console

    console = Console(width=WIDTH)
    console.print(table)
    for note in notes:
        console.print(note, highlight=False, soft_wrap=False)
