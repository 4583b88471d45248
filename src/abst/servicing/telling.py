"""The figures of closed periods on their way to the disclosure calendar (R-77, R-78): gathered, and not yet looked at.

What is expected of the pool is its filed base case; what is forecast is the same, in the ratio of the pool's balance to
the one foreseen. The pool's file is not filed with the deal, so that a forecast is made only where it is given.
"""

from __future__ import annotations

from sqlalchemy import select

from abst.chain.office import Office
from abst.decisions import Decision
from abst.disclosure.due import FIGURES
from abst.disclosure.events import Figures
from abst.servicing import statements
from abst.servicing.period_tables import Close


def figures_of(office: Office, filing_id: str, period: int, pool: bytes | None = None) -> Figures:
    """The figures of a closed period. pool: the deal's file, for the forecast. Raises NotFound, UsageError."""
    found = statements.distribution(office, filing_id, period)
    if pool is None:
        return statements.material(found)
    from abst.deal.pool import flows
    from abst.deal.projection import collected, forecast, load_pool
    from abst.deal.scenario import BASE

    deal = found.of.deal
    foreseen = collected(deal, flows(load_pool(deal, pool), BASE))
    return statements.material(
        found,
        forecast=forecast(foreseen, period, found.course[-1].pool),
        expected=forecast(foreseen, period, foreseen[period - 1].closing),
    )


def unseen(office: Office) -> list[tuple[str, int, int]]:
    """Closed periods whose figures nobody has looked at for material events: filing, period, when it was closed."""
    with office.store.read() as session:
        query = select(Decision.facts).where(Decision.kind == FIGURES)
        seen = {(facts["filing"], facts["period"]) for facts in session.scalars(query)}
        closed = session.scalars(select(Close).order_by(Close.filing, Close.period))
        return [(row.filing, row.period, row.at) for row in closed if (row.filing, row.period) not in seen]
