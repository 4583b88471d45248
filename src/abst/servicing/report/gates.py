"""What stands against a servicer's report, once it could be read. Pure.

Deal, period and dates are those expected (R-83); the pool rolls forward and every total ties, to the loan tape where
one came with it (R-94); a call has its price (R-92). An empty list is the only pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from abst.errors import Refusal
from abst.rulebook import refuse
from abst.servicing.report.file import place
from abst.servicing.report.model import Facts, Month, openings

Gate = Callable[[Facts], "Refusal | Iterator[Refusal] | None"]
ROW = "report"


def _at(field: str) -> str:
    return place(ROW, field)


def _month(month: Month, field: str) -> str:
    return place(f"month {month.month:%Y-%m}", field)


# ---- which report it is


def of_this_deal(f: Facts) -> Iterator[Refusal]:
    """R-83: the report is of the filed deal, in its currency."""
    for field, found, needed in (
        ("deal", f.report.deal, f.expected.deal),
        ("currency", f.report.currency, f.expected.currency),
    ):
        if found != needed:
            yield refuse("R-83", "report-of-another", found=_word(found), needed=needed, where=_at(field))


def _word(text: str) -> str:
    """Another deal's id or a currency as it stands; of other words how many letters they have."""
    plain = text.isascii() and len(text) <= 40 and text.replace("-", "").isalnum()
    return text if plain else f"{len(text)} characters"


def of_the_period(f: Facts) -> Refusal | None:
    """R-83: the report is of the period that follows the last reported one, or corrects one not closed."""
    if f.report.period == f.expected.period:
        return None
    needed = f"period {f.expected.period}"
    return refuse("R-83", "report-period", found=f"period {f.report.period}", needed=needed, where=_at("period"))


def corrects_the_latest(f: Facts) -> Refusal | None:
    """R-83: a report that takes another's place names its version, and one for a period without a report names none."""
    if f.report.corrects == f.expected.versions:
        return None
    needed = f"{f.expected.versions}: " + ("the latest version" if f.expected.versions else "there is no report yet")
    return refuse("R-83", "report-corrects", found=str(f.report.corrects), needed=needed, where=_at("corrects"))


def of_an_open_period(f: Facts) -> Refusal | None:
    """R-83: a period is closed once; the report of a closed one is restated by two officers."""
    if f.expected.restating == (f.expected.period <= f.expected.closed):
        return None
    found = f"period {f.expected.period}, of which {f.expected.closed} are closed"
    needed = "a closed period" if f.expected.restating else "an open period; a closed one is restated"
    return refuse("R-83", "report-closed", found=found, needed=needed, where=_at("period"))


def of_the_collection_period(f: Facts) -> Iterator[Refusal]:
    """R-83: the report covers exactly the deal's collection period."""
    for field, found, needed in (
        ("collection.from", f.report.collection_from, f.expected.collection_from),
        ("collection.to", f.report.collection_to, f.expected.collection_to),
    ):
        if found != needed:
            yield refuse("R-83", "report-dates", found=str(found), needed=str(needed), where=_at(field))


def after_the_collections(f: Facts) -> Refusal | None:
    """R-83: collections come first: the report is made after the last day collected, and not in the future."""
    if f.expected.collection_to < f.report.prepared_on <= f.expected.today:
        return None
    needed = f"after {f.expected.collection_to}, by {f.expected.today}"
    return refuse("R-83", "report-too-early", found=str(f.report.prepared_on), needed=needed, where=_at("prepared.on"))


def by_the_servicer(f: Facts) -> Refusal | None:
    """R-83: the report is the servicer's, as the deal names it."""
    if f.report.prepared_by == f.expected.servicer:
        return None
    found = f"{len(f.report.prepared_by)} characters"
    return refuse("R-83", "report-not-the-servicer", found=found, needed=f.expected.servicer, where=_at("prepared.by"))


def every_month_once(f: Facts) -> Iterator[Refusal]:
    """R-83: every month of the collection period is told once, in order."""
    told, wanted = [month.month for month in f.report.months], list(f.expected.months)
    for number in range(max(len(told), len(wanted))):
        found, needed = _nth(told, number), _nth(wanted, number)
        if found != needed:
            yield refuse(
                "R-83", "report-months", found=found, needed=needed, where=place(f"month {number + 1}", "month")
            )


def _nth(months: list[date], number: int) -> str:
    return f"{months[number]:%Y-%m}" if number < len(months) else "none"


def rate_of_the_period(f: Facts) -> Refusal | None:
    """R-83: the exchange rate is of a day after the last one collected, by the day of the report."""
    fx = f.report.fx
    if fx is None or f.expected.collection_to < fx.on <= f.report.prepared_on:
        return None
    needed = f"after {f.expected.collection_to}, by {f.report.prepared_on}"
    return refuse("R-83", "report-rate-day", found=str(fx.on), needed=needed, where=_at("fx.on"))


# ---- whether it adds up


def opens_as_the_last_closed(f: Facts) -> Refusal | None:
    """R-94: the pool opens as the servicer closed it, within the tolerance of the computed balance."""
    found, stated, computed = f.report.opening, f.expected.stated_opening, f.expected.opening
    if stated is not None and found != stated:
        return refuse("R-94", "report-opening", found=str(found), needed=str(stated), where=_at("pool.opening"))
    if abs(found - computed) <= f.expected.tolerance:
        return None
    needed = f"{computed}, give or take {f.expected.tolerance}"
    return refuse("R-94", "report-opening", found=str(found), needed=needed, where=_at("pool.opening"))


def months_follow_on(f: Facts) -> Iterator[Refusal]:
    """R-94: each month opens where the one before closed, from the pool's opening balance to its closing one."""
    before = f.report.opening
    for month in f.report.months:
        if month.opening != before:
            where = _month(month, "opening")
            yield refuse("R-94", "report-months-apart", found=str(month.opening), needed=str(before), where=where)
        before = month.closing
    if f.report.closing != before:
        where = _at("pool.closing")
        yield refuse("R-94", "report-months-apart", found=str(f.report.closing), needed=str(before), where=where)


def rolls_forward(f: Facts) -> Iterator[Refusal]:
    """R-94: closing is opening less principal and defaults, in each month and from the computed balance of old, within
    the tolerance."""
    bound = f.expected.tolerance
    for month in f.report.months:
        if abs(month.closing - month.rolled) > bound:
            needed = f"{month.rolled}, give or take {bound}"
            where = _month(month, "closing")
            yield refuse("R-94", "report-does-not-roll", found=str(month.closing), needed=needed, where=where)
    *_, computed = openings(f.report, f.expected.opening)
    if abs(f.report.closing - computed) > bound:
        needed = f"{computed}, give or take {bound}"
        where = _at("pool.closing")
        yield refuse("R-94", "report-does-not-roll", found=str(f.report.closing), needed=needed, where=where)


def no_more_than_there_was(f: Facts) -> Iterator[Refusal]:
    """R-94: no month repays and loses more than it opened with, and prepayments are part of principal."""
    for month in f.report.months:
        if month.principal + month.defaults > month.opening + f.expected.tolerance:
            found, needed = f"{month.principal} and {month.defaults} defaulted", f"together at most {month.opening}"
            where = _month(month, "principal")
            yield refuse("R-94", "report-above-pool", found=found, needed=needed, where=where)
        if month.prepaid > month.principal:
            found, needed = str(month.prepaid), f"at most the principal, {month.principal}"
            yield refuse("R-94", "report-above-pool", found=found, needed=needed, where=_month(month, "prepaid"))


def delinquent_within_the_pool(f: Facts) -> Iterator[Refusal]:
    """R-94: a loan past due is a loan of the pool, in one bucket: balances and numbers stay within the pool's."""
    for days, bucket in f.report.buckets.items():
        if (bucket.balance > 0) != (bucket.loans > 0):
            found, needed = f"{bucket.balance} of {bucket.loans} loans", "a balance of loans, or neither"
            where = _at(f"delinquency.days_{days}")
            yield refuse("R-94", "report-bucket", found=found, needed=needed, where=where)
    buckets = f.report.buckets.values()
    for field, total, most in (
        ("balance", sum(bucket.balance for bucket in buckets), f.report.closing),
        ("loans", sum(bucket.loans for bucket in buckets), f.report.loans),
    ):
        if total > most:
            found, needed = f"{total} in the buckets together", f"at most the pool's {most}"
            yield refuse("R-94", "report-bucket", found=found, needed=needed, where=_at(f"delinquency.{field}"))


def loans_while_a_balance(f: Facts) -> Refusal | None:
    """R-94: a balance is of loans: there are some while it is above zero, and none when it is zero."""
    if (f.report.closing > 0) == (f.report.loans > 0):
        return None
    found = f"{f.report.loans} loans, balance {f.report.closing}"
    needed = "loans" if f.report.closing else "no loans"
    return refuse("R-94", "report-loans", found=found, needed=needed, where=_at("pool.loans"))


def exposures_within_the_pool(f: Facts) -> Iterator[Refusal]:
    """R-78: each obligor or group is told once, and owes no more than the pool."""
    told: set[tuple[str, str]] = set()
    for number, one in enumerate(f.report.exposures):
        where = _at(f"exposures[{number}]")
        if (one.kind, one.id) in told:
            yield refuse("R-78", "report-exposure", found="told before", needed="each once", where=where)
        elif one.balance > f.report.closing:
            needed = f"at most the pool's {f.report.closing}"
            yield refuse("R-78", "report-exposure", found=str(one.balance), needed=needed, where=where)
        told.add((one.kind, one.id))


def recovered_after_a_default(f: Facts) -> Iterator[Refusal]:
    """R-94: what is recovered was defaulted before, or in the same month."""
    defaulted = f.expected.defaulted
    for month in f.report.months:
        defaulted = defaulted or month.defaults > 0
        if month.recoveries and not defaulted:
            found, needed = str(month.recoveries), "0: no loan has defaulted"
            where = _month(month, "recoveries")
            yield refuse("R-94", "report-recoveries", found=found, needed=needed, where=where)


def call_with_its_price(f: Facts) -> Refusal | None:
    """R-92: a call is exercised at a price, and a price stands with a call."""
    used = [name for name, exercised in f.report.calls.items() if exercised]
    if bool(used) == (f.report.call_price > 0) and len(used) <= 1:
        return None
    found = f"{', '.join(used) or 'no call'} at {f.report.call_price}"
    return refuse(
        "R-92", "report-call", found=found, needed="one call and its price, or neither", where=_at("call_price")
    )


# ---- the loan tape


def tape_as_stated(f: Facts) -> Refusal | None:
    """R-83: the report was made from the tape that comes with it: its SHA-256 is the stated one."""
    if f.report.tape == f.tape_hash:
        return None
    found, needed = f.tape_hash or "no tape", f.report.tape or "none: the report states no tape"
    return refuse("R-83", "tape-another", found=found, needed=needed, where=_at("tape"))


def ties_to_the_tape(f: Facts) -> Iterator[Refusal]:
    """R-94: every total of the report is the sum of the loan tape's rows: balances, flows, loans, and each bucket."""
    if f.tape is None:
        return
    summed = {**f.tape.totals, "loans": f.tape.loans}
    for field, stated in {**_stated(f), "loans": f.report.loans}.items():
        total = summed.get(field, stated)
        if total != stated:
            yield _untied(str(total), str(stated), field)
    for days, bucket in (f.tape.buckets or {}).items():
        reported = f.report.buckets[days]
        if bucket != reported:
            found, needed = (f"{one.balance} of {one.loans} loans" for one in (bucket, reported))
            yield _untied(found, needed, f"days {days} and more")


def _untied(found: str, stated: str, field: str) -> Refusal:
    return refuse(
        "R-94", "tape-total", found=found, needed=f"{stated}, as reported", where=place("tape, all rows", field)
    )


def _stated(f: Facts) -> dict[str, int]:
    """What the report says of what the tape's flows cover: its last month, or all of its months."""
    begins = f.tape.begins if f.tape else None
    months = [month for month in f.report.months if begins is None or month.month >= begins.replace(day=1)]
    stated = {
        name: sum(getattr(month, name) for month in months)
        for name in ("principal", "interest", "defaults", "recoveries")
    }
    return stated | {"opening": months[0].opening if months else 0, "closing": f.report.closing}


GATES: tuple[Gate, ...] = (
    of_this_deal,
    of_the_period,
    corrects_the_latest,
    of_an_open_period,
    of_the_collection_period,
    after_the_collections,
    by_the_servicer,
    every_month_once,
    rate_of_the_period,
    opens_as_the_last_closed,
    months_follow_on,
    rolls_forward,
    no_more_than_there_was,
    delinquent_within_the_pool,
    loans_while_a_balance,
    exposures_within_the_pool,
    recovered_after_a_default,
    call_with_its_price,
    tape_as_stated,
    ties_to_the_tape,
)


def decide(facts: Facts) -> list[Refusal]:
    """Every reason against accepting a report."""
    found: list[Refusal] = []
    for gate in GATES:
        said = gate(facts)
        found += [said] if isinstance(said, Refusal) else said or ()
    return found
