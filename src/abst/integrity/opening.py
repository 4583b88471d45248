"""Brings back the facts of decisions that may not store them: those about persons, opened from their sealed records.

A stored decision about an investor names the version of his record and its commitment; the record itself stays sealed
under the keys of its persons, and is gone when they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from abst.chain.office import Office
from abst.errors import Unavailable
from abst.investor import admission, records, sealing


class Erased(Exception):
    """The keys of a person in these facts are gone."""


class Closed(Exception):
    """The vault that holds the keys is not in this home."""


Opener = Callable[[Office, Session, dict[str, Any]], Any]


def opened(office: Office, session: Session, kind: str, stored: dict[str, Any]) -> Any | None:
    """The facts of a kind with personal ones, opened; None for a kind that stores all of its facts.

    Raises Erased, Closed; ValueError when the sealed record is not the one that was judged.
    """
    opener = OPENERS.get(kind)
    return None if opener is None else opener(office, session, stored)


def _admission(office: Office, session: Session, stored: dict[str, Any]) -> Any:
    """An admission's facts, with the version of the record that was judged."""
    rest = dict(stored)
    version, commitment = int(rest.pop("version")), str(rest.pop("commitment"))
    investor = str(rest["investor"])
    found = records.commitment_of(session, investor, version)
    if found != commitment:
        raise ValueError(f"the record's version {version} has the commitment {found}, and {commitment} was judged")
    try:
        vault = office.vault()
    except Unavailable:
        raise Closed(investor) from None
    record = sealing.read(session, {investor: version}, vault).get(investor)
    if record is None:
        raise Erased(investor)
    return admission.restored(rest, record)


OPENERS: dict[str, Opener] = {"investor": _admission}
