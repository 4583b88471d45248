"""Rows are cut into lots in their order, and several results make one."""

from __future__ import annotations

from itertools import chain, pairwise

from hypothesis import given
from hypothesis import strategies as st

from abst.chain import parts
from abst.chain.office import DONE, WAITING, Result


@given(rows=st.lists(st.integers(1, 120)), most_gas=st.integers(1, 300), most=st.integers(1, 8))
def test_a_lot_never_holds_more_than_its_gas_or_number(rows: list[int], most_gas: int, most: int) -> None:
    """Given rows and what each needs, lots should hold all of them in order, and no lot take more than it may, unless
    it is one row that needs more by itself; nor could a lot have begun earlier.
    """
    lots = list(parts.lots(rows, lambda gas: gas, most_gas, most))
    assert list(chain.from_iterable(lots)) == rows
    for lot in lots:
        assert len(lot) == 1 or (sum(lot) <= most_gas and len(lot) <= most)
    for lot, after in pairwise(lots):
        assert sum(lot) + after[0] > most_gas or len(lot) == most


def test_several_results_are_one() -> None:
    """Given parts of which one waits, numbers should be added, lists joined in order, and the whole wait."""
    some = [
        Result(f"req.{n}", "act", outcome, {"rows": n, "names": [str(n)]}, (), (f"warning {n}",))
        for n, outcome in ((1, DONE), (2, WAITING), (3, DONE))
    ]
    whole = parts.joined(some)
    assert (whole.outcome, whole.result) == (WAITING, {"rows": 6, "names": ["1", "2", "3"]})
    assert whole.warnings == ("warning 1", "warning 2", "warning 3")
    assert parts.joined(some[:1]).outcome == DONE
