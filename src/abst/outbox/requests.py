"""Requests: asked once, answered once, however often they are repeated."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from abst.errors import Conflict, NotFound
from abst.outbox.tables import Request
from abst.values import digest

WAITING = "waiting"  # the one outcome that another may still replace


def begin_request(
    session: Session, request_id: str, command: str, content: dict[str, Any], at: int, *, retry_of: str | None = None
) -> Request:
    """The stored request of this id, or a new one. `content` is all that decides the result: ids, amounts, digests of
    files; never personal values, for it is not erased.

    Raises Conflict when the id was used for another command or content, NotFound when `retry_of` is no request.
    """
    wanted = digest({"command": command, "content": content})
    stored = session.get(Request, request_id)
    if stored is not None:
        if stored.digest != wanted:
            raise Conflict(
                "this request id was used for something else",
                found=f"{stored.command} {stored.digest}",
                needed=f"{command} {wanted}",
                where=request_id,
            )
        return stored
    if retry_of is not None:
        get_request(session, retry_of)
    request = Request(id=request_id, command=command, content=content, digest=wanted, at=at, retry_of=retry_of)
    session.add(request)
    session.flush()
    return request


def finish_request(session: Session, request_id: str, outcome: str, result: dict[str, Any]) -> Request:
    """Store the answer. ``waiting`` may be replaced by a later answer; any other is the answer for good.

    Raises NotFound, Conflict when another answer was given already.
    """
    request = get_request(session, request_id)
    if request.outcome not in (None, WAITING):
        if (request.outcome, digest(request.result)) != (outcome, digest(result)):
            raise Conflict("this request was answered already", found=request.outcome, needed=outcome, where=request_id)
        return request
    request.outcome, request.result = outcome, result
    session.flush()
    return request


def get_request(session: Session, request_id: str) -> Request:
    """Raises NotFound."""
    request = session.get(Request, request_id)
    if request is None:
        raise NotFound(
            "no such request", found=repr(request_id), needed="the id the act was asked under", where="request"
        )
    return request
