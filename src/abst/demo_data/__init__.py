"""The deal of the demo as package data: real figures, every date moved forward by four years (leap days kept).

Persons, undertakings and documents of its dossier are placeholders, marked 示例 (illustrative) in the files.
"""

from __future__ import annotations

from importlib.resources import files

NAMES = ("deal.yaml", "dossier.yaml", "collections.csv", "README.md")


def text(name: str) -> str:
    """One file of the demo's deal, by name."""
    return files("abst.demo_data").joinpath("jishidai", name).read_text(encoding="utf-8")
