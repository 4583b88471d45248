"""The machine of faults can fail: with one safety of the sender taken away, it finds the difference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from promises import kill_harness as harness
from promises.faults import play, sabotage

RUNS = 25  # of a seed: the very batches of `test_two_thousand_random_runs`, which pass with all safeties in place
MOST = 8  # batches until it must be noticed


def _sabotaged(deed: sabotage.Sabotage, todo: Sequence[play.Batch], home: Path, folder: Path) -> dict[str, Any]:
    """Batches with a safety taken away, until one is noticed: how many that took, and the words."""
    with pytest.MonkeyPatch.context() as patch:
        deed(patch)
        for number, batch in enumerate(todo, 1):
            wrong = play.share([batch], {batch.kind: home}, folder / str(number), shrink=False)["wrong"]
            if wrong:
                return {"batches": number, "words": wrong[0]}
    return {"batches": 0, "words": ""}


@pytest.mark.prove
@pytest.mark.parametrize(("deed", "kind"), sabotage.SABOTAGES, ids=[one.__name__ for one, _ in sabotage.SABOTAGES])
def test_a_safety_taken_away_is_noticed(deed: sabotage.Sabotage, kind: str, tmp_path: Path) -> None:
    """Within the first batches, whichever it is."""
    todo = [one for one in play.batches(80, RUNS) if one.kind == kind][:MOST]
    with play.made(kind, tmp_path / "made") as home:
        work = partial(_sabotaged, deed, todo, home, tmp_path)
        told: dict[str, Any] = harness.finish(*harness.start(work)).answer
    assert told["batches"], f"{deed.__name__} is not noticed in {len(todo) * RUNS} runs"
    print(f"\n{deed.__name__}: noticed in batch {told['batches']}: {told['words'].splitlines()[-1][:160]}")
