"""What a screening came to, as decisions store it and gates judge it: ids, scores, digests; no name. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from abst.errors import Refusal
from abst.rulebook import Rulebook, refuse


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry of a list that resembles a subject. score: 0 to 10,000 (1/100 per cent), as matched.

    kind: ``sanction`` or ``pep``; person: id of the person behind the investor, empty for the investor itself;
    verdict: ``open``, ``cleared`` (another person) or ``confirmed`` (the same one).
    """

    source: str
    entry: str
    kind: str
    person: str
    score: int
    verdict: str


@dataclass(frozen=True, slots=True)
class Screening:
    """One screening. lists: (source, digest) it was made against, sorted; current: those in force when judged.

    at: Unix second of the screening, 0 when there was none.
    """

    lists: tuple[tuple[str, str], ...] = ()
    current: tuple[tuple[str, str], ...] = ()
    hits: tuple[Hit, ...] = ()
    at: int = 0


def refusals_of(screening: Screening, rulebook: Rulebook, where: str) -> list[Refusal]:
    """R-53: why a screening does not let the investor pass; nothing when it does. All checks run."""
    found: list[Refusal] = []
    if not screening.current:
        needed = "abst screening load, an official list"
        found.append(refuse("R-53", "no-screening-list", found="no list", needed=needed, where=where))
    elif screening.lists != screening.current:
        old = "never screened" if not screening.at else "screened against other lists"
        needed = ", ".join(f"{source} {digest[:10]}" for source, digest in screening.current)
        found.append(refuse("R-53", "screening-stale", found=old, needed=needed, where=where))
    for hit in screening.hits:
        if hit.verdict == "open":
            said, needed = f"{hit.source} {hit.entry}, score {hit.score}", "a person's decision with a reason"
            found.append(refuse("R-53", "screening-hit-open", found=said, needed=needed, where=where))
        elif hit.verdict == "confirmed" and hit.kind == "sanction":
            said, needed = f"{hit.source} {hit.entry}", "on no sanctions list"
            found.append(refuse("R-53", "sanctioned", found=said, needed=needed, where=where))
    return found
