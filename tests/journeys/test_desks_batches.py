"""Many at once: renewed from a table, blocked from a list, transferred in one act by a holder."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import desks
import pytest
from desks import PAPER, opened, request, second_officer, wallet

from abst.chain.office import Office
from abst.chain.words import InvestorRecord
from abst.errors import Conflict, NotFound, Refused, UsageError
from abst.holders import desk as holders
from abst.integrity import desk as integrity
from abst.investor import batches
from abst.investor import desk as investor
from abst.issuance import desk as issuance
from abst.issuance.desk import Allocation
from abst.transfers import batches as many
from nodes import warp

SENIOR = "JSD-A1"
YEAR = 366 * 86_400


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """alice holds 1,000,000 units and has her key in the home; bob and carol are admitted."""
    home = tmp_path_factory.mktemp("held") / "home"
    desks.filed_home(home)
    with opened(home) as office:
        desks.admitted_people(office, *desks.HOLDERS)
        desks.keep_keys(office, "alice")
        minted = issuance.ProposeMint(
            officer="operations-1", request=request(), token=SENIOR, allocations=(Allocation("alice", 1_000_000),)
        )
        assert second_officer(office, issuance.mint(office, minted)).outcome == "done"
    return home


@pytest.fixture
def office(held: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(desks.copied(held, tmp_path / "home")) as made:
        yield made


def on_chain(office: Office, name: str) -> InvestorRecord:
    return InvestorRecord.unpack(office.contracts.registry.read("investorOf", wallet(name)))


def table_of(*rows: dict[str, object]) -> bytes:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_many_are_renewed_from_one_table(office: Office) -> None:
    """Good rows are good for another year; bad ones are named with their rules, and their facts run out."""
    warp(office, YEAR)
    before = {name: on_chain(office, name).evidence_until for name in desks.HOLDERS}
    rows = table_of(
        desks.person(office, "alice", wallet=""),
        desks.person(office, "bob", wallet=""),
        desks.person(office, "carol", wallet="", evidence_1_relevant_date="2024-01-01"),
        desks.person(office, "nobody", wallet=""),
        desks.person(office, "dora", wallet="", evidence_1_amount="much"),
    )
    command = batches.RenewMany(officer="operations-1", request="renew-once", content=rows)
    done = batches.renew_many(office, command)
    assert (done.outcome, done.result["renewed"], done.result["refused"], done.exit_code) == ("done", 2, 3, 3)
    assert {(r.rule, r.reason) for r in done.refusals} >= {
        ("R-45, R-56", "evidence-expired"),
        ("R-44", "not-admitted"),
        ("R-44", "row-malformed"),
    }
    assert batches.renew_many(office, command) == done
    after = {name: on_chain(office, name).evidence_until for name in desks.HOLDERS}
    assert [after[name] > before[name] for name in desks.HOLDERS] == [True, True, False]
    late = table_of(desks.person(office, "carol", wallet="", evidence_1_relevant_date="2024-01-01"))
    with pytest.raises(Refused):
        batches.renew_many(office, batches.RenewMany(officer="operations-1", request=request(), content=late))
    assert integrity.verify(office) == []


def test_many_are_blocked_at_once(office: Office) -> None:
    """One key stops a list of investors; each is recorded, and lifted one by one by two officers."""
    named = batches.read_investors(b"investor\nbob\ncarol\n")
    command = batches.BlockMany(
        officer="operations-1", request="block-once", investors=named, reason="list 7", evidence=PAPER
    )
    assert batches.block_many(office, command).result == {"blocked": 2, "investors": ["bob", "carol"]}
    assert batches.block_many(office, command).outcome == "done"
    assert [on_chain(office, name).blocked for name in desks.HOLDERS] == [False, True, True]
    assert [investor.show(office, name)["blocked"] for name in desks.HOLDERS] == [False, True, True]
    lifted = investor.UnblockInvestor(officer="operations-1", request=request(), investor="bob", evidence=PAPER)
    assert second_officer(office, investor.unblock(office, lifted)).outcome == "done"
    assert [on_chain(office, name).blocked for name in desks.HOLDERS] == [False, False, True]
    several = batches.BlockMany(
        officer="operations-1", request=request(), investors=("alice", "nobody"), reason="list 8", evidence=PAPER
    )
    with pytest.raises(NotFound):
        batches.block_many(office, several)
    assert not on_chain(office, "alice").blocked
    for bad in (b"name\nbob\n", b"investor\n\xff\n", b"investor\nbob\nbob\n", b"investor\n"):
        with pytest.raises(UsageError):
            batches.read_investors(bad)
    assert integrity.verify(office) == []


def test_a_holder_transfers_to_many_in_one_act(office: Office) -> None:
    """All or nothing: every row by the same rules, each on what the rows before it left."""
    rows = many.read_transfers(b"investor,amount\nbob,10000\ncarol,20000\nbob,30000\n")
    command = many.TransferMany(request="many-once", holder="alice", token=SENIOR, rows=rows)
    done = many.transfer_many(office, command)
    assert (done.outcome, done.result["rows"], done.result["total"]) == ("done", 3, "60000")
    assert many.transfer_many(office, command) == done
    with pytest.raises(Conflict):
        many.transfer_many(office, many.TransferMany(request="many-once", holder="alice", token=SENIOR, rows=rows[:1]))
    balances = {row.investor: row.balance for row in holders.register(office, SENIOR).rows}
    assert balances == {"alice": 940_000, "bob": 40_000, "carol": 20_000}
    too_much = many.read_transfers(b"investor,amount\nbob,930000\ncarol,20000\ncarol,5\n")
    with pytest.raises(Refused) as refused:
        many.transfer_many(office, many.TransferMany(request=request(), holder="alice", token=SENIOR, rows=too_much))
    assert [(r.where.split(":")[0], r.reason) for r in refused.value.refusals] == [
        ("row 3", "insufficient-balance"),
        ("row 4", "not-a-lot"),
    ]
    assert {row.investor: row.balance for row in holders.register(office, SENIOR).rows} == balances
    assert integrity.verify(office) == []
