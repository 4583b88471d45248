"""A file of many is imported, admitted and minted to in parts; Ctrl-C anywhere, and the same requests end the same."""

from __future__ import annotations

import contextlib
import csv
import io
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import desks
import pytest
from desks import opened
from sqlalchemy import event, update

from abst import audit
from abst.chain import parts
from abst.chain.office import Approve, Office, Result
from abst.chain.proposals import approve
from abst.errors import Conflict
from abst.holders import desk as holders
from abst.integrity import desk as integrity
from abst.investor import desk as investor
from abst.investor.tables import Wallet
from abst.issuance import desk as issuance
from abst.issuance.desk import Allocation

OPS, SENIOR = "operations-1", "JSD-A1"
NAMES = tuple(f"inv-{number}" for number in range(7))
BAD = "inv-5"  # its row is malformed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("filed") / "home"
    desks.filed_home(home)
    return home


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven rows are three parts of an import and of an admission, and four lots of a mint."""
    monkeypatch.setattr(parts, "ROWS", 3)
    monkeypatch.setattr(issuance, "LOT", 2)


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard() -> Iterator[None]:
    """A run that was started in the background ignores it, and so would these tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def file(office: Office) -> bytes:
    rows = [desks.person(office, name, **({"residence": "nowhere"} if name == BAD else {})) for name in NAMES]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def brought_in(office: Office, content: bytes) -> Result:
    command = investor.ImportInvestors(officer=OPS, request="the-import", content=content)
    return investor.import_file(office, command)


def prove_all(office: Office) -> None:
    """The wallets' proofs, as if each had signed."""
    with office.store.begin() as session:
        session.execute(update(Wallet).where(Wallet.proven_at.is_(None)).values(state="proven", proven_at=office.now()))


def issue(office: Office, content: bytes) -> None:
    """Everything under fixed request ids: repeated, each continues what was begun."""
    told = brought_in(office, content)
    assert (told.result["rows"], told.result["added"], told.result["refused"]) == (7, 6, 1)
    assert told.result["investors"] == [name for name in NAMES if name != BAD]
    prove_all(office)
    admitted = investor.admit(office, investor.Admit(officer=OPS, request="the-admission"))
    assert (admitted.outcome, admitted.result["admitted"]) == ("done", 6)
    rows = tuple(Allocation(name, 10_000, n + 2) for n, (name, _) in enumerate(admitted.result["wallets"]))
    proposed = issuance.mint(
        office, issuance.ProposeMint(officer=OPS, request="the-mint", token=SENIOR, allocations=rows)
    )
    assert proposed.result["lots"] == 3
    yes = Approve("compliance-1", "the-yes", str(proposed.proposal), str(proposed.result["hash"]))
    assert approve(office, yes).outcome == "done"


def ended(office: Office) -> dict[str, Any]:
    """What must be the same however often it was interrupted."""
    assert integrity.verify(office) == []
    register = holders.register(office, SENIOR)
    with office.store.read() as session:
        acts = [entry.act for entry in audit.entries(session) if not entry.act.startswith("lane")]
    held = {row.wallet: row.balance for row in register.rows}
    return {"held": held, "supply": register.supply, "acts": sorted(acts)}


def interrupted_at(office: Office, number: int) -> Callable[[], bool]:
    """Ctrl-C at a commit of the store, the number-th; tells whether it came to that."""
    seen = [0]

    def count(_: object) -> None:
        seen[0] += 1
        if seen[0] == number:
            signal.raise_signal(signal.SIGINT)

    event.listen(office.store.engine, "commit", count)
    return lambda: seen[0] >= number


@pytest.fixture(scope="module")
def whole(filed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], int]]:
    """The end of a run that nobody interrupts, and how many commits it takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ROWS", 3)
        patch.setattr(issuance, "LOT", 2)
        commits = [0]
        with opened(desks.copied(filed, tmp_path_factory.mktemp("whole") / "home")) as office:
            event.listen(office.store.engine, "commit", lambda _: commits.__setitem__(0, commits[0] + 1))
            issue(office, file(office))
            yield ended(office), commits[0]


def run_interrupted(filed: Path, home: Path, number: int) -> dict[str, Any] | None:
    """The same, interrupted at one commit and run again; None when it has fewer."""
    desks.copied(filed, home)
    with opened(home) as office:
        content = file(office)
        came = interrupted_at(office, number)
        with contextlib.suppress(KeyboardInterrupt):
            issue(office, content)
        if not came():
            return None
    with opened(home) as office:
        issue(office, content)
        return ended(office)


@pytest.mark.parametrize("share", [30, 75])
def test_ctrl_c_loses_nothing_and_doubles_nothing(
    filed: Path, whole: tuple[dict[str, Any], int], tmp_path: Path, share: int
) -> None:
    """Given an interruption somewhere, the same requests should bring the same register, by the same acts, once."""
    end, commits = whole
    assert run_interrupted(filed, tmp_path / "home", max(1, commits * share // 100)) == end


@pytest.mark.prove
def test_ctrl_c_at_every_commit(filed: Path, whole: tuple[dict[str, Any], int], tmp_path: Path) -> None:
    """Given an interruption at any commit there is, the end should be the same."""
    end, commits = whole
    for number in range(1, commits + 1):
        assert run_interrupted(filed, tmp_path / f"home-{number}", number) in (end, None), number


def test_each_part_is_a_request_of_its_own(filed: Path, tmp_path: Path) -> None:
    """Given a finished import, the same again should be the first result; other content under its id a conflict."""
    with opened(desks.copied(filed, tmp_path / "home")) as office:
        content = file(office)
        first = brought_in(office, content)
        made = [number for number in range(1, 5) if parts.stored(office, "the-import", number)]
        assert made == [1, 2, 3]
        assert brought_in(office, content) == first
        with pytest.raises(Conflict):
            brought_in(office, content.replace(b"Sample", b"Simple"))


def test_an_interrupted_import_takes_no_other_file(filed: Path, tmp_path: Path) -> None:
    """Given parts that are stored, another file under the same request should be a conflict, before anything of it."""
    with opened(desks.copied(filed, tmp_path / "home")) as office:
        content = file(office)
        told: list[tuple[str, int, int]] = []

        def stop(*progress: Any) -> None:
            told.append(progress)
            signal.raise_signal(signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            brought_in(replace(office, progress=stop), content)
        assert told == [("rows recorded", 3, 7)]
        with pytest.raises(Conflict):
            brought_in(office, content.replace(b"Sample", b"Simple"))
        assert brought_in(office, content).result["added"] == 6
