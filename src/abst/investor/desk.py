"""The front door of the investors' desk: every act and question by one import.

Recording, admitting, renewing, proving wallets, blocking and reading each have a file of their own.
"""

from __future__ import annotations

from abst.investor import admitting, batches, blocking, erasure, renewing
from abst.investor.admitting import Admit, Case, admit, judge, kept_admissions
from abst.investor.blocking import BlockInvestor, UnblockInvestor, block, unblock
from abst.investor.erasure import LiftHold, SetHold, lift_hold, set_hold
from abst.investor.proving import AddWallet, MakeChallenge, Prove, add_wallet, challenge, prove
from abst.investor.reading import (
    Reveal,
    brief,
    first_wallet,
    list_investors,
    reveal,
    show,
    unmasked,
    wallet_of,
    wallets_of,
)
from abst.investor.recording import AddInvestor, ImportInvestors, RecordSession, add, dry_run, import_file, session
from abst.investor.renewing import Renew, RenewMany, carry, renew, renew_many

__all__ = [
    "HANDLERS",
    "AddInvestor",
    "AddWallet",
    "Admit",
    "BlockInvestor",
    "Case",
    "ImportInvestors",
    "LiftHold",
    "MakeChallenge",
    "Prove",
    "RecordSession",
    "Renew",
    "RenewMany",
    "Reveal",
    "SetHold",
    "UnblockInvestor",
    "add",
    "add_wallet",
    "admit",
    "block",
    "brief",
    "carry",
    "challenge",
    "dry_run",
    "first_wallet",
    "import_file",
    "judge",
    "kept_admissions",
    "lift_hold",
    "list_investors",
    "prove",
    "renew",
    "renew_many",
    "reveal",
    "session",
    "set_hold",
    "show",
    "unblock",
    "unmasked",
    "wallet_of",
    "wallets_of",
]

HANDLERS = {**admitting.HANDLERS, **renewing.HANDLERS, **blocking.HANDLERS, **batches.HANDLERS, **erasure.HANDLERS}
