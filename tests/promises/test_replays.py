"""Every decision of the demo comes out again as it was made, under the rulebook of its day."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from abst import demo
from abst.bootstrap import open_office, passphrases
from abst.integrity import anchors, replay, trail


@pytest.mark.prove
def test_every_decision_of_the_demo_is_replayed(tmp_path: Path) -> None:
    """Restored, judged again and compared: none differs; the log verifies, and names every decision."""
    home = tmp_path / "demo"
    told = demo.run(home, seed=20_260_206, short=False, say=lambda _: None)
    assert told.verified
    office = open_office(home, passphrases(home))
    try:
        done = replay.replay_all(office)
        outcomes = Counter(one.outcome for one in done)
        assert [one for one in done if one.differences] == []
        assert set(outcomes) <= {"same", "no-gates", "erased"}
        assert outcomes["same"] > 200
        assert anchors.examine(office).differences == ()
        assert trail.decisions(office) == trail.proposals(office) == []
    finally:
        office.close()
