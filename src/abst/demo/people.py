"""The demo's investors: made from the seed, of several kinds, nobody real; so are the keys of their wallets.

Dates are counted back from the demo's first day, so that the same seed gives the same decisions on any day.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from abst.investor import texts
from abst.rulebook import load
from abst.values import Address, file_digest, hash_of, to_bytes

if TYPE_CHECKING:
    from abst.keys import LocalSigner

GOOD, MAINLAND, US, EXPIRED, UNPROVEN, CAUTIOUS, MALFORMED = (
    "good",
    "mainland",
    "us",
    "expired",
    "unproven",
    "cautious",
    "malformed",
)
BARRED = (MAINLAND, US, EXPIRED, UNPROVEN)  # never admitted
BOLD = {"horizon": "over-3y", "loss": "third", "knowledge": "professional", "share": "under-tenth", "liquidity": "yes"}
MIDDLE = {"horizon": "1-3y", "loss": "tenth", "knowledge": "some", "share": "tenth-to-half", "liquidity": "partly"}
CAREFUL = {**MIDDLE, "loss": "none"}
OFFSHORE = ("SG", "GB", "CH", "JP", "AE")
KINDS = ("individual", "offshore", "corporation", "partnership", "trust-corporation", "institution")
CATEGORIES = ("bank", "insurer", "licensed-intermediary", "collective-scheme", "pension-scheme")


@dataclass(frozen=True, slots=True)
class Person:
    """One investor of the demo. fate: why it will be let in or not; key: of its wallet, 32 bytes."""

    reference: str
    fate: str
    kind: str
    bold: bool
    key: bytes
    row: dict[str, str]

    @property
    def signer(self) -> LocalSigner:
        from abst.keys import LocalSigner

        return LocalSigner(self.key)

    @property
    def wallet(self) -> Address:
        return self.signer.address

    @property
    def professional(self) -> bool:
        """On the ground of the Hong Kong professional investor rules, the only one the subordinated tranche takes."""
        return self.kind != "offshore"


def wallet_key(seed: int, name: str) -> bytes:
    """The private key of a demo wallet. Anyone who knows the seed has it: for demos alone."""
    return to_bytes(hash_of(f"abst demo wallet {seed} {name}".encode()))


def people(chance: Random, seed: int, count: int, today: date) -> list[Person]:
    """`count` investors with `fates` spread over them by the seed."""
    fates = [fate for fate in (MAINLAND, US, EXPIRED, UNPROVEN, CAUTIOUS) for _ in range(max(1, count // 66))]
    fates += [MALFORMED]
    fates += [GOOD] * (count - len(fates))
    chance.shuffle(fates)
    return [_person(chance, seed, number, fate, today) for number, fate in enumerate(fates, start=1)]


def _person(chance: Random, seed: int, number: int, fate: str, today: date) -> Person:
    reference = f"inv-{number:03d}"
    # Who is refused for one thing passes all else, so that the demo shows one reason at a time.
    kind = "individual" if fate in (MAINLAND, US, EXPIRED) else KINDS[number % len(KINDS)]
    bold = fate != CAUTIOUS and chance.random() < 0.6
    key = wallet_key(seed, reference)
    home = {MAINLAND: "CN", US: "US"}.get(fate, chance.choice(OFFSHORE) if kind == "offshore" else "HK")
    seen = today - timedelta(days=chance.randint(10, 150))
    if fate == EXPIRED:
        seen = today - timedelta(days=chance.randint(400, 700))
    answers = CAREFUL if fate == CAUTIOUS else BOLD if bold else MIDDLE
    row = {
        "reference": reference,
        "kind": "individual" if kind == "offshore" else kind,
        "name": _called(number, kind),
        "identifier_type": "demo",
        "identifier": f"D{number:06d}",
        "nationality": "HK" if fate == MAINLAND else home,
        "residence": home,
        "address": f"{number} Example Road",
        "address_country": home,
        "payment_account_country": home,
        "ip_countries": home,
        "risk_class": "low",
        "acknowledged": texts.cells(load()),
        "answered_on": (today - timedelta(days=chance.randint(5, 150))).isoformat(),
        "questionnaire": "risk-1",
        **{f"q_{question}": option for question, option in answers.items()},
        **_evidence(chance, kind, reference, seen),
        **_session(number, home, today),
        **_behind(kind, number, home),
    }
    if fate == MALFORMED:
        row["evidence_1_relevant_date"] = "last spring"
    row["wallet"] = _address(key)
    return Person(reference, fate, kind, bold, key, row)


def _evidence(chance: Random, kind: str, reference: str, seen: date) -> dict[str, str]:
    """One item of evidence that suffices for the kind, dated `seen`."""
    item = {
        "relevant_date": seen.isoformat(),
        "sha256": file_digest(f"illustrative evidence of {reference}".encode()),
    }
    millions = chance.randint(9, 60)
    if kind == "offshore":
        item |= {"type": "offshore-declaration"}
    elif kind == "institution":
        item |= {"type": "category", "category": chance.choice(CATEGORIES)}
    elif kind == "trust-corporation":
        item |= {"type": "assets", "amount": f"{millions + 40}000000.00", "currency": "HKD"}
    else:
        item |= {"type": "portfolio", "asset": "listed-securities", "amount": f"{millions}000000.00", "currency": "HKD"}
    return {f"evidence_1_{name}": value for name, value in item.items()}


def _called(number: int, kind: str = "individual") -> str:
    """An invented name that resembles no other of the demo's, so that a list's hit is one person's."""
    letters = to_bytes(hash_of(f"abst demo name {number}".encode()))
    sounds = ["bcdfgklmnprstvz"[byte % 15] + "aeiou"[byte % 5] for byte in letters[:8]]
    words = ["Demo", "".join(sounds[:4]).title(), "".join(sounds[4:]).title()]
    return " ".join(words + ([] if kind in ("individual", "offshore") else [kind.replace("-", " ").title()]))


def _session(number: int, home: str, today: date) -> dict[str, str]:
    """Where and when the client came in: an address kept free for documentation, the day before the demo's first."""
    return {
        "session_at": f"{(today - timedelta(days=1)).isoformat()}T02:00:00+00:00",
        "session_ip": f"203.0.113.{number % 250 + 1}",
        "session_country": home,
        "session_place": "Example Town",
        "session_device": f"demo-device-{number:03d}",
    }


def _behind(kind: str, number: int, home: str) -> dict[str, str]:
    """The person behind an entity: who owns it all, or who controls an institution; nobody behind an individual."""
    if kind in ("individual", "offshore"):
        return {}
    role = {"role": "controller"} if kind == "institution" else {"role": "owner", "share_bps": "10000"}
    person = role | {
        "name": _called(1_000 + number),
        "identifier_type": "demo",
        "identifier": f"P{number:06d}",
        "nationality": home,
        "residence": home,
    }
    return {f"person_1_{name}": value for name, value in person.items()}


def _address(key: bytes) -> Address:
    from abst.keys import LocalSigner

    return LocalSigner(key).address


def as_csv(everyone: Sequence[Person]) -> bytes:
    """The import file: one row an investor."""
    columns = list(dict.fromkeys(column for person in everyone for column in person.row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(person.row for person in everyone)
    return text.getvalue().encode()


def allocate(chance: Random, holders: Sequence[Person], cap: int, lot: int) -> list[tuple[Person, int]]:
    """Share the whole issue out by chance, in whole lots; the rest goes to the first. Sums to `cap` exactly."""
    weights = [chance.randint(60, 120) for _ in holders]
    amounts = [cap * weight // sum(weights) // lot * lot for weight in weights]
    amounts[0] += cap - sum(amounts)
    return list(zip(holders, amounts, strict=True))
