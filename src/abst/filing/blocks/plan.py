"""The issue plan (R-29): amounts, dates, tranches with their risk, ledger and contracts, investors and places."""

from __future__ import annotations

from datetime import date
from typing import Literal

from abst.filing.blocks.base import (
    CODE,
    COUNT,
    COUNTRY,
    CURRENCY,
    DAY,
    DOCUMENT,
    FLAG,
    ID,
    LIST,
    MONEY,
    RATE,
    SHA256,
    Block,
    Code,
    Words,
    fact,
)


class RiskReason(Block):
    """One reason of a tranche's risk class (R-47)."""

    ground: Code = fact("ground; these must be there", "R-47", CODE, of="R-47 grounds")
    words: Words = fact("what it says about the risk", "R-47")


class PlanTranche(Block):
    """One tranche as told to the authority; it must equal the deal's (R-33)."""

    tranche: Words = fact("name of the class", "R-29")
    name: Words = fact("name of the token", "R-29")
    symbol: Words = fact("symbol of the token", "R-29")
    rank: Literal["senior", "mezzanine", "subordinated"] = fact("rank", "R-28", CODE)
    isin: str = fact("securities number, once given", "R-29", "ISO 6166, 12 characters", "")
    face: int = fact("face; also the most tokens there can be", "R-29", MONEY, gt=0)
    rate: str = fact("rate; 0 when it takes the residual", "R-29", RATE)
    day_count: Literal["act/365f", "act/360", "30/360"] = fact("day count of the interest", "R-29", CODE)
    expected_maturity: date = fact("when it is repaid under the forecast", "R-29", DAY)
    lot: int = fact("smallest amount that moves", "R-57", "token units", gt=0)
    regimes: tuple[Code, ...] = fact("legal grounds on which a person may hold it", "R-29", CODE, min_length=1)
    max_holders: int = fact("most investors; 0 for no limit", "R-57", COUNT, ge=0)
    max_share_bps: int = fact("largest share of one investor; 0 for no limit", "R-57", "1/10,000", ge=0, le=10_000)
    lock_days: int = fact("days after the mint before a token moves", "R-54", "days", ge=0)
    overdue_stops_transfers: bool = fact("whether an overdue disclosure stops transfers", "R-81", FLAG)
    risk: int = fact("risk class of the product", "R-47", "1 (lowest) to 5", ge=1, le=5)
    risk_reasons: tuple[RiskReason, ...] = fact("why the class is that", "R-47", LIST)
    complex: bool = fact("whether it is a complex product for the client's side", "R-47", FLAG)


class Ledger(Block):
    """Chain and contract of the tokens (R-29)."""

    words: Words = fact("which ledger, operated by whom and where", "R-29")
    operator: Code = fact("who operates it", "R-29", "id of a party")
    chain_id: int = fact("number of the chain, as in its signatures", "R-29", "EIP-155", gt=0)
    code_hash: str = fact("Keccak-256 of the token's creation code", "R-29", "0x and 64 hex digits", pattern=SHA256)
    audit: Code = fact("the audit report of this code", "R-63", DOCUMENT)
    supply: Code = fact("what the supply follows, never an algorithm", "R-05", CODE, of="R-05 supply")
    upgrade_policy: Words = fact("whether and how code changes", "R-64")
    key_policy: Words = fact("who holds which keys", "R-62")
    whitelist: Words = fact("who may hold, and how it is enforced", "R-60")
    custody: Words = fact("who keeps the holders' keys", "R-29")


class Venue(Block):
    """A place of trading (R-29)."""

    name: Words = fact("name of the venue", "R-29")
    country: str = fact("country of the venue, outside the mainland", "R-04", COUNTRY)
    party: str = fact("the party that runs it", "R-29", ID, "")


class Plan(Block):
    """The issue plan. One token stands for `nominal`; `total` = `count` x `nominal` = the sum of faces (R-29)."""

    currency: str = fact("currency of the issue", "R-29", CURRENCY)
    decimals: int = fact("digits after the point of the smallest unit", "R-29", "digits", ge=0, le=18)
    count: int = fact("tokens", "R-29", COUNT, gt=0)
    nominal: int = fact("face per token", "R-29", MONEY, gt=0)
    total: int = fact("count x nominal, and the sum of the faces", "R-29", MONEY, gt=0)
    closing_on: date = fact("planned day of the issue", "R-29", DAY)
    accrual_from: date = fact("first day of interest", "R-29", DAY)
    first_payment: date = fact("first day of payment", "R-29", DAY)
    last_payment: date = fact("last expected day of payment", "R-29", DAY)
    payment_day: int = fact("day of the month of payments", "R-29", "day", ge=1, le=31)
    legal_maturity: date = fact("legal final maturity", "R-29", DAY)
    tranches: tuple[PlanTranche, ...] = fact("the classes, senior first", "R-29", LIST, min_length=1)
    regimes: tuple[Code, ...] = fact("all legal grounds on which a person may hold", "R-29", CODE, min_length=1)
    investors: Words = fact("classes of investors in words", "R-29")
    places: tuple[str, ...] = fact("where it is offered, outside the mainland", "R-04", COUNTRY, min_length=1)
    venues: tuple[Venue, ...] = fact("where it trades; [] when nowhere", "R-29", LIST)
    ledger: Ledger = fact("chain and contract", "R-29", "block")
