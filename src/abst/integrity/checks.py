"""The comparisons behind `abst verify`, each a plain question: what do two records of the same fact say?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import journal, outbox
from abst.chain.contracts import Contract, Event
from abst.chain.deploy import OfficerKeys, check_deployment
from abst.chain.office import Office
from abst.chain.reader import events
from abst.chain.sending.vanished import vanished
from abst.chain.words import FilingRecord, InvestorRecord
from abst.decisions import Decision, Proposal, officers
from abst.disclosure.documents import library, word_of
from abst.disclosure.kinds import NAMES
from abst.disclosure.tables import Publication
from abst.errors import IntegrityFailure
from abst.filing import records as filings
from abst.filing import tokens as filed_tokens
from abst.filing.states import Status
from abst.holders import desk as holders
from abst.holders import facts
from abst.holders.facts import Token
from abst.investor.tables import Investor, Wallet
from abst.issuance.tables import MintLot
from abst.journal import JournalHalted
from abst.outbox import Intent
from abst.values import ZERO_HASH, Address, Hash

AT_ONCE = 200  # wallets asked for in one call
MINTING = ("mint", "allot")  # intents that make tokens: to the token itself, or to the settlement contract


@dataclass(frozen=True, slots=True)
class Difference:
    """Two records of one fact that differ. where: the object; found and expected: the two; words: what is compared."""

    where: str
    found: str
    expected: str
    words: str


Check = Callable[[Office], list[Difference]]


def standing(office: Office) -> list[Difference]:
    """The chain is the store's own, its code is as deployed, and roles are held by the officers in office alone."""
    head, first = office.chain.head(), office.chain.block(0)
    if first is None or first.hash != office.deployment.genesis:
        return [
            Difference(
                "chain", str(first.hash if first else None), office.deployment.genesis, "another chain's first block"
            )
        ]
    if head.number < office.deployment.block:
        return [
            Difference("chain", f"block {head.number}", f"{office.deployment.block} at least", "the chain is cut off")
        ]
    with office.store.read() as session:
        people = [OfficerKeys(o.name, o.address, tuple(o.roles)) for o in officers.all(session) if o.left_at is None]
    words = check_deployment(office.chain, office.deployment, people)
    return [Difference("roles", text, "as deployed, and as the officers' list says", "authority") for text in words]


def filing_states(office: Office) -> list[Difference]:
    """Each filing's state and plan hash in the store are those on chain; a draft is not on chain."""
    found: list[Difference] = []
    registry = office.contracts.registry
    with office.store.read() as session:
        rows = [(f, filings.current_version(session, f).plan_hash) for f in filings.every(session)]
    for filing, plan in rows:
        word = FilingRecord.unpack(registry.read("filingOf", filing.number))
        on_chain = word.status.name.lower().replace("_", "-")
        filed = registry.read("planHashOf", filing.number)
        where = f"filing {filing.id}"
        if filed == ZERO_HASH:
            if filing.state not in (Status.DRAFT, Status.WITHDRAWN):
                found.append(Difference(where, "not on chain", filing.state, "state of the filing"))
            continue
        if on_chain != filing.state:
            found.append(
                Difference(where, f"{on_chain} on chain", f"{filing.state} in the store", "state of the filing")
            )
        # An answered supplement stands in the store before its transaction is final.
        if filed != plan and filing.state != Status.SUPPLEMENT_REQUESTED:
            found.append(Difference(where, f"{filed} on chain", f"{plan} in the store", "plan hash"))
    return found


def tokens_as_filed(office: Office) -> list[Difference]:
    """Every token made stands where code and terms as filed put it (R-42)."""
    found: list[Difference] = []
    with office.store.read() as session:
        made = {f.id: filings.tranches(session, f.id) for f in filings.every(session)}
    for filing, tranches in made.items():
        if not any(row.token for row in tranches):
            continue
        for row, attested in zip(tranches, filed_tokens.attest(office, filing), strict=True):
            where = f"token {row.symbol}"
            found += [Difference(where, text, "as filed", "attestation") for text in attested["differences"]]
            if row.token != attested["address"]:
                found.append(Difference(where, str(attested["address"]), str(row.token), "address in the store"))
    return found


def journal_true(office: Office) -> list[Difference]:
    """The journal is what the chain says, log by log, and all that is derived follows from it (R-61)."""
    try:
        holders.advance(office)
    except JournalHalted as halted:
        return [Difference("journal", halted.found, halted.needed, f"{halted.where}: {halted.message}")]
    return [Difference("journal", words, "as on chain", "event log") for words in journal.differences(office)]


def positions(office: Office) -> list[Difference]:
    """Supply = sum of balances = minted less redeemed by events = the tokens' own words, wallet by wallet (R-61)."""
    try:
        found = [
            Difference(
                f"token {one.token}, {one.wallet}" if one.wallet else f"token {one.token}",
                str(one.on_chain),
                str(one.by_events),
                "balanceOf" if one.wallet else "supply and positions",
            )
            for one in holders.reconcile(office)
        ]
    except JournalHalted:
        return []  # told already
    for token in facts.tokens(office):
        contract = office.contracts.token(token.address)
        with office.store.read() as session:
            minted, redeemed = journal.flows(session, token.address)
        supply, of_all = contract.read("totalSupply"), contract.read("minted")
        where = f"token {token.symbol}"
        if supply != minted - redeemed:
            found.append(Difference(where, str(supply), str(minted - redeemed), "supply and minted less redeemed"))
        if of_all != minted:
            found.append(Difference(where, str(of_all), str(minted), "minted in all"))
    return found


def mints(office: Office) -> list[Difference]:
    """Each Minted event has one lot, one decision that passed, one final intent; each final intent has its event."""
    found: list[Difference] = []
    seen: set[str] = set()
    for token in facts.tokens(office):
        contract = office.contracts.token(token.address)
        for event in _all_events(office, [contract], "Minted"):
            operation = str(event.args["operation"])
            if operation in seen:
                found.append(Difference(operation, "minted twice", "once", "operation"))
            seen.add(operation)
            with office.store.read() as session:
                found += _mint_on_record(session, token, event)
            if not contract.read("spent", operation):
                found.append(Difference(operation, "not spent", "spent", "operation"))
    with office.store.read() as session:
        for intent in session.scalars(select(Intent).where(Intent.kind.in_(MINTING), Intent.state == "final")):
            if intent.operation not in seen:
                found.append(Difference(intent.operation, "no Minted event", "one", f"intent {intent.id} is final"))
    return found


def _mint_on_record(session: Session, token: Token, event: Event) -> Iterable[Difference]:
    operation = str(event.args["operation"])
    lot = session.get(MintLot, operation)
    intent = outbox.by_operation(session, Hash(operation))
    if lot is None or intent is None:
        return [Difference(operation, f"minted {event.args['total']} of {token.symbol}", "a lot and an intent", "mint")]
    found: list[Difference] = []
    if intent.state != "final":
        found.append(Difference(operation, intent.state, "final", f"intent {intent.id}: abst ops run"))
    if lot.total != event.args["total"]:
        found.append(Difference(operation, str(event.args["total"]), str(lot.total), "total of the lot"))
    decision = session.get(Decision, lot.released) if lot.released else None
    if decision is None or decision.hash != event.args["decision"]:
        kept = decision.hash if decision else "none"
        found.append(Difference(operation, str(event.args["decision"]), kept, "decision of the mint"))
    else:
        found += _decision_whole(decision)
    return found


def _decision_whole(decision: Decision) -> list[Difference]:
    """It passed; that it is what was hashed, `trail` says of every decision."""
    return [] if decision.passed else [Difference(f"decision {decision.id}", "refused", "passed", "acted on a refusal")]


def admissions(office: Office) -> list[Difference]:
    """Who is known on chain is who was decided on: wallet, investor, commitment and facts (R-44, R-60)."""
    registry = office.contracts.registry
    last: dict[Address, Event] = {}
    for event in _all_events(office, [registry], "Admitted", "WalletAdded", "Renewed"):
        last[event.args["wallet"]] = event
    with office.store.read() as session:
        wallets = {Address(w.address): w for w in session.scalars(select(Wallet).where(Wallet.number.is_not(None)))}
        people = {i.id: i for i in session.scalars(select(Investor))}
        passed = set(session.scalars(select(Decision.id).where(Decision.kind == "admission", Decision.passed)))
    found = [
        Difference(f"wallet {wallet}", "on chain", "no admission in the store", "admitted without a decision")
        for wallet in last
        if wallet not in wallets
    ]
    found += [
        Difference(f"wallet {wallet}", "in the store", "not on chain", "admission without its event")
        for wallet in wallets
        if wallet not in last
    ]
    both = [wallet for wallet in last if wallet in wallets]
    for start in range(0, len(both), AT_ONCE):
        part = both[start : start + AT_ONCE]
        for wallet, word in zip(part, registry.read("investorsOf", part), strict=True):
            row, investor = wallets[wallet], people[wallets[wallet].investor]
            found += _admission_agrees(wallet, InvestorRecord.unpack(word), row, investor, last[wallet])
            if investor.decision not in passed:
                found.append(
                    Difference(f"investor {investor.id}", str(investor.decision), "a decision that passed", "admission")
                )
    return found


def _admission_agrees(
    wallet: Address, word: InvestorRecord, row: Wallet, investor: Investor, event: Event
) -> list[Difference]:
    where = f"wallet {wallet}"
    pairs: list[tuple[str, Any, Any]] = [
        ("wallet number", word.number, row.number),
        ("investor number", word.investor, investor.number),
        ("commitment", event.args["commitment"], investor.commitment),
        ("regimes", word.regimes, investor.regimes),
        ("capacity", word.capacity, investor.capacity),
        ("jurisdiction", word.jurisdiction, investor.jurisdiction),
        ("evidence good until", word.evidence_until, investor.evidence_until),
        ("suitability good until", word.suitability_until, investor.suitability_until),
        ("lost", word.lost, row.state == "lost"),
    ]
    return [Difference(where, str(a), str(b), words) for words, a, b in pairs if a != b]


def powers(office: Office) -> list[Difference]:
    """Each call a timelock made was proposed and approved here by two officers, under the same operation id (R-62)."""
    found: list[Difference] = []
    executed: dict[str, set[str]] = {}
    for which in ("enforcement", "administration"):
        lock = office.contracts.timelock(which)
        salts = {e.args["id"]: str(e.args["salt"]) for e in _all_events(office, [lock], "CallSalt")}
        executed[which] = {
            salts.get(e.args["id"], str(e.args["id"])) for e in _all_events(office, [lock], "CallExecuted")
        }
    with office.store.read() as session:
        proposals = list(session.scalars(select(Proposal).where(Proposal.kind != "mint")))
    known: dict[str, Proposal] = {
        str(call["operation"]): proposal for proposal in proposals for call in proposal.command.get("calls", ())
    }
    for which, operations in executed.items():
        for operation in sorted(operations):
            proposal = known.get(operation)
            if proposal is None:
                found.append(
                    Difference(f"{which} {operation}", "executed", "no proposal", "an act of power unknown here")
                )
            elif proposal.state not in ("done", "failed") or proposal.checker is None:
                found.append(Difference(f"proposal {proposal.id}", proposal.state, "done", "executed on chain"))
    every = executed["enforcement"] | executed["administration"]
    for operation, proposal in known.items():
        if proposal.state == "done" and operation not in every:
            found.append(Difference(f"proposal {proposal.id}", "not executed", "executed", f"operation {operation}"))
    return found


def publications(office: Office) -> list[Difference]:
    """Each document published on chain is one published here, and the reverse once its transaction is final (R-81)."""
    on_chain = Counter(
        (
            e.args["filing"],
            e.args["obligation"],
            word_of(e.args["name"]),
            NAMES.get(e.args["kind"], str(e.args["kind"])),
            str(e.args["documentHash"]),
            e.args["uri"],
        )
        for e in _all_events(office, [office.contracts.registry], "Published")
    )
    with office.store.read() as session:
        numbers = {f.id: f.number for f in filings.every(session)}
        kept = Counter(
            (numbers[row.filing], row.obligation, row.name, row.kind, row.document_hash, row.uri)
            for row in session.scalars(select(Publication))
            if all(intent.state == "final" for intent in outbox.of_request(session, row.request))
        )
    return [
        *(Difference(f"publication {key}", "on chain", "not here", "document") for key in sorted(on_chain - kept)),
        *(Difference(f"publication {key}", "here", "not on chain", "document") for key in sorted(kept - on_chain)),
        *_histories(office, sorted(numbers)),
    ]


def _histories(office: Office, names: Sequence[str]) -> list[Difference]:
    """The documents of each filing have all their versions in the events."""
    found: list[Difference] = []
    for filing in names:
        try:
            library(office, filing)
        except IntegrityFailure as failure:
            found.append(Difference(f"documents of {filing}", failure.found, failure.needed, "history of documents"))
    return found


def final_stays(office: Office) -> list[Difference]:
    """The block of every final transaction is still the chain's."""
    return [
        Difference(f"intent {gone.intent}", str(gone.now), gone.block_hash, f"block {gone.number} was taken back")
        for gone in vanished(office.store, office.chain)
    ]


def unfinished(office: Office) -> list[Difference]:
    """Intents given up and approvals not finished are named; waiting is no fault."""
    with office.store.read() as session:
        stuck, halted = outbox.in_states(session, ("needs_attention",)), outbox.halts(session)
        approved = list(session.scalars(select(Proposal).where(Proposal.state == "approved")))
        open_ids = {p.id for p in approved if not _has_open_intents(session, p)}
    return [
        *(Difference(f"intent {i.id}", i.state, "final or rejected", i.reason) for i in stuck),
        *(Difference(f"lane {one.signer}", "halted", "abst ops lift", one.reason) for one in halted),
        *(
            Difference(f"proposal {p}", "approved", "done or failed", "abst ops run finishes it")
            for p in sorted(open_ids)
        ),
    ]


def _has_open_intents(session: Session, proposal: Proposal) -> bool:
    """Whether the approval's transactions are still under way."""
    requests = select(outbox.Request).where(outbox.Request.command == "approve", outbox.Request.outcome == "waiting")
    for request in session.scalars(requests):
        if request.content.get("proposal") == proposal.id:
            intents = outbox.of_request(session, request.id)
            return any(intent.state not in ("final", "rejected") for intent in intents)
    return False


def _all_events(office: Office, contracts: list[Contract], *names: str) -> list[Event]:
    topics = [contracts[0].codec.topic(name) for name in names]
    return events(office.chain, contracts, office.deployment.block, office.chain.head().number, [topics])


CHECKS: tuple[Check, ...] = (
    filing_states,
    tokens_as_filed,
    journal_true,
    positions,
    mints,
    admissions,
    powers,
    publications,
    final_stays,
    unfinished,
)
