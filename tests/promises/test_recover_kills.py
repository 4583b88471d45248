"""Kill a recovery between any two of its steps and run it again: the same end, once."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from abst import audit, bootstrap
from abst.bootstrap.restoring import Restore, restore
from abst.cash import deposits
from abst.chain.office import Office
from abst.integrity import anchors, backup, desk, recovering
from promises import kill_harness as harness
from promises.kill_harness import Step

SAMPLE = 80
FILES = ("integrity/recovering.py", "outbox/recovered.py", "outbox/sending.py", "outbox/lanes.py", "audit/log.py")


def anchor(office: Office, request: str) -> str:
    return anchors.anchor(office, anchors.Anchor(officer=harness.MAKER, request=request)).outcome


def deposit(office: Office) -> str:
    command = deposits.SetAccount(officer="bank-desk", request="open", account=harness.MAKER, is_open=True)
    return deposits.set_account(office, command).outcome


def build(folder: Path) -> Path:
    """A home restored from a backup that an anchor, its entries and a bank's act have outlived."""
    living, home = folder / "living", folder / "restored"
    bootstrap.init(living, bootstrap.Init(passphrase_of=lambda _: harness.PASSPHRASE, work=2))
    office = harness.open_office(living)
    backup.make(office, backup.MakeBackup(folder / "backup", keys=True))
    done = [anchor(office, "anchor-1"), anchor(office, "anchor-2"), deposit(office)]
    assert done == ["done"] * 3
    office.close()
    home.mkdir()
    shutil.copy(living / "chain.db", home / "chain.db")
    restore(Restore(folder / "backup", home))
    return home


def recover(office: Office) -> None:
    assert recovering.recover(office, recovering.Recover()).lifted


def ended(home: Path) -> dict[str, Any]:
    """What a registry came to: recovered, its callers answered, verified."""

    def whole() -> dict[str, Any]:
        office = harness.open_office(home)
        recover(office)
        answers = [anchor(office, "anchor-1"), anchor(office, "anchor-2"), deposit(office)]
        with office.store.read() as session:
            acts = [entry.act for entry in audit.entries(session)]
        return {
            "answers": answers,
            "acts": sorted(acts),
            "head": office.chain.head().number,
            "differences": [str(one) for one in desk.verify(office)],
            "recovered": desk.recovered(office),
        }

    answer: dict[str, Any] = harness.forked(whole).answer
    return answer


def wrong(home: Path, folder: Path, expected: dict[str, Any], step: Step) -> list[str]:
    copy = folder / f"{step.file.replace('/', '-')}-{step.line}-{step.time}"
    shutil.copytree(home, copy)
    try:
        died = harness.die_at(copy, recover, FILES, step)
        found = harness.unlike(ended(copy), expected)
        return found if died.killed else [f"was not killed; {found}"]
    finally:
        shutil.rmtree(copy)


@pytest.mark.prove
def test_a_recovery_killed_at_any_step_is_done_again(tmp_path: Path) -> None:
    """SIGKILL before a line of it, at many places chosen by chance: then it is run again, and comes to the same."""
    home = build(tmp_path)
    steps = harness.steps_of(shutil.copytree(home, tmp_path / "traced"), recover, FILES)
    expected = ended(shutil.copytree(home, tmp_path / "whole"))
    assert (expected["answers"], expected["differences"]) == (["done"] * 3, [])
    assert expected["acts"].count("recover") == 1
    chosen = Random(1).sample(steps, min(SAMPLE, len(steps)))
    assert harness.spread(chosen, partial(wrong, home, tmp_path, expected), workers=2) == []
