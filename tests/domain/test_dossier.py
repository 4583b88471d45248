"""The dossier's checks: the shipped one passes, and each planted fault is reported by its rule and place, alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import yaml

from abst import demo_data
from abst.deal import Deal
from abst.errors import Refused, UsageError
from abst.filing.checks import banned_words, check, percent, years_before
from abst.filing.dossier import Dossier, skeleton
from abst.rulebook import load

RAW: dict[str, Any] = yaml.safe_load(demo_data.text("dossier.yaml"))
DEAL = Deal.read(demo_data.text("deal.yaml"))
CASH = RAW["assets"]["total_future_cash"]


def refusals(raw: dict[str, Any]) -> list[tuple[str, str]]:
    dossier = Dossier.read(yaml.safe_dump(raw, allow_unicode=True))
    return [(r.rule, r.where) for r in check(dossier, load(), DEAL)]


def test_the_shipped_dossier_passes() -> None:
    """The demo's dossier has no refusal, against its deal too."""
    assert refusals(RAW) == []


def put(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(raw: dict[str, Any]) -> None:
        *before, last = [int(p) if p.isdigit() else p for p in path.split(".")]
        place: Any = raw
        for part in before:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return change


def providers(*rows: tuple[str, int, bool]) -> Callable[[dict[str, Any]], None]:
    """Named providers out of the pool's cash, the rest in one aggregate row."""

    def change(raw: dict[str, Any]) -> None:
        named = [{"name": n, "cash": c, "discredited": d, "aggregate": False} for n, c, d in rows]
        rest = CASH - sum(c for _, c, _ in rows)
        raw["assets"]["providers"] = [*named, {"name": "rest", "cash": rest, "discredited": False, "aggregate": True}]

    return change


FIFTEEN = CASH * 15 // 100  # the largest whole amount not above 15 %

FAULTS: list[tuple[str, str, Callable[[dict[str, Any]], None]]] = [
    ("R-25", "money", put("money", None)),
    ("R-25", "opinions", put("opinions", None)),
    ("R-24", "documents[trust-deed]", put("documents.2", None)),
    ("R-23", "entity.credit_code", put("entity.credit_code", "91310000MA1EXAMP02")),
    ("R-23", "entity.credit_code", put("entity.credit_code", "91310000")),
    ("R-23", "entity.country", put("entity.country", "HK")),
    ("R-23", "entity.control_document", put("entity.control_document", "none")),
    ("R-29", "structure.parties[0].country", put("structure.parties.0.country", "XX")),
    ("R-29", "structure.parties[0].country", put("structure.parties.0.country", "cn")),
    ("R-02", "assets.form", put("assets.form", "debt")),
    ("R-01", "assets.location", put("assets.location", "HK")),
    ("R-04", "structure.issue_place", put("structure.issue_place", "CN")),
    ("R-04", "structure.parties[0].country", put("structure.parties.0.country", "CN")),
    *((f"R-{7 + n:02d}", f"prohibitions[{n}].answer", put(f"prohibitions.{n}.answer", "barred")) for n in range(6)),
    ("R-08", "prohibitions[R-08]", put("prohibitions.1", None)),
    ("R-22", "filing.negative_list_version", put("filing.negative_list_version", "2023")),
    ("R-09", "offences[0].on", put("offences", [{"person": "controller", "what": "示例", "on": date(2023, 7, 15)}])),
    ("R-15", "assets.providers[0]", providers(("示例 debtor", FIFTEEN + 1, True))),
    ("R-15", "assets.providers[1]", providers(("示例 debtor", FIFTEEN, False), ("示例 debtor", 1, True))),
    ("R-15", "assets.providers[0]", put("assets.providers.0.discredited", True)),
    ("R-33", "assets.total_future_cash", put("assets.total_future_cash", CASH + 1)),
    ("R-69", "entity.name", put("entity.name", "示例稳 定币公司")),
    ("R-69", "entity.business_scope", put("entity.business_scope", "ＲＷＡ咨询")),
    ("R-29", "plan.total", put("plan.count", 405_799_993_277)),
    ("R-65", "money.settlement_assets[0].kind", put("money.settlement_assets.0.kind", "rmb-stablecoin")),
    ("R-65", "money.settlement_assets[0].kind", put("money.settlement_assets.0.kind", "virtual-currency")),
    ("R-65", "money.settlement_assets[1].currency", put("money.settlement_assets.1.currency", "CNY")),
    ("R-29", "money.settlement_assets[1].currency", put("money.settlement_assets.1.currency", "ZZZ")),
    ("R-31", "approvals[security-review]", put("approvals.2", None)),
    ("R-31", "approvals[0]", put("approvals.0", {"slot": "industry-regulator"})),
    ("R-32", "undertakings[director-2]", put("undertakings.4", None)),
    ("R-32", "undertakings[trustee]", put("undertakings.7", None)),
    ("R-35", "opinions", put("opinions.0.kind", "offshore-law")),
    ("R-35", "opinions[0].lawyers", put("opinions.0.lawyers", ["示例律师一"])),
    ("R-35", "opinions[0].conclusions[R-12]", put("opinions.0.conclusions.5.clear", False)),
    ("R-33", "plan.tranches[0].rate", put("plan.tranches.0.rate", "0.0190")),
    ("R-33", "plan.legal_maturity", put("plan.legal_maturity", date(2065, 12, 1))),
    ("R-33", "assets.pool_balance", put("assets.pool_balance", 1)),
]


@pytest.mark.parametrize(("rule", "where", "fault"), FAULTS, ids=[f"{n}-{f[0]}-{f[1]}" for n, f in enumerate(FAULTS)])
def test_a_planted_fault_is_found_alone(rule: str, where: str, fault: Callable[[dict[str, Any]], None]) -> None:
    """Exactly the planted fault is refused, under its rule and at its place."""
    raw = copy.deepcopy(RAW)
    fault(raw)
    assert refusals(raw) == [(rule, where)]


def test_faces_that_do_not_sum_are_refused() -> None:
    """A face changed in the dossier breaks the sum and contradicts the deal."""
    raw = copy.deepcopy(RAW)
    raw["plan"]["tranches"][2]["face"] += 1
    assert refusals(raw) == [("R-29", "plan.tranches"), ("R-33", "plan.tranches[2].face")]


@pytest.mark.parametrize(
    "change",
    [
        providers(("示例 debtor", FIFTEEN, True)),
        providers(("示例 debtor", CASH, False)),
        put("offences", [{"person": "controller", "what": "示例", "on": date(2023, 7, 14)}]),
        put("entity.business_scope", "narwas 咨询"),
    ],
    ids=["15 per cent is not more than 15", "good standing", "a day before the window", "part of a word"],
)
def test_just_inside_passes(change: Callable[[dict[str, Any]], None]) -> None:
    """At the boundary, and on the harmless side of it, nothing is refused."""
    raw = copy.deepcopy(RAW)
    change(raw)
    assert refusals(raw) == []


def test_leap_days_in_the_look_back() -> None:
    """The window of a 29 February starts on 28 February of a common year."""
    assert years_before(date(2028, 2, 29), 3) == date(2025, 2, 28)
    assert years_before(date(2028, 2, 29), 4) == date(2024, 2, 29)


def test_malformed_fields_are_refused_with_their_places() -> None:
    """Missing, unknown and wrong fields are reported together, each with its path."""
    raw = copy.deepcopy(RAW)
    del raw["plan"]["tranches"][1]["face"]
    raw["entity"]["nickname"] = "x"
    raw["documents"][0]["sha256"] = "0x12"
    with pytest.raises(Refused) as caught:
        refusals(raw)
    found = [(r.reason, r.where) for r in caught.value.refusals]
    assert ("field-missing", "plan.tranches[1].face") in found
    assert ("field-unknown", "entity.nickname") in found
    assert ("field-malformed", "documents[0].sha256") in found


def test_not_yaml() -> None:
    """Text that is no mapping is a usage error, not a refusal."""
    for text in ("- a", "a: [", ""):
        with pytest.raises(UsageError):
            Dossier.read(text)


def test_the_skeleton_names_every_block() -> None:
    """The skeleton is YAML with every block of the model."""
    raw = yaml.safe_load(skeleton())
    assert set(raw) == {field.alias or name for name, field in Dossier.model_fields.items()}


def test_banned_words_and_percent() -> None:
    """Width, case and spaces hide nothing; a Latin word counts whole; shares print without floats."""
    words = load().words("R-69", "words")
    assert banned_words("X ｓｔａｂｌｅＣＯＩＮ Ltd", words) == ["stablecoin"]
    assert banned_words("cryptography", words) == []
    from fractions import Fraction

    assert percent(Fraction(15, 100)) == "15.0000 %"
    assert percent(Fraction(1500009, 10_000_000)) == "15.0000 %"
