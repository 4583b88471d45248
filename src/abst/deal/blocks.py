"""The blocks of a deal file (``abst-deal-2``), read strictly: an unknown field is an error, never ignored.

Money is whole units of 10^-decimals of the currency (fen when CNY with 2 decimals). Rates are decimal text, as a
fraction: "0.0180" is 1.80 %. Amounts and conditions are expressions (`abst.deal.waterfall.expressions`).
"""

from __future__ import annotations

import keyword
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from abst.deal.daycount import DayCount

LANGUAGE = "pool collections index call test trigger mode input table min max when date money"
TIMES = "period last months payment_date days days_360 collection_days year month first_of_year"
WORDS_OF_THE_LANGUAGE = frozenset(f"{LANGUAGE} {TIMES}".split())


class Strict(BaseModel):
    """A frozen piece of a file: unknown fields are errors, so a misspelt one is never silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _decimal(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError("a rate is written as text, such as '0.0180', so that it is exact")
    try:
        return Decimal(value) if isinstance(value, str) else value
    except InvalidOperation:
        raise ValueError(f"not a decimal: {value!r}") from None


def _name(value: str) -> str:
    if not (value.isascii() and value.isidentifier()) or keyword.iskeyword(value) or value in WORDS_OF_THE_LANGUAGE:
        raise ValueError(f"not a name for expressions: {value!r}; letters, digits and _, and no word of the language")
    return value


def _twelve(value: Decimal) -> Decimal:
    if not value.is_finite() or value.as_tuple().exponent < -12:  # type: ignore[operator]
        raise ValueError(f"at most 12 decimals: {value}")
    return value


Name = Annotated[str, AfterValidator(_name)]
Rate = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_twelve)]
Money = Annotated[int, Field(ge=0, lt=2**96)]
Code3 = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Expr = Annotated[str, BeforeValidator(lambda value: str(value) if type(value) is int else value)]
UnitWord = Literal["money", "rate", "count", "flag"]


Groups = dict[Name, tuple[Name, ...]]


class Settlement(Strict):
    """In what holders are paid, where it is not the deal's own currency."""

    currency: Code3
    decimals: int = Field(ge=0, le=18)


class Party(Strict):
    """One party: role, name, country; `onshore` follows from the country."""

    role: str
    name: str
    country: str = Field(pattern="^[A-Z]{2}$")


class Dates(Strict):
    """Dates of the deal, in its zone. Payment dates follow from the first one, or are listed.

    every_months: between payments; business_day: how a payment date that is no working day moves; accrual_days: whether
    interest runs between dates as moved or as they stand; calendars: whose working days count, none for Monday to
    Friday; collection_lag_months: from the last month collected to the month of the payment.
    """

    cut_off: date
    closing: date
    accrual_from: date
    first_payment: date
    last_payment: date
    legal_maturity: date
    payment_day: int = Field(ge=1, le=31)
    every_months: Literal[1, 2, 3, 6, 12] = 1
    business_day: Literal["unadjusted", "following", "modified-following", "preceding"] = "unadjusted"
    accrual_days: Literal["unadjusted", "adjusted"] = "unadjusted"
    calendars: tuple[Literal["CN", "HK"], ...] = ()
    collection_lag_months: int = Field(default=1, ge=0, le=12)
    record_days_before: int = Field(default=1, ge=0, le=30)  # working days
    determination_days_before: int = Field(default=5, ge=0, le=30)  # working days
    payments: tuple[date, ...] = ()  # listed payment dates, where no rule gives them

    @model_validator(mode="after")
    def _ordered(self) -> Dates:
        marks = [self.cut_off, self.first_payment, self.last_payment, self.legal_maturity]
        if marks != sorted(marks) or not self.accrual_from <= self.first_payment:
            raise ValueError("dates must run cut_off, accrual_from, first_payment, last_payment, legal_maturity")
        listed = self.payments
        if listed and (list(listed) != sorted(set(listed)) or listed[0] != self.first_payment):
            raise ValueError("payments must rise from first_payment")
        if listed and listed[-1] != self.last_payment:
            raise ValueError("payments must end with last_payment")
        if self.accrual_days == "adjusted" and self.calendars and not listed:
            raise ValueError("accrual between moved dates needs them listed in payments: later notices would move them")
        return self


class Pool(Strict):
    """The pool at the cut-off, and where its expected cash flows come from.

    original: its balance when the deal began, where the file starts later (the balance otherwise);
    file: beside the deal; columns: our field -> column of the file; values: our field -> its value in every row;
    tolerance: by how much the servicer's closing balance may miss the roll-forward; payment_days: how its months count.
    """

    balance: int = Field(gt=0, lt=2**96)
    original: Money | None = None
    form: Literal["collections", "lines", "tape"] | None = None
    file: str = ""
    money: Literal["unit", "smallest"] = "unit"
    rate: Literal["fraction", "percent"] = "fraction"
    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)
    tolerance: Money = 0
    payment_days: DayCount = DayCount.THIRTY_360


class Index(Strict):
    """A reference rate. Its fixing of each period is an input, in 1e-12."""

    title: str
    source: str = ""


class Account(Strict):
    """opening: cash in it at the closing, before the first payment."""

    opening: Money = 0
    words: str = ""


class Input(Strict):
    """A further figure of the servicer's report. cash: it came in, and joins the account that `receipts` names."""

    unit: UnitWord
    cash: bool = False
    words: str = ""

    @model_validator(mode="after")
    def _cash_is_money(self) -> Input:
        if self.cash and self.unit != "money":
            raise ValueError("cash is money")
        return self


class TableOf(Strict):
    """A row of numbers by payment: table.NAME[period]. Beyond an end, the value at that end. Rates are text."""

    unit: Literal["money", "rate", "count"]
    values: tuple[Rate, ...] = Field(min_length=1, max_length=600)

    @model_validator(mode="after")
    def _fits(self) -> TableOf:
        for value in self.values:
            if value < 0 or (self.unit != "rate" and value != int(value)):
                raise ValueError(f"no {self.unit}: {value}")
        return self

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(value * 10**12) if self.unit == "rate" else int(value) for value in self.values)


class Fee(Strict):
    """A fee or a tax of each period. cap: most of a period; year_cap: most of a calendar year; carry: arrears stay."""

    payee: str
    amount: Expr
    cap: Expr | None = None
    year_cap: Expr | None = None
    carry: bool = True
    words: str = ""


class Floating(Strict):
    """index + spread, within floor and cap, a year."""

    index: Name
    spread: Rate = Decimal(0)
    cap: Rate | None = None
    floor: Rate | None = Decimal(0)


class Formula(Strict):
    """A coupon by an expression, such as one capped at what the pool earns."""

    rate: Expr


class Token(Strict):
    """A class as a token: what the factory makes, and what the chain enforces of it."""

    name: str
    symbol: str
    risk: int = Field(ge=1, le=5)
    lot: int = Field(gt=0)
    regimes: tuple[str, ...] = Field(min_length=1)
    max_holders: int = Field(ge=0)
    max_share_bps: int = Field(ge=0, le=10_000)
    lock_days: int = Field(ge=0)
    overdue_stops_transfers: bool


class Tranche(Strict):
    """One class: its economics, and its terms as a token where it is one.

    balance: at the closing, where it is not the face; coupon: a year, fixed, floating or by a formula; interest_on:
    what bears it, the opening balance otherwise; accrual_days: as the deal's otherwise; targets: balance to which
    principal is scheduled, by payment; interest_on_shortfall: whether unpaid interest itself bears the coupon.
    """

    tranche: Name
    name: str = ""
    rank: Literal["senior", "mezzanine", "subordinated"]
    face: int = Field(ge=0, lt=2**96)
    balance: Money | None = None
    coupon: Rate | Floating | Formula
    day_count: DayCount
    accrual_days: Literal["unadjusted", "adjusted"] | None = None
    interest_on: Expr | None = None
    interest_on_shortfall: Literal["none", "coupon"] = "none"
    targets: tuple[Money, ...] = ()
    final_maturity: date | None = None
    token: Token | None = None

    @model_validator(mode="after")
    def _falling(self) -> Tranche:
        if list(self.targets) != sorted(self.targets, reverse=True) or (self.targets and self.targets[0] > self.face):
            raise ValueError("target balances must fall, from the face or below")
        if self.token and (not self.face or self.balance not in (None, self.face)):
            raise ValueError("a token has a face above zero, and begins with all of it")
        return self

    @property
    def start(self) -> int:
        """Balance at the closing."""
        return self.face if self.balance is None else self.balance


class Trigger(Strict):
    """Switches the waterfall and stays, unless a cure is written (R-91).

    mode: to which; none only raises the flag. at: tested before the steps of a payment, or after them for the next one.
    """

    when: Expr
    mode: Literal["accelerated", "default"] | None = None
    cure: Expr | None = None
    at: Literal["before", "after"] = "before"
    words: str = ""


class Call(Strict):
    """A right to end the deal (R-92), used by election. price: least that the pool must bring."""

    when: Expr
    price: Expr = "pool.closing"
    words: str = ""


class Carried(Strict):
    """A number remembered from one payment to the next: `next` is reckoned after the steps."""

    start: Rate = Decimal(0)
    next: Expr
    unit: UnitWord

    @model_validator(mode="after")
    def _whole(self) -> Carried:
        if self.start < 0 or (self.unit != "rate" and self.start != int(self.start)):
            raise ValueError(f"no {self.unit}: {self.start}")
        return self

    @property
    def begin(self) -> int:
        return int(self.start * 10**12) if self.unit == "rate" else int(self.start)


Kind = Literal[
    "fee",
    "fee-above-cap",
    "tax",
    "interest",
    "scheduled",
    "principal",
    "top-up",
    "draw",
    "release",
    "write-down",
    "write-up",
    "capitalise",
    "residual",
    "pay",
    "let",
]


def _many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[Name, ...], BeforeValidator(_many)]


class Step(Strict):
    """One step of the waterfall.

    pay: classes, groups of them, or fees; payee: a party, by its role; to: an account; how: several in their order or
    pro rata; amount: at most, of all together; from: accounts, in their order; when: its condition.
    """

    step: Name
    kind: Kind
    pay: Annotated[tuple[str, ...], BeforeValidator(_many)] = ()
    how: Literal["sequential", "pro-rata"] | None = None
    amount: Expr | None = None
    from_: Names = Field(default=(), alias="from")
    to: Name | None = None
    payee: str = ""
    when: Expr | None = None
    words: str = ""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Waterfall(Strict):
    """The steps of each mode, in their order; a mode that is not given runs the normal steps."""

    normal: tuple[Step, ...] = Field(min_length=1)
    accelerated: tuple[Step, ...] = ()
    default: tuple[Step, ...] = ()
