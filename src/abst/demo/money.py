"""Third part of the demo: money. What may be paid with, and the accounts of a local bank."""

from __future__ import annotations

from collections.abc import Callable

from abst.demo.people import Person
from abst.demo.stage import Stage

CASH = 20_000_000  # HK cents in each of two investors' accounts, for the trades
PAYER, BANK = "operations-1", "bank-desk"


def money(stage: Stage) -> None:
    """The list of settlement assets, and deposits of the local bank."""
    from abst.cash import assets, deposits

    stage.scene(
        "Money that may be paid with",
        "A bank's tokenised deposit in Hong Kong dollars. Two officers list it; the renminbi is barred (R-65).",
    )
    office, asset = stage.office, assets.asset_of(stage.office, "")
    licence = stage.document("bank-licence.txt", "Licence of the bank that issues the deposit.")

    def asked(currency: str, kind: str) -> assets.ProposeAsset:
        return assets.ProposeAsset(
            officer=PAYER, request=stage.request(), asset=asset, currency=currency, kind=kind, evidence=licence
        )

    offshore, coin = asked("CNH", "e-money"), asked("XBT", "virtual-currency")
    stage.refused("money pegged to the offshore renminbi", lambda: assets.propose(office, offshore), "currency-barred")
    stage.refused("a virtual currency without a reason", lambda: assets.propose(office, coin), "virtual-currency")
    stage.two_keys(assets.propose(office, asked("HKD", "deposit")), "compliance-1")
    for account in (PAYER, "distribution", "servicing"):
        opened = deposits.SetAccount(officer=BANK, request=stage.request(), account=account, is_open=True)
        stage.done(deposits.set_account(office, opened))
    stranger = deposits.MakeDeposit(officer=BANK, request=stage.request(), to="operations-2", amount=1)
    stage.refused(
        "a deposit for an account that is not open", lambda: deposits.make(office, stranger), "account-not-registered"
    )
    for to, amount in ((stage.known["buyer"], CASH), (stage.known["seller"], CASH)):
        command = deposits.MakeDeposit(officer=BANK, request=stage.request(), to=to, amount=amount)
        first = stage.done(deposits.make(office, command))
        stage.expect("the same deposit again", stage.done(deposits.make(office, command)), first)
        stage.tell(f"{to}: HKD {with_cents(amount)} deposited; asked twice, made once")
        stage.remember("deposited", to=to, amount=str(amount))


def with_cents(cents: int) -> str:
    """Cents, or fen, as people write them."""
    return f"{cents // 100:,}.{cents % 100:02d}"


def deposit(stage: Stage, to: str, amount: int) -> None:
    """Hong Kong cents brought to the bank, and its tokens for them."""
    from abst.cash import deposits

    command = deposits.MakeDeposit(officer=BANK, request=stage.request(), to=to, amount=amount)
    stage.done(deposits.make(stage.office, command))


def block(stage: Stage, person: Person) -> None:
    from abst.investor import desk

    order = stage.document("block-order.txt", "Order to block an investor.")
    command = desk.BlockInvestor(
        officer=PAYER, request=stage.request(), investor=person.reference, reason="order", evidence=order
    )
    stage.done(desk.block(stage.office, command))


def unblock(stage: Stage, person: Person) -> None:
    from abst.investor import desk

    lifted = stage.document("block-lifted.txt", "The order to block is lifted.")
    command = desk.UnblockInvestor(officer=PAYER, request=stage.request(), investor=person.reference, evidence=lifted)
    stage.two_keys(desk.unblock(stage.office, command), "compliance-1")


SCENES: tuple[Callable[[Stage], None], ...] = (money,)
