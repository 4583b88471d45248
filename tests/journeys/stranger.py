"""What docs/package.md tells a stranger to do, done by one: nothing of this project is imported, nothing is trusted.

``python stranger.py FOLDER`` prints what each token comes to, or fails. keccak-256, ABI words and the recovery of a
signer come from the field's common libraries.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils import keccak, to_checksum_address

ZERO = "0x" + "0" * 40
TERMS = "(bytes32,bytes32,bytes3,uint8,uint8,bool,uint96,uint96,uint32,uint32,uint16,uint32,uint40)"


def topic(signature: str) -> str:
    return "0x" + keccak(text=signature).hex()


TRANSFER, MINTED = topic("Transfer(address,address,uint256)"), topic("Minted(bytes32,bytes32,address,uint256)")
REDEEMED, RETIRED = topic("Redeemed(address,uint256)"), topic("Retired(address,uint256)")
FROZEN, LOCKED = topic("Frozen(address,uint256)"), topic("LockedUntil(address,uint32)")
RECOVERED, AMORTISED = topic("Recovered(address,address,uint256)"), topic("Amortised(uint256,uint256,uint256)")
MADE = topic("TrancheAttached(uint64,uint8,address)")


def lines(package: Path, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted((package / kind).glob("*")) for line in path.read_bytes().splitlines()]


def files(package: Path) -> dict[str, Any]:
    """Steps 1 and 2."""
    raw = (package / "manifest.json").read_bytes()
    manifest: dict[str, Any] = json.loads(raw)
    found = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert found == {*manifest["files"], "manifest.json", "signature.json"}
    for name, told in manifest["files"].items():
        content = (package / name).read_bytes()
        assert "0x" + hashlib.sha256(content).hexdigest() == told["sha256"], name
        assert len(content) == told["bytes"], name
    signature = json.loads((package / "signature.json").read_bytes())
    text = f"ABST portable package\nmanifest sha256 0x{hashlib.sha256(raw).hexdigest()}"
    assert signature["text"] == text
    assert Account.recover_message(encode_defunct(text=text), signature=signature["signature"]) == signature["address"]
    return manifest


def address(word: str) -> str:
    return str(to_checksum_address("0x" + word[-40:]))


def book() -> dict[str, Any]:
    return {"held": defaultdict(int), "frozen": {}, "locked": {}, "supply": 0, "principal": None}


def books(package: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Steps 4 to 6, as far as tokens go."""
    times = {block["number"]: block["timestamp"] for block in lines(package, "blocks")}
    assert list(times) == sorted(times)
    assert max(times) == manifest["as_of"]["block"]
    tokens: dict[str, Any] = {}
    before = (-1, -1)
    for event in lines(package, "events"):
        place = (event["block"], event["log_index"])
        assert place > before
        assert event["block"] in times
        before = place
        who, topics, data = event["address"], event["topics"], event["data"][2:]
        if who == manifest["contracts"]["registry"] and topics[0] == MADE:
            tokens[address(data)] = book()
        elif who in tokens:
            tell(tokens[who], topics, data)
        else:
            assert who in manifest["contracts"].values()
    return tokens


def tell(own: dict[str, Any], topics: list[str], data: str) -> None:
    words = [int(data[start : start + 64], 16) for start in range(0, len(data), 64)]
    if topics[0] == TRANSFER:
        for wallet, change in ((address(topics[1]), -words[0]), (address(topics[2]), words[0])):
            if wallet != ZERO:
                own["held"][wallet] += change
        assert min(own["held"].values()) >= 0
    elif topics[0] == MINTED:
        own["supply"] += words[0]
    elif topics[0] in (REDEEMED, RETIRED):
        own["supply"] -= words[0]
    elif topics[0] == FROZEN:
        own["frozen"][address(topics[1])] = words[0]
    elif topics[0] == LOCKED:
        own["locked"][address(topics[1])] = words[0]
    elif topics[0] == AMORTISED:
        own["principal"] = words
    if topics[0] in (RECOVERED, RETIRED):
        own["frozen"].pop(address(topics[1]), None)
        own["locked"].pop(address(topics[1]), None)


def positions(tokens: dict[str, Any]) -> list[dict[str, Any]]:
    made = []
    for security, own in tokens.items():
        assert sum(own["held"].values()) == own["supply"]
        owed = own["principal"][0] if own["principal"] else own["supply"]
        frozen = {wallet for wallet, units in own["frozen"].items() if units}
        for wallet in sorted({wallet for wallet, units in own["held"].items() if units} | frozen):
            face = own["held"][wallet]
            made.append(
                {
                    "security": security,
                    "wallet": wallet,
                    "face": str(face),
                    "outstanding": str(face * owed // own["supply"] if own["supply"] else 0),
                    "frozen": str(own["frozen"].get(wallet, 0)),
                    "locked_until": own["locked"].get(wallet, 0),
                }
            )
    return made


def plans(package: Path, manifest: dict[str, Any]) -> None:
    """Step 8."""
    codes = {one["hash"]: bytes.fromhex(one["code"][2:]) for one in lines(package, "code")}
    contracts = manifest["contracts"]
    for filing in lines(package, "filings"):
        own = [one for one in lines(package, "tranches") if one["filing"] == filing["number"]]
        terms = [as_tuple(one["terms"]) for one in own]
        parts = [filing["code_hash"], "0x" + keccak(encode([TERMS + "[]"], [terms])).hex(), filing["offchain_hash"]]
        words = [manifest["chain_id"], *(bytes.fromhex(part[2:]) for part in parts)]
        plan = keccak(encode(["uint256", "bytes32", "bytes32", "bytes32"], words))
        assert "0x" + plan.hex() == filing["plan_hash"]
        for number, (one, filed) in enumerate(zip(own, terms, strict=True)):
            values = [contracts["manager"], contracts["registry"], filing["number"], number, filed]
            arguments = encode(["address", "address", "uint64", "uint8", TERMS], values)
            code = keccak(codes[filing["code_hash"]] + arguments)
            salt = keccak(encode(["uint64", "uint8"], [filing["number"], number]))
            made = keccak(b"\xff" + bytes.fromhex(contracts["factory"][2:]) + salt + code)[12:]
            assert one["security"] in (None, to_checksum_address(made))


def as_tuple(terms: dict[str, Any]) -> tuple[Any, ...]:
    texts = [terms["name"].encode().ljust(32, b"\0"), terms["symbol"].encode().ljust(32, b"\0")]
    names = "risk,overdue_stops_transfers,cap,lot,regimes,max_holders,max_share_bps,lock_seconds,maturity"
    values = [terms[name] if isinstance(terms[name], bool) else int(terms[name]) for name in names.split(",")]
    return (*texts, terms["currency"].encode(), terms["decimals"], *values)


def verify(package: Path) -> dict[str, int]:
    """Supply by token; fails with AssertionError."""
    manifest = files(package)
    tokens = books(package, manifest)
    told = [
        {key: one[key] for key in one if key not in ("object_type", "holder")} for one in lines(package, "positions")
    ]
    assert positions(tokens) == told
    plans(package, manifest)
    return {security: own["supply"] for security, own in tokens.items()}


if __name__ == "__main__":
    print(verify(Path(sys.argv[1])))
