"""Money that nobody could claim: listed after the time set, and moved by two officers on evidence (R-93).

A share waits in the contract while its holder is blocked, unknown, or lost without a successor. After the time set, and
only then, it may go to the account that a law, a court or the deal states; from then on the holder counts as paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from abst import decisions, outbox
from abst.cash.accounts import account_of
from abst.cash.accounts import facts as account_facts
from abst.cash.gates import ACCOUNT_GATES
from abst.chain.acts import Act, once
from abst.chain.office import Evidence, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.filing import records
from abst.investor.desk import wallet_of
from abst.servicing import ledger, payments, period_gates
from abst.servicing.ledger import Line
from abst.servicing.period_gates import DAY, UnclaimedFacts
from abst.servicing.period_tables import PeriodPayment
from abst.servicing.tables import Payment
from abst.values import Address, instant

KIND = "period settle-unclaimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """A share that nobody claimed goes to an account. holder: a wallet or an investor id; evidence: what states it."""

    officer: str
    request: str
    payment: str
    holder: str
    account: str
    evidence: Evidence


def days(office: Office) -> int:
    """After how many days waiting money is unclaimed: a setting."""
    return int(office.rulebook.setting("R-93", "unclaimed_days"))


def rows(office: Office, filing_id: str | None = None, *, waiting: bool = False) -> list[dict[str, Any]]:
    """Shares that were not claimed in the time set, oldest payment first; waiting: those too whose time still runs."""
    now, limit = office.now(), days(office)
    query = select(Payment, PeriodPayment).outerjoin(PeriodPayment, PeriodPayment.payment == Payment.number)
    with office.store.read() as session:
        wanted = records.get(session, filing_id).id if filing_id else None
        found = [
            (payment, period)
            for payment, period in session.execute(query.order_by(Payment.number))
            if wanted is None or (period is not None and period.filing == wanted)
        ]
    made: list[dict[str, Any]] = []
    for payment, period in found:
        until = payment.at + limit * DAY
        if (until > now and not waiting) or _settled(office, payment):
            continue
        for line in ledger.lines(office, payment):
            if line.state == "waits":
                made.append(_row(payment, period, line, until, until <= now))
    return made


def _settled(office: Office, payment: Payment) -> bool:
    """Whether nothing of a payment waits: all its holders are paid, or it was never declared."""
    told = ledger.progress(office, payment)
    return not told.is_declared or told.settled == payment.supply


def _row(payment: Payment, period: PeriodPayment | None, line: Line, until: int, is_due: bool) -> dict[str, Any]:
    return {
        "payment": payment.number,
        "filing": period.filing if period else None,
        "period": period.period if period else None,
        "holder": line.holder,
        "investor": line.investor or None,
        "amount": str(line.share),
        "reason": line.why.reason if line.why else None,
        "from": instant(until),
        "unclaimed": is_due,
    }


@once
def settle(office: Office, cmd: Settle) -> Result:
    """Propose that an unclaimed share goes to an account (R-62, R-93, R-99). MAKER; two officers.

    Raises Refused before the time set, for a share that does not wait, and for an account that may not hold the asset.
    """
    holder, account = wallet_of(office, cmd.holder), account_of(office, cmd.account)
    asked = {"payment": cmd.payment, "holder": holder, "account": account, "evidence": cmd.evidence.as_dict()}
    act = Act(office, KIND, cmd.request, {"officer": cmd.officer, **asked})
    if act.earlier:
        return act.again()
    payment, found = payments.open_lines(office, cmd.payment)
    line = next((one for one in found if one.holder == holder), None)
    facts = UnclaimedFacts(
        payment=payment.number,
        holder=holder,
        state=line.state if line else "nothing held",
        since=payment.at,
        now=office.now(),
        days=days(office),
    )
    judged = [
        decisions.judge("unclaimed", period_gates.UNCLAIMED, facts),
        decisions.judge("money-account", ACCOUNT_GATES, account_facts(office, Address(payment.asset), account)),
    ]
    distribution = office.contracts.distribution
    ref = outbox.operation_id(office.registry_id, cmd.request, 0)
    data = distribution.encode("payElsewhere", payment.terms(), holder, account, ref)
    words = f"pay the unclaimed share of {holder} in payment {payment.number} to {account}"
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind=KIND,
        subject=f"payment {payment.number}",
        facts=asked
        | {
            "payment": payment.number,
            "id": payment.id,
            "amount": str(line.share if line else 0),
            "because": line.why.reason if line and line.why else "",
        },
        # While a gate refuses, the contract is not asked: it would only say the same again.
        steps=[Step(distribution.address, data, words, certain=not any(one.refusals for one in judged))],
        judged=judged,
    )
