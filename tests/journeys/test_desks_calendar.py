"""Duties in the life of a filing: opened ahead on chain, each once; overdue ones stop what the terms say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import desks
import monthly
import pytest
from desks import opened, request, second_officer

from abst import demo_data
from abst.chain.office import Evidence, Office, Result
from abst.disclosure import desk as disclosure
from abst.disclosure import due, reckoning
from abst.disclosure.calendar import Duty, copy_name
from abst.disclosure.due import OpenDue, PublishDue, Remind, ReportEvent, TellFigures
from abst.disclosure.events import Distribution, Exposure, Figures
from abst.disclosure.tables import MaterialEvent, OpenedDuty
from abst.errors import Conflict, NotAuthorised, NotFound, Refused, UsageError
from abst.filing import eligibility
from abst.integrity import desk as integrity
from abst.integrity import duties
from abst.integrity.replay import replay
from abst.issuance import desk as issuance
from abst.issuance.desk import Allocation
from abst.servicing import telling
from abst.transfers import desk as transfers
from nodes import warp

FILING, SENIOR, JUNIOR, OPS = "jishidai", "JSD-A1", "JSD-SUB", "operations-1"
DAY = 86_400
FIGURES = Figures(
    filing=FILING,
    period=7,
    distributions=(Distribution("A1", 100, 100),),
    principal=1000,
    losses=10,
    pool=1000,
    exposures=(Exposure("obligor", "o-1", 100),),
)


@pytest.fixture
def office(paying_template: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(desks.copied(paying_template, tmp_path / "home")) as made:
        yield made


def proposed(office: Office) -> Result:
    rows = (Allocation("alice", 1_000_000),)
    return issuance.mint(
        office, issuance.ProposeMint(officer=OPS, request=request("mint"), token=SENIOR, allocations=rows)
    )


def moved(office: Office) -> Result:
    command = transfers.Transfer(request=request(), holder="alice", to="bob", amount=10_000, token=SENIOR)
    return transfers.transfer(office, command)


def opened_now(office: Office, officer: str = OPS) -> list[str]:
    """Names of the duties that were opened."""
    result = due.open_due(office, OpenDue(officer=officer, request=request(), filing=FILING)).result
    return [row["name"] for row in result["opened"]]


def duty(office: Office, name: str) -> Duty:
    return reckoning.standing(office, FILING).duty(name)


def next_report(office: Office) -> Duty:
    """A distribution report that is due in ten days; whatever was due before is published."""
    soon = office.now() + 11 * DAY
    found = next(d for d in standing(office) if d.rule == "R-74" and d.earliest > soon)
    warp(office, found.earliest - 10 * DAY - office.now())
    for late in standing(office):
        if late.state in ("open", "overdue") and late.latest < found.latest:
            publish(office, late.name)
    return found


def standing(office: Office) -> tuple[Duty, ...]:
    return reckoning.standing(office, FILING).duties


def publish(office: Office, name: str, req: str = "", text: str = "a report") -> Result:
    document = Evidence(f"{name}.pdf", f"{name}: {text}".encode())
    uri = f"https://example.org/{name}"
    command = PublishDue(officer=OPS, request=req or request(), filing=FILING, name=name, document=document, uri=uri)
    return due.publish(office, command)


def on_chain(office: Office) -> list[tuple[str, int, int]]:
    """Kind, due and grace of every open obligation."""
    return [(row["kind"], row["due"], row["grace"]) for row in disclosure.obligations(office, FILING)]


def test_what_is_due_soon_is_opened_once(office: Office) -> None:
    """Until spring: what is due within forty days is opened, what is late ends at once, and each only once."""
    year = next(d for d in standing(office) if d.rule == "R-75" and d.earliest > office.now() + 90 * DAY)
    half = [d.name for d in standing(office) if d.rule == "R-79" and d.latest < year.latest]
    with pytest.raises(NotAuthorised):
        opened_now(office, "compliance-1")
    warp(office, year.earliest - 20 * DAY - office.now())
    late = [d for d in standing(office) if d.state == "overdue"]
    names = opened_now(office)
    assert year.name in names
    assert set(half) <= set(names)
    assert {d.name for d in late if d.rule != "R-71"} <= set(names)
    assert duty(office, "issue-completion").obligation == 1  # opened by the first mint, and not again
    assert ("annual-report", year.earliest, year.latest - year.earliest) in on_chain(office)
    before = on_chain(office)
    assert opened_now(office) == []
    assert on_chain(office) == before
    assert len({duty(office, name).obligation for name in names}) == len(names)
    horizon = office.now() + 40 * DAY
    assert all(d.earliest > horizon for d in standing(office) if d.state == "open" and not d.obligation)
    warp(office, due.MARGIN + 1)
    assert {row["kind"] for row in disclosure.obligations(office, FILING) if row["state"] == "overdue"} >= {
        "distribution-report",
        "issue-completion",
    }
    assert integrity.verify(office) == []


def test_an_overdue_report_stops_what_the_terms_say(office: Office) -> None:
    """Until its last second all goes on; from the next one mints and senior transfers stop, junior ones do not."""
    report = next_report(office)
    assert report.name in opened_now(office)
    assert due.report_missing(office, FILING, int(report.name.split("-")[1]))[0].reason == "distribution-unreported"
    for other in standing(office):  # whatever else is due by then is done
        if other.obligation and not other.met and other.name != report.name:
            publish(office, other.name)
    warp(office, report.latest - 100 - office.now())
    assert moved(office).outcome == "done"
    second = proposed(office)
    warp(office, report.latest + 1 - office.now())
    assert duty(office, report.name).state == "overdue"
    for act in (moved, proposed):
        with pytest.raises(Refused) as refused:
            act(office)
        assert {(r.rule, r.reason) for r in refused.value.refusals} == {("R-81", "disclosure-overdue")}
    told = transfers.why(office, SENIOR, "alice", "bob", 10_000)
    assert (told.chain_reason, told.agrees) == ("disclosure-overdue", True)
    assert "disclosure-overdue" not in {r.reason for r in transfers.why(office, JUNIOR, "alice", "bob", 1).refusals}
    with pytest.raises(Refused):
        second_officer(office, second)
    late = [row for row in integrity.today(office) if row["kind"] == "disclosure" and row["overdue"]]
    assert [report.kind in row["what"] for row in late] == [True]

    closed = publish(office, report.name, "the-report")
    assert publish(office, report.name, "the-report") == closed
    assert closed.result["obligation"] == duty(office, report.name).obligation
    assert publish(office, report.name, text="corrected").result["obligation"] == 0
    assert (duty(office, report.name).state, moved(office).outcome) == ("late", "done")
    assert due.report_missing(office, FILING, int(report.name.split("-")[1])) == []
    copy = copy_name(str(closed.result["document_hash"]))
    assert duty(office, copy).state == "open"
    assert copy in opened_now(office)
    publish(office, copy, text="receipt")
    assert duty(office, copy).state == "met"
    with pytest.raises(NotFound, match="no such duty"):
        publish(office, "distribution-999")
    assert integrity.verify(office) == []


def told(office: Office, figures: Figures, req: str = "") -> list[str]:
    """Names of the events that are new in the figures."""
    result = due.tell(office, TellFigures(officer=OPS, request=req or request(), figures=figures)).result
    assert sorted(row["name"] for row in result["opened"]) == sorted(row["name"] for row in result["events"])
    assert replay(office, result["decision"]).outcome == "same"
    return [row["name"] for row in result["events"]]


def changed(period: int = 7, **figures: object) -> Figures:
    return replace(FIGURES, period=period, **figures)  # type: ignore[arg-type]


def test_an_event_of_the_figures_is_told_of_once(office: Office) -> None:
    """A loss and a missed class each open an interim report, and the same figures open nothing more."""
    assert told(office, FIGURES) == []
    bad = changed(losses=101, distributions=(Distribution("A1", 100, 99), Distribution("A2", 5, 5)))
    assert told(office, bad, "first") == ["distribution-missed-7", "pool-loss-7"]
    assert told(office, bad, "first") == ["distribution-missed-7", "pool-loss-7"]  # the same request, its first result
    before = on_chain(office)
    assert [kind for kind, *_ in before].count("interim-report") == 2
    assert told(office, bad) == told(office, changed(losses=150)) == []
    assert told(office, changed(8, losses=201)) == []  # a hundred of it was told of
    assert on_chain(office) == before
    assert told(office, changed(9, losses=202)) == ["pool-loss-9"]
    assert told(office, changed(9, forecast=80, expected=100)) == ["forecast-fallen-9"]
    assert told(office, changed(10, forecast=65, expected=100, losses=202)) == []
    assert told(office, changed(11, forecast=64, expected=100, losses=202)) == ["forecast-fallen-11"]
    big = (Exposure("obligor", "o-1", 151), Exposure("group", "g-1", 200))
    assert told(office, changed(12, losses=202, exposures=big)) == ["obligor-concentrated-12"]
    assert duty(office, "obligor-concentrated-12").latest == duty(office, "distribution-12").latest
    assert duty(office, "pool-loss-9").rule == "R-77"
    publish(office, "pool-loss-7")
    assert duty(office, "pool-loss-7").state == "met"
    with pytest.raises(NotAuthorised):
        due.tell(office, TellFigures(officer="compliance-1", request=request(), figures=bad))
    with pytest.raises(NotFound):
        told(office, Figures("nowhere", 1, (), 1, 0, 1))
    assert integrity.verify(office) == []


def test_an_event_that_a_person_finds(office: Office) -> None:
    """It is recorded with a document, and opened; the same document twice is the same event."""

    def reported(event: str, text: bytes, req: str = "", note: str = "a claim") -> Result:
        paper = Evidence("claim.pdf", text)
        command = ReportEvent(
            officer=OPS, request=req or request(), filing=FILING, event=event, note=note, evidence=paper
        )
        return due.report_event(office, command)

    first = reported("litigation", b"one", "claim")
    assert reported("litigation", b"one", "claim") == first
    assert [row["name"] for row in first.result["opened"]] == ["litigation-1"]
    with pytest.raises(Conflict, match="is recorded"):
        reported("litigation", b"one")
    reported("litigation", b"two")
    reported("rating-cut", b"one")
    names = [d.name for d in standing(office) if d.kind == "interim-report"]
    assert sorted(names) == ["litigation-1", "litigation-2", "rating-cut-1"]
    assert all(duty(office, name).obligation for name in names)
    for event, note in (("gossip", "a claim"), ("litigation", " ")):
        with pytest.raises(UsageError):
            reported(event, b"three", note=note)


def test_what_the_chain_has_no_place_for_waits(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain holds so many open obligations; what does not fit is left, told, and opened when there is a place."""
    report = next_report(office)
    monkeypatch.setattr(due, "MOST_OPEN", len(on_chain(office)) + 1)
    assert len(opened_now(office)) == 1
    event = due.tell(office, TellFigures(officer=OPS, request=request(), figures=changed(losses=900)))
    assert (event.result["opened"], event.result["left"]) == ([], ["pool-loss-7"])
    assert "pool-loss-7" in event.warnings[0]
    monkeypatch.undo()
    opened_now(office)
    assert duty(office, "pool-loss-7").obligation
    assert duty(office, report.name).obligation


def test_an_obligation_opened_otherwise_is_the_duty_of_its_day(office: Office) -> None:
    """By hand for a duty's kind and day, or by a break: no second one is opened. Refused by the chain: one more is."""
    report = next_report(office)
    hand = disclosure.OpenObligation(
        officer=OPS, request=request(), filing=FILING, kind=report.kind, due=report.earliest
    )
    disclosure.open_obligation(office, hand)
    broken = eligibility.Ineligible(
        officer=OPS, request=request(), filing=FILING, rule="R-10", evidence=Evidence("note.txt", b"a break")
    )
    eligibility.ineligible(office, broken)
    (risk,) = [d for d in standing(office) if d.rule == "R-72"]
    assert (duty(office, report.name).obligation, risk.obligation) == (2, 3)
    assert not {report.name, risk.name} & set(opened_now(office))
    publish(office, risk.name)
    assert duty(office, risk.name).state == "met"
    with office.store.begin() as session:  # an attempt that the chain refused counts for nothing
        session.add(
            OpenedDuty(
                filing=FILING,
                name="pool-loss-7",
                attempt=0,
                kind="interim-report",
                due=1,
                grace=0,
                operation="0x" + "ab" * 32,
                request="lost",
                officer=OPS,
                at=1,
            )
        )
    assert told(office, changed(losses=900)) == ["pool-loss-7"]
    assert duty(office, "pool-loss-7").obligation


def test_reminders_come_once_for_each_stage(office: Office) -> None:
    """Fourteen, five and one day ahead, and when it is late: each once, in the log, and never for what is done."""

    def reminded() -> list[str]:
        result = due.remind(office, Remind(officer="compliance-1", request=request())).result
        return [row["stage"] for row in result["reminders"] if row["name"] == report.name]

    report = next_report(office)
    stages = []
    for ahead in (10, 6, 5, 4, 1, 0):
        warp(office, max(report.earliest - ahead * DAY - 3600 - office.now(), 0))
        stages.append(reminded() + reminded())
    assert stages == [["14"], [], ["5"], [], ["1"], []]
    warp(office, report.latest + 1 - office.now())
    assert (reminded(), reminded()) == (["overdue"], [])


def test_books_that_differ_from_the_chain_are_found(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """An obligation of another day, none at all, and an event that no decision knows: each is a difference."""
    told(office, changed(losses=900))
    assert integrity.verify(office) == []
    true = reckoning.obligations
    for twisted in (lambda *_: [], lambda *args: [replace(one, due=one.due + 1) for one in true(*args)]):
        monkeypatch.setattr(reckoning, "obligations", twisted)
        assert [one.where for one in duties.opened(office)] == ["filing jishidai, duty pool-loss-7"]
    with office.store.begin() as session:
        (row,) = reckoning.events_of(session, FILING)
        fields = {column.key: getattr(row, column.key) for column in MaterialEvent.__table__.columns}
        session.add(MaterialEvent(**fields | {"name": "pool-loss-8", "found": "a smaller loss"}))
    assert [one.where for one in duties.decided(office)] == ["filing jishidai, event pool-loss-8"]


def test_a_closed_month_tells_of_its_events(serviced_template: Path, tmp_path: Path) -> None:
    """A month closed with a loss of an eighth of the notes and one large obligor: found in its own figures, once."""
    content = monthly.report(1)
    month, pool, loss = content["months"][-1], content["pool"], 50_000_000_000
    month["defaults"], month["closing"] = loss, month["closing"] - loss
    pool["closing"] -= loss
    owed = pool["closing"] * 15 // 100 + 1
    collections = demo_data.text("collections.csv").encode()
    with opened(desks.copied(serviced_template, tmp_path / "home")) as office:
        exposures = [{"kind": "obligor", "id": "o-17", "balance": owed}]
        monthly.close(office, 1, months=content["months"], pool=pool, exposures=exposures)
        assert [(filing, period) for filing, period, _ in telling.unseen(office)] == [(FILING, 1)]
        assert {"events"} <= {row["kind"] for row in integrity.today(office)}
        figures = telling.figures_of(office, FILING, 1, collections)
        assert (figures.losses, figures.principal, figures.pool) == (loss, 405_799_993_276, pool["closing"])
        assert 0 < 80 * figures.expected < 100 * figures.forecast < 100 * figures.expected
        assert told(office, figures) == ["pool-loss-1", "obligor-concentrated-1"]
        assert telling.unseen(office) == []
        assert told(office, telling.figures_of(office, FILING, 1)) == []
        assert integrity.verify(office) == []
