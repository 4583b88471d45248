"""Where a filing stands at a mint (R-03, R-13, R-22, R-35, R-42, R-66, R-97, R-99, R-101), gathered for the pure gates.

What never changes is read once in a process: the filed plan, and the terms of tokens that stand on the chain.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst.calendars import months_after
from abst.chain.office import Office
from abst.deal import Plan, plan_hash
from abst.deal.plan import TERMS_TYPES, Terms, differences, terms_from_tuple
from abst.errors import Refusal
from abst.filing import fx, records
from abst.filing.desk import plan_of
from abst.filing.dossier import Dossier
from abst.filing.gates import GATES, NO_QUOTA, Standing, decide
from abst.filing.tables import Filing, FilingVersion, Finding, Link, Provider, Renewal, Retest
from abst.values import Address, day_of, last_second_of

__all__ = ["GATES", "Standing", "decide", "gather", "refusals"]


def gather(office: Office, session: Session, filing: Filing, asked: int = 0) -> Standing:
    """Everything `GATES` look at, as of now. asked: units of face about to be minted. Raises NotFound."""
    now, book = office.now(), office.rulebook
    version, made = _version(office, session, filing), _tokens(session, filing)
    dossier = _dossier(office, version)
    told = fx.standing_of(
        fx.registrations(session, filing, dossier, office.zone), book.words("R-97", "kinds"), _currency(version), now
    )
    retest = session.scalar(select(Retest).where(Retest.filing == filing.id).order_by(Retest.id.desc()).limit(1))
    answered = dossier.filing.prepared_on if retest is None else day_of(retest.at, office.zone)
    months = book.number("R-13", "answers_months")
    return Standing(
        filing=filing.id,
        now=now,
        state=filing.state,
        list_version_given=retest.list_version if retest else dossier.filing.negative_list_version,
        list_version_now=str(book.setting("R-22", "list_version")),
        answers_good_until=last_second_of(months_after(answered, months), office.zone),
        eligibility_broken=broken_rule(session, filing.id),
        opinions_good_until=_opinions_until(session, filing, dossier, office.zone),
        fx_missing=told.missing,
        fx_reference=told.reference,
        fx_good_until=told.good_until,
        quota=told.quota,
        # Nothing is compared with no quota, so nothing is read of the chain for it.
        raised=0 if told.quota == NO_QUOTA else fx.minted(office, made.values()),
        asked=asked,
        providers_missing=_providers_missing(session, filing.id, book.words("R-66", "needed")),
        plan_filed=_plan_filed(office, filing),
        plan_now=_plan_now(office, filing, version),
        plan_deployed=_deployed(office, filing, version, made),
        accounts_known=bool(dossier.money and dossier.money.accounts),
    )


def refusals(office: Office, filing_id: str, asked: int = 0) -> tuple[Standing, list[Refusal]]:
    """The standing of a filing now, and every reason why nothing may be minted. Raises NotFound."""
    with office.store.read() as session:
        found = gather(office, session, records.get(session, filing_id), asked)
    return found, decide(found)


def broken_rule(session: Session, filing_id: str) -> str:
    """The prohibitions that broke after the filing and are not cleared, comma-separated; empty when none (R-13)."""
    open_ones = select(Finding.rule).where(Finding.filing == filing_id, Finding.cleared_at.is_(None))
    return ", ".join(sorted(set(session.scalars(open_ones))))


# ---- parts


def _opinions_until(session: Session, filing: Filing, dossier: Dossier, zone: str) -> int:
    """Last second at which every kind of opinion given still has a good one; 0 when there is none."""
    until: dict[str, int] = {}
    for opinion in dossier.opinions or ():
        until[opinion.kind] = max(last_second_of(opinion.good_until, zone), until.get(opinion.kind, 0))
    newest = select(Renewal.kind, func.max(Renewal.good_until)).where(Renewal.filing == filing.id)
    for kind, end in session.execute(newest.group_by(Renewal.kind)):
        until[kind] = max(end, until.get(kind, 0))
    return min(until.values(), default=0)


def _providers_missing(session: Session, filing_id: str, needed: tuple[str, ...]) -> tuple[str, ...]:
    if not needed:
        return ()
    attached = (
        select(Provider.kind)
        .join(Link, Link.provider == Provider.id)
        .where(Link.filing == filing_id, Link.detached_at.is_(None))
    )
    return tuple(sorted(set(needed) - set(session.scalars(attached))))


def _dossier(office: Office, version: FilingVersion) -> Dossier:
    key = ("dossier", version.dossier_digest)
    if key not in office.memo:
        office.memo[key] = Dossier.read(version.dossier)
    found: Dossier = office.memo[key]
    return found


def _currency(version: FilingVersion) -> str:
    return str(version.plan["terms"][0]["currency"])


def _plan_filed(office: Office, filing: Filing) -> str:
    """The plan hash on the chain; kept once the filing can answer no supplement any more (R-42)."""
    key = ("filed plan", filing.number)
    if key in office.memo:
        return str(office.memo[key])
    filed = str(office.contracts.registry.read("planHashOf", filing.number))
    if filing.state == "effective":
        office.memo[key] = filed
    return filed


def _plan_now(office: Office, filing: Filing, version: FilingVersion) -> str:
    """The plan hash that the stored file makes with this version's code, computed once for each version."""
    key = ("plan", filing.id, version.version)
    if key not in office.memo:
        office.memo[key] = plan_hash(plan_of(office, version.dossier, version.deal))
    return str(office.memo[key])


def _version(office: Office, session: Session, filing: Filing) -> FilingVersion:
    """The current version of the file, which is never changed: read once."""
    key = ("version", filing.id, filing.version)
    if key not in office.memo:
        office.memo[key] = records.current_version(session, filing)
    found: FilingVersion = office.memo[key]
    return found


def _tokens(session: Session, filing: Filing) -> dict[int, Address]:
    """The tokens made, by tranche."""
    return {row.number: Address(row.token) for row in records.tranches(session, filing.id) if row.token is not None}


def _deployed(office: Office, filing: Filing, version: FilingVersion, made: dict[int, Address]) -> str:
    """First difference between the terms of the tokens made and the stored plan; neither changes, so it stays."""
    key = ("terms as filed", filing.id, version.version, tuple(made.items()))
    if key not in office.memo:
        office.memo[key] = _first_difference(office, Plan.from_dict(version.plan), made)
    return str(office.memo[key])


def _first_difference(office: Office, plan: Plan, made: dict[int, Address]) -> str:
    on_chain = list(plan.terms)
    for number, token in made.items():
        on_chain[number] = _terms(office, token)
    found = differences(plan, Plan(plan.chain_id, plan.code_hash, tuple(on_chain), plan.offchain))
    return "" if not found else "; ".join(f"{name}: {theirs}, filed {ours}" for name, ours, theirs in found[:1])


def _terms(office: Office, token: Address) -> Terms:
    key = ("deployed terms", token)
    if key not in office.memo:
        read: list[Any] = list(office.contracts.token(token).read("terms"))
        words = [
            bytes.fromhex(value[2:]) if kind.startswith("bytes") and isinstance(value, str) else value
            for kind, value in zip(TERMS_TYPES, read, strict=True)
        ]
        office.memo[key] = terms_from_tuple(words)
    found: Terms = office.memo[key]
    return found
