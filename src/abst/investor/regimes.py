"""On which legal grounds an investor may hold: one pure predicate per regime of the rulebook.

A predicate returns a `Ground` (with the last good day of the evidence it stands on) or a refusal that says what is
missing. A denied person has no ground at all (R-43, R-54).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from abst.errors import Refusal
from abst.investor.denials import denied
from abst.investor.model import Evidence, EvidenceType, Kind, PrivateRecord
from abst.rulebook import Rulebook, refuse


@dataclass(frozen=True, slots=True)
class Ground:
    """One regime an investor satisfies, until the last good day of the evidence, and why."""

    regime: str
    until: date
    why: str


@dataclass(frozen=True, slots=True)
class Classification:
    """All grounds found. `refusals` say why there is none; `missed` why each other regime was not reached."""

    grounds: tuple[Ground, ...]
    refusals: tuple[Refusal, ...]
    missed: tuple[Refusal, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(ground.regime for ground in self.grounds)

    @property
    def until(self) -> date | None:
        """The earliest end of the grounds: one date serves for all on chain, so the shortest counts."""
        return min((ground.until for ground in self.grounds), default=None)


def months_after(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month when it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (first_of_next - timedelta(days=1)).day))


def good_until(item: Evidence, months: int) -> date:
    """Last good day of one item: the setting counted from its relevant date, or its own expiry if that is earlier."""
    last = months_after(item.relevant_date, months)
    return last if item.expires_on is None else min(last, item.expires_on)


def fresh(items: Sequence[Evidence], months: int, on: date) -> list[Evidence]:
    """Items that speak of a day not after `on` and are still good on it, the longest lasting first."""
    good = [item for item in items if item.relevant_date <= on <= good_until(item, months)]
    return sorted(good, key=lambda item: good_until(item, months), reverse=True)


def expired(items: Sequence[Evidence], months: int, on: date) -> list[Evidence]:
    """Items whose last good day is over (R-56), the latest first."""
    late = [item for item in items if good_until(item, months) < on]
    return sorted(late, key=lambda item: good_until(item, months), reverse=True)


def hk_pi(record: PrivateRecord, rulebook: Rulebook, on: date, where: str) -> Ground | Refusal:
    """R-45, R-46: professional investor in Hong Kong, by category, portfolio or total assets."""
    months = rulebook.number("R-45", "evidence_months")
    if record.kind is Kind.INSTITUTION:
        return _by_category(record, rulebook, on, where)
    found: list[str] = []
    needed: list[str] = []
    for kind in (EvidenceType.PORTFOLIO, EvidenceType.ASSETS):
        name = f"{record.kind.value.replace('-', '_')}_{kind.value}"
        if name not in rulebook.rule("R-45").parameters:
            continue
        threshold = Fraction(rulebook.number("R-45", name))
        items = [item for item in record.evidence if item.type is kind and _counts(item, record.kind, rulebook)]
        good, late = fresh(items, months, on), expired(items, months, on)
        until, total = _reach(good, threshold, months)
        if until is not None:
            return Ground("hk-pi", until, f"{kind.value} of HKD {_whole(total)}, at least {_whole(threshold)}")
        with_late = sum((item.hkd for item in late), total)
        if with_late >= threshold:
            told = f"{kind.value} of HKD {_whole(with_late)}, {_dates(late, months)}"
            return _expired("R-45, R-56", told, on, months, where)
        found.append(f"{kind.value} of HKD {_whole(total)}" + (f", {_dates(late, months)} left out" if late else ""))
        needed.append(f"HKD {_whole(threshold)} ({kind.value})")
    wanted = f"{' or '.join(needed)}, of evidence not older than {months} months"
    return refuse("R-45", "not-professional", found="; ".join(found), needed=wanted, where=f"{where}.evidence")


def _by_category(record: PrivateRecord, rulebook: Rulebook, on: date, where: str) -> Ground | Refusal:
    months = rulebook.number("R-45", "evidence_months")
    known = rulebook.words("R-45", "categories")
    items = [item for item in record.evidence if item.type is EvidenceType.CATEGORY]
    named = [item for item in items if item.category in known]
    for item in fresh(named, months, on):
        return Ground("hk-pi", good_until(item, months), f"institution: {item.category}")
    late = expired(named, months, on)
    if late:
        told = f"{', '.join(item.category for item in late)}, {_dates(late, months)}"
        return _expired("R-45, R-56", told, on, months, where)
    found = ", ".join(item.category for item in items) or "no category"
    needed = f"one of {', '.join(known)}, on evidence not older than {months} months"
    return refuse("R-45", "not-professional", found=found, needed=needed, where=f"{where}.evidence")


def _expired(rules: str, found: str, on: date, months: int, where: str) -> Refusal:
    """What would suffice, had it not run out: the dates are the reason, not the amount."""
    needed = f"evidence good on {on}, not older than {months} months"
    return refuse(rules, "evidence-expired", found=found, needed=needed, where=f"{where}.evidence")


def _dates(items: Sequence[Evidence], months: int) -> str:
    return ", ".join(f"evidence of {item.relevant_date} good until {good_until(item, months)}" for item in items)


def _counts(item: Evidence, kind: Kind, rulebook: Rulebook) -> bool:
    """R-46: a natural person's home, pension and unlisted shares do not count."""
    return not (kind.natural and item.asset in rulebook.words("R-46", "excluded"))


def _reach(items: Sequence[Evidence], threshold: Fraction, months: int) -> tuple[date | None, Fraction]:
    """The sum, and the last good day of the item that lifts it to the threshold: with it gone the sum falls short."""
    total = Fraction(0)
    until: date | None = None
    for item in items:
        total += item.hkd
        if until is None and total >= threshold:
            until = good_until(item, months)
    return until, total


def _whole(amount: Fraction) -> str:
    """Dollars and cents rounded down, so that a sum just under a threshold never reads as reaching it."""
    cents = amount.numerator * 100 // amount.denominator
    return f"{cents // 100:,}.{cents % 100:02d}"


def offshore_non_us(record: PrivateRecord, rulebook: Rulebook, on: date, where: str) -> Ground | Refusal:
    """R-54: outside mainland China and the United States by every signal, and declared so with proof of residence."""
    months = rulebook.number("R-54", "declaration_months")
    items = [item for item in record.evidence if item.type is EvidenceType.OFFSHORE]
    onshore = sorted(set(record.jurisdictions) & {"CN", "US"})
    if onshore:
        # Also when an operator has emptied the deny list: this ground itself excludes United States persons.
        needed = "no signal in CN or US"
        return refuse("R-54", "not-offshore", found=", ".join(onshore), needed=needed, where=where)
    good = fresh(items, months, on)
    if good:
        return Ground("offshore-non-us", good_until(good[0], months), "declared and proven offshore, not US")
    late = expired(items, months, on)
    if late:
        return _expired("R-54, R-56", f"declaration, {_dates(late, months)}", on, months, where)
    found = f"{len(items)} declarations of a day after {on}" if items else "no declaration"
    needed = f"a declaration not older than {months} months"
    return refuse("R-54", "no-declaration", found=found, needed=needed, where=f"{where}.evidence")


Predicate = Callable[[PrivateRecord, Rulebook, date, str], Ground | Refusal]
PREDICATES: dict[str, Predicate] = {"hk-pi": hk_pi, "offshore-non-us": offshore_non_us}


def classify(record: PrivateRecord, rulebook: Rulebook, on: date, where: str = "investor") -> Classification:
    """Every regime the record satisfies on a day; with none, all the reasons."""
    barred = denied(record.signals, rulebook, where)
    if barred:
        return Classification((), tuple(barred), ())
    grounds: list[Ground] = []
    missed: list[Refusal] = []
    for code in sorted(rulebook.regimes, key=lambda name: rulebook.regimes[name].bit):
        answer = PREDICATES[code](record, rulebook, on, where)
        if isinstance(answer, Ground):
            grounds.append(answer)
        else:
            missed.append(answer)
    return Classification(tuple(grounds), () if grounds else tuple(missed), tuple(missed))
