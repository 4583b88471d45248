"""The demo's personal data: an erasure refused, a legal hold set by one and lifted by two, a master key changed."""

from __future__ import annotations

from collections.abc import Callable

from abst.demo.people import GOOD, MAINLAND
from abst.demo.stage import WORK, Stage


def kept(stage: Stage) -> None:
    """A client asks to be erased; the law keeps the data for now, and says why and until when."""
    from abst.integrity import erasing
    from abst.investor import custody, desk

    stage.scene(
        "A client asks to be forgotten",
        "Each natural person's data stand under a key of its own. Keys are destroyed by two officers, never too early.",
    )
    office = stage.office
    paper = stage.document("demand.txt", "Please erase what you keep of me. (illustrative, 示例)")
    holder = next(person.reference for person in stage.cast if person.fate == GOOD)
    stranger = next(person.reference for person in stage.cast if person.fate == MAINLAND)
    demand = erasing.EraseInvestor(officer="operations-1", request=stage.request(), investor=holder, evidence=paper)
    stage.refused(
        "to erase a client of today", lambda: erasing.erase(office, demand), "wallets-stand", "retention-not-over"
    )
    hold = desk.SetHold(
        officer="operations-1", request=stage.request(), investor=stranger, reason="court order", evidence=paper
    )
    stage.done(desk.set_hold(office, hold))
    again = erasing.EraseInvestor(officer="operations-1", request=stage.request(), investor=stranger, evidence=paper)
    stage.refused(
        "to erase under a legal hold", lambda: erasing.erase(office, again), "legal-hold", "retention-not-over"
    )
    lift = desk.LiftHold(officer="operations-1", request=stage.request(), investor=stranger, evidence=paper)
    stage.two_keys(desk.lift_hold(office, lift), "compliance-1")
    stage.tell("one officer set the legal hold, two lifted it; the retention of seven years goes on")
    before = custody.check(office)
    told = custody.rotate(office, custody.Rotate(officer="operations-1", request=stage.request(), work=WORK)).result
    stage.expect("keys wrapped anew", told["keys"], before["keys"])
    stage.expect("records that do not open", custody.check(office, deep=True)["wrong"], [])
    stage.tell(f"the vault's master key was changed: {told['keys']} keys, one database transaction")


SCENES: tuple[Callable[[Stage], None], ...] = (kept,)
