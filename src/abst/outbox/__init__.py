"""The outbox: requests, intents, attempts. Everything that is to be sent is here first, in the caller's transaction.

request: what a caller asked, under an id that repeats safely. intent: one transaction wanted, with its operation id,
its signer and the intents it waits for. lane: which intent holds which nonce of which signer. attempt: signed bytes.
"""

from abst.outbox.intents import (
    by_operation,
    counts,
    dependencies,
    enqueue,
    get,
    history,
    in_states,
    of_request,
    operation_id,
    ready,
    unsettled,
)
from abst.outbox.requests import begin_request, finish_request, get_request
from abst.outbox.sending import attempts, lane_of, next_nonce, record_attempt, settle
from abst.outbox.tables import NEXT_STEP, Attempt, Dependency, Intent, Lane, Request, Transition

__all__ = [
    "NEXT_STEP",
    "Attempt",
    "Dependency",
    "Intent",
    "Lane",
    "Request",
    "Transition",
    "attempts",
    "begin_request",
    "by_operation",
    "counts",
    "dependencies",
    "enqueue",
    "finish_request",
    "get",
    "get_request",
    "history",
    "in_states",
    "lane_of",
    "next_nonce",
    "of_request",
    "operation_id",
    "ready",
    "record_attempt",
    "settle",
    "unsettled",
]
