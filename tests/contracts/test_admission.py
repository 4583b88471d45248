"""Investors: `admit`, `renew`, `addWallet`, `blockInvestors`, `unblockInvestor`.

given a wallet nobody knows
    when it is admitted
        it should get the next number and become an investor of its own
given a known investor
    when his facts are renewed, or he is blocked
        it should show on all his wallets at once
    when a further wallet is added
        it should have his id, facts and block, and a number of its own, up to 16 wallets
    when he is unblocked
        it should take two officers
given facts that are not an officer's
    it should refuse
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_utils.address import to_checksum_address

from abst.chain.words import InvestorRecord
from abst.values import Address
from world import EVIDENCE, GOOD, INVESTORS, World

NEW = InvestorRecord(regimes=4, capacity=3, jurisdiction="SG", evidence_until=10, suitability_until=20)


def wallet(number: int) -> Address:
    return Address(to_checksum_address(f"0x{number:040x}"))


def test_admission_gives_dense_numbers(world: World) -> None:
    """New wallets get the next numbers, in order; an investor's id is the number of his first wallet."""
    count = world.registry.read("walletCount")
    assert count == len(INVESTORS) + 1
    done = world.admit({"stranger": NEW, "alice_new": GOOD})
    assert [args["wallet"] for args in done.all("Admitted")] == [world["stranger"], world["alice_new"]]
    assert world.investor("stranger") == replace(NEW, investor=count + 1, number=count + 1)
    assert world.investor("alice_new") == replace(GOOD, investor=count + 2, number=count + 2)
    assert world.registry.read("walletCount") == count + 2


def test_the_event_carries_word_and_commitment(world: World) -> None:
    """An admission's event has the whole word and the commitment to the private record."""
    rows = world.admissions({"stranger": NEW})
    args = world.act("admitter", world.registry, "admit", rows).only("Admitted")
    assert args["record"] == world.investor("stranger").pack()
    assert args["commitment"] == rows[0][2]


def test_nobody_is_admitted_twice(world: World) -> None:
    """A known wallet is not admitted again, not even in one batch, and then none of the batch is."""
    why = world.refused("admitter", world.registry, "admit", world.admissions({"stranger": NEW, "alice": NEW}))
    assert (why.name, why.args) == ("AlreadyAdmitted", {"wallet": world["alice"]})
    twice = world.admissions({"stranger": NEW}) * 2
    assert world.refused("admitter", world.registry, "admit", twice).name == "AlreadyAdmitted"
    assert world.investor("stranger").known is False


@pytest.mark.parametrize("fn", ["admit", "renew"])
@pytest.mark.parametrize(
    "word",
    [1, 1 << 32, 1 << 200, 1 << 201, 1 << 202, 1 << 255],
    ids=["investor id", "number", "blocked", "several", "lost", "beyond"],
)
def test_an_officer_states_facts_only(world: World, fn: str, word: int) -> None:
    """Ids, numbers, flags and stray bits are never an officer's to state."""
    name = "stranger" if fn == "admit" else "alice"
    why = world.refused("admitter", world.registry, fn, [(world[name], GOOD.pack() | word, EVIDENCE)])
    assert why.name == "FactsMalformed"


def test_nobody_is_no_wallet(world: World) -> None:
    """The zero address is neither admitted nor added."""
    assert world.refused("admitter", world.registry, "admit", [(world["zero"], NEW.pack(), EVIDENCE)]).name == (
        "FactsMalformed"
    )
    why = world.refused("admitter", world.registry, "addWallet", world["alice"], world["zero"], EVIDENCE)
    assert why.name == "AlreadyAdmitted"


def test_renewal_rewrites_all_wallets(world: World) -> None:
    """Renewing one wallet's facts renews all wallets of its investor; ids, numbers and flags stay."""
    before = {name: world.investor(name) for name in ("dave", "dave_spare")}
    done = world.renew({"dave_spare": NEW})
    assert {args["wallet"] for args in done.all("Renewed")} == {world["dave"], world["dave_spare"]}
    for name, record in before.items():
        kept = replace(NEW, investor=record.investor, number=record.number, several=True)
        assert world.investor(name) == kept


def test_renewal_does_not_unblock(world: World) -> None:
    """Renewed facts leave a block in place."""
    world.renew({"bella_blocked": NEW})
    assert world.investor("bella_blocked").blocked is True


def test_a_further_wallet_is_the_same_investor(world: World) -> None:
    """A further wallet has the investor's id and facts, its own number, and both say that there are several."""
    count = world.registry.read("walletCount")
    done = world.act("admitter", world.registry, "addWallet", world["alice"], world["alice_new"], EVIDENCE)
    alice = world.investor("alice")
    assert world.investor("alice_new") == replace(alice, number=count + 1)
    assert alice.several is True
    assert done.only("WalletAdded")["record"] == world.investor("alice_new").pack()
    assert world.registry.read("walletsOf", world["alice_new"]) == (world["alice"], world["alice_new"])


def test_a_blocked_investor_adds_blocked_wallets(world: World) -> None:
    """A further wallet is no way around a block."""
    world.act("admitter", world.registry, "addWallet", world["bella_blocked"], world["stranger"], EVIDENCE)
    assert world.investor("stranger").blocked is True


def test_a_wallet_belongs_to_one_investor(world: World) -> None:
    """A known wallet is nobody's further wallet; an unknown one has none."""
    why = world.refused("admitter", world.registry, "addWallet", world["alice"], world["bob"], EVIDENCE)
    assert (why.name, why.args) == ("AlreadyAdmitted", {"wallet": world["bob"]})
    why = world.refused("admitter", world.registry, "addWallet", world["stranger"], world["bob_new"], EVIDENCE)
    assert why.name == "WalletUnknown"
    assert world.registry.read("walletsOf", world["stranger"]) == ()
    assert world.registry.read("walletsOf", world["bob"]) == (world["bob"],)


def test_at_most_sixteen_wallets(world: World) -> None:
    """The seventeenth wallet of an investor is refused, and all sixteen count as one holder."""
    for number in range(1, 16):
        world.act("admitter", world.registry, "addWallet", world["alice"], wallet(number), EVIDENCE)
    why = world.refused("admitter", world.registry, "addWallet", world["alice"], wallet(16), EVIDENCE)
    assert (why.name, why.args) == ("TooManyWallets", {"wallet": wallet(16), "limit": 16})
    world.mint(world.mezzanine, [(wallet(number), 100) for number in range(1, 16)])
    assert world.mezzanine.read("holders") == 1
    world.renew({"alice": NEW})
    records = world.registry.read("investorsOf", [world["alice"], *(wallet(number) for number in range(1, 16))])
    assert {InvestorRecord.unpack(word).capacity for word in records} == {3}


def test_a_block_is_of_the_investor(world: World) -> None:
    """Blocking one wallet blocks all wallets of its investor, and says so for each."""
    done = world.act("admitter", world.registry, "blockInvestors", [world["dave_spare"], world["bob"]], EVIDENCE)
    assert [(args["wallet"], args["isBlocked"]) for args in done.all("BlockedSet")] == [
        (world["dave"], True),
        (world["dave_spare"], True),
        (world["bob"], True),
    ]
    done = world.enforce(world.registry, "unblockInvestor", world["dave"], EVIDENCE)
    assert len(done.all("BlockedSet")) == 2
    assert (world.investor("dave").blocked, world.investor("bob").blocked) == (False, True)


@pytest.mark.parametrize("fn", ["renew", "blockInvestors", "unblockInvestor"])
def test_an_unknown_wallet_has_no_acts(world: World, fn: str) -> None:
    """Nothing is renewed, blocked or unblocked for a wallet nobody knows."""
    match fn:
        case "renew":
            why = world.refused("admitter", world.registry, fn, world.admissions({"stranger": NEW}))
        case "blockInvestors":
            why = world.refused("admitter", world.registry, fn, [world["stranger"]], EVIDENCE)
        case _:
            why = world.enforcement_refused(world.registry, fn, world["stranger"], EVIDENCE)
    assert (why.name, why.args) == ("WalletUnknown", {"wallet": world["stranger"]})


def test_one_batch_admits_a_hundred(world: World) -> None:
    """A hundred admissions fit in one transaction, each with its own number."""
    rows = [(wallet(1_000 + place), GOOD.pack(), EVIDENCE) for place in range(100)]
    done = world.act("admitter", world.registry, "admit", rows, gas=10_000_000)
    numbers = [InvestorRecord.unpack(args["record"]).number for args in done.all("Admitted")]
    assert numbers == list(range(numbers[0], numbers[0] + 100))
