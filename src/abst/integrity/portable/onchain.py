"""A package held against the chain it is of: the same chain, the same blocks, the same logs, the same balances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest

from abst.chain.api import Chain, Log
from abst.chain.contracts import Contract
from abst.chain.lens import balances
from abst.chain.reader import pieces
from abst.integrity.portable.checking import Checked, brief
from abst.integrity.portable.making import told_log
from abst.integrity.portable.replaying import Object, Replay
from abst.values import ZERO_ADDRESS, Address

AT_ONCE = 100  # questions in one request


def against(checked: Checked, chain: Chain) -> None:
    """Add every difference from the chain. Nothing is asked of a package that does not stand by itself.

    Raises Unavailable when the chain cannot be reached.
    """
    replay, manifest = checked.replay, checked.manifest
    if checked.differences or replay is None:
        return
    as_of = manifest["as_of"]
    first, last = chain.block(0), chain.block(as_of["block"])
    checked.compare("chain", "chain id", chain.chain_id, manifest["chain_id"])
    checked.compare("chain", "first block of the chain", first.hash if first else None, manifest["genesis"])
    checked.compare("chain", "last block of the package", last.hash if last else None, as_of["hash"])
    if checked.differences:
        return  # another chain says nothing about this package
    _blocks(checked, chain)
    _logs(checked, replay, chain)
    if not checked.differences:
        _balances(checked, replay, chain)


def _blocks(checked: Checked, chain: Chain) -> None:
    """Each block has the hash and the time that the package tells."""
    told = [one for _, one in checked.package.every("blocks", shaped=False)]
    for start in range(0, len(told), AT_ONCE):
        part = told[start : start + AT_ONCE]
        for one, found in zip(part, chain.blocks([one["number"] for one in part]), strict=True):
            stands = (found.hash, found.timestamp) if found else None
            expected = one["hash"], one["timestamp"]
            checked.compare(f"block {one['number']}", "block on the chain", stands, expected)


def _logs(checked: Checked, replay: Replay, chain: Chain) -> None:
    """The chain has these logs of the registry's contracts, in this order, and no others."""
    told = (one for _, one in checked.package.every("events", shaped=False))
    for one, found in zip_longest(told, _of_chain(checked, replay, chain)):
        checked.compare("events", "log on the chain", brief(found), brief(one))
        if one != found:
            return


def _of_chain(checked: Checked, replay: Replay, chain: Chain) -> Iterator[Object]:
    addresses = [Address(one) for one in (*checked.manifest["contracts"].values(), *replay.securities)]
    for first, last in pieces(checked.manifest["from_block"], checked.manifest["as_of"]["block"]):
        logs: list[Log] = chain.logs(addresses, first, last)
        yield from map(told_log, logs)


def _balances(checked: Checked, replay: Replay, chain: Chain) -> None:
    """What each wallet holds by `balanceOf`, less what moved since, is what the package says; so is the supply."""
    for security, made in replay.securities.items():
        token = Contract("SecurityToken", Address(security), chain)
        held = Counter(made.ledger.balances)
        head = _move_on(token, held, checked.manifest["as_of"]["block"] + 1)
        supply = made.ledger.supply - held.pop(ZERO_ADDRESS, 0)
        found, told = balances(chain, token.address, [Address(wallet) for wallet in sorted(held)], at=head)
        for wallet, balance in told.items():
            checked.compare(f"wallet {wallet}", "balanceOf on the chain", balance, held[wallet])
        checked.compare(f"security {security}", "totalSupply on the chain", found, supply)


def _move_on(token: Contract, held: Counter[str], first: int) -> int:
    """Apply the movements from a block on to the head, whose number is returned; the zero address is the supply's."""
    head = token.chain.head().number
    for start, end in pieces(first, head):
        for event in token.events(token.chain.logs([token.address], start, end, [token.codec.topic("Transfer")])):
            held[event.args["from"]] -= event.args["value"]
            held[event.args["to"]] += event.args["value"]
    return head
