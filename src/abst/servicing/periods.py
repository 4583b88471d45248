"""A period is computed, submitted by the servicer's key, confirmed by the trustee's, and closed by the chain (R-83).

Python runs the filed waterfall on the servicer's report; the chain runs it again on the same inputs and must come to
the same result to the unit, or the confirmation is refused. What is owed of each class is the tokens' own word.
Corrections of earlier periods enter the inputs, never a closed period.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from abst import decisions
from abst.chain.acts import Act, once
from abst.chain.office import Closing, Handler, Office, Result
from abst.chain.reader import events
from abst.deal.running import Outcome, inputs_of, outcome_of
from abst.deal.watching import Watched, watched
from abst.deal.waterfall.closing import Closing as Closed
from abst.deal.waterfall.closing import Owed, close, numbers_hash
from abst.deal.waterfall.compiling import REQUIREMENTS
from abst.deal.waterfall.machine import Stopped
from abst.deal.waterfall.steps import shares
from abst.decisions import Judged, officers
from abst.errors import NotFound, UsageError
from abst.servicing import elections, period_gates, period_tables, report_tables, restating, serviced
from abst.servicing.period_gates import AccountLine, ClassLine, ConfirmFacts, PeriodFacts, StepLine, TriggerLine
from abst.servicing.period_tables import Close, Submission, TriggerRow
from abst.servicing.serviced import Serviced
from abst.values import Address, Hash, day_of

SUBMIT, CONFIRM = "period submit", "period confirm"
RANKS = ("senior", "mezzanine", "subordinated")
MOVED = ("write-down", "write-up", "capitalise")  # steps that take no cash


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """The servicer's key says what a period comes to. period: 0 for the next one."""

    officer: str
    request: str
    filing: str
    period: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """The trustee's key confirms what was submitted, and so closes the period. period: 0 for the next one."""

    officer: str
    request: str
    filing: str
    period: int = 0


@dataclass(frozen=True, slots=True)
class Computed:
    """What a period comes to, before anything is written.

    report: digest of the servicer's report, empty without one; late: it came after the determination date; owed: by
    the tokens; restated: what corrections of earlier periods added to the inputs; closed: what the arithmetic gives,
    and the same by names in outcome, both none where the waterfall refuses the inputs.
    """

    of: Serviced
    period: int
    report: str
    late: bool
    inputs: tuple[int, ...]
    state: tuple[int, ...]
    owed: list[Owed]
    restated: dict[str, int]
    closed: Closed | None
    outcome: Outcome | None
    triggers: tuple[Watched, ...]
    judged: Judged

    @property
    def inputs_hash(self) -> Hash:
        return numbers_hash(self.inputs)

    @property
    def result(self) -> str:
        """Hash of what the run came to; empty where it did not run."""
        return self.closed.result if self.closed else ""

    @property
    def stated(self) -> dict[str, Any]:
        """What a decision about the period keeps."""
        return {
            "filing": self.of.filing,
            "period": self.period,
            "report": self.report,
            "late": self.late,
            "inputs": [str(value) for value in self.inputs],
            "restated": {name: str(value) for name, value in self.restated.items()},
            "result": self.result,
        }


# ---- computing


def compute(office: Office, filing_id: str, period: int = 0) -> Computed:
    """What the next period comes to, with every reason against closing it; nothing is written.

    Raises NotFound, UsageError while the servicing is not open, or a closed period is asked for.
    """
    of = serviced.of(office, filing_id)
    with office.store.read() as session:
        closed = period_tables.closed(session, of.filing)
        wanted = period or closed + 1
        if wanted <= closed:
            needed = f"an open period; the next is {closed + 1}. abst period show tells of closed ones"
            raise UsageError("this period is closed", found=f"period {wanted}", needed=needed, where=of.where)
        return _computed(office, session, of, wanted, closed)


def _computed(office: Office, session: Session, of: Serviced, period: int, closed: int) -> Computed:
    report = report_tables.latest(session, of.filing, period)
    # A period after the next one has no state yet: it is judged as asked, and run on the state there is.
    state = serviced.state_before(session, of, closed + 1)
    figures = dict(report.inputs) if report else {}
    if elections.default_declared(session, of.filing, period):
        figures["default_declared"] = 1
    restated = restating.entering(session, of, figures)
    for name, amount in restated.items():
        figures[name] = figures.get(name, 0) + amount
    inputs, owed, done, stopped = inputs_of(of.deal, figures), serviced.owed(office, of, closed + 1), None, ""
    if period == closed + 1:
        try:
            done = close(of.program, inputs, state, owed)
        except Stopped as refused:
            stopped = REQUIREMENTS.get(refused.code, refused.message)
    outcome = outcome_of(of.deal, inputs, done.before, done.run) if done else None
    triggers = watched(of.deal, outcome) if outcome else ()
    elected = elections.elected(session, of.filing, period)
    calls = tuple(name for name in of.deal.calls if figures.get(f"call.{name}"))
    facts = PeriodFacts(
        filing=of.filing,
        period=period,
        closed=closed,
        last=len(of.deal.payments),
        today=day_of(office.now(), of.deal.zone),
        collection_to=of.payment(min(period, len(of.deal.payments))).collection_to,
        report=report.digest if report else "",
        overtaken=report_tables.overtaken(session, of.filing, period, of.deal.pool.balance),
        stopped=stopped,
        calls=calls,
        elected=elected,
        **_lines(of, outcome, triggers),
    )
    return Computed(
        of=of,
        period=period,
        report=facts.report,
        late=bool(report and report.late),
        inputs=inputs,
        state=state,
        owed=owed,
        restated=restated,
        closed=done,
        outcome=outcome,
        triggers=triggers,
        judged=decisions.judge("period", period_gates.PERIOD, facts),
    )


def _lines(of: Serviced, outcome: Outcome | None, triggers: tuple[Watched, ...]) -> dict[str, Any]:
    """What the gates look at of a run: accounts, steps, classes and triggers."""
    if outcome is None:
        return {}
    held = dict(zip(of.deal.compiled.state, outcome.before, strict=True))
    return {
        "accounts": tuple(
            AccountLine(name, one.opening, one.received + one.moved_in, one.paid, one.closing)
            for name, one in outcome.accounts.items()
        ),
        "steps": _steps(of, outcome),
        "classes": tuple(
            ClassLine(
                name=one.tranche,
                face=one.face,
                opening=found.opening,
                principal=found.principal,
                written_down=found.written_down - held[f"{one.tranche}.written_down"],
                closing=found.closing,
                rank=RANKS.index(one.rank),
            )
            for one in of.deal.issued
            for found in (outcome.classes[one.tranche],)
        ),
        "triggers": tuple(TriggerLine(one.trigger, one.before, one.after, one.curable) for one in triggers),
    }


def _steps(of: Serviced, outcome: Outcome) -> tuple[StepLine, ...]:
    """Each step that ran, with the accounts that it takes from and fills."""
    first = next(iter(of.deal.accounts))
    written = {step.step: step for step in getattr(of.deal.waterfall, outcome.mode) or of.deal.waterfall.normal}
    made: list[StepLine] = []
    for one in outcome.steps:
        step = written[one.step]
        sources = () if step.kind in MOVED else tuple(step.from_) or (first,)
        fills = (step.to,) if step.to else ()
        rest = max(0, len(one.parts) - 1) if shares(step) else 0
        made.append(StepLine(one.step, one.due, one.paid, sources, fills, rest))
    return tuple(made)


# ---- submitting


@once
def submit(office: Office, cmd: Submit) -> Result:
    """Submit a period: hashes of inputs, report and result go on chain from the servicer's key (R-83). REPORTER.

    May be repeated, by another request, until it is confirmed. Raises Refused with every reason, NotFound, UsageError.
    """
    act = Act(office, SUBMIT, cmd.request, {"officer": cmd.officer, "filing": cmd.filing, "period": cmd.period})
    if act.earlier:
        return act.again()
    found = compute(office, cmd.filing, cmd.period)
    subject = f"filing {found.of.filing}, period {found.period}"
    if found.judged.refusals:
        raise act.refuse(
            cmd.officer, "reporter", kind=SUBMIT, subject=subject, facts=found.stated, judged=[found.judged]
        )
    servicing = office.contracts.servicing
    with act.writing(cmd.officer, "reporter") as desk:
        decision = decisions.record(
            desk.session, kind=SUBMIT, facts=found.stated, judged=[found.judged], rulebook=office.rulebook, at=desk.at
        )
        row = Submission(
            request=cmd.request,
            filing=found.of.filing,
            period=found.period,
            report=found.report,
            inputs=list(found.inputs),
            state=list(found.state),
            tokens=[[one.outstanding, one.written_down] for one in found.owed],
            restated=found.restated,
            inputs_hash=found.inputs_hash,
            result=found.result,
            late=found.late,
            decision=decision.id,
            officer=desk.actor,
            at=desk.at,
        )
        desk.session.add(row)
        data = servicing.encode("submit", found.of.number, found.period, row.inputs_hash, row.report, row.result)
        desk.send(SUBMIT, servicing.address, data)
        desk.audit(subject, {"decision": decision.hash, "report": row.report, "result": row.result, "late": row.late})
        desk.result = _brief(found)
        desk.warnings = _warnings(found)
    return act.finish()


def _brief(found: Computed) -> dict[str, Any]:
    return {
        "filing": found.of.filing,
        "period": found.period,
        "report": found.report,
        "inputs_hash": found.inputs_hash,
        "result": found.result,
        "late": found.late,
        "restated": {name: str(value) for name, value in found.restated.items()},
        "payable": {
            name: str(one.due)
            for name, one in zip(found.of.names, found.closed.paid if found.closed else (), strict=True)
        },
        "mode": found.outcome.mode if found.outcome else "",
    }


def _warnings(found: Computed) -> tuple[str, ...]:
    if not found.late:
        return ()
    day = found.of.payment(found.period).determination_date.isoformat()
    return (f"the servicer's report came after the determination date, {day}",)


# ---- confirming


@once
def confirm(office: Office, cmd: Confirm) -> Result:
    """Confirm what was submitted: the gates run again, the chain runs the waterfall and must agree (R-83). TRUSTEE.

    Raises Refused with every reason, also the chain's own; NotFound, UsageError.
    """
    act = Act(office, CONFIRM, cmd.request, {"officer": cmd.officer, "filing": cmd.filing, "period": cmd.period})
    if act.earlier:
        return act.again()
    found = compute(office, cmd.filing, cmd.period)
    subject = f"filing {found.of.filing}, period {found.period}"
    facts, row = _submitted(office, found, cmd.officer)
    judged = [found.judged, decisions.judge("period-confirmation", period_gates.CONFIRM, facts)]
    if row is None or any(one.refusals for one in judged):
        raise act.refuse(cmd.officer, "trustee", kind=CONFIRM, subject=subject, facts=found.stated, judged=judged)
    servicing = office.contracts.servicing
    with act.writing(cmd.officer, "trustee") as desk:
        decision = decisions.record(
            desk.session, kind=CONFIRM, facts=found.stated, judged=judged, rulebook=office.rulebook, at=desk.at
        )
        data = servicing.encode(
            "confirm", found.of.number, found.period, found.report, found.of.program, found.inputs, found.state
        )
        desk.send(CONFIRM, servicing.address, data)
        desk.audit(subject, {"decision": decision.hash, "report": found.report, "result": found.result})
        desk.result = _brief(found) | {"submission": row.request}
        desk.warnings = _warnings(found)
    return act.finish()


def _submitted(office: Office, found: Computed, officer: str) -> tuple[ConfirmFacts, Submission | None]:
    """What stands submitted on chain against what is computed now, and the row of that submission."""
    servicer, inputs_hash, report, result = _told(office, found)
    with office.store.read() as session:
        trustee = Address(officers.require(session, officer, "trustee").address)
        query = select(Submission).where(
            Submission.filing == found.of.filing,
            Submission.period == found.period,
            Submission.result == result,
            Submission.inputs_hash == inputs_hash,
            Submission.report == report,
        )
        row = session.scalar(query.order_by(Submission.at.desc()))
    facts = ConfirmFacts(
        filing=found.of.filing,
        period=found.period,
        servicer=servicer,
        trustee=trustee,
        submitted=f"{inputs_hash} {report} {result}" if row is not None else "",
        computed=f"{found.inputs_hash} {found.report} {found.result}",
    )
    return facts, row


def _told(office: Office, found: Computed) -> tuple[str, str, str, str]:
    """Servicer, inputs, report and result of the last submission of a period on chain; empty without one."""
    servicing, number = office.contracts.servicing, found.of.number
    period, *told = servicing.read("submissionOf", number)
    if period == found.period:
        return str(told[0]), str(told[1]), str(told[2]), str(told[3])
    topics = [servicing.codec.topic("PeriodSubmitted"), Hash(f"0x{number:064x}"), Hash(f"0x{found.period:064x}")]
    every = events(office.chain, [servicing], office.deployment.block, office.chain.head().number, topics)
    if not every:
        return "", "", "", ""
    args = every[-1].args
    return args["servicer"], args["inputsHash"], args["report"], args["result"]


def _closed(office: Office, session: Session, closing: Closing) -> None:
    """The chain agreed: the close, and one entry of each trigger in the log (R-91)."""
    of = serviced.of(office, str(closing.content["filing"]))
    row = session.get(Submission, closing.result["submission"])
    if row is None:
        raise NotFound("no such submission", found=str(closing.result["submission"]), where=of.where)
    done = replayed(of, row)
    session.add(
        Close(
            filing=of.filing,
            period=row.period,
            submission=row.request,
            following=list(done.state),
            payable=[one.due for one in done.paid],
            request=closing.request,
            officer=closing.maker,
            at=closing.at,
        )
    )
    day = of.payment(row.period).date.isoformat()
    for one in watched(of.deal, outcome_of(of.deal, tuple(row.inputs), done.before, done.run)):
        session.add(
            TriggerRow(
                filing=of.filing,
                period=row.period,
                trigger=one.trigger,
                holds=one.after,
                changed=one.after != one.before,
                value=one.value,
                threshold=one.bound,
                day=day,
                at=closing.at,
            )
        )


# ---- reading


def replayed(of: Serviced, row: Submission) -> Closed:
    """What a submission comes to when it is run again."""
    return close(of.program, row.inputs, row.state, [Owed(*one) for one in row.tokens])


def replay(of: Serviced, row: Submission) -> Outcome:
    """The same by names."""
    done = replayed(of, row)
    return outcome_of(of.deal, tuple(row.inputs), done.before, done.run)


def closed_rows(filing_id: str, until: int = 0) -> Select[Submission]:
    """The submissions that were closed, in the order of their periods: all, or until one."""
    query = select(Submission).join(Close, Close.submission == Submission.request).where(Close.filing == filing_id)
    return (query.where(Close.period <= until) if until else query).order_by(Close.period)


def submission_of(session: Session, of: Serviced, period: int) -> tuple[Close, Submission]:
    """The close of a period and what was closed. Raises NotFound while it is open."""
    close = session.get(Close, (of.filing, period))
    row = session.get(Submission, close.submission) if close else None
    if close is None or row is None:
        raise NotFound("this period is not closed", found=f"period {period}", needed="abst period list", where=of.where)
    return close, row


HANDLERS = {CONFIRM: Handler(done=_closed)}
