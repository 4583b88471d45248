"""Months of a deal through the desks on the embedded chain: closed by two keys, paid, corrected, and found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import desks
import monthly
import paying
import pytest
from desks import PAPER, opened, request, second_officer
from monthly import FILING, SERVICER, TRUSTEE

from abst.chain.office import Office, Result
from abst.chain.proposals import run_ops
from abst.errors import Conflict, IntegrityFailure, NotAuthorised, NotFound, Refused, UsageError
from abst.integrity import desk as integrity
from abst.integrity import payments as integrity_payments
from abst.integrity import periods as integrity_periods
from abst.integrity import recovering, servicer_reports
from abst.integrity.checks import Difference
from abst.servicing import (
    amortisation,
    elections,
    ledger,
    opening,
    payments,
    period_views,
    periods,
    restating,
    statements,
    unclaimed,
)
from abst.servicing import paying as period_paying
from abst.servicing.period_gates import DAY
from abst.servicing.period_tables import Restatement
from databases import drop_trigger, kept
from nodes import warp

PUSHED = "operations-1"


@pytest.fixture
def home(serviced_template: Path, tmp_path: Path) -> Path:
    return desks.copied(serviced_template, tmp_path / "home")


@pytest.fixture
def office(home: Path) -> Iterator[Office]:
    with opened(home) as found:
        yield found


def reasons(refused: pytest.ExceptionInfo[Refused]) -> set[tuple[str, str]]:
    return {(refusal.rule, refusal.reason) for refusal in refused.value.refusals}


def differences(office: Office) -> list[Difference]:
    """What `verify` says of servicing and money, without all the rest."""
    checks = (*servicer_reports.CHECKS, *integrity_periods.CHECKS, *integrity_payments.CHECKS)
    return [found for check in checks for found in check(office)]


def outstanding(office: Office, token: str) -> int:
    return int(amortisation.standing(office, token)["outstanding"])


def push(office: Office, told: Result) -> None:
    for one in told.result["payments"]:
        command = payments.Push(officer=PUSHED, request=request("push"), payment=str(one["payment"]))
        assert payments.push(office, command).outcome == "done"


# ---- closing


def test_two_months_from_report_to_paid_holders(office: Office) -> None:
    """The README's first payment to the fen, on chain and off; payments, factors, statements; verify finds nothing."""
    told = monthly.close(office, 1)
    assert (told.outcome, told.result["mode"]) == ("done", "normal")
    first = period_views.show(office, FILING, 1)
    steps = {row["step"]: row["paid"] for row in first["steps"]}
    assert (steps["fees"], steps["taxes_paid"], steps["reserve_up"]) == ("115969701", "95308393", "3468336498")
    by_class = {row["class"]: row for row in first["classes"]}
    assert (by_class["A1"]["interest"], by_class["A2"]["interest"]) == ("414246575", "625895890")
    assert (by_class["A1"]["principal"], by_class["A2"]["principal"]) == ("15000000000", "42597864087")
    assert (outstanding(office, "JSD-A1"), outstanding(office, "JSD-A2")) == (135_000_000_000, 156_402_135_913)
    with pytest.raises(Refused) as early:
        monthly.pay(office, 1)
    assert {"record-date-of-another", "report-before-payment-missing"} & {r for _, r in reasons(early)}
    monthly.publish(office, 1)
    assert monthly.take_record_date(office, 1).result["number"] == 2
    with pytest.raises(Refused) as again:
        monthly.take_record_date(office, 1)
    assert reasons(again) == {("R-93", "record-date-announced")}
    paid = monthly.pay(office, 1, request="pay-first")
    assert monthly.pay(office, 1, request="pay-first") == paid
    due = {row["class"]: row["payable"] for row in first["classes"]}
    assert {row["class"]: row["funded"] for row in paid.result["payments"]} == {
        name: amount for name, amount in due.items() if amount != "0"
    }
    with pytest.raises(Refused) as twice:
        monthly.pay(office, 1)
    assert ("R-83, R-94", "nothing-to-open") in reasons(twice)
    push(office, paid)
    assert {row["state"] for row in ledger.list_payments(office)["payments"]} == {"complete"}
    warp(office, 60)  # so that the second period closes in a later second than the first was paid in
    monthly.close(office, 2)
    rows = period_views.listed(office, FILING)
    assert [row["state"] for row in rows] == ["closed", "closed", "open"]
    assert [row["payments"] for row in rows] == [2, 0, 0]
    told = {(row["what"], row["who"]) for row in integrity.today(office) if row["kind"] == "period"}
    assert (f"period 2 of {FILING}: payments to be opened", "payer") in told
    assert (f"period 3 of {FILING}: the servicer's report", "reporter") in told
    _figures(office)
    assert integrity.verify(office) == []


@pytest.mark.prove
def test_the_whole_deal_month_by_month(office: Office) -> None:
    """All 44 payments closed by the chain as Python computed them; each class ends when the README says, at nothing."""
    ended: dict[str, str] = {}
    for period in range(1, len(monthly.deal().payments) + 1):
        assert monthly.close(office, period).outcome == "done"
        for row in period_views.show(office, FILING, period)["classes"]:
            if row["closing"] == "0":
                ended.setdefault(row["class"], monthly.deal().payments[period - 1].date.isoformat()[:7])
    assert ended == {"A1": "2027-09", "A2": "2028-08", "Sub": "2029-04"}
    with pytest.raises(Refused) as after:
        monthly.submit(office)
    assert ("R-83", "period-not-next") in reasons(after)
    for token in ("JSD-A1", "JSD-A2", "JSD-SUB"):
        retired = amortisation.Retire(officer="operations-1", request=request("retire"), token=token)
        assert amortisation.retire(office, retired).outcome == "done"
    assert integrity.verify(office) == []


def _figures(office: Office) -> None:
    """What reports and statements are made of: the course, the factors, and one holder's money with its tax."""
    told = statements.distribution(office, FILING, 2)
    assert [point.balances["A1"] for point in told.course] == [135_000_000_000, 120_000_000_000]
    assert told.factors["A1"] == 800_000_000_000
    assert told.course[0].collected == 57_818_279_940 + 2_923_570_366
    assert {one.trigger for one in told.triggers} == {"delinquency", "senior_interest_missed"}
    found = statements.material(told)
    assert [(one.tranche, one.due == one.paid) for one in found.distributions] == [
        ("A1", True),
        ("A2", True),
        ("Sub", True),
    ]
    mine = statements.statement(office, "alice")
    assert (mine.holdings[0].token.symbol, mine.holdings[0].factor) == ("JSD-A1", 800_000_000_000)
    (a1, _) = mine.payments
    assert (a1.state, a1.gross - a1.tax, a1.net > a1.tax > 0) == ("paid", a1.net, True)
    then = statements.statement(office, "alice", a1.paid_at)
    assert then.holdings[0].factor == 900_000_000_000
    assert [one.period for one in then.factors] == [1]
    with pytest.raises(UsageError):
        statements.statement(office, "alice", office.now() + 10)
    with pytest.raises(NotFound):
        statements.statement(office, "nobody")


def test_what_stands_against_closing(office: Office) -> None:
    """No report, another's turn, one key, nothing submitted, figures that moved, wrong officers: nothing is closed."""
    monthly.go_to(office, 1)
    with pytest.raises(Refused) as bare:
        monthly.submit(office)
    assert reasons(bare) == {("R-83", "report-missing")}
    with pytest.raises(Refused) as unsubmitted:
        monthly.confirm(office)
    assert ("R-83", "not-as-submitted") in reasons(unsubmitted)
    monthly.import_(office, monthly.report(1))
    with pytest.raises(Refused) as skipped:
        monthly.submit(office, 2)
    assert ("R-83", "period-not-next") in reasons(skipped)
    with pytest.raises(NotAuthorised):
        monthly.submit(office, officer=TRUSTEE)
    first = monthly.submit(office, request="submit-once")
    assert monthly.submit(office, request="submit-once") == first
    with pytest.raises(Conflict):
        monthly.submit(office, 1, request="submit-once")
    with pytest.raises(NotAuthorised):
        monthly.confirm(office, officer=SERVICER)
    changed = monthly.report(1, corrects=1, other=5)
    monthly.import_(office, changed)
    with pytest.raises(Refused) as moved:
        monthly.confirm(office)
    assert reasons(moved) == {("R-83", "not-as-submitted")}
    monthly.submit(office)
    assert monthly.confirm(office).outcome == "done"
    with pytest.raises(UsageError):
        periods.compute(office, FILING, 1)
    with pytest.raises(NotFound):
        periods.compute(office, "nothing")
    with pytest.raises(Conflict):
        opening.open_servicing(office, opening.OpenServicing(officer=SERVICER, request=request(), filing=FILING))
    assert differences(office) == []


def test_a_late_report_is_said_to_be_late(office: Office) -> None:
    """After the determination date a report is accepted, flagged, and warned of at every step."""
    monthly.go_to(office, 1)
    warp(office, 30 * DAY)
    monthly.import_(office, monthly.report(1))
    told = monthly.submit(office)
    assert told.result["late"]
    assert told.warnings
    assert periods.compute(office, FILING).late


# ---- corrections


def _restate(office: Office, period: int, **changed: Any) -> Result:
    command = restating.Restate(
        officer=SERVICER,
        request=request("restate"),
        filing=FILING,
        period=period,
        report=monthly.as_file(monthly.report(period, **changed)),
        evidence=PAPER,
    )
    return restating.restate(office, command)


def _more(period: int, **by: int) -> list[dict[str, Any]]:
    """The months of a period's report with figures moved in the last one."""
    months = monthly.report(period)["months"]
    last = months[-1]
    last |= {name: last[name] + amount for name, amount in by.items()}
    last["closing"] = last["opening"] - last["principal"] - last["defaults"]
    return months


def test_a_restatement_enters_the_next_period_and_edits_nothing(office: Office) -> None:
    """Differences are net of the next inputs; what was closed stays; the pool opens where the correction left it."""
    monthly.close(office, 1)
    before = period_views.show(office, FILING, 1)
    with pytest.raises(Refused) as same:
        _restate(office, 1, corrects=1)
    assert ("R-83", "nothing-restated") in reasons(same)
    months = _more(1, principal=100, interest=-7)
    pool = {"opening": months[0]["opening"], "closing": months[-1]["closing"], "loans": 1000}
    asked = _restate(office, 1, corrects=1, months=months, pool=pool)
    assert asked.result["differences"] == {"principal": "100", "interest": "-7"}
    monthly.go_to(office, 2)
    monthly.import_(office, monthly.report(2))
    second_officer(office, asked, TRUSTEE)
    with pytest.raises(Refused) as overtaken:
        monthly.submit(office)
    assert reasons(overtaken) == {("R-94", "report-overtaken")}
    after = period_views.show(office, FILING, 1)
    assert after["inputs"] == before["inputs"]
    assert [row["differences"] for row in after["corrections"]] == [{"principal": "100", "interest": "-7"}]
    assert period_views.bearing(office, FILING)["waiting"] == {"principal": "100", "interest": "-7"}
    monthly.import_(office, monthly.report(2, opening_=months[-1]["closing"], corrects=1))
    found = periods.compute(office, FILING)
    said = monthly.collections()[3]
    figures = dict(zip(monthly.deal().compiled.inputs, found.inputs, strict=True))
    assert (figures["principal"], figures["interest"]) == (said[0] + 100, said[1] - 7)
    monthly.submit(office)
    monthly.confirm(office)
    assert period_views.bearing(office, FILING)["waiting"] == {}
    assert differences(office) == []


def test_a_correction_never_makes_an_input_negative(office: Office) -> None:
    """What cannot be taken from the next period's figures waits for the one after."""
    from abst.servicing import serviced

    of = serviced.of(office, FILING)
    with office.store.begin() as session:
        session.add(
            Restatement(
                filing=of.filing,
                period=1,
                report="0x" + "11" * 32,
                version=2,
                differences={"principal": -150, "interest": 40},
                evidence="0x" + "22" * 32,
                proposal="prop-x",
                maker="a",
                checker="b",
                at=1,
            )
        )
    with office.store.read() as session:
        assert restating.entering(session, of, {"principal": 100, "interest": 5}) == {"principal": -100, "interest": 40}
        assert restating.entering(session, of, {"principal": 0}) == {"interest": 40}
        assert restating.entering(session, of, {"principal": 200}) == {"principal": -150, "interest": 40}


# ---- triggers, calls, default


def test_triggers_calls_and_default_bear_on_the_next_period(office: Office) -> None:
    """A trigger is logged with figure and bound, and cured; a call needs its election; a default is the trustee's."""
    late = {"days_30": {"balance": 0, "loans": 0}, "days_60": {"balance": 9_000_000_000, "loans": 9}}
    late["days_90"] = {"balance": 0, "loans": 0}
    assert monthly.close(office, 1, delinquency=late).result["mode"] == "accelerated"
    (met,) = period_views.triggers(office, FILING, changed=True)
    assert (met["trigger"], met["holds"], met["value"], met["threshold"]) == (
        "delinquency",
        True,
        "0.022178413378",
        "0.02",
    )
    monthly.go_to(office, 2)
    monthly.import_(office, monthly.report(2, calls={"clean_up": True}, call_price=1))
    with pytest.raises(Refused) as unelected:
        monthly.submit(office)
    assert ("R-92", "call-not-elected") in reasons(unelected)
    with pytest.raises(Refused) as unknown:
        _elect(office, 2, "another")
    assert reasons(unknown) == {("R-92", "call-unknown")}
    second_officer(office, _elect(office, 2), TRUSTEE)
    with pytest.raises(Refused) as not_open:
        monthly.submit(office)
    assert ("R-83", "waterfall-stopped") in reasons(not_open)
    with pytest.raises(Refused) as twice:
        _elect(office, 2)
    assert reasons(twice) == {("R-92", "call-too-late")}


def _elect(office: Office, period: int, call: str = "clean_up") -> Result:
    command = elections.Elect(
        officer=SERVICER, request=request("elect"), filing=FILING, period=period, call=call, evidence=PAPER
    )
    return elections.elect(office, command)


def test_a_default_is_declared_by_the_trustee_and_a_checker(office: Office) -> None:
    """From the next period on the deal's default steps run; it is declared once."""
    command = elections.DeclareDefault(officer=TRUSTEE, request=request("default"), filing=FILING, evidence=PAPER)
    asked = elections.declare_default(office, command)
    second_officer(office, asked, "compliance-2")
    assert monthly.close(office, 1).result["mode"] == "default"
    again = elections.DeclareDefault(officer=TRUSTEE, request=request("default"), filing=FILING, evidence=PAPER)
    with pytest.raises(Conflict):
        elections.declare_default(office, again)
    assert [row["kind"] for row in period_views.bearing(office, FILING)["elections"]] == ["default"]
    assert differences(office) == []


# ---- unclaimed money


def test_unclaimed_money_goes_its_stated_way(office: Office) -> None:
    """Not before the time set, not while the holder can be paid; then by two officers on evidence."""
    monthly.close(office, 1)
    monthly.publish(office, 1)
    monthly.take_record_date(office, 1)
    paid = monthly.pay(office, 1, classes=("A1",))
    paying.block(office, "carol")
    push(office, paid)
    number = str(paid.result["payments"][0]["payment"])

    def ask(holder: str) -> Result:
        command = unclaimed.Settle(
            officer="operations-1",
            request=request("unclaimed"),
            payment=number,
            holder=holder,
            account="operations-1",
            evidence=PAPER,
        )
        return unclaimed.settle(office, command)

    assert (unclaimed.rows(office, FILING), len(unclaimed.rows(office, FILING, waiting=True))) == ([], 1)
    with pytest.raises(Refused) as early:
        ask("carol")
    assert reasons(early) == {("R-93", "unclaimed-too-early")}
    warp(office, unclaimed.days(office) * DAY)
    (row,) = unclaimed.rows(office, FILING)
    assert (row["investor"], row["period"], row["reason"]) == ("carol", 1, "payee-blocked")
    with pytest.raises(Refused) as was_paid:
        ask("alice")
    assert reasons(was_paid) == {("R-93", "not-unclaimed")}
    second_officer(office, ask("carol"))
    assert unclaimed.rows(office, FILING) == []
    assert [one.state for one in statements.statement(office, "carol").payments] == ["elsewhere"]
    assert differences(office) == []


# ---- what is found again


def test_a_store_from_yesterday_closes_and_pays_nothing_twice(home: Path) -> None:
    """The store is put back to before a month: recovered, the same requests find period and payments on the chain."""
    put_back = kept(home)

    def month(office: Office) -> Result:
        monthly.import_(office, monthly.report(1))
        monthly.submit(office, request="submit-again")
        monthly.confirm(office, request="confirm-again")
        return monthly.pay(office, 1, request="pay-again")

    with opened(home) as office:
        monthly.go_to(office, 1)
        monthly.publish(office, 1)
        date = monthly.take_record_date(office, 1).result
        first = month(office)
        push(office, first)
    put_back()
    with opened(home) as office:
        assert recovering.recover(office, recovering.Recover()).lifted
        _announced_before(office, date)
        again = month(office)
        assert (again.outcome, again.result["payments"]) == ("done", first.result["payments"])
        assert outstanding(office, "JSD-A1") == 135_000_000_000
        assert ledger.show(office, "1")["state"] == "complete"
        assert differences(office) == []


def _announced_before(office: Office, date: dict[str, Any]) -> None:
    """The record date stands on chain; its row is written again, as the agent's request would."""
    from abst.servicing.period_tables import PeriodDate

    with office.store.begin() as session:
        session.add(
            PeriodDate(
                filing=FILING,
                period=1,
                number=date["number"],
                second=date["second"],
                request="again",
                officer="operations-1",
                at=1,
            )
        )


def test_an_interrupted_month_ends_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before a confirmation is broadcast, and after the first transaction of a payment: the same end, once."""
    with opened(home) as office:
        monthly.go_to(office, 1)
        monthly.import_(office, monthly.report(1))
        monthly.submit(office)
        with monkeypatch.context() as dying:
            dying.setattr(office.chain, "send_raw_many", _die(lambda _: []))
            with pytest.raises(KeyboardInterrupt):
                monthly.confirm(office, request="confirm-once")
    with opened(home) as office:
        assert {row["state"] for row in run_ops(office)} == {"final"}
        assert monthly.confirm(office, request="confirm-once").outcome == "done"
        assert [row["state"] for row in period_views.listed(office, FILING)] == ["closed", "open"]
        monthly.publish(office, 1)
        monthly.take_record_date(office, 1)
        with monkeypatch.context() as dying:
            dying.setattr(office.chain, "send_raw_many", _die(office.chain.send_raw_many))
            with pytest.raises(KeyboardInterrupt):
                monthly.pay(office, 1, request="pay-once")
    with opened(home) as office:
        told = monthly.pay(office, 1, request="pay-once")
        assert (told.outcome, len(told.result["payments"])) == ("done", 2)
        assert {row["state"] for row in ledger.list_payments(office)["payments"]} == {"declared"}
        assert differences(office) == []


def _die(first: Callable[[Sequence[bytes]], object]) -> Callable[[Sequence[bytes]], object]:
    """Do this once and end the process."""

    def die(raw: Sequence[bytes]) -> object:
        first(raw)
        raise KeyboardInterrupt

    return die


def test_verify_names_a_close_that_does_not_agree(office: Office) -> None:
    """A state or an amount changed in the store, and a program that is not the filed one, are found by their place."""
    monthly.close(office, 1)
    assert differences(office) == []
    with office.store.begin() as session:
        connection = session.connection()
        for table in ("period_close", "period_submission", "servicing", "trigger_log"):
            drop_trigger(session, table, "no_update")
        connection.exec_driver_sql("UPDATE period_close SET payable = '[1,2,3]'")
        connection.exec_driver_sql("UPDATE period_submission SET result = '0x" + "00" * 32 + "'")
        connection.exec_driver_sql("UPDATE trigger_log SET value = '0.5' WHERE trigger = 'delinquency'")
        connection.exec_driver_sql("UPDATE servicing SET program_hash = '0x" + "00" * 32 + "'")
    words = {(one.where, one.words) for one in differences(office)}
    assert {
        (f"period 1 of {FILING}", "payable, as kept"),
        (f"period 1 of {FILING}", "result"),
        (f"period 1 of {FILING}, trigger delinquency", "trigger log"),
        (f"servicing of {FILING}", "program"),
    } <= words


def test_verify_names_what_was_closed_past_the_desks(office: Office) -> None:
    """A period submitted and confirmed with the officers' keys alone is on chain and not here."""
    from test_desks_payments import _send

    monthly.go_to(office, 1)
    monthly.import_(office, monthly.report(1))
    found = periods.compute(office, FILING)
    assert found.closed is not None
    servicing = office.contracts.servicing
    data = servicing.encode("submit", found.of.number, 1, found.inputs_hash, found.report, found.result)
    _send(office, SERVICER, servicing.address, data)
    data = servicing.encode("confirm", found.of.number, 1, found.report, found.of.program, found.inputs, found.state)
    _send(office, TRUSTEE, servicing.address, data)
    words = {(one.where, one.found) for one in differences(office)}
    assert (f"period 1 of {FILING}", "closed on chain") in words


def test_the_deal_compiles_to_the_program_that_was_opened(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is another than the stored deal's is never run."""
    from abst.servicing import serviced

    office.memo.clear()
    key = ("deal", monthly.deal().hash)
    other = monthly.deal().model_copy(update={"id": "other"})
    compiled = type(other.compiled)(
        **{
            **{name: getattr(other.compiled, name) for name in type(other.compiled).__slots__},
            "program": other.compiled.program + b"\x00",
        }
    )
    monkeypatch.setitem(other.__dict__, "_compiled", (compiled, ()))
    office.memo[key] = other
    with pytest.raises(IntegrityFailure):
        serviced.of(office, FILING)


def test_pay_refuses_the_wrong_class_and_currency(office: Office) -> None:
    """A class the deal has not, one with nothing to get, and an asset that is not listed."""
    monthly.close(office, 1)
    monthly.publish(office, 1)
    monthly.take_record_date(office, 1)
    with pytest.raises(UsageError):
        monthly.pay(office, 1, classes=("B",))
    with pytest.raises(Refused) as nothing:
        monthly.pay(office, 1, classes=("JSD-SUB",))
    assert ("R-83, R-94", "nothing-to-open") in reasons(nothing)
    with pytest.raises(Refused) as unlisted:
        monthly.pay(office, 1, asset=str(office.contracts.settlement.address), classes=("A1",))
    assert {("R-65", "asset-not-listed"), ("R-65", "asset-currency")} <= reasons(unlisted)
    with pytest.raises(NotFound):
        period_paying.announce(
            office,
            period_paying.AnnounceDate(officer="operations-1", request=request(), filing=FILING, period=99),
        )
