"""May the personal data behind an investor be erased? (R-82) Pure.

Retention counts from the last dealing: the recording or the last decision, the last movement of a token, and the
closing of the account by a block or by the end of its evidence, whichever is latest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from abst.calendars import months_after
from abst.errors import Refusal
from abst.rulebook import Rulebook, refuse
from abst.values import day_of, instant


@dataclass(frozen=True, slots=True)
class ErasureFacts:
    """What an erasure is judged on. units: of all tokens in all its wallets; open_wallets: those that may still
    receive; proposals: open ones that name it; encumbrances: open pledges and attachments of or for it; held: whether a
    legal hold stands; began: Unix second from which retention counts; at: the second judged at; zone: whose calendar
    dates count.
    """

    investor: str
    units: int
    open_wallets: tuple[str, ...]
    proposals: tuple[str, ...]
    encumbrances: tuple[str, ...]
    held: bool
    began: int
    at: int
    zone: str

    @property
    def where(self) -> str:
        return f"investor {self.investor}"


def kept_until(began: int, zone: str, years: int) -> date:
    """Last day of retention: `years` after the day it began; after a 29 February, 1 March where there is none."""
    first = day_of(began, zone)
    last = months_after(first, 12 * years)
    return last if last.day == first.day else last + timedelta(days=1)


def nothing_held(facts: ErasureFacts, rulebook: Rulebook) -> Refusal | None:
    """R-82: the investor holds no token."""
    if not facts.units:
        return None
    return refuse("R-82", "holds-tokens", found=f"{facts.units} units", needed="none", where=facts.where)


def wallets_closed(facts: ErasureFacts, rulebook: Rulebook) -> Refusal | None:
    """R-82: no wallet of the investor may still receive."""
    if not facts.open_wallets:
        return None
    found, needed = ", ".join(facts.open_wallets), "blocked, lost, or without good evidence"
    return refuse("R-82", "wallets-stand", found=found, needed=needed, where=facts.where)


def nothing_proposed(facts: ErasureFacts, rulebook: Rulebook) -> Refusal | None:
    """R-82: no open proposal names the investor."""
    if not facts.proposals:
        return None
    found, needed = ", ".join(facts.proposals), "approved, rejected or withdrawn"
    return refuse("R-82", "proposals-open", found=found, needed=needed, where=facts.where)


def unencumbered(facts: ErasureFacts, rulebook: Rulebook) -> Refusal | None:
    """R-82: no pledge or attachment stands of the investor or for it."""
    if not facts.encumbrances:
        return None
    found = ", ".join(facts.encumbrances)
    return refuse("R-82", "encumbrances-stand", found=found, needed="released, lifted or enforced", where=facts.where)


def not_under_hold(facts: ErasureFacts, rulebook: Rulebook) -> Refusal | None:
    """R-82: no legal hold stands on the investor's data."""
    if not facts.held:
        return None
    return refuse("R-82", "legal-hold", found="a hold", needed="lifted by two officers", where=facts.where)


def retention_over(facts: ErasureFacts, rulebook: Rulebook) -> Refusal | None:
    """R-82: the years of retention have passed since the last dealing."""
    last = kept_until(facts.began, facts.zone, rulebook.number("R-82", "retention_years"))
    if day_of(facts.at, facts.zone) > last:
        return None
    found, needed = f"last dealing {instant(facts.began)}", f"after {last.isoformat()}"
    return refuse("R-82", "retention-not-over", found=found, needed=needed, where=facts.where)


GATES = (nothing_held, wallets_closed, nothing_proposed, unencumbered, not_under_hold, retention_over)


def decide(facts: ErasureFacts, rulebook: Rulebook) -> list[Refusal]:
    """Why the data may not be erased yet; nothing when it may. All gates run."""
    return [refusal for gate in GATES if (refusal := gate(facts, rulebook)) is not None]
