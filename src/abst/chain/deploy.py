"""Deployment: five contracts, who may do what, and the deployer's farewell; then everything is read back.

Six transactions of the deployer: AccessManager, Registry, TokenFactory, the enforcement and the administration
timelock, and one that sets all roles and renounces ADMIN at once, so that there is no half-handed-over registry. Then
officers who have nothing get a little ether for gas. Addresses follow from the deployer's nonces: an interrupted
deployment is found again and continued, a finished one is returned as it is. Afterwards the deployer holds nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import rlp
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from abst.chain import artifacts
from abst.chain.api import Chain, Receipt, Tx
from abst.chain.contracts import Contract, Contracts, codec
from abst.chain.roles import OFFICER_ROLES, TIMELOCK_OF_OFFICER, Role, chain_roles, selectors_by_role
from abst.errors import IntegrityFailure, Unavailable, UsageError
from abst.keys import Signer
from abst.values import ZERO_ADDRESS, Address, Hash, hash_of, to_bytes

Progress = Callable[[str], None]

# In the order of the deployer's nonces: part, contract.
PARTS = (
    ("manager", "AccessManager"),
    ("registry", "Registry"),
    ("factory", "TokenFactory"),
    ("enforcement", "TimelockController"),
    ("administration", "TimelockController"),
)
ADMIN_DELAY = 86_400  # seconds that an administrator's act waits, unless the deployer says otherwise
LOOK_BACK = 64  # nonces searched for a deployment that was interrupted
LOOK_BACK_BLOCKS = 50_000
ETHER = 10**18
PATIENCE = 120  # seconds to wait for a receipt
PAUSE = 0.1  # seconds between two looks


@dataclass(frozen=True, slots=True)
class OfficerKeys:
    """An officer as the chain sees one: a name, an address, names of roles (`abst.chain.roles`)."""

    name: str
    address: Address
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was deployed, where and by whom; stored by the caller. code: hash of the code at each part's address."""

    registry_id: Hash
    chain_id: int
    genesis: Hash
    block: int
    deployer: Address
    first_nonce: int
    admin_delay: int
    manager: Address
    registry: Address
    factory: Address
    enforcement: Address
    administration: Address
    code: dict[str, Hash]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Deployment:
        return cls(**stored)

    def addresses(self) -> dict[str, Address]:
        """Part -> address."""
        return {part: getattr(self, part) for part, _ in PARTS}

    def contracts(self, chain: Chain) -> Contracts:
        return Contracts.at(chain, **self.addresses())


def created_address(creator: Address, nonce: int) -> Address:
    """Where the contract of the creator's transaction with this nonce stands."""
    encoded: bytes = rlp.encode([to_bytes(creator), nonce])
    return Address(to_checksum_address(keccak(encoded)[12:]))


def transaction(
    chain: Chain, *, nonce: int, to: Address | None, data: bytes = b"", value: int = 0, gas: int, fees: tuple[int, int]
) -> dict[str, Any]:
    """A complete type 2 transaction, as `Signer.sign_transaction` takes it. value and fees in wei."""
    made: dict[str, Any] = {
        "type": 2,
        "chainId": chain.chain_id,
        "nonce": nonce,
        "value": value,
        "data": data,
        "gas": gas,
        "maxFeePerGas": fees[0],
        "maxPriorityFeePerGas": fees[1],
    }
    return made if to is None else made | {"to": to}


def wait_for(chain: Chain, transaction_hash: Hash, patience: float = PATIENCE) -> Receipt:
    """The receipt, within `patience` seconds. Raises Unavailable when it does not come."""
    until = time.monotonic() + patience
    while (receipt := chain.receipt(transaction_hash)) is None:
        if time.monotonic() > until:
            raise Unavailable(
                "a transaction was not mined in time",
                found=f"no receipt after {patience} seconds",
                needed="a receipt; run the same again",
                where=transaction_hash,
            )
        time.sleep(PAUSE)
    return receipt


def deploy(
    chain: Chain,
    deployer: Signer,
    registry_id: Hash,
    officers: Sequence[OfficerKeys],
    admin_delay: int = ADMIN_DELAY,
    progress: Progress | None = None,
) -> Deployment:
    """Deploy a registry, or finish the deployment that was interrupted. admin_delay in seconds.

    Raises UsageError when the officers cannot keep each other in check, Unavailable when the chain does not take a
    transaction, IntegrityFailure when what was read back differs from what was meant.
    """
    return _Deploying(chain, deployer, registry_id, officers, admin_delay, progress or (lambda _: None)).run()


def officer_problems(officers: Sequence[OfficerKeys]) -> list[str]:
    """Why these officers could not keep each other in check: too few, or one person on both sides."""
    problems = [
        f"{officer.name} has the unknown role {role}"
        for officer in officers
        for role in officer.roles
        if role not in OFFICER_ROLES
    ]
    for role, (which, side) in TIMELOCK_OF_OFFICER.items():
        found = _with_role(officers, role)
        if len(found) < 2:
            problems.append(f"the {which} timelock needs at least two {side}s (role {role}), found {len(found)}")
    for one, other in (("maker", "checker"), ("admin-maker", "admin-checker"), ("issuer", "gatekeeper")):
        both = set(_with_role(officers, one)) & set(_with_role(officers, other))
        problems += [f"{address} is both {one} and {other}" for address in sorted(both)]
    return problems


def _with_role(officers: Iterable[OfficerKeys], role: str) -> list[Address]:
    """Addresses of the officers with a role, each once, in order."""
    return list(dict.fromkeys(officer.address for officer in officers if role in officer.roles))


class _Deploying:
    """One run of `deploy`."""

    def __init__(
        self,
        chain: Chain,
        deployer: Signer,
        registry_id: Hash,
        officers: Sequence[OfficerKeys],
        admin_delay: int,
        progress: Progress,
    ) -> None:
        self.chain, self.deployer, self.officers = chain, deployer, officers
        self.registry_id, self.admin_delay, self.progress = registry_id, admin_delay, progress

    def run(self) -> Deployment:
        problems = officer_problems(self.officers)
        if problems:
            raise UsageError("these officers cannot run a registry", found="; ".join(problems), where="officers")
        first, done = self._earlier()
        if done:
            self.progress(f"continuing a deployment begun earlier: {done} of {len(PARTS) + 1} steps were done")
        for step, (part, contract) in enumerate(PARTS):
            if step >= done:
                self.progress(f"deploying {contract} ({part})")
                self._send(first + step, None, self._creation(first, step))
        if done <= len(PARTS):
            self.progress("setting roles, and the deployer renounces")
            self._send(first + len(PARTS), created_address(self.deployer.address, first), self._handover(first))
        deployment = self._deployment(first)
        self._give_gas()
        differences = check_deployment(self.chain, deployment, self.officers)
        if differences:
            raise IntegrityFailure("the deployment is not as meant", found="; ".join(differences), where="chain")
        return deployment

    # ---- what is sent

    def _address(self, first: int, part: str) -> Address:
        return created_address(self.deployer.address, first + [name for name, _ in PARTS].index(part))

    def _creation(self, first: int, step: int) -> bytes:
        part, contract = PARTS[step]
        arguments = codec(contract).constructor.encode(self._arguments(first, part))
        return artifacts.load(contract).bytecode + arguments

    def _arguments(self, first: int, part: str) -> tuple[Any, ...]:
        manager = self._address(first, "manager")
        match part:
            case "manager":
                return (self.deployer.address,)
            case "registry":
                return (manager,)
            case "factory":
                return (manager, self._address(first, "registry"))
            case "enforcement":
                makers, checkers = _with_role(self.officers, "maker"), _with_role(self.officers, "checker")
                return (0, makers, checkers, ZERO_ADDRESS)
        makers, checkers = _with_role(self.officers, "admin-maker"), _with_role(self.officers, "admin-checker")
        return (self.admin_delay, makers, checkers, ZERO_ADDRESS)

    def _handover(self, first: int) -> bytes:
        """One call of the AccessManager that does everything its first administrator ever does."""
        manager = Contract("AccessManager", self._address(first, "manager"), self.chain)
        calls = [manager.encode("labelRole", role, self._label(role)) for role in Role if role is not Role.ADMIN]
        for contract, part in (("Registry", "registry"), ("TokenFactory", "factory")):
            target = self._address(first, part)
            calls += [
                manager.encode("setTargetFunctionRole", target, selectors, role)
                for role, selectors in selectors_by_role(contract).items()
            ]
        for role, account in self._grants(first):
            calls.append(manager.encode("grantRole", role, account, 0))
        calls.append(manager.encode("renounceRole", Role.ADMIN, self.deployer.address))
        return manager.encode("multicall", calls)

    def _label(self, role: Role) -> str:
        """FACTORY's label names the registry, so that its deployment is recognised on the chain."""
        return f"{role.name} {self.registry_id}" if role is Role.FACTORY else role.name

    def _grants(self, first: int) -> list[tuple[Role, Address]]:
        grants = [(role, officer.address) for officer in self.officers for role in chain_roles(officer.roles)]
        return [
            *dict.fromkeys(grants),
            (Role.ENFORCER, self._address(first, "enforcement")),
            (Role.FACTORY, self._address(first, "factory")),
            (Role.ADMIN, self._address(first, "administration")),
        ]

    def _send(self, nonce: int, to: Address | None, data: bytes) -> Receipt:
        gas = self.chain.estimate(Tx(self.deployer.address, to, data))
        signed = self.deployer.sign_transaction(
            transaction(self.chain, nonce=nonce, to=to, data=data, gas=gas, fees=self.chain.gas_price())
        )
        receipt = wait_for(self.chain, self.chain.send_raw(signed.raw))
        if receipt.status != 1:
            raise IntegrityFailure(
                "a deployment transaction was reverted",
                found=f"status {receipt.status}, gas used {receipt.gas_used}",
                needed="status 1",
                where=signed.hash,
            )
        return receipt

    def _give_gas(self) -> None:
        given = fund(self.chain, self.deployer, [officer.address for officer in self.officers])
        if given:
            self.progress(f"gave ether for gas to {len(given)} officers who had none")

    def _deployment(self, first: int) -> Deployment:
        addresses = {part: self._address(first, part) for part, _ in PARTS}
        genesis = self.chain.block(0)
        if genesis is None:
            raise Unavailable("the chain does not give its first block", needed="block 0", where="chain")
        return Deployment(
            registry_id=self.registry_id,
            chain_id=self.chain.chain_id,
            genesis=genesis.hash,
            block=self._first_block(addresses["manager"]),
            deployer=self.deployer.address,
            first_nonce=first,
            admin_delay=self.admin_delay,
            code={part: hash_of(self.chain.code(at)) for part, at in addresses.items()},
            **addresses,
        )

    # ---- what an interrupted run left

    def _earlier(self) -> tuple[int, int]:
        """First nonce and number of steps done of a deployment to be continued; (next nonce, 0) when there is none."""
        next_nonce = self.chain.nonce(self.deployer.address)
        lately = range(next_nonce - 1, max(next_nonce - LOOK_BACK, 0) - 1, -1)
        for first in dict.fromkeys([*lately, 0]):  # a deployer made for the purpose began with it
            at = created_address(self.deployer.address, first)
            if not runs(self.chain.code(at), "AccessManager"):
                continue
            handed_over = self._registry_of(at)
            if handed_over == self.registry_id:
                return first, len(PARTS) + 1
            done = next_nonce - first
            if handed_over is None and done <= len(PARTS) and self._as_meant(first, done):
                return first, done
        return next_nonce, 0

    def _labels(self, manager: Address) -> list[Any]:
        """Labels given to FACTORY on this AccessManager lately."""
        contract = Contract("AccessManager", manager, self.chain)
        head = self.chain.head().number
        topics = [contract.codec.topic("RoleLabel"), Hash(f"0x{int(Role.FACTORY):064x}")]
        return contract.events(self.chain.logs([manager], max(head - LOOK_BACK_BLOCKS, 0), head, topics))

    def _registry_of(self, manager: Address) -> Hash | None:
        """The id of the registry whose roles this AccessManager holds; None before the handover."""
        labels = self._labels(manager)
        return Hash(labels[-1].args["label"].partition(" ")[2]) if labels else None

    def _first_block(self, manager: Address) -> int:
        """The block of the AccessManager's creation, which granted the first role: whoever reads roles begins there."""
        head = self.chain.head().number
        return self.chain.logs([manager], max(head - LOOK_BACK_BLOCKS, 0), head)[0].block_number

    def _as_meant(self, first: int, done: int) -> bool:
        """The parts made so far run our code, and the timelocks among them have these officers and this delay."""
        for step in range(done):
            part, contract = PARTS[step]
            at = self._address(first, part)
            if not runs(self.chain.code(at), contract):
                return False
            if contract == "TimelockController":
                delay, proposers, executors, _ = self._arguments(first, part)
                timelock = Contract(contract, at, self.chain)
                if timelock.read("getMinDelay") != delay:
                    return False
                for role, accounts in (("PROPOSER_ROLE", proposers), ("EXECUTOR_ROLE", executors)):
                    number = timelock.read(role)
                    if not all(timelock.read("hasRole", number, account) for account in accounts):
                        return False
        return True


def runs(code: bytes, contract: str) -> bool:
    """Whether deployed code is that of our artifact: equal but for immutables, which the artifact leaves at zero."""
    creation = artifacts.load(contract).bytecode
    begins = creation.find(code[:32])  # the code to be deployed lies whole inside the creation code
    template = creation[begins : begins + len(code)]
    if not code or begins < 0 or len(template) < len(code):
        return False
    return all(have in (mine, 0) for have, mine in zip(template, code, strict=True))


def fund(chain: Chain, payer: Signer, accounts: Sequence[Address], amount: int = ETHER) -> list[Address]:
    """Send `amount` wei, or a fair share of what the payer has, to each account that has nothing. Returns who got some.

    Nothing is sent when the payer has nothing to give: on a network without gas price nobody needs any.
    """
    poor = [account for account in dict.fromkeys(accounts) if chain.balance(account) == 0]
    share = min(amount, chain.balance(payer.address) // (2 * len(poor) + 1)) if poor else 0
    if share == 0:
        return []
    nonce, fees = chain.nonce(payer.address), chain.gas_price()
    raws = [
        payer.sign_transaction(
            transaction(chain, nonce=nonce + place, to=account, value=share, gas=21_000, fees=fees)
        ).raw
        for place, account in enumerate(poor)
    ]
    for sent in chain.send_raw_many(raws):
        wait_for(chain, sent)
    return poor


def check_deployment(chain: Chain, deployment: Deployment, officers: Sequence[OfficerKeys]) -> list[str]:
    """Everything about a deployment that is not as it should be, in words; empty when all is well.

    Reads code, wiring, who may call what, and who holds which role: from the events and from the contracts' answers.
    """
    from abst.chain.standing import differences

    return differences(chain, deployment, officers)
