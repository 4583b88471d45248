"""Every kind of judgement that is a pure function of frozen facts: what its cases are run through, and its replays.

A kind is known by one name in the cases of the rulebook, in stored decisions and here. Facts are plain frozen values,
so that stored ones come back as they were; `decide` runs all gates under a rulebook and gives every refusal in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from abst.cash import gates as cash
from abst.cash import legs
from abst.cash import repatriation_gates as repatriation
from abst.cash.gates import AssetFacts
from abst.decisions import Judged, judge, judged_by, staffing
from abst.disclosure import calendar, events
from abst.errors import NotFound, Refusal
from abst.filing import checks as dossier
from abst.filing import clock
from abst.filing import gates as filing
from abst.filing.checks import DossierFacts
from abst.holders import correction_gates as corrections
from abst.holders import record_gates as records
from abst.holders.movement import Movement
from abst.integrity import questions
from abst.investor import admission, erasure_gates, products, wallets
from abst.investor.screening import facts as screening
from abst.issuance import gates as issuance
from abst.issuance import lots
from abst.issuance.lots import LotFacts
from abst.rulebook import Rulebook
from abst.servicing import gates as servicing
from abst.servicing import period_gates as periods
from abst.servicing.gates import FaceFacts, PaymentFacts
from abst.servicing.report import gates as reports
from abst.servicing.report.model import Facts as ReportFacts
from abst.transfers import gates as transfers
from abst.transfers import travel

Decide = Callable[[Any, Rulebook], Sequence[Refusal]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of judgement. facts: the type of its facts; gates: what `decide` runs, where that is a plain list.

    judged: how its results are made where they are not one for each gate and fact.
    """

    facts: Any
    decide: Decide
    gates: Sequence[Callable[..., Any]] = ()
    judged: Callable[[Any], Judged] | None = None

    def restore(self, plain: Any) -> Any:
        """Facts from plain data: numbers and dates may stand as text. Raises pydantic's ValidationError."""
        return _adapter(self.facts).validate_python(plain)

    def judge(self, name: str, facts: Any, rulebook: Rulebook) -> Judged:
        """Run everything on the facts: results as a decision stores them, and every refusal."""
        if self.judged is not None:
            return self.judged(facts)
        if self.gates:
            return judge(name, self.gates, facts, rulebook)
        return judged_by(name, self.decide(facts, rulebook), {})


@cache
def _adapter(facts: Any) -> TypeAdapter[Any]:
    return TypeAdapter(facts)


def plain(decide: Callable[[Any], Sequence[Refusal]]) -> Decide:
    """A judgement whose facts already hold what it needs of the rulebook."""
    return lambda facts, _: decide(facts)


def _screening(found: screening.Screening, rulebook: Rulebook) -> Sequence[Refusal]:
    return screening.refusals_of(found, rulebook, "investor")


def _face(gates: tuple[servicing.FaceGate, ...]) -> Kind:
    return Kind(FaceFacts, lambda facts, _: servicing.decide_face(facts, gates), gates)


def _of(facts: Any, gates: Sequence[Callable[..., Any]]) -> Kind:
    return Kind(facts, lambda found, _: filing.judge(gates, found), gates)


KINDS: dict[str, Kind] = {
    "dossier": Kind(DossierFacts, dossier.decide),
    "investor": Kind(admission.AdmissionFacts, admission.decide),
    "suitability": Kind(products.ProductFacts, products.decide, products.GATES),
    "wallet": Kind(wallets.Proof, plain(wallets.decide), wallets.GATES),
    "erasure": Kind(erasure_gates.ErasureFacts, erasure_gates.decide, erasure_gates.GATES),
    "officer-leaving": Kind(staffing.Staffing, plain(staffing.decide), staffing.LEAVING),
    "mint": Kind(issuance.Facts, plain(issuance.decide), issuance.GATES),
    "mint-lot": Kind(LotFacts, plain(lots.decide), lots.GATES, lots.judge),
    "transfer": Kind(Movement, plain(transfers.why), transfers.TRANSFER),
    "travel": Kind(travel.TravelFacts, plain(travel.decide), travel.GATES),
    "screening": Kind(screening.Screening, _screening),
    "redeem": Kind(Movement, plain(transfers.why_not_redeem), transfers.REDEEM),
    "exchange": Kind(legs.Exchange, plain(legs.decide_exchange), legs.EXCHANGE),
    "money-account": Kind(cash.AccountFacts, lambda found, _: cash.decide_account([found]), cash.ACCOUNT_GATES),
    "settlement-asset": Kind(AssetFacts, plain(cash.decide_asset), cash.ASSET_GATES),
    "payment": Kind(PaymentFacts, plain(servicing.decide), servicing.DECLARE),
    "payment-off-chain": Kind(PaymentFacts, plain(servicing.decide_off_chain), servicing.OFF_CHAIN),
    "payee": Kind(questions.Paying, questions.payable),
    "account": Kind(cash.AccountFacts, questions.holds),
    "account-opening": Kind(questions.Opening, questions.opens),
    "money-asked": Kind(questions.Asked, questions.asks),
    "filing-move": Kind(questions.Moving, questions.moves),
    "setting": Kind(questions.Moved, questions.settable),
    "face-lowered": _face(servicing.LOWER),
    "loss-reversed": _face(servicing.REVERSE),
    "token-retired": _face(servicing.RETIRE),
    "servicer-report": Kind(ReportFacts, plain(reports.decide), reports.GATES),
    "period": _of(periods.PeriodFacts, periods.PERIOD),
    "period-confirmation": _of(periods.ConfirmFacts, periods.CONFIRM),
    "restatement": _of(periods.RestateFacts, periods.RESTATE),
    "call-election": _of(periods.ElectionFacts, periods.ELECT),
    "period-payment": _of(periods.PayoutFacts, periods.PAYOUT),
    "unclaimed": _of(periods.UnclaimedFacts, periods.UNCLAIMED),
    "forced-movement": Kind(corrections.Forced, plain(corrections.why_not_forced), corrections.FORCED),
    "mint-reversal": Kind(corrections.Reversal, plain(corrections.why_not_reverse), corrections.REVERSAL),
    "succession": Kind(corrections.Succession, plain(corrections.why_not_succeed), corrections.SUCCESSION),
    "encumbrance": Kind(corrections.Encumbering, plain(corrections.why_not_encumber), corrections.ENCUMBERING),
    "enforcement": Kind(corrections.Enforcing, plain(corrections.why_not_enforce), corrections.ENFORCING),
    "lifting": Kind(corrections.Lifting, plain(corrections.why_not_lift), corrections.LIFTING),
    "freeze": Kind(corrections.Refreeze, plain(corrections.why_not_freeze), corrections.REFREEZE),
    "register-load": Kind(records.Loading, plain(records.why_not_load), records.LOADING),
    "name-change": Kind(records.Renaming, plain(records.why_not_rename), records.RENAMING),
    "standing": Kind(filing.Standing, plain(filing.decide), filing.GATES),
    "provider": _of(filing.ProviderFacts, filing.ATTACH),
    "marketing": _of(filing.MarketingFacts, filing.MARKETING),
    "retest": _of(filing.RetestFacts, filing.RETEST),
    "filing-paper": _of(filing.PaperFacts, filing.PAPER),
    "export": _of(filing.ExportFacts, filing.EXPORT),
    "contact": _of(clock.ContactFacts, clock.CONTACT),
    "clock": _of(clock.ClockFacts, clock.GATES),
    "calendar": _of(calendar.CalendarFacts, calendar.GATES),
    "payment-report": _of(calendar.PaymentReport, calendar.BEFORE_PAYMENT),
    "material-event": Kind(events.Figures, events.decide, events.GATES),
    "fx-movement": Kind(repatriation.MovementFacts, plain(repatriation.decide_movement), repatriation.MOVEMENT),
    "fx-month": Kind(repatriation.MonthFacts, plain(repatriation.decide_month), repatriation.MONTH),
}
"""Name of a kind -> how it is judged."""


def kind(name: str) -> Kind:
    """A kind by its name. Raises NotFound."""
    if name not in KINDS:
        raise NotFound("no such kind of judgement", found=repr(name), needed=", ".join(sorted(KINDS)), where="kind")
    return KINDS[name]
