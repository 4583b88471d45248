"""Closing periods in tests: the proof of a filed deal, what a servicer submits, what a trustee confirms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from eth_abi.abi import encode

from abst.chain.contracts import Contract
from abst.deal.plan import TERMS_ABI, Terms, terms_tuple
from abst.deal.waterfall.closing import Closing, Owed, close, payment_ref
from abst.values import Hash, hash_of
from contracts.money import Payment, payment
from waterfall import CONTENT, DOSSIER, PROGRAM
from world import FILING, TERMS, Done, World, artifacts_hash

REPORT = hash_of(b"the servicer's report")


def proof(terms: Sequence[Terms] = TERMS) -> tuple[Hash, Hash, Hash, Hash]:
    """What the world's plan hash is made of."""
    terms_hash = hash_of(encode([f"{TERMS_ABI}[]"], [[terms_tuple(one) for one in terms]]))
    return artifacts_hash(), terms_hash, CONTENT, DOSSIER


@dataclass
class Deal:
    """The servicing of the world's filing, as Python follows it."""

    world: World
    state: tuple[int, ...] = ()
    closed: int = 0
    done: list[Closing] = field(default_factory=list)

    @property
    def contract(self) -> Contract:
        return self.world.contracts.servicing

    def open(self, program: bytes = PROGRAM) -> Done:
        done = self.world.act("reporter", self.contract, "open", FILING, proof(), program)
        self.state = done.only("ServicingOpened")["state"]
        return done

    def closing(self, inputs: Sequence[int]) -> Closing:
        """What the next period comes to, in Python."""
        owed = []
        for tranche in range(len(TERMS)):
            outstanding, _, written_down = self.world.token(tranche).read("amortisation")
            owed.append(Owed(outstanding, written_down))
        return close(PROGRAM, inputs, self.state, owed)

    def submit(self, inputs: Sequence[int], who: str = "reporter", report: Hash = REPORT) -> Closing:
        made = self.closing(inputs)
        self.world.act(who, self.contract, "submit", FILING, self.closed + 1, made.inputs_hash, report, made.result)
        return made

    def confirmation(self, figures: Sequence[int], /, **other: object) -> tuple[object, ...]:
        """Arguments of `confirm`, as good ones are; `other` replaces what the test is about."""
        good = {
            "filing": FILING,
            "period": self.closed + 1,
            "report": REPORT,
            "program": PROGRAM,
            "inputs": list(figures),
            "state": list(self.state),
        }
        return tuple((good | other).values())

    def confirm(self, inputs: Sequence[int]) -> Done:
        return self.world.act("trustee", self.contract, "confirm", *self.confirmation(inputs))

    def close(self, *inputs: int) -> Closing:
        """Submit and confirm one period; Python's words about it."""
        made = self.submit(inputs)
        self.confirm(inputs)
        self.follow(made)
        return made

    def follow(self, made: Closing) -> None:
        self.state, self.closed = made.state, self.closed + 1
        self.done.append(made)

    def payment(self, tranche: int, date: int, period: int | None = None, **other: object) -> Payment:
        """Terms of the payment that a period owes a tranche; `other` replaces funded, asset, token or ref."""
        period = period or self.closed
        token = other.pop("token", self.world.token(tranche))
        assert isinstance(token, Contract)
        funded = other.pop("funded", self.done[period - 1].paid[tranche].due)
        assert isinstance(funded, int)
        ref = other.pop("ref", payment_ref(self.contract.address, FILING, period, tranche))
        return payment(self.world, date, funded, token=token, ref=ref, **other)  # type: ignore[arg-type]

    def pay(self, tranche: int, terms: Payment, period: int | None = None, who: str = "payer") -> Done:
        self.world.act("payer", self.world.cash, "approve", self.contract.address, terms[4])
        return self.world.act(who, self.contract, "pay", FILING, period or self.closed, tranche, terms)
