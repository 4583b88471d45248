"""The two legs of a trade or an allotment: what each side can give now, and every reason against paper and money.

The same checks as `Settlement` and the deposit make, asked before anything is sent. Amounts are whole units of the
asset; times are Unix seconds, a deadline is its last good second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from abst.cash import gates
from abst.cash.accounts import money, symbol
from abst.cash.assets import listed
from abst.cash.gates import AccountFacts
from abst.chain.api import Reverted
from abst.chain.office import Office
from abst.chain.papers import Paper, Permit, is_signed, permit_message
from abst.errors import Refusal, Unavailable
from abst.rulebook import refuse
from abst.values import Address, instant

CONTRACT = "contract"  # source of a refusal that stands on no law: what any ERC-20 or the settlement would refuse


@dataclass(frozen=True, slots=True)
class Leg:
    """What one side gives, and takes from its account. allowed: units that the settlement contract may take of them.

    giver, taker: the accounts of that token; allowed counts a permit that is still good.
    """

    token: Address
    giver: AccountFacts
    taker: AccountFacts
    allowed: int

    @property
    def amount(self) -> int:
        return self.giver.needed


@dataclass(frozen=True, slots=True)
class Terms:
    """What a paper says besides its two legs. spent: its id was settled, filled or cancelled; signed: by side."""

    now: int
    asset: Address
    listed: bool
    amount: int
    price: int
    deadline: int
    spent: bool
    signed: tuple[tuple[str, bool], ...]


def besides_signing(refusals: Sequence[Refusal]) -> list[Refusal]:
    """The reasons that a signature, of the paper or of its permit, does not mend."""
    return [refusal for refusal in refusals if refusal.reason not in ("not-signed", "not-allowed")]


def of_terms(terms: Terms, where: str) -> list[Refusal]:
    """Every reason in the paper itself: asset not listed (R-65), one-sided, too late, spent, unsigned."""
    found: list[Refusal] = []
    if not terms.listed:
        found.append(
            refuse("R-65", "asset-not-listed", found=terms.asset, needed="a listed settlement asset", where=where)
        )
    if not (terms.amount and terms.price):
        what = f"{terms.amount} units for {terms.price}"
        found.append(Refusal("", "one-sided", what, "tokens against money", where, CONTRACT))
    if terms.now > terms.deadline:
        found.append(Refusal("", "expired", instant(terms.now), f"by {instant(terms.deadline)}", where, CONTRACT))
    if terms.spent:
        found.append(Refusal("", "already-settled", "the id is spent", "an unspent id", where, CONTRACT))
    found += [
        Refusal("", "not-signed", f"no good signature of the {side}", "one over exactly this", where, CONTRACT)
        for side, is_good in terms.signed
        if not is_good
    ]
    return found


def of_legs(terms: Terms, money: Leg, *others: Leg) -> list[Refusal]:
    """Every reason against the legs: who may not hold the money (R-99), too little of it (R-94), too little allowed.

    Nothing is said of money that is not listed, nor of what is allowed to a paper that is spent.
    """
    found = gates.decide_account([money.giver, money.taker]) if terms.listed else []
    if terms.spent:
        return found
    asked = (*others, money) if terms.listed else others
    return found + [refusal for leg in asked for refusal in of_allowance(leg)]


def of_allowance(leg: Leg) -> list[Refusal]:
    """The settlement contract may take too little of what the giver gives."""
    if leg.allowed >= leg.amount:
        return []
    had, needed = f"{leg.allowed} units of {leg.giver.symbol}", f"{leg.amount} units, by a signed permit or an approval"
    return [Refusal("", "not-allowed", had, needed, f"account {leg.giver.account}", CONTRACT)]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A paper and both its legs, judged before it is sent. where: what refusals of the paper name as their place."""

    where: str
    terms: Terms
    money: Leg
    tokens: Leg


def paper_stands(f: Exchange) -> list[Refusal]:
    """R-65: the paper itself stands: its asset is listed, it is signed, in time and not spent."""
    return of_terms(f.terms, f.where)


def both_legs_there(f: Exchange) -> list[Refusal]:
    """R-94, R-99: each side can give what it gives, and may hold what it takes."""
    return of_legs(f.terms, f.money, f.tokens)


EXCHANGE: tuple[Callable[[Exchange], list[Refusal]], ...] = (paper_stands, both_legs_there)


def decide_exchange(facts: Exchange) -> list[Refusal]:
    """Every reason against an exchange, the rules of the tokens' own movement apart."""
    return [refusal for gate in EXCHANGE for refusal in gate(facts)]


# ---- gathering


def terms_of(office: Office, paper: Paper, message: dict[str, Any], spent: bool) -> Terms:
    """The facts of a paper; `message`: its typed message, which the sides have signed or not."""
    terms = paper.terms
    signed = tuple((name, is_signed(office.chain, s.wallet, message, s.signature)) for name, s in paper.sides.items())
    asset = listed(office, terms.asset)
    return Terms(office.now(), asset.address, asset.is_listed, terms.amount, terms.price, terms.deadline, spent, signed)


@dataclass
class Purses:
    """Balances, allowances and permit numbers by asset and wallet, read once and then spent in memory.

    Several orders of one investor are so judged one after the other, as the chain will fill them.
    """

    office: Office
    _known: dict[tuple[Address, Address], list[int]] = field(default_factory=dict)  # balance, allowed, nonce

    def leg(self, token: Address, giver: Address, taker: Address, amount: int, permit: Permit | None) -> Leg:
        """What the giver can give now, were the permit used."""
        balance, allowed, _ = self._purse(token, giver)
        if permit is not None and self._is_good(permit):
            allowed = permit.value
        name = symbol(money(self.office, token))
        return Leg(
            token,
            AccountFacts(giver, name, self._may(token, giver), balance, amount),
            AccountFacts(taker, name, self._may(token, taker)),
            allowed,
        )

    def spend(self, leg: Leg, permit: Permit | None) -> None:
        """The leg was taken: the next one of the same giver finds so much less."""
        purse = self._purse(leg.token, Address(leg.giver.account))
        if permit is not None and self._is_good(permit):
            purse[2] += 1
        purse[0], purse[1] = leg.giver.balance - leg.amount, leg.allowed - leg.amount

    def _purse(self, token: Address, wallet: Address) -> list[int]:
        if (token, wallet) not in self._known:
            spender = self.office.contracts.settlement.address
            self._known[token, wallet] = [
                self._ask(token, "balanceOf", wallet),
                self._ask(token, "allowance", wallet, spender),
                self._ask(token, "nonces", wallet),
            ]
        return self._known[token, wallet]

    def _ask(self, token: Address, view: str, *of: Address) -> int:
        """A number of an asset, which may be anything at all: nothing where it does not answer."""
        try:
            return int(money(self.office, token).read(view, *of))
        except (Reverted, Unavailable):
            return 0

    def _is_good(self, permit: Permit) -> bool:
        if not permit.signature or permit.deadline < self.office.now():
            return False
        if permit.nonce != self._purse(permit.token, permit.owner)[2]:
            return False  # used by somebody: what it allowed stands in the allowance
        message = permit_message(self.office, permit)
        return is_signed(self.office.chain, permit.owner, message, permit.signature)

    def _may(self, token: Address, wallet: Address) -> bool:
        deposit = self.office.contracts.deposit
        return True if deposit is None or deposit.address != token else bool(deposit.read("mayHold", wallet))
