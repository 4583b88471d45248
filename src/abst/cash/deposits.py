"""The bank's desk: accounts opened and closed, deposits made once, withdrawals by their holders (R-94, R-99)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from abst.cash import gates
from abst.cash.accounts import account_of, check_amount, deposits, facts, require_key
from abst.cash.assets import letters_of
from abst.chain.acts import Act, once
from abst.chain.office import Office, Result
from abst.chain.reader import events
from abst.chain.words import InvestorRecord
from abst.decisions import judge
from abst.values import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAccount:
    """account: an address, `distribution`, `settlement`, or an officer's name; opened or closed."""

    officer: str
    request: str
    account: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeDeposit:
    """amount: in the asset's smallest unit; to: as in SetAccount, or an investor."""

    officer: str
    request: str
    to: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """reference: what the bank pays out upon; it stays here, its operation id goes on chain."""

    request: str
    holder: str
    amount: int
    reference: str


@once
def set_account(office: Office, cmd: SetAccount) -> Result:
    """Open or close an account (R-99). BANK. Raises Refused for an investor's wallet, which needs none."""
    content = {"officer": cmd.officer, "account": cmd.account, "open": cmd.is_open}
    act = Act(office, "deposit account", cmd.request, content)
    if act.earlier:
        return act.again()
    token, account = deposits(office), account_of(office, cmd.account)
    word = InvestorRecord.unpack(office.contracts.registry.read("investorOf", account))
    no = gates.not_an_investor(account, word.known)
    if no is not None:
        subject, stated = f"account {account}", {"account": account, "open": cmd.is_open}
        raise act.refuse(cmd.officer, "bank", kind="deposit account", subject=subject, facts=stated, refusals=[no])
    with act.writing(cmd.officer, "bank") as desk:
        desk.send("deposit account", token.address, token.encode("setAccount", account, cmd.is_open))
        desk.audit(f"account {account}", {"open": cmd.is_open})
        desk.result = {"account": account, "open": cmd.is_open}
    return act.finish()


@once
def make(office: Office, cmd: MakeDeposit) -> Result:
    """Credit a deposit, once: its operation id is spent (R-94). BANK. Raises Refused for who may not hold it (R-99)."""
    content = {"officer": cmd.officer, "to": cmd.to, "amount": str(cmd.amount)}
    act = Act(office, "deposit make", cmd.request, content)
    if act.earlier:
        return act.again()
    check_amount(cmd.amount)
    token, to = deposits(office), account_of(office, cmd.to)
    stated = {"to": to, "amount": str(cmd.amount)}
    asked = gates.something_asked(cmd.amount, f"account {to}")
    judged = judge("money-account", gates.ACCOUNT_GATES, facts(office, token.address, to))
    if asked or judged.refusals:
        raise act.refuse(
            cmd.officer,
            "bank",
            kind="deposit make",
            subject=f"account {to}",
            facts=stated,
            refusals=[asked] if asked else [],
            judged=[judged],
        )
    with act.writing(cmd.officer, "bank") as desk:
        desk.send("deposit make", token.address, token.encode("deposit", to, cmd.amount, desk.operation(0)))
        desk.audit(f"account {to}", {"amount": str(cmd.amount)})
        desk.result = stated
    return act.finish()


@once
def withdraw(office: Office, cmd: Withdraw) -> Result:
    """Give a deposit back with the holder's key; the bank pays it out. Raises Refused, and NotAuthorised without it."""
    content = {"holder": cmd.holder, "amount": str(cmd.amount), "reference": cmd.reference}
    act = Act(office, "deposit withdraw", cmd.request, content)
    if act.earlier:
        return act.again()
    check_amount(cmd.amount)
    token, holder = deposits(office), account_of(office, cmd.holder)
    require_key(office, holder)
    asked = gates.something_asked(cmd.amount, f"account {holder}")
    judged = judge("money-account", gates.ACCOUNT_GATES, facts(office, token.address, holder, cmd.amount))
    if asked or judged.refusals:
        raise act.refuse(
            None,
            None,
            kind="deposit withdraw",
            subject=f"account {holder}",
            facts=content,
            refusals=[asked] if asked else [],
            judged=[judged],
        )
    with act.writing(None, None) as desk:
        data = token.encode("withdraw", cmd.amount, desk.operation(0))
        desk.send("deposit withdraw", token.address, data, signer=holder)
        desk.audit(f"account {holder}", {"amount": str(cmd.amount), "reference": cmd.reference})
        desk.result = {"holder": holder, "amount": str(cmd.amount), "operation": desk.operation(0)}
    return act.finish()


def show(office: Office) -> dict[str, Any]:
    """The token of deposits, its total and the accounts that the bank has open."""
    token = deposits(office)
    set_ = events(
        office.chain, [token], office.deployment.block, office.chain.head().number, [token.codec.topic("AccountSet")]
    )
    is_open: dict[Address, bool] = {event.args["account"]: event.args["isOpen"] for event in set_}
    return {
        "asset": token.address,
        "name": token.read("name"),
        "symbol": token.read("symbol"),
        "currency": letters_of(token.read("currency")),
        "decimals": token.read("decimals"),
        "total": str(token.read("totalSupply")),
        "accounts": [
            {"account": account, "balance": str(token.read("balanceOf", account))}
            for account, open_now in sorted(is_open.items())
            if open_now
        ],
    }


def show_account(office: Office, word: str) -> dict[str, Any]:
    """What one account holds, and whether it may."""
    token, account = deposits(office), account_of(office, word)
    found = facts(office, token.address, account)
    return {"account": account, "balance": str(found.balance), "may_hold": found.may_hold}
