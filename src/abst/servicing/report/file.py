"""The form of a servicer's report, ``abst-servicer-report-1``, and of a mapping file, ``abst-tape-map-1``. Pure.

Files are YAML or JSON, and every value is read as it was written: 0123, 1.5, 1e3, NaN and 1:30 are no whole numbers,
whatever a parser would make of them. What is wrong is told without repeating anything that may be a name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from abst.deal.model import path_of
from abst.errors import Refusal, UsageError
from abst.rulebook import refuse
from abst.values import shallow

if TYPE_CHECKING:
    _Base = yaml.SafeLoader
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SCHEMA, MAP_SCHEMA = "abst-servicer-report-1", "abst-tape-map-1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
LARGEST = 2**96  # no sum of money reaches it
RULE = "R-83"  # a period is closed over stated inputs: a report that cannot be read states none


class _Loader(_Base):
    """YAML without opinions: every scalar is its own text, and a field given twice is an error."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - as PyYAML declares it

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def parse(content: bytes, where: str) -> dict[str, Any]:
    """The fields of a file, every value as text. Raises UsageError when it is no file of fields, or names one twice."""
    needed = "fields in YAML or JSON, in UTF-8"
    try:
        text = content.decode("utf-8-sig")
        with shallow(where):
            if text.lstrip().startswith("{"):
                raw = json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_once)
            else:
                raw = yaml.load(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        raise UsageError("not UTF-8 text", found=error.reason, needed=needed, where=where) from None
    except json.JSONDecodeError as error:
        raise UsageError("not JSON", found=f"line {error.lineno}: {error.msg}", needed=needed, where=where) from None
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", "") or "cannot be read"
        found = f"line {mark.line + 1}: {problem}" if mark else str(problem)
        raise UsageError("not YAML", found=found, needed=needed, where=where) from None
    if not isinstance(raw, dict):
        raise UsageError("not one object", found=shown(raw), needed=needed, where=where)
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError("a field is given twice", found=twice, needed="once", where="the file")
    return found


# ---- what a value may say of itself

_NUMERIC = re.compile(r"[-+0-9.,_:%/ ]{1,30}(e[-+]?[0-9]{1,4})?|[-+.]{0,2}(nan|inf|true|false|yes|no|null|~)", re.I)
_MONTH = re.compile(r"(19|20|21)\d{2}-(0[1-9]|1[0-2])")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def shown(value: Any) -> str:
    """What may be told of a value: numbers as they stand; of other text its length; of a list its size."""
    match value:
        case None | "":
            return "nothing"
        case str():
            return value if _NUMERIC.fullmatch(value) else f"{len(value)} characters"
        case dict():
            return f"{len(value)} fields"
        case list():
            return f"a list of {len(value)}"
    return str(value)


def named(name: Any) -> str:
    """A field's own name; what stands in its place by mistake may be anybody's."""
    return name if isinstance(name, str) and _CODE.fullmatch(name) else "(no such field)"


WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_identity_number(text: str) -> bool:
    """Whether a text is an identity number of mainland China (GB 11643), by its form and last character."""
    if not re.fullmatch(r"[1-9]\d{5}(18|19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dX]", text):
        return False
    return "10X98765432"[sum(int(a) * b for a, b in zip(text, WEIGHTS, strict=False)) % 11] == text[-1]


def _wrong(needed: str) -> PydanticCustomError:
    return PydanticCustomError("wrong", "{needed}", {"needed": needed})


def read_whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    text = value.replace("_", "") if isinstance(value, str) else ""
    if not re.fullmatch(r"0|[1-9][0-9]{0,40}", text) or not re.fullmatch(r"[0-9]+(_[0-9]+)*", value):
        raise _wrong("a whole number, 0 or more, of digits alone")
    if int(text) >= LARGEST:
        raise _wrong("a number below 2^96")
    return int(text)


def _day(value: Any) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _wrong("a date of the calendar, YYYY-MM-DD")


def _month(value: Any) -> date:
    if isinstance(value, str) and _MONTH.fullmatch(value):
        return date.fromisoformat(f"{value}-01")
    raise _wrong("a month, YYYY-MM")


def read_flag(value: Any) -> bool:
    if value in ("true", "false", True, False):
        return value in ("true", True)
    raise _wrong("true or false")


def fixed(value: Any, places: int) -> int:
    """A decimal, exactly, in units of 10^-places. Raises PydanticCustomError."""
    if not (isinstance(value, str) and re.fullmatch(rf"-?(0|[1-9]\d{{0,9}})(\.\d{{1,{places}}})?", value)):
        raise _wrong(f"a decimal with at most {places} places, such as 0.0432")
    return int(Decimal(value).scaleb(places))


def _rate_text(value: Any) -> str:
    fixed(value, 12)
    return str(value)


def _fx_text(value: Any) -> str:
    if fixed(value, 8) <= 0:
        raise _wrong("a rate above 0, with at most 8 places")
    return str(value)


def _words(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 200 or not value.isprintable():
        raise _wrong("words on one line, at most 200 characters")
    return value.strip()


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str) or not value:
        raise _wrong("a value")
    return value


def _code(value: Any) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value) or is_identity_number(value):
        raise _wrong("a code of 1 to 40 letters, digits, dots and dashes, and nobody's identity number")
    return value


def _hash(value: Any) -> str:
    if not (isinstance(value, str) and re.fullmatch(r"0x[0-9a-f]{64}", value)):
        raise _wrong("0x and 64 hex digits: the SHA-256 of the tape")
    return value


_WHOLE = {"type": "integer", "minimum": 0, "exclusiveMaximum": LARGEST}
_DECIMAL = {"type": "string", "pattern": r"^-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,12})?$"}
Money = Annotated[int, BeforeValidator(read_whole), WithJsonSchema({**_WHOLE, "description": "smallest unit"})]
Count = Annotated[int, BeforeValidator(read_whole), WithJsonSchema(_WHOLE)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
MonthOf = Annotated[date, BeforeValidator(_month), WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"})]
Flag = Annotated[bool, BeforeValidator(read_flag), WithJsonSchema({"type": "boolean"})]
RateText = Annotated[str, BeforeValidator(_rate_text), WithJsonSchema(_DECIMAL)]
FxText = Annotated[str, BeforeValidator(_fx_text), WithJsonSchema(_DECIMAL)]
Words = Annotated[str, BeforeValidator(_words), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 200})]
Plain = Annotated[str, BeforeValidator(_plain), WithJsonSchema({"type": ["string", "integer", "boolean"]})]
Code = Annotated[str, BeforeValidator(_code), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,40}$"})]
Sha = Annotated[str, BeforeValidator(_hash), WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-f]{64}$"})]


class Closed(BaseModel):
    """A frozen piece of a file: an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Span(Closed):
    """First and last day."""

    from_: Day = Field(alias="from")
    to: Day


class Prepared(Closed):
    """by: the servicer, as the deal names it; on: after the last day collected."""

    by: Words
    on: Day


class PoolBlock(Closed):
    """The pool at the two ends of the collection period, as the servicer has it; loans: with a balance at its end."""

    opening: Money
    closing: Money
    loans: Count


class MonthBlock(Closed):
    """One month. prepaid: part of principal; defaults: principal that left unpaid; recoveries: cash on such."""

    month: MonthOf
    opening: Money
    principal: Money
    prepaid: Money = 0
    interest: Money
    defaults: Money
    recoveries: Money
    closing: Money


class BucketBlock(Closed):
    balance: Money
    loans: Count


class Delinquency(Closed):
    """At the end of the collection period, each loan in one: 30 to 59 days past due, 60 to 89, 90 and more."""

    days_30: BucketBlock
    days_60: BucketBlock
    days_90: BucketBlock


class FxBlock(Closed):
    """Units of the settlement currency for one of the deal's; source: who published it; on: of which day."""

    rate: FxText
    source: Words
    on: Day


class ExposureBlock(Closed):
    """What one obligor, or one group of them, owes of the pool at the end. id: the servicer's own code, no name."""

    kind: Literal["obligor", "group"]
    id: Code
    balance: Money


class ReportFile(Closed):
    """A servicer's report for one payment of a deal. Money is whole units of the deal's currency (fen for CNY)."""

    schema_: Literal["abst-servicer-report-1"] = Field(alias="schema")
    deal: Words = Field(description="id of the deal")
    period: Count = Field(description="number of the payment, from 1")
    currency: Words = Field(description="ISO 4217, the deal's")
    corrects: Count = Field(default=0, description="version of this period's report that it takes the place of")
    collection: Span
    prepared: Prepared
    pool: PoolBlock
    months: tuple[MonthBlock, ...] = Field(min_length=1, max_length=120)
    delinquency: Delinquency
    other: Money = Field(default=0, description="other cash of the period")
    inputs: dict[str, Plain] = Field(default_factory=dict, description="the deal's own inputs, by name")
    indices: dict[str, RateText] = Field(default_factory=dict, description="fixing of each index, as a fraction")
    fx: FxBlock | None = None
    calls: dict[str, Flag] = Field(default_factory=dict, description="each call of the deal: exercised or not")
    call_price: Money = 0
    exposures: tuple[ExposureBlock, ...] = Field(default=(), max_length=200, description="the largest ones (R-78)")
    tape: Sha | None = Field(default=None, description="SHA-256 of the loan tape that the report was made from")


TapeField = Literal[
    "loan", "from", "to", "currency", "opening", "principal", "interest", "defaults", "defaulted_on", "recoveries",
    "adjustment", "closing", "days",
]  # fmt: skip
COLUMN = {"type": ["string", "array"], "items": {"type": "string"}}


def _columns(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(n, str) and n and n.isprintable() for n in names):
        raise _wrong("a column, or a list of columns to be added up")
    return tuple(names)


class MapFile(Closed):
    """How the columns of a loan tape are read. A field from several columns is their sum.

    Flows are of the span of `from` and `to`. adjustment: other changes of a balance, above 0 where they raise it;
    defaulted_on: a default counts where this date lies in the collection period; days: past due; blank_is_zero: fields
    whose empty cells are 0; loan_tolerance: by how much a loan may miss its own roll-forward, where it is checked.
    """

    schema_: Literal["abst-tape-map-1"] = Field(alias="schema")
    id: Annotated[str, BeforeValidator(_words), Field(pattern="^[a-z0-9][a-z0-9-]{0,40}$")]
    title: Words
    source: Words
    money: Literal["unit", "smallest"]
    separator: Literal[",", ";", "|", "tab"] = ","
    dates: Literal["YYYY-MM-DD", "MM-DD-YYYY", "DD-MM-YYYY", "MM/DD/YYYY", "DD/MM/YYYY", "YYYYMMDD"] = "YYYY-MM-DD"
    empty: tuple[Words, ...] = ()
    columns: dict[TapeField, Annotated[tuple[str, ...], BeforeValidator(_columns), WithJsonSchema(COLUMN)]]
    values: dict[Literal["currency"], Words] = Field(default_factory=dict)
    blank_is_zero: tuple[TapeField, ...] = ()
    loan_tolerance: Money | None = None


def schema() -> dict[str, Any]:
    """JSON Schema of a report."""
    return {"$schema": DIALECT, **ReportFile.model_json_schema(by_alias=True), "title": "A servicer's report"}


def map_schema() -> dict[str, Any]:
    """JSON Schema of a mapping file."""
    return {"$schema": DIALECT, **MapFile.model_json_schema(by_alias=True), "title": "A mapping of a loan tape"}


# ---- what is wrong with a file


def place(row: str, field: str) -> str:
    """Where something stands: row and field, in every refusal of a report."""
    return f"{row}, {field}"


def defects(error: ValidationError, raw: Mapping[str, Any], row: str) -> list[Refusal]:
    """Every bad field of a file, each once; a list too short only for a bad item is no defect of its own."""
    details = error.errors(include_url=False)
    places = [detail["loc"] for detail in details]
    return [
        _defect(detail, raw, row)
        for detail in details
        if not any(other != detail["loc"] and other[: len(detail["loc"])] == detail["loc"] for other in places)
    ]


def _defect(detail: Any, raw: Mapping[str, Any], row: str) -> Refusal:
    where = _where(detail["loc"], raw, row)
    kind = detail["type"]
    if kind == "missing":
        return refuse(RULE, "report-field-missing", found="nothing", needed="this field", where=where)
    if kind == "extra_forbidden":
        return refuse(RULE, "report-field-unknown", found="an unknown field", needed="a known field", where=where)
    needed = detail["msg"].removeprefix("Input should be ")
    if kind == "model_type" or kind.startswith("dict"):
        needed = "fields of its own"
    return refuse(RULE, "report-field", found=shown(detail["input"]), needed=needed, where=where)


def _where(location: tuple[int | str, ...], raw: Mapping[str, Any], row: str) -> str:
    """`month 2026-07, principal` for what stands in a month, else `report, pool.opening`."""
    steps = [step for step in location if step != "[key]"]
    if len(steps) >= 2 and steps[0] == "months" and isinstance(steps[1], int):
        item = raw["months"][steps[1]]
        said = item.get("month") if isinstance(item, dict) else None
        known = isinstance(said, str) and _MONTH.fullmatch(said)
        return place(f"month {said}" if known else f"month {steps[1] + 1}", _path(steps[2:]) or "month")
    return place(row, _path(steps))


def _path(steps: list[int | str]) -> str:
    return path_of(tuple(step if isinstance(step, int) else named(step) for step in steps))
