"""Reasons: Python and Solidity agree, and every error of our contracts has words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from abst.chain import reasons
from abst.chain.contracts import codec
from abst.chain.reasons import REASONS, explain
from abst.rulebook import load
from abst.values import ZERO_ADDRESS

CONTRACTS = Path(__file__).parents[2] / "contracts"
A, B = "0x" + "11" * 20, "0x" + "22" * 20


def error(contract: str, name: str, *args: object) -> bytes:
    kind = next(kind for kind in codec(contract).errors.values() if kind.name == name)
    return kind.selector + kind.inputs.encode(args)


def test_python_and_solidity_give_the_same_reasons() -> None:
    text = (CONTRACTS / "types" / "Reason.sol").read_text(encoding="utf-8")
    body = text[text.index("enum Reason {") : text.rindex("}")]
    lines = re.findall(r"^    (\w+),? +?// *(\d+) *((?:R-\d+(?:, )?)*)", body, re.MULTILINE)
    assert [(r.name, str(r.number), r.rule) for r in REASONS] == lines


def test_slugs_are_the_names_in_other_clothes() -> None:
    for reason in REASONS[1:]:
        assert reason.slug == re.sub(r"(?<!^)(?=[A-Z])", "-", reason.name).lower()


def test_the_rules_cited_are_in_the_rulebook() -> None:
    rulebook = load()
    cited = {rule for reason in REASONS if reason.rule for rule in reason.rule.split(", ")}
    for rule in sorted(cited | set(reasons._RULES.values())):
        assert rulebook.rule(rule).id == rule


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.slug)
def test_a_refused_transfer_names_its_reason(reason: reasons.Reason) -> None:
    revert = explain(error("SecurityToken", "TransferRefused", reason.number, A, B, 5))
    assert (revert.name, revert.reason, revert.rule) == ("TransferRefused", reason.slug, reason.rule or None)
    assert revert.args == {"reason": reason.name, "from": A, "to": B, "amount": 5}
    assert reason.words in str(revert)


def test_a_reason_of_a_later_version_is_still_shown() -> None:
    revert = explain(error("SecurityToken", "TransferRefused", 200, A, B, 5))
    assert revert.reason is None
    assert "200" in revert.words


def test_every_error_in_the_sources_has_words() -> None:
    """Each error that a contract of ours may revert with, as the Solidity files declare them."""
    sources = [path for path in CONTRACTS.rglob("*.sol") if path.parent.name not in ("examples", "yardstick")]
    declared = {name for path in sources for name in re.findall(r"^\s*error (\w+)\(", path.read_text("utf-8"), re.M)}
    assert len(declared) > 70
    assert declared - {"TransferRefused"} <= set(reasons._WORDS)
    of_others = {kind.name for kind in reasons._errors().values()}
    assert set(reasons._WORDS) <= declared | of_others


@pytest.mark.parametrize("contract", reasons.CONTRACTS)
def test_every_error_of_our_contracts_is_explained(contract: str) -> None:
    for kind in codec(contract).errors.values():
        types = kind.inputs.type[1:-1].split(",") if kind.inputs.names else []
        values = {"address": A, "string": "x", "bool": True, "bytes": b"\1"}
        sized = {f"bytes{size}": b"\1" * size for size in (3, 4, 32)}
        args = [(values | sized).get(t, 1) for t in types]
        revert = explain(kind.selector + kind.inputs.encode(args))
        assert revert.name == kind.name
        assert revert.words
        assert "{" not in revert.words


def test_each_template_fits_its_error() -> None:
    """A template whose fields are not the error's arguments would never be used."""
    known = {kind.name: set(kind.inputs.names) for kind in reasons._errors().values()}
    for name, template in reasons._WORDS.items():
        assert set(reasons._fields(template)) <= known[name], name
    assert set(reasons._RULES) <= set(known)


def test_errors_of_other_standards() -> None:
    frozen = explain(error("SecurityToken", "ERC7943InsufficientUnfrozenBalance", A, 10, 3))
    assert (frozen.reason, frozen.rule) == ("frozen", "R-62")
    assert frozen.words == f"{A} has 3 units that are not frozen, not 10"
    balance = explain(error("SecurityToken", "ERC20InsufficientBalance", A, 1, 2))
    assert (balance.reason, balance.rule) == ("insufficient-balance", None)
    unauthorised = explain(error("Registry", "RoleNeeded", A, 7))
    assert unauthorised.words == f"{A} does not hold the role REGULATOR, which this act needs"
    unpaid = explain(error("Distribution", "NotPaid", b"\1" * 32, A, 4))
    assert unpaid.words == f"{A} is not paid now: PAYEE_BLOCKED"
    assert explain(error("Distribution", "NotPaid", b"\1" * 32, A, 99)).args["why"] == "99"
    barred = explain(error("Registry", "CurrencyBarred", b"CNY"))
    assert (barred.words, barred.rule) == ("no settlement asset in CNY is ever listed", "R-65")
    status = explain(error("Registry", "WrongStatus", 1, 5, 2))
    assert status.words == "filing 1 has status EFFECTIVE; this needs SUBMITTED"


def test_what_is_not_ours_is_shown_as_it_is() -> None:
    assert explain(b"").words == "the contract gave no reason"
    message = (32).to_bytes(32, "big") + (2).to_bytes(32, "big") + b"no".ljust(32, b"\0")
    assert explain(bytes.fromhex("08c379a0") + message).words == "no"
    assert explain(bytes.fromhex("4e487b71") + (0x11).to_bytes(32, "big")).words == "a sum left its range"
    assert explain(bytes.fromhex("deadbeef")).words == "an unknown error, 0xdeadbeef"
    assert explain(bytes.fromhex("08c379a0")).words == "Error with broken arguments"
    assert explain(error("Registry", "WalletUnknown", ZERO_ADDRESS)).rule == "R-60"
