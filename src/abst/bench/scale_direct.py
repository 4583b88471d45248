"""Straight to the chain: holders admitted, minted to and moving by thousands, without desks, where these are no part
of what is measured. Keys of holders are fixed, worth nothing, and known to everybody.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from abst.bench.scale_stage import CHECKER, OFFICER, TOKEN, Set, say
from abst.chain.api import Chain
from abst.chain.contracts import Contract
from abst.chain.deploy import transaction
from abst.chain.eip712 import Approval, mint_message
from abst.chain.words import InvestorRecord
from abst.holders import facts
from abst.keys import LocalSigner, Signer
from abst.values import Address, hash_of

FAR = 2**40 - 2
T = TypeVar("T")
AT_ONCE, LOT = 40, 300  # transactions sent together; rows in one
GAS = 15_000_000  # of a transaction of LOT rows


@dataclass(slots=True)
class Direct:
    """Signs ahead and sends in bursts; nonces by signer."""

    chain: Chain
    nonces: dict[Address, int] = field(default_factory=dict)

    def send(self, calls: Iterable[tuple[Signer, Address, bytes]], gas: int = GAS, value: int = 0) -> int:
        """Send all, wait for the receipts; how many. Raises AssertionError when one reverts."""
        waiting: list[bytes] = []
        sent = 0
        fees = self.chain.gas_price()
        for signer, to, data in calls:
            nonce = self.nonces.setdefault(signer.address, self.chain.nonce(signer.address))
            self.nonces[signer.address] = nonce + 1
            made = transaction(self.chain, nonce=nonce, to=to, data=data, gas=gas, fees=fees, value=value)
            waiting.append(signer.sign_transaction(made).raw)
            sent += 1
            if len(waiting) == AT_ONCE:
                self._burst(waiting)
                waiting = []
                fees = self.chain.gas_price()
        self._burst(waiting)
        return sent

    def _burst(self, raws: Sequence[bytes]) -> None:
        hashes = self.chain.send_raw_many(raws) if raws else []
        while hashes and self.chain.receipt(hashes[-1]) is None:
            time.sleep(0.01)
        for one in hashes[-1:]:
            receipt = self.chain.receipt(one)
            assert receipt is not None
            assert receipt.status == 1, "a transaction of the bench reverted"


def wallet(number: int) -> Address:
    """The wallet of one of the holders: nobody has its key."""
    return Address(_checksummed(hash_of(f"bench holder {number}".encode())[:42]))


def _checksummed(text: str) -> str:
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(text))


def sender(number: int) -> LocalSigner:
    """The key of one of those who send."""
    return LocalSigner(hash_of(f"bench sender {number}".encode()))


def token_of(stage: Set) -> Contract:
    return stage.office.contracts.token(facts.token(stage.office, TOKEN).address)


def officer(stage: Set, name: str) -> Signer:
    signer = stage.office.keys.signer_named(name)
    assert signer is not None
    return signer


def admit(stage: Set, direct: Direct, wallets: Sequence[Address]) -> None:
    """Admit wallets, each an investor of its own, eligible for everything."""
    registry, admitter = stage.office.contracts.registry, officer(stage, OFFICER)
    record = InvestorRecord(regimes=7, capacity=5, jurisdiction="HK", evidence_until=FAR, suitability_until=FAR)
    word = record.facts()
    lots = ([(one, word, hash_of(one.encode())) for one in part] for part in _parts(wallets))
    direct.send((admitter, registry.address, registry.encode("admit", lot)) for lot in lots)
    say(f"  {len(wallets):,} admitted straight on chain")


def mint(stage: Set, direct: Direct, rows: Sequence[tuple[Address, int]]) -> None:
    """Mint to admitted wallets, approved by the gatekeeper's key."""
    token, issuer, gatekeeper = token_of(stage), officer(stage, OFFICER), officer(stage, CHECKER)

    def call(number: int, lot: Sequence[tuple[Address, int]]) -> bytes:
        approval = Approval(hash_of(f"bench mint {number}".encode()), hash_of(b"bench"), FAR, gatekeeper.address)
        signature = gatekeeper.sign_typed(mint_message(token, stage.office.chain.chain_id, lot, approval))
        to, amounts = [one for one, _ in lot], [amount for _, amount in lot]
        return token.encode("mint", to, amounts, approval.as_tuple(), signature)

    direct.send((issuer, token.address, call(n, lot)) for n, lot in enumerate(_parts(rows)))
    say(f"  {len(rows):,} minted to straight on chain")


def _parts(rows: Sequence[T]) -> Iterable[Sequence[T]]:
    return (rows[start : start + LOT] for start in range(0, len(rows), LOT))
