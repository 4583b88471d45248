"""Foreign-exchange registrations of a filing: those of its dossier, and those that two officers recorded later (R-97).

Amounts are smallest units of the registration's currency; the quota is what the foreign-exchange registrations in
force allow in the plan's currency (R-101). A registration is good to the last second of its last day in the office's
zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.books import enter, propose_entry
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.decisions import judge
from abst.errors import UsageError
from abst.filing import gates, records
from abst.filing.dossier import Dossier
from abst.filing.gates import NO_END, NO_QUOTA, PaperFacts
from abst.filing.tables import Filing, FxEntry
from abst.values import Address, first_second_of, last_second_of

QUOTA_KIND = "fx-registration"  # the kind whose amount is the quota; others are leave to invest, not an amount raised


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration. good_from, good_until: Unix seconds, the latter NO_END when it has no last day."""

    authority: str
    number: str
    kind: str
    amount: int
    currency: str
    registered_on: date
    expires_on: date | None
    good_from: int
    good_until: int
    evidence: str
    later: bool  # recorded after the filing, by two officers

    def in_force(self, now: int) -> bool:
        return self.good_from <= now <= self.good_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A registration made or amended after the filing. amount: smallest units; expires_on None: no last day."""

    officer: str
    request: str
    filing: str
    authority: str
    number: str
    kind: str
    amount: int
    currency: str
    registered_on: date
    expires_on: date | None
    evidence: Evidence


@once
def register(office: Office, cmd: Register) -> Result:
    """Propose a registration for the filing (R-97); a second officer enters it. MAKER.

    Raises UsageError for an unknown kind, no amount or days in the wrong order, Refused for one that has ended.
    """
    kinds = office.rulebook.words("R-97", "kinds")
    if cmd.kind not in kinds:
        raise UsageError("no such kind of registration", found=cmd.kind, needed=", ".join(kinds), where="kind")
    if cmd.amount <= 0 or not cmd.number.strip():
        raise UsageError("a registration has a number and an amount", found=f"{cmd.number!r}, {cmd.amount}")
    if cmd.expires_on is not None and cmd.expires_on < cmd.registered_on:
        found, needed = cmd.expires_on.isoformat(), f"{cmd.registered_on} or later"
        raise UsageError("a registration ends after it begins", found=found, needed=needed, where="until")
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
    content: dict[str, Any] = {
        "officer": cmd.officer,
        "filing": filing.id,
        "authority": cmd.authority,
        "number": cmd.number,
        "registration": cmd.kind,
        "amount": str(cmd.amount),
        "currency": cmd.currency,
        "registered_on": cmd.registered_on.isoformat(),
        "expires_on": cmd.expires_on.isoformat() if cmd.expires_on else None,
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "fx register", cmd.request, content)
    if act.earlier:
        return act.again()
    until = NO_END if cmd.expires_on is None else last_second_of(cmd.expires_on, office.zone)
    facts = PaperFacts(filing.id, act.at, f"{cmd.kind} {cmd.number}", until, "R-97")
    return propose_entry(
        office,
        act,
        maker=cmd.officer,
        kind="fx register",
        subject=f"filing {filing.id}",
        facts=content,
        judged=[judge("filing-paper", gates.PAPER, facts)],
    )


def _registered(office: Office, session: Session, closing: Closing) -> None:
    told = closing.content
    session.add(
        FxEntry(
            filing=told["filing"],
            authority=told["authority"],
            number=told["number"],
            kind=told["registration"],
            amount=int(told["amount"]),
            currency=told["currency"],
            registered_on=told["registered_on"],
            expires_on=told["expires_on"],
            evidence=told["evidence"]["sha256"],
            maker=closing.maker,
            checker=str(closing.checker),
            at=closing.at,
        )
    )
    session.flush()


# ---- reading


def registrations(session: Session, filing: Filing, dossier: Dossier, zone: str) -> list[Registration]:
    """Those of the dossier, each replaced by the last later one of its kind and number, and the later ones besides."""
    found = {(r.kind, r.number): r for r in _of_dossier(dossier, zone)}
    query = select(FxEntry).where(FxEntry.filing == filing.id).order_by(FxEntry.id)
    for row in session.scalars(query):
        until = None if row.expires_on is None else date.fromisoformat(row.expires_on)
        found[row.kind, row.number] = _registration(
            row.authority,
            row.number,
            row.kind,
            row.amount,
            row.currency,
            date.fromisoformat(row.registered_on),
            until,
            row.evidence,
            zone,
            later=True,
        )
    return list(found.values())


def _of_dossier(dossier: Dossier, zone: str) -> Iterable[Registration]:
    for entry in dossier.money.fx if dossier.money else ():
        yield _registration(
            entry.authority,
            entry.number,
            entry.kind,
            entry.amount,
            entry.currency,
            entry.registered_on,
            entry.expires_on,
            entry.sha256,
            zone,
            later=False,
        )


def _registration(
    authority: str,
    number: str,
    kind: str,
    amount: int,
    currency: str,
    registered_on: date,
    expires_on: date | None,
    evidence: str,
    zone: str,
    *,
    later: bool,
) -> Registration:
    begins = first_second_of(registered_on, zone)
    until = NO_END if expires_on is None else last_second_of(expires_on, zone)
    return Registration(
        authority, number, kind, amount, currency, registered_on, expires_on, begins, until, evidence, later
    )


def raised(office: Office, session: Session, filing: Filing) -> int:
    """Face minted under the filing so far, in smallest units; what was redeemed since stays counted (R-101)."""
    rows = records.tranches(session, filing.id)
    return minted(office, [Address(row.token) for row in rows if row.token is not None])


def minted(office: Office, tokens: Iterable[Address]) -> int:
    """Face ever minted of these tokens, in smallest units."""
    return sum(int(office.contracts.token(token).read("minted")) for token in tokens)


@dataclass(frozen=True, slots=True)
class FxStanding:
    """What the registrations come to. missing: kinds never made; good_until: of the needed kind that ends first."""

    missing: tuple[str, ...]
    reference: str
    good_until: int
    quota: int


def standing_of(found: Sequence[Registration], kinds: Sequence[str], currency: str, now: int) -> FxStanding:
    """Whether each needed kind is registered, until when, and the quota in force; NO_QUOTA when none was registered."""
    begun = [r for r in found if r.good_from <= now]
    by_kind = {kind: [r for r in begun if r.kind == kind] for kind in kinds}
    ends = [max(r.good_until for r in made) for made in by_kind.values() if made]
    quotas = [r for r in begun if r.kind == QUOTA_KIND]
    return FxStanding(
        missing=tuple(kind for kind, made in by_kind.items() if not made),
        reference=", ".join(f"{r.kind} {r.number}" for r in begun if r.kind in kinds),
        good_until=min(ends, default=0),
        quota=sum(r.amount for r in quotas if r.in_force(now) and r.currency == currency) if quotas else NO_QUOTA,
    )


def show(office: Office, filing_id: str) -> dict[str, Any]:
    """The registrations of a filing, the quota in force, and what was minted of it so far. Raises NotFound."""
    now, kinds = office.now(), office.rulebook.words("R-97", "kinds")
    with office.store.read() as session:
        filing = records.get(session, filing_id)
        version = records.current_version(session, filing)
        found = registrations(session, filing, Dossier.read(version.dossier), office.zone)
        minted = raised(office, session, filing)
    told = standing_of(found, kinds, str(version.plan["terms"][0]["currency"]), now)
    quota = None if told.quota == NO_QUOTA else told.quota
    return {
        "filing": filing.id,
        "registrations": [
            {
                "authority": one.authority,
                "number": one.number,
                "kind": one.kind,
                "amount": str(one.amount),
                "currency": one.currency,
                "registered_on": one.registered_on.isoformat(),
                "expires_on": one.expires_on.isoformat() if one.expires_on else None,
                "evidence": one.evidence,
                "later": one.later,
                "in_force": one.in_force(now),
            }
            for one in found
        ],
        "missing": list(told.missing),
        "quota": None if quota is None else str(quota),
        "raised": str(minted),
        "left": None if quota is None else str(max(quota - minted, 0)),
    }


HANDLERS = {"fx register": Handler(done=_registered, approve=enter)}
