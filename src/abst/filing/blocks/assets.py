"""The pool (R-27): what it is through every layer, what it will pay and who owes it, and how it is collected."""

from __future__ import annotations

from datetime import date
from typing import Literal

from abst.filing.blocks.base import (
    CODE,
    COUNT,
    COUNTRY,
    DAY,
    DOCUMENT,
    FLAG,
    ID,
    LIST,
    MONEY,
    PERSON,
    RATE,
    SHARE,
    Block,
    Code,
    Paper,
    Share,
    Words,
    fact,
)


class ListAnswer(Paper):
    """The answer to one item of the negative list for one layer, and who reviewed it (R-14 to R-20)."""

    rule: Code = fact(
        "the item, 1 to 7 of the list; the eighth follows from the layers", "R-12", "rule id", of="R-12 items"
    )
    answer: Literal["clear", "barred", "unknown"] = fact("the answer; only clear passes", "R-12", CODE)
    finding: Words = fact("the reviewer's finding in words", "R-20")
    reviewer: Code = fact("who reviewed it", "R-16", PERSON)


class Property(Block):
    """The state of a building whose income pays (R-17)."""

    completed: bool = fact("whether the building is finished", "R-17", FLAG)
    occupancy: Share = fact("share of the area that is let", "R-17", SHARE)
    steady_income: bool = fact("whether it has steady income all the same", "R-17", FLAG)


class Layer(Block):
    """One asset, or one right over assets: `underlying` are the layers below it, to the last (R-12, R-21)."""

    id: Code = fact("id of the layer", "R-21", ID)
    name: Words = fact("what it is", "R-27")
    asset_class: Code = fact("class; one in a pool", "R-19", CODE)
    type: Code = fact("kind of asset", "R-27", CODE, of="R-27 types")
    location: str = fact("where the asset lies", "R-01", COUNTRY)
    debtor: Code = fact("who owes: natural-person, company, financial-institution, public-body or such", "R-14", CODE)
    public_debt: bool = fact("whether it makes or adds to debt of a local government", "R-14", FLAG)
    title: Code = fact("the document that shows the title", "R-11", DOCUMENT)
    disputed: bool = fact("whether the title is seriously disputed", "R-11", FLAG)
    transferable: bool = fact("whether it may be transferred by law and contract", "R-11", FLAG)
    encumbrance: str = fact("pledge or other burden on it; empty when there is none", "R-27", "text", "")
    release: str = fact("how the burden ends when the issue closes", "R-27", "text", "")
    property: Property | None = fact("state of the building, for types that are property", "R-17", "block", None)
    answers: tuple[ListAnswer, ...] = fact("the negative list, answered for this layer", "R-12", LIST)
    underlying: tuple[Layer, ...] = fact("the layers below; [] at the last", "R-21", LIST, ())


class Mix(Paper):
    """Why classes that differ are not unrelated, and who says so (R-19)."""

    reason: Words = fact("why the classes belong together", "R-19")
    reviewer: Code = fact("who reviewed it", "R-19", PERSON)


class Provider(Block):
    """One provider of cash, or many small ones in one aggregate row (R-15)."""

    id: Code = fact("id of the provider", "R-15", ID)
    name: Words = fact("name of the provider", "R-15")
    group: str = fact("group of related providers; counted together when the setting says so", "R-15", CODE, "")
    discredited: bool = fact("whether on the list of discredited persons (失信被执行人)", "R-15", FLAG)
    checked_on: date = fact("day of the last look at that list", "R-15", DAY)
    aggregate: bool = fact("whether the row stands for many", "R-15", FLAG, False)
    largest: int = fact("future cash of the largest one in an aggregate row", "R-15", MONEY, 0, ge=0)


class Flow(Block):
    """One contractual payment of a provider (R-15)."""

    provider: Code = fact("who owes it", "R-15", "id of a provider")
    on: date = fact("when it is due; flows at or before the base date do not count", "R-15", DAY)
    amount: int = fact("unpaid contractual cash", "R-15", MONEY, gt=0)


class Exposure(Block):
    """One large debtor or group of the pool (R-78)."""

    kind: Literal["obligor", "group"] = fact("a single debtor, or a group", "R-78", CODE)
    name: Words = fact("name of the debtor or group", "R-78")
    balance: int = fact("unpaid principal owed at the base date", "R-78", MONEY, ge=0)
    disclosure: str = fact("what is disclosed; needed over the shares of R-78", "R-78", "text", "")


class Statistics(Block):
    """Figures of the pool at the base date (R-27)."""

    contracts: int = fact("contracts in the pool", "R-27", COUNT, gt=0)
    average_balance: int = fact("pool balance / contracts, rounded down", "R-33", MONEY, gt=0)
    largest_balance: int = fact("largest contract", "R-33", MONEY, gt=0)
    weighted_rate: str = fact("average rate, weighted by balance", "R-27", RATE, pattern=r"^(0|0?\.\d+|\d+\.\d+)$")
    weighted_term: int = fact("average remaining term, weighted by balance", "R-27", "months", ge=0)
    weighted_age: int = fact("average age, weighted by balance", "R-27", "months", ge=0)
    loan_to_value: Share = fact("balance to value of security, weighted by balance", "R-27", SHARE)
    overdue: int = fact("balance of contracts overdue at the base date", "R-27", MONEY, ge=0)


class Vintage(Block):
    """Losses of one vintage of the originator's assets (R-27)."""

    year: int = fact("year of origination", "R-27", "year", ge=1990, le=2200)
    originated: int = fact("amount originated", "R-27", MONEY, gt=0)
    defaulted: tuple[int, ...] = fact("defaulted since origination at the end of each year; never falls", "R-33", MONEY)


class Valuation(Paper):
    """What the pool was valued at, by whom (R-27)."""

    value: int = fact("value of the pool", "R-27", MONEY, gt=0)
    on: date = fact("day of the value", "R-27", DAY)
    valuer: Code = fact("who valued", "R-27", "id of a party")
    method: Words = fact("method and assumptions", "R-27")


class Assets(Block):
    """The pool (R-27), its layers (R-12) and the table behind the major-provider test (R-15)."""

    form: Code = fact("abs, debt, equity or other: it decides the supervisor", "R-02", CODE)
    location: str = fact("where the assets lie", "R-01", COUNTRY)
    asset_class: Code = fact("class of the pool", "R-19", CODE)
    mixed: Mix | None = fact("only when layers have other classes than the pool", "R-19", "block", None)
    layers: tuple[Layer, ...] = fact("the assets sold, each with what lies below", "R-12", LIST, min_length=1)
    obligors: int = fact("debtors in the pool, not more than contracts", "R-33", COUNT, gt=0)
    obligor_kinds: tuple[Code, ...] = fact("kinds of debtors, those of the last layers", "R-33", CODE, min_length=1)
    selection: Words = fact("rule by which the assets were chosen", "R-27")
    pool_balance: int = fact("unpaid principal at the base date", "R-33", MONEY, gt=0)
    statistics: Statistics = fact("figures of the pool", "R-27", "block")
    concentration: tuple[Exposure, ...] = fact("largest debtors and groups; [] when none is known", "R-78", LIST)
    history: tuple[Vintage, ...] = fact("losses by vintage, oldest first", "R-27", LIST)
    base_date: date = fact("base date of the forecast; the cut-off date", "R-15", DAY)
    assumptions: Words = fact("assumptions of the forecast", "R-27")
    total_future_cash: int = fact("contractual cash after the base date: the sum of the flows", "R-33", MONEY, gt=0)
    providers: tuple[Provider, ...] = fact("who owes the cash", "R-15", LIST, min_length=1)
    flows: tuple[Flow, ...] = fact("contractual payments by provider and day", "R-15", LIST, min_length=1)
    collection_route: Words = fact("from the debtor to the vehicle's account, step by step", "R-27")
    valuation: Valuation = fact("the latest valuation", "R-27", "block")
    servicer: Code = fact("who collects", "R-27", "id of a party with the role servicer")
