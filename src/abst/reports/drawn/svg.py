"""A drawing as SVG, with the fonts of the page around it. Pure."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from abst.reports.drawn.marks import Box, Drawing, Line, Mark, Words

ANCHOR = {"left": "start", "middle": "middle", "right": "end"}


def svg(drawing: Drawing) -> str:
    """One element, as wide as its place allows."""
    body = "".join(_mark(mark) for mark in drawing.marks)
    look = f'viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" role="img" aria-label={quoteattr(drawing.words)}'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {look}>{body}</svg>'


def _mark(mark: Mark) -> str:
    match mark:
        case Box():
            place = f'x="{_n(mark.x)}" y="{_n(mark.y)}" width="{_n(mark.width)}" height="{_n(mark.height)}"'
            return f'<rect {place} rx="{_n(mark.radius)}" fill="{mark.fill}"/>'
        case Words():
            weight = ' font-weight="600"' if mark.bold else ""
            look = f'font-size="{_n(mark.size)}" fill="{mark.color}" text-anchor="{ANCHOR[mark.align]}"{weight}'
            return f'<text x="{_n(mark.x)}" y="{_n(mark.y)}" {look}>{escape(mark.text)}</text>'
        case Line():
            points = " ".join(f"{_n(x)},{_n(y)}" for x, y in mark.points)
            stroke = f' stroke="{mark.stroke}" stroke-width="{_n(mark.width)}"' if mark.stroke else ""
            dash = f' stroke-dasharray="{_n(mark.dash)}"' if mark.dash else ""
            kind = "polygon" if mark.fill else "polyline"
            return f'<{kind} points="{points}" fill="{mark.fill or "none"}"{stroke}{dash} stroke-linejoin="round"/>'


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
