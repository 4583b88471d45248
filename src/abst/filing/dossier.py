"""The dossier: one typed YAML file with the blocks of R-26 to R-36, and its JSON Schema.

Every block may be absent, so that the checks can name what is missing; inside a block fields without a default are
required. Money is whole units of the plan's currency at its decimals (fen for CNY with 2). Dates are ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field, ValidationError

from abst.deal.model import path_of
from abst.errors import Refusal, Refused, UsageError
from abst.filing.blocks import (
    Answer,
    Approval,
    Assets,
    Block,
    Contact,
    Document,
    Entity,
    Money,
    Offence,
    Opinion,
    Paper,
    Plan,
    Structure,
    Undertaking,
)
from abst.filing.blocks.base import DAY, LIST, fact, papers
from abst.filing.reading import parse
from abst.rulebook import load, refuse
from abst.values import Hash, digest

SCHEMA = "abst-dossier-2"


class FilingBlock(Block):
    """The file itself. `prepared_on` is the check date of every look-back."""

    title: str = fact("name of the issue", "R-25", min_length=1)
    prepared_on: date = fact("day the file was finished; look-backs count from it", "R-09", DAY)
    deal: str = fact("the deal file that this dossier files", "R-33", "id of a deal")
    negative_list_version: str = fact("the list that the answers were given under", "R-22", "version")


class Dossier(Block):
    """The whole dossier. `digest` is over the content, not the text."""

    schema_: Literal["abst-dossier-2"] = Field(
        alias="schema", description="form of this file", json_schema_extra={"x-rule": "R-25", "x-unit": "constant"}
    )
    filing: FilingBlock = fact("the file itself", "R-25", "block")
    documents: tuple[Document, ...] | None = fact("the documents of the file", "R-24", LIST, None)
    entity: Entity | None = fact("the onshore entity", "R-26", "block", None)
    prohibitions: tuple[Answer, ...] | None = fact("answers to the six prohibitions", "R-07", LIST, None)
    offences: tuple[Offence, ...] = fact("every listed offence, however old", "R-09", LIST, ())
    assets: Assets | None = fact("the pool", "R-27", "block", None)
    structure: Structure | None = fact("the structure", "R-28", "block", None)
    plan: Plan | None = fact("the issue plan", "R-29", "block", None)
    money: Money | None = fact("the money", "R-30", "block", None)
    approvals: tuple[Approval, ...] | None = fact("opinions and reviews of authorities", "R-31", LIST, None)
    undertakings: tuple[Undertaking, ...] | None = fact("one for each person of the register", "R-32", LIST, None)
    opinions: tuple[Opinion, ...] | None = fact("opinions of law firms", "R-35", LIST, None)
    contacts: tuple[Contact, ...] = fact("contacts with the authority before and during the filing", "R-36", LIST, ())

    @classmethod
    def read(cls, text: str, where: str = "dossier") -> Dossier:
        """Parse a dossier. Raises UsageError when it is not a YAML mapping, Refused (R-25) naming every bad field."""
        raw = parse(text, where)
        if not isinstance(raw, dict):
            raise UsageError("not a dossier", found=type(raw).__name__, needed="a mapping of blocks", where=where)
        return cls.of(raw)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Dossier:
        """The dossier of plain values. Raises Refused (R-25) naming every bad field."""
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            raise Refused(_defects(error)) from None

    @property
    def content(self) -> dict[str, Any]:
        return self.model_dump(mode="python", by_alias=True)

    @property
    def digest(self) -> Hash:
        """SHA-256 of the canonical content: the dossier's word in the plan hash."""
        return digest(self.content)

    def papers(self) -> list[tuple[str, Paper]]:
        """Every paper of the file with its place."""
        return papers(self)


def _defects(error: ValidationError) -> list[Refusal]:
    """Every bad field. A list that is short only because an item of it is bad is no defect of its own."""
    details = error.errors()
    places = [detail["loc"] for detail in details]
    return [
        _defect(detail)
        for detail in details
        if detail["type"] != "too_short"
        or not any(place != detail["loc"] and place[: len(detail["loc"])] == detail["loc"] for place in places)
    ]


def _defect(detail: Any) -> Refusal:
    """A field that is missing, unknown or of the wrong kind, as a refusal under R-25."""
    kind, where = detail["type"], path_of(detail["loc"])
    if kind == "missing":
        return refuse("R-25", "field-missing", found="nothing", needed="this field", where=where)
    if kind == "extra_forbidden":
        return refuse("R-25", "field-unknown", found=str(detail["loc"][-1]), needed="a known field", where=where)
    return refuse("R-25", "field-malformed", found=repr(detail["input"])[:80], needed=detail["msg"], where=where)


def schema() -> dict[str, Any]:
    """JSON Schema of a dossier; each field carries its unit, its rule and the rule's source."""
    made = Dossier.model_json_schema(by_alias=True)
    rulebook = load()
    for part in (made, *made["$defs"].values()):
        for field in part.get("properties", {}).values():
            if "x-rule" in field:
                field["x-source"] = rulebook.source_of(field["x-rule"])
    title = "A dossier of a filing (备案), which `abst filing new --skeleton` prints empty"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": title}
