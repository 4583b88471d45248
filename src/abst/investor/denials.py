"""Who is never served: mainland China by any signal (R-43), and the list of R-54, United States by default. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from abst.errors import Refusal
from abst.rulebook import Rulebook, refuse

SIGNALS = ("nationality", "residence", "address_country", "payment_account_country", "ip_countries")


def denied(signals: Mapping[str, Sequence[str]], rulebook: Rulebook, where: str = "investor") -> list[Refusal]:
    """A refusal for each signal that names a denied country, and for each signal that says nothing.

    A missing signal is refused, not passed: the test needs all of them.
    """
    refusals: list[Refusal] = []
    lists = {"R-43": rulebook.words("R-43", "denied"), "R-54": rulebook.words("R-54", "denied")}
    for name in SIGNALS:
        codes = signals.get(name, ())
        if not codes:
            needed = "at least one country"
            refusals.append(refuse("R-43", "signal-missing", found="nothing", needed=needed, where=f"{where}.{name}"))
        for rule, barred in lists.items():
            hits = sorted({code.upper() for code in codes} & set(barred))
            if hits:
                needed = f"none of {', '.join(barred)}"
                found = ", ".join(hits)
                refusals.append(
                    refuse(rule, "jurisdiction-denied", found=found, needed=needed, where=f"{where}.{name}")
                )
    return refusals


def denied_countries(rulebook: Rulebook) -> tuple[str, ...]:
    """All countries whose persons may not hold, sorted."""
    return tuple(sorted({*rulebook.words("R-43", "denied"), *rulebook.words("R-54", "denied")}))
