"""Judgements whose gates take a few plain arguments: their facts, and how they are put to the gates. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from abst.cash import gates as cash
from abst.chain.settings import fixed_by_source
from abst.errors import Refusal
from abst.filing.states import Status, refuse_move
from abst.rulebook import Rulebook
from abst.servicing.gates import PayeeFacts, why_waits


@dataclass(frozen=True, slots=True)
class Moving:
    """A filing is to go from one state to another."""

    old: Status
    new: Status


@dataclass(frozen=True, slots=True)
class Moved:
    """A parameter of the rulebook is to be moved by an officer."""

    rule: str
    name: str


@dataclass(frozen=True, slots=True)
class Paying:
    """A holder is to be paid now. needs_evidence: whether the payment's terms ask for unexpired evidence."""

    payee: PayeeFacts
    holder: str
    needs_evidence: bool
    now: int


@dataclass(frozen=True, slots=True)
class Opening:
    """The bank is to open an account. known: whether the registry knows it as an investor's wallet."""

    account: str
    known: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Smallest units that an act of money is to move."""

    amount: int
    where: str


def moves(facts: Moving, _: Rulebook) -> list[Refusal]:
    """Whether a filing may make this move."""
    return _listed(refuse_move(facts.old, facts.new))


def settable(facts: Moved, rulebook: Rulebook) -> list[Refusal]:
    """Whether an officer may move this parameter."""
    return _listed(fixed_by_source(facts.rule, facts.name, rulebook.parameter(facts.rule, facts.name)))


def payable(facts: Paying, _: Rulebook) -> list[Refusal]:
    """Whether the holder is paid now, or his money waits."""
    return _listed(why_waits(facts.payee, facts.holder, facts.needs_evidence, facts.now))


def opens(facts: Opening, _: Rulebook) -> list[Refusal]:
    """Whether the bank may open this account."""
    return _listed(cash.not_an_investor(facts.account, facts.known))


def asks(facts: Asked, _: Rulebook) -> list[Refusal]:
    """Whether anything is asked at all."""
    return _listed(cash.something_asked(facts.amount, facts.where))


def holds(facts: cash.AccountFacts, _: Rulebook) -> list[Refusal]:
    """Whether an account may hold money, and has what is needed."""
    return cash.decide_account([facts])


def _listed(found: Refusal | None) -> list[Refusal]:
    return [] if found is None else [found]
