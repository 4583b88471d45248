"""The reader in the life of a filing: its standing, positions of a day, compared with the tokens, derived again."""

from __future__ import annotations

from datetime import timedelta

from program import Abst

from abst.values import day_of


def keep(abst: Abst) -> None:
    """The head is reached, nothing is stopped; every position is what the token says; deriving again changes none."""
    held = abst("holders", "JSD-A1").result
    at = abst("journal", "status").result
    assert at["block"] == at["head"] == held["block"]
    assert at["halted"] is None
    assert 0 < at["movements"] < at["logs"]
    compared = abst("reconcile").result
    assert compared["wallets"] >= len(held["rows"])
    assert compared["differences"] == []
    assert abst("reconcile", "JSD-A1").result["tokens"] == 1
    assert abst("reconcile", "--changed").result["wallets"] == 0  # all was equal a moment ago
    for options in ((), ("--from-chain",)):
        again = abst("reindex", *options).result
        assert (again["events"], again["differ"], again["block"]) == (at["logs"], 0, at["block"])
    assert abst("holders", "JSD-A1").result == held
    past(abst, held["rows"])


def past(abst: Abst, rows: list[object]) -> None:
    """As of a day: today's end is as now, the day before the first mint is empty, tomorrow is not there yet."""
    today = day_of(abst("chain", "show").result["now"])
    now = abst("holders", "show", "JSD-A1", "--at", today.isoformat()).result
    assert len(now["rows"]) == len(rows)
    assert abst("holders", "show", "JSD-A1", "--at", "2020-01-01").result["rows"] == []
    tomorrow = (today + timedelta(days=1)).isoformat()
    abst("holders", "show", "JSD-A1", "--at", tomorrow, exit=2)
    abst("holders", "show", "JSD-A1", "--at", today.isoformat(), "--block", "1", exit=2)
