"""``deal.yaml``: the deal's tranches, dates and parties, read strictly, with a canonical hash.

Money is whole units of 10^-decimals of the currency (fen when CNY with 2 decimals). Rates are decimal text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from abst.deal.plan import Terms
from abst.errors import UsageError
from abst.values import DEFAULT_ZONE, Hash, digest, last_second_of, shallow


class DayCount(StrEnum):
    ACT_365F = "act/365f"
    ACT_360 = "act/360"
    THIRTY_360 = "30/360"


class Strict(BaseModel):
    """A frozen piece of a file: unknown fields are errors, so a misspelt one is never silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tranche(Strict):
    """One class: its economics in the deal and its terms as a token."""

    tranche: str = Field(min_length=1)  # class name in the deal, such as A1
    name: str
    symbol: str
    rank: Literal["senior", "mezzanine", "subordinated"]
    face: int = Field(gt=0)  # smallest units; also the token's cap
    coupon: Decimal  # a year, as a fraction: 0.0180 is 1.80 %
    day_count: DayCount
    risk: int = Field(ge=1, le=5)
    lot: int = Field(gt=0)
    regimes: tuple[str, ...] = Field(min_length=1)
    max_holders: int = Field(ge=0)
    max_share_bps: int = Field(ge=0, le=10_000)
    lock_days: int = Field(ge=0)
    overdue_stops_transfers: bool

    @field_validator("coupon", mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        return _decimal(value)


class Party(Strict):
    """One party: role, name, country; `onshore` follows from the country."""

    role: str
    name: str
    country: str = Field(pattern="^[A-Z]{2}$")


class Dates(Strict):
    """Dates of the deal, in its zone."""

    cut_off: date
    accrual_from: date
    first_payment: date
    last_payment: date
    payment_day: int = Field(ge=1, le=31)
    legal_maturity: date

    @model_validator(mode="after")
    def _ordered(self) -> Dates:
        marks = [self.cut_off, self.accrual_from, self.first_payment, self.last_payment, self.legal_maturity]
        if marks != sorted(marks):
            raise ValueError("dates must run cut_off, accrual_from, first_payment, last_payment, legal_maturity")
        return self


class Deal(Strict):
    """A whole deal. `hash` is over the content, not the text, so comments and layout do not change it."""

    schema_: Literal["abst-deal-1"] = Field(alias="schema")
    id: str = Field(pattern="^[a-z0-9][a-z0-9-]{1,40}$")
    title: str
    title_zh: str
    source: str
    currency: str = Field(pattern="^[A-Z]{3}$")
    decimals: int = Field(ge=0, le=18)
    zone: str = DEFAULT_ZONE
    pool_balance: int = Field(gt=0)
    collections: str | None = None  # file beside the deal with expected collections
    dates: Dates
    parties: tuple[Party, ...] = Field(min_length=1)
    tranches: tuple[Tranche, ...] = Field(min_length=1, max_length=32)

    @model_validator(mode="after")
    def _distinct(self) -> Deal:
        for name in ("tranche", "symbol"):
            values = [getattr(t, name) for t in self.tranches]
            if len(set(values)) != len(values):
                raise ValueError(f"two tranches have the same {name}")
        return self

    @classmethod
    def read(cls, text: str, where: str = "deal") -> Deal:
        """Parse a deal file. Raises UsageError naming every field that is wrong."""
        try:
            with shallow(where):
                raw = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise UsageError("not YAML", found=str(error), where=where) from None
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            found = "; ".join(f"{path_of(e['loc'])}: {e['msg']}" for e in error.errors())
            raise UsageError(
                "the deal is malformed", found=found, needed="a deal of abst-deal-1", where=where
            ) from None

    @property
    def content(self) -> dict[str, Any]:
        """The deal as plain values, for canonical JSON."""
        return self.model_dump(mode="python", by_alias=True)

    @property
    def hash(self) -> Hash:
        return digest(self.content)

    @property
    def total(self) -> int:
        """Sum of the faces, smallest units."""
        return sum(t.face for t in self.tranches)

    def terms(self, regime_bits: Mapping[str, int]) -> tuple[Terms, ...]:
        """The tranches as the factory makes them; `regime_bits` gives each regime's mask. Raises UsageError."""
        return tuple(self._terms_of(t, regime_bits, f"tranches[{n}]") for n, t in enumerate(self.tranches))

    def _terms_of(self, tranche: Tranche, regime_bits: Mapping[str, int], where: str) -> Terms:
        unknown = [code for code in tranche.regimes if code not in regime_bits]
        if unknown:
            needed = ", ".join(regime_bits)
            raise UsageError("no such regime", found=", ".join(unknown), needed=needed, where=f"{where}.regimes")
        bits = 0
        for code in tranche.regimes:
            bits |= regime_bits[code]
        return Terms(
            name=tranche.name,
            symbol=tranche.symbol,
            currency=self.currency,
            decimals=self.decimals,
            risk=tranche.risk,
            overdue_stops_transfers=tranche.overdue_stops_transfers,
            cap=tranche.face,
            lot=tranche.lot,
            regimes=bits,
            max_holders=tranche.max_holders,
            max_share_bps=tranche.max_share_bps,
            lock_seconds=tranche.lock_days * 86_400,
            maturity=last_second_of(self.dates.legal_maturity, self.zone),
        )


def load_deal(text: str, where: str = "deal") -> Deal:
    return Deal.read(text, where)


def path_of(location: tuple[int | str, ...]) -> str:
    """A place in a file as people write it: ``tranches[1].face``."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else (f".{part}" if path else str(part))
    return path


def _decimal(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError("a rate is written as text, such as '0.0180', so that it is exact")
    try:
        return Decimal(value) if isinstance(value, str) else value
    except InvalidOperation:
        raise ValueError(f"not a decimal: {value!r}") from None
