"""Pages of marks as one PDF file with both fonts in it. The same pages give the same bytes.

Streams are stored, not deflated: which bytes a deflater makes depends on its maker and version, and the hash of a
published report must not.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fpdf import FPDF
from fpdf.output import OutputProducer
from fpdf.syntax import PDFContentStream, PDFObject

from abst.reports.drawn.lettering import FILES
from abst.reports.drawn.marks import Box, Drawing, Line, Mark, Words

FAMILY = "report"
GLYPH_MAP = 2 * 65_536  # bytes of a map of glyph numbers, most of them zeros after the last one used


@dataclass(frozen=True, slots=True)
class Cover:
    """What a reader program shows of the file. made: the instant that the report speaks of, never the clock's."""

    title: str
    subject: str
    lang: str
    made: datetime


def pdf(pages: Sequence[Drawing], cover: Cover) -> bytes:
    """The file, with the characters used embedded and no others."""
    file = FPDF(unit="pt", format=(pages[0].width, pages[0].height))
    file.set_auto_page_break(False)
    file.set_compression(False)
    for bold, path in FILES.items():
        file.add_font(FAMILY, "B" if bold else "", path)
    file.set_title(cover.title)
    file.set_subject(cover.subject)
    file.set_lang(cover.lang)
    file.set_creator("ABST Registry")
    file.set_creation_date(cover.made)
    for page in pages:
        file.add_page()
        for mark in page.marks:
            _draw(file, mark)
    return bytes(file.output(output_producer_class=Stored))


class Stored(OutputProducer):
    """Writes every stream as it is."""

    def _add_pdf_obj(self, pdf_obj: PDFObject, trace_label: str | None = None) -> int:
        if isinstance(pdf_obj, PDFContentStream) and pdf_obj.filter == "FlateDecode":
            content = zlib.decompress(pdf_obj.content_stream())
            if len(content) == GLYPH_MAP:
                content = content.rstrip(b"\0") + b"\0\0"
            pdf_obj._contents, pdf_obj.length, pdf_obj.filter = content, len(content), None
        return super()._add_pdf_obj(pdf_obj, trace_label)


def _draw(file: FPDF, mark: Mark) -> None:
    match mark:
        case Box():
            file.set_fill_color(mark.fill)
            rounded: dict[str, Any] = {"round_corners": True, "corner_radius": mark.radius} if mark.radius else {}
            file.rect(mark.x, mark.y, mark.width, mark.height, style="F", **rounded)
        case Words():
            file.set_text_color(mark.color)
            file.set_font(FAMILY, "B" if mark.bold else "", mark.size)
            file.text(mark.left, mark.y, mark.text)
        case Line():
            _line(file, mark)


def _line(file: FPDF, mark: Line) -> None:
    if mark.fill:
        file.set_fill_color(mark.fill)
    if mark.stroke:
        file.set_draw_color(mark.stroke)
        file.set_line_width(mark.width)
        file.set_dash_pattern(mark.dash, mark.dash)
    style = f"{'D' if mark.stroke else ''}{'F' if mark.fill else ''}"
    file.polyline(mark.points, polygon=bool(mark.fill), style=style)
