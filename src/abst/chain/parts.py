"""A request of more rows than one transaction should hold, done in parts, each a request of its own (``req-….1``).

A part is written and sent before the next one is decided, so that neither memory nor the time for which others wait
grows with the whole. Interrupted anywhere, the same request finds the parts that are done, finishes the one that was
under way, and goes on; the whole is written when its last part is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from abst.chain.acts import Act
from abst.chain.office import DONE, WAITING, Office, Result
from abst.errors import Refusal
from abst.outbox import Request

ROWS = 2_500  # of one part
T = TypeVar("T")


def part_of(request: str, number: int) -> str:
    """The id of a part, counted from 1."""
    return f"{request}.{number}"


def stored(office: Office, request: str, number: int) -> Request | None:
    """The part as it was begun; None when it was not."""
    with office.store.read() as session:
        return session.get(Request, part_of(request, number))


def joined(results: Iterable[Result]) -> Result:
    """Several results as one: numbers added, lists put one after another; waiting when any of them waits."""
    whole: dict[str, Any] = {}
    refusals: list[Refusal] = []
    warnings: list[str] = []
    last: Result | None = None
    waits = False
    for last in results:
        for key, value in last.result.items():
            whole[key] = value if key not in whole else whole[key] + value
        refusals += last.refusals
        warnings += last.warnings
        waits = waits or last.outcome == WAITING
    if last is None:
        raise TypeError("a whole has parts")
    outcome = WAITING if waits else DONE
    return replace(last, outcome=outcome, result=whole, refusals=tuple(refusals), warnings=tuple(warnings))


def whole(
    act: Act, officer: str, role: str, subject: str, results: Iterable[Result], told: Callable[[Any], Any]
) -> Result:
    """What all parts came to, written as the request's own result; while a part still waits, nothing is written yet.

    told: what the log says, of the joined result.
    """
    found = joined(results)
    if found.outcome == WAITING:
        return replace(found, request=act.request, command=act.command)
    with act.writing(officer, role) as desk:
        desk.audit(subject, told(found.result))
        desk.result, desk.refusals, desk.warnings = found.result, found.refusals, found.warnings
    return act.finish()


def lots(rows: Iterable[T], gas: Callable[[T], int], most_gas: int, most: int) -> Iterator[list[T]]:
    """Rows in their order, as many in a lot as a transaction of so much gas takes, and at least one.

    gas: what a row may need at most; most: rows that a lot never has more than.
    """
    lot: list[T] = []
    needed = 0
    for row in rows:
        if lot and (needed + gas(row) > most_gas or len(lot) >= most):
            yield lot
            lot, needed = [], 0
        lot.append(row)
        needed += gas(row)
    if lot:
        yield lot
