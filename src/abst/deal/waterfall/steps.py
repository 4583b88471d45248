"""The steps of each mode, as instructions. What a step may name of steps before it grows along the way."""

from __future__ import annotations

from dataclasses import replace

from abst.deal.blocks import Step
from abst.deal.waterfall.compiling import MODES, Building, StepInfo
from abst.deal.waterfall.expressions import Expression, Quantity, Scope, Unit
from abst.deal.waterfall.program import NOTHING, Code, Node, Pay, Payee, const, load, node, skip

CLASS_KINDS = ("interest", "scheduled", "principal", "write-down", "write-up", "capitalise")
FEE_KINDS = ("fee", "tax", "fee-above-cap")
MOVES = ("draw", "release")
NEEDS_AMOUNT = ("top-up", "write-down", "write-up", "pay", "let")


def lower_steps(building: Building) -> bytes:
    """Each mode's steps, run when the mode holds; modes without steps run the normal ones."""
    waterfall = building.deal.waterfall
    own = [mode for mode in MODES[1:] if getattr(waterfall, mode)]
    condition: Code | None = None
    for mode in own:
        off = node(Node.NOT, building.load(f"mode.{mode}"))
        condition = off if condition is None else node(Node.AND, condition, off)
    before, named = building.scope, dict(building.scope.quantities)
    normal = _mode(building, "normal", before, named)
    made = skip(condition, normal) if condition is not None else normal
    for mode in own:
        made += skip(building.load(f"mode.{mode}"), _mode(building, mode, before, named))
    building.scope = replace(before, quantities=named)  # what ends the payment may name the steps of every mode
    return made


def _mode(building: Building, mode: str, before: Scope, named: dict[str, Quantity]) -> bytes:
    along = dict(before.quantities)
    scope, made = replace(before, quantities=along), b""
    for number, step in enumerate(getattr(building.deal.waterfall, mode)):
        made += _step(building, mode, step, scope, along, named, f"waterfall.{mode}[{number}]")
    return made


def _step(
    building: Building,
    mode: str,
    step: Step,
    scope: Scope,
    along: dict[str, Quantity],
    named: dict[str, Quantity],
    where: str,
) -> bytes:
    """One step, with its condition. Afterwards its result may be named: along, in its mode; named, by what ends it."""
    if step.kind == "let":
        value = building.read(step.amount or "0", None, f"{where}.amount", scope)
        body, name, unit = building.set(step.step, value.code), step.step, value.unit
        if name in named and named[name].unit is not unit:
            building.fault(f"{where}.amount", unit, f"{named[name].unit}, as in another mode")
    else:
        body, name, unit = _pay(building, mode, step, scope, where), f"{step.step}.paid", Unit.MONEY
    if step.when is not None:
        body = skip(building.read(step.when, Unit.FLAG, f"{where}.when", scope).code, body)
    along[name] = named[name] = Quantity(building.slot(name), unit)
    return body


def _pay(building: Building, mode: str, step: Step, scope: Scope, where: str) -> bytes:
    amount = building.read(step.amount, Unit.MONEY, f"{where}.amount", scope) if step.amount is not None else None
    sources = step.from_ or (next(iter(building.deal.accounts)),)
    names = building.deal.members(step.pay) if step.kind not in FEE_KINDS else step.pay
    payees = _payees(building, step, sources, names, amount)
    cash = step.kind not in ("write-down", "write-up", "capitalise")
    limit = amount.code if amount is not None and step.kind not in ("top-up", "pay", *MOVES) else NOTHING
    made = Pay(
        sources=tuple(building.slot(f"{name}.balance") for name in sources) if cash else (),
        payees=payees,
        result=building.slot(f"{step.step}.paid"),
        limit=limit,
        pro_rata=shares(step),
        cash=cash,
    ).encode()
    if step.kind in FEE_KINDS:
        for name in names:
            owed = node(Node.SUB, building.load(f"{name}.total"), building.load(f"{name}.paid"))
            made += building.set(f"{name}.owed", owed)
    shown = names or tuple(filter(None, (step.to, step.payee)))
    building.steps[mode, building.slot(f"{step.step}.paid")] = StepInfo(step.step, step.kind, shown, step.words)
    return made


def shares(step: Step) -> bool:
    """Whether several payees share pro rata: as the step says, and otherwise by its kind."""
    return step.how == "pro-rata" or (step.how is None and step.kind in ("interest", *FEE_KINDS))


def _payees(
    building: Building, step: Step, sources: tuple[str, ...], names: tuple[str, ...], amount: Expression | None
) -> tuple[Payee, ...]:
    """Who is credited, what falls by it, and how much each is asked."""
    slot, asked = building.slot, amount.code if amount is not None else NOTHING
    match step.kind:
        case "interest":
            return tuple(Payee(slot(f"{n}.interest_paid"), slot(f"{n}.interest_due")) for n in names)
        case "principal":
            return tuple(Payee(slot(f"{n}.principal_paid"), slot(f"{n}.balance")) for n in names)
        case "scheduled":
            return tuple(
                Payee(
                    slot(f"{n}.principal_paid"),
                    slot(f"{n}.balance"),
                    node(Node.SUB, load(slot(f"{n}.balance")), load(slot(f"{n}.target"))),
                )
                for n in names
            )
        case "write-down":
            return tuple(Payee(slot(f"{n}.written_down"), slot(f"{n}.balance")) for n in names)
        case "write-up":
            return tuple(Payee(slot(f"{n}.balance"), slot(f"{n}.written_down")) for n in names)
        case "capitalise":
            return tuple(Payee(slot(f"{n}.balance"), slot(f"{n}.interest_due")) for n in names)
        case "fee" | "tax":
            return tuple(Payee(slot(f"{n}.paid"), slot(f"{n}.due")) for n in names)
        case "fee-above-cap":
            held = [node(Node.SUB, load(slot(f"{n}.owed")), load(slot(f"{n}.due"))) for n in names]
            return tuple(Payee(slot(f"{n}.paid"), slot(f"{n}.owed"), one) for n, one in zip(names, held, strict=True))
        case "top-up":
            into = slot(f"{step.to}.balance")
            return (Payee(into, amount=node(Node.SUB, asked or const(0), load(into))),)
        case "draw" | "release":
            return (Payee(slot(f"{step.to}.balance"), amount=asked or _all_of(building, sources)),)
    outlet = f"paid to {step.payee}" if step.payee else f"{names[0]}.residual_paid"
    return (Payee(slot(outlet), amount=asked or _all_of(building, sources)),)


def _all_of(building: Building, sources: tuple[str, ...]) -> Code:
    made = building.load(f"{sources[0]}.balance")
    for name in sources[1:]:
        made = node(Node.ADD, made, building.load(f"{name}.balance"))
    return made
