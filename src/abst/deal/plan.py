"""The plan hash: what was filed is what exists (R-29, R-42).

    planHash = keccak256(abi.encode(chain id, keccak256(creation code), keccak256(abi.encode(Terms[])), off-chain hash))

The same value as ``TokenFactory.planHash`` gives. There are no addresses in it: they follow by CREATE2 from
factory, filing, tranche, code and terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from eth_abi.abi import encode

from abst.errors import UsageError
from abst.values import MAX_96, Hash, hash_of, to_bytes

TERMS_TYPES = (
    "bytes32",  # name
    "bytes32",  # symbol
    "bytes3",  # currency
    "uint8",  # decimals
    "uint8",  # risk
    "bool",  # overdueStopsTransfers
    "uint96",  # cap
    "uint96",  # lot
    "uint32",  # regimes
    "uint32",  # maxHolders
    "uint16",  # maxShareBps
    "uint32",  # lockSeconds
    "uint40",  # maturity
)
TERMS_ABI = f"({','.join(TERMS_TYPES)})"
NAME_BYTES = 31  # the 32nd byte stays zero, so a token can find the end of its name


@dataclass(frozen=True, slots=True)
class Terms:
    """One tranche exactly as filed, field for field as ``Terms`` in ``contracts/types/Types.sol``.

    cap and lot in token units (one unit is 10^-decimals of face in `currency`); risk is a product risk class that a
    holder's capacity must reach; regimes are bits; max_share_bps in 1/10,000 of cap; lock_seconds in seconds;
    maturity is the last Unix second at which tokens may be minted. Raises UsageError on a value that does not fit.
    """

    name: str
    symbol: str
    currency: str
    decimals: int
    risk: int
    overdue_stops_transfers: bool
    cap: int
    lot: int
    regimes: int
    max_holders: int
    max_share_bps: int
    lock_seconds: int
    maturity: int

    def __post_init__(self) -> None:
        for text, where in ((self.name, "name"), (self.symbol, "symbol")):
            encoded = text.encode()
            if not 0 < len(encoded) <= NAME_BYTES or b"\x00" in encoded:
                raise UsageError(
                    "text does not fit its word",
                    found=f"{text!r}, {len(encoded)} bytes",
                    needed=f"1 to {NAME_BYTES} bytes of UTF-8 without zero bytes",
                    where=where,
                )
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            raise UsageError("not a currency", found=repr(self.currency), needed="ISO 4217 letters", where="currency")
        for where, low, high in _RANGES:
            value = getattr(self, where)
            if not low <= value <= high:
                raise UsageError("out of range", found=str(value), needed=f"{low} to {high}", where=where)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Terms:
        return cls(**{field.name: data[field.name] for field in fields(cls)})


_RANGES = (
    ("decimals", 0, 18),
    ("risk", 0, 2**8 - 1),
    ("cap", 1, MAX_96),
    ("lot", 1, MAX_96),
    ("regimes", 0, 2**32 - 1),
    ("max_holders", 0, 2**32 - 1),
    ("max_share_bps", 0, 10_000),
    ("lock_seconds", 0, 2**32 - 1),
    ("maturity", 0, 2**40 - 1),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a filing allows to be made: on this chain, with this creation code, these tranches, this deal."""

    chain_id: int
    code_hash: Hash  # keccak256 of the token's creation code, without constructor arguments
    terms: tuple[Terms, ...]
    offchain: Hash

    def as_dict(self) -> dict[str, Any]:
        """The plan with JSON-able members; `from_dict` reads it back."""
        return {
            "chain_id": self.chain_id,
            "code_hash": self.code_hash,
            "terms": [terms.as_dict() for terms in self.terms],
            "offchain": self.offchain,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Plan:
        terms = tuple(Terms.from_dict(item) for item in data["terms"])
        return cls(data["chain_id"], Hash(data["code_hash"]), terms, Hash(data["offchain"]))


def terms_tuple(terms: Terms) -> tuple[Any, ...]:
    """A tranche's terms as the ABI takes them."""
    return (
        terms.name.encode().ljust(32, b"\x00"),
        terms.symbol.encode().ljust(32, b"\x00"),
        terms.currency.encode(),
        terms.decimals,
        terms.risk,
        terms.overdue_stops_transfers,
        terms.cap,
        terms.lot,
        terms.regimes,
        terms.max_holders,
        terms.max_share_bps,
        terms.lock_seconds,
        terms.maturity,
    )


def terms_from_tuple(values: Sequence[Any]) -> Terms:
    """The inverse of `terms_tuple`, for terms read from a deployed token."""
    name, symbol, currency = (bytes(values[i]).rstrip(b"\x00").decode() for i in range(3))
    return Terms(name, symbol, currency, *values[3:])


def plan_hash(plan: Plan) -> Hash:
    """The hash that the authority's file, the registry and the factory all name (R-29)."""
    terms_hash = hash_of(encode([f"{TERMS_ABI}[]"], [[terms_tuple(t) for t in plan.terms]]))
    words = [plan.chain_id, to_bytes(plan.code_hash), to_bytes(terms_hash), to_bytes(plan.offchain)]
    return hash_of(encode(["uint256", "bytes32", "bytes32", "bytes32"], words))


def offchain_hash(deal_hash: Hash, dossier_digest: Hash) -> Hash:
    """keccak256(abi.encode(deal hash, dossier digest)): the plan's place for everything that is not on chain.

    Two words, so that a contract that knows the dossier digest can later prove a deal by its own hash.
    """
    return hash_of(encode(["bytes32", "bytes32"], [to_bytes(deal_hash), to_bytes(dossier_digest)]))


def differences(filed: Plan, other: Plan) -> list[tuple[str, str, str]]:
    """Every field in which two plans differ, as (path, filed, other): the words of a plan drift (R-42)."""
    found: list[tuple[str, str, str]] = []
    for name in ("chain_id", "code_hash", "offchain"):
        a, b = getattr(filed, name), getattr(other, name)
        if a != b:
            found.append((name, str(a), str(b)))
    if len(filed.terms) != len(other.terms):
        found.append(("terms", f"{len(filed.terms)} tranches", f"{len(other.terms)} tranches"))
    for number, (mine, theirs) in enumerate(zip(filed.terms, other.terms, strict=False)):
        for field in fields(Terms):
            a, b = getattr(mine, field.name), getattr(theirs, field.name)
            if a != b:
                found.append((f"terms[{number}].{field.name}", str(a), str(b)))
    return found
