"""A pool of loans, month by month: what each pays by its contract, and what is left of that under a scenario.

`tape` holds loans or representative lines, `reading` reads them from CSV or Parquet, `contract` runs each loan's own
schedule once, and `flows` lays prepayments, defaults and recoveries over it. Pure: no chain, store or clock.
"""

from abst.deal.pool.contract import Contract, contract_of
from abst.deal.pool.flows import Flows, flows
from abst.deal.pool.reading import Layout, read_pool
from abst.deal.pool.tape import Collections, Line, Tape, tape_of

__all__ = [
    "Collections",
    "Contract",
    "Flows",
    "Layout",
    "Line",
    "Tape",
    "contract_of",
    "flows",
    "read_pool",
    "tape_of",
]
