"""The travel rule (R-51): what must be known before a transfer, and the payload in the form of IVMS 101 (2023). Pure.

The value is face in the deal's currency at the rate set for it; without a rate it counts as above the threshold. Below
the threshold names and wallets travel, above it also addresses and identifiers. Facts hold the names of the data that
are at hand, never the data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from abst.errors import Refusal, UsageError
from abst.investor.model import Identifier, Kind, Person, PrivateRecord, Role
from abst.investor.screening.names import variants
from abst.rulebook import Rulebook, refuse

VERSION = "101.2023"
LINE = 70  # letters of an address line
NO_AUTHORITY = "RA999999"  # GLEIF's code where no registration authority is known
NATURAL_TYPES = {
    "passport": "CCPT",
    "identity-card": "IDCD",
    "id-card": "IDCD",
    "national-id": "IDCD",
    "driving-licence": "DRLC",
    "tax-number": "TXID",
}
LEGAL_TYPES = {
    "registration": "RAID",
    "company-number": "RAID",
    "business-registration": "RAID",
    "lei": "LEIX",
    "tax-number": "TXID",
}


@dataclass(frozen=True, slots=True)
class Firm:
    """The registry's operator, who serves both sides. identifier: ``LEI:number`` or ``RA000388:number``."""

    name: str
    country: str
    address: str
    identifier: str

    @classmethod
    def of(cls, rulebook: Rulebook) -> Firm:
        """From the settings of R-51."""
        said = (str(rulebook.setting("R-51", f"vasp_{key}")) for key in ("name", "country", "address", "identifier"))
        return cls(*(word.strip() for word in said))


@dataclass(frozen=True, slots=True)
class TravelFacts:
    """What is judged. amount in token units, `decimals` of which make one of `currency`; threshold in HKD.

    rates: ``CNY=1.08``, Hong Kong dollars for one unit; originator, beneficiary, firm: names of the data at hand.
    linked: the amount that counts against the threshold, with other movements of the same act between the two.
    """

    amount: int
    decimals: int
    currency: str
    rates: tuple[str, ...]
    threshold: int
    originator: tuple[str, ...]
    beneficiary: tuple[str, ...]
    firm: tuple[str, ...]
    where: str
    linked: int = 0

    @property
    def hkd(self) -> Fraction | None:
        """Value in Hong Kong dollars, exact; None without a rate. Raises UsageError for a malformed rate."""
        return self._in_hkd(self.amount)

    def _in_hkd(self, amount: int) -> Fraction | None:
        rate = rates_of(self.rates).get(self.currency)
        return None if rate is None else Fraction(amount, 10**self.decimals) * Fraction(rate)

    @property
    def reduced(self) -> bool:
        """Below the threshold, on a known rate."""
        value = self._in_hkd(max(self.amount, self.linked))
        return value is not None and value < self.threshold


def rates_of(words: Sequence[str]) -> dict[str, Decimal]:
    """Currency to Hong Kong dollars for one unit. Raises UsageError for one that is no ``CNY=1.08``."""
    found: dict[str, Decimal] = {}
    for word in words:
        currency, _, rate = word.partition("=")
        try:
            value = Decimal(rate)
        except InvalidOperation:
            value = Decimal(0)
        if len(currency) != 3 or not currency.isupper() or not value.is_finite() or value <= 0:
            raise UsageError("not a rate", found=repr(word), needed="CNY=1.08", where="R-51 hkd_rates")
        found[currency] = value
    return found


# ---- gates


def originator_known(facts: TravelFacts) -> Refusal | None:
    """R-51: the originator's name and wallet travel, from the threshold on with his address or an identifier."""
    missing = [word for word in ("name", "wallet") if word not in facts.originator]
    if not facts.reduced and not {"address", "identifier"} & set(facts.originator):
        missing.append("address or identifier")
    return _missing("originator-data-missing", missing, facts, "originator")


def beneficiary_known(facts: TravelFacts) -> Refusal | None:
    """R-51: the beneficiary's name and wallet travel."""
    missing = [word for word in ("name", "wallet") if word not in facts.beneficiary]
    return _missing("beneficiary-data-missing", missing, facts, "beneficiary")


def firm_known(facts: TravelFacts) -> Refusal | None:
    """R-51: the firm that sends the data is named, with its country and identifier."""
    missing = [word for word in ("name", "country", "identifier") if word not in facts.firm]
    return _missing("firm-data-missing", missing, facts, "firm")


def _missing(slug: str, missing: Sequence[str], facts: TravelFacts, whose: str) -> Refusal | None:
    if not missing:
        return None
    found = f"missing: {', '.join(missing)}"
    needed = "name and wallet" if facts.reduced else "the whole data set"
    return refuse("R-51", slug, found=found, needed=needed, where=f"{facts.where}.{whose}")


GATES: tuple[Callable[[TravelFacts], Refusal | None], ...] = (originator_known, beneficiary_known, firm_known)


def decide(facts: TravelFacts) -> list[Refusal]:
    """Everything that is missing; nothing when the payload can be made."""
    return [refusal for gate in GATES if (refusal := gate(facts)) is not None]


def at_hand(record: PrivateRecord | None, wallet: str) -> tuple[str, ...]:
    """Names of the data of one side that are known."""
    known = ["wallet"] if wallet else []
    if record is not None:
        known += [word for word, said in (("name", record.name), ("address", record.address)) if said]
        known += ["identifier"] if record.identifiers else []
    return tuple(sorted(known))


def firm_at_hand(firm: Firm) -> tuple[str, ...]:
    said = {"name": firm.name, "country": firm.country, "address": firm.address, "identifier": firm.identifier}
    return tuple(sorted(word for word, value in said.items() if value))


def hkd_text(facts: TravelFacts) -> str:
    """The value to the cent, for the record; empty without a rate."""
    if facts.hkd is None:
        return ""
    exact = Decimal(facts.hkd.numerator) / Decimal(facts.hkd.denominator)
    return str(exact.quantize(Decimal("0.01"), ROUND_HALF_EVEN))


# ---- the payload


def party(role: str, investor: str, record: PrivateRecord, wallet: str, *, reduced: bool) -> dict[str, Any]:
    """One side: ``originator`` or ``beneficiary``, with its persons and its account."""
    holders = [person for person in record.persons if person.role is Role.HOLDER]
    if record.kind is Kind.JOINT and holders:
        persons = [_holder(one, record, reduced) for one in holders]
    else:
        persons = [_whole(investor, record, reduced)]
    return {f"{role}Person": persons, "accountNumber": [wallet]}


def _whole(investor: str, record: PrivateRecord, reduced: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"customerIdentification": investor}
    if record.kind.natural:
        said["name"] = _natural_name(record.name, record.other_names)
        if not reduced:
            said["geographicAddress"] = [_address("HOME", record.address, record.address_country[0])]
            said["nationalIdentification"] = _natural_id(record.identifiers[0], record.nationality[0])
            said["countryOfResidence"] = record.residence[0]
        return {"naturalPerson": said}
    said["name"] = _legal_name(record.name, record.other_names)
    if not reduced:
        said["geographicAddress"] = [_address("BIZZ", record.address, record.address_country[0])]
        said["nationalIdentification"] = _legal_id(record.identifiers[0])
        said["countryOfRegistration"] = record.nationality[0]
    return {"legalPerson": said}


def _holder(person: Person, record: PrivateRecord, reduced: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"name": _natural_name(person.name, person.other_names)}
    if not reduced:
        said["geographicAddress"] = [_address("HOME", record.address, record.address_country[0])]
        said["nationalIdentification"] = _natural_id(person.identifiers[0], person.nationality[0])
        said["countryOfResidence"] = person.residence[0]
    return {"naturalPerson": said}


def is_chinese(name: str) -> bool:
    """Written in Chinese characters, whole or in part."""
    return any("\u3400" <= letter <= "\u9fff" for letter in name)


def in_latin(name: str) -> str:
    """A name as it stands, or in pinyin when it is Chinese."""
    forms = variants(name) if is_chinese(name) else ()
    return " ".join(forms[0]).title() if forms else name


def _natural_name(name: str, others: Sequence[str]) -> dict[str, Any]:
    """A name that cannot be parted stands whole in the primary identifier, as IVMS 101 allows."""
    local = [one for one in (name, *others) if is_chinese(one)]
    said = [(in_latin(name), "LEGL"), *((one, "ALIA") for one in others if not is_chinese(one))]
    found = {
        "nameIdentifier": [{"primaryIdentifier": one, "naturalPersonNameIdentifierType": kind} for one, kind in said]
    }
    if local:
        found["localNameIdentifier"] = [
            {"primaryIdentifier": one, "naturalPersonNameIdentifierType": "LEGL"} for one in local
        ]
    return found


def _legal_name(name: str, others: Sequence[str]) -> dict[str, Any]:
    local = [one for one in (name, *others) if is_chinese(one)]
    said = [(in_latin(name), "LEGL"), *((one, "TRAD") for one in others if not is_chinese(one))]
    found = {"nameIdentifier": [{"legalPersonName": one, "legalPersonNameIdentifierType": kind} for one, kind in said]}
    if local:
        found["localNameIdentifier"] = [
            {"legalPersonName": one, "legalPersonNameIdentifierType": "LEGL"} for one in local
        ]
    return found


def _address(kind: str, words: str, country: str) -> dict[str, Any]:
    lines = [words[start : start + LINE] for start in range(0, len(words), LINE)]
    return {"addressType": kind, "addressLine": lines, "country": country}


def _natural_id(identifier: Identifier, country: str) -> dict[str, Any]:
    kind = NATURAL_TYPES.get(identifier.type, "MISC")
    return {"nationalIdentifier": identifier.value, "nationalIdentifierType": kind, "countryOfIssue": country}


def _legal_id(identifier: Identifier) -> dict[str, Any]:
    kind = LEGAL_TYPES.get(identifier.type, "MISC")
    said = {"nationalIdentifier": identifier.value, "nationalIdentifierType": kind}
    return said if kind == "LEIX" else said | {"registrationAuthority": NO_AUTHORITY}


def firm_person(firm: Firm) -> dict[str, Any]:
    """The registry's operator as a legal person."""
    authority, _, number = firm.identifier.partition(":")
    identification: dict[str, Any] = {"nationalIdentifier": number or authority, "nationalIdentifierType": "LEIX"}
    if authority != "LEI":
        identification |= {"nationalIdentifierType": "RAID", "registrationAuthority": authority}
    return {
        "legalPerson": {
            "name": _legal_name(firm.name, ()),
            "geographicAddress": [_address("BIZZ", firm.address, firm.country)] if firm.address else [],
            "nationalIdentification": identification,
            "countryOfRegistration": firm.country,
        }
    }


def shared(firm: Firm, transfer: dict[str, Any], *, chinese: bool) -> dict[str, Any]:
    """What is no investor's: both firms (one and the same), the metadata, and the data of the transfer."""
    metadata: dict[str, Any] = {"payloadVersion": VERSION}
    if chinese:
        metadata["transliterationMethod"] = ["hani"]
    return {
        "originatingVASP": {"originatingVASP": firm_person(firm)},
        "beneficiaryVASP": {"beneficiaryVASP": firm_person(firm)},
        "payloadMetadata": metadata,
        "transferData": transfer,
    }
