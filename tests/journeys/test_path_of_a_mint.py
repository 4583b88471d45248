"""The README's path of a mint names each file a mint passes; here a mint is followed."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from program import Abst

from nodes import embedded_alone

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text(encoding="utf-8").split("## The path of a mint\n")[1].split("\n## ")[0]
STEPS = re.findall(r"`((?:src|contracts)/[\w/.]+\.(?:py|sol))`", SECTION)


def test_every_file_of_the_path_exists() -> None:
    """Given the README's list, each file should be there, and no file of it twice."""
    assert len(STEPS) == len(set(STEPS)) >= 15
    assert [step for step in STEPS if not (ROOT / step).is_file()] == []


@embedded_alone("the path leads into its file")
def test_a_mint_passes_every_python_file_of_the_path(issued: Abst) -> None:
    """Given a mint that is proposed and approved, every Python file of the README's list should be entered."""
    entered: set[str] = set()

    def look(frame: FrameType, event: str, argument: Any) -> None:
        entered.add(frame.f_code.co_filename)

    before = sys.gettrace()
    sys.settrace(look)
    try:
        proposed = issued("mint", "JSD-A1", "alpha", "10000", "--as", "operations-1", exit=7)
        issued.approve(proposed, "compliance-1")
    finally:
        sys.settrace(before)
    assert [step for step in STEPS if step.endswith(".py") and str(ROOT / step) not in entered] == []
