"""A transfer costs the same however many there are of everything; `make bench` goes on to 10,000."""

from __future__ import annotations

import pytest

from abst.bench.curves import QUANTITIES, curve


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_transfer_costs_the_same_among_many(quantity: str) -> None:
    """Given 10 and then 100 investors, holders, filings, documents or record dates, no unit of gas should be added."""
    found = curve(quantity, (10, 100))
    assert found.is_flat, found
    assert set(found.steady) == {10, 100}
    assert bool(found.first) == (quantity == "record dates")
