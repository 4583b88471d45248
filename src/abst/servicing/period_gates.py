"""What stands against closing a period, correcting it, a call, its payments, and moving unclaimed money. Pure.

Rules: a period is closed once, in order, by two keys (R-83); its cash and faces add up to the unit (R-90, R-94); no
junior step is paid past a senior one that is short (R-87); triggers stay (R-91); a call is elected (R-92).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from abst.errors import Refusal
from abst.rulebook import refuse
from abst.values import instant


@dataclass(frozen=True, slots=True)
class AccountLine:
    """Cash of one account over a period, smallest units of the deal's currency."""

    account: str
    opening: int
    received: int
    paid: int
    closing: int


@dataclass(frozen=True, slots=True)
class StepLine:
    """What one step of the waterfall came to. due: it asked for; sources: accounts it takes from; fills: it credits.

    rest: units that its pro-rata shares, rounded down, may leave in its accounts.
    """

    step: str
    due: int
    paid: int
    sources: tuple[str, ...] = ()
    fills: tuple[str, ...] = ()
    rest: int = 0


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One class over a period. written_down: by how much its loss grew, or fell when below zero; rank: 0 for senior."""

    name: str
    face: int
    opening: int
    principal: int
    written_down: int
    closing: int
    rank: int = 0


@dataclass(frozen=True, slots=True)
class TriggerLine:
    """One trigger: whether it held when the period began, and when it ended; curable: the deal writes a cure."""

    trigger: str
    before: bool
    after: bool
    curable: bool


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """A period that is to be closed, and what the waterfall makes of it.

    closed: periods closed; last: the deal's last payment; report: SHA-256 of the servicer's report, empty for none;
    overtaken: first period whose report opens elsewhere than the one before closes, 0 for none; stopped: why the
    waterfall refuses the inputs; calls: those that the inputs use; elected: those on record.
    """

    filing: str
    period: int
    closed: int
    last: int
    today: date
    collection_to: date
    report: str
    overtaken: int = 0
    stopped: str = ""
    calls: tuple[str, ...] = ()
    elected: tuple[str, ...] = ()
    accounts: tuple[AccountLine, ...] = ()
    steps: tuple[StepLine, ...] = ()
    classes: tuple[ClassLine, ...] = ()
    triggers: tuple[TriggerLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmFacts:
    """What the trustee's key is asked to confirm, beside what the servicer's key submitted; keys are addresses."""

    filing: str
    period: int
    servicer: str
    trustee: str
    submitted: str
    computed: str


@dataclass(frozen=True, slots=True)
class RestateFacts:
    """A corrected report of a period. stands: hash of the report that stands for it; differences: how many figures."""

    filing: str
    period: int
    closed: int
    stands: str
    corrected: str
    differences: int


@dataclass(frozen=True, slots=True)
class ElectionFacts:
    """A call that is to be used in a period. calls: those that the deal writes; elected: of the period, on record."""

    filing: str
    period: int
    closed: int
    last: int
    call: str
    calls: tuple[str, ...]
    elected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PayoutFacts:
    """One class's payment for a closed period. payable: by the contract; opened: the payment is on chain already.

    second: of the record date announced for the period, zero for none; earliest: first second after its collections.
    """

    filing: str
    period: int
    closed: int
    name: str
    payable: int
    opened: bool
    currency: str
    asset_currency: str
    second: int
    earliest: int


@dataclass(frozen=True, slots=True)
class UnclaimedFacts:
    """A share that nobody claimed. state: of the holder's line; since: second of its payment; days: the time set."""

    payment: int
    holder: str
    state: str
    since: int
    now: int
    days: int


Gate = Callable[[PeriodFacts], Refusal | None]
DAY = 86_400


def _of(filing: str, period: int) -> str:
    return f"filing {filing}, period {period}"


# ---- closing


def period_is_next(f: PeriodFacts) -> Refusal | None:
    """R-83: periods are closed in their order, each once, up to the deal's last payment."""
    if f.period == f.closed + 1 <= f.last:
        return None
    needed = f"period {f.closed + 1}" if f.closed < f.last else "none: the last period is closed"
    return refuse("R-83", "period-not-next", found=f"period {f.period}", needed=needed, where=_of(f.filing, f.period))


def collection_ended(f: PeriodFacts) -> Refusal | None:
    """R-83: the collection period is over before its cash is counted."""
    if f.today > f.collection_to:
        return None
    needed = f"after {f.collection_to.isoformat()}"
    return refuse(
        "R-83", "collection-not-over", found=f.today.isoformat(), needed=needed, where=_of(f.filing, f.period)
    )


def report_there(f: PeriodFacts) -> Refusal | None:
    """R-83: a period is closed over the servicer's accepted report, by its hash."""
    if f.report:
        return None
    return refuse("R-83", "report-missing", found="none", needed="abst servicing import", where=_of(f.filing, f.period))


def reports_follow(f: PeriodFacts) -> Refusal | None:
    """R-94: each report opens at the balance at which the one that stands for the period before closes."""
    if not f.overtaken:
        return None
    found = f"the report of period {f.overtaken}: the one before was corrected since"
    needed = f"a corrected report of period {f.overtaken}"
    return refuse("R-94", "report-overtaken", found=found, needed=needed, where=_of(f.filing, f.period))


def waterfall_ran(f: PeriodFacts) -> Refusal | None:
    """R-83: the filed waterfall takes the period's inputs."""
    if not f.stopped:
        return None
    return refuse(
        "R-83", "waterfall-stopped", found=f.stopped, needed="inputs that it takes", where=_of(f.filing, f.period)
    )


def cash_conserved(f: PeriodFacts) -> Refusal | None:
    """R-94: what an account held and received is what it paid and holds, to the unit, for every account."""
    for line in f.accounts:
        if line.opening + line.received != line.paid + line.closing or min(line.opening, line.closing) < 0:
            found = f"{line.opening} + {line.received} against {line.paid} + {line.closing}"
            return refuse(
                "R-94",
                "cash-not-conserved",
                found=found,
                needed="the same sum, none below 0",
                where=f"account {line.account}",
            )
    return None


def senior_first(f: PeriodFacts) -> Refusal | None:
    """R-87: what a step is short of, no later step takes out of the same accounts, unless they were filled again."""
    short: list[tuple[StepLine, int]] = []  # with what later steps may take: the rest of shares rounded down
    for line in f.steps:
        for place, (senior, left) in enumerate(short):
            if line.paid and line.sources and set(line.sources) <= set(senior.sources):
                short[place] = senior, left - line.paid
                if line.paid > left:
                    found = f"{line.step} took {line.paid} while {senior.step} is short of {senior.due - senior.paid}"
                    where = _of(f.filing, f.period)
                    return refuse("R-87", "paid-past-a-short-step", found=found, needed="the filed order", where=where)
        if line.paid:
            short = [(senior, left) for senior, left in short if not set(senior.sources) & set(line.fills)]
        if line.sources and line.paid < line.due:
            short.append((line, line.rest))
    return None


def classes_within_face(f: PeriodFacts) -> Refusal | None:
    """R-90: no class falls below zero or rises above its face."""
    for line in f.classes:
        if not 0 <= line.closing <= line.face:
            needed = f"0 to {line.face}"
            return refuse(
                "R-90", "class-out-of-bounds", found=str(line.closing), needed=needed, where=f"class {line.name}"
            )
    return None


def losses_from_below(f: PeriodFacts) -> Refusal | None:
    """R-90: a class bears a loss only where nothing is left of the classes that rank below it."""
    for line in f.classes:
        spared = [one.name for one in f.classes if one.rank > line.rank and one.closing > 0]
        if line.written_down > 0 and spared:
            found = f"{line.written_down} while {', '.join(spared)} is not written down to 0"
            where = f"class {line.name}"
            return refuse(
                "R-90", "loss-passed-a-junior-class", found=found, needed="the junior classes first", where=where
            )
    return None


def classes_tie(f: PeriodFacts) -> Refusal | None:
    """R-94: of every class, the balance before less principal and loss is the balance after."""
    for line in f.classes:
        left = line.opening - line.principal - line.written_down
        if left != line.closing:
            return refuse(
                "R-94", "class-does-not-tie", found=str(line.closing), needed=str(left), where=f"class {line.name}"
            )
    return None


def triggers_stay(f: PeriodFacts) -> Refusal | None:
    """R-91: a trigger that held still holds, unless the deal writes a cure for it."""
    for line in f.triggers:
        if line.before and not line.after and not line.curable:
            return refuse(
                "R-91", "trigger-fell", found="no longer met", needed="that it stays", where=f"trigger {line.trigger}"
            )
    return None


def calls_elected(f: PeriodFacts) -> Refusal | None:
    """R-92: a call is used when its election is on record, and an election on record is used."""
    if set(f.calls) == set(f.elected):
        return None
    return refuse(
        "R-92",
        "call-not-elected",
        found=f"used: {', '.join(sorted(f.calls)) or 'none'}",
        needed=f"elected: {', '.join(sorted(f.elected)) or 'none'}",
        where=_of(f.filing, f.period),
    )


PERIOD: tuple[Gate, ...] = (
    period_is_next,
    collection_ended,
    report_there,
    reports_follow,
    waterfall_ran,
    calls_elected,
    cash_conserved,
    senior_first,
    classes_within_face,
    losses_from_below,
    classes_tie,
    triggers_stay,
)


def two_keys(f: ConfirmFacts) -> Refusal | None:
    """R-83: the trustee's key confirms what another key, the servicer's, submitted."""
    if f.servicer != f.trustee:
        return None
    return refuse(
        "R-83", "one-key", found=f.trustee, needed="another key than the servicer's", where=_of(f.filing, f.period)
    )


def as_submitted(f: ConfirmFacts) -> Refusal | None:
    """R-83: what is confirmed is what was submitted: the same inputs, the same result."""
    if f.submitted and f.submitted == f.computed:
        return None
    return refuse(
        "R-83",
        "not-as-submitted",
        found=f.computed,
        needed=f.submitted or "a submission: abst period submit",
        where=_of(f.filing, f.period),
    )


CONFIRM: tuple[Callable[[ConfirmFacts], Refusal | None], ...] = (two_keys, as_submitted)


# ---- correcting


def period_closed(f: RestateFacts) -> Refusal | None:
    """R-83: a closed period is restated; an open one's report is imported anew."""
    if 1 <= f.period <= f.closed:
        return None
    needed = f"1 to {f.closed}" if f.closed else "a closed period; none is"
    return refuse("R-83", "period-open", found=f"period {f.period}", needed=needed, where=_of(f.filing, f.period))


def something_restated(f: RestateFacts) -> Refusal | None:
    """R-83: a restatement says something else than the report that stands."""
    if f.differences and f.corrected != f.stands:
        return None
    return refuse(
        "R-83", "nothing-restated", found="the same figures", needed="another figure", where=_of(f.filing, f.period)
    )


RESTATE: tuple[Callable[[RestateFacts], Refusal | None], ...] = (period_closed, something_restated)


# ---- calls


def call_written(f: ElectionFacts) -> Refusal | None:
    """R-92: only a call that the deal writes is elected."""
    if f.call in f.calls:
        return None
    needed = ", ".join(f.calls) or "a deal with a call"
    return refuse("R-92", "call-unknown", found=f.call, needed=needed, where=f"filing {f.filing}")


def call_open(f: ElectionFacts) -> Refusal | None:
    """R-92: a call is elected for a period that is not closed, once."""
    if f.closed < f.period <= f.last and f.call not in f.elected:
        return None
    found = "elected already" if f.call in f.elected else f"period {f.period}"
    needed = f"a period from {f.closed + 1} to {f.last}, once"
    return refuse("R-92", "call-too-late", found=found, needed=needed, where=_of(f.filing, f.period))


ELECT: tuple[Callable[[ElectionFacts], Refusal | None], ...] = (call_written, call_open)


# ---- paying


def payout_due(f: PayoutFacts) -> Refusal | None:
    """R-83, R-94: a closed period's payment of a class is opened once, of what the waterfall gave it."""
    if f.period <= f.closed and f.payable > 0 and not f.opened:
        return None
    found = "opened before" if f.opened else f"{f.payable} units payable of {f.closed} closed periods"
    return refuse("R-83, R-94", "nothing-to-open", found=found, needed="an amount not opened yet", where=_payout(f))


def payout_currency(f: PayoutFacts) -> Refusal | None:
    """R-65: holders are paid in an asset of the currency that the filed deal settles in."""
    if f.asset_currency == f.currency:
        return None
    return refuse("R-65", "asset-currency", found=f.asset_currency or "none", needed=f.currency, where=_payout(f))


def payout_record_date(f: PayoutFacts) -> Refusal | None:
    """R-93: the record date was announced for the period, after its collections."""
    if f.second and f.second >= f.earliest:
        return None
    found = instant(f.second) if f.second else "none announced"
    needed = f"from {instant(f.earliest)}: abst period record-date"
    return refuse("R-93", "record-date-of-another", found=found, needed=needed, where=_payout(f))


def _payout(f: PayoutFacts) -> str:
    return f"{_of(f.filing, f.period)}, {f.name}"


PAYOUT: tuple[Callable[[PayoutFacts], Refusal | None], ...] = (payout_due, payout_currency, payout_record_date)


# ---- unclaimed


def long_unclaimed(f: UnclaimedFacts) -> Refusal | None:
    """R-93: only what nobody could claim for the time set goes the way of unclaimed money."""
    until = f.since + f.days * DAY
    if f.now >= until:
        return None
    return refuse("R-93", "unclaimed-too-early", found=instant(f.now), needed=f"from {instant(until)}", where=_share(f))


def still_waiting(f: UnclaimedFacts) -> Refusal | None:
    """R-93: a holder who can be paid is paid, and who was paid has no share left."""
    if f.state == "waits":
        return None
    return refuse("R-93", "not-unclaimed", found=f.state, needed="a share whose money waits", where=_share(f))


def _share(f: UnclaimedFacts) -> str:
    return f"payment {f.payment}, holder {f.holder}"


UNCLAIMED: tuple[Callable[[UnclaimedFacts], Refusal | None], ...] = (long_unclaimed, still_waiting)
