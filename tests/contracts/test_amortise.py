"""Principal, losses and the end: `amortisePrincipal`, `writeDown`, `reverseWriteDown`, `retireBalances`.

given an issue
    when principal is paid or a loss is written down
        it should lower what is outstanding, never a balance, and close the issue
    when more is recorded than is outstanding, or more taken back than was written down
        it should refuse
    when a loss is taken back, until maturity
        it should be outstanding again
given a holder who redeems after that
    it should take his share of what is outstanding with him
given nothing outstanding, and nothing that may come back
    when the transfer agent retires
        it should burn what the holders have, whatever the rules say
given one officer alone
    it should refuse
"""

from __future__ import annotations

import pytest

from abst.chain.contracts import Contract
from contracts.money import take_date
from world import EVIDENCE, FILING, OFFICERS, SENIOR, Done, World, reason_of

HOLDERS = ("alice", "bob", "dave")  # of 1,000, 500 and 300 of 1,800


def amortisation(token: Contract) -> tuple[int, int, int]:
    """Outstanding, principal paid, written down."""
    found: tuple[int, int, int] = token.read("amortisation")
    return found


def owed(world: World) -> list[int]:
    return [world.senior.read("outstandingOf", world[name]) for name in HOLDERS]


def retire(world: World, *names: str) -> Done:
    return world.act("agent", world.senior, "retireBalances", [world[name] for name in names])


def test_outstanding_follows_the_supply_until_then(held: World) -> None:
    """Before the first record everything issued is outstanding."""
    assert amortisation(held.senior) == (1_800, 0, 0)
    assert owed(held) == [1_000, 500, 300]
    held.act("alice", held.senior, "redeem", 400)
    held.mint(held.senior, {"bob": 200})
    assert amortisation(held.senior) == (1_600, 0, 0)
    assert held.senior.read("outstandingOf", held["stranger"]) == 0
    assert held.mezzanine.read("outstandingOf", held["alice"]) == 0


def test_principal_lowers_what_is_outstanding(held: World) -> None:
    """Paying principal lowers what is owed in proportion, and no balance."""
    done = held.enforce(held.senior, "amortisePrincipal", 600)
    assert done.only("Amortised") == {"outstanding": 1_200, "principalPaid": 600, "writtenDown": 0}
    assert amortisation(held.senior) == (1_200, 600, 0)
    assert [held.balance(held.senior, name) for name in HOLDERS] == [1_000, 500, 300]
    assert held.senior.read("totalSupply") == 1_800
    assert owed(held) == [666, 333, 200]
    held.transfer(held.senior, "alice", "bob", 1_000)
    assert owed(held) == [0, 1_000, 200]


def test_losses_come_down_and_back(held: World) -> None:
    """A loss lowers what is outstanding; taken back, it is outstanding again; principal paid never falls."""
    held.enforce(held.senior, "amortisePrincipal", 300)
    held.enforce(held.senior, "writeDown", 500)
    assert amortisation(held.senior) == (1_000, 300, 500)
    done = held.enforce(held.senior, "reverseWriteDown", 200)
    assert done.only("Amortised") == {"outstanding": 1_200, "principalPaid": 300, "writtenDown": 300}


@pytest.mark.parametrize(
    ("fn", "amount", "error", "limit"),
    [
        ("amortisePrincipal", 1_001, "AboveOutstanding", 1_000),
        ("writeDown", 1_001, "AboveOutstanding", 1_000),
        ("reverseWriteDown", 501, "AboveWrittenDown", 500),
        ("amortisePrincipal", 2**256 - 1, "AboveOutstanding", 1_000),
        ("reverseWriteDown", 2**256 - 1, "AboveWrittenDown", 500),
    ],
)
def test_nothing_falls_below_zero(held: World, fn: str, amount: int, error: str, limit: int) -> None:
    """Neither more than is outstanding is paid or lost, nor more taken back than was lost (R-90)."""
    held.enforce(held.senior, "amortisePrincipal", 300)
    held.enforce(held.senior, "writeDown", 500)
    why = held.enforcement_refused(held.senior, fn, amount)
    assert (why.name, why.args["amount"], why.rule) == (error, amount, "R-90")
    assert limit in why.args.values()
    assert amortisation(held.senior) == (1_000, 300, 500)


def test_nothing_is_owed_on_a_token_without_holders(world: World) -> None:
    """Before anything is issued there is no principal to pay."""
    assert world.enforcement_refused(world.senior, "amortisePrincipal", 1).name == "AboveOutstanding"
    assert world.mint_preview(world.senior, "alice", 100) == "None"


@pytest.mark.parametrize("fn", ["amortisePrincipal", "writeDown"])
def test_P3_the_first_record_closes_the_issue(held: World, fn: str) -> None:
    """Once principal was paid or lost, nothing more is minted, even of the cap that is left (R-59)."""
    held.enforce(held.senior, fn, 100)
    why = held.mint_refused(held.senior, {"carol": 100})
    assert (reason_of(why), why.rule) == ("IssueClosed", "R-59")
    if fn == "writeDown":
        held.enforce(held.senior, "reverseWriteDown", 100)
    assert held.mint_preview(held.senior, "carol", 100) == "IssueClosed"
    held.mint(held.mezzanine, {"carol": 100})


def test_a_loss_is_taken_back_until_maturity(held: World) -> None:
    """The last second of maturity still takes a loss back, the next one does not."""
    held.enforce(held.senior, "writeDown", 100)
    held.warp_to(SENIOR.maturity)
    held.enforce(held.senior, "reverseWriteDown", 40)
    held.warp(1)
    why = held.enforcement_refused(held.senior, "reverseWriteDown", 40)
    assert (why.name, why.args) == ("AfterMaturity", {"maturity": SENIOR.maturity})
    held.enforce(held.senior, "amortisePrincipal", 1)


def test_who_redeems_takes_his_share_along(held: World) -> None:
    """What is outstanding falls with a redemption by the holder's share, so that the others are owed what they were."""
    held.enforce(held.senior, "amortisePrincipal", 900)
    before = owed(held)
    done = held.act("alice", held.senior, "redeem", 1_000)
    assert done.only("Amortised") == {"outstanding": 400, "principalPaid": 900, "writtenDown": 0}
    assert owed(held) == [0, *before[1:]]


def test_a_redemption_never_leaves_more_than_the_face(held: World) -> None:
    """Outstanding and what may be written up again stay within the face that is left, whoever redeems how much."""
    held.enforce(held.senior, "amortisePrincipal", 700)
    held.enforce(held.senior, "writeDown", 599)
    for name, amount in (("alice", 333), ("bob", 1), ("dave", 299), ("bob", 499), ("alice", 667), ("dave", 1)):
        held.act(name, held.senior, "redeem", amount)
        outstanding, _, written_down = amortisation(held.senior)
        assert outstanding + written_down <= held.senior.read("totalSupply")
    assert amortisation(held.senior)[::2] == (0, 0)


# ---- the end


def test_P1_retiring_burns_what_the_holders_have(held: World) -> None:
    """With nothing owed the agent burns balances; each is said, frozen ones are released, minted stays."""
    held.freeze(held.senior, "bob", 200)
    held.enforce(held.senior, "amortisePrincipal", 1_800)
    done = retire(held, "alice", "bob", "carol")
    assert done.names == ["Transfer", "Retired", "Frozen", "Transfer", "Retired"]
    assert done.all("Retired") == [
        {"holder": held["alice"], "amount": 1_000},
        {"holder": held["bob"], "amount": 500},
    ]
    assert done.only("Frozen") == {"account": held["bob"], "amount": 0}
    assert [args["to"] for args in done.all("Transfer")] == [held["zero"]] * 2
    views = ("totalSupply", "minted", "holders")
    assert [held.senior.read(view) for view in views] == [300, 1_800, 1]
    retire(held, "dave", "dave")
    assert [held.senior.read(view) for view in views] == [0, 1_800, 0]


def test_retiring_passes_every_rule(held: World) -> None:
    """Suspension, pause, block and expired evidence keep nobody from the end."""
    held.enforce(held.senior, "amortisePrincipal", 1_800)
    held.act("regulator", held.registry, "suspend", FILING, EVIDENCE)
    held.act("agent", held.registry, "pause", FILING, 0)
    held.act("admitter", held.registry, "blockInvestors", [held["alice"]], EVIDENCE)
    retire(held, *HOLDERS)
    assert held.senior.read("totalSupply") == 0


def test_nothing_is_retired_while_anything_is_owed(held: World) -> None:
    """Neither before the first record, nor with a unit outstanding, nor while a loss may come back."""
    for paid in (0, 1_300):
        if paid:
            held.enforce(held.senior, "amortisePrincipal", paid)
        why = held.refused("agent", held.senior, "retireBalances", [held["alice"]])
        assert (why.name, why.args) == ("StillOutstanding", {"outstanding": 1_800 - paid, "writtenDown": 0})
    held.enforce(held.senior, "writeDown", 500)
    why = held.refused("agent", held.senior, "retireBalances", [held["alice"]])
    assert why.args == {"outstanding": 0, "writtenDown": 500}
    held.warp_to(SENIOR.maturity)
    assert held.refused("agent", held.senior, "retireBalances", [held["alice"]]).name == "StillOutstanding"
    held.warp(1)
    retire(held, *HOLDERS)


def test_P7_a_record_date_before_the_end_is_kept(held: World) -> None:
    """Who held at a record date is paid, though his tokens are retired since."""
    held.enforce(held.senior, "amortisePrincipal", 1_800)
    date = take_date(held)
    retire(held, *HOLDERS)
    assert [held.senior.read("balanceOfAt", held[name], date) for name in HOLDERS] == [1_000, 500, 300]
    assert held.senior.read("totalSupplyAt", date) == 1_800


@pytest.mark.parametrize("fn", ["amortisePrincipal", "writeDown", "reverseWriteDown"])
def test_P10_two_officers_record_principal_and_losses(held: World, fn: str) -> None:
    """No single key changes what is owed."""
    for who in (*OFFICERS, "alice", "deployer"):
        assert held.refused(who, held.senior, fn, 1).args == {"account": held[who], "role": "SERVICER"}
    assert amortisation(held.senior) == (1_800, 0, 0)


def test_only_the_agent_retires(held: World) -> None:
    """Not even two officers of the enforcement retire balances; it is the transfer agent's act."""
    held.enforce(held.senior, "amortisePrincipal", 1_800)
    for who in ("issuer", "payer", "alice"):
        why = held.refused(who, held.senior, "retireBalances", [held["alice"]])
        assert why.args["role"] == "TRANSFER_AGENT"
    assert held.enforcement_refused(held.senior, "retireBalances", [held["alice"]]).name == "RoleNeeded"


def test_each_tranche_is_amortised_by_itself(held: World) -> None:
    """A record on the senior tranche leaves the mezzanine as it was."""
    held.mint(held.mezzanine, {"alice": 1_000})
    held.enforce(held.senior, "amortisePrincipal", 500)
    assert amortisation(held.mezzanine) == (1_000, 0, 0)
    held.mint(held.mezzanine, {"bob": 1_000})
