"""The two fonts of the reports: how wide text is, where it may be broken, and what to show when a glyph is missing.

Both are subsets of Noto Sans SC under the Open Font License (`font/README.md`). A character that no font holds is shown
as its code point, such as [U+20BB7]: it can be read and found, and never is an empty box.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "font"
FILES = {False: FOLDER / "regular.woff", True: FOLDER / "bold.woff"}
ASCENT, DESCENT = 0.88, 0.23  # of the size: the tallest and the deepest letter of either font
UNITS = 1000
CLOSING = "，。、；：！？）〕】》」』”’…%％‰,.;:!?)]}"
OPENING = "（〔【《「『“‘([{"


@cache
def advances(bold: bool) -> Mapping[int, int]:
    """Width of each character of a font, in thousandths of its size."""
    from fontTools.ttLib import TTFont

    with TTFont(FILES[bold], lazy=True) as font:
        widths = font["hmtx"].metrics
        return {code: widths[glyph][0] for code, glyph in font.getBestCmap().items()}


def width(text: str, size: float, bold: bool = False) -> float:
    """How wide a shown text is, in points; one that the bold font lacks a glyph of is set in the regular one."""
    known = advances(bold and in_bold(text))
    return sum(known[ord(character)] for character in text) * size / UNITS


def shown(text: str) -> str:
    """The text with every character that the font lacks as its code point; white space is plain spaces."""
    known = advances(False)
    return "".join(
        one if ord(one) in known else " " if one.isspace() else f"[U+{ord(one):04X}]" for one in text.replace("\n", " ")
    )


def in_bold(text: str) -> bool:
    """Whether the bold font holds all of it; it has fewer Chinese characters than the regular one."""
    known = advances(True)
    return all(ord(character) in known for character in text)


def wrap(text: str, size: float, room: float, bold: bool = False) -> list[str]:
    """The lines of a shown text in a room, at least one. A word wider than the room is cut."""
    lines: list[str] = [""]
    for piece in pieces(text):
        if width(lines[-1] + piece.rstrip(" "), size, bold) <= room:
            lines[-1] += piece
            continue
        if lines[-1].strip():
            lines.append("")
        for one in piece.lstrip(" ") if width(piece.strip(" "), size, bold) > room else [piece.lstrip(" ")]:
            if lines[-1] and width(lines[-1] + one, size, bold) > room:
                lines.append("")
            lines[-1] += one
    return [line.strip(" ") for line in lines]


def clipped(text: str, size: float, room: float) -> str:
    """As much of a shown text as one line of a room holds, with an ellipsis for the rest."""
    if width(text, size) <= room:
        return text
    return wrap(text, size, room - width("…", size))[0] + "…"


def pieces(text: str) -> Iterator[str]:
    """What may not be broken: a word with the space before it, or an ideograph with its punctuation."""
    piece = ""
    for character in text:
        clings = not piece or character in CLOSING or piece[-1] in OPENING
        if clings or not (character == " " or _wide(character) or _wide(piece[-1])):
            piece += character
        elif piece.strip(" ") or character != " ":
            yield piece
            piece = character
        else:
            piece += character
    if piece:
        yield piece


def _wide(character: str) -> bool:
    return ord(character) >= 0x2E80


def subset(text: str, bold: bool) -> bytes:
    """A font with the glyphs of a text and no others, as TrueType. The same text gives the same bytes."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    with TTFont(FILES[bold], recalcTimestamp=False) as font:
        maker = Subsetter(Options(notdef_outline=True))
        maker.populate(unicodes=sorted({ord(one) for one in text} & advances(bold).keys()))
        maker.subset(font)
        font.flavor, out = None, io.BytesIO()
        font.save(out)
    return out.getvalue()
