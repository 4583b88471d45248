"""What all blocks share: how a field says its meaning, unit and rule, and papers known by their hash."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticUndefined

SHA256 = r"^0x[0-9a-f]{64}$"
MONEY = "smallest units of plan.currency"
SHARE = "decimal fraction in quotes, 0 to 1"
RATE = "decimal fraction a year, in quotes"
DAY = "YYYY-MM-DD"
COUNTRY = "ISO 3166-1 alpha-2"
CURRENCY = "ISO 4217"
CODE = "code"
ID = "id within this file"
PERSON = "id of a person of the register or of a party"
DOCUMENT = "code of a document of this file"
FLAG = "true or false"
TEXT = "text"
COUNT = "number"
LIST = "list"

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$", max_length=60)]
Share = Annotated[str, Field(pattern=r"^(0|0?\.\d+|1|1\.0+)$")]
Words = Annotated[str, Field(min_length=1)]


class Block(BaseModel):
    """A frozen piece of the dossier; an unknown field is an error, never silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def fact(
    words: str, rule: str, unit: str = TEXT, default: Any = PydanticUndefined, *, of: str = "", **limits: Any
) -> Any:
    """A field: what it means, the rule that asks for it, and its unit. Without a default it is required.

    of: the rulebook's list that its codes are from, as rule and parameter (``R-27 types``).
    """
    extra: JsonDict = {"x-rule": rule, "x-unit": unit}
    if of:
        extra["x-list"] = of
    return Field(default, description=words, json_schema_extra=extra, **limits)


class Paper(Block):
    """A document known by its hash; with a path its bytes can be verified (R-24)."""

    sha256: str = fact("SHA-256 of the paper's bytes", "R-24", "0x and 64 hex digits", pattern=SHA256)
    path: str = fact("the file, from the folder of attachments; only its hash is stored", "R-24", "path", "")


class Document(Paper):
    """One document of the file by its code, in the form of R-34. `sha256` is of the fixed copy."""

    code: Code = fact("code of the document; these must be there", "R-24", CODE, of="R-24 documents")
    title: str = fact("title as on the document", "R-24", min_length=1)
    language: str = fact("language of the document; a foreign one needs a translation", "R-34", "BCP 47 tag", "zh-Hans")
    translation: str = fact("the translation into simplified Chinese of a foreign document", "R-34", DOCUMENT, "")
    signature: str = fact("how it is signed", "R-34", CODE, of="R-34 signatures")
    signed_for: str = fact("for whom another person signed; empty when the signer signed himself", "R-34", PERSON, "")
    proxy: str = fact("the proxy letter when signed for another", "R-34", DOCUMENT, "")
    scan: str = fact("how the paper was scanned", "R-34", CODE, of="R-34 scans")
    editable: Paper | None = fact("the editable copy beside the fixed one", "R-34", "paper", None)


def papers(value: Any, where: str = "") -> list[tuple[str, Paper]]:
    """Every paper inside a block, with its place."""
    found: list[tuple[str, Paper]] = [(where, value)] if isinstance(value, Paper) else []
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            found += papers(getattr(value, name), f"{where}.{name}" if where else name)
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            found += papers(item, f"{where}[{n}]")
    return found
