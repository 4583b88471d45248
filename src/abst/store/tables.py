"""The declarative base, column types shared by every room, and the table of facts about the store itself."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, MetaData, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from abst.values import canonical

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Row numbers, nonces, blocks: 64 bits on every database, and still SQLite's own row id when it is a primary key.
Number = BigInteger().with_variant(Integer(), "sqlite")
Second = Number  # a Unix time


class Base(DeclarativeBase):
    """Root of every mapped table. Constraint names are fixed, so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMES)


class Whole(TypeDecorator[int]):
    """An integer of any size, stored as decimal text: amounts, token units, words of 256 bits.

    Text orders "9" after "10", so comparisons other than equality raise TypeError; compare in Python.
    """

    impl = Text
    cache_ok = True

    class EqualityOnly(TypeDecorator.Comparator[int]):
        """Refuses the operators that would compare text."""

        def operate(self, op: Callable[..., Any], *other: Any, **kwargs: Any) -> Any:
            if op in (operator.lt, operator.le, operator.gt, operator.ge):
                raise TypeError("a Whole is stored as text and has no order in SQL; compare in Python")
            return super().operate(op, *other, **kwargs)

    # TypeDecorator composes this from its impl; a Whole wants none of what text can do.
    comparator_factory = EqualityOnly

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"a Whole stores int, not {type(value).__name__}")
        return str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


class Written(str):
    """Canonical JSON that was written already, for its hash: a `JsonText` takes it as it is."""


class JsonText(TypeDecorator[Any]):
    """Canonical JSON as text: what is read back has the same digest as what was written. Floats raise TypeError.

    Decimal, dates and bytes come back as text, tuples and sets as lists. Changes inside a value are not noticed:
    assign a new one.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if type(value) is Written:
            return str(value)
        return None if value is None else canonical(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)

    def compare_values(self, x: Any, y: Any) -> bool:
        """Python has 1 == True, so that a change from one to the other would never be written."""
        return canonical(x) == canonical(y)


class Meta(Base):
    """One fact about the store: which registry, which chain, which contracts it belongs to."""

    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(String, primary_key=True)
    value: Mapped[str] = mapped_column(Text)


def get_meta(session: Session, key: str) -> str | None:
    row = session.get(Meta, key)
    return None if row is None else row.value


def set_meta(session: Session, key: str, value: str) -> None:
    """Write or replace one fact."""
    session.merge(Meta(key=key, value=value))
