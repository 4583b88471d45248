"""`abst restore`: a backup put into a home, whole or not at all, and marked: acts wait until `abst recover`.

The chain's own file is the truth and is never replaced by an older one: where it is still there, the database alone is
put back. The database that was there is kept beside, under another name.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from abst.bootstrap.configuration import CONFIG, Config, read_config, write_config
from abst.errors import Conflict, Unavailable, UsageError
from abst.integrity import backup
from abst.store import RESTORED, Store, revisions, set_meta
from abst.values import canonical

SQLITE = "sqlite:///"
OWN_STORE, OWN_CHAIN = "registry.db", "chain.db"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restore:
    """backup: a folder or tar file; to: the home; store_url: an empty PostgreSQL database, if not the backup's own."""

    backup: Path
    to: Path
    store_url: str = ""


def restore(cmd: Restore, progress: Progress | None = None) -> dict[str, Any]:
    """Put a backup's database, and its chain file where there is none, into a home. Again finishes what was begun.

    Raises IntegrityFailure for a backup that is not what was written, Conflict when home, chain or database belong to
    another registry or are in use, Unavailable for a backup of a newer version.
    """
    say = progress or (lambda _: None)
    home = cmd.to.absolute()
    with backup.opened(cmd.backup, home) as (folder, manifest):
        if manifest["revision"] not in revisions.known():
            needed = f"a version that knows revision {manifest['revision']}"
            raise Unavailable("the backup was made by a newer version", found=revisions.head(), needed=needed)
        config = _config(home, folder, manifest, cmd.store_url)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        chain = _put_chain(home, config, folder, manifest, say)
        say("putting the database back")
        old = _put_database(home, config, folder, manifest)
        keys = _put_keys(home, folder)
        if not (home / CONFIG).exists():  # last: before it there is no home here
            if config == read_config(folder):
                shutil.copyfile(folder / backup.CONFIG, home / CONFIG)  # word for word
            else:
                write_config(home, config)
    return {
        "home": str(home),
        "registry_id": config.registry_id,
        "made_at": manifest["made_at"],
        "manifest": backup.manifest_hash(manifest),
        "chain": chain,
        "kept_aside": old,
        "keys": keys,
    }


def _config(home: Path, folder: Path, manifest: dict[str, Any], store_url: str) -> Config:
    """The home's configuration, or the backup's with everything in the home itself."""
    own = read_config(home) if (home / CONFIG).exists() else None
    config = own or read_config(folder)
    if config.registry_id != manifest["registry_id"]:
        found, needed = config.registry_id, manifest["registry_id"]
        raise Conflict("the home belongs to another registry", found=found, needed=needed, where=str(home))
    if own is None:
        chain = OWN_CHAIN if manifest["chain"]["embedded"] else ""
        url = f"{SQLITE}{OWN_STORE}" if manifest["store"] == "sqlite" else store_url or config.store_url
        config = replace(config, chain_path=chain, store_url=url)
    if store_url and config.store_url != store_url:
        needed = "the store of its configuration, or a home without one"
        raise Conflict(
            "the home has another store", found=Store(config.store_url).url.render_as_string(), needed=needed
        )
    if config.store_url.startswith(SQLITE) != (manifest["store"] == "sqlite"):
        raise UsageError("a backup of another kind of store", found=manifest["store"], needed="one of the home's kind")
    return config


# ---- the chain


def _put_chain(home: Path, config: Config, folder: Path, manifest: dict[str, Any], say: Progress) -> str:
    """What became of the chain: a node's, kept, or put back."""
    if not config.chain_path:
        return "node"
    from abst.chain.embedded import EmbeddedChain

    path = (home / config.chain_path).resolve()
    if not path.exists():
        say("putting the chain back")
        draft = path.with_name(f".{path.name}.restoring")
        shutil.copyfile(folder / backup.CHAIN, draft)
        draft.chmod(0o600)
        draft.rename(path)
        return "restored"
    chain = EmbeddedChain(path, chain_id=config.chain_id, create=False)
    wanted = manifest["chain"]["head"]
    try:
        found = chain.block(wanted["number"])
    finally:
        chain.close()
    if found is None or found.hash != wanted["hash"]:
        raise Conflict(
            "the chain here does not hold what the backup knew",
            found="no such block" if found is None else f"block {found.number} {found.hash}",
            needed=f"block {wanted['number']} {wanted['hash']}; or move the file away, to take the backup's",
            where=str(path),
        )
    return "kept"


# ---- the database


def _put_database(home: Path, config: Config, folder: Path, manifest: dict[str, Any]) -> str:
    """Marked before anybody can open it. Where the one that was there is kept; empty for none."""
    mark = {"manifest": backup.manifest_hash(manifest), "made_at": manifest["made_at"], **manifest["chain"]["head"]}
    if manifest["store"] == "postgresql":
        _restore_dump(Store(config.store_url), folder / backup.DUMP, mark)
        return ""
    path = Path(config.store_at(home).removeprefix(SQLITE))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.restoring")
    for leftover in (draft, *_beside(draft)):
        leftover.unlink(missing_ok=True)
    shutil.copyfile(folder / backup.DATABASE, draft)
    draft.chmod(0o600)
    _mark(Store(f"{SQLITE}{draft}"), mark)
    _fold(draft)
    aside = ""
    if path.exists():
        aside = str(path.with_name(f"{path.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
        _fold(path)
        for file in (path, *(one for one in _beside(path) if one.exists())):
            file.rename(aside + file.name.removeprefix(path.name))
    draft.rename(path)
    return aside


def _mark(store: Store, mark: dict[str, Any]) -> None:
    """Bring the store to this version's tables, and have every act wait."""
    store.migrate()
    with store.begin(even_restored=True) as session:
        set_meta(session, RESTORED, canonical(mark).decode())
    store.close()


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _fold(path: Path) -> None:
    """The log of a database into its file; a damaged one stays so. Raises Conflict while a process has it open."""
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        except sqlite3.OperationalError as error:
            needed = "every process of this registry ended (abst serve too)"
            raise Conflict("the store is in use", found=str(error), needed=needed, where=str(path)) from None
        except sqlite3.DatabaseError:
            return


def _restore_dump(store: Store, dump: Path, mark: dict[str, Any]) -> None:
    where = store.url.render_as_string(hide_password=True)
    try:
        with store.engine.connect() as connection:
            tables = inspect(connection).get_table_names()
    except OperationalError as error:
        raise Unavailable("the database does not answer", found=str(error.orig)[:200], where=where) from None
    if tables:
        needed = "an empty database: --store-url"
        raise Conflict("the database is not empty", found=f"{len(tables)} tables", needed=needed, where=where)
    arguments = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(dump))
    backup.run_postgres("pg_restore", store.url, *arguments)
    _mark(store, mark)


# ---- keys


def _put_keys(home: Path, folder: Path) -> list[str]:
    """Encrypted keystores of the backup that the home lacks; those that are here stay."""
    target, put = home / "keys", []
    target.mkdir(exist_ok=True, mode=0o700)
    for keystore in sorted((folder / backup.KEYS).glob("*.json")):
        if not (target / keystore.name).exists():
            shutil.copyfile(keystore, target / keystore.name)
            (target / keystore.name).chmod(0o600)
            put.append(keystore.stem)
    return put
