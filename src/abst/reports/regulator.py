"""The regulator's view: where every filing stands, who holds by group, what was refused, what is overdue (R-70).

It reads the store and the chain, writes nothing, and needs no key: no sealed record is opened. Holders are counted by
group, and groups so small that they would tell a person are merged (R-82).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst.chain.office import Office
from abst.chain.words import FilingRecord
from abst.decisions import Decision
from abst.disclosure import clocks
from abst.disclosure.desk import obligations
from abst.filing import fx
from abst.filing import records as filings
from abst.filing.states import Status
from abst.filing.tables import Filing
from abst.holders import encumbrances, projection
from abst.investor.tables import Block, Investor, Wallet
from abst.reports import cells
from abst.reports.paper import Lang, Report, Row, Section
from abst.rulebook import chinese
from abst.values import first_second_of, instant, last_second_of

STOPS = (Status.SUSPENDED, Status.LAPSED, Status.REFUSED, Status.WITHDRAWN)
FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Scope:
    """What is reported on. filings: all when empty was asked; first, last: Unix seconds of the period, both inside."""

    filings: tuple[Filing, ...]
    first: int
    last: int

    def covers(self, second: int | None) -> bool:
        return second is not None and self.first <= second <= self.last


def regulator(
    office: Office, lang: Lang, filing: str = "", first: date | None = None, last: date | None = None
) -> Report:
    """The view over all filings or one, rules in the words of a language; what has a time is told of the period.

    Raises NotFound for an unknown filing.
    """
    with office.store.read() as session:
        chosen = (filings.get(session, filing),) if filing else tuple(filings.every(session))
    scope = Scope(
        chosen,
        0 if first is None else first_second_of(first, office.zone),
        FOREVER if last is None else last_second_of(last, office.zone),
    )
    block, held = projection.look(office)
    sections = (
        _filings(office, scope),
        _clocks(office, scope),
        _moves(office, scope),
        *_holders(office, scope, held),
        _refusals(office, scope, lang),
        _disclosures(office, scope),
        _quota(office, scope),
        _stops(office, scope),
        _blocks(office, scope),
        _rights(office, scope),
    )
    return Report(
        name="regulator",
        at=instant(office.now()),
        subject=", ".join(one.id for one in chosen) or "-",
        sections=sections,
        notes=("no-endorsement", "small-cells"),
        more={"block": str(block)},
    )


# ---- filings


def _filings(office: Office, scope: Scope) -> Section:
    rows: list[Row] = []
    with office.store.read() as session:
        for one in scope.filings:
            acts = filings.events(session, one.id)
            rows.append(
                {
                    "filing": one.id,
                    "number": str(one.number),
                    "title": one.title,
                    "state": one.state,
                    "since": instant(acts[-1].at) if acts else None,
                    "notice": one.notice_number,
                    "notice_date": one.notice_date,
                }
            )
    columns = ("filing", "number", "title", "state", "since", "notice", "notice_date")
    return Section("filings", columns, tuple(rows), codes=("state",))


def _clocks(office: Office, scope: Scope) -> Section:
    rows: list[Row] = []
    for one in scope.filings:
        for clock in clocks.clocks(office, one.id):
            rows.append(_clock(clock))
    return Section("clocks", CLOCK, tuple(rows), codes=("act", "who", "state", "estimated"))


CLOCK = ("filing", "act", "rule", "who", "started", "earliest", "latest", "estimated", "state", "used", "allowed")


def _clock(found: dict[str, Any]) -> Row:
    used = found["used"]
    return {
        "filing": found["filing"],
        "act": found["act"],
        "rule": found["rule"],
        "who": found["who"],
        "started": _moment(found["started"]),
        "earliest": _moment(found["earliest"]),
        "latest": _moment(found["latest"]),
        "estimated": "yes" if found["estimated"] else "no",
        "state": found["state"],
        "used": f"{used['least']}" if used["least"] == used["most"] else f"{used['least']}-{used['most']}",
        "allowed": str(found["allowed"]),
    }


def _moment(second: int | None) -> str | None:
    return None if second is None else instant(second)


def _moves(office: Office, scope: Scope) -> Section:
    rows: list[Row] = []
    with office.store.read() as session:
        for one in scope.filings:
            for act in filings.events(session, one.id):
                if scope.covers(act.at):
                    rows.append(
                        {
                            "filing": one.id,
                            "when": instant(act.at),
                            "old": act.old,
                            "new": act.new,
                            "officer": act.actor,
                            "second": act.second,
                            "evidence": act.evidence,
                        }
                    )
    columns = ("filing", "when", "old", "new", "officer", "second", "evidence")
    return Section("moves", columns, tuple(rows), codes=("old", "new"))


# ---- holders


def _holders(office: Office, scope: Scope, held: dict[Any, dict[Any, int]]) -> Iterator[Section]:
    """Holders by jurisdiction, by regime and by kind, each of every token; small cells merged."""
    least = office.rulebook.number("R-82", "min_cell")
    with office.store.read() as session:
        people = _people(session)
        tokens = [
            (one.id, row.symbol, row.token)
            for one in scope.filings
            for row in filings.tranches(session, one.id)
            if row.token is not None
        ]
    groups: tuple[tuple[str, Callable[[Investor], str]], ...] = (
        ("jurisdiction", lambda one: one.jurisdiction or cells.OTHER),
        ("regime", lambda one: "+".join(office.rulebook.regime_codes(one.regimes)) or cells.OTHER),
        ("kind", lambda one: one.kind),
    )
    for key, group in groups:
        rows: list[Row] = []
        for filing, symbol, address in tokens:
            lines = [
                (people[wallet].id, group(people[wallet]), units) if wallet in people else (wallet, cells.OTHER, units)
                for wallet, units in held.get(address, {}).items()
            ]
            rows += [
                {
                    "filing": filing,
                    "token": symbol,
                    key: cell.group,
                    "investors": str(cell.investors),
                    "units": str(cell.units),
                }
                for cell in cells.merged(cells.count(lines), least)
            ]
        columns = ("filing", "token", key, "investors", "units")
        yield Section(f"holders-{key}", columns, tuple(rows), codes=(key,), amounts=("investors", "units"))


def _people(session: Session) -> dict[str, Investor]:
    query = select(Wallet.address, Investor).join(Investor, Investor.id == Wallet.investor)
    return {row.address: row.Investor for row in session.execute(query)}


# ---- what was refused, what is overdue, what is used


def _refusals(office: Office, scope: Scope, lang: Lang) -> Section:
    """Refusals by rule, act and reason, over all filings: a refused act often belongs to none yet."""
    counts: Counter[tuple[str, str, str]] = Counter()
    query = select(Decision.kind, Decision.refusals_stored).where(
        Decision.passed.is_(False), Decision.at >= scope.first, Decision.at <= scope.last
    )
    with office.store.read() as session:
        for kind, refusals in session.execute(query):
            for refusal in refusals:
                for rule in (part.strip() for part in refusal["rule"].split(",")):
                    counts[rule, str(kind), refusal["reason"]] += 1
    rows = [
        {
            "rule": rule,
            "words": words(office, rule, lang),
            "act": kind,
            "reason": reason,
            "why": why(reason, lang),
            "count": str(times),
        }
        for (rule, kind, reason), times in sorted(counts.items(), key=lambda item: (_number(item[0][0]), item[0]))
    ]
    columns = ("rule", "words", "act", "reason", "why", "count")
    return Section("refusals", columns, tuple(rows), codes=("act",), amounts=("count",))


def words(office: Office, rule: str, lang: Lang) -> str | None:
    """What a rule says, in the words of a language; None for a refusal that only a contract gave."""
    if lang == "zh":
        return chinese.load().rules.get(rule)
    return office.rulebook.rule(rule).words if rule in office.rulebook.rules else None


def why(reason: str, lang: Lang) -> str:
    """A reason in words; one that only a contract gives has none in Chinese and keeps its code."""
    known = chinese.load().reasons.get(reason) if lang == "zh" else None
    return known.wrong if known else reason.replace("-", " ")


def _number(rule: str) -> int:
    digits = rule.removeprefix("R-")
    return int(digits) if digits.isdigit() else 0


def _disclosures(office: Office, scope: Scope) -> Section:
    rows = [
        {
            "filing": one.id,
            "kind": row["kind"],
            "due": row["due_at"],
            "last_good": row["last_good"],
            "state": row["state"],
        }
        for one in scope.filings
        for row in obligations(office, one.id)
        if row["state"] != "open"
    ]
    columns = ("filing", "kind", "due", "last_good", "state")
    return Section("disclosures", columns, tuple(rows), codes=("kind", "state"))


def _quota(office: Office, scope: Scope) -> Section:
    rows: list[Row] = []
    for one in scope.filings:
        told = fx.show(office, one.id)
        numbers = [found["number"] for found in told["registrations"] if found["in_force"]]
        rows.append(
            {
                "filing": one.id,
                "reference": ", ".join(numbers) or None,
                "quota": told["quota"],
                "raised": told["raised"],
                "left": told["left"],
            }
        )
    columns = ("filing", "reference", "quota", "raised", "left")
    return Section("quota", columns, tuple(rows), amounts=("quota", "raised", "left"))


# ---- stops, blocks, rights


def _stops(office: Office, scope: Scope) -> Section:
    """Filings that the authority or the filer stopped in the period, and tokens that are paused now."""
    rows: list[Row] = []
    registry = office.contracts.registry
    with office.store.read() as session:
        for one in scope.filings:
            for act in filings.events(session, one.id):
                if act.new in STOPS and scope.covers(act.at):
                    rows.append(_stop(one.id, None, act.new, instant(act.at), act.actor, act.evidence))
            record = FilingRecord.unpack(registry.read("filingOf", one.number))
            for row in filings.tranches(session, one.id):
                if row.token is not None and record.is_paused(row.number):
                    rows.append(_stop(one.id, row.symbol, "paused", None, None, None))
    columns = ("filing", "token", "stop", "when", "officer", "evidence")
    return Section("stops", columns, tuple(rows), codes=("stop",))


def _stop(
    filing: str, token: str | None, stop: str, when: str | None, officer: str | None, evidence: str | None
) -> Row:
    return {"filing": filing, "token": token, "stop": stop, "when": when, "officer": officer, "evidence": evidence}


def _blocks(office: Office, scope: Scope) -> Section:
    """Blocks of investors set or lifted in the period, or open; by id, without the words of the reason."""
    with office.store.read() as session:
        found: Sequence[Block] = session.scalars(select(Block).order_by(Block.blocked_at, Block.investor)).all()
    rows = [
        {
            "investor": one.investor,
            "blocked": instant(one.blocked_at),
            "officer": one.blocked_by,
            "evidence": one.evidence,
            "lifted": instant(one.lifted_at) if one.lifted_at is not None else None,
        }
        for one in found
        if scope.covers(one.blocked_at) or scope.covers(one.lifted_at) or one.lifted_at is None
    ]
    return Section("blocks", ("investor", "blocked", "officer", "evidence", "lifted"), tuple(rows))


def _rights(office: Office, scope: Scope) -> Section:
    """Open pledges and attachments by token, and corrections of the period by kind: how many, and their units."""
    with office.store.read() as session:
        symbols = {
            str(row.token): row.symbol
            for one in scope.filings
            for row in filings.tranches(session, one.id)
            if row.token is not None
        }
        lines = [
            (symbols[row.token], row.kind, row.remaining)
            for row in encumbrances.every(session, closed=False)
            if row.token in symbols
        ]
        lines += [
            (symbols[str(row.token)], f"corrected-{row.kind}", row.amount)
            for row in encumbrances.corrections(session)
            if row.token in symbols and scope.covers(row.at)
        ]
    times, units = Counter((token, kind) for token, kind, _ in lines), Counter[tuple[str, str]]()
    for token, kind, amount in lines:
        units[token, kind] += amount
    rows = [
        {"token": token, "right": kind, "count": str(times[token, kind]), "units": str(units[token, kind])}
        for token, kind in sorted(times)
    ]
    columns = ("token", "right", "count", "units")
    return Section("rights", columns, tuple(rows), codes=("right",), amounts=("count", "units"))
