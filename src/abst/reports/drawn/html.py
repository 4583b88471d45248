"""A paper as one HTML file that needs nothing else: its charts and the glyphs it uses are inside.

The same paper gives the same bytes. A browser without any Chinese font shows it as it was meant.
"""

from __future__ import annotations

import base64
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from abst.reports.drawn import lettering
from abst.reports.drawn.charts import Chart, draw
from abst.reports.drawn.paper import Block, Paper
from abst.reports.drawn.svg import svg

WIDTH, HEIGHT = 300.0, 172.0  # of a chart, before the browser scales it


def html(paper: Paper) -> bytes:
    """The file, in UTF-8."""
    makers = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    makers.filters |= {"shown": lettering.shown, "kind": _kind, "picture": _picture}
    template = makers.from_string(files("abst.reports.drawn").joinpath("page.html").read_text(encoding="utf-8"))
    text = template.render(paper=paper)
    for bold, name in ((False, "@regular@"), (True, "@bold@")):
        text = text.replace(name, base64.b64encode(lettering.subset(text, bold)).decode())
    return text.encode()


def _kind(block: Block) -> str:
    return type(block).__name__


def _picture(chart: Chart) -> Markup:
    return Markup(svg(draw(chart, WIDTH, HEIGHT)))
