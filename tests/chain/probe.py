"""A contract of forty bytes for the tests of the chain itself, so that they need no compiler.

What it does depends on the first byte of its calldata: none: returns the block's time; 1: counts, emits the count and
the caller, returns the count; 2: returns the count; 3: succeeds only with more than 300,000 gas left; else: reverts
with its calldata.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from eth_account import Account
from eth_account.signers.local import LocalAccount

from abst.chain.api import Chain, Receipt
from abst.values import Address, Hash

COUNT, READ, HUNGRY, FAIL = b"\x01", b"\x02", b"\x03", b"\xf0\x0d"
TOPIC = Hash("0x" + "00" * 31 + "2a")
ETHER = 10**18
_OPCODES = {
    "STOP": 0x00,
    "ADD": 0x01,
    "LT": 0x10,
    "EQ": 0x14,
    "ISZERO": 0x15,
    "BYTE": 0x1A,
    "CALLER": 0x33,
    "CALLDATALOAD": 0x35,
    "CALLDATASIZE": 0x36,
    "CALLDATACOPY": 0x37,
    "CODECOPY": 0x39,
    "TIMESTAMP": 0x42,
    "MSTORE": 0x52,
    "SLOAD": 0x54,
    "SSTORE": 0x55,
    "JUMPI": 0x57,
    "GAS": 0x5A,
    "JUMPDEST": 0x5B,
    "PUSH0": 0x5F,
    "DUP1": 0x80,
    "LOG2": 0xA2,
    "RETURN": 0xF3,
    "REVERT": 0xFD,
}
_RUNTIME = """
CALLDATASIZE ISZERO @time JUMPI
PUSH0 CALLDATALOAD PUSH0 BYTE 01 EQ @count JUMPI
PUSH0 CALLDATALOAD PUSH0 BYTE 02 EQ @read JUMPI
PUSH0 CALLDATALOAD PUSH0 BYTE 03 EQ @hungry JUMPI
:fail CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY CALLDATASIZE PUSH0 REVERT
:time TIMESTAMP PUSH0 MSTORE 20 PUSH0 RETURN
:count PUSH0 SLOAD 01 ADD DUP1 PUSH0 SSTORE PUSH0 MSTORE CALLER 2a 20 PUSH0 LOG2 20 PUSH0 RETURN
:read PUSH0 SLOAD PUSH0 MSTORE 20 PUSH0 RETURN
:hungry GAS 0493e0 LT @time JUMPI PUSH0 PUSH0 REVERT
"""


def _assemble(text: str) -> bytes:
    code, labels, holes = bytearray(), {}, []
    for word in text.split():
        if word in _OPCODES:
            code.append(_OPCODES[word])
        elif word.startswith(":"):
            labels[word[1:]] = len(code)
            code.append(_OPCODES["JUMPDEST"])
        elif word.startswith("@"):
            code += b"\x60\x00"
            holes.append((len(code) - 1, word[1:]))
        else:
            value = bytes.fromhex(word)
            code += bytes([0x5F + len(value)]) + value
    for place, label in holes:
        code[place] = labels[label]
    return bytes(code)


def _creation(runtime: bytes) -> bytes:
    size = f"{len(runtime):02x}"
    start = len(_assemble(f"{size} DUP1 00 PUSH0 CODECOPY PUSH0 RETURN"))
    return _assemble(f"{size} DUP1 {start:02x} PUSH0 CODECOPY PUSH0 RETURN") + runtime


RUNTIME = _assemble(_RUNTIME)
CREATION = _creation(RUNTIME)


@dataclass(frozen=True)
class Bench:
    """A chain and an account on it that has never sent anything and holds an ether."""

    chain: Chain
    account: LocalAccount


def person(number: int) -> LocalAccount:
    """A test account; number 1, 2, ..."""
    account: LocalAccount = Account.from_key(number.to_bytes(32, "big"))
    return account


def address_of(account: LocalAccount) -> Address:
    return Address(account.address)


def signed(
    chain: Chain,
    account: LocalAccount,
    nonce: int,
    to: Address | None,
    data: bytes = b"",
    *,
    gas: int = 200_000,
    value: int = 0,
    chain_id: int | None = None,
    max_fee: int | None = None,
) -> bytes:
    """The raw bytes of a signed type 2 transaction."""
    fee, tip = chain.gas_price()
    fields = {
        "type": 2,
        "chainId": chain.chain_id if chain_id is None else chain_id,
        "nonce": nonce,
        "value": value,
        "data": data,
        "gas": gas,
        "maxFeePerGas": fee if max_fee is None else max_fee,
        "maxPriorityFeePerGas": min(tip, fee if max_fee is None else max_fee),
    }
    if to is not None:
        fields["to"] = to
    return bytes(account.sign_transaction(fields).raw_transaction)


def deploy(chain: Chain, account: LocalAccount) -> Address:
    """The probe, made by the account's next transaction."""
    sent = chain.send_raw(signed(chain, account, chain.nonce(address_of(account)), None, CREATION))
    created = mined(chain, sent).contract_address
    assert created is not None
    return created


def mined(chain: Chain, transaction: Hash) -> Receipt:
    """The receipt: at once on the embedded chain; a node mines a moment after it has answered."""
    for _ in range(500):
        receipt = chain.receipt(transaction)
        if receipt is not None:
            return receipt
        time.sleep(0.01)
    raise AssertionError(f"not mined in five seconds: {transaction}")
