"""The money block: settlement (R-65), accounts (R-99), foreign exchange (R-97, R-98, R-101), sums (R-100)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from abst.errors import Refusal
from abst.filing.checks.common import agreed_total, is_currency, years_after
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook, refuse


def settlement(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-65: each settlement asset is of an allowed kind and currency."""
    if dossier.money is None:
        return
    kinds, currencies = rulebook.words("R-65", "allowed"), rulebook.words("R-65", "currencies")
    barred = rulebook.words("R-65", "barred")
    for n, asset in enumerate(dossier.money.settlement_assets):
        where = f"money.settlement_assets[{n}]"
        if asset.kind in barred or asset.kind not in kinds:
            needed = ", ".join(kinds)
            yield refuse("R-65", "settlement-asset", found=asset.kind, needed=needed, where=f"{where}.kind")
        elif is_currency(asset.currency) and asset.currency not in currencies:
            found, needed = asset.currency, ", ".join(currencies)
            yield refuse("R-65", "settlement-currency", found=found, needed=needed, where=f"{where}.currency")


def accounts(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-33, R-99: every leg of the money has its registered account, on its own side of the border."""
    money, onshore = dossier.money, rulebook.setting("R-01", "asset_location")
    if money is None:
        return
    held = {account.role for account in money.accounts}
    for leg in rulebook.words("R-99", "legs"):
        if leg not in held:
            needed = f"a registered account for {leg}"
            yield refuse("R-99", "account-missing", found="nothing", needed=needed, where=f"money.accounts[{leg}]")
    for one, count in Counter(account.id for account in money.accounts).items():
        if count > 1:
            where = f"money.accounts[{one}]"
            yield refuse("R-33", "account-repeated", found=f"{count} accounts", needed="one", where=where)
    for n, account in enumerate(money.accounts):
        where = f"money.accounts[{n}]"
        if not account.registration.strip():
            place = f"{where}.registration"
            yield refuse("R-99", "account-unregistered", found="nothing", needed="its registration", where=place)
        wrong = {"proceeds-onshore": account.country != onshore, "proceeds-offshore": account.country == onshore}
        if wrong.get(account.role, False):
            needed = onshore if account.role == "proceeds-onshore" else f"outside {onshore}"
            yield refuse("R-99", "account-place", found=account.country, needed=needed, where=f"{where}.country")


def references(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-97: the outbound filing and the foreign-exchange registration are there, and stand on the day of issue."""
    money, plan = dossier.money, dossier.plan
    if money is None:
        return
    for kind in rulebook.words("R-97", "kinds"):
        if not any(reference.kind == kind for reference in money.fx):
            needed, where = f"a reference of kind {kind}", f"money.fx[{kind}]"
            yield refuse("R-97", "fx-missing", found="nothing", needed=needed, where=where)
    day = plan.closing_on if plan is not None else dossier.filing.prepared_on
    for n, reference in enumerate(money.fx):
        where = f"money.fx[{n}]"
        if reference.registered_on > day:
            found, needed = reference.registered_on.isoformat(), f"{day} or earlier, before the issue"
            yield refuse("R-97", "fx-late", found=found, needed=needed, where=f"{where}.registered_on")
        if reference.expires_on is not None and reference.expires_on < day:
            found, needed = reference.expires_on.isoformat(), f"{day} or later, the day of issue"
            yield refuse("R-97", "fx-over", found=found, needed=needed, where=f"{where}.expires_on")


def quota(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-101: the registered quota, in the currency of the issue, covers the whole plan."""
    money, plan = dossier.money, dossier.plan
    if money is None or plan is None:
        return
    registered = [(n, one) for n, one in enumerate(money.fx) if one.kind == "fx-registration"]
    for n, one in registered:
        if is_currency(one.currency) and is_currency(plan.currency) and one.currency != plan.currency:
            found, needed = one.currency, f"{plan.currency}, the currency of the issue"
            yield refuse("R-101", "quota-currency", found=found, needed=needed, where=f"money.fx[{n}].currency")
    total, filed = sum(one.amount for _, one in registered), agreed_total(plan)
    if registered and total < filed and all(one.currency == plan.currency for _, one in registered):
        needed, where = f"{filed} at least, the total", f"money.fx[{registered[0][0]}].amount"
        yield refuse("R-101", "quota-below-plan", found=str(total), needed=needed, where=where)


def term(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-98: money that comes home as a debt of more than a year follows the debt route instead."""
    money = dossier.money
    if money is None or money.repatriation.form not in rulebook.words("R-98", "debt_forms"):
        return
    home = money.repatriation
    last = years_after(home.received_by, rulebook.number("R-98", "years"))
    where = "money.repatriation.repaid_by"
    if home.repaid_by is None:
        found, needed = f"a {home.form} without end", f"a last repayment by {last}"
        yield refuse("R-98", "debt-route", found=found, needed=needed, where=where)
    elif home.repaid_by > last:
        found, needed = f"a {home.form} until {home.repaid_by}", f"{last} at the latest, or the debt route"
        yield refuse("R-98", "debt-route", found=found, needed=needed, where=where)


def split(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-33, R-100: raised is the plan's total, and costs, kept offshore and brought home; uses sum to the last."""
    money = dossier.money
    if money is None:
        return
    if dossier.plan is not None and money.raised != agreed_total(dossier.plan):
        needed = f"{agreed_total(dossier.plan)}, the total of the plan"
        yield refuse("R-33", "money-raised", found=str(money.raised), needed=needed, where="money.raised")
    parts = money.costs + money.retained + money.remitted
    if money.raised != parts:
        needed = f"{parts}: costs, kept offshore and brought home"
        yield refuse("R-100", "money-split", found=str(money.raised), needed=needed, where="money.raised")
    used = sum(use.amount for use in money.uses)
    if used != money.remitted:
        needed = f"{money.remitted}, what is brought home"
        yield refuse("R-100", "money-uses", found=str(used), needed=needed, where="money.uses")
    for code, count in Counter(use.code for use in money.uses).items():
        if count > 1:
            yield refuse("R-33", "use-repeated", found=f"{count} uses", needed="one", where=f"money.uses[{code}]")


CHECKS = (settlement, accounts, references, quota, term, split)
