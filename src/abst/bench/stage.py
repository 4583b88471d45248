"""A stage on which acts are measured: one embedded chain in memory, every key and every second fixed.

Nothing here depends on the machine or the day, so the same contracts give the same gas to the unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from abst.chain import artifacts, timelock
from abst.chain.api import Receipt
from abst.chain.contracts import Contract, Contracts
from abst.chain.deploy import Deployment, OfficerKeys, deploy, transaction
from abst.chain.eip712 import Approval, mint_message
from abst.chain.embedded import EmbeddedChain
from abst.chain.roles import Role
from abst.chain.words import FilingStatus, InvestorRecord
from abst.deal.plan import Plan, Terms, plan_hash, terms_tuple
from abst.keys import LocalSigner
from abst.values import ZERO_HASH, Address, Hash, hash_of

SECOND = 1_924_992_000  # 1 January 2031, 00:00 UTC: the stage's wall clock
FAR = SECOND + 10 * 365 * 86_400
FILING = 1
GAS = 12_000_000  # of each transaction sent, far above what any takes
OFFICERS = {
    "maker-1": ("registrar", "admitter", "issuer", "agent", "discloser", "maker", "admin-maker"),
    "maker-2": ("maker", "admin-maker"),
    "checker-1": ("gatekeeper", "checker", "admin-checker"),
    "checker-2": ("checker", "admin-checker"),
    "regulator": ("regulator",),
}
# Every rule that terms can switch on is on, so that every rule is paid for; the compliance period alone is zero,
# because a wallet under it could not transfer.
TERMS = Terms(
    name="Bench tranche A",
    symbol="BENCH-A",
    currency="CNY",
    decimals=2,
    risk=2,
    overdue_stops_transfers=True,
    cap=150_000_000_000,
    lot=10_000,
    regimes=3,
    max_holders=20_000,
    max_share_bps=9_000,
    lock_seconds=0,
    maturity=FAR,
)


def key(name: str) -> LocalSigner:
    """The signer of a name: always the same."""
    return LocalSigner(keccak(text=f"bench {name}"))


def salt(name: str) -> Hash:
    return hash_of(f"operation {name}".encode())


@dataclass
class Stage:
    """A deployed registry with one effective filing of three tranches."""

    chain: EmbeddedChain
    deployment: Deployment
    contracts: Contracts
    signers: dict[str, LocalSigner]
    deploy_gas: int
    tokens: list[Contract] = field(default_factory=list)
    nonces: dict[Address, int] = field(default_factory=dict)

    def send(self, sender: str, to: Address | None, data: bytes) -> Receipt:
        """One transaction of a named signer, mined; its receipt, whatever its status."""
        signer = self.signers.setdefault(sender, key(sender))
        nonce = self.nonces.get(signer.address, self.chain.nonce(signer.address))
        tx = transaction(self.chain, nonce=nonce, to=to, data=data, gas=GAS, fees=self.chain.gas_price())
        receipt = self.chain.receipt(self.chain.send_raw(signer.sign_transaction(tx).raw))
        assert receipt is not None
        self.nonces[signer.address] = nonce + 1
        return receipt

    def act(self, sender: str, contract: Contract, function: str, *arguments: Any) -> int:
        """Gas of an act that must pass. Raises AssertionError when it reverts."""
        receipt = self.send(sender, contract.address, contract.encode(function, *arguments))
        assert receipt.status == 1, f"{function} by {sender} reverted"
        return receipt.gas_used

    def refused(self, sender: str, contract: Contract, function: str, *arguments: Any) -> int:
        """Gas of an act that must revert."""
        receipt = self.send(sender, contract.address, contract.encode(function, *arguments))
        assert receipt.status == 0, f"{function} by {sender} passed"
        return receipt.gas_used

    def power(self, name: str, contract: Contract, function: str, *arguments: Any, which: str = "enforcement") -> int:
        """Gas of an act of power by two officers: scheduled by one, executed by another; both transactions."""
        data = contract.encode(function, *arguments)
        to, schedule = timelock.schedule(self.contracts, which, contract.address, data, salt(name), 0)
        _, execute = timelock.execute(self.contracts, which, contract.address, data, salt(name))
        receipts = [self.send("maker-1", to, schedule), self.send("checker-1", to, execute)]
        assert all(receipt.status == 1 for receipt in receipts), f"{function} by two officers reverted"
        return sum(receipt.gas_used for receipt in receipts)

    def admission(self, name: str, **changes: Any) -> tuple[Address, int, Hash]:
        """What admits the wallet of a name, eligible in everything unless `changes` say otherwise."""
        record = InvestorRecord(regimes=1, capacity=4, jurisdiction="HK", evidence_until=FAR, suitability_until=FAR)
        return key(name).address, replace(record, **changes).facts(), salt(f"commitment {name}")

    def admit(self, names: Sequence[str], **changes: Any) -> int:
        return self.act("maker-1", self.contracts.registry, "admit", [self.admission(n, **changes) for n in names])

    def mint(self, allocations: Sequence[tuple[str, int]], operation: str, token: int = 0) -> int:
        """Gas of an approved mint to the named wallets: approved by checker-1, sent by maker-1."""
        gatekeeper = self.signers["checker-1"]
        contract = self.tokens[token]
        approval = Approval(salt(operation), salt("decision"), FAR, gatekeeper.address)
        rows = [(key(name).address, amount) for name, amount in allocations]
        signature = gatekeeper.sign_typed(mint_message(contract, self.chain.chain_id, rows, approval))
        to, amounts = [wallet for wallet, _ in rows], [amount for _, amount in rows]
        return self.act("maker-1", contract, "mint", to, amounts, approval.as_tuple(), signature)


def raise_stage(path: Path | str = ":memory:") -> Stage:
    """Deploy a registry for the bench's officers, with no time-lock delay."""
    signers = {name: key(name) for name in (*OFFICERS, "deployer")}
    chain = EmbeddedChain(path, alloc={s.address: 10**24 for s in signers.values()}, wall=lambda: SECOND)
    officers = [OfficerKeys(name, signers[name].address, roles) for name, roles in OFFICERS.items()]
    deployment = deploy(chain, signers["deployer"], ZERO_HASH, officers, admin_delay=0)
    gas = sum(_gas_of_block(chain, number) for number in range(1, chain.head().number + 1))
    return Stage(chain, deployment, deployment.contracts(chain), signers, gas)


def _gas_of_block(chain: EmbeddedChain, number: int) -> int:
    return int(chain.w3.eth.get_block(number)["gasUsed"])


def give_gas(stage: Stage, names: Sequence[str]) -> None:
    """Ether for wallets that send: two transactions' worth each and more."""
    for name in names:
        signer = stage.signers["deployer"]
        nonce = stage.chain.nonce(signer.address)
        tx = transaction(
            stage.chain, nonce=nonce, to=key(name).address, value=10**18, gas=21_000, fees=stage.chain.gas_price()
        )
        stage.chain.send_raw(signer.sign_transaction(tx).raw)


def file_and_create(stage: Stage, tranches: int = 3) -> int:
    """Record a filing of equal tranches, make it effective, create all tranches at once; gas of the creation."""
    terms = [replace(TERMS, symbol=f"BENCH-{chr(65 + i)}") for i in range(tranches)]
    code = artifacts.load("SecurityToken").bytecode
    plan = Plan(stage.chain.chain_id, hash_of(code), tuple(terms), salt("deal and dossier"))
    registry = stage.contracts.registry
    stage.act("maker-1", registry, "recordFiling", FILING, plan_hash(plan), tranches, 15 * 86_400)
    stage.power("effective", registry, "makeEffective", FILING, salt("notice"))
    tuples = [terms_tuple(one) for one in terms]
    gas = stage.act("maker-1", stage.contracts.factory, "create", FILING, code, tuples, plan.offchain, tranches)
    stage.tokens = [stage.contracts.token(registry.read("tokenOf", FILING, tranche)) for tranche in range(tranches)]
    return gas


def give_enforcer(stage: Stage, name: str) -> None:
    """The bench alone lets one key hold ENFORCER, to measure an act without the timelock around it."""
    holder = key(name).address
    stage.power(
        f"enforcer {name}", stage.contracts.manager, "grantRole", Role.ENFORCER, holder, 0, which="administration"
    )


__all__ = [
    "FILING",
    "SECOND",
    "FilingStatus",
    "Stage",
    "file_and_create",
    "give_enforcer",
    "give_gas",
    "key",
    "raise_stage",
]
