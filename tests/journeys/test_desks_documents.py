"""Documents and their subscribers: published, read back through time, never stopped by who listens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import desks
import pytest
from desks import opened, request, wallet
from trading import FILING, SENIOR, notice_board

from abst.chain.office import Evidence, Office, Result
from abst.disclosure import desk as disclosure
from abst.disclosure import documents, hooks
from abst.errors import Conflict, IntegrityFailure, NotAuthorised, NotFound, Refused, UsageError
from abst.holders import facts
from abst.integrity import desk as integrity
from abst.values import Address
from nodes import warp

RISK_BIT = 1 << 2  # material-risk


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an effective filing, its tokens, and carol, who runs a venue."""
    home = tmp_path_factory.mktemp("filed") / "home"
    desks.filed_home(home)
    with opened(home) as office:
        desks.admitted_people(office, "carol")
        desks.keep_keys(office, "carol")
    return home


@pytest.fixture
def office(filed: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(desks.copied(filed, tmp_path / "home")) as made:
        yield made


def publish(office: Office, name: str, text: str, uri: str = "", kind: str = "annual-report") -> Result:
    command = disclosure.Disclose(
        officer="operations-1",
        request=request(),
        filing=FILING,
        name=name,
        kind=kind,
        document=Evidence(f"{name}.txt", text.encode()),
        uri=uri,
    )
    return disclosure.disclose(office, command)


def locate(office: Office, base: str, req: str = "") -> Result:
    command = documents.Locate(officer="operations-1", request=req or request(), filing=FILING, base=base)
    return documents.locate(office, command)


def test_every_version_and_what_was_seen_on_a_day(office: Office) -> None:
    """Two versions of one document, another document, a base that moves: each second has its own answer."""
    with pytest.raises(UsageError, match="where does the document stand"):
        publish(office, "annual", "2026")
    assert documents.list_documents(office, FILING) == []
    locate(office, "https://example.org/a/")
    first = publish(office, "annual", "2026")
    bought = office.chain.head().timestamp
    warp(office, 1_000)
    publish(office, "risk", "a storm", "https://example.org/storm", kind="material-risk")
    second = publish(office, "annual", "2026, corrected")
    warp(office, 1_000)
    locate(office, "https://example.org/b/")

    told = documents.history(office, FILING, "annual")
    hashes = [first.result["document_hash"], second.result["document_hash"]]
    assert [(row["version"], row["document_hash"], row["uri"]) for row in told] == [
        (1, hashes[0], f"https://example.org/a/{hashes[0]}"),
        (2, hashes[1], f"https://example.org/a/{hashes[1]}"),
    ]
    assert [(r["name"], r["version"]) for r in documents.seen_at(office, FILING, bought)] == [("annual", 1)]
    now = documents.list_documents(office, FILING)
    assert [(r["name"], r["version"], r["uri"]) for r in now] == [
        ("annual", 2, f"https://example.org/b/{hashes[1]}"),
        ("risk", 1, "https://example.org/storm"),
    ]
    token = office.contracts.token(facts.token(office, SENIOR).address)
    for row in now:  # the token reads the same (ERC-1643)
        name = row["name"].encode().ljust(32, b"\x00")
        assert token.read("getDocument", name) == (row["uri"], row["document_hash"], row["second"])
    with pytest.raises(UsageError):
        documents.seen_at(office, FILING, office.now() + 1)
    assert integrity.verify(office) == []


def test_whether_a_file_was_published(office: Office) -> None:
    """By its bytes: which version it is, and whether it still stands."""
    publish(office, "annual", "old", "https://example.org/1")
    publish(office, "annual", "new", "https://example.org/2")
    publish(office, "annual", "old", "https://example.org/3")
    told = documents.check(office, FILING, b"old")
    assert [(row["version"], row["stands"]) for row in told] == [(1, False), (3, True)]
    assert [(row["version"], row["stands"]) for row in documents.check(office, FILING, b"new")] == [(2, False)]
    with pytest.raises(NotFound):
        documents.check(office, FILING, b"forged")
    with pytest.raises(NotFound, match="annual"):
        documents.history(office, FILING, "anual")


def test_a_history_with_a_gap_is_no_answer(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that a node does not give make an integrity failure, never a shorter history."""
    for text in ("1", "2", "3"):
        publish(office, "annual", text, "https://example.org/x")
    whole = documents.events

    for gone in range(3):
        monkeypatch.setattr(documents, "events", lambda *args, gone=gone: _without(whole(*args), gone))
        with pytest.raises(IntegrityFailure, match="annual"):
            documents.history(office, FILING, "annual")
    monkeypatch.setattr(documents, "events", lambda *args: [])
    with pytest.raises(IntegrityFailure, match="names none in the events"):
        documents.list_documents(office, FILING)


def _without(found: list[object], gone: int) -> list[object]:
    return found[:gone] + found[gone + 1 :]


def test_requests_and_names(office: Office) -> None:
    """The same request twice is done once; a name longer than the chain's, a base that is no address, are refused."""
    first = locate(office, "https://example.org/a/", "base-once")
    assert locate(office, "https://example.org/a/", "base-once") == first
    with pytest.raises(Conflict):
        locate(office, "https://example.org/b/", "base-once")
    with pytest.raises(UsageError):
        locate(office, "the shelf")
    with pytest.raises(UsageError):
        publish(office, "n" * 33, "too long")
    assert publish(office, "n" * 32, "just right").outcome == "done"
    assert documents.history(office, FILING, "n" * 32)[0]["version"] == 1
    with pytest.raises(NotAuthorised):
        documents.locate(
            office, documents.Locate(officer="compliance-1", request=request(), filing=FILING, base="https://x/")
        )


def test_a_subscriber_is_told_and_a_failing_one_stops_nobody(office: Office) -> None:
    """The venue halts on a material risk; a subscriber that cannot answer fails alone, and its failures are listed."""
    board = notice_board(office, RISK_BIT)
    deaf = office.contracts.manager.address  # a contract that knows no such call
    for hook in (deaf, board.address):
        assert set_hook(office, hooks.add, hook).result["subscribed"]
    publish(office, "annual", "2026", "https://example.org/1")
    number = facts.token(office, SENIOR).number
    assert board.read("lastNotice", number)[1:] == (5, office.chain.head().timestamp, 1, False)
    told = publish(office, "risk", "a storm", "https://example.org/2", kind="material-risk")
    notice = board.read("lastNotice", number)
    assert (notice[0], notice[1], notice[4]) == (told.result["document_hash"], 2, True)
    rows = {row["hook"]: (row["subscribed"], row["failures"]) for row in hooks.list_hooks(office, FILING)}
    assert rows == {deaf: (True, 2), board.address: (True, 0)}
    assert set_hook(office, hooks.remove, deaf).outcome == "done"
    publish(office, "risk", "it passed", "https://example.org/3")
    rows = {row["hook"]: (row["subscribed"], row["failures"]) for row in hooks.list_hooks(office, FILING)}
    assert rows == {deaf: (False, 2), board.address: (True, 0)}
    assert [row["version"] for row in documents.history(office, FILING, "risk")] == [1, 2]
    assert integrity.verify(office) == []


def set_hook(office: Office, act: object, hook: Address) -> Result:
    command = hooks.SetHook(officer="operations-1", request=request(), filing=FILING, hook=hook)
    return act(office, command)  # type: ignore[no-any-return,operator]


def test_who_cannot_subscribe(office: Office) -> None:
    """No contract, twice the same, none to remove: refused with the contract's reason, stored, nothing sent."""
    board = notice_board(office, 0)
    head = office.chain.head()
    with pytest.raises(Refused) as refused:
        set_hook(office, hooks.add, wallet("carol"))
    assert [refusal.reason for refusal in refused.value.refusals] == ["HookMalformed"]
    with pytest.raises(Refused):
        set_hook(office, hooks.remove, board.address)
    assert office.chain.head() == head
    set_hook(office, hooks.add, board.address)
    with pytest.raises(Refused):
        set_hook(office, hooks.add, board.address)
    with pytest.raises(NotAuthorised):
        hooks.add(office, hooks.SetHook(officer="regulator-desk", request=request(), filing=FILING, hook=board.address))
