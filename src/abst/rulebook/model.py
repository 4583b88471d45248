"""The typed rulebook and its loader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from abst.errors import IntegrityFailure, NotFound, Refusal, UsageError
from abst.values import Hash, digest

Status = Literal["S", "A", "D"]
Value = int | Decimal | str | bool | tuple[str, ...]
SECTIONS = tuple("ABCDEFGHIJKL")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number or list of a rule. `status` S is law as read; A and D may be changed by an operator with a reason."""

    value: Value
    unit: str
    status: Status
    words: str = ""

    @property
    def overridable(self) -> bool:
        return self.status != "S"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `source` is a short name and place; `Rulebook.sources` gives the full titles."""

    id: str
    section: str
    words: str
    source: str
    status: Status
    parameters: Mapping[str, Parameter]


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
        """A rulebook with one A or D parameter changed. UsageError for one the law fixes, or another type."""
        old = self.parameter(rule_id, name)
        where = f"rulebook {rule_id} {name}"
        if not old.overridable:
            raise UsageError("the source fixes this", found=repr(value), needed=repr(old.value), where=where)
        new = _value(value)
        if type(new) is not type(old.value):
            needed = f"{type(old.value).__name__} ({old.unit})"
            raise UsageError("another kind of value", found=repr(value), needed=needed, where=where)
        rule = self.rule(rule_id)
        parameters = MappingProxyType({**rule.parameters, name: replace(old, value=new)})
        rules = MappingProxyType({**self.rules, rule_id: replace(rule, parameters=parameters)})
        return replace(self, rules=rules)

    def source_of(self, rule_ids: str) -> str:
        """Sources of one or more comma-separated rule ids."""
        return "; ".join(dict.fromkeys(self.rule(part.strip()).source for part in rule_ids.split(",")))

    def regime_bits(self) -> dict[str, int]:
        """Regime code to its mask, as the terms and investor words carry it."""
        return {code: regime.mask for code, regime in self.regimes.items()}

    def regime_codes(self, bits: int) -> tuple[str, ...]:
        """Codes of the known regimes in a word of bits, lowest bit first."""
        return tuple(r.code for r in sorted(self.regimes.values(), key=lambda r: r.bit) if bits & r.mask)

    @cached_property
    def digest(self) -> Hash:
        rules = [
            {
                "id": rule.id,
                "words": rule.words,
                "source": rule.source,
                "status": rule.status,
                "parameters": {k: asdict(v) for k, v in rule.parameters.items()},
            }
            for rule in self.rules.values()
        ]
        regimes = [asdict(regime) for regime in self.regimes.values()]
        return digest({"version": self.version, "effective": self.effective, "rules": rules, "regimes": regimes})


class _ParameterFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    value: Any
    unit: str
    status: Status
    words: str = ""


class _RuleFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    words: str = Field(min_length=10)
    source: str = Field(min_length=1)
    status: Status
    parameters: dict[str, _ParameterFile] = Field(default_factory=dict)


class _SectionFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    section: str = Field(pattern="^[A-L]$")
    title: str
    rules: dict[str, _RuleFile]


class _RegimeFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    bit: int = Field(ge=0, le=31)
    words: str
    rule: str


class _HeadFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    version: str
    effective: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    sources: dict[str, str]


def _value(raw: Any) -> Value:
    match raw:
        case bool() | int() | Decimal():
            return raw
        case str():
            return raw
        case list() | tuple():
            return tuple(str(item) for item in raw)
    raise UsageError(
        "no such kind of parameter", found=repr(raw), needed="whole number, text or list", where="rulebook"
    )


def _read(name: str) -> Any:
    text = files("abst.rulebook").joinpath(name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _section(letter: str) -> Iterable[Rule]:
    section = _SectionFile.model_validate(_read(f"section_{letter.lower()}.yaml"))
    for rule_id, raw in section.rules.items():
        parameters = {
            name: Parameter(_decimal(p.value, p.unit), p.unit, p.status, p.words) for name, p in raw.parameters.items()
        }
        yield Rule(rule_id, section.section, raw.words, raw.source, raw.status, MappingProxyType(parameters))


def _decimal(raw: Any, unit: str) -> Value:
    # YAML has floats and no decimals: a share is written as text and its unit says what it is.
    return Decimal(raw) if isinstance(raw, str) and unit.startswith("share of") else _value(raw)


@cache
def load() -> Rulebook:
    """The shipped rulebook, read and checked once. Raises IntegrityFailure when the files contradict themselves."""
    try:
        head = _HeadFile.model_validate(_read("rulebook.yaml"))
        rules = {rule.id: rule for letter in SECTIONS for rule in _section(letter)}
        raw_regimes = _read("regimes.yaml")["regimes"]
        regimes = {
            code: Regime(code, raw.bit, raw.words, raw.rule)
            for code, raw in ((c, _RegimeFile.model_validate(r)) for c, r in raw_regimes.items())
        }
    except ValidationError as error:
        raise IntegrityFailure("the rulebook is malformed", found=str(error), where="abst/rulebook") from None
    if len({regime.bit for regime in regimes.values()}) != len(regimes):
        raise IntegrityFailure("two regimes share a bit", where="abst/rulebook/regimes.yaml")
    for regime in regimes.values():
        if regime.rule not in rules:
            raise IntegrityFailure("a regime cites no rule", found=regime.rule, where="abst/rulebook/regimes.yaml")
    return Rulebook(head.version, head.effective, MappingProxyType(head.sources), MappingProxyType(rules), regimes)


def refuse(rule_id: str, reason: str, *, found: str, needed: str, where: str) -> Refusal:
    """A refusal whose source comes from the rulebook; `rule_id` may name several rules, comma-separated."""
    return Refusal(rule_id, reason, found, needed, where, load().source_of(rule_id))
