"""What makes a deal ambiguous or unpayable, though each field is well-formed: every fault with its place."""

from __future__ import annotations

from collections.abc import Iterator

from abst.deal.blocks import WORDS_OF_THE_LANGUAGE, Floating, Step
from abst.deal.waterfall.compiling import MODES, Building, Fault
from abst.deal.waterfall.expressions import Misread, constant, read
from abst.deal.waterfall.layout import RECEIPTS
from abst.deal.waterfall.steps import CLASS_KINDS, FEE_KINDS, MOVES, NEEDS_AMOUNT

Found = Iterator[tuple[str, str, str]]  # where, found, needed


def check_names(building: Building) -> None:
    """Everything that is named exists, once, and is of the right kind."""
    for check in (_one_namespace, _references, _shapes, _money):
        building.faults.extend(Fault(*found) for found in check(building))


def check_whole(building: Building) -> None:
    """Every class and fee can be paid, every step reached, every account emptied."""
    if building.faults:
        return
    for check in (_repayable, _fees_paid, _reachable, _emptied, _switched):
        building.faults.extend(Fault(*found) for found in check(building))


def _steps(building: Building) -> Iterator[tuple[str, Step, str]]:
    for mode in MODES:
        for number, step in enumerate(getattr(building.deal.waterfall, mode)):
            yield mode, step, f"waterfall.{mode}[{number}]"


def _one_namespace(building: Building) -> Found:
    """A bare name means one thing; a step's id once in a mode."""
    deal, owners = building.deal, dict[str, str]()
    named = [(f"tranches[{n}]", one.tranche) for n, one in enumerate(deal.tranches)]
    for block in ("groups", "accounts", "fees", "taxes", "formulas", "quantities", "carried"):
        named += [(f"{block}.{name}", name) for name in getattr(deal, block)]
    for where, name in named:
        if name in owners:
            yield where, f"{name}, which is {owners[name]} too", "one meaning for a name"
        owners[name] = where
    seen = set[tuple[str, str]]()
    for mode, step, where in _steps(building):
        if step.step in owners or step.step in WORDS_OF_THE_LANGUAGE:
            yield f"{where}.step", f"{step.step}, which is {owners.get(step.step)} too", "one meaning for a name"
        if (mode, step.step) in seen:
            yield f"{where}.step", f"{step.step} again", "an id of its own for each step"
        seen.add((mode, step.step))


def _references(building: Building) -> Found:
    deal = building.deal
    classes, accounts = {one.tranche for one in deal.tranches}, set(deal.accounts)
    cash = {*RECEIPTS, *(n for n, own in deal.inputs.items() if own.cash), *(["call"] if deal.calls else [])}
    for name, account in deal.receipts.items():
        if name not in cash:
            yield f"receipts.{name}", name, f"cash of the report: {', '.join(sorted(cash))}"
        if account not in accounts:
            yield f"receipts.{name}", f"unknown account {account}", ", ".join(accounts)
    for group, members in deal.groups.items():
        for one in members:
            if one not in classes:
                yield f"groups.{group}", f"unknown class {one}", ", ".join(sorted(classes))
    for n, tranche in enumerate(deal.tranches):
        if isinstance(tranche.coupon, Floating) and tranche.coupon.index not in deal.indices:
            yield f"tranches[{n}].coupon.index", tranche.coupon.index, ", ".join(deal.indices) or "an index of the deal"
    for _, step, where in _steps(building):
        allowed = set(deal.all_fees) if step.kind in FEE_KINDS else classes | set(deal.groups)
        word = "fee" if step.kind in FEE_KINDS else "class"
        for name in step.pay:
            if name not in allowed:
                yield f"{where}.pay", f"unknown {word} {name}", ", ".join(sorted(allowed)) or f"a {word} of the deal"
        for place, names in (("from", step.from_), ("to", (step.to,) if step.to else ())):
            for name in names:
                if name not in accounts:
                    yield f"{where}.{place}", f"unknown account {name}", ", ".join(accounts)


def _shapes(building: Building) -> Found:
    """Each kind of step has what it needs and nothing else."""
    deal = building.deal
    for _, step, where in _steps(building):
        if step.kind in (*CLASS_KINDS, *FEE_KINDS) and not step.pay:
            yield f"{where}.pay", "nobody", "who is paid"
        if step.kind in ("top-up", *MOVES) and (not step.to or step.pay or step.payee):
            yield f"{where}.to", "no account", "to: an account, and neither pay nor payee"
        if step.kind in MOVES and step.to in (step.from_ or (next(iter(deal.accounts)),)):
            yield f"{where}.to", f"{step.to} into itself", "another account than it comes from"
        if step.kind in ("pay", "residual") and (len(deal.members(step.pay)) + bool(step.payee)) != 1:
            yield f"{where}.pay", "not one who is paid", "pay: a class, or payee: a party's role"
        if step.payee and step.payee not in {party.role for party in deal.parties}:
            yield f"{where}.payee", f"unknown party {step.payee}", "the role of a party"
        if step.kind in NEEDS_AMOUNT and step.amount is None:
            yield f"{where}.amount", "no amount", f"an amount: {step.kind} has none by itself"
        if len(set(step.from_)) != len(step.from_) or len(set(deal.members(step.pay))) != len(deal.members(step.pay)):
            yield where, "the same name twice", "each once"
        for name in deal.members(step.pay) if step.kind in ("capitalise", "scheduled") else ():
            one = next(t for t in deal.tranches if t.tranche == name)
            if step.kind == "capitalise" and one.token:
                yield f"{where}.pay", f"{name}, a token, whose face never grows", "a class without a token"
            if step.kind == "scheduled" and not one.targets:
                yield f"{where}.pay", f"{name}, which has no targets", "a class with target balances"


def _money(building: Building) -> Found:
    deal = building.deal
    if deal.settlement and not deal.converts and deal.settlement.decimals != deal.decimals:
        found = f"{deal.settlement.decimals} decimals of the deal's own currency"
        yield "settlement.decimals", found, f"{deal.decimals}, or another currency"
    for name, fee in deal.all_fees.items():
        if fee.payee not in {*(party.role for party in deal.parties), "tax"}:
            where = f"fees.{name}.payee" if name in deal.fees else f"taxes.{name}.payee"
            yield where, f"unknown party {fee.payee}", "the role of a party, or tax"


# ---- the whole


def _repayable(building: Building) -> Found:
    """In every mode, each class that has a balance comes to principal with no limit but its own balance (R-87)."""
    deal = building.deal
    for mode in MODES:
        steps = getattr(deal.waterfall, mode)
        if not steps:
            continue
        paid = {n for step in steps if step.kind == "principal" for n in deal.members(step.pay)}
        for n, one in enumerate(deal.tranches):
            if one.start and one.tranche not in paid:
                found = f"no step of waterfall.{mode} pays its principal"
                yield f"tranches[{n}]", f"{one.tranche}: {found}", "a way to be repaid in every mode"


def _fees_paid(building: Building) -> Found:
    deal = building.deal
    paid = {name for step in deal.waterfall.normal if step.kind in ("fee", "tax") for name in step.pay}
    for name in deal.all_fees:
        if name not in paid:
            where = f"fees.{name}" if name in deal.fees else f"taxes.{name}"
            yield where, "no step of waterfall.normal pays it", "a step of kind fee or tax"


def _reachable(building: Building) -> Found:
    """After all of an account is paid away, nothing more can come from it; what never holds is never run."""
    deal = building.deal
    for mode in MODES:
        empty: dict[str, str] = {}
        for number, step in enumerate(getattr(deal.waterfall, mode)):
            where, sources = f"waterfall.{mode}[{number}]", step.from_ or (next(iter(deal.accounts)),)
            if step.when is not None and _is_never(building, step.when):
                yield f"{where}.when", step.when, "a condition that can hold: the step is unreachable"
            cash = step.kind not in ("let", "write-down", "write-up", "capitalise")
            if cash and all(source in empty for source in sources):
                yield where, f"unreachable: {empty[sources[0]]} took all of {sources[0]}", "a place before it"
            if step.when is None and step.amount is None and step.kind in ("residual", *MOVES):
                empty |= dict.fromkeys(sources, step.step)
            if step.kind in ("top-up", *MOVES) and step.to:
                empty.pop(step.to, None)


def _is_never(building: Building, text: str) -> bool:
    try:
        return constant(read(text, building.scope)) == 0
    except Misread:
        return False


def _emptied(building: Building) -> Found:
    """Cash that goes into an account can leave it (R-94)."""
    deal = building.deal
    steps = deal.waterfall.normal
    drawn = {name for step in steps for name in step.from_ or (next(iter(deal.accounts)),)}
    for name in deal.accounts:
        if name not in drawn:
            yield (
                f"accounts.{name}",
                "no step of waterfall.normal takes anything from it",
                "a way for its cash to leave",
            )


def _switched(building: Building) -> Found:
    deal = building.deal
    for name, trigger in deal.triggers.items():
        if trigger.mode and not getattr(deal.waterfall, trigger.mode):
            yield f"triggers.{name}.mode", f"{trigger.mode}, which has no steps", f"waterfall.{trigger.mode}"
