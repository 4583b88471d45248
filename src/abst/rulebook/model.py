"""The typed rulebook: rules, parameters and regimes of one day, and the same as plain data and back. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from abst.errors import IntegrityFailure, NotFound, UsageError
from abst.values import Hash, digest

Status = Literal["S", "A", "D"]
Value = int | Decimal | str | bool | tuple[str, ...]
SECTIONS = tuple("ABCDEFGHIJKL")
SHARE = "share of"  # a unit that begins so holds a Decimal between 0 and 1
MONTH_DAY = "month and day"
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number or list of a rule. `status` S is law as read; A and D may be changed by an operator with a reason.

    choices: the only words that the value may hold, where there is such a list.
    """

    value: Value
    unit: str
    status: Status
    words: str = ""
    choices: tuple[str, ...] = ()

    @property
    def overridable(self) -> bool:
        return self.status != "S"

    @property
    def kind(self) -> str:
        """What the value is, in words: number, share, yes or no, list, text."""
        match self.value:
            case bool():
                return "yes or no"
            case int():
                return "whole number"
            case Decimal():
                return "share"
            case tuple():
                return "list"
        return "text"

    def parse(self, text: str, where: str) -> Value:
        """A value typed by hand, as this parameter's kind: 6, 0.12, yes, `a, b`. Raises UsageError."""
        cleaned = text.strip()
        match self.value:
            case bool():
                words = {"yes": True, "true": True, "no": False, "false": False}
                if cleaned.casefold() not in words:
                    raise UsageError("neither yes nor no", found=repr(text), needed="yes or no", where=where)
                return words[cleaned.casefold()]
            case int():
                digits = cleaned.replace("_", "").replace(",", "")
                if not (digits.isascii() and digits.isdigit()):
                    raise UsageError("not a whole number", found=repr(text), needed=self.unit, where=where)
                return int(digits)
            case Decimal():
                return self._share(cleaned, where)
            case tuple():
                return tuple(part.strip() for part in cleaned.split(",") if part.strip())
        return cleaned

    def checked(self, value: Any, where: str) -> Value:
        """The value as this parameter may hold it. Raises UsageError for another kind, or out of its bounds."""
        new = self._share(value, where) if isinstance(self.value, Decimal) and isinstance(value, str) else plain(value)
        if type(new) is not type(self.value):
            needed = f"{self.kind} ({self.unit})"
            raise UsageError("another kind of value", found=repr(value), needed=needed, where=where)
        wrong = self._out_of_bounds(new)
        if wrong:
            raise UsageError("this value is out of bounds", found=repr(value), needed=wrong, where=where)
        return new

    def _out_of_bounds(self, value: Value) -> str:
        """What would be within bounds, or nothing."""
        words = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
        if self.choices and not set(words) <= set(self.choices):
            return f"of {', '.join(self.choices)}"
        if any(not word.strip() for word in words):
            return "words"
        if self.unit == MONTH_DAY and not all(_MONTH_DAY.fullmatch(word) for word in words):
            return "MM-DD"
        if isinstance(value, Decimal) and not 0 <= value <= 1:
            return "a share from 0 to 1"
        if isinstance(value, int) and not isinstance(value, bool) and value < 0:
            return "0 or more"
        return ""

    def _share(self, text: str, where: str) -> Decimal:
        try:
            share = Decimal(text)
        except InvalidOperation:
            share = Decimal("NaN")
        if not share.is_finite():
            raise UsageError("not a share", found=repr(text), needed="a decimal such as 0.15", where=where)
        return share


@dataclass(frozen=True, slots=True)
class Judgement:
    """What no machine decides: `judged` is what a person judges, `recorded` what is kept of it, and where."""

    judged: str
    recorded: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `source` is a short name and place; `Rulebook.sources` gives the full titles.

    effective: first day on which the rule applies here; until: the last one, when it has ended. enforced: predicates of
    this package (`filing.checks.major_providers`), which the cases prove; acts (`act:disclosure.desk.open_duty`) and
    functions of contracts (`contract:Distribution.declare`), which `tests` do. A rule that is not enforced is a
    judgement; it may be both.
    """

    id: str
    section: str
    words: str
    source: str
    status: Status
    parameters: Mapping[str, Parameter]
    effective: date = date.min
    until: date | None = None
    enforced: tuple[str, ...] = ()
    judgement: Judgement | None = None
    tests: tuple[str, ...] = ()

    def in_force(self, day: date) -> bool:
        """Whether the rule applies on a calendar date, first and last day included."""
        return self.effective <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Regime:
    """A legal ground on which a person may hold: a bit in the investor's and the token's words."""

    code: str
    bit: int
    words: str
    rule: str

    @property
    def mask(self) -> int:
        return 1 << self.bit


@dataclass(frozen=True)
class Rulebook:
    """All rules of one day. Equal content has an equal `digest`, which every decision stores beside `version`."""

    version: str
    effective: str
    sources: Mapping[str, str]
    rules: Mapping[str, Rule]
    regimes: Mapping[str, Regime]

    def rule(self, rule_id: str) -> Rule:
        """A rule by id. Raises NotFound."""
        try:
            return self.rules[rule_id]
        except KeyError:
            raise NotFound("no such rule", found=rule_id, needed="R-01 to R-104", where="rulebook") from None

    def parameter(self, rule_id: str, name: str) -> Parameter:
        parameters = self.rule(rule_id).parameters
        if name not in parameters:
            needed = ", ".join(parameters) or "none: the rule has no parameters"
            raise NotFound("no such parameter", found=name, needed=needed, where=f"rulebook {rule_id}")
        return parameters[name]

    def setting(self, rule_id: str, name: str) -> Any:
        """The value in force: int, Decimal, str, bool, or a tuple of str. Raises NotFound."""
        return self.parameter(rule_id, name).value

    def number(self, rule_id: str, name: str) -> int:
        """A setting that is a whole number. Raises UsageError when it is something else."""
        value = self.setting(rule_id, name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise UsageError("not a number", found=repr(value), needed="a whole number", where=f"{rule_id} {name}")
        return value

    def words(self, rule_id: str, name: str) -> tuple[str, ...]:
        """A setting that is a list of words."""
        value = self.setting(rule_id, name)
        if not isinstance(value, tuple):
            raise UsageError("not a list", found=repr(value), needed="a list of words", where=f"{rule_id} {name}")
        return value

    def override(self, rule_id: str, name: str, value: Any) -> Rulebook:
        """A rulebook with one A or D parameter changed.

        Raises UsageError for one that the source fixes, for another kind of value, and for one out of bounds.
        """
        old = self.parameter(rule_id, name)
        where = f"rulebook {rule_id} {name}"
        if not old.overridable:
            raise UsageError("the source fixes this", found=repr(value), needed=repr(old.value), where=where)
        rule = self.rule(rule_id)
        new = replace(old, value=old.checked(value, where))
        parameters = MappingProxyType({**rule.parameters, name: new})
        rules = MappingProxyType({**self.rules, rule_id: replace(rule, parameters=parameters)})
        return replace(self, rules=rules)

    def source_of(self, rule_ids: str) -> str:
        """Sources of one or more comma-separated rule ids."""
        return "; ".join(dict.fromkeys(self.rule(part.strip()).source for part in rule_ids.split(",")))

    def titles_of(self, rule_id: str) -> tuple[str, ...]:
        """Full titles of the sources of one rule, in the order of `sources`."""
        cited = self.rule(rule_id).source
        names = [name for name in self.sources if re.search(rf"(?:^|[;,] ){re.escape(name)}\b", cited)]
        return tuple(self.sources[name] for name in names)

    def regime_bits(self) -> dict[str, int]:
        """Regime code to its mask, as the terms and investor words carry it."""
        return {code: regime.mask for code, regime in self.regimes.items()}

    def regime_codes(self, bits: int) -> tuple[str, ...]:
        """Codes of the known regimes in a word of bits, lowest bit first."""
        return tuple(r.code for r in sorted(self.regimes.values(), key=lambda r: r.bit) if bits & r.mask)

    @cached_property
    def content(self) -> dict[str, Any]:
        """The whole rulebook as plain data (JSON, shares as text): what `digest` is over and what is kept."""
        return {
            "version": self.version,
            "effective": self.effective,
            "sources": dict(self.sources),
            "rules": [_rule_content(rule) for rule in self.rules.values()],
            "regimes": [asdict(regime) for regime in self.regimes.values()],
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Rulebook:
        """The rulebook that gave this content. Raises IntegrityFailure when it is not a rulebook's content."""
        try:
            rules = {raw["id"]: _rule_of(raw) for raw in content["rules"]}
            regimes = {raw["code"]: Regime(**raw) for raw in content["regimes"]}
            return cls(
                content["version"],
                content["effective"],
                MappingProxyType(dict(content["sources"])),
                MappingProxyType(rules),
                regimes,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise IntegrityFailure("not the content of a rulebook", found=repr(error), where="rulebook") from None

    @cached_property
    def digest(self) -> Hash:
        return digest(self.content)


def plain(raw: Any) -> Value:
    """A value of a parameter as it is held: whole number, decimal, yes or no, text, or tuple of text. UsageError."""
    match raw:
        case bool() | int() | Decimal() | str():
            return raw
        case list() | tuple():
            return tuple(str(item) for item in raw)
    needed = "whole number, text or list"
    raise UsageError("no such kind of parameter", found=repr(raw), needed=needed, where="rulebook")


def value_of(raw: Any, unit: str) -> Value:
    """A value from a file or from JSON, which have no decimals: a share is written as text and its unit says so."""
    return Decimal(raw) if isinstance(raw, str) and unit.startswith(SHARE) else plain(raw)


def _rule_content(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "section": rule.section,
        "words": rule.words,
        "source": rule.source,
        "status": rule.status,
        "effective": rule.effective.isoformat(),
        "until": rule.until.isoformat() if rule.until else None,
        "enforced": list(rule.enforced),
        "judgement": asdict(rule.judgement) if rule.judgement else None,
        "tests": list(rule.tests),
        "parameters": {name: _parameter_content(parameter) for name, parameter in rule.parameters.items()},
    }


def _parameter_content(parameter: Parameter) -> dict[str, Any]:
    return {
        "value": as_json(parameter.value),
        "unit": parameter.unit,
        "status": parameter.status,
        "words": parameter.words,
        "choices": list(parameter.choices),
    }


def as_json(value: Value) -> Any:
    """A value as it is stored: a share as text, a list as a list; `value_of` reads it back."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return list(value) if isinstance(value, tuple) else value


def _rule_of(raw: Mapping[str, Any]) -> Rule:
    parameters = {
        name: Parameter(value_of(p["value"], p["unit"]), p["unit"], p["status"], p["words"], tuple(p["choices"]))
        for name, p in raw["parameters"].items()
    }
    return Rule(
        raw["id"],
        raw["section"],
        raw["words"],
        raw["source"],
        raw["status"],
        MappingProxyType(parameters),
        date.fromisoformat(raw["effective"]),
        date.fromisoformat(raw["until"]) if raw["until"] else None,
        tuple(raw["enforced"]),
        Judgement(**raw["judgement"]) if raw["judgement"] else None,
        tuple(raw["tests"]),
    )
