"""`abst suitability`: what a client answers, which texts he acknowledges, and which products suit him."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from abst.cli.app import Noun, call_of
from abst.cli.common import Filing, Investor, answer, fields, grid, house
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, FLAG, HASH, TEXT, many, maybe, record

NOUN = Noun("suitability", "What a client answers and reads, and which products suit him.")
OPTION = record(option=TEXT, words=TEXT, zh=TEXT, points=COUNT, cap=maybe(COUNT))
QUESTION = record(question=TEXT, words=TEXT, zh=TEXT, options=many(OPTION))
BAND = record(capacity=COUNT, least=COUNT)
TRANCHE = record(tranche=TEXT, risk=COUNT, risk_reasons=many(TEXT), complex=FLAG, regimes=many(TEXT), suits=FLAG)


@NOUN.command(
    "form",
    example="abst suitability form",
    result=record(
        version=TEXT, in_force=FLAG, versions=many(TEXT), questions=many(QUESTION), bands=many(BAND), good_months=COUNT
    ),
)
def form(
    context: typer.Context,
    version: Annotated[
        str, typer.Option("--version", metavar="VERSION", help="An earlier version; without it the one in force.")
    ] = "",
) -> Answer:
    """Show the questionnaire in force (R-47), in English and Chinese, with points, caps and the bands of capacity."""
    from abst.bootstrap import rulebook_of
    from abst.investor import questionnaires

    book = rulebook_of(Path(call_of(context).home))
    now = questionnaires.in_force(book)
    made = questionnaires.version_of(version) if version else now
    rows = [
        {"question": name, "option": code, "words": said.words, "中文": said.zh, "points": said.points, "cap": said.cap}
        for name, question in made.questions.items()
        for code, said in question.options.items()
    ]
    result: dict[str, Any] = {
        "version": made.version,
        "in_force": made.version == now.version,
        "versions": list(questionnaires.questionnaires()),
        "questions": [_question(name, question) for name, question in made.questions.items()],
        "bands": [{"capacity": level, "least": least} for level, least in made.bands.items()],
        "good_months": book.number("R-47", "valid_months"),
    }
    head = {"version": made.version, "in_force": result["in_force"], "versions": result["versions"]}
    asked = [{"question": q["question"], "words": q["words"], "中文": q["zh"]} for q in result["questions"]]
    return Answer(
        result,
        [
            fields(head),
            grid(asked, ("question", "words", "中文"), "questions"),
            grid(rows, ("question", "option", "words", "中文", "points", "cap"), "options", right=("points", "cap")),
            grid(result["bands"], ("capacity", "least"), "least score of each capacity", right=("least",)),
        ],
    )


def _question(name: str, question: Any) -> dict[str, Any]:
    options = [
        {"option": code, "words": said.words, "zh": said.zh, "points": said.points, "cap": said.cap}
        for code, said in question.options.items()
    ]
    return {"question": name, "words": question.words, "zh": question.zh, "options": options}


@NOUN.command(
    "texts",
    example="abst suitability texts",
    result=many(
        record(
            version=TEXT,
            rule=TEXT,
            in_force=FLAG,
            title=TEXT,
            title_zh=TEXT,
            en=TEXT,
            zh=TEXT,
            sha256=HASH,
            cell=TEXT,
        )
    ),
)
def texts(context: typer.Context) -> Answer:
    """Show the texts a client acknowledges (R-47, R-48, R-49), with the cell that an import takes for each.

    The hash is over both languages: it proves which words were shown.
    """
    from abst.bootstrap import rulebook_of
    from abst.investor import texts as published

    book = rulebook_of(Path(call_of(context).home))
    current = {published.in_force(book, rule).version for rule in published.RULES}
    rows = [
        {
            "version": text.version,
            "rule": text.rule,
            "in_force": text.version in current,
            "title": text.title,
            "title_zh": text.title_zh,
            "en": text.en,
            "zh": text.zh,
            "sha256": text.sha256,
            "cell": text.cell,
        }
        for text in published.texts().values()
    ]
    shown: list[Any] = [grid(rows, ("version", "rule", "in_force", "title", "title_zh"))]
    for row in rows:
        shown += [f"{row['title']} ({row['version']})", str(row["en"]).strip(), str(row["zh"]).strip()]
    shown += ["acknowledged, as an import takes it:", ";".join(str(row["cell"]) for row in rows if row["in_force"])]
    return Answer(rows, shown)


@NOUN.command(
    "check",
    example="abst suitability check inv-001 jishidai-2022-3 --as operations-1",
    result=record(investor=TEXT, filing=TEXT, capacity=COUNT, waived=FLAG, decision=TEXT, tranches=many(TRANCHE)),
)
def check(context: typer.Context, investor: Investor, filing: Filing) -> Answer:
    """Judge a client against every tranche of a filing (R-47): risk, ground, texts. The decision is stored.

    Exit 3 when a tranche does not suit, with every reason.
    """
    from abst.issuance import suiting

    with house(context) as (call, office):
        command = suiting.CheckProducts(
            officer=call.act_as(), request=call.request_id(), investor=investor, filing=filing
        )
        result = suiting.check(office, command)
    told = result.result
    shown = grid(told["tranches"], ("tranche", "risk", "complex", "suits", "risk_reasons"), right=("risk",))
    waived = " (waived)" if told["waived"] else ""
    return answer(result, f"{told['investor']}: capacity {told['capacity']}{waived}", shown)
