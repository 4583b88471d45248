"""Corrections that life needs, on a real chain: each by two officers, on evidence, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import desks
import pytest
from desks import PAPER, opened, request, second_officer, wallet

from abst import bootstrap
from abst.chain.office import Office, Result
from abst.chain.words import Holding
from abst.errors import Conflict, NotFound, Refused, UsageError
from abst.holders import encumbrances, facts
from abst.holders.tables import Correction, Encumbrance
from abst.integrity import corrections as checks
from abst.investor import desk as investor
from abst.investor import records
from abst.issuance import desk as issuance
from abst.issuance import load, reversals
from abst.issuance.desk import Allocation
from abst.reports.closing import closing
from abst.reports.paper import Report
from abst.reports.regulator import regulator
from abst.store import Base
from abst.transfers import corrections, names, pledges
from abst.transfers import desk as transfers

SENIOR, MEZZ = "JSD-A1", "JSD-A2"
OPS = "operations-1"
PEOPLE = ("alice", "bob", "carol", "dora")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """alice was minted 1,000,000 units in row 1 of the request first-mint, bob 500,000 in row 2."""
    home = tmp_path_factory.mktemp("corrected") / "home"
    desks.filed_home(home)
    with opened(home) as office:
        desks.admitted_people(office, *PEOPLE)
        rows = (Allocation("alice", 1_000_000, 1), Allocation("bob", 500_000, 2))
        asked = issuance.ProposeMint(officer=OPS, request="first-mint", token=SENIOR, allocations=rows)
        assert second_officer(office, issuance.mint(office, asked)).outcome == "done"
    return home


@pytest.fixture
def office(held: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(desks.copied(held, tmp_path / "home")) as made:
        yield made


def on_chain(office: Office, name: str, token: str = SENIOR) -> Holding:
    return encumbrances.holding(office, facts.token(office, token).address, wallet(name))


def reverse(office: Office, amount: int = 0, to: str = "carol", row: int = 1) -> Result:
    command = reversals.ReverseMint(
        officer=OPS, request=request(), minted="first-mint", row=row, to=to, amount=amount, evidence=PAPER
    )
    return reversals.reverse(office, command)


def pledge(office: Office, amount: int, holder: str = "alice", pledgee: str = "bob") -> Result:
    command = pledges.AddPledge(
        officer=OPS,
        request=request(),
        token=SENIOR,
        holder=holder,
        pledgee=pledgee,
        amount=amount,
        evidence=PAPER,
    )
    return pledges.add(office, command)


def attach(office: Office, amount: int) -> Result:
    command = pledges.Attach(
        officer=OPS, request=request(), token=SENIOR, holder="alice", amount=amount, evidence=PAPER
    )
    return pledges.attach(office, command)


def enforce(office: Office, number: int, amount: int = 0) -> Result:
    command = pledges.Enforce(officer=OPS, request=request(), number=number, amount=amount, evidence=PAPER)
    return pledges.enforce(office, command)


def release(office: Office, number: int) -> Result:
    return pledges.release(office, pledges.Release(officer=OPS, request=request(), number=number, evidence=PAPER))


def reasons(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {refusal.reason for refusal in refused.value.refusals}


def test_a_row_of_a_mint_gives_back_what_it_was_allotted_and_no_more(office: Office) -> None:
    """In two parts, to the rightful receiver; a third is refused, and proposals that it overtook never pass."""
    first, stale, uncovered = reverse(office, 600_000), reverse(office, 600_000), pledge(office, 400_001)
    assert second_officer(office, first).outcome == "done"
    with pytest.raises(Conflict, match="held moved"):
        second_officer(office, uncovered)
    with pytest.raises(Conflict, match="reversed since"):
        second_officer(office, stale)
    assert second_officer(office, reverse(office)).outcome == "done"
    assert (on_chain(office, "alice").balance, on_chain(office, "carol").balance) == (0, 1_000_000)
    for amount in (0, 1):
        with pytest.raises(Refused) as refused:
            reverse(office, amount)
        assert "reversed-already" in reasons(refused)
    with office.store.read() as session:
        rows = encumbrances.corrections(session, "mint", "first-mint")
    assert [(row.place, row.before, row.amount, row.allotted) for row in rows] == [
        (1, 0, 600_000, 1_000_000),
        (1, 600_000, 400_000, 1_000_000),
    ]
    assert {row.note for row in rows} != {""}
    assert checks.CHECKS[0](office) == [] == checks.CHECKS[1](office)
    with pytest.raises(NotFound):
        reverse(office, row=3)


def test_a_wrong_receiver_of_a_reversal_is_refused_with_every_reason(office: Office) -> None:
    """An unknown wallet, and the same wallet, receive nothing."""
    with pytest.raises(Refused) as refused:
        reverse(office, to="0x" + "00" * 19 + "A1")
    assert "receiver-unknown" in reasons(refused)
    with pytest.raises(Refused) as refused:
        reverse(office, to="alice")
    assert "same-wallet" in reasons(refused)


def test_rights_freeze_rank_and_end(office: Office) -> None:
    """Two pledges and an attachment above the balance: earlier ones rank first, each ends once, frozen follows."""
    assert second_officer(office, pledge(office, 600_000)).outcome == "done"
    with pytest.raises(Refused) as refused:
        pledge(office, 400_001)
    assert reasons(refused) == {"pledge-exceeds-free"}
    stale = pledge(office, 400_000, pledgee="carol")
    assert second_officer(office, attach(office, 2_000_000)).outcome == "done"
    with pytest.raises(Conflict, match="frozen moved"):
        second_officer(office, stale)
    assert on_chain(office, "alice").frozen == 2_600_000
    lowered = transfers.Freeze(
        officer=OPS, request=request(), token=SENIOR, wallet="alice", amount=2_599_999, evidence=PAPER
    )
    with pytest.raises(Refused) as refused:
        transfers.freeze(office, lowered)
    assert reasons(refused) == {"under-another-right"}
    with pytest.raises(Refused) as refused:
        reverse(office, 1)
    assert "under-another-right" in reasons(refused)
    with pytest.raises(Refused) as refused:
        enforce(office, 1, 600_001)
    assert reasons(refused) == {"over-enforced"}
    assert second_officer(office, enforce(office, 1, 500_000)).outcome == "done"
    assert (on_chain(office, "alice").balance, on_chain(office, "alice").frozen) == (500_000, 2_100_000)
    assert on_chain(office, "bob").balance == 1_000_000
    with pytest.raises(UsageError):
        enforce(office, 2)
    assert second_officer(office, release(office, 2)).outcome == "done"
    assert on_chain(office, "alice").frozen == 100_000
    with pytest.raises(Conflict, match="closed"):
        release(office, 2)
    shown = pledges.list_rights(office, closed=True)
    assert [(row["kind"], row["remaining"], row["rank"]) for row in shown] == [
        ("pledge", "100000", 1),
        ("attachment", "0", None),
    ]
    assert [check(office) for check in checks.CHECKS] == [[], []]


def test_an_attachment_ranks_before_a_later_pledge(office: Office) -> None:
    """What was attached first is not enforced from under the court."""
    assert second_officer(office, attach(office, 900_000)).outcome == "done"
    assert second_officer(office, pledge(office, 100_000)).outcome == "done"
    # The holder's units shrink below the attachment by a row reversed on the court's own order: refused as well.
    with pytest.raises(Refused) as refused:
        reverse(office, 100_000)
    assert "under-another-right" in reasons(refused)
    assert second_officer(office, enforce(office, 2)).outcome == "done"
    assert (on_chain(office, "alice").balance, on_chain(office, "alice").frozen) == (900_000, 900_000)


def test_verify_finds_a_right_that_the_chain_does_not_hold(office: Office) -> None:
    """A pledge in the books without its freeze, and a correction that nobody executed, are both named."""
    assert second_officer(office, pledge(office, 100_000)).outcome == "done"
    with office.store.begin() as session:
        row = encumbrances.get(session, 1)
        values = {column.name: getattr(row, column.name) for column in Encumbrance.__table__.columns}
        session.add(Encumbrance(**values | {"number": 2, "proposal": "pro-x"}))
        session.add(
            Correction(
                kind="mint",
                subject="first-mint",
                token=row.token,
                sender=row.wallet,
                receiver=row.pledgee,
                amount=1,
                moved="0x" + "ab" * 32,
                operation="0x" + "cd" * 32,
                place=1,
                allotted=1,
                before=0,
                evidence=row.evidence,
                proposal="pro-x",
                maker="operations-1",
                checker="compliance-1",
                at=1,
            )
        )
    encumbered, corrected = (check(office) for check in checks.CHECKS)
    assert [(one.found, one.expected) for one in encumbered] == [("100000", "at least 200000")]
    assert [one.found for one in corrected] == ["not executed"]


def test_a_pledge_follows_the_units_of_a_lost_wallet(office: Office) -> None:
    """Frozen units go to the successor with their pledge; a renewal afterwards leaves the lost wallet lost."""
    assert second_officer(office, pledge(office, 600_000)).outcome == "done"
    desks.prove_wallet(office, "alice", "alice-2")
    added = investor.AddWallet(officer=OPS, request=request(), investor="alice", wallet=wallet("alice-2"))
    assert investor.add_wallet(office, added).outcome == "done"
    recovery = transfers.RecoverWallet(
        officer=OPS, request=request(), lost=wallet("alice"), successor=wallet("alice-2"), evidence=PAPER
    )
    assert second_officer(office, transfers.recover_wallet(office, recovery)).outcome == "done"
    assert checks.CHECKS[0](office) == []
    command = names.Rename(
        officer=OPS, request=request(), investor="alice", row={"name": "Sample Alicia"}, evidence=PAPER
    )
    assert second_officer(office, names.rename(office, command)).outcome == "done"
    assert investor.wallet_of(office, "alice") == wallet("alice-2")
    assert second_officer(office, reverse(office, 400_000)).outcome == "done"
    assert second_officer(office, enforce(office, 1)).outcome == "done"
    assert on_chain(office, "alice-2") == Holding()
    assert on_chain(office, "bob").balance == 1_100_000


def test_heirs_get_exactly_what_was_held(office: Office) -> None:
    """The deceased is blocked first; shares that differ by one unit are refused; every unit moves."""

    def succeed(*shares: str) -> Result:
        read = tuple(corrections.read_share(share) for share in shares)
        command = corrections.Succeed(officer=OPS, request=request(), deceased="alice", shares=read, evidence=PAPER)
        return corrections.succeed(office, command)

    with pytest.raises(Refused) as refused:
        succeed(f"bob:{SENIOR}:400000", f"carol:{SENIOR}:599999")
    assert reasons(refused) == {"deceased-not-blocked", "shares-differ"}
    investor.block(
        office,
        investor.BlockInvestor(officer=OPS, request=request(), investor="alice", reason="death", evidence=PAPER),
    )
    asked = succeed(f"bob:{SENIOR}:400000", f"carol:{SENIOR}:600000")
    assert second_officer(office, asked).outcome == "done"
    balances = [on_chain(office, name).balance for name in PEOPLE]
    assert balances == [0, 900_000, 600_000, 0]
    assert [row["amount"] for row in corrections.list_corrections(office)] == ["400000", "600000"]
    assert checks.CHECKS[1](office) == []
    with pytest.raises(UsageError):
        succeed("bob")


def test_a_register_is_loaded_whole_and_once(office: Office) -> None:
    """Control totals tie to the unit and the row; one bad row stops all; a rejected load may be tried again."""
    content = b"investor,amount,lot\ncarol,20000,a\ncarol,10000,b\ndora,30000,a\n"

    def ask(content: bytes = content, rows: int = 3, total: int = 60_000, name: str = "") -> Result:
        command = load.LoadRegister(
            officer=OPS,
            request=name or request(),
            token=MEZZ,
            content=content,
            rows=rows,
            total=total,
            evidence=PAPER,
        )
        return load.load(office, command)

    for rows, total, reason in (
        (4, 60_000, "control-count"),
        (3, 60_001, "control-total"),
        (3, 59_999, "control-total"),
    ):
        with pytest.raises(Refused) as refused:
            ask(rows=rows, total=total)
        assert reasons(refused) == {reason}
    with pytest.raises(Refused) as refused:
        ask(content + b"nobody,1,a\ndora,1,a\n", 5, 60_002)
    assert {"receiver-unknown", "row-twice", "not-a-lot"} <= reasons(refused)
    with pytest.raises(Refused) as refused:
        ask(content.replace(b"lot\n", b"lock\n").replace(b",a\n", b",2999-01-01\n").replace(b",b\n", b",\n"))
    assert "lock-not-carried" in reasons(refused)
    asked = ask(name="load-1")
    assert ask(name="load-1").result == asked.result
    with pytest.raises(Refused) as refused:
        ask()
    assert reasons(refused) == {"register-loaded"}
    assert second_officer(office, asked).outcome == "done"
    assert on_chain(office, "dora", MEZZ).balance == 30_000
    with office.store.read() as session:
        kept = load.loads(session, facts.token(office, MEZZ).address)
    assert [(row.rows, row.total, row.attempt) for row in kept] == [(3, 60_000, 0)]


def test_a_name_is_changed_and_the_former_one_stays_known(office: Office) -> None:
    """Judged and screened at the proposal and at the yes; the old version still opens; once renewed is a Conflict."""

    def rename(row: dict[str, object]) -> Result:
        command = names.Rename(officer=OPS, request=request(), investor="alice", row=row, evidence=PAPER)
        return names.rename(office, command)

    with office.store.read() as session:
        before = records.private(session, "alice", office.vault())
        first = records.get(session, "alice").version
    with pytest.raises(Refused) as refused:
        rename({"name": before.name})
    assert reasons(refused) == {"name-unchanged"}
    with pytest.raises(UsageError):
        rename({"name": "Sample Other", "residence": "CN"})
    asked, stale = rename({"name": "Sample Alicia"}), rename({"name": "Sample Alex"})
    assert "Sample" not in str(asked.result)
    assert second_officer(office, asked).outcome == "done"
    with office.store.read() as session:
        now = records.private(session, "alice", office.vault())
        old = records.private(session, "alice", office.vault(), version=first)
        changed = encumbrances.corrections(session, "name")
    assert (now.name, now.other_names, old.name) == ("Sample Alicia", (before.name,), before.name)
    assert [row.subject for row in changed] == ["alice"]
    with pytest.raises(Conflict, match="renewed since"):
        second_officer(office, stale)


def rows(report: Report, key: str) -> list[dict[str, str | None]]:
    return [dict(row) for section in report.sections if section.key == key for row in section.rows]


def everything(office: Office) -> dict[str, list[tuple[object, ...]]]:
    with office.store.read() as session:
        return {t.name: [tuple(row) for row in session.execute(t.select())] for t in Base.metadata.sorted_tables}


def test_the_authority_reads_without_a_key_and_writes_nothing(office: Office, tmp_path: Path) -> None:
    """A home without keystores shows filings, holders by group, refusals; not one row of the store changes."""
    with pytest.raises(Refused):
        pledge(office, 2_000_000)
    bootstrap.join(tmp_path / "reader", office.home)
    with opened(tmp_path / "reader") as reader:
        assert reader.keys.names() == {}
        before = everything(reader)
        report = regulator(reader, "en")
        assert regulator(reader, "en", filing="jishidai").sections[1:3] == report.sections[1:3]
        assert everything(reader) == before
    assert [row["state"] for row in rows(report, "filings")] == ["effective"]
    held = rows(report, "holders-jurisdiction")
    assert [(row["token"], row["jurisdiction"], row["units"]) for row in held] == [(SENIOR, "other", "1500000")]
    assert {(row["rule"], row["reason"]) for row in rows(report, "refusals")} == {("R-62", "pledge-exceeds-free")}
    assert [row["raised"] for row in rows(report, "quota")] == ["1500000"]
    assert report.markdown("en") == report.markdown("en")
    later = regulator(office, "en", first=office.day().replace(year=2999))
    assert not rows(later, "moves")
    assert not rows(later, "refusals")


def test_the_closing_report_names_nobody_but_by_order(office: Office) -> None:
    """Placees by id with their units, the operations with their decisions; names only on a logged order."""
    assert second_officer(office, reverse(office, 250_000)).outcome == "done"
    masked, named = closing(office, "jishidai"), closing(office, "jishidai", reveal_to=OPS, order=PAPER)
    placees = rows(masked, "placees")
    assert [(row["investor"], row["allotted"], row["now"]) for row in placees] == [
        ("alice", "1000000", "750000"),
        ("bob", "500000", "500000"),
    ]
    assert "Sample alice" not in masked.markdown("zh")
    assert "Sample alice" in named.markdown("zh")
    assert {row["agrees"] for row in rows(masked, "attested")} == {"yes"}
    (operation,) = rows(masked, "operations")
    assert (operation["units"], operation["rows"]) == ("1500000", "2")
    assert [row["units"] for row in rows(masked, "reversed")] == ["250000"]
