"""The tree of errors; each carries its values, its exit code and the rules it cites.

AbstError                       exit
├── UsageError                  2    the words of the command or of a file are wrong
├── Refused                     3    a rule forbids it; carries every refusal at once
├── NotFound                    4
├── Unavailable                 5    chain or store cannot be reached, is damaged, or belongs to another
├── IntegrityFailure            6    two records of the same fact differ
├── Conflict                    8    the same request id with other content; a state that moved meanwhile
└── NotAuthorised               9    the officer may not do this

Anything else that is raised is a bug: it crashes loudly, exit 1. Exit 7 is no error: accepted and waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

EXIT_DONE, EXIT_BUG, EXIT_WAITING, EXIT_INTERRUPTED = 0, 1, 7, 130


@dataclass(frozen=True, slots=True)
class Refusal:
    """One rule that forbids an act.

    rule: ids of the rules cited, comma-separated (``R-43``); reason: stable slug (``jurisdiction-denied``);
    found and needed: what was met and what would pass, in words with units; where: the row, field or object;
    source: short name of the law the rule stands on.
    """

    rule: str
    reason: str
    found: str
    needed: str
    where: str
    source: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        named = f"{self.rule} {self.reason}".strip()  # what only a contract refuses cites no rule
        return f"{named} at {self.where}: found {self.found}, needed {self.needed} ({self.source})"


class AbstError(Exception):
    """Root of everything expected. ``found``/``needed``/``where`` answer what is wrong and what would be right."""

    exit_code = EXIT_BUG
    outcome = "error"

    def __init__(self, message: str, *, found: str = "", needed: str = "", where: str = "") -> None:
        super().__init__(message)
        self.message, self.found, self.needed, self.where = message, found, needed, where

    def as_dict(self) -> dict[str, Any]:
        return {"error": self.message, "found": self.found, "needed": self.needed, "where": self.where}

    def __str__(self) -> str:
        parts = [self.message]
        parts += [f"{label} {value}" for label, value in self._details() if value]
        return "; ".join(parts)

    def _details(self) -> list[tuple[str, str]]:
        return [("at", self.where), ("found", self.found), ("needed", self.needed)]


class UsageError(AbstError):
    exit_code = 2
    outcome = "usage"


class Refused(AbstError):
    """A rule forbids the act: every refusal, not only the first. Nothing was done.

    logged: it stands in the audit log already (R-102).
    """

    exit_code = 3
    outcome = "refused"

    def __init__(self, refusals: Sequence[Refusal], message: str = "", *, logged: bool = False) -> None:
        self.refusals, self.logged = tuple(refusals), logged
        super().__init__(message or "; ".join(str(r) for r in self.refusals))


class NotFound(AbstError):
    exit_code = 4
    outcome = "not-found"


class Unavailable(AbstError):
    exit_code = 5
    outcome = "unavailable"


class IntegrityFailure(AbstError):
    exit_code = 6
    outcome = "integrity"


class Conflict(AbstError):
    exit_code = 8
    outcome = "conflict"


class NotAuthorised(AbstError):
    exit_code = 9
    outcome = "not-authorised"
