"""Deployment: the contracts, who holds which role, and the deployer's farewell; then everything is read back.

A transaction of the deployer for each contract (AccessManager, Registry, TokenFactory, the enforcement and the
administration timelock, Settlement, Distribution, AuditAnchors, Servicing, and DepositToken where wanted), and one
that grants all roles and renounces ADMIN at once, so that there is no half-handed-over registry. What a role may do
stands in the contracts. Then officers who have nothing get a little ether for gas. Addresses follow from the deployer's
nonces: an interrupted deployment is found again and continued, a finished one is returned as it is. Afterwards the
deployer holds nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import rlp
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from abst.chain import artifacts
from abst.chain.api import Chain, Receipt, Tx
from abst.chain.contracts import Contract, Contracts, codec
from abst.chain.reader import pieces
from abst.chain.roles import OFFICER_ROLES, ROLES_OF_PARTS, TIMELOCK_OF_OFFICER, Role, chain_roles
from abst.errors import IntegrityFailure, Unavailable, UsageError
from abst.keys import Signer
from abst.rulebook import load
from abst.values import ZERO_ADDRESS, Address, Hash, hash_of, to_bytes

Progress = Callable[[str], None]

# In the order of the deployer's nonces: part, contract.
PARTS = (
    ("manager", "AccessManager"),
    ("registry", "Registry"),
    ("factory", "TokenFactory"),
    ("enforcement", "TimelockController"),
    ("administration", "TimelockController"),
    ("settlement", "Settlement"),
    ("distribution", "Distribution"),
    ("anchors", "AuditAnchors"),
    ("servicing", "Servicing"),
)
DEPOSIT_PART = ("deposit", "DepositToken")  # the last one, where it is wanted
# Each pair is the two keys of one act: held by one officer they would be one key.
APART = (("maker", "checker"), ("admin-maker", "admin-checker"), ("issuer", "gatekeeper"), ("reporter", "trustee"))
ADMIN_DELAY = 86_400  # seconds that an administrator's act waits, unless the deployer says otherwise
LOOK_BACK = 64  # nonces searched for a deployment that was interrupted
LOOK_BACK_BLOCKS = 50_000
FACTORY_TOPIC = Hash(f"0x{int(Role.FACTORY):064x}")  # an indexed role number; its label names the registry
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
class Deposit:
    """A bank's deposit token to deploy, the cash leg. currency: ISO 4217; decimals: those of its smallest unit."""

    name: str
    symbol: str
    currency: str
    decimals: int


LOCAL_DEPOSIT = Deposit("HKD deposit", "dHKD", "HKD", 2)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was deployed, where and by whom; stored by the caller.

    barred: currencies in which no settlement asset is ever listed (R-65); code: hash of the code at each part's
    address; deposit: empty where none was wanted.
    """

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
    settlement: Address
    distribution: Address
    anchors: Address
    servicing: Address
    deposit: Address
    barred: tuple[str, ...]
    code: dict[str, Hash]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Deployment:
        """The reverse of `as_dict`. Raises Unavailable for one that another version stored."""
        missing = {field.name for field in fields(cls)} - set(stored)
        if missing:
            raise Unavailable(
                "this registry was deployed by an earlier version",
                found=f"no {', '.join(sorted(missing))}",
                needed="a registry deployed by this version",
                where="deployment",
            )
        return cls(**stored | {"barred": tuple(stored["barred"])})

    def parts(self) -> tuple[tuple[str, str], ...]:
        """Part and contract, in the order of the deployer's nonces."""
        return (*PARTS, DEPOSIT_PART) if self.deposit else PARTS

    def addresses(self) -> dict[str, Address]:
        """Part -> address."""
        return {part: getattr(self, part) for part, _ in self.parts()}

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
    *,
    deposit: Deposit | None = LOCAL_DEPOSIT,
    barred: Sequence[str] | None = None,
) -> Deployment:
    """Deploy a registry, or finish the deployment that was interrupted; a finished one is returned as it is.

    admin_delay: seconds that an administrator's act waits; deposit: the cash leg, None for none; barred: currencies in
    which no settlement asset may ever be listed, those of the rulebook (R-65) when None.

    Raises UsageError when the officers cannot keep each other in check, Unavailable when the chain does not take a
    transaction, IntegrityFailure when what was read back differs from what was meant.
    """
    if barred is None:
        barred = load().words("R-65", "barred_currencies")
    plan = _Plan(registry_id, tuple(officers), admin_delay, tuple(barred), deposit)
    return _Deploying(chain, deployer, plan, progress or (lambda _: None)).run()


def find(chain: Chain, registry_id: Hash) -> Deployment | None:
    """The finished deployment of a registry, however old: found by the id in a role's label, and read back.

    Its deployer is who then gave up ADMIN. None when the chain has none. Raises Unavailable as the chain does.
    """
    head, label = chain.head().number, codec("AccessManager").topic("RoleLabel")
    logs = [log for first, last in pieces(0, head) for log in chain.logs(None, first, last, [label, FACTORY_TOPIC])]
    for log in logs:
        manager = Contract("AccessManager", log.address, chain)
        if [e.args["label"] for e in manager.events([log])] != [f"{Role.FACTORY.name} {registry_id}"]:
            continue
        topics = [manager.codec.topic("RoleRevoked"), Hash(f"0x{int(Role.ADMIN):064x}")]
        for event in manager.events(chain.logs([manager.address], log.block_number, log.block_number, topics)):
            nonces = range(chain.nonce(event.args["account"]))
            for first in nonces:
                if created_address(event.args["account"], first) == manager.address:
                    return _read_back(chain, registry_id, event.args["account"], first)
    return None


def _read_back(chain: Chain, registry_id: Hash, deployer: Address, first: int) -> Deployment:
    """A deployment as it stands: what follows from the nonces, and what the contracts say."""
    last = created_address(deployer, first + len(PARTS))
    parts = (*PARTS, DEPOSIT_PART) if runs(chain.code(last), "DepositToken") else PARTS
    at = {part: created_address(deployer, first + place) for place, (part, _) in enumerate(parts)}
    genesis = chain.block(0)
    if genesis is None:
        raise Unavailable("the chain does not give its first block", needed="block 0", where="chain")
    registry, head = Contract("Registry", at["registry"], chain), chain.head().number
    first_log = next(log for a, b in pieces(0, head) for log in chain.logs([at["manager"]], a, b))
    barred = load().words("R-65", "barred_currencies")
    return Deployment(
        registry_id=registry_id,
        chain_id=chain.chain_id,
        genesis=genesis.hash,
        block=first_log.block_number,
        deployer=deployer,
        first_nonce=first,
        admin_delay=Contract("TimelockController", at["administration"], chain).read("getMinDelay"),
        barred=tuple(one for one in barred if registry.read("isBarred", one.encode())),
        code={part: hash_of(chain.code(address)) for part, address in at.items()},
        **{"deposit": Address("")} | at,
    )


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
    for one, other in APART:
        both = set(_with_role(officers, one)) & set(_with_role(officers, other))
        problems += [f"{address} is both {one} and {other}" for address in sorted(both)]
    return problems


def _with_role(officers: Iterable[OfficerKeys], role: str) -> list[Address]:
    """Addresses of the officers with a role, each once, in order."""
    return list(dict.fromkeys(officer.address for officer in officers if role in officer.roles))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be deployed."""

    registry_id: Hash
    officers: tuple[OfficerKeys, ...]
    admin_delay: int
    barred: tuple[str, ...]
    deposit: Deposit | None


class _Deploying:
    """One run of `deploy`."""

    def __init__(self, chain: Chain, deployer: Signer, plan: _Plan, progress: Progress) -> None:
        self.chain, self.deployer, self.plan, self.progress = chain, deployer, plan, progress
        self.parts = (*PARTS, DEPOSIT_PART) if plan.deposit else PARTS

    def run(self) -> Deployment:
        problems = officer_problems(self.plan.officers)
        if problems:
            raise UsageError("these officers cannot run a registry", found="; ".join(problems), where="officers")
        first, done = self._earlier()
        if done:
            self.progress(f"continuing a deployment begun earlier: {done} of {len(self.parts) + 1} steps were done")
        for step, (part, contract) in enumerate(self.parts):
            if step >= done:
                self.progress(f"deploying {contract} ({part})")
                self._send(first + step, None, self._creation(first, step))
        if done <= len(self.parts):
            self.progress("granting roles, and the deployer renounces")
            self._send(first + len(self.parts), created_address(self.deployer.address, first), self._handover(first))
        deployment = self._deployment(first)
        self._give_gas()
        differences = check_deployment(self.chain, deployment, self.plan.officers)
        if differences:
            raise IntegrityFailure("the deployment is not as meant", found="; ".join(differences), where="chain")
        return deployment

    # ---- what is sent

    def _address(self, first: int, part: str) -> Address:
        return created_address(self.deployer.address, first + [name for name, _ in self.parts].index(part))

    def _creation(self, first: int, step: int) -> bytes:
        part, contract = self.parts[step]
        arguments = codec(contract).constructor.encode(self._arguments(first, part))
        return artifacts.load(contract).bytecode + arguments

    def _arguments(self, first: int, part: str) -> tuple[Any, ...]:
        manager, plan = self._address(first, "manager"), self.plan
        match part:
            case "manager":
                return (self.deployer.address,)
            case "registry":
                return (manager, [currency.encode() for currency in plan.barred])
            case "anchors":
                return (manager,)
            case "factory" | "settlement" | "distribution":
                return (manager, self._address(first, "registry"))
            case "servicing":
                return (manager, self._address(first, "registry"), self._address(first, "distribution"))
            case "enforcement":
                return (0, _with_role(plan.officers, "maker"), _with_role(plan.officers, "checker"), ZERO_ADDRESS)
            case "administration":
                makers, checkers = _with_role(plan.officers, "admin-maker"), _with_role(plan.officers, "admin-checker")
                return (plan.admin_delay, makers, checkers, ZERO_ADDRESS)
        assert plan.deposit is not None
        return (manager, self._address(first, "registry"), *_deposit_terms(plan.deposit))

    def _handover(self, first: int) -> bytes:
        """One call of the AccessManager that does everything its first administrator ever does."""
        manager = Contract("AccessManager", self._address(first, "manager"), self.chain)
        calls = [manager.encode("labelRole", role, self._label(role)) for role in Role if role is not Role.ADMIN]
        for role, account in self._grants(first):
            calls.append(manager.encode("grantRole", role, account, 0))
        calls.append(manager.encode("renounceRole", Role.ADMIN, self.deployer.address))
        return manager.encode("multicall", calls)

    def _label(self, role: Role) -> str:
        """FACTORY's label names the registry, so that its deployment is recognised on the chain."""
        return f"{role.name} {self.plan.registry_id}" if role is Role.FACTORY else role.name

    def _grants(self, first: int) -> list[tuple[Role, Address]]:
        plan = self.plan
        of_officers = [(role, officer.address) for officer in plan.officers for role in chain_roles(officer.roles)]
        of_parts = [(role, self._address(first, part)) for part, roles in ROLES_OF_PARTS.items() for role in roles]
        return [*dict.fromkeys(of_officers), *of_parts]

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
        given = fund(self.chain, self.deployer, [officer.address for officer in self.plan.officers])
        if given:
            self.progress(f"gave ether for gas to {len(given)} officers who had none")

    def _deployment(self, first: int) -> Deployment:
        addresses = {part: self._address(first, part) for part, _ in self.parts}
        genesis = self.chain.block(0)
        if genesis is None:
            raise Unavailable("the chain does not give its first block", needed="block 0", where="chain")
        return Deployment(
            registry_id=self.plan.registry_id,
            chain_id=self.chain.chain_id,
            genesis=genesis.hash,
            block=self._first_block(addresses["manager"]),
            deployer=self.deployer.address,
            first_nonce=first,
            admin_delay=self.plan.admin_delay,
            barred=self.plan.barred,
            code={part: hash_of(self.chain.code(at)) for part, at in addresses.items()},
            **{"deposit": Address("")} | addresses,
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
            if handed_over == self.plan.registry_id:
                last = created_address(self.deployer.address, first + len(PARTS))
                self.parts = (*PARTS, DEPOSIT_PART) if self.chain.code(last) else PARTS  # as it was deployed
                return first, len(self.parts) + 1
            done = next_nonce - first
            if handed_over is None and done <= len(self.parts) and self._as_meant(first, done):
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
        """The parts made so far run our code, and were made with these officers, this delay, and these terms."""
        for step in range(done):
            part, contract = self.parts[step]
            at = self._address(first, part)
            if not (runs(self.chain.code(at), contract) and self._made_so(Contract(contract, at, self.chain), part)):
                return False
        return True

    def _made_so(self, made: Contract, part: str) -> bool:
        """Whether a contract was made with what the plan says; addresses apart, which follow from the nonces."""
        match made.name:
            case "Registry":
                return all(made.read("isBarred", currency.encode()) for currency in self.plan.barred)
            case "DepositToken":
                terms = tuple(made.read(view) for view in ("name", "symbol", "currency", "decimals"))
                return self.plan.deposit is not None and terms == _deposit_terms(self.plan.deposit)
            case "TimelockController":
                delay, proposers, executors, _ = self._arguments(0, part)
                sides = (("PROPOSER_ROLE", proposers), ("EXECUTOR_ROLE", executors))
                return made.read("getMinDelay") == delay and all(
                    made.read("hasRole", made.read(side), account) for side, accounts in sides for account in accounts
                )
        return True


def _deposit_terms(deposit: Deposit) -> tuple[str, str, bytes, int]:
    """As the contract's constructor takes them, after its addresses."""
    return (deposit.name, deposit.symbol, deposit.currency.encode(), deposit.decimals)


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

    Reads code, wiring, what role each function needs, and who holds which: from the events and the contracts' answers.
    """
    from abst.chain.standing import differences

    return differences(chain, deployment, officers)
