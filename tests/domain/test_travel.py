"""The travel rule: what must be known from HKD 8,000 on, what below, and the form of the payload (R-51)."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import couple, entity, investor

from abst.errors import UsageError
from abst.investor.model import Identifier, PrivateRecord
from abst.rulebook import load
from abst.transfers import travel
from abst.transfers.travel import Firm, TravelFacts, decide, hkd_text

RULES = load()
WALLET = "0x" + "11" * 20
FIRM = Firm("Illustrative Registry Operator Limited", "HK", "1 Example Street", "RA000388:00000000")
FACTS = TravelFacts(
    amount=800_000,
    decimals=2,
    currency="HKD",
    rates=RULES.words("R-51", "hkd_rates"),
    threshold=RULES.number("R-51", "threshold"),
    originator=("name", "wallet"),
    beneficiary=("name", "wallet"),
    firm=("address", "country", "identifier", "name"),
    where="token EXA",
)


def reasons(facts: TravelFacts) -> list[str]:
    return [refusal.reason for refusal in decide(facts)]


# ---- the threshold


@pytest.mark.parametrize(
    ("currency", "amount", "hkd", "whole"),
    [
        ("HKD", 799_999, "7999.99", False),
        ("HKD", 800_000, "8000.00", True),
        ("HKD", 800_001, "8000.01", True),
        ("CNY", 740_740, "7999.99", False),  # 7,999.992
        ("CNY", 740_741, "8000.00", True),  # 8,000.0028
        ("CHF", 1, "", True),  # no rate
    ],
)
def test_the_threshold_at_just_under_and_just_over(currency: str, amount: int, hkd: str, whole: bool) -> None:
    """Given a name and a wallet alone, a transfer should pass below HKD 8,000, exactly, and not from there on."""
    facts = replace(FACTS, currency=currency, amount=amount)
    assert (facts.reduced, hkd_text(facts)) == (not whole, hkd)
    assert reasons(facts) == ["originator-data-missing"] * whole


@given(st.integers(0, 10**15), st.integers(0, 8), st.decimals("0.0001", "1000", places=4))
def test_the_value_is_exact(amount: int, decimals: int, rate: Decimal) -> None:
    """Given any amount, decimals and rate, the value is their product as a fraction, never rounded to judge it."""
    facts = replace(FACTS, amount=amount, decimals=decimals, currency="XXX", rates=(f"XXX={rate}",))
    value = Fraction(amount, 10**decimals) * Fraction(rate)
    assert facts.hkd == value
    assert facts.reduced is (value < 8_000)


def test_linked_transfers_count_together() -> None:
    """Given two halves of HKD 8,000 in one act, neither is below the threshold, and each keeps its own value."""
    facts = replace(FACTS, amount=400_000, linked=800_000)
    assert (facts.reduced, hkd_text(facts)) == (False, "4000.00")
    assert replace(facts, linked=799_999).reduced


@pytest.mark.parametrize(
    "rate", ["CNY", "CNY=", "CNY=abc", "CNY=0", "CNY=-1", "CNY=NaN", "CNY=Infinity", "cny=1", "RMB1=1"]
)
def test_a_malformed_rate_is_an_error(rate: str) -> None:
    """Given a setting that is no rate, the error names it, rather than counting it as unknown."""
    with pytest.raises(UsageError, match="not a rate"):
        _ = replace(FACTS, rates=(rate,)).hkd


# ---- what must be known


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"originator": ("address", "name", "wallet")}, []),
        ({"originator": ("identifier", "name", "wallet")}, []),
        ({"originator": ("address", "identifier", "wallet")}, ["originator-data-missing"]),
        ({"originator": ("address", "name")}, ["originator-data-missing"]),
        ({"originator": ()}, ["originator-data-missing"]),
        ({"originator": (), "amount": 1}, ["originator-data-missing"]),
        ({"beneficiary": ("wallet",), "amount": 1}, ["beneficiary-data-missing"]),
        ({"firm": (), "amount": 1}, ["firm-data-missing"]),
        (
            {"originator": (), "beneficiary": (), "firm": ()},
            ["originator-data-missing", "beneficiary-data-missing", "firm-data-missing"],
        ),
    ],
)
def test_missing_data_are_refused_by_name(change: dict[str, object], refused: list[str]) -> None:
    """Each side that lacks data is refused once, and the refusal names what is missing."""
    facts = replace(FACTS, **({"originator": ("address", "name", "wallet")} | change))  # type: ignore[arg-type]
    assert reasons(facts) == refused
    for refusal in decide(facts):
        assert (refusal.rule, refusal.found.startswith("missing: ")) == ("R-51", True)


def test_facts_name_data_and_never_hold_them() -> None:
    """What is judged, and so stored in decisions, has no name, address or identifier in it."""
    record = investor(name="Sample Person", address="1 Sample Street")
    facts = replace(FACTS, originator=travel.at_hand(record, WALLET), beneficiary=travel.at_hand(None, WALLET))
    assert facts.originator == ("address", "identifier", "name", "wallet")
    assert facts.beneficiary == ("wallet",)
    assert "Sample" not in str(asdict(facts))


def test_the_shipped_settings_name_a_firm() -> None:
    """Given the rulebook as shipped, the operator is named, so that transfers go on."""
    assert travel.firm_at_hand(Firm.of(RULES)) == ("address", "country", "identifier", "name")
    assert {"HKD", "CNY"} <= set(travel.rates_of(RULES.words("R-51", "hkd_rates")))


# ---- the payload


def side(record: PrivateRecord, *, reduced: bool = False) -> list[dict[str, object]]:
    made = travel.party("originator", "inv-1", record, WALLET, reduced=reduced)
    assert made["accountNumber"] == [WALLET]
    return made["originatorPerson"]


def test_a_natural_person_in_the_form_of_ivms_101() -> None:
    """Given an individual, the payload has his name, address, document and customer id under their own names."""
    record = investor(name="Sample Person", address="x" * 150, born=date(1970, 1, 1))
    assert side(record) == [
        {
            "naturalPerson": {
                "name": {
                    "nameIdentifier": [
                        {"primaryIdentifier": "Sample Person", "naturalPersonNameIdentifierType": "LEGL"}
                    ]
                },
                "customerIdentification": "inv-1",
                "geographicAddress": [
                    {"addressType": "HOME", "addressLine": ["x" * 70, "x" * 70, "x" * 10], "country": "HK"}
                ],
                "nationalIdentification": {
                    "nationalIdentifier": "X0000001",
                    "nationalIdentifierType": "CCPT",
                    "countryOfIssue": "HK",
                },
                "countryOfResidence": "HK",
            }
        }
    ]


def test_below_the_threshold_names_and_wallets_travel() -> None:
    """Given a small transfer, neither address nor document should travel."""
    (person,) = side(investor(), reduced=True)
    assert set(person["naturalPerson"]) == {"name", "customerIdentification"}  # type: ignore[call-overload]
    (company,) = side(entity(), reduced=True)
    assert set(company["legalPerson"]) == {"name", "customerIdentification"}  # type: ignore[call-overload]


def test_a_company_is_a_legal_person() -> None:
    """Given a company with its LEI, the identifier needs no registration authority; another kind needs one."""
    lei = (Identifier(type="lei", value="EXAMPLE0000000000000"),)
    (made,) = side(entity(identifiers=lei))
    assert made["legalPerson"]["nationalIdentification"] == {  # type: ignore[index]
        "nationalIdentifier": "EXAMPLE0000000000000",
        "nationalIdentifierType": "LEIX",
    }
    (made,) = side(entity(identifiers=(Identifier(type="registration", value="1"),)))
    assert made["legalPerson"]["nationalIdentification"] == {  # type: ignore[index]
        "nationalIdentifier": "1",
        "nationalIdentifierType": "RAID",
        "registrationAuthority": "RA999999",
    }


def test_joint_holders_are_persons_each() -> None:
    """Given joint holders, each of them is an originator."""
    assert len(side(couple())) == 2


def test_a_chinese_name_travels_in_both_scripts() -> None:
    """Given a Chinese name, its pinyin is the name and the characters its local form, and the metadata say how."""
    (made,) = side(investor(name="王小明", other_names=("Ming Wang",)))
    assert made["naturalPerson"]["name"] == {  # type: ignore[index]
        "nameIdentifier": [
            {"primaryIdentifier": "Wang Xiao Ming", "naturalPersonNameIdentifierType": "LEGL"},
            {"primaryIdentifier": "Ming Wang", "naturalPersonNameIdentifierType": "ALIA"},
        ],
        "localNameIdentifier": [{"primaryIdentifier": "王小明", "naturalPersonNameIdentifierType": "LEGL"}],
    }
    metadata = travel.shared(FIRM, {}, chinese=True)["payloadMetadata"]
    assert metadata == {"payloadVersion": "101.2023", "transliterationMethod": ["hani"]}


def test_both_firms_are_the_registry_s_operator() -> None:
    """Both sides are served by one firm, named with its registration authority, or its LEI."""
    made = travel.shared(FIRM, {"asset": "0x"}, chinese=False)
    firm = made["originatingVASP"]["originatingVASP"]["legalPerson"]
    assert made["beneficiaryVASP"]["beneficiaryVASP"]["legalPerson"] == firm
    assert firm["nationalIdentification"] == {
        "nationalIdentifier": "00000000",
        "nationalIdentifierType": "RAID",
        "registrationAuthority": "RA000388",
    }
    by_lei = travel.firm_person(replace(FIRM, identifier="LEI:EXAMPLE0000000000000"))["legalPerson"]
    assert by_lei["nationalIdentification"]["nationalIdentifierType"] == "LEIX"
    assert made["transferData"] == {"asset": "0x"}
