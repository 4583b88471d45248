"""Making a home, or finishing one that was begun: `init` may be interrupted anywhere and run again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from abst import audit
from abst.bootstrap.configuration import CONFIG, FINALIZED, Config, Finality, PassphraseOf, read_config, write_config
from abst.bootstrap.opening import DEPLOYMENT, chain_of, node_of
from abst.bootstrap.rebuilding import rebuild
from abst.bootstrap.staffing import DEPLOYER, WORK
from abst.chain.api import DEFAULT_CHAIN_ID, Chain
from abst.chain.office import Closable
from abst.decisions import officers
from abst.errors import Conflict, NotFound, Unavailable, UsageError
from abst.keys import VAULT, External, Keyring, LocalSigner
from abst.store import Store, get_meta, set_meta
from abst.values import DEFAULT_ZONE, Hash, canonical, zone
from abst.web import Server

ALLOC = 10**27  # wei that the embedded chain's deployer begins with: gas for everybody, worth nothing

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class NewOfficer:
    """A name and the roles it holds."""

    name: str
    roles: tuple[str, ...]


_OPERATIONS = ("registrar", "admitter", "issuer", "agent", "discloser", "payer", "reporter", "maker", "admin-maker")
_COMPLIANCE = ("gatekeeper", "trustee", "checker", "admin-checker")
DEFAULT_OFFICERS = (
    NewOfficer("operations-1", _OPERATIONS),
    NewOfficer("operations-2", _OPERATIONS),
    NewOfficer("compliance-1", _COMPLIANCE),
    NewOfficer("compliance-2", _COMPLIANCE),
    NewOfficer("regulator-desk", ("regulator",)),
    NewOfficer("bank-desk", ("bank",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Init:
    """How a home is made. chain_urls empty: an embedded chain in the home.

    admin_delay: seconds an administrator's act waits; work: scrypt cost of keystores; deployer_key: of an account that
    can pay on a node, else one is made; passphrase_of: by keystore name; share: a home whose store and chain to join;
    deposit: whether a token of local deposits, the cash leg, is deployed with the registry; signers: officers (or the
    deployer) whose keys an external signer holds, by name.
    """

    passphrase_of: PassphraseOf
    chain_urls: tuple[str, ...] = ()
    chain_id: int = DEFAULT_CHAIN_ID
    finality: Finality = 0
    store_url: str = ""
    zone: str = DEFAULT_ZONE
    admin_delay: int = 86_400
    officers: tuple[NewOfficer, ...] = DEFAULT_OFFICERS
    deployer_key: bytes | None = None
    work: int = WORK
    share: Path | None = None
    deposit: bool = True
    signers: Mapping[str, External] = field(default_factory=dict)


def init(home: Path, cmd: Init, *, progress: Progress | None = None) -> dict[str, Any]:
    """Make a home, or finish one that was begun: keys, store, chain, contracts, officers. Returns what stands there.

    A registry that lives on the chain and has lost its database gets a new one: never a second registry.

    Raises UsageError for officers that cannot check each other, Unavailable when chain or store cannot be used (a node
    is asked before anything is written), Conflict when the home belongs to another chain or store than is asked for.
    """
    from abst.chain import deploy

    if cmd.share is not None:
        return join(home, cmd.share)
    say = progress or (lambda _: None)
    config = _config_for(home, cmd)
    keys = Keyring(home / "keys", cmd.passphrase_of, config.signers)
    _check_signers(cmd, keys)
    if (home / CONFIG).exists() and (rebuilt := rebuild(home, config, keys, say)) is not None:
        return rebuilt
    if config.chain_urls:
        _check_node(node_of(config), keys, cmd)
    if not (home / CONFIG).exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_config(home, config)
    _make_keys(keys, cmd, say)
    store = Store(config.store_at(home))
    say("preparing the store")
    store.migrate()
    names = keys.names()
    people = [deploy.OfficerKeys(o.name, names[o.name], o.roles) for o in cmd.officers]
    chain = chain_of(home, config, alloc={names[DEPLOYER]: ALLOC})
    deployer = keys.signer_named(DEPLOYER)
    if deployer is None:
        raise Unavailable("the deployer's key cannot be opened", needed=f"passphrase of {DEPLOYER}", where=str(home))
    cash = deploy.LOCAL_DEPOSIT if cmd.deposit else None
    deployment = deploy.deploy(chain, deployer, config.registry_id, people, cmd.admin_delay, say, deposit=cash)
    with store.begin() as session:
        stored = get_meta(session, DEPLOYMENT)
        text = canonical(deployment.as_dict()).decode()
        if stored is not None and stored != text:
            raise Conflict("the store belongs to another registry", found=stored, needed=text, where=str(store.url))
        for person in people:
            officers.add(session, person.name, person.address, person.roles)
        if stored is None:
            set_meta(session, DEPLOYMENT, text)
            set_meta(session, "registry_id", config.registry_id)
            facts = {"deployment": deployment.as_dict(), "officers": {p.name: list(p.roles) for p in people}}
            audit.append(session, actor=DEPLOYER, act="init", subject="registry", at=chain.now(), facts=facts)
    store.close()
    if isinstance(chain, Closable):
        chain.close()
    return {
        "home": str(home),
        "registry_id": config.registry_id,
        "chain_id": deployment.chain_id,
        "addresses": deployment.addresses(),
        "officers": [{"name": p.name, "address": p.address, "roles": list(p.roles)} for p in people],
    }


def _config_for(home: Path, cmd: Init) -> Config:
    """What the home's configuration says, or is to say. Raises Conflict when another one was asked for."""
    zone(cmd.zone)
    wanted = Config(
        registry_id=Hash("0x" + secrets.token_hex(32)),
        zone=cmd.zone,
        chain_path="" if cmd.chain_urls else "chain.db",
        chain_urls=cmd.chain_urls,
        chain_id=cmd.chain_id,
        finality=cmd.finality,
        store_url=cmd.store_url or "sqlite:///registry.db",
        signers=cmd.signers,
    )
    if not (home / CONFIG).exists():
        return wanted
    found = read_config(home)
    asked = ("chain_urls", "chain_id", "store_url", "zone", *(["signers"] if cmd.signers else []))
    for name in asked:
        if getattr(found, name) != getattr(wanted, name):
            raise Conflict(
                f"this home has another {name.replace('_', ' ')}",
                found=_shown(getattr(found, name)),
                needed=_shown(getattr(wanted, name)),
                where=str(home / CONFIG),
            )
    return found


def _shown(value: Any) -> str:
    """A setting in words, without what an address of a server may hold that is secret."""
    if isinstance(value, tuple):
        return ", ".join(Server(url, 1).shown for url in value) or "the embedded chain"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} at {one.address}" for name, one in value.items()) or "none"
    return make_url(str(value)).render_as_string() if "://" in str(value) else str(value)


def _check_signers(cmd: Init, keys: Keyring) -> None:
    """Every external key is somebody's, and its server has it; before anything is made."""
    wanted = {DEPLOYER, *(officer.name for officer in cmd.officers)}
    for name in cmd.signers:
        if name not in wanted:
            needed = ", ".join(sorted(wanted))
            raise UsageError("an external signer for nobody", found=name, needed=f"one of {needed}", where="signers")
        keys.remote(name).check()


def _check_node(node: Chain, keys: Keyring, cmd: Init) -> None:
    """Somebody can pay for gas, and blocks become final, before anything is made. Raises Unavailable; Conflict when
    the home has another deployer.
    """
    if cmd.finality == FINALIZED and node.final() < 0:
        raise Unavailable(
            "this network says of no block that it is final",
            found=f"--finality {FINALIZED}",
            needed="a number of blocks",
            where=_shown(cmd.chain_urls),
        )
    known = keys.names().get(DEPLOYER)
    given = None if cmd.deployer_key is None else LocalSigner(cmd.deployer_key).address
    if known and given and known != given:
        raise Conflict("this home has another deployer", found=known, needed=given, where=str(keys.folder))
    payer = known or given
    if node.gas_price()[0] == 0 or (payer and node.balance(payer)):
        return
    raise Unavailable(
        "nobody can pay for gas on this node",
        found=f"{payer} holds 0 wei" if payer else "no deployer's key",
        needed="--deployer FILE, a keystore of an account that holds ether",
        where=_shown(cmd.chain_urls),
    )


def _make_keys(keys: Keyring, cmd: Init, say: Progress) -> None:
    there = keys.names()
    for name in (VAULT, DEPLOYER, *(officer.name for officer in cmd.officers)):
        if name in there:
            continue
        passphrase = cmd.passphrase_of(name)
        if not passphrase:
            raise UsageError("a keystore needs a passphrase", found="none", needed=_where_from(name), where=name)
        say(f"making the keystore of {name}")
        if name == DEPLOYER and cmd.deployer_key is not None:
            keys.add(name, cmd.deployer_key, passphrase, cmd.work)
        else:
            keys.create(name, passphrase, cmd.work)


def _where_from(name: str) -> str:
    return f"ABST_PASSPHRASE_{name.upper().replace('-', '_')}, ABST_PASSPHRASE, a file or a prompt"


def join(home: Path, other: Path) -> dict[str, Any]:
    """Make a home upon the store and chain of another one, with no keys in it: move keys there one by one.

    External signers are not taken along: who may use them is said in each home.
    """
    config = read_config(other)
    if (home / CONFIG).exists():
        raise Conflict("there is a home already", found=str(home / CONFIG), needed="an empty folder", where=str(home))
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / "keys").mkdir(exist_ok=True, mode=0o700)
    shared = replace(
        config,
        chain_path=str((other / config.chain_path).resolve()) if config.chain_path else "",
        store_url=config.store_at(other.resolve()),
        signers={},
    )
    write_config(home, shared)
    return {"home": str(home), "registry_id": config.registry_id}


def move_key(home: Path, name: str, to: Path, *, copy: bool = False) -> Path:
    """Move (or copy, for the vault) a keystore to another home. Raises NotFound, Conflict."""
    source, target = home / "keys" / f"{name}.json", to / "keys" / f"{name}.json"
    if not source.exists():
        raise NotFound("no such keystore here", found=name, needed="a keystore of this home", where=str(home))
    if target.exists():
        raise Conflict("the keystore is there already", found=str(target), needed="none", where=name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.write_bytes(source.read_bytes())
    target.chmod(0o600)
    if not copy:
        source.unlink()
    return target
