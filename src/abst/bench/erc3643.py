"""Gas of the same acts in ERC-3643's reference implementation (T-REX), on the same embedded EVM.

Read from its npm packages' own artifacts, which `make bench` installs into build/peers and nothing else does: their
licence (GPL-3.0, modules CC-BY-NC-4.0) is not ours. Set up as its documentation recommends: implementation authority,
identity factory and TREXFactory; one claim topic and one trusted ClaimIssuer; three compliance modules behind their
proxies; per investor an ONCHAINID from the factory with a claim signed by the issuer, registered with his country.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_abi.grammar import TupleType, parse
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils.crypto import keccak

from abst.bench.senders import Senders, key, secret
from abst.bench.stage import HUNDRED, LOT, NEWCOMERS, SECOND
from abst.chain.contracts import checksummed
from abst.chain.embedded import EmbeddedChain
from abst.values import Address

PACKAGE, IDENTITIES = "@tokenysolutions/t-rex", "@onchain-id/solidity"
ONCHAIN_ID = "@onchain-id/solidity/contracts"  # its artifacts in T-REX's own package, all but the factory
GAS = 29_000_000  # of each transaction: a hundred of its mints need more than the 2^24 that ours keep under
TOPIC = 1  # the claim asked for: know your customer
COUNTRY, ELSEWHERE = 344, 840  # ISO 3166-1 of Hong Kong, allowed, and of a country that is not
MOST, MONTH = 100_000_000, 30 * 86_400  # of an investor: to hold, and to send in so many seconds
OWNER, AGENT, ISSUER = "trex-owner", "trex-agent", "claim-issuer"
NOBODY = Address("0x" + "00" * 20)
MODULES = {
    "CountryAllowModule": ("addAllowedCountry(uint16)", COUNTRY),
    "MaxBalanceModule": ("setMaxBalance(uint256)", MOST),
    "TimeTransfersLimitsModule": ("setTimeTransferLimit((uint32,uint256))", (MONTH, MOST)),
}
PARTS = (  # in the order of the struct that names them
    "token/Token",
    "registry/implementation/ClaimTopicsRegistry",
    "registry/implementation/IdentityRegistry",
    "registry/implementation/IdentityRegistryStorage",
    "registry/implementation/TrustedIssuersRegistry",
    "compliance/modular/ModularCompliance",
)
TOKEN = "(address,string,string,uint8,address,address,address[],address[],address[],bytes[])"
CLAIMS = "(uint256[],address[],uint256[][])"


def encoded(types: str, *arguments: Any) -> bytes:
    """Arguments by their types, written as a signature writes them: `(address,uint256)`."""
    if types == "()":
        return b""
    whole = parse(types)
    assert isinstance(whole, TupleType)
    return encode([part.to_type_str() for part in whole.components], arguments)


def call(signature: str, *arguments: Any) -> bytes:
    """Call data of a function named by its full signature."""
    return keccak(text=signature)[:4] + encoded(signature[signature.index("(") :], *arguments)


@dataclass
class Suite(Senders):
    """A T-REX suite: its contracts by the names of the bench."""

    packages: Path = Path()
    parts: dict[str, Address] = field(default_factory=dict)
    identities: dict[str, Address] = field(default_factory=dict)

    def pay(self, sender: str, to: Address | None, data: bytes) -> int:
        """Gas of a transaction that must pass."""
        receipt = self.send(sender, to, data, GAS)
        assert receipt.status == 1, f"{sender} reverted at {to} in ERC-3643"
        return receipt.gas_used

    def act(self, sender: str, part: str, signature: str, *arguments: Any) -> int:
        return self.pay(sender, self.parts[part], call(signature, *arguments))

    def refused(self, sender: str, part: str, signature: str, *arguments: Any) -> int:
        """Gas of a transaction that must revert."""
        receipt = self.send(sender, self.parts[part], call(signature, *arguments), GAS)
        assert receipt.status == 0, f"{signature} by {sender} passed in ERC-3643"
        return receipt.gas_used

    def ask(self, part: str, signature: str, *arguments: Any) -> Address:
        answer = self.chain.call(self.parts[part], call(signature, *arguments))
        return checksummed("0x" + answer[-20:].hex())

    def create(self, part: str, artifact: str, types: str = "()", *arguments: Any, package: str = PACKAGE) -> Address:
        """Deploy an artifact, its path given without its ending; types of the constructor's arguments."""
        path = self.packages / package / "artifacts" / f"{artifact}.sol" / f"{artifact.rpartition('/')[2]}.json"
        code = bytes.fromhex(json.loads(path.read_text(encoding="utf-8"))["bytecode"].removeprefix("0x"))
        receipt = self.send(OWNER, None, code + encoded(types, *arguments), GAS)
        assert receipt.status == 1, f"{artifact} was not deployed"
        assert receipt.contract_address is not None
        self.parts[part] = receipt.contract_address
        return receipt.contract_address


def installed(packages: Path) -> bool:
    """Whether the peer's packages stand in this node_modules folder."""
    return all((packages / name / "package.json").is_file() for name in (PACKAGE, IDENTITIES))


def measure(packages: Path) -> dict[str, int]:
    """Act -> gas, by the names that `gas.measure` uses. packages: a node_modules folder with both packages."""
    investors = ("alice", "bob", "carol", "dave", "foreigner", *HUNDRED, *NEWCOMERS)
    alloc = {key(name).address: 10**24 for name in (OWNER, AGENT, ISSUER, "spender", *investors)}
    suite = Suite(EmbeddedChain(":memory:", alloc=alloc, wall=lambda: SECOND), packages=packages)
    _deploy(suite)
    found = {"deploy all, with the first token": suite.spent}
    return found | _admissions(suite) | _mints(suite) | _transfers(suite) | _enforcement(suite)


def _deploy(suite: Suite) -> None:
    """Everything until investors can be admitted to an unpaused token."""
    owner, agent = key(OWNER).address, key(AGENT).address
    implementations = [suite.create(f"code of {path}", f"contracts/{path}") for path in PARTS]
    identity = suite.create(
        "code of Identity", "@onchain-id/solidity/contracts/Identity", "(address,bool)", owner, True
    )
    authority = "@onchain-id/solidity/contracts/proxy/ImplementationAuthority"
    suite.create("identity authority", authority, "(address)", identity)
    identities = suite.create(
        "identities", "contracts/factory/IdFactory", "(address)", suite.parts["identity authority"], package=IDENTITIES
    )
    authority = "contracts/proxy/authority/TREXImplementationAuthority"
    suite.create("authority", authority, "(bool,address,address)", True, NOBODY, NOBODY)
    uses = "addAndUseTREXVersion((uint8,uint8,uint8),(address,address,address,address,address,address))"
    suite.act(OWNER, "authority", uses, (4, 1, 6), tuple(implementations))
    factory = suite.create(
        "factory", "contracts/factory/TREXFactory", "(address,address)", suite.parts["authority"], identities
    )
    suite.act(OWNER, "identities", "addTokenFactory(address)", factory)
    suite.act(OWNER, "authority", "setTREXFactory(address)", factory)
    issuer = suite.create("issuer", f"{ONCHAIN_ID}/ClaimIssuer", "(address)", key(ISSUER).address)
    modules = []
    for name in MODULES:
        code = suite.create(f"code of {name}", f"contracts/compliance/modular/modules/{name}")
        proxy = "contracts/compliance/modular/modules/ModuleProxy"
        modules.append(suite.create(name, proxy, "(address,bytes)", code, call("initialize()")))
    settings = [call(signature, value) for signature, value in MODULES.values()]
    details = (owner, "Bench tranche A", "BENCH-A", 2, NOBODY, NOBODY, [agent], [agent], modules, settings)
    suite.act(
        OWNER,
        "factory",
        f"deployTREXSuite(string,{TOKEN},{CLAIMS})",
        *("bench", details, ([TOPIC], [issuer], [[TOPIC]])),
    )
    suite.parts["token"] = suite.ask("factory", "getToken(string)", "bench")
    suite.parts["registry"] = suite.ask("token", "identityRegistry()")
    suite.act(AGENT, "token", "unpause()")


def _identity(suite: Suite, name: str) -> int:
    """An ONCHAINID from the factory, and the issuer's claim that the investor adds to it. Gas of both."""
    wallet = key(name).address
    gas = suite.act(OWNER, "identities", "createIdentity(address,string)", wallet, name)
    identity = suite.ask("identities", "getIdentity(address)", wallet)
    suite.identities[name] = suite.parts[f"identity of {name}"] = identity
    data = b"known to the issuer"
    digest = keccak(encode(["address", "uint256", "bytes"], [identity, TOPIC, data]))
    signed = Account.sign_message(encode_defunct(primitive=digest), secret(ISSUER)).signature
    claim = "addClaim(uint256,uint256,address,bytes,bytes,string)"
    claimed = (TOPIC, 1, suite.parts["issuer"], bytes(signed), data, "")
    return gas + suite.act(name, f"identity of {name}", claim, *claimed)


def _register(suite: Suite, name: str, country: int = COUNTRY) -> int:
    registers = "registerIdentity(address,address,uint16)"
    return suite.act(AGENT, "registry", registers, key(name).address, suite.identities[name], country)


def _admissions(suite: Suite) -> dict[str, int]:
    found = {"admit one": _identity(suite, "alice") + _register(suite, "alice")}
    for name, country in (("bob", COUNTRY), ("carol", COUNTRY), ("dave", COUNTRY), ("foreigner", ELSEWHERE)):
        _identity(suite, name)
        _register(suite, name, country)
    registers = "batchRegisterIdentity(address[],address[],uint16[])"
    for names in (HUNDRED, NEWCOMERS):
        made = sum(_identity(suite, name) for name in names)
        wallets = [key(name).address for name in names]
        identities = [suite.identities[name] for name in names]
        gas = made + suite.act(AGENT, "registry", registers, wallets, identities, [COUNTRY] * len(names))
        found["admit 100, each"] = gas // len(names)
    return found


def _mints(suite: Suite) -> dict[str, int]:
    mint = "mint(address,uint256)"
    suite.act(AGENT, "token", mint, key("bob").address, 1_000 * LOT)
    found = {"mint one, approved, new holder": suite.act(AGENT, "token", mint, key("alice").address, 5_000 * LOT)}
    for names in (HUNDRED, NEWCOMERS):
        wallets = [key(name).address for name in names]
        gas = suite.act(AGENT, "token", "batchMint(address[],uint256[])", wallets, [100 * LOT] * len(names))
        found["mint to 100 new, approval included, each"] = gas // len(names)
    return found


def _transfers(suite: Suite) -> dict[str, int]:
    alice, bob, dave = (key(name).address for name in ("alice", "bob", "dave"))
    transfer = "transfer(address,uint256)"
    suite.act("alice", "token", transfer, bob, LOT)  # the first of the month opens the sender's counter
    found = {"transfer, both holding, every rule": suite.act("alice", "token", transfer, bob, LOT)}
    found["transfer to a new, eligible holder"] = suite.act("alice", "token", transfer, dave, LOT)
    suite.act("alice", "token", "approve(address,uint256)", key("spender").address, 10 * LOT)
    by_allowance = "transferFrom(address,address,uint256)"
    found["transfer by allowance"] = suite.act("spender", "token", by_allowance, alice, bob, LOT)
    wallets = [key(name).address for name in HUNDRED]
    gas = suite.act("alice", "token", "batchTransfer(address[],uint256[])", wallets, [LOT] * len(wallets))
    found["transfer to 100 holders, each"] = gas // len(wallets)
    stranger = key("stranger").address
    found["refused, receiver unknown"] = suite.refused("alice", "token", transfer, stranger, LOT)
    tries = (("stranger", LOT), ("foreigner", LOT), ("bob", 9_500 * LOT), ("bob", 100_000 * LOT))
    found["refused, any reason"] = max(
        suite.refused("alice", "token", transfer, key(name).address, amount) for name, amount in tries
    )
    return found


def _enforcement(suite: Suite) -> dict[str, int]:
    alice, bob, carol, second = (key(name).address for name in ("alice", "bob", "carol", "carol-2"))
    freeze = "freezePartialTokens(address,uint256)"
    found = {"freeze, the act": suite.act(AGENT, "token", freeze, alice, LOT)}
    wallets = [key(name).address for name in HUNDRED]
    batch = "batchFreezePartialTokens(address[],uint256[])"
    gas = suite.act(AGENT, "token", batch, wallets, [LOT] * len(wallets))
    found["freeze 100, each"] = gas // len(wallets)
    forced = "forcedTransfer(address,address,uint256)"
    found["forced transfer, the act"] = suite.act(AGENT, "token", forced, alice, bob, LOT)
    suite.act(AGENT, "token", "mint(address,uint256)", carol, LOT)
    new_key = keccak(encode(["address"], [second]))
    added = suite.act("carol", "identity of carol", "addKey(bytes32,uint256,uint256)", new_key, 1, 1)
    recovers = "recoveryAddress(address,address,address)"
    gas = suite.act(AGENT, "token", recovers, carol, second, suite.identities["carol"])
    found |= {"recover, the act": gas, "recover, with the new wallet": gas + added}
    found["redeem"] = suite.act(AGENT, "token", "burn(address,uint256)", alice, LOT)
    found["block one investor"] = suite.act(AGENT, "token", "setAddressFrozen(address,bool)", bob, True)
    found["pause, one key"] = suite.act(AGENT, "token", "pause()")
    return found
