"""A servicer's report as a value, what is expected of it, and the inputs that the waterfall takes of it. Pure.

The pool's balance is computed, period by period, from what was collected and defaulted; the servicer states his own
and may round it within the deal's tolerance. Delinquency buckets are disjoint: 30 to 59 days, 60 to 89, 90 and more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import accumulate
from typing import Any, Literal

from pydantic import TypeAdapter

from abst.calendars import months_after
from abst.decisions.results import plain_of
from abst.values import Hash, digest

Unit = Literal["money", "rate", "count", "flag"]
DECLARED = "default_declared"  # an input that the trustee states, and no servicer
MONTH = "pool_month_"  # an input so named and numbered: the pool at the start of a month collected
BUCKETS = (30, 60, 90)  # days past due at which a bucket begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of the collection period. month: its first day; principal: all of it, and prepaid a part of it."""

    month: date
    opening: int
    principal: int
    prepaid: int
    interest: int
    defaults: int
    recoveries: int
    closing: int

    @property
    def rolled(self) -> int:
        """What the closing balance should be."""
        return self.opening - self.principal - self.defaults


@dataclass(frozen=True, slots=True)
class Bucket:
    """Balance and number of loans past due by so many days."""

    balance: int = 0
    loans: int = 0


@dataclass(frozen=True, slots=True)
class Fx:
    """Units of the settlement currency for one of the deal's, in 1e-8; source: who published it; on: of which day."""

    rate: int
    source: str
    on: date


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one obligor, or one group of them, owes of the pool. id: the servicer's own, no name."""

    kind: Literal["obligor", "group"]
    id: str
    balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as accepted. opening, closing and loans are the servicer's own figures of the pool.

    inputs: the deal's own, by name; indices: fixings; calls: rights exercised; corrects: version of this period's
    report that it takes the place of, 0 for the first; tape: SHA-256 of the loan tape it was made from, or empty;
    exposures: the largest ones (R-78).
    """

    deal: str
    period: int
    currency: str
    collection_from: date
    collection_to: date
    prepared_by: str
    prepared_on: date
    opening: int
    closing: int
    loans: int
    months: tuple[Month, ...]
    days_30: Bucket = Bucket()
    days_60: Bucket = Bucket()
    days_90: Bucket = Bucket()
    other: int = 0
    inputs: dict[str, int] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)
    fx: Fx | None = None
    calls: dict[str, bool] = field(default_factory=dict)
    call_price: int = 0
    corrects: int = 0
    tape: str = ""
    exposures: tuple[Exposure, ...] = ()

    @property
    def principal(self) -> int:
        return sum(month.principal for month in self.months)

    @property
    def prepaid(self) -> int:
        return sum(month.prepaid for month in self.months)

    @property
    def interest(self) -> int:
        return sum(month.interest for month in self.months)

    @property
    def defaults(self) -> int:
        return sum(month.defaults for month in self.months)

    @property
    def recoveries(self) -> int:
        return sum(month.recoveries for month in self.months)

    @property
    def buckets(self) -> dict[int, Bucket]:
        """Days at which a bucket begins -> what is in it."""
        return dict(zip(BUCKETS, (self.days_30, self.days_60, self.days_90), strict=True))

    @property
    def content(self) -> Any:
        """The report as plain data, from which `of_content` makes it again."""
        return plain_of(self)

    @property
    def digest(self) -> Hash:
        """SHA-256 of the canonical content: what the chain keeps of it."""
        return digest(self.content)

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> Report:
        """The report that gave this content. Raises pydantic's ValidationError."""
        return _adapter().validate_python(content)


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the next report, or the next version of one, must be.

    opening: the computed balance at which the period opens; stated_opening: the servicer's own closing balance of the
    period before, None at first; versions: accepted for this period so far; closed: periods that are closed on chain;
    restating: a closed period is corrected, by two officers; defaulted: whether any loan ever did; month_count: of the
    collection period.
    inputs: the deal's own, with their units; settlement: currency of the holders' money where it is another; today: in
    the deal's zone.
    """

    deal: str
    period: int
    currency: str
    decimals: int
    collection_from: date
    collection_to: date
    month_count: int
    determination_date: date
    today: date
    servicer: str
    opening: int
    stated_opening: int | None = None
    tolerance: int = 0
    versions: int = 0
    closed: int = 0
    restating: bool = False
    defaulted: bool = False
    inputs: dict[str, Unit] = field(default_factory=dict)
    indices: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    settlement: str = ""

    @property
    def months(self) -> tuple[date, ...]:
        """First days of the calendar months that the report tells of; a first one may be short or long."""
        last = self.collection_to.replace(day=1)
        return tuple(months_after(last, -back) for back in reversed(range(self.month_count)))

    @property
    def late(self) -> bool:
        """Whether the day on which the deal's figures are determined has passed (R-74)."""
        return self.today > self.determination_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """What is kept of a loan tape: its hash, how many rows and loans, and totals; of no loan anything.

    mapping: id and digest of the mapping; begins: first day of what its flows cover, None where it carries none;
    totals: by the mapping's fields, of those that it has; loans: with a balance at the end; buckets: by days past due.
    """

    hash: Hash
    mapping: str
    rows: int
    loans: int
    begins: date | None
    totals: dict[str, int]
    buckets: dict[int, Bucket] | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the gates judge. tape_hash: of the tape that came with the report, empty for none; tape: None too when
    it could not be read."""

    expected: Expected
    report: Report
    tape_hash: str = ""
    tape: Tape | None = None


def openings(report: Report, opening: int) -> Iterator[int]:
    """The computed balance at the start of each month, and then at the end of the last."""
    flows = (month.principal + month.defaults for month in report.months)
    return accumulate(flows, lambda balance, flow: max(0, balance - flow), initial=opening)


def inputs_of(report: Report, opening: int, names: Sequence[str]) -> dict[str, int]:
    """The inputs of the deal's program, by their names, the trustee's declaration of default apart.

    opening: the computed balance at which the period opens; names: of the program's inputs. Raises KeyError for a name
    that the report has no figure for: such a report was never accepted.
    """
    *starts, closing = openings(report, opening)
    found = {
        "pool_closing": closing,
        "pool_month_openings": sum(starts),
        "principal": report.principal,
        "interest": report.interest,
        "recoveries": report.recoveries,
        "other": report.other,
        "defaults": report.defaults,
        "call.price": report.call_price,
        "fx": report.fx.rate if report.fx else 0,
    }
    found |= {f"delinquent_{days}": bucket.balance for days, bucket in report.buckets.items()}
    found |= {f"call.{name}": int(used) for name, used in report.calls.items()}
    found |= {f"index.{name}": fixing for name, fixing in report.indices.items()}
    found |= {f"input.{name}": value for name, value in report.inputs.items()}
    found |= {f"{MONTH}{number}": balance for number, balance in enumerate(starts, 1)}
    return {name: found.get(name, 0) if name.startswith(MONTH) else found[name] for name in names if name != DECLARED}
