"""Everything an admission is decided on, in one pure question: who, whence, on what ground, suited to what.

`AdmissionFacts` are whole: with the rulebook of the day they give the same answer again. The record itself is personal
and is stored sealed; `stored` is the rest, which a decision may keep, and `restored` puts both together for a replay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from abst.errors import Refusal
from abst.investor import ownership
from abst.investor.denials import denials_of, denied_among
from abst.investor.model import ChainFacts, PrivateRecord
from abst.investor.regimes import Classification, grounds_of
from abst.investor.screening.facts import Screening, refusals_of
from abst.investor.suitability import Suitability
from abst.investor.suitability import assess as assess_suitability
from abst.rulebook import Rulebook, refuse
from abst.values import day_of, instant, last_second_of

NO_CONTROL = "none"  # what the setting R-44 parent_control says where there is no such control


@dataclass(frozen=True, slots=True)
class Session:
    """One session of the client, without its network address and device (R-52). at: Unix second.

    country: where the network address lies; place, device: whether place and device id are on record.
    """

    at: int
    country: str
    place: bool
    device: bool
    onboarding: bool = False


@dataclass(frozen=True, slots=True)
class AdmissionFacts:
    """What an admission is judged on. investor: its id; proven_at: second of the wallet's proof, 0 without one.

    at: the second judged at; zone: whose calendar dates count; parent_control: reference of the parent's control, empty
    for the setting of R-44; sessions: onboarding and later ones; alongside: how many others living in the same country
    are admitted already (R-55); where: what refusals name as the place, if not the id.
    """

    investor: str
    record: PrivateRecord
    screening: Screening
    proven_at: int
    at: int
    zone: str
    parent_control: str = ""
    sessions: tuple[Session, ...] = ()
    alongside: int = 0
    where: str = ""

    @property
    def place(self) -> str:
        """Where refusals point."""
        return self.where or f"investor {self.investor}"

    @property
    def stored(self) -> dict[str, Any]:
        """All but the record, as plain data: ids, codes, seconds, scores and digests, no personal value."""
        plain: dict[str, Any] = _WHOLE.dump_python(self, mode="json", exclude={"record"})
        return plain


_WHOLE: TypeAdapter[AdmissionFacts] = TypeAdapter(AdmissionFacts)


def restored(stored: Mapping[str, Any], record: PrivateRecord) -> AdmissionFacts:
    """A decision's facts again, from what it stored and the record's version of then. ValueError when malformed."""
    return _WHOLE.validate_python({**stored, "record": record})


@dataclass(frozen=True, slots=True)
class Seen:
    """Facts and what follows from them, worked out once for all gates. on: the calendar date in the zone."""

    facts: AdmissionFacts
    rulebook: Rulebook
    on: date
    grounds: Classification
    suitability: Suitability

    @property
    def record(self) -> PrivateRecord:
        return self.facts.record

    @property
    def where(self) -> str:
        return self.facts.place


def look(facts: AdmissionFacts, rulebook: Rulebook) -> Seen:
    """The facts, classified and assessed for a day."""
    on = day_of(facts.at, facts.zone)
    grounds = grounds_of(facts.record, rulebook, on, facts.place)
    suitability = assess_suitability(facts.record, rulebook, on, facts.place, grounds.grounds)
    return Seen(facts, rulebook, on, grounds, suitability)


# ---- the gates


def jurisdictions_allowed(seen: Seen) -> list[Refusal]:
    """R-43, R-54: no signal of the investor, of those behind it or of its papers is of a denied jurisdiction."""
    return denials_of(seen.record, seen.rulebook, seen.where)


def sessions_allowed(seen: Seen) -> list[Refusal]:
    """R-43, R-54: no session came from a denied jurisdiction."""
    countries = [session.country for session in seen.facts.sessions]
    return denied_among({"sessions": countries}, seen.rulebook, seen.where)


def persons_named(seen: Seen) -> list[Refusal]:
    """R-44: those behind the investor are named as its kind demands, looked through, with shares that fit one whole."""
    record, where = seen.record, seen.where
    return [
        *ownership.holders_named(record, where),
        *ownership.roles_fit(record, where),
        *ownership.owners_named(record, seen.rulebook, where),
        *ownership.shares_given(record, where),
        *ownership.shares_within_whole(record, where),
    ]


def risk_class_given(seen: Seen) -> list[Refusal]:
    """R-44: the client has a risk class."""
    classes = seen.rulebook.words("R-44", "risk_classes")
    if seen.record.risk_class in classes:
        return []
    found, place = seen.record.risk_class or "nothing", f"{seen.where}.risk_class"
    return [refuse("R-44", "risk-class-missing", found=found, needed=f"one of {', '.join(classes)}", where=place)]


def exposed_classed(seen: Seen) -> list[Refusal]:
    """R-44, R-53: a politically exposed client, or one with such a person behind it, is in the risk class for it."""
    classes = seen.rulebook.words("R-44", "risk_classes")
    least = str(seen.rulebook.setting("R-44", "exposed_class"))
    exposed = any(hit.kind == "pep" and hit.verdict == "confirmed" for hit in seen.facts.screening.hits)
    given = seen.record.risk_class
    if not exposed or least not in classes or given not in classes or classes.index(given) >= classes.index(least):
        return []
    place = f"{seen.where}.risk_class"
    return [refuse("R-44, R-53", "exposed-class-too-low", found=given, needed=f"at least {least}", where=place)]


def parent_control_given(seen: Seen) -> list[Refusal]:
    """R-44: the onboarding names the control of the parent under which it stands."""
    reference = control_of(seen.facts, seen.rulebook)
    if reference.casefold() != NO_CONTROL:
        return []
    needed = "a reference: the setting R-44 parent_control"
    return [refuse("R-44", "parent-control-missing", found=reference, needed=needed, where=seen.where)]


def control_of(facts: AdmissionFacts, rulebook: Rulebook) -> str:
    """The reference of the parent's control: the onboarding's own, or the setting's."""
    return facts.parent_control.strip() or str(rulebook.setting("R-44", "parent_control")).strip()


def ground_found(seen: Seen) -> list[Refusal]:
    """R-45, R-46, R-54, R-56: at least one legal ground to hold, on evidence that counts and has not run out."""
    return list(seen.grounds.refusals)


def suitable(seen: Seen) -> list[Refusal]:
    """R-47, R-48, R-49: a risk capacity that has not lapsed, or a waiver the rule gives; all texts acknowledged."""
    return list(seen.suitability.refusals)


def route_open(seen: Seen) -> list[Refusal]:
    """R-55: a private route into the European Union or the United States takes no more holders than its cap."""
    home, book = seen.record.residence[0], seen.rulebook
    if home in book.words("R-55", "eu"):
        cap = book.number("R-55", "eu_holders") - 1  # fewer than the number need no prospectus
    elif home == "US":
        cap = book.number("R-55", "us_holders")
    else:
        return []
    if seen.facts.alongside < cap:
        return []
    found, needed = f"{seen.facts.alongside} others who live in {home}", f"at most {cap} holders"
    return [refuse("R-55", "route-full", found=found, needed=needed, where=seen.where)]


def wallet_shown(seen: Seen) -> list[Refusal]:
    """R-50: the wallet is the investor's by a proof before this second; a declaration is not enough."""
    refusal = wallet_proven(seen.facts.proven_at, seen.where, seen.facts.at)
    return [] if refusal is None else [refusal]


def session_recorded(seen: Seen) -> list[Refusal]:
    """R-52: the session of the onboarding is on record, with country, time, place and device."""
    given = [session for session in seen.facts.sessions if session.onboarding and session.at <= seen.facts.at]
    if any(session.country and session.place and session.device for session in given):
        return []
    lacks = [
        "country" * (not session.country) or "place" * (not session.place) or "device id" for session in given[-1:]
    ]
    found = f"a session without {lacks[0]}" if lacks else "no session"
    needed = "the onboarding's network address with country, time, place and device id"
    return [refuse("R-52", "session-missing", found=found, needed=needed, where=f"{seen.where}.sessions")]


def screened(seen: Seen) -> list[Refusal]:
    """R-53: screened against the lists in force, every hit decided by a person, none of sanctions confirmed."""
    return refusals_of(seen.facts.screening, seen.rulebook, seen.where)


Gate = Callable[[Seen], list[Refusal]]
RECORD_GATES: tuple[Gate, ...] = (
    jurisdictions_allowed,
    persons_named,
    risk_class_given,
    parent_control_given,
    ground_found,
    suitable,
)
"""Gates that a record answers by itself."""
GATES: tuple[Gate, ...] = (
    *RECORD_GATES,
    sessions_allowed,
    wallet_shown,
    session_recorded,
    screened,
    exposed_classed,
    route_open,
)
"""All gates of an admission."""

DENIALS = (jurisdictions_allowed, sessions_allowed)
"""Gates whose refusal leaves no ground to hold, whatever the evidence says."""


# ---- the judgement


@dataclass(frozen=True, slots=True)
class Assessment:
    """The outcome for one record at one second. `facts` serve only when `refusals` is empty."""

    facts: ChainFacts
    refusals: tuple[Refusal, ...]
    classification: Classification
    suitability: Suitability
    risk_class: str = ""
    parent_control: str = ""

    def summary(self) -> dict[str, Any]:
        """What a decision may store: codes, dates and reasons, no personal value."""
        return {
            "facts": self.facts.as_dict(),
            "regimes": list(self.classification.codes),
            "grounds": [f"{g.regime}: {g.why}, until {g.until}" for g in self.classification.grounds],
            "suitability": list(self.suitability.reasons),
            "waived": self.suitability.waived,
            "risk_class": self.risk_class,
            "parent_control": self.parent_control,
        }


def decide(facts: AdmissionFacts, rulebook: Rulebook) -> list[Refusal]:
    """Run all gates; every refusal, in order."""
    return list(assess(facts, rulebook).refusals)


def assess(facts: AdmissionFacts, rulebook: Rulebook, gates: tuple[Gate, ...] = GATES) -> Assessment:
    """Judge facts by all gates, and say what the chain is to be told of who passes."""
    seen = look(facts, rulebook)
    answers = [(gate, gate(seen)) for gate in gates]
    barred = tuple(refusal for gate, found in answers if gate in DENIALS for refusal in found)
    classification = Classification((), barred, ()) if barred else seen.grounds
    told = chain_facts(facts.record, classification, seen.suitability, rulebook, facts.zone)
    refusals = tuple(refusal for _, found in answers for refusal in found)
    control = control_of(facts, rulebook)
    return Assessment(told, refusals, classification, seen.suitability, facts.record.risk_class, control)


def assess_record(
    record: PrivateRecord, rulebook: Rulebook, at: int, zone: str, *, where: str = "investor"
) -> Assessment:
    """Judge a record alone at a second: all that needs no wallet, no session and no screening."""
    facts = AdmissionFacts("", record, Screening(), 0, at, zone, where=where)
    return assess(facts, rulebook, RECORD_GATES)


def chain_facts(
    record: PrivateRecord, classification: Classification, suitability: Suitability, rulebook: Rulebook, zone: str
) -> ChainFacts:
    """The facts an admission writes; a date is good until 24:00 in the zone. Without a ground everything is zero."""
    bits = rulebook.regime_bits()
    return ChainFacts(
        regimes=sum(bits[code] for code in classification.codes),
        capacity=suitability.capacity,
        jurisdiction=record.residence[0],
        evidence_until=_second(classification.until, zone),
        suitability_until=_second(suitability.until, zone),
    )


def _second(day: date | None, zone: str) -> int:
    return 0 if day is None else last_second_of(day, zone)


def wallet_proven(proven_at: int | None, where: str, at: int | None = None) -> Refusal | None:
    """R-50: a wallet is shown to be the investor's by a signature; at: the second by which, None for any."""
    if proven_at and (at is None or proven_at <= at):
        return None
    found, needed = f"proof of {instant(proven_at)}" if proven_at else "no proof", "a signature on a challenge"
    return refuse("R-50", "wallet-not-proven", found=found, needed=needed, where=where)
