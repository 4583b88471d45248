"""Approvals, undertakings, opinions and the log of contacts with the authority (R-31, R-32, R-35, R-36)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from abst.filing.blocks.base import CODE, DAY, DOCUMENT, FLAG, LIST, PERSON, Block, Code, Document, Paper, Words, fact


class Statement(Paper):
    """A signed statement that an approval does not apply (R-31)."""

    reason: Words = fact("why it does not apply", "R-31")
    signed_by: Code = fact("who signed", "R-31", "id of a person of the register")


class Approval(Block):
    """One approval slot: a document, or a statement of non-applicability (R-31)."""

    slot: Code = fact("the slot; each is filled", "R-31", CODE, of="R-31 slots")
    document: Document | None = fact("the opinion or review", "R-31", "document", None)
    not_applicable: Statement | None = fact("the statement instead", "R-31", "statement", None)


class Undertaking(Paper):
    """One signed undertaking that the file is true, accurate and complete (R-32)."""

    person: Code = fact("who undertakes", "R-32", "id of a person of the register or of an intermediary")
    signed_on: date = fact("day of the signature", "R-32", DAY)
    signature: str = fact("how it is signed", "R-34", CODE, of="R-34 signatures")
    signed_for: str = fact("for whom another person signed; empty when the signer signed himself", "R-34", PERSON, "")
    proxy: str = fact("the proxy letter when signed for another", "R-34", DOCUMENT, "")


class Conclusion(Block):
    """What an opinion concludes on one prohibition (R-35)."""

    rule: Code = fact("the prohibition", "R-35", "rule id")
    clear: bool = fact("whether the opinion finds it clear", "R-35", FLAG)


class Opinion(Paper):
    """A law firm's opinion (R-35)."""

    kind: Literal["mainland-law", "offshore-law"] = fact("whose law", "R-35", CODE)
    document: Code = fact("the opinion among the documents, with the same hash", "R-33", DOCUMENT)
    firm: Code = fact("the law firm, an intermediary", "R-35", "id of a party")
    lawyers: tuple[str, ...] = fact("signing lawyers", "R-35", "names")
    head: str = fact("head of the firm, who signs too", "R-35", "name")
    dated: date = fact("day of the opinion", "R-35", DAY)
    good_until: date = fact("last day on which it may be relied on", "R-35", DAY)
    conclusions: tuple[Conclusion, ...] = fact("conclusions on the prohibitions", "R-35", LIST)


class Contact(Block):
    """One contact with the authority about this issue (R-36)."""

    on: date = fact("day", "R-36", DAY)
    who: Words = fact("who spoke with whom; offices, not private persons", "R-36")
    what: Words = fact("about what", "R-36")
