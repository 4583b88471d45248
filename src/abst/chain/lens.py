"""Balances of many wallets, by one message for 700 of them and one request for many messages."""

from __future__ import annotations

from collections.abc import Sequence

from abst.chain import artifacts
from abst.chain.api import Chain, Reverted, Tx
from abst.chain.contracts import codec
from abst.errors import Unavailable
from abst.values import Address

NAME = "BalanceLens"
WALLETS = 700  # in one message: the answer takes the place of code, at most 24,576 bytes
WORD = 32


def balances(
    chain: Chain, token: Address, wallets: Sequence[Address], *, at: int | None = None
) -> tuple[int, dict[Address, int]]:
    """The supply of a token and what each wallet holds, in its own words: now, or upon the state a block left.

    Raises Unavailable when no token answers there, or the node has that state no more.
    """
    code, constructor = artifacts.load(NAME).bytecode, codec(NAME).constructor
    parts = [wallets[start : start + WALLETS] for start in range(0, len(wallets), WALLETS)] or [[]]
    messages = [Tx(None, None, code + constructor.encode([token, list(part)])) for part in parts]
    supply, found = 0, dict[Address, int]()
    for part, answer in zip(parts, chain.call_many(messages, at=at), strict=True):
        if isinstance(answer, Reverted) or len(answer) != WORD * (len(part) + 2):
            words = str(answer) if isinstance(answer, Reverted) else f"{len(answer)} bytes"
            raise Unavailable("no token tells its balances here", found=words, needed=f"{len(part)}", where=token)
        words_of = [int.from_bytes(answer[i : i + WORD], "big") for i in range(WORD, len(answer), WORD)]
        supply = words_of[0]
        found |= dict(zip(part, words_of[1:], strict=True))
    return supply, found
