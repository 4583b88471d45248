"""Erasing: the keys of an investor and of every person behind it are destroyed, and what they sealed with them (R-82).

Ids, commitments, decisions, wallets and the log stay; they hold no personal value. Legal holds stand beside: one
officer sets one, two lift it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from abst.chain.acts import Act, once
from abst.chain.books import enter, propose_entry
from abst.chain.office import Closing, Evidence, Handler, Office, Result
from abst.errors import Conflict
from abst.investor import records
from abst.investor.sealing import erased, parts
from abst.investor.tables import Erasure, Hold, Investor, PersonRecord, PersonRow, RecordRow, SessionRow
from abst.values import instant

SHOWN = "(erased)"
TABLES = ("investor", "investor_person", "investor_record", "person_record", "investor_session", "travel_payload")
"""Tables whose old pages may hold what was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHold:
    """reason: words for the record, without personal data."""

    officer: str
    request: str
    investor: str
    reason: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftHold:
    officer: str
    request: str
    investor: str
    evidence: Evidence


def wipe(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """Destroy the keys and sealed values of investors; returns how many keys each had. Repeating it changes nothing."""
    found: dict[str, int] = dict.fromkeys(ids, 0)
    for part in parts(ids):
        counted = select(PersonRow.investor, func.count()).where(
            PersonRow.investor.in_(part), PersonRow.wrapped_key.is_not(None)
        )
        found |= {row[0]: row[1] for row in session.execute(counted.group_by(PersonRow.investor))}
        session.execute(update(PersonRow).where(PersonRow.investor.in_(part)).values(wrapped_key=None))
        for table in (RecordRow, PersonRecord, SessionRow):
            session.execute(update(table).where(table.investor.in_(part)).values(sealed=None))
        session.execute(update(Investor).where(Investor.id.in_(part)).values(shown=SHOWN))
    session.expire_all()
    return found


def record(session: Session, investor_id: str, *, proposal: str, maker: str, checker: str, at: int) -> Erasure:
    """Wipe an investor and say who did it; the database refuses one officer for both. The same again: the first one."""
    stored = records.erasure(session, investor_id)
    if stored is not None:
        return stored
    keys = wipe(session, [investor_id])[investor_id]
    row = Erasure(investor=investor_id, proposal=proposal, maker=maker, checker=checker, keys=keys, at=at)
    session.add(row)
    records.set_state(session, records.get(session, investor_id), "erased", at)
    return row


# ---- legal holds


@once
def set_hold(office: Office, cmd: SetHold) -> Result:
    """Put an investor's data under legal hold: nothing of it is erased until two officers lift it (R-82). ADMITTER.

    A further hold on the same investor leaves the open one. Raises NotFound for an erased investor.
    """
    content = {
        "officer": cmd.officer,
        "investor": cmd.investor,
        "reason": cmd.reason,
        "evidence": cmd.evidence.as_dict(),
    }
    act = Act(office, "hold set", cmd.request, content)
    if act.earlier:
        return act.again()
    with act.writing(cmd.officer, "admitter") as desk:
        investor = records.get(desk.session, cmd.investor)
        if investor.state == "erased":
            raise erased(investor.id)
        row = records.add_hold(
            desk.session,
            investor.id,
            reason=cmd.reason,
            evidence=cmd.evidence.hash,
            officer=cmd.officer,
            at=desk.at,
        )
        desk.audit(f"investor {investor.id}", {"hold": row.id, "evidence": cmd.evidence.as_dict()})
        desk.result = {"investor": investor.id, "hold": True, "since": instant(row.set_at)}
    return act.finish()


@once
def lift_hold(office: Office, cmd: LiftHold) -> Result:
    """Propose to lift a legal hold; a second officer approves (R-82). MAKER. Raises Conflict when there is none."""
    content = {"officer": cmd.officer, "investor": cmd.investor, "evidence": cmd.evidence.as_dict()}
    act = Act(office, "hold lift", cmd.request, content)
    if act.earlier:
        return act.again()
    with office.store.read() as session:
        row = _open(session, cmd.investor)
    facts = {"investor": cmd.investor, "evidence": cmd.evidence.as_dict(), "hold": row.id}
    return propose_entry(
        office, act, maker=cmd.officer, kind="hold lift", subject=f"investor {cmd.investor}", facts=facts
    )


def _open(session: Session, investor_id: str) -> Hold:
    found = records.held(session, records.get(session, investor_id).id)
    if found is None:
        raise Conflict("there is no legal hold", found="no open hold", needed="a hold", where=investor_id)
    return found


def _lifted(office: Office, session: Session, closing: Closing) -> None:
    """Two officers lifted a hold. Raises Conflict when that hold no longer stands."""
    row = _open(session, str(closing.content["investor"]))
    if row.id != closing.content["hold"]:
        raise Conflict("another hold was set meanwhile", found=str(row.id), needed=str(closing.content["hold"]))
    records.lift_hold(session, row, maker=closing.maker, checker=closing.checker or "", at=closing.at)


HANDLERS = {"hold lift": Handler(done=_lifted, approve=enter)}
