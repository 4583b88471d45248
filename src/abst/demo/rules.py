"""The demo's rulebook: law that nobody moves, a setting that two officers move, and the proof that no rule is idle."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from abst.demo.stage import Stage


def settings(stage: Stage) -> None:
    """What the source fixes is refused; what is a choice of design moves with a reason, and back again."""
    from abst.bootstrap import rulebook_of
    from abst.chain.settings import SetParameter, set_parameter

    stage.scene(
        "Law is fixed, a setting moves by two officers",
        "Each parameter has a status: S law as read, A analogy, D design. A and D are settings.",
    )
    office = stage.office
    minutes = stage.document("board-minutes.txt", "Minutes of the board: reports of completion within 20 working days.")
    moved = partial(
        SetParameter, officer="operations-1", reason="resolution of the board (illustrative)", evidence=minutes
    )
    law = moved(request=stage.request(), rule="R-43", name="denied", value="US")
    stage.refused("the mainland denial of R-43 is set aside", partial(set_parameter, office, law), "setting-fixed")
    shipped = office.rulebook.digest
    for value in ("20", "15"):
        asked = moved(request=stage.request(), rule="R-71", name="days", value=value)
        stage.two_keys(set_parameter(office, asked), "compliance-1")
        book = rulebook_of(office.home)
        stage.expect("the setting in force", book.number("R-71", "days"), int(value))
        stage.tell(f"R-71 days is {value} from the next command on; the rulebook's digest is {book.digest[:10]}…")
    stage.expect("the rulebook is the shipped one again", rulebook_of(office.home).digest, shipped)
    stage.remember("settings", rule="R-71", values=["20", "15"])


def rules(stage: Stage) -> None:
    """How the 104 rules stand, and how many predicates are proven by cases."""
    from abst.integrity.cases import shipped
    from abst.integrity.tracing import totals, trace
    from abst.rulebook import load

    stage.scene(
        "The rulebook as data",
        "Every rule is enforced or is a judgement of persons; its cases are data beside it (`abst rulebook trace`).",
    )
    book, cases = load(), shipped()
    counted = totals(trace(book, cases), cases)
    stage.expect("rules that stand nowhere", counted["neither"], 0)
    stage.tell(
        f"version {book.version}: {counted['rules']} rules, {counted['enforced']} enforced, "
        f"{counted['judgements_alone']} by persons alone; {counted['cases']} cases (`abst rulebook prove`)"
    )
    stage.remember("rulebook", **counted)


SCENES: tuple[Callable[[Stage], None], ...] = (rules, settings)
