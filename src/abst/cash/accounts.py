"""Accounts of money by the words people use for them, and what they hold."""

from __future__ import annotations

from typing import Any

from abst.cash.gates import AccountFacts
from abst.chain.api import Reverted
from abst.chain.contracts import Contract
from abst.chain.office import Office
from abst.decisions import Officer
from abst.errors import NotAuthorised, Unavailable, UsageError
from abst.investor.desk import wallet_of
from abst.values import Address, address

MOST = 2**112 - 1  # units that one act of money moves
CONTRACTS = ("distribution", "settlement", "servicing")  # of our own, which hold money for others


def account_of(office: Office, word: str) -> Address:
    """The address a word means: itself, a contract of ours that holds money, an officer, or an investor's first wallet.

    Raises UsageError for what looks like an address and is none, NotFound.
    """
    if word.startswith("0x"):
        return address(word, "account")
    if word in CONTRACTS:
        return office.deployment.addresses()[word]
    with office.store.read() as session:
        officer = session.get(Officer, word)
        if officer is not None:
            return Address(officer.address)
    return wallet_of(office, word)


def deposits(office: Office) -> Contract:
    """The token of local deposits. Raises Unavailable where the registry was deployed without one."""
    if office.contracts.deposit is None:
        raise Unavailable(
            "this registry has no token of deposits", found="none", needed="`abst init --deposit`", where="deposit"
        )
    return office.contracts.deposit


def money(office: Office, asset: Address) -> Contract:
    """An asset as an ERC-20: only the standard's functions may be asked of one that is not our deposit token."""
    return Contract("DepositToken", asset, office.chain)


def facts(office: Office, asset: Address, account: Address, needed: int = 0) -> AccountFacts:
    """What an account holds of an asset; whether it may is known of our own deposit token alone."""
    contract = money(office, asset)
    own = office.contracts.deposit
    may_hold = contract.read("mayHold", account) if own is not None and own.address == asset else True
    return AccountFacts(account, symbol(contract), may_hold, contract.read("balanceOf", account), needed)


def symbol(contract: Contract) -> str:
    """The asset's symbol; its address where it tells none, for the standard does not oblige it to."""
    return str(told(contract, "symbol") or contract.address)


def told(contract: Contract, view: str) -> Any:
    """What an asset answers to an optional view of the standard; None when it does not answer."""
    try:
        return contract.read(view)
    except (Reverted, Unavailable):
        return None


def check_amount(amount: int) -> None:
    """Raises UsageError for more than one act can move."""
    if amount > MOST:
        raise UsageError("no act moves so much money", found=str(amount), needed=f"at most {MOST}", where="amount")


def require_key(office: Office, holder: Address) -> None:
    """Raises NotAuthorised when the holder's key is not in this home."""
    if office.keys.signer(holder) is None:
        raise NotAuthorised("the holder's key is not in this home", found=holder, needed=f"a keystore of {holder}")
