"""``abst-scenario-1``: what is assumed of a pool, of rates and of elections, in a file of one scenario or many.

Rates are fractions as text: an absolute speed of 1.30 % is "0.0130", 165 % of the PSA standard is "1.65". Wherever a
value may change, a list gives it by month of the projection (speeds, delinquency) or by payment number (all else); the
last value of a list holds on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from abst.errors import UsageError
from abst.values import shallow

SCHEMA = "abst-scenario-1"
Bucket = Literal[30, 60, 90]  # days past due, at least
BUCKETS: tuple[Bucket, ...] = (30, 60, 90)
Election = Literal["never", "first"] | Annotated[int, Field(ge=1)]


def _series(value: Any) -> tuple[Decimal, ...]:
    """One value or a list of them, each exact."""
    given = value if isinstance(value, list | tuple) else [value]
    if not given:
        raise ValueError("an empty list")
    return tuple(_exact(one) for one in given)


def _exact(value: Any) -> Decimal:
    if isinstance(value, float | bool) or not isinstance(value, int | str | Decimal):
        raise ValueError("a number is written as text, such as '0.0130', so that it is exact")
    try:
        made = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"not a decimal: {value!r}") from None
    if not made.is_finite() or made < 0:
        raise ValueError(f"not a number from zero up: {value!r}")
    return made


def _share(series: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    if any(one > 1 for one in series):
        raise ValueError("a share is at most 1: is it written in percent?")
    return series


Multiple = Annotated[Decimal, BeforeValidator(_exact)]
Series = Annotated[tuple[Decimal, ...], BeforeValidator(_series)]
Share = Annotated[tuple[Decimal, ...], BeforeValidator(lambda value: _share(_series(value)))]


class Strict(BaseModel):
    """A frozen piece of a file: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Speed(Strict):
    """How fast, and by what the list of speeds runs: the month of the projection, or the age of the loan.

    times: multiplies them all, so that a curve is written once and run at 75 % or 125 % of itself.
    """

    kind: Literal["none", "abs", "smm", "cpr", "psa", "cdr", "mdr", "original"] = "none"
    speed: Series = (Decimal(0),)
    times: Multiple = Decimal(1)
    by: Literal["month", "age"] = "month"

    @model_validator(mode="after")
    def _monthly_share(self) -> Speed:
        if self.kind != "psa":
            _share(self.speed)
        return self

    def at(self, month: int, age: int) -> Decimal:
        """The speed in a month of the projection, the loans being of that age in it."""
        speed = self.times * held(self.speed, month if self.by == "month" else age)
        return speed if self.kind == "psa" else min(speed, Decimal(1))


class Prepayment(Speed):
    kind: Literal["none", "abs", "smm", "cpr", "psa"] = "none"


class Defaults(Speed):
    kind: Literal["none", "cdr", "mdr", "original"] = "none"


class Recovery(Strict):
    """What comes back of a defaulted balance, and how many months later."""

    rate: Share = (Decimal(0),)
    lag_months: int = Field(default=0, ge=0, le=120)

    @model_validator(mode="after")
    def _one(self) -> Recovery:
        if len(self.rate) != 1:
            raise ValueError("a recovery has one rate")
        return self

    @property
    def share(self) -> int:
        """In 1e-18."""
        return int(self.rate[0] * 10**18)


class Scenario(Strict):
    """One scenario. delinquency: 30 to 59, 60 to 89, and 90 days past due and more -> share of the closing pool.

    indices: fixings by name; fx: units of the settlement currency for one of the deal's; calls: elected never, at the
    first payment where the deal allows it, or at a payment if allowed there; inputs: the deal's own fields of the
    servicer's report; other: further cash collected; default_from: payment from which the trustee declares default.
    """

    name: str = "base"
    words: str = ""
    prepayment: Prepayment = Prepayment()
    defaults: Defaults = Defaults()
    recovery: Recovery = Recovery()
    delinquency: dict[Bucket, Share] = Field(default_factory=dict)
    indices: dict[str, Series] = Field(default_factory=dict)
    fx: Series | None = None
    calls: dict[str, Election] = Field(default_factory=dict)
    inputs: dict[str, Series] = Field(default_factory=dict)
    other: Series = (Decimal(0),)
    default_from: int | None = Field(default=None, ge=1)

    def delinquent(self, bucket: Bucket, closing: Sequence[int]) -> tuple[int, ...]:
        """The balance in a bucket at the end of each month, rounded down."""
        shares = self.delinquency.get(bucket)
        if shares is None:
            return (0,) * len(closing)
        return tuple(
            int((balance * held(shares, month)).to_integral_value(ROUND_FLOOR))
            for month, balance in enumerate(closing, 1)
        )


BASE = Scenario()


def held(series: Sequence[Decimal], number: int) -> Decimal:
    """The value of a list at a place from 1 on; its last one holds."""
    return series[min(number, len(series)) - 1]


def scenario_of(raw: Mapping[str, Any], name: str, where: str = "scenario") -> Scenario:
    """One scenario from plain data. Raises UsageError naming every field that is wrong."""
    try:
        return Scenario.model_validate({"name": name, **raw})
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UsageError(
            "the scenario is malformed", found=found, needed=f"a scenario of {SCHEMA}", where=where
        ) from None


def read_scenarios(text: str, where: str = "scenario") -> dict[str, Scenario]:
    """Name -> scenario: of a file with many under `scenarios`, or of one that has a name itself."""
    try:
        with shallow(where):
            raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError("not YAML", found=str(error), where=where) from None
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
        found = raw.get("schema") if isinstance(raw, dict) else type(raw).__name__
        raise UsageError("not a scenario file", found=repr(found), needed=f"schema: {SCHEMA}", where=where)
    body = {key: value for key, value in raw.items() if key != "schema"}
    many = body.get("scenarios", {str(body.get("name", BASE.name)): body})
    extra = ", ".join(sorted(set(body) - {"scenarios"})) if "scenarios" in body else ""
    if extra or not isinstance(many, dict) or not many:
        needed = "`scenarios`, a mapping of at least one name, and nothing beside it"
        raise UsageError("not a scenario file", found=extra or repr(many), needed=needed, where=where)
    return {str(name): scenario_of(one or {}, str(name), f"{where}, {name}") for name, one in many.items()}
