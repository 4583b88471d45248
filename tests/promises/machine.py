"""Random acts on a real token and on the model, side by side.

After each act the outcome (done, or the exact reason) and everything held must be the same. Each promise has a machine
of its own, which does the same acts and looks at its promise in the chain's own words besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from abst.chain.reasons import REASONS
from abst.chain.words import Holding, InvestorRecord
from abst.values import Hash, hash_of
from promises.token_model import ENDLESS, Investor, TokenModel
from world import (
    COMPLETION,
    DAY,
    EVIDENCE,
    FILING,
    GOOD,
    HK_PI,
    OFFSHORE,
    T0,
    TERMS,
    Done,
    SaidNo,
    World,
    world,
)

WALLETS = (
    "alice",
    "bob",
    "carol",
    "dave",
    "dave_spare",
    "erin_expiring",
    "tim_timid",
    "alice_new",
    "bob_new",
    "stranger",
)
BY_SLUG = {reason.slug: reason.name for reason in REASONS}
REPORT: Hash = hash_of(b"report")

# Whoever is drawn: three times in four someone who holds tokens (or could), else anyone. See `someone` and `another`.
people = st.integers(0, 39)
likely = ("lots", "lots", "lots", "lots", "all", "free")  # often allowed
unlikely = ("free and one", "over", "odd", "left", "share", "huge")
amounts = st.tuples(st.sampled_from(likely + unlikely), st.integers(1, 40))
seldom = st.sampled_from((False,) * 6 + (True,))  # a stop holds up everything else: most of the time there is none


def outcome_of(act: Callable[[], Done]) -> tuple[str | None, Done | None]:
    """None and what was done, or the name of the reason or error."""
    try:
        return None, act()
    except SaidNo as no:
        return BY_SLUG.get(no.why.reason or "", no.why.name), None


def known(record: InvestorRecord, *names: str) -> Investor:
    return Investor(record.regimes, record.capacity, record.evidence_until, record.suitability_until, list(names))


class TokenMachine(RuleBasedStateMachine):
    """The acts, and the comparison after each."""

    every_date: ClassVar[bool] = False  # whether all record dates are compared after each act, or at the end alone

    def __init__(self) -> None:
        super().__init__()
        self.world: World = world()
        self.held: dict[str, Holding] = {}
        self.redeemed = 0

    @initialize(tranche=st.sampled_from(range(len(TERMS))), first=st.lists(st.integers(1, 40), min_size=2, max_size=4))
    def begin(self, tranche: int, first: list[int]) -> None:
        self.tranche = tranche
        self.token = self.world.token(tranche)
        facts = {name: known(GOOD, name) for name in ("alice", "bob", "carol")}
        dave = known(GOOD, "dave", "dave_spare")
        facts |= {"dave": dave, "dave_spare": dave}
        facts["erin_expiring"] = known(replace(GOOD, evidence_until=T0 + 10 * DAY), "erin_expiring")
        facts["tim_timid"] = known(replace(GOOD, capacity=1), "tim_timid")
        self.model = TokenModel(TERMS[tranche], facts, T0, COMPLETION)
        for name, number in zip(("alice", "dave", "bob", "carol"), first, strict=False):
            self.mint_rows([(name, TERMS[tranche].lot * number)])
        if self.model.held.locked and first[0] > 5:
            self.wait("the lock")

    def someone(self, number: int) -> str:
        """One who holds tokens, or anyone."""
        holding = [name for name in WALLETS if self.model.balance(name)]
        return holding[number % len(holding)] if holding and number % 4 else WALLETS[number // 4]

    def another(self, number: int) -> str:
        """One of those in order at the beginning, or anyone."""
        return WALLETS[(number + 1) % 5] if number % 4 else WALLETS[number // 4]

    # ---- one act on both sides

    def both(self, name: str, expected: str | None, act: Callable[[], Done]) -> None:
        """The act's outcome on the chain is what the model said."""
        outcome, done = outcome_of(act)
        assert outcome == expected, f"{name}: the chain says {outcome}, the model {expected}"
        if done is None:
            return  # a reverted transaction changes nothing
        self.redeemed += sum(args["amount"] for args in done.all("Redeemed"))
        self.look_at(done)
        self.compare(name)

    def look_at(self, done: Done) -> None:
        """A promise's machine looks at what happened."""

    def look_at_change(self, act: str, before: dict[str, Holding], after: dict[str, Holding]) -> None:
        """A promise's machine looks at what every wallet held before and after an act."""

    def look_at_sums(self, supply: int, minted: int) -> None:
        """A promise's machine looks at what the token says of its sums."""

    def amount(self, wanted: tuple[str, int], sender: str, receiver: str, room: int | None = None) -> int:
        """An amount of the wanted kind. room: the most that could be allowed; the sender's unfrozen part when None."""
        kind, number = wanted
        model, lot = self.model, self.model.terms.lot
        room = model.unfrozen(sender) if room is None else room
        match kind:
            case "lots":
                return lot * min(number, room // lot)
            case "all":
                return model.balance(sender)
            case "free":
                return model.unfrozen(sender)
            case "free and one":
                return model.unfrozen(sender) + 1
            case "over":
                return (model.balance(sender) // lot + 1) * lot
            case "odd":
                return number
            case "left":
                return model.left
            case "share":
                most = model.terms.cap * model.terms.max_share_bps // 10_000
                return max(most - model.together(receiver), 0) // lot * lot + lot * (number % 2)
        return 2**256 - 1 - number

    # ---- rules: the holders

    @rule(rows=st.lists(st.tuples(people, amounts), min_size=1, max_size=3))
    def mint(self, rows: list[tuple[int, tuple[str, int]]]) -> None:
        named = [(self.another(one), wanted) for one, wanted in rows]
        self.mint_rows([(name, self.amount(wanted, name, name, self.model.left)) for name, wanted in named])

    def mint_rows(self, rows: list[tuple[str, int]]) -> None:
        self.both("mint", self.model.mint(rows), lambda: self.world.mint(self.token, rows))

    @rule(one=people, other=people, wanted=amounts)
    def transfer(self, one: int, other: int, wanted: tuple[str, int]) -> None:
        self.transfer_between(self.someone(one), self.another(other), wanted)

    @rule(one=people, other=people, number=st.integers(1, 40))
    def transfer_and_back(self, one: int, other: int, number: int) -> None:
        """Two at once, because most of what happens is holders' transfers."""
        sender, receiver = self.someone(one), self.another(other)
        self.transfer_between(sender, receiver, ("lots", number))
        self.transfer_between(receiver, sender, ("all", number))

    def transfer_between(self, sender: str, receiver: str, wanted: tuple[str, int]) -> None:
        amount = self.amount(wanted, sender, receiver)
        expected = self.model.transfer(sender, receiver, amount)
        self.both("transfer", expected, lambda: self.world.transfer(self.token, sender, receiver, amount))

    @rule(one=people, rows=st.lists(st.tuples(people, amounts), min_size=1, max_size=4))
    def transfer_batch(self, one: int, rows: list[tuple[int, tuple[str, int]]]) -> None:
        sender = self.someone(one)
        named = [(self.another(other), wanted) for other, wanted in rows]
        share = self.model.unfrozen(sender) // len(rows)
        allocated = [(name, self.amount(wanted, sender, name, share)) for name, wanted in named]
        arguments = self.world.allocated(allocated)
        expected = self.model.transfer_batch(sender, allocated)
        self.both("batch", expected, lambda: self.world.act(sender, self.token, "transferBatch", *arguments))

    @rule(one=people, other=people, amount=st.sampled_from((ENDLESS, ENDLESS, 10_000, 100, 0)))
    def approve(self, one: int, other: int, amount: int) -> None:
        owner, spender = self.someone(one), self.another(other)
        self.model.approve(owner, spender, amount)
        self.both("approve", None, lambda: self.world.act(owner, self.token, "approve", self.world[spender], amount))

    @rule(pick=st.integers(0, 9), other=people, wanted=amounts)
    def transfer_from(self, pick: int, other: int, wanted: tuple[str, int]) -> None:
        pairs = sorted(self.model.allowed)
        if not pairs:
            return self.approve(4 * pick, other, ENDLESS)
        (owner, spender), receiver = pairs[pick % len(pairs)], self.another(other)
        amount = self.amount(wanted, owner, receiver)
        expected = self.model.transfer_from(spender, owner, receiver, amount)
        arguments = (self.world[owner], self.world[receiver], amount)
        self.both("transferFrom", expected, lambda: self.world.act(spender, self.token, "transferFrom", *arguments))

    @rule(one=people, wanted=amounts)
    def redeem(self, one: int, wanted: tuple[str, int]) -> None:
        holder = self.someone(one)
        amount = self.amount(wanted, holder, holder)
        expected = self.model.redeem(holder, amount)
        self.both("redeem", expected, lambda: self.world.act(holder, self.token, "redeem", amount))

    # ---- rules: enforcement

    @rule(one=people, wanted=amounts)
    def freeze(self, one: int, wanted: tuple[str, int]) -> None:
        wallet = self.someone(one)
        amount = self.amount(wanted, wallet, wallet)
        self.model.freeze(wallet, amount)
        self.both("freeze", None, lambda: self.world.freeze(self.token, wallet, amount))

    @rule(one=people, other=people, wanted=amounts)
    def force(self, one: int, other: int, wanted: tuple[str, int]) -> None:
        sender, receiver = self.someone(one), self.another(other)
        amount = self.amount(wanted, sender, receiver, self.model.balance(sender))
        expected = self.model.force(sender, receiver, amount)
        arguments = ("forcedTransfer", self.world[sender], self.world[receiver], amount)
        self.both("forcedTransfer", expected, lambda: self.world.enforce(self.token, *arguments))

    @rule(one=people, other=people, really=st.sampled_from((True, False, False)))
    def lose(self, one: int, other: int, really: bool) -> None:
        """For good: so seldom to another wallet of the same investor."""
        wallet, successor = self.someone(one), self.another(other)
        investor = self.model.investors.get(wallet)
        siblings = [name for name in investor.wallets if name != wallet] if investor else []
        if siblings:
            if not really:
                return
            successor = siblings[-1]
        expected = self.model.lose(wallet, successor)
        arguments = ("recordSuccessor", self.world[wallet], self.world[successor])
        self.both("recordSuccessor", expected, lambda: self.world.enforce(self.world.registry, *arguments))

    @rule(pick=st.integers(0, 9))
    def recover(self, pick: int) -> None:
        lost = sorted(self.model.lost)
        wallet = lost[pick % len(lost)] if lost else WALLETS[pick]
        expected = self.model.recover(wallet)
        self.both("recover", expected, lambda: self.world.enforce(self.token, "recover", self.world[wallet]))

    # ---- rules: the registry's facts

    @rule(one=people, wallet=st.sampled_from(("alice_new", "bob_new", "stranger", "alice")))
    def add_wallet(self, one: int, wallet: str) -> None:
        known_wallet = self.someone(one)
        expected = self.model.add_wallet(known_wallet, wallet)
        arguments = ("addWallet", self.world[known_wallet], self.world[wallet], EVIDENCE)
        self.both("addWallet", expected, lambda: self.world.act("admitter", self.world.registry, *arguments))

    @rule(one=people, blocked=seldom)
    def block(self, one: int, blocked: bool) -> None:
        wallet = self.someone(one)
        if not (blocked or self.model.is_blocked(wallet)):
            return
        expected = self.model.set_blocked(wallet, blocked)
        at, registry = self.world[wallet], self.world.registry
        if blocked:
            self.both("block", expected, lambda: self.world.act("admitter", registry, "blockInvestors", [at], EVIDENCE))
        else:
            self.both("unblock", expected, lambda: self.world.enforce(registry, "unblockInvestor", at, EVIDENCE))

    @rule(
        one=people,
        what=st.sampled_from(
            ("good", "good", "good", "good", "good", "evidence", "suitability", "capacity", "offshore", "hk", "none")
        ),
        seconds=st.sampled_from((-1, 0, 1, DAY, 20 * DAY)),
    )
    def renew(self, one: int, what: str, seconds: int) -> None:
        wallet = self.someone(one)
        until = self.world.now + seconds
        facts = {
            "good": GOOD,
            "evidence": replace(GOOD, evidence_until=until),
            "suitability": replace(GOOD, suitability_until=until),
            "capacity": replace(GOOD, capacity=self.model.terms.risk - 1 + min(max(seconds, 0), 1)),
            "offshore": replace(GOOD, regimes=OFFSHORE),
            "hk": replace(GOOD, regimes=HK_PI),
            "none": replace(GOOD, regimes=0),
        }[what]
        investor = self.model.investors.get(wallet)
        if investor:
            investor.regimes, investor.capacity = facts.regimes, facts.capacity
            investor.evidence_until, investor.suitable_until = facts.evidence_until, facts.suitability_until
        expected = None if investor else "WalletUnknown"
        self.both("renew", expected, lambda: self.world.renew({wallet: facts}))

    @rule(paused=seldom)
    def pause(self, paused: bool) -> None:
        if paused == self.model.paused:
            return
        self.model.paused = paused
        registry, arguments = self.world.registry, (FILING, self.tranche)
        if paused:
            self.both("pause", None, lambda: self.world.act("agent", registry, "pause", *arguments))
        else:
            self.both("unpause", None, lambda: self.world.enforce(registry, "unpause", *arguments))

    @rule(suspended=seldom)
    def suspend(self, suspended: bool) -> None:
        if not (suspended or self.model.suspended):
            return
        expected = self.model.set_suspended(suspended)
        registry, arguments = self.world.registry, (FILING, EVIDENCE)
        if suspended:
            self.both("suspend", expected, lambda: self.world.act("regulator", registry, "suspend", *arguments))
        else:
            self.both("resume", expected, lambda: self.world.enforce(registry, "resume", *arguments))

    @rule(
        days=st.sampled_from((30, 60, 5, 0)),
        grace=st.sampled_from((0, 3_600)),
        recurrence=st.sampled_from((0, 0, 30 * DAY)),
    )
    def open_obligation(self, days: int, grace: int, recurrence: int) -> None:
        due = self.world.now + days * DAY
        expected = self.model.open_obligation(due, grace, recurrence)
        arguments = ("openObligation", FILING, 7, due, grace, recurrence)
        self.both("open", expected, lambda: self.world.act("discloser", self.world.registry, *arguments))

    @rule(pick=st.integers(0, 9))
    def publish(self, pick: int) -> None:
        if not self.model.obligations:
            return
        by_due = sorted(self.model.obligations, key=lambda one: self.model.obligations[one].due)
        self.publish_one(by_due[min(pick // 4, len(by_due) - 1)])

    def publish_one(self, number: int) -> None:
        arguments = (FILING, number, 7, REPORT, REPORT, "", self.model.publish(number))
        self.both("publish", None, lambda: self.world.act("discloser", self.world.registry, "publish", *arguments))

    @rule(seconds=st.sampled_from((1, 1, 60, DAY, 0)))
    def announce(self, seconds: int) -> None:
        if seconds and self.model.next_date > self.model.now:
            return self.wait("the date")
        second = self.world.now + seconds
        expected = self.model.announce(second)
        arguments = ("announceRecordDate", FILING, second)
        self.both("announce", expected, lambda: self.world.act("agent", self.world.registry, *arguments))

    @rule(to=st.sampled_from(("a second", "a second", "a second", "a day", "days", "the date", "the due", "the lock")))
    def wait(self, to: str) -> None:
        now = self.world.now
        seconds = {"a second": now + 1, "a day": now + DAY, "days": now + 15 * DAY, "the date": self.model.next_date}
        seconds["the due"] = 1 + min((one.due + one.grace for one in self.model.obligations.values()), default=now)
        seconds["the lock"] = max(self.model.held.locked.values(), default=now)
        second = max(seconds[to], now)
        self.world.warp_to(second)
        self.model.pass_to(second)
        self.compare("wait")

    # ---- the comparison

    def compare(self, act: str) -> None:
        """Everything held is the same on both sides after an act."""
        model, token = self.model, self.token
        calls: list[tuple[Any, ...]] = [("holdingOf", self.world[name]) for name in WALLETS]
        calls += [("totalSupply",), ("minted",), ("holders",)]
        *words, supply, minted, holders = self.world.read_many(token, calls)
        found = [Holding.unpack(word) for word in words]
        before, self.held = self.held, dict(zip(WALLETS, found, strict=True))
        assert [(h.balance, h.frozen, h.locked_until) for h in found] == [
            (model.balance(name), model.frozen(name), model.locked_until(name)) for name in WALLETS
        ]
        assert (supply, minted, holders) == (model.supply, model.held.minted, model.holders)
        self.look_at_sums(supply, minted)
        self.look_at_change(act, before, self.held)
        if self.every_date:
            self.compare_dates(4)

    def compare_dates(self, last: int = 65_535) -> None:
        """Every balance, and the supply, at every record date taken so far, or at the last few."""
        expected: list[int] = []
        calls: list[tuple[Any, ...]] = []
        for number, then in list(enumerate(self.model.dates, start=1))[-last:]:
            calls += [("balanceOfAt", self.world[name], number) for name in WALLETS] + [("totalSupplyAt", number)]
            held_then = [then.balance.get(name, 0) for name in WALLETS]
            expected += [*held_then, sum(held_then)]
        assert self.world.read_many(self.token, calls) == expected

    def pairs(self) -> Iterator[tuple[str, str]]:
        some = ("alice", "dave_spare", "erin_expiring")
        return ((one, other) for one in some for other in some)

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.compare_dates()
