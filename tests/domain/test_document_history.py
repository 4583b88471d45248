"""Documents through time, against a plain list kept beside them."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from abst.disclosure.history import Base, Version, address_of, as_of, gaps

NAMES = ("annual-report", "risk-report", "")  # published under no name: in no history
publications = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 5), st.sampled_from(("", "https://example.org/x"))), max_size=25
)
moves = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(("https://a/", "https://b/"))), max_size=4)


def made(drawn: list[tuple[str, int, str]]) -> list[Version]:
    """What the chain would say of these publications: numbers counted by name, seconds never going back."""
    counts: dict[str, int] = {}
    second, versions = 100, []
    for place, (name, later, uri) in enumerate(drawn):
        second += later
        counts[name] = counts.get(name, 0) + 1
        number = counts[name] if name else 0
        versions.append(Version(name, number, 99, f"0x{place:064x}", uri, 0, second, (place, 0)))
    return versions


@given(publications, st.integers(90, 240))
def test_what_stood_at_a_second(drawn: list[tuple[str, int, str]], second: int) -> None:
    """Of each name the last version published by then; names in the order of their first."""
    versions = made(drawn)
    by_then = [v for v in versions if v.second <= second and v.name]
    expected = [
        [v for v in by_then if v.name == name][-1] for name in sorted({v.name for v in by_then}, key=_first(by_then))
    ]
    assert as_of(versions, second) == expected


def _first(versions: list[Version]) -> Callable[[str], int]:
    return lambda name: next(place for place, version in enumerate(versions) if version.name == name)


@given(publications, moves, st.integers(100, 240))
def test_where_it_stood(drawn: list[tuple[str, int, str]], moved: list[tuple[int, str]], second: int) -> None:
    """Its own address for good; else the base of that second, before any base its hash alone."""
    bases = [Base(url, 100 + at, (at, 0)) for at, url in sorted(moved)]
    for version in made(drawn):
        told = address_of(version, bases, second)
        before = [base for base in bases if base.second <= second]
        assert told == (version.uri or (before[-1].url if before else "") + version.hash)


@given(publications, st.data())
def test_a_missing_version_is_seen(drawn: list[tuple[str, int, str]], data: st.DataObject) -> None:
    """Take any but the last version of a name away, and what is left has a gap."""
    for name in ("annual-report", "risk-report"):
        own = [v for v in made(drawn) if v.name == name]
        assert gaps(own) == []
        if len(own) > 1:
            gone = data.draw(st.integers(0, len(own) - 2))
            assert gaps(own[:gone] + own[gone + 1 :])
