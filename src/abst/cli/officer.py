"""`abst officer`: who may act, with which roles and which key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abst.cli.app import Noun, call_of
from abst.cli.common import answer, fields, grid, house
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, FLAG, HASH, TEXT, many, record
from abst.errors import NotFound, UsageError

NOUN = Noun("officer", "Who may act: names, roles and keystores.")
OFFICER = record(name=TEXT, address=ADDRESS, roles=many(TEXT), key_here=FLAG)


@NOUN.command("list", example="abst officer list", result=many(OFFICER))
def list_(context: typer.Context) -> Answer:
    """List the officers with their roles and whether the key is in this home."""
    from abst.chain.office import officers

    with house(context) as (_, office):
        rows = officers(office)
    return Answer(rows, [grid(rows, ("name", "roles", "address", "key_here"))])


@NOUN.command("show", example="abst officer show registrar", result=OFFICER)
def show(context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="The officer.")]) -> Answer:
    """Show one officer."""
    from abst.chain.office import officers

    with house(context) as (_, office):
        found = [row for row in officers(office) if row["name"] == name]
    if not found:
        raise NotFound("no such officer", found=name, needed="a name of `abst officer list`", where="NAME")
    return Answer(found[0], [fields(found[0])])


@NOUN.command(
    "new",
    example="abst officer new second-checker --role checker --as operations-1",
    result=record(proposal=TEXT, hash=HASH, kind=TEXT, name=TEXT, address=ADDRESS, roles=many(TEXT)),
)
def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new officer; becomes the keystore's name.")],
    role: Annotated[list[str], typer.Option("--role", help="A role; may be repeated.")],
    keystore_work: Annotated[
        int,
        typer.Option("--keystore-work", min=2, help="Scrypt work factor, a power of two; small ones for tests only."),
    ] = 2**18,
) -> Answer:
    """Make an officer: a row, a keystore here, and a proposal to grant the roles on chain.

    Where [signers] of config.toml names an external signer for him, that key is used and no keystore made.
    The grant is an act of the administration: a second officer approves it and its delay must pass.
    """
    from abst import bootstrap

    with house(context) as (call, office):
        there = name in office.keys.names()  # a keystore of an interrupted try, or an external signer's
        passphrase = "" if there else bootstrap.passphrases(Path(call.home))(name)
        if passphrase is None:
            needed = f"ABST_PASSPHRASE_{name.upper().replace('-', '_')}, or a terminal to ask at"
            raise UsageError("no passphrase for the new keystore", needed=needed, where=name)
        command = bootstrap.AddOfficer(
            officer=call.act_as(),
            request=call.request_id(),
            name=name,
            roles=tuple(role),
            passphrase=passphrase,
            work=keystore_work,
        )
        result = bootstrap.add_officer(office, command)
    return answer(result)


@NOUN.command(
    "leave",
    example="abst officer leave operations-2 --reason 'lost passphrase' --as operations-1",
    result=record(
        proposal=TEXT,
        hash=HASH,
        kind=TEXT,
        name=TEXT,
        address=ADDRESS,
        roles=many(TEXT),
        reason=TEXT,
        proposals=many(TEXT),
    ),
)
def leave(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The officer who leaves, or whose key is lost.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
) -> Answer:
    """Take an officer's powers on chain, and close his row: two other officers' act.

    Who holds roles of both timelocks leaves in two proposals: ask again after the first. A lost passphrase is the
    same: this, and `abst officer new` under another name. What he proposed and still waits is listed.
    """
    from abst.chain import leaving

    with house(context) as (call, office):
        command = leaving.Leave(officer=call.act_as(), request=call.request_id(), name=name, reason=reason)
        result = leaving.leave(office, command)
    return answer(result)


@NOUN.command("move", example="abst officer move compliance-1 ./checkers", result=record(name=TEXT, keystore=TEXT))
def move(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the keystore in this home.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The other home, made by `abst init --share`.")],
    copy: Annotated[bool, typer.Option("--copy", help="Leave it here too (for the vault).")] = False,
) -> Answer:
    """Move a keystore to another home on the same store and chain, so that makers and checkers hold keys apart."""
    from abst.bootstrap import move_key

    moved = move_key(Path(call_of(context).home), name, folder, copy=copy)
    return Answer({"name": name, "keystore": str(moved)}, [str(moved)])
