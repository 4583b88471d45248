"""The command line's documents cannot lie: help, examples, docs/commands.md and the schemas come from the program."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from abst.cli import build, docs
from abst.cli.app import Spec
from abst.cli.nouns import specs

DOCS = Path(__file__).parents[2] / "docs"
SPECS = specs()
IDS = [spec.path for spec in SPECS]


@cache
def program() -> Any:
    """The whole program, built once."""
    return typer.main.get_command(build())


def command_of(spec: Spec) -> Any:
    """The command as the program parses it."""
    leaf = program()
    for word in spec.path.split():
        leaf = leaf.commands[word]
    return leaf


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_every_command_has_help_and_an_example(spec: Spec) -> None:
    """A command says what it does in a sentence, and shows one line that its own parser accepts."""
    words = (spec.function.__doc__ or "").strip()
    assert words.split("\n")[0].endswith((".", ";")), f"abst {spec.path}: the help's first line is no sentence"
    assert spec.example.startswith(f"abst {spec.path}"), f"abst {spec.path}: the example is of another command"
    runner = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"})
    with runner.isolation() as (out, _, _):
        with pytest.raises(SystemExit) as left:
            program().main([*spec.path.split(), "--help"], "abst")
        assert left.value.code == 0
        assert "Example:" in out.getvalue().decode()


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_every_example_parses(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's words fit the command's arguments and options; nothing is run."""
    seen: list[str] = []
    leaf = command_of(spec)
    monkeypatch.setattr(leaf, "callback", lambda *_, **__: seen.append(spec.path))
    ran = CliRunner()
    with ran.isolation():
        with pytest.raises(SystemExit) as left:
            program().main(shlex.split(spec.example)[1:], "abst")
    assert (left.value.code, seen) == (0, [spec.path])


def test_no_command_is_undeclared() -> None:
    """Every command of the program is in the list that the documents are written from."""
    found = set()
    for name, command in program().commands.items():
        below = getattr(command, "commands", None)
        found |= {f"{name} {inner}" for inner in below} if below else {name}
    assert found == set(IDS)


def test_commands_page_is_current() -> None:
    """docs/commands.md is what the program would write now."""
    assert (DOCS / "commands.md").read_text(encoding="utf-8") == docs.commands(), "run: python -m abst.cli.docs docs"


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_the_page_names_the_options_as_the_parser_does(spec: Spec) -> None:
    """Each option of a command stands on the page under a name that the command takes, and none beside them."""
    parsed = [
        {*one.opts, *one.secondary_opts}
        for one in command_of(spec).params
        if one.param_type_name == "option" and "--help" not in one.opts
    ]
    written = [set(name.split()[0].split("/")) for name, _ in docs.parameters(spec) if name.startswith("--")]
    assert len(written) == len(parsed)
    for names in written:
        assert any(names <= one for one in parsed), f"abst {spec.path}: no option {sorted(names)}"


def test_schemas_are_current_and_valid() -> None:
    """docs/schemas holds one valid JSON Schema for each command and one for the envelope, and nothing else."""
    wanted = docs.schemas()
    stored = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (DOCS / "schemas").glob("*.json")}
    assert stored == wanted, "run: python -m abst.cli.docs docs"
    results = {docs.slug(spec.path): spec.result for spec in SPECS}
    for name, schema in wanted.items():
        # A command's schema is the envelope's, which is looked at by itself, around the shape of its result.
        jsonschema.Draft202012Validator.check_schema(results.get(name, schema))


def test_package_schemas_are_current_and_valid() -> None:
    """docs/schemas/package holds the JSON Schemas that every portable package carries, byte for byte."""
    wanted = docs.package_schemas()
    stored = {path.name: path.read_bytes() for path in (DOCS / "schemas/package").iterdir()}
    assert stored == wanted, "run: python -m abst.cli.docs docs"
    for content in wanted.values():
        jsonschema.Draft202012Validator.check_schema(json.loads(content))


def test_the_table_of_transactions_is_current() -> None:
    """docs/package.md tells every kind of transaction as the program types it."""
    page = (DOCS / "package.md").read_text(encoding="utf-8")
    assert page == docs.with_kinds(page), "run: python -m abst.cli.docs docs"


def test_help_imports_nothing_heavy() -> None:
    """`abst --help` answers at once because chain, store and models are imported by the command that needs them."""
    heavy = ("web3", "sqlalchemy", "pydantic", "alembic", "eth_tester", "eth_account", "eth_utils", "cryptography")
    code = (
        "import sys, runpy\nfrom abst.cli import main\nsys.argv = ['abst', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('heavy:', [name for name in {heavy!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.rstrip().endswith("heavy: []")
