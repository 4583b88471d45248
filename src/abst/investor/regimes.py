"""On which legal grounds an investor may hold: one pure predicate per regime of the rulebook.

A further regime is two things: an entry of `rulebook/regimes.yaml` (code, a bit never used before, words, rule), and a
predicate here, registered under the code:

    def singapore_accredited(record, rulebook, on, where):
        items = [item for item in record.evidence if ...]
        if enough:
            return Ground("sg-accredited", last_good_day, "why, in words without a personal value")
        return refuse("R-45", "not-professional", found=..., needed=..., where=f"{where}.evidence")

    PREDICATES["sg-accredited"] = singapore_accredited

A predicate is pure: it reads the record and the rulebook's parameters as of a day, and answers with a `Ground` or with
the refusal that says what is missing. Nothing else changes: tokens whose terms carry the bit take such holders. A
denied person has no ground at all (R-43, R-54), whatever a predicate says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from abst.errors import IntegrityFailure, Refusal
from abst.investor.ageing import dates, expired, fresh, good_until
from abst.investor.denials import denials_of
from abst.investor.evidence import EvidenceType
from abst.investor.grounds import Ground, Support
from abst.investor.model import PrivateRecord
from abst.investor.professional import professional
from abst.investor.reckoning import Look
from abst.rulebook import Rulebook, refuse


@dataclass(frozen=True, slots=True)
class Classification:
    """All grounds found. `refusals` say why there is none; `missed` why each other regime was not reached."""

    grounds: tuple[Ground, ...]
    refusals: tuple[Refusal, ...]
    missed: tuple[Refusal, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(ground.regime for ground in self.grounds)

    @property
    def until(self) -> date | None:
        """The earliest end of the grounds: one date serves for all on chain, so the shortest counts."""
        return min((ground.until for ground in self.grounds), default=None)


def hk_pi(record: PrivateRecord, rulebook: Rulebook, on: date, where: str) -> Ground | Refusal:
    """R-45, R-46, R-56: professional investor in Hong Kong, by portfolio, total assets, ownership or category."""
    answer = professional(Look(record, rulebook, on))
    if isinstance(answer, Support):
        return Ground("hk-pi", answer.until, answer.why)
    return answer.refusal(f"{where}.evidence")


def offshore_non_us(record: PrivateRecord, rulebook: Rulebook, on: date, where: str) -> Ground | Refusal:
    """R-54, R-56: outside mainland China and the United States by every signal, declared so with proof of residence."""
    months = rulebook.number("R-54", "declaration_months")
    items = [item for item in record.evidence if item.type is EvidenceType.OFFSHORE]
    onshore = sorted(set(record.jurisdictions) & {"CN", "US"})
    if onshore:
        # Also when an operator has emptied the deny list: this ground itself excludes United States persons.
        needed = "no signal in CN or US"
        return refuse("R-54", "not-offshore", found=", ".join(onshore), needed=needed, where=where)
    good = fresh(items, months, on)
    if good:
        return Ground("offshore-non-us", good_until(good[0], months), "declared and proven offshore, not US")
    late = expired(items, months, on)
    if late:
        needed = f"evidence good on {on}, not older than {months} months"
        told = f"declaration, {dates(late, months)}"
        return refuse("R-54, R-56", "evidence-expired", found=told, needed=needed, where=f"{where}.evidence")
    found = f"{len(items)} declarations of a day after {on}" if items else "no declaration"
    needed = f"a declaration not older than {months} months"
    return refuse("R-54", "no-declaration", found=found, needed=needed, where=f"{where}.evidence")


Predicate = Callable[[PrivateRecord, Rulebook, date, str], Ground | Refusal]
PREDICATES: dict[str, Predicate] = {"hk-pi": hk_pi, "offshore-non-us": offshore_non_us}


def grounds_of(record: PrivateRecord, rulebook: Rulebook, on: date, where: str = "investor") -> Classification:
    """Every regime the record satisfies on a day, denials left aside; with none, all the reasons."""
    grounds: list[Ground] = []
    missed: list[Refusal] = []
    for code in sorted(rulebook.regimes, key=lambda name: rulebook.regimes[name].bit):
        predicate = PREDICATES.get(code)
        if predicate is None:
            needed = f"a predicate for {code} in PREDICATES"
            raise IntegrityFailure(
                "a regime has no predicate", found=code, needed=needed, where="abst.investor.regimes"
            )
        answer = predicate(record, rulebook, on, where)
        if isinstance(answer, Ground):
            grounds.append(answer)
        else:
            missed.append(answer)
    return Classification(tuple(grounds), () if grounds else tuple(missed), tuple(missed))


def classify(record: PrivateRecord, rulebook: Rulebook, on: date, where: str = "investor") -> Classification:
    """Every regime the record satisfies on a day; none at all for a denied person (R-43, R-54)."""
    barred = denials_of(record, rulebook, where)
    return Classification((), tuple(barred), ()) if barred else grounds_of(record, rulebook, on, where)
