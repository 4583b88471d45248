"""Are positions what the tokens themselves say? Asked at the very block that the journal has reached (R-61)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abst import journal
from abst.chain import lens
from abst.chain.office import Office
from abst.errors import Unavailable
from abst.holders import facts
from abst.store import get_meta, set_meta
from abst.values import Address

TRIES = 3  # while the chain moves


@dataclass(frozen=True, slots=True)
class Unequal:
    """One number that differs. wallet: none for the supply; by_events and on_chain: token units."""

    token: str
    wallet: Address | None
    by_events: int
    on_chain: int

    def __str__(self) -> str:
        if self.wallet is None:
            return f"{self.token}: positions sum to {self.by_events}, the supply is {self.on_chain}"
        return f"{self.token}: {self.wallet} has {self.by_events} by events, {self.on_chain} by balanceOf"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was compared, at which block, and what differs. tokens and wallets: how many."""

    block: int
    tokens: int
    wallets: int
    differences: tuple[Unequal, ...]


def reconcile(office: Office, word: str | None = None, *, all: bool = True) -> list[Unequal]:
    """Every position of every token, or of one, against the token's own balance, and their sum against its supply;
    without `all`, only of wallets that changed since this last found no difference. Empty: they agree.
    """
    return list(compare(office, word, all=all).differences)


def compare(office: Office, word: str | None = None, *, all: bool = True) -> Reconciled:
    """The same, with how much was compared. Reads on first. Raises JournalHalted, Unavailable."""
    named = {token.address: token.symbol for token in facts.tokens(office)}
    chosen = None if word is None else [facts.token(office, word).address]
    for _ in range(TRIES):
        journal.advance(office)
        with office.store.read() as session:
            head = journal.reached(session)
            since = None if all else int(get_meta(session, journal.RECONCILED) or -1)
            asked = {
                token: journal.held_by(session, token, journal.wallets(session, token, since=since), zeros=True)
                for token in (journal.tokens(session) if chosen is None else chosen)
            }
        if head is None:
            return Reconciled(-1, 0, 0, ())
        asked = {token: held for token, held in asked.items() if all or held}
        found = [
            unequal
            for token, held in asked.items()
            for unequal in _unequal(
                named.get(token, token), held, lens.balances(office.chain, token, list(held), at=head.number), all
            )
        ]
        # Both were asked of one chain only if the block still is the same after the asking.
        if office.chain.block(head.number) == head:
            wallets = sum(map(len, asked.values()))
            if wallets and not found and word is None:
                with office.store.begin(even_restored=True) as session:
                    set_meta(session, journal.RECONCILED, str(head.number))
            return Reconciled(head.number, len(asked), wallets, tuple(found))
    raise Unavailable("the chain moves while positions are compared", found=f"{TRIES} times", where="reconcile")


def _unequal(
    token: str, held: dict[Address, int], said: tuple[int, dict[Address, int]], whole: bool
) -> Iterator[Unequal]:
    supply, own = said
    for wallet, balance in own.items():
        if held[wallet] != balance:
            yield Unequal(token, wallet, held[wallet], balance)
    if whole and sum(held.values()) != supply:
        yield Unequal(token, None, sum(held.values()), supply)
