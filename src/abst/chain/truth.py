"""Whether the chain already shows the effect of an intent, found by what only that intent could have left there.

A mint leaves its operation id spent, with an event that names it; a two-person act leaves its timelock operation, whose
id binds target, data and operation id. So a database that was restored, or a process that lost its answer, learns that
the thing was done; nothing is done twice and nothing done is called rejected.
"""

from __future__ import annotations

from dataclasses import dataclass

from abst.chain import timelock
from abst.chain.api import Chain, Log
from abst.chain.contracts import Contract, codec
from abst.chain.reader import pieces
from abst.chain.reasons import Revert
from abst.outbox import Intent
from abst.values import Address, Hash

ALREADY = "AlreadyDone"
TIMELOCK_STATE = "TimelockUnexpectedOperationState"


@dataclass(frozen=True, slots=True)
class Found:
    """Where the effect stands."""

    tx_hash: Hash
    block_number: int
    block_hash: Hash


def own_effect(chain: Chain, intent: Intent, revert: Revert) -> Found | None:
    """Where the chain shows that exactly this intent was carried out, when a revert says that something was."""
    if revert.name == ALREADY and revert.args["operation"] == intent.operation:
        topics = [codec("SecurityToken").topic("Minted"), Hash(intent.operation)]
        return _latest(chain, Address(intent.to), topics)
    if revert.name == TIMELOCK_STATE:
        operation = timelock.parse(intent.data)
        if operation is not None and operation.id == revert.args["operationId"]:
            event = "CallExecuted" if operation.executes else "CallScheduled"
            return _latest(chain, Address(intent.to), [codec(timelock.NAME).topic(event), operation.id])
    return None


def waits_until(chain: Chain, intent: Intent, revert: Revert) -> int | None:
    """The second from which a scheduled operation may be executed, when that is all that hinders it."""
    operation = timelock.parse(intent.data) if revert.name == TIMELOCK_STATE else None
    if operation is None or not operation.executes or operation.id != revert.args["operationId"]:
        return None
    second: int = Contract(timelock.NAME, Address(intent.to), chain).read("getTimestamp", operation.id)
    return second if second > chain.now() else None


def _latest(chain: Chain, contract: Address, topics: list[Hash]) -> Found | None:
    """The last such event, looked for from the head backwards."""
    for first, last in reversed(list(pieces(0, chain.head().number))):
        logs: list[Log] = chain.logs([contract], first, last, topics)
        if logs:
            return Found(logs[-1].transaction_hash, logs[-1].block_number, logs[-1].block_hash)
    return None
