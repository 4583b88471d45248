"""A home whose database is gone and whose registry stands on the chain: what the chain gives back, and no second one.

The chain gives back the deployment, who holds which role, every position and everything that was sent; `abst recover`
reads it. It never had persons, papers and the facts of decisions: those come from a backup, or from whoever has them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from abst import audit
from abst.bootstrap.configuration import Config
from abst.bootstrap.opening import DEPLOYMENT, chain_of
from abst.chain.api import Chain
from abst.chain.deploy import Deployment, find
from abst.chain.office import Closable
from abst.decisions import officers
from abst.integrity.recovering import held_roles
from abst.keys import Keyring
from abst.store import RESTORED, Store, get_meta, set_meta
from abst.values import Address, canonical

Progress = Callable[[str], None]


def rebuild(home: Path, config: Config, keys: Keyring, say: Progress) -> dict[str, Any] | None:
    """A new database for a registry that has lived on this chain, marked as restored; None when there is none to save.

    Officers are called as their keystores here are, others by the beginning of their address.
    """
    if config.chain_path and not (home / config.chain_path).resolve().exists():
        return None
    store = Store(config.store_at(home))
    if _is_there(store):
        return None
    chain = chain_of(home, config)
    try:
        found = find(chain, config.registry_id)
        held = held_roles(found.contracts(chain), found) if found else {}
        if found is None or not any(chain.nonce(account) for account in held):
            return None
        say(f"this registry stands on the chain since block {found.block}: its database is made anew")
        return _make(home, store, chain, found, held, keys)
    finally:
        store.close()
        if isinstance(chain, Closable):
            chain.close()


def _is_there(store: Store) -> bool:
    if store.path is not None and not store.path.exists():
        return False
    with store.read() as session:
        return inspect(session.connection()).has_table("meta") and get_meta(session, DEPLOYMENT) is not None


def _make(
    home: Path, store: Store, chain: Chain, found: Deployment, held: dict[Address, list[str]], keys: Keyring
) -> dict[str, Any]:
    names = {account: name for name, account in keys.names().items()}
    people = {account: names.get(account, f"officer-{account[2:10].lower()}") for account in held}
    store.migrate()
    with store.begin(even_restored=True) as session:
        for account, name in people.items():
            officers.add(session, name, account, held[account])
        set_meta(session, DEPLOYMENT, canonical(found.as_dict()).decode())
        set_meta(session, "registry_id", found.registry_id)
        set_meta(session, RESTORED, canonical({"manifest": "", "number": found.block}).decode())
        facts = {"deployment": found.as_dict(), "officers": {people[one]: roles for one, roles in held.items()}}
        act = "database made anew"
        audit.append(session, actor="operator", act=act, subject="registry", at=chain.now(), facts=facts)
    return {
        "home": str(home),
        "registry_id": found.registry_id,
        "chain_id": found.chain_id,
        "addresses": found.addresses(),
        "officers": [{"name": people[one], "address": one, "roles": roles} for one, roles in held.items()],
    }
