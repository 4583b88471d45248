"""The program: global options wherever they stand on the line, one place that turns errors into exit codes.

Each noun is a `Noun` with its commands; a command takes the Typer context first and returns an `Answer`. Nothing
heavy is imported here or at the top of a noun's file: ``abst --help`` must answer at once.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from functools import wraps
from types import TracebackType
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from abst.cli.envelope import Answer, Call, deliver, of_error
from abst.cli.shape import Shape
from abst.errors import EXIT_INTERRUPTED, AbstError

VALUED = ("--home", "--request", "--as")
FLAGS = ("--json",)
GLOBALS_HELP = "Options for every command, anywhere on the line: --home DIR, --json, --request ID, --as OFFICER."


@dataclass(frozen=True, slots=True)
class Spec:
    """One command: its words on the line, an example that runs, and the shape of its result."""

    path: str
    function: Callable[..., Answer]
    example: str
    result: Shape


def _late(commands: typer.Typer, default: str = "") -> type[TyperGroup]:
    """A group whose commands are made when first asked for: all of them at once cost half the time of a start.

    default: the command that is meant where the first word names none.
    """

    class Late(TyperGroup):
        """The group of one noun."""

        made: MutableMapping[str, Any]

        @property
        def commands(self) -> MutableMapping[str, Any]:
            """The noun's commands by name."""
            if not self.made:
                self.made = typer.main.get_group(commands).commands
            return self.made

        @commands.setter
        def commands(self, given: MutableMapping[str, Any]) -> None:
            self.made = given

        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            """The words after the noun."""
            if default and args and args[0] not in (*self.commands, "--help"):
                args = [default, *args]
            return super().parse_args(ctx, args)

    return Late


class Noun:
    """A group of commands (or, with an empty name, the commands without a noun).

    default: the command that is meant where the word after the noun is no command of it.
    """

    def __init__(self, name: str, help: str, default: str = "") -> None:
        self.name = name
        self.specs: list[Spec] = []
        self.commands = typer.Typer(rich_markup_mode="rich")
        self.app = typer.Typer(name=name or None, help=help, cls=_late(self.commands, default), rich_markup_mode="rich")

    def command(
        self, name: str, *, example: str, result: Shape
    ) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Add a command. Its docstring is the help; the example goes below it and into docs/commands.md."""
        path = f"{self.name} {name}".strip()

        def add(function: Callable[..., Answer]) -> Callable[..., Answer]:
            @wraps(function)
            def run(context: typer.Context, *args: Any, **kwargs: Any) -> Answer:
                call_of(context).command = path
                return function(context, *args, **kwargs)

            self.specs.append(Spec(path, function, example, result))
            self.commands.command(name, epilog=f"Example: {example}", short_help=_first_line(function))(run)
            return run

        return add


def _first_line(function: Callable[..., Answer]) -> str:
    return (function.__doc__ or "").strip().split("\n")[0]


def call_of(context: typer.Context) -> Call:
    """The call the context belongs to."""
    call = context.find_root().obj
    if not isinstance(call, Call):
        raise TypeError("a command ran outside the program's main group")
    return call


def hoist(args: Sequence[str]) -> list[str]:
    """The same arguments with the global options moved to the front; everything after ``--`` stays as it is."""
    front: list[str] = []
    rest: list[str] = []
    words = list(args)
    while words:
        word = words.pop(0)
        if word == "--":
            rest += [word, *words]
            break
        if word in FLAGS or word.startswith(tuple(f"{option}=" for option in VALUED)):
            front.append(word)
        elif word in VALUED and words:
            front += [word, words.pop(0)]
        else:
            rest.append(word)
    return front + rest


class Program(TyperGroup):
    """The root group: the one place where an answer or an error becomes output and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run a line of words; always ends in SystemExit. `standalone_mode` is Typer's and has no effect here."""
        words = hoist(sys.argv[1:] if args is None else args)
        own = words[: words.index("--")] if "--" in words else words
        call = Call(home=os.environ.get("ABST_HOME", "./.abst"), json="--json" in own)
        sys.excepthook = _bug_hook(call)
        try:
            outcome = super().main(
                words, prog_name or "abst", complete_var, False, windows_expand_args, obj=call, **extra
            )
        except AbstError as error:
            sys.exit(deliver(call, of_error(error)))
        except typer.Abort:
            outcome = EXIT_INTERRUPTED
        except typer.TyperException as error:
            sys.exit(_usage(call, error))
        if isinstance(outcome, Answer):
            sys.exit(deliver(call, outcome))
        if outcome == EXIT_INTERRUPTED:
            note = "interrupted; the same --request continues it" if call.request else "interrupted"
            fields = {"error": note, "found": "", "needed": "", "where": ""}
            sys.exit(deliver(call, Answer(fields, outcome="interrupted")))
        sys.exit(outcome or 0)


def _usage(call: Call, error: typer.TyperException) -> int:
    """A wrong line: Typer's own words with usage and hint for people, the envelope for programs. Exit 2."""
    context = getattr(error, "ctx", None)
    if context is not None and not call.command:
        call.command = context.command_path.removeprefix("abst").strip()
    words = error.format_message() or "no command"
    if call.json:
        fields = {"error": words, "found": "", "needed": "see --help", "where": "arguments"}
        return deliver(call, Answer(fields, outcome="usage"))
    show = getattr(error, "show", None)
    group = context is not None and isinstance(context.command, TyperGroup)
    if context is not None and group and words.startswith("Missing command"):
        with contextlib.redirect_stdout(sys.stderr):
            print(context.get_help())
    elif show is not None:
        show()
    else:
        print(f"usage: {words}", file=sys.stderr)
    return 2


def _bug_hook(call: Call) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Anything unexpected is a bug: the whole traceback on stderr, a short line after it, exit 1 by the interpreter."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, trace)
        line = f"bug: {kind.__name__}: {error}"
        print(
            f"{line}\nPlease report it with the lines above. Nothing half done is lost: repeat the same --request.",
            file=sys.stderr,
        )
        if call.json:
            deliver(call, Answer({"error": line, "found": "", "needed": "", "where": ""}, outcome="bug"))

    return hook


def run_program(app: typer.Typer) -> None:
    """Entry of the process. Typer's own exception hook is not used: `Program` installs ours."""
    typer.main.get_command(app)(prog_name="abst")
