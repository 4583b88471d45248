"""Closing the periods of a deal: `open`, `submit`, `confirm`, `pay`.

given a filing whose tranches are made
    when a servicer opens its servicing with the filed program
        it should begin with the program's state, once
    when another program, another plan, or too early
        it should refuse
given an opened deal
    when a servicer submits and a trustee confirms
        it should run the filed waterfall and lower what is outstanding, to the unit
    when the trustee is the servicer, or inputs, state, report, program or result are others
        it should refuse, and change nothing
    when a holder has redeemed
        it should go by what the tokens say is owed
    when the deal forbids what the inputs say
        it should refuse
given a closed period
    when a payer pays a class
        it should bring exactly what is owed in the settlement currency, once
"""

from __future__ import annotations

from dataclasses import astuple, replace

import pytest

from abst.chain import artifacts
from abst.chain.contracts import codec
from abst.chain.words import AssetKind
from abst.deal.plan import plan_hash, terms_tuple
from abst.deal.waterfall import closing
from abst.deal.waterfall.machine import Stopped
from abst.errors import UsageError
from abst.values import ZERO_ADDRESS, ZERO_HASH, Hash, hash_of
from contracts.closing import REPORT, Deal, proof
from contracts.money import cash_of, take_date
from waterfall import CLASSES, MOST, PERIODS, PROGRAM, TOO_LATE, TOO_MUCH, make, offchain
from waterfall import slots as slots_of
from world import EVIDENCE, FILING, OFFICERS, TERMS, World, refusal

ANOTHER = hash_of(b"another")


@pytest.fixture
def issued(held: World) -> World:
    """Senior 1,800 and mezzanine 1,000 are minted; junior and equity are not."""
    held.mint(held.mezzanine, {"alice": 600, "carol": 400})
    return held


@pytest.fixture
def deal(issued: World) -> Deal:
    """The servicing of the issued filing, opened."""
    made = Deal(issued)
    made.open()
    return made


def owed(world: World, tranche: int = 0) -> tuple[int, ...]:
    """Outstanding, principal paid, written down."""
    found: tuple[int, ...] = world.token(tranche).read("amortisation")
    return found


# ---- opening


def test_P13_a_deal_opens_with_the_program_that_was_filed(issued: World) -> None:
    """It says its program and its first state, and begins before the first period."""
    made = Deal(issued)
    done = made.open()
    program_hash = hash_of(PROGRAM)
    assert done.only("ServicingOpened") == {
        "filing": FILING,
        "programHash": program_hash,
        "currency": b"HKD",
        "state": (0,) * (2 + 2 * CLASSES),
    }
    assert made.contract.read("programHashOf", FILING) == program_hash
    assert made.contract.read("stateHashOf", FILING) == closing.numbers_hash(made.state)
    assert made.contract.read("currencyOf", FILING) == b"HKD"
    assert made.contract.read("closedOf", FILING) == 0
    assert made.contract.read("submissionOf", FILING) == (0, ZERO_ADDRESS, ZERO_HASH, ZERO_HASH, ZERO_HASH)


def test_a_deal_opens_once(deal: Deal) -> None:
    why = refusal(deal.open)
    assert (why.name, why.args) == ("AlreadyOpened", {"filing": FILING})


@pytest.mark.parametrize("place", range(5), ids=["code", "terms", "content", "dossier", "program"])
def test_P13_nothing_but_what_was_filed_opens(issued: World, place: int) -> None:
    """Another hash in any place of the proof, or another program, is another plan."""
    given: list[object] = [*proof(), PROGRAM]
    given[place] = make("USD") if place == 4 else ANOTHER
    why = issued.refused("reporter", issued.contracts.servicing, "open", FILING, tuple(given[:4]), given[4])
    assert (why.name, why.rule, why.args["filing"]) == ("PlanDiffers", "R-42", FILING)
    assert why.args["filed"] == issued.registry.read("planHashOf", FILING)
    assert issued.contracts.servicing.read("programHashOf", FILING) == ZERO_HASH


def test_every_tranche_is_made_before_and_every_class_is_a_tranche(world: World) -> None:
    """A filing that lacks a tranche opens later; a program with fewer classes than tranches never."""
    world.file(2, TERMS)
    world.create(2, TERMS, upto=3)
    why = world.refused("reporter", world.contracts.servicing, "open", 2, proof(), PROGRAM)
    assert (why.name, why.args) == ("TranchesMissing", {"filing": 2, "made": 3, "planned": 4})
    world.create(2, TERMS)
    world.act("reporter", world.contracts.servicing, "open", 2, proof(), PROGRAM)

    fewer = make(classes=3)
    plan = world.plan(TERMS, offchain(fewer))
    world.act("registrar", world.registry, "recordFiling", 3, plan_hash(plan), len(TERMS), 0)
    world.enforce(world.registry, "makeEffective", 3, EVIDENCE)
    code, terms = artifacts.load("SecurityToken").bytecode, [terms_tuple(one) for one in TERMS]
    data = world.factory.encode("create", 3, code, terms, offchain(fewer), len(TERMS))
    world.act_raw("issuer", world.factory.address, data, 15_000_000)
    why = world.refused("reporter", world.contracts.servicing, "open", 3, proof(), fewer)
    assert (why.name, why.args) == ("ClassesDiffer", {"classes": 3, "tranches": 4})


# ---- closing


def test_P13_a_period_closes_as_the_waterfall_says(deal: Deal) -> None:
    """Interest and principal of the classes that exist; the senior one is lowered; the rest waits in the account."""
    world = deal.world
    submitted = deal.submit((528, 0, 0))
    assert deal.contract.read("submissionOf", FILING) == (
        1,
        world["reporter"],
        submitted.inputs_hash,
        REPORT,
        submitted.result,
    )
    done = deal.confirm((528, 0, 0))
    # 18 + 10 of interest; 500 of principal, all to the senior class; HKD at 1.1
    paid = ((18, 500, 0, 569), (10, 0, 0, 11), (0, 0, 0, 0), (0, 0, 0, 0))
    assert tuple(map(astuple, submitted.paid)) == paid
    assert done.only("PeriodClosed") == {
        "filing": FILING,
        "period": 1,
        "trustee": world["trustee"],
        "inputsHash": submitted.inputs_hash,
        "report": REPORT,
        "state": submitted.state,
        "paid": paid,
    }
    assert owed(world) == (1_300, 500, 0)
    assert owed(world, 1) == (1_000, 0, 0)
    assert deal.contract.read("closedOf", FILING) == 1
    assert deal.contract.read("stateHashOf", FILING) == submitted.state_hash
    assert [deal.contract.read("payableOf", FILING, 1, tranche) for tranche in range(4)] == [569, 11, 0, 0]
    assert deal.contract.read("resultOf", submitted.state, paid) == submitted.result


def test_P13_losses_and_what_is_regained_reach_the_tokens(deal: Deal) -> None:
    """A loss writes the last class down first; what is regained comes back to the first one first; then all is paid."""
    world = deal.world
    deal.close(0, 1_200, 0)
    assert (owed(world), owed(world, 1)) == ((1_600, 0, 200), (0, 0, 1_000))
    deal.close(16, 0, 250)
    assert (owed(world), owed(world, 1)) == ((1_800, 0, 0), (50, 0, 950))
    made = deal.close(18 + 1_850 + 41, 0, 0)
    assert (owed(world), owed(world, 1)) == ((0, 1_800, 0), (0, 50, 950))
    assert made.paid[3] == closing.Paid(interest=0, principal=0, residual=20, due=22)  # half of 41 is left over


def test_P13_what_holders_redeemed_is_no_longer_owed(deal: Deal) -> None:
    """After a redemption the tokens owe less than the last state said; the next period goes by the tokens."""
    world = deal.world
    deal.close(528, 0, 0)
    world.act("bob", world.senior, "redeem", 500)
    assert owed(world)[0] == 1_300 - 1_300 * 500 // 1_800  # 939
    made = deal.close(100, 0, 0)
    assert made.paid[0] == closing.Paid(interest=9, principal=81, residual=0, due=99)
    assert owed(world)[0] == 939 - 81


def test_the_last_submission_counts(deal: Deal) -> None:
    """A servicer, or another, submits again until the period is confirmed: what was confirmed is the last word."""
    first = deal.submit((100, 0, 0))
    second = deal.submit((200, 0, 0), who="reporter2", report=ANOTHER)
    why = deal.world.refused("trustee", deal.contract, "confirm", *deal.confirmation((100, 0, 0)))
    assert (why.name, why.args, why.rule) == ("ReportDiffers", {"given": REPORT, "submitted": ANOTHER}, "R-83")
    why = deal.world.refused("trustee", deal.contract, "confirm", *deal.confirmation((100, 0, 0), report=ANOTHER))
    assert (why.name, why.args) == ("InputsDiffer", {"given": first.inputs_hash, "submitted": second.inputs_hash})
    deal.world.act("trustee", deal.contract, "confirm", *deal.confirmation((200, 0, 0), report=ANOTHER))
    assert deal.contract.read("closedOf", FILING) == 1


def test_P13_the_chain_comes_to_the_result_itself(deal: Deal) -> None:
    """Whatever the servicer says: a result that the waterfall does not give closes nothing."""
    made = deal.closing((528, 0, 0))
    deal.world.act("reporter", deal.contract, "submit", FILING, 1, made.inputs_hash, REPORT, ANOTHER)
    why = deal.world.refused("trustee", deal.contract, "confirm", *deal.confirmation((528, 0, 0)))
    assert (why.name, why.args, why.rule) == ("ResultDiffers", {"found": made.result, "submitted": ANOTHER}, "R-94")
    assert owed(deal.world) == (1_800, 0, 0)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"program": make("USD")}, "ProgramDiffers"),
        ({"state": [1] * (2 + 2 * CLASSES)}, "StateDiffers"),
        ({"inputs": [527, 0, 0]}, "InputsDiffer"),
        ({"report": ANOTHER}, "ReportDiffers"),
        ({"period": 0}, "PeriodNotNext"),
        ({"period": 2}, "PeriodNotNext"),
        ({"filing": 2}, "NotOpened"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_P13_nothing_else_than_what_was_submitted_closes(deal: Deal, change: dict[str, object], error: str) -> None:
    """Program and state are the contract's own, inputs and report the submitted ones, the period is the next."""
    deal.submit((528, 0, 0))
    arguments = deal.confirmation((528, 0, 0), **change)
    assert deal.world.refused("trustee", deal.contract, "confirm", *arguments).name == error
    assert owed(deal.world) == (1_800, 0, 0)
    assert deal.contract.read("closedOf", FILING) == 0
    deal.confirm((528, 0, 0))


def test_periods_close_in_order_and_once(deal: Deal) -> None:
    """Nothing is submitted but the next one, and nothing confirmed that was not submitted."""
    for period in (0, 2):
        why = deal.world.refused("reporter", deal.contract, "submit", FILING, period, ANOTHER, REPORT, ANOTHER)
        assert (why.name, why.args) == ("PeriodNotNext", {"filing": FILING, "period": period, "next": 1})
    assert deal.world.refused("reporter", deal.contract, "submit", 2, 1, ANOTHER, REPORT, ANOTHER).name == "NotOpened"
    why = deal.world.refused("trustee", deal.contract, "confirm", *deal.confirmation((0, 0, 0)))
    assert (why.name, why.args) == ("NothingSubmitted", {"filing": FILING, "period": 1})
    deal.close(528, 0, 0)
    again = deal.confirmation((528, 0, 0), period=1)
    assert deal.world.refused("trustee", deal.contract, "confirm", *again).name == "PeriodNotNext"
    why = deal.world.refused("trustee", deal.contract, "confirm", *deal.confirmation((528, 0, 0)))
    assert why.name == "NothingSubmitted", "what closed the first period does not close the second"


def test_the_deal_forbids_and_the_machine_refuses(deal: Deal) -> None:
    """A condition of the deal, by its code; a number that no report has; too few inputs; and after the last period."""
    world = deal.world

    def refused(inputs: list[int]) -> tuple[str, object]:
        hashed = closing.numbers_hash(inputs)
        world.act("reporter", deal.contract, "submit", FILING, deal.closed + 1, hashed, REPORT, ANOTHER)
        why = world.refused("trustee", deal.contract, "confirm", *deal.confirmation(inputs))
        return why.name, why.args

    assert refused([MOST + 1, 0, 0]) == ("ForbiddenByDeal", {"code": TOO_MUCH})
    assert refused([0, 2**128, 0]) == ("SlotOutOfRange", {"slot": 1, "found": 2**128})
    assert refused([0, 0]) == ("InputsMiscounted", {"found": 2, "needed": 3})
    for _ in range(PERIODS):
        deal.close(MOST, 0, 0)
    assert refused([0, 0, 0]) == ("ForbiddenByDeal", {"code": TOO_LATE})


def test_a_program_and_its_tokens_say_the_same(deal: Deal) -> None:
    """More is never regained than was written down; a tranche that matured takes nothing back."""
    world = deal.world
    deal.close(0, 100, 0)
    deal.close(0, 0, 101)
    assert owed(world, 1) == (1_000, 0, 0)
    deal.close(0, 100, 0)
    world.warp_to(TERMS[0].maturity + 1)
    deal.submit((0, 0, 1))
    why = world.refused("trustee", deal.contract, "confirm", *deal.confirmation((0, 0, 1)))
    assert (why.name, why.rule) == ("AfterMaturity", "R-90")


def test_python_refuses_what_the_contract_would(deal: Deal) -> None:
    """Classes miscounted, and a class whose balance its token does not have."""
    with pytest.raises(UsageError, match="classes differ"):
        closing.close(PROGRAM, (0, 0, 0), deal.state, [])
    one = slots_of(0)
    swapped = replace(one, interest=one.balance, balance=one.interest)
    with pytest.raises(Stopped, match="owes what its token does not"):
        closing._paid(swapped, closing.Owed(5, 0), [7] * 40)
    with pytest.raises(Stopped, match="interest of a class is out of range"):
        closing._paid(one, closing.Owed(5, 0), [-1] * 40)


# ---- paying


def test_P8_a_closed_period_is_paid_once(deal: Deal) -> None:
    """The payer brings what each class is due in the settlement currency; it is declared at once, to the holders."""
    world = deal.world
    deal.close(528, 0, 0)
    date = take_date(world)
    terms = deal.payment(0, date)
    assert terms[4] == 569
    assert deal.contract.read("refOf", FILING, 1, 0) == terms[6]
    before = cash_of(world, "payer")[0]
    done = deal.pay(0, terms)
    identity = world.distribution.read("idOf", terms)
    paid = {"filing": FILING, "period": 1, "tranche": 0, "payment": identity, "amount": 569}
    assert done.only("PeriodPaid") == paid
    assert done.only("Declared")["id"] == identity
    assert cash_of(world, "payer")[0] == before - 569
    assert world.cash.read("balanceOf", deal.contract.address) == 0
    assert world.cash.read("balanceOf", world.distribution.address) == 569
    assert world.cash.read("allowance", deal.contract.address, world.distribution.address) == 0
    assert deal.contract.read("payableOf", FILING, 1, 0) == 0
    why = refusal(lambda: deal.pay(0, terms))
    assert (why.name, why.args) == ("NothingToPay", {"filing": FILING, "period": 1, "tranche": 0})
    world.act("stranger", world.distribution, "claim", terms, world["alice"])
    assert cash_of(world, "alice")[0] == 10_000 + 569 * 1_000 // 1_800
    deal.pay(1, deal.payment(1, date))


@pytest.mark.parametrize(
    ("period", "tranche"), [(1, 2), (1, 3), (2, 0), (0, 0)], ids=["nothing due", "none minted", "not closed", "none"]
)
def test_what_is_not_due_is_not_paid(deal: Deal, period: int, tranche: int) -> None:
    deal.close(528, 0, 0)
    terms = deal.payment(0, take_date(deal.world), funded=569)
    why = refusal(lambda: deal.pay(tranche, terms, period=period) if period else deal.pay(tranche, terms, period=9))
    assert why.name == "NothingToPay"


def test_no_other_payment_passes_for_it(deal: Deal) -> None:
    """Another class, amount or reference, or an asset of another currency; nothing moves."""
    world = deal.world
    deal.close(528, 0, 0)
    date = take_date(world)
    foreign = world.deploy("deployer", _deposit(world), "DepositToken")
    world.enforce(world.registry, "listAsset", foreign.address, b"USD", AssetKind.DEPOSIT, EVIDENCE)
    others: list[dict[str, object]] = [
        {"token": world.mezzanine},
        {"funded": 568},
        {"funded": 570},
        {"ref": Hash(deal.contract.read("refOf", FILING, 1, 1))},
        {"asset": foreign.address},
        {"asset": world.senior.address},
    ]
    before = cash_of(world, "payer")[0]
    for other in others:
        why = refusal(lambda other=other: deal.pay(0, deal.payment(0, date, **other)))  # type: ignore[misc]
        assert (why.name, why.rule) == ("NotThePayment", "R-83"), other
    assert cash_of(world, "payer")[0] == before
    assert deal.contract.read("payableOf", FILING, 1, 0) == 569
    deal.pay(0, deal.payment(0, date))


def _deposit(world: World) -> bytes:
    """Creation code of another bank's deposit, in US dollars."""
    terms = (world.contracts.manager.address, world.registry.address, "USD deposit", "dUSD", b"USD", 2)
    return artifacts.load("DepositToken").bytecode + codec("DepositToken").constructor.encode(terms)


# ---- who


def test_P13_two_keys_close_a_period(deal: Deal) -> None:
    """Who submitted does not confirm, even if he came to hold both roles."""
    world = deal.world
    made = deal.submit((528, 0, 0))
    arguments = deal.confirmation((528, 0, 0))
    world.administer(world.contracts.manager, "grantRole", 14, world["reporter"], 0)
    why = world.refused("reporter", deal.contract, "confirm", *arguments)
    assert (why.name, why.args, why.rule) == ("SubmittedBySender", {"account": world["reporter"]}, "R-83")
    world.act("reporter2", deal.contract, "submit", FILING, 1, made.inputs_hash, REPORT, made.result)
    world.act("reporter", deal.contract, "confirm", *arguments)


def test_P13_each_act_asks_for_its_role(deal: Deal) -> None:
    """Servicers submit, trustees confirm, payers pay; no other officer, not even those of power."""
    world = deal.world
    deal.submit((528, 0, 0))
    terms = (world.senior.address, 1, False, world.cash.address, 1, 1, ANOTHER)
    acts = {
        "reporter": ("submit", (FILING, 1, ANOTHER, REPORT, ANOTHER)),
        "trustee": ("confirm", deal.confirmation((528, 0, 0))),
        "payer": ("pay", (FILING, 1, 0, terms)),
    }
    for role, (fn, arguments) in acts.items():
        for who in [*OFFICERS, "deployer", "alice"]:
            if OFFICERS.get(who) != role:
                why = world.refused(who, deal.contract, fn, *arguments)
                assert (why.name, why.args) == ("RoleNeeded", {"account": world[who], "role": role.upper()}), (fn, who)
    assert world.refused("trustee", deal.contract, "open", FILING, proof(), PROGRAM).name == "RoleNeeded"
