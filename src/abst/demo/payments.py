"""Third part of the demo: money. What may be paid with, who is paid, who waits, and principal paid down."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from abst.demo.filing import FILING
from abst.demo.market import A1, DAY, holders_of
from abst.demo.people import Person
from abst.demo.stage import Stage

if TYPE_CHECKING:
    from abst.chain.office import Evidence

INTEREST = 245_000_017  # HK cents: about a month's interest of the senior tranche
CASH = 20_000_000  # HK cents in each of two investors' accounts, for the trades
PRINCIPAL = 15_000_000_000  # token units: a tenth of the senior tranche
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
    for account in (PAYER, "distribution"):
        opened = deposits.SetAccount(officer=BANK, request=stage.request(), account=account, is_open=True)
        stage.done(deposits.set_account(office, opened))
    stranger = deposits.MakeDeposit(officer=BANK, request=stage.request(), to="operations-2", amount=1)
    stage.refused(
        "a deposit for an account that is not open", lambda: deposits.make(office, stranger), "account-not-registered"
    )
    for to, amount in ((PAYER, INTEREST), (stage.known["buyer"], CASH), (stage.known["seller"], CASH)):
        command = deposits.MakeDeposit(officer=BANK, request=stage.request(), to=to, amount=amount)
        first = stage.done(deposits.make(office, command))
        stage.expect("the same deposit again", stage.done(deposits.make(office, command)), first)
        stage.tell(f"{to}: HKD {with_cents(amount)} deposited; asked twice, made once")
        stage.remember("deposited", to=to, amount=str(amount))


def with_cents(cents: int) -> str:
    """Cents, or fen, as people write them."""
    return f"{cents // 100:,}.{cents % 100:02d}"


def interest(stage: Stage) -> None:
    """Who held at the record date is paid; who is blocked waits, and nothing is lost."""
    from abst.servicing import ledger, payments

    stage.scene(
        "Interest is paid to the holders of a record date",
        "Announced ahead, taken by itself (R-93). Each share is rounded down to the cent; the dust is carried on.",
    )
    office = stage.office
    _record_date(stage)
    waiting = next(p for p in reversed(holders_of(stage, A1)) if p.reference not in stage.known.values())
    _block(stage, waiting)
    command = payments.Declare(officer=PAYER, request=stage.request(), token=A1, record_date=1, amount=INTEREST)
    declared = stage.done(payments.declare(office, command))
    stage.expect("the same payment again", stage.done(payments.declare(office, command)), declared)
    number = str(declared["payment"])
    stage.tell(f"HKD {with_cents(INTEREST)} declared for {declared['holders']} holders; asked twice, declared once")
    pushed = stage.done(payments.push(office, payments.Push(officer=PAYER, request=stage.request(), payment=number)))
    lots = "one transaction" if pushed["lots"] == 1 else f"{pushed['lots']} transactions"
    stage.tell(f"{pushed['holders']} holders paid in {lots}")
    for line in pushed["waiting"]:
        stage.tell(f"{line['investor']} waits: {line['reason']} ({line['rule']}); HKD {with_cents(int(line['share']))}")
    stage.expect("who waits", [line["investor"] for line in pushed["waiting"]], [waiting.reference])
    _unblock(stage, waiting)
    stage.done(payments.push(office, payments.Push(officer=PAYER, request=stage.request(), payment=number)))
    shown = ledger.show(office, number)
    stage.expect("the payment", (shown["state"], shown["unclaimed"]), ("complete", "0"))
    stage.tell(f"complete: paid HKD {with_cents(int(shown['paid']))}, dust {shown['dust']} cents for the next payment")
    paid = sorted([line["investor"], line["share"]] for line in shown["holders"])
    stage.remember("paid", symbol=A1, funded=str(INTEREST), paid=shown["paid"], dust=shown["dust"], shares=paid)


def _record_date(stage: Stage) -> None:
    from abst.servicing import payments, record_dates
    from abst.transfers import desk as transfers

    office = stage.office
    announced = record_dates.Announce(officer=PAYER, request=stage.request(), filing=FILING, second=office.now() + DAY)
    stage.done(record_dates.announce(office, announced))
    early = payments.Declare(officer=PAYER, request=stage.request(), token=A1, record_date=1, amount=INTEREST)
    stage.refused("a payment before its record date", lambda: payments.declare(office, early), "record-date-not-taken")
    stage.warp(DAY)
    seller, buyer = stage.known["seller"], stage.known["buyer"]
    stage.done(transfers.transfer(office, stage.transfer(seller, buyer, 10_000, A1)))
    stage.tell(f"the record date is taken; {seller} sells to {buyer} afterwards, and is paid all the same")
    stage.remember("transferred", sender=seller, to=buyer, amount="10000", symbol=A1)


def _block(stage: Stage, person: Person) -> None:
    from abst.investor import desk

    order = stage.document("block-order.txt", "Order to block an investor.")
    command = desk.BlockInvestor(
        officer=PAYER, request=stage.request(), investor=person.reference, reason="order", evidence=order
    )
    stage.done(desk.block(stage.office, command))


def _unblock(stage: Stage, person: Person) -> None:
    from abst.investor import desk

    lifted = stage.document("block-lifted.txt", "The order to block is lifted.")
    command = desk.UnblockInvestor(officer=PAYER, request=stage.request(), investor=person.reference, evidence=lifted)
    stage.two_keys(desk.unblock(stage.office, command), "compliance-1")


def principal(stage: Stage) -> None:
    """Balances keep their face; what is outstanding of it falls, by two officers."""
    from abst.servicing import amortisation

    stage.scene(
        "Principal is paid down",
        "The token keeps its face and counts what is still owed of it. Two officers record what was paid.",
    )
    office = stage.office
    report = stage.document("servicer-report.txt", "Report of the servicer: principal collected and paid.")

    def asked(amount: int) -> amortisation.Record:
        return amortisation.Record(officer=PAYER, request=stage.request(), token=A1, amount=amount, evidence=report)

    _paid_by_wire(stage, report)
    owed = int(amortisation.standing(office, A1)["outstanding"])
    above = asked(owed + 1)
    stage.refused(
        "more principal than is outstanding", lambda: amortisation.amortise(office, above), "above-outstanding"
    )
    stage.two_keys(amortisation.amortise(office, asked(PRINCIPAL)), "compliance-2")
    told = amortisation.standing(office, A1)
    stage.expect("what is outstanding", int(told["outstanding"]), owed - PRINCIPAL)
    stage.tell(f"{A1}: {PRINCIPAL:,} units of principal paid, {int(told['outstanding']):,} outstanding")
    stage.tell(f"note factor {told['factor']}, exactly {told['factor_exact']}")
    stage.remember("amortised", symbol=A1, outstanding=told["outstanding"], factor=told["factor_exact"])


def _paid_by_wire(stage: Stage, report: Evidence) -> None:
    """The money of the principal went by the banks; on chain stands its reference, once."""
    from abst.servicing import payments

    def told() -> payments.RecordOffChain:
        return payments.RecordOffChain(
            officer=PAYER,
            request=stage.request(),
            token=A1,
            record_date=1,
            currency="CNY",
            amount=PRINCIPAL,
            reference="demo-wire-1",
            evidence=report,
        )

    stage.done(payments.record_off_chain(stage.office, told()))
    stage.tell(f"CNY {with_cents(PRINCIPAL)} were paid outside the chain; the wire's reference is recorded, once")
    again = told()
    stage.refused("the same wire again", lambda: payments.record_off_chain(stage.office, again), "already-recorded")
    stage.remember("paid outside", symbol=A1, amount=str(PRINCIPAL))


SCENES: tuple[Callable[[Stage], None], ...] = (money, interest, principal)
