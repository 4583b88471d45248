"""Record dates: announced ahead, taken by themselves at their second, and who held then (R-93).

A record date is a second: what moves in a block of that second or later does not count. The balances stand in the
tokens; the wallets are found in the journal of transfers, and their sum must be the token's own supply at the date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from abst.chain.acts import Act, once
from abst.chain.office import Office, Result
from abst.chain.reader import events
from abst.chain.words import FilingRecord
from abst.errors import IntegrityFailure, NotFound, Refusal
from abst.filing import records
from abst.filing.tables import Filing
from abst.holders.desk import advance, positions
from abst.holders.facts import Token
from abst.rulebook import refuse
from abst.values import Address, instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """second: from which changes no longer count, ahead of now."""

    officer: str
    request: str
    filing: str
    second: int


@once
def announce(office: Office, cmd: Announce) -> Result:
    """Announce the next record date of a filing (R-93); one waits at a time. AGENT. Raises Refused, NotFound."""
    content = {"officer": cmd.officer, "filing": cmd.filing, "second": cmd.second}
    act = Act(office, "record-date announce", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
    number, refusals = announcing(office, filing, cmd.second)
    if refusals:
        raise act.refuse(
            cmd.officer, "agent", kind="record-date announce", subject=_of(filing), facts=content, refusals=refusals
        )
    registry = office.contracts.registry
    with act.writing(cmd.officer, "agent") as desk:
        data = registry.encode("announceRecordDate", filing.number, cmd.second)
        desk.send("record-date announce", registry.address, data)
        desk.audit(_of(filing), {"record_date": number, "second": cmd.second})
        desk.result = {"filing": filing.id, "number": number, "second": cmd.second, "at": instant(cmd.second)}
    return act.finish()


def announcing(office: Office, filing: Filing, second: int) -> tuple[int, list[Refusal]]:
    """The number that a record date at a second would have, and what stands against announcing it (R-93)."""
    now = office.now()
    record = FilingRecord.unpack(office.contracts.registry.read("filingOf", filing.number))
    refusals: list[Refusal] = []
    if second <= now:
        needed = f"after {instant(now)}"
        refusals.append(
            refuse("R-93", "record-date-in-the-past", found=instant(second), needed=needed, where=_of(filing))
        )
    if record.next_record_date > now:
        found = f"{instant(record.next_record_date)} is announced"
        refusals.append(
            refuse("R-93", "record-date-pending", found=found, needed="that it is taken first", where=_of(filing))
        )
    return record.records_taken(now) + 1, refusals


def _of(filing: Filing) -> str:
    return f"filing {filing.id}"


def list_dates(office: Office, filing_id: str | None = None) -> list[dict[str, Any]]:
    """Every record date announced, with its second and whether it was taken; of one filing or of all."""
    with office.store.read() as session:
        filings = [records.get(session, filing_id)] if filing_id else records.every(session)
    ids, now = {filing.number: filing.id for filing in filings}, office.now()
    return [
        {
            "filing": ids[filing],
            "number": number,
            "second": second,
            "at": instant(second),
            "taken": second <= now,
        }
        for (filing, number), second in sorted(announced(office).items())
        if filing in ids
    ]


def second_of(office: Office, token: Token, number: int) -> int:
    """The second of a record date of the token's filing. Raises NotFound."""
    second = announced(office).get((token.number, number))
    if second is None:
        raise NotFound("no such record date", found=str(number), needed="abst record-date list", where=token.filing)
    return second


def announced(office: Office) -> dict[tuple[int, int], int]:
    """Filing's number on chain and number of the date -> its second."""
    registry = office.contracts.registry
    topic, head = registry.codec.topic("RecordDateAnnounced"), office.chain.head().number
    found = events(office.chain, [registry], office.deployment.block, head, [topic])
    return {(event.args["filing"], event.args["number"]): event.args["second"] for event in found}


def taken(office: Office, token: Token) -> int:
    """How many record dates of the token's filing were taken by now."""
    word = office.contracts.registry.read("filingOf", token.number)
    return FilingRecord.unpack(word).records_taken(office.now())


def held_at(office: Office, token: Token, number: int) -> dict[Address, int]:
    """Wallet -> balance above zero at a record date that was taken.

    Raises NotFound for one that was not announced, IntegrityFailure when journal and token do not agree.
    """
    advance(office)
    block = block_before(office, second_of(office, token, number))
    with office.store.read() as session:
        held = positions(session, token.address, block)
    supply = office.contracts.token(token.address).read("totalSupplyAt", number)
    if sum(held.values()) != supply:
        raise IntegrityFailure(
            "the journal of transfers is not what the token says of its record date",
            found=f"{sum(held.values())} units by events",
            needed=f"{supply} units",
            where=f"token {token.symbol}, record date {number}",
        )
    return held


def block_before(office: Office, second: int) -> int:
    """The last block before a second, by halving: seconds of blocks never fall."""
    low, high = office.deployment.block, office.chain.head().number
    while low < high:
        middle = (low + high + 1) // 2
        block = office.chain.block(middle)
        if block is not None and block.timestamp < second:
            low = middle
        else:
            high = middle - 1
    return low
