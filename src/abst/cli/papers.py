"""What `abst trade` and `abst order` share: the paper's file, written once and signed in place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abst.cli.common import read
from abst.cli.shape import ADDRESS, AMOUNT, FLAG, HASH, INSTANT, REFUSAL, TEXT, many, record
from abst.errors import Conflict, Refusal, UsageError

if TYPE_CHECKING:
    from abst.chain.office import Result

File = Annotated[Path, typer.Argument(metavar="FILE", help="The file that `new` wrote.")]
Deadline = Annotated[
    str, typer.Option("--deadline", metavar="INSTANT", help="Last good second: 2026-09-01T12:00:00Z, or a date.")
]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the file to sign.")]
Asset = Annotated[str, typer.Option("--asset", metavar="ADDRESS", help="Settlement asset; without, local deposits.")]
Price = Annotated[str, typer.Option("--price", help="Units of the asset for all of them.")]
Amount = Annotated[str, typer.Option("--amount", help="Whole token units; `_` and `,` may separate digits.")]
Signature = Annotated[str, typer.Option("--signature", help="0x-hex, made outside over the file's `message`.")]
PermitSignature = Annotated[
    str, typer.Option("--permit-signature", help="0x-hex, made outside over the permit's `message`.")
]
PAPER = {
    "digest": HASH,
    "id": HASH,
    "token": TEXT,
    "asset": ADDRESS,
    "buyer": ADDRESS,
    "amount": AMOUNT,
    "price": AMOUNT,
    "deadline": INSTANT,
}
SIGNED = record(digest=HASH, side=TEXT, holder=ADDRESS, signature=TEXT, permit=FLAG, file=TEXT)
AGAINST = many(REFUSAL)


def drawn(result: Result, out: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Write the paper of a result to a file; what to show, and the reasons against it as lines."""
    content = dict(result.result)
    paper = content.pop("paper")
    _write_new(out, paper)
    content["file"] = str(out)
    return content, tuple(f"not yet: {Refusal(**one)}" for one in content["against"])


def _write_new(out: Path, paper: dict[str, Any]) -> None:
    """A file of the same paper, signed meanwhile perhaps, stays as it is. Raises Conflict for another file there."""
    from abst.chain.papers import text_of

    if out.exists():
        if _json(out).get("digest") != paper["digest"]:
            needed = "the same --request, with a fresh name for --out"
            raise Conflict("another file stands there", found=str(out), needed=needed, where="--out")
        return
    _write(out, text_of(paper))


def signed(result: Result, file: Path) -> dict[str, Any]:
    """Put a signature into the paper's file; what to show."""
    from abst.chain.papers import text_of, with_signature

    told: Mapping[str, Any] = result.result
    _write(file, text_of(with_signature(_json(file), told)))
    permit = told["permit"]
    return {**told, "permit": bool(permit and permit["signature"]), "file": str(file)}


def _json(file: Path) -> dict[str, Any]:
    from abst.values import shallow

    try:
        with shallow(str(file)):
            content = json.loads(read(file, "FILE"))
    except ValueError as error:
        raise UsageError("not JSON", found=str(error), needed="a file of `new`", where=str(file)) from None
    if not isinstance(content, dict):
        raise UsageError("not one object", found=type(content).__name__, needed="a file of `new`", where=str(file))
    return content


def _write(file: Path, text: str) -> None:
    """Whole or not at all: a signature is never half there."""
    aside = file.with_name(f"{file.name}.new")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(file)
    except OSError as error:
        raise UsageError(
            "cannot write the file", found=f"{file}: {error.strerror}", needed="a writable place", where="FILE"
        ) from None
