"""An office on a real embedded chain, with a few people in it, for the journeys of the desks."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import nodes
from abst import demo_data
from abst.bootstrap import Init, give_gas, init, open_office
from abst.chain.office import Approve, Evidence, Office, Result
from abst.chain.proposals import approve
from abst.demo.lists import load_samples
from abst.filing import desk as filing
from abst.filing import tokens
from abst.investor import desk as investor
from abst.investor import texts
from abst.keys import LocalSigner
from abst.values import Address, day_of
from databases import chosen_store, copy_home

WORK = 2  # of test keystores
PAPER = Evidence("order.pdf", b"illustrative evidence")
HOLDERS = ("alice", "bob", "carol")
_numbers = count(1)


def request(word: str = "req") -> str:
    return f"{word}-{next(_numbers)}"


def passphrase(_: str) -> str:
    return "correct horse"


def new_home(home: Path) -> None:
    init(home, Init(passphrase_of=passphrase, work=WORK, store_url=chosen_store(), **nodes.chosen()))
    with opened(home) as office:
        load_samples(office, request)


def filed_home(home: Path) -> None:
    """A new home with an effective filing and its tokens: a copy of one that is made once in a process."""
    copied(_filed(), home)


@cache
def _filed() -> Path:
    folder = tempfile.mkdtemp(prefix="abst-filed-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    home = Path(folder) / "home"
    with nodes.kept():
        new_home(home)
    with opened(home) as office:
        effective_filing(office)
        made_tokens(office)
    return home


@contextmanager
def opened(home: Path) -> Iterator[Office]:
    office = open_office(home, passphrase)
    try:
        yield office
    finally:
        office.close()


def second_officer(office: Office, result: Result, officer: str = "compliance-1") -> Result:
    """The checker's yes to what waits."""
    assert result.outcome == "waiting"
    assert result.proposal is not None
    return approve(office, Approve(officer, request("yes"), result.proposal, str(result.result["hash"])))


def secret(name: str) -> bytes:
    return name.encode().ljust(32, b"\x07")


def wallet_key(name: str) -> LocalSigner:
    return LocalSigner(secret(name))


def wallet(name: str) -> Address:
    return wallet_key(name).address


def person(office: Office, name: str, **changes: Any) -> dict[str, Any]:
    """Columns of an investor who passes every gate, unless changed."""
    today = day_of(office.now(), office.zone)
    row = {
        "reference": name,
        "kind": "individual",
        "name": f"Sample {name}",
        "identifier_type": "passport",
        "identifier": f"X-{name}",
        "nationality": "HK",
        "residence": "HK",
        "address": "1 Sample Street",
        "address_country": "HK",
        "payment_account_country": "HK",
        "ip_countries": "HK",
        "evidence_1_type": "portfolio",
        "evidence_1_asset": "listed-securities",
        "evidence_1_amount": "9000000.00",
        "evidence_1_relevant_date": today.isoformat(),
        "evidence_1_sha256": "0x" + "ab" * 32,
        "questionnaire": "risk-1",
        "answered_on": today.isoformat(),
        "q_horizon": "over-3y",
        "q_loss": "all",
        "q_knowledge": "professional",
        "q_share": "under-tenth",
        "q_liquidity": "yes",
        "acknowledged": texts.cells(office.rulebook),
        "risk_class": "low",
        "session_at": str(office.now()),
        "session_ip": "203.0.113.7",
        "session_country": "HK",
        "session_place": "Example Town",
        "session_device": f"device-{name}",
        "wallet": wallet(name),
    }
    return row | changes


def add_person(office: Office, name: str, *, prove: bool = True, **changes: Any) -> None:
    row = person(office, name, **changes)
    investor.add(office, investor.AddInvestor(officer="operations-1", request=request(), row=row))
    if prove:
        prove_wallet(office, name, name)


def prove_wallet(office: Office, name: str, key: str) -> None:
    asked = investor.challenge(
        office,
        investor.MakeChallenge(officer="operations-1", request=request(), investor=name, wallet=wallet(key)),
    )
    signature = "0x" + wallet_key(key).sign_text(str(asked.result["text"])).hex()
    investor.prove(
        office, investor.Prove(officer="operations-1", request=request(), wallet=wallet(key), signature=signature)
    )


def keep_keys(office: Office, *names: str) -> None:
    """Holders whose keys lie in this home, with gas."""
    for name in names:
        office.keys.add(
            f"holder-{name}",
            wallet_key(name).key if hasattr(wallet_key(name), "key") else name.encode().ljust(32, b"\x07"),
            "correct horse",
            WORK,
        )
    give_gas(office, [wallet(name) for name in names])


def effective_filing(office: Office, name: str = "jishidai") -> None:
    """A filing drafted, submitted, effective by two officers."""
    filing.new(
        office,
        filing.NewFiling(
            officer="operations-1",
            request=request(),
            filing=name,
            dossier=demo_data.text("dossier.yaml").encode(),
            deal=demo_data.text("deal.yaml").encode(),
        ),
    )
    filing.submit(office, filing.Submit(officer="operations-1", request=request(), filing=name))
    asked = filing.effective(
        office, filing.MakeEffective(officer="operations-1", request=request(), filing=name, evidence=PAPER)
    )
    assert second_officer(office, asked).outcome == "done"


def made_tokens(office: Office, name: str = "jishidai") -> None:
    made = tokens.create(office, tokens.CreateTokens(officer="operations-1", request=request(), filing=name))
    assert made.outcome == "done"


def admitted_people(office: Office, *names: str) -> None:
    for name in names:
        add_person(office, name)
    admitted = investor.admit(office, investor.Admit(officer="operations-1", request=request()))
    assert admitted.outcome == "done"


def copied(source: Path, target: Path) -> Path:
    """A home of its own for one test."""
    return copy_home(source, target)
