"""The comparisons of `abst verify` about what lies upon holdings, and what was corrected (R-61, R-62)."""

from __future__ import annotations

from collections import defaultdict

from abst.chain.contracts import Event
from abst.chain.office import Office
from abst.chain.reader import events
from abst.holders import encumbrances, facts
from abst.holders.tables import Correction
from abst.integrity.checks import Check, Difference
from abst.values import Address


def encumbered(office: Office) -> list[Difference]:
    """What is frozen on chain is at least what lies under open rights, unless all principal was repaid."""
    found: list[Difference] = []
    with office.store.read() as session:
        rows = encumbrances.every(session, closed=False)
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        sums[row.token, row.wallet] += row.remaining
    for (address, wallet), units in sums.items():
        token = facts.token(office, address)
        frozen = encumbrances.holding(office, token.address, Address(wallet)).frozen
        outstanding, paid, written_down = office.contracts.token(token.address).read("amortisation")
        repaid = not outstanding and bool(paid or written_down)
        if frozen < units and not repaid:
            words = "frozen for pledges and attachments"
            found.append(Difference(f"token {token.symbol}, {wallet}", str(frozen), f"at least {units}", words))
    return found


def corrected(office: Office) -> list[Difference]:
    """Each correction that moved units has its forced transfer on chain, as many times as it was recorded."""
    with office.store.read() as session:
        rows = [row for row in encumbrances.corrections(session) if row.moved is not None]
    if not rows:
        return []
    lock = office.contracts.timelock("enforcement")
    executed = {str(event.args["id"]): event for event in _events(office, "CallExecuted")}
    salts = {str(event.args["salt"]): str(event.args["id"]) for event in _events(office, "CallSalt")}
    found: list[Difference] = []
    for row in rows:
        event = executed.get(salts.get(str(row.moved), ""))
        if event is None:
            found.append(Difference(f"correction {row.number}", "not executed", f"by {lock.address}", str(row.moved)))
        elif not _agrees(office, row, event):
            words = f"{row.amount} units from {row.sender} to {row.receiver}"
            found.append(Difference(f"correction {row.number}", "another call", words, "forced transfer"))
    return found


def _agrees(office: Office, row: Correction, event: Event) -> bool:
    token = office.contracts.token(Address(str(row.token)))
    data = token.encode("forcedTransfer", row.sender, row.receiver, row.amount)
    said = event.args["data"]
    return (
        event.args["target"] == token.address and (said if isinstance(said, bytes) else bytes.fromhex(said[2:])) == data
    )


def _events(office: Office, name: str) -> list[Event]:
    lock = office.contracts.timelock("enforcement")
    head = office.chain.head().number
    return events(office.chain, [lock], office.deployment.block, head, [lock.codec.topic(name)])


CHECKS: tuple[Check, ...] = (encumbered, corrected)
