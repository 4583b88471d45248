"""From a CSV of investors to a reconciled register: imported, screened, decided, admitted, minted to, compared.

Every step is the desk function that the command line calls, with all gates, decisions, log entries and two officers.
Only the wallets' proofs are written straight into the store, and the machine that draws up the file is another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from abst.bench.report import Figure
from abst.bench.scale_stage import (
    LOT,
    OFFICER,
    TOKEN,
    Set,
    figure,
    prove_all,
    raised,
    say,
    told,
)
from abst.bench.shares import peak
from abst.holders import reconciling
from abst.investor import desk
from abst.issuance import desk as issuance
from abst.values import new_id

INVESTORS = 100_000
RATE, MINT_RATE, MEMORY = 300, 1_000, 600  # rows a second from the file to the end, and from decided; MB
PEOPLE, LIST = "investors.csv", "listed.csv"
BRING, ADMIT, PROPOSE, RELEASE, COMPARE = "import", "screen, decide, admit", "propose a mint", "release it", "reconcile"


def measure(folder: Path, chain: str, investors: int) -> dict[str, Any]:
    """Phases and sizes, as plain data. folder: with the file and the list of the bench."""
    with raised(folder, chain) as stage:
        stage.load_list((folder / LIST).read_bytes())
        watch = stage.watch
        with watch.phase(BRING, investors):
            content = (folder / PEOPLE).read_bytes()
            command = desk.ImportInvestors(officer=OFFICER, request=new_id("req"), content=content)
            added = desk.import_file(stage.office, command).result["added"]
            del content, command
        assert added == investors, f"{added} of {investors} were recorded"
        prove_all(stage.office)
        stage.pace()
        with watch.phase(ADMIT, investors):
            admitted = desk.admit(stage.office, desk.Admit(officer=OFFICER, request=new_id("req")))
            rows = [(one, LOT) for one, _ in admitted.result["wallets"]]
            del admitted
        _mint(stage, rows)
        with watch.phase(COMPARE, len(rows)):
            compared = reconciling.compare(stage.office)
        assert compared.wallets == len(rows), compared
        assert not compared.differences, compared.differences
        say(f"  {len(rows):,} of {investors:,} admitted and holding: {peak()} MB, {stage.size():.0f} MB stored")
        phases = {name: one.as_dict() for name, one in watch.phases.items()}
        return {"phases": phases, "holders": len(rows), "peak": peak(), "stored": str(stage.size())}


def _mint(stage: Set, rows: list[tuple[str, int]]) -> None:
    with stage.watch.phase(PROPOSE, len(rows)):
        allocations = tuple(issuance.Allocation(to, amount, row) for row, (to, amount) in enumerate(rows, start=2))
        command = issuance.ProposeMint(officer=OFFICER, request=new_id("req"), token=TOKEN, allocations=allocations)
        proposed = issuance.mint(stage.office, command)
        del command, allocations
    with stage.watch.phase(RELEASE, len(rows)):
        done = stage.by_two(proposed)
    assert done.outcome == "done", done


def figures(found: dict[str, Any], chain: str, investors: int) -> Iterator[Figure]:
    """The figures of one run; targets are those of the whole size on a node."""
    seconds = {name: Decimal(one["wall"]) for name, one in found["phases"].items()}
    whole = sum(seconds.values(), Decimal(0))
    aimed = investors == INVESTORS and chain == "anvil"
    what = f"{investors:,} investors, {chain}: "
    rate, minted = investors / whole, found["holders"] / (seconds[RELEASE] + seconds[COMPARE])
    yield figure(f"{what}from the file to the reconciled register", rate, "1/s", RATE if aimed else None, "higher")
    yield figure(f"{what}from decided to reconciled", minted, "1/s", MINT_RATE if aimed else None, "higher")
    yield figure(f"{what}memory at most", found["peak"], "MB", MEMORY if aimed else None)
    yield figure(f"{what}the store", Decimal(found["stored"]), "MB")
    for name, one in found["phases"].items():
        yield figure(f"{what}{name}", Decimal(one["wall"]), "s", compared=told(one))
