"""A dossier before it is filed: its skeleton, its faults in two languages, and the papers that it names by path."""

from __future__ import annotations

from program import Abst

from abst import demo_data
from abst.values import file_digest

PAPER = b"The filing report."


def check(abst: Abst) -> None:
    """The skeleton is refused blank by blank; a fault is told in English and Chinese, and a paper by its hash."""
    empty = abst.file("empty.yaml", abst("filing", "new", "--skeleton").result["skeleton"])
    assert set(abst("filing", "check", empty, exit=3).reasons) == {"field-malformed"}
    dossier, deal = demo_data.text("dossier.yaml"), abst.file("deal.yaml", demo_data.text("deal.yaml"))
    bad = abst.file("bad.yaml", dossier.replace("answer: clear", "answer: barred", 1))
    english = abst("filing", "check", bad, "--deal", deal, exit=3)
    chinese = abst("filing", "check", bad, "--deal", deal, "--lang", "zh", exit=3)
    assert (english.reasons, english.result["chinese"]) == (["prohibited"], [])
    (told,) = chinese.result["chinese"]
    assert (told["rule"], told["where"], told["found"]) == ("R-07", "prohibitions[0].answer", "禁止")
    assert "禁止情形" in told["wrong"]
    assert chinese.envelope["refusals"] == english.envelope["refusals"]
    assert abst("filing", "check", bad, "--lang", "fr", exit=2).result["where"] == "--lang"
    _attach(abst, dossier, deal)


def _attach(abst: Abst, dossier: str, deal: object) -> None:
    """Beside the dossier or in a folder of their own, papers are verified; a draft keeps no bytes of them."""
    title = "title: 示例 备案报告,"
    before, _, after = dossier.partition(title)
    old = after.split('sha256: "', 1)[1][:66]
    named = before + title + " path: papers/report.txt," + after.replace(old, file_digest(PAPER), 1)
    file = abst.file("named.yaml", named)
    assert abst("filing", "check", file, "--deal", str(deal), exit=3).reasons == ["attachment-missing"]
    folder = abst.home.parent / "elsewhere"
    (folder / "papers").mkdir(parents=True)
    paper = folder / "papers" / "report.txt"
    paper.write_bytes(PAPER)
    words = ("--deal", str(deal), "--attachments", folder)
    assert abst("filing", "check", file, *words).result["passed"]
    paper.write_bytes(PAPER + b" ")
    (refusal,) = abst("filing", "check", file, *words, exit=3).envelope["refusals"]
    assert (refusal["rule"], refusal["where"]) == ("R-24", "documents[0].sha256")
    assert (refusal["found"], file_digest(PAPER) in refusal["needed"]) == (file_digest(PAPER + b" "), True)
    drafting = ("filing", "new", file, *words, "--id", "attached", "--as", "operations-1")
    assert abst(*drafting, exit=3).reasons == ["attachment-differs"]
