"""The comparisons of `abst verify` about delivery versus payment: trades settled and orders filled (R-58, R-65)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abst import outbox
from abst.chain.contracts import Event, decode_call
from abst.chain.office import Office
from abst.chain.reader import events
from abst.integrity.checks import Check, Difference
from abst.issuance.tables import LotOrder
from abst.outbox import Intent
from abst.values import Hash

Terms = tuple[str, ...]  # token, asset, seller or none, buyer, id, amount, price: as text


def allotments(office: Office) -> list[Difference]:
    """Each order filled on chain is one approved here, with its price; each final lot has filled all of its orders."""
    filled = {(str(e.args["operation"]), _terms(e.args, "", str(e.args["order"]))) for e in _events(office, "Allotted")}
    with office.store.read() as session:
        kept = {(row.operation, _of_paper(row)): _is_final(session, row) for row in session.scalars(select(LotOrder))}
    final = {key for key, is_final in kept.items() if is_final}
    return [
        *(Difference(f"allotment {op}", "on chain", "not here", f"order {t}") for op, t in sorted(filled - set(kept))),
        *(Difference(f"allotment {op}", "here", "not on chain", f"order {t}") for op, t in sorted(final - filled)),
    ]


def trades(office: Office) -> list[Difference]:
    """Each trade sent from here whose transaction is final stands on chain with its every value."""
    settled = {_terms(e.args, str(e.args["seller"]), str(e.args["id"])) for e in _events(office, "Traded")}
    found: list[Difference] = []
    with office.store.read() as session:
        sent = list(session.scalars(select(Intent).where(Intent.kind == "trade settle", Intent.state == "final")))
    for intent in sent:
        call = decode_call("Settlement", intent.data)
        if call is None or _of_call(call[1][0]) not in settled:
            found.append(Difference(f"intent {intent.id}", "no such trade on chain", "one", "trade settled"))
    return found


def _terms(args: dict[str, Any], seller: str, id_: str) -> Terms:
    values = (args["token"], args["asset"], seller, args["buyer"], id_, args["amount"], args["price"])
    return tuple(str(value) for value in values)


def _of_paper(row: LotOrder) -> Terms:
    said: dict[str, Any] = row.paper["message"]["message"]
    return _terms(said, "", str(said["id"]))


def _of_call(trade: tuple[Any, ...]) -> Terms:
    token, asset, seller, buyer, amount, price, _, id_ = trade
    return tuple(str(value) for value in (token, asset, seller, buyer, id_, amount, price))


def _is_final(session: Session, row: LotOrder) -> bool:
    intent = outbox.by_operation(session, Hash(row.operation))
    return intent is not None and intent.state == "final"


def _events(office: Office, name: str) -> list[Event]:
    settlement = office.contracts.settlement
    head = office.chain.head().number
    return events(office.chain, [settlement], office.deployment.block, head, [settlement.codec.topic(name)])


CHECKS: tuple[Check, ...] = (allotments, trades)
