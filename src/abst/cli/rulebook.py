"""`abst rulebook`: the rules as data, where each is enforced, and the proof that none of it is idle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abst.cli.app import Noun, call_of
from abst.cli.common import fields, grid
from abst.cli.envelope import Answer, Table
from abst.cli.shape import COUNT, DATE, FLAG, HASH, TEXT, many, maybe, one_of, record
from abst.errors import UsageError

if TYPE_CHECKING:
    from abst.integrity.proving import Proof
    from abst.integrity.tracing import Traced
    from abst.rulebook import Rule, Rulebook

NOUN = Noun("rulebook", "The rules as data: words, sources, settings, where each is enforced.")
STATUS = one_of("S", "A", "D")
VALUE = {"type": ["string", "integer", "boolean", "array"]}
BRIEF = {"rule": TEXT, "section": TEXT, "words": TEXT, "source": TEXT, "status": STATUS}
JUDGEMENT = maybe(record(judged=TEXT, recorded=TEXT))
PARAMETER = record(
    name=TEXT, value=VALUE, shipped=VALUE, unit=TEXT, status=STATUS, setting=FLAG, words=TEXT, choices=many(TEXT)
)
SHOWN = record(
    **BRIEF,
    words_zh=TEXT,
    title=TEXT,
    source_title=TEXT,
    effective=DATE,
    until=maybe(DATE),
    enforced=many(TEXT),
    judgement=JUDGEMENT,
    parameters=many(PARAMETER),
    cases=many(record(case=TEXT, kind=TEXT, words=TEXT)),
    tests=many(TEXT),
)
STANDS = one_of("enforced", "judgement", "both", "nothing")
LINE = record(
    rule=TEXT,
    status=STATUS,
    source=TEXT,
    stands=STANDS,
    enforced=many(TEXT),
    judgement=JUDGEMENT,
    cases=many(TEXT),
    tests=many(TEXT),
)
TOTALS = record(rules=COUNT, enforced=COUNT, judgements=COUNT, judgements_alone=COUNT, neither=COUNT, cases=COUNT)
PROOF = record(predicate=TEXT, rule=TEXT, cases=COUNT, noticed_by=maybe(TEXT), why_not=TEXT)
Section = Annotated[str, typer.Option("--section", metavar="A-L", help="Rules of one section alone.")]
StatusOption = Annotated[
    str, typer.Option("--status", metavar="S|A|D", help="S law as read, A analogy, D design: rules of one alone.")
]


@NOUN.command("list", example="abst rulebook list --section B", result=many(record(**BRIEF, effective=DATE)))
def list_(context: typer.Context, section: Section = "", status: StatusOption = "") -> Answer:
    """List the rules with their words, source and status."""
    from abst.rulebook import load

    rules = _chosen(load(), section, status)
    rows = [{**_brief(rule), "effective": rule.effective.isoformat()} for rule in rules]
    return Answer(rows, [grid(rows, ("rule", "status", "words", "source"))])


@NOUN.command("show", example="abst rulebook show R-15", result=SHOWN)
def show(
    context: typer.Context, rule: Annotated[str, typer.Argument(metavar="RULE", help="Id of the rule, such as R-15.")]
) -> Answer:
    """Show one rule whole: words, source, settings in force, where it is enforced, its cases.

    In a registry's home the values are those in force there; anywhere else, those that are shipped.
    """
    from abst.bootstrap import rulebook_of
    from abst.integrity.cases import shipped

    book = rulebook_of(Path(call_of(context).home))
    found = _whole(book, book.rule(rule))
    cases = [case for case in shipped() if rule in case.expect]
    found["cases"] = [{"case": case.id, "kind": case.kind, "words": case.words} for case in cases]
    plain = {key: value for key, value in found.items() if key not in ("parameters", "cases", "judgement")}
    shown: list[str | Table] = [fields({**plain, **(found["judgement"] or {})})]
    if found["parameters"]:
        shown.append(grid(found["parameters"], ("name", "value", "unit", "status", "shipped"), "parameters"))
    if cases:
        shown.append(grid(found["cases"], ("case", "kind", "words"), "cases"))
    return Answer(found, shown)


@NOUN.command(
    "trace",
    example="abst rulebook trace --section C",
    result=record(version=TEXT, digest=HASH, rules=many(LINE), totals=TOTALS),
)
def trace(context: typer.Context, section: Section = "", status: StatusOption = "") -> Answer:
    """Trace every rule: where it is enforced or what a person judges, and how many cases it is shown by.

    A plain name is a predicate, proven by the cases; `act:` is what an act does besides, `contract:` what the chain
    does. The totals at the end count all rules.
    """
    from abst.integrity.cases import shipped
    from abst.integrity.tracing import totals
    from abst.integrity.tracing import trace as traced
    from abst.rulebook import load

    book = load()
    every = traced(book, shipped())
    wanted = {rule.id for rule in _chosen(book, section, status)}
    lines = [line for line in every if line.rule.id in wanted]
    counted = totals(every, shipped())
    rows = [(t.rule.id, _where(t), str(len(t.cases)), t.rule.status, t.rule.source) for t in lines]
    table = Table(("rule", "enforced where", "cases", "status", "source"), rows, right=("cases",))
    judged = [(t.rule.id, j.judged, j.recorded) for t in lines if (j := t.rule.judgement) is not None]
    persons = Table(("rule", "what a person judges", "what is recorded of it, and where"), judged, "judgements")
    result = {"version": book.version, "digest": book.digest, "rules": [_line(t) for t in lines], "totals": counted}
    words = ", ".join(f"{key.replace('_', ' ')} {count}" for key, count in counted.items())
    return Answer(result, [table, persons, words])


@NOUN.command(
    "prove",
    example="abst rulebook prove",
    result=record(ok=FLAG, cases=COUNT, proofs=many(PROOF), failing=many(record(case=TEXT, differences=many(TEXT)))),
)
def prove(context: typer.Context) -> Answer:
    """Run every case; then switch each predicate off in turn: without it a case of each of its rules must fail.

    Exit 6 when a case fails with all predicates on, or when no case misses one that is off.
    """
    from abst.integrity import proving
    from abst.integrity.cases import shipped
    from abst.rulebook import load

    book, cases = load(), shipped()
    failed, proofs = proving.prove(book, cases)
    failing = [{"case": case.id, "differences": words} for case, words in failed]
    missed = [proof for proof in proofs if not proof.noticed]
    result = {
        "ok": not failing and not missed,
        "cases": len(cases),
        "proofs": [_proof(proof) for proof in proofs],
        "failing": failing,
    }
    if failing:
        return Answer(result, [grid(failing, ("case", "differences"))], "integrity")
    shown = Table(
        ("predicate", "rule", "cases", "without it fails"),
        [(p.predicate, p.rule, str(p.cases), p.noticed or f"NOTHING: {p.why_not}") for p in proofs],
        right=("cases",),
    )
    count = len({proof.predicate for proof in proofs})
    words = (
        f"{len(cases)} cases; {count} predicates switched off in turn, "
        f"for {len(proofs)} rules that they serve: {len(missed)} not missed"
    )
    return Answer(result, [shown, words], "integrity" if missed else "done")


def _chosen(book: Rulebook, section: str, status: str) -> list[Rule]:
    for value, known, option in ((section, "ABCDEFGHIJKL", "--section"), (status, "SAD", "--status")):
        if value and (len(value) != 1 or value not in known):
            raise UsageError("no such choice", found=repr(value), needed=", ".join(known), where=option)
    return [r for r in book.rules.values() if section in ("", r.section) and status in ("", r.status)]


def _brief(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "section": rule.section,
        "words": rule.words,
        "source": rule.source,
        "status": rule.status,
    }


def _whole(book: Rulebook, rule: Rule) -> dict[str, Any]:
    from abst.rulebook import chinese
    from abst.rulebook.files import titles

    return {
        **_brief(rule),
        "words_zh": chinese.load().rules[rule.id],
        "title": titles()[rule.section],
        "source_title": "; ".join(book.titles_of(rule.id)),
        "effective": rule.effective.isoformat(),
        "until": rule.until.isoformat() if rule.until else None,
        "enforced": list(rule.enforced),
        "judgement": _judgement(rule),
        "parameters": _parameters(rule),
        "tests": list(rule.tests),
    }


def _parameters(rule: Rule) -> list[dict[str, Any]]:
    from abst.rulebook import as_json, load

    return [
        {
            "name": name,
            "value": as_json(parameter.value),
            "shipped": as_json(load().parameter(rule.id, name).value),
            "unit": parameter.unit,
            "status": parameter.status,
            "setting": parameter.overridable,
            "words": parameter.words,
            "choices": list(parameter.choices),
        }
        for name, parameter in rule.parameters.items()
    ]


def _judgement(rule: Rule) -> dict[str, str] | None:
    judgement = rule.judgement
    return None if judgement is None else {"judged": judgement.judged, "recorded": judgement.recorded}


def _line(traced: Traced) -> dict[str, Any]:
    rule = traced.rule
    return {
        "rule": rule.id,
        "status": rule.status,
        "source": rule.source,
        "stands": traced.stands,
        "enforced": list(rule.enforced),
        "judgement": _judgement(rule),
        "cases": list(traced.cases),
        "tests": list(rule.tests),
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "predicate": proof.predicate,
        "rule": proof.rule,
        "cases": proof.cases,
        "noticed_by": proof.noticed or None,
        "why_not": proof.why_not,
    }


def _where(traced: Traced) -> str:
    """Where a rule is enforced, one place to a line; a rule that persons alone judge says so."""
    places = [*traced.rule.enforced, *(["judged by a person"] if traced.rule.judgement else [])]
    return "\n".join(places) or "NOWHERE"
