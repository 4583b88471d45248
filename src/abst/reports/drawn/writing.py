"""A report as the files that are published: HTML or PDF, in a language, with its hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from abst.errors import UsageError
from abst.reports.drawn.distribution import distribution
from abst.reports.drawn.figures import Distribution, Statement
from abst.reports.drawn.html import html
from abst.reports.drawn.layout import pages
from abst.reports.drawn.paper import Paper
from abst.reports.drawn.pdf import Cover, pdf
from abst.reports.drawn.scales import Lang
from abst.reports.drawn.statement import statement
from abst.values import Hash, file_digest

Form = Literal["pdf", "html"]
FORMS: tuple[Form, ...] = ("pdf", "html")


@dataclass(frozen=True, slots=True)
class Written:
    """One file. The same figures give the same content, and so the same hash."""

    name: str
    form: Form
    content: bytes

    @property
    def hash(self) -> Hash:
        return file_digest(self.content)


def write(figures: Distribution | Statement, lang: Lang, form: Form) -> Written:
    """The report of these figures."""
    paper = statement(figures, lang) if isinstance(figures, Statement) else distribution(figures, lang)
    return Written(f"{stem(figures)}-{lang}.{form}", form, pdf_of(paper) if form == "pdf" else html(paper))


def form_of(suffix: str) -> Form:
    """A form by the end of a file's name. Raises UsageError."""
    for form in FORMS:
        if suffix.lower() == f".{form}":
            return form
    raise UsageError("no such form", found=repr(suffix), needed=".pdf or .html", where="--out")


def stem(figures: Distribution | Statement) -> str:
    """What the file is called, but for language and form."""
    if isinstance(figures, Statement):
        return f"statement-{figures.investor}-{figures.at.isoformat()}"
    return f"distribution-{figures.deal}-{figures.period}"


def pdf_of(paper: Paper) -> bytes:
    tag = "zh-CN" if paper.lang == "zh" else "en"
    return pdf(pages(paper), Cover(f"{paper.kind}: {paper.title}", paper.subtitle, tag, paper.made))
