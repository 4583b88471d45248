"""A registry's life after a backup, as requests under fixed ids: made by the living one, repeated by the restored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import desks
import paying
from desks import PAPER, passphrase
from sqlalchemy import select

import nodes
from abst.bootstrap import AddOfficer, add_officer
from abst.chain.office import Approve, Office, Result
from abst.chain.proposals import approve
from abst.decisions import Proposal
from abst.holders import facts
from abst.integrity import anchors
from abst.investor import desk as investor
from abst.issuance import desk as issuance
from abst.transfers import desk as transfers

OPS, OPS_2, CHECKER, CHECKER_2 = "operations-1", "operations-2", "compliance-1", "compliance-2"
TOKEN = paying.SENIOR
DAY = 86_401

Step = Callable[[Office], Result]


def propose(office: Office, request: str, *rows: tuple[str, int], officer: str = OPS) -> Result:
    allocations = tuple(issuance.Allocation(to, amount, row) for row, (to, amount) in enumerate(rows, 1))
    return issuance.mint(
        office, issuance.ProposeMint(officer=officer, request=request, token=TOKEN, allocations=allocations)
    )


def yes(office: Office, proposed: Result, request: str, officer: str = CHECKER) -> Result:
    """The second officer's yes; what needs none any more is left as it is."""
    if proposed.proposal is None:
        return proposed
    return approve(office, Approve(officer, request, proposed.proposal))


def yes_to(office: Office, asked: str, request: str) -> Result:
    with office.store.read() as session:
        found = session.scalars(select(Proposal.id).where(Proposal.request == asked)).one()
    return approve(office, Approve(CHECKER, request, found))


def move(office: Office, request: str, holder: str, to: str, amount: int) -> Result:
    return transfers.transfer(
        office, transfers.Transfer(request=request, holder=holder, to=to, amount=amount, token=TOKEN)
    )


def bring_in(office: Office, name: str) -> Result:
    """A person recorded, proven and admitted; the file is the one of the first time."""
    file = office.home.parent / f"{name}.json"
    if not file.exists():
        file.write_text(json.dumps(desks.person(office, name)), encoding="utf-8")
    row = json.loads(file.read_text(encoding="utf-8"))
    investor.add(office, investor.AddInvestor(officer=OPS, request=f"add-{name}", row=row))
    asked = investor.challenge(
        office,
        investor.MakeChallenge(officer=OPS, request=f"ask-{name}", investor=name, wallet=desks.wallet(name)),
    )
    signature = "0x" + desks.wallet_key(name).sign_text(str(asked.result["text"])).hex()
    proof = investor.Prove(officer=OPS, request=f"prove-{name}", wallet=desks.wallet(name), signature=signature)
    investor.prove(office, proof)
    return investor.admit(office, investor.Admit(officer=OPS, request=f"admit-{name}", investors=(name,)))


def renew(office: Office, name: str) -> Result:
    return investor.renew(
        office,
        investor.Renew(officer=OPS, request=f"renew-{name}", investor=name, row=desks.person(office, name)),
    )


def freeze(office: Office, name: str, amount: int, request: str) -> Result:
    asked = transfers.Freeze(
        officer=OPS, request=request, token=TOKEN, wallet=desks.wallet(name), amount=amount, evidence=PAPER
    )
    return yes(office, transfers.freeze(office, asked), f"{request}-yes")


def force(office: Office, sender: str, to: str, amount: int, request: str) -> Result:
    asked = transfers.ForceTransfer(
        officer=OPS,
        request=request,
        token=TOKEN,
        sender=desks.wallet(sender),
        to=desks.wallet(to),
        amount=amount,
        evidence=PAPER,
    )
    return yes(office, transfers.force_transfer(office, asked), f"{request}-yes")


def block(office: Office, name: str) -> Result:
    told = {"investor": name, "reason": "order", "evidence": PAPER}
    return investor.block(office, investor.BlockInvestor(officer=OPS, request=f"block-{name}", **told))


def unblock(office: Office, name: str) -> Result:
    asked = investor.UnblockInvestor(officer=OPS, request=f"unblock-{name}", investor=name, evidence=PAPER)
    return yes(office, investor.unblock(office, asked), f"unblock-{name}-yes")


def hire(office: Office) -> Result:
    asked = AddOfficer(
        officer=OPS, request="hire", name="agent-2", roles=("agent",), passphrase=passphrase("agent-2"), work=desks.WORK
    )
    waiting = add_officer(office, asked)
    if not (office.home.parent / "waited").exists():
        nodes.warp(office, DAY)
        (office.home.parent / "waited").touch()
    return yes(office, waiting, "hire-yes")


def anchor(office: Office, request: str) -> Result:
    return anchors.anchor(office, anchors.Anchor(officer=OPS, request=request))


def before(office: Office) -> None:
    """Until the backup: an anchor, a mint that waits for its second officer, a payment half paid."""
    assert anchor(office, "anchor-1").outcome == "done"
    propose(office, "mint-open", ("bob", 20_000))
    paying.declared(office, req="pay")
    paying.claimed(office, "alice")


# Life after the backup, in order; each step by its name, so that a test can say which one differs.
AFTER: dict[str, Step] = {
    "an open mint is approved": lambda office: yes_to(office, "mint-open", "mint-open-yes"),
    "a wallet that never sent before moves": lambda office: move(office, "move-1", "carol", "alice", 50_000),
    "somebody new is admitted": lambda office: bring_in(office, "dave"),
    "he is minted to": lambda office: yes(
        office, propose(office, "mint-dave", ("dave", 30_000), ("alice", 10_000), officer=OPS_2), "mint-dave-yes"
    ),
    "all of a holder moves": lambda office: move(office, "move-2", "bob", "alice", 520_000),
    "he is frozen": lambda office: freeze(office, "alice", 1_600_000, "freeze"),
    "a forced transfer": lambda office: force(office, "carol", "bob", 200_000, "force"),
    "the rest is paid": lambda office: paying.pushed(office, req="push"),
    "an officer is added": hire,
    "a receiver is blocked": lambda office: block(office, "dave"),
}


def live_on(office: Office) -> dict[str, Result]:
    return {name: step(office) for name, step in AFTER.items()}


def account(office: Office) -> dict[str, Any]:
    """What the chain says: positions, frozen, money, supply, nonces of officers and wallets, and how many events."""
    token = facts.token(office, TOKEN)
    contract = office.contracts.token(token.address)
    people = ("alice", "bob", "carol", "dave")
    head = office.chain.head().number
    logs = office.chain.logs([contract.address], 0, head)
    return {
        "positions": {name: contract.read("balanceOf", desks.wallet(name)) for name in people},
        "frozen": {name: contract.read("getFrozenTokens", desks.wallet(name)) for name in people},
        "supply": contract.read("totalSupply"),
        "cash": {name: paying.cash(office, name) for name in people[:3]},
        "events": [event.name for event in contract.events(logs)],
        "nonces": {
            name: office.chain.nonce(account)
            for name, account in office.keys.names().items()
            if name not in ("deployer", "vault")
        },
    }


def copy_chain(living: Path, home: Path) -> None:
    """The chain of a machine that was lost: a network's stays where it is; the embedded file was on another disk."""
    if not nodes.url_of(living):
        home.mkdir(parents=True, exist_ok=True)
        (home / "chain.db").write_bytes((living / "chain.db").read_bytes())


def copy_keys(living: Path, home: Path) -> None:
    """Keystores are kept apart from backups: whoever holds them brings them."""
    (home / "keys").mkdir(parents=True, exist_ok=True)
    for keystore in (living / "keys").glob("*.json"):
        (home / "keys" / keystore.name).write_bytes(keystore.read_bytes())
