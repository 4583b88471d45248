"""Reads the official files: which format it is follows from the content, and a file is taken whole or not at all.

Every error is a UsageError that names the file and the line, or the element and its id.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from abst.errors import UsageError
from abst.investor.screening.entries import SOURCES, Entry

File = tuple[str, bytes]  # name and content
Row = tuple[int, list[str]]  # line and cells


def read(source: str, files: Iterable[File]) -> list[Entry]:
    """All entries of a list's files. Raises UsageError: unknown source or format, malformed, empty, an id twice."""
    from abst.investor.screening import ofac, pep, un_eu, united_kingdom

    parsers: dict[str, Callable[[str, list[File]], list[Entry]]] = {
        "ofac": ofac.parse,
        "ofac-consolidated": ofac.parse,
        "un": un_eu.parse_un,
        "eu": un_eu.parse_eu,
        "uk": united_kingdom.parse,
        "pep": pep.parse,
    }
    if source not in parsers:
        raise UsageError("no such list", found=source, needed=", ".join(SOURCES), where="--source")
    given = list(files)
    entries = parsers[source](source, given)
    where = ", ".join(name for name, _ in given)
    if not entries:
        raise UsageError("the list is empty", found="no entry", needed="at least one", where=where)
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise UsageError("an entry stands twice", found=entry.id, needed="each id once", where=where)
        seen.add(entry.id)
    return entries


def only(files: list[File]) -> File:
    """The one file of a list that has one. Raises UsageError for several."""
    if len(files) != 1:
        found = ", ".join(name for name, _ in files) or "none"
        raise UsageError("this list is one file", found=found, needed="one file", where="FILE")
    return files[0]


def is_xml(content: bytes) -> bool:
    return content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def text_of(name: str, content: bytes, *encodings: str) -> str:
    """The text of a file, in the first of the encodings that fits. Raises UsageError."""
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError("not text", found="bytes that are none", needed=" or ".join(encodings), where=name)


def lines(name: str, text: str) -> Iterator[Row]:
    """Rows of a CSV with their lines, empty ones left out. Raises UsageError for a quote that never closes."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise UsageError("not a CSV file", found=str(error), where=f"{name}, line {reader.line_num}") from None


def table(name: str, rows: Iterable[Row], needed: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by column name. The header is the first row that holds all needed columns (a date may stand above it).

    Raises UsageError when there is none among the first three rows, or a row is shorter than its header.
    """
    wanted = set(needed)
    header: list[str] = []
    for number, (line, cells) in enumerate(rows, start=1):
        if not header:
            said = [" ".join(cell.split()) for cell in cells]
            if wanted <= set(said):
                header = said
            elif number >= 3:
                break
            continue
        if len(cells) < len(header):
            found = f"{len(cells)} cells"
            raise UsageError("a short row", found=found, needed=f"{len(header)}", where=f"{name}, line {line}")
        yield line, dict(zip(header, (cell.strip() for cell in cells), strict=False))
    if not header:
        raise UsageError("wrong columns", found="no such header", needed=", ".join(sorted(wanted)), where=name)


def elements(name: str, content: bytes, root: str, tags: Iterable[str]) -> Iterator[Element]:
    """Elements of these names below a root of that name, one after another, namespaces taken off, freed when read.

    Entities and document types are refused, never resolved. Raises UsageError naming line and column.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    wanted, top = set(tags), None
    try:
        for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                if top is None:
                    top = element
                    if _bare(element.tag) != root:
                        found = f"<{_bare(element.tag)}>"
                        raise UsageError("another kind of file", found=found, needed=f"<{root}>", where=name)
                continue
            element.tag = _bare(element.tag)
            if element.tag in wanted:
                yield element
                element.clear()
    except ParseError as error:
        line, column = error.position
        where = f"{name}, line {line}, column {column}"
        raise UsageError("not well-formed XML", found=str(error), needed="the whole file", where=where) from None
    except DefusedXmlException as error:
        found = type(error).__name__
        raise UsageError("XML with entities or a document type", found=found, needed="none", where=name) from None


def _bare(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def words(element: Element, path: str) -> str:
    """Text of the first descendant on a path, trimmed; empty when there is none."""
    return (element.findtext(path) or "").strip()


def all_words(element: Element, path: str) -> list[str]:
    """Texts of all descendants on a path."""
    return [(found.text or "").strip() for found in element.findall(path)]
