"""`abst decision`: what was decided, on which facts, by which rules; and the same gates run again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.common import fields, grid, house
from abst.cli.envelope import Answer, Table
from abst.cli.shape import ANY_OBJECT, COUNT, FLAG, HASH, INSTANT, TEXT, many, maybe, one_of, record
from abst.errors import UsageError

NOUN = Noun("decision", "Decisions: shown with their reasons, and run again.")
BRIEF = {
    "decision": TEXT,
    "kind": TEXT,
    "at": INSTANT,
    "passed": FLAG,
    "rules": many(TEXT),
    "rulebook": TEXT,
    "hash": HASH,
}
RESULT = record(rule=TEXT, gate=TEXT, passed=FLAG, found=TEXT, needed=TEXT, where=TEXT, reason=TEXT)
REFUSAL = record(rule=TEXT, reason=TEXT, found=TEXT, needed=TEXT, where=TEXT, source=TEXT)
NAMED = record(seq=COUNT, actor=TEXT, act=TEXT, subject=TEXT, hash=HASH)
PROPOSAL = record(proposal=TEXT, kind=TEXT, state=TEXT, maker=TEXT, hash=HASH)
APPROVAL = record(proposal=TEXT, checker=TEXT, verdict=FLAG, hash=HASH)
OPERATION = record(
    intent=TEXT, kind=TEXT, operation=HASH, state=TEXT, tx_hash=maybe(HASH), block=maybe(COUNT), carries_hash=FLAG
)
SHOWN = record(
    **BRIEF,
    rulebook_digest=maybe(HASH),
    facts=ANY_OBJECT,
    judged=many(record(kind=TEXT, facts=ANY_OBJECT)),
    results=many(RESULT),
    refusals=many(REFUSAL),
    log=many(NAMED),
    led_to=record(proposals=many(PROPOSAL), approvals=many(APPROVAL), operations=many(OPERATION)),
)
DIFFERENCE = record(where=TEXT, found=TEXT, expected=TEXT, words=TEXT)
OUTCOMES = ("same", "different", "no-gates", "erased", "closed", "older")
REPLAY = record(
    decision=TEXT,
    kind=TEXT,
    at=COUNT,
    passed=FLAG,
    outcome=one_of(*OUTCOMES),
    words=TEXT,
    gates=COUNT,
    differences=many(DIFFERENCE),
)
Decision = Annotated[str, typer.Argument(metavar="DECISION", help="Id of the decision, as listed by `decision list`.")]


@NOUN.command("list", example="abst decision list --refused", result=many(record(**BRIEF)))
def list_(
    context: typer.Context,
    kind: Annotated[str, typer.Option("--kind", help="Only decisions of one kind, such as `mint`.")] = "",
    refused: Annotated[bool, typer.Option("--refused", help="Only those that refused.")] = False,
) -> Answer:
    """List decisions, oldest first, with the rules that refused."""
    from abst.integrity import replay

    with house(context) as (_, office):
        rows = replay.rows(office, kind=kind, refused=refused)
    if not rows:
        return Answer(rows, ["no decisions"])
    return Answer(rows, [grid(rows, ("decision", "kind", "at", "passed", "rules", "rulebook"))])


@NOUN.command("show", example="abst decision show dec-0123456789", result=SHOWN)
def show(context: typer.Context, decision: Decision) -> Answer:
    """Explain one decision: facts, what each gate said, rulebook, hash, where the log names it, what it led to."""
    from abst.integrity import replay

    with house(context) as (_, office):
        found = replay.show(office, decision)
    plain = {key: found[key] for key in ("decision", "kind", "at", "passed", "rulebook", "rulebook_digest", "hash")}
    shown: list[str | Table] = [fields(plain), fields(found["facts"], "facts")]
    shown += [fields(_flat(one["facts"]), f"judged as {one['kind']}") for one in found["judged"]]
    refused = [row for row in found["results"] if not row["passed"]]
    passed = [row for row in found["results"] if row["passed"]]
    if refused:
        shown.append(grid(refused, ("rule", "gate", "where", "found", "needed"), "refused"))
    if passed:
        shown.append(grid(passed, ("rule", "gate", "needed"), "passed"))
    shown.append(grid(found["log"], ("seq", "actor", "act", "subject"), "in the audit log"))
    for name in ("proposals", "approvals", "operations"):
        if found["led_to"][name]:
            shown.append(grid(found["led_to"][name], tuple(found["led_to"][name][0]), name))
    return Answer(found, shown)


def _flat(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts for people: long lists by their length."""
    return {
        key: f"{len(value)} rows" if isinstance(value, list) and len(value) > 5 else value
        for key, value in facts.items()
    }


@NOUN.command("replay", example="abst decision replay --all", result=many(REPLAY))
def replay_(
    context: typer.Context,
    decision: Annotated[str, typer.Argument(metavar="[DECISION]", help="Id of the decision; or --all.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Run every stored decision again.")] = False,
) -> Answer:
    """Run the pure gates again on the stored facts, under the rulebook of that day, and compare (exit 6 if not same).

    Acts of power have no gates: they stand on evidence and the chain's answer. An erased investor's stay sealed.
    """
    from abst.integrity import replay

    if everything == bool(decision):
        raise UsageError("which decision?", needed="DECISION, or --all", where="DECISION")
    with house(context) as (_, office):
        found = replay.replay_all(office) if everything else [replay.replay(office, decision)]
    rows = [one.as_dict() for one in found]
    differ = [difference for row in rows for difference in row["differences"]]
    counts = {word: sum(row["outcome"] == word for row in rows) for word in OUTCOMES}
    told = ", ".join(f"{number} {word}" for word, number in counts.items() if number) or "no decisions"
    if not differ:
        return Answer(rows, [f"{rows[0]['kind']}: {rows[0]['words']}" if decision else f"replay: {told}"])
    table = grid(differ, ("where", "words", "found", "expected"))
    return Answer(rows, [table, f"replay: {told}"], "integrity")
