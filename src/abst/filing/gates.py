"""What must stand before an act on a filing: the standing before a mint, and the gates of its registers. Pure.

Times are Unix seconds and name the last good one; amounts are smallest units of the plan's currency. Every gate reads
frozen facts alone; all gates of a judgement run, and an empty list is the only pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from abst.errors import Refusal
from abst.rulebook import refuse
from abst.values import instant

EFFECTIVE = "effective"
NO_END = 253_370_764_800  # the last good second of what has no end: the year 9999
NO_QUOTA = -1
CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a filing stands at a mint. state: as in `states.Status`; asked: units of face about to be minted.

    list_version_given: of the negative list its answers name; answers_good_until: of the newest answers to the
    prohibitions; eligibility_broken: the rule that broke, empty when none; opinions_good_until: of the opinion that
    ends first, 0 when there is none; fx_missing: kinds of registration never made; fx_reference, fx_good_until: those
    made; quota: registered, NO_QUOTA when none is; raised: face minted so far; providers_missing: kinds that no
    attached firm covers; plan_deployed: first difference between the tokens and the filed plan, empty when none.
    """

    filing: str
    now: int
    state: str
    list_version_given: str
    list_version_now: str
    answers_good_until: int
    eligibility_broken: str
    opinions_good_until: int
    fx_missing: tuple[str, ...]
    fx_reference: str
    fx_good_until: int
    quota: int
    raised: int
    asked: int
    providers_missing: tuple[str, ...]
    plan_filed: str
    plan_now: str
    plan_deployed: str
    accounts_known: bool

    @property
    def where(self) -> str:
        return f"filing {self.filing}"


def effective(f: Standing) -> Refusal | None:
    """R-03: nothing is minted unless the filing is effective."""
    if f.state == EFFECTIVE:
        return None
    return refuse("R-03", "filing-not-effective", found=f.state, needed=EFFECTIVE, where=f.where)


def still_eligible(f: Standing) -> Refusal | None:
    """R-13: no prohibition arose after the filing that two officers have not cleared."""
    if not f.eligibility_broken:
        return None
    needed = "cleared by two officers with evidence: `abst filing eligible`"
    return refuse("R-13", "eligibility-broken", found=f.eligibility_broken, needed=needed, where=f.where)


def answers_fresh(f: Standing) -> Refusal | None:
    """R-13: the answers to the prohibitions are not older than the rulebook allows."""
    if f.now <= f.answers_good_until:
        return None
    found = f"good until {instant(f.answers_good_until)}"
    return refuse("R-13", "answers-stale", found=found, needed="a re-test: `abst filing retest`", where=f.where)


def list_current(f: Standing) -> Refusal | None:
    """R-22: the answers name the negative list of today."""
    if f.list_version_given == f.list_version_now:
        return None
    found, needed = f"answers to list {f.list_version_given}", f"a re-test under list {f.list_version_now}"
    return refuse("R-22", "list-version-old", found=found, needed=needed, where=f.where)


def opinions_good(f: Standing) -> Refusal | None:
    """R-35: every opinion of counsel is good on the day."""
    if f.opinions_good_until and f.now <= f.opinions_good_until:
        return None
    found = f"good until {instant(f.opinions_good_until)}" if f.opinions_good_until else "no opinion"
    return refuse("R-35", "opinion-expired", found=found, needed=f"good at {instant(f.now)}", where=f.where)


def plan_kept(f: Standing) -> Refusal | None:
    """R-42: dossier, deal and code make the plan that was filed on the chain."""
    if f.plan_now == f.plan_filed:
        return None
    return refuse("R-42", "plan-drift", found=f.plan_now, needed=f"as filed: {f.plan_filed}", where=f.where)


def terms_as_filed(f: Standing) -> Refusal | None:
    """R-42: the tokens on the chain carry the terms that were filed."""
    if not f.plan_deployed:
        return None
    return refuse("R-42", "terms-drift", found=f.plan_deployed, needed="the filed terms", where=f.where)


def fx_registered(f: Standing) -> Refusal | None:
    """R-97: the outbound structure has its investment filing and its foreign-exchange registration."""
    if not f.fx_missing:
        return None
    missing = ", ".join(f.fx_missing)
    return refuse(
        "R-97", "fx-reference-missing", found=f.fx_reference or "none", needed=f"also: {missing}", where=f.where
    )


def fx_in_force(f: Standing) -> Refusal | None:
    """R-97: those registrations have not ended."""
    if f.fx_missing or f.now <= f.fx_good_until:
        return None
    found = f"{f.fx_reference} until {instant(f.fx_good_until)}"
    return refuse("R-97", "fx-expired", found=found, needed=f"in force at {instant(f.now)}", where=f.where)


def accounts_registered(f: Standing) -> Refusal | None:
    """R-99: the file names the registered accounts that money moves through."""
    if f.accounts_known:
        return None
    return refuse("R-99", "accounts-missing", found="none", needed="registered accounts in the file", where=f.where)


def within_quota(f: Standing) -> Refusal | None:
    """R-101: what was raised and what is asked stay within the registered amount."""
    if f.quota == NO_QUOTA or f.raised + f.asked <= f.quota:
        return None
    found, needed = f"{f.raised} raised and {f.asked} asked", f"at most {f.quota} in all"
    return refuse("R-101", "quota-exceeded", found=found, needed=needed, where=f.where)


def providers_attached(f: Standing) -> Refusal | None:
    """R-66: the kinds of firms without which nothing is minted are attached to the filing."""
    if not f.providers_missing:
        return None
    missing = ", ".join(f.providers_missing)
    return refuse("R-66", "provider-missing", found=f"no {missing}", needed="one attached of each", where=f.where)


StandingGate = Callable[[Standing], Refusal | None]
GATES: tuple[StandingGate, ...] = (
    effective,
    still_eligible,
    answers_fresh,
    list_current,
    opinions_good,
    plan_kept,
    terms_as_filed,
    fx_registered,
    fx_in_force,
    accounts_registered,
    within_quota,
    providers_attached,
)


# ---- service providers


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """A firm to be attached. assessed_until: last good second of its risk assessment, 0 when there is none.

    code_hash: creation code that an audit must name, empty for a firm that runs none; audited: codes its audits name.
    """

    filing: str
    now: int
    state: str
    provider: str
    kind: str
    attached: bool
    assessed_until: int
    code_hash: str
    audited: tuple[str, ...]

    @property
    def where(self) -> str:
        return f"provider {self.provider}"


def serves_effective(f: ProviderFacts) -> Refusal | None:
    """R-66: a firm serves only a filing that is effective."""
    if f.state == EFFECTIVE:
        return None
    return refuse(
        "R-66", "serves-not-effective", found=f"filing {f.filing}: {f.state}", needed=EFFECTIVE, where=f.where
    )


def not_attached(f: ProviderFacts) -> Refusal | None:
    """R-66: a firm is attached to a filing once."""
    if not f.attached:
        return None
    return refuse("R-66", "provider-attached", found="attached", needed="not attached yet", where=f.where)


def risk_assessed(f: ProviderFacts) -> Refusal | None:
    """R-63: the firm's risks were assessed, and the assessment is not too old."""
    if f.assessed_until and f.now <= f.assessed_until:
        return None
    found = f"good until {instant(f.assessed_until)}" if f.assessed_until else "none"
    return refuse("R-63", "assessment-missing", found=found, needed="a risk assessment in force", where=f.where)


def code_audited(f: ProviderFacts) -> Refusal | None:
    """R-63: an audit stands for the very code that a technology firm runs."""
    if not f.code_hash or f.code_hash in f.audited:
        return None
    found = ", ".join(f.audited) or "none"
    return refuse("R-63", "audit-missing", found=found, needed=f"an audit of code {f.code_hash}", where=f.where)


ATTACH: tuple[Callable[[ProviderFacts], Refusal | None], ...] = (
    serves_effective,
    not_attached,
    risk_assessed,
    code_audited,
)


# ---- marketing


@dataclass(frozen=True, slots=True)
class MarketingFacts:
    """One item of marketing. places: countries where it is shown; onshore: countries where it must not be.

    audience: regimes it addresses, which must be among those filed; geo_block: how other places are kept out.
    """

    filing: str
    state: str
    title: str
    places: tuple[str, ...]
    onshore: tuple[str, ...]
    audience: tuple[str, ...]
    regimes: tuple[str, ...]
    geo_block: str

    @property
    def where(self) -> str:
        return f"marketing {self.title}"


def markets_effective(f: MarketingFacts) -> Refusal | None:
    """R-03: nothing is promoted before the filing is effective."""
    if f.state == EFFECTIVE:
        return None
    return refuse("R-03", "marketing-too-early", found=f"filing {f.filing}: {f.state}", needed=EFFECTIVE, where=f.where)


def shown_offshore(f: MarketingFacts) -> Refusal | None:
    """R-68: nothing is displayed or promoted on the onshore internet."""
    onshore = sorted(set(f.places) & set(f.onshore))
    if f.places and not onshore:
        return None
    needed = f"named places, none of {', '.join(f.onshore)}"
    return refuse("R-68", "onshore-display", found=", ".join(f.places) or "no place", needed=needed, where=f.where)


def geo_blocked(f: MarketingFacts) -> Refusal | None:
    """R-68: it is stated how readers onshore are kept out."""
    if f.geo_block.strip():
        return None
    return refuse(
        "R-68", "geo-block-missing", found="nothing", needed="how onshore readers are kept out", where=f.where
    )


def audience_filed(f: MarketingFacts) -> Refusal | None:
    """R-68: it addresses only the classes of investors that the filing names."""
    if f.audience and set(f.audience) <= set(f.regimes):
        return None
    found, needed = ", ".join(f.audience) or "nobody named", f"only {', '.join(f.regimes)}"
    return refuse("R-68", "audience-not-filed", found=found, needed=needed, where=f.where)


MARKETING: tuple[Callable[[MarketingFacts], Refusal | None], ...] = (
    markets_effective,
    shown_offshore,
    geo_blocked,
    audience_filed,
)


# ---- re-test, renewals, exports


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer of a re-test: a rule of section B or C, and `clear`, `barred` or `unknown`."""

    rule: str
    answer: str


@dataclass(frozen=True, slots=True)
class RetestFacts:
    """A re-test of the prohibitions and the negative list. needed: the rules to be answered."""

    filing: str
    list_version: str
    list_version_now: str
    needed: tuple[str, ...]
    answers: tuple[Answered, ...]

    @property
    def where(self) -> str:
        return f"filing {self.filing}"


def retests_current_list(f: RetestFacts) -> Refusal | None:
    """R-22: a re-test is made under the list of today."""
    if f.list_version == f.list_version_now:
        return None
    return refuse("R-22", "retest-of-old-list", found=f.list_version, needed=f.list_version_now, where=f.where)


def all_answered(f: RetestFacts) -> Refusal | None:
    """R-22: every prohibition and every item of the list is answered once."""
    given = [answer.rule for answer in f.answers]
    if sorted(given) == sorted(f.needed):
        return None
    found, needed = ", ".join(given) or "no answers", f"one answer each to {', '.join(f.needed)}"
    return refuse("R-22", "retest-incomplete", found=found, needed=needed, where=f.where)


def all_clear(f: RetestFacts) -> list[Refusal]:
    """R-13: no answer of a re-test is barred or unknown; each that is cites its own rule too."""
    return [
        refuse(
            f"R-13, {answer.rule}", "retest-not-clear", found=answer.answer, needed=CLEAR, where=f"answer {answer.rule}"
        )
        for answer in f.answers
        if answer.answer != CLEAR and answer.rule in f.needed
    ]


RETEST: tuple[Callable[[RetestFacts], Any], ...] = (retests_current_list, all_answered, all_clear)


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """A paper that renews what a filing stands on: an opinion, or a registration. good_until: its last good second."""

    filing: str
    now: int
    what: str
    good_until: int
    rule: str


def paper_in_force(f: PaperFacts) -> Refusal | None:
    """R-35, R-97: a renewed opinion or registration has not ended already."""
    if f.now <= f.good_until:
        return None
    found, needed = f"until {instant(f.good_until)}", f"good at {instant(f.now)}"
    return refuse(f.rule, "paper-ended", found=found, needed=needed, where=f"filing {f.filing}: {f.what}")


PAPER: tuple[Callable[[PaperFacts], Refusal | None], ...] = (paper_in_force,)


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """Documents that leave for abroad. personal: personal or important data is in them."""

    filing: str
    receiver: str
    consent: str
    assessment: str
    personal: bool

    @property
    def where(self) -> str:
        return f"filing {self.filing} to {self.receiver}"


def consented(f: ExportFacts) -> Refusal | None:
    """R-80: documents go to a foreign authority with the consent of our own."""
    if f.consent.strip():
        return None
    return refuse("R-80", "export-without-consent", found="none", needed="the consent's reference", where=f.where)


def assessed(f: ExportFacts) -> Refusal | None:
    """R-82: personal and important data leave the mainland after an assessment."""
    if not f.personal or f.assessment.strip():
        return None
    return refuse("R-82", "export-without-assessment", found="none", needed="the assessment's reference", where=f.where)


EXPORT: tuple[Callable[[ExportFacts], Refusal | None], ...] = (consented, assessed)


# ---- judging


def decide(facts: Standing) -> list[Refusal]:
    """Every refusal of a mint by where its filing stands."""
    return judge(GATES, facts)


def judge(gates: Sequence[Callable[[Any], Any]], facts: Any) -> list[Refusal]:
    """Run all gates on the facts; every refusal, in order."""
    found: list[Refusal] = []
    for gate in gates:
        said = gate(facts)
        found += said if isinstance(said, list) else [] if said is None else [said]
    return found
