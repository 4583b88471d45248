"""Officers, decisions, proposals, approvals and settings.

A decision stores all facts gathered and every refusal found. A proposal is an act a maker wants, with its decision;
a second officer, the checker, approves exactly that hash. The database too refuses a maker as his own checker.
"""

from abst.decisions import officers, rulebooks, settings
from abst.decisions.proposals import approve, find, finish, get, inbox, proposal_hash, propose, reject, withdraw
from abst.decisions.record import Draft, decision_hash, draft, get_decision, hash_of_stored, keep, record
from abst.decisions.results import Judged, judge, judged_by
from abst.decisions.tables import Approval, Decision, Officer, Proposal, RulebookVersion, Setting

__all__ = [
    "Approval",
    "Decision",
    "Draft",
    "Judged",
    "Officer",
    "Proposal",
    "RulebookVersion",
    "Setting",
    "approve",
    "decision_hash",
    "draft",
    "find",
    "finish",
    "get",
    "get_decision",
    "hash_of_stored",
    "inbox",
    "judge",
    "judged_by",
    "keep",
    "officers",
    "proposal_hash",
    "propose",
    "record",
    "reject",
    "rulebooks",
    "settings",
    "withdraw",
]
