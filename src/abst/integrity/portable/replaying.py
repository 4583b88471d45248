"""From an event log alone: the typed transactions, and everything that follows from them. Pure.

The maker of a package and its checker both run this; so a package's derived files are right when they are what comes
out here of its own log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import encode

from abst.deal.plan import TERMS_ABI, Plan, Terms, plan_hash, terms_tuple
from abst.errors import IntegrityFailure
from abst.holders.ledger import Ledger
from abst.holders.transaction_kinds import TOKEN
from abst.holders.transactions import Place, checksummed, object_of
from abst.values import Address, Hash, hash_of, to_bytes

Object = dict[str, Any]


@dataclass(slots=True)
class Security:
    """A tranche made: of which filing, its number there, and its ledger so far."""

    filing: int
    tranche: int
    ledger: Ledger = field(default_factory=Ledger)


@dataclass(slots=True)
class Filed:
    """A filing as the chain has it."""

    plan_hash: str
    tranches: int
    status: str = "submitted"


@dataclass(slots=True)
class Replay:
    """The register as the log read so far makes it. contracts: part -> address; times: block -> Unix second."""

    contracts: Mapping[str, str]
    times: Mapping[int, int]
    securities: dict[str, Security] = field(default_factory=dict)
    filings: dict[int, Filed] = field(default_factory=dict)
    wallets: dict[str, tuple[int, int]] = field(default_factory=dict)  # -> investor's number, wallet's number
    successors: dict[str, str] = field(default_factory=dict)
    published: list[Object] = field(default_factory=list)
    decisions: dict[str, str] = field(default_factory=dict)  # hash of a mint's decision -> the transaction's id
    officers: set[str] = field(default_factory=set)  # who ever held a role
    counted: dict[str, int] = field(default_factory=dict)
    _parts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._parts = {address: part for part, address in self.contracts.items()}

    def take(self, event: Mapping[str, Any]) -> Object | None:
        """Read one line of the log; its typed object, None for what the format does not type.

        Raises IntegrityFailure for a log of another's contract, of an unknown block, or that no chain would give.
        """
        where = f"event {event['block']}-{event['log_index']}"
        address = event["address"]
        part = self._parts.get(address) or (TOKEN if address in self.securities else None)
        if part is None:
            needed = "a contract of the manifest, or a token made before"
            raise IntegrityFailure("a log of another contract", found=address, needed=needed, where=where)
        second = self.times.get(event["block"])
        if second is None:
            needed = "its line in blocks/"
            raise IntegrityFailure("a log of an unknown block", found=str(event["block"]), needed=needed, where=where)
        place = Place(address, event["transaction"], event["block"], event["log_index"], second)
        made = object_of(part, place, event["topics"], to_bytes(event["data"]))
        if made is not None:
            try:
                self._learn(part, made)
            except KeyError as error:
                needed = "an event that tells of it, before"
                raise IntegrityFailure(
                    "a filing nobody recorded", found=str(error), needed=needed, where=where
                ) from None
            self.counted[made["object_type"]] = self.counted.get(made["object_type"], 0) + 1
        return made

    def _learn(self, part: str, one: Object) -> None:
        if part == TOKEN:
            self.securities[one["security"]].ledger.apply(one)
        match one["object_type"]:
            case "TX_MINT_APPROVED":
                self.decisions[one["decision"]] = one["id"]
            case "TX_FILING_RECORDED":
                known = self.filings.setdefault(one["filing"], Filed(one["plan_hash"], one["tranches"]))
                known.plan_hash, known.tranches = one["plan_hash"], one["tranches"]  # a supplement may change it
            case "TX_FILING_STATUS":
                self.filings[one["filing"]].status = one["new"]
            case "TX_TRANCHE_MADE":
                self.securities[one["security"]] = Security(one["filing"], one["tranche"])
            case "TX_ADMISSION" | "TX_WALLET_ADDED":
                self.wallets[one["wallet"]] = (one["record"]["investor"], one["record"]["wallet"])
            case "TX_SUCCESSION":
                self.successors[one["lost"]] = one["successor"]
            case "TX_PUBLICATION":
                self.published.append(one)
            case "TX_ROLE_GRANTED" | "TX_SIDE_GRANTED":
                self.officers.add(one["account"])

    # ---- what follows

    def positions(self) -> Iterator[Object]:
        """Who holds, or has units frozen, in the order of securities made and wallets."""
        for security, made in self.securities.items():
            ledger = made.ledger
            frozen = {wallet for wallet, units in ledger.frozen.items() if units}
            for wallet in sorted({*ledger.balances, *frozen}):
                yield {
                    "object_type": "POSITION",
                    "security": security,
                    "wallet": wallet,
                    "holder": self.wallets[wallet][0] if wallet in self.wallets else None,
                    "face": str(ledger.balances.get(wallet, 0)),
                    "outstanding": str(ledger.outstanding_of(wallet)),
                    "frozen": str(ledger.frozen.get(wallet, 0)),
                    "locked_until": ledger.locked.get(wallet, 0),
                }

    def totals(self) -> Iterator[Object]:
        """What each tranche comes to. Raises IntegrityFailure where its holdings do not sum to its supply."""
        for security, made in self.securities.items():
            ledger = made.ledger
            held = sum(ledger.balances.values())
            if not held == ledger.supply == ledger.issued - ledger.cancelled:
                raise IntegrityFailure(
                    "holdings and supply differ",
                    found=f"{held} units held, {ledger.issued - ledger.cancelled} by movements",
                    needed=f"{ledger.supply} units: minted less redeemed and retired",
                    where=f"security {security}",
                )
            yield {
                "object_type": "TOTAL",
                "security": security,
                "filing": made.filing,
                "tranche": made.tranche,
                "supply": str(ledger.supply),
                "issued": str(ledger.approved),
                "outstanding": str(ledger.principal.outstanding),
                "principal_paid": str(ledger.principal.paid),
                "written_down": str(ledger.principal.written_down),
                "wallets": len(ledger.balances),
            }

    def holders(self, ids: Mapping[str, str]) -> Iterator[Object]:
        """Investors with their wallets, by number. ids: the registry's name for whom a wallet is, where it has one."""
        by_number: dict[int, list[tuple[int, str]]] = {}
        for wallet, (investor, number) in self.wallets.items():
            by_number.setdefault(investor, []).append((number, wallet))
        for number, wallets in sorted(by_number.items()):
            yield {
                "object_type": "HOLDER",
                "number": number,
                "id": next((ids[wallet] for _, wallet in sorted(wallets) if wallet in ids), None),
                "wallets": [
                    {"address": wallet, "number": own, "successor": self.successors.get(wallet)}
                    for own, wallet in sorted(wallets)
                ],
            }

    def documents(self) -> Iterator[Object]:
        """Published documents, in the order of the chain."""
        for one in self.published:
            yield {
                "object_type": "DOCUMENT",
                "filing": one["filing"],
                "source": "published",
                "name": one["name"],
                "title": "",
                "version": one["version"],
                "kind": one["kind"],
                "sha256": one["document"],
                "uri": one["uri"],
                "block": one["block"],
            }


# ---- what was filed, and where its tokens stand


def terms_of(told: Mapping[str, Any]) -> Terms:
    """Terms as a package has them. Raises UsageError for what no terms can be."""
    return Terms.from_dict({**told, "cap": int(told["cap"]), "lot": int(told["lot"])})


def told_terms(terms: Terms) -> Object:
    """The reverse of `terms_of`."""
    return terms.as_dict() | {"cap": str(terms.cap), "lot": str(terms.lot)}


def plan_hash_of(chain_id: int, filing: Mapping[str, Any], terms: list[Terms]) -> str:
    """The hash that was filed, computed again of its parts (R-29)."""
    return plan_hash(Plan(chain_id, Hash(filing["code_hash"]), tuple(terms), Hash(filing["offchain_hash"])))


def salt_of(filing: int, tranche: int) -> str:
    """CREATE2's salt: keccak256(abi.encode(filing, tranche))."""
    return hash_of(encode(["uint64", "uint8"], [filing, tranche]))


def init_code_hash(contracts: Mapping[str, str], code: bytes, filing: int, tranche: int, terms: Terms) -> str:
    """keccak256 of the creation code with its arguments: manager, registry, filing, tranche, terms."""
    arguments = encode(
        ["address", "address", "uint64", "uint8", TERMS_ABI],
        [contracts["manager"], contracts["registry"], filing, tranche, terms_tuple(terms)],
    )
    return hash_of(code + arguments)


def address_of(contracts: Mapping[str, str], salt: str, init_code: str) -> Address:
    """Where the factory makes it: the last 20 bytes of keccak256(0xff, factory, salt, hash of the creation code)."""
    body = b"\xff" + to_bytes(contracts["factory"]) + to_bytes(salt) + to_bytes(init_code)
    return Address(checksummed(to_bytes(hash_of(body))[12:]))
