"""Writes docs/commands.md, docs/schemas (of each command, of files that people write, of the portable package), the
role table of docs/contracts.md and the table of transactions of docs/package.md from the program itself and from a
registry that it deploys, so that they cannot lie.

``python -m abst.cli.docs FOLDER`` writes them all; tests fail when they are not current.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from abst.cli.app import GLOBALS_HELP, Spec
from abst.cli.envelope import EXIT_OF, VERSION
from abst.cli.nouns import specs
from abst.cli.shape import ERROR, REFUSAL, TEXT, Shape, many, maybe, record

if TYPE_CHECKING:
    from abst.chain.contracts import Contracts

DIALECT = "https://json-schema.org/draft/2020-12/schema"
WHEN = {
    "done": "done",
    "bug": "a bug: the traceback is on stderr",
    "usage": "the words of the command or of a file are wrong",
    "refused": "a rule forbids it, or some rows of a file; every refusal is listed",
    "not-found": "no such thing",
    "unavailable": "chain or store cannot be reached, is damaged, or belongs to another",
    "integrity": "two records of the same fact differ",
    "waiting": "accepted; waits for a second officer, for a key in another home, or for the chain",
    "conflict": "the same request id with other content, or a state that moved meanwhile",
    "not-authorised": "the officer may not do this",
    "interrupted": "interrupted; repeat with the same --request",
}


BEGIN, END = "<!-- roles -->", "<!-- /roles -->"  # between these lines of docs/contracts.md the role table is written
KINDS_PLACE = "<!-- kinds -->", "<!-- /kinds -->"  # and between these of docs/package.md the table of transactions


def slug(path: str) -> str:
    return path.replace(" ", "-")


def envelope_schema(command: str, result: Shape) -> Shape:
    """Schema of one command's envelope: what the result looks like depends on the outcome."""
    base = record(
        schema={"const": f"abst/{slug(command)}/{VERSION}"} if command else TEXT,
        command={"const": command} if command else TEXT,
        request=maybe(TEXT),
        outcome={"type": "string", "enum": sorted(EXIT_OF)},
        result={},
        refusals=many(REFUSAL),
        warnings=many(TEXT),
    )
    if not command:
        return {"$schema": DIALECT, "title": "Every answer with --json", **base}
    by_outcome = [
        {"if": _outcome("done", "waiting"), "then": _result(result)},
        {"if": _outcome("refused", "integrity"), "then": _result({"anyOf": [result, ERROR]})},
        {"if": {"not": _outcome("done", "waiting", "refused", "integrity")}, "then": _result(ERROR)},
    ]
    return {"$schema": DIALECT, "title": f"abst {command} --json", **base, "allOf": by_outcome}


def _outcome(*words: str) -> Shape:
    return {"properties": {"outcome": {"enum": list(words)}}}


def _result(shape: Shape) -> Shape:
    return {"properties": {"result": shape}}


def schemas() -> dict[str, Shape]:
    """File name without ending -> schema: of the envelope, of each command, and of the files that people write."""
    from abst.deal.schemas import schemas as of_deals
    from abst.filing.dossier import schema
    from abst.holders import captable_files
    from abst.servicing.report import file

    found = {"envelope": envelope_schema("", {}), "dossier": schema(), "cap-table": captable_files.schema()}
    found |= {"servicer-report": file.schema(), "tape-map": file.map_schema()}
    found |= {f"deal-{'file' if word == 'deal' else word}": made for word, made in of_deals().items()}
    for spec in specs():
        found[slug(spec.path)] = envelope_schema(spec.path, spec.result)
    return found


def package_schemas() -> dict[str, bytes]:
    """File name -> bytes, below schemas/package: as every portable package carries them."""
    from abst.integrity.portable import layout

    return {name.removeprefix("schemas/"): content for name, content in layout.pages().items()}


def commands() -> str:
    """docs/commands.md: each command with its help, arguments, options and example."""
    lines = [
        "# Commands",
        "",
        "Written by `python -m abst.cli.docs docs`; a test fails when this page is not current.",
        "",
        GLOBALS_HELP,
        "Without `--home`, ABST_HOME or `./.abst`. Without `--request`, acts make an id and print it first: repeat",
        "the act with the same id after any interruption, and it is done once.",
        "",
        "`--json` prints one envelope on stdout; its schema per command is in `schemas/`. Amounts are strings of",
        "digits in the smallest unit; times are Unix seconds. Progress is on stderr.",
        "",
        "| exit | outcome | when |",
        "|--:|---|---|",
    ]
    lines += [f"| {code} | {word} | {WHEN[word]} |" for word, code in sorted(EXIT_OF.items(), key=lambda item: item[1])]
    for spec in specs():
        lines += ["", f"## abst {spec.path}", "", inspect.cleandoc(spec.function.__doc__ or "")]
        told = [f"- `{name}` {words}" for name, words in parameters(spec)]
        lines += ["", *told] if told else []
        lines += ["", "```", spec.example, "```"]
    return "\n".join(lines) + "\n"


def parameters(spec: Spec) -> list[tuple[str, str]]:
    """Arguments and options of a command, as Typer will show them."""
    hints = inspect.get_annotations(spec.function, eval_str=True, globals=_names(spec))
    found = []
    for name, annotation in hints.items():
        for info in getattr(annotation, "__metadata__", ()):
            words = info.help or ""
            if isinstance(info, typer.models.ArgumentInfo):
                found.append((str(info.metavar or name.upper()), words))
            else:
                declared = (str(info.default), *(info.param_decls or ()))  # Annotated, the first one stands as default
                option = next((one for one in declared if one.startswith("--")), f"--{name.replace('_', '-')}")
                label = option if annotation.__origin__ is bool else f"{option} {info.metavar or ''}".strip()
                found.append((label, words))
    return found


def _names(spec: Spec) -> dict[str, Any]:
    """Names a command's annotations may use: its module's, and `Answer`."""
    return dict(spec.function.__globals__)


def roles() -> str:
    """The role table, asked of a registry deployed as `abst init` deploys it, in memory; without the marks."""
    from abst.chain.powers import role_table

    contracts, block = _scratch_registry()
    lines = ["| contract | function | role | who | persons | delay |", "|---|---|---|---|--:|--:|"]
    for power in role_table(contracts, block):
        name, delay = power.function.split("(")[0], f"{power.delay:,} s" if power.delay else ""
        lines.append(f"| {power.contract} | `{name}` | {power.role} | {power.who} | {power.persons} | {delay} |")
    return "\n".join(lines) + "\n"


def _scratch_registry() -> tuple[Contracts, int]:
    """Contracts with one token, and the deployment's block: default officers, keys that are worth nothing."""
    from abst.bootstrap import ALLOC, DEFAULT_OFFICERS, DEPLOYER
    from abst.chain import artifacts
    from abst.chain.contracts import codec
    from abst.chain.deploy import OfficerKeys, created_address, deploy, transaction
    from abst.chain.embedded import EmbeddedChain
    from abst.keys import LocalSigner
    from abst.values import ZERO_HASH, hash_of

    deployer = LocalSigner(hash_of(DEPLOYER.encode()))
    chain = EmbeddedChain(":memory:", alloc={deployer.address: ALLOC})
    people = [OfficerKeys(o.name, LocalSigner(hash_of(o.name.encode())).address, o.roles) for o in DEFAULT_OFFICERS]
    deployment = deploy(chain, deployer, ZERO_HASH, people)
    contracts = deployment.contracts(chain)
    # A token as the factory would make it: the role that an act needs stands in the code, filed or not.
    name = b"A".ljust(32, b"\0")
    terms = (name, name, b"CNY", 0, 1, False, 1, 1, 1, 0, 0, 0, 0)
    arguments = (deployment.manager, deployment.registry, 1, 0, terms)
    code = artifacts.load("SecurityToken").bytecode + codec("SecurityToken").constructor.encode(arguments)
    nonce, fees = chain.nonce(deployer.address), chain.gas_price()
    made = transaction(chain, nonce=nonce, to=None, data=code, gas=10_000_000, fees=fees)
    chain.send_raw(deployer.sign_transaction(made).raw)
    contracts.token(created_address(deployer.address, nonce))
    return contracts, deployment.block


def with_roles(page: str) -> str:
    """docs/contracts.md with the role table as it is now. Raises ValueError when the page has no place for it."""
    return _between(page, BEGIN, END, roles())


def with_kinds(page: str) -> str:
    """docs/package.md with the table of transactions as it is now. Raises ValueError as `with_roles`."""
    from abst.holders.transaction_kinds import KINDS

    lines = ["| object_type | contract | event, with our names | meaning |", "|---|---|---|---|"]
    lines += [f"| {kind.type} | {kind.part} | `{kind.event}` | {kind.words} |" for kind in KINDS]
    return _between(page, *KINDS_PLACE, "\n".join(lines) + "\n")


def _between(page: str, begin: str, end: str, table: str) -> str:
    before, found, rest = page.partition(begin + "\n")
    _, closes, after = rest.partition(end)
    if not (found and closes):
        raise ValueError(f"the page has no lines {begin} and {end}")
    return before + found + "\n" + table + "\n" + closes + after


def write(folder: Path) -> None:
    """Write commands.md, schemas/*.json and the tables of contracts.md and package.md below a folder; schemas of
    commands that are gone are removed."""
    (folder / "schemas").mkdir(parents=True, exist_ok=True)
    (folder / "commands.md").write_text(commands(), encoding="utf-8")
    for name, written in (("contracts.md", with_roles), ("package.md", with_kinds)):
        page = folder / name
        if page.exists():
            page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
    wanted = schemas()
    for old in (folder / "schemas").glob("*.json"):
        if old.stem not in wanted:
            old.unlink()
    for name, schema in wanted.items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        (folder / "schemas" / f"{name}.json").write_text(text, encoding="utf-8")
    (folder / "schemas/package").mkdir(exist_ok=True)
    for name, content in package_schemas().items():
        (folder / "schemas/package" / name).write_bytes(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
