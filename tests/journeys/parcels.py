"""What the tests of portable packages share: a home with a history, its package, and ways to spoil one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from program import FILING, PASSPHRASE, WORK, Abst

from abst.bootstrap import open_office
from abst.chain.office import Office
from abst.integrity.portable import layout
from abst.keys import LocalSigner
from abst.values import file_digest, hash_of

OPS, OPS_2, CHECKER, CHECKER_2 = "operations-1", "operations-2", "compliance-1", "compliance-2"
STRANGER = LocalSigner(hash_of(b"a stranger"))
Spoil = Callable[[bytes], bytes]


def live(abst: Abst) -> None:
    """Movements of every sort after the first mints: sold on, frozen, pledged, given back."""
    abst("transfer", "alpha", "beta", "10000", "JSD-A1")
    paper = ("--evidence", abst.evidence("court order"), "--as", OPS)
    abst.approve(abst("freeze", "beta", "20000", "JSD-SUB", *paper, exit=7), CHECKER)
    pledge = ("pledge", "add", "alpha", "JSD-A1", "30000", "--to", "beta", "--evidence", abst.evidence("contract"))
    abst.approve(abst(*pledge, "--as", OPS, exit=7), CHECKER)
    abst.warp("2d")
    lose_and_recover(abst, "beta")
    abst("redeem", "beta", "10000", "JSD-A1")
    told = ("--kind", "issue-completion", "--name", "report", "--uri", "https://example.org/r", "--obligation", "1")
    abst("disclose", FILING, *told, "--document", abst.evidence("report"), "--as", OPS)
    abst.approve(abst("token", "write-down", "JSD-SUB", "150001", *paper, exit=7), CHECKER)


def lose_and_recover(abst: Abst, investor: str) -> None:
    """An investor's wallet is lost; what it held goes to his second one."""
    (lost,) = [row["wallet"] for row in abst("holders", "JSD-A1").result["rows"] if row["investor"] == investor]
    second = abst("wallet", "new", f"{investor}-second", "--keystore-work", WORK).result["address"]
    for words in (("challenge", investor, second), ("prove", second), ("add", investor, second)):
        abst("wallet", *words, "--as", OPS)
    paper = ("--evidence", abst.evidence("report of loss"), "--as", OPS)
    abst.approve(abst("recover-wallet", lost, second, *paper, exit=7), CHECKER)


@contextmanager
def office_of(abst: Abst) -> Iterator[Office]:
    office = open_office(abst.home, lambda _: PASSPHRASE)
    try:
        yield office
    finally:
        office.close()


def beside(abst: Abst, name: str = "package") -> Path:
    return abst.home.parent / name


def copied(package: Path, to: Path) -> Path:
    shutil.copytree(package, to)
    return to


def names(package: Path) -> list[str]:
    return sorted(path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file())


def objects(package: Path, kind: str) -> list[dict[str, Any]]:
    return [
        orjson.loads(line) for path in sorted((package / kind).iterdir()) for line in path.read_bytes().splitlines()
    ]


def signed_again(package: Path, signer: Any, officer: str = "operations-1") -> None:
    """The manifest made to fit its files, and signed: what only who holds such a key can do."""
    manifest = orjson.loads((package / layout.MANIFEST).read_bytes())
    files: dict[str, Any] = {}
    counts = dict.fromkeys(layout.FILES, 0)
    for name in names(package):
        if name in (layout.MANIFEST, layout.SIGNATURE):
            continue
        content, schema = (package / name).read_bytes(), layout.kind_of_file(name)
        lines = content.count(b"\n") if schema else 0
        files[name] = {"sha256": file_digest(content), "bytes": len(content), "lines": lines, "schema": schema}
        if schema:
            counts[name.split("/")[0]] += lines
    content = layout.page(manifest | {"files": files, "counts": counts})
    (package / layout.MANIFEST).write_bytes(content)
    text = layout.signed_words(file_digest(content))
    signature = "0x" + signer.sign_text(text).hex()
    told = {"officer": officer, "address": signer.address, "text": text, "signature": signature}
    (package / layout.SIGNATURE).write_bytes(layout.page(told))


def changed(package: Path, name: str, spoil: Spoil) -> None:
    path = package / name
    path.write_bytes(spoil(path.read_bytes()))


def first_line(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Spoil:
    """Changes the object of the first line."""

    def spoil(content: bytes) -> bytes:
        first, *rest = content.splitlines(keepends=True)
        return b"".join([layout.line(change(orjson.loads(first))), *rest])

    return spoil


def dropped(content: bytes) -> bytes:
    """Without the last line."""
    return b"".join(content.splitlines(keepends=True)[:-1])


def doubled(content: bytes) -> bytes:
    """With the last line twice."""
    return content + content.splitlines(keepends=True)[-1]


def flipped(content: bytes) -> bytes:
    """One digit changed, where there is one."""
    place = next(n for n in range(len(content) // 2, len(content)) if chr(content[n]) in "0123456789abcdef")
    return content[:place] + (b"1" if content[place : place + 1] != b"1" else b"2") + content[place + 1 :]
