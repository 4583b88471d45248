"""The embedded chain: one file, its clock, its index, and what it refuses."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import rlp
from eth.db.chain import BlockDataKey
from eth.db.schema import SchemaV1
from probe import COUNT, READ, address_of, deploy, person, signed

from abst.chain.api import NotAccepted
from abst.chain.embedded import EmbeddedChain
from abst.chain.kv import MEMORY
from abst.errors import IntegrityFailure, Unavailable, UsageError
from abst.values import Hash, to_bytes

HEAD = "CAST('v1:canonical_head_hash' AS BLOB)"  # under this key py-evm keeps the head's hash


class Wall:
    """A wall clock that stands still until it is told."""

    def __init__(self, second: int) -> None:
        self.second = second

    def __call__(self) -> int:
        return self.second


def counted(chain: EmbeddedChain, probe: object) -> int:
    return int.from_bytes(chain.call(probe, READ), "big")  # type: ignore[arg-type]


# The file


def test_everything_is_there_after_reopening(chain: EmbeddedChain) -> None:
    """Head, state, receipts and logs stand when the process ends."""
    account = person(1)
    probe = deploy(chain, account)
    sent = chain.send_raw(signed(chain, account, 1, probe, COUNT))
    head, receipt = chain.head(), chain.receipt(sent)
    chain.close()
    again = EmbeddedChain(chain.path, create=False)
    assert (again.head(), again.receipt(sent)) == (head, receipt)
    assert counted(again, probe) == 1
    assert receipt is not None
    assert again.logs([probe], 0, head.number) == list(receipt.logs)
    assert again.check() == []


def test_two_openings_never_reorganise_each_other(chain: EmbeddedChain) -> None:
    """One that has not looked since the other's block mines on that block, not on the head it remembers."""
    other = EmbeddedChain(chain.path)
    one, two = person(1), person(2)
    probe = deploy(chain, one)
    seen = other.head()
    first = chain.send_raw(signed(chain, one, 1, probe, COUNT))
    second = other.send_raw(signed(other, two, 0, probe, COUNT))
    receipts = [chain.receipt(first), other.receipt(second)]
    assert [receipt.block_number for receipt in receipts if receipt] == [seen.number + 1, seen.number + 2]
    assert chain.head() == other.head()
    assert counted(chain, probe) == counted(other, probe) == 2


def test_the_first_blocks_balances_hold_for_a_new_file_only(chain: EmbeddedChain) -> None:
    """Opening an existing file with other balances changes nothing."""
    stranger = address_of(person(9))
    assert EmbeddedChain(chain.path, alloc={stranger: 5}).balance(stranger) == 0


def test_a_copy_is_a_chain_of_its_own(chain: EmbeddedChain, tmp_path: Path) -> None:
    """A snapshot of the file goes its own way from there."""
    account = person(1)
    probe = deploy(chain, account)
    chain.copy_to(tmp_path / "copy.db")
    chain.send_raw(signed(chain, account, 1, probe, COUNT))
    copy = EmbeddedChain(tmp_path / "copy.db", create=False)
    assert (counted(copy, probe), counted(chain, probe)) == (0, 1)


def test_a_chain_in_memory() -> None:
    """The same class without a file."""
    chain = EmbeddedChain(MEMORY, alloc={address_of(person(1)): 10**18})
    probe = deploy(chain, person(1))
    chain.send_raw(signed(chain, person(1), 1, probe, COUNT))
    assert counted(chain, probe) == 1


# Refusals


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """Unless it may be created."""
    with pytest.raises(Unavailable, match="no chain file"):
        EmbeddedChain(tmp_path / "none.db", create=False)
    assert not (tmp_path / "none.db").exists()


def test_another_chain_id_is_refused(chain: EmbeddedChain) -> None:
    """And both ids are told."""
    with pytest.raises(Unavailable, match=r"chain id 20260206.*chain id 7"):
        EmbeddedChain(chain.path, chain_id=7)


def test_another_format_is_refused(chain: EmbeddedChain) -> None:
    """A file of a later version of the program."""
    with chain.file.writing():
        chain.file.set_about("format", "99")
    with pytest.raises(Unavailable, match=r"format.*99"):
        EmbeddedChain(chain.path)


def test_no_database_is_refused(tmp_path: Path) -> None:
    """A file with other content."""
    (tmp_path / "chain.db").write_bytes(b"something else" * 1000)
    with pytest.raises(Unavailable, match="damaged"):
        EmbeddedChain(tmp_path / "chain.db")


def test_another_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    """The store's file given for the chain's."""
    path = tmp_path / "store.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE officer (name TEXT)")
    with pytest.raises(Unavailable, match=r"no chain file.*officer"):
        EmbeddedChain(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("officer",)]


def test_an_empty_file_is_refused_or_filled(tmp_path: Path) -> None:
    """As a process leaves it that was killed while it made the file."""
    (tmp_path / "chain.db").touch()
    with pytest.raises(Unavailable, match="empty"):
        EmbeddedChain(tmp_path / "chain.db", create=False)
    assert EmbeddedChain(tmp_path / "chain.db").head().number == 0


@pytest.mark.parametrize(
    "damage",
    [
        f"DELETE FROM kv WHERE key = {HEAD}",
        f"UPDATE kv SET value = zeroblob(32) WHERE key = {HEAD}",
        f"UPDATE kv SET value = x'c0' WHERE key = (SELECT value FROM kv WHERE key = {HEAD})",
        "UPDATE kv SET value = x'c0' WHERE key = CAST('block-number-to-hash:2' AS BLOB)",
        "UPDATE about SET value = '0x' || hex(zeroblob(32)) WHERE name = 'genesis'",
        f"DELETE FROM kv WHERE length(key) = 32 AND key NOT IN (SELECT value FROM kv WHERE key = {HEAD})",
    ],
)
def test_a_head_that_contradicts_the_rest_is_refused(chain: EmbeddedChain, damage: str) -> None:
    """No head, another hash, another content, another first block, no state."""
    chain.mine(2)
    chain.close()
    with sqlite3.connect(chain.path) as connection:
        connection.execute(damage)
    with pytest.raises(IntegrityFailure, match="contradicts itself"):
        EmbeddedChain(chain.path)


def test_check_finds_what_opening_does_not_look_at(chain: EmbeddedChain) -> None:
    """An old block's header, and an event taken from the table of logs."""
    probe = deploy(chain, person(1))
    chain.send_raw(signed(chain, person(1), 1, probe, COUNT))
    chain.mine(2)
    assert chain.check() == []
    with chain.file.writing():
        chain.file.execute("UPDATE log SET data = x'07'")
    assert any("logs differs" in problem for problem in chain.check())
    with chain.file.writing():
        chain.file.execute("UPDATE kv SET value = x'c0' WHERE key = ?", (to_bytes(chain.block(1).hash),))  # type: ignore[union-attr]
    assert any("block 1" in problem for problem in chain.check())


def test_a_full_disk_leaves_nothing_half_done(chain: EmbeddedChain) -> None:
    """The block that does not fit is not there; with space again, the chain goes on."""
    account = person(1)
    probe = deploy(chain, account)
    head = chain.head()
    connection = chain.file.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Unavailable, match="disk is full"):
        chain.send_raw_many([signed(chain, account, nonce, probe, COUNT) for nonce in range(1, 60)])
    assert chain.head() == head
    assert chain.nonce(address_of(account)) == 1
    connection.execute(f"PRAGMA max_page_count = {pages + 10_000}")
    chain.send_raw(signed(chain, account, 1, probe, COUNT))
    assert counted(chain, probe) == 1
    assert chain.check() == []


# Sending


def test_many_are_all_or_none(chain: EmbeddedChain) -> None:
    """A nonce gap among them, and nothing is mined."""
    account = person(1)
    probe = deploy(chain, account)
    head = chain.head()
    with pytest.raises(NotAccepted) as error:
        chain.send_raw_many([signed(chain, account, nonce, probe, COUNT) for nonce in (1, 2, 4)])
    assert (error.value.reason, error.value.found, error.value.needed) == ("nonce-too-high", "nonce 4", "nonce 3")
    assert chain.head() == head


def test_many_take_as_many_blocks_as_their_gas_needs(chain: EmbeddedChain) -> None:
    """No transaction is refused because its neighbours filled the block."""
    account = person(1)
    probe = deploy(chain, account)
    before = chain.head().number
    chain.send_raw_many([signed(chain, account, nonce, probe, COUNT, gas=14_000_000) for nonce in range(1, 6)])
    assert chain.head().number == before + 3
    assert counted(chain, probe) == 5


def test_the_index_is_checked(chain: EmbeddedChain) -> None:
    """An index entry that points at another transaction, or at no block, finds nothing."""
    probe = deploy(chain, person(1))
    chain.send_raw(signed(chain, person(1), 1, probe, COUNT))
    unknown = bytes(range(32))
    for number, place in ((2, 0), (2, 5), (77, 0)):
        with chain.file.writing():
            key = SchemaV1.make_transaction_hash_to_block_lookup_key(unknown)  # type: ignore[arg-type]
            chain.file[key] = rlp.encode(BlockDataKey(number, place))
        assert chain.receipt(Hash("0x" + unknown.hex())) is None


def test_the_same_acts_make_the_same_blocks(tmp_path: Path) -> None:
    """Nothing random goes into a block."""
    heads = []
    for name in ("one", "two"):
        alloc = {address_of(person(1)): 10**20}
        chain = EmbeddedChain(tmp_path / name, alloc=alloc, wall=Wall(2_000_000_000))
        probe = deploy(chain, person(1))
        chain.send_raw(signed(chain, person(1), 1, probe, COUNT))
        heads.append(chain.head())
    assert heads[0] == heads[1]


# The clock


def test_the_clock_is_wall_time_plus_an_offset_in_the_file(tmp_path: Path) -> None:
    """Warping is seen by every process, by previews at once, and by the next block."""
    wall = Wall(2_000_000_000)
    chain = EmbeddedChain(tmp_path / "chain.db", alloc={address_of(person(1)): 10**20}, wall=wall)
    probe = deploy(chain, person(1))
    other = EmbeddedChain(tmp_path / "chain.db", wall=wall)
    assert chain.warp(86_400) == 2_000_086_400
    assert other.now() == 2_000_086_400
    assert int.from_bytes(other.call(probe, b""), "big") == 2_000_086_400
    assert chain.head().timestamp == 2_000_000_000
    wall.second += 5
    other.mine()
    assert chain.head().timestamp == 2_000_086_405


def test_the_clock_never_falls_below_the_head(tmp_path: Path) -> None:
    """A computer's clock set back does not take the chain back."""
    wall = Wall(2_000_000_000)
    chain = EmbeddedChain(tmp_path / "chain.db", wall=wall)
    chain.mine()
    wall.second -= 3600
    chain.mine()
    assert chain.now() == chain.head().timestamp == 2_000_000_000


def test_several_blocks_may_carry_the_same_second(tmp_path: Path) -> None:
    """A busy chain does not run ahead of the clock."""
    chain = EmbeddedChain(tmp_path / "chain.db", wall=Wall(2_000_000_000))
    chain.mine(20)
    assert chain.head().number == 20
    assert chain.now() == chain.head().timestamp == 2_000_000_000


def test_the_clock_only_moves_forward(chain: EmbeddedChain) -> None:
    """A negative warp is a wrong word."""
    with pytest.raises(UsageError, match="forward"):
        chain.warp(-1)
