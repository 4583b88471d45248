"""`abst audit`: the append-only log, its anchors on the chain, and packs of evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abst.cli.app import Noun
from abst.cli.common import answer, fields, grid, house, read, second_of
from abst.cli.envelope import Answer
from abst.cli.shape import ADDRESS, ANY_OBJECT, COUNT, FLAG, HASH, INSTANT, TEXT, many, record, table_of
from abst.errors import UsageError

if TYPE_CHECKING:
    from abst.chain.api import Chain
    from abst.integrity.checks import Difference

NOUN = Noun("audit", "The audit log: shown, anchored on chain, verified, given out as evidence.")
ENTRY = record(seq=COUNT, at=INSTANT, actor=TEXT, act=TEXT, subject=TEXT, facts=ANY_OBJECT, previous=HASH, hash=HASH)
ANCHOR = record(seq=COUNT, head=HASH, by=ADDRESS, block=COUNT, tx_hash=HASH, at=INSTANT)
DIFFERENCE = record(where=TEXT, found=TEXT, expected=TEXT, words=TEXT)
EXAMINED = record(
    ok=FLAG, entries=COUNT, head=HASH, anchors=many(ANCHOR), unanchored=COUNT, differences=many(DIFFERENCE)
)
PACKED = record(file=TEXT, sha256=HASH, manifest=HASH, entries=COUNT, decisions=COUNT, operations=COUNT, anchored=FLAG)
CHECKED = record(
    ok=FLAG,
    manifest=HASH,
    officer=TEXT,
    address=TEXT,
    on_chain=FLAG,
    counted=table_of(COUNT),
    differences=many(DIFFERENCE),
)


@NOUN.command("log", example="abst audit log --after 100", result=many(ENTRY))
def log(
    context: typer.Context,
    after: Annotated[int, typer.Option("--after", min=0, metavar="N", help="Entries later than this one.")] = 0,
    subject: Annotated[str, typer.Option("--subject", help="Only entries about this, such as `filing jishidai`.")] = "",
) -> Answer:
    """Show the log: who did what to what, when; ids and hashes only."""
    from abst.integrity import anchors

    with house(context) as (_, office):
        rows = list(anchors.log(office, after=after, subject=subject))
    return Answer(rows, [grid(rows, ("seq", "at", "actor", "act", "subject", "facts")) if rows else "no entries"])


@NOUN.command(
    "anchor",
    example="abst audit anchor --if-due --as operations-1",
    result={"anyOf": [record(anchored=FLAG, seq=COUNT, head=HASH), record(anchored=FLAG, due=INSTANT)]},
)
def anchor(
    context: typer.Context,
    if_due: Annotated[
        bool, typer.Option("--if-due", help="Only when the last anchor is older than R-70 allows.")
    ] = False,
) -> Answer:
    """Put the head of the log on the chain, from the registrar's key; keep what it prints somewhere else too."""
    from abst.integrity import anchors

    with house(context) as (call, office):
        command = anchors.Anchor(officer=call.act_as(), request=call.request_id(), if_due=if_due)
        result = anchors.anchor(office, command)
    return answer(result)


@NOUN.command("verify", example="abst audit verify", result=EXAMINED)
def verify(
    context: typer.Context,
    anchor: Annotated[
        list[str] | None,
        typer.Option("--anchor", metavar="SEQ:HASH", help="An anchor kept elsewhere; may be repeated."),
    ] = None,
    node: Annotated[str, typer.Option("--node", metavar="URL", help="Ask this node instead of the home's own.")] = "",
) -> Answer:
    """Hold the log against itself and its anchors: any change, deletion, reordering, or cut end is found (exit 6).

    Entries later than the last anchor are counted: of them only what stands can be checked, not what is missing.
    """
    from abst.integrity import anchors, trail

    given = anchors.parse(anchor or ())
    with house(context) as (_, office):
        found = anchors.examine(office, given, _chain(node, office.deployment.chain_id))
        differences = [*found.differences, *trail.decisions(office), *trail.proposals(office)]
    result: dict[str, Any] = {
        "ok": not differences,
        "entries": found.entries,
        "head": found.head,
        "anchors": [one.as_dict() for one in found.anchors],
        "unanchored": found.unanchored,
        "differences": told_differences(differences),
    }
    said = f"audit log: {found.entries} entries, {len(found.anchors)} anchors, {found.unanchored} not anchored yet"
    if not differences:
        return Answer(result, [said, "audit verify: OK"])
    table = grid(result["differences"], ("where", "words", "found", "expected"))
    return Answer(result, [table, said, f"audit verify: {len(differences)} differences"], "integrity")


def _chain(node: str, chain_id: int) -> Chain | None:
    if not node:
        return None
    from abst.chain.node import NodeChain

    return NodeChain(node, chain_id=chain_id)


def told_differences(differences: list[Difference]) -> list[dict[str, Any]]:
    return [
        {"where": d.where, "found": str(d.found), "expected": str(d.expected), "words": d.words} for d in differences
    ]


@NOUN.command("pack", example="abst audit pack evidence.zip --filing jishidai --as operations-1", result=PACKED)
def pack(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The zip to write.")],
    filing: Annotated[str, typer.Option("--filing", help="Everything about a filing and its tokens.")] = "",
    investor: Annotated[str, typer.Option("--investor", help="Everything about an investor, by id.")] = "",
    decision: Annotated[str, typer.Option("--decision", help="One decision and what it led to.")] = "",
    first: Annotated[str, typer.Option("--from", metavar="MOMENT", help="A period: from this date or instant.")] = "",
    last: Annotated[
        str, typer.Option("--to", metavar="MOMENT", help="To this date (its last second) or instant.")
    ] = "",
) -> Answer:
    """Write a signed pack of evidence: entries, decisions, proposals, transactions, and what proves each on chain.

    Ids and hashes only: what is personal stays sealed. That a pack was given out is an entry of the log.
    """
    from abst.integrity import pack as packing

    with house(context) as (call, office):
        if bool(first) != bool(last):
            raise UsageError("half a period", needed="--from and --to", where="--from")
        selection = packing.Selection(
            filing=filing,
            investor=investor,
            decision=decision,
            first=_begin_of(first, office.zone) if first else None,
            last=second_of(last, office.zone, "--to") if last else None,
        )
        command = packing.MakePack(officer=call.act_as(), request=call.request_id(), selection=selection, path=path)
        result = packing.make(office, command)
    return answer(result)


def _begin_of(moment: str, zone: str) -> int:
    """The first second of a date, or the second of an instant."""
    from abst.values import first_second_of, parse_date

    is_date = len(moment) == len("2026-09-01") and not moment.isdigit()
    return first_second_of(parse_date(moment, "--from"), zone) if is_date else second_of(moment, zone, "--from")


@NOUN.command("check", example="abst audit check evidence.zip", result=CHECKED)
def check(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The pack.")],
    node: Annotated[str, typer.Option("--node", metavar="URL", help="Ask this node; no home is needed.")] = "",
    offline: Annotated[
        bool, typer.Option("--offline", help="Check only what needs no chain; no home is needed.")
    ] = False,
) -> Answer:
    """Check a pack: signature, hashes, the chain of entries, and its proofs on the chain (exit 6 on a difference)."""
    from abst.integrity import packcheck

    content = read(path, "FILE")
    if offline or node:
        found = packcheck.check(content, None if offline else _node_of(content, node))
    else:
        with house(context) as (_, office):
            found = packcheck.check(content, office.chain, office.deployment)
    result: dict[str, Any] = {
        "ok": not found.differences,
        "manifest": found.manifest,
        "officer": found.officer,
        "address": found.address,
        "on_chain": found.on_chain,
        "counted": found.counted,
        "differences": told_differences(list(found.differences)),
    }
    told = sum(found.counted.values())
    said = f"{told} comparisons, {'with' if found.on_chain else 'without'} the chain"
    if not found.differences:
        return Answer(result, [fields(found.counted), f"audit check: OK, {said}"])
    table = grid(result["differences"], ("where", "words", "found", "expected"))
    return Answer(result, [table, f"audit check: {len(found.differences)} differences, {said}"], "integrity")


def _node_of(content: bytes, node: str) -> Chain | None:
    from abst.integrity.packcheck import chain_id_of

    return _chain(node, chain_id_of(content))
