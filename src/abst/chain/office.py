"""The office: everything an act needs in one value, what an act comes to, and what is special about kinds of acts.

`abst.chain.acts` gives every act its shape; `abst.chain.proposals` the acts that need a second officer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from sqlalchemy.orm import Session

from abst import audit
from abst.chain.api import Chain, Reverted
from abst.chain.contracts import Contracts
from abst.chain.deploy import Deployment
from abst.chain.reasons import explain
from abst.chain.sender import Sender
from abst.decisions import Proposal
from abst.decisions import officers as registered
from abst.errors import EXIT_DONE, EXIT_WAITING, Refusal, Refused, Unavailable, UsageError
from abst.keys import VAULT_KEYSTORE, Keyring, Vault
from abst.rulebook import Rulebook
from abst.store import Store, get_meta
from abst.values import Address, Hash, day_of, file_digest

DONE, WAITING, REFUSED = "done", "waiting", "refused"


Progress = Callable[[str, int, int], None]  # what is done, how many, of how many


def silent(what: str, done: int, whole: int) -> None:
    """Progress of which nobody is told."""


@runtime_checkable
class Closable(Protocol):
    """A chain that holds a file open; a node does not."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document that an act stands on. Only its name and SHA-256 are kept; the text stays with the officer."""

    name: str
    content: bytes

    @property
    def hash(self) -> Hash:
        return file_digest(self.content)

    def as_dict(self) -> dict[str, str]:
        return {"name": self.name, "sha256": self.hash}


@dataclass(frozen=True, slots=True)
class Result:
    """What an act came to. outcome: done, or waiting (for a checker, or for a key that is not in this home).

    result is JSON-able, amounts as text; refusals: rows that were refused while others passed.
    """

    request: str
    command: str
    outcome: str
    result: dict[str, Any]
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    proposal: str | None = None

    @property
    def exit_code(self) -> int:
        if self.refusals:
            return Refused.exit_code
        return EXIT_WAITING if self.outcome == WAITING else EXIT_DONE

    def as_stored(self) -> dict[str, Any]:
        return {
            "result": self.result,
            "refusals": [refusal.as_dict() for refusal in self.refusals],
            "warnings": list(self.warnings),
            "proposal": self.proposal,
        }

    @classmethod
    def from_stored(cls, request: str, command: str, outcome: str, stored: dict[str, Any]) -> Result:
        """The stored result of a request. Raises Refused when the request was refused."""
        refusals = tuple(Refusal(**fields) for fields in stored["refusals"])
        if outcome == REFUSED:
            raise Refused(refusals, logged=True)
        return cls(request, command, outcome, stored["result"], refusals, tuple(stored["warnings"]), stored["proposal"])


@dataclass(frozen=True, slots=True)
class Closing:
    """What `Handler.done` is told: the act whose transactions are all final, and who did it."""

    request: str
    command: str
    content: dict[str, Any]
    result: dict[str, Any]
    maker: str
    checker: str | None
    proposal: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Approve:
    """A checker's yes. expected_hash: what he was shown; empty: whatever the proposal holds."""

    officer: str
    request: str
    proposal: str
    expected_hash: str = ""


@dataclass(frozen=True, slots=True)
class Handler:
    """What is special about one kind of act.

    done: rows to write once the chain's answer is final, in the transaction that finishes the request;
    approve: how the checker's approval acts, for kinds that are proposals.
    """

    done: Callable[[Office, Session, Closing], None] | None = None
    approve: Callable[[Office, Proposal, Approve], Result] | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """Everything an act needs, built once by `abst.bootstrap`.

    keys: keystores of this home; handlers: what is special about each kind of act; memo: facts that never change
    (terms and addresses of tokens), read once in a process; progress: who is told how far a long act is.
    """

    home: Path
    store: Store
    chain: Chain
    contracts: Contracts
    sender: Sender
    keys: Keyring
    rulebook: Rulebook
    registry_id: Hash
    zone: str
    handlers: Mapping[str, Handler]
    deployment: Deployment
    memo: dict[Any, Any] = field(default_factory=dict)
    progress: Progress = silent

    def now(self) -> int:
        """The chain's clock, Unix seconds: the only one that gates use."""
        return self.chain.now()

    def day(self) -> date:
        """Today in the office's zone, by the chain's clock."""
        return day_of(self.now(), self.zone)

    def close(self) -> None:
        """Let go of store and chain; the office is not used afterwards."""
        self.store.close()
        if isinstance(self.chain, Closable):
            self.chain.close()

    def vault(self) -> Vault:
        """The vault whose keystore the store calls current. Raises Unavailable when its key is not here or closed."""
        with self.store.read() as session:
            held = get_meta(session, VAULT_KEYSTORE)
        found = self.keys.vault(None if held is None else Address(held))
        if found is None:
            raise Unavailable(
                "the vault cannot be opened",
                found="no key or no passphrase",
                needed="keystore vault" if held is None else f"the keystore of vault {held}",
                where=str(self.home),
            )
        return found

    def refusal_of_call(self, to: Address, data: bytes, sender: Address, where: str) -> Refusal | None:
        """Try a call as of now without sending it: the contract's refusal in the rulebook's words, or None."""
        try:
            self.chain.call(to, data, sender)
        except Reverted as reverted:
            return refusal_of_revert(reverted.data, where, self.rulebook)
        return None


def refusal_of_revert(data: bytes, where: str, rulebook: Rulebook) -> Refusal:
    """A contract's no as a refusal; a revert that cites no rule names the contract as its source."""
    revert = explain(data)
    if revert.rule:
        return Refusal(
            revert.rule, revert.reason or revert.name, revert.words, "", where, rulebook.source_of(revert.rule)
        )
    return Refusal("", revert.reason or revert.name or "reverted", revert.words, "", where, "contract")


def officers(office: Office) -> list[dict[str, Any]]:
    """Every officer with address and roles, and whether the key is in this home."""
    here = set(office.keys.names().values())
    with office.store.read() as session:
        return [
            {
                "name": officer.name,
                "address": officer.address,
                "roles": list(officer.roles),
                "key_here": officer.address in here,
            }
            for officer in registered.all(session)
            if officer.left_at is None
        ]


def warp(office: Office, seconds: int) -> int:
    """Move the embedded chain's clock forward; returns its new now. Raises UsageError on a node."""
    from abst.chain.embedded import EmbeddedChain

    if not isinstance(office.chain, EmbeddedChain):
        raise UsageError("a node keeps its own time", found="a node", needed="the embedded chain", where="chain warp")
    with office.store.begin() as session:
        now = office.chain.warp(seconds)
        audit.append(session, actor="clock", act="chain warp", subject="chain", at=now, facts={"seconds": seconds})
    return now
