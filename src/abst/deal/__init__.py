"""The deal as data: its tranches, dates and parties, and the plan hash that binds terms and code to a filing.

`plan` is the arithmetic of the plan hash; `model` reads ``deal.yaml``. Pure: no chain, store or clock.
"""

from abst.deal.model import Deal, Tranche, load_deal
from abst.deal.plan import Plan, Terms, offchain_hash, plan_hash, terms_tuple

__all__ = ["Deal", "Plan", "Terms", "Tranche", "load_deal", "offchain_hash", "plan_hash", "terms_tuple"]
