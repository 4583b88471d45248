"""The demo's readers and corrections: a pledge, a mint reversed, and what the authority reads in two languages."""

from __future__ import annotations

from collections.abc import Callable

from abst.demo.filing import FILING
from abst.demo.market import A1
from abst.demo.people import GOOD, Person
from abst.demo.stage import Stage

PLEDGED = 20_000  # token units
OPS, CHECKER = "operations-1", "compliance-1"


def pledged(stage: Stage) -> None:
    """A pledge freezes units for its pledgee; nobody takes them from under it, and it is released by consent."""
    from abst.transfers import desk, pledges

    stage.scene(
        "A holder pledges tokens",
        "Two officers record the pledge (质押) on its contract; its units are frozen on chain for the pledgee.",
    )
    office = stage.office
    holder, pledgee = _holders(stage, PLEDGED)[:2]
    contract = stage.document("pledge.txt", "A pledge of tokens for a loan.")
    command = pledges.AddPledge(
        officer=OPS,
        request=stage.request(),
        token=A1,
        holder=holder.reference,
        pledgee=pledgee.reference,
        amount=PLEDGED,
        evidence=contract,
    )
    told = stage.two_keys(pledges.add(office, command), CHECKER)
    stage.expect("kind", told["kind"], "pledge add")
    freeze = desk.Freeze(
        officer=OPS, request=stage.request(), token=A1, wallet=holder.reference, amount=0, evidence=contract
    )
    stage.refused("a freeze set below the pledge", lambda: desk.freeze(office, freeze), "R-62 under-another-right")
    (right,) = pledges.list_rights(office)
    release = pledges.Release(officer=OPS, request=stage.request(), number=right["number"], evidence=contract)
    stage.two_keys(pledges.release(office, release), CHECKER)
    stage.tell(f"{PLEDGED:,} units of {A1} were pledged, then released on the pledgee's consent")
    stage.remember("pledged", units=right["amount"], rank=right["rank"])


def reversed_mint(stage: Stage) -> None:
    """A row of the first mint went to the wrong receiver: it is given back, on evidence, once."""
    from abst.issuance import reversals

    stage.scene(
        "A mint in error is reversed",
        "The row's units go to the rightful receiver, who passes every gate; the same row cannot be given back twice.",
    )
    office = stage.office
    request, row, wrong, units = _row(stage)
    rightful = next(one for one in _holders(stage, 1) if one.reference != wrong)
    report = stage.document("allotment-error.txt", "The table of allotments named the wrong investor.")
    first, again = (
        reversals.ReverseMint(
            officer=OPS,
            request=stage.request(),
            minted=request,
            row=row,
            to=rightful.reference,
            amount=amount,
            evidence=report,
        )
        for amount in (units, 1)
    )
    stage.two_keys(reversals.reverse(office, first), CHECKER)
    stage.refused("the same row given back again", lambda: reversals.reverse(office, again), "R-61 reversed-already")
    stage.tell(f"{units:,} units of row {row} went to the rightful receiver; the record names the mint's decision")
    stage.remember("reversed", units=str(units))


def read(stage: Stage) -> None:
    """The authority reads in Chinese and English; two plans are compared; nobody is named."""
    from abst.reports.closing import closing
    from abst.reports.regulator import regulator

    stage.scene(
        "The authority and counsel read",
        "A view over all filings in Chinese and English, which needs no key; the closing report (R-71), masked.",
    )
    folder = stage.home / "documents"
    for lang in ("en", "zh"):
        report = regulator(stage.office, lang)
        (folder / f"regulator-{lang}.md").write_text(report.markdown(lang), encoding="utf-8")
    issue = closing(stage.office, FILING)
    (folder / "closing.md").write_text(issue.markdown("en"), encoding="utf-8")
    sections = {section.key: section.rows for section in (*report.sections, *issue.sections)}
    stage.expect("deployed code is the filed code", {row["agrees"] for row in sections["attested"]}, {"yes"})
    groups = [(row["token"], row["kind"], row["investors"]) for row in sections["holders-kind"]]
    for row in sections["holders-jurisdiction"]:
        if row["token"] == A1:
            stage.tell(f"{A1}, {row['jurisdiction']}: {row['investors']} investors, {int(str(row['units'])):,} units")
    stage.tell(f"refusals by rule: {len(sections['refusals'])} lines; overdue: {len(sections['disclosures'])}")
    stage.tell("written to documents/regulator-en.md, regulator-zh.md and closing.md")
    stage.remember("read", kinds=sorted(map(list, groups)), operations=len(sections["operations"]))


def _holders(stage: Stage, least: int) -> list[Person]:
    """Good investors whose own wallet holds so many units of A1 that are not frozen, in the order of the cast."""
    from abst.holders import encumbrances, facts

    token = facts.token(stage.office, A1).address
    held = {one.reference: encumbrances.holding(stage.office, token, one.wallet) for one in stage.cast}
    return [
        one
        for one in stage.cast
        if one.fate == GOOD and held[one.reference].balance - held[one.reference].frozen >= least
    ]


def _row(stage: Stage) -> tuple[str, int, str, int]:
    """The smallest row of the first mint of A1 that still lies where it was minted: request, line, investor, units."""
    from sqlalchemy import select

    from abst import decisions
    from abst.holders import facts
    from abst.issuance.tables import MintLot

    token = facts.token(stage.office, A1).address
    query = select(MintLot).where(MintLot.token == token).order_by(MintLot.at, MintLot.number)
    with stage.office.store.read() as session:
        lot = session.scalars(query).first()
        if lot is None:
            raise TypeError("the demo minted nothing")
        request = decisions.get(session, lot.proposal).request
        rows = sorted((int(amount), int(line), str(one)) for _, one, amount, line in lot.allocations)
    for units, line, investor in rows:
        if investor in {one.reference for one in _holders(stage, units)}:
            return request, line, investor, units
    raise TypeError("no row of the demo's first mint lies where it was minted")


SCENES: tuple[Callable[[Stage], None], ...] = (pledged, reversed_mint, read)
