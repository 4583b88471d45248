"""What is kept of filings: the file and its versions, every act of the authority, tranches made, documents by hash;
and beside a filing: contacts, breaks, re-tests, renewals, registrations, firms, marketing, leads and exports.

Days are ISO dates; `at` and every name that ends in it are Unix seconds. Names are those of firms and authorities.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, JsonText, Second, Whole


class Filing(Base):
    """One filing. `number` is its id on chain, never used twice; `state` a `states.Status` value."""

    __tablename__ = "filing"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    number: Mapped[int] = mapped_column(Second, unique=True)
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String)
    version: Mapped[int] = mapped_column(Integer)  # the current row of filing_version
    created_at: Mapped[int] = mapped_column(Second)
    # The public notice of the outcome: a record, never an endorsement.
    notice_number: Mapped[str | None] = mapped_column(Text, default=None)
    notice_date: Mapped[str | None] = mapped_column(String, default=None)
    notice_uri: Mapped[str | None] = mapped_column(Text, default=None)
    notice_hash: Mapped[str | None] = mapped_column(String, default=None)


class FilingVersion(Base):
    """One version of the file as drafted or supplemented: dossier and deal word for word, and the plan they make."""

    __tablename__ = "filing_version"

    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    dossier: Mapped[str] = mapped_column(Text)
    dossier_digest: Mapped[str] = mapped_column(String)
    deal: Mapped[str] = mapped_column(Text)
    deal_hash: Mapped[str] = mapped_column(String)
    plan: Mapped[dict[str, Any]] = mapped_column(JsonText)
    plan_hash: Mapped[str] = mapped_column(String)
    actor: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class FilingEvent(Base):
    """One act on a filing: who, on what evidence, and the second officer where the rule asks for one."""

    __tablename__ = "filing_event"
    __table_args__ = (CheckConstraint("second IS NULL OR second <> actor", name="two_officers"),)

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    old: Mapped[str | None] = mapped_column(String)
    new: Mapped[str] = mapped_column(String)
    version: Mapped[int] = mapped_column(Integer)
    actor: Mapped[str] = mapped_column(String)
    second: Mapped[str | None] = mapped_column(String, default=None)
    evidence: Mapped[str] = mapped_column(String)
    note: Mapped[str] = mapped_column(Text, default="")
    proposal: Mapped[str | None] = mapped_column(String, default=None)
    at: Mapped[int] = mapped_column(Second)


class TrancheRow(Base):
    """One tranche of a filing's plan; `token` is its address once made."""

    __tablename__ = "tranche"
    __table_args__ = (UniqueConstraint("filing", "symbol"),)

    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)  # from 0, the order on chain
    symbol: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    cap: Mapped[int] = mapped_column(Whole)
    token: Mapped[str | None] = mapped_column(String, unique=True, default=None)
    created_at: Mapped[int | None] = mapped_column(Second, default=None)


class DocumentRow(Base):
    """One document or piece of evidence of a filing, by code, with the SHA-256 of its bytes."""

    __tablename__ = "filing_document"

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    version: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String)
    title: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


# ---- registers beside a filing


def _two_officers() -> CheckConstraint:
    return CheckConstraint("checker <> maker", name="two_officers")


class Contact(Base):
    """One contact with the authority (R-36). silent: in the time between receipt and its first request."""

    __tablename__ = "authority_contact"

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    party: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(String)
    silent: Mapped[bool] = mapped_column(Boolean)
    actor: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class Finding(Base):
    """A prohibition that arose after filing (R-13); open until two officers clear it. Its content is fixed."""

    __tablename__ = "ineligibility"
    __table_args__ = (CheckConstraint("clear_checker <> clear_maker", name="two_officers"),)

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    rule: Mapped[str] = mapped_column(String)
    evidence: Mapped[str] = mapped_column(String)
    note: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
    cleared_at: Mapped[int | None] = mapped_column(Second, default=None)
    clear_evidence: Mapped[str | None] = mapped_column(String, default=None)
    clear_maker: Mapped[str | None] = mapped_column(String, default=None)
    clear_checker: Mapped[str | None] = mapped_column(String, default=None)


class Retest(Base):
    """Answers given again to the prohibitions and the negative list (R-22)."""

    __tablename__ = "retest"
    __table_args__ = (_two_officers(),)

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    list_version: Mapped[str] = mapped_column(Text)
    answers: Mapped[list[Any]] = mapped_column(JsonText)
    evidence: Mapped[str] = mapped_column(String)
    maker: Mapped[str] = mapped_column(String)
    checker: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class Renewal(Base):
    """A later opinion of counsel, by kind (R-35)."""

    __tablename__ = "opinion_renewal"
    __table_args__ = (_two_officers(),)

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    kind: Mapped[str] = mapped_column(String)
    good_until: Mapped[int] = mapped_column(Second)
    evidence: Mapped[str] = mapped_column(String)
    maker: Mapped[str] = mapped_column(String)
    checker: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class FxEntry(Base):
    """A registration made or amended after the filing (R-97); a later one of the same kind and number replaces it."""

    __tablename__ = "fx_registration"
    __table_args__ = (_two_officers(),)

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    authority: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String)
    amount: Mapped[int] = mapped_column(Whole)
    currency: Mapped[str] = mapped_column(String)
    registered_on: Mapped[str] = mapped_column(String)
    expires_on: Mapped[str | None] = mapped_column(String, default=None)
    evidence: Mapped[str] = mapped_column(String)
    maker: Mapped[str] = mapped_column(String)
    checker: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class Provider(Base):
    """One firm of the vendor register (R-63)."""

    __tablename__ = "provider"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String)
    country: Mapped[str] = mapped_column(String)
    actor: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class Review(Base):
    """A risk assessment of a firm, or an audit of the code it runs (R-63)."""

    __tablename__ = "provider_review"

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    provider: Mapped[str] = mapped_column(ForeignKey("provider.id"), index=True)
    kind: Mapped[str] = mapped_column(String)
    done_on: Mapped[str] = mapped_column(String)
    code_hash: Mapped[str] = mapped_column(String)
    evidence: Mapped[str] = mapped_column(String)
    actor: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class Link(Base):
    """A firm's service to a filing (R-66). It ends by hand, or by itself when the filing is effective no more."""

    __tablename__ = "provider_link"

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    provider: Mapped[str] = mapped_column(ForeignKey("provider.id"), index=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    evidence: Mapped[str] = mapped_column(String)
    actor: Mapped[str] = mapped_column(String)
    attached_at: Mapped[int] = mapped_column(Second)
    detached_at: Mapped[int | None] = mapped_column(Second, default=None)
    detached_by: Mapped[str | None] = mapped_column(String, default=None)
    reason: Mapped[str | None] = mapped_column(Text, default=None)


class Report(Base):
    """A report that a firm made of its business to its authority (R-67)."""

    __tablename__ = "provider_report"

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    link: Mapped[int] = mapped_column(ForeignKey("provider_link.id"), index=True)
    authority: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    day: Mapped[str] = mapped_column(String)
    evidence: Mapped[str] = mapped_column(String)
    actor: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class MarketingItem(Base):
    """One item of marketing that two officers let out (R-68)."""

    __tablename__ = "marketing_item"
    __table_args__ = (_two_officers(),)

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    audience: Mapped[list[str]] = mapped_column(JsonText)
    places: Mapped[list[str]] = mapped_column(JsonText)
    geo_block: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(String)
    maker: Mapped[str] = mapped_column(String)
    checker: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)


class Lead(Base):
    """A lead of illegal conduct, and to whom it was reported (R-68). Its content is fixed."""

    __tablename__ = "conduct_lead"

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    about: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(String)
    actor: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
    authority: Mapped[str | None] = mapped_column(Text, default=None)
    reference: Mapped[str | None] = mapped_column(Text, default=None)
    report_evidence: Mapped[str | None] = mapped_column(String, default=None)
    reported_by: Mapped[str | None] = mapped_column(String, default=None)
    reported_at: Mapped[int | None] = mapped_column(Second, default=None)


class Export(Base):
    """Documents that went abroad, with consent and assessment (R-80, R-82)."""

    __tablename__ = "filing_export"

    id: Mapped[int] = mapped_column(Second, primary_key=True, autoincrement=True)
    filing: Mapped[str] = mapped_column(ForeignKey("filing.id"), index=True)
    receiver: Mapped[str] = mapped_column(Text)
    consent: Mapped[str] = mapped_column(Text)
    assessment: Mapped[str] = mapped_column(Text)
    personal: Mapped[bool] = mapped_column(Boolean)
    evidence: Mapped[str] = mapped_column(String)
    actor: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(Second)
