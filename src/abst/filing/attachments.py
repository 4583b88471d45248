"""Attachments of a dossier: files by path below one folder, each read once for its SHA-256; only hashes are kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

from abst.errors import UsageError
from abst.filing.dossier import Dossier

CHUNK = 1 << 20


def hashes(dossier: Dossier, folder: Path) -> dict[str, str | None]:
    """SHA-256 of every file that the dossier names, None where there is none. Raises UsageError for one outside."""
    return {paper.path: _hash(folder, paper.path, where) for where, paper in dossier.papers() if paper.path}


def _hash(folder: Path, name: str, where: str) -> str | None:
    root = folder.resolve()
    file = (root / name).resolve()
    if not file.is_relative_to(root):
        needed = "a path below the folder of attachments"
        raise UsageError("an attachment lies outside the folder", found=name, needed=needed, where=f"{where}.path")
    if not file.is_file():
        return None
    made = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(CHUNK):
            made.update(chunk)
    return "0x" + made.hexdigest()
