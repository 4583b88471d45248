"""Subscribers to a filing's disclosures: contracts that the registry calls after each publication (R-81).

A subscriber that fails changes nothing and stops nobody; its failures stand in the chain's events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from abst.chain.acts import Act, once
from abst.chain.office import Office, Result
from abst.chain.reader import events
from abst.decisions import officers
from abst.filing import records
from abst.values import Address, Hash, address


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHook:
    """hook: the subscriber's address, a contract."""

    officer: str
    request: str
    filing: str
    hook: str


@once
def add(office: Office, cmd: SetHook) -> Result:
    """Call a contract after each publication. DISCLOSER. Raises Refused: no contract, known, or too many."""
    return _set(office, "hook add", "subscribe", cmd)


@once
def remove(office: Office, cmd: SetHook) -> Result:
    """Call it no more. DISCLOSER. Raises Refused when it is no subscriber."""
    return _set(office, "hook remove", "unsubscribe", cmd)


def _set(office: Office, command: str, function: str, cmd: SetHook) -> Result:
    hook = address(cmd.hook, "hook")
    content = {"officer": cmd.officer, "filing": cmd.filing, "hook": hook}
    act = Act(office, command, cmd.request, content)
    if act.earlier:
        return act.again()
    registry = office.contracts.registry
    with office.store.read() as session:
        filing = records.get(session, cmd.filing)
        sender = officers.require(session, cmd.officer, "discloser")
    data, subject = registry.encode(function, filing.number, hook), f"filing {filing.id}"
    no = office.refusal_of_call(registry.address, data, Address(sender.address), f"{subject}, hook {hook}")
    if no is not None:
        raise act.refuse(cmd.officer, "discloser", kind=command, subject=subject, facts=content, refusals=[no])
    with act.writing(cmd.officer, "discloser") as desk:
        desk.send(command, registry.address, data)
        desk.audit(subject, {"hook": hook})
        desk.result = {"filing": filing.id, "hook": hook, "subscribed": function == "subscribe"}
    return act.finish()


def list_hooks(office: Office, filing_id: str) -> list[dict[str, Any]]:
    """Every subscriber there is or was, in the order of the first subscription, with the failures seen."""
    with office.store.read() as session:
        filing = records.get(session, filing_id)
    registry = office.contracts.registry
    now = set(registry.read("subscribersOf", filing.number))
    names = [registry.codec.topic(name) for name in ("HookSet", "HookFailed")]
    topics: list[Hash | list[Hash]] = [names, Hash(f"0x{filing.number:064x}")]
    rows: dict[Address, dict[str, Any]] = {}
    for event in events(office.chain, [registry], office.deployment.block, office.chain.head().number, topics):
        hook = event.args["hook"]
        row = rows.setdefault(
            hook, {"filing": filing.id, "hook": hook, "subscribed": hook in now, "failures": 0, "last_failure": None}
        )
        if event.name == "HookFailed":
            row["failures"] += 1
            row["last_failure"] = event.block_number
    return list(rows.values())
