"""The proving machinery itself: what it breaks, what it counts, and that its lists are in order."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from proofs import findings, mutants, promises
from proofs.operators import KINDS, Mutant, mutants_of
from proofs.promises import Result
from proofs.symbolic import Checked

SOURCE = """// SPDX-License-Identifier: Apache-2.0
contract Small {
    uint256 private constant MOST = 16;
    modifier held(uint256 role) {
        require(role != 0);
        _;
    }
    // A comment: a + b.
    function act(uint256 a, uint256 b)
        external
        held(1)
        returns (uint256)
    {
        require(a < b && b <= MOST, Wrong(a, b));
        if (!isOpen) return 0;
        total += a;
        emit Acted(
            a,
            b
        );
        assembly ("memory-safe") {
            b := add(a, 0x20)
        }
        return a - b;
    }
}
"""


def _all() -> dict[tuple[str, str, str], Mutant]:
    return {(m.kind, m.before, m.after): m for m in mutants_of("Small.sol", SOURCE, ["held"])}


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("check", "require(a < b && b <= MOST, Wrong(a, b));", "(dropped)"),
        ("check", "if (!isOpen) return 0;", "(dropped)"),
        ("modifier", "held(1)", "(dropped)"),
        ("update", "total += a;", "(dropped)"),
        ("update", "b := add(a, 0x20)", "(dropped)"),
        ("event", "emit Acted( a, b );", "(dropped)"),
        ("comparison", "require(a < b && b <= MOST, Wrong(a, b));", "require(a <= b && b <= MOST, Wrong(a, b));"),
        ("comparison", "require(a < b && b <= MOST, Wrong(a, b));", "require(a < b && b < MOST, Wrong(a, b));"),
        ("logic", "require(a < b && b <= MOST, Wrong(a, b));", "require(a < b || b <= MOST, Wrong(a, b));"),
        ("logic", "if (!isOpen) return 0;", "if (!(!isOpen)) return 0;"),
        ("arithmetic", "total += a;", "total -= a;"),
        ("arithmetic", "b := add(a, 0x20)", "b := sub(a, 0x20)"),
        ("arithmetic", "return a - b;", "return a + b;"),
        ("constant", "b := add(a, 0x20)", "b := add(a, 0x21)"),
        ("constant", "uint256 private constant MOST = 16;", "uint256 private constant MOST = 17;"),
    ],
)
def test_each_way_to_break_a_line(kind: str, before: str, after: str) -> None:
    """The edit is found, and applied it changes that place alone."""
    mutant = _all()[kind, before, after]
    changed = mutant.applied(SOURCE)
    assert changed != SOURCE
    assert changed[: mutant.start] == SOURCE[: mutant.start]
    assert changed[mutant.start + len(mutant.text) :] == SOURCE[mutant.end :]


def test_comments_and_declarations_are_left_alone() -> None:
    found = {m.before for m in mutants_of("Small.sol", SOURCE, ["held"])}
    assert not any("comment" in before or before.startswith(("function", "// ")) for before in found)


def test_equal_edits_in_one_function_are_told_apart() -> None:
    source = "contract A {\n    function f() external {\n        x += 1;\n        x += 1;\n    }\n}\n"
    names = [m.name for m in mutants_of("A.sol", source)]
    assert len(set(names)) == len(names) > 0


def test_a_mutant_keeps_its_name_when_lines_move() -> None:
    moved = mutants_of("Small.sol", "\n\n" + SOURCE, ["held"])
    assert [m.name for m in moved] == [m.name for m in mutants_of("Small.sol", SOURCE, ["held"])]


def test_every_contract_and_kind_is_broken() -> None:
    """At least 150 mutants are chosen, from each source that has any, of each kind it has, all different."""
    every = mutants.all_mutants()
    picked = mutants.chosen(every)
    assert {(m.file, m.kind) for m in picked} == {(m.file, m.kind) for m in every}
    assert {m.kind for m in picked} == set(KINDS)
    assert len(picked) >= mutants.AT_LEAST
    assert max(Counter(m.name for m in every).values()) == 1


def test_the_choice_does_not_depend_on_other_contracts() -> None:
    every = mutants.all_mutants()
    alone = mutants.chosen(m for m in every if m.file == "contracts/Registry.sol")
    assert alone == [m for m in mutants.chosen(every) if m.file == "contracts/Registry.sol"]


def test_listed_survivors_still_exist() -> None:
    """Each listed survivor is a mutant of the present sources, with a reason in words."""
    names = {m.name for m in mutants.all_mutants()}
    listed = mutants.survivors()
    assert [name for name in listed if name not in names] == []
    assert all(len(reason) > 20 for reason in listed.values())


def test_an_unlisted_survivor_fails(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants, "_keep", lambda done: None)
    mutant = mutants_of("Small.sol", SOURCE, ["held"])[0]
    killed = mutants.Run([mutants.Verdict(mutant, "killed", "test_x()")])
    survived = mutants.Run([mutants.Verdict(mutant, "survived")])
    assert mutants.report(killed)
    assert not mutants.report(survived)
    assert "not killed and not listed" in capsys.readouterr().out


def test_findings_above_low_are_explained_place_by_place() -> None:
    reasons = findings.explained()
    assert all(len(reason) > 20 for reason in reasons.values())
    finding = findings.Finding("timestamp", "Some.function", "Low")
    assert findings._is_explained(finding, reasons)
    assert not findings._is_explained(findings.Finding("timestamp", "Some.function", "High"), reasons)


def test_a_new_finding_and_an_outlived_explanation_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(findings, "explained", lambda: {("reentrancy", "A.f"): "a reason"})
    assert findings.report([findings.Finding("reentrancy", "A.f", "High")])
    assert not findings.report([findings.Finding("reentrancy", "A.g", "High")])
    assert "explained but no longer found: reentrancy in A.f" in capsys.readouterr().out


def test_a_name_says_its_promises() -> None:
    assert promises.promises_in("invariant_P1_supply") == {"P1"}
    assert promises.promises_in("test_p12_all_or_nothing") == {"P12"}
    assert promises.promises_in("testFuzz_P8_P11_assets") == {"P8", "P11"}
    assert promises.promises_in("test_previews_p2p") == frozenset()


def test_every_promise_has_a_test_of_its_name() -> None:
    assert set(promises.sentences()) - promises.in_sources() == set()


def test_forge_and_halmos_and_pytest_are_read(tmp_path: Path) -> None:
    invariant = {"status": "Success", "kind": {"Invariant": {"runs": 256, "calls": 128_000, "reverts": 0}}}
    fuzzed = {"status": "Failure", "kind": {"Fuzz": {"runs": 12}}}
    suites = {"a.t.sol:A": {"test_results": {"invariant_P1_x()": invariant, "testFuzz_P2_y(uint256)": fuzzed}}}
    assert promises.of_forge('compiling\n{"event": "failure"}\n' + json.dumps(suites)) == [
        Result("invariant_P1_x", "invariant", True, 256, 128_000),
        Result("testFuzz_P2_y", "fuzz", False, 12),
    ]
    assert promises.of_halmos([Checked("check_P3_z", True)]) == [Result("check_P3_z", "halmos", True)]
    junit = tmp_path / "junit.xml"
    junit.write_text(
        '<testsuites><testsuite><testcase name="test_p4_a"/><testcase name="test_p4_b"><failure/></testcase>'
        '<testcase name="test_p4_c"><skipped/></testcase></testsuite></testsuites>',
        encoding="utf-8",
    )
    assert promises.of_pytest(junit) == [Result("test_p4_a", "pytest", True), Result("test_p4_b", "pytest", False)]


def test_a_promise_without_tests_or_with_a_failing_one_is_not_kept(capsys: pytest.CaptureFixture[str]) -> None:
    results = [Result(f"invariant_{promise}_x", "invariant", True, 256, 128_000) for promise in promises.sentences()]
    assert promises.report(results)
    assert not promises.report(results[1:])
    assert not promises.report([*results, Result("test_P1_y", "test", False)])
    assert not promises.report([*results[1:], Result("invariant_P1_x", "invariant", True, 256, 60)])
    printed = capsys.readouterr().out
    assert "P1 held: Supply equals the sum of balances" in printed
    assert "[1 invariant 256 x 500]" in printed
    assert "P1 UNTRIED" in printed
    assert "P1 BROKEN" in printed
    assert "P1 SHALLOW" in printed
