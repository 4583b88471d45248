"""`abst backup`: one consistent copy of everything a registry cannot make anew, taken while it runs.

The database is copied first and the chain second: whatever the copied database wants, or has sent, the copied chain
has or will be asked for again; the reverse order would show effects that no intent explains. A backup is a folder (or
one tar file) with a manifest of SHA-256s; it is written beside its place under another name, verified, and only then
renamed: it is there whole, or not at all. On a node the chain is everybody's: the database alone is copied.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import URL

from abst import __version__, audit
from abst.chain.embedded import EmbeddedChain
from abst.chain.office import Office
from abst.errors import Conflict, IntegrityFailure, NotFound, Unavailable, UsageError
from abst.store import revisions
from abst.values import Hash, canonical, file_digest

SCHEMA = "abst-backup-1"
MANIFEST, CONFIG, DATABASE, DUMP, CHAIN, KEYS = (
    "manifest.json",
    "config.toml",
    "registry.db",
    "registry.dump",
    "chain.db",
    "keys",
)
TAR = ".tar"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class MakeBackup:
    """out: a folder that is not there yet, or a file named …tar; keys: the encrypted keystores too."""

    out: Path
    keys: bool = False


# ---- making


def make(office: Office, cmd: MakeBackup, progress: Progress | None = None) -> dict[str, Any]:
    """Write a backup and verify it; the registry goes on meanwhile. Returns its manifest, with where it is.

    Raises Conflict when something is there already, Unavailable when a disk or `pg_dump` fails, IntegrityFailure when
    what was written is not sound.
    """
    say = progress or (lambda _: None)
    out = cmd.out.absolute()
    if out.exists():
        raise Conflict("something is there already", found=str(out), needed="a name not taken yet", where="--out")
    draft = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    try:
        draft.mkdir(parents=True, mode=0o700)
        manifest = _write(office, draft, cmd.keys, say)
        say("verifying what was written")
        check(draft)
        _sync(draft)
        if out.suffix == TAR:
            _pack(draft, out)
        else:
            draft.rename(out)
            _sync_folder(out.parent)
    except OSError as error:
        raise Unavailable("the backup cannot be written", found=str(error.strerror), where=str(out)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return {"backup": str(out), **manifest}


def _write(office: Office, draft: Path, keys: bool, say: Progress) -> dict[str, Any]:
    head, final = office.chain.head(), office.chain.final()  # before the database: what it knows is not later
    with office.store.read() as session:
        log = audit.head(session)
    say("copying the database")
    copy = _copy_store(office, draft)
    embedded = isinstance(office.chain, EmbeddedChain)
    if isinstance(office.chain, EmbeddedChain):
        say("copying the chain")
        office.chain.copy_to(draft / CHAIN)
        _alone(draft / CHAIN)
    shutil.copyfile(office.home / CONFIG, draft / CONFIG)
    if keys:
        (draft / KEYS).mkdir(mode=0o700)
        for keystore in sorted(office.keys.folder.glob("*.json")):
            shutil.copyfile(keystore, draft / KEYS / keystore.name)
    manifest = {
        "schema": SCHEMA,
        "version": __version__,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "registry_id": office.registry_id,
        "revision": revisions.head(),
        "store": "sqlite" if copy == DATABASE else "postgresql",
        "chain": {
            "id": office.deployment.chain_id,
            "genesis": office.deployment.genesis,
            "embedded": embedded,
            "head": {"number": head.number, "hash": head.hash},
            "final": final,
        },
        "audit": {"seq": log.seq, "head": log.hash},
        "keys": keys,
        "files": {name: _told(draft / name) for name in _names(draft)},
    }
    (draft / MANIFEST).write_bytes(canonical(manifest))
    for file in draft.rglob("*"):
        file.chmod(0o700 if file.is_dir() else 0o600)
    return manifest


def _copy_store(office: Office, draft: Path) -> str:
    """The name of the copy: a SQLite file, or PostgreSQL's own dump."""
    store = office.store
    if store.path is None:
        run_postgres("pg_dump", store.url, "--format=custom", "--no-owner", "--no-privileges", f"--file={draft / DUMP}")
        return DUMP
    try:
        with (
            closing(sqlite3.connect(f"file:{store.path}?mode=ro", uri=True, timeout=30)) as source,
            closing(sqlite3.connect(draft / DATABASE)) as target,
        ):
            source.backup(target)  # in one step: one state, whatever others write meanwhile
    except sqlite3.Error as error:
        raise Unavailable("the database cannot be copied", found=str(error), where=str(store.path)) from error
    _alone(draft / DATABASE)
    return DATABASE


def _alone(path: Path) -> None:
    """The whole database in one file, without a log beside it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _names(folder: Path) -> list[str]:
    return sorted(
        str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and file.name != MANIFEST
    )


def _told(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return {"sha256": f"0x{digest.hexdigest()}", "bytes": path.stat().st_size}


def _sync(draft: Path) -> None:
    for file in [*draft.rglob("*"), draft]:
        if file.is_dir():
            _sync_folder(file)
        else:
            with file.open("rb") as opened:
                os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pack(draft: Path, out: Path) -> None:
    """The draft as one file, the manifest first."""
    file = draft.with_name(draft.name + TAR)
    try:
        with tarfile.open(file, "w") as tar:
            for name in (MANIFEST, *_names(draft)):
                tar.add(draft / name, name)
        file.chmod(0o600)
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
        file.rename(out)
        _sync_folder(out.parent)
    finally:
        file.unlink(missing_ok=True)


# ---- reading


@contextmanager
def opened(path: Path, beside: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The folder of a backup and its manifest, checked. A tar file is unpacked beside a place, and gone afterwards.

    Raises NotFound, UsageError for what is no backup, IntegrityFailure when it is not what was written.
    """
    if not path.exists():
        raise NotFound(
            "no such backup", found=str(path), needed="a folder or tar file of `abst backup`", where="BACKUP"
        )
    if path.is_dir():
        yield path, check(path)
        return
    folder = beside.with_name(f".{beside.name}.{secrets.token_hex(4)}")
    folder.mkdir(parents=True, mode=0o700)
    try:
        try:
            _unpack(path, folder)
        except tarfile.TarError as error:
            raise UsageError(
                "this is no backup", found=str(error), needed="a tar of `abst backup`", where=str(path)
            ) from None
        yield folder, check(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(path: Path, folder: Path) -> None:
    """Plain files below the folder, and nothing else, whatever a tar says. Raises TarError."""
    with tarfile.open(path) as tar:
        for member in tar:
            name, content = PurePosixPath(member.name), tar.extractfile(member) if member.isreg() else None
            target = folder / name
            if content is None or name.is_absolute() or ".." in name.parts or target.exists():
                raise tarfile.TarError(f"{member.name}: not a plain file of a backup")
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with content, target.open("xb") as file:
                shutil.copyfileobj(content, file)


def check(folder: Path) -> dict[str, Any]:
    """The manifest of a backup whose every file is what the manifest says. Raises UsageError, IntegrityFailure."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        schema, files = manifest["schema"], manifest["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        found = f"{type(error).__name__}: {error}"
        raise UsageError("this is no backup", found=found, needed=f"a {MANIFEST}", where=str(folder)) from None
    if schema != SCHEMA:
        raise UsageError("a backup of another kind", found=str(schema), needed=SCHEMA, where=str(folder))
    for name in sorted({*files, *_names(folder)}):
        there = _told(folder / name) if (folder / name).is_file() else {}
        if there != files.get(name):
            raise IntegrityFailure(
                "the backup is not what was written",
                found=str(there.get("sha256", "no such file")),
                needed=str(files.get(name, {}).get("sha256", "no such file")),
                where=f"{name} in {folder}",
            )
    for name in (DATABASE, CHAIN):
        if name in files:
            _sound(folder / name)
    if DUMP in files:
        _listed(folder / DUMP)
    return manifest


def manifest_hash(manifest: dict[str, Any]) -> Hash:
    """SHA-256 of a manifest: which backup it was, for the log."""
    return file_digest(canonical(manifest))


def _sound(path: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        try:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        except sqlite3.Error as error:
            found = [str(error)]
    if found != ["ok"]:
        raise IntegrityFailure("the copy is damaged", found="; ".join(found[:3]), needed="ok", where=str(path))


def _listed(path: Path) -> None:
    """PostgreSQL's own reader finds the table of the log in its dump."""
    listed = _run([_program("pg_restore"), "--list", str(path)], {})
    if " TABLE DATA public audit " not in listed:
        raise IntegrityFailure("the dump is not whole", found="no audit log in it", where=str(path))


# ---- PostgreSQL's own programs


def run_postgres(name: str, url: URL, *arguments: str) -> None:
    """Run one of PostgreSQL's programs upon a database. The password goes by the environment. Raises Unavailable."""
    place = url.set(drivername="postgresql", password=None).render_as_string()
    _run([_program(name), f"--dbname={place}", *arguments], {"PGPASSWORD": str(url.password)} if url.password else {})


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        needed = f"{name} of the server's version on the PATH, or the procedure in docs/backup.md"
        raise Unavailable(f"{name} is not here", found="not on the PATH", needed=needed, where="PostgreSQL")
    return found


def _run(line: list[str], secrets_: dict[str, str]) -> str:
    done = subprocess.run(line, env={**os.environ, **secrets_}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{Path(line[0]).name} failed", found=done.stderr.strip()[-400:], where="PostgreSQL")
    return done.stdout
