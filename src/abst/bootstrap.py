"""The only place that chooses: which chain, which store, which keys; it makes a home and opens an office in it.

A home is a folder: ``config.toml``, ``registry.db``, ``chain.db`` (embedded) and ``keys/``. Several homes may share one
store and chain: the officers' keys then lie apart (`join`). `init` may be interrupted anywhere and run again.
"""

from __future__ import annotations

import getpass
import json
import os
import secrets
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from abst import audit
from abst.chain.acts import Act, once
from abst.chain.api import DEFAULT_CHAIN_ID, Chain
from abst.chain.office import Closable, Closing, Handler, Office, Result
from abst.chain.proposals import Step, propose_power
from abst.chain.roles import TIMELOCK_OF_OFFICER, chain_roles
from abst.decisions import officers, settings
from abst.errors import Conflict, NotFound, Unavailable, UsageError
from abst.keys import VAULT, Keyring, LocalSigner
from abst.keys import passphrases as passphrase_lookup
from abst.rulebook import Rulebook, load
from abst.store import Store, get_meta, set_meta
from abst.values import DEFAULT_ZONE, Address, Hash, canonical, zone

CONFIG = "config.toml"
PASSPHRASES = "passphrases.yaml"  # in homes for trying out only
DEPLOYER = "deployer"
WORK = 2**18  # scrypt's cost of a keystore; tests take less
DEPLOYMENT = "deployment"  # key in the store's meta table
ALLOC = 10**27  # wei that the embedded chain's deployer begins with: gas for everybody, worth nothing

PassphraseOf = Callable[[str], str | None]
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
    """How a home is made. chain_url empty: an embedded chain in the home.

    admin_delay: seconds an administrator's act waits; work: scrypt cost of keystores; deployer_key: of an account that
    can pay on a node, else one is made; passphrase_of: by keystore name; share: a home whose store and chain to join;
    deposit: whether a token of local deposits, the cash leg, is deployed with the registry.
    """

    passphrase_of: PassphraseOf
    chain_url: str = ""
    chain_id: int = DEFAULT_CHAIN_ID
    finality: int = 0
    store_url: str = ""
    zone: str = DEFAULT_ZONE
    admin_delay: int = 86_400
    officers: tuple[NewOfficer, ...] = DEFAULT_OFFICERS
    deployer_key: bytes | None = None
    work: int = WORK
    share: Path | None = None
    deposit: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """What ``config.toml`` says; relative paths are taken from the home."""

    registry_id: Hash
    zone: str
    chain_path: str
    chain_url: str
    chain_id: int
    finality: int
    store_url: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        chain = f'url = "{self.chain_url}"' if self.chain_url else f'path = "{self.chain_path}"'
        return (
            f'registry_id = "{self.registry_id}"\nzone = "{self.zone}"\n\n'
            f"[chain]\n{chain}\nid = {self.chain_id}\nfinality = {self.finality}\n\n"
            f'[store]\nurl = "{self.store_url}"\n'
        )


def default_home() -> Path:
    """``ABST_HOME``, or ``./.abst``."""
    return Path(os.environ.get("ABST_HOME", "./.abst"))


def passphrases(home: Path | None = None) -> PassphraseOf:
    """Passphrases by keystore name: the home's ``passphrases.yaml`` if it has one, the environment, and a prompt when
    a person is at the terminal."""
    file = home / PASSPHRASES if home is not None and (home / PASSPHRASES).exists() else None
    return passphrase_lookup(os.environ, file, _ask if sys.stdin.isatty() else None)


def _ask(name: str) -> str | None:
    return getpass.getpass(f"passphrase of {name}: ") or None


# ---- making a home


def init(home: Path, cmd: Init, *, progress: Progress | None = None) -> dict[str, Any]:
    """Make a home, or finish one that was begun: keys, store, chain, contracts, officers. Returns what stands there.

    Raises UsageError for officers that cannot check each other, Unavailable when chain or store cannot be used (a node
    is asked before anything is written), Conflict when the home belongs to another chain or store than is asked for.
    """
    from abst.chain import deploy

    if cmd.share is not None:
        return join(home, cmd.share)
    say = progress or (lambda _: None)
    keys = Keyring(home / "keys", cmd.passphrase_of)
    if cmd.chain_url:
        _check_deployer(_node(cmd.chain_url, cmd.chain_id, cmd.finality), keys, cmd)
    config = _config_for(home, cmd)
    _make_keys(keys, cmd, say)
    store = Store(_store_url(home, config))
    say("preparing the store")
    store.migrate()
    names = keys.names()
    people = [deploy.OfficerKeys(o.name, names[o.name], o.roles) for o in cmd.officers]
    chain = _chain(home, config, alloc={names[DEPLOYER]: ALLOC})
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
    zone(cmd.zone)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = Config(
        registry_id=Hash("0x" + secrets.token_hex(32)),
        zone=cmd.zone,
        chain_path="" if cmd.chain_url else "chain.db",
        chain_url=cmd.chain_url,
        chain_id=cmd.chain_id,
        finality=cmd.finality,
        store_url=cmd.store_url or "sqlite:///registry.db",
    )
    if not (home / CONFIG).exists():
        _write_config(home, wanted)
        return wanted
    found = read_config(home)
    for name in ("chain_url", "chain_id", "store_url", "zone"):
        if getattr(found, name) != getattr(wanted, name):
            raise Conflict(
                f"this home has another {name.replace('_', ' ')}",
                found=str(getattr(found, name)),
                needed=str(getattr(wanted, name)),
                where=str(home / CONFIG),
            )
    return found


def _write_config(home: Path, config: Config) -> None:
    # Whole or absent: an interrupted init must not leave half a file.
    draft = home / (CONFIG + ".new")
    draft.write_text(config.text(), encoding="utf-8")
    draft.replace(home / CONFIG)


def _check_deployer(node: Chain, keys: Keyring, cmd: Init) -> None:
    """Somebody can pay for gas, before anything is made. Raises Unavailable; Conflict when the home has another one."""
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
        where=cmd.chain_url,
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
    """Make a home upon the store and chain of another one, with no keys in it: move keys there one by one."""
    config = read_config(other)
    if (home / CONFIG).exists():
        raise Conflict("there is a home already", found=str(home / CONFIG), needed="an empty folder", where=str(home))
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / "keys").mkdir(exist_ok=True, mode=0o700)
    shared = Config(
        registry_id=config.registry_id,
        zone=config.zone,
        chain_path=str((other / config.chain_path).resolve()) if config.chain_path else "",
        chain_url=config.chain_url,
        chain_id=config.chain_id,
        finality=config.finality,
        store_url=_store_url(other.resolve(), config),
    )
    _write_config(home, shared)
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


# ---- opening an office


def open_office(home: Path, passphrase_of: PassphraseOf | None = None) -> Office:
    """Open the office of a home. Raises Unavailable when there is none, or store and chain do not belong together."""
    from abst.chain.deploy import Deployment
    from abst.chain.sender import Sender

    config = read_config(home)
    store = Store(_store_url(home, config))
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
    chain = _chain(home, config)
    _fits(chain, deployment.chain_id, deployment.genesis, deployment.manager)
    keys = Keyring(home / "keys", passphrase_of or passphrases(home))
    return Office(
        home=home,
        store=store,
        chain=chain,
        contracts=deployment.contracts(chain),
        sender=Sender(store, chain, keys.signer),
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
    store = Store(_store_url(home, read_config(home)))
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


def read_config(home: Path) -> Config:
    """The home's configuration. Raises Unavailable when there is none, UsageError when it is malformed."""
    path = home / CONFIG
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Unavailable(
            "there is no home here", found="no config.toml", needed="abst init", where=str(home)
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError("the configuration is malformed", found=str(error), where=str(path)) from None
    try:
        return Config(
            registry_id=Hash(raw["registry_id"]),
            zone=raw["zone"],
            chain_path=raw["chain"].get("path", ""),
            chain_url=raw["chain"].get("url", ""),
            chain_id=raw["chain"]["id"],
            finality=raw["chain"].get("finality", 0),
            store_url=raw["store"]["url"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError("the configuration is malformed", found=str(error), needed="a key", where=str(path)) from None


def _store_url(home: Path, config: Config) -> str:
    prefix = "sqlite:///"
    if not config.store_url.startswith(prefix):
        return config.store_url
    return prefix + str((home / config.store_url.removeprefix(prefix)).resolve())


def _chain(home: Path, config: Config, alloc: dict[Address, int] | None = None) -> Chain:
    if config.chain_url:
        return _node(config.chain_url, config.chain_id, config.finality)
    from abst.chain.embedded import EmbeddedChain

    path = (home / config.chain_path).resolve()
    return EmbeddedChain(path, chain_id=config.chain_id, alloc=alloc, create=alloc is not None)


def _node(url: str, chain_id: int, finality: int) -> Chain:
    from abst.chain.node import NodeChain

    return NodeChain(url, finality=finality, chain_id=chain_id)


# ---- gas and officers


def give_gas(office: Office, accounts: list[Address]) -> list[Address]:
    """Give ether for gas to accounts that have none, from the deployer's key. Returns who got some.

    Raises Unavailable when that key is not in this home.
    """
    from abst.chain.deploy import fund

    payer = office.keys.signer_named(DEPLOYER)
    if payer is None:
        raise Unavailable(
            "nobody here can give gas", found="no key", needed=f"keystore {DEPLOYER}", where=str(office.home)
        )
    return fund(office.chain, payer, accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOfficer:
    """A new officer with a keystore in this home; a maker proposes the grant of the roles on chain."""

    officer: str
    request: str
    name: str
    roles: tuple[str, ...]
    passphrase: str = field(repr=False)
    work: int = WORK


@once
def add_officer(office: Office, cmd: AddOfficer) -> Result:
    """Make the keystore and schedule the grant of the roles; the officer is in office when a second one has approved.

    Roles of the enforcement timelock (maker, checker) are granted by its own officers, all others by the
    administration's, after its delay. Raises UsageError for roles that must be apart or that both would grant.
    """
    roles = tuple(officers.check_roles(cmd.name, cmd.roles))
    enforced = {role for role in roles if TIMELOCK_OF_OFFICER.get(role, ("", ""))[0] == "enforcement"}
    if enforced and enforced != set(roles):
        raise UsageError(
            "these roles are granted by two different timelocks",
            found=", ".join(roles),
            needed="maker or checker alone, or roles without them",
            where=cmd.name,
        )
    names = office.keys.names()
    account = names.get(cmd.name) or office.keys.create(cmd.name, cmd.passphrase, cmd.work)
    facts = {"name": cmd.name, "address": account, "roles": list(roles)}
    act = Act(office, "officer new", cmd.request, {"officer": cmd.officer, **facts})
    if act.earlier:
        return act.again()
    which = "enforcement" if enforced else "administration"
    return propose_power(
        office,
        act,
        maker=cmd.officer,
        kind="officer new",
        subject=f"officer {cmd.name}",
        facts=facts,
        steps=_grants(office, cmd.name, account, roles),
        which=which,
    )


def _grants(office: Office, name: str, account: Address, roles: tuple[str, ...]) -> list[Step]:
    manager = office.contracts.manager
    steps = [
        Step(manager.address, manager.encode("grantRole", role, account, 0), f"grant {role.name} to {name}")
        for role in chain_roles(roles)
    ]
    for role in roles:
        if role not in TIMELOCK_OF_OFFICER:
            continue
        which, side = TIMELOCK_OF_OFFICER[role]
        lock = office.contracts.timelock(which)
        # A maker may also cancel what he scheduled.
        for constant in ("PROPOSER_ROLE", "CANCELLER_ROLE") if side == "proposer" else ("EXECUTOR_ROLE",):
            data = lock.encode("grantRole(bytes32,address)", lock.read(constant), account)
            steps.append(Step(lock.address, data, f"grant {constant} of the {which} timelock to {name}"))
    return steps


def _officer_in_office(office: Office, session: Session, closing: Closing) -> None:
    content = closing.content
    officers.add(session, content["name"], Address(content["address"]), content["roles"])


HANDLERS = {"officer new": Handler(done=_officer_in_office)}
