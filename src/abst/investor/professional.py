"""Who is a professional investor in Hong Kong, in every branch of Cap. 571D and by category (R-45). Pure.

s. 4 trust corporation; s. 5 individual: his own portfolio, an account with spouse or children whole, his share of one
with others, and that of his wholly owned investment company; s. 6 corporation: (a) by portfolio or total assets, (b) an
investment company wholly owned by professionals, (c) one that wholly owns a corporation of (a); s. 7 partnership.
"""

from __future__ import annotations

from abst.investor.ageing import dates, expired, fresh, good_until
from abst.investor.evidence import EvidenceType
from abst.investor.grounds import Answer, Short, Support, best, every
from abst.investor.model import Kind, Related, Role, Tie
from abst.investor.reckoning import INVESTOR, WHOLE, Look, Party, account_share, amounts_to, proven

PORTFOLIO, ASSETS = EvidenceType.PORTFOLIO, EvidenceType.ASSETS


def professional(look: Look) -> Answer:
    """R-45: whether the investor of a record is professional on a day, by which branch, and until when."""
    if look.record.kind is Kind.JOINT:
        return joint(look)
    return standing(look, Party(INVESTOR, look.record.kind))


def standing(look: Look, party: Party, *, owner: bool = False) -> Answer:
    """The standing of one party. owner: it is asked as owner of an investment company, where fewer branches serve."""
    match party.kind:
        case Kind.INDIVIDUAL:
            return amounts_to(look, party, PORTFOLIO, look.number("individual_portfolio"))
        case Kind.PARTNERSHIP:
            return best(
                [
                    amounts_to(look, party, PORTFOLIO, look.number("partnership_portfolio")),
                    amounts_to(look, party, ASSETS, look.number("partnership_assets")),
                ]
            )
        case Kind.TRUST_CORPORATION:
            return amounts_to(look, party, ASSETS, look.number("trust_corporation_assets"))
        case Kind.CORPORATION:
            return corporation(look, party, owner=owner)
        case Kind.INSTITUTION:
            return by_category(look, party, "owner_categories" if owner else "categories")
        case Kind.JOINT:
            raise TypeError("joint investors are asked one by one")


def by_own_means(look: Look, party: Party) -> Answer:
    """Cap. 571D s. 6(a): a corporation by its portfolio or its total assets (R-45)."""
    return best(
        [
            amounts_to(look, party, PORTFOLIO, look.number("corporation_portfolio")),
            amounts_to(look, party, ASSETS, look.number("corporation_assets")),
        ]
    )


def corporation(look: Look, party: Party, *, owner: bool = False) -> Answer:
    """Cap. 571D s. 6: by its own means, by its owners, or (not for an owner) by the corporation it owns (R-45)."""
    answers = [by_own_means(look, party)]
    owners = [one for one in look.record.related if one.tie is Tie.OWNER and one.of in party.ids]
    owned = [one for one in look.record.related if one.tie is Tie.OWNED and one.of in party.ids]
    if owners:
        answers.append(owned_by_professionals(look, party, owners))
    if owned and not owner:
        answers.append(best([owns_professional(look, one) for one in owned]))
    return best(answers)


def owned_by_professionals(look: Look, party: Party, owners: list[Related]) -> Answer:
    """Cap. 571D s. 6(b): principal business investments, wholly owned by one or more professionals (R-45)."""
    shares = sum(one.share_bps for one in owners)
    if shares != WHOLE:
        return Short(f"owners named hold {shares} of {WHOLE}", f"owners of all {WHOLE}, each of them professional")
    answers = [proven(look, party.name, EvidenceType.BUSINESS, "that the principal business is investments")]
    for one in owners:
        answers.append(proven(look, one.id, EvidenceType.OWNERSHIP, f"that {one.id} is owner as said"))
        answers.append(standing(look, _party(one), owner=True))
    return every(answers, "investment company wholly owned by professionals")


def owns_professional(look: Look, company: Related) -> Answer:
    """Cap. 571D s. 6(c): it wholly owns a corporation that is professional by its own means (R-45)."""
    if company.kind is not Kind.CORPORATION or company.share_bps != WHOLE:
        said = f"{company.id} is owned to {company.share_bps} of {WHOLE}"
        return Short(said, f"a corporation owned to {WHOLE} of {WHOLE}")
    answers = [
        proven(look, company.id, EvidenceType.OWNERSHIP, f"that {company.id} is owned as said"),
        by_own_means(look, _party(company)),
    ]
    return every(answers, "wholly owns a professional corporation")


def joint(look: Look) -> Answer:
    """Cap. 571D s. 5 for each of several holders: the account whole among associates, else his share of it (R-45)."""
    holders = [person for person in look.record.persons if person.role is Role.HOLDER]
    if not holders:
        return Short("no holder is named", "every holder of the joint account, each of them professional")
    threshold = look.number("joint_portfolio")
    answers = []
    for one in holders:
        party = Party((one.id,), Kind.INDIVIDUAL, account_share(one.share_bps, len(holders)))
        answers.append(amounts_to(look, party, PORTFOLIO, threshold))
    return every(answers, f"each of {len(holders)} joint holders: portfolio of at least HKD {threshold:,}.00")


def by_category(look: Look, party: Party, setting: str) -> Answer:
    """R-45: an institution of a named category, on evidence still good."""
    months = look.number("evidence_months")
    known = look.rulebook.words("R-45", setting)
    items = [i for i in look.record.evidence if i.type is EvidenceType.CATEGORY and i.holder in party.ids]
    named = [item for item in items if item.category in known]
    for item in fresh(named, months, look.on):
        return Support(good_until(item, months), f"institution: {item.category}")
    late = expired(named, months, look.on)
    if late:
        told = f"{', '.join(item.category for item in late)}, {dates(late, months)}"
        needed = f"evidence good on {look.on}, not older than {months} months"
        return Short(told, needed, "R-45, R-56", lapsed=True)
    found = ", ".join(sorted({item.category for item in items})) or "no category"
    return Short(found, f"one of {', '.join(known)}, on evidence not older than {months} months")


def _party(one: Related) -> Party:
    return Party((one.id, one.person) if one.person else (one.id,), one.kind)
