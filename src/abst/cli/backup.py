"""`abst backup`, `abst restore`, `abst recover`: what is kept for a bad day, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from abst.cli.app import Noun, call_of
from abst.cli.common import fields, grid, house
from abst.cli.envelope import Answer, Table
from abst.cli.shape import ADDRESS, COUNT, FLAG, HASH, INSTANT, TEXT, many, maybe, one_of, record, table_of
from abst.cli.verify import DIFFERENCE

NOUN = Noun("", "")
BLOCK = record(number=COUNT, hash=HASH)
CHAIN = record(id=COUNT, genesis=HASH, embedded=FLAG, head=BLOCK, final={"type": "integer"})
MADE = record(
    backup=TEXT,
    schema=TEXT,
    version=TEXT,
    made_at=INSTANT,
    registry_id=HASH,
    revision=TEXT,
    store=one_of("sqlite", "postgresql"),
    chain=CHAIN,
    audit=record(seq=COUNT, head=HASH),
    keys=FLAG,
    files=table_of(record(sha256=HASH, bytes=COUNT)),
)
RESTORED = record(
    home=TEXT,
    registry_id=HASH,
    made_at=INSTANT,
    manifest=HASH,
    chain=one_of("node", "kept", "restored"),
    kept_aside=TEXT,
    keys=many(TEXT),
)
FOUND = record(
    operation=HASH,
    words=TEXT,
    signer=ADDRESS,
    nonce=COUNT,
    block=COUNT,
    tx_hash=HASH,
    done=FLAG,
    decision=maybe(HASH),
)
RECOVERED = record(
    lifted=FLAG,
    marked=FLAG,
    from_block=COUNT,
    to_block={"type": "integer"},
    read=COUNT,
    settled=COUNT,
    found=many(FOUND),
    strange=many(TEXT),
    foreign=many(record(signer=ADDRESS, nonce=COUNT, tx_hash=HASH, block=COUNT)),
    officers=many(record(address=ADDRESS, roles=many(TEXT))),
    waiting=many(record(signer=ADDRESS, transactions=COUNT)),
    lost_entries=COUNT,
    differences=many(DIFFERENCE),
)


@NOUN.command("backup", example="abst backup --out backup-1.tar", result=MADE)
def backup(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR|FILE.tar", help="Where to; nothing may be there yet.")],
    keys: Annotated[
        bool, typer.Option("--keys", help="The encrypted keystores too; their passphrases are never in a backup.")
    ] = False,
) -> Answer:
    """Copy the database, then the chain, while the registry runs; verified, whole or not at all.

    On a node the database alone is copied. PostgreSQL is copied by its own pg_dump, which must be on the PATH. Keep the
    keystores, the vault's above all, in another place: without it what is sealed stays closed.
    """
    from abst.integrity.backup import MakeBackup, make

    with house(context) as (call, office):
        made = make(office, MakeBackup(out, keys), call.say)
    shown = {key: made[key] for key in ("backup", "made_at", "registry_id", "store", "revision")}
    shown |= {"chain head": made["chain"]["head"]["number"], "audit entries": made["audit"]["seq"], "keys": keys}
    rows = [{"file": name, **told} for name, told in made["files"].items()]
    return Answer(made, [fields(shown, "backup"), grid(rows, ("file", "bytes", "sha256"))])


@NOUN.command("restore", example="abst restore backup-1.tar --to ./registry", result=RESTORED)
def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="A folder or tar file of `abst backup`.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="HOME", help="The registry's folder; else that of --home.")
    ] = None,
    store_url: Annotated[
        str, typer.Option("--store-url", help="An empty PostgreSQL database, for a backup of one.")
    ] = "",
) -> Answer:
    """Put a backup's database into a home, and its chain file where none is; then run `abst recover`.

    A chain file that is there is newer than any backup, and stays. The database that is there is kept beside. No
    process may have it open. Until `abst recover` every act is refused; looking is allowed.
    """
    from abst.bootstrap.restoring import Restore, restore

    call = call_of(context)
    done = restore(Restore(source, to or Path(call.home), store_url), call.say)
    return Answer(done, [fields(done, "restored"), "next: abst recover"])


@NOUN.command("recover", example="abst recover --as operations-1", result=RECOVERED)
def recover(
    context: typer.Context,
    wait: Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for transactions on their way.")] = 60.0,
) -> Answer:
    """Learn from the chain what the database has forgotten, and let acts go on. Safe at any time, and to repeat.

    Prints the operations that nobody here knows: ask for each again under its own request id, and it ends as it did on
    the chain, sent by nobody. Waits (exit 7) while transactions are on their way; then run it again.
    """
    from abst.integrity import desk, recovering

    with house(context) as (call, office):
        report = recovering.recover(office, recovering.Recover(call.officer or "", wait), call.say)
        differences = desk.verify(office) if report.lifted else []
    told = [
        {"where": d.where, "found": str(d.found), "expected": str(d.expected), "words": d.words} for d in differences
    ]
    result: dict[str, Any] = {**report.as_dict(), "differences": told}
    return Answer(result, _shown(result), "done" if report.lifted else "waiting")


def _shown(result: dict[str, Any]) -> list[str | Table]:
    counts = {key: result[key] for key in ("from_block", "to_block", "read", "settled", "lost_entries")}
    shown: list[str | Table] = [fields(counts, "recovered")]
    tables = (
        ("found", ("operation", "words", "signer", "block", "done"), "not known here: repeat their requests"),
        ("foreign", ("signer", "nonce", "block", "tx_hash"), "without an operation id: not sent by this program"),
        ("officers", ("address", "roles"), "hold roles on the chain, and are not known here"),
        ("waiting", ("signer", "transactions"), "on their way"),
        ("differences", ("where", "words", "found", "expected"), "what still differs (abst verify)"),
    )
    shown += [grid(result[name], columns, title) for name, columns, title in tables if result[name]]
    if result["strange"]:
        shown.append(f"another content under a known operation: {', '.join(result['strange'])}: abst ops show")
    shown.append("acts may go on" if result["lifted"] else "acts still wait: run `abst recover` again")
    return shown
