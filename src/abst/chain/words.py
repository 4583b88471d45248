"""The registry's and the tokens' packed words, unpacked. Pure; the layout is that of IRegistry and ISecurityToken.

Every word is one storage word, fields packed from the lowest bit up. Times are Unix seconds: evidence, suitability and
obligations name their last good second, a lock its first free one. Amounts are whole token units.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, ClassVar, Self

NO_OBLIGATION = 2**40 - 1  # FilingRecord.good_until when no obligation is open


class FilingStatus(IntEnum):
    """States of a filing, numbered as on the chain."""

    NONE = 0
    DRAFT = 1
    SUBMITTED = 2
    SUPPLEMENT_REQUESTED = 3
    CONSULTATION = 4
    EFFECTIVE = 5
    REFUSED = 6
    WITHDRAWN = 7
    SUSPENDED = 8
    LAPSED = 9


class AssetKind(IntEnum):
    """Kinds of settlement assets (R-65), numbered as on the chain. NONE: not listed."""

    NONE = 0
    DEPOSIT = 1  # a bank's tokenised deposit
    E_MONEY = 2  # regulated electronic money, stablecoins included
    VIRTUAL_CURRENCY = 3


class Unpaid(IntEnum):
    """Why a payee is not paid now, numbered as on the chain."""

    NONE = 0
    NOTHING_HELD = 1
    ALREADY_PAID = 2
    PAYEE_UNKNOWN = 3
    PAYEE_BLOCKED = 4  # the money waits
    EVIDENCE_EXPIRED = 5  # R-56, where the payment asks for it
    NO_SUCCESSOR = 6
    ASSET_FAILED = 7


class _Word:
    """A word of unsigned fields; `LAYOUT` names them from the lowest bit up with their widths in bits."""

    LAYOUT: ClassVar[tuple[tuple[str, int], ...]] = ()

    def pack(self) -> int:
        """The word. Raises ValueError when a field does not fit its width."""
        word, shift = 0, 0
        for name, bits in self.LAYOUT:
            value = int(self._raw(name))
            if not 0 <= value < 1 << bits:
                raise ValueError(f"{type(self).__name__}.{name} is {value}; it must be at least 0 and fit {bits} bits")
            word |= value << shift
            shift += bits
        return word

    @classmethod
    def _split(cls, word: int) -> dict[str, int]:
        """Raw values by field. Raises ValueError for a word that has bits beyond its fields."""
        raw: dict[str, int] = {}
        rest = word
        for name, bits in cls.LAYOUT:
            raw[name] = rest & ((1 << bits) - 1)
            rest >>= bits
        if rest:
            raise ValueError(f"{cls.__name__}: the word 0x{word:x} has bits beyond its fields")
        return raw

    def _raw(self, name: str) -> int:
        value: int = getattr(self, name)
        return value

    @classmethod
    def unpack(cls, word: int) -> Self:
        """The fields of a word. Raises ValueError when it cannot be one."""
        raw: dict[str, Any] = cls._split(word)
        return cls(**raw)


@dataclass(frozen=True, slots=True)
class InvestorRecord(_Word):
    """What the registry says of one wallet. `number` 0: the wallet is not known.

    investor: wallet number of the investor's first wallet; regimes: bits of the legal grounds on which he may hold;
    capacity: risk class he can bear; jurisdiction: two letters, ISO 3166-1, or empty.
    """

    investor: int = 0
    number: int = 0
    regimes: int = 0
    capacity: int = 0
    jurisdiction: str = ""
    evidence_until: int = 0
    suitability_until: int = 0
    blocked: bool = False
    several: bool = False
    lost: bool = False

    LAYOUT: ClassVar[tuple[tuple[str, int], ...]] = (
        ("investor", 32),
        ("number", 32),
        ("regimes", 32),
        ("capacity", 8),
        ("jurisdiction", 16),
        ("evidence_until", 40),
        ("suitability_until", 40),
        ("flags", 8),
    )

    @property
    def known(self) -> bool:
        return self.number != 0

    def facts(self) -> int:
        """The word as an `Admission` carries it: investor, number and flags zero."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        return InvestorRecord(
            **own | {"investor": 0, "number": 0, "blocked": False, "several": False, "lost": False}
        ).pack()

    def _raw(self, name: str) -> int:
        if name == "jurisdiction":
            return jurisdiction_number(self.jurisdiction)
        if name == "flags":
            return int(self.blocked) | int(self.several) << 1 | int(self.lost) << 2
        value: int = getattr(self, name)
        return value

    @classmethod
    def unpack(cls, word: int) -> Self:
        raw: dict[str, Any] = cls._split(word)
        flags = raw.pop("flags")
        if flags > 7:
            raise ValueError(f"InvestorRecord: flags {flags} are unknown")
        raw["jurisdiction"] = jurisdiction_letters(raw["jurisdiction"])
        return cls(**raw, blocked=bool(flags & 1), several=bool(flags & 2), lost=bool(flags & 4))


@dataclass(frozen=True, slots=True)
class FilingRecord(_Word):
    """What the registry says of one filing.

    paused: bit n is set when tranche n is paused; good_until: earliest last good second of the open obligations, or
    NO_OBLIGATION; record_dates: dates counted so far; next_record_date: announced, zero when none; planned, made:
    tranches; open_obligations: how many; last_obligation: highest id given; issue_begun: something was minted;
    documents: names published under; subscribers: hooks that are told of publications.
    """

    status: FilingStatus = FilingStatus.NONE
    paused: int = 0
    good_until: int = NO_OBLIGATION
    record_dates: int = 0
    next_record_date: int = 0
    planned: int = 0
    made: int = 0
    open_obligations: int = 0
    last_obligation: int = 0
    issue_begun: bool = False
    documents: int = 0
    subscribers: int = 0

    LAYOUT: ClassVar[tuple[tuple[str, int], ...]] = (
        ("status", 8),
        ("paused", 32),
        ("good_until", 40),
        ("record_dates", 16),
        ("next_record_date", 40),
        ("planned", 8),
        ("made", 8),
        ("open_obligations", 8),
        ("last_obligation", 16),
        ("issue_begun", 1),
        ("documents", 16),
        ("subscribers", 4),
    )

    @classmethod
    def unpack(cls, word: int) -> Self:
        raw: dict[str, Any] = cls._split(word)
        return cls(**raw | {"status": FilingStatus(raw["status"]), "issue_begun": bool(raw["issue_begun"])})

    def is_paused(self, tranche: int) -> bool:
        return bool(self.paused >> tranche & 1)

    def overdue(self, now: int) -> bool:
        """R-81: an open obligation is past its last good second."""
        return now > self.good_until

    def records_taken(self, now: int) -> int:
        """Record dates taken by `now`; the announced one counts by itself from its second (R-93)."""
        return self.record_dates + int(0 < self.next_record_date <= now)


@dataclass(frozen=True, slots=True)
class Holding(_Word):
    """What a token says of one wallet. frozen may exceed the balance; changed_at: record date of the last change."""

    balance: int = 0
    frozen: int = 0
    locked_until: int = 0
    changed_at: int = 0
    records: int = 0

    LAYOUT: ClassVar[tuple[tuple[str, int], ...]] = (
        ("balance", 96),
        ("frozen", 96),
        ("locked_until", 32),
        ("changed_at", 16),
        ("records", 16),
    )

    def free(self) -> int:
        """Units that are not frozen."""
        return max(self.balance - self.frozen, 0)


def jurisdiction_number(letters: str) -> int:
    """Two capital letters (ISO 3166-1) as a big-endian number; empty as 0. Raises ValueError."""
    if letters == "":
        return 0
    if len(letters) != 2 or not (letters.isascii() and letters.isalpha() and letters.isupper()):
        raise ValueError(f"jurisdiction {letters!r} is not two capital letters (ISO 3166-1)")
    return int.from_bytes(letters.encode(), "big")


def jurisdiction_letters(number: int) -> str:
    """The reverse of `jurisdiction_number`. Raises ValueError."""
    if number == 0:
        return ""
    letters = number.to_bytes(2, "big").decode("latin-1")
    jurisdiction_number(letters)
    return letters
