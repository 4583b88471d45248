"""What closing periods needs besides people and tokens: servicing open, reports, money; and the acts of a month."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import desks
import paying
from desks import PAPER, opened, request, second_officer

from abst import demo_data
from abst.chain.office import Evidence, Office, Result
from abst.deal import Deal
from abst.disclosure import desk as publishing
from abst.issuance import desk as issuance
from abst.issuance.desk import Allocation
from abst.servicing import importing, opening, periods
from abst.servicing import paying as period_paying
from abst.values import first_second_of
from nodes import warp

FILING = "jishidai"
SERVICER, TRUSTEE, PAYER = "operations-1", "compliance-1", "operations-1"
PEOPLE = ("alice", "bob", "carol", "dora")
CASH = 10**14
FX = "1.09120000"


@cache
def deal() -> Deal:
    return Deal.read(demo_data.text("deal.yaml"))


@cache
def collections() -> list[tuple[int, int]]:
    """Principal and interest of each month from the cut-off, in fen."""
    rows = csv.DictReader(StringIO(demo_data.text("collections.csv")))
    return [tuple(int(Decimal(row[name]) * 100) for name in ("principal", "interest")) for row in rows]  # type: ignore[misc]


def extend(home: Path) -> None:
    """A home of `paying`: now the whole issue is sold, servicing is open, and the payer has money for every period."""
    with opened(home) as office:
        desks.admitted_people(office, "dora")
        desks.keep_keys(office, "dora")
        for one in deal().issued:
            assert one.token is not None
            quarter = one.face // 4
            wanted = {name: quarter + (one.face - 4 * quarter) * (name == "dora") for name in PEOPLE}
            if one.token.symbol == paying.SENIOR:
                wanted = {name: amount - paying.HELD.get(name, 0) for name, amount in wanted.items()}
            rows = tuple(Allocation(name, amount) for name, amount in wanted.items())
            minted = issuance.ProposeMint(
                officer="operations-1", request=request(), token=one.token.symbol, allocations=rows
            )
            second_officer(office, issuance.mint(office, minted))
        paying.open_account(office, "servicing")
        paying.credit(office, PAYER, CASH)
        told = opening.open_servicing(office, opening.OpenServicing(officer=SERVICER, request=request(), filing=FILING))
        assert told.outcome == "done"


def report(period: int, *, opening_: int | None = None, **changed: Any) -> dict[str, Any]:
    """A servicer's report of a period, as plain data; `changed` replaces its fields."""
    dates = deal().payments[period - 1]
    first = sum(one.months for one in deal().payments[: period - 1])
    pool = deal().pool.balance - sum(principal for principal, _ in collections()[:first])
    pool = pool if opening_ is None else opening_
    months, balance = [], pool
    for number, (principal, interest) in enumerate(collections()[first : first + dates.months]):
        month = dates.collection_from.month + number - 1
        name = f"{dates.collection_from.year + month // 12}-{month % 12 + 1:02d}"
        closing = balance - principal
        months.append(
            {
                "month": name,
                "opening": balance,
                "principal": principal,
                "interest": interest,
                "defaults": 0,
                "recoveries": 0,
                "closing": closing,
            }
        )
        balance = closing
    return {
        "schema": "abst-servicer-report-1",
        "deal": deal().id,
        "period": period,
        "currency": "CNY",
        "collection": {"from": dates.collection_from.isoformat(), "to": dates.collection_to.isoformat()},
        "prepared": {"by": deal().parties[1].name, "on": dates.determination_date.isoformat()},
        "pool": {"opening": pool, "closing": balance, "loans": 1000},
        "months": months,
        "delinquency": {name: {"balance": 0, "loans": 0} for name in ("days_30", "days_60", "days_90")},
        "fx": {"rate": FX, "source": "rate of the day, illustrative", "on": dates.determination_date.isoformat()},
        "calls": {"clean_up": False},
    } | changed


def as_file(content: dict[str, Any]) -> Evidence:
    return Evidence(f"report-{content['period']}.json", json.dumps(content).encode())


def import_(office: Office, content: dict[str, Any]) -> Result:
    command = importing.ImportReport(officer=SERVICER, request=request(), filing=FILING, report=as_file(content))
    return importing.import_report(office, command)


def submit(office: Office, period: int = 0, **changed: str) -> Result:
    told = {"officer": SERVICER, "request": request("submit"), "filing": FILING} | changed
    return periods.submit(office, periods.Submit(period=period, **told))


def confirm(office: Office, period: int = 0, **changed: str) -> Result:
    told = {"officer": TRUSTEE, "request": request("confirm"), "filing": FILING} | changed
    return periods.confirm(office, periods.Confirm(period=period, **told))


def close(office: Office, period: int, **changed: Any) -> Result:
    """Report, submission and confirmation of a period, on the day that the deal gives."""
    go_to(office, period)
    import_(office, report(period, **changed))
    assert submit(office, period).outcome == "done"
    return confirm(office, period)


def go_to(office: Office, period: int) -> None:
    """To the determination date of a period, unless it is past."""
    second = first_second_of(deal().payments[period - 1].determination_date) + 36_000
    if second > office.now():
        warp(office, second - office.now())


def publish(office: Office, period: int) -> None:
    """The distribution report of a period."""
    paper = Evidence(f"distribution-{period}.pdf", f"report of period {period}".encode())
    command = publishing.Disclose(
        officer="operations-1",
        request=request(),
        filing=FILING,
        name=f"distribution-{period}",
        kind="distribution-report",
        document=paper,
        uri=f"https://example.org/distribution-{period}.pdf",
    )
    assert publishing.disclose(office, command).outcome == "done"


def take_record_date(office: Office, period: int) -> Result:
    command = period_paying.AnnounceDate(
        officer="operations-1", request=request(), filing=FILING, period=period, second=office.now() + 60
    )
    told = period_paying.announce(office, command)
    warp(office, 60)
    return told


def pay(office: Office, period: int, **changed: Any) -> Result:
    told = {"officer": PAYER, "request": request("pay"), "filing": FILING} | changed
    return period_paying.pay(office, period_paying.PayPeriod(period=period, **told))


__all__ = ["PAPER", "second_officer"]
