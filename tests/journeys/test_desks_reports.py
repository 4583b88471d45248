"""Servicers' reports at the desk: accepted once, corrected by a new version, refused whole; no loan leaves a trace."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import desks
import pytest
from desks import opened, request
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import DatabaseError

import servicer
from abst import decisions
from abst.chain.office import Evidence, Office, Result
from abst.decisions.tables import Decision
from abst.errors import Conflict, NotAuthorised, NotFound, Refused, UsageError
from abst.integrity import replay, servicer_reports
from abst.rulebook.chinese import line_in_chinese
from abst.servicing import importing, report_tables
from abst.servicing.importing import ImportReport
from abst.servicing.report_tables import ServicingReport, latest, reports, versions
from abst.values import file_digest, first_second_of
from broken_reports import broken
from nodes import warp
from promises.test_tampering import Attacker
from servicer import Case

FILING, OPS = "jishidai", "operations-1"
OCTOBER, NOVEMBER = date(2026, 10, 12), date(2026, 11, 11)
PLACE = re.compile(r"(report|month [^,]+|tape, [^,]+|mapping), \S.*")


@pytest.fixture
def office(paying_template: Path, tmp_path: Path) -> Iterator[Office]:
    """An effective filing, after the first collection period."""
    with opened(desks.copied(paying_template, tmp_path / "home")) as made:
        go_to(made, OCTOBER)
        yield made


def go_to(office: Office, day: date) -> None:
    """To a day, unless it is past."""
    missing = first_second_of(day) - office.now()
    if missing > 0:
        warp(office, missing)


def command(case: Case, *, officer: str = OPS, name: str = "", filing: str = FILING) -> ImportReport:
    tape = Evidence("tape.csv", case.tape()) if case.with_tape else None
    return ImportReport(
        officer=officer,
        request=name or request("report"),
        filing=filing,
        report=Evidence("report.json", case.document()),
        tape=tape,
        map_file=Evidence("map.yaml", case.map.encode()) if tape else None,
    )


def bring(office: Office, case: Case) -> Result:
    return importing.import_report(office, command(case))


def second_month() -> Case:
    """The good report of the second period; without a tape."""
    case = servicer.good()
    month = {"month": "2026-10", "opening": 347_969_528_100, "principal": 19_309_005_620, "interest": 1_040_947_538}
    month |= {"defaults": 0, "recoveries": 5_000, "closing": 328_660_522_500}
    case.report |= {
        "period": 2,
        "collection": {"from": "2026-10-01", "to": "2026-10-31"},
        "prepared": {"by": servicer.SERVICER, "on": "2026-11-09"},
        "pool": {"opening": 347_969_528_100, "closing": 328_660_522_500, "loans": 5},
        "months": [month],
        "fx": {"rate": "1.09", "source": "HKMA", "on": "2026-11-06"},
    }
    case.with_tape = case.stated = False
    return case


def refused(office: Office, case: Case) -> list[tuple[str, str, str, str]]:
    """Reason, place, found and needed of everything against a report; who is named by mistake is never repeated."""
    with pytest.raises((Refused, UsageError)) as raised:
        bring(office, case)
    error = raised.value
    if not isinstance(error, Refused):
        return [("usage", error.where, error.found, error.needed)]
    assert "张三" not in str(error)
    assert all(line_in_chinese(refusal) for refusal in error.refusals)
    return [(one.reason, one.where, one.found, one.needed) for one in error.refusals]


def rows(office: Office) -> int:
    with office.store.read() as session:
        return session.scalar(select(func.count()).select_from(ServicingReport)) or 0


def test_every_break_changes_nothing(office: Office) -> None:
    """More than a hundred broken reports, each refused or no file at all: no row, no block, nothing of a loan kept."""
    before, ways = office.chain.head(), broken()
    assert len(ways) > 100
    for one in ways:
        said = refused(office, one.case)
        assert (one.reason, one.where) in {(reason, where) for reason, where, _, _ in said}, one.name
        for reason, where, found, needed in said:
            assert all((found, needed)), one.name
            assert reason == "usage" or PLACE.fullmatch(where), (one.name, where)
    assert rows(office) == 0
    assert office.chain.head() == before
    with office.store.read() as session:
        kept = str(
            [row.results for row in session.scalars(select(Decision).where(Decision.kind == "servicing import"))]
        )
        stored = [str(row) for table in ("request", "audit") for row in session.execute(text(f"SELECT * FROM {table}"))]
    for word in ("L0001", "L0003", "张三", servicer.identity("44030119900101001")):
        assert word not in kept
        assert not any(word in row for row in stored)
    assert "row 3, interest (interest)" in kept
    assert bring(office, servicer.good()).outcome == "done"


def test_a_report_is_accepted_once(office: Office) -> None:
    """The row holds figures, hashes and inputs; the same request gives the same result; the tape's rows are nowhere."""
    case = servicer.good()
    asked = command(case, name="first")
    result = importing.import_report(office, asked)
    assert importing.import_report(office, asked) == result
    assert rows(office) == 1
    assert (result.result["closing"], result.result["reported_closing"]) == ("347969528056", "347969528100")
    with office.store.read() as session:
        row = latest(session, FILING, 1)
        assert row is not None
        assert (row.number, row.version, row.officer, row.tape_rows) == (1, 1, OPS, 6)
        assert row.tape_hash == file_digest(case.tape())
        assert (row.tape_map or "").startswith("of-the-tests@0x")
        assert row.inputs["pool_closing"] == row.closing == 347_969_528_056
        assert row.late == (office.day() > date(2026, 10, 16))
        assert "L0001" not in str([row.content, row.inputs])
        decision = decisions.get_decision(session, row.decision)
        assert decision.passed
    assert replay.replay(office, decision.id).outcome == replay.SAME
    whole = importing.show(office, FILING, 1)
    assert whole["content"]["months"][2]["recoveries"] == 40_000
    assert whole["inputs"]["fx"] == "109120000"
    with pytest.raises(NotFound):
        importing.show(office, FILING, 1, version=2)


def test_the_next_period_follows_the_last(office: Office) -> None:
    """It opens where the servicer closed, and is computed from the computed balance; periods come in their order."""
    with pytest.raises(Refused) as raised:
        bring(office, second_month())
    assert "report-period" in {refusal.reason for refusal in raised.value.refusals}
    bring(office, servicer.good())
    go_to(office, NOVEMBER)
    assert bring(office, second_month()).result["opening"] == "347969528056"
    with office.store.read() as session:
        first, second = reports(session, FILING)
    assert second.opening == first.closing
    assert second.closing == 328_660_522_436
    assert importing.expected_next(office, FILING).period == 3
    assert [row["period"] for row in importing.list_reports(office, FILING)] == [1, 2]


def test_a_corrected_report_is_a_new_version(office: Office) -> None:
    """It names the version whose place it takes; the first one stays word for word, and no row is ever changed."""
    bring(office, servicer.good())
    again = servicer.changed(servicer.put("months.0.interest", 667_662_341))
    with pytest.raises(Refused) as raised:
        bring(office, again)
    assert {refusal.reason for refusal in raised.value.refusals} >= {"report-period"}
    again.report["corrects"] = 1
    assert bring(office, again).result["version"] == 2
    again.report["corrects"] = 1
    again.report["months"][0]["interest"] += 1
    with pytest.raises(Refused) as raised:
        bring(office, again)
    assert [refusal.reason for refusal in raised.value.refusals] == ["report-corrects"]
    with office.store.read() as session:
        assert [row.content["months"][0]["interest"] for row in versions(session, FILING, 1)] == [
            667_662_340,
            667_662_341,
        ]
        assert [row.version for row in reports(session, FILING)] == [2]
    for words in ("UPDATE servicing_report SET closing = '1'", "DELETE FROM servicing_report"):
        with pytest.raises(DatabaseError, match="append-only"), office.store.begin() as session:
            session.execute(text(words))


def test_a_correction_reaches_the_next_report(office: Office) -> None:
    """When a closing balance changes, the report that opened on the old one no longer follows; a new version does."""
    bring(office, servicer.good())
    go_to(office, NOVEMBER)
    bring(office, second_month())
    first = servicer.changed(servicer.put("months.0.principal", 19_215_145_180))
    first.report["corrects"] = 1
    bring(office, first)
    pool = 405_799_993_276
    with office.store.read() as session:
        assert report_tables.overtaken(session, FILING, 2, pool) == 2
    second = second_month()
    second.report["corrects"] = 1
    assert bring(office, second).result["opening"] == "347969528046"
    with office.store.read() as session:
        assert report_tables.overtaken(session, FILING, 2, pool) == 0
    assert servicer_reports.accepted(office) == []


def test_a_report_examined_before_another_is_not_kept(office: Office) -> None:
    """What was examined stands for the version that it saw: another one meanwhile is a conflict."""
    case = servicer.good()
    with office.store.read() as session:
        seen = importing.examine(office, session, FILING, *_files(case))
    fields = importing.fields_of(seen)
    bring(office, case)
    with pytest.raises(Conflict), office.store.begin() as session:
        importing.keep_fields(session, fields, request="r", officer=OPS, decision="d", at=office.now())
    assert rows(office) == 1


def _files(case: Case) -> tuple[Evidence, Evidence, object]:
    asked = command(case)
    assert asked.tape is not None
    return asked.report, asked.tape, importing.mapped_by("", asked.map_file)


def test_who_may_and_what_is_not_there(office: Office) -> None:
    """Only a reporter's key imports; a tape needs one mapping; filing and mapping must exist."""
    with pytest.raises(NotAuthorised):
        importing.import_report(office, command(servicer.good(), officer="compliance-1"))
    with pytest.raises(NotFound):
        importing.import_report(office, command(servicer.good(), filing="another"))
    tape = Evidence("tape.csv", servicer.good().tape())
    document = Evidence("report.json", servicer.good().document())
    told = {"officer": OPS, "filing": FILING, "report": document, "tape": tape}
    with pytest.raises(UsageError):
        importing.import_report(office, ImportReport(request=request(), **told))  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        importing.import_report(office, ImportReport(request=request(), map_name="none", **told))  # type: ignore[arg-type]
    both = {"map_name": "sec-schedule-al-auto", "map_file": tape}
    with pytest.raises(UsageError):
        importing.import_report(office, ImportReport(request=request(), **told, **both))  # type: ignore[arg-type]
    assert rows(office) == 0


CHANGES = {
    "closing": "closing = '1'",
    "defaults": "defaults = '0'",
    "version": "version = 2",
    "digest": "digest = '0x" + 64 * "1" + "'",
    "decision": "decision = 'dec-0'",
    "number": "number = 7",
    "inputs": "inputs = replace(inputs, '2923570366', '2923570367')",
    "content": "content = replace(content, '667662340', '667662341')",
}


def test_a_changed_row_is_found(office: Office) -> None:
    """Whoever rewrites a report in the database differs from the decision, or from what the figures make."""
    bring(office, servicer.good())
    go_to(office, NOVEMBER)
    bring(office, second_month())
    assert [check(office) for check in servicer_reports.CHECKS] == [[], []]
    attacker = Attacker(create_engine(office.store.url))
    attacker.disarm()
    with attacker.engine.connect() as connection:
        kept = [dict(row) for row in connection.execute(text("SELECT * FROM servicing_report")).mappings()]
    kept = [row | {"content": json.loads(row["content"])} for row in kept]
    for name, change in CHANGES.items():
        attacker.run(f"UPDATE servicing_report SET {change} WHERE period = 1")
        assert servicer_reports.accepted(office), name
        attacker.put("servicing_report", kept)
    assert servicer_reports.accepted(office) == []
    attacker.engine.dispose()
