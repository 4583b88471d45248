"""Words: pack and unpack are inverse, and the layout is the one in the interfaces."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abst.chain.words import (
    NO_OBLIGATION,
    AssetKind,
    FilingRecord,
    FilingStatus,
    Holding,
    InvestorRecord,
    Unpaid,
    jurisdiction_letters,
    jurisdiction_number,
)

CONTRACTS = Path(__file__).parents[2] / "contracts"


def numbers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**bits - 1)


letters = st.one_of(st.just(""), st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2))
investors = st.builds(
    InvestorRecord,
    investor=numbers(32),
    number=numbers(32),
    regimes=numbers(32),
    capacity=numbers(8),
    jurisdiction=letters,
    evidence_until=numbers(40),
    suitability_until=numbers(40),
    blocked=st.booleans(),
    several=st.booleans(),
    lost=st.booleans(),
)
filings = st.builds(
    FilingRecord,
    status=st.sampled_from(FilingStatus),
    paused=numbers(32),
    good_until=numbers(40),
    record_dates=numbers(16),
    next_record_date=numbers(40),
    planned=numbers(8),
    made=numbers(8),
    open_obligations=numbers(8),
    last_obligation=numbers(16),
    issue_begun=st.booleans(),
    documents=numbers(16),
    subscribers=numbers(4),
)
holdings = st.builds(
    Holding,
    balance=numbers(96),
    frozen=numbers(96),
    locked_until=numbers(32),
    changed_at=numbers(16),
    records=numbers(16),
)


@given(st.one_of(investors, filings, holdings))
def test_unpack_is_the_inverse_of_pack(record: InvestorRecord | FilingRecord | Holding) -> None:
    assert type(record).unpack(record.pack()) == record


@pytest.mark.parametrize(
    ("kind", "file"),
    [(InvestorRecord, "IRegistry.sol"), (FilingRecord, "IRegistry.sol"), (Holding, "ISecurityToken.sol")],
)
def test_widths_are_those_of_the_interface(kind: type[Holding], file: str) -> None:
    """The comment of the interface lists each field with its width, from the lowest bit up."""
    text = (CONTRACTS / "interfaces" / file).read_text(encoding="utf-8")
    paragraphs = [paragraph.replace("\n///", " ") for paragraph in text.split("///\n")]
    (layout,) = [part.split(" */")[0] for part in paragraphs if re.match(rf"/// {kind.__name__}\b", part)]
    layout = re.sub(r"\([^)]*\)", "", layout.split("\n")[0])
    widths = [int(found[0]) for part in layout.split("|") if (found := re.findall(r"\b\d+\b", part))]
    assert widths == [bits for _, bits in kind.LAYOUT]


@pytest.mark.parametrize(("kind", "file"), [(AssetKind, "types/Types.sol"), (Unpaid, "interfaces/IDistribution.sol")])
def test_enumerations_are_those_of_solidity(kind: type[AssetKind] | type[Unpaid], file: str) -> None:
    """Names in other clothes, in the same order."""
    text = (CONTRACTS / file).read_text(encoding="utf-8")
    body = text.split(f"enum {kind.__name__} {{")[1].split("}")[0]
    names = [re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() for name in re.findall(r"^    (\w+)", body, re.MULTILINE)]
    assert names == [one.name for one in kind]


def test_the_facts_of_an_admission_leave_out_what_the_registry_gives() -> None:
    record = InvestorRecord(7, 8, 9, 4, "HK", 5, 6, blocked=True, several=True, lost=True)
    assert InvestorRecord.unpack(record.facts()) == InvestorRecord(0, 0, 9, 4, "HK", 5, 6)


def test_a_field_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Holding\.balance is .* must .* fit 96 bits"):
        Holding(balance=2**96).pack()
    with pytest.raises(ValueError, match="at least 0"):
        Holding(balance=-1).pack()


@pytest.mark.parametrize("kind", [InvestorRecord, FilingRecord])
def test_bits_beyond_the_fields_are_refused(kind: type[InvestorRecord] | type[FilingRecord]) -> None:
    with pytest.raises(ValueError, match="beyond its fields"):
        kind.unpack(2**255)


def test_jurisdictions_are_two_letters() -> None:
    assert jurisdiction_number("HK") == 0x484B
    assert jurisdiction_letters(0x484B) == "HK"
    assert jurisdiction_letters(0) == ""
    for wrong in ("H", "HKG", "hk", "H1", "é!"):
        with pytest.raises(ValueError, match="two capital letters"):
            jurisdiction_number(wrong)


def test_times_stand_on_their_last_good_and_first_free_seconds() -> None:
    record = FilingRecord(FilingStatus.EFFECTIVE, good_until=100, record_dates=2, next_record_date=50)
    assert (record.overdue(100), record.overdue(101)) == (False, True)
    assert (record.records_taken(49), record.records_taken(50)) == (2, 3)
    assert not FilingRecord(good_until=NO_OBLIGATION).overdue(NO_OBLIGATION)
    assert FilingRecord(paused=0b100).is_paused(2)
    assert Holding(balance=10, frozen=12).free() == 0
