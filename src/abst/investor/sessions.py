"""Sessions of investors: from which country, when, where, on which device they came (R-52).

The network address, the place and the device stand sealed under the investor's key; the country and the second beside
them, because denials ask for these (R-43, R-54).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from abst.investor import sealing
from abst.investor.admission import Session as Told
from abst.investor.model import SessionGiven
from abst.investor.tables import Block, Investor, SessionRow
from abst.rulebook import Rulebook
from abst.values import canonical

if TYPE_CHECKING:
    from abst.keys.vault import Vault

ONBOARDING = "onboarding"
CONTEXT = "session"
DENIALS = (("R-43", "denied"), ("R-54", "denied"))


@dataclass(frozen=True, slots=True)
class Denied:
    """A session from a country whose people are denied. at: Unix second of the session."""

    investor: str
    country: str
    at: int


def record(
    session: Session, given: Sequence[tuple[str, SessionGiven]], vault: Vault, at: int, act: str = ONBOARDING
) -> None:
    """Keep sessions of investors, sealed. Raises NotFound for an investor whose keys were erased."""
    keys = sealing.keys_of(session, [investor for investor, _ in given])
    rows: list[dict[str, Any]] = []
    for investor, one in given:
        wrapped = keys.get((investor, sealing.SELF))
        if wrapped is None:
            raise sealing.erased(investor)
        key = vault.key(wrapped)
        told = canonical({"ip": one.ip, "place": one.place, "device": one.device})
        row = {"investor": investor, "at": one.at, "act": act, "ip_country": one.country, "recorded_at": at}
        sealed = key.seal(told, f"investor/{investor}/{CONTEXT}/{one.at}")
        rows.append({**row, "device": key.keyed_hash(one.device.encode()), "sealed": sealed})
    if rows:
        session.execute(insert(SessionRow), rows)


def told(session: Session, ids: Sequence[str]) -> dict[str, tuple[Told, ...]]:
    """All sessions of investors as a decision may store them, oldest first: no address, place or device."""
    found: dict[str, list[Told]] = {one: [] for one in ids}
    for part in sealing.parts(ids):
        query = select(SessionRow.investor, SessionRow.at, SessionRow.ip_country, SessionRow.act)
        query = query.where(SessionRow.investor.in_(part)).order_by(SessionRow.at, SessionRow.id)
        for row in session.execute(query):
            onboarding = row.act == ONBOARDING
            found[row.investor].append(
                Told(at=row.at, country=row.ip_country, place=True, device=True, onboarding=onboarding)
            )
    return {one: tuple(several) for one, several in found.items()}


def denied(session: Session, rulebook: Rulebook) -> list[Denied]:
    """Sessions from a denied country of investors who are neither refused, blocked nor erased, oldest first."""
    codes = sorted({code for rule, name in DENIALS for code in rulebook.words(rule, name)})
    query = select(SessionRow.investor, SessionRow.ip_country, SessionRow.at).join(
        Investor, Investor.id == SessionRow.investor
    )
    query = query.where(SessionRow.ip_country.in_(codes), Investor.state.in_(("recorded", "admitted")))
    blocked = select(Block.investor).where(Block.lifted_at.is_(None))
    query = query.where(SessionRow.investor.not_in(blocked))
    return [Denied(one, country, at) for one, country, at in session.execute(query.order_by(SessionRow.at))]
