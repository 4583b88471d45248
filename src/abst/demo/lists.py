"""The sample screening lists, loaded into a registry for trying out: without a list nobody is admitted (R-53)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from abst.chain.office import Office


def load_samples(office: Office, request_of: Callable[[str], str], officer: str = "operations-1") -> None:
    """One sample of every list. request_of: the request id for a source. The names in them are invented."""
    from abst import demo_data
    from abst.investor.screening import desk

    for source, files in demo_data.lists():
        command = desk.LoadList(officer=officer, request=request_of(source), source=source, files=files)
        desk.load(office, command)
