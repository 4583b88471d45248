"""The cap table: who holds what of each tranche at a block, by wallet and by investor, tied to the supply. Pure.

All amounts are whole token units. It holds no personal data: investors are told by their ids, names only where the
caller was given them. What cannot be known of the past (encumbrances) is None, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd

from abst.errors import IntegrityFailure
from abst.holders.ledger import Ledger, Principal

PLACES = 12  # decimals of a note factor
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Tranche:
    """One token. filing, number: where the plan has it; currency, decimals: of its face."""

    symbol: str
    name: str
    address: str
    filing: str
    number: int
    currency: str
    decimals: int


@dataclass(frozen=True, slots=True)
class AsOf:
    """After all of this block. second: its Unix time."""

    block: int
    hash: str
    second: int


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is behind a wallet: an id, and a name where names were asked for."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One wallet, or one investor with all wallets. owner None: nobody that the registry knows.

    face: units held; outstanding: of them still owed, rounded down for each wallet; frozen: units that may not move by
    order, may exceed the face; encumbered: under open pledges and attachments, None where it is not known;
    locked_until: the last of the wallets' first free seconds, 0 for none; share_ppm: of the supply, rounded down.
    """

    owner: Owner | None
    wallets: tuple[str, ...]
    face: int
    outstanding: int
    share_ppm: int
    frozen: int
    encumbered: int | None
    locked_until: int


@dataclass(frozen=True, slots=True)
class CapTable:
    """One tranche at a block. supply: all that exists, by what the token says of mints and cancellations; the faces of
    `wallets`, and of `investors`, sum to it exactly. issued: ever. rounding: outstanding that no wallet's whole units
    contain.
    """

    tranche: Tranche
    as_of: AsOf
    supply: int
    issued: int
    principal: Principal
    wallets: tuple[Row, ...]
    investors: tuple[Row, ...]

    @property
    def rounding(self) -> int:
        return self.principal.outstanding - sum(row.outstanding for row in self.wallets)

    @property
    def factor(self) -> str:
        """Note factor: what is outstanding of each unit of face held, 12 decimals, rounded down."""
        whole, rest = divmod(self.principal.outstanding, self.supply) if self.supply else (0, 0)
        return f"{whole}.{rest * 10**PLACES // (self.supply or 1):0{PLACES}d}"

    @property
    def factor_exact(self) -> str:
        """The same as a fraction in lowest terms; 0/1 once nothing is held."""
        common = gcd(self.principal.outstanding, self.supply)
        if not self.supply:
            return "0/1"
        return f"{self.principal.outstanding // common}/{self.supply // common}"


def cap_table(
    tranche: Tranche,
    as_of: AsOf,
    ledger: Ledger,
    owners: Mapping[str, Owner],
    encumbered: Mapping[str, int] | None = None,
) -> CapTable:
    """The table of a tranche. owners: by wallet; encumbered: units by wallet, None where it is not known.

    Raises IntegrityFailure when the holdings do not sum to the supply: a table that does not tie is not given out.
    """
    held = sum(ledger.balances.values())
    for found, words in ((held, "holdings"), (ledger.issued - ledger.cancelled, "movements")):
        if found != ledger.supply:
            raise IntegrityFailure(
                f"{words} and supply differ",
                found=f"{found} units",
                needed=f"{ledger.supply} units: minted less redeemed and retired",
                where=f"{tranche.symbol}, block {as_of.block}",
            )
    rows = [
        Row(
            owner=owners.get(wallet),
            wallets=(wallet,),
            face=face,
            outstanding=ledger.outstanding_of(wallet),
            share_ppm=face * PPM // ledger.supply,
            frozen=ledger.frozen.get(wallet, 0),
            encumbered=None if encumbered is None else encumbered.get(wallet, 0),
            locked_until=ledger.locked.get(wallet, 0),
        )
        for wallet, face in ledger.balances.items()
    ]
    rows.sort(key=lambda row: (-row.face, row.wallets))
    return CapTable(
        tranche, as_of, ledger.supply, ledger.approved, ledger.principal, tuple(rows), _by_investor(rows, ledger.supply)
    )


def _by_investor(rows: Sequence[Row], supply: int) -> tuple[Row, ...]:
    """Wallets of one investor as one row, largest first; wallets of nobody known stay by themselves."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(f"investor {row.owner.id}" if row.owner else row.wallets[0], []).append(row)
    merged = [_merged(group, supply) for group in groups.values()]
    return tuple(sorted(merged, key=lambda row: (-row.face, row.wallets)))


def _merged(rows: Sequence[Row], supply: int) -> Row:
    face = sum(row.face for row in rows)
    known = [row.encumbered for row in rows if row.encumbered is not None]
    return Row(
        owner=rows[0].owner,
        wallets=tuple(sorted(row.wallets[0] for row in rows)),
        face=face,
        outstanding=sum(row.outstanding for row in rows),
        share_ppm=face * PPM // supply,
        frozen=sum(row.frozen for row in rows),
        encumbered=sum(known) if len(known) == len(rows) else None,
        locked_until=max(row.locked_until for row in rows),
    )
