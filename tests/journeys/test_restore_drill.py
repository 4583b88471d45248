"""The machine is lost: a backup from the middle of an issue is restored, and the chain tells the rest.

given a backup taken while mints, a payment and proposals were under way, and a life after it
    when it is restored
        it should refuse every act until it has been recovered, and still show what it holds
    when it is recovered, and the same requests are made again
        it should send nothing, mint nothing twice, miss nothing, and verify
"""

from __future__ import annotations

import shutil
from pathlib import Path

import drill
import paying
import pytest
from desks import copied, opened

import nodes
from abst.bootstrap.restoring import Restore, restore
from abst.errors import Unavailable
from abst.holders import desk as holders
from abst.integrity import backup, desk, recovering
from databases import chosen_store, on_postgres

pytestmark = pytest.mark.slow


@pytest.fixture
def living(paying_template: Path, tmp_path: Path) -> Path:
    return copied(paying_template, tmp_path / "living")


def test_a_restored_registry_recovers_and_repeats_without_sending_anything(living: Path, tmp_path: Path) -> None:
    """Nothing minted twice, nothing missing, the same positions as without the loss."""
    with opened(living) as office:
        drill.before(office)
        made = backup.make(office, backup.MakeBackup(tmp_path / "backup.tar"))
        assert not made["keys"]
        drill.live_on(office)
        drill.anchor(office, "anchor-2")
        lived, head = drill.account(office), office.chain.head()
        assert desk.verify(office) == []
    home = tmp_path / "restored"
    drill.copy_chain(living, home)
    drill.copy_keys(living, home)
    put = restore(Restore(tmp_path / "backup.tar", home, chosen_store()))
    assert put["registry_id"] == made["registry_id"]
    with opened(home) as office:
        with pytest.raises(Unavailable, match="restored from a backup"):
            drill.move(office, "move-1", "carol", "alice", 50_000)
        assert len(holders.register(office, drill.TOKEN).rows) == 3
        report = recovering.recover(office, recovering.Recover(officer="operations-1"))
        assert (report.lifted, report.strange, report.foreign) == (True, [], [])
        assert {one.words for one in report.found} >= {"SecurityToken.mint", "Registry.admit", "Distribution.push"}
        assert len(report.officers) == 1
        assert {d.words for d in desk.verify(office)} >= {"mint", "admitted without a decision", "authority"}
        results = drill.live_on(office)
        assert {name: result.outcome for name, result in results.items()} == dict.fromkeys(drill.AFTER, "done")
        assert office.chain.head() == head
        assert drill.account(office) == lived
        assert {d.words for d in desk.verify(office)} == {"commitment"}  # of a record sealed anew, until it is renewed
        assert drill.renew(office, "dave").outcome == "done"
        assert desk.verify(office) == []
        told = [one["words"] for one in desk.recovered(office)]
        assert sum("decided again after a restore" in words for words in told) == 2
        assert sum("audit entries were lost" in words for words in told) == 1
        assert drill.anchor(office, "anchor-3").outcome == "done"
        again = recovering.recover(office, recovering.Recover())
        assert (again.lifted, again.found) == (True, [])
        assert desk.verify(office) == []


@pytest.mark.skipif(nodes.on_nodes() or on_postgres(), reason="a file is put back by hand")
def test_a_holder_s_transfer_is_not_sent_twice_from_a_database_put_back_by_hand(living: Path) -> None:
    """Of a wallet that never sent before, and of one that did: the chain knows operations that the store does not."""
    kept = shutil.copy(living / "registry.db", living / "kept.db")
    with opened(living) as office:
        paying.declared(office, req="pay")
        paying.claimed(office, "alice")
        office.store.close()
        shutil.copy(living / "registry.db", kept)
        assert drill.move(office, "move-1", "carol", "alice", 50_000).outcome == "done"
        assert drill.move(office, "move-2", "alice", "carol", 10_000).outcome == "done"
        lived, head = drill.account(office), office.chain.head()
    shutil.copy(kept, living / "registry.db")
    with opened(living) as office:
        drill.move(office, "move-1", "carol", "alice", 50_000)
        assert office.chain.head() == head
        drill.move(office, "move-2", "alice", "carol", 10_000)
        assert office.chain.head() == head
        assert recovering.recover(office, recovering.Recover()).lifted
        assert drill.move(office, "move-1", "carol", "alice", 50_000).outcome == "done"
        assert drill.move(office, "move-2", "alice", "carol", 10_000).outcome == "done"
        assert (office.chain.head(), drill.account(office)) == (head, lived)
        assert desk.verify(office) == []
