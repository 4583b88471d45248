"""The dossier: one typed YAML file with the blocks of R-26 to R-35, and its commented skeleton.

Every block may be absent, so that the checks can name what is missing; inside a block the fields are required.
Money is whole units of the plan's currency at its decimals (fen for CNY with 2). Dates are ISO 8601.
"""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from abst.deal.model import path_of
from abst.errors import Refusal, Refused, UsageError
from abst.rulebook import refuse
from abst.values import Hash, digest

SHA256 = r"^0x[0-9a-f]{64}$"
COUNTRY = r"^[A-Z]{2}$"
Code = str


class Block(BaseModel):
    """A frozen piece of the dossier; an unknown field is an error, never silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FilingBlock(Block):
    """The file itself. `prepared_on` is the check date of every look-back."""

    title: str = Field(min_length=1)
    prepared_on: date
    deal: str  # id of the deal file that this dossier files
    negative_list_version: str


class Document(Block):
    """One document by code; `sha256` of its bytes."""

    code: Code
    title: str
    sha256: str = Field(pattern=SHA256)


class Person(Block):
    """One person of the register who must sign an undertaking (R-32)."""

    id: Code
    role: str
    name: str = Field(min_length=1)


class Entity(Block):
    """The onshore entity that controls the assets (R-23, R-26)."""

    name: str = Field(min_length=1)
    credit_code: str
    country: str
    business_scope: str
    control_document: Code
    persons: tuple[Person, ...]


class Provider(Block):
    """One provider of cash: contractual future cash at the base date, or many small ones in one aggregate row."""

    name: str
    cash: int = Field(ge=0)
    discredited: bool
    aggregate: bool = False


class Assets(Block):
    """The pool (R-27) with the table behind the major-provider test (R-15)."""

    form: str
    location: str
    asset_class: str
    obligors: int = Field(gt=0)
    pool_balance: int = Field(gt=0)
    base_date: date
    total_future_cash: int = Field(gt=0)
    providers: tuple[Provider, ...] = Field(min_length=1)


class Party(Block):
    """One party of the structure; an intermediary signs an undertaking too (R-32)."""

    id: Code
    role: str
    name: str = Field(min_length=1)
    country: str
    business_scope: str = ""
    intermediary: bool = False


class Structure(Block):
    """Issuer, venue and parties (R-28)."""

    issue_place: str
    parties: tuple[Party, ...] = Field(min_length=1)
    clean_up_call: str
    waterfall: str


class PlanTranche(Block):
    """One tranche as told to the authority; it must equal the deal's."""

    tranche: str
    symbol: str
    face: int = Field(gt=0)
    rate: str  # a year, as decimal text


class Plan(Block):
    """The issue plan (R-29). `nominal` in smallest units per token; `total` = `count` x `nominal`."""

    currency: str
    decimals: int = Field(ge=0, le=18)
    count: int = Field(gt=0)
    nominal: int = Field(gt=0)
    total: int = Field(gt=0)
    legal_maturity: date
    tranches: tuple[PlanTranche, ...] = Field(min_length=1)
    regimes: tuple[str, ...] = Field(min_length=1)
    chain: str
    upgrade_policy: str
    key_policy: str


class SettlementAsset(Block):
    """What money settles in (R-65)."""

    kind: str
    currency: str


class Money(Block):
    """Use, repatriation and settlement of the money (R-30, R-65)."""

    use_of_proceeds: str = Field(min_length=1)
    repatriation: str = Field(min_length=1)
    settlement_assets: tuple[SettlementAsset, ...] = Field(min_length=1)


class Statement(Block):
    """A signed statement that an approval does not apply."""

    reason: str = Field(min_length=1)
    signed_by: str
    sha256: str = Field(pattern=SHA256)


class Approval(Block):
    """One approval slot: a document, or a statement of non-applicability (R-31)."""

    slot: Code
    document: Document | None = None
    not_applicable: Statement | None = None


class Answer(Block):
    """The answer to one prohibition (R-07 to R-12), with its legal ground and evidence."""

    rule: Code
    answer: Literal["clear", "barred", "unknown"]
    basis: str = Field(min_length=1)
    evidence: str = Field(pattern=SHA256)


class Event(Block):
    """One listed offence of the entity, its controlling shareholder or controller; `on` starts the look-back (R-09)."""

    person: str
    what: str
    on: date


class Undertaking(Block):
    """One signed undertaking (R-32)."""

    person: Code
    signed_on: date
    sha256: str = Field(pattern=SHA256)


class Conclusion(Block):
    rule: Code
    clear: bool


class Opinion(Block):
    """A law firm's opinion (R-35)."""

    kind: Literal["mainland-law", "offshore-law"]
    firm: Code  # id of a party
    lawyers: tuple[str, ...]
    head: str
    dated: date
    sha256: str = Field(pattern=SHA256)
    conclusions: tuple[Conclusion, ...]


class Dossier(Block):
    """The whole dossier. `digest` is over the content, not the text."""

    schema_: Literal["abst-dossier-1"] = Field(alias="schema")
    filing: FilingBlock
    documents: tuple[Document, ...] | None = None
    entity: Entity | None = None
    assets: Assets | None = None
    structure: Structure | None = None
    plan: Plan | None = None
    money: Money | None = None
    approvals: tuple[Approval, ...] | None = None
    prohibitions: tuple[Answer, ...] | None = None
    offences: tuple[Event, ...] = ()
    undertakings: tuple[Undertaking, ...] | None = None
    opinions: tuple[Opinion, ...] | None = None

    @classmethod
    def read(cls, text: str, where: str = "dossier") -> Dossier:
        """Parse a dossier. Raises UsageError when it is not a YAML mapping, Refused (R-25) naming every bad field."""
        try:
            raw = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.YAMLError as error:
            raise UsageError("not YAML", found=str(error), where=where) from None
        if not isinstance(raw, dict):
            raise UsageError("not a dossier", found=type(raw).__name__, needed="a mapping of blocks", where=where)
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            raise Refused([_defect(detail) for detail in error.errors()]) from None

    @property
    def content(self) -> dict[str, Any]:
        return self.model_dump(mode="python", by_alias=True)

    @property
    def digest(self) -> Hash:
        """SHA-256 of the canonical content: the dossier's word in the plan hash."""
        return digest(self.content)


def _defect(detail: Any) -> Refusal:
    """A field that is missing, unknown or of the wrong kind, as a refusal under R-25."""
    kind, where = detail["type"], path_of(detail["loc"])
    if kind == "missing":
        return refuse("R-25", "field-missing", found="nothing", needed="this field", where=where)
    if kind == "extra_forbidden":
        return refuse("R-25", "field-unknown", found=str(detail["loc"][-1]), needed="a known field", where=where)
    return refuse("R-25", "field-malformed", found=repr(detail["input"])[:80], needed=detail["msg"], where=where)


def skeleton() -> str:
    """A commented dossier to fill in."""
    return files("abst.filing").joinpath("skeleton.yaml").read_text(encoding="utf-8")
