"""Mapping files: which column of a loan tape is which figure. Some are shipped; anybody may write another. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import ValidationError

from abst.errors import NotFound, Refusal
from abst.rulebook import refuse
from abst.servicing.report.file import RULE, MapFile, TapeField, defects, parse, place
from abst.values import Hash, digest

ROW = "mapping"
FLOWS: tuple[TapeField, ...] = ("principal", "interest", "defaults", "recoveries")
MONEY: tuple[TapeField, ...] = ("opening", *FLOWS, "adjustment", "closing")
NEEDED: tuple[TapeField, ...] = ("loan", "closing", "to")
ROLL: tuple[TapeField, ...] = ("opening", "principal", "defaults")  # what a loan's own roll-forward needs


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping that hangs together. name: id and digest, as a report keeps it."""

    file: MapFile
    text: str

    @property
    def name(self) -> str:
        return f"{self.file.id}@{self.digest}"

    @property
    def digest(self) -> Hash:
        return digest(self.file.model_dump(by_alias=True))


def read(content: bytes) -> tuple[Mapping | None, list[Refusal]]:
    """A mapping file, or everything wrong with it. Raises UsageError when it is no file of fields."""
    raw = parse(content, ROW)
    try:
        file = MapFile.model_validate(raw)
    except ValidationError as error:
        return None, defects(error, raw, ROW)
    problems = _contradictions(file)
    return (None, problems) if problems else (Mapping(file, content.decode("utf-8-sig")), [])


def _contradictions(file: MapFile) -> list[Refusal]:
    columns, found = file.columns, []
    for name in NEEDED:
        if name not in columns:
            found.append(_refuse(f"columns.{name}", "nothing", "a column: every tape has it"))
    if "currency" not in columns and "currency" not in file.values:
        found.append(_refuse("values.currency", "nothing", "the currency of every row, or a column of it"))
    if "currency" in columns and "currency" in file.values:
        found.append(_refuse("values.currency", "a value and a column", "one of them"))
    if "defaulted_on" in columns and "defaults" not in columns:
        found.append(_refuse("columns.defaults", "nothing", "the defaults that defaulted_on dates"))
    if file.loan_tolerance is not None and any(name not in columns for name in ROLL):
        found.append(_refuse("loan_tolerance", str(file.loan_tolerance), "columns for " + ", ".join(ROLL)))
    seen: dict[str, str] = {}
    for field, names in columns.items():
        if len(names) > 1 and field not in MONEY:
            found.append(_refuse(f"columns.{field}", f"{len(names)} columns", "one: only money adds up"))
        for column in names:
            if column in seen:
                found.append(_refuse(f"columns.{field}", f"the column of {seen[column]}", "a column of its own"))
            seen[column] = field
    for blank in file.blank_is_zero:
        if blank not in columns or blank not in MONEY:
            found.append(_refuse(f"blank_is_zero.{blank}", "no column of money", "a field of money with a column"))
    return found


def _refuse(field: str, found: str, needed: str) -> Refusal:
    return refuse(RULE, "tape-mapping", found=found, needed=needed, where=place(ROW, field))


@cache
def shipped() -> dict[str, Mapping]:
    """The mappings of this package, by id."""
    folder = files(__package__).joinpath("maps")
    found: dict[str, Mapping] = {}
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.name.endswith(".yaml"):
            mapping, problems = read(entry.read_bytes())
            if mapping is None:
                raise NotFound("a shipped mapping is broken", found="; ".join(map(str, problems)), where=entry.name)
            found[mapping.file.id] = mapping
    return found


def get(name: str) -> Mapping:
    """A shipped mapping by its id. Raises NotFound."""
    if name not in shipped():
        raise NotFound("no such mapping", found=repr(name), needed=", ".join(shipped()), where="mapping")
    return shipped()[name]
