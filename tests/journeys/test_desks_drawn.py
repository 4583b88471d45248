"""Distribution reports and statements at the desk: drawn from what was closed, published by their hash, made again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import desks
import monthly
import pytest
from desks import opened, request
from monthly import FILING

from abst import demo_data
from abst.chain.office import Evidence, Office
from abst.disclosure import due
from abst.errors import NotFound, UsageError
from abst.reports import accounts, periods
from abst.reports.drawn.writing import write
from abst.servicing import payments, statements
from abst.values import day_of


@pytest.fixture(scope="module")
def home(serviced_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three periods closed; the first one's payments opened, and the second one's report published under its duty."""
    home = desks.copied(serviced_template, tmp_path_factory.mktemp("drawn") / "home")
    with opened(home) as office:
        monthly.close(office, 1)
        monthly.publish(office, 1)
        monthly.take_record_date(office, 1)
        assert monthly.pay(office, 1).outcome == "done"
        monthly.close(office, 2)
        written = write(periods.distribution(office, FILING), "en", "pdf")
        paper = Evidence(written.name, written.content)
        command = due.PublishDue(
            officer="operations-1",
            request=request(),
            filing=FILING,
            name="distribution-2",
            document=paper,
            uri="https://example.org/2.pdf",
        )
        assert due.publish(office, command).result["document_hash"] == written.hash
        monthly.close(office, 3)
    return home


@pytest.fixture
def office(home: Path) -> Iterator[Office]:
    with opened(home) as found:
        yield found


def test_a_report_is_of_what_was_closed_and_stays_the_published_one(office: Office) -> None:
    """R-74, R-81: Given a period closed long ago, its report made again should have the hash that was published."""
    again = periods.distribution(office, FILING, 2)
    assert periods.published(office, FILING, write(again, "en", "pdf").hash) == ["distribution-2, version 1"]
    assert periods.published(office, FILING, write(again, "zh", "pdf").hash) == []
    told = statements.distribution(office, FILING, 2)
    assert [one.factor for one in again.classes] == list(told.factors.values())
    assert (again.late, again.pool.loans, again.mode) == (told.late, told.report.loans, "normal")
    assert dict(again.proofs).items() >= told.proofs.items()
    paid = sum(one.payable or 0 for one in again.classes)
    assert paid == sum(one.payable for one in told.outcome.classes.values())
    last = periods.distribution(office, FILING)
    assert (last.period, len(last.course), last.course[-1].expected) == (3, 4, last.cash.total)
    with pytest.raises(NotFound, match="not closed"):
        periods.distribution(office, FILING, 4)


def test_with_the_pools_file_the_report_looks_ahead(office: Office) -> None:
    """Given the pool's file, collections should be told by source and the classes to their end."""
    pool = demo_data.text("collections.csv").encode()
    told = periods.distribution(office, FILING, pool=pool)
    assert told.expected == told.cash
    assert [one.number for one in told.ahead] == list(range(4, 45))
    assert told.ahead[-1].balances == (0, 0, 0)
    with pytest.raises(UsageError, match="principal"):
        periods.distribution(office, FILING, pool=pool.replace(b"192151451.7", b"much"))


def test_statements_of_all_holders_are_the_payment(office: Office) -> None:
    """R-94: Given all statements, their net should be what was brought, but for dust; gross has the tax in it."""
    told = [accounts.statement(office, name) for name in monthly.PEOPLE]
    net = sum(one.net for account in told for one in account.payments)
    brought = sum(one.payable or 0 for one in periods.distribution(office, FILING, 1).classes)
    assert 0 <= brought - net < len(told) * 3
    assert {one.state for account in told for one in account.payments} == {"payable"}
    vat = sum(one.tax for account in told for one in account.payments)
    assert 0 < vat < sum(one.gross for account in told for one in account.payments) // 100
    alice = told[0]
    assert alice.name != "alice"
    assert "*" in alice.name
    assert [one.factor for one in alice.holdings] == list(alice.factors[-1].factors)
    assert len(alice.factors) == 4


def test_a_statement_speaks_of_its_day(office: Office) -> None:
    """Given a day before the last close, it should not be in the account; a day to come has no statement."""
    today = day_of(office.now(), office.zone)
    assert accounts.statement(office, "alice", today - timedelta(days=400)).holdings == ()
    earlier, now = (accounts.statement(office, "alice", day) for day in (today - timedelta(days=10), None))
    assert (len(earlier.factors), len(now.factors)) == (3, 4)
    assert earlier.holdings[0].outstanding > now.holdings[0].outstanding
    assert [one.units for one in earlier.holdings] == [one.units for one in now.holdings]
    payment = accounts.statement(office, "alice").payments[0]
    payments.push(office, payments.Push(officer="operations-1", request=request(), payment=str(payment.number)))
    after = {one.number: one for one in accounts.statement(office, "alice").payments}[payment.number]
    assert (after.state, after.paid, after.net) == ("paid", today, payment.net)
    with pytest.raises(UsageError, match="to come"):
        accounts.statement(office, "alice", date(2064, 1, 1))
    with pytest.raises(NotFound):
        accounts.statement(office, "nobody")
