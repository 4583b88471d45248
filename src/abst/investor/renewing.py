"""Renewing: a new version of a record, judged whole, its facts written to all wallets of the investor (R-47, R-56).

A version that does not pass is kept too, sealed beside the one in force: the decision that refused it can be run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from abst import decisions
from abst.chain.acts import Act, Desk, once
from abst.chain.office import Handler, Office, Result
from abst.decisions import Judged, officers, record
from abst.errors import Refusal, Refused
from abst.investor import importer, records
from abst.investor.admitting import BATCH, Case, decide, judge, kept_admissions
from abst.investor.model import PrivateRecord
from abst.investor.reading import first_wallet, stated
from abst.investor.recording import blinded, blinded_row
from abst.investor.tables import Investor
from abst.rulebook import refuse
from abst.values import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """A new record for a known investor: fresh evidence, new answers, another address."""

    officer: str
    request: str
    investor: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewMany:
    """content: CSV or JSON as the import's; `reference` names the known investor, `wallet` is not read."""

    officer: str
    request: str
    content: bytes


@once
def renew(office: Office, cmd: Renew) -> Result:
    """Judge a new record and write its facts to all wallets of the investor (R-47, R-56). ADMITTER.

    Raises Refused when the new record does not pass: the old facts stay and run out by themselves.
    """
    content = {"officer": cmd.officer, "investor": cmd.investor, "row": blinded_row(office, cmd.row)}
    act = Act(office, "investor renew", cmd.request, content)
    if act.earlier:
        return act.again()
    read, problems = importer.read_row({**cmd.row, "reference": cmd.investor, "wallet": ""})
    if read is None:
        raise Refused([problem.refusal() for problem in problems])
    with office.store.read() as session:
        officers.require(session, cmd.officer, "admitter")
        first_wallet(session, records.get(session, cmd.investor))
    known = {cmd.investor: read.record}
    cases = judge(office, known, act.at, proposed=True)
    case = cases[cmd.investor]
    if case.refusals:
        facts = {"investor": cmd.investor, **case.assessed.summary()}
        raise act.refuse(
            cmd.officer,
            "admitter",
            kind="admission",
            subject=f"investor {cmd.investor}",
            facts=facts,
            judged=_kept(office, known, cases, act.at),
        )
    with act.writing(cmd.officer, "admitter") as desk:
        wallets = carry(office, desk, known, cases)
        investor = records.get(desk.session, cmd.investor)
        desk.audit(f"investor {investor.id}", {"commitment": investor.commitment})
        desk.result = stated(investor) | {"wallets": wallets}
    return act.finish()


def _kept(office: Office, known: Mapping[str, PrivateRecord], cases: Mapping[str, Case], at: int) -> list[Judged]:
    """Keep versions that did not pass, and say what was judged."""
    with office.store.begin() as session:
        made = records.keep_versions(session, known, office.vault(), at)
    return [cases[one].judged(*made[one]) for one in known]


def carry(
    office: Office,
    desk: Desk,
    known: Mapping[str, PrivateRecord],
    cases: Mapping[str, Case],
    *,
    signer: Address | None = None,
) -> list[list[str]]:
    """Store records that passed as their investors' next versions, with decisions, and send their facts to the chain.

    signer: whose key sends, where it is not the acting officer's.
    Returns (investor, wallet) of all wallets that follow, as `kept_admissions` wants them in the act's result.
    """
    new = [records.New(one, record, cases[one].assessed.facts) for one, record in known.items()]
    rows = records.renew_many(desk.session, new, office.vault(), desk.at)
    wallets: list[list[str]] = []
    every = records.wallets_by_investor(desk.session, list(known))
    decisions.keep(desk.session, [decide(office, desk, row, cases[row.id]) for row in rows])
    for row in rows:
        row.state = "admitted"
        wallets += [[row.id, wallet.address] for wallet in every[row.id] if wallet.number is not None]
    desk.session.flush()
    registry = office.contracts.registry
    for start in range(0, len(rows), BATCH):
        part = [cases[row.id].admission(row.commitment) for row in rows[start : start + BATCH]]
        desk.send("investor renew", registry.address, registry.encode("renew", part), signer=signer)
    return wallets


@once
def renew_many(office: Office, cmd: RenewMany) -> Result:
    """Judge the new records of a file and write the facts of those who pass, 100 in a transaction. ADMITTER.

    The result's refusals name every bad cell and everyone who did not pass: their old facts run out by themselves.
    Raises Refused when nobody passes.
    """
    content = {"officer": cmd.officer, "file": blinded(office, cmd.content)}
    act = Act(office, "investor renew many", cmd.request, content)
    if act.earlier:
        return act.again()
    read = importer.read(cmd.content)
    known, refusals = _admitted_ones(office, cmd.officer, read)
    cases = judge(office, known, act.at, proposed=True)
    good = {one: new for one, new in known.items() if not cases[one].refusals}
    bad = {one: new for one, new in known.items() if cases[one].refusals}
    if not good:
        judged = _kept(office, bad, cases, act.at)
        raise act.refuse(
            cmd.officer,
            "admitter",
            kind="admission",
            subject="investors",
            facts=content,
            refusals=refusals,
            judged=judged,
        )
    with act.writing(cmd.officer, "admitter") as desk:
        wallets = carry(office, desk, good, cases)
        _refused(office, desk, bad, cases)
        desk.audit("investors", {"renewed": list(good), "refused": read.count - len(good)})
        desk.refusals = (*refusals, *(refusal for one in bad for refusal in cases[one].refusals))
        desk.result = {"rows": read.count, "renewed": len(good), "refused": read.count - len(good), "wallets": wallets}
    return act.finish()


def _admitted_ones(
    office: Office, officer: str, read: importer.Imported
) -> tuple[dict[str, PrivateRecord], list[Refusal]]:
    """The records of investors who are admitted, and why the other rows are not taken."""
    refusals = [problem.refusal() for problem in read.problems]
    known: dict[str, PrivateRecord] = {}
    with office.store.read() as session:
        officers.require(session, officer, "admitter")
        for row in read.rows:
            investor = session.get(Investor, row.reference)
            if investor is None or investor.state != "admitted":
                found, where = investor.state if investor else "no such investor", f"investor {row.reference}"
                refusals.append(refuse("R-44", "not-admitted", found=found, needed="an admitted one", where=where))
                continue
            known[row.reference] = row.record
    return known, refusals


def _refused(office: Office, desk: Desk, bad: Mapping[str, PrivateRecord], cases: Mapping[str, Case]) -> None:
    """Decisions on the records that did not pass, beside those that did; nothing else of them changes."""
    made = records.keep_versions(desk.session, bad, office.vault(), desk.at)
    for one, (version, commitment) in made.items():
        record(
            desk.session,
            kind="admission",
            facts={"investor": one, **cases[one].assessed.summary()},
            judged=[cases[one].judged(version, commitment)],
            rulebook=office.rulebook,
            at=desk.at,
        )


HANDLERS = {
    "investor renew": Handler(done=kept_admissions),
    "investor renew many": Handler(done=kept_admissions),
}
