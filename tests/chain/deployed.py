"""A deployed registry for tests: made once per process on an embedded chain, copied as files for each test."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from abst import outbox
from abst.chain import artifacts, eip712, timelock
from abst.chain.contracts import Contract, Contracts
from abst.chain.deploy import Deployment, OfficerKeys, deploy
from abst.chain.embedded import EmbeddedChain
from abst.chain.office import Office
from abst.chain.sender import Outcome, Sender, SenderSettings
from abst.chain.words import InvestorRecord
from abst.decisions import officers
from abst.keys import Keyring, LocalSigner, Signer
from abst.rulebook import load
from abst.store import Store
from abst.values import DEFAULT_ZONE, Address, Hash, hash_of

REGISTRY_ID = hash_of(b"a registry for tests")
ETHER = 10**18
FILING = 1
FAR = 2**40 - 2
_ROLES: dict[str, tuple[str, ...]] = {
    "registrar": ("registrar",),
    "admitter": ("admitter",),
    "gatekeeper": ("gatekeeper",),
    "issuer": ("issuer",),
    "agent": ("agent",),
    "discloser": ("discloser",),
    "regulator": ("regulator",),
    "payer": ("payer",),
    "bank": ("bank",),
    "reporter": ("reporter",),
    "trustee": ("trustee",),
    "maker": ("maker", "admin-maker"),
    "maker-2": ("maker", "admin-maker"),
    "checker": ("checker", "admin-checker"),
    "checker-2": ("checker", "admin-checker"),
}


@cache
def key(name: str) -> LocalSigner:
    return LocalSigner(bytes.fromhex(hash_of(f"test key of {name}".encode())[2:]))


OFFICERS = tuple(OfficerKeys(name, key(name).address, roles) for name, roles in _ROLES.items())
SIGNERS: dict[Address, Signer] = {key(name).address: key(name) for name in (*_ROLES, "holder", "stranger")}
_numbers = count()


def new_chain(path: Path) -> EmbeddedChain:
    """An embedded chain on which the deployer and the holder have ether."""
    return EmbeddedChain(path, alloc={key("deployer").address: 1000 * ETHER, key("holder").address: ETHER})


@dataclass
class World:
    """A chain with a registry on it, and a store whose outbox is empty."""

    chain: EmbeddedChain
    store: Store
    deployment: Deployment
    contracts: Contracts

    def sender(self, **options: Any) -> Sender:
        """A sender that looks once. options: of the sender, and of its settings."""
        own = {name: options.pop(name) for name in ("patience", "wall") if name in options}
        return Sender(
            self.store, self.chain, SIGNERS.get, settings=SenderSettings(**options), **({"patience": 0} | own)
        )

    def want(
        self, signer: str, to: Address, data: bytes, *, kind: str = "act", operation: Hash | None = None, **more: Any
    ) -> str:
        """Enqueue an intent of its own request; returns its id."""
        request = f"req-{next(_numbers)}"
        with self.store.begin() as session:
            outbox.begin_request(session, request, kind, {}, self.chain.now())
            intent = outbox.enqueue(
                session,
                request=request,
                kind=kind,
                signer=key(signer).address,
                to=to,
                data=data,
                operation=operation or outbox.operation_id(REGISTRY_ID, request, 0),
                at=self.chain.now(),
                **more,
            )
        return intent.id

    def call(self, signer: str, contract: Contract, fn: str, *args: Any, **more: Any) -> str:
        return self.want(signer, contract.address, contract.encode(fn, *args), **more)

    def file(self, number: int) -> str:
        """An intent to record one more filing: the cheapest act there is."""
        return self.call("registrar", self.contracts.registry, "recordFiling", number, hash_of(b"plan"), 1, 0)

    def state(self, intent_id: str) -> str:
        with self.store.read() as session:
            return outbox.get(session, intent_id).state

    def done(self, *intents: str) -> list[Outcome]:
        """Drain and insist that all of it is final."""
        outcomes = self.sender(patience=20).drain(intents)
        assert [outcome.state for outcome in outcomes] == ["final"] * len(intents), [o.reason for o in outcomes]
        return outcomes

    def by_two(self, contract: Contract, fn: str, *args: Any) -> None:
        """An act of the enforcement timelock: scheduled by the maker, executed by the checker."""
        call, operation = contract.encode(fn, *args), hash_of(f"operation {next(_numbers)}".encode())
        to, data = timelock.schedule(self.contracts, "enforcement", contract.address, call, operation, 0)
        first = self.want("maker", to, data)
        to, data = timelock.execute(self.contracts, "enforcement", contract.address, call, operation)
        self.done(first, self.want("checker", to, data, depends_on=[first]))

    def other_process(self) -> World:
        """The same files, opened again."""
        chain = EmbeddedChain(self.chain.path, create=False)
        return World(chain, Store(self.url), self.deployment, self.deployment.contracts(chain))

    def with_empty_store(self) -> World:
        """The same chain with a store that knows nothing of it."""
        path = Path(self.chain.path).with_name(f"empty-{next(_numbers)}.db")
        shutil.copy(_template()[0] / "registry.db", path)
        return World(self.chain, Store(f"sqlite:///{path}"), self.deployment, self.contracts)

    @property
    def url(self) -> str:
        return self.store.url.render_as_string(hide_password=False)

    def office(self) -> Office:
        """An office over this world, for acts of officers."""
        return Office(
            home=Path(self.chain.path).parent,
            store=self.store,
            chain=self.chain,
            contracts=self.contracts,
            sender=self.sender(),
            keys=Keyring(Path(self.chain.path).parent / "keys", lambda _: None),
            rulebook=load(),
            registry_id=REGISTRY_ID,
            zone=DEFAULT_ZONE,
            handlers={},
            deployment=self.deployment,
        )

    @property
    def token(self) -> Contract:
        return self.contracts.token(self.contracts.registry.read("tokenOf", FILING, 0))

    def mint(self, operation: Hash, amount: int = 100) -> bytes:
        """Call data of a mint to the holder, with a gatekeeper's approval."""
        to = key("holder").address
        approval = eip712.Approval(operation, hash_of(b"decision"), FAR, key("gatekeeper").address)
        message = eip712.mint_message(self.token, self.chain.chain_id, [(to, amount)], approval)
        signature = key("gatekeeper").sign_typed(message)
        return self.token.encode("mint", [to], [amount], approval.as_tuple(), signature)


def terms(cap: int = 10**9) -> tuple[Any, ...]:
    name, symbol = (text.ljust(32, b"\0") for text in (b"A note for tests", b"NOTE"))
    return (name, symbol, b"CNY", 0, 3, False, cap, 1, 1, 0, 0, 0, FAR)


def _make_filing_and_token(world: World) -> None:
    """Filing 1 effective, its one tranche made, the holder admitted."""
    code, plan = artifacts.load("SecurityToken").bytecode, (terms(),)
    plan_hash = world.contracts.factory.read("planHash", code, plan, hash_of(b"off chain"))
    registry = world.contracts.registry
    world.done(world.call("registrar", registry, "recordFiling", FILING, plan_hash, 1, 86_400))
    world.by_two(registry, "makeEffective", FILING, hash_of(b"notice"))
    facts = InvestorRecord(regimes=1, capacity=5, jurisdiction="HK", evidence_until=FAR, suitability_until=FAR).facts()
    world.done(
        world.call("issuer", world.contracts.factory, "create", FILING, code, plan, hash_of(b"off chain"), 1),
        world.call("admitter", registry, "admit", [(key("holder").address, facts, hash_of(b"salted"))]),
    )


def _acquaint(store: Store, chain: EmbeddedChain) -> None:
    """The officers are on the list, and what they sent until now is known."""
    with store.begin() as session:
        for officer in OFFICERS:
            officers.add(session, officer.name, officer.address, officer.roles)
            outbox.lift(session, officer.address, chain.nonce(officer.address), chain.now())


@cache
def _template() -> tuple[Path, Deployment]:
    folder = Path(tempfile.mkdtemp(prefix="abst-tests-"))
    chain = new_chain(folder / "chain.db")
    deployment = deploy(chain, key("deployer"), REGISTRY_ID, OFFICERS)
    chain.close()
    store = Store(f"sqlite:///{folder}/registry.db")
    store.migrate()
    store.close()
    chain = EmbeddedChain(folder / "chain.db", create=False)
    work = Store(f"sqlite:///{folder}/work.db")
    work.migrate()
    _make_filing_and_token(World(chain, work, deployment, deployment.contracts(chain)))
    work.close()
    _acquaint(store, chain)
    store.close()
    chain.close()
    return folder, deployment


def new_world(folder: Path, store_url: str = "") -> World:
    """A fresh copy: filing 1 effective, its token made, the holder admitted, nothing in the outbox.

    store_url: of an empty, migrated database to use instead of a file.
    """
    template, deployment = _template()
    source = EmbeddedChain(template / "chain.db", create=False)
    source.copy_to(folder / "chain.db")
    source.close()
    chain = EmbeddedChain(folder / "chain.db", create=False)
    store = Store(store_url or f"sqlite:///{folder}/registry.db")
    if store_url:
        _acquaint(store, chain)
    else:
        shutil.copy(template / "registry.db", folder)
    return World(chain, store, deployment, deployment.contracts(chain))
