"""A stage on which acts are measured: one embedded chain in memory, every key and every second fixed.

Nothing here depends on the machine or the day, so the same contracts give the same gas to the unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from abst.bench.senders import Senders, key
from abst.chain import artifacts, timelock
from abst.chain.contracts import Contract, Contracts
from abst.chain.deploy import Deployment, OfficerKeys, deploy
from abst.chain.eip712 import Approval, mint_message
from abst.chain.embedded import EmbeddedChain
from abst.chain.roles import Role
from abst.chain.words import InvestorRecord
from abst.deal.plan import Plan, Terms, plan_hash, terms_tuple
from abst.values import ZERO_HASH, Address, Hash, hash_of

SECOND = 1_924_992_000  # 1 January 2031, 00:00 UTC: the stage's wall clock
FAR = SECOND + 10 * 365 * 86_400
FILING = 1
LOT = 10_000
HUNDRED = tuple(f"holder-{number}" for number in range(100))
NEWCOMERS = tuple(f"newcomer-{number}" for number in range(100))
OFFICERS = {
    "maker-1": ("registrar", "admitter", "issuer", "agent", "discloser", "maker", "admin-maker"),
    "maker-2": ("maker", "admin-maker"),
    "checker-1": ("gatekeeper", "checker", "admin-checker"),
    "checker-2": ("checker", "admin-checker"),
    "regulator": ("regulator",),
    "payer": ("payer",),
    "bank": ("bank",),
    "reporter": ("reporter",),
    "trustee": ("trustee",),
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


def salt(name: str) -> Hash:
    return hash_of(f"operation {name}".encode())


@dataclass(kw_only=True)
class Stage(Senders):
    """A deployed registry with one effective filing of three tranches."""

    deployment: Deployment
    contracts: Contracts
    deploy_gas: int
    tokens: list[Contract] = field(default_factory=list)

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

    def approve(self, allocations: Sequence[tuple[str, int]], operation: str, token: int = 0) -> tuple[Approval, bytes]:
        """checker-1's approval of a mint to the named wallets, and its signature."""
        gatekeeper = self.signers["checker-1"]
        approval = Approval(salt(operation), salt("decision"), FAR, gatekeeper.address)
        rows = [(key(name).address, amount) for name, amount in allocations]
        return approval, gatekeeper.sign_typed(mint_message(self.tokens[token], self.chain.chain_id, rows, approval))

    def mint(self, allocations: Sequence[tuple[str, int]], operation: str, token: int = 0) -> int:
        """Gas of an approved mint to the named wallets: approved by checker-1, sent by maker-1."""
        approval, signature = self.approve(allocations, operation, token)
        to, amounts = [key(name).address for name, _ in allocations], [amount for _, amount in allocations]
        return self.act("maker-1", self.tokens[token], "mint", to, amounts, approval.as_tuple(), signature)

    def create(self, code: bytes) -> Address:
        """Address of a contract made from creation code and its arguments; anybody's, none of ours."""
        created = self.send("maker-1", None, code)
        assert created.status == 1
        assert created.contract_address is not None
        return created.contract_address


def raise_stage(path: Path | str = ":memory:") -> Stage:
    """Deploy a registry for the bench's officers, with no time-lock delay."""
    signers = {name: key(name) for name in (*OFFICERS, "deployer")}
    chain = EmbeddedChain(path, alloc={s.address: 10**24 for s in signers.values()}, wall=lambda: SECOND)
    officers = [OfficerKeys(name, signers[name].address, roles) for name, roles in OFFICERS.items()]
    deployment = deploy(chain, signers["deployer"], ZERO_HASH, officers, admin_delay=0)
    gas = sum(_gas_of_block(chain, number) for number in range(1, chain.head().number + 1))
    return Stage(
        chain=chain,
        signers=signers,
        deployment=deployment,
        contracts=deployment.contracts(chain),
        deploy_gas=gas,
    )


def _gas_of_block(chain: EmbeddedChain, number: int) -> int:
    return int(chain.w3.eth.get_block(number)["gasUsed"])


def give_gas(stage: Stage, names: Sequence[str]) -> None:
    """Ether for wallets that send: two transactions' worth each and more."""
    for name in names:
        stage.send("deployer", key(name).address, b"", gas=21_000, value=10**18)


def terms_of(caps: Sequence[int]) -> tuple[Terms, ...]:
    """Of tranches with these filed amounts, alike in everything else."""
    return tuple(replace(TERMS, symbol=f"BENCH-{chr(65 + i)}", cap=cap) for i, cap in enumerate(caps))


def file_and_create(stage: Stage, tranches: int = 3) -> int:
    """Record a filing of equal tranches, make it effective, create all tranches at once; gas of the creation."""
    return file_plan(stage, terms_of([TERMS.cap] * tranches), salt("deal and dossier"))


def file_plan(stage: Stage, terms: tuple[Terms, ...], offchain: Hash) -> int:
    """The same for a plan of one's own."""
    tranches = len(terms)
    code = artifacts.load("SecurityToken").bytecode
    plan = Plan(stage.chain.chain_id, hash_of(code), terms, offchain)
    registry = stage.contracts.registry
    stage.act("maker-1", registry, "recordFiling", FILING, plan_hash(plan), tranches, 15 * 86_400)
    stage.power("effective", registry, "makeEffective", FILING, salt("notice"))
    tuples = [terms_tuple(one) for one in terms]
    gas = stage.act("maker-1", stage.contracts.factory, "create", FILING, code, tuples, plan.offchain, tranches)
    stage.tokens = [stage.contracts.token(registry.read("tokenOf", FILING, tranche)) for tranche in range(tranches)]
    return gas


def give_role(stage: Stage, name: str, role: Role) -> None:
    """The bench alone lets one key hold a timelock's role, to measure an act without the timelock around it."""
    holder = key(name).address
    stage.power(f"{role.name} {name}", stage.contracts.manager, "grantRole", role, holder, 0, which="administration")
