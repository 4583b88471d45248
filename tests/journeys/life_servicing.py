"""The servicer's part of a registry's life, by command line: a report is tried, refused, accepted, and read."""

from __future__ import annotations

from datetime import UTC, datetime

from program import Abst

import servicer

OPS = "operations-1"
READY = datetime(2026, 10, 12, tzinfo=UTC)  # after the first collection period of the deal


def report(abst: Abst) -> None:
    """An empty form, a broken report that changes nothing, and the good one with its loan tape."""
    missing = int(READY.timestamp()) - abst("chain", "show").result["now"]
    if missing > 0:
        abst.warp(f"{missing}s")
    assert "period: 1" in abst("servicing", "new", "1").result["skeleton"]
    good = servicer.good()
    files = ("--tape", abst.file("tape.csv", good.tape().decode()), "--map", abst.file("map.yaml", good.map))
    bad = servicer.changed(servicer.put("months.0.interest", "1.50"))
    broken = abst.file("broken.json", bad.document().decode())
    right = abst.file("report.json", good.document().decode())
    tried = abst("servicing", "import", "1", broken, *files, "--dry-run", exit=3)
    assert [one["where"] for one in tried.result["refusals"]] == ["month 2026-07, interest"]
    assert abst("servicing", "import", "1", broken, *files, "--as", OPS, exit=3).reasons == ["report-field"]
    assert abst("servicing", "list", "1").result == []
    assert abst("servicing", "import", "1", right, *files, "--dry-run").result["passed"]
    taken = abst("servicing", "import", "1", right, *files, "--as", OPS)
    assert (taken.result["version"], taken.result["tape_rows"]) == (1, 6)
    assert abst("servicing", "show", "1", "1").result["inputs"]["pool_closing"] == taken.result["closing"]
    assert [row["period"] for row in abst("servicing", "list", "1").result] == [1]
    shown = abst("servicing", "mapping").result
    assert [one["id"] for one in shown] == ["esma-annex-5-auto", "sec-schedule-al-auto"]
    assert abst("servicing", "mapping", shown[0]["id"]).result == shown[:1]
