"""Reads a servicer's report against what is expected of it: every field that is wrong, each with its place. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from abst.errors import Refusal
from abst.rulebook import refuse
from abst.servicing.report.file import RULE, ReportFile, defects, fixed, named, place, read_flag, read_whole, shown
from abst.servicing.report.model import Bucket, Expected, Exposure, Fx, Month, Report, Unit

ROW = "report"


def numbers_of(raw: Mapping[str, Any]) -> tuple[int, int]:
    """Period and version corrected that a file speaks of, 0 where it does not say so in a number."""
    said = []
    for name in ("period", "corrects"):
        try:
            said.append(read_whole(raw.get(name)))
        except PydanticCustomError:
            said.append(0)
    return said[0], said[1]


def read(raw: Mapping[str, Any], expected: Expected) -> tuple[Report | None, list[Refusal]]:
    """The report of a file's fields, or every field that is missing, unknown or wrong."""
    try:
        file = ReportFile.model_validate(raw)
    except ValidationError as error:
        # The deal's own names are read even so: all that is wrong is told at once.
        return None, [*defects(error, raw, ROW), *_Own(raw, expected).problems]
    own = _Own(raw, expected)
    return (None, own.problems) if own.problems else (_report(file, own), [])


def _report(file: ReportFile, own: _Own) -> Report:
    late = file.delinquency
    return Report(
        deal=file.deal,
        period=file.period,
        currency=file.currency,
        collection_from=file.collection.from_,
        collection_to=file.collection.to,
        prepared_by=file.prepared.by,
        prepared_on=file.prepared.on,
        opening=file.pool.opening,
        closing=file.pool.closing,
        loans=file.pool.loans,
        months=tuple(Month(**month.model_dump()) for month in file.months),
        days_30=Bucket(late.days_30.balance, late.days_30.loans),
        days_60=Bucket(late.days_60.balance, late.days_60.loans),
        days_90=Bucket(late.days_90.balance, late.days_90.loans),
        other=file.other,
        inputs=own.inputs,
        indices=own.indices,
        fx=None if file.fx is None else Fx(fixed(file.fx.rate, 8), file.fx.source, file.fx.on),
        calls=own.calls,
        call_price=file.call_price,
        corrects=file.corrects,
        tape=file.tape or "",
        exposures=tuple(Exposure(one.kind, one.id, one.balance) for one in file.exposures),
    )


class _Own:
    """What only this deal's reports have: its inputs by their units, index fixings, calls, and the exchange rate."""

    def __init__(self, raw: Mapping[str, Any], expected: Expected) -> None:
        self.problems: list[Refusal] = []
        self.inputs: dict[str, int] = {}
        self.indices: dict[str, int] = {}
        self.calls: dict[str, bool] = {}
        for name, value in self._named(raw, "inputs", expected.inputs):
            self._take(f"inputs.{name}", self.inputs, name, value, expected.inputs[name])
        for name, value in self._named(raw, "indices", expected.indices):
            self._take(f"indices.{name}", self.indices, name, value, "rate")
        calls: dict[str, int] = {}
        for name, value in self._named(raw, "calls", expected.calls):
            self._take(f"calls.{name}", calls, name, value, "flag")
        self.calls = {name: bool(used) for name, used in calls.items()}
        has = raw.get("fx") not in (None, "")
        if has != bool(expected.settlement):
            found = "a rate" if has else "nothing"
            needed = (
                f"the rate for {expected.settlement}" if expected.settlement else "none: paid in the deal's currency"
            )
            self._refuse("report-field-unknown" if has else "report-field-missing", found, needed, "fx")

    def _named(self, raw: Mapping[str, Any], block: str, names: Iterable[str]) -> list[tuple[str, Any]]:
        """Every name of the deal with its value; what is missing or unknown is a problem. A block of another kind is
        the form's affair."""
        given = raw.get(block, {})
        if not isinstance(given, dict):
            return []
        wanted = list(names)
        for name in given:
            if name not in wanted:
                needed = ", ".join(wanted) or "none: the deal has no such"
                self._refuse("report-field-unknown", "an unknown field", needed, f"{block}.{named(name)}")
        for name in wanted:
            if name not in given:
                self._refuse("report-field-missing", "nothing", "this field", f"{block}.{name}")
        return [(name, given[name]) for name in wanted if name in given]

    def _take(self, field: str, into: dict[str, int], name: str, value: Any, unit: Unit) -> None:
        try:
            into[name] = _number(value, unit)
        except PydanticCustomError as error:
            self._refuse("report-field", shown(value), error.message(), field)

    def _refuse(self, slug: str, found: str, needed: str, field: str) -> None:
        self.problems.append(refuse(RULE, slug, found=found, needed=needed, where=place(ROW, field)))


def _number(value: Any, unit: Unit) -> int:
    """A value of the deal's own in its unit; a rate in 1e-12, and none below zero: the program takes none."""
    if unit == "flag":
        return int(read_flag(value))
    if unit != "rate":
        return read_whole(value)
    rate = fixed(value, 12)
    if rate < 0:
        raise PydanticCustomError("wrong", "{needed}", {"needed": "0 or more: a rate below zero is stated as 0"})
    return rate
