"""Every refusal of every desk stands in the log, with its rules and who asked (R-102); there is no way round.

given acts of all kinds that are refused: with a stored decision, without one, row by row, by the chain alone
    when one is refused
        it should leave an entry that names the rules, the reasons, the request and the officer
        it should leave nothing else
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from desks import PAPER, admitted_people, copied, filed_home, opened, request, wallet

from abst import audit
from abst.cash import assets, deposits
from abst.chain.office import Office
from abst.chain.roles import OFFICER_ROLES
from abst.decisions import Decision
from abst.errors import Refused
from abst.filing import desk as filing
from abst.integrity import replay, trail
from abst.investor import desk as investor
from abst.issuance import desk as issuance
from abst.rulebook import load
from abst.servicing import amortisation
from abst.transfers import desk as transfers

SRC = Path(__file__).parents[2] / "src" / "abst"
OPS, TOKEN = "operations-1", "JSD-A1"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("refusals") / "home"
    filed_home(home)
    with opened(home) as office:
        admitted_people(office, "alice")
    return home


@pytest.fixture
def office(template: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(copied(template, tmp_path / "home")) as made:
        yield made


def _mint(office: Office) -> Any:
    rows = (issuance.Allocation("alice", 10_001), issuance.Allocation("nobody", 10_000, 2))
    return issuance.mint(office, issuance.ProposeMint(officer=OPS, request=request(), token=TOKEN, allocations=rows))


def _asset(office: Office) -> Any:
    said = {"asset": office.contracts.factory.address, "currency": "CNY", "kind": "deposit", "reason": ""}
    return assets.propose(office, assets.ProposeAsset(officer=OPS, request=request(), evidence=PAPER, **said))


def _deposit(office: Office) -> Any:
    command = deposits.MakeDeposit(officer="bank-desk", request=request(), to=wallet("stranger"), amount=5)
    return deposits.make(office, command)


def _amortise(office: Office) -> Any:
    command = amortisation.Record(officer=OPS, request=request(), token=TOKEN, amount=1, evidence=PAPER)
    return amortisation.amortise(office, command)


def _submit(office: Office) -> Any:
    return filing.submit(office, filing.Submit(officer=OPS, request=request(), filing="jishidai"))


def _investor(office: Office) -> Any:
    row = {"reference": "bad row", "kind": "individual"}
    return investor.add(office, investor.AddInvestor(officer=OPS, request=request(), row=row))


def _freeze(office: Office) -> Any:
    said = {"token": TOKEN, "sender": wallet("alice"), "to": wallet("stranger"), "amount": 5, "evidence": PAPER}
    return transfers.force_transfer(office, transfers.ForceTransfer(officer=OPS, request=request(), **said))


REFUSED: dict[str, tuple[str, Callable[[Office], Any]]] = {
    "mint": (OPS, _mint),
    "asset": (OPS, _asset),
    "deposit": ("bank-desk", _deposit),
    "amortisation": (OPS, _amortise),
    "filing": (OPS, _submit),
    "investor": (OPS, _investor),
    "forced transfer": (OPS, _freeze),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_leaves_its_entry(office: Office, name: str) -> None:
    """Rules, reasons, request and officer are in the log; a decision that stands behind it replays."""
    who, act = REFUSED[name]
    with office.store.read() as session:
        before = audit.head(session).seq
    with pytest.raises(Refused) as no:
        act(office)
    with office.store.read() as session:
        entries = list(audit.entries(session, after=before))
        refused = [entry for entry in entries if "refused" in entry.act]
        assert len(refused) == 1
        (entry,) = refused
        assert entry.actor == who
        assert set(entry.facts["reasons"]) == {refusal.reason for refusal in no.value.refusals}
        assert set(entry.facts["rules"]) == {refusal.rule for refusal in no.value.refusals}
        assert entry.facts["request"]
        for decision in entry.facts.get(audit.DECISIONS, {}):
            assert not session.get_one(Decision, decision).passed
    assert trail.decisions(office) == []
    assert {one.outcome for one in replay.replay_all(office)} <= {"same", "no-gates"}


def test_rows_refused_among_others_are_logged_and_decided(office: Office) -> None:
    """The rows that drop out of a table have a decision of their own, and an entry with their rules."""
    rows = (issuance.Allocation("alice", 10_000), issuance.Allocation("alice", 5, 2))
    command = issuance.ProposeMint(officer=OPS, request="half", token=TOKEN, allocations=rows)
    assert issuance.mint(office, command).outcome == "waiting"
    with office.store.read() as session:
        entries = [entry for entry in audit.entries(session) if entry.act == "mint refused in part"]
    assert [(entry.actor, entry.facts["rules"], entry.facts["count"]) for entry in entries] == [(OPS, ["R-57"], 1)]
    refused = [row for row in replay.rows(office, kind="mint") if not row["passed"]]
    assert [row["rules"] for row in refused] == [["R-57"]]
    assert replay.replay(office, refused[0]["decision"]).outcome == "same"


def test_no_role_skips_a_rule() -> None:
    """Of all roles none is named in a gate: a gate is given facts, and never who asks."""
    pure = (SRC.parents[1] / "tests/house/pure-modules.txt").read_text(encoding="utf-8").split()
    gates = [SRC.parents[1] / name for name in pure if "gates" in name or "movement" in name]
    assert len(gates) >= 4
    for path in gates:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.arg):
                assert node.arg not in ("officer", "actor", "role", "by"), f"{path.name}: a gate is told who asks"
    assert not {role for role in OFFICER_ROLES if "bypass" in role or "super" in role}
    assert load().rule("R-102").words
