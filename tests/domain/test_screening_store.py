"""Lists, screenings and hits as they are kept: what goes on, what ends, what is stale, and what is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from people import PAPER, investor, person
from sqlalchemy.exc import DatabaseError, IntegrityError
from test_investor import VAULT, assess

from abst.investor import records
from abst.investor.model import Kind, PrivateRecord
from abst.investor.screening import desk
from abst.investor.screening import store as kept_lists
from abst.investor.screening.entries import Entry
from abst.investor.screening.facts import refusals_of
from abst.investor.screening.tables import EntryRow, HitRow, ListRow
from abst.rulebook import load
from abst.store import Store
from abst.values import Hash, digest

RULES = load()
NOW = 1_788_220_800
DAY = 86_400
OTTO = Entry("ofac", "90001", "sanction", "person", ("Ottokar Beispielsen",), ("1961-03-12",), ("AQ",), "EXAMPLE")
SHIP = Entry("ofac", "90003", "sanction", "vessel", ("Ottokar Beispielsen",))
XIMENA = Entry("pep", "P-1", "pep", "person", ("Ximena Ejemplar",), ("1966",), ("AQ",), "a judge")


def put(kept: Store, source: str, *entries: Entry, at: int = NOW) -> Hash:
    """Put a list in force; its digest follows from its entries."""
    said = digest([entry.content for entry in entries])
    with kept.begin() as session:
        kept_lists.add_list(session, source, said, ["list"], entries, "ada", at)
    return said


def bring(kept: Store, name: str = "inv-1", record: PrivateRecord | None = None) -> PrivateRecord:
    record = record or investor(name="Beispielsen, Ottokar", born=date(1961, 3, 12))
    with kept.begin() as session:
        records.add(session, investor_id=name, record=record, facts=assess(record).facts, vault=VAULT, at=NOW)
    return record


def screen(kept: Store, at: int = NOW, **people: PrivateRecord) -> tuple[int, int]:
    named = {name.replace("_", "-"): record for name, record in people.items()}
    with kept.begin() as session:
        return desk.screen(session, named, RULES, at)


def state(kept: Store, name: str = "inv-1") -> str:
    with kept.read() as session:
        return desk.state_of(session, [name])[name]


def verdict(kept: Store, number: int, said: str, at: int = NOW) -> None:
    with kept.begin() as session:
        row = kept_lists.hit(session, number)
        row.verdict, row.reason, row.evidence = said, "looked", PAPER
        row.decided_by, row.decided_at = "ada", at


def standing(kept: Store, name: str = "inv-1") -> list[tuple[int, str, str]]:
    with kept.read() as session:
        return [(row.number, row.entry, row.verdict) for row in kept_lists.standing_hits(session, [name]).get(name, [])]


# ---- lists


def test_a_new_list_keeps_what_did_not_change(store: Store) -> None:
    """Given a list with one entry the same, one changed, one gone and one new, only the differences are written."""
    put(store, "ofac", OTTO, replace(OTTO, id="2"), replace(OTTO, id="3"))
    put(store, "ofac", OTTO, replace(OTTO, id="2", note="changed"), replace(OTTO, id="4"), at=NOW + 1)
    with store.read() as session:
        rows = [(row.entry, row.first, row.last) for row in session.query(EntryRow).order_by(EntryRow.number)]
        assert rows == [("90001", 1, 2), ("2", 1, 1), ("3", 1, 1), ("2", 2, 2), ("4", 2, 2)]
        _, lists_now = kept_lists.searchable(session)
        assert [known.entry for known in lists_now.known] == ["2", "4", "90001"]


def test_the_older_list_again_is_a_list_of_its_own(store: Store) -> None:
    """Given the list of yesterday after today's, it is in force again, as a later one."""
    first = put(store, "ofac", OTTO)
    put(store, "ofac", XIMENA)
    assert put(store, "ofac", OTTO) == first
    with store.read() as session:
        assert [row.digest for row in kept_lists.in_force(session)] == [first]
        _, lists_now = kept_lists.searchable(session)
        assert [known.entry for known in lists_now.known] == ["90001"]


def test_lists_and_entries_cannot_be_rewritten(store: Store) -> None:
    """Given a list as loaded, the database refuses to change its digest or an entry's content, or to delete it."""
    put(store, "ofac", OTTO)
    for change in (
        lambda session: setattr(session.query(ListRow).one(), "digest", "0x"),
        lambda session: setattr(session.query(EntryRow).one(), "forms", ""),
        lambda session: session.delete(session.query(EntryRow).one()),
    ):
        with pytest.raises(DatabaseError), store.begin() as session:
            change(session)


# ---- screenings


def test_never_screened_stale_open_confirmed_clear(store: Store) -> None:
    """The word for the gates follows the lists, the hits and their verdicts."""
    record = bring(store)
    assert state(store) == "none"
    assert screen(store, inv_1=record) == (0, 0)  # there is no list yet
    put(store, "ofac", OTTO, SHIP)
    assert state(store) == "none"
    assert screen(store, inv_1=record) == (1, 0)
    assert state(store) == "open"
    verdict(store, 1, "cleared")
    assert state(store) == "clear"
    verdict(store, 1, "confirmed")
    assert state(store) == "confirmed"
    verdict(store, 1, "cleared")
    put(store, "pep", XIMENA)
    assert state(store) == "stale"
    assert screen(store, inv_1=record) == (0, 0)
    assert state(store) == "clear"


def test_a_confirmed_politically_exposed_person_is_clear(store: Store) -> None:
    """Given a confirmed hit that is no sanction, the investor is known and not barred."""
    put(store, "pep", XIMENA)
    screen(store, inv_1=bring(store, record=investor(name="Ximena Ejemplar")))
    verdict(store, 1, "confirmed")
    assert state(store) == "clear"


def test_everybody_behind_an_investor_is_screened(store: Store) -> None:
    """Given a company whose owner has another name on a list, the hit names the owner by his id, nobody by name."""
    put(store, "ofac", OTTO)
    owner = person("owner-1", name="Sample Owner", other_names=("Ottokar Beispielsen",), born=date(1970, 1, 1))
    company = investor(kind=Kind.CORPORATION, name="Sample Company", persons=(owner,))
    screen(store, inv_1=bring(store, record=company))
    with store.read() as session:
        (row,) = kept_lists.standing_hits(session)["inv-1"]
        assert (row.person, row.score, row.born, row.country) == ("owner-1", 10_000, "differs", "differs")
        stored = " ".join(str(value) for value in vars(row).values())
        assert "Sample" not in stored
        assert "Beispielsen" not in stored


def test_a_verdict_goes_on_while_nothing_changed(store: Store) -> None:
    """Given the same entry in a new list, the verdict stands; a changed entry is a hit to decide again."""
    record = bring(store)
    put(store, "ofac", OTTO)
    screen(store, inv_1=record)
    verdict(store, 1, "cleared")
    put(store, "ofac", OTTO, replace(XIMENA, source="ofac"))
    assert screen(store, inv_1=record, at=NOW + DAY) == (0, 0)
    assert standing(store) == [(1, "90001", "cleared")]
    put(store, "ofac", replace(OTTO, born=("1970",)))
    assert screen(store, inv_1=record, at=NOW + 2 * DAY) == (1, 1)
    assert standing(store) == [(2, "90001", "open")]


def test_another_date_of_birth_opens_the_hit_again(store: Store) -> None:
    """Given a renewed record whose year of birth now agrees, an earlier clearing should not go on."""
    put(store, "ofac", OTTO)
    record = bring(store, record=investor(name="Ottokar Beispielsen", born=date(1970, 1, 1)))
    screen(store, inv_1=record)
    verdict(store, 1, "cleared")
    screen(store, at=NOW + 1, inv_1=investor(name="Ottokar Beispielsen", born=date(1961, 3, 12)))
    assert standing(store) == [(2, "90001", "open")]


def test_nobody_loses_a_hit_by_asking_for_another_name(store: Store) -> None:
    """Given a proposed record under another name, the standing hit goes on; the record in force ends it."""
    put(store, "ofac", OTTO)
    screen(store, inv_1=bring(store))
    renamed = {"inv-1": investor(name="Somebody Else")}
    with store.begin() as session:
        assert desk.screen(session, renamed, RULES, NOW + 1, proposed=True) == (0, 0)
    assert state(store) == "open"
    with store.begin() as session:
        assert desk.screen(session, renamed, RULES, NOW + 2) == (0, 1)
    assert state(store) == "clear"


def test_a_hit_ends_with_its_entry(store: Store) -> None:
    """Given a list without the entry, the hit ends and is kept."""
    record = bring(store)
    put(store, "ofac", OTTO)
    screen(store, inv_1=record)
    put(store, "ofac", replace(XIMENA, source="ofac"))
    assert screen(store, inv_1=record) == (0, 1)
    assert (standing(store), state(store)) == ([], "clear")
    with store.read() as session:
        assert session.query(HitRow).one().ended_at == NOW


def test_facts_are_given_for_everyone_asked(store: Store) -> None:
    """Given many ids, screened or not, each should have facts, and refusals follow from them."""
    put(store, "ofac", OTTO)
    screen(store, inv_1=bring(store))
    ids = ["inv-1", *(f"nobody-{n}" for n in range(600))]
    with store.read() as session:
        facts = desk.facts_of(session, ids)
    assert list(facts) == ids
    assert [refusal.reason for refusal in refusals_of(facts["inv-1"], RULES, "x")] == ["screening-hit-open"]
    assert [refusal.reason for refusal in refusals_of(facts["nobody-1"], RULES, "x")] == ["screening-stale"]


DECIDED = {"verdict": "cleared", "decided_by": "ada", "decided_at": NOW, "reason": "x", "evidence": PAPER}
UNSOUND: list[dict[str, object]] = [
    {"verdict": "cleared"},
    DECIDED | {"reason": None},
    DECIDED | {"reason": ""},
    DECIDED | {"evidence": None},
    DECIDED | {"second": "ada"},
    DECIDED | {"verdict": "perhaps"},
    {"score": 10_001},
    {"investor": "another"},
]


def change(kept: Store, fields: dict[str, object]) -> None:
    with kept.begin() as session:
        row = kept_lists.hit(session, 1)
        for field, value in fields.items():
            setattr(row, field, value)


def repeat(kept: Store) -> None:
    with kept.begin() as session:
        row = kept_lists.hit(session, 1)
        columns = HitRow.__table__.columns
        session.add(HitRow(**{c.name: getattr(row, c.name) for c in columns if c.name != "number"}))


def test_the_database_keeps_hits_sound(store: Store) -> None:
    """No verdict without officer, reason and evidence; no officer twice; no second standing hit on one entry."""
    put(store, "ofac", OTTO)
    screen(store, inv_1=bring(store))
    for fields in UNSOUND:
        with pytest.raises(DatabaseError):
            change(store, fields)
    with pytest.raises(IntegrityError):
        repeat(store)
    change(store, DECIDED | {"second": "bob"})


# ---- corroboration


@pytest.mark.parametrize(
    ("own", "listed", "word"),
    [
        (date(1961, 12, 31), ("1961",), "agrees"),
        (date(1960, 12, 31), ("1961-03-12",), "differs"),
        (date(1959, 1, 1), ("1970", "1959/1963"), "agrees"),
        (date(1964, 1, 1), ("1959/1963",), "differs"),
        (None, ("1961",), "unknown"),
        (date(1961, 1, 1), (), "unknown"),
    ],
)
def test_years_of_birth_are_compared(own: date | None, listed: tuple[str, ...], word: str) -> None:
    """By year, both ends of a range included; nothing said is unknown."""
    assert kept_lists.compare_born(own, listed) == word


@pytest.mark.parametrize(
    ("own", "listed", "word"),
    [
        (("HK",), ("AQ", "HK"), "agrees"),
        (("HK",), ("AQ",), "differs"),
        (("HK",), ("RURITANIA",), "unknown"),
        (("HK",), (), "unknown"),
    ],
)
def test_countries_are_compared(own: tuple[str, ...], listed: tuple[str, ...], word: str) -> None:
    """A country that the list names in words alone says nothing against."""
    assert kept_lists.compare_countries(own, listed) == word


# ---- what is due


@pytest.mark.parametrize(("seconds", "late"), [(-1, False), (0, False), (1, True)])
def test_a_list_is_due_a_day_after_it_was_checked(store: Store, seconds: int, late: bool) -> None:
    """Given the setting of one day, a list checked a day ago to the second is not late yet."""
    for source in RULES.words("R-53", "lists"):
        put(store, source, replace(OTTO, source=source))
    with store.read() as session:
        rows = desk.due(session, RULES, NOW + DAY + seconds)
    assert [row["overdue"] for row in rows] == [True] * len(RULES.words("R-53", "lists")) * late


def test_lists_never_loaded_and_hits_are_due(store: Store) -> None:
    """Given one list of several, open hits and a confirmed one on an admitted investor, each is a row of today."""
    put(store, "ofac", OTTO)
    record = bring(store)
    screen(store, inv_1=record)
    with store.begin() as session:
        session.get_one(type(records.get(session, "inv-1")), "inv-1").state = "admitted"
    with store.read() as session:
        rows = [row["what"] for row in desk.due(session, RULES, NOW)]
    assert sum("never loaded" in what for what in rows) == len(RULES.words("R-53", "lists")) - 1
    assert any("hits to decide: 1 (ofac 90001, score 10000)" in what for what in rows)
    verdict(store, 1, "confirmed")
    with store.read() as session:
        confirmed = [row for row in desk.due(session, RULES, NOW) if "abst investor block inv-1" in row["what"]]
    assert [row["overdue"] for row in confirmed] == [True]
