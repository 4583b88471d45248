"""The deal of the demo as package data: real figures, every date moved forward by four years (leap days kept).

Persons, undertakings and documents of its dossier are placeholders, marked 示例 (illustrative) in the files.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

NAMES = ("deal.yaml", "dossier.yaml", "collections.csv", "README.md")


def text(name: str) -> str:
    """One file of the demo's deal, by name."""
    return files("abst.demo_data").joinpath("jishidai", name).read_text(encoding="utf-8")


DEALS = {
    "jishidai-2022-3": "jishidai",
    "ally-2017-3": "deals/ally-2017-3",
    "cmo-1": "deals/cmo-1",
    "example-22-step": "deals/example-22-step",
}
"""Deals that come along, by id: real ones with their published figures, and a worked example."""


def deal_folder(deal: str) -> Traversable:
    """The folder of a deal that comes along: deal.yaml, its pool, scenarios.yaml, answers.yaml. Raises KeyError."""
    return files("abst.demo_data").joinpath(*DEALS[deal].split("/"))


LISTS = (
    ("ofac", ("sdn.csv", "alt.csv")),
    ("un", ("un.xml",)),
    ("eu", ("eu.xml",)),
    ("uk", ("uk.xml",)),
    ("pep", ("pep.csv",)),
)


def list_file(name: str) -> bytes:
    """One of the sample screening lists, in its publisher's form."""
    return files("abst.demo_data").joinpath("lists", name).read_bytes()


def lists() -> list[tuple[str, tuple[tuple[str, bytes], ...]]]:
    """A sample of every list: source, and its files by name."""
    return [(source, tuple((name, list_file(name)) for name in names)) for source, names in LISTS]
