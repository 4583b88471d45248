"""The money (R-30): what is raised, what it is for, how it comes home, accounts and foreign-exchange references."""

from __future__ import annotations

from datetime import date

from abst.filing.blocks.base import CODE, COUNTRY, CURRENCY, DAY, ID, LIST, MONEY, Block, Code, Paper, Words, fact


class Use(Block):
    """One use of the money that comes home (R-100)."""

    code: Code = fact("code of the use; the repatriation ledger names it", "R-100", CODE)
    amount: int = fact("amount for it", "R-100", MONEY, gt=0)
    words: Words = fact("what is paid", "R-30")


class Repatriation(Block):
    """How the money comes home: the onshore leg (R-98, R-100)."""

    form: Code = fact(
        "sale-price, capital or another; these debts bear the term test", "R-98", CODE, of="R-98 debt_forms"
    )
    received_by: date = fact("day by which the money is onshore", "R-100", DAY)
    repaid_by: date | None = fact("last repayment, when the form is a debt", "R-98", DAY, None)
    words: Words = fact("through which accounts, in which steps", "R-30")


class Account(Block):
    """One registered account; each leg of the money names one (R-99)."""

    id: Code = fact("id of the account", "R-99", ID)
    role: Code = fact("leg of the money; these must be there", "R-99", CODE, of="R-99 legs")
    bank: Words = fact("the bank", "R-99")
    country: str = fact("where the account is kept", "R-99", COUNTRY)
    currency: str = fact("currency of the account", "R-99", CURRENCY)
    registration: str = fact("number under which it is registered", "R-99", "number")


class FxReference(Paper):
    """One outbound-investment filing or foreign-exchange registration (R-97, R-101)."""

    authority: Words = fact("who gave it", "R-97")
    number: Words = fact("its number", "R-97")
    kind: Code = fact("kind of reference; these must be there", "R-97", CODE, of="R-97 kinds")
    amount: int = fact(
        "registered amount; of a registration the quota", "R-101", "smallest units of its currency", ge=0
    )
    currency: str = fact("currency of the amount", "R-97", CURRENCY)
    registered_on: date = fact("first good day", "R-97", DAY)
    expires_on: date | None = fact("last good day; empty when unlimited", "R-97", DAY, None)


class SettlementAsset(Block):
    """What money settles in (R-65)."""

    kind: Code = fact("kind of asset", "R-65", CODE, of="R-65 allowed")
    currency: str = fact("currency it pays", "R-65", CURRENCY)


class Money(Block):
    """Raised, costs, kept offshore and brought home; raised = costs + retained + remitted (R-100)."""

    raised: int = fact("money raised: the total of the plan", "R-33", MONEY, gt=0)
    costs: int = fact("costs of the issue", "R-100", MONEY, ge=0)
    retained: int = fact("kept offshore", "R-100", MONEY, ge=0)
    remitted: int = fact("brought home", "R-100", MONEY, ge=0)
    uses: tuple[Use, ...] = fact("uses of what is brought home; they sum to it", "R-100", LIST, min_length=1)
    repatriation: Repatriation = fact("how it comes home", "R-30", "block")
    accounts: tuple[Account, ...] = fact("registered accounts, one at least for each leg", "R-99", LIST)
    fx: tuple[FxReference, ...] = fact("foreign-exchange references", "R-97", LIST)
    settlement_assets: tuple[SettlementAsset, ...] = fact("what money settles in", "R-65", LIST, min_length=1)
