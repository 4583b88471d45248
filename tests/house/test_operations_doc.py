"""docs/operations.md cannot lie: each metric it explains is told, each one told is explained, each command is there."""

from __future__ import annotations

import re
from pathlib import Path

from abst.cli.nouns import specs
from abst.service.metrics import Metrics

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_metric_is_explained() -> None:
    """Given what Prometheus is told, the page should explain each and no other."""
    told = {family.name + ("_total" if family.type == "counter" else "") for family in Metrics().registry.collect()}
    assert told == set(re.findall(r"`(abst_\w+)", PAGE))


def test_every_command_is_there() -> None:
    """Given each command that the page names, the program should have it."""
    named = set(re.findall(r"`abst ([a-z -]+?)(?: --[^`]*| [A-Z][^`]*)?`", PAGE))
    assert named
    assert named - {spec.path for spec in specs()} == set()
