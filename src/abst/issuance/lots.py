"""One lot as it was decided: facts of the filing once, facts of each row, and all gates run on them. Pure.

Rows are judged in their order, and one that passes counts for the next: `minted` and `holders` are as that row found
them. A lot of orders has a payment besides each row, and an account where the money goes. What is stored of a decision
is exactly these facts, so that it can be judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from abst.cash import legs
from abst.cash.legs import Leg, Terms
from abst.decisions import Judged
from abst.decisions import results as gate_results
from abst.errors import Refusal
from abst.filing.gates import Standing
from abst.holders.movement import FilingFacts, PartyFacts, TokenFacts
from abst.issuance import gates
from abst.issuance.gates import Facts, PrivateFacts
from abst.rulebook import refuse

NOBODY = PartyFacts("")


@dataclass(frozen=True, slots=True)
class Paid:
    """The payment of one order. order: its id in words; account: where the money goes, empty when nowhere."""

    order: str
    terms: Terms
    leg: Leg
    account: str


@dataclass(frozen=True, slots=True)
class RowFacts:
    """One allocation. to: as it was asked; receiver: None for nobody whom the registry knows.

    minted, holders: of the token, as this row found them.
    """

    row: int
    to: str
    amount: int
    receiver: PartyFacts | None
    private: PrivateFacts
    minted: int
    holders: int
    paid: Paid | None = None

    @property
    def where(self) -> str:
        return f"row {self.row}"


@dataclass(frozen=True, slots=True)
class LotFacts:
    """A lot of one token. account: of the filing's proceeds where orders are filled, empty for none; None for a mint.

    filing_number: on the chain.
    """

    now: int
    filing: FilingFacts
    token: TokenFacts
    standing: Standing
    denied: tuple[str, ...]
    rows: tuple[RowFacts, ...]
    account: str | None = None

    def of_row(self, row: RowFacts) -> Facts:
        """Everything that one row is decided on; of nobody, what is the same for all rows."""
        return Facts(
            now=self.now,
            filing=self.filing,
            token=replace(self.token, minted=row.minted, holders=row.holders),
            receiver=row.receiver or NOBODY,
            private=row.private,
            amount=row.amount,
            standing=self.standing,
            denied=self.denied,
        )

    def of_all(self) -> Facts:
        """What is the same for all rows."""
        return Facts(self.now, self.filing, self.token, NOBODY, PrivateFacts(), 0, self.standing, self.denied)


@dataclass(frozen=True, slots=True)
class Said:
    """A refusal and the gate that gave it."""

    gate: str
    refusal: Refusal


# ---- the gates of a lot


def on_record(row: RowFacts) -> Refusal | None:
    """R-60: the registry knows the wallet or investor that is asked for."""
    if row.receiver is not None:
        return None
    return refuse(
        "R-60", "receiver-unknown", found="no such wallet or investor", needed="an admitted one", where=row.to
    )


def account_for_proceeds(lot: LotFacts) -> Refusal | None:
    """R-99: what tokens are sold for has a registered account to go to."""
    if lot.account is None or lot.account:
        return None
    where = f"filing {lot.filing.number}"
    return refuse("R-99", "no-proceeds-account", found="none", needed="abst proceeds set", where=where)


def order_good(row: RowFacts) -> list[Refusal]:
    """R-65: the order itself stands: its asset is listed, it is signed, in time and not spent."""
    return legs.of_terms(row.paid.terms, row.paid.order) if row.paid else []


def payment_there(row: RowFacts) -> list[Refusal]:
    """R-94, R-99: payment is made with the delivery, or there is no delivery (R-58)."""
    paid = row.paid
    if paid is None:
        return []
    # That there is no account is said once, of the filing.
    return legs.of_legs(paid.terms, paid.leg if paid.account else replace(paid.leg, taker=paid.leg.giver))


ROW_GATES: tuple[Callable[[RowFacts], Refusal | list[Refusal] | None], ...] = (order_good, payment_there)
"""Gates of an order besides those of a mint."""


def say_of_filing(lot: LotFacts) -> list[Said]:
    """What refuses all rows alike."""
    facts = lot.of_all()
    said = [Said(gate.__name__, no) for gate in gates.FILING_GATES if (no := gate(facts)) is not None]
    no = account_for_proceeds(lot)
    return said + ([Said(account_for_proceeds.__name__, no)] if no else [])


def say_of_row(lot: LotFacts, row: RowFacts) -> list[Said]:
    """What refuses one row; of a receiver unknown to the registry nothing else is said."""
    unknown = on_record(row)
    if unknown is not None:
        return [Said(on_record.__name__, unknown)]
    facts = lot.of_row(row)
    said = [Said(gate.__name__, no) for gate in gates.ROW_GATES if (no := gate(facts)) is not None]
    for gate in ROW_GATES if row.paid else ():
        said += [Said(gate.__name__, no) for no in gate_results.run(gate, row)]
    return said


def of_row(row: RowFacts, said: Sequence[Said]) -> list[Said]:
    """The same, each place with the row in front."""
    return [replace(one, refusal=replace(one.refusal, where=f"{row.where}: {one.refusal.where}")) for one in said]


def decide(lot: LotFacts) -> list[Refusal]:
    """Run all gates on the filing and on every row; every refusal, in order."""
    return [one.refusal for one in _say(lot)]


def _say(lot: LotFacts) -> list[Said]:
    return say_of_filing(lot) + [one for row in lot.rows for one in of_row(row, say_of_row(lot, row))]


LOT = "mint-lot"  # the kind of judgement of a lot (`abst.integrity.kinds`)
GATES: tuple[gate_results.Gate, ...] = (
    *gates.FILING_GATES,
    account_for_proceeds,
    on_record,
    *gates.ROW_GATES,
    *ROW_GATES,
)


def judge(lot: LotFacts) -> Judged:
    """Run all gates on a lot; results and refusals as a decision stores them."""
    return judged(lot, _say(lot))


def judged(lot: LotFacts, said: Sequence[Said]) -> Judged:
    """A lot as a decision stores it. said: what `say_of_filing` and `of_row` gave, as decided."""
    refused = {one.gate for one in said}
    of_orders = {account_for_proceeds, *ROW_GATES} if lot.account is None else ()
    ran = [gate for gate in GATES if gate not in of_orders]
    passed = [gate_results.passed(gate) for gate in ran if gate.__name__ not in refused]
    results = [*passed, *(gate_results.refused(one.refusal, one.gate) for one in said)]
    refusals = tuple(one.refusal for one in said)
    return Judged(LOT, gate_results.plain_of(lot), refusals, tuple(results))
