"""Paying the holders of a record date: `declare`, `claim`, `push`, `payElsewhere`, `recordOffChain`.

given a record date that was taken
    when the payer declares a payment with its money
        it should hold the money, once, for those who held then
    when the asset is not listed, the supply is another, the date is to come, or nothing is brought
        it should refuse
given a declared payment
    when anyone claims for a holder
        it should pay his share, rounded down, to him alone, once
    when a holder is blocked
        it should keep his money until he is unblocked, or two officers order it elsewhere
    when a wallet was lost
        it should pay its successor
    when many are pushed
        it should pass over those who cannot be paid, and say so
    when all are paid
        it should carry what is left over to the next payment
given a payment made outside the chain
    it should be recorded by its reference, once
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from abst.chain.words import AssetKind, Unpaid
from abst.values import Hash, hash_of
from contracts.money import Payment, cash_of, declare, payment, take_date
from world import EVIDENCE, GOOD, T0, World, refusal

HOLDERS = ("alice", "bob", "dave")  # of 1,000, 500 and 300 of 1,800
SHARES = {"alice": 5_555, "bob": 2_777, "dave": 1_666}  # of 10,000; 2 are left over


@pytest.fixture
def due(held: World) -> tuple[World, Payment]:
    """A payment of 10,000 to the holders of the first record date, declared."""
    terms = payment(held, take_date(held), 10_000)
    declare(held, terms)
    return held, terms


def claim(world: World, terms: Payment, holder: str, who: str = "stranger") -> int:
    done = world.act(who, world.distribution, "claim", terms, world[holder])
    amount: int = done.only("Paid")["amount"]
    return amount


def not_paid(world: World, terms: Payment, holder: str) -> Unpaid:
    """Why a claim is refused, which the preview said before."""
    said, _ = world.distribution.read("reasonAgainst", terms, world[holder])
    why = world.refused("stranger", world.distribution, "claim", terms, world[holder])
    assert (why.name, why.args["holder"], why.args["why"]) == ("NotPaid", world[holder], Unpaid(said).name)
    return Unpaid(said)


def progress(world: World, terms: Payment) -> tuple[int, int, int]:
    """Paid, settled, dust."""
    is_declared, _, paid, settled, dust = world.distribution.read("progressOf", terms)
    assert is_declared
    return paid, settled, dust


# ---- declaring


def test_P8_a_declared_payment_holds_its_money(held: World) -> None:
    """Declaring takes exactly the money of the payment from the payer and says everything about it."""
    terms = payment(held, take_date(held), 10_000)
    before = cash_of(held, "payer")[0]
    done = declare(held, terms)
    identity = held.distribution.read("idOf", terms)
    assert done.only("Declared") == {
        "id": identity,
        "token": held.senior.address,
        "ref": terms[6],
        "payment": terms,
        "carried": 0,
    }
    assert cash_of(held, "payer")[0] == before - 10_000
    assert held.cash.read("balanceOf", held.distribution.address) == 10_000
    assert held.distribution.read("progressOf", terms) == (True, 0, 0, 0, 0)


def test_a_payment_is_declared_once(due: tuple[World, Payment]) -> None:
    """The same operation decided again is the same payment, and is refused; another reference is another payment."""
    world, terms = due
    why = refusal(lambda: declare(world, terms))
    assert (why.name, why.args) == ("AlreadyDeclared", {"id": world.distribution.read("idOf", terms)})
    declare(world, (*terms[:6], world.operation()))
    assert world.cash.read("balanceOf", world.distribution.address) == 20_000


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"funded": 0}, "PaymentEmpty"),
        ({"supply": 1_799}, "SupplyDiffers"),
        ({"supply": 0}, "SupplyDiffers"),
        ({"asset": "token"}, "AssetNotListed"),
        ({"asset": "nobody"}, "AssetNotListed"),
    ],
    ids=str,
)
def test_a_payment_is_good_or_refused(held: World, change: dict[str, object], error: str) -> None:
    """Nothing to pay, another supply than the record date's, or an asset that is not listed is refused."""
    values: dict[str, object] = {"funded": 10_000} | change
    if "asset" in change:
        values["asset"] = held.mezzanine.address if change["asset"] == "token" else held["stranger"]
    date, funded = take_date(held), values.pop("funded")
    assert isinstance(funded, int)
    assert refusal(lambda: declare(held, payment(held, date, funded, **values))).name == error
    assert held.cash.read("balanceOf", held.distribution.address) == 0


def test_only_a_date_that_was_taken_is_paid_on(held: World) -> None:
    """Before its second, a record date has no holders; a token of another registry has no payments at all."""
    held.act("agent", held.registry, "announceRecordDate", 1, held.now + 10)
    terms = payment(held, 1, 10_000, supply=1_800)
    assert refusal(lambda: declare(held, terms)).name == "RecordDateNotTaken"
    held.warp(10)
    declare(held, terms)
    foreign = (held.cash.address, *terms[1:6], held.operation())
    why = refusal(lambda: declare(held, foreign))
    assert (why.name, why.args) == ("NotATranche", {"token": held.cash.address})


def test_nobody_held_anything(world: World) -> None:
    """A token without holders at the record date is paid nothing."""
    date = take_date(world)
    why = refusal(lambda: declare(world, payment(world, date, 100, token=world.junior)))
    assert why.name == "PaymentEmpty"


def test_the_payer_must_have_the_money(held: World) -> None:
    """Without allowance or money the asset's own error comes through, and nothing is declared."""
    terms = payment(held, take_date(held), 10_000)
    why = held.refused("payer", held.distribution, "declare", terms)
    assert why.name == "ERC20InsufficientAllowance"
    rich = payment(held, 1, 2_000_000)
    assert refusal(lambda: declare(held, rich)).name == "ERC20InsufficientBalance"
    assert held.distribution.read("progressOf", terms)[0] is False
    why = held.refused("stranger", held.distribution, "claim", terms, held["alice"])
    assert why.name == "PaymentUnknown"


# ---- claiming


def test_P8_a_claim_pays_the_share(due: tuple[World, Payment]) -> None:
    """Anyone may claim for a holder; the money goes to the holder, rounded down, and is counted."""
    world, terms = due
    before = cash_of(world, "alice", "stranger")
    done = world.act("stranger", world.distribution, "claim", terms, world["alice"])
    assert done.only("Paid") == {
        "id": world.distribution.read("idOf", terms),
        "holder": world["alice"],
        "payee": world["alice"],
        "amount": 5_555,
    }
    assert cash_of(world, "alice", "stranger") == [before[0] + 5_555, before[1]]
    assert progress(world, terms) == (5_555, 1_000, 0)
    assert {name: world.distribution.read("shareOf", terms, world[name]) for name in HOLDERS} == SHARES


def test_P8_nobody_is_paid_twice(due: tuple[World, Payment]) -> None:
    """A second claim, and a push after a claim, pay nothing."""
    world, terms = due
    claim(world, terms, "alice")
    assert not_paid(world, terms, "alice") is Unpaid.ALREADY_PAID
    done = world.act("stranger", world.distribution, "push", terms, [world["alice"], world["bob"], world["bob"]])
    assert [args["holder"] for args in done.all("Paid")] == [world["bob"]]
    assert [args["why"] for args in done.all("Waits")] == [Unpaid.ALREADY_PAID, Unpaid.ALREADY_PAID]
    assert progress(world, terms) == (5_555 + 2_777, 1_500, 0)


def test_P8_the_order_of_claims_changes_nobodys_amount(held: World) -> None:
    """In whatever order holders are paid, each gets the same, and the same is left over."""
    date = take_date(held)
    for order in permutations(HOLDERS):
        terms = payment(held, date, 10_000)
        declare(held, terms)
        carried = held.distribution.read("carriedOf", held.senior.address, held.cash.address)
        assert carried == 0
        pot = 10_000 + held.distribution.read("progressOf", terms)[1]
        paid = {name: claim(held, terms, name) for name in order}
        assert paid == {name: amount * pot // 1_800 for name, amount in zip(HOLDERS, (1_000, 500, 300), strict=True)}


def test_who_held_nothing_is_paid_nothing(due: tuple[World, Payment]) -> None:
    """Neither one who came later nor a stranger has a share."""
    world, terms = due
    world.transfer(world.senior, "alice", "carol", 1_000)
    assert not_paid(world, terms, "carol") is Unpaid.NOTHING_HELD
    assert not_paid(world, terms, "stranger") is Unpaid.NOTHING_HELD
    assert claim(world, terms, "alice") == 5_555


@pytest.mark.parametrize("change", ["funded", "supply", "recordDate", "ref", "token"])
def test_P8_changed_terms_are_no_payment(due: tuple[World, Payment], change: str) -> None:
    """A claim on other terms than were declared finds no payment: nobody enlarges his share."""
    world, terms = due
    take_date(world)
    places = {"token": 0, "recordDate": 1, "funded": 4, "supply": 5, "ref": 6}
    values = {
        "token": world.mezzanine.address,
        "recordDate": 2,
        "funded": 20_000,
        "supply": 900,
        "ref": hash_of(b"another"),
    }
    changed = tuple(values[change] if place == places[change] else term for place, term in enumerate(terms))
    why = world.refused("alice", world.distribution, "claim", changed, world["alice"])
    assert why.name == "PaymentUnknown"


def test_a_share_of_no_unit_is_settled_too(held: World) -> None:
    """A holder whose share rounds down to nothing is counted, so that the payment can be completed."""
    terms = payment(held, take_date(held), 3)
    declare(held, terms)
    assert [claim(held, terms, name) for name in HOLDERS] == [1, 0, 0]
    assert progress(held, terms) == (1, 1_800, 2)
    assert not_paid(held, terms, "bob") is Unpaid.ALREADY_PAID


# ---- who is paid


def test_P8_blocked_money_waits(due: tuple[World, Payment]) -> None:
    """A blocked holder's share stays until he is unblocked; the others are paid meanwhile."""
    world, terms = due
    world.act("admitter", world.registry, "blockInvestors", [world["bob"]], EVIDENCE)
    assert not_paid(world, terms, "bob") is Unpaid.PAYEE_BLOCKED
    done = world.act("stranger", world.distribution, "push", terms, [world[name] for name in HOLDERS])
    assert [args["holder"] for args in done.all("Paid")] == [world["alice"], world["dave"]]
    assert done.all("Completed") == []
    world.enforce(world.registry, "unblockInvestor", world["bob"], EVIDENCE)
    assert claim(world, terms, "bob") == SHARES["bob"]


def test_a_lost_wallets_successor_is_paid(due: tuple[World, Payment]) -> None:
    """What a lost wallet held is paid to the wallet that stands for it, recovered or not, over later losses too."""
    world, terms = due
    for known, new in (("alice", "alice_new"), ("alice_new", "bob_new")):
        world.act("admitter", world.registry, "addWallet", world[known], world[new], EVIDENCE)
        world.enforce(world.registry, "recordSuccessor", world[known], world[new])
    before = cash_of(world, "alice", "alice_new", "bob_new")
    done = world.act("stranger", world.distribution, "claim", terms, world["alice"])
    assert (done.only("Paid")["holder"], done.only("Paid")["payee"]) == (world["alice"], world["bob_new"])
    assert cash_of(world, "alice", "alice_new", "bob_new") == [before[0], before[1], before[2] + 5_555]
    assert not_paid(world, terms, "alice") is Unpaid.ALREADY_PAID
    assert not_paid(world, terms, "bob_new") is Unpaid.NOTHING_HELD


@pytest.mark.parametrize("field", ["evidence_until", "suitability_until"])
@pytest.mark.parametrize("needs_evidence", [False, True])
def test_expired_evidence_is_paid_unless_the_payment_asks(held: World, field: str, needs_evidence: bool) -> None:
    """An investor whose evidence or suitability ended is paid, unless this payment wants it unexpired (R-56)."""
    terms = payment(held, take_date(held), 10_000, needs_evidence=needs_evidence)
    declare(held, terms)
    held.renew({"alice": replace(GOOD, **{field: held.now - 1})})
    if needs_evidence:
        assert not_paid(held, terms, "alice") is Unpaid.EVIDENCE_EXPIRED
        held.renew({"alice": replace(GOOD, **{field: held.now})})
    assert claim(held, terms, "alice") == SHARES["alice"]


def test_a_suspended_filing_still_pays(due: tuple[World, Payment]) -> None:
    """Suspension, pause and a delisted asset stop no money that was declared before."""
    world, terms = due
    world.act("regulator", world.registry, "suspend", 1, EVIDENCE)
    world.act("agent", world.registry, "pause", 1, 0)
    world.act("agent", world.registry, "delistAsset", world.cash.address, EVIDENCE)
    assert [claim(world, terms, name) for name in HOLDERS] == list(SHARES.values())


# ---- pushing


def test_a_push_is_resumed_where_it_stopped(due: tuple[World, Payment]) -> None:
    """Pushing again pays those who are left, and nobody again."""
    world, terms = due
    everybody = [world[name] for name in (*HOLDERS, "carol")]
    world.act("stranger", world.distribution, "push", terms, everybody[:1])
    done = world.act("alice", world.distribution, "push", terms, everybody)
    assert [args["amount"] for args in done.all("Paid")] == [2_777, 1_666]
    assert [args["why"] for args in done.all("Waits")] == [Unpaid.ALREADY_PAID, Unpaid.NOTHING_HELD]
    assert done.only("Completed")["dust"] == 2


def test_P8_dust_goes_to_the_next_payment(due: tuple[World, Payment]) -> None:
    """What no share contains is taken over by the next payment of the token in the asset; no unit is lost."""
    world, terms = due
    world.act("stranger", world.distribution, "push", terms, [world[name] for name in HOLDERS])
    assert progress(world, terms) == (9_998, 1_800, 2)
    assert world.distribution.read("carriedOf", world.senior.address, world.cash.address) == 2
    second = payment(world, 1, 1_798)
    done = declare(world, second)
    assert done.only("Declared")["carried"] == 2
    assert world.distribution.read("carriedOf", world.senior.address, world.cash.address) == 0
    assert [claim(world, second, name) for name in HOLDERS] == [1_000, 500, 300]
    assert progress(world, second) == (1_800, 1_800, 0)
    assert world.cash.read("balanceOf", world.distribution.address) == 0


def test_P8_paid_unclaimed_and_dust_are_what_was_funded(held: World) -> None:
    """Over several payments, in any state of paying, the contract holds exactly what it owes."""
    date, owed = take_date(held), 0
    for funded, paid_now in ((10_000, HOLDERS[:2]), (777, HOLDERS), (1, ()), (5_001, HOLDERS[2:])):
        terms = payment(held, date, funded)
        declare(held, terms)
        owed += funded
        for name in paid_now:
            owed -= claim(held, terms, name)
        assert held.cash.read("balanceOf", held.distribution.address) == owed


# ---- elsewhere, and outside


def test_two_officers_send_a_share_elsewhere(due: tuple[World, Payment]) -> None:
    """The share of one who cannot be paid goes where two officers order it, once; he has no share any more."""
    world, terms = due
    world.act("admitter", world.registry, "blockInvestors", [world["bob"]], EVIDENCE)
    order = (terms, world["bob"], world["proceeds"], EVIDENCE)
    for who in ("payer", "agent", "maker", "checker"):
        assert world.refused(who, world.distribution, "payElsewhere", *order).args["role"] == "ENFORCER"
    done = world.enforce(world.distribution, "payElsewhere", *order)
    assert done.only("PaidElsewhere") == {
        "id": world.distribution.read("idOf", terms),
        "holder": world["bob"],
        "account": world["proceeds"],
        "amount": 2_777,
        "ref": EVIDENCE,
    }
    assert cash_of(world, "proceeds") == [2_777]
    world.enforce(world.registry, "unblockInvestor", world["bob"], EVIDENCE)
    assert not_paid(world, terms, "bob") is Unpaid.ALREADY_PAID
    assert world.enforcement_refused(world.distribution, "payElsewhere", *order).name == "NotPaid"


def test_a_share_goes_nowhere_that_cannot_hold_it(due: tuple[World, Payment]) -> None:
    """An account that the asset refuses is refused, and the share waits."""
    world, terms = due
    why = world.enforcement_refused(
        world.distribution, "payElsewhere", terms, world["bob"], world["stranger"], EVIDENCE
    )
    assert (why.name, why.args["why"]) == ("NotPaid", "ASSET_FAILED")
    assert claim(world, terms, "bob") == SHARES["bob"]


def test_money_paid_outside_is_recorded_once(held: World) -> None:
    """A payment made in any currency outside the chain is on record by its reference, once per token."""
    date, ref = take_date(held), hash_of(b"bank reference")
    arguments = (held.senior.address, date, b"CNY", 123_456, ref)
    done = held.act("payer", held.distribution, "recordOffChain", *arguments)
    assert done.only("PaidOffChain") == {
        "token": held.senior.address,
        "recordDate": date,
        "ref": ref,
        "currency": b"CNY",
        "amount": 123_456,
    }
    assert held.distribution.read("isRecorded", held.senior.address, ref) is True
    why = held.refused("payer", held.distribution, "recordOffChain", *arguments)
    assert (why.name, why.args) == ("AlreadyRecorded", {"ref": ref})


@pytest.mark.parametrize(
    ("place", "value", "error"),
    [(0, T0, "NotATranche"), (1, 9, "RecordDateNotTaken"), (3, 0, "PaymentEmpty")],
)
def test_what_is_recorded_is_of_a_token_and_a_date(held: World, place: int, value: int, error: str) -> None:
    """A record names a token of this registry, a record date that was taken, and an amount."""
    arguments = [held.senior.address, take_date(held), b"CNY", 100, hash_of(b"ref")]
    arguments[place] = held["stranger"] if place == 0 else value
    assert held.refused("payer", held.distribution, "recordOffChain", *arguments).name == error


@pytest.mark.parametrize("who", ["bank", "issuer", "agent", "maker", "alice", "deployer"])
def test_only_the_payer_declares(held: World, who: str) -> None:
    """Nobody but a payer declares or records payments."""
    terms = payment(held, take_date(held), 100)
    record = (held.senior.address, 1, b"CNY", 1, Hash(EVIDENCE))
    for fn, arguments in (("declare", (terms,)), ("recordOffChain", record)):
        why = held.refused(who, held.distribution, fn, *arguments)
        assert (why.name, why.args["role"]) == ("RoleNeeded", "PAYER")


def test_the_listed_asset_is_a_deposit(world: World) -> None:
    """The stage's asset is the deposit token of the deployment, listed as such."""
    assert world.registry.read("assetOf", world.cash.address) == (b"HKD", AssetKind.DEPOSIT)
