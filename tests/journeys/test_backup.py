"""Backups of a small registry: whole or not at all, put back without harm, and what is noticed without any mark.

given a registry that runs
    when it is backed up
        it should be one consistent state, verified, with keys only when asked, or nothing at all
    when the backup is put back
        it should spoil neither a newer chain nor the database that was there, and not hide another registry
    when the database was put back by other means, or is gone
        it should be noticed before anything is sent, and a second registry is never made
"""

from __future__ import annotations

import io
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import desks
import pytest
from desks import opened, passphrase
from drill import anchor, copy_chain

import nodes
from abst import audit
from abst.bootstrap import Init, init, read_config
from abst.bootstrap.restoring import Restore, restore
from abst.cash import deposits
from abst.chain.office import Office
from abst.errors import Conflict, IntegrityFailure, Unavailable, UsageError
from abst.integrity import backup, desk, recovering
from abst.store import Store
from databases import chosen_store, on_postgres

pytestmark = pytest.mark.slow
EMBEDDED_ON_SQLITE = pytest.mark.skipif(
    nodes.on_nodes() or on_postgres(), reason="of the files that a home without servers has"
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("kept") / "home"
    with nodes.kept():
        init(home, Init(passphrase_of=passphrase, work=2, store_url=chosen_store(), **nodes.chosen()))
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return desks.copied(template, tmp_path / "home")


@pytest.fixture
def office(home: Path) -> Iterator[Office]:
    with opened(home) as made:
        yield made


def made(office: Office, out: Path, *, keys: bool = False) -> Path:
    backup.make(office, backup.MakeBackup(out, keys))
    return out


def open_account(office: Office, request: str) -> str:
    command = deposits.SetAccount(officer="bank-desk", request=request, account="operations-1", is_open=True)
    return deposits.set_account(office, command).outcome


def test_a_backup_is_whole_or_not_at_all(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the middle leaves nothing; what is there already is never written over."""
    out = tmp_path / "backups" / "one"
    with monkeypatch.context() as broken:
        broken.setattr(backup, "_names", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            made(office, out)
    assert list(out.parent.iterdir()) == []
    made(office, out)
    with pytest.raises(Conflict, match="something is there"):
        made(office, out)
    assert list(out.parent.iterdir()) == [out]
    assert (out / "manifest.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["backup.tar", pytest.param("backup", marks=pytest.mark.prove)])
def test_keys_are_in_a_backup_only_when_asked(office: Office, tmp_path: Path, name: str) -> None:
    """The encrypted keystores come back where the home has none; passphrases are never in it."""
    plain = restore(Restore(made(office, tmp_path / f"plain-{name}"), tmp_path / "plain", chosen_store()))
    assert (plain["keys"], list((tmp_path / "plain/keys").iterdir())) == ([], [])
    full = restore(Restore(made(office, tmp_path / f"full-{name}", keys=True), tmp_path / "full", chosen_store()))
    assert set(full["keys"]) == set(office.keys.names())
    assert {file.suffix for file in (tmp_path / "full/keys").iterdir()} == {".json"}


def test_a_changed_backup_is_refused_before_anything_is_put(office: Office, tmp_path: Path) -> None:
    """A byte changed, a file missing or added: the manifest says so, and no home is made."""
    whole = made(office, tmp_path / "whole")
    for number, file in enumerate(sorted(whole.iterdir())):
        if file.name == "manifest.json":
            continue
        for spoil in ("changed", "gone"):
            copy = shutil.copytree(whole, tmp_path / f"{spoil}-{number}")
            if spoil == "gone":
                (copy / file.name).unlink()
            else:
                content = file.read_bytes()
                (copy / file.name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
            with pytest.raises(IntegrityFailure, match="not what was written"):
                restore(Restore(copy, tmp_path / "none", chosen_store()))
    (whole / "more").write_text("more", encoding="utf-8")
    with pytest.raises(IntegrityFailure, match="not what was written"):
        restore(Restore(whole, tmp_path / "none", chosen_store()))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["../out.db", "/tmp/out.db", "keys/../../out.db", "link", "twice"])
def test_a_tar_that_would_write_elsewhere_is_no_backup(tmp_path: Path, name: str) -> None:
    """Only plain files below the folder are ever written, each once."""
    tar = tmp_path / "in" / "backup.tar"
    tar.parent.mkdir()
    with tarfile.open(tar, "w") as made:
        for _ in range(2 if name == "twice" else 1):
            member = tarfile.TarInfo(name)
            member.type = tarfile.SYMTYPE if name == "link" else tarfile.REGTYPE
            member.linkname = "/etc" if name == "link" else ""
            made.addfile(member, io.BytesIO())
    with pytest.raises(UsageError, match="not a plain file"), backup.opened(tar, tmp_path / "in" / "home"):
        pytest.fail("it was opened")
    assert [file.name for file in tmp_path.rglob("*")] == ["in", "backup.tar"]


@pytest.mark.prove
def test_a_backup_is_one_state_while_others_write(office: Office, tmp_path: Path) -> None:
    """Entries are added all the while: the copy holds a beginning of the log, unbroken."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with office.store.begin() as session:
                audit.append(session, actor="test", act="note", subject="test", at=1, facts={"pad": "x" * 5_000})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        put = [
            restore(Restore(made(office, tmp_path / f"backup-{n}"), tmp_path / f"restored-{n}", chosen_store()))
            for n in range(2)
        ]
    finally:
        stop.set()
        writer.join()
    for one in put:
        folder = Path(one["home"])
        store = Store(read_config(folder).store_at(folder))
        with store.read() as session:
            assert audit.verify(session) == []
            assert audit.head(session).seq >= 1
        store.close()


@EMBEDDED_ON_SQLITE
def test_a_newer_chain_stays_and_the_old_database_is_kept(office: Office, home: Path, tmp_path: Path) -> None:
    """A chain file that has lived on is no loser; an older or another one is refused; the old database lies beside."""
    early = shutil.copy(home / "chain.db", tmp_path / "early.db")
    office.chain.copy_to(Path(early))  # type: ignore[attr-defined]
    anchor(office, "anchor-1")
    out = made(office, tmp_path / "backup")
    anchor(office, "anchor-2")
    head = office.chain.head()
    with pytest.raises(Conflict, match="in use"):
        restore(Restore(out, home))
    office.close()
    put = restore(Restore(out, home))
    assert (put["chain"], Path(put["kept_aside"]).exists()) == ("kept", True)
    with opened(home) as again:
        assert again.chain.head() == head
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(early, other / "chain.db")
    with pytest.raises(Conflict, match="does not hold what the backup knew"):
        restore(Restore(out, other))
    assert restore(Restore(out, tmp_path / "alone"))["chain"] == "restored"


def test_another_registry_s_home_is_not_written_over(office: Office, tmp_path: Path) -> None:
    """A backup goes into its own registry's home, or into none."""
    out, other = made(office, tmp_path / "backup"), tmp_path / "other"
    other.mkdir()
    words = (office.home / "config.toml").read_text(encoding="utf-8")
    (other / "config.toml").write_text(words.replace(office.registry_id, "0x" + "ab" * 32), encoding="utf-8")
    with pytest.raises(Conflict, match="another registry"):
        restore(Restore(out, other))


@EMBEDDED_ON_SQLITE
def test_a_database_put_back_by_hand_is_noticed_before_anything_is_sent(office: Office, home: Path) -> None:
    """No mark says so: the chain has transactions of the keys that the store cannot explain, and their lanes stop."""
    anchor(office, "anchor-1")
    office.close()
    kept = shutil.copy(home / "registry.db", home / "kept.db")
    with opened(home) as living:
        assert anchor(living, "anchor-2").outcome == "done"
        assert open_account(living, "open") == "done"  # of a key that never sent before
        head = living.chain.head()
    shutil.copy(kept, home / "registry.db")
    with opened(home) as behind:
        assert anchor(behind, "anchor-3").outcome == "waiting"
        assert open_account(behind, "open-again") == "waiting"
        assert behind.chain.head() == head
        assert set(recovering.behind(behind).values()) == {1}
        report = recovering.recover(behind, recovering.Recover())
        assert (len(report.found), report.lifted) == (2, True)
        assert recovering.behind(behind) == {}
        assert open_account(behind, "open") == "done"
        assert behind.chain.head() == head


@EMBEDDED_ON_SQLITE
def test_a_lost_database_is_made_anew_and_no_second_registry(office: Office, home: Path) -> None:
    """Init finds the registry on its chain: same contracts, officers by their roles, acts after recovery alone."""
    anchor(office, "anchor-1")
    deployment, head = office.deployment, office.chain.head()
    with office.store.read() as session:
        people = {one.name: one.roles for one in recovering.officers.all(session)}
    office.close()
    for file in home.glob("registry.db*"):
        file.unlink()
    told = init(home, Init(passphrase_of=passphrase, work=2))
    assert {one["name"]: one["roles"] for one in told["officers"]} == people
    with opened(home) as again:
        assert (again.deployment, again.chain.head()) == (deployment, head)
        with pytest.raises(Unavailable, match="restored from a backup"):
            anchor(again, "anchor-2")
        report = recovering.recover(again, recovering.Recover())
        assert [one.words for one in report.found] == ["AuditAnchors.anchor"]
        assert anchor(again, "anchor-2").outcome == "done"
        assert desk.verify(again) == []


@pytest.mark.prove
@EMBEDDED_ON_SQLITE
def test_a_damaged_database_can_be_replaced(office: Office, home: Path, tmp_path: Path) -> None:
    """What cannot be opened any more is kept aside as it is, and the backup takes its place."""
    out = made(office, tmp_path / "backup")
    office.close()
    (home / "registry.db").write_bytes(b"not a database" * 1000)
    put = restore(Restore(out, home))
    assert Path(put["kept_aside"]).read_bytes().startswith(b"not a database")
    with opened(home) as again, pytest.raises(Unavailable, match="restored from a backup"):
        anchor(again, "anchor-1")


@pytest.mark.prove
@EMBEDDED_ON_SQLITE
def test_a_killed_restore_or_recovery_is_done_again(office: Office, home: Path, tmp_path: Path) -> None:
    """Whatever step it ends after, the same again brings the same end, and the log tells of it once."""
    anchor(office, "anchor-1")
    out = made(office, tmp_path / "backup")
    assert open_account(office, "open") == "done"
    office.close()
    fresh = tmp_path / "fresh"
    copy_chain(home, fresh)
    shutil.copytree(home / "keys", fresh / "keys")
    for step in ("_mark", "_fold"):
        with pytest.MonkeyPatch.context() as dying:
            dying.setattr(f"abst.bootstrap.restoring.{step}", _dies)
            with pytest.raises(KeyboardInterrupt):
                restore(Restore(out, fresh))
        assert not (fresh / "registry.db").exists()
    restore(Restore(out, fresh))
    for step in ("_by_receipts", "_lift", "_make_room", "settle"):
        with opened(fresh) as again, pytest.MonkeyPatch.context() as dying:
            dying.setattr(f"abst.integrity.recovering.{step}", _dies)
            with pytest.raises(KeyboardInterrupt):
                recovering.recover(again, recovering.Recover())
    with opened(fresh) as again:
        report = recovering.recover(again, recovering.Recover())
        assert report.lifted
        assert open_account(again, "open") == "done"
        with again.store.read() as session:
            assert [entry.act for entry in audit.entries(session, subject="registry")].count("recover") == 1
        assert desk.verify(again) == []


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_copy_that_is_not_sound_is_no_backup(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk wrote something else than was asked: found before the backup gets its name."""
    real = backup._copy_store

    def spoilt(office: Office, draft: Path) -> str:
        name = real(office, draft)
        content = bytearray((draft / name).read_bytes())
        content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
        (draft / name).write_bytes(bytes(content))
        return name

    monkeypatch.setattr(backup, "_copy_store", spoilt)
    with pytest.raises((IntegrityFailure, Unavailable, sqlite3.DatabaseError)):
        made(office, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
