"""The program around the commands: one envelope, the table of exit codes, options anywhere, and no bug swallowed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import typer
from typer.testing import CliRunner, Result

from abst.cli import build
from abst.cli.app import Noun, call_of, hoist
from abst.cli.envelope import EXIT_OF, Answer
from abst.cli.nouns import assemble
from abst.cli.shape import ANY_OBJECT
from abst.errors import (
    Conflict,
    IntegrityFailure,
    NotAuthorised,
    NotFound,
    Refusal,
    Refused,
    Unavailable,
    UsageError,
)

ENVELOPE = json.loads((Path(__file__).parents[2] / "docs/schemas/envelope.json").read_text(encoding="utf-8"))
REFUSAL = Refusal("R-43", "jurisdiction-denied", "CN", "none of CN, US", "row 7", "N42")
TABLE: list[tuple[str, Exception | None, int]] = [
    ("done", None, 0),
    ("usage", UsageError("bad words", found="x", needed="y", where="z"), 2),
    ("refused", Refused([REFUSAL, REFUSAL]), 3),
    ("not-found", NotFound("no such thing"), 4),
    ("unavailable", Unavailable("chain is away"), 5),
    ("integrity", IntegrityFailure("they differ"), 6),
    ("waiting", None, 7),
    ("conflict", Conflict("other content"), 8),
    ("not-authorised", NotAuthorised("not you"), 9),
    ("interrupted", KeyboardInterrupt(), 130),  # type: ignore[list-item]
]


def call(body: Callable[[typer.Context], Answer], *words: str) -> Result:
    """Run a program whose only command ``act`` has this body."""
    noun = Noun("", "")

    @noun.command("act", example="abst act", result=ANY_OBJECT)
    def act(context: typer.Context, number: int = 0) -> Answer:
        """Act."""
        return body(context)

    other = Noun("", "")
    other.command("other", example="abst other", result=ANY_OBJECT)(_nothing)
    return CliRunner().invoke(assemble([noun, other]), list(words))


def _nothing(context: typer.Context) -> Answer:
    """Nothing."""
    return Answer({})


@pytest.mark.parametrize(("outcome", "error", "code"), TABLE, ids=[row[0] for row in TABLE])
def test_each_outcome_has_its_exit_code_and_envelope(outcome: str, error: Exception | None, code: int) -> None:
    """An expected error becomes its exit code and an envelope on stdout, whatever the command was."""

    def body(context: typer.Context) -> Answer:
        if error is not None:
            raise error
        return Answer({"fine": "yes"}, ["fine"], outcome)

    ran = call(body, "act", "--json")
    assert ran.exit_code == code == EXIT_OF[outcome]
    told = json.loads(ran.stdout)
    jsonschema.validate(told, ENVELOPE)
    assert (told["schema"], told["command"], told["outcome"]) == ("abst/act/1", "act", outcome)
    assert len(told["refusals"]) == (2 if outcome == "refused" else 0)


def test_people_see_every_refusal_on_stderr() -> None:
    """Without --json stdout stays empty when refused; stderr names the rule, what was found, and what is needed."""

    def body(context: typer.Context) -> Answer:
        raise Refused([REFUSAL])

    ran = call(body, "act")
    assert (ran.exit_code, ran.stdout) == (3, "")
    assert "R-43 jurisdiction-denied at row 7: found CN, needed none of CN, US (N42)" in ran.stderr


@pytest.mark.parametrize("words", [["act", "--nonsense"], ["act", "--number", "x"], ["nothing-such"], ["act", "--as"]])
def test_a_wrong_line_is_usage_with_an_envelope(words: list[str]) -> None:
    """Typer's own complaints exit 2 too, and are JSON when JSON was asked."""
    ran = call(_nothing, "--json", *words)
    assert ran.exit_code == 2
    told = json.loads(ran.stdout)
    jsonschema.validate(told, ENVELOPE)
    assert told["outcome"] == "usage"
    assert told["result"]["error"]
    for_people = call(_nothing, *words)
    assert (for_people.exit_code, for_people.stdout) == (2, "")
    assert "Error:" in for_people.stderr


def test_global_options_stand_anywhere_but_after_two_dashes() -> None:
    """`abst mint A1 x 1 --as issuer --json` reads like speech; words after -- are left alone."""
    assert hoist(["mint", "A1", "--as", "issuer", "--json", "--file", "x"]) == [
        "--as", "issuer", "--json", "mint", "A1", "--file", "x",
    ]  # fmt: skip
    assert hoist(["act", "--home=/x", "--", "--json"]) == ["--home=/x", "act", "--", "--json"]


def test_options_reach_the_command() -> None:
    """Home, request and officer are what was said."""
    seen = []

    def body(context: typer.Context) -> Answer:
        told = call_of(context)
        seen.append((told.home, told.request_id(), told.act_as()))
        return Answer({})

    assert call(body, "act", "--request", "req-1", "--as", "maker", "--home", "/h").exit_code == 0
    assert seen == [("/h", "req-1", "maker")]


def test_a_request_id_is_printed_before_the_act() -> None:
    """Without --request the program makes an id and says it first, on stderr, so that a killed act can be repeated."""

    def body(context: typer.Context) -> Answer:
        call_of(context).request_id()
        raise Unavailable("gone")

    ran = call(body, "act", "--json")
    told = json.loads(ran.stdout)
    assert ran.stderr.splitlines()[0] == f"request {told['request']}"


def test_an_act_without_an_officer_is_usage() -> None:
    """Nobody acts anonymously."""
    ran = call(lambda context: Answer({"by": call_of(context).act_as()}), "act")
    assert ran.exit_code == 2
    assert "--as NAME" in ran.stderr


def test_a_bug_crashes_loudly_with_exit_one() -> None:
    """Nothing unexpected is swallowed: traceback and a short line on stderr, an envelope on stdout with --json."""
    code = (
        "import sys, typer\nfrom abst.cli.app import Noun, run_program\nfrom abst.cli.nouns import assemble\n"
        "noun = Noun('', '')\n"
        "def act(context: typer.Context):\n    'Act.'\n    raise ZeroDivisionError('oops')\n"
        "def other(context: typer.Context):\n    'Other.'\n"
        "noun.command('act', example='', result={})(act)\nnoun.command('other', example='', result={})(other)\n"
        "sys.argv = ['abst', 'act', '--json']\nrun_program(assemble([noun]))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "Traceback" in ran.stderr
    assert "bug: ZeroDivisionError: oops" in ran.stderr
    told = json.loads(ran.stdout)
    jsonschema.validate(told, ENVELOPE)
    assert told["outcome"] == "bug"


@pytest.mark.parametrize("words", [[], ["filing"]])
def test_no_command_shows_the_help_and_is_usage(words: list[str]) -> None:
    """`abst` alone, or a noun alone, shows its commands on stderr and exits 2; with --json it is an envelope."""
    for_people = CliRunner().invoke(build(), words)
    assert (for_people.exit_code, for_people.stdout) == (2, "")
    assert "Commands" in for_people.stderr
    told = json.loads(CliRunner().invoke(build(), [*words, "--json"]).stdout)
    jsonschema.validate(told, ENVELOPE)
    assert told["outcome"] == "usage"
