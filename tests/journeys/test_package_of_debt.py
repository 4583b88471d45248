"""A package of a serviced deal: periods, principal, record dates and payments stand in it as debt has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import desks
import monthly
import pytest
import stranger
from desks import opened, request
from monthly import FILING
from parcels import objects

from abst.holders import export
from abst.holders.captable_files import total
from abst.integrity.portable import checking, importing, making, onchain
from abst.servicing import payments, shares


@pytest.mark.prove
def test_a_month_of_a_deal_is_told_and_proved(serviced_template: Path, tmp_path: Path) -> None:
    """A month closed and paid: each of its steps is a typed transaction, and all of it is the chain's."""
    with opened(desks.copied(serviced_template, tmp_path / "home")) as office:
        monthly.close(office, 1)
        monthly.publish(office, 1)
        monthly.take_record_date(office, 1)
        for one in monthly.pay(office, 1, request="pay-first").result["payments"]:
            push = payments.Push(officer="operations-1", request=request("push"), payment=str(one["payment"]))
            assert payments.push(office, push).outcome == "done"
        path = tmp_path / "package"
        making.make(office, making.MakePackage(officer="operations-1", request="package", path=path))
        checked = checking.check(path)
        onchain.against(checked, office.chain)
        assert checked.differences == []
        told = objects(path, "transactions")
        _debt(told)
        for table in export.cap_tables(office, export.Wanted(filing=FILING)):
            contract = office.contracts.token(table.tranche.address)
            sums: dict[str, Any] = total(table)
            found = (sums["outstanding"], sums["principal_paid"], sums["written_down"])
            assert found == contract.read("amortisation")
            assert sums["factor"] == shares.factor(sums["outstanding"], sums["supply"])
            for row in table.wallets:
                assert row.outstanding == contract.read("outstandingOf", row.wallets[0])
        importing.take_in(office, importing.ImportPackage(officer="operations-1", request="import", path=path))
        kept = importing.cap_tables(office, checked.digest)
        assert [total(table)["outstanding"] for table in kept] == [
            int(one["outstanding"]) for one in objects(path, "totals")
        ]
    assert stranger.verify(path) == {one["security"]: int(one["supply"]) for one in objects(path, "totals")}


def _debt(told: list[dict[str, Any]]) -> None:
    """What was declared was paid, to the unit; the waterfall's word is in it."""
    kinds = {one["object_type"] for one in told}
    assert kinds >= {
        "TX_NOTE_ISSUANCE",
        "TX_RECORD_DATE",
        "TX_PRINCIPAL",
        "TX_SERVICING_OPENED",
        "TX_PERIOD_SUBMITTED",
        "TX_PERIOD_CLOSED",
        "TX_PERIOD_PAID",
        "TX_PAYMENT_DECLARED",
        "TX_PAYMENT_PAID",
        "TX_PAYMENT_COMPLETED",
        "TX_PUBLICATION",
    }
    for declared in (one for one in told if one["object_type"] == "TX_PAYMENT_DECLARED"):
        same = [one for one in told if one.get("payment") == declared["payment"]]
        paid = sum(int(one["amount"]) for one in same if one["object_type"] == "TX_PAYMENT_PAID")
        dust = sum(int(one["dust"]) for one in same if one["object_type"] == "TX_PAYMENT_COMPLETED")
        assert paid + dust == int(declared["terms"]["funded"]) + declared["carried"]
    (closed,) = (one for one in told if one["object_type"] == "TX_PERIOD_CLOSED")
    assert sum(int(tranche["principal"]) for tranche in closed["paid"]) > 0
