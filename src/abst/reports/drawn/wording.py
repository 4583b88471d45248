"""The words of a drawn report, in one language; they are data (``words.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from abst.reports.drawn.scales import Lang


class Words:
    """Words by group and key: ``words("columns", "paid")``; fields in braces are filled in."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self._all = _read()

    def __call__(self, group: str, key: str = "", **filled: object) -> str:
        entry = self._all[group][key] if key else self._all[group]
        text = str(entry[self.lang])
        return text.format(**filled) if filled else text

    def known(self, group: str, key: str) -> str:
        """The words of a code, or the code itself where it has none."""
        return self(group, key) if key in self._all[group] else key


@cache
def _read() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(
        files("abst.reports.drawn").joinpath("words.yaml").read_text(encoding="utf-8")
    )
    return found
