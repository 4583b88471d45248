"""The figures of the drawn reports as plain values: what a report is made of, whoever gathered it. Pure.

Money is int in the smallest unit of its currency; rates and factors are int with 12 decimals, rates of exchange with 8.
Texts are the deal's own words; `Named` has them in both languages where the deal does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from abst.reports.drawn.scales import Lang

UNIT = 10**12  # of rates and factors
FX = 8  # decimals of a rate of exchange


@dataclass(frozen=True, slots=True)
class Named:
    """A text in English and Chinese; one of them does for both."""

    en: str
    zh: str = ""

    def of(self, lang: Lang) -> str:
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency or settlement asset by its code, and the decimals of its smallest unit."""

    code: str
    decimals: int


# ---- distribution report


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodDates:
    collection_from: date
    collection_to: date
    determination: date
    record: date
    payment: date
    accrual_from: date
    accrual_to: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Cash:
    """Money of a period, by where it came from."""

    principal: int
    interest: int
    recoveries: int = 0
    other: int = 0

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.recoveries + self.other


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFigures:
    """The pool over the period. losses: defaults less recoveries since the cut-off; months: how they roll."""

    initial: int
    opening: int
    closing: int
    defaults: int
    recoveries: int
    losses: int
    loans: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrears:
    """Balances in arrears at the end of the collection period, by days; counts where the servicer gave them."""

    days_30: int
    days_60: int
    days_90: int
    counts: tuple[int, int, int] | None = None

    @property
    def total(self) -> int:
        return self.days_30 + self.days_60 + self.days_90


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFigures:
    """One class in the period. due: interest owed, what was carried included; payable: in the settlement currency."""

    key: str
    name: str
    face: int
    rate: int
    opening: int
    interest_due: int
    interest: int
    principal: int
    residual: int
    written_down: int
    closing: int
    symbol: str = ""
    payable: int | None = None

    @property
    def short(self) -> int:
        return self.interest_due - self.interest

    @property
    def factor(self) -> int:
        """What is outstanding of one unit of face, 12 decimals, rounded down."""
        return self.closing * UNIT // self.face if self.face else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFigures:
    """One step of the waterfall. due: what it asked at most; parts: (payee, paid), where it has several."""

    step: str
    kind: str
    words: str
    payee: str
    due: int
    paid: int
    parts: tuple[tuple[str, int], ...] = ()

    @property
    def short(self) -> int | None:
        """What is owed and was not paid; principal is asked for only so far as there is cash."""
        owed = self.kind in ("fee", "fee-above-cap", "tax", "interest", "top-up")
        return self.due - self.paid if owed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    name: str
    opening: int
    received: int
    paid: int
    closing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFigures:
    """A test, trigger or call. words: the deal's own, or the condition itself; value, threshold: its two sides.

    since: the payment from which a trigger holds.
    """

    name: str
    words: str
    kind: Literal["test", "trigger", "call"]
    value: str
    threshold: str
    met: bool
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a trigger holds a share against. share: 12 decimals."""

    trigger: str
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One payment in the course of the deal. balances: of the classes, in their order; expected: as first projected."""

    number: int
    payment: date
    balances: tuple[int, ...]
    pool: int
    collected: int
    expected: int | None = None
    losses: int = 0
    arrears: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restatement:
    """A difference of earlier periods' corrected reports that the inputs of this one have in them."""

    field: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """How amounts of the deal become amounts paid. rate: settlement units for one of the deal's, 8 decimals."""

    settlement: Currency
    rate: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One period of a deal, closed. course: payments so far, the closing day first as number 0; ahead: those to come.

    cash, expected: of the period, by source; where only the total is expected, the course has it. loss_limit and
    arrears_limit: of triggers on them; restated: what corrected reports brought in; proofs: what the chain
    keeps of it, by name; reported: the instant of the close, which is the instant the report speaks of.
    """

    deal: str
    title: Named
    filing: str
    currency: Currency
    exchange: Exchange | None
    period: int
    payments: int
    mode: str
    dates: PeriodDates
    reported: datetime
    late: bool
    cash: Cash
    expected: Cash | None
    pool: PoolFigures
    arrears: Arrears
    classes: tuple[ClassFigures, ...]
    steps: tuple[StepFigures, ...]
    accounts: tuple[AccountFigures, ...]
    tests: tuple[TestFigures, ...]
    course: tuple[Period, ...]
    ahead: tuple[Period, ...] = ()
    loss_limit: Limit | None = None
    arrears_limit: Limit | None = None
    restated: tuple[Restatement, ...] = ()
    proofs: tuple[tuple[str, str], ...] = ()


# ---- investor's statement


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingFigures:
    """What an investor holds of one token on the day. factor: 12 decimals; outstanding: his part, rounded down."""

    token: str
    name: str
    currency: Currency
    units: int
    factor: int
    outstanding: int
    locked: int = 0
    frozen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidFigures:
    """One payment to an investor. state: paid, elsewhere, payable, or waiting and why; tax: withheld before it."""

    token: str
    record: date
    paid: date | None
    number: int
    asset: Currency
    gross: int
    tax: int
    state: str
    why: Named | None = None

    @property
    def net(self) -> int:
        return self.gross - self.tax


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorFigures:
    """Factors of the tokens held, at one day, in the order of the holdings; outstanding: of the units held now."""

    day: date
    factors: tuple[int, ...]
    outstanding: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An investor's account at a day. name: shown to himself alone; made: the last second of the day."""

    investor: str
    name: str
    at: date
    made: datetime
    registry: str
    wallets: tuple[str, ...]
    holdings: tuple[HoldingFigures, ...]
    payments: tuple[PaidFigures, ...]
    factors: tuple[FactorFigures, ...]


def rate_of(text: str | Decimal) -> int:
    """A rate or factor in 12 decimals from its text, exactly. Raises ValueError where it has more."""
    value = Decimal(text) * UNIT
    if value != int(value):
        raise ValueError(f"more than 12 decimals: {text}")
    return int(value)
