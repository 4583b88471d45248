"""Two officers move a parameter: it holds from the next opening, decisions tell, and law is moved by nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from desks import PAPER, opened, request, second_officer
from program import PASSPHRASE, Abst
from sqlalchemy import select
from typer.testing import CliRunner

from abst.audit.tables import Entry
from abst.bootstrap import open_office, rulebook_of
from abst.chain import settings as desk
from abst.chain.office import Office, Result
from abst.chain.settings import SetParameter
from abst.cli import build
from abst.decisions import settings
from abst.errors import Conflict, NotAuthorised, NotFound, Refused, UsageError
from abst.integrity import desk as integrity
from abst.rulebook import load


def asked(office: Office, **changes: Any) -> Result:
    base = SetParameter(
        officer="operations-1",
        request=request(),
        rule="R-45",
        name="evidence_months",
        value="6",
        reason="resolution of the board",
        evidence=PAPER,
    )
    return desk.set_parameter(office, replace(base, **changes))


@pytest.fixture
def office(registry: Abst, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("desks.passphrase", lambda _: PASSPHRASE)
    with opened(registry.home) as office:
        yield office


def test_a_setting_moves_by_two_officers_and_holds_from_the_next_opening(office: Office) -> None:
    """Proposed, approved, in force, in the digest of the next decision, and in the history with both names."""
    waiting = asked(office)
    assert waiting.result["from"] == 12
    assert settings_in(office) == {}
    second_officer(office, waiting)
    assert settings_in(office) == {"R-45 evidence_months": 6}
    (change,) = desk.changes(office, "R-45", "evidence_months")
    assert (change["maker"], change["checker"]) == ("operations-1", "compliance-1")
    assert (change["reason"], change["evidence"]) == ("resolution of the board", PAPER.as_dict())
    again = open_office(office.home, lambda _: PASSPHRASE)
    assert again.rulebook.number("R-45", "evidence_months") == 6
    assert again.rulebook.digest != office.rulebook.digest == load().digest
    assert rulebook_of(office.home).digest == again.rulebook.digest
    back = asked(again, value="12", reason="the board again")
    second_officer(again, back)
    with again.store.read() as session:
        from abst.decisions import rulebooks

        kept = {digest for digest, _, _ in rulebooks.kept(session)}
    assert kept >= {office.rulebook.digest, again.rulebook.digest}
    again.close()
    assert rulebook_of(office.home).digest == load().digest
    assert [row["value"] for row in desk.changes(office, "R-45", "evidence_months")] == [6, 12]
    assert integrity.verify(office) == []


def settings_in(office: Office) -> dict[str, Any]:
    with office.store.read() as session:
        return settings.current(session)


def test_law_is_moved_by_nobody(office: Office) -> None:
    """A parameter of status S is refused by its rule and R-102, and the refusal is logged with its actor (R-102)."""
    with pytest.raises(Refused) as refused:
        asked(office, rule="R-43", name="denied", value="KP")
    (refusal,) = refused.value.refusals
    assert (refusal.rule, refusal.reason) == ("R-43, R-102", "setting-fixed")
    with office.store.read() as session:
        logged = session.scalars(select(Entry).order_by(Entry.seq.desc())).first()
    assert logged is not None
    assert (logged.actor, logged.act, logged.subject) == ("operations-1", "setting set refused", "setting R-43 denied")
    assert logged.facts["rules"] == ["R-43, R-102"]
    assert settings_in(office) == {}


def test_what_cannot_be_set_is_told_before_anything_is_written(office: Office) -> None:
    """Without a reason, of another kind, unknown, unchanged, or by an officer without the role."""
    for error, changes in [
        (UsageError, {"reason": " "}),
        (UsageError, {"value": "six"}),
        (NotFound, {"name": "no_such"}),
        (NotFound, {"rule": "R-105"}),
        (Conflict, {"value": "12"}),
        (NotAuthorised, {"officer": "compliance-1"}),
    ]:
        with pytest.raises(error):
            asked(office, **changes)
    assert settings_in(office) == {}


def test_the_second_of_two_changes_is_not_written_over_the_first(office: Office) -> None:
    """An approval of what was proposed on another value is a conflict, and the proposal stays open."""
    first, second = asked(office), asked(office, value="9")
    second_officer(office, first)
    with pytest.raises(Conflict, match="moved meanwhile"):
        second_officer(office, second)
    assert settings_in(office) == {"R-45 evidence_months": 6}


def test_a_setting_this_rulebook_does_not_know_leaves_the_office_open(office: Office) -> None:
    """The shipped value holds, the list shows it as not applied, and verify reports it."""
    with office.store.begin() as session:
        for key, value in (("R-45 gone", 6), ("R-71 days", "soon")):
            settings.put(session, key, value, reason="an older version", officer="compliance-1", at=office.now())
    assert rulebook_of(office.home).digest == load().digest
    days, gone = desk.listed(office, moved_only=True)
    assert (gone["name"], gone["status"]) == ("gone", "-")
    assert (days["value"], days["changed"]["value"]) == (15, "soon")
    assert "not applied" in days["words"]
    assert {difference.where for difference in integrity.verify(office)} == {"setting R-45 gone", "setting R-71 days"}


def test_no_status_of_a_filing_is_shown_as_an_endorsement(registry: Abst) -> None:
    """R-104: what the setting says stands beside every list of filings that a person reads."""
    ran = CliRunner().invoke(build(), ["filing", "list"], env=registry.env, prog_name="abst")
    assert ran.exit_code == 0
    assert load().setting("R-104", "disclaimer") in " ".join(ran.stdout.split())
