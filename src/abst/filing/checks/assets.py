"""The asset block besides the negative list: figures, concentration, history, valuation, servicer (R-27, R-78)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from abst.errors import Refusal
from abst.filing.checks.common import party_ids, percent
from abst.filing.checks.negative_list import walk
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook, refuse


def statistics(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-33: the figures of the pool fit each other, and its debtors are those of its last layers."""
    assets = dossier.assets
    if assets is None:
        return
    told = assets.statistics
    average = assets.pool_balance // told.contracts
    if told.average_balance != average:
        found, needed = str(told.average_balance), f"{average}, the pool by {told.contracts} contracts"
        yield refuse("R-33", "pool-average", found=found, needed=needed, where="assets.statistics.average_balance")
    if assets.obligors > told.contracts:
        needed = f"at most {told.contracts}, the contracts"
        yield refuse("R-33", "pool-obligors", found=str(assets.obligors), needed=needed, where="assets.obligors")
    last = {layer.debtor for _, layer in walk(assets.layers) if not layer.underlying}
    if set(assets.obligor_kinds) != last:
        found, needed = ", ".join(assets.obligor_kinds), f"{', '.join(sorted(last))}, as in the last layers"
        yield refuse("R-33", "obligor-kinds", found=found, needed=needed, where="assets.obligor_kinds")
    parts = [("statistics.largest_balance", told.largest_balance), ("statistics.overdue", told.overdue)]
    parts += [(f"concentration[{n}].balance", one.balance) for n, one in enumerate(assets.concentration)]
    for where, amount in parts:
        if amount > assets.pool_balance:
            needed = f"at most {assets.pool_balance}, the pool"
            yield refuse("R-33", "over-the-pool", found=str(amount), needed=needed, where=f"assets.{where}")


def concentration(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-78: a debtor or a group over its share of the pool is disclosed."""
    assets = dossier.assets
    if assets is None:
        return
    limits = {
        "obligor": Fraction(rulebook.setting("R-78", "single")),
        "group": Fraction(rulebook.setting("R-78", "group")),
    }
    for n, one in enumerate(assets.concentration):
        share = Fraction(one.balance, assets.pool_balance)
        if limits[one.kind] < share <= 1 and not one.disclosure.strip():
            found = f"{one.name}: {percent(share)} of the pool, nothing disclosed"
            needed = f"its disclosure over {percent(limits[one.kind])}"
            where = f"assets.concentration[{n}].disclosure"
            yield refuse("R-78", "concentration", found=found, needed=needed, where=where)


def history(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-27, R-33: losses of enough vintages; what has defaulted never falls nor exceeds what was originated."""
    assets = dossier.assets
    if assets is None:
        return
    least, years = rulebook.number("R-27", "vintages"), [one.year for one in assets.history]
    if len(years) < least:
        found = f"{len(years)} vintages"
        yield refuse("R-27", "history-short", found=found, needed=f"{least} at least", where="assets.history")
    if years != sorted(set(years)):
        found = ", ".join(map(str, years))
        yield refuse("R-33", "history-order", found=found, needed="each year once, rising", where="assets.history")
    for n, one in enumerate(assets.history):
        where = f"assets.history[{n}].defaulted"
        if any(later < earlier for earlier, later in pairwise((0, *one.defaulted))):
            needed = "amounts since origination that never fall"
            yield refuse("R-33", "vintage-falls", found=", ".join(map(str, one.defaulted)), needed=needed, where=where)
        elif one.defaulted and one.defaulted[-1] > one.originated:
            needed = f"at most {one.originated}, what was originated"
            yield refuse("R-33", "vintage-over", found=str(one.defaulted[-1]), needed=needed, where=where)


def firms(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-27: the servicer and the valuer are parties of the structure."""
    assets = dossier.assets
    if assets is None or dossier.structure is None:
        return
    if assets.servicer not in party_ids(dossier, "servicer"):
        needed = "a party with the role servicer"
        yield refuse("R-27", "servicer-unknown", found=assets.servicer, needed=needed, where="assets.servicer")
    if assets.valuation.valuer not in party_ids(dossier):
        found, where = assets.valuation.valuer, "assets.valuation.valuer"
        yield refuse("R-27", "valuer-unknown", found=found, needed="a party of the structure", where=where)


CHECKS = (statistics, concentration, history, firms)
