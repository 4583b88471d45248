"""What goes wrong on the way: rejected lots, interrupted acts, renewals, officers added, things tampered with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import desks
import pytest
from desks import PAPER, opened, request, second_officer

from abst.bootstrap import AddOfficer, Init, add_officer, init, join, move_key
from abst.chain.acts import Act
from abst.chain.embedded import EmbeddedChain
from abst.chain.office import Approve, Office, officers
from abst.chain.proposals import approve, operations, request_status, run_ops
from abst.errors import Refused, UsageError
from abst.holders import desk as holders
from abst.integrity import desk as integrity
from abst.investor import desk as investor
from abst.issuance import desk as issuance
from abst.issuance.desk import Allocation
from databases import tamper
from nodes import embedded_alone, warp

SENIOR = "JSD-A1"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an effective filing, tokens and admitted people, nothing minted."""
    home = tmp_path_factory.mktemp("plain") / "home"
    desks.filed_home(home)
    with opened(home) as office:
        desks.admitted_people(office, *desks.HOLDERS)
    return home


@pytest.fixture
def home(ready: Path, tmp_path: Path) -> Path:
    return desks.copied(ready, tmp_path / "home")


@pytest.fixture
def office(home: Path) -> Iterator[Office]:
    with opened(home) as made:
        yield made


def mint(office: Office, *allocations: Allocation, req: str = "") -> str:
    command = issuance.ProposeMint(
        officer="operations-1", request=req or request("mint"), token=SENIOR, allocations=allocations
    )
    return str(issuance.mint(office, command).proposal)


def test_a_lot_the_chain_rejects_is_decided_again_without_its_bad_row(home: Path, tmp_path: Path) -> None:
    """Signed, then bob is blocked before it is sent: the lot stays rejected; the retry drops bob and mints the rest."""
    other = join_as(tmp_path / "other", home, "compliance-1")
    with opened(home) as office:
        proposal = mint(office, Allocation("alice", 10_000), Allocation("bob", 10_000), req="first")
    with opened(other) as office:
        approve(office, Approve("compliance-1", "yes-first", proposal))
    with opened(home) as office:
        block = investor.BlockInvestor(
            officer="operations-1", request=request(), investor="bob", reason="order", evidence=PAPER
        )
        investor.block(office, block)
        assert [row["state"] for row in run_ops(office)] == ["rejected"]
        with pytest.raises(Refused, match="receiver-blocked"):
            request_status(office, "yes-first")
        again = issuance.retry(office, issuance.RetryMint(officer="operations-1", request="second", retry_of="first"))
        assert (again.result["allocated"], again.result["dropped"]) == (1, 1)
        second_officer(office, again, "compliance-2")
        assert [(row.investor, row.balance) for row in holders.register(office, SENIOR).rows] == [("alice", 10_000)]
        assert integrity.verify(office) == []


def join_as(other: Path, home: Path, officer: str) -> Path:
    join(other, home)
    move_key(home, officer, other)
    return other


def test_more_receivers_than_a_lot_takes_go_in_lots(office: Office) -> None:
    """Lots of 200, fixed before the first is sent; each has its operation and its decision."""
    table = tuple(Allocation(desks.HOLDERS[n % 3], 10_000, n + 2) for n in range(250))
    command = issuance.ProposeMint(officer="operations-1", request=request(), token=SENIOR, allocations=table)
    proposed = issuance.mint(office, command)
    assert (proposed.result["lots"], proposed.result["allocated"]) == (2, 250)
    assert second_officer(office, proposed).outcome == "done"
    assert holders.register(office, SENIOR).supply == 2_500_000
    assert integrity.verify(office) == []


def test_an_act_killed_before_sending_is_finished_by_its_request(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction of the act is committed, then the process dies: the same request sends it, once."""

    class Killed(Exception):
        """Stands for the end of the process."""

    def die(_: Act) -> None:
        raise Killed

    proposal = mint(office, Allocation("alice", 10_000))
    with monkeypatch.context() as patched:
        patched.setattr(Act, "finish", die)
        with pytest.raises(Killed):
            approve(office, Approve("compliance-1", "yes-killed", proposal))
    assert [row["state"] for row in operations(office)] == ["pending"]
    assert approve(office, Approve("compliance-1", "yes-killed", proposal)).outcome == "done"
    assert holders.register(office, SENIOR).supply == 10_000
    assert integrity.verify(office) == []


def test_an_interrupted_init_is_completed(tmp_path: Path) -> None:
    """Run again after any step, init ends in the same registry; finished, it changes nothing."""
    home = tmp_path / "home"

    def cut(line: str) -> None:
        if line.startswith("deploying TokenFactory"):
            raise KeyboardInterrupt

    command = Init(passphrase_of=desks.passphrase, work=desks.WORK)
    with pytest.raises(KeyboardInterrupt):
        init(home, command, progress=cut)
    made = init(home, command)
    assert init(home, command) == made
    with opened(home) as office:
        assert integrity.verify(office) == []


def test_an_officer_is_added_by_two_after_the_delay(office: Office) -> None:
    """The administration's act waits its day; then the new officer holds the role on chain and here."""
    command = AddOfficer(
        officer="operations-1",
        request=request(),
        name="discloser-2",
        roles=("discloser",),
        passphrase="correct horse",
        work=desks.WORK,
    )
    asked = add_officer(office, command)
    assert second_officer(office, asked).outcome == "waiting"
    assert "discloser-2" not in {row["name"] for row in officers(office)}
    warp(office, office.deployment.admin_delay)
    run_ops(office)
    assert "discloser-2" in {row["name"] for row in officers(office)}
    assert integrity.verify(office) == []
    with pytest.raises(UsageError):
        add_officer(
            office,
            AddOfficer(
                officer="operations-1",
                request=request(),
                name="both",
                roles=("maker", "checker"),
                passphrase="correct horse",
                work=desks.WORK,
            ),
        )


def test_renewed_evidence_restores_the_right_to_receive(office: Office) -> None:
    """Evidence runs out by itself; a new record renews all wallets' facts."""
    warp(office, 400 * 86_400)
    with pytest.raises(Refused, match="evidence-expired"):
        mint(office, Allocation("alice", 10_000))
    assert any(row["kind"] == "expiry" for row in integrity.today(office))
    row = desks.person(office, "alice")
    renewed = investor.renew(
        office, investor.Renew(officer="operations-1", request=request(), investor="alice", row=row)
    )
    assert renewed.outcome == "done"
    proposal = mint(office, Allocation("alice", 10_000))
    assert approve(office, Approve("compliance-1", request(), proposal)).outcome == "done"
    assert integrity.verify(office) == []


def test_the_inbox_says_what_waits_for_whom(office: Office) -> None:
    proposal = mint(office, Allocation("alice", 10_000))
    assert [row["id"] for row in integrity.inbox(office, "compliance-2")] == [proposal]
    assert integrity.inbox(office, "operations-1") == []
    assert [row["for"] for row in integrity.inbox(office)] == ["gatekeeper"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("UPDATE holding SET balance = '1'", "token"),
        ("UPDATE wallet SET number = 77 WHERE number = 1", "wallet"),
        ("UPDATE investor SET capacity = 9 WHERE number = 1", "wallet"),
        ("UPDATE filing SET state = 'suspended'", "filing"),
        ("UPDATE mint_lot SET released = NULL", "0x"),
        (
            "DELETE FROM officer WHERE name = 'nobody'; UPDATE officer SET roles = '[\"checker\"]' "
            "WHERE name = 'regulator-desk'",
            "roles",
        ),
    ],
)
def test_verify_finds_what_was_tampered_with(home: Path, change: str, where: str) -> None:
    """A store changed behind our back is told apart from the chain, and where."""
    with opened(home) as office:
        proposal = mint(office, Allocation("alice", 10_000))
        approve(office, Approve("compliance-1", request(), proposal))
        assert integrity.verify(office) == []
    tamper(home, change)
    with opened(home) as office:
        found = integrity.verify(office)
    assert found
    assert any(difference.where.startswith(where) for difference in found), found


@embedded_alone("a node keeps its own time")
def test_the_clock_is_the_chain_s(office: Office) -> None:
    """Gates use the chain's now, which a warp moves for every process."""
    assert isinstance(office.chain, EmbeddedChain)
    before = office.now()
    assert warp(office, 3_600) >= before + 3_600
