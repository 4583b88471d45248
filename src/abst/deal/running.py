"""One payment of a deal by names: the report's figures in, who gets what out (R-83, R-94). Pure.

state = deal.compiled.start
outcome = run_period(deal, {"principal": …, "interest": …, "pool_closing": …}, state)
outcome.classes["A1"].principal; outcome.state        # what the next payment begins with
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from abst.deal.model import Deal
from abst.deal.waterfall.compiling import REQUIREMENTS
from abst.deal.waterfall.machine import Run, Stopped, run
from abst.errors import UsageError


@dataclass(frozen=True, slots=True)
class ClassOutcome:
    """A class over one payment, smallest units of the deal's currency.

    opening, closing: balance; accrued: interest of this period; due: with what was unpaid before; unpaid: what is
    carried on; written_down: in all so far; payable: to its holders, smallest units of the settlement currency; rate: a
    year, in 1e-12.
    """

    opening: int
    rate: int
    accrued: int
    due: int
    interest: int
    unpaid: int
    principal: int
    residual: int
    written_down: int
    closing: int
    payable: int

    @property
    def paid(self) -> int:
        return self.interest + self.principal + self.residual


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """A step that ran, in its order. due: what it asked within its limit; paid to each payee."""

    step: str
    kind: str
    due: int
    paid: int
    parts: tuple[tuple[str, int], ...]
    words: str


@dataclass(frozen=True, slots=True)
class AccountOutcome:
    """An account: opening + received + moved_in = closing + paid (which has what moved to other accounts in it)."""

    opening: int
    received: int
    moved_in: int
    paid: int
    closing: int

    @property
    def balanced(self) -> bool:
        return self.opening + self.received + self.moved_in == self.closing + self.paid


@dataclass(frozen=True, slots=True)
class FeeOutcome:
    """accrued: of this period; paid; owed: what is carried on."""

    accrued: int
    paid: int
    owed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One payment. inputs: as the program took them; state: before and after; mode: whose steps ran."""

    period: int
    mode: str
    inputs: tuple[int, ...]
    before: tuple[int, ...]
    state: tuple[int, ...]
    classes: dict[str, ClassOutcome]
    steps: tuple[StepOutcome, ...]
    accounts: dict[str, AccountOutcome]
    fees: dict[str, FeeOutcome]
    quantities: dict[str, int]
    tests: dict[str, bool]
    triggers: dict[str, bool]
    values: tuple[int, ...]


def inputs_of(deal: Deal, report: Mapping[str, int]) -> tuple[int, ...]:
    """The report's figures in the program's order; what it does not name is 0. Raises UsageError for other names."""
    unknown = sorted(set(report) - set(deal.compiled.inputs))
    if unknown:
        needed = ", ".join(deal.compiled.inputs)
        raise UsageError("the deal takes no such figure", found=", ".join(unknown), needed=needed, where="report")
    return tuple(report.get(name, 0) for name in deal.compiled.inputs)


def run_period(deal: Deal, report: Mapping[str, int], state: Sequence[int]) -> Outcome:
    """The next payment after `state`. Raises Stopped with the reason when the deal forbids it."""
    inputs = inputs_of(deal, report)
    try:
        done = run(deal.compiled.program, inputs, state)
    except Stopped as stopped:
        words = REQUIREMENTS.get(stopped.code, stopped.message)
        raise Stopped(words, code=stopped.code, found=stopped.found, needed=stopped.needed) from None
    return outcome_of(deal, inputs, tuple(state), done)


def outcome_of(deal: Deal, inputs: tuple[int, ...], before: tuple[int, ...], done: Run) -> Outcome:
    """A run by names."""
    slots, values = deal.compiled.slots, done.values

    def value(name: str) -> int:
        return values[slots[name]]

    mode = "default" if value("mode.default") else "accelerated" if value("mode.accelerated") else "normal"
    ran = mode if getattr(deal.waterfall, mode) else "normal"
    return Outcome(
        period=value("period"),
        mode=mode,
        inputs=inputs,
        before=before,
        state=done.state,
        classes={one.tranche: _class(deal, one.tranche, values) for one in deal.tranches},
        steps=_steps(deal, ran, done),
        accounts=_accounts(deal, done),
        fees={
            name: FeeOutcome(value(f"{name}.accrued"), value(f"{name}.paid"), value(f"{name}.owed"))
            for name in deal.all_fees
        },
        quantities={name: value(name) for name in deal.quantities},
        tests={name: bool(value(f"test.{name}")) for name in deal.tests},
        triggers={name: bool(value(f"trigger.{name}")) for name in deal.triggers},
        values=values,
    )


def _class(deal: Deal, name: str, values: Sequence[int]) -> ClassOutcome:
    slots = deal.compiled.slots

    def of(word: str) -> int:
        slot = slots.get(f"{name}.{word}")
        return values[slot] if slot is not None else 0

    return ClassOutcome(
        opening=of("opening"),
        rate=of("rate"),
        accrued=of("interest_accrued"),
        due=of("shortfall") + of("interest_accrued"),
        interest=of("interest_paid"),
        unpaid=of("interest_due"),
        principal=of("principal_paid"),
        residual=of("residual_paid"),
        written_down=of("written_down"),
        closing=of("balance"),
        payable=of("payable"),
    )


def _steps(deal: Deal, mode: str, done: Run) -> tuple[StepOutcome, ...]:
    made: list[StepOutcome] = []
    for one in done.paid:
        info = deal.compiled.steps[mode, one.result]
        parts = tuple(zip(info.payees, (part for _, part in one.parts), strict=True))
        made.append(StepOutcome(info.step, info.kind, one.due, sum(part for _, part in parts), parts, info.words))
    return tuple(made)


def _accounts(deal: Deal, done: Run) -> dict[str, AccountOutcome]:
    slots, values = deal.compiled.slots, done.values
    made: dict[str, AccountOutcome] = {}
    for name in deal.accounts:
        slot, opening = slots[f"{name}.balance"], values[slots[f"{name}.opening"]]
        moved = sum(part for one in done.paid for credit, part in one.parts if credit == slot)
        paid = sum(part for one in done.paid for source, part in one.taken if source == slot)
        made[name] = AccountOutcome(opening, _received(deal, name, values), moved, paid, values[slot])
    return made


def _received(deal: Deal, account: str, values: Sequence[int]) -> int:
    """Cash of the report that joined an account."""
    return sum(values[deal.compiled.slots[slot]] for slot in deal.receipt_slots(account))


def state_of(deal: Deal, state: Sequence[int]) -> dict[str, int]:
    """What is carried from payment to payment, by name."""
    return dict(zip(deal.compiled.state, state, strict=True))
