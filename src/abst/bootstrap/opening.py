"""Opening the office of a home: its store, its chain, its keys, and what every desk says of its acts."""

from __future__ import annotations

import gc
import json
from pathlib import Path

from abst.bootstrap.configuration import CONFIG, Config, PassphraseOf, passphrases, read_config
from abst.bootstrap.staffing import HANDLERS
from abst.chain.api import Chain
from abst.chain.office import Handler, Office
from abst.decisions import settings
from abst.errors import Unavailable
from abst.keys import Keyring
from abst.rulebook import Rulebook, load
from abst.store import Store, get_meta
from abst.values import Address, Hash

DEPLOYMENT = "deployment"  # key in the store's meta table
# Long acts make rows by thousands that live until their end, and little garbage in circles: with Python's own
# thresholds a fifth of an admission went into looking at the same rows again and again.
COLLECTED = (100_000, 20, 20)


def open_office(home: Path, passphrase_of: PassphraseOf | None = None) -> Office:
    """Open the office of a home, and have this process's garbage collected seldom.

    Raises Unavailable when there is none, or store and chain do not belong together.
    """
    from abst.chain.deploy import Deployment
    from abst.chain.sender import Sender

    gc.set_threshold(*COLLECTED)
    config = read_config(home)
    store = Store(config.store_at(home))
    store.check()
    with store.read() as session:
        stored, registry = get_meta(session, DEPLOYMENT), get_meta(session, "registry_id")
        rulebook = settings.applied(load(), settings.current(session))
    if stored is None:
        raise Unavailable("this registry was not deployed to the end", needed="run `abst init` again", where=str(home))
    if registry != config.registry_id:
        raise Unavailable(
            "the store belongs to another registry", found=str(registry), needed=config.registry_id, where=str(home)
        )
    deployment = Deployment.from_dict(json.loads(stored))
    chain = chain_of(home, config)
    _fits(chain, deployment.chain_id, deployment.genesis, deployment.manager)
    keys = Keyring(home / "keys", passphrase_of or passphrases(home), config.signers)
    return Office(
        home=home,
        store=store,
        chain=chain,
        contracts=deployment.contracts(chain),
        sender=Sender(store, chain, keys.signer, settings=config.sender),
        keys=keys,
        rulebook=rulebook,
        registry_id=config.registry_id,
        zone=config.zone,
        handlers=handlers(),
        deployment=deployment,
    )


def rulebook_of(home: Path) -> Rulebook:
    """The rulebook in force in a home, its settings applied; the shipped one where there is no home."""
    if not (home / CONFIG).exists():
        return load()
    store = Store(read_config(home).store_at(home))
    try:
        store.check()
        with store.read() as session:
            return settings.applied(load(), settings.current(session))
    finally:
        store.close()


def handlers() -> dict[str, Handler]:
    """What every desk says of its kinds of acts."""
    from abst.chain import leaving
    from abst.chain import settings as parameters
    from abst.filing import desk as filing
    from abst.filing import eligibility, fx, marketing, tokens
    from abst.integrity import erasing
    from abst.investor import desk as investor
    from abst.investor.screening import desk as screening
    from abst.issuance import allotment, reversals
    from abst.issuance import desk as issuance
    from abst.servicing import elections, opening, paying, periods, restating
    from abst.transfers import corrections, names, pledges
    from abst.transfers import desk as transfers

    every: dict[str, Handler] = dict(HANDLERS)
    rooms = (
        leaving,
        parameters,
        filing,
        tokens,
        eligibility,
        fx,
        marketing,
        investor,
        screening,
        issuance,
        allotment,
        reversals,
        opening,
        elections,
        restating,
        periods,
        paying,
        transfers,
        corrections,
        names,
        pledges,
        erasing,
    )
    for room in rooms:
        every |= room.HANDLERS
    return every


def _fits(chain: Chain, chain_id: int, genesis: Hash, manager: Address) -> None:
    """The chain is the one the store was made with: same id, same first block, our contracts on it."""
    if chain.chain_id != chain_id:
        raise Unavailable("the chain is another one", found=f"chain id {chain.chain_id}", needed=f"chain id {chain_id}")
    first = chain.block(0)
    if first is None or first.hash != genesis:
        raise Unavailable(
            "the chain does not fit the store", found=f"first block {first.hash if first else None}", needed=genesis
        )
    if not chain.code(manager):
        raise Unavailable(
            "the chain does not hold this registry", found="no code", needed="AccessManager", where=manager
        )


def chain_of(home: Path, config: Config, alloc: dict[Address, int] | None = None) -> Chain:
    """The chain of a home. alloc: wei by address with which an embedded one begins that is made now."""
    if config.chain_urls:
        return node_of(config)
    from abst.chain.embedded import EmbeddedChain

    path = (home / config.chain_path).resolve()
    return EmbeddedChain(path, chain_id=config.chain_id, alloc=alloc, create=alloc is not None)


def node_of(config: Config) -> Chain:
    """The nodes of a configuration. Raises Unavailable when none answers, or they serve another chain."""
    from abst.chain.node import NodeChain

    return NodeChain(config.chain_urls, config.finality, config.chain_id, config.node)
