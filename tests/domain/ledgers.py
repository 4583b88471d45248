"""What tests of the journal share: a chain with tokens and wallets of its own, and the naive way to add it up."""

from __future__ import annotations

from typing import Any

from abst import journal
from abst.store import Store
from abst.values import ZERO_ADDRESS, Address
from forking import DEPLOYMENT, FIRST, Forking, attached, moved, named

TOKENS = tuple(named(f"token {n}") for n in range(3))
WALLETS = (*(named(f"wallet {n}") for n in range(5)), ZERO_ADDRESS)
ALL = 2**256 - 1
FINALITY = 4


def tokens_of(chain: Forking) -> list[Address]:
    """Tokens that the canonical blocks tell of; what a token said before it was made is not ours."""
    return [
        Address("0x" + log.data[12:32].hex())
        for block in chain.blocks_
        for log in block.logs
        if log.address == DEPLOYMENT.registry and log.topics[0] == attached(TOKENS[0]).encoded()[0][0]
    ]


def agrees(chain: Forking, store: Store) -> None:
    """Everything that the journal answers, against the naive way."""
    head = chain.blocks_[-1].head
    ours = {*DEPLOYMENT.addresses().values(), *TOKENS}
    canonical = [log for block in chain.blocks_[FIRST:] for log in block.logs if log.address in ours]
    with store.read() as session:
        assert journal.reached(session) == head
        assert list(journal.raw(session)) == canonical
        assert {token.lower() for token in journal.tokens(session)} == {token.lower() for token in tokens_of(chain)}
        made = {token.lower() for token in tokens_of(chain)}
        for token in TOKENS:
            assert journal.positions(session, token) == chain.positions(token)
            if token.lower() not in made:
                continue
            for block in chain.blocks_:
                naive = chain.positions(token, block.head.number)
                assert journal.positions(session, token, block=block.head.number) == naive
                for wallet in WALLETS[:-1]:
                    held = journal.position_of(session, token, wallet, block=block.head.number)
                    assert held == naive.get(wallet, 0)
            moved_ = list(journal.movements(session, token=token))
            assert [(m.block, m.log_index, m.amount) for m in moved_] == [
                (log.block_number, log.log_index, int.from_bytes(log.data, "big"))
                for log in canonical
                if log.address == token and log.topics[0] == moved(token, *WALLETS[:2], 0).encoded()[0][0]
            ]
            mine = [m for m in moved_ if WALLETS[0] in (m.sender, m.receiver)]
            assert list(journal.movements(session, token=token, wallet=WALLETS[0])) == mine


def grown(store: Store, finality: int = FINALITY, blocks_: int = 12) -> tuple[Forking, Any]:
    """A chain with two movements a block, read to its head."""
    chain = Forking(finality=finality)
    chain.grow([attached(TOKENS[0])])
    for n in range(blocks_):
        to = WALLETS[n % 5]
        chain.grow([moved(TOKENS[0], ZERO_ADDRESS, to, ALL // 100), moved(TOKENS[0], to, WALLETS[4], 1)])
    office = chain.office(store)
    journal.advance(office)
    return chain, office
