"""Parameters of the rulebook that an operator may move: each change has a reason and an officer, none is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abst.decisions import officers
from abst.decisions.tables import Setting
from abst.errors import UsageError


def put(session: Session, key: str, value: Any, *, reason: str, officer: str, at: int) -> Setting:
    """Set a value from now on. Raises UsageError without a value or a reason, NotFound for an unknown officer."""
    if value is None:
        raise UsageError("a setting has a value", found="none", needed="a value", where=key)
    if not reason.strip():
        raise UsageError("a setting changes for a reason", found="none", needed="words for the record", where=key)
    officers.get(session, officer)
    setting = Setting(key=key, value=value, reason=reason, officer=officer, at=at)
    session.add(setting)
    session.flush()
    return setting


def get(session: Session, key: str, default: Any = None) -> Any:
    """The value in force, or the default when it was never set."""
    row = session.scalar(select(Setting).where(Setting.key == key).order_by(Setting.seq.desc()).limit(1))
    return default if row is None else row.value


def current(session: Session) -> dict[str, Any]:
    """Every setting in force, by key: what a decision stores beside the rulebook's version."""
    last = select(func.max(Setting.seq)).group_by(Setting.key)
    return {row.key: row.value for row in session.scalars(select(Setting).where(Setting.seq.in_(last)))}


def history(session: Session, key: str) -> Sequence[Setting]:
    """All changes of one setting, oldest first."""
    return session.scalars(select(Setting).where(Setting.key == key).order_by(Setting.seq)).all()
