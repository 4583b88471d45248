"""Everything a machine can say about a dossier before it is submitted. Pure; all checks run, each names its place.

A check takes the dossier and the rulebook and yields refusals. It is silent about a block that is absent, which
`missing_blocks` reports once.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pycountry
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from abst.deal import Deal
from abst.errors import Refusal
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook, refuse

Check = Callable[[Dossier, Rulebook], Iterator[Refusal]]


def check(dossier: Dossier, rulebook: Rulebook, deal: Deal | None = None) -> list[Refusal]:
    """Every refusal of the dossier, in the order of the file; with the deal, also where the two contradict."""
    found = [refusal for each in CHECKS for refusal in each(dossier, rulebook)]
    if deal is not None:
        found.extend(deal_agrees(dossier, deal))
    return found


def missing_blocks(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-25: every block of the report is there."""
    for block in rulebook.words("R-25", "blocks"):
        if getattr(dossier, block, None) is None:
            yield refuse("R-25", "block-missing", found="nothing", needed=f"the block {block}", where=block)


def missing_documents(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-24: every document of the list is there, once."""
    counts = Counter(document.code for document in dossier.documents or ())
    for code in rulebook.words("R-24", "documents"):
        if not counts[code]:
            yield refuse("R-24", "document-missing", found="nothing", needed=code, where=f"documents[{code}]")
    for code, count in counts.items():
        if count > 1:
            where = f"documents[{code}]"
            yield refuse("R-33", "document-repeated", found=f"{count} times", needed="once", where=where)


def filer(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-23: the filer is onshore, has a valid credit code, and the file shows its control of the assets."""
    entity = dossier.entity
    if entity is None:
        return
    try:
        uscc.validate(entity.credit_code)
    except ValidationError as error:
        needed = f"a unified social credit code of 18 characters with its check digit ({error})"
        yield refuse("R-23", "credit-code", found=entity.credit_code, needed=needed, where="entity.credit_code")
    onshore = rulebook.setting("R-01", "asset_location")
    if entity.country != onshore:
        yield refuse("R-23", "filer-offshore", found=entity.country, needed=onshore, where="entity.country")
    if entity.control_document not in {document.code for document in dossier.documents or ()}:
        needed = "the code of a document of this file"
        where = "entity.control_document"
        yield refuse("R-23", "control-not-shown", found=entity.control_document, needed=needed, where=where)


def codes(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-29: countries and currencies are those of ISO 3166-1 and ISO 4217."""
    countries: list[tuple[str, str]] = []
    currencies: list[tuple[str, str]] = []
    if dossier.entity is not None:
        countries.append(("entity.country", dossier.entity.country))
    if dossier.assets is not None:
        countries.append(("assets.location", dossier.assets.location))
    if dossier.structure is not None:
        countries.append(("structure.issue_place", dossier.structure.issue_place))
        for n, party in enumerate(dossier.structure.parties):
            countries.append((f"structure.parties[{n}].country", party.country))
    if dossier.plan is not None:
        currencies.append(("plan.currency", dossier.plan.currency))
    if dossier.money is not None:
        for n, asset in enumerate(dossier.money.settlement_assets):
            currencies.append((f"money.settlement_assets[{n}].currency", asset.currency))
    for where, code in countries:
        if not is_country(code):
            yield refuse("R-29", "country-unknown", found=code, needed="ISO 3166-1 alpha-2", where=where)
    for where, code in currencies:
        if not is_currency(code):
            yield refuse("R-29", "currency-unknown", found=code, needed="ISO 4217", where=where)


def is_country(code: str) -> bool:
    """Whether a code is ISO 3166-1 alpha-2, in capitals: the library's look-up ignores case, deny lists do not."""
    found = pycountry.countries.get(alpha_2=code)
    return found is not None and found.alpha_2 == code


def is_currency(code: str) -> bool:
    """Whether a code is ISO 4217, in capitals."""
    found = pycountry.currencies.get(alpha_3=code)
    return found is not None and found.alpha_3 == code


def scope(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-01, R-02, R-04: asset-backed form, onshore assets, issue and issuer outside the mainland."""
    if dossier.assets is not None:
        form, location = rulebook.setting("R-01", "form"), rulebook.setting("R-01", "asset_location")
        if dossier.assets.form != form:
            yield refuse("R-02", "wrong-regime", found=dossier.assets.form, needed=form, where="assets.form")
        if dossier.assets.location != location:
            found = dossier.assets.location
            yield refuse("R-01", "asset-location", found=found, needed=location, where="assets.location")
    if dossier.structure is not None:
        denied = rulebook.words("R-04", "denied")
        places = [("structure.issue_place", dossier.structure.issue_place)]
        for n, party in enumerate(dossier.structure.parties):
            if party.role in {"issuer", "trustee", "venue", "registry-operator"}:
                places.append((f"structure.parties[{n}].country", party.country))
        for where, place in places:
            if place in denied:
                needed = f"outside {', '.join(denied)}"
                yield refuse("R-04", "place-denied", found=place, needed=needed, where=where)


def prohibitions(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-07 to R-12: each prohibition is answered once, and the answer is clear; under today's list version (R-22)."""
    if dossier.prohibitions is None:
        return
    rules = rulebook.words("R-07", "prohibitions")
    for rule in rules:
        answers = [(n, a) for n, a in enumerate(dossier.prohibitions) if a.rule == rule]
        if not answers:
            where = f"prohibitions[{rule}]"
            yield refuse(rule, "prohibition-unanswered", found="no answer", needed="the answer clear", where=where)
        for n, answer in answers:
            if answer.answer != "clear":
                where = f"prohibitions[{n}].answer"
                yield refuse(rule, "prohibited", found=answer.answer, needed="clear", where=where)
        if len(answers) > 1:
            where = f"prohibitions[{rule}]"
            yield refuse("R-33", "prohibition-repeated", found=f"{len(answers)} answers", needed="one", where=where)
    for n, answer in enumerate(dossier.prohibitions):
        if answer.rule not in rules:
            where = f"prohibitions[{n}].rule"
            yield refuse("R-25", "prohibition-unknown", found=answer.rule, needed=", ".join(rules), where=where)
    version, given = rulebook.setting("R-22", "list_version"), dossier.filing.negative_list_version
    if given != version:
        yield refuse("R-22", "list-version", found=given, needed=version, where="filing.negative_list_version")


def years_before(day: date, years: int) -> date:
    """The same day `years` earlier; 29 February gives 28 February of a common year, so that no window is cut short."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def offences(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-09: no listed offence on or after the day three years before the file was prepared."""
    years = rulebook.number("R-09", "years")
    start = years_before(dossier.filing.prepared_on, years)
    for n, event in enumerate(dossier.offences):
        if event.on >= start:
            where = f"offences[{n}].on"
            yield refuse("R-09", "offence-in-window", found=event.on.isoformat(), needed=f"before {start}", where=where)


def major_providers(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-15: no discredited provider owes more than the share of all future contractual cash at the base date."""
    assets = dossier.assets
    if assets is None:
        return
    total = sum(provider.cash for provider in assets.providers)
    if total != assets.total_future_cash:
        found, where = str(assets.total_future_cash), "assets.total_future_cash"
        yield refuse("R-33", "cash-table", found=found, needed=f"{total}, the sum of the table", where=where)
        return
    limit: Decimal = rulebook.setting("R-15", "share")
    seen: set[str] = set()
    for n, provider in enumerate(assets.providers):
        where = f"assets.providers[{n}]"
        if provider.aggregate and provider.discredited:
            needed = "a row of its own for each discredited provider"
            yield refuse("R-15", "provider-hidden", found="an aggregate row", needed=needed, where=where)
        if provider.aggregate or not provider.discredited or provider.name in seen:
            continue
        seen.add(provider.name)
        # All rows of the name count, also those not marked: a person is discredited or is not.
        cash = sum(p.cash for p in assets.providers if p.name == provider.name and not p.aggregate)
        if Fraction(cash, total) > Fraction(limit):
            found = f"{cash} of {total}, {percent(Fraction(cash, total))}, discredited"
            needed = f"at most {limit.normalize():f} of future cash, or a provider of good standing"
            yield refuse("R-15", "major-provider", found=found, needed=needed, where=where)


def percent(share: Fraction) -> str:
    """A share in per cent with four decimals, rounded down, without floats."""
    tenthousandths = share.numerator * 1_000_000 // share.denominator
    return f"{tenthousandths // 10_000}.{tenthousandths % 10_000:04d} %"


def names(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-69: names and scopes of onshore parties carry none of the listed words."""
    onshore = rulebook.setting("R-01", "asset_location")
    texts: list[tuple[str, str]] = []
    if dossier.entity is not None and dossier.entity.country == onshore:
        texts.append(("entity.name", dossier.entity.name))
        texts.append(("entity.business_scope", dossier.entity.business_scope))
    for n, party in enumerate(dossier.structure.parties if dossier.structure else ()):
        if party.country == onshore:
            texts.append((f"structure.parties[{n}].name", party.name))
            texts.append((f"structure.parties[{n}].business_scope", party.business_scope))
    for where, text in texts:
        hits = banned_words(text, rulebook.words("R-69", "words"))
        if hits:
            needed = "a name and scope without the listed words"
            yield refuse("R-69", "name-rejected", found=", ".join(hits), needed=needed, where=where)


def banned_words(text: str, words: tuple[str, ...]) -> list[str]:
    """The listed words in a text: width and case do not matter, Latin words count as whole words only."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    hits = []
    for word in words:
        needle = unicodedata.normalize("NFKC", word).casefold()
        if needle.isascii():
            if re.search(rf"(?<![a-z0-9]){re.escape(needle)}(?![a-z0-9])", plain):
                hits.append(word)
        elif needle in re.sub(r"\s+", "", plain):
            hits.append(word)
    return hits


def issue_plan(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-29: the total is count times nominal and the sum of the faces; regimes exist in the rulebook."""
    plan = dossier.plan
    if plan is None:
        return
    product, faces = plan.count * plan.nominal, sum(t.face for t in plan.tranches)
    if plan.total != product:
        needed = f"{product}, count {plan.count} x nominal {plan.nominal}"
        yield refuse("R-29", "plan-total", found=str(plan.total), needed=needed, where="plan.total")
    if plan.total != faces:
        needed = f"{plan.total}, the total"
        yield refuse("R-29", "plan-faces", found=f"{faces}, the sum of faces", needed=needed, where="plan.tranches")
    for n, tranche in enumerate(plan.tranches):
        if not re.fullmatch(r"0|0?\.\d+|\d\.\d+", tranche.rate):
            where = f"plan.tranches[{n}].rate"
            yield refuse("R-29", "plan-rate", found=tranche.rate, needed="a decimal fraction a year", where=where)
    known = ", ".join(rulebook.regimes)
    for n, code in enumerate(plan.regimes):
        if code not in rulebook.regimes:
            yield refuse("R-29", "regime-unknown", found=code, needed=known, where=f"plan.regimes[{n}]")


def settlement(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-65: each settlement asset is of an allowed kind and currency."""
    if dossier.money is None:
        return
    kinds, currencies = rulebook.words("R-65", "allowed"), rulebook.words("R-65", "currencies")
    barred = rulebook.words("R-65", "barred")
    for n, asset in enumerate(dossier.money.settlement_assets):
        if asset.kind in barred or asset.kind not in kinds:
            where = f"money.settlement_assets[{n}].kind"
            yield refuse("R-65", "settlement-asset", found=asset.kind, needed=", ".join(kinds), where=where)
        elif is_currency(asset.currency) and asset.currency not in currencies:
            where = f"money.settlement_assets[{n}].currency"
            found, needed = asset.currency, ", ".join(currencies)
            yield refuse("R-65", "settlement-currency", found=found, needed=needed, where=where)


def approvals(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-31: every slot holds a document or a signed statement of non-applicability, not both."""
    if dossier.approvals is None:
        return
    slots = rulebook.words("R-31", "slots")
    for slot in slots:
        count = sum(a.slot == slot for a in dossier.approvals)
        if count != 1:
            found, where = f"{count} entries", f"approvals[{slot}]"
            yield refuse("R-31", "slot-empty" if not count else "slot-repeated", found=found, needed="one", where=where)
    for n, approval in enumerate(dossier.approvals):
        filled = (approval.document is not None) + (approval.not_applicable is not None)
        if filled != 1:
            found = "neither" if not filled else "both"
            needed = "a document or a statement"
            yield refuse("R-31", "slot-content", found=found, needed=needed, where=f"approvals[{n}]")
        if approval.slot not in slots:
            where = f"approvals[{n}].slot"
            yield refuse("R-31", "slot-unknown", found=approval.slot, needed=", ".join(slots), where=where)


def undertakings(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-32: the register names every role, and each person and intermediary signed exactly one undertaking."""
    if dossier.undertakings is None or dossier.entity is None or dossier.structure is None:
        return
    held = {person.role for person in dossier.entity.persons}
    for role in rulebook.words("R-32", "roles"):
        if role not in held:
            yield refuse("R-32", "role-missing", found="nobody", needed=f"a {role}", where="entity.persons")
    register = [p.id for p in dossier.entity.persons] + [p.id for p in dossier.structure.parties if p.intermediary]
    for person, count in Counter(register).items():
        if count > 1:
            where = f"entity.persons[{person}]"
            yield refuse("R-33", "person-repeated", found=f"{count} entries", needed="one", where=where)
    signed = Counter(undertaking.person for undertaking in dossier.undertakings)
    for person in dict.fromkeys(register):
        if signed[person] != 1:
            found, where = f"{signed[person]} undertakings", f"undertakings[{person}]"
            yield refuse("R-32", "undertaking-missing", found=found, needed="one signed undertaking", where=where)
    for n, undertaking in enumerate(dossier.undertakings):
        if undertaking.person not in register:
            where, needed = f"undertakings[{n}].person", "a person of the register"
            yield refuse("R-32", "undertaking-stranger", found=undertaking.person, needed=needed, where=where)


def law_opinion(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-35: a mainland opinion, signed by two lawyers and the head, that finds every prohibition clear."""
    if dossier.opinions is None:
        return
    mainland = [(n, opinion) for n, opinion in enumerate(dossier.opinions) if opinion.kind == "mainland-law"]
    if not mainland:
        yield refuse("R-35", "opinion-missing", found="none", needed="a mainland law opinion", where="opinions")
    lawyers = rulebook.number("R-35", "lawyers")
    firms = (
        {party.id for party in dossier.structure.parties if party.role == "mainland-counsel"}
        if dossier.structure
        else None
    )
    for n, opinion in mainland:
        where = f"opinions[{n}]"
        signers = len(set(opinion.lawyers))
        if signers < lawyers:
            needed = f"{lawyers} different lawyers"
            yield refuse("R-35", "opinion-signers", found=f"{signers}", needed=needed, where=f"{where}.lawyers")
        if not opinion.head.strip():
            yield refuse("R-35", "opinion-head", found="nobody", needed="the head of the firm", where=f"{where}.head")
        if firms is not None and opinion.firm not in firms:
            needed = "a party with the role mainland-counsel"
            yield refuse("R-35", "opinion-firm", found=opinion.firm, needed=needed, where=f"{where}.firm")
        clear = {c.rule for c in opinion.conclusions if c.clear} - {c.rule for c in opinion.conclusions if not c.clear}
        for rule in rulebook.words("R-07", "prohibitions"):
            if rule not in clear:
                place = f"{where}.conclusions[{rule}]"
                yield refuse("R-35", "opinion-conclusion", found="not clear", needed=f"{rule} clear", where=place)


def deal_agrees(dossier: Dossier, deal: Deal) -> Iterator[Refusal]:
    """R-33: what the dossier tells the authority is what the deal says."""
    pairs: list[tuple[str, object, object]] = [("filing.deal", dossier.filing.deal, deal.id)]
    if dossier.assets is not None:
        pairs.append(("assets.pool_balance", dossier.assets.pool_balance, deal.pool_balance))
        pairs.append(("assets.base_date", dossier.assets.base_date, deal.dates.cut_off))
    if dossier.plan is not None:
        plan = dossier.plan
        pairs.append(("plan.currency", plan.currency, deal.currency))
        pairs.append(("plan.decimals", plan.decimals, deal.decimals))
        pairs.append(("plan.legal_maturity", plan.legal_maturity, deal.dates.legal_maturity))
        pairs.append(("plan.tranches", len(plan.tranches), len(deal.tranches)))
        pairs.append(("plan.regimes", sorted(plan.regimes), sorted({r for t in deal.tranches for r in t.regimes})))
        for n, (told, made) in enumerate(zip(plan.tranches, deal.tranches, strict=False)):
            at = f"plan.tranches[{n}]"
            pairs.append((f"{at}.tranche", told.tranche, made.tranche))
            pairs.append((f"{at}.symbol", told.symbol, made.symbol))
            pairs.append((f"{at}.face", told.face, made.face))
            pairs.append((f"{at}.rate", _rate(told.rate), made.coupon))
    for where, told_value, deal_value in pairs:
        if told_value != deal_value:
            needed = f"{deal_value}, as in the deal"
            yield refuse("R-33", "contradiction", found=str(told_value), needed=needed, where=where)


def _rate(text: str) -> Decimal | str:
    return Decimal(text) if re.fullmatch(r"\d*\.?\d+", text) else text


CHECKS: tuple[Check, ...] = (
    missing_blocks,
    missing_documents,
    filer,
    codes,
    scope,
    prohibitions,
    offences,
    major_providers,
    names,
    issue_plan,
    settlement,
    approvals,
    undertakings,
    law_opinion,
)
