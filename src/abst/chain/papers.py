"""Papers that investors sign outside the registry: a trade or an order as a file, with its signatures and permits.

A file is JSON. `message` is the whole typed message as any wallet signs it (eth_signTypedData_v4, numbers as text) and
`digest` its EIP-712 hash. Each side has its wallet, its signature and, where the settlement contract may not yet spend
enough of what that side gives, a permit (ERC-2612). Nothing in a file is secret and nothing is believed: the message is
built again from its values, for this registry's contract, and compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from eth_utils.crypto import keccak

from abst.chain import eip712
from abst.chain.acts import Act
from abst.chain.api import Chain, Reverted
from abst.chain.contracts import Contract
from abst.chain.eip712 import NO_PERMIT, Order, PermitTuple, Trade
from abst.chain.office import Office, Result
from abst.errors import NotAuthorised, Unavailable, UsageError
from abst.values import Address, Hash, address, file_digest, shallow, to_bytes

SCHEMAS: dict[type[Trade] | type[Order], str] = {Trade: "abst-trade-1", Order: "abst-order-1"}
SELLER, BUYER = "seller", "buyer"
SIGNATURE_BYTES = 65
ERC1271 = bytes.fromhex("1626ba7e")  # isValidSignature(bytes32,bytes), and its good answer


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave for the settlement contract to spend `value` units of `token`. nonce: the one the token expects for it.

    deadline: last second at which it serves; signature: 0x-hex, empty while the owner has not signed.
    """

    token: Address
    owner: Address
    value: int
    nonce: int
    deadline: int
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One party of a paper. signature: 0x-hex, empty while it has not signed."""

    wallet: Address
    signature: str = ""
    permit: Permit | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A trade or an order with what its sides signed. sides: by `seller` and `buyer`; an order has a buyer alone."""

    terms: Trade | Order
    sides: Mapping[str, Side]

    def side_of(self, wallet: Address) -> str:
        """Raises NotAuthorised for a wallet that is no party."""
        for name, side in self.sides.items():
            if side.wallet == wallet:
                return name
        parties = ", ".join(f"{name} {side.wallet}" for name, side in self.sides.items())
        raise NotAuthorised("this wallet is no party to the paper", found=wallet, needed=parties, where="holder")

    def gives(self, side: str) -> tuple[Address, int]:
        """What a side gives: the token's units, or the asset's."""
        return (self.terms.token, self.terms.amount) if side == SELLER else (self.terms.asset, self.terms.price)

    def signed(self, side: str, signature: str, permit: Permit | None) -> Paper:
        """The same paper with a side's signature; without a permit in hand the side keeps the one it has."""
        own = self.sides[side]
        made = replace(own, signature=signature, permit=permit or own.permit)
        return Paper(self.terms, {**self.sides, side: made})

    def permit_tuple(self, side: str) -> PermitTuple:
        """A side's permit as the contract takes it; none when there is none, or none signed."""
        permit = self.sides[side].permit
        if permit is None or not permit.signature:
            return NO_PERMIT
        return eip712.permit_tuple(permit.value, permit.deadline, to_bytes(permit.signature))


def draw(office: Office, terms: Trade | Order) -> Paper:
    """A fresh paper, with a permit to sign on each side that has not allowed the contract enough."""
    bare = Paper(terms, {name: Side(wallet) for name, wallet in _wallets(terms).items()})
    sides = {name: replace(side, permit=permit_needed(office, bare, name)) for name, side in bare.sides.items()}
    return Paper(terms, sides)


def _wallets(terms: Trade | Order) -> dict[str, Address]:
    return {SELLER: terms.seller, BUYER: terms.buyer} if isinstance(terms, Trade) else {BUYER: terms.buyer}


def permit_needed(office: Office, paper: Paper, side: str) -> Permit | None:
    """The permit that a side would have to sign now; None when enough is allowed, or the asset knows no permits."""
    token, value = paper.gives(side)
    owner = paper.sides[side].wallet
    asset = erc20(office.chain, token)
    try:
        if asset.read("allowance", owner, office.contracts.settlement.address) >= value:
            return None
        asset.read("eip712Domain")
        nonce: int = asset.read("nonces", owner)
    except (Reverted, Unavailable):
        return None
    return Permit(token, owner, value, nonce, paper.terms.deadline)


def erc20(chain: Chain, token: Address) -> Contract:
    """Any ERC-20 with ERC-2612, spoken to by the standard's functions alone."""
    return Contract("DepositToken", token, chain)


# ---- what is signed


def message_of(office: Office, terms: Trade | Order) -> dict[str, Any]:
    """The full typed message of a trade or an order, in the domain of this registry's settlement contract."""
    contract, chain_id = office.contracts.settlement, office.chain.chain_id
    if isinstance(terms, Trade):
        return eip712.trade_message(contract, chain_id, terms)
    return eip712.order_message(contract, chain_id, terms)


def permit_message(office: Office, permit: Permit) -> dict[str, Any]:
    """The full typed message of a permit, with its own nonce."""
    spender = office.contracts.settlement.address
    token = erc20(office.chain, permit.token)
    message = eip712.permit_message(token, office.chain.chain_id, permit.owner, spender, permit.value, permit.deadline)
    message["message"]["nonce"] = permit.nonce
    return message


def digest_of(message: dict[str, Any]) -> Hash:
    """The EIP-712 digest: what the signature is over."""
    from eth_account.messages import encode_typed_data

    made = encode_typed_data(full_message=message)
    return Hash("0x" + keccak(b"\x19" + made.version + made.header + made.body).hex())


def is_signed(chain: Chain, wallet: Address, message: dict[str, Any], signature: str) -> bool:
    """Whether the wallet signed the message: by its key (ECDSA) or by its code (ERC-1271)."""
    try:
        raw = to_bytes(signature)
    except ValueError:
        return False
    if raw and _recovered(message, raw) == wallet:
        return True
    return bool(raw) and bool(chain.code(wallet)) and _says_its_code(chain, wallet, digest_of(message), raw)


def _recovered(message: dict[str, Any], signature: bytes) -> Address | None:
    # Imported here: eth_account takes long to import, and most commands never see a signature.
    from eth_account import Account
    from eth_account.messages import encode_typed_data
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    if len(signature) != SIGNATURE_BYTES:
        return None
    try:
        return address(Account.recover_message(encode_typed_data(full_message=message), signature=signature))
    except (BadSignature, ValidationError, ValueError, TypeError):
        return None


def _says_its_code(chain: Chain, wallet: Address, digest: Hash, signature: bytes) -> bool:
    padding = bytes(-len(signature) % 32)
    tail = (64).to_bytes(32, "big") + len(signature).to_bytes(32, "big") + signature + padding
    try:
        answer = chain.call(wallet, ERC1271 + to_bytes(digest) + tail)
    except Reverted:
        return False
    return answer[:32] == ERC1271.ljust(32, b"\x00")


# ---- the file


def as_file(office: Office, paper: Paper) -> dict[str, Any]:
    """The paper as it is written to a file."""
    message = message_of(office, paper.terms)
    return {
        "schema": SCHEMAS[type(paper.terms)],
        "digest": digest_of(message),
        "message": _plain(message),
        "sides": {
            name: {
                "wallet": side.wallet,
                "signature": side.signature,
                "permit": None if side.permit is None else _permit_file(office, side.permit),
            }
            for name, side in paper.sides.items()
        },
    }


def _permit_file(office: Office, permit: Permit) -> dict[str, Any]:
    return {"message": _plain(permit_message(office, permit)), "signature": permit.signature}


def text_of(content: dict[str, Any]) -> str:
    """The one way in which a paper's file is written: sorted, so that equal papers are equal files."""
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def paper_digest(office: Office, paper: Paper) -> Hash:
    """SHA-256 of the paper's file: its terms and all that was signed."""
    return file_digest(text_of(as_file(office, paper)).encode())


def from_file(office: Office, content: bytes, kind: type[Trade] | type[Order]) -> Paper:
    """Read a paper back. Raises UsageError when it is no such paper, or one of another registry, or was changed."""
    try:
        with shallow("the paper"):
            raw = json.loads(content.decode("utf-8"))
        if raw["schema"] != SCHEMAS[kind]:
            raise ValueError(f"schema {raw['schema']}")
        terms = kind(
            **{entry.name: _value(entry.name, raw["message"]["message"][entry.name]) for entry in fields(kind)}
        )
        wallets = {name: address(str(getattr(terms, name)), name) for name in raw["sides"]}
        sides = {
            name: Side(wallets[name], str(side["signature"]), _permit(side["permit"]))
            for name, side in raw["sides"].items()
        }
        paper = Paper(terms, sides)
        same = _without_signatures(as_file(office, paper)) == _without_signatures(raw)
    except (ValueError, KeyError, TypeError, AttributeError, UsageError, Reverted) as error:
        raise _not_a(kind, f"{type(error).__name__} {error}") from None
    if not same:
        raise UsageError(
            "the paper was changed, or is another registry's",
            found=str(raw.get("digest")),
            needed=f"{digest_of(message_of(office, terms))}, by its own values in this registry",
            where="FILE",
        )
    return paper


def _not_a(kind: type[Trade] | type[Order], found: str) -> UsageError:
    noun = kind.__name__.lower()
    return UsageError(f"not the file of {noun}s", found=found, needed=f"a file of `abst {noun} new`", where="FILE")


def _permit(raw: dict[str, Any] | None) -> Permit | None:
    if raw is None:
        return None
    said, token = raw["message"]["message"], raw["message"]["domain"]["verifyingContract"]
    return Permit(
        address(token, "permit"),
        address(said["owner"], "permit"),
        _whole(said["value"], 256),
        _whole(said["nonce"], 256),
        _whole(said["deadline"], 256),
        str(raw["signature"]),
    )


def _without_signatures(content: dict[str, Any]) -> dict[str, Any]:
    """What must be equal in a file and in the same paper written anew."""
    sides = {
        name: [side["wallet"], side["permit"] and side["permit"]["message"]] for name, side in content["sides"].items()
    }
    return {**content, "sides": sides}


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    """The typed message as JSON that loses nothing in any wallet: values as text, bytes as 0x-hex."""

    def value(given: Any) -> Any:
        if isinstance(given, bytes):
            return "0x" + given.hex()
        return str(given) if isinstance(given, int) else given

    return {**message, "message": {name: value(given) for name, given in message["message"].items()}}


def _whole(given: str, bits: int) -> int:
    if not (given.isascii() and given.isdigit()) or int(given) >= 1 << bits:
        raise ValueError(f"not a whole number below 2^{bits}: {given}")
    return int(given)


def _value(name: str, given: str) -> Any:
    if name in ("amount", "price", "deadline"):
        return _whole(given, 40 if name == "deadline" else 256)
    if name == "id":
        if len(to_bytes(given)) != 32:
            raise ValueError(f"an id has 32 bytes: {given}")
        return Hash(given)
    return address(given, name)


# ---- signing


def sign(
    office: Office, act: Act, paper: Paper, holder: Address, signature: str = "", permit_signature: str = ""
) -> Result:
    """Put a side's signature on the paper: the one given, or with the holder's key of this home; and its permit's.

    With the key here a permit is drawn anew, because the token's next nonce may have moved. Raises UsageError for a
    signature that is not the holder's over exactly this paper, NotAuthorised for a stranger or a key that is not here.
    """
    side, message = paper.side_of(holder), message_of(office, paper.terms)
    permit = paper.sides[side].permit
    if not signature:
        signer = office.keys.signer(holder)
        if signer is None:
            raise NotAuthorised(
                "the holder's key is not in this home", found=holder, needed="--signature, made outside"
            )
        signature = "0x" + signer.sign_typed(message).hex()
        permit = permit_needed(office, paper, side)
        if permit is not None:
            permit = replace(permit, signature="0x" + signer.sign_typed(permit_message(office, permit)).hex())
    elif permit is not None and permit_signature:
        permit = replace(permit, signature=permit_signature)
    _require_good(office, holder, message, signature, permit)
    signed = paper.signed(side, signature, permit)
    with act.writing(None, None) as desk:
        desk.audit(f"wallet {holder}", {"paper": digest_of(message), "permit": bool(permit and permit.signature)})
        desk.result = {
            "digest": digest_of(message),
            "side": side,
            "holder": holder,
            "signature": signature,
            "permit": as_file(office, signed)["sides"][side]["permit"],
        }
    return act.finish()


def _require_good(
    office: Office, holder: Address, message: dict[str, Any], signature: str, permit: Permit | None
) -> None:
    where = "--signature"
    good = is_signed(office.chain, holder, message, signature)
    if good and permit is not None and permit.signature:
        where = "--permit-signature"
        good = is_signed(office.chain, holder, permit_message(office, permit), permit.signature)
    if not good:
        raise UsageError(
            "the signature is not the holder's over exactly this paper",
            found="another signer or other words",
            needed=f"the signature of {holder}",
            where=where,
        )


def with_signature(content: dict[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """A paper's file with what `sign` told put in; the other side's signature stays."""
    own = {"wallet": told["holder"], "signature": told["signature"], "permit": told["permit"]}
    return {**content, "sides": {**content["sides"], told["side"]: own}}
