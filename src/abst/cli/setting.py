"""`abst setting`: parameters of the rulebook that two officers may move, each change with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.common import answer, evidence, fields, grid, house
from abst.cli.envelope import Answer
from abst.cli.shape import EVIDENCE, HASH, INSTANT, TEXT, many, maybe, one_of, record

NOUN = Noun("setting", "Parameters of the rulebook that two officers may move, with a reason.")
VALUE = {"type": ["string", "integer", "boolean", "array"]}
CHANGE = record(value=VALUE, reason=TEXT, maker=TEXT, checker=maybe(TEXT), at=INSTANT, evidence=maybe(EVIDENCE))
ROW = record(
    rule=TEXT,
    name=TEXT,
    value=VALUE,
    unit=TEXT,
    status=one_of("S", "A", "D", "-"),
    source=TEXT,
    words=TEXT,
    choices=many(TEXT),
    changed=maybe(CHANGE),
)
PROPOSED = record(
    proposal=TEXT,
    hash=HASH,
    kind=TEXT,
    key=TEXT,
    **{"from": VALUE},
    rule=TEXT,
    name=TEXT,
    to=VALUE,
    reason=TEXT,
    evidence=maybe(EVIDENCE),
)
RuleId = Annotated[str, typer.Argument(metavar="RULE", help="Id of the rule, such as R-45.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the parameter.")]
COLUMNS = ("rule", "name", "value", "unit", "status", "source", "changed_at", "by", "reason")


@NOUN.command("list", example="abst setting list", result=many(ROW))
def list_(
    context: typer.Context,
    moved: Annotated[bool, typer.Option("--changed", help="Only those that were changed here.")] = False,
) -> Answer:
    """List the parameters that may be moved (status A or D), with the value in force, who set it, when and why."""
    from abst.chain import settings

    with house(context) as (_, office):
        rows = settings.listed(office, moved_only=moved)
    return Answer(rows, [grid([_flat(row) for row in rows], COLUMNS)])


@NOUN.command("show", example="abst setting show R-45 evidence_months", result=ROW)
def show(context: typer.Context, rule: RuleId, name: Name) -> Answer:
    """Show one parameter; one of status S is fixed by its source."""
    from abst.chain import settings

    with house(context) as (_, office):
        row = settings.shown(office, rule, name)
    return Answer(row, [fields({**_flat(row), "words": row["words"]})])


@NOUN.command(
    "set",
    example='abst setting set R-45 evidence_months 6 --reason "resolution of the board" --as operations-1',
    result=PROPOSED,
)
def set_(
    context: typer.Context,
    rule: RuleId,
    name: Name,
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE", help="A whole number, a share such as 0.12, text, yes or no, or a list by commas."
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why, in words for the record.")],
    evidence_file: Annotated[
        Path | None, typer.Option("--evidence", metavar="FILE", help="Document that the change stands on.")
    ] = None,
) -> Answer:
    """Propose another value; a second officer (admin-checker) approves. It holds from the next command on.

    What the source fixes (status S) is refused, whoever asks.
    """
    from abst.chain import settings

    with house(context) as (call, office):
        command = settings.SetParameter(
            officer=call.act_as(),
            request=call.request_id(),
            rule=rule,
            name=name,
            value=value,
            reason=reason,
            evidence=evidence(evidence_file) if evidence_file else None,
        )
        result = settings.set_parameter(office, command)
    return answer(result)


@NOUN.command("history", example="abst setting history R-45 evidence_months", result=many(CHANGE))
def history(context: typer.Context, rule: RuleId, name: Name) -> Answer:
    """Show every change of one parameter, oldest first: value, reason, both officers, evidence."""
    from abst.chain import settings

    with house(context) as (_, office):
        rows = settings.changes(office, rule, name)
    return Answer(rows, [grid(rows, ("at", "value", "maker", "checker", "reason", "evidence"))])


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its last change beside it."""
    changed = row["changed"] or {}
    who = [name for name in (changed.get("maker"), changed.get("checker")) if name]
    shown = {key: value for key, value in row.items() if key not in ("changed", "words")}
    return {**shown, "changed_at": changed.get("at"), "by": ", ".join(who), "reason": changed.get("reason")}
