"""Answers to the six prohibitions and the offences behind the third (R-07 to R-12)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from abst.filing.blocks.base import CODE, DAY, ID, Block, Code, Paper, Words, fact


class Answer(Paper):
    """The answer to one prohibition, with its legal ground and evidence; R-09 is answered for each person apart."""

    rule: Code = fact("the prohibition that is answered", "R-07", "rule id", of="R-07 prohibitions")
    person: str = fact(
        "whom the answer is about; needed for R-09, empty for the others", "R-09", f"entity, or {ID}", ""
    )
    answer: Literal["clear", "barred", "unknown"] = fact("the answer; only clear passes", "R-07", CODE)
    basis: Words = fact("the legal ground, or the reference of the review", "R-07")
    checked_on: date = fact("day of the last look at the public records", "R-10", DAY)


class Offence(Block):
    """One listed offence, however old; the rulebook says which of its days starts the look-back (R-09)."""

    person: Code = fact("who committed it", "R-09", f"entity, or {ID}")
    kind: Code = fact("kind of offence", "R-09", CODE, of="R-09 kinds")
    what: Words = fact("the judgment and the act", "R-09")
    committed_on: date = fact("day of the offence", "R-09", DAY)
    judged_on: date | None = fact("day of the judgment; empty while there is none", "R-09", DAY, None)
    sentence_ended_on: date | None = fact("day the sentence was served; empty until then", "R-09", DAY, None)
