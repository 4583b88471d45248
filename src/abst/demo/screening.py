"""The demo's lists: an investor resembles an entry and is another person; a second one is the entry, and is blocked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from abst.demo.market import A1
from abst.demo.people import GOOD, Person
from abst.demo.stage import Stage

if TYPE_CHECKING:
    from abst.chain.office import Evidence


def hits(stage: Stage) -> None:
    """A list changes: everybody is screened again, people decide, and a confirmed hit ends in a block."""
    from abst import demo_data
    from abst.investor import desk as investors
    from abst.investor.screening import desk

    office = stage.office
    other, same = _two(stage)
    stage.scene(
        "A sanctions list changes",
        "An illustrative list names two people of the demo; every holder is screened again, and people decide (R-53).",
    )
    content = _list_with(demo_data.list_file("sdn.csv"), other, same)
    files = (("sdn.csv", content), ("alt.csv", demo_data.list_file("alt.csv")))
    loaded = desk.LoadList(officer="operations-1", request=stage.request(), source="ofac", files=files)
    told = stage.done(desk.load(office, loaded))
    stage.tell(
        f"list {told['source']}: {told['added']} entries are new; all screenings are stale until `screening run`"
    )
    ran = stage.done(desk.run(office, desk.RunScreening(officer="operations-1", request=stage.request())))
    stage.tell(f"{ran['screened']} investors screened again: {ran['opened']} hits, each for a person to decide")
    found = {row["investor"]: row for row in desk.hits(office, only_open=True)}
    stage.expect("whom the hits name", sorted(found), sorted([other.reference, same.reference]))
    for row in (found[other.reference], found[same.reference]):
        stage.say(
            f"          hit {row['hit']}: {row['investor']} resembles {row['source']} {row['entry']}, "
            f"{row['score'] / 100:.2f} %; country {row['country']}"
        )
    _no_mint(stage, same)
    paper = stage.document("screening-note.txt", "Passport compared with the entry: another person.")
    cleared = desk.decide(office, _decision(stage, found[other.reference]["hit"], desk.CLEARED, paper))
    stage.two_keys(cleared, "compliance-1")
    proof = stage.document("screening-proof.txt", "Passport compared with the entry: the same person.")
    stage.done(desk.decide(office, _decision(stage, found[same.reference]["hit"], desk.CONFIRMED, proof)))
    stage.tell(f"{other.reference} is another person: cleared by two officers; {same.reference} is confirmed by one")
    block = investors.BlockInvestor(
        officer="operations-1", request=stage.request(), investor=same.reference, reason="sanctioned", evidence=proof
    )
    stage.done(investors.block(office, block))
    stage.ask(
        f"{A1} to an investor confirmed on a sanctions list",
        stage.known["seller"],
        same.reference,
        10_000,
        A1,
        "receiver-blocked",
    )
    with office.store.read() as session:
        states = desk.state_of(session, [other.reference, same.reference])
    stage.remember("screened", hits=ran["opened"], states=sorted(states.values()))


def _two(stage: Stage) -> tuple[Person, Person]:
    """Two bold individuals who play no other part and are not blocked."""
    from abst.investor import records

    with stage.office.store.read() as session:
        free = [
            person
            for person in stage.cast
            if person.fate == GOOD
            and person.reference not in stage.known.values()
            and records.blocked(session, person.reference) is None
        ]
    return free[0], free[1]


def _list_with(content: bytes, *people: Person) -> bytes:
    """The sample list with these people on it, as individuals."""
    nothing = ",".join(["-0- "] * 7)
    rows = [
        f'{91_000 + number},"{person.row["name"]}","individual","EXAMPLE",{nothing},"Illustrative; citizen HK."\r\n'
        for number, person in enumerate(people)
    ]
    return "".join(rows).encode() + content


def _decision(stage: Stage, hit: int, verdict: str, evidence: Evidence) -> Any:
    from abst.investor.screening.desk import DecideHit

    reason = "passport compared with the entry"
    return DecideHit(
        officer="operations-1", request=stage.request(), hit=hit, verdict=verdict, reason=reason, evidence=evidence
    )


def _no_mint(stage: Stage, person: Person) -> None:
    """Nobody receives a new token while a hit is open."""
    from abst.issuance import desk

    command = desk.ProposeMint(
        officer="operations-1",
        request=stage.request(),
        token=A1,
        allocations=(desk.Allocation(person.reference, 10_000),),
    )
    stage.refused(
        f"a mint to {person.reference} while its hit is open",
        lambda: desk.mint(stage.office, command),
        "R-53 receiver-not-screened",
    )


def travelled(stage: Stage) -> None:
    """What travelled with the transfers of the demo: ids and amounts; names only on an order."""
    from abst.transfers import travelling

    stage.scene(
        "The data that travelled with the transfers",
        "From HKD 8,000 on all data of both sides, below it names and wallets; sealed, opened on an order (R-51).",
    )
    office = stage.office
    rows = travelling.listed(office)
    whole = [row for row in rows if not row["reduced"]]
    stage.tell(f"{len(rows)} payloads in the form of IVMS 101: {len(whole)} whole, {len(rows) - len(whole)} reduced")
    order = stage.document("disclosure-order.txt", "Order to disclose the parties of one transfer.")
    shown = travelling.show(office, "operations-1", whole[0]["transfer"], order, stage.request())[0]
    sides = sorted(key for key in shown["payload"] if key in ("originator", "beneficiary"))
    stage.tell(f"one opened on an order: {' and '.join(sides)} as it was sent; the log says who saw it")
    missing = [row["how"] for row in travelling.missing(office)]
    stage.tell(f"{len(missing)} movements have none: {', '.join(sorted(set(missing))) or '-'}")
    stage.remember("travelled", payloads=len(rows), whole=len(whole), missing=sorted(missing))


SCENES: tuple[Callable[[Stage], None], ...] = (hits, travelled)
