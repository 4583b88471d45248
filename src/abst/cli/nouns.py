"""Puts the nouns together, in the order of the life of a token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from abst.cli import (
    allot,
    asset,
    audit,
    backup,
    calendar,
    chain,
    correct,
    deal_figures,
    decide,
    decision,
    demo,
    deposit,
    disclosure,
    document,
    duty,
    filing_clock,
    fx,
    hold,
    holders,
    hook,
    init,
    investor,
    journal,
    marketing,
    mint,
    officer,
    ops,
    order,
    package,
    payment,
    period,
    plan,
    pledge,
    proceeds,
    provider,
    record_date,
    register,
    reindex,
    report,
    rulebook,
    screening,
    serve,
    servicing,
    setting,
    suitability,
    today,
    token,
    trade,
    transfer,
    travel,
    vault,
    verify,
    wallet,
)
from abst.cli.app import GLOBALS_HELP, Noun, Program, Spec

GROUPS = (
    officer,
    rulebook,
    setting,
    deal_figures,
    filing_clock,
    provider,
    marketing,
    fx,
    token,
    holders,
    investor,
    suitability,
    screening,
    wallet,
    hold,
    vault,
    asset,
    deposit,
    proceeds,
    order,
    trade,
    travel,
    servicing,
    period,
    record_date,
    payment,
    document,
    duty,
    hook,
    pledge,
    correct,
    register,
    plan,
    report,
    decision,
    audit,
    package,
    ops,
    journal,
    chain,
)
SINGLES = (init, demo, mint, allot, transfer, disclosure, calendar, decide, today, verify, reindex, serve, backup)


def _version(wanted: bool) -> None:
    if wanted:
        from abst import __version__

        print(f"abst {__version__}")
        raise typer.Exit


def specs() -> list[Spec]:
    """Every command, in the order of the help."""
    return [spec for module in (*SINGLES, *GROUPS) for spec in module.NOUN.specs]


def build() -> typer.Typer:
    """The whole program. The order of the tuples above is the order of the help."""
    return assemble([module.NOUN for module in (*SINGLES, *GROUPS)])


def assemble(nouns: Sequence[Noun]) -> typer.Typer:
    """A program of these nouns under the global options; commands of a noun without a name stand at the top."""
    app = typer.Typer(name="abst", cls=Program, rich_markup_mode="rich", add_completion=False)
    app.callback(epilog=GLOBALS_HELP)(_program)
    for noun in nouns:
        if noun.name:
            app.add_typer(noun.app, epilog=GLOBALS_HELP)
        else:
            app.registered_commands.extend(noun.commands.registered_commands)
    return app


def _program(
    context: typer.Context,
    home: Annotated[str, typer.Option("--home", envvar="ABST_HOME", help="Folder of the registry.")] = "./.abst",
    json: Annotated[bool, typer.Option("--json", help="Answer with one JSON envelope on stdout.")] = False,
    request: Annotated[
        str | None, typer.Option("--request", metavar="ID", help="Id of the request; the same id repeats safely.")
    ] = None,
    officer_name: Annotated[
        str | None, typer.Option("--as", metavar="OFFICER", help="Name of the officer who acts.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """A registry that takes a filed asset-backed security token (资产支持证券代币) through its whole life."""
    call = context.obj
    call.home, call.json, call.request, call.officer = home, json, request, officer_name
