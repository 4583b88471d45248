"""`abst vault`: the master key under which every person's key is kept (R-82)."""

from __future__ import annotations

from typing import Annotated

import typer

from abst.cli.app import Noun
from abst.cli.common import answer, fields, house
from abst.cli.envelope import Answer
from abst.cli.shape import COUNT, TEXT, many, maybe, record

NOUN = Noun("vault", "The vault: the master key of all personal data, checked and changed.")
MARK = {"type": "string", "pattern": "^[0-9a-f]{8}$"}
CHECKED = record(
    mark=MARK,
    keystore=TEXT,
    idle=many(TEXT),
    keys=COUNT,
    erased=COUNT,
    records=maybe(COUNT),
    wrong=many(record(what=TEXT, why=TEXT)),
)


@NOUN.command("check", example="abst vault check --deep", result=CHECKED)
def check(
    context: typer.Context,
    deep: Annotated[bool, typer.Option("--deep", help="Open every current record too.")] = False,
) -> Answer:
    """Open every person's key under the current master key; say what does not open, and which keystores are idle."""
    from abst.errors import IntegrityFailure
    from abst.investor import custody

    with house(context) as (_, office):
        found = custody.check(office, deep=deep)
    if found["wrong"]:
        first = found["wrong"][0]
        raise IntegrityFailure(
            f"{len(found['wrong'])} do not open", found=first["why"], needed="all of them", where=first["what"]
        )
    return Answer(found, [fields(found)])


@NOUN.command(
    "rotate",
    example="abst vault rotate --as operations-1",
    result=record(before=MARK, now=MARK, keys=COUNT, keystore=TEXT),
)
def rotate(
    context: typer.Context,
    keystore_work: Annotated[
        int,
        typer.Option("--keystore-work", min=2, help="Scrypt work factor, a power of two; small ones for tests only."),
    ] = 2**18,
) -> Answer:
    """Make a new master key and wrap every person's key under it. Copy the new keystore before taking the old away."""
    from abst.investor import custody

    with house(context) as (call, office):
        command = custody.Rotate(officer=call.act_as(), request=call.request_id(), work=keystore_work)
        result = custody.rotate(office, command)
    return answer(result)
