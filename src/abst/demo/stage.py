"""The stage of the demo: its home folder, the officers' passphrases, what is told, and what is remembered.

What is remembered (amounts, decisions, refusals, positions; no ids, hashes, addresses or times) makes the digest that
two runs with the same seed share.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from abst.errors import Conflict, Refusal, Refused
from abst.values import Address, Hash, digest

if TYPE_CHECKING:
    from abst.chain.office import Evidence, Office, Result
    from abst.demo.people import Person
    from abst.transfers.desk import Transfer, Why

MARK = "demo.json"
SECRETS = "passphrases.yaml"
OWNED = (MARK, SECRETS, "config.toml", "registry.db", "chain.db", "keys", "documents")
GAS_PAST_PYTHON = 500_000  # more than any single refused act needs
WORK = 2**10  # scrypt; the passphrases are 144 random bits, which no work factor makes safer


def prepare(home: Path, *, seed: int, short: bool) -> None:
    """An empty demo home. What an earlier demo left there goes; anything else is never touched (Conflict)."""
    if home.is_dir() and any(home.iterdir()):
        if not (home / MARK).is_file():
            raise Conflict(
                "this home is not a demo's, and is left as it is",
                found=str(home),
                needed="an empty or a demo's folder: abst demo --home DIR",
                where="--home",
            )
        for name in OWNED:
            for path in (home / name, home / f"{name}-wal", home / f"{name}-shm"):
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / MARK).write_text(json.dumps({"demo": True, "seed": seed, "short": short}) + "\n", encoding="utf-8")


class Passphrases:
    """A random passphrase for each keystore, made when first asked for, in one file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        if name not in self.known:
            self.known[name] = secrets.token_urlsafe(18)
            lines = [f"{key}: {json.dumps(value)}\n" for key, value in sorted(self.known.items())]
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.writelines(["# Passphrases of a demo: never keep real ones in a file.\n", *lines])
        return self.known[name]


@dataclass
class Stage:
    """One run: the office, the teller, the chance of the seed, and the record of what was decided."""

    home: Path
    seed: int
    short: bool
    say: Callable[[str], None]
    passphrase: Passphrases
    office: Office = field(init=False)
    steps: int = 0
    total: int = 0
    record: list[Any] = field(default_factory=list)
    requests: int = 0
    cast: list[Person] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    verified: bool = False

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)

    def scene(self, title: str, words: str) -> None:
        """Open a scene: its number, its title, and why it is there."""
        self.steps += 1
        self.say("")
        self.say(f"[{self.steps:>2}/{self.total}] {title}")
        self.say(f"        {words}")

    def tell(self, words: str) -> None:
        self.say(f"      - {words}")

    def remember(self, what: str, **facts: Any) -> None:
        self.record.append({"what": what, **facts})

    def request(self) -> str:
        """The next request id: counted, not random, so that a reader can follow the demo in the log."""
        self.requests += 1
        return f"demo-{self.requests:04d}"

    def document(self, name: str, text: str) -> Evidence:
        """A document of the demo that an act stands on."""
        from abst.chain.office import Evidence

        return Evidence(name, self.paper(name, f"{text}\n(An illustrative document of the demo.)\n"))

    def paper(self, name: str, text: str) -> bytes:
        """A file of the demo, kept in the home so that commands can use it afterwards; its bytes."""
        folder = self.home / "documents"
        folder.mkdir(exist_ok=True)
        content = text.encode()
        (folder / name).write_bytes(content)
        return content

    def done(self, result: Result) -> dict[str, Any]:
        """The content of a result that must be complete."""
        if result.outcome != "done" or result.refusals:
            found = f"{result.outcome}; {'; '.join(map(str, result.refusals))}; {'; '.join(result.warnings)}"
            raise Conflict("the demo expected this act to be done", found=found, needed="done", where=result.command)
        return result.result

    def two_keys(self, result: Result, checker: str) -> dict[str, Any]:
        """Approve what a maker proposed, with the second officer's key, after a look at exactly what will happen."""
        from abst.chain.office import Approve
        from abst.chain.proposals import approve, describe

        if result.proposal is None:
            raise Conflict("the demo expected a proposal", found=result.outcome, needed="waiting", where=result.command)
        shown = describe(self.office, result.proposal)
        approval = Approve(
            officer=checker, request=self.request(), proposal=result.proposal, expected_hash=shown["hash"]
        )
        content = self.done(approve(self.office, approval))
        self.tell(f"proposed by {shown['maker']}, approved by {checker} ({shown['kind']})")
        self.remember("approved", kind=shown["kind"], maker=shown["maker"], checker=checker)
        return content

    def refused(self, what: str, act: Callable[[], object], *expected: str) -> None:
        """Do what must be refused, show every reason, and remember them. Raises Conflict when it was let through."""
        try:
            act()
        except Refused as refusal:
            self.reasons(what, refusal.refusals, *expected)
            return
        raise Conflict("the demo expected a refusal", found="done", needed=", ".join(expected), where=what)

    def reasons(self, what: str, refusals: Sequence[Refusal], *expected: str) -> None:
        """Show refusals that were found, and remember them. Raises Conflict unless each expected one is there.

        expected: a reason, or rules and reason (``R-43 jurisdiction-denied``).
        """
        self.tell(f"refused: {what}")
        for refusal in refusals:
            needed = f"; needed {refusal.needed}" if refusal.needed else ""
            named = f"{refusal.rule} {refusal.reason}".strip()
            self.say(f"          {named}: found {refusal.found}{needed}")
        found = sorted({refusal.reason for refusal in refusals})
        missing = set(expected) - set(found) - {f"{refusal.rule} {refusal.reason}" for refusal in refusals}
        if missing:
            raise Conflict(
                "the demo expected other reasons", found=", ".join(found), needed=", ".join(expected), where=what
            )
        self.remember("refused", act=what, reasons=found, rules=sorted({refusal.rule for refusal in refusals}))

    def expect(self, what: str, found: object, needed: object) -> None:
        """Raises Conflict when a fact is not what the story says."""
        if found != needed:
            raise Conflict("the demo expected otherwise", found=str(found), needed=str(needed), where=what)

    def ask(self, what: str, sender: str, receiver: str, amount: int, symbol: str, *expected: str) -> Why:
        """Ask why a transfer is not allowed; Python and the chain must agree on it."""
        from abst.transfers.desk import why

        told = why(self.office, symbol, sender, receiver, amount)
        self.expect(f"{what}: allowed", told.allowed, False)
        self.expect(f"{what}: chain and Python agree", told.agrees, True)
        self.reasons(what, told.refusals, *expected)
        self.remember("the chain said", act=what, code=told.chain_code, reason=told.chain_reason)
        return told

    def send_past_python(self, what: str, account: Address, to: Address, data: bytes) -> str:
        """Sign and broadcast what nobody here would send; the chain mines it with status 0. Returns its reason.

        The gas is a guess, because an estimate would already be refused; the receipt names no reason, so the same
        call is run once more for it.
        """
        from abst.chain.api import Reverted
        from abst.chain.deploy import transaction, wait_for
        from abst.chain.reasons import explain

        chain, signer = self.office.chain, self.office.keys.signer(account)
        if signer is None:
            raise Conflict("the demo has no key of an account", found=account, needed="its keystore", where=what)
        tx = transaction(
            chain, nonce=chain.nonce(account), to=to, data=data, gas=GAS_PAST_PYTHON, fees=chain.gas_price()
        )
        sent = chain.send_raw(signer.sign_transaction(tx).raw)
        receipt = wait_for(chain, sent)
        self.expect(f"{what}: status", receipt.status, 0)
        try:
            chain.call(to, data, account)
        except Reverted as reverted:
            revert = explain(reverted.data)
        else:
            raise Conflict("the demo expected a refusal", found="it would pass", needed="a revert", where=what)
        self.tell(f"sent raw: {what}")
        self.say(f"          transaction {sent}, mined in block {receipt.block_number}: status {receipt.status}")
        self.say(f"          {revert}")
        self.remember("sent raw", act=what, status=receipt.status, error=revert.name, rule=revert.rule)
        return revert.reason or revert.name

    def transfer(self, sender: str, to: str, amount: int, symbol: str) -> Transfer:
        from abst.transfers.desk import Transfer

        return Transfer(request=self.request(), holder=sender, to=to, amount=amount, token=symbol)

    def warp(self, seconds: int) -> None:
        """Move the embedded chain's clock; the wall never matters."""
        from abst.chain.office import warp

        warp(self.office, seconds)

    def officers(self) -> dict[str, Address]:
        """Addresses of the officers by name."""
        return self.office.keys.names()

    def person(self, part: str) -> Person:
        """Who plays a part: seller or buyer."""
        return next(person for person in self.cast if person.reference == self.known[part])

    def digest(self) -> Hash:
        return digest(self.record)
