"""The journal on a real node: reorganisations that anvil makes, and balances asked for by the lens.

Two contracts of a few bytes cry whatever they are told, one as the registry, one as a token.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from anvil import DEV_KEY, running
from deployed import World, key, new_world

from abst import journal
from abst.chain import lens
from abst.chain.deploy import transaction
from abst.chain.node import NodeChain
from abst.errors import Unavailable
from abst.keys import LocalSigner
from abst.store import Store
from abst.values import ZERO_ADDRESS, Address, address, hash_of
from databases import sqlite_maker
from forking import DEPLOYMENT, Event, attached, moved, named

FINALITY = 6
# Three topics and a word of data, from calldata: PUSH, CALLDATACOPY, three CALLDATALOADs, LOG3.
CRY = bytes.fromhex("6020606060003760403560203560003560206000a300")
CREATION = bytes.fromhex(f"60{len(CRY):02x}600c60003960{len(CRY):02x}6000f3") + CRY


@dataclass
class Criers:
    """A node with both contracts on it, and a reader."""

    chain: NodeChain
    registry: Address
    token: Address
    office: Any
    nonce: int
    signer: LocalSigner

    def cry(self, to: Address | None, *events: Event) -> None:
        """One transaction, mined in a block of its own, for each event."""
        for event in events:
            topics, data = event.encoded()
            self.send(to, b"".join(bytes.fromhex(topic[2:]) for topic in topics) + data)

    def send(self, to: Address | None, data: bytes) -> Address | None:
        fees = self.chain.gas_price()
        tx = transaction(self.chain, nonce=self.nonce, to=to, data=data, gas=200_000, fees=fees)
        sent = self.chain.send_raw(self.signer.sign_transaction(tx).raw)
        self.nonce += 1
        while (receipt := self.chain.receipt(sent)) is None:
            pass
        assert receipt.status == 1
        return receipt.contract_address

    def move(self, *amounts: int) -> None:
        """Movements out of nothing, to as many wallets as there are amounts."""
        self.cry(self.token, *(moved(self.token, ZERO_ADDRESS, wallet(n), amount) for n, amount in enumerate(amounts)))

    def reorganise(self, depth: int) -> None:
        """The last blocks make way for empty ones: what they held is gone."""
        self.chain._ask("anvil_reorg", depth, [])
        self.nonce = self.chain.nonce(self.signer.address)

    def agrees(self) -> None:
        """Positions and raw logs are what the chain says now, by the naive way."""
        logs = self.chain.logs([self.registry, self.token], 0, self.chain.head().number)
        held: dict[Address, int] = {}
        for log in logs:
            if log.address == self.token:
                to = address("0x" + log.topics[2][-40:])
                held[to] = held.get(to, 0) + int.from_bytes(log.data, "big")
        with self.office.store.read() as session:
            assert list(journal.raw(session)) == logs
            assert journal.positions(session, self.token) == held
        assert list(journal.differences(self.office)) == []


def wallet(number: int) -> Address:
    return named(f"wallet {number}")


@pytest.fixture
def criers(tmp_path: Path) -> Iterator[Criers]:
    with running() as url:
        chain = NodeChain(url, finality=FINALITY)
        signer = LocalSigner(bytes.fromhex(DEV_KEY[2:]))
        made = Criers(chain, ZERO_ADDRESS, ZERO_ADDRESS, None, 0, signer)
        registry, token = made.send(None, CREATION), made.send(None, CREATION)
        assert registry is not None
        assert token is not None
        made.registry, made.token = registry, token
        store = Store(sqlite_maker(tmp_path)())
        deployment = replace(DEPLOYMENT, registry=registry, block=1)
        made.office = SimpleNamespace(store=store, chain=chain, deployment=deployment)
        made.cry(registry, attached(token))
        yield made
        store.close()


@pytest.mark.slow
def test_a_node_that_reorganises_is_followed(criers: Criers) -> None:
    """Again and again, at each depth within finality, with amounts of any size."""
    criers.move(1, 2**255, *range(1, FINALITY))
    journal.advance(criers.office)
    criers.agrees()
    for depth in range(1, FINALITY):
        criers.reorganise(depth)
        criers.move(depth, 10**30)
        journal.advance(criers.office)
        criers.agrees()


@pytest.mark.slow
def test_a_node_that_takes_back_what_was_final_stops_the_reader(criers: Criers) -> None:
    """It says so at every call; nothing is lost; a person has the chain read again."""
    criers.move(*range(1, 2 * FINALITY))
    journal.advance(criers.office)
    criers.reorganise(FINALITY + 2)
    criers.move(5)
    for _ in range(2):
        with pytest.raises(journal.JournalHalted):
            journal.advance(criers.office)
    assert journal.reindex(criers.office, from_chain=True).differ > 0
    journal.advance(criers.office)
    criers.agrees()


def test_a_lens_tells_what_every_wallet_holds_and_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many wallets by one message, upon the last state or an earlier one; where no token is it says so."""
    monkeypatch.setattr(lens, "WALLETS", 4)
    world: World = new_world(tmp_path)
    operation = hash_of(b"one mint")
    world.done(world.want("issuer", world.token.address, world.mint(operation), operation=operation))
    holder, head = key("holder").address, world.chain.head().number
    asked = [*(wallet(n) for n in range(2 * lens.WALLETS)), holder]
    for at in (None, head):
        supply, own = lens.balances(world.chain, world.token.address, asked, at=at)
        assert (supply, own[holder], sum(own.values()), len(own)) == (100, 100, 100, len(asked))
    assert lens.balances(world.chain, world.token.address, [holder], at=head - 1) == (0, {holder: 0})
    assert lens.balances(world.chain, world.token.address, []) == (100, {})
    with pytest.raises(Unavailable, match="no token tells"):
        lens.balances(world.chain, wallet(1), [holder])


@pytest.mark.prove
def test_a_lens_of_the_most_wallets_fits_a_node_and_the_embedded_chain(criers: Criers, tmp_path: Path) -> None:
    """What is sent and what is answered stay within the limits of code, which nodes enforce upon calls too."""
    world = new_world(tmp_path)
    wallets = [wallet(number) for number in range(lens.WALLETS)]
    assert lens.balances(world.chain, world.token.address, wallets) == (0, dict.fromkeys(wallets, 0))
    # A token of a few bytes, which answers everything with a word of ones: as great as any balance can be.
    token = criers.send(None, bytes.fromhex("600b600c600039600b6000f3" + "60001960005260206000f3"))
    assert token is not None
    most = 2**256 - 1
    assert lens.balances(criers.chain, token, wallets) == (most, dict.fromkeys(wallets, most))
