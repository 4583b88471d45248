"""A node's mempool and its last blocks: what is still on its way when a restored registry asks.

given transactions that no block has yet, or that the network may take back
    when the registry is recovered
        it should keep its mark and say so, and be done when they are final
"""

from __future__ import annotations

from pathlib import Path

import pytest
from desks import opened, passphrase
from drill import anchor, copy_keys

import nodes
from abst.bootstrap import Init, init
from abst.bootstrap.restoring import Restore, restore
from abst.errors import Unavailable
from abst.integrity import backup, recovering

pytestmark = pytest.mark.prove
NOW = recovering.Recover(patience=0)


def restored(tmp_path: Path, name: str, *, finality: int) -> Path:
    """A home made from the backup, on the same node, which asks for so many blocks on top."""
    home = tmp_path / name
    restore(Restore(tmp_path / "backup", home))
    copy_keys(tmp_path / "living", home)
    config = home / "config.toml"
    words = config.read_text(encoding="utf-8")
    config.write_text(words.replace("finality = 0", f"finality = {finality}"), encoding="utf-8")
    return home


def test_recovery_waits_for_what_is_on_its_way_and_for_the_last_blocks(tmp_path: Path) -> None:
    """In the mempool, then in a block that is not final, then final: the mark goes only then."""
    with nodes.of_one_test():
        url = nodes.begin()
        living = tmp_path / "living"
        key = bytes.fromhex(nodes.DEV_KEY[2:])
        init(living, Init(passphrase_of=passphrase, work=2, chain_urls=(url,), deployer_key=key))
        with opened(living) as office:
            backup.make(office, backup.MakeBackup(tmp_path / "backup"))
            nodes.ask(url, "evm_setAutomine", False)
            office.sender.patience = 0
            assert anchor(office, "anchor").outcome == "waiting"
            signer = office.keys.names()["operations-1"]
        with opened(restored(tmp_path, "early", finality=0)) as office:
            report = recovering.recover(office, NOW)
            assert (report.lifted, report.waiting) == (False, {signer: 1})
            with pytest.raises(Unavailable, match="restored from a backup"):
                anchor(office, "anchor")
        nodes.ask(url, "evm_mine")
        with opened(restored(tmp_path, "deep", finality=3)) as office:
            report = recovering.recover(office, NOW)
            assert (report.lifted, report.waiting, report.found) == (False, {signer: 1}, [])
            for _ in range(3):
                nodes.ask(url, "evm_mine")
            report = recovering.recover(office, NOW)
            assert (report.lifted, [one.words for one in report.found]) == (True, ["AuditAnchors.anchor"])
            before = office.chain.nonce(signer)
            assert anchor(office, "anchor").result["anchored"]
            assert office.chain.nonce(signer, waiting=True) == before
