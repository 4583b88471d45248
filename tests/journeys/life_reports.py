"""A month's report and an investor's statement in the life of a token: drawn, written once, found where published."""

from __future__ import annotations

from program import Abst

OPS = "operations-1"


def draw(abst: Abst, investor: str = "alpha") -> None:
    """The first month as a file, published under its hash; another file is not written over; the account in Chinese."""
    out, page = abst.home.parent / "distribution-1.pdf", abst.home.parent / "account.html"
    made = abst("report", "distribution", "1", "--period", "1", "--out", out).result
    assert (made["period"], made["form"], made["published"]) == (1, "pdf", [])
    assert out.read_bytes().startswith(b"%PDF")
    assert made["size"] == out.stat().st_size
    words = ("--name", "distribution-1", "--kind", "distribution-report", "--uri", "https://example.org/distribution-1")
    abst("disclose", "1", *words, "--document", out, "--as", OPS)
    again = abst("report", "distribution", "1").result
    assert (again["document_hash"], again["file"]) == (made["document_hash"], None)
    assert [told.split(",")[0] for told in again["published"]] == ["distribution-1"]
    abst("report", "distribution", "1", "--lang", "zh", "--out", out, exit=8)
    abst("report", "distribution", "1", "--out", abst.home.parent / "report.docx", exit=2)
    account = abst("report", "statement", investor, "--lang", "zh", "--out", page).result
    assert (account["investor"], account["form"], account["lang"]) == (investor, "html", "zh")
    text = page.read_text(encoding="utf-8")
    assert "投资者账户对账单" in text
    assert "Test alpha" not in text
    abst("report", "statement", "nobody", exit=4)
