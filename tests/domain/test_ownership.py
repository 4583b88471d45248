"""Who must be named behind an investor, by its kind: a quarter to the basis point, and never more than the whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import couple, entity, investor, person
from pydantic import ValidationError

from abst.investor import ownership
from abst.investor.model import Kind, PrivateRecord, Related, Role, Tie
from abst.rulebook import load

BOOK = load()
ENTITIES = [Kind.CORPORATION, Kind.PARTNERSHIP, Kind.TRUST_CORPORATION, Kind.INSTITUTION]


def reasons(record: PrivateRecord) -> list[str]:
    return [
        refusal.reason
        for found in (
            ownership.holders_named(record, "i"),
            ownership.roles_fit(record, "i"),
            ownership.owners_named(record, BOOK, "i"),
            ownership.shares_given(record, "i"),
            ownership.shares_within_whole(record, "i"),
        )
        for refusal in found
    ]


def test_a_joint_account_has_two_holders() -> None:
    """One is too few, two and three are enough, and nobody else stands there."""
    people = [person(f"holder-{n}", Role.HOLDER) for n in range(3)]
    assert [reasons(couple(persons=tuple(people[:n]))) for n in (1, 2, 3)] == [["holders-missing"], [], []]
    assert reasons(couple(persons=(*people[:2], person()))) == ["role-unfit"]


def test_an_individual_has_nobody_behind_him() -> None:
    """A person behind a person is a mistake in the record, named by its place."""
    record = investor(persons=(person(),))
    assert reasons(record) == ["role-unfit"]
    assert ownership.roles_fit(record, "investor inv-1")[0].where == "investor inv-1.persons[owner-1].role"


@pytest.mark.parametrize("kind", ENTITIES)
@given(shares=st.lists(st.integers(1, 4_000), min_size=1, max_size=4))
def test_owners_of_a_quarter_are_named(kind: Kind, shares: list[int]) -> None:
    """Refused exactly when what is left unnamed reaches a quarter; a controller answers for that."""
    people = tuple(person(f"owner-{n}", share_bps=bps) for n, bps in enumerate(shares))
    total = sum(shares)
    expected = ["owners-unnamed"] * (10_000 - total >= 2_500) + ["shares-over-whole"] * (total > 10_000)
    assert reasons(entity(kind, persons=people)) == expected
    control = person("head", Role.CONTROLLER)
    assert "owners-unnamed" not in reasons(entity(kind, persons=(*people, control)))


@pytest.mark.parametrize("kind", ENTITIES)
def test_an_entity_with_nobody_named_is_refused(kind: Kind) -> None:
    """Also an institution; an owner without a share is asked for it."""
    assert reasons(entity(kind, persons=())) == ["owners-unnamed"]
    assert reasons(entity(kind, persons=(person(share_bps=None),))) == ["owners-unnamed", "share-missing"]


def test_roles_fit_the_kind() -> None:
    """Partners are of partnerships, settlors and beneficiaries of trusts, holders of joint accounts alone."""
    head = person("head", Role.CONTROLLER)
    fitting = {
        role: {kind for kind in ENTITIES if not reasons(entity(kind, persons=(head, person("p", role, share_bps=1))))}
        for role in Role
    }
    assert fitting[Role.OWNER] == fitting[Role.CONTROLLER] == set(ENTITIES)
    assert fitting[Role.PARTNER] == {Kind.PARTNERSHIP}
    assert fitting[Role.SETTLOR] == fitting[Role.BENEFICIARY] == fitting[Role.TRUSTEE] == {Kind.TRUST_CORPORATION}
    assert fitting[Role.HOLDER] == set()


def test_beneficiaries_and_owners_are_different_wholes() -> None:
    """A trustee's owner and its beneficiaries each come to the whole; a basis point more is refused by its group."""
    half = person("b-1", Role.BENEFICIARY, share_bps=5_000), person("b-2", Role.BENEFICIARY, share_bps=5_000)
    assert reasons(entity(Kind.TRUST_CORPORATION, persons=(person(), *half))) == []
    over = entity(Kind.TRUST_CORPORATION, persons=(person(), *half, person("b-3", Role.BENEFICIARY, share_bps=1)))
    (refusal,) = ownership.shares_within_whole(over, "i")
    assert (refusal.found, refusal.where) == ("10001", "i.persons (beneficiary)")


def related(id_: str, **changes: object) -> Related:
    fields = {"tie": "owner", "kind": "corporation", "share_bps": 6_000, "name": "Sample", "registered": ("HK",)}
    return Related(id=id_, **{**fields, **changes})  # type: ignore[arg-type]


def test_direct_owners_share_one_whole_in_each_layer() -> None:
    """Two owners of the investor with 6000 each are too many; with one a layer above they are not."""
    assert reasons(entity(related=(related("a"), related("b")))) == ["shares-over-whole"]
    assert reasons(entity(related=(related("a"), related("b", of="a")))) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"related": (related("a", of="b"), related("b", of="a"))},
        {"related": (related("a", of="a"),)},
        {"related": (related("a", of="nobody"),)},
        {"related": (related("owner-1"),)},
        {"persons": (person(), person())},
        {"related": (related("a", kind="individual", person="nobody", name="", registered=()),)},
    ],
    ids=["circle", "itself", "nobody", "same id", "twice", "no person"],
)
def test_a_record_refers_to_itself_only(changes: dict[str, object]) -> None:
    """Ties lead to the investor, ids are used once, and every reference names somebody of the record."""
    with pytest.raises(ValidationError):
        entity(**changes)


def test_an_owner_s_own_papers_name_him() -> None:
    """An entity has a name and a registration, an individual is a person of the record and is owned by nobody."""
    for bad in (
        {"name": ""},
        {"registered": ()},
        {"kind": "joint"},
        {"kind": "individual"},
        {"kind": "individual", "person": "p", "name": "", "registered": (), "tie": Tie.OWNED},
    ):
        with pytest.raises(ValidationError):
            related("a", **bad)
