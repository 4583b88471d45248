"""Lists, hits and travel-rule payloads through the desks, on a registry whose tokens are held."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desks import PAPER, request
from program import PASSPHRASE, Abst

from abst import audit, demo_data
from abst.bootstrap import open_office
from abst.chain.deploy import transaction, wait_for
from abst.chain.office import Approve, Office, Result
from abst.chain.proposals import approve
from abst.errors import Conflict, NotAuthorised, NotFound, Refused, UsageError
from abst.holders import facts
from abst.investor import erasure
from abst.investor.desk import wallet_of
from abst.investor.screening import desk, store
from abst.issuance import desk as issuance
from abst.transfers import batches, travelling
from abst.transfers import desk as transfers

OPS, CHECKER = "operations-1", "compliance-1"
TOKEN = "JSD-A1"
PEP = b"id,name,other_names,born,countries,position\n%b,%b,,,AQ,illustrative\n"


@pytest.fixture
def office(issued: Abst) -> Iterator[Office]:
    made = open_office(issued.home, lambda _: PASSPHRASE)
    try:
        yield made
    finally:
        made.close()


def load(office: Office, source: str, *files: tuple[str, bytes], req: str = "") -> Result:
    command = desk.LoadList(officer=OPS, request=req or request("list"), source=source, files=files)
    return desk.load(office, command)


def decide(office: Office, hit: int, verdict: str, officer: str = OPS, reason: str = "looked at papers") -> Result:
    command = desk.DecideHit(
        officer=officer, request=request("hit"), hit=hit, verdict=verdict, reason=reason, evidence=PAPER
    )
    return desk.decide(office, command)


def run(office: Office, *investors: str) -> dict[str, int]:
    return desk.run(office, desk.RunScreening(officer=OPS, request=request("run"), investors=investors)).result


def state(office: Office, investor: str) -> str:
    with office.store.read() as session:
        return desk.state_of(session, [investor])[investor]


def sanction(office: Office, name: str) -> None:
    """A list of the United Nations that holds one person of this name."""
    content = demo_data.list_file("un.xml").replace(b"<FIRST_NAME>LIMING", b"<FIRST_NAME>" + name.encode())
    load(office, "un", ("un.xml", content.replace(b"<SECOND_NAME>YANG", b"<SECOND_NAME>")))


def test_a_list_is_its_bytes(office: Office) -> None:
    """The same bytes again say that the list was checked; others make screenings stale; a bad file does nothing."""
    before = {row["source"]: row for row in desk.lists(office)}
    files = ("sdn.csv", demo_data.list_file("sdn.csv")), ("alt.csv", demo_data.list_file("alt.csv"))
    with office.store.begin() as session:
        next(row for row in store.in_force(session) if row.source == "ofac").checked_at -= 1_000
    told = load(office, "ofac", *reversed(files), req="list-again").result
    assert (told["changed"], told["added"], told["digest"]) == (False, 0, before["ofac"]["digest"])
    assert load(office, "ofac", *reversed(files), req="list-again").result == told
    with pytest.raises(Conflict):
        load(office, "ofac", files[0], req="list-again")
    assert {row["source"]: row["loaded"] for row in desk.lists(office)}["ofac"] == before["ofac"]["loaded"]
    assert {row["source"]: row["checked"] for row in desk.lists(office)}["ofac"] >= before["ofac"]["checked"]
    assert state(office, "alpha") == "clear"
    with pytest.raises(UsageError):
        load(office, "ofac", ("sdn.csv", files[0][1][:40]))
    with pytest.raises(NotAuthorised):
        desk.load(office, desk.LoadList(officer=CHECKER, request=request(), source="ofac", files=files))
    assert state(office, "alpha") == "clear"
    assert load(office, "pep", ("pep.csv", PEP % (b"1", b"Somebody Else"))).result["changed"]
    assert state(office, "alpha") == "stale"
    assert run(office)["opened"] == 0
    assert state(office, "alpha") == "clear"


def test_a_hit_stops_mints_until_people_decide(office: Office) -> None:
    """An open hit and a confirmed one bar a mint; clearing takes two officers, confirming one; the log names nobody."""
    sanction(office, "Test alpha")
    assert run(office, "alpha") == {"screened": 1, "opened": 1, "ended": 0, "open": 1, "confirmed": 0, "lists": 5}
    (hit,) = desk.hits(office, only_open=True)
    assert (hit["investor"], hit["score"], hit["listed"]) == ("alpha", 10_000, "Test alpha")
    assert "receiver-not-screened" in why_no_mint(office)
    waiting = decide(office, hit["hit"], "cleared")
    assert (waiting.outcome, state(office, "alpha")) == ("waiting", "open")
    assert waiting.proposal is not None
    with pytest.raises(NotAuthorised):
        approve(office, Approve(OPS, request(), waiting.proposal))
    assert decide(office, hit["hit"], "confirmed").outcome == "done"
    assert state(office, "alpha") == "confirmed"
    with pytest.raises(Conflict):  # decided otherwise since it was proposed
        approve(office, Approve(CHECKER, request(), waiting.proposal))
    with pytest.raises(Conflict):
        decide(office, hit["hit"], "confirmed")
    assert "receiver-not-screened" in why_no_mint(office)
    with office.store.read() as session:
        due = [row for row in desk.due(session, office.rulebook, office.now()) if "block alpha" in row["what"]]
    assert [row["overdue"] for row in due] == [True]
    again = decide(office, hit["hit"], "cleared")
    assert again.proposal is not None
    assert approve(office, Approve(CHECKER, request(), again.proposal)).outcome == "done"
    (shown,) = desk.hits(office, investor="alpha")
    assert (shown["verdict"], shown["by"], shown["second"]) == ("cleared", OPS, CHECKER)
    assert state(office, "alpha") == "clear"
    with office.store.read() as session:
        log = " ".join(str(entry.facts) for entry in audit.entries(session))
    assert "Test alpha" not in log


def why_no_mint(office: Office) -> set[str]:
    row = issuance.Allocation("alpha", 10_000)
    command = issuance.ProposeMint(officer=OPS, request=request("mint"), token=TOKEN, allocations=(row,))
    with pytest.raises(Refused) as caught:
        issuance.mint(office, command)
    return {refusal.reason for refusal in caught.value.refusals}


def test_a_verdict_needs_words_and_a_hit(office: Office) -> None:
    """A politically-exposed hit takes one officer either way; no reason, no such verdict, no such hit are errors."""
    load(office, "pep", ("pep.csv", PEP % (b"1", b"Test alpha")))
    run(office, "alpha")
    number = desk.hits(office)[0]["hit"]
    with pytest.raises(UsageError, match="reason"):
        decide(office, number, "cleared", reason=" ")
    with pytest.raises(UsageError, match="verdict"):
        decide(office, number, "perhaps")
    with pytest.raises(NotFound):
        decide(office, number + 1, "cleared")
    assert decide(office, number, "cleared").outcome == "done"
    assert decide(office, number, "confirmed").outcome == "done"
    assert state(office, "alpha") == "clear"
    load(office, "pep", ("pep.csv", PEP % (b"1", b"Somebody Else")))
    run(office, "alpha")
    assert desk.hits(office) == []
    with pytest.raises(Conflict, match="ended"):
        decide(office, number, "cleared")
    assert [row["verdict"] for row in desk.hits(office, past=True)] == ["confirmed"]


# ---- the travel rule


def send(office: Office, amount: int, req: str) -> Result:
    return transfers.transfer(
        office, transfers.Transfer(request=req, holder="alpha", to="beta", amount=amount, token=TOKEN)
    )


def test_a_payload_is_kept_with_each_transfer(office: Office) -> None:
    """Whole above the threshold, names and wallets below; opened on an order alone, half of it once one is erased."""
    send(office, 10_000, "small")
    send(office, 800_000, "large")
    rows = tuple(batches.TransferRow(n, to, 10_000) for n, to in ((2, "beta"), (3, "beta")))
    batches.transfer_many(office, batches.TransferMany(request="many", holder="alpha", token=TOKEN, rows=rows))
    kept = {(row["transfer"], row["place"]): row for row in travelling.listed(office)}
    assert {key: (row["hkd"], row["reduced"]) for key, row in kept.items()} == {
        ("small", 0): ("108.00", True),
        ("large", 0): ("8640.00", False),
        ("many", 0): ("108.00", True),
        ("many", 1): ("108.00", True),
    }
    (whole,) = travelling.show(office, OPS, "large", PAPER)
    payload = whole["payload"]
    person = payload["originator"]["originatorPerson"][0]["naturalPerson"]
    assert person["name"]["nameIdentifier"][0]["primaryIdentifier"] == "Test alpha"
    assert person["geographicAddress"][0]["addressLine"] == ["1 Example Road"]
    assert payload["beneficiary"]["accountNumber"] == [wallet_of(office, "beta")]
    assert payload["transferData"]["units"] == "800000"
    small = travelling.show(office, OPS, "small", PAPER)[0]["payload"]
    assert "geographicAddress" not in small["originator"]["originatorPerson"][0]["naturalPerson"]
    with office.store.read() as session:
        log = [entry for entry in audit.entries(session) if entry.act == "travel show"]
        assert [entry.subject for entry in log] == ["transfer large", "transfer small"]
        assert "Test alpha" not in " ".join(str(entry.facts) for entry in audit.entries(session))
    with pytest.raises(NotFound):
        travelling.show(office, OPS, "unknown", PAPER)
    with pytest.raises(NotAuthorised):
        travelling.show(office, CHECKER, "large", PAPER)
    with office.store.begin() as session:
        assert travelling.wipe(session, ["alpha"]) == 4
    left = travelling.show(office, OPS, "large", PAPER)[0]["payload"]
    assert left["originator"] is None
    assert left["beneficiary"]["beneficiaryPerson"]
    assert travelling.missing(office) == []


def test_missing_data_stop_a_transfer_before_it_is_sent(office: Office) -> None:
    """Given a receiver whose record is gone, a transfer is refused by R-51, and nothing is sent or kept."""
    with office.store.begin() as session:
        erasure.wipe(session, ["beta"])
    block = office.chain.head().number
    with pytest.raises(Refused) as caught:
        send(office, 10_000, "nameless")
    found = [(refusal.rule, refusal.reason, refusal.found) for refusal in caught.value.refusals]
    assert found == [("R-51", "beneficiary-data-missing", "missing: name")]
    assert (office.chain.head().number, travelling.listed(office)) == (block, [])


def test_transfers_past_the_registry_are_found(office: Office) -> None:
    """Given a transfer that a holder sent straight to the contract, `travel missing` lists it, and no other."""
    send(office, 10_000, "ours")
    holder, to = wallet_of(office, "alpha"), wallet_of(office, "beta")
    contract = office.contracts.token(facts.token(office, TOKEN).address)
    signer = office.keys.signer(holder)
    assert signer is not None
    chain, data = office.chain, contract.encode("transfer", to, 20_000)
    nonce, fees = chain.nonce(holder), chain.gas_price()
    tx = transaction(chain, nonce=nonce, to=contract.address, data=data, gas=500_000, fees=fees)
    wait_for(chain, chain.send_raw(signer.sign_transaction(tx).raw))
    (row,) = travelling.missing(office)
    assert (row["from"], row["to"], row["amount"], row["how"]) == (holder, to, "20000", "direct")
