"""Reads the shipped rulebook: one YAML file per section, checked as it is read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from abst.errors import IntegrityFailure, Refusal, UsageError
from abst.rulebook.model import SECTIONS, Judgement, Parameter, Regime, Rule, Rulebook, Status, value_of

ENFORCED = r"^(contract:[A-Z]\w+\.\w+|(act:)?[a-z_]+(\.\w+)+)$"
TEST = r"^tests/[\w/]+\.(py|t\.sol)::\w+$"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _ParameterFile(_Closed):
    value: Any
    unit: str
    status: Status
    words: str = ""
    choices: tuple[str, ...] = ()


class _JudgementFile(_Closed):
    judged: str = Field(min_length=10)
    recorded: str = Field(min_length=10)


class _RuleFile(_Closed):
    words: str = Field(min_length=10)
    source: str = Field(min_length=1)
    status: Status
    effective: date
    until: date | None = None
    enforced: tuple[Annotated[str, Field(pattern=ENFORCED)], ...] = ()
    judgement: _JudgementFile | None = None
    tests: tuple[Annotated[str, Field(pattern=TEST)], ...] = ()
    parameters: dict[str, _ParameterFile] = Field(default_factory=dict)


class _SectionFile(_Closed):
    section: str = Field(pattern="^[A-L]$")
    title: str
    rules: dict[str, _RuleFile]


class _RegimeFile(_Closed):
    bit: int = Field(ge=0, le=31)
    words: str
    rule: str


class _HeadFile(_Closed):
    version: str
    effective: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    sources: dict[str, str]


def read(name: str) -> Any:
    """One YAML file below abst/rulebook, such as ``section_a.yaml``. Raises IntegrityFailure when it is not YAML."""
    import yaml

    text = files("abst.rulebook").joinpath(name).read_text(encoding="utf-8")
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise IntegrityFailure("not YAML", found=str(error), where=f"abst/rulebook/{name}") from None


def _section(letter: str) -> Iterable[Rule]:
    section = _SectionFile.model_validate(read(f"section_{letter.lower()}.yaml"))
    for rule_id, raw in section.rules.items():
        yield Rule(
            rule_id,
            section.section,
            raw.words,
            raw.source,
            raw.status,
            MappingProxyType({name: _parameter(p, f"{rule_id} {name}") for name, p in raw.parameters.items()}),
            raw.effective,
            raw.until,
            raw.enforced,
            Judgement(raw.judgement.judged, raw.judgement.recorded) if raw.judgement else None,
            raw.tests,
        )


def _parameter(raw: _ParameterFile, where: str) -> Parameter:
    parameter = Parameter(value_of(raw.value, raw.unit), raw.unit, raw.status, raw.words, raw.choices)
    try:
        parameter.checked(parameter.value, where)
    except UsageError as error:
        raise IntegrityFailure("a parameter contradicts itself", found=str(error), where=where) from None
    return parameter


@cache
def titles() -> dict[str, str]:
    """Section letter to its title."""
    return {letter: read(f"section_{letter.lower()}.yaml")["title"] for letter in SECTIONS}


@cache
def load() -> Rulebook:
    """The shipped rulebook, read and checked once. Raises IntegrityFailure when the files contradict themselves."""
    try:
        head = _HeadFile.model_validate(read("rulebook.yaml"))
        rules = {rule.id: rule for letter in SECTIONS for rule in _section(letter)}
        raw_regimes = read("regimes.yaml")["regimes"]
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
