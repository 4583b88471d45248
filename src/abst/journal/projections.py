"""What events add up to. Pure: events in, rows out; wallets and tokens are numbers, 0 the zero address.

Rows are as the database keeps them: in the order of the table's columns, amounts as decimal text, facts as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from abst.values import canonical

NOBODY = 0  # where tokens come from and go to
LEAST = 1_000  # movements of a token between two marks, at least

Row = tuple[Any, ...]


class Transfer(NamedTuple):
    """One movement, where it stands. amount: token units."""

    block: int
    log_index: int
    token: int
    sender: int
    receiver: int
    amount: int


class Said(NamedTuple):
    """Any other event of ours: which contract said it, its name and arguments."""

    block: int
    log_index: int
    contract: str
    name: str
    args: Mapping[str, Any]


@dataclass(slots=True)
class Tally:
    """number: movements of a token so far; next: the number at which all its positions are marked."""

    number: int = 0
    next: int = field(default_factory=lambda: LEAST)


@dataclass
class Books:
    """Positions of tokens while movements are applied.

    held: per token what wallets hold, at least of all that the movements touch; tallies: per token; whole: what all
    wallets of a token held before the first of these movements.
    """

    held: dict[int, dict[int, int]]
    tallies: dict[int, Tally]
    whole: Callable[[int], Mapping[int, int]]

    def apply(self, transfers: Iterable[Transfer]) -> tuple[list[Row], list[Row]]:
        """Rows of movements with what both sides held after each, and of marks. Linear in transfers; a mark costs as
        much as there are holders, and comes once in half as many movements.
        """
        moved: list[Row] = []
        marks: list[Row] = []
        for block, log_index, token, sender, receiver, amount in transfers:
            held, tally = self.held[token], self.tallies[token]
            if sender:
                held[sender] = held.get(sender, 0) - amount
            if receiver:
                held[receiver] = held.get(receiver, 0) + amount
            tally.number += 1
            after = (str(held[sender]) if sender else "0", str(held[receiver]) if receiver else "0")
            moved.append((token, block, log_index, sender, receiver, str(amount), *after, tally.number))
            if tally.number >= tally.next:
                everybody = {**self.whole(token), **held}
                marked = {wallet: everybody[wallet] for wallet in sorted(everybody) if everybody[wallet]}
                tally.next = tally.number + max(LEAST, len(marked) // 2)
                marks.append((token, block, log_index, tally.number, tally.next, packed(marked)))
        return moved, marks


def packed(held: Mapping[int, int]) -> str:
    """Positions as one text: wallets, then balances, in the same order."""
    return json.dumps([list(held), [str(balance) for balance in held.values()]], separators=(",", ":"))


def unpacked(text: str) -> dict[int, str]:
    """The reverse of `packed`, balances still as text."""
    wallets, balances = json.loads(text)
    return dict(zip(wallets, balances, strict=True))


def said(event: Said) -> tuple[str, Row] | None:
    """The table and the row of an event that is no movement; None of kinds that nothing is derived from."""
    made = _ROWS.get(event.name)
    return None if made is None else made(event)


def _approval(event: Said) -> tuple[str, Row]:
    args = event.args
    row = (event.block, event.log_index, event.contract, args["owner"], args["spender"], str(args["value"]))
    return "token_approval", row


def _minted(event: Said) -> tuple[str, Row]:
    args = event.args
    facts = (args["operation"], args["decision"], event.contract, args["gatekeeper"], str(args["total"]))
    return "minted", (event.block, event.log_index, *facts)


def _obligation(act: str, *facts: str) -> Callable[[Said], tuple[str, Row]]:
    def made(event: Said) -> tuple[str, Row]:
        args = event.args
        row = (args["filing"], args["obligation"], act, args["kind"], _facts(args, facts))
        return "obligation_event", (event.block, event.log_index, *row)

    return made


def _declared(event: Said) -> tuple[str, Row]:
    token, record_date, evidence, asset, funded, supply, ref = event.args["payment"]
    facts = {
        "token": token,
        "record_date": record_date,
        "needs_evidence": evidence,
        "asset": asset,
        "supply": str(supply),
        "ref": ref,
        "carried": str(event.args["carried"]),
    }
    row = (event.args["id"], "declared", None, str(funded), canonical(facts).decode())
    return "payment_event", (event.block, event.log_index, *row)


def _payment(act: str, amount: str, *facts: str) -> Callable[[Said], tuple[str, Row]]:
    def made(event: Said) -> tuple[str, Row]:
        args = event.args
        row = (args.get("id"), act, args.get("holder"), str(args.get(amount, 0)), _facts(args, facts))
        return "payment_event", (event.block, event.log_index, *row)

    return made


def _facts(args: Mapping[str, Any], names: Iterable[str]) -> str:
    return canonical({name: args[name] for name in names}).decode()


_ROWS: dict[str, Callable[[Said], tuple[str, Row]]] = {
    "Approval": _approval,
    "Minted": _minted,
    "ObligationOpened": _obligation("opened", "due", "grace", "recurrence"),
    "Published": _obligation("published", "name", "version", "documentHash", "uri"),
    "Declared": _declared,
    "Paid": _payment("paid", "amount", "payee"),
    "Waits": _payment("waits", "", "why"),
    "PaidElsewhere": _payment("elsewhere", "amount", "account", "ref"),
    "Completed": _payment("completed", "dust"),
    "PaidOffChain": _payment("off-chain", "amount", "token", "recordDate", "ref", "currency"),
}
SAID = frozenset(_ROWS)
