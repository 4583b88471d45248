"""Of any dossier: no content breaks its checks, and their arithmetic is what a plain recount gives."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from abst import demo_data
from abst.deal import Deal
from abst.errors import Refusal
from abst.filing.blocks import Assets, Entity
from abst.filing.blocks.assets import Flow, Provider
from abst.filing.blocks.entity import Owner
from abst.filing.checks import judge
from abst.filing.checks.entity import owners
from abst.filing.checks.negative_list import major_providers
from abst.filing.dossier import Dossier
from abst.filing.reading import parse
from abst.rulebook import load

RAW: dict[str, Any] = parse(demo_data.text("dossier.yaml"), "dossier")
WHOLE = Dossier.of(RAW)
DEAL = Deal.read(demo_data.text("deal.yaml"))
BOOK = load()
BASE = date(2026, 6, 30)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value in the file, blocks and lists included."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from leaves(item, (*path, key))


PATHS = [path for path in leaves(RAW) if path[:2] != ("assets", "flows") or path == ("assets", "flows")]
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.text(max_size=20),
    st.dates(),
    st.sampled_from(["", " ", "CN", "entity", "abs", "clear", "0", "1", [], {}, "loan", "warehouse-receipt"]),
)


@given(st.lists(st.tuples(st.sampled_from(PATHS), JUNK), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_nothing_in_a_file_breaks_its_checks(changes: list[tuple[tuple[str | int, ...], Any]]) -> None:
    """Whatever stands in whichever fields, the answer is a list of refusals with places, never an error."""
    raw = copy.deepcopy(RAW)
    for path, value in changes:
        place: Any = raw
        try:
            for part in path[:-1]:
                place = place[part]
            place[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    for refusal in judge(raw, BOOK, DEAL):
        assert isinstance(refusal, Refusal)
        assert refusal.where
        assert refusal.reason


@given(st.sampled_from([path for path in PATHS if isinstance(path[-1], str)]))
@settings(max_examples=40, deadline=None)
def test_a_field_left_out_is_named_or_has_a_default(path: tuple[str | int, ...]) -> None:
    """Taking one field away is refused at that field, or at what its default contradicts; nothing is named twice."""
    raw = copy.deepcopy(RAW)
    place: Any = raw
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    found = [(refusal.reason, refusal.where) for refusal in judge(raw, BOOK, DEAL)]
    assert len(set(found)) == len(found)


cash = st.integers(1, 1000)


@given(st.lists(st.tuples(cash, st.booleans(), st.booleans()), min_size=1, max_size=6), cash)
@settings(max_examples=40, deadline=None)
def test_a_discredited_provider_is_major_over_fifteen_in_a_hundred(
    rows: list[tuple[int, bool, bool]], past: int
) -> None:
    """A row is refused exactly when discredited and 100 x its future cash is over 15 x all; the past adds none."""
    providers = [
        Provider(id=f"p{n}", name=f"示例 {n}", discredited=bad, checked_on=BASE) for n, (_, bad, _) in enumerate(rows)
    ]
    flows = [
        Flow(provider=f"p{n}", on=BASE + timedelta(days=1), amount=amount) for n, (amount, _, _) in enumerate(rows)
    ]
    flows += [Flow(provider=f"p{n}", on=BASE, amount=past) for n, (_, _, old) in enumerate(rows) if old]
    total = sum(amount for amount, _, _ in rows)
    assert WHOLE.assets is not None
    assets: Assets = WHOLE.assets.model_copy(update={"providers": tuple(providers), "flows": tuple(flows)})
    found = {r.where for r in major_providers(WHOLE.model_copy(update={"assets": assets}), BOOK)}
    expected = {
        f"assets.providers[{n}]" for n, (amount, bad, _) in enumerate(rows) if bad and 100 * amount > 15 * total
    }
    assert found == expected


@given(st.lists(st.integers(1, 999), min_size=1, max_size=6), st.integers(-2, 2))
@settings(max_examples=40, deadline=None)
def test_shares_sum_to_one_to_the_last_digit(parts: list[int], off: int) -> None:
    """Owners whose shares sum to one pass; one ten-thousandth too many or too few is refused, once."""
    total = sum(parts)
    shares = [Decimal(10_000 * part // total) for part in parts]
    shares[0] += 10_000 - sum(shares) + off
    if not all(0 < share <= 10_000 for share in shares):
        return
    held = tuple(
        Owner(id=f"o{n}", name="示例", of="entity", share=f"{share / 10_000:f}", kind="state-body", country="CN")
        for n, share in enumerate(shares)
    )
    assert WHOLE.entity is not None
    entity: Entity = WHOLE.entity.model_copy(update={"owners": held})
    found = [r.reason for r in owners(WHOLE.model_copy(update={"entity": entity}), BOOK)]
    assert found == (["ownership-sum"] if off else [])
