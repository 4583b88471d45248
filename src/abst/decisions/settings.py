"""Parameters of the rulebook that an operator moves: each change has a reason and an officer, none is lost.

A key is a rule and its parameter, `R-45 evidence_months`. A stored key that the shipped rulebook does not know, or
whose value it does not take (after a change of version), is not applied: the office opens under the shipped value,
`strange` names it, and `abst verify` reports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst.decisions import officers
from abst.decisions.tables import Setting
from abst.errors import NotFound, UsageError
from abst.rulebook import Rulebook


def key_of(rule: str, name: str) -> str:
    """Key of a rule's parameter in the store."""
    return f"{rule} {name}"


def put(
    session: Session, key: str, value: Any, *, reason: str, officer: str, at: int, proposal: str | None = None
) -> Setting:
    """Set a value from now on. Raises UsageError without a value or a reason, NotFound for an unknown officer."""
    if value is None:
        raise UsageError("a setting has a value", found="none", needed="a value", where=key)
    if not reason.strip():
        raise UsageError("a setting changes for a reason", found="none", needed="words for the record", where=key)
    officers.get(session, officer)
    setting = Setting(key=key, value=value, reason=reason, officer=officer, at=at, proposal=proposal)
    session.add(setting)
    session.flush()
    return setting


def get(session: Session, key: str, default: Any = None) -> Any:
    """The value in force, or the default when it was never set."""
    row = session.scalar(select(Setting).where(Setting.key == key).order_by(Setting.seq.desc()).limit(1))
    return default if row is None else row.value


def last(session: Session) -> dict[str, Setting]:
    """The change in force of every setting, by key."""
    newest = select(func.max(Setting.seq)).group_by(Setting.key)
    rows = session.scalars(select(Setting).where(Setting.seq.in_(newest)).order_by(Setting.seq))
    return {row.key: row for row in rows}


def current(session: Session) -> dict[str, Any]:
    """Every setting in force, by key."""
    return {key: row.value for key, row in last(session).items()}


def history(session: Session, key: str) -> Sequence[Setting]:
    """All changes of one setting, oldest first."""
    return session.scalars(select(Setting).where(Setting.key == key).order_by(Setting.seq)).all()


def applied(rulebook: Rulebook, moved: dict[str, Any]) -> Rulebook:
    """The rulebook with the settings in force (`current`); what it does not take stays as shipped."""
    for key, value in moved.items():
        rulebook, _ = _apply(rulebook, key, value)
    return rulebook


def strange(rulebook: Rulebook, moved: dict[str, Any]) -> list[tuple[str, Any, str]]:
    """Settings in force that this rulebook does not take: key, value, and why not."""
    return [(key, value, why) for key, value in moved.items() if (why := _apply(rulebook, key, value)[1])]


def _apply(rulebook: Rulebook, key: str, value: Any) -> tuple[Rulebook, str]:
    rule, _, name = key.partition(" ")
    try:
        return rulebook.override(rule, name, value), ""
    except (NotFound, UsageError) as error:
        return rulebook, str(error)
