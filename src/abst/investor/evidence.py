"""Items of evidence: what each proves, whose it is, on which day, and its worth in Hong Kong dollars. Pure.

Amounts are whole hundredths of the currency, whatever its own decimals; rates to HKD are decimal text.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from pydantic import BaseModel, ConfigDict, Field, model_validator

from abst.investor.codes import Currency, Digest


class Piece(BaseModel):
    """A frozen part of a record; unknown fields are an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EvidenceType(StrEnum):
    PORTFOLIO = "portfolio"  # an investment portfolio, by asset code
    ASSETS = "assets"  # total assets of an entity, or those entrusted to a trustee
    CATEGORY = "category"  # licence or law that makes an institution
    OFFSHORE = "offshore-declaration"  # outside mainland and United States, with proof of residence
    OWNERSHIP = "ownership"  # that `holder`, a related entity, owns or is owned as the record says
    BUSINESS = "principal-business"  # that the principal business of `holder` is to hold investments


class Basis(StrEnum):
    """On what account a portfolio stands (Cap. 571D s. 5)."""

    OWN = "own"
    JOINT_ASSOCIATE = "joint-associate"  # with spouse or children alone: counts whole
    JOINT_OTHER = "joint-other"  # with others: his share, agreed in writing or else equal
    OWN_CORPORATION = "wholly-owned-corporation"  # of `holder`, his own company that holds investments

    @property
    def joint(self) -> bool:
        return self in {Basis.JOINT_ASSOCIATE, Basis.JOINT_OTHER}


class Document(StrEnum):
    """Which paper shows it (Cap. 571D s. 8); empty where nothing turns on it."""

    UNSAID = ""
    AUDITED_ACCOUNTS = "audited-accounts"
    CUSTODIAN_STATEMENT = "custodian-statement"
    AUDITOR_CERTIFICATE = "auditor-certificate"
    PUBLIC_FILING = "public-filing"


class Evidence(Piece):
    """One item of evidence. `relevant_date` is the day it speaks of; `expires_on` its own last good day, if it has one.

    `amount` in hundredths of `currency`; `hkd_rate` Hong Kong dollars for one unit of it on `rate_date`. `holder`: the
    person or related entity of the record whose it is, empty for the investor. `share_bps` (1/10,000) and
    `account_holders` (how many) say what part of a joint account with others is his.
    """

    type: EvidenceType
    asset: str = ""
    category: str = ""
    basis: Basis = Basis.OWN
    holder: str = ""
    share_bps: int | None = Field(default=None, ge=1, le=10_000)
    account_holders: int | None = Field(default=None, ge=2, le=100)
    document: Document = Document.UNSAID
    amount: int = Field(default=0, ge=0, le=10**20)
    currency: Currency = "HKD"
    hkd_rate: Decimal = Field(default=Decimal(1), gt=0, max_digits=20, decimal_places=10)
    rate_date: date | None = None
    relevant_date: date
    expires_on: date | None = None
    sha256: Digest

    @model_validator(mode="after")
    def _complete(self) -> Evidence:
        if self.type in {EvidenceType.PORTFOLIO, EvidenceType.ASSETS} and not self.amount:
            raise ValueError("needs an amount")
        if self.currency == "HKD" and self.hkd_rate != 1:
            raise ValueError("needs the rate 1 for HKD")
        if self.currency != "HKD" and self.rate_date is None:
            raise ValueError("needs a rate and its date for another currency than HKD")
        if self.type is EvidenceType.CATEGORY and not self.category:
            raise ValueError("needs a category")
        if self.expires_on is not None and self.expires_on < self.relevant_date:
            raise ValueError("needs an expiry on or after the relevant date")
        self._whose()
        return self

    def _whose(self) -> None:
        if self.basis is not Basis.OWN and self.type is not EvidenceType.PORTFOLIO:
            raise ValueError("needs the basis own for anything but a portfolio")
        if self.basis is Basis.OWN_CORPORATION and not self.holder:
            raise ValueError("needs the holder, the company whose portfolio it is")
        if self.basis is not Basis.JOINT_OTHER and (self.share_bps or self.account_holders):
            raise ValueError("needs the basis joint-other for a share of an account")
        if self.type is EvidenceType.OWNERSHIP and not self.holder:
            raise ValueError("needs the holder, the related entity whose ownership it proves")

    @property
    def hkd(self) -> Fraction:
        """Worth in Hong Kong dollars, exact."""
        return Fraction(self.amount, 100) * Fraction(self.hkd_rate)
