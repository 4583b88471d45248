"""The drawn reports: what stands on their pages, read back from the files themselves (R-74)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import drawn_samples as samples
import pypdfium2 as pdfium
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from abst import demo_data
from abst.deal.projection import project
from abst.deal.scenario import BASE, scenario_of
from abst.filing.dossier import Dossier
from abst.reports.drawn import layout, lettering, scales, wording
from abst.reports.drawn.charts import Chart, Series, Threshold, draw, pale
from abst.reports.drawn.distribution import distribution
from abst.reports.drawn.figures import UNIT, Limit, Named, rate_of
from abst.reports.drawn.layout import pages
from abst.reports.drawn.marks import Box, Drawing, Words
from abst.reports.drawn.marks import write as text_mark
from abst.reports.drawn.statement import statement
from abst.reports.drawn.writing import write
from abst.reports.period_figures import Closed, figures
from abst.reports.periods import in_periods

Bounds = tuple[float, float, float, float]
RARE = "陈𠮷 (喆堃)"  # the first given name is in no font of the reports
MODES = ("accelerated", "default")
TOUCH = 0.25  # points that two boxes may share: readers round


def texts(content: bytes) -> list[str]:
    """What a reader program takes from each page."""
    with closing(pdfium.PdfDocument(content)) as document:
        return [page.get_textpage().get_text_range() for page in document]


def flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def overlapping(boxes: Sequence[tuple[str, Bounds]]) -> Iterator[tuple[str, str]]:
    """Pairs of boxes with a common area, by a sweep from the left."""
    ordered = sorted(boxes, key=lambda box: box[1][0])
    for n, (name, (_, top, right, bottom)) in enumerate(ordered):
        for other, (left, above, _, below) in ordered[n + 1 :]:
            if left >= right - TOUCH:
                break
            if above < bottom - TOUCH and top < below - TOUCH:
                yield name, other


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """PDFs of four reports: sound and troubled, of both kinds, in both languages; the first one as HTML too."""
    told = {
        "sound-zh": samples.distribution(9),
        "troubled-en": samples.troubled(9),
        "statement-zh": samples.statement(9, RARE),
        "statement-en": samples.statement(44, "A fund with a name so long that it needs a second line on the page"),
    }
    made = {name: write(one, "zh" if name.endswith("zh") else "en", "pdf").content for name, one in told.items()}
    return made | {"html": write(told["sound-zh"], "zh", "html").content}


def pdfs(files: dict[str, bytes]) -> list[tuple[str, bytes]]:
    return [(name, content) for name, content in files.items() if name != "html"]


# ---- the PDF as a reader sees it


def test_chinese_is_read_back_from_the_pdf(files: dict[str, bytes]) -> None:
    """Given a report in Chinese, the text taken from the PDF should hold its headings, classes, sums and steps."""
    found = flat("".join(texts(files["sound-zh"])))
    wanted = ["收益分配报告", "吉时代2022年第三期个人汽车抵押贷款资产支持证券（日期后移四年）", "优先A1"]
    wanted += ["现金流分配顺序", "计划本金", "资产服务机构", "累计净损失率", "第1页，共3页", "链上存证"]
    wanted += ["2,070,684,733.34", "0.596826532954", "归集与预测对比", "逾期率", "90天及以上"]
    assert [words for words in wanted if words not in found] == []


def test_an_unknown_character_is_seen_and_never_a_box(files: dict[str, bytes]) -> None:
    """Given a name with a glyph that no font has, its code point should stand in its place; rare names stay whole."""
    found = flat("".join(texts(files["statement-zh"])))
    assert "陈[U+20BB7](喆堃)" in found
    assert lettering.shown("龍\u202e\t𠮷") == "龍[U+202E] [U+20BB7]"


def test_no_box_is_outside_its_page_or_over_another(files: dict[str, bytes]) -> None:
    """Given all reports, every text and every shape should lie on its page, and no text over another."""
    for name, content in pdfs(files):
        with closing(pdfium.PdfDocument(content)) as document:
            for number, page in enumerate(document, 1):
                width, height = page.get_size()
                boxes: list[tuple[str, Bounds]] = []
                for item in page.get_objects(textpage=page.get_textpage()):
                    left, bottom, right, top = item.get_bounds()
                    assert -TOUCH <= left <= right <= width + TOUCH, f"{name}, page {number}: {left}, {right}"
                    assert -TOUCH <= bottom <= top <= height + TOUCH, f"{name}, page {number}: {bottom}, {top}"
                    if isinstance(item, pdfium.PdfTextObj):
                        boxes.append((item.extract(), (left, height - top, right, height - bottom)))
                assert len(boxes) > 12
                assert list(overlapping(boxes)) == [], f"{name}, page {number}"


def test_glyphs_are_drawn_where_the_text_stands(files: dict[str, bytes]) -> None:
    """Given a page as an image, every text should have left ink in its box: an empty glyph would not be seen."""
    with closing(pdfium.PdfDocument(files["sound-zh"])) as document:
        page = document[1]
        image = page.render(scale=2).to_pil().convert("L")
        for item in page.get_objects(textpage=page.get_textpage()):
            if isinstance(item, pdfium.PdfTextObj) and item.extract().strip():
                left, bottom, right, top = (round(2 * value) for value in item.get_bounds())
                low, high = image.crop((left, image.height - top, right + 1, image.height - bottom + 1)).getextrema()
                assert high - low > 60, item.extract()


def test_same_figures_same_bytes(files: dict[str, bytes]) -> None:
    """Given the same figures again, the file should be the same to the byte; one fen more, and it is another."""
    again = write(samples.distribution(9), "zh", "pdf")
    assert again.content == files["sound-zh"]
    assert again.name == "distribution-jishidai-2022-3-9-zh.pdf"
    assert b"FlateDecode" not in again.content  # a deflater's choice of bytes would be in the hash
    sound = samples.distribution(9)
    more = replace(sound, cash=replace(sound.cash, interest=sound.cash.interest + 1))
    assert pages(distribution(more, "zh")) != pages(distribution(sound, "zh"))
    assert write(sound, "zh", "html").content == files["html"]


def test_only_the_glyphs_used_are_embedded(files: dict[str, bytes]) -> None:
    """Given a report, it should be far smaller than the fonts it is set in."""
    assert all(len(content) < 250_000 for _, content in pdfs(files))


# ---- the pages before they are a file


def every_page() -> Iterator[tuple[str, Drawing]]:
    """Pages of reports of all lengths: first, early, last; few and many payments; unlikely words."""
    long = Named("A title of many words " * 8, "名称很长的资产支持证券" * 9)
    wide = samples.distribution(3, title=long, restated=(), proofs=())
    huge = replace(
        wide, classes=tuple(replace(one, closing=10**17, opening=10**17, name=long.zh) for one in wide.classes)
    )
    for lang in scales.BIG:
        for number in (1, 2, 23, 44):
            yield from (
                (f"distribution {number} {lang}", one)
                for one in pages(distribution(samples.distribution(number), lang))
            )
        for name, told in (("troubled", samples.troubled(30)), ("wide", wide), ("huge", huge)):
            yield from ((f"{name} {lang}", one) for one in pages(distribution(told, lang)))
        yield from ((f"22 steps {lang}", one) for one in pages(distribution(samples.other_deal(), lang)))
        empty = samples.statement(1, "", payments=(), holdings=(), factors=(), wallets=())
        for account in (samples.statement(1), samples.statement(44, RARE), empty):
            yield from (("statement " + lang, one) for one in pages(statement(account, lang)))


def test_words_never_touch_on_any_page() -> None:
    """Given reports of all lengths and languages, every word should lie inside its page and beside every other."""
    for name, page in every_page():
        words = [mark for mark in page.marks if isinstance(mark, Words) and mark.text.strip()]
        for mark in words:
            left, top, right, bottom = mark.bounds
            assert left >= 0, (name, mark)
            assert right <= page.width, (name, mark)
            assert 0 <= top < bottom <= page.height, (name, mark)
        inner = [
            (mark.text, (left, top + 0.2 * mark.size, right, bottom - 0.15 * mark.size))
            for mark in words
            for left, top, right, bottom in [mark.bounds]
        ]
        assert list(overlapping(inner)) == [], name


def test_a_heading_is_never_alone_and_a_table_goes_on_with_its_head() -> None:
    """Given a statement of 44 payments, its table should begin again with its head, and no page end with a heading."""
    made = pages(statement(samples.statement(44), "en"))
    assert len(made) >= 3
    for page in made[1:-1]:
        body = [mark for mark in page.marks if isinstance(mark, Words) and 40 < mark.y < page.height - 60]
        assert min(body, key=lambda mark: (round(mark.y), mark.x)).text in ("No.", "Factors")
        assert max(body, key=lambda mark: mark.y).size < 10


def test_pieces_of_a_page_stand_below_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given any report, no heading, row, card or chart should reach into another, into the foot, or over the edge."""
    placed: list[tuple[int, float, float]] = []

    def put(self: layout._Pages, *slabs: layout.Slab) -> None:
        for slab in slabs:
            placed.append((len(self.made), self.y, self.y + slab.height))
            kept(self, slab)

    kept = layout._Pages.put
    monkeypatch.setattr(layout._Pages, "put", put)
    for told in (distribution(samples.troubled(30), "zh"), statement(samples.statement(44), "en")):
        placed.clear()
        made = pages(told)
        assert len(placed) > 60
        for (page, _, bottom), (following, top, _) in pairwise(placed):
            assert bottom <= top if following == page else following == page + 1
        assert all(bottom <= layout.HEIGHT - layout.BOTTOM for _, _, bottom in placed)
        assert {page for page, _, _ in placed} == set(range(1, len(made) + 1))


# ---- what it says


def test_a_class_goes_by_its_key_where_its_name_cannot_be_read() -> None:
    """Given classes named in Chinese, the English paper should call them by their keys, in tables and in steps."""
    english, chinese = (repr(distribution(samples.troubled(9), lang)) for lang in ("en", "zh"))
    assert "优先A1" not in english
    assert "优先A1" in chinese


def test_a_report_says_what_went_wrong() -> None:
    """Given a period with a trigger, a shortfall, a late report and a restatement, the paper should say all four."""
    said = repr(distribution(samples.troubled(9), "en"))
    for words in (
        "accelerated order of payments",
        "Interest of 321,041.10 CNY due to class A1 is not paid",
        "came after the determination date 2027-06-21",
        "Restatements taken in",
        "-13.00",
        "2027-05-26",
    ):
        assert words in said, words
    sound = repr(distribution(samples.distribution(9), "en"))
    assert "Restatements" not in sound
    assert "accelerated order" not in sound


def test_statement_shows_tax_and_what_waits() -> None:
    """Given a payment that waits, gross, tax and net should stand beside the reason, and count in no sum paid."""
    figures = samples.statement(9)
    said = repr(statement(figures, "zh"))
    waiting = next(one for one in figures.payments if one.state == "waiting")
    for amount in (waiting.gross, waiting.tax, waiting.net):
        assert scales.money(amount, 2) in said
    assert "待付: 收款人已被冻结资格" in said
    paid = sum(one.net for one in figures.payments if one.state == "paid")
    assert f"{scales.money(paid, 2)} HKD" in said


def test_html_says_the_same_and_needs_nothing_else(files: dict[str, bytes]) -> None:
    """Given the HTML of a report, it should say what the PDF says, fetch nothing and hold every glyph it uses."""
    page = files["html"].decode()
    body = page.split("</style>", 1)[1]
    assert re.findall(r"(?:src|href)=", body) == []
    assert set(re.findall(r"https?://[^\s\"]+", body)) == {"http://www.w3.org/2000/svg"}
    shown = flat(re.sub(r"<[^>]+>", "", body))
    assert all(ord(one) in lettering.advances(False) for one in shown)
    rows = [flat(line) for text in texts(files["sound-zh"]) for line in text.splitlines()]
    plain = [line for line in rows if line and not re.search(r"第\d+页", line)]
    parts = [word for line in plain for word in re.findall(r"[0-9,]+[.][0-9]{2,}|[一-鿿]{4,}", line)]
    assert len(parts) > 150
    assert [word for word in parts if word not in shown] == []
    assert body.count("<svg") == 4


def test_the_figures_are_the_deals_own() -> None:
    """R-74: Given the deal as it was expected, the first payment's report should have the figures of its README."""
    plan = samples.expected(44)
    base = project(samples.deal(), samples.months(), BASE).payments
    first = figures(
        samples.deal(), [Closed(dates=base[0].dates, outcome=base[0].outcome)], filing="1", at=0, expected=plan
    )
    assert [(one.interest, one.principal) for one in first.classes] == [
        (414_246_575, 15_000_000_000),
        (625_895_890, 42_597_864_087),
        (0, 0),
    ]
    paid = {one.step: one.paid for one in first.steps}
    assert (paid["fees"], paid["taxes_paid"], paid["reserve_up"]) == (115_969_701, 95_308_393, 3_468_336_498)
    assert [one.payee for one in first.steps[:3]] == ["available", "servicer", "tax"]
    assert first.cash.total == first.course[1].expected == plan.totals[0]
    assert first.expected == first.cash
    assert first.arrears_limit == Limit(trigger="delinquency", share=UNIT // 50)
    for one in first.accounts:
        assert one.opening + one.received == one.paid + one.closing
    called = {
        one.dates.number
        for one in base
        if figures(samples.deal(), [Closed(dates=one.dates, outcome=one.outcome)], filing="1", at=0).tests[1].met
    }
    assert min(called) == 26  # November 2028: the clean-up call is first possible


def test_a_trigger_is_told_with_the_day_from_which_it_holds() -> None:
    """R-91: Given arrears over the bound from the third payment on, the report of the fifth should say since when."""
    shares = {60: ["0.01"] * 4 + ["0.05"] * 9}
    late = scenario_of({"delinquency": shares, "fx": "1"}, "late")
    run = project(samples.deal(), samples.months(late), late).payments
    closed = [Closed(dates=one.dates, outcome=one.outcome, late=one.number == 5) for one in run[:5]]
    told = figures(samples.deal(), closed, filing="1", at=0)
    trigger = next(one for one in told.tests if one.name == "delinquency")
    assert (trigger.met, trigger.since, trigger.threshold) == (True, run[2].date, "2%")
    assert (told.mode, told.late, told.course[-1].expected, told.expected) == ("accelerated", True, None, None)
    said = repr(distribution(told, "zh"))
    assert "本期按加速清偿顺序分配" in said


def test_filed_flows_fall_into_their_collection_periods() -> None:
    """Given the cash flows of the filed dossier, they should come to what the pool's file brings at each payment."""
    dossier = Dossier.read(demo_data.text("dossier.yaml"))
    assert dossier.assets is not None
    assert in_periods(samples.deal().payments, dossier.assets.flows) == samples.expected(44).totals


# ---- lettering, scales, charts


def test_the_fonts_hold_what_reports_need() -> None:
    """Given the fonts, they should hold GB 2312 and every word of the reports, be small and carry their licence."""
    held = lettering.advances(False)
    first = {
        bytes([lead, trail]).decode("gb2312", "ignore") for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF)
    }
    second = {
        bytes([lead, trail]).decode("gb2312", "ignore") for lead in range(0xD8, 0xF8) for trail in range(0xA1, 0xFF)
    }
    assert [one for one in first | second if one and ord(one) not in held] == []
    assert [one for one in first if one and not lettering.in_bold(one)] == []
    words = flat(repr(wording._read()))
    assert lettering.shown(words) == words
    assert lettering.in_bold(words)
    assert sum(path.stat().st_size for path in lettering.FOLDER.iterdir()) < 3_000_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (lettering.FOLDER / "OFL.txt").read_text(encoding="utf-8")


def test_every_word_has_both_languages() -> None:
    """Given the words of the reports, each entry should have English and Chinese with the same fields to fill in."""

    def leaves(entry: Any) -> Iterator[dict[str, str]]:
        if set(entry) == {"en", "zh"} and all(isinstance(text, str) for text in entry.values()):
            yield entry
        else:
            for inner in entry.values():
                yield from leaves(inner)

    entries = yaml.safe_load((lettering.FOLDER.parent / "words.yaml").read_text(encoding="utf-8"))
    found = list(leaves(entries))
    assert len(found) > 150
    code = "".join(path.read_text(encoding="utf-8") for path in Path(layout.__file__).parent.glob("*.py"))
    for group in ("corner", "cards", "sections", "notes", "facts", "columns", "charts", "kind"):
        idle = [key for key in entries[group] if not re.search(f"[\"']{key}[\"']", code) and key not in MODES]
        assert idle == [], group
    for entry in found:
        fields = [set(re.findall(r"\{(\w+)\}", text)) for text in entry.values()]
        assert fields[0] == fields[1], entry


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="a bc,。（）中文字优先1.0-x", max_size=60), st.integers(20, 120))
def test_lines_fit_and_lose_nothing(text: str, room: int) -> None:
    """Given any text and room, every line should fit, and together they should say the same."""
    lines = lettering.wrap(text, 8, room)
    assert lines
    assert all(lettering.width(line, 8) <= room for line in lines)
    assert flat("".join(lines)) == flat(text)
    if room > 40:
        assert not any(line[:1] in lettering.CLOSING and line[:1] for line in lines[1:] if "，。" in line[:1])


def test_amounts_and_scales() -> None:
    """Given whole numbers, they should be written exactly, cut or rounded as said, and lie under round ticks."""
    assert [scales.money(n, 2) for n in (0, 5, -5, 123_456_789, -100)] == [
        "0.00",
        "0.05",
        "-0.05",
        "1,234,567.89",
        "-1.00",
    ]
    assert scales.money(1234, 0) == "1,234"
    assert scales.decimal(999_999_999_999, 12, 8) == "0.99999999"
    assert [scales.percent(n, 6, 2) for n in (12_345, 12_350, -12_350)] == ["1.23%", "1.24%", "-1.24%"]
    assert scales.percent_label(500) == "0.05%"
    assert scales.ratio(1, 0) == 0
    assert (scales.scale(0).top, scales.scale(0).step) == (1, 1)
    for highest in (1, 7, 99, 101, 405_799_993_276):
        axis = scales.scale(highest)
        assert axis.top >= highest > axis.top - axis.step
        assert len(axis.ticks) <= 6
    assert rate_of("0.0205") == 20_500_000_000
    with pytest.raises(ValueError, match="12 decimals"):
        rate_of("0.0000000000001")
    assert scales.large([405_799_993_276], "CNY", 2, "zh").words == "CNY 亿"
    assert scales.large([405_799_993_276], "CNY", 2, "en").label(405_799_993_276) == "4.05"


def test_a_chart_shows_its_numbers() -> None:
    """Given values, bars should be as high as they say, a threshold lie at its level, and the future be paler."""
    bars = Chart(
        title="t", unit="u", labels=("a", "b"), label=str,
        bars=(Series("x", "#112233", (10, 20)), Series("y", "#445566", (10, 0))),
        thresholds=(Threshold("limit", 25),),
    )  # fmt: skip
    drawn = draw(bars, 200)
    low, *others = [mark for mark in drawn.marks if isinstance(mark, Box) and mark.width > 8]
    assert [round(one.height / low.height, 6) for one in others] == [1.0, 2.0]
    assert others[0].y + others[0].height == pytest.approx(low.y)
    areas = Chart(
        title="t", unit="u", labels=tuple("abcd"), label=str, areas=(Series("x", "#112233", (9, 8, 7, 6)),), solid=2
    )
    fills = [mark.fill for mark in draw(areas, 200).marks if getattr(mark, "fill", "") and not isinstance(mark, Box)]
    assert fills == ["#112233", pale("#112233")]
    assert text_mark(0, 0, "甦\n𠮷", 8).text == "甦 [U+20BB7]"
    assert [text_mark(0, 0, name, 8, bold=True).bold for name in ("陈喆", "陈彧", "亍")] == [True, True, False]
