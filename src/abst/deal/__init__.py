"""The deal as data: its tranches, dates, parties and waterfall, and the plan hash that binds all of it to a filing.

`model` reads ``deal.yaml`` out of `blocks`; `schedule` and `daycount` are its dates; `waterfall` compiles and runs it;
`running` is one payment by names; `plan` is the arithmetic of the plan hash. Pure: no chain, store or clock.
"""

from abst.deal.model import Deal, load_deal
from abst.deal.plan import Plan, Terms, offchain_hash, plan_hash, terms_tuple

__all__ = ["Deal", "Plan", "Terms", "load_deal", "offchain_hash", "plan_hash", "terms_tuple"]
