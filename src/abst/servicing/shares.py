"""The arithmetic of payments and amortisation, in whole units: shares, dust, factors (R-94). Pure.

A share is rounded down once; what no share contains is dust, less than a unit for each holder, and goes to the next
payment. Each share follows from the terms alone: nobody's amount depends on who is paid first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

Wallet = TypeVar("Wallet", bound=str)
PLACES = 12  # decimals of a note factor


def share(held: int, pot: int, supply: int) -> int:
    """floor(held x pot / supply), in units of the asset. held: at the record date; pot: funded and carried.

    Raises ZeroDivisionError without a supply: then there is nobody to pay.
    """
    return held * pot // supply


def split(held: Mapping[Wallet, int], pot: int, supply: int) -> dict[Wallet, int]:
    """Wallet -> its share of the pot."""
    return {wallet: share(balance, pot, supply) for wallet, balance in held.items()}


def dust(shares: Iterable[int], pot: int) -> int:
    """What no share contains."""
    return pot - sum(shares)


def factor(outstanding: int, supply: int) -> str:
    """Note factor, outstanding face per unit of face, with 12 decimals, rounded down; zero once nothing is held."""
    if not supply:
        return f"0.{0:0{PLACES}d}"
    whole, rest = divmod(outstanding, supply)
    return f"{whole}.{rest * 10**PLACES // supply:0{PLACES}d}"
