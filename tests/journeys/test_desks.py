"""Journeys of issuers and investors through the desks, in process, on a real embedded chain."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import desks
import pytest
from desks import PAPER, opened, request, second_officer, wallet
from sqlalchemy import text

from abst import journal
from abst.bootstrap import join, move_key
from abst.chain.office import Approve, Evidence, Office, Result
from abst.chain.proposals import Reject, approve, describe, operations, reject, request_status, run_ops
from abst.disclosure import desk as disclosure
from abst.errors import Conflict, NotAuthorised, Refused, Unavailable, UsageError
from abst.filing import desk as filing
from abst.filing import tokens
from abst.holders import desk as holders
from abst.holders import reconciling
from abst.integrity import checks
from abst.integrity import desk as integrity
from abst.investor import desk as investor
from abst.issuance import desk as issuance
from abst.issuance.desk import Allocation
from abst.transfers import desk as transfers
from nodes import embedded_alone, warp

SENIOR = "JSD-A1"


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an effective filing, its tokens, three admitted people with keys, and 100 lots minted to alice."""
    home = tmp_path_factory.mktemp("ready") / "home"
    desks.filed_home(home)
    with opened(home) as office:
        desks.admitted_people(office, *desks.HOLDERS)
        desks.keep_keys(office, *desks.HOLDERS)
        minted(office, Allocation("alice", 1_000_000))
    return home


@pytest.fixture
def home(ready: Path, tmp_path: Path) -> Path:
    return desks.copied(ready, tmp_path / "home")


@pytest.fixture
def office(home: Path) -> Iterator[Office]:
    with opened(home) as made:
        yield made


def propose(office: Office, *allocations: Allocation, token: str = SENIOR, req: str = "") -> Result:
    command = issuance.ProposeMint(
        officer="operations-1", request=req or request("mint"), token=token, allocations=allocations
    )
    return issuance.mint(office, command)


def minted(office: Office, *allocations: Allocation, token: str = SENIOR) -> Result:
    done = second_officer(office, propose(office, *allocations, token=token))
    assert done.outcome == "done"
    return done


def reasons(refused: pytest.ExceptionInfo[Refused]) -> set[tuple[str, str]]:
    return {(refusal.rule, refusal.reason) for refusal in refused.value.refusals}


def move(office: Office, sender: str, to: str, amount: int) -> Result:
    command = transfers.Transfer(request=request(), holder=sender, to=to, amount=amount, token=SENIOR)
    return transfers.transfer(office, command)


def test_from_an_empty_folder_to_verify_ok(office: Office) -> None:
    """The whole life so far agrees: chain, outbox and store."""
    assert integrity.verify(office) == []
    assert [row["ok"] for row in tokens.attest(office, "jishidai")] == [True, True, True]


def test_the_same_request_gives_the_first_result_and_other_content_a_conflict(office: Office) -> None:
    """A mint asked twice is proposed once; approved twice, minted once."""
    first = propose(office, Allocation("bob", 10_000), req="mint-once")
    again = propose(office, Allocation("bob", 10_000), req="mint-once")
    assert (again.proposal, again.result) == (first.proposal, first.result)
    with pytest.raises(Conflict):
        propose(office, Allocation("bob", 20_000), req="mint-once")
    yes = Approve("compliance-1", "yes-once", str(first.proposal))
    assert approve(office, yes) == approve(office, yes)
    assert holders.register(office, SENIOR).supply == 1_010_000
    assert integrity.verify(office) == []


def test_a_table_of_allocations_is_cut_and_bad_rows_are_reported(office: Office) -> None:
    """Good rows are proposed, each bad row is reported with its rule; when all are bad nothing is proposed."""
    desks.add_person(office, "dora", prove=False)
    desks.add_person(office, "mainlander", residence="CN", address_country="CN")
    table = b"investor,amount\nbob,20000\ndora,10000\nmainlander,10000\ncarol,10001\nnobody,10000\n"
    rows = issuance.read_allocations(table)
    report = {row.to: {(r.rule, r.reason) for r in row.refusals} for row in issuance.dry_run(office, SENIOR, rows)}
    assert report["bob"] == set()
    assert ("R-50", "wallet-not-proven") in report["dora"]
    assert ("R-43", "jurisdiction-denied") in report["mainlander"]
    assert report["carol"] == {("R-57", "not-a-lot")}
    assert report["nobody"] == {("R-60", "receiver-unknown")}
    result = propose(office, *rows)
    assert (result.result["allocated"], result.result["dropped"], result.exit_code) == (1, 4, 3)
    assert {refusal.where.split(":")[0] for refusal in result.refusals} == {"row 3", "row 4", "row 5", "row 6"}
    second_officer(office, result)
    with pytest.raises(Refused):
        propose(office, Allocation("dora", 10_000))
    assert integrity.verify(office) == []


def test_who_is_refused_admission_and_why(office: Office) -> None:
    """Denied, not proven, expired: each has its rule, and the others are admitted."""
    desks.add_person(office, "erin")
    desks.add_person(office, "usperson", nationality="US;HK")
    desks.add_person(office, "unproven", prove=False)
    desks.add_person(office, "stale", evidence_1_relevant_date="2024-01-01")
    result = investor.admit(office, investor.Admit(officer="operations-1", request=request()))
    assert (result.result["admitted"], result.result["refused"], result.exit_code) == (1, 3, 3)
    found = {(refusal.rule, refusal.reason) for refusal in result.refusals}
    assert {("R-54", "jurisdiction-denied"), ("R-50", "wallet-not-proven")} <= found
    assert integrity.verify(office) == []


def test_transfers_and_why(office: Office) -> None:
    """Python gives every reason, the chain the first, and they agree; a refusal leaves the chain untouched."""
    assert move(office, "alice", "bob", 30_000).outcome == "done"
    answer = transfers.why(office, SENIOR, "alice", "0x00000000000000000000000000000000000000A1", 5)
    assert not answer.allowed
    assert answer.agrees
    assert {r.reason for r in answer.refusals} >= {"receiver-unknown", "not-a-lot"}
    before = office.chain.head()
    with pytest.raises(Refused) as refused:
        move(office, "bob", "carol", 40_000)
    assert reasons(refused) == {("R-60", "insufficient-balance")}
    assert office.chain.head() == before
    assert transfers.why(office, SENIOR, "alice", "bob", 10_000).allowed
    command = transfers.Redeem(request=request(), holder="bob", amount=10_000, token=SENIOR)
    assert transfers.redeem(office, command).outcome == "done"
    assert [(r.investor, r.balance) for r in holders.register(office, SENIOR).rows] == [
        ("alice", 970_000),
        ("bob", 20_000),
    ]
    assert integrity.verify(office) == []


def test_a_freeze_takes_two_officers_and_stops_the_holder(office: Office) -> None:
    """The maker schedules, the checker executes; neither can do the other's part."""
    command = transfers.Freeze(
        officer="operations-1", request=request(), token=SENIOR, wallet="alice", amount=990_000, evidence=PAPER
    )
    asked = transfers.freeze(office, command)
    with pytest.raises(NotAuthorised):
        approve(office, Approve("operations-1", request(), str(asked.proposal)))
    with pytest.raises(NotAuthorised):
        approve(office, Approve("regulator-desk", request(), str(asked.proposal)))
    with pytest.raises(Conflict):
        approve(office, Approve("compliance-1", request(), str(asked.proposal), "0x" + "00" * 32))
    shown = describe(office, str(asked.proposal))
    assert shown["calls"][0]["function"] == "SecurityToken.setFrozenTokens(address,uint256)"
    assert second_officer(office, asked).outcome == "done"
    with pytest.raises(Refused) as refused:
        move(office, "alice", "bob", 20_000)
    assert reasons(refused) == {("R-62", "frozen")}
    forced = transfers.force_transfer(
        office,
        transfers.ForceTransfer(
            officer="operations-2",
            request=request(),
            token=SENIOR,
            sender="alice",
            to="carol",
            amount=500_000,
            evidence=PAPER,
        ),
    )
    assert second_officer(office, forced, "compliance-2").outcome == "done"
    assert holders.register(office, SENIOR).rows[0].balance == 500_000
    assert integrity.verify(office) == []


def test_a_rejected_proposal_can_never_be_executed(office: Office) -> None:
    """The checker's no cancels what was scheduled."""
    command = transfers.Freeze(
        officer="operations-1", request=request(), token=SENIOR, wallet="alice", amount=1, evidence=PAPER
    )
    asked = transfers.freeze(office, command)
    no = reject(office, Reject("compliance-1", request(), str(asked.proposal), "order withdrawn"))
    assert no.outcome == "done"
    with pytest.raises(Conflict):
        approve(office, Approve("compliance-2", request(), str(asked.proposal)))
    assert integrity.verify(office) == []


def test_a_lost_wallet_is_recovered_by_two_officers(office: Office) -> None:
    """A proven new wallet of the same investor takes over balance and tranche; the lost one is blocked for good."""
    desks.prove_wallet(office, "alice", "alice-new")
    investor.add_wallet(
        office,
        investor.AddWallet(officer="operations-1", request=request(), investor="alice", wallet=wallet("alice-new")),
    )
    asked = transfers.recover_wallet(
        office,
        transfers.RecoverWallet(
            officer="operations-1",
            request=request(),
            lost=wallet("alice"),
            successor=wallet("alice-new"),
            evidence=PAPER,
        ),
    )
    assert second_officer(office, asked).outcome == "done"
    assert [(r.wallet, r.balance) for r in holders.register(office, SENIOR).rows] == [(wallet("alice-new"), 1_000_000)]
    with pytest.raises(Refused):
        move(office, wallet("bob"), wallet("alice"), 0)
    assert integrity.verify(office) == []


def test_blocking_takes_one_key_and_unblocking_two(office: Office) -> None:
    command = investor.BlockInvestor(
        officer="operations-1", request=request(), investor="bob", reason="order", evidence=PAPER
    )
    assert investor.block(office, command).outcome == "done"
    with pytest.raises(Refused) as refused:
        move(office, "alice", "bob", 10_000)
    assert reasons(refused) == {("R-53, R-62", "receiver-blocked")}
    lift = investor.UnblockInvestor(officer="operations-1", request=request(), investor="bob", evidence=PAPER)
    assert second_officer(office, investor.unblock(office, lift)).outcome == "done"
    assert move(office, "alice", "bob", 10_000).outcome == "done"
    assert integrity.verify(office) == []


def test_an_overdue_disclosure_halts_and_publishing_resumes(office: Office) -> None:
    """The first mint opened issue completion by itself; past its due second mints and these transfers stop."""
    (open_,) = disclosure.obligations(office, "jishidai")
    assert (open_["kind"], open_["state"]) == ("issue-completion", "open")
    warp(office, open_["due"] - office.now() + 1)
    assert disclosure.obligations(office)[0]["state"] == "overdue"
    assert any(row["overdue"] for row in integrity.today(office))
    with pytest.raises(Refused) as refused:
        propose(office, Allocation("bob", 10_000))
    assert reasons(refused) == {("R-81", "disclosure-overdue")}
    with pytest.raises(Refused):
        move(office, "alice", "bob", 10_000)
    published = disclosure.disclose(
        office,
        disclosure.Disclose(
            officer="operations-1",
            request=request(),
            filing="jishidai",
            name="Issue completion report",
            kind="issue-completion",
            document=Evidence("completion.pdf", b"illustrative report"),
            uri="https://example.org/completion.pdf",
            obligation=open_["obligation"],
        ),
    )
    assert published.outcome == "done"
    assert move(office, "alice", "bob", 10_000).outcome == "done"
    assert integrity.verify(office) == []


def test_a_suspended_filing_halts_until_two_officers_resume_it(office: Office) -> None:
    command = filing.Suspend(officer="regulator-desk", request=request(), filing="jishidai", evidence=PAPER)
    assert filing.suspend(office, command).outcome == "done"
    with pytest.raises(Refused) as refused:
        move(office, "alice", "bob", 10_000)
    assert reasons(refused) == {("R-03", "filing-not-effective")}
    again = filing.Resume(officer="operations-1", request=request(), filing="jishidai", evidence=PAPER)
    assert second_officer(office, filing.resume(office, again)).outcome == "done"
    assert move(office, "alice", "bob", 10_000).outcome == "done"
    paused = tokens.Pause(officer="operations-1", request=request(), token=SENIOR, evidence=PAPER)
    assert tokens.pause(office, paused).outcome == "done"
    with pytest.raises(Refused) as stopped:
        move(office, "alice", "bob", 10_000)
    assert reasons(stopped) == {("R-62", "token-paused")}
    lift = tokens.Unpause(officer="operations-1", request=request(), token=SENIOR, evidence=PAPER)
    assert second_officer(office, tokens.unpause(office, lift)).outcome == "done"
    assert [event["to"] for event in filing.show(office, "jishidai")["history"]][-2:] == ["suspended", "effective"]
    assert integrity.verify(office) == []


def test_a_changed_plan_is_refused_by_python_and_by_the_factory(home: Path) -> None:
    """Tokens are made only as filed: each difference is named, and the factory's own answer is beside it."""
    from abst import demo_data

    with opened(home) as office:
        changed = demo_data.text("deal.yaml").replace("150_000_000_000", "150_000_000_001").encode()
        with pytest.raises(Refused) as refused:
            tokens.create(
                office,
                tokens.CreateTokens(officer="operations-1", request=request(), filing="jishidai", deal=changed),
            )
        assert {refusal.rule for refusal in refused.value.refusals} == {"R-42"}
        assert {refusal.reason for refusal in refused.value.refusals} >= {"plan-drift", "PlanDiffers"}


def test_maker_and_checker_in_two_homes_on_one_store(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the issuer's key the mint waits, and says why once; the maker's home sends it, once."""
    monkeypatch.setattr(issuance, "LOT", 1)
    other = tmp_path / "checker"
    join(other, home)
    move_key(home, "compliance-1", other)
    with opened(home) as office:
        asked = propose(office, Allocation("bob", 10_000), Allocation("carol", 10_000, 2))
    with opened(other) as office:
        waits = approve(office, Approve("compliance-1", "yes-elsewhere", str(asked.proposal)))
        assert (waits.outcome, waits.exit_code) == ("waiting", 7)
        assert [row["kind"] for row in operations(office)] == ["mint", "mint"]
        (why,) = waits.warnings
        assert why.startswith("mint (2 transactions): pending; waiting for key of ")
    with opened(home) as office:
        assert [row["state"] for row in run_ops(office)] == ["final", "final"]
        assert request_status(office, "yes-elsewhere").outcome == "done"
        assert holders.register(office, SENIOR).supply == 1_020_000
        assert integrity.verify(office) == []
    with opened(other) as office:
        assert approve(office, Approve("compliance-1", "yes-elsewhere", str(asked.proposal))).outcome == "done"


@embedded_alone("its file is put under another store")
def test_a_store_does_not_open_with_another_chain(home: Path, tmp_path: Path) -> None:
    """Store and chain of two registries are not mixed: the refusal says which differs."""
    other = tmp_path / "other"
    desks.new_home(other)
    shutil.copy(other / "chain.db", home / "chain.db")
    for leftover in home.glob("chain.db-*"):
        leftover.unlink()
    with pytest.raises(Unavailable, match="does not fit"), opened(home):
        pass


def test_the_projection_of_holders_can_be_dropped(office: Office) -> None:
    move(office, "alice", "bob", 30_000)
    before = holders.register(office, SENIOR)
    holders.rebuild(office)
    assert holders.register(office, SENIOR) == before
    assert holders.reconcile(office, SENIOR) == []
    past = holders.register(office, SENIOR, block=before.block - 1)
    assert [(row.investor, row.balance) for row in past.rows] == [("alice", 1_000_000)]


def test_a_journal_that_somebody_changed_is_found_and_read_again(office: Office) -> None:
    """`verify` tells a raw log, a movement or a position that is not the chain's, and that the reader was stopped."""
    move(office, "alice", "bob", 30_000)
    assert holders.reconcile(office) == []
    looked = (checks.journal_true, checks.positions)
    assert set(looked) <= set(checks.CHECKS)
    for statement, told in (
        ("UPDATE holding SET balance = '1' WHERE balance = '30000'", "balanceOf"),
        ("UPDATE movement SET amount = '1' WHERE amount = '30000'", "event log"),
        ("DELETE FROM raw_log WHERE block = (SELECT MAX(block) FROM raw_log)", "event log"),
    ):
        with office.store.begin() as session:
            session.execute(text(statement))
        assert told in {difference.words for check in looked for difference in check(office)}
        journal.reindex(office, from_chain=True)
    assert integrity.verify(office) == []
    with office.store.begin() as session:
        session.execute(text("UPDATE journal_block SET hash = 'another ' || number"))
    (found,) = [one for check in looked for one in check(office)]
    assert (found.where, found.expected[:7], "reindex --from-chain" in found.words) == ("journal", "another", True)
    for act in (holders.reconcile, holders.rebuild):
        with pytest.raises(journal.JournalHalted):
            act(office)
    journal.reindex(office, from_chain=True)
    assert [one for check in looked for one in check(office)] == []


def test_only_what_changed_is_compared_with_the_tokens(office: Office) -> None:
    """After all was equal once: the two wallets of a transfer, and nothing when nothing moved."""
    assert reconciling.compare(office).wallets == 1
    move(office, "alice", "bob", 30_000)
    assert reconciling.compare(office, all=False).wallets == 2
    assert reconciling.compare(office, all=False).wallets == 0
    move(office, "bob", "alice", 10_000)
    assert reconciling.compare(office, all=False).wallets == 2


def test_positions_as_of_a_day(office: Office) -> None:
    """The end of a day or a moment, before or after a transfer; not of a day that has not begun."""
    before = holders.register(office, SENIOR)
    warp(office, 86_400)
    move(office, "alice", "bob", 30_000)
    now = office.now()
    assert holders.register(office, SENIOR, at=now).rows == holders.register(office, SENIOR).rows
    past = holders.register(office, SENIOR, at=now - 86_400)
    assert [(row.wallet, row.balance) for row in past.rows] == [(row.wallet, row.balance) for row in before.rows]
    assert holders.register(office, SENIOR, at=1).rows == ()
    with pytest.raises(UsageError, match="no such time yet"):
        holders.register(office, SENIOR, at=now + 2 * 86_400)
