"""Whoever has the database in his hands cannot rewrite what was done: each way of trying is found.

given a registry whose log is anchored on chain, and somebody who may write anything into its database
    when an entry is changed, removed, moved, added, or the log is cut or written anew
        `audit verify` should find it
    when a decision, a rulebook, a proposal or a second officer's word is changed, with or without its hash
        `audit verify` or `decision replay` should find it
    when nothing was touched
        neither should find anything, and later entries should be counted as not anchored

He is stopped by no trigger and no foreign key, and knows how hashes are made.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from abst import audit
from abst.chain.office import Office
from abst.chain.office import officers as registered
from abst.decisions import decision_hash
from abst.errors import Refused, UsageError
from abst.integrity import anchors, pack, packcheck, replay, trail
from abst.issuance import desk as issuance
from abst.keys import LocalSigner
from abst.values import ZERO_ADDRESS, ZERO_HASH, canonical, digest, file_digest
from journeys import desks

TABLES = ("audit", "decision", "proposal", "approval", "rulebook_version")
JSON = ("facts", "results", "refusals", "command", "content")
Row = dict[str, Any]


@dataclass
class Attacker:
    """A connection of his own, where nothing is enforced; `table` and `put` read and write rows with JSON decoded."""

    engine: Engine

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            self._free(connection)
            for statement in statements:
                connection.execute(text(statement))

    def _free(self, connection: Any) -> None:
        if self.engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))

    def disarm(self) -> None:
        """Drop SQLite's triggers; PostgreSQL's sleep in his sessions."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.begin() as connection:
                names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
                for name in list(names):
                    connection.execute(text(f'DROP TRIGGER "{name}"'))

    def table(self, name: str) -> list[Row]:
        with self.engine.begin() as connection:
            rows = [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()]
        for row in rows:
            row.update({key: json.loads(row[key]) for key in JSON if key in row})
        key = "seq" if name == "audit" else "digest" if name == "rulebook_version" else "id"
        return sorted(rows, key=lambda row: row[key])

    def put(self, name: str, rows: list[Row]) -> None:
        """These rows and no others."""
        plain = [{k: canonical(v).decode() if k in JSON else v for k, v in row.items()} for row in rows]
        with self.engine.begin() as connection:
            self._free(connection)
            connection.execute(text(f"DELETE FROM {name}"))
            if plain:
                columns = list(plain[0])
                values = ", ".join(f":{column}" for column in columns)
                connection.execute(text(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({values})"), plain)


@dataclass
class Scene:
    """The registry, the attacker, and how everything stood."""

    office: Office
    attacker: Attacker
    kept: dict[str, list[Row]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("tampering") / "home"
    desks.filed_home(home)
    with desks.opened(home) as office:
        desks.admitted_people(office, "alice", "bob")
        desks.second_officer(office, mint(office, "alice", 10_000))
        anchors.anchor(office, anchors.Anchor(officer="operations-1", request="anchor-1"))
        with pytest.raises(Refused):
            mint(office, "bob", 10_001)
        desks.second_officer(office, mint(office, "bob", 20_000))
        anchors.anchor(office, anchors.Anchor(officer="operations-1", request="anchor-2"))
        attacker = Attacker(create_engine(office.store.url))
        attacker.disarm()
        yield Scene(office, attacker, {name: attacker.table(name) for name in TABLES})
        attacker.engine.dispose()


@pytest.fixture
def scene(whole: Scene) -> Iterator[Scene]:
    yield whole
    for name in TABLES:
        whole.attacker.put(name, whole.kept[name])


def mint(office: Office, to: str, amount: int) -> Any:
    command = issuance.ProposeMint(
        officer="operations-1",
        request=desks.request("mint"),
        token="JSD-A1",
        allocations=(issuance.Allocation(to, amount),),
    )
    return issuance.mint(office, command)


def verified(office: Office, *given: audit.Head) -> list[str]:
    """What `abst audit verify` says."""
    found = [*anchors.examine(office, given).differences, *trail.decisions(office), *trail.proposals(office)]
    return [f"{one.where}: {one.words}: {one.found}" for one in found]


def replayed(office: Office) -> list[str]:
    """What `abst decision replay --all` says."""
    every = replay.replay_all(office)
    return [f"{one.where}: {one.words}" for done in every for one in done.differences]


def rehashed(rows: list[Row], start: int = 0) -> list[Row]:
    """The log with consistent numbers and hashes from a place on, as he would forge it."""
    previous = rows[start - 1]["hash"] if start else str(ZERO_HASH)
    for place in range(start, len(rows)):
        row = rows[place]
        said = {key: row[key] for key in ("at", "actor", "act", "subject", "facts")}
        row["seq"], row["previous"] = place + 1, previous
        row["hash"] = previous = str(audit.link(place + 1, previous, digest(said)))
    return rows


def test_nothing_is_found_where_nothing_was_touched(scene: Scene) -> None:
    """The log and every decision are what they were; the last anchor covers all."""
    assert verified(scene.office) == replayed(scene.office) == []
    assert anchors.examine(scene.office).unanchored == 0


# ---- the log


def _change(column: str, value: Any) -> Callable[[list[Row]], list[Row]]:
    def change(rows: list[Row]) -> list[Row]:
        rows[2][column] = value
        return rows

    return change


def _with_own_hash(rows: list[Row]) -> list[Row]:
    rows[2]["facts"] = {"amount": "1"}
    said = {key: rows[2][key] for key in ("at", "actor", "act", "subject", "facts")}
    rows[2]["hash"] = str(audit.link(rows[2]["seq"], rows[2]["previous"], digest(said)))
    return rows


def _swap(rows: list[Row]) -> list[Row]:
    content = ("at", "actor", "act", "subject", "facts")
    rows[1], rows[2] = (
        rows[1] | {key: rows[2][key] for key in content},
        rows[2] | {key: rows[1][key] for key in content},
    )
    return rows


def _renumbered(rows: list[Row]) -> list[Row]:
    for row in rows[3:]:
        row["seq"] -= 1
    return rows[:2] + rows[3:]


def _tail_rewritten(rows: list[Row]) -> list[Row]:
    rows[-2]["actor"] = "nobody"
    return rehashed(rows, len(rows) - 2)


def _inserted(rows: list[Row]) -> list[Row]:
    rows.insert(4, rows[4] | {"act": "never done"})
    return rehashed(rows, 4)


def _anew(rows: list[Row]) -> list[Row]:
    rows[0]["actor"] = "nobody"
    return rehashed(rows)


def _unnamed(rows: list[Row]) -> list[Row]:
    place = max(n for n, row in enumerate(rows) if audit.DECISIONS in row["facts"])
    rows[place]["facts"] = {k: v for k, v in rows[place]["facts"].items() if k != audit.DECISIONS}
    return rehashed(rows, place)


WAYS_WITH_THE_LOG: dict[str, Callable[[list[Row]], list[Row]]] = {
    "another actor": _change("actor", "nobody"),
    "another act": _change("act", "nothing"),
    "another subject": _change("subject", "nothing"),
    "another time": _change("at", 1),
    "another fact": _change("facts", {"amount": "1"}),
    "another hash": _change("hash", "0x" + "11" * 32),
    "another hash before": _change("previous", "0x" + "11" * 32),
    "another fact, its hash made anew": _with_own_hash,
    "the first deleted": lambda rows: rows[1:],
    "one in the middle deleted": lambda rows: rows[:3] + rows[4:],
    "one deleted, the later ones renumbered": _renumbered,
    "one deleted, everything later made anew": lambda rows: rehashed(rows[:3] + rows[4:], 3),
    "the last deleted": lambda rows: rows[:-1],
    "cut at the anchor before": lambda rows: rows[:-3],
    "two swapped": _swap,
    "two swapped, everything made anew": lambda rows: rehashed(_swap(rows)),
    "one inserted, everything later made anew": _inserted,
    "cut, and the end made anew": _tail_rewritten,
    "the whole log made anew": _anew,
    "emptied": lambda rows: [],
    "a decision no longer named, everything later made anew": _unnamed,
}


@pytest.mark.parametrize("way", WAYS_WITH_THE_LOG)
def test_the_log_cannot_be_rewritten(scene: Scene, way: str) -> None:
    """Whatever is done to entries up to the last anchor, `audit verify` finds it."""
    scene.attacker.put("audit", WAYS_WITH_THE_LOG[way](scene.attacker.table("audit")))
    assert verified(scene.office)


@pytest.mark.parametrize("way", ["the whole log made anew", "cut, and the end made anew", "the last deleted"])
def test_an_anchor_kept_elsewhere_is_enough(scene: Scene, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the chain in his hands too, an anchor that somebody else wrote down still shows it."""
    last = scene.kept["audit"][-1]
    scene.attacker.put("audit", WAYS_WITH_THE_LOG[way](scene.attacker.table("audit")))
    monkeypatch.setattr(anchors, "anchored", lambda *_: [])
    assert verified(scene.office, audit.Head(last["seq"], last["hash"]))


def test_what_was_added_after_the_anchor_is_told_apart(scene: Scene) -> None:
    """An entry forged at the end cannot be known from a true one, and is counted as not anchored."""
    rows = scene.attacker.table("audit")
    forged = rows[-1] | {"act": "never done", "facts": {}}
    scene.attacker.put("audit", rehashed([*rows, forged], len(rows)))
    assert anchors.examine(scene.office).unanchored == 1


# ---- decisions


def _hashed(row: Row) -> Row:
    """A decision with its hash made anew."""
    parts = {key: row[key] for key in ("kind", "facts", "results", "refusals", "rulebook", "at")}
    return row | {"hash": str(decision_hash(**parts))}


def _refused(rows: list[Row]) -> Row:
    return next(row for row in rows if not row["passed"])


def _released(rows: list[Row]) -> Row:
    return next(row for row in rows if row["kind"] == "mint release")


def _richer(row: Row) -> Row:
    """More units were allowed than were."""
    facts = json.loads(json.dumps(row["facts"]))
    facts["judged"][0]["facts"]["rows"][0]["amount"] += 90_000
    return row | {"facts": facts}


def _excused(row: Row) -> Row:
    """A refusal that never was."""
    results = [one | {"passed": True, "where": "", "reason": ""} for one in row["results"]]
    return row | {"refusals": [], "results": results, "passed": True}


def _results(row: Row) -> Row:
    return row | {"results": row["results"][1:]}


def _other_rulebook(row: Row) -> Row:
    return row | {"facts": row["facts"] | {"rulebook": "0x" + "22" * 32}}


WAYS_WITH_A_DECISION: dict[str, tuple[Callable[[list[Row]], Row], Callable[[Row], Row]]] = {
    "a fact": (_released, _richer),
    "a fact and the hash": (_released, lambda row: _hashed(_richer(row))),
    "a fact of another kind": (_released, lambda row: row | {"facts": row["facts"] | {"total": "1"}}),
    "the results": (_released, _results),
    "the results and the hash": (_released, lambda row: _hashed(_results(row))),
    "the refusals": (_refused, lambda row: row | {"refusals": row["refusals"][1:]}),
    "the refusals away, results and hash too": (_refused, lambda row: _hashed(_excused(row))),
    "the passed flag": (_refused, lambda row: row | {"passed": True}),
    "the kind": (_released, lambda row: _hashed(row | {"kind": "payment declare"})),
    "the second": (_released, lambda row: _hashed(row | {"at": row["at"] - 1})),
    "the rulebook's version": (_released, lambda row: row | {"rulebook": "1999"}),
    "the rulebook's version and the hash": (_released, lambda row: _hashed(row | {"rulebook": "1999"})),
    "the rulebook": (_released, lambda row: _hashed(_other_rulebook(row))),
    "the hash": (_released, lambda row: row | {"hash": "0x" + "33" * 32}),
}


@pytest.mark.parametrize("way", WAYS_WITH_A_DECISION)
def test_a_decision_cannot_be_rewritten(scene: Scene, way: str) -> None:
    """A change of a decision alone is found by `audit verify`: the log names its hash."""
    choose, change = WAYS_WITH_A_DECISION[way]
    rows = scene.attacker.table("decision")
    row = choose(rows)
    scene.attacker.put("decision", [change(one) if one["id"] == row["id"] else one for one in rows])
    assert verified(scene.office)
    assert replayed(scene.office)


@pytest.mark.parametrize("way", ["a fact and the hash", "the refusals away, results and hash too", "the rulebook"])
def test_a_decision_rewritten_with_the_log_is_found_by_its_gates(
    scene: Scene, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were hash, log and anchors all forged to fit, the gates say something else of its facts, or cannot be run."""
    choose, change = WAYS_WITH_A_DECISION[way]
    rows, log = scene.attacker.table("decision"), scene.attacker.table("audit")
    row = choose(rows)
    forged = change(row)
    if way == "a fact and the hash":  # an amount that the cap allows would be found by the chain alone
        forged["facts"]["judged"][0]["facts"]["rows"][0]["amount"] += 10**12
        forged = _hashed(forged)
    for entry in log:
        if row["id"] in entry["facts"].get(audit.DECISIONS, {}):
            entry["facts"][audit.DECISIONS][row["id"]] = forged["hash"]
    scene.attacker.put("decision", [forged if one["id"] == row["id"] else one for one in rows])
    scene.attacker.put("audit", rehashed(log))
    monkeypatch.setattr(anchors, "anchored", lambda *_: [])
    assert replayed(scene.office)
    monkeypatch.undo()
    assert verified(scene.office)


def test_a_deleted_and_a_forged_decision_are_found(scene: Scene) -> None:
    """The log names one that is gone; it does not name one that was put there."""
    rows = scene.attacker.table("decision")
    scene.attacker.put("decision", rows[1:])
    assert any("the log names it" in line for line in verified(scene.office))
    scene.attacker.put("decision", [*rows, _hashed(rows[0] | {"id": "dec-forged"})])
    assert any("dec-forged: the decision in the log" in line for line in verified(scene.office))


def test_two_decisions_that_changed_places_are_found(scene: Scene) -> None:
    """The log names each by its id."""
    rows = scene.attacker.table("decision")
    rows[0]["id"], rows[1]["id"] = rows[1]["id"], rows[0]["id"]
    scene.attacker.put("decision", rows)
    assert verified(scene.office)


def test_a_rulebook_that_was_changed_is_found(scene: Scene) -> None:
    """Decisions are not run again under rules that were put in place of theirs."""
    rows = scene.attacker.table("rulebook_version")
    rows[0]["content"] = rows[0]["content"] | {"version": "1999"}
    scene.attacker.put("rulebook_version", rows)
    assert replayed(scene.office)
    scene.attacker.put("rulebook_version", [])
    assert replayed(scene.office)


# ---- proposals and the second officer's word


def _first_approved(table: str, change: Row) -> Callable[[Scene], None]:
    def act(scene: Scene) -> None:
        rows = scene.attacker.table(table)
        done = next(row["id"] for row in scene.attacker.table("proposal") if row["state"] == "done")
        key = "id" if table == "proposal" else "proposal"
        scene.attacker.put(table, [row | change if row[key] == done else row for row in rows])

    return act


WAYS_WITH_A_PROPOSAL: dict[str, Callable[[Scene], None]] = {
    "its content": _first_approved("proposal", {"command": {}}),
    "its maker": _first_approved("proposal", {"maker": "operations-2"}),
    "its checker": _first_approved("proposal", {"checker": "compliance-2"}),
    "its decision": _first_approved("proposal", {"decision": "dec-none"}),
    "the second officer": _first_approved("approval", {"checker": "compliance-2"}),
    "what he saw": _first_approved("approval", {"hash": "0x" + "44" * 32}),
    "his word": _first_approved("approval", {"verdict": False}),
    "no second officer": lambda scene: scene.attacker.put("approval", []),
}


@pytest.mark.parametrize("way", WAYS_WITH_A_PROPOSAL)
def test_a_second_officers_word_cannot_be_made_up(scene: Scene, way: str) -> None:
    """A proposal is what its hash says; an approval is of that hash, by that officer."""
    WAYS_WITH_A_PROPOSAL[way](scene)
    assert verified(scene.office)


# ---- a pack of evidence


def _repacked(content: bytes, name: str, change: Callable[[Any], Any], signer: LocalSigner, officer: str) -> bytes:
    """A pack with one file changed, its manifest made anew and signed by somebody."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        files = {member: file.read(member) for member in file.namelist()}
    files[name] = json.dumps(change(json.loads(files[name]))).encode()
    manifest = json.loads(files[pack.MANIFEST])
    if name != pack.MANIFEST:
        manifest["members"][name] = file_digest(files[name])
        files[pack.MANIFEST] = json.dumps(manifest).encode()
    text = pack.signed_words(file_digest(files[pack.MANIFEST]))
    said = {"officer": officer, "address": signer.address, "text": text}
    files[pack.SIGNATURE] = json.dumps(said | {"signature": "0x" + signer.sign_text(text).hex()}).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for member, words in files.items():
            made.writestr(member, words)
    return buffer.getvalue()


def _first(key: str, value: Any) -> Callable[[Any], Any]:
    return lambda rows: [rows[0] | {key: value}, *rows[1:]]


WAYS_WITH_A_PACK: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "an entry": ("entries.json", _first("actor", "nobody")),
    "a link": ("links.json", lambda rows: [[*rows[0][:2], "0x" + "55" * 32, rows[0][3]], *rows[1:]]),
    "a link left out": ("links.json", lambda rows: rows[:1] + rows[2:]),
    "a decision": ("decisions.json", _first("at", 1)),
    "a decision's kind": ("decisions.json", _first("kind", "payment")),
    "a rulebook": ("rulebooks.json", lambda books: {key: {} for key in books}),
    "a proposal": ("proposals.json", _first("command", {})),
    "a transaction": ("operations.json", _first("data", "0x")),
    "a receipt": ("operations.json", lambda rows: [row | {"receipt": row["receipt"] | {"status": 0}} for row in rows]),
    "an anchor": ("anchors.json", _first("head", "0x" + "66" * 32)),
    "the contracts": (
        "manifest.json",
        lambda said: said | {"contracts": dict.fromkeys(said["contracts"], ZERO_ADDRESS)},
    ),
    "the registry": ("manifest.json", lambda said: said | {"registry_id": "0x" + "77" * 32}),
}


@pytest.fixture(scope="module")
def packed(whole: Scene, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("pack") / "evidence.zip"
    whole_time = pack.Selection(first=0, last=2**40)
    asked = pack.MakePack(officer="operations-1", request="pack", selection=whole_time, path=path)
    assert pack.make(whole.office, asked).outcome == "done"
    return path.read_bytes()


@pytest.mark.parametrize("way", WAYS_WITH_A_PACK)
def test_a_pack_cannot_be_rewritten_by_its_own_officer(whole: Scene, packed: bytes, way: str) -> None:
    """Whoever signs: what is not on chain, or not what was hashed, is found."""
    office = whole.office
    address = next(row["address"] for row in registered(office) if row["name"] == "operations-1")
    signer = office.keys.signer(address)
    assert isinstance(signer, LocalSigner)
    forged = _repacked(packed, *WAYS_WITH_A_PACK[way], signer, "operations-1")
    assert packcheck.check(forged, office.chain, office.deployment).differences
    assert packcheck.check(packed, office.chain, office.deployment).differences == ()


def test_a_pack_of_a_stranger_is_none(whole: Scene, packed: bytes) -> None:
    """A signature of a key that never held a role says nothing; bytes that are no pack are told so."""
    stranger = LocalSigner(b"\x09" * 32)
    forged = _repacked(packed, "anchors.json", lambda rows: rows, stranger, "operations-1")
    found = packcheck.check(forged, whole.office.chain, whole.office.deployment).differences
    assert [one.words for one in found] == ["signer is an officer of the chain"]
    assert packcheck.check(packed).on_chain is False
    for nothing in (b"", b"no zip", packed[:200]):
        with pytest.raises(UsageError):
            packcheck.check(nothing)


def test_the_home_is_where_the_attacker_found_it(whole: Scene) -> None:
    """After all of this the rows are back, and nothing is found."""
    assert {name: whole.attacker.table(name) for name in TABLES if name != "audit"} == {
        name: rows for name, rows in whole.kept.items() if name != "audit"
    }
    assert verified(whole.office) == replayed(whole.office) == []
