"""The documents of a filing through time: which version of each an investor saw at any second. Pure.

A version is one publication under a name; its number counts them from 1. A document without an address of its own
stands at the filing's base of that moment followed by its hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """One publication. name empty, number 0: published under no name; uri empty: at the filing's base; place: its order
    on the chain (block, position in the block); second: Unix time of its block; obligation 0: it closed none."""

    name: str
    number: int
    kind: int
    hash: str
    uri: str
    obligation: int
    second: int
    place: tuple[int, int]

    @property
    def block(self) -> int:
        return self.place[0]


@dataclass(frozen=True, slots=True)
class Base:
    """Where documents without an address of their own stand from a second on."""

    url: str
    second: int
    place: tuple[int, int]


def as_of(versions: Sequence[Version], second: int) -> list[Version]:
    """The version of each name that stood at the end of a second, in the order of the names' first publication."""
    standing: dict[str, Version] = {}
    for version in versions:
        if version.number and version.second <= second:
            standing[version.name] = version
    return list(standing.values())


def address_of(version: Version, bases: Sequence[Base], second: int) -> str:
    """Where a document stood at the end of a second: its own address, or the base of that time and its hash."""
    if version.uri:
        return version.uri
    told = [base.url for base in bases if base.second <= second]
    return (told[-1] if told else "") + version.hash


def gaps(versions: Sequence[Version]) -> list[str]:
    """What keeps the versions of one name from being all of them: in words; empty when they count 1, 2, 3 …"""
    numbers = [version.number for version in versions]
    if numbers == list(range(1, len(numbers) + 1)):
        return []
    return [f"versions {', '.join(map(str, numbers))}"]
