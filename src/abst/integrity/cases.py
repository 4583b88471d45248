"""The cases of the rulebook: facts, and exactly the rules that refuse them, as data beside the rules.

kind: mint                  # of `abst.integrity.kinds`; default of the file
base: {...}                 # facts that pass, whole; or a name of `bases`, or of shipped data (`jishidai`)
bases: {name: {...}}        # several bases; a case names its own
under: dossier              # paths of `change` and `drop` begin here
settings: {R-58 approval_minutes: 60}
cases:
  - id: cap-one-over
    words: One unit over the cap is refused.
    change: {token.cap: 1000, amount: 1001, "list[2].name": x, "list[+]": {...}}
    drop: [token.maturity, "list[0]"]
    expect: [R-59]          # every rule of every refusal, repetitions too; [] passes
    reasons: [cap-exceeded] # optional, and so are `places`; compared exactly
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from abst import demo_data
from abst.errors import IntegrityFailure, Refusal
from abst.integrity.kinds import kind
from abst.rulebook import Rulebook
from abst.rulebook.files import read

FOLDER = "cases"
CONTRACT = "contract"
STEP = re.compile(r"([^.\[\]]+)|\[(\d+|\+)\]")


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _CaseFile(_Closed):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    words: str = Field(min_length=10)
    expect: tuple[str, ...]
    kind: str = ""
    base: Any = None
    change: dict[str, Any] = Field(default_factory=dict)
    drop: tuple[str, ...] = ()
    reasons: tuple[str, ...] | None = None
    places: tuple[str, ...] | None = None
    where: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)


class _File(_Closed):
    kind: str = ""
    base: Any = None
    bases: dict[str, dict[str, Any]] = Field(default_factory=dict)
    under: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)
    cases: tuple[_CaseFile, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, eq=False)  # known by itself: its facts are not hashable
class Case:
    """One case. facts: plain data, whole; expect, reasons, places: sorted, the last two None when not asked."""

    id: str
    words: str
    kind: str
    facts: Any
    expect: tuple[str, ...]
    reasons: tuple[str, ...] | None
    places: tuple[str, ...] | None
    settings: Mapping[str, Any]
    file: str


def rules_of(refusals: Sequence[Refusal]) -> tuple[str, ...]:
    """Every rule that the refusals cite, repetitions too, sorted; `contract` for what no law but a contract refuses."""
    return tuple(sorted(rule.strip() or CONTRACT for refusal in refusals for rule in refusal.rule.split(",")))


def run(case: Case, rulebook: Rulebook) -> list[Refusal]:
    """Judge a case's facts. Raises IntegrityFailure when they are not facts of its kind."""
    judged = kind(case.kind)
    for key, value in case.settings.items():
        rule, _, name = key.partition(" ")
        rulebook = rulebook.override(rule, name, value)
    return list(judged.decide(_facts(case), rulebook))


@cache
def _facts(case: Case) -> Any:
    try:
        return kind(case.kind).restore(deepcopy(case.facts))
    except ValidationError as error:
        raise IntegrityFailure(
            "these are no facts of their kind", found=str(error), needed=case.kind, where=f"{case.file} {case.id}"
        ) from None


def differences(case: Case, refusals: Sequence[Refusal]) -> list[str]:
    """How the outcome differs from what the case expects, in words; empty: as expected."""
    found = [_unequal("rules", case.expect, rules_of(refusals))]
    if case.reasons is not None:
        found.append(_unequal("reasons", case.reasons, tuple(sorted(r.reason for r in refusals))))
    if case.places is not None:
        found.append(_unequal("places", case.places, tuple(sorted(r.where for r in refusals))))
    return [words for words in found if words]


def _unequal(what: str, expected: tuple[str, ...], found: tuple[str, ...]) -> str:
    if expected == found:
        return ""
    return f"{what}: {', '.join(found) or 'none'}; expected {', '.join(expected) or 'none'}"


# ---- reading


@cache
def shipped() -> tuple[Case, ...]:
    """Every case of the rulebook, file by file. Raises IntegrityFailure for a malformed or repeated one."""
    folder = files("abst.rulebook").joinpath(FOLDER)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    found = [case for name in names for case in read_cases(read(f"{FOLDER}/{name}"), name)]
    repeated = [case for case, count in Counter(case.id for case in found).items() if count > 1]
    if repeated:
        raise IntegrityFailure("two cases have one id", found=", ".join(repeated), where="abst/rulebook/cases")
    return tuple(found)


def read_cases(content: Any, name: str) -> Iterator[Case]:
    """The cases of one file's content."""
    try:
        file = _File.model_validate(content)
    except ValidationError as error:
        raise IntegrityFailure("the cases are malformed", found=str(error), where=name) from None
    for case in file.cases:
        where = f"{name} {case.id}"
        base = _base(file, case.base if case.base is not None else file.base, where)
        yield Case(
            case.id,
            case.words,
            case.kind or file.kind,
            changed(base, case.change, case.drop, under=file.under, where=where),
            tuple(sorted(case.expect)),
            None if case.reasons is None else tuple(sorted(case.reasons)),
            (case.where,) if case.where else None if case.places is None else tuple(sorted(case.places)),
            {**file.settings, **case.settings},
            name,
        )


def _base(file: _File, base: Any, where: str) -> Any:
    if isinstance(base, dict):
        return base
    if base in file.bases:
        return file.bases[base]
    if base == "jishidai":
        return _jishidai()
    needed = ", ".join([*file.bases, "jishidai"])
    raise IntegrityFailure("a case without its facts", found=repr(base), needed=needed, where=where)


@cache
def _jishidai() -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {name: yaml.load(demo_data.text(f"{name}.yaml"), Loader=loader) for name in ("dossier", "deal")}


# ---- changing


def changed(base: Any, change: Mapping[str, Any], drop: Sequence[str] = (), *, under: str = "", where: str = "") -> Any:
    """A copy of the base with values set at paths and others taken away. Raises IntegrityFailure for a path that is
    not there; the last step of `change` may be new."""
    whole = deepcopy(base)
    for path, value in change.items():
        owner, step = _owner(whole, _steps(under, path), path, where)
        if step == "+" and isinstance(owner, list):
            owner.append(deepcopy(value))
        elif _there(owner, step) or (isinstance(owner, dict) and isinstance(step, str) and step != "+"):
            owner[step] = deepcopy(value)
        else:
            raise _no_path(path, where)
    for path in drop:
        owner, step = _owner(whole, _steps(under, path), path, where)
        if not _there(owner, step):
            raise _no_path(path, where)
        del owner[step]
    return whole


def _steps(under: str, path: str) -> list[str | int]:
    whole = f"{under}.{path}" if under else path
    return [name or (mark if mark == "+" else int(mark)) for name, mark in STEP.findall(whole)]


def _owner(whole: Any, steps: list[str | int], path: str, where: str) -> tuple[Any, str | int]:
    for step in steps[:-1]:
        if not _there(whole, step):
            raise _no_path(path, where)
        whole = whole[step]
    return whole, steps[-1]


def _there(owner: Any, step: str | int) -> bool:
    if isinstance(owner, list):
        return isinstance(step, int) and step < len(owner)
    return isinstance(owner, dict) and step in owner


def _no_path(path: str, where: str) -> IntegrityFailure:
    return IntegrityFailure("no such path in the facts", found=path, needed="a path of the base", where=where)
