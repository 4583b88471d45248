"""What each item of evidence adds to a party's portfolio or total assets, or why it adds nothing (R-45, R-46). Pure.

Sums are exact fractions of Hong Kong dollars. Amounts stay here: what leaves this module for refusals says which items
count and why the others do not, never what anybody owns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from abst.investor.ageing import good_until, months_of
from abst.investor.evidence import Basis, Evidence, EvidenceType
from abst.investor.grounds import Answer, Short, Support
from abst.investor.model import Kind, PrivateRecord, Related, Role, Tie
from abst.rulebook import Rulebook

WHOLE = 10_000  # shares of an entity, in 1/10,000


@dataclass(frozen=True, slots=True)
class Look:
    """A record looked at on a day."""

    record: PrivateRecord
    rulebook: Rulebook
    on: date

    def number(self, name: str) -> int:
        return self.rulebook.number("R-45", name)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody whose money is reckoned. ids: by which evidence names it as holder, empty text for the investor.

    account: a joint holder's share of the investor's account; None for anybody else.
    """

    ids: tuple[str, ...]
    kind: Kind
    account: Fraction | None = None

    @property
    def name(self) -> str:
        return self.ids[0]


INVESTOR = ("",)


@dataclass(frozen=True, slots=True)
class Line:
    """One item for one party. worth: HKD it adds, or would add; until: last good day; setback: why it adds nothing."""

    place: str
    worth: Fraction
    until: date
    setback: str = ""
    rule: str = ""
    needed: str = ""
    late: bool = False


def lines(look: Look, party: Party, kind: EvidenceType) -> list[Line]:
    """All items of one type that are the party's, each with what it adds or why it adds nothing."""
    items = [(number, item) for number, item in enumerate(look.record.evidence, start=1) if item.type is kind]
    first: dict[Evidence, int] = {}
    found = []
    for number, item in items:
        line = _line(look, party, item, f"evidence[{number}]")
        if line is not None and len(items) > 1:
            line = counted_once(line, first.setdefault(item, number), number)
        if line is not None:
            found.append(line)
    return found


def counted_once(line: Line, first: int, number: int) -> Line:
    """One item told twice, with the same paper, amount and day, counts once (R-45)."""
    if first == number or line.setback:
        return line
    return replace(line, setback=f"the same as evidence[{first}]", rule="R-45", needed="each item once")


def _line(look: Look, party: Party, item: Evidence, place: str) -> Line | None:
    company = _company_of(look, party, item)
    if item.holder not in party.ids and company is None and not (party.account is not None and not item.holder):
        return None
    natural = party.kind.natural
    until = good_until(item, months_of(item, natural, look.rulebook))
    share = _share(party, item, company)
    worth = item.hkd * (Fraction(1) if share is None else share)
    setback = _setback(look, party, item, share)
    if setback is not None:
        return Line(place, worth, until, *setback)
    if company is not None:
        held = wholly_owned_until(look, company)
        if isinstance(held, Short):
            return Line(place, worth, until, held.found, "R-45", held.needed, held.lapsed)
        until = min(until, held.until)
    if until < look.on:
        return Line(place, worth, until, f"good until {until}", "R-45, R-56", f"evidence good on {look.on}", late=True)
    return Line(place, worth, until)


def _setback(look: Look, party: Party, item: Evidence, share: Fraction | None) -> tuple[str, str, str] | None:
    """Why an item adds nothing, the rule and what is needed; None when it counts."""
    book = look.rulebook
    if share is None and (said := share_unsaid(item, party)):
        return said, "R-45", "a basis that fits, and a share of an account with others"
    if said := personal_asset(item, party, book):
        return said, "R-46", "assets other than a home, a pension or unlisted shares"
    if said := outside_portfolio(item, book):
        return said, "R-45", ", ".join(book.words("R-45", "portfolio_assets"))
    if said := rate_far(item, book):
        return said, "R-45", f"a rate within {look.number('rate_days')} days of the relevant date"
    if said := of_later_day(item, look.on):
        return said, "R-45", f"evidence of a day not after {look.on}"
    return None


def _company_of(look: Look, party: Party, item: Evidence) -> Related | None:
    """The company of a natural person whose portfolio the item shows as his own (Cap. 571D s. 5(1)(d))."""
    if item.basis is not Basis.OWN_CORPORATION or not party.kind.natural:
        return None
    for entity in look.record.related:
        if entity.id == item.holder and entity.tie is Tie.OWNED and entity.of in party.ids:
            return entity
    return None


def _share(party: Party, item: Evidence, company: Related | None) -> Fraction | None:
    """What part of the item is the party's; None when the record does not say."""
    if item.basis is Basis.OWN_CORPORATION and company is None:  # it names no company of his
        return None
    if party.account is not None and not item.holder:  # the account of joint investors
        if item.basis is Basis.JOINT_OTHER:
            return party.account
        return Fraction(1) if item.basis is Basis.JOINT_ASSOCIATE else None
    if item.basis is not Basis.JOINT_OTHER:
        return Fraction(1) if party.kind.natural or item.basis is Basis.OWN else None
    if not party.kind.natural:
        return None
    if item.share_bps:
        return Fraction(item.share_bps, WHOLE)
    return Fraction(1, item.account_holders) if item.account_holders else None


def share_unsaid(item: Evidence, party: Party) -> str:
    """R-45: why an account gives the party no share, in words."""
    if item.basis is Basis.JOINT_OTHER and party.kind.natural:
        return "a joint account without an agreed share or number of holders"
    return f"the basis {item.basis.value} does not fit"


def personal_asset(item: Evidence, party: Party, rulebook: Rulebook) -> str:
    """R-46: a natural person's home, pension and unlisted shares do not count; in words, empty when it counts."""
    return (
        f"{item.asset} not counted" if party.kind.natural and item.asset in rulebook.words("R-46", "excluded") else ""
    )


def outside_portfolio(item: Evidence, rulebook: Rulebook) -> str:
    """R-45: a portfolio is securities, certificates of deposit and money with a custodian; empty when it is one."""
    if item.type is not EvidenceType.PORTFOLIO or item.asset in rulebook.words("R-45", "portfolio_assets"):
        return ""
    return "of an asset that is no part of a portfolio" if item.asset else "without an asset code"


def rate_far(item: Evidence, rulebook: Rulebook) -> str:
    """R-45: the rate is of a day near the relevant date; in words, empty when it is."""
    if item.rate_date is None:
        return ""
    days = abs((item.rate_date - item.relevant_date).days)
    return f"its rate is {days} days off" if days > rulebook.number("R-45", "rate_days") else ""


def of_later_day(item: Evidence, on: date) -> str:
    """R-45: evidence speaks of a day that has been; in words, empty when it does."""
    return f"of {item.relevant_date}, still to come" if item.relevant_date > on else ""


def proof(look: Look, holder: str, kind: EvidenceType) -> date | None:
    """Last good day of the papers of one type about one holder that are good on the day; None without one (R-45)."""
    months = look.number("evidence_months")
    found = [
        last
        for item in look.record.evidence
        if item.type is kind and item.holder == holder and item.relevant_date <= look.on
        if (last := good_until(item, months)) >= look.on
    ]
    return max(found, default=None)


def wholly_owned_until(look: Look, company: Related) -> Answer:
    """R-45: a corporation wholly owned, whose principal business is to hold investments, on evidence still good."""
    if company.kind is not Kind.CORPORATION or company.share_bps != WHOLE:
        said = f"{company.id} is owned to {company.share_bps} of {WHOLE}"
        return Short(said, f"a corporation owned to {WHOLE} of {WHOLE}")
    answers = [
        proven(look, company.id, EvidenceType.OWNERSHIP, f"that {company.id} is owned as said"),
        proven(look, company.id, EvidenceType.BUSINESS, f"that the principal business of {company.id} is investments"),
    ]
    for answer in answers:
        if isinstance(answer, Short):
            return answer
    return Support(min(a.until for a in answers if isinstance(a, Support)), f"{company.id}, wholly owned")


def proven(look: Look, holder: str, kind: EvidenceType, what: str) -> Answer:
    """Whether papers of one type about a holder are good on the day, and until when (R-45)."""
    until = proof(look, holder, kind)
    if until is None:
        return Short(f"no good evidence {what}", f"evidence {what}, good on {look.on}")
    return Support(until, what)


def reach(good: list[Line], threshold: Fraction) -> tuple[date | None, Fraction]:
    """The sum, and the last good day of the line that lifts it to the threshold: with it gone the sum falls short."""
    total = Fraction(0)
    until: date | None = None
    for line in sorted(good, key=lambda one: one.until, reverse=True):
        total += line.worth
        if until is None and total >= threshold:
            until = line.until
    return until, total


def amounts_to(look: Look, party: Party, kind: EvidenceType, threshold: int) -> Answer:
    """R-45, R-46: whether a party's items of a type reach a threshold in HKD, exactly, on the day."""
    every = lines(look, party, kind)
    good = [line for line in every if not line.setback]
    least = Fraction(threshold)
    until, total = reach(good, least)
    if until is not None:
        return Support(until, f"{kind.value} of at least HKD {threshold:,}.00")
    late = [line for line in every if line.late]
    left = [line for line in every if line.setback]
    whose = f"{party.name}: " if party.name else ""
    told = f"{whose}{kind.value} below HKD {threshold:,}.00, {len(good)} of {len(every)} items counted"
    if total + sum(line.worth for line in late) >= least:
        return Short(f"{told}; {_setbacks(late)}", _needs(late), "R-45, R-56", lapsed=True)
    if total + sum(line.worth for line in left) >= least:
        return Short(f"{told}; {_setbacks(left)}", _needs(left), _rules(left), uncounted=True)
    told = f"{told}; {_setbacks(left)}" if left else told
    return Short(told, f"HKD {threshold:,}.00 ({kind.value}), of evidence not older than {_age(look)} months")


def _age(look: Look) -> int:
    return look.number("evidence_months")


def _setbacks(left: list[Line]) -> str:
    return "; ".join(sorted(f"{line.place} {line.setback}" for line in left))


def _needs(left: list[Line]) -> str:
    return "; ".join(sorted({line.needed for line in left}))


def _rules(left: list[Line]) -> str:
    return ", ".join(sorted({"R-45", *(rule for line in left for rule in line.rule.split(", "))}))


def reckoned(record: PrivateRecord, rulebook: Rulebook, on: date) -> list[dict[str, str]]:
    """What each portfolio and asset item of an investor counts on a day, in HKD to the cent below: personal, to reveal.

    For joint holders once for each; what does not count says why.
    """
    look = Look(record, rulebook, on)
    parties = [Party(INVESTOR, record.kind)]
    holders = [person for person in record.persons if person.role is Role.HOLDER]
    if record.kind is Kind.JOINT:
        parties = [Party((one.id,), Kind.INDIVIDUAL, account_share(one.share_bps, len(holders))) for one in holders]
    return [
        {
            "of": party.name,
            "item": line.place,
            "type": kind.value,
            "hkd": "0.00" if line.setback else _cents(line.worth),
            "until": line.until.isoformat(),
            "not_counted": line.setback,
        }
        for party in parties
        for kind in (EvidenceType.PORTFOLIO, EvidenceType.ASSETS)
        for line in lines(look, party, kind)
    ]


def account_share(share_bps: int | None, holders: int) -> Fraction:
    """A joint holder's share of the account: as agreed, or else equal (Cap. 571D s. 5(2))."""
    return Fraction(1, holders) if share_bps is None else Fraction(share_bps, WHOLE)


def _cents(amount: Fraction) -> str:
    """Dollars and cents rounded down, so that a sum just under a threshold never reads as reaching it."""
    cents = amount.numerator * 100 // amount.denominator
    return f"{cents // 100:,}.{cents % 100:02d}"
