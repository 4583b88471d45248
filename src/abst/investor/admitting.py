"""Admitting and renewing: opened, screened, judged, decided and written to the registry, many at once.

Admitting is one officer's word on chain, so every admission has a stored decision with which `verify` reconciles it.
A decision holds ids, codes, seconds and the version and commitment of the sealed record it was made on (R-82).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from abst import decisions
from abst.chain.acts import Act, Desk, once
from abst.chain.office import Closing, Handler, Office, Result
from abst.chain.words import InvestorRecord
from abst.decisions import Judged, officers
from abst.errors import NotFound, Refusal
from abst.investor import admission, records, sessions
from abst.investor.admission import AdmissionFacts, Assessment, assess
from abst.investor.model import PrivateRecord
from abst.investor.screening.desk import screen
from abst.investor.screening.store import facts_of
from abst.investor.sealing import erased
from abst.investor.tables import Investor, Wallet
from abst.values import Address, collector_paused

BATCH = 100  # admissions in one transaction
AT_ONCE = 200  # wallets asked for in one call


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """investors: ids; none means all that are recorded and not admitted yet."""

    officer: str
    request: str
    investors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One investor judged: what was known, what came out, and the wallet it is about, if there is one."""

    facts: AdmissionFacts
    assessed: Assessment
    wallet: Address | None

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return self.assessed.refusals

    def judged(self, version: int, commitment: str) -> Judged:
        """The judgement as its decision stores it, the record by version and commitment."""
        stored = self.facts.stored | {"version": version, "commitment": commitment}
        return decisions.judged_by("investor", self.refusals, stored, gates=admission.GATES)

    def admission(self, commitment: str) -> tuple[str, int, str]:
        """What the registry is told of who passes."""
        if self.wallet is None:
            raise TypeError("an investor without a wallet was not refused")
        return (self.wallet, InvestorRecord(**self.assessed.facts.as_dict()).facts(), commitment)


@collector_paused()
def judge(office: Office, known: Mapping[str, PrivateRecord], at: int, *, proposed: bool = False) -> dict[str, Case]:
    """Screen records and judge each by every gate (R-43 to R-56).

    Screenings are kept at once, in a unit of work of their own: they hold whatever comes of the act. proposed: records
    that are not in force yet.
    """
    with office.store.begin() as session:
        screen(session, known, office.rulebook, at, proposed=proposed)
    ids = list(known)
    with office.store.read() as session:
        screened, told = facts_of(session, ids), sessions.told(session, ids)
        wallets, alongside = _usable_wallets(session, ids), records.living(session, without=ids)
    made: dict[str, Case] = {}
    for one, record in known.items():
        wallet = wallets.get(one)
        facts = AdmissionFacts(
            investor=one,
            record=record,
            screening=screened[one],
            proven_at=(wallet.proven_at or 0) if wallet else 0,
            at=at,
            zone=office.zone,
            parent_control=str(office.rulebook.setting("R-44", "parent_control")),
            sessions=told[one],
            alongside=alongside[record.residence[0]],
        )
        made[one] = Case(facts, assess(facts, office.rulebook), Address(wallet.address) if wallet else None)
        if not made[one].refusals:
            alongside[record.residence[0]] += 1  # the next of the same file comes after him
    return made


def _usable_wallets(session: Session, ids: Sequence[str]) -> dict[str, Wallet]:
    """By investor: the admitted wallet with the lowest number, else the first proven one, else the first named."""
    found: dict[str, Wallet] = {}
    for one, several in records.wallets_by_investor(session, ids).items():
        usable = [wallet for wallet in several if wallet.state != "lost"]
        admitted = sorted((w for w in usable if w.state == "admitted"), key=lambda w: w.number or 0)
        best = next(iter((*admitted, *(w for w in usable if w.proven_at), *usable)), None)
        if best is not None:
            found[one] = best
    return found


@once
def admit(office: Office, cmd: Admit) -> Result:
    """Decide each investor and write those who pass to the registry, at most 100 in a transaction. ADMITTER.

    Denials, regimes, evidence, suitability, sessions, screening and the wallet's proof are all tested (R-43 to R-56);
    each outcome is a stored decision. The result's refusals name who was refused and why, also when nobody passes.
    """
    act = Act(office, "investor admit", cmd.request, {"officer": cmd.officer, "investors": list(cmd.investors)})
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        officers.require(session, cmd.officer, "admitter")
        chosen = _chosen(session, cmd.investors)
        known = records.privates(session, [row.id for row in chosen], office.vault())
    cases = judge(office, known, act.at)
    registry = office.contracts.registry
    with collector_paused(), act.writing(cmd.officer, "admitter") as desk:
        rows = records.of(desk.session, list(cases))
        for one, case in cases.items():
            decide(office, desk, rows[one], case)
        desk.session.flush()
        good = [one for one, case in cases.items() if not case.refusals]
        for start in range(0, len(good), BATCH):
            admissions = [cases[one].admission(rows[one].commitment) for one in good[start : start + BATCH]]
            desk.send("investor admit", registry.address, registry.encode("admit", admissions))
        desk.refusals = tuple(refusal for case in cases.values() for refusal in case.refusals)
        refused = [one for one, case in cases.items() if case.refusals]
        desk.audit("investors", {"admitted": good, "refused": refused})
        desk.result = {
            "admitted": len(good),
            "refused": len(refused),
            "refused_investors": refused,
            "wallets": [[one, str(cases[one].wallet)] for one in good],
        }
    return act.finish()


def _chosen(session: Session, ids: Sequence[str]) -> list[Investor]:
    """Who is to be judged. Raises NotFound for an unknown or erased one, and when nobody is left."""
    if ids:
        rows = [records.get(session, one) for one in dict.fromkeys(ids)]
    else:
        rows = records.every(session, state="recorded")
    for row in rows:
        if row.state == "erased":
            raise erased(row.id)
    chosen = [row for row in rows if row.state != "admitted"]
    if not chosen:
        raise NotFound("nobody is left to admit", found="no recorded investor", needed="an investor not admitted yet")
    return chosen


def decide(office: Office, desk: Desk, row: Investor, case: Case) -> None:
    """Store the decision on a case, and its facts and state in the investor's row."""
    facts: dict[str, Any] = {"investor": row.id, "commitment": row.commitment, "wallet": case.wallet}
    decision = decisions.record(
        desk.session,
        kind="admission",
        facts=facts | case.assessed.summary(),
        judged=[case.judged(row.version, row.commitment)],
        rulebook=office.rulebook,
        at=desk.at,
        flush=False,
    )
    records.keep_facts(row, case.assessed.facts)
    row.state, row.updated_at, row.decision = "refused" if case.refusals else "recorded", desk.at, decision.id


def kept_admissions(office: Office, session: Session, closing: Closing) -> None:
    """Keep what the registry now says of the wallets; those that the chain did not take stay as they were."""
    named = {Address(wallet): one for one, wallet in closing.result.get("wallets", ())}
    for start in range(0, len(named), AT_ONCE):
        part = list(named)[start : start + AT_ONCE]
        words = office.contracts.registry.read("investorsOf", part)
        wallets = records.wallets(session, part)
        investors = records.of(session, list(dict.fromkeys(named[wallet] for wallet in part)))
        for wallet, word in zip(part, words, strict=True):
            record = InvestorRecord.unpack(word)
            if not record.known:
                continue
            row = investors[named[wallet]]
            records.admitted(wallets[wallet], row, number=record.number, record=word)
            if row.state != "admitted":
                row.state, row.updated_at = "admitted", closing.at
    session.flush()


HANDLERS = {
    "investor admit": Handler(done=kept_admissions),
    "wallet add": Handler(done=kept_admissions),
}
