"""Duties on their way to the chain (R-74 to R-81): opened ahead, told of by figures, met by publishing, reminded of.

What is due soon is opened as an obligation; when it is overdue, the chain stops what the terms say. A duty that was
late already is opened to end at once. Material events are opened when the figures show them, or a person does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from abst import decisions, outbox
from abst.chain.acts import Act, Desk, once
from abst.chain.office import Evidence, Office, Result
from abst.chain.words import FilingRecord
from abst.decisions import Judged, judge
from abst.decisions.results import plain_of
from abst.disclosure import calendar, reckoning
from abst.disclosure import desk as publishing
from abst.disclosure import events as material
from abst.disclosure.calendar import COMPLETION, INTERIM, OBLIGOR, OPEN, OVERDUE, Duty, Event, PaymentReport
from abst.disclosure.events import Figures, Told
from abst.disclosure.kinds import kind_of
from abst.disclosure.reckoning import Standing
from abst.disclosure.tables import MaterialEvent, OpenedDuty, Reminder
from abst.errors import Conflict, Refusal, UsageError
from abst.filing.tables import Filing
from abst.values import canonical, instant, shallow

DAY = 86_400
FIGURES = "duty figures"  # the command, and the kind of the decision on the figures of a period
MOST_OPEN = 32  # obligations of one filing on chain at a time
MARGIN = 600  # seconds in which a transaction is sure to be mined: no obligation is opened with an end in the past


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDue:
    """Open on chain what falls due within the days that R-81 sets, and what is late."""

    officer: str
    request: str
    filing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellFigures:
    """The figures of one period. Their `told` is filled in here."""

    officer: str
    request: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEvent:
    """An event that a person finds. event: one of `events.BY_HAND`; note: what happened, without personal data."""

    officer: str
    request: str
    filing: str
    event: str
    note: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishDue:
    """Publish the document of a duty under its name. uri empty: at the filing's base."""

    officer: str
    request: str
    filing: str
    name: str
    document: Evidence
    uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """Give the reminders that are due now."""

    officer: str
    request: str


# ---- onto the chain


@once
def open_due(office: Office, cmd: OpenDue) -> Result:
    """Open what is due soon, or late, as obligations on chain, each once (R-74 to R-81). DISCLOSER. Raises NotFound."""
    act = Act(office, "duty open", cmd.request, {"officer": cmd.officer, "filing": cmd.filing})
    if act.earlier:
        return act.again()
    now = reckoning.standing(office, cmd.filing)
    soon = act.at + office.rulebook.number("R-81", "ahead_days") * DAY
    wanted = [duty for duty in now.duties if _to_be_opened(now, duty, soon)]
    with act.writing(cmd.officer, "discloser") as desk:
        desk.result = {"filing": now.filing.id} | _open(desk, now, wanted)
        desk.audit(f"filing {now.filing.id}", {"opened": [row["name"] for row in desk.result["opened"]]})
    return act.finish()


def _to_be_opened(now: Standing, duty: Duty, soon: int) -> bool:
    """Not there yet, and due soon or late. The first mint opens issue completion by itself."""
    due = duty.state == OVERDUE or (duty.state == OPEN and duty.earliest <= soon)
    return due and duty.name not in now.asked and duty.kind != COMPLETION


def _open(desk: Desk, now: Standing, wanted: Sequence[Duty]) -> dict[str, Any]:
    """Send the duties to the chain, the soonest first; those for which it has no place are left and told."""
    record = FilingRecord.unpack(desk.office.contracts.registry.read("filingOf", now.filing.number))
    places = max(MOST_OPEN - record.open_obligations - (not record.issue_begun), 0)
    asked = reckoning.asked_for(desk.session, now.filing.id)
    fresh = [duty for duty in wanted if duty.name not in asked]
    opened = [_send(desk, now.filing, duty) for duty in fresh[:places]]
    left = [duty.name for duty in fresh[places:]]
    if left:
        desk.warnings += (f"the chain holds {MOST_OPEN} open obligations at most; left: {', '.join(left)}",)
    return {"opened": opened, "left": left}


def _send(desk: Desk, filing: Filing, duty: Duty) -> dict[str, Any]:
    """One obligation: due on the first day on which the duty may end, with grace to the last."""
    due = max(duty.earliest, desk.at + MARGIN)
    grace = max(duty.latest - due, 0)
    registry = desk.office.contracts.registry
    data = registry.encode("openObligation", filing.number, kind_of(duty.kind), due, grace, 0)
    intent = desk.send("obligation", registry.address, data)
    desk.session.add(
        OpenedDuty(
            filing=filing.id,
            name=duty.name,
            attempt=_attempts(desk.session, filing.id, duty.name),
            kind=duty.kind,
            due=due,
            grace=grace,
            operation=intent.operation,
            request=desk.act.request,
            officer=desk.actor,
            at=desk.at,
        )
    )
    desk.session.flush()
    return {"name": duty.name, "kind": duty.kind, "due": instant(due), "last_good": instant(due + grace)}


def _attempts(session: Session, filing: str, name: str) -> int:
    """How often this duty was sent before; each of those was refused by the chain."""
    attempt = 0
    while session.get(OpenedDuty, (filing, name, attempt)) is not None:
        attempt += 1
    return attempt


# ---- material events


@once
def tell(office: Office, cmd: TellFigures) -> Result:
    """Look for material events in the figures of a period; each new one is kept and opened (R-77, R-78). DISCLOSER.

    The same event is never opened twice: of one period there is one of each kind, and a loss or a fall that was told
    of is none again. The decision on the figures is stored whatever they show. Raises NotFound.
    """
    act = Act(office, FIGURES, cmd.request, {"officer": cmd.officer, "figures": plain_of(cmd.figures)})
    if act.earlier:
        return act.again()
    now = reckoning.standing(office, cmd.figures.filing)
    with act.writing(cmd.officer, "discloser") as desk:
        known = reckoning.events_of(desk.session, now.filing.id)
        figures = replace(cmd.figures, filing=now.filing.id, told=_told(known, cmd.figures.period))
        judged = judge("material-event", material.GATES, figures, office.rulebook)
        decision = decisions.record(
            desk.session,
            kind=FIGURES,
            facts={"filing": now.filing.id, "period": figures.period},
            judged=[judged],
            rulebook=office.rulebook,
            at=desk.at,
        )
        names = {row.name for row in known}
        found = [row for row in _rows(figures, judged, decision.id) if row.name not in names]
        told = _keep(desk, now, found)
        subject = f"filing {now.filing.id}, period {figures.period}"
        desk.audit(subject, {"decision": decision.hash, "events": [row.name for row in found]})
        desk.result = {"filing": now.filing.id, "period": figures.period, "decision": decision.id, **told}
    return act.finish()


def read_figures(content: bytes, filing: str) -> Figures:
    """Figures from YAML or JSON, in the fields of `Figures`. Raises UsageError naming every field that is wrong."""
    try:
        with shallow("figures"):
            raw = yaml.safe_load(content)
        canonical(raw)  # a float is no money
        found: Figures = TypeAdapter(Figures).validate_python({**raw, "filing": filing, "told": {}})
        wrong = list(_beyond(raw, plain_of(found)))
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    except (yaml.YAMLError, TypeError, UnicodeDecodeError) as error:
        wrong = [str(error)]
    if wrong:
        needed = "the fields that --help names, amounts as whole numbers"
        raise UsageError("these are no figures", found="; ".join(wrong), needed=needed, where="FILE")
    return found


def _beyond(raw: Any, known: Any, path: str = "") -> Iterator[str]:
    """Places in a file that stand for nothing."""
    if isinstance(raw, list):
        for number, one in enumerate(raw):
            yield from _beyond(one, known[number], f"{path}[{number}]")
    elif isinstance(raw, dict):
        for name, value in raw.items():
            if name not in known or name in ("filing", "told"):
                yield f"{path}.{name}: no such field".removeprefix(".")
            else:
                yield from _beyond(value, known[name], f"{path}.{name}")


def _told(known: Iterable[MaterialEvent], period: int) -> Told:
    """What the events of earlier periods told of losses and of the forecast."""
    told = Told()
    for row in sorted((row for row in known if row.period < period), key=lambda row: row.period):
        if row.reason == material.LOSS:
            told = replace(told, losses=max(told.losses, row.losses))
        if row.reason == material.FALL:
            told = replace(told, forecast=row.forecast, expected=row.expected)
    return told


def _rows(figures: Figures, judged: Judged, decision: str) -> list[MaterialEvent]:
    return [
        MaterialEvent(
            filing=figures.filing,
            name=material.name_of(refusal.reason, figures.period),
            rule=refusal.rule,
            kind=OBLIGOR if refusal.reason == material.CONCENTRATED else INTERIM,
            reason=refusal.reason,
            period=figures.period,
            found=refusal.found,
            losses=figures.losses,
            forecast=figures.forecast,
            expected=figures.expected,
            decision=decision,
        )
        for refusal in judged.refusals
    ]


@once
def report_event(office: Office, cmd: ReportEvent) -> Result:
    """Record an event that no figure shows, and open its interim report (R-77). DISCLOSER; one key is enough to tell.

    Raises UsageError for an unknown kind, Conflict when the same document was recorded for the same kind before.
    """
    if cmd.event not in material.BY_HAND or not cmd.note.strip():
        needed = f"one of {', '.join(material.BY_HAND)}, and words"
        raise UsageError("no event to tell of", found=f"{cmd.event!r}: {cmd.note!r}", needed=needed, where="event")
    content = {"officer": cmd.officer, "filing": cmd.filing, "event": cmd.event, "note": cmd.note}
    act = Act(office, "duty event", cmd.request, content | {"evidence": cmd.evidence.as_dict()})
    if act.earlier:
        return act.again()
    now = reckoning.standing(office, cmd.filing)
    with act.writing(cmd.officer, "discloser") as desk:
        same = [row for row in reckoning.events_of(desk.session, now.filing.id) if row.reason == cmd.event]
        if any(row.evidence == cmd.evidence.hash for row in same):
            needed = "another document, or nothing: it is known"
            raise Conflict("this event is recorded", found=cmd.evidence.hash, needed=needed, where=now.filing.id)
        row = MaterialEvent(
            filing=now.filing.id,
            name=material.name_of(cmd.event, len(same) + 1),
            rule="R-77",
            kind=INTERIM,
            reason=cmd.event,
            period=0,
            found=cmd.note,
            losses=0,
            forecast=0,
            expected=0,
            evidence=cmd.evidence.hash,
        )
        told = _keep(desk, now, [row])
        desk.audit(f"filing {now.filing.id}", {"event": row.name, "evidence": cmd.evidence.as_dict()})
        desk.result = {"filing": now.filing.id, "evidence": cmd.evidence.as_dict(), **told}
    return act.finish()


def _keep(desk: Desk, now: Standing, found: Sequence[MaterialEvent]) -> dict[str, Any]:
    """Store the events, and open the obligation of each."""
    for row in found:
        row.request, row.officer, row.at = desk.act.request, desk.actor, desk.at
    desk.session.add_all(found)
    desk.session.flush()
    names = {row.name for row in found}
    new = tuple(Event(row.name, row.rule, row.kind, f"{row.reason}: {row.found}", row.at, row.period) for row in found)
    facts = replace(now.facts, events=(*now.facts.events, *new))
    wanted = [duty for duty in calendar.duties(facts) if duty.name in names]
    events = [{"name": row.name, "rule": row.rule, "kind": row.kind, "found": row.found} for row in found]
    return {"events": events} | _open(desk, now, wanted)


# ---- meeting a duty


@once
def publish(office: Office, cmd: PublishDue) -> Result:
    """Publish the document of a duty under its name, closing its obligation (R-81). DISCLOSER. Raises NotFound.

    Once it is met, a corrected document is one more version of the same name.
    """
    found = reckoning.standing(office, cmd.filing)
    duty = found.duty(cmd.name)
    with office.store.read() as session:
        earlier = session.get(outbox.Request, cmd.request)
    closes = 0 if duty.met else duty.obligation
    command = publishing.Disclose(
        officer=cmd.officer,
        request=cmd.request,
        filing=found.filing.id,
        name=duty.name,
        kind=duty.kind,
        document=cmd.document,
        uri=cmd.uri,
        obligation=closes if earlier is None else int(earlier.content.get("obligation", closes)),
    )
    return publishing.disclose(office, command)


def report_missing(office: Office, filing_id: str, number: int) -> list[Refusal]:
    """Why a payment of the deal may not be made yet: its distribution report does not stand (R-74). Raises NotFound."""
    now = reckoning.standing(office, filing_id)
    name = f"distribution-{number}"
    published = any((one.name, one.kind) == (name, calendar.DISTRIBUTION) for one in now.facts.published)
    refusal = calendar.report_before_payment(PaymentReport(now.filing.id, number, published))
    return [] if refusal is None else [refusal]


# ---- reminders


@once
def remind(office: Office, cmd: Remind) -> Result:
    """Give the reminders that are due, of all filings, each once (R-81): some days ahead, and when a duty is late."""
    act = Act(office, "duty remind", cmd.request, {"officer": cmd.officer})
    if act.earlier:
        return act.again()
    reached = stages(office)
    with act.writing(cmd.officer, None) as desk:
        given = [
            row for row in reached if desk.session.get(Reminder, (row["filing"], row["name"], row["stage"])) is None
        ]
        for row in given:
            desk.session.add(
                Reminder(
                    filing=row["filing"], name=row["name"], stage=row["stage"], request=desk.act.request, at=desk.at
                )
            )
            desk.audit(f"filing {row['filing']}", {"duty": row["name"], "stage": row["stage"]})
        desk.result = {"reminders": given}
    return act.finish()


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["filing"], row["name"], row["stage"]


def remind_days(office: Office) -> tuple[int, ...]:
    """How many days before its end a duty is reminded of; words that are no number are passed over."""
    words = office.rulebook.words("R-81", "remind_days")
    return tuple(int(word) for word in words if word.isascii() and word.isdigit())


def stages(office: Office) -> list[dict[str, Any]]:
    """Every duty that has reached a reminder, with the stage it is in."""
    days, now = remind_days(office), office.now()
    found = []
    for row, duty in reckoning.every(office):
        reached = calendar.stage(duty, now, office.zone, days)
        if reached:
            found.append(row | {"stage": reached})
    return found
