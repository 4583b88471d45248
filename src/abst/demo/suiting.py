"""The demo's hard cases: who is professional by whose money, who stands behind a company, who may be waived."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from abst.demo.people import BOLD
from abst.demo.stage import Stage
from abst.investor import texts
from abst.rulebook import load
from abst.values import file_digest

DAYS = 30  # age of everything that is shown


def tried(stage: Stage) -> None:
    """A JSON file of nine investors is tried as an import would read it; every reason is told, nothing is stored."""
    from abst.investor import desk

    stage.scene(
        "Hard cases are tried before they are stored",
        "Whose money counts, who owns the company, who may be waived: every row is judged, and nothing is written.",
    )
    cases = _cases(stage)
    rows = [{**_person(stage, f"case-{n}"), **changes} for n, (_, changes, _) in enumerate(cases, start=1)]
    file = stage.paper("hard-cases.json", json.dumps(rows, indent=1, ensure_ascii=False))
    tried = desk.dry_run(stage.office, file)
    for (words, _, expected), row in zip(cases, tried, strict=True):
        found = [f"{refusal['rule']} {refusal['reason']}" for refusal in row["refusals"]]
        stage.expect(words, found, expected)
        stage.tell(f"{words}: {'; '.join(found) or 'would pass'}")
    stage.remember("tried", passing=sum(not row["refusals"] for row in tried), refused=sum(map(_refused, tried)))


def _refused(row: dict[str, object]) -> bool:
    return bool(row["refusals"])


Case = tuple[str, dict[str, str], list[str]]
NOT_OFFSHORE = "R-54 no-declaration"


def _cases(stage: Stage) -> list[Case]:
    """Each: what it is, what differs from a professional individual, and what must refuse it."""
    joint, company = _joint(), _company()
    return [
        ("spouses with one account of eight million", joint, []),
        (
            "two friends with the same account, four million each",
            {**joint, "evidence_1_basis": "joint-other"},
            ["R-45 not-professional", NOT_OFFSHORE],
        ),
        (
            "one cent less than eight million",
            {"evidence_1_amount": "7999999.99"},
            ["R-45 not-professional", NOT_OFFSHORE],
        ),
        (
            "eight million, all of it his home",
            {"evidence_1_asset": "home"},
            ["R-45, R-46 evidence-not-counted", NOT_OFFSHORE],
        ),
        ("an investment company, wholly owned by a professional", company | _owned_by(stage), []),
        (
            "the same, its owner living in the mainland",
            company | _owned_by(stage) | {"person_1_residence": "CN"},
            ["R-43 jurisdiction-denied"],
        ),
        ("a company of which a quarter is nobody's", company | {"person_1_share_bps": "7500"}, ["R-44 owners-unnamed"]),
        ("an assessed company without a questionnaire", company | _waiver(stage) | _unasked(), []),
        ("a person who asks for the same waiver", _waiver(stage), ["R-47 waiver-not-allowed"]),
    ]


def _person(stage: Stage, reference: str) -> dict[str, str]:
    """A professional individual of Hong Kong with exactly eight million."""
    day = stage.office.day()
    shown = (day - timedelta(days=DAYS)).isoformat()
    country = dict.fromkeys(
        ("nationality", "residence", "address_country", "payment_account_country", "ip_countries"), "HK"
    )
    return country | {
        "reference": reference,
        "kind": "individual",
        "name": f"Demo {reference}",
        "identifier_type": "demo",
        "identifier": reference,
        "address": "1 Example Road",
        "risk_class": "low",
        "evidence_1_type": "portfolio",
        "evidence_1_asset": "listed-securities",
        "evidence_1_amount": "8000000.00",
        "evidence_1_relevant_date": shown,
        "evidence_1_sha256": file_digest(reference.encode()),
        "answered_on": shown,
        "questionnaire": "risk-1",
        "acknowledged": texts.cells(load()),
        **{f"q_{question}": option for question, option in BOLD.items()},
    }


def _behind(number: int, role: str) -> dict[str, str]:
    person = {
        "role": role,
        "name": f"Demo {role} {number}",
        "identifier_type": "demo",
        "identifier": f"{role}-{number}",
        "nationality": "HK",
        "residence": "HK",
    }
    return {f"person_{number}_{name}": text for name, text in person.items()}


def _joint() -> dict[str, str]:
    return {"kind": "joint", "evidence_1_basis": "joint-associate"} | _behind(1, "holder") | _behind(2, "holder")


def _company() -> dict[str, str]:
    return {"kind": "corporation"} | _behind(1, "owner") | {"person_1_share_bps": "10000"}


def _owned_by(stage: Stage) -> dict[str, str]:
    """Its own money is none; what counts is its owner's, with papers for the tie and for its business."""
    shown = (stage.office.day() - timedelta(days=DAYS)).isoformat()
    related = {"tie": "owner", "kind": "individual", "person": "person-1", "share_bps": "10000"}
    papers = {2: {"type": "principal-business"}, 3: {"type": "ownership", "holder": "related-1"}}
    row = {f"related_1_{name}": text for name, text in related.items()} | {"evidence_1_holder": "person-1"}
    for number, paper in papers.items():
        item = paper | {"relevant_date": shown, "sha256": file_digest(f"illustrative paper {number}".encode())}
        row |= {f"evidence_{number}_{name}": text for name, text in item.items()}
    return row


def _waiver(stage: Stage) -> dict[str, str]:
    day = stage.office.day()
    return {
        "waiver_assessor": "suitability-unit",
        "waiver_assessed_on": day.isoformat(),
        "waiver_sha256": file_digest(b"illustrative assessment"),
        "waiver_expires_on": (day + timedelta(days=DAYS)).isoformat(),
    }


def _unasked() -> dict[str, str]:
    return {"questionnaire": "", "answered_on": "", **dict.fromkeys((f"q_{question}" for question in BOLD), "")}


SCENES: tuple[Callable[[Stage], None], ...] = (tried,)
