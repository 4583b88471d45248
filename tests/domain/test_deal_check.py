"""A deal that is ill-formed, ambiguous or cannot be paid is refused, with the place and what would be right."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import yaml

from abst import demo_data
from abst.deal.model import Deal
from abst.deal.schemas import schemas
from abst.errors import UsageError
from abst.values import canonical

Raw = dict[str, Any]
BASE: Raw = yaml.safe_load("""
schema: abst-deal-2
id: faulty
title: A deal to break
source: made up
currency: USD
decimals: 2
dates: {cut_off: 2025-12-31, closing: 2026-01-15, accrual_from: 2026-01-15, first_payment: 2026-02-15,
        last_payment: 2026-12-15, payment_day: 15, legal_maturity: 2027-01-15}
pool: {balance: 1000}
parties: [{role: servicer, name: the servicer, country: US}]
indices: {sofr: {title: a rate}}
accounts: {available: {}, reserve: {opening: 10}}
tables: {limit: {unit: rate, values: ["0.05"]}}
fees: {servicing: {payee: servicer, amount: 0.01 * pool.opening / 12}}
tranches:
  - {tranche: A, rank: senior, face: 600, coupon: "0.05", day_count: 30/360, targets: [500, 0]}
  - {tranche: B, rank: subordinated, face: 400, coupon: {index: sofr}, day_count: act/360}
groups: {notes: [A, B]}
quantities: {target: 0.01 * pool.closing, more: 2 * target}
tests: {covers: available.balance >= notes.balance}
triggers: {late: {when: pool.delinquent_60 / pool.opening > 0.05, mode: accelerated}}
calls: {clean_up: {when: pool.closing <= 0.1 * pool.initial}}
waterfall:
  normal:
    - {step: fees, kind: fee, pay: servicing}
    - {step: interest, kind: interest, pay: notes}
    - {step: refill, kind: top-up, to: reserve, amount: target}
    - {step: principal, kind: principal, pay: notes, how: sequential}
    - {step: excess, kind: release, from: reserve, to: available, when: last}
    - {step: rest, kind: residual, payee: servicer}
  accelerated:
    - {step: all_interest, kind: interest, pay: notes}
    - {step: all_principal, kind: principal, pay: notes}
    - {step: all_rest, kind: residual, payee: servicer, from: [available, reserve]}
""")


def at(path: str, value: Any) -> Callable[[Raw], None]:
    """Put a value at a place such as ``waterfall.normal.2.amount``."""

    def change(raw: Raw) -> None:
        *way, last = path.split(".")
        where: Any = raw
        for part in way:
            where = where[int(part)] if isinstance(where, list) else where[part]
        if isinstance(where, list):
            where[int(last)] = value
        else:
            where[last] = value

    return change


def without(path: str, index: int) -> Callable[[Raw], None]:
    """Take a step away."""
    return lambda raw: raw["waterfall"][path].pop(index)


STEP = "waterfall.normal.3"
FAULTS: list[tuple[str, Callable[[Raw], None], str]] = [
    # the form
    ("an unknown field", at("pools", {}), "pools: Extra inputs are not permitted"),
    ("another schema", at("schema", "abst-deal-1"), "schema: Input should be 'abst-deal-2'"),
    ("a rate as a float", at("tranches.0.coupon", 0.05), "tranches[0].coupon"),
    ("a rate with too many decimals", at("tranches.0.coupon", "0.0000000000001"), "at most 12 decimals"),
    ("money as a float", at("pool.balance", 1000.5), "pool.balance"),
    ("a negative face", at("tranches.0.face", -1), "tranches[0].face"),
    ("targets that rise", at("tranches.0.targets", [100, 200]), "target balances must fall"),
    ("dates in no order", at("dates.last_payment", "2026-01-01"), "dates must run"),
    ("a word of the language as a name", at("accounts.pool", {}), "no word of the language"),
    ("an unknown kind", at(f"{STEP}.kind", "gift"), "waterfall.normal[3].kind"),
    ("two classes of one name", at("tranches.1.tranche", "A"), "two tranches have the same tranche"),
    ("a token that has begun to be repaid", at("tranches.0", BASE["tranches"][0] | {"balance": 1, "token": {
        "name": "A", "symbol": "A", "risk": 1, "lot": 1, "regimes": ["hk-pi"], "max_holders": 0, "max_share_bps": 0,
        "lock_days": 0, "overdue_stops_transfers": False}}), "begins with all of it"),
    # names
    ("an unknown account", at(f"{STEP}.from", ["vault"]), "waterfall.normal[3].from: found unknown account vault"),
    ("an unknown class", at(f"{STEP}.pay", ["C"]), "waterfall.normal[3].pay: found unknown class C"),
    ("a fee where a class stands", at(f"{STEP}.pay", "servicing"), "unknown class servicing"),
    ("an unknown fee", at("waterfall.normal.0.pay", "audit"), "unknown fee audit"),
    ("an unknown party", at("waterfall.normal.5.payee", "owner"), "unknown party owner"),
    ("an unknown payee of a fee", at("fees.servicing.payee", "owner"), "fees.servicing.payee: found unknown party"),
    ("an unknown index", at("tranches.1.coupon", {"index": "libor"}), "tranches[1].coupon.index: found libor"),
    ("an unknown member of a group", at("groups.notes", ["A", "C"]), "groups.notes: found unknown class C"),
    ("cash that is not reported", at("receipts", {"gifts": "available"}), "receipts.gifts"),
    ("cash into no account", at("receipts", {"interest": "vault"}), "receipts.interest: found unknown account vault"),
    ("one name with two meanings", at("accounts.A", {}), "one meaning for a name"),
    ("one id for two steps", at("waterfall.normal.1.step", "fees"), "an id of its own for each step"),
    ("an unknown quantity", at("quantities.target", "0.01 * pool.size"), "unknown or not yet reckoned: pool.size"),
    ("a step that comes later", at("waterfall.normal.1.amount", "principal.paid"), "unknown or not yet reckoned"),
    ("a step of another mode", at(f"{STEP}.amount", "all_interest.paid"), "unknown or not yet reckoned"),
    ("an unknown table", at("quantities.target", "table.oc[period] * pool.closing"), "unknown table: oc"),
    # units
    ("money and a rate", at("quantities.target", "pool.closing + 0.01"), "money"),
    ("money times money", at("quantities.target", "pool.closing * pool.opening"), "money by a rate or a count"),
    ("a rate for an amount", at(f"{STEP}.amount", "0.5"), "waterfall.normal[3].amount"),
    ("money for a condition", at(f"{STEP}.when", "pool.closing"), "waterfall.normal[3].when"),
    ("a condition for an amount", at(f"{STEP}.amount", "test.covers"), "waterfall.normal[3].amount"),
    ("a date and a number", at(f"{STEP}.when", "payment_date > 20260101"), "waterfall.normal[3].when"),
    ("a table read by money", at("quantities.target", "table.limit[pool.closing] * pool.closing"), "count"),
    ("no expression", at("quantities.target", "0.01 *"), "quantities.target"),
    ("another call", at("quantities.target", "abs(pool.closing)"), "min(a, b)"),
    ("a power", at("quantities.target", "pool.closing ** 2"), "quantities.target"),
    ("too large an expression", at("quantities.target", " + ".join(["pool.closing"] * 40)), "at most 64"),
    # circles
    ("a circle of quantities", at("quantities.target", "1 * more"), "a circle"),
    ("a test that needs itself", at("tests.covers", "test.covers or last"), "a circle"),
    ("a trigger by its own mode", at("triggers.late.when", "mode.accelerated"), "a circle"),
    # what could not be paid
    ("a class without principal", at(f"{STEP}.pay", ["A"]), "tranches[1]: found B: no step of waterfall.normal"),
    ("a class unpaid in one mode", without("accelerated", 1), "no step of waterfall.accelerated pays its principal"),
    ("a fee that no step pays", without("normal", 0), "fees.servicing: found no step of waterfall.normal pays it"),
    ("a step behind the residual", at("waterfall.normal.2", {"step": "early", "kind": "residual", "payee": "servicer"}),
     "unreachable"),
    ("a condition that never holds", at(f"{STEP}.when", "0"), "the step is unreachable"),
    ("an account nothing leaves", without("normal", 4), "accounts.reserve"),
    ("a switch to no steps", at("triggers.late.mode", "default"), "triggers.late.mode: found default"),
    # each kind has what it needs
    ("a top-up without a target", at("waterfall.normal.2", {"step": "refill", "kind": "top-up", "to": "reserve"}),
     "waterfall.normal[2].amount: found no amount"),
    ("a top-up of nothing", at("waterfall.normal.2", {"step": "refill", "kind": "top-up", "amount": "target"}),
     "waterfall.normal[2].to: found no account"),
    ("interest to nobody", at("waterfall.normal.1", {"step": "interest", "kind": "interest"}),
     "waterfall.normal[1].pay: found nobody"),
    ("an account into itself", at("waterfall.normal.4.to", "reserve"), "reserve into itself"),
    ("two residuals at once", at("waterfall.normal.5.pay", ["A"]), "not one who is paid"),
    ("a schedule without targets", at(STEP, {"step": "principal", "kind": "scheduled", "pay": "B"}), "no targets"),
    ("the same class twice", at(f"{STEP}.pay", ["A", "notes"]), "the same name twice"),
    ("a call by what is not known yet", at("calls.clean_up.when", "test.covers"), "calls.clean_up"),
]  # fmt: skip


def test_the_deal_to_break_is_sound() -> None:
    assert Deal.of(copy.deepcopy(BASE)).compiled.program


@pytest.mark.parametrize(("change", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_faulty_deal_is_refused_with_its_place(change: Callable[[Raw], None], words: str) -> None:
    raw = copy.deepcopy(BASE)
    change(raw)
    with pytest.raises(UsageError) as refused:
        Deal.of(raw)
    assert words in refused.value.found


def test_every_fault_is_told_at_once() -> None:
    """Three faults of one file, each with its place."""
    raw = copy.deepcopy(BASE)
    for change in (at(f"{STEP}.from", ["vault"]), at(f"{STEP}.pay", ["C"]), at("fees.servicing.payee", "owner")):
        change(raw)
    with pytest.raises(UsageError) as refused:
        Deal.of(raw)
    for place in ("waterfall.normal[3].from", "waterfall.normal[3].pay", "fees.servicing.payee"):
        assert place in refused.value.found


def test_schemas_take_what_is_shipped_and_refuse_a_float() -> None:
    """The published JSON Schemas are valid; every file that comes along fits them; a rate as a float does not."""
    checkers = {name: jsonschema.Draft202012Validator(schema) for name, schema in schemas().items()}
    for checker in checkers.values():
        checker.check_schema(checker.schema)
    for deal in demo_data.DEALS:
        folder = demo_data.deal_folder(deal)
        for word, name in (("deal", "deal.yaml"), ("scenario", "scenarios.yaml"), ("answers", "answers.yaml")):
            if folder.joinpath(name).is_file():
                raw = yaml.safe_load(folder.joinpath(name).read_text(encoding="utf-8"))
                checkers[word].validate(json.loads(canonical(_texts(raw))))
    raw = json.loads(canonical(_texts(BASE)))
    raw["tranches"][0]["coupon"] = 0.05
    assert [error.path[-1] for error in checkers["deal"].iter_errors(raw)] == ["coupon"]


def _texts(value: Any) -> Any:
    """Names as text, as JSON has them."""
    if isinstance(value, dict):
        return {str(name): _texts(item) for name, item in value.items()}
    return [_texts(item) for item in value] if isinstance(value, list) else value
