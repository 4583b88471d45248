"""Promises about the token, kept over random sequences of acts, on the real contracts beside a plain model.

given any sequence of mints, transfers, freezes, forced transfers, redemptions, recoveries, changes of facts, stops,
restarts, record dates and time
    it should end each act as the model says, with the exact reason where it is refused
    it should hold exactly what the model holds, now and at every record date
    it should keep each numbered promise in the chain's own words

`ABST_PROVE=1` runs many more and longer sequences, random each time, and
shrinks what fails; without it they are few and always the same.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from abst.chain.api import Reverted
from abst.chain.reasons import REASONS, explain
from abst.chain.words import Holding, InvestorRecord
from promises.machine import BY_SLUG, TokenMachine, amounts, people
from world import FILING, Done

DEEP = os.environ.get("ABST_PROVE") == "1"
pytestmark = [pytest.mark.prove] if DEEP else []  # so that `make prove` takes the deep runs, and `make test` the short
SETTINGS = settings(
    max_examples=int(os.environ.get("ABST_EXAMPLES", "40" if DEEP else "2")),
    stateful_step_count=80 if DEEP else 40,
    deadline=None,
    database=None,
    print_blob=DEEP,
    phases=tuple(Phase) if DEEP else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def prove(machine: type[TokenMachine]) -> None:
    """Random sequences; the same ones at every run, but others for each promise, unless it is a deep run."""
    chosen = machine if DEEP else seed(int.from_bytes(machine.__name__.encode()))(machine)
    run_state_machine_as_test(chosen, settings=SETTINGS)


class Supply(TokenMachine):
    def look_at_sums(self, supply: int, minted: int) -> None:
        assert supply == sum(held.balance for held in self.held.values()) == minted - self.redeemed


def test_P1_supply_is_the_sum_of_balances() -> None:
    """P1 Supply equals the sum of balances equals minted less retired."""
    prove(Supply)


class Receivers(TokenMachine):
    def look_at(self, done: Done) -> None:
        terms, now = self.model.terms, self.world.now
        for moved in done.all("Transfer"):
            if moved["to"] == self.world["zero"]:
                continue
            one = InvestorRecord.unpack(self.world.registry.read("investorOf", moved["to"]))
            assert one.known
            assert not one.blocked
            assert not one.lost
            assert one.regimes & terms.regimes
            assert one.capacity >= terms.risk
            assert now <= one.evidence_until
            assert now <= one.suitability_until


def test_P2_nobody_receives_who_may_not() -> None:
    """P2 Nobody ever receives who was not, at that moment, known, unblocked, within a regime of the token, with
    unexpired evidence and suitability of at least the product's risk."""
    prove(Receivers)


class Frozen(TokenMachine):
    @rule(one=people, wanted=amounts, more=amounts)
    def freeze_and_send(self, one: int, wanted: tuple[str, int], more: tuple[str, int]) -> None:
        """More often than by chance something is frozen and then sent."""
        self.freeze(one, wanted)
        self.transfer(one, one, more)

    def look_at_change(self, act: str, before: dict[str, Holding], after: dict[str, Holding]) -> None:
        if act in ("forcedTransfer", "recover"):
            return
        for name, held in before.items():
            if after[name].balance < held.balance:
                assert after[name].balance >= held.frozen
                assert self.world.now >= held.locked_until


def test_P5_frozen_and_locked_amounts_stay() -> None:
    """P5 Frozen and locked amounts leave only by forced transfer or recovery."""
    prove(Frozen)


class Previews(TokenMachine):
    @rule(first=people, second=people, wanted=amounts)
    def ask(self, first: int, second: int, wanted: tuple[str, int]) -> None:
        sender, receiver = self.someone(first), self.another(second)
        amount = self.amount(wanted, sender, receiver)
        one, other = self.world[sender], self.world[receiver]
        may, code, balance = self.world.read_many(
            self.token,
            [("canTransfer", one, other, amount), ("reasonAgainst", one, other, amount), ("balanceOf", one)],
        )
        try:
            self.world.chain.call(self.token.address, self.token.encode("transfer", other, amount), one)
            found = "None"
        except Reverted as error:
            why = explain(error.data)
            found = BY_SLUG[why.reason or ""]
        assert found == REASONS[code].name == (self.model.verdict("transfer", sender, receiver, amount) or "None")
        if may and amount <= balance:
            assert found == "None"
        if not may:
            assert found not in ("None", "InsufficientBalance")


def test_P6_previews_tell_the_truth() -> None:
    """P6 The previews tell the truth: `canTransfer` true and balance enough means the transfer succeeds in the same
    block; false means it reverts, with the reason the preview gives."""
    prove(Previews)


class Dates(TokenMachine):
    every_date = True

    @rule(count=st.integers(1, 2))
    def dates_in_a_row(self, count: int) -> None:
        """More often than by chance a date passes, sometimes two without a change between them."""
        for _ in range(count):
            self.announce(1)
            self.wait("the date")

    @rule(one=people, other=people, number=st.integers(0, 5))
    def some_move(self, one: int, other: int, number: int) -> None:
        self.transfer(one, other, ("lots", number))


def test_P7_balances_at_record_dates_stay() -> None:
    """P7 `balanceOfAt` equals the balance held when the record date was taken, for every holder, whatever happens
    later; the sum is `totalSupplyAt`."""
    prove(Dates)


STOPS = {"suspend": "FilingNotEffective", "pause": "TokenPaused", "overdue": "DisclosureOverdue"}


class Stops(TokenMachine):
    def matrix(self) -> list[str]:
        """Why each of some transfers, and a mint to each receiver, may not happen now."""
        lot = self.model.terms.lot
        calls: list[tuple[Any, ...]] = [
            ("reasonAgainst", self.world[one], self.world[other], lot) for one, other in self.pairs()
        ]
        calls += [("reasonAgainstMint", self.world[other], lot) for _, other in self.pairs()]
        return [REASONS[code].name for code in self.world.read_many(self.token, calls)]

    def should_be(self) -> list[str]:
        lot = self.model.terms.lot
        said = [self.model.verdict("transfer", one, other, lot) or "None" for one, other in self.pairs()]
        return said + [self.model.verdict("mint", "zero", other, lot) or "None" for _, other in self.pairs()]

    @rule(how=st.sampled_from(sorted(STOPS)), order=st.booleans())
    def stop_and_restart(self, how: str, order: bool) -> None:
        if self.model.suspended or self.model.paused or self.model.is_overdue() or len(self.model.obligations) > 30:
            return
        if how == "overdue":
            self.open_obligation(0, 0, 0)
            number = self.model.opened
            self.wait("a second")
        before = self.should_be_without_stop()
        if how == "suspend":
            self.suspend(True)
        elif how == "pause":
            self.pause(True)
        stopped = self.matrix()
        everything = how != "overdue" or self.model.terms.overdue_stops_transfers
        pairs = len(stopped) // 2
        assert set(stopped[pairs:]) == {STOPS[how]}, "no mint while it is stopped"
        if everything:
            assert set(stopped[:pairs]) == {STOPS[how]}, "no transfer while it is stopped"
        else:
            assert stopped[:pairs] == before[:pairs], "transfers go on where the terms let them"
        self.transfer_between("alice", "bob", ("lots", 1))
        if how == "overdue":
            self.publish_one(number)
        elif how == "suspend":
            self.suspend(False)
        else:
            self.pause(False)
        if everything:
            assert self.matrix() == before, "resuming restores exactly"

    def should_be_without_stop(self) -> list[str]:
        """What the previews say but for the obligation that this rule opened."""
        late = {n: one for n, one in self.model.obligations.items() if self.model.now > one.due + one.grace}
        for number in late:
            del self.model.obligations[number]
        said = self.should_be()
        self.model.obligations |= late
        return said

    def look_at(self, done: Done) -> None:
        """What moved in a stopped token moved by order, or was given back."""
        record = self.world.filing(FILING)
        stopped = record.status.name != "EFFECTIVE" or record.is_paused(self.tranche)
        if stopped and self.model.terms.overdue_stops_transfers:
            stopped = stopped or record.overdue(self.world.now)
        if stopped and "Transfer" in done.names:
            assert {"ForcedTransfer", "Recovered", "Redeemed"} & set(done.names)


def test_P9_stops_stop_and_restarts_restore() -> None:
    """P9 Suspension, pause and overdue disclosure stop what the terms say, at once, and resuming restores exactly."""
    prove(Stops)
