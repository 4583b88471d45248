"""A filing's life in the store: versions, legal moves only, two officers and evidence where the rules ask."""

from __future__ import annotations

import re
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from abst import demo_data
from abst.deal import Deal, Plan, offchain_hash, plan_hash
from abst.errors import Conflict, NotFound, Refused, UsageError
from abst.filing import records
from abst.filing.dossier import Dossier
from abst.filing.states import FINAL, MOVES, Status, move, moves_from, refuse_move
from abst.rulebook import load
from abst.store import Store
from abst.values import ZERO_HASH, Address, Hash

DOSSIER, DEAL = demo_data.text("dossier.yaml"), demo_data.text("deal.yaml")
PAPER = Hash("0x" + "22" * 32)
TYPES = Path(__file__).parents[2] / "contracts" / "types" / "Types.sol"


def plan(code: str = "11") -> Plan:
    deal, dossier = Deal.read(DEAL), Dossier.read(DOSSIER)
    terms = deal.terms(load().regime_bits())
    return Plan(1337, Hash("0x" + code * 32), terms, offchain_hash(deal.hash, dossier.digest))


def draft(store: Store, filing_id: str = "jishidai") -> None:
    with store.begin() as session:
        records.create(
            session, filing_id=filing_id, dossier_text=DOSSIER, deal_text=DEAL, plan=plan(), actor="rachel", at=10
        )


def go(store: Store, *states: Status) -> None:
    for state in states:
        with store.begin() as session:
            filing = records.get(session, "jishidai")
            second = "bob" if state is Status.EFFECTIVE else None
            records.transition(session, filing, state, actor="rachel", second=second, evidence=PAPER, at=20)


# ---- states, pure


def test_status_numbers_are_the_contract_s() -> None:
    """Python and Solidity count the states alike."""
    body = re.search(r"enum FilingStatus \{(.*?)\}", TYPES.read_text("utf-8"), re.S)
    assert body is not None
    names = [re.sub(r"(?<!^)(?=[A-Z])", "-", n.strip()).lower() for n in body.group(1).split(",")]
    assert names[1:] == [s.value for s in Status]
    assert [s.number for s in Status] == list(range(1, 10))
    assert [Status.of_number(n) for n in range(1, 10)] == list(Status)
    for bad in (0, 10):
        with pytest.raises(ValueError, match="no filing status"):
            Status.of_number(bad)


def test_final_states_have_no_way_out_and_all_are_reachable() -> None:
    """Refused, withdrawn and lapsed are ends; every state but the draft is some move's end."""
    assert {s for s in Status if not moves_from(s)} == FINAL
    assert {m.new for m in MOVES} == set(Status) - {Status.DRAFT}
    assert len({(m.old, m.new) for m in MOVES}) == len(MOVES)


def test_only_entry_into_effect_takes_two_officers() -> None:
    """Stopping takes one key, starting and restarting two."""
    assert all(m.two_officers == (m.new is Status.EFFECTIVE) for m in MOVES)


@pytest.mark.parametrize(("old", "new"), list(product(Status, Status)), ids=lambda s: s.value)
def test_a_move_is_legal_or_refused(old: Status, new: Status) -> None:
    """Each pair of states is a move of the table, or a refusal that names the moves there are."""
    refusal = refuse_move(old, new)
    assert (move(old, new) is None) == (refusal is not None)
    if refusal is not None:
        assert all(legal.new.value in refusal.needed for legal in moves_from(old))


# ---- records


def test_a_draft_has_a_version_a_number_and_its_tranches(store: Store) -> None:
    """Creation stores dossier and deal word for word, the plan and its hash, and the tranches in order."""
    draft(store)
    with store.read() as session:
        filing = records.get(session, "1")
        version = records.current_version(session, filing)
        assert (filing.id, filing.number, filing.state, filing.version) == ("jishidai", 1, "draft", 1)
        assert records.current_plan(session, filing) == plan()
        assert (version.plan_hash, version.dossier) == (plan_hash(plan()), DOSSIER)
        assert [(t.number, t.symbol) for t in records.tranches(session, filing.id)] == [
            (0, "JSD-A1"),
            (1, "JSD-A2"),
            (2, "JSD-SUB"),
        ]
        assert len(records.documents(session, filing)) == 12


def test_numbers_are_never_used_twice_and_ids_are_unique(store: Store) -> None:
    """A second filing gets the next number; the same id is a conflict."""
    draft(store)
    draft(store, "other")
    with store.read() as session:
        assert [f.number for f in records.every(session)] == [1, 2]
    with pytest.raises(Conflict):
        draft(store)
    with pytest.raises(NotFound), store.read() as session:
        records.get(session, "no such")


def test_the_way_to_effect_is_recorded_act_by_act(store: Store) -> None:
    """Submitted, supplemented with another plan, effective: each act with officer, evidence and version."""
    draft(store)
    go(store, Status.SUBMITTED, Status.SUPPLEMENT_REQUESTED)
    with store.begin() as session:
        filing = records.get(session, "jishidai")
        records.add_version(
            session, filing, dossier_text=DOSSIER, deal_text=DEAL, plan=plan("33"), actor="rachel", at=30
        )
    go(store, Status.SUBMITTED, Status.EFFECTIVE)
    with store.read() as session:
        acts = [(e.old, e.new, e.version, e.second) for e in records.events(session, "jishidai")]
        assert records.current_plan(session, records.get(session, "jishidai")) == plan("33")
    assert acts == [
        (None, "draft", 0, None),
        ("draft", "submitted", 1, None),
        ("submitted", "supplement-requested", 1, None),
        ("supplement-requested", "submitted", 2, None),
        ("submitted", "effective", 2, "bob"),
    ]


def test_a_submitted_plan_does_not_change(store: Store) -> None:
    """R-42: only a draft or a file under supplement takes a new version."""
    draft(store)
    go(store, Status.SUBMITTED)
    with pytest.raises(Refused) as caught, store.begin() as session:
        records.add_version(
            session,
            records.get(session, "jishidai"),
            dossier_text=DOSSIER,
            deal_text=DEAL,
            plan=plan("33"),
            actor="rachel",
            at=30,
        )
    assert [r.rule for r in caught.value.refusals] == ["R-42"]


@pytest.mark.parametrize(
    ("to", "second", "evidence", "reasons"),
    [
        (Status.EFFECTIVE, None, PAPER, ["second-officer-missing"]),
        (Status.EFFECTIVE, "rachel", PAPER, ["second-officer-missing"]),
        (Status.EFFECTIVE, None, ZERO_HASH, ["second-officer-missing", "evidence-missing"]),
        (Status.REFUSED, None, ZERO_HASH, ["evidence-missing"]),
        (Status.LAPSED, None, PAPER, ["filing-move"]),
    ],
)
def test_a_move_without_its_needs_is_refused(
    store: Store, to: Status, second: str | None, evidence: Hash, reasons: list[str]
) -> None:
    """Every need that is missing is named, and the state stays."""
    draft(store)
    go(store, Status.SUBMITTED)
    with store.begin() as session:
        filing = records.get(session, "jishidai")
        with pytest.raises(Refused) as caught:
            records.transition(session, filing, to, actor="rachel", second=second, evidence=evidence, at=30)
    assert [r.reason for r in caught.value.refusals] == reasons
    with store.read() as session:
        assert records.get(session, "jishidai").state == "submitted"


def test_history_cannot_be_rewritten(store: Store) -> None:
    """Versions and events are append-only, and one officer is never both, in the database itself."""
    draft(store)
    for statement in (
        "UPDATE filing_event SET actor = 'x'",
        "DELETE FROM filing_event",
        "UPDATE filing_version SET plan_hash = 'x'",
        "INSERT INTO filing_event (filing, new, version, actor, second, evidence, note, at) "
        "VALUES ('jishidai', 'effective', 1, 'a', 'a', '0x', '', 1)",
    ):
        with pytest.raises(IntegrityError), store.begin() as session:
            session.execute(text(statement))


def test_the_notice_follows_the_outcome(store: Store) -> None:
    """R-41: a notice is stored once there is an outcome, with number and address."""
    draft(store)
    day, uri = date(2026, 8, 20), "https://example.org/notice"
    with pytest.raises(Refused), store.begin() as session:
        records.record_notice(session, records.get(session, "jishidai"), number="1", day=day, uri=uri, sha256=PAPER)
    go(store, Status.SUBMITTED, Status.EFFECTIVE)
    with pytest.raises(UsageError), store.begin() as session:
        records.record_notice(session, records.get(session, "jishidai"), number=" ", day=day, uri=uri, sha256=PAPER)
    with store.begin() as session:
        records.record_notice(session, records.get(session, "jishidai"), number="1", day=day, uri=uri, sha256=PAPER)
    with store.read() as session:
        assert records.get(session, "jishidai").notice_date == "2026-08-20"


def test_a_tranche_gets_one_token_and_is_found_by_any_of_its_names(store: Store) -> None:
    """The same address again changes nothing, another is a conflict; address, symbol and number all find it."""
    draft(store)
    token, other = Address("0x" + "11" * 20), Address("0x" + "22" * 20)
    for _ in range(2):
        with store.begin() as session:
            records.attach_token(session, "jishidai", 1, token, 40)
    with pytest.raises(Conflict), store.begin() as session:
        records.attach_token(session, "jishidai", 1, other, 40)
    with store.read() as session:
        for word in (token, token.lower(), "JSD-A2", "jishidai:1", "1:1"):
            assert records.tranche_by(session, word).number == 1
        with pytest.raises(NotFound):
            records.tranche_by(session, other)
    draft(store, "other")
    with pytest.raises(UsageError, match="several filings"), store.read() as session:
        records.tranche_by(session, "JSD-A2")


@given(st.lists(st.sampled_from(list(Status)), max_size=12))
def test_any_path_of_moves_stays_in_the_table(path: list[Status]) -> None:
    """Following whatever is legal of a random wish, no final state is left, and effect follows submission."""
    state, seen = Status.DRAFT, [Status.DRAFT]
    for wish in path:
        if move(state, wish) is not None:
            state = wish
            seen.append(state)
    assert not any(s in FINAL for s in seen[:-1])
    if Status.EFFECTIVE in seen:
        assert seen[seen.index(Status.EFFECTIVE) - 1] is Status.SUBMITTED
