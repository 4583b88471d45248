"""Opens a package, a folder or a zip, of which nothing is trusted: names, sizes and kinds of its files are checked.

Nothing is unpacked to the disk; a file is read when it is asked for, and none longer than `layout.MOST_BYTES`.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from abst.errors import IntegrityFailure, NotFound, UsageError
from abst.integrity.portable import layout
from abst.integrity.portable.shape import Shape, fault


@dataclass(frozen=True)
class Opened:
    """A package's files by name with their sizes, and how each is read."""

    path: Path
    sizes: dict[str, int]
    zip: bool

    def read(self, name: str) -> bytes:
        """Bytes of one file. Raises IntegrityFailure where it is missing or too long, UsageError for a broken zip."""
        size = self.sizes.get(name)
        if size is None:
            raise IntegrityFailure("a file of the package is missing", found="nothing", needed=name, where=name)
        if size > layout.MOST_BYTES:
            needed = f"at most {layout.MOST_BYTES} bytes"
            raise IntegrityFailure("a file of the package is too long", found=str(size), needed=needed, where=name)
        try:
            if not self.zip:
                return (self.path / name).read_bytes()
            with zipfile.ZipFile(self.path) as file, file.open(name) as member:
                # What a zip says of a size may be a lie.
                content = member.read(layout.MOST_BYTES + 1)
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise UsageError("a file cannot be read", found=str(error), needed="a readable file", where=name) from None
        if len(content) > layout.MOST_BYTES:
            raise IntegrityFailure("a file of the package is too long", found="unpacked", where=name)
        return content

    def page(self, name: str, shape: Shape) -> Any:
        """A whole file of JSON. Raises IntegrityFailure unless it has the shape."""
        found = _parsed(self.read(name), name)
        wrong = fault(shape, found)
        if wrong:
            raise IntegrityFailure("a file is not as its schema says", found=wrong, needed=layout.SCHEMA, where=name)
        return found

    def lines(self, name: str, *, shaped: bool = True) -> Iterator[tuple[str, dict[str, Any]]]:
        """(where, object) of each line. shaped: each is held against its schema. Raises IntegrityFailure."""
        shape = layout.LINES[layout.kind_of_file(name) or ""]
        for number, raw in enumerate(self.read(name).splitlines(keepends=True), 1):
            where = f"{name} line {number}"
            one = _parsed(raw, where)
            if not isinstance(one, dict) or layout.line(one) != raw:
                needed = "keys sorted and once, no spaces, a line feed at the end"
                raise IntegrityFailure(
                    "a line is not in canonical form", found=repr(raw[:80]), needed=needed, where=where
                )
            wrong = fault(shape, one) if shaped else ""
            if wrong:
                raise IntegrityFailure(
                    "a line is not as its schema says", found=wrong, needed=layout.SCHEMA, where=where
                )
            yield where, one

    def every(self, kind: str, *, shaped: bool = True) -> Iterator[tuple[str, dict[str, Any]]]:
        """Lines of all files of a kind, in the order of their names."""
        for name in sorted(name for name in self.sizes if name.startswith(f"{kind}/")):
            yield from self.lines(name, shaped=shaped)


def _parsed(content: bytes, where: str) -> Any:
    try:
        return orjson.loads(content)  # it refuses nesting without end by itself
    except orjson.JSONDecodeError as error:
        raise IntegrityFailure("no JSON", found=str(error), needed="JSON in UTF-8", where=where) from None


def open_package(path: Path) -> Opened:
    """A package by its folder or zip. Raises NotFound, UsageError for what is none, IntegrityFailure for odd files."""
    if not path.exists():
        raise NotFound("no such package", found=str(path), where="PACKAGE")
    sizes = _folder(path) if path.is_dir() else _zip(path)
    if layout.MANIFEST not in sizes:
        raise UsageError("not a package", found=f"no {layout.MANIFEST}", needed=layout.SCHEMA, where=str(path))
    odd = sorted(name for name in sizes if not layout.NAME.fullmatch(name))
    if odd:
        raise IntegrityFailure(
            "a file that no package has", found=odd[0], needed="the files of a package", where=odd[0]
        )
    return Opened(path, sizes, not path.is_dir())


def _folder(path: Path) -> dict[str, int]:
    """Plain files alone: a link could lead anywhere."""
    sizes: dict[str, int] = {}
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            full = Path(folder) / name
            told = full.relative_to(path).as_posix()
            if full.is_symlink() or not (full.is_file() or full.is_dir()):
                raise IntegrityFailure("not a plain file", found=told, needed="files and folders alone", where=told)
            if full.is_file():
                sizes[told] = full.stat().st_size
    return sizes


def _zip(path: Path) -> dict[str, int]:
    try:
        with zipfile.ZipFile(path) as file:
            members = [member for member in file.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
        raise UsageError("neither a folder nor a zip", found=str(error), needed="a package", where=str(path)) from None
    names = [member.filename for member in members]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise IntegrityFailure("a file stands twice in the package", found=twice[0], needed="once", where=twice[0])
    return {member.filename: member.file_size for member in members}
