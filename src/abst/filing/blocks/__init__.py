"""The typed blocks of a dossier, one file per part of the filing; each field says its meaning, unit and rule."""

from abst.filing.blocks.assets import Assets, Layer
from abst.filing.blocks.base import Block, Document, Paper
from abst.filing.blocks.eligibility import Answer, Offence
from abst.filing.blocks.entity import Entity
from abst.filing.blocks.money import Account, FxReference, Money
from abst.filing.blocks.papers import Approval, Contact, Opinion, Undertaking
from abst.filing.blocks.plan import Plan, PlanTranche
from abst.filing.blocks.structure import Party, Structure

__all__ = [
    "Account",
    "Answer",
    "Approval",
    "Assets",
    "Block",
    "Contact",
    "Document",
    "Entity",
    "FxReference",
    "Layer",
    "Money",
    "Offence",
    "Opinion",
    "Paper",
    "Party",
    "Plan",
    "PlanTranche",
    "Structure",
    "Undertaking",
]
