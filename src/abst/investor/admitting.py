"""Admitting and renewing: opened, screened, judged, decided and written to the registry, many at once.

Admitting is one officer's word on chain, so every admission has a stored decision with which `verify` reconciles it.
A decision holds ids, codes, seconds and the version and commitment of the sealed record it was made on (R-82).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from abst import decisions
from abst.chain import parts
from abst.chain.acts import Act, Desk, once
from abst.chain.office import Closing, Handler, Office, Result
from abst.chain.words import InvestorRecord
from abst.decisions import Draft, Judged, officers
from abst.errors import NotFound, Refusal
from abst.investor import admission, records, sessions
from abst.investor.admission import AdmissionFacts, Assessment, assess
from abst.investor.model import PrivateRecord
from abst.investor.screening.desk import screen
from abst.investor.screening.store import facts_of
from abst.investor.sealing import erased
from abst.investor.tables import Investor, Wallet
from abst.values import Address

BATCH = 100  # renewals or blocks in one transaction: of an investor all wallets are written
ADMISSIONS, ADMISSION_GAS = 200, 40_000  # admissions in one transaction, and the gas that one needs at most
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
    """Decide each investor and write those who pass to the registry, in lots by gas. ADMITTER.

    Denials, regimes, evidence, suitability, sessions, screening and the wallet's proof are all tested (R-43 to R-56);
    each outcome is a stored decision. The result's refusals name who was refused and why, also when nobody passes.
    Of more than 2,500 each part is written and sent before the next is decided; the same request goes on after them.
    """
    content = {"officer": cmd.officer, "investors": list(cmd.investors)}
    act = Act(office, "investor admit", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        officers.require(session, cmd.officer, "admitter")
        left = len(cmd.investors) or records.count(session, "recorded")
    if left <= parts.ROWS and parts.stored(office, cmd.request, 1) is None:
        return _admit(office, act, cmd.officer, cmd.investors)
    results: list[Result] = []
    done, last = 0, ""
    for number in count(1):
        ids = _next_ids(office, cmd, number, last)
        if not ids:
            break
        part = Act(office, act.command, parts.part_of(cmd.request, number), content | {"investors": list(ids)})
        results.append(part.again() if part.earlier else _admit(office, part, cmd.officer, ids, some=True))
        done, last = done + len(ids), ids[-1]
        office.progress("investors decided", done, max(done, left))
    told = {"parts": len(results)}
    return parts.whole(act, cmd.officer, "admitter", "investors", results, lambda joined: told | _counts(joined))


def _counts(joined: Mapping[str, Any]) -> dict[str, Any]:
    return {name: joined[name] for name in ("admitted", "refused")}


def _next_ids(office: Office, cmd: Admit, number: int, last: str) -> tuple[str, ...]:
    """Who is in a part: as it was begun, else the next of those named, or of the recorded who come after `last`."""
    stored = parts.stored(office, cmd.request, number)
    if stored is not None:
        return tuple(stored.content["investors"])
    if cmd.investors:
        named = tuple(dict.fromkeys(cmd.investors))
        return named[(number - 1) * parts.ROWS : number * parts.ROWS]
    with office.store.read() as session:
        return tuple(records.next_ids(session, "recorded", last, parts.ROWS))


def _admit(office: Office, act: Act, officer: str, ids: Sequence[str], *, some: bool = False) -> Result:
    """Decide and write. ids: none means all recorded ones; some: they are a part, of which none need be left."""
    with office.store.read() as session:
        chosen = _chosen(session, ids, some=some)
        known = records.privates(session, [row.id for row in chosen], office.vault())
        del chosen
    cases = judge(office, known, act.at)
    registry = office.contracts.registry
    with act.writing(officer, "admitter") as desk:
        rows = records.of(desk.session, list(cases))
        decisions.keep(desk.session, [decide(office, desk, rows[one], case) for one, case in cases.items()])
        desk.session.flush()
        good = [one for one, case in cases.items() if not case.refusals]
        for lot in parts.lots(good, lambda _: ADMISSION_GAS, office.sender.settings.lot_gas, ADMISSIONS):
            admissions = [cases[one].admission(rows[one].commitment) for one in lot]
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


def _chosen(session: Session, ids: Sequence[str], *, some: bool = False) -> list[Investor]:
    """Who is to be judged. Raises NotFound for an unknown or erased one, and when nobody is left, unless of a part."""
    if ids:
        known = records.of(session, list(dict.fromkeys(ids)))
        rows = [known[one] for one in dict.fromkeys(ids)]
    else:
        rows = records.every(session, state="recorded")
    for row in rows:
        if row.state == "erased":
            raise erased(row.id)
    chosen = [row for row in rows if row.state != "admitted"]
    if not chosen and not some:
        raise NotFound("nobody is left to admit", found="no recorded investor", needed="an investor not admitted yet")
    return chosen


def decide(office: Office, desk: Desk, row: Investor, case: Case) -> Draft:
    """The decision on a case, its facts and state in the investor's row; the caller keeps it with the others."""
    facts: dict[str, Any] = {"investor": row.id, "commitment": row.commitment, "wallet": case.wallet}
    decision = decisions.draft(
        desk.session,
        kind="admission",
        facts=facts | case.assessed.summary(),
        judged=[case.judged(row.version, row.commitment)],
        rulebook=office.rulebook,
        at=desk.at,
    )
    records.keep_facts(row, case.assessed.facts)
    row.state, row.updated_at, row.decision = "refused" if case.refusals else "recorded", desk.at, decision.id
    return decision


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
