"""Corrections and reports without a chain: rights rank, shares tie, small groups are merged, plans are compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from abst.decisions.results import plain_of
from abst.disclosure.kinds import KINDS as KINDS_OF_DISCLOSURE
from abst.errors import Conflict, UsageError
from abst.filing.states import Status
from abst.holders import correction_gates as gates
from abst.holders import encumbrances
from abst.holders.correction_gates import Encumbering, Enforcing, Held, Reversal, Share, Succession
from abst.holders.movement import PartyFacts
from abst.holders.tables import Correction, Encumbrance
from abst.integrity.kinds import KINDS
from abst.investor.model import Kind, Role
from abst.issuance.load import read_register
from abst.issuance.tables import RegisterLoad
from abst.reports import cells
from abst.reports.cells import OTHER, Cell
from abst.reports.differences import ABSENT, compare
from abst.reports.paper import LANGS, Report, Section
from abst.rulebook import load
from abst.store import Store
from abst.transfers.corrections import read_share

UNITS = st.integers(0, 2**96 - 1)
SOME = st.integers(1, 10**12)


# ---- gates


@given(allotted=SOME, parts=st.lists(SOME, max_size=6))
def test_a_row_never_gives_back_more_than_it_was_allotted(allotted: int, parts: list[int]) -> None:
    """Whatever is asked, and in which parts: what passes adds up to the row at most."""
    given_back = 0
    for amount in parts:
        if not gates.why_not_reverse(Reversal(amount, allotted, given_back, "final", "row 1")):
            given_back += amount
    assert given_back <= allotted
    assert not gates.why_not_reverse(Reversal(allotted - given_back, allotted, given_back, "final", "row 1"))


@given(
    held=st.dictionaries(st.sampled_from("ABC"), SOME, min_size=1),
    cuts=st.lists(st.floats(0, 1, exclude_max=True), max_size=3),
)
def test_shares_pass_exactly_when_they_are_all_that_is_held(held: dict[str, int], cuts: list[float]) -> None:
    """Any division into heirs passes; one unit more or less anywhere does not."""
    shares: list[Share] = []
    for token, balance in held.items():
        left = balance
        for number, cut in enumerate(cuts):
            part = int(left * cut)
            shares.append(Share(f"heir-{number}", token, part))
            left -= part
        shares.append(Share("last", token, left))
    holdings = tuple(Held(token, "0xA", balance) for token, balance in held.items())
    assert gates.why_not_succeed(Succession("dead", True, holdings, tuple(shares), "0x1")) == []
    for step in (-1, 1):
        last = shares[-1]
        wrong = (*shares[:-1], Share(last.heir, last.token, last.amount + step))
        told = gates.why_not_succeed(Succession("dead", True, holdings, wrong, "0x1"))
        assert [refusal.reason for refusal in told] == ["shares-differ"]


@given(balance=UNITS, frozen=UNITS, amount=SOME)
def test_a_pledge_lies_on_free_units_alone(balance: int, frozen: int, amount: int) -> None:
    """It passes just when the units are held and not frozen; an attachment always passes."""
    pledgor = PartyFacts("0xA", number=1, balance=balance, frozen=frozen)
    asked = Encumbering("pledge", pledgor, PartyFacts("0xB", number=2), amount, "0x1")
    assert (gates.why_not_encumber(asked) == []) == (amount <= balance - frozen)
    assert gates.why_not_encumber(Encumbering("attachment", pledgor, None, amount, "0x1")) == []


@given(balance=UNITS, rights=st.lists(SOME, min_size=1, max_size=5), amount=SOME)
def test_an_earlier_right_is_never_touched_by_a_later_one(balance: int, rights: list[int], amount: int) -> None:
    """Whatever passes leaves the units of all earlier rights in the wallet, as far as they were there."""
    senior, own = sum(rights[:-1]), rights[-1]
    if not gates.why_not_enforce(Enforcing(amount, balance, own, senior, "")):
        assert amount <= own
        assert not senior or balance - amount >= senior


@pytest.mark.parametrize("name", ["forced-movement", "mint-reversal", "succession", "encumbrance", "register-load"])
def test_every_gate_of_a_kind_says_its_rule(name: str) -> None:
    """What a gate checks begins with the rule that it stands on, so that a decision can say it."""
    for gate in KINDS[name].gates:
        assert str(gate.__doc__).startswith("R-"), gate


def test_facts_come_back_from_plain_data() -> None:
    """A decision is judged again on what was stored of it."""
    facts = Succession("dead", True, (Held("T", "0xA", 5),), (Share("bob", "T", 5),), "0x1")
    assert KINDS["succession"].restore(plain_of(facts)) == facts


# ---- files and words


def test_a_share_is_read_from_one_word() -> None:
    """The token may be FILING:TRANCHE itself."""
    assert read_share("inv-2:1:0:5_000") == Share("inv-2", "1:0", 5_000)
    for word in ("inv-2", "inv-2:5000", ":T:5", "inv-2:T:", "inv-2:T:-1"):
        with pytest.raises(UsageError):
            read_share(word)


def test_a_register_is_read_by_row() -> None:
    """Amounts with separators, optional lot and lock; what is malformed names its row."""
    rows = read_register("﻿investor,amount,lot,lock\na,1_000,x,2027-01-01\nb,2,,\n".encode())
    assert [(row.row, row.holder, row.amount, row.lot, row.lock) for row in rows] == [
        (2, "a", 1_000, "x", "2027-01-01"),
        (3, "b", 2, "", ""),
    ]
    for text in (
        "name,amount\n",
        "investor,amount\n,5\n",
        "investor,amount\na,1.5\n",
        "investor,amount,lock\na,1,soon\n",
    ):
        with pytest.raises(UsageError):
            read_register(text.encode())
    with pytest.raises(UsageError):
        read_register(b"\xff\xfe")


# ---- small groups


GROUPS = st.lists(st.tuples(st.integers(0, 30).map(str), st.sampled_from(["HK", "SG", "GB", "JP"]), SOME), max_size=40)


@given(rows=GROUPS, least=st.integers(1, 6))
def test_small_groups_are_merged_and_nothing_is_lost(rows: list[tuple[str, str, int]], least: int) -> None:
    """Units add up; each group shown has enough investors, unless all together have not."""
    counted = cells.count(rows)
    shown = cells.merged(counted, least)
    assert sum(cell.units for cell in shown) == sum(units for _, _, units in rows)
    assert sum(cell.investors for cell in shown) == sum(cell.investors for cell in counted)
    assert len(shown) <= 1 or all(cell.investors >= least for cell in shown)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"HK": 5, "SG": 3}, ["HK", "SG"]),
        ({"HK": 5, "SG": 2}, [OTHER]),
        ({"HK": 5, "SG": 4, "GB": 2}, ["HK", OTHER]),
        ({"HK": 5, "SG": 2, "GB": 1}, ["HK", OTHER]),
        ({"HK": 2}, [OTHER]),
        ({}, []),
    ],
)
def test_a_group_below_three_is_not_told_by_what_is_left(sizes: dict[str, int], expected: list[str]) -> None:
    """At three a group stands; at two it is merged, with the next smallest where the rest alone would tell."""
    made = [Cell(group, investors, investors) for group, investors in sizes.items()]
    assert [cell.group for cell in cells.merged(made, 3)] == expected


# ---- plans


PLAN: dict[str, Any] = {
    "code": {"hash": "0x1"},
    "deal": {"tranches": [{"symbol": "A", "face": 10}, {"symbol": "B", "face": 5}], "id": "x"},
    "dossier": {"filing": {"title": "t", "prepared_on": date(2026, 1, 1)}, "plan": {"total": 15, "places": ["HK"]}},
}
MATERIAL = ("code", "deal", "dossier.plan")


def test_two_equal_plans_have_no_difference() -> None:
    assert compare(PLAN, PLAN, MATERIAL) == []


@pytest.mark.parametrize(
    ("change", "path", "values", "material"),
    [
        (lambda p: p["code"].update(hash="0x2"), "code.hash", ("0x1", "0x2"), True),
        (lambda p: p["deal"]["tranches"][1].update(face=6), "deal.tranches[B].face", ("5", "6"), True),
        (lambda p: p["deal"]["tranches"].pop(0), "deal.tranches[A]", ("symbol A; face 10", ABSENT), True),
        (lambda p: p["dossier"]["plan"].update(places=["HK", "SG"]), "dossier.plan.places[1]", (ABSENT, "SG"), True),
        (lambda p: p["dossier"]["filing"].update(title="u"), "dossier.filing.title", ("t", "u"), False),
        (lambda p: p["dossier"].update(plans=1), "dossier.plans", (ABSENT, "1"), False),
    ],
)
def test_one_change_is_one_difference(
    change: Callable[[Any], Any], path: str, values: tuple[str, str], material: bool
) -> None:
    """Items of lists are known by name, so that what comes or goes does not shift the others."""
    from copy import deepcopy

    other = deepcopy(PLAN)
    change(other)
    found = compare(PLAN, other, MATERIAL)
    assert [(one.path, one.first, one.second, one.material) for one in found] == [(path, *values, material)]


# ---- labels


def test_every_label_stands_in_both_languages() -> None:
    """Titles, columns and codes have English and Chinese words; codes of states, kinds and regimes are there."""
    raw = yaml.safe_load(files("abst.reports").joinpath("words.yaml").read_text(encoding="utf-8"))
    entries = [entry for name, group in raw.items() for entry in ([group] if name == "none" else group.values())]
    assert all(set(entry) == {"en", "zh"} and all(entry.values()) for entry in entries)
    codes = {*Status, *Kind, *Role, *KINDS_OF_DISCLOSURE, *load().regimes, "yes", "no", OTHER}
    assert {str(code) for code in codes} - set(raw["codes"]) - {"other"} == set()


def test_the_same_report_gives_the_same_bytes_in_each_language() -> None:
    """Amounts in groups, codes in words, what is missing as a dash; the rows of the JSON keep their codes."""
    row = {"filing": "1", "state": "effective", "act": "report the break of R-12", "units": "1000", "title": None}
    section = Section("filings", tuple(row), (row,), codes=("state", "act"), amounts=("units",))
    report = Report("regulator", "2026-01-01T00:00:00Z", "1", (section, Section("moves", ("new",), ())))
    assert report.cells(section, "zh") == [["1", "备案生效", "报告不再符合第R-12条", "1,000", "-"]]
    assert report.as_dict("zh")["sections"][0]["rows"] == [row]
    for lang in LANGS:
        text = report.markdown(lang)
        assert text == report.markdown(lang)
        assert ("None." in text) == (lang == "en")


# ---- what the database itself refuses


def _right(**changed: Any) -> Encumbrance:
    values: dict[str, Any] = {
        "kind": "pledge",
        "token": "0xT",
        "wallet": "0xA",
        "investor": "alice",
        "pledgee": "0xB",
        "amount": 10,
        "remaining": 10,
        "evidence": "0x1",
        "proposal": "pro-1",
        "maker": "m",
        "checker": "c",
        "at": 1,
    }
    return Encumbrance(**values | changed)


def _correction(**changed: Any) -> Correction:
    values: dict[str, Any] = {
        "kind": "mint",
        "subject": "req-1",
        "amount": 5,
        "moved": "0xM1",
        "operation": "0xO",
        "place": 1,
        "allotted": 10,
        "before": 0,
        "evidence": "0x1",
        "proposal": "pro-1",
        "maker": "m",
        "checker": "c",
        "at": 1,
    }
    return Correction(**values | changed)


def test_the_database_refuses_what_must_never_be(store: Store) -> None:
    """One officer, a pledge without pledgee, a closed right with units left, a reversal without its mint."""
    for row in (
        _right(checker="m"),
        _right(pledgee=None),
        _right(pledgee="0xA"),
        _right(kind="attachment"),
        _right(kind="lien", pledgee=None),
        _right(remaining=0),
        _right(closed_at=2),
        _correction(checker="m"),
        _correction(moved=None),
        _correction(operation=None),
        _correction(place=None),
        _correction(kind="gift", operation=None, place=None, before=None),
    ):
        with pytest.raises(IntegrityError), store.begin() as session:
            session.add(row)


def test_a_row_of_a_mint_is_not_reversed_twice_over_the_same_base(store: Store) -> None:
    """Two reversals that both count from nothing cannot both be kept; nor is a correction ever changed."""
    with store.begin() as session:
        session.add(_correction())
    with pytest.raises(IntegrityError), store.begin() as session:
        session.add(_correction(moved="0xM2", proposal="pro-2"))
    with store.begin() as session:
        session.add(_correction(moved="0xM2", proposal="pro-2", before=5))
    with store.read() as session:
        assert encumbrances.reversed_of(session, "0xO", 1) == 10
    with pytest.raises(IntegrityError), store.begin() as session:
        encumbrances.corrections(session)[0].amount = 1


def test_a_right_is_lowered_to_nothing_and_follows_its_units(store: Store) -> None:
    """It moves with a recovered wallet, closes at the last unit, and never goes below."""
    with store.begin() as session:
        session.add(_right())
        session.flush()
        encumbrances.follow(session, "0xA", "0xC")
    with store.begin() as session:
        row = encumbrances.get(session, 1)
        assert encumbrances.units_on(session, "0xT", "0xC") == 10
        encumbrances.lower(session, row, 9, 5)
        assert row.closed_at is None
        with pytest.raises(Conflict):
            encumbrances.lower(session, row, 2, 5)
        encumbrances.lower(session, row, 1, 6)
        assert (row.remaining, row.closed_at) == (0, 6)
    with pytest.raises(IntegrityError), store.begin() as session:
        encumbrances.get(session, 1).amount = 11


def test_one_register_is_proposed_once_at_a_time(store: Store) -> None:
    """Two loads of the same register as the same attempt cannot both be kept."""

    def ask(request: str, attempt: int) -> RegisterLoad:
        return RegisterLoad(
            request=request,
            token="0xT",
            document="0xD",
            attempt=attempt,
            rows=1,
            total=1,
            evidence="0x1",
            officer="m",
            at=1,
        )

    with store.begin() as session:
        session.add(ask("a", 0))
    with pytest.raises(IntegrityError), store.begin() as session:
        session.add(ask("b", 0))
    with store.begin() as session:
        session.add(ask("b", 1))
