"""Whether the chain already shows the effect of an intent, found by what only that intent could have left there.

A mint and an allotment leave an operation id spent, with an event that names it; a trade and a period leave an event
with their every value; a two-person act leaves its timelock operation, whose id binds target, data and operation id. So
a database that was restored, or a process that lost its answer, learns that the thing was done; nothing is done twice
and nothing done is called rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from abst.chain import timelock
from abst.chain.api import Chain, Log
from abst.chain.contracts import Contract, codec, decode_call
from abst.chain.reader import pieces
from abst.chain.reasons import Revert
from abst.deal.waterfall.closing import numbers_hash
from abst.outbox import Intent
from abst.values import Address, Hash, hash_of

ALREADY = "AlreadyDone"
DECLARED = "AlreadyDeclared"
SETTLED = "AlreadySettled"
SERVICED = ("AlreadyOpened", "PeriodNotNext", "NothingToPay")  # what servicing answers to what was done
TIMELOCK_STATE = "TimelockUnexpectedOperationState"


@dataclass(frozen=True, slots=True)
class Found:
    """Where the effect stands."""

    tx_hash: Hash
    block_number: int
    block_hash: Hash


def own_effect(chain: Chain, intent: Intent, revert: Revert) -> Found | None:
    """Where the chain shows that exactly this intent was carried out, when a revert says that something was."""
    operation = Hash(intent.operation)
    if revert.name == ALREADY and revert.args["operation"] == operation:
        done = [codec("SecurityToken").topic("Minted"), codec("DepositToken").topic("Deposited")]
        return _latest(chain, Address(intent.to), [done, operation])
    if revert.name == DECLARED:
        # A payment's reference is the operation id of its declaration.
        declared = codec("Distribution").topic("Declared")
        return _latest(chain, Address(intent.to), [declared, revert.args["id"], None, operation])
    if revert.name == SETTLED:
        return _settled(chain, intent)
    if revert.name in SERVICED:
        return _serviced(chain, intent)
    if revert.name == TIMELOCK_STATE:
        parsed = timelock.parse(intent.data)
        if parsed is not None and parsed.id == revert.args["operationId"]:
            event = "CallExecuted" if parsed.executes else "CallScheduled"
            return _latest(chain, Address(intent.to), [codec(timelock.NAME).topic(event), parsed.id])
    return None


def _settled(chain: Chain, intent: Intent) -> Found | None:
    """A trade whose every value was settled, whoever sent it, or an allotment of this very operation."""
    settlement = Contract("Settlement", Address(intent.to), chain)
    call = decode_call(settlement.name, intent.data)
    if call is None:
        return None
    function, arguments = call
    if function.signature.startswith("allot("):
        return _latest(chain, settlement.address, [settlement.codec.topic("Allotted"), Hash(intent.operation)])
    if not function.signature.startswith("settle("):
        return None
    token, asset, seller, buyer, amount, price, _, trade_id = arguments[0]
    wanted = {"token": token, "asset": asset, "seller": seller, "buyer": buyer, "amount": amount, "price": price}
    topics = [settlement.codec.topic("Traded"), Hash(trade_id)]
    for first, last in pieces(0, chain.head().number):
        for event in settlement.events(chain.logs([settlement.address], first, last, topics)):
            if all(event.args[name] == value for name, value in wanted.items()):
                return Found(event.tx_hash, event.block_number, event.block_hash)
    return None


def _serviced(chain: Chain, intent: Intent) -> Found | None:
    """Servicing opened with this program, a period submitted or closed over these figures, a class paid as asked.

    Each is done once for its filing, period and tranche: the event with the same values is the intent's own.
    """
    servicing = Contract("Servicing", Address(intent.to), chain)
    call = decode_call(servicing.name, intent.data)
    if call is None:
        return None
    name, args = call[0].signature.partition("(")[0], call[1]
    wanted: dict[str, object]
    match name:
        case "open":
            event, wanted = "ServicingOpened", {"programHash": hash_of(args[2])}
        case "submit":
            event, wanted = "PeriodSubmitted", {"inputsHash": args[2], "report": args[3], "result": args[4]}
        case "confirm":
            event, wanted = "PeriodClosed", {"inputsHash": numbers_hash(args[4]), "report": args[2]}
        case _:
            payment = codec("Distribution").function("idOf").inputs.encode((args[3],))
            event, wanted = "PeriodPaid", {"tranche": args[2], "payment": hash_of(payment)}
    topics = [servicing.codec.topic(event), *(_word(value) for value in args[: 1 if name == "open" else 2])]
    for first, last in pieces(0, chain.head().number):
        for found in servicing.events(chain.logs([servicing.address], first, last, topics)):
            if all(found.args[key] == value for key, value in wanted.items()):
                return Found(found.tx_hash, found.block_number, found.block_hash)
    return None


def _word(value: int) -> Hash:
    return Hash(f"0x{value:064x}")


def waits_until(chain: Chain, intent: Intent, revert: Revert) -> int | None:
    """The second from which a scheduled operation may be executed, when that is all that hinders it."""
    operation = timelock.parse(intent.data) if revert.name == TIMELOCK_STATE else None
    if operation is None or not operation.executes or operation.id != revert.args["operationId"]:
        return None
    second: int = Contract(timelock.NAME, Address(intent.to), chain).read("getTimestamp", operation.id)
    return second if second > chain.now() else None


def _latest(chain: Chain, contract: Address, topics: Sequence[Hash | Sequence[Hash] | None]) -> Found | None:
    """The last such event, looked for from the head backwards."""
    for first, last in reversed(list(pieces(0, chain.head().number))):
        logs: list[Log] = chain.logs([contract], first, last, topics)
        if logs:
            return Found(logs[-1].transaction_hash, logs[-1].block_number, logs[-1].block_hash)
    return None
