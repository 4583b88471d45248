"""A disk that is full, or fails, in the middle of a mint: a clear Unavailable, nothing half done, and room helps."""

from __future__ import annotations

import re
import resource
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

from abst.chain.embedded import EmbeddedChain
from abst.chain.office import Office
from abst.errors import Unavailable
from promises import kill_harness as harness
from promises.kill_harness import Template

REQUEST = "the-mint"
Limit = Callable[[Office, int], None]


def full_store(office: Office, spare: int) -> None:
    """The store may grow by so many pages."""

    def limit(connection: object, _entry: ConnectionPoolEntry) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count = {pages + spare}")  # type: ignore[attr-defined]

    office.store.close()
    event.listen(office.store.engine, "connect", limit)


def full_chain(office: Office, spare: int) -> None:
    """The chain's file may grow by so many pages."""
    assert isinstance(office.chain, EmbeddedChain)
    connection = office.chain.file.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + spare}")


def failing_disk(_office: Office, spare: int) -> None:
    """No file may be written beyond so many pages; SQLite's log of the store is the first to grow there."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (spare * 4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def attempt(template: Template, home: Path, limit: Limit, spare: int) -> str:
    """Try the mint with little room; what was said, or nothing when the room was enough."""
    office = harness.open_office(home)
    limit(office, spare)
    try:
        mint(template, office)
    except Unavailable as error:
        return f"{error.message}; {error.where}"
    return ""


def mint(template: Template, office: Office) -> harness.Result:
    return harness.mint(office, REQUEST, [(name, template.lot) for name in template.investors[:6]])


def found_wrong(home: Path) -> list[str]:
    """What is half done: nothing may differ but what waits for `abst ops run`, which verify names."""
    named: list[str] = harness.forked(lambda: harness.differences(harness.open_office(home))).answer
    return [difference for difference in named if "abst ops run" not in difference]


def fail_and_repeat(template: Template, folder: Path, limit: Limit, spares: Iterable[int]) -> list[str]:
    """For each amount of room: the mint fails, nothing differs, and with room the same request ends as it would have.
    What was said each time; ends early when the room was enough."""
    work = partial(mint, template)
    expected = harness.complete(template.copy(folder / "whole"), work)
    heard: list[str] = []
    for spare in spares:
        home = template.copy(folder / f"room-{spare}")
        said: str = harness.forked(partial(attempt, template, home, limit, spare)).answer
        if not said:
            break
        heard.append(said)
        assert found_wrong(home) == [], f"room for {spare} pages"
        assert harness.unlike(harness.complete(home, work), expected) == [], f"room for {spare} pages"
        shutil.rmtree(home)
    return heard


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "spares", "says"),
    [
        (full_store, (0,), r"the disk is full; .*registry\.db"),
        (full_chain, (0,), r"the disk is full; .*chain\.db"),
        (failing_disk, (20,), r"the disk failed .*\.db"),
    ],
    ids=["store", "chain", "failing"],
)
def test_a_mint_on_a_full_disk(
    ready_to_mint: Template, tmp_path: Path, limit: Limit, spares: tuple[int, ...], says: str
) -> None:
    """The act says what is the matter and nothing differs; with room, the same request ends as if nothing had
    happened."""
    heard = fail_and_repeat(ready_to_mint, tmp_path, limit, spares)
    assert len(heard) == len(spares)
    assert all(re.match(says, said) for said in heard), heard


@pytest.mark.prove
@pytest.mark.parametrize(
    ("limit", "step"), [(full_store, 1), (full_chain, 1), (failing_disk, 2)], ids=["store", "chain", "failing"]
)
def test_a_mint_on_a_disk_full_at_any_page(ready_to_mint: Template, tmp_path: Path, limit: Limit, step: int) -> None:
    """The same with room for no page, for one, for two, ..., until there is enough."""
    first = 1 if limit is failing_disk else 0
    heard = fail_and_repeat(ready_to_mint, tmp_path, limit, range(first, 200, step))
    assert 1 <= len(heard) < len(range(first, 200, step)), "at last there was room enough"
    print(f"\ndisk full or failing ({limit.__name__}): {len(heard)} failed mints, each made once after; differences 0")
