"""Risk capacity: from every answer, capped by the cautious ones, good for a year; waived only where R-47 says so."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import BOLD, PAPER, READ, TODAY, couple, entity, evidence, investor

from abst.errors import NotFound, UsageError
from abst.investor import texts
from abst.investor.ageing import months_after
from abst.investor.model import Answers, EvidenceType, Kind, PrivateRecord, Waiver
from abst.investor.questionnaires import in_force, questionnaires, read, version_of
from abst.investor.regimes import classify
from abst.investor.suitability import Suitability, assess
from abst.rulebook import load
from abst.values import digest

BOOK = load()
FORM = in_force(BOOK)
answers_of = st.fixed_dictionaries({name: st.sampled_from(sorted(q.options)) for name, q in FORM.questions.items()})


def answered(options: dict[str, str], on: date = date(2026, 8, 1), version: str = "risk-1") -> Answers:
    return Answers(version=version, answered_on=on, options=options)


def judged(record: PrivateRecord, on: date = TODAY) -> Suitability:
    return assess(record, BOOK, on, grounds=classify(record, BOOK, on).grounds)


def reasons(found: Suitability) -> list[tuple[str, str]]:
    return [(refusal.rule, refusal.reason) for refusal in found.refusals]


# ---- the questionnaire


@given(answers_of)
def test_capacity_is_the_band_of_the_score_under_every_cap(options: dict[str, str]) -> None:
    """The capacity is what the score reaches, never above a cap, and the reasons say so without the answers' words."""
    found = judged(investor(answers=answered(options)))
    chosen = [FORM.questions[name].options[option] for name, option in options.items()]
    reached = max(level for level, least in FORM.bands.items() if found.score >= least)
    assert found.score == sum(option.points for option in chosen)
    assert found.capacity == min([reached, *(option.cap for option in chosen if option.cap)])
    assert found.refusals == ()
    assert found.reasons


def test_all_capacities_can_be_reached() -> None:
    """The bands rise, and some set of answers leads to each capacity."""
    for form in questionnaires().values():
        assert all(a < b for a, b in pairwise(form.bands.values()))
    every = product(*(q.options for q in FORM.questions.values()))
    found = {judged(investor(answers=answered(dict(zip(FORM.questions, o, strict=True))))).capacity for o in every}
    assert found == {1, 2, 3, 4, 5}


@given(answers_of, st.sampled_from(sorted(FORM.questions)))
def test_a_bolder_answer_never_lowers_the_capacity(options: dict[str, str], name: str) -> None:
    """Options stand from the most cautious to the boldest: one step up never takes capacity away."""
    order = list(FORM.questions[name].options)
    bolder = order[min(order.index(options[name]) + 1, len(order) - 1)]
    assert (
        judged(investor(answers=answered({**options, name: bolder}))).capacity
        >= judged(investor(answers=answered(options))).capacity
    )


@given(st.dates(date(2025, 1, 1), date(2029, 12, 31)))
def test_it_lapses_after_twelve_months_to_the_day(day: date) -> None:
    """Good on the day of the answers and on the last day; before and after it is refused."""
    last, one = months_after(day, 12), timedelta(days=1)
    record = investor(answers=answered(BOLD, day))
    assert [assess(record, BOOK, on).capacity for on in (day - one, day, last, last + one)] == [0, 5, 5, 0]
    assert reasons(assess(record, BOOK, last + one)) == [("R-47", "suitability-lapsed")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"answers": None}, [("R-47", "no-questionnaire")]),
        ({"answers": answered(BOLD, version="risk-0")}, [("R-47", "questionnaire-version")]),
        ({"answers": answered(BOLD, version="risk-9")}, [("R-47", "questionnaire-version")]),
        ({"answers": answered({**BOLD, "loss": "much"})}, [("R-47", "question-open")]),
        ({"answers": answered({k: v for k, v in BOLD.items() if k != "loss"})}, [("R-47", "question-open")]),
        ({"answers": answered({**BOLD, "star": "leo"})}, [("R-47", "question-unknown")]),
        ({"acknowledged": READ[1:]}, [("R-47", "not-acknowledged")]),
        ({"acknowledged": (READ[0], READ[1])}, [("R-49", "not-acknowledged")]),
        ({"acknowledged": ()}, [(rule, "not-acknowledged") for rule in ("R-47", "R-48", "R-49")]),
        ({"acknowledged": (READ[0], "token-risk-1", READ[2])}, [("R-48", "other-words")]),
        ({"acknowledged": (READ[0], f"token-risk-1@{PAPER}", READ[2])}, [("R-48", "other-words")]),
    ],
)
def test_what_is_missing_is_refused(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    """No answers, other versions, open questions, unread texts and other words each give their refusal, no capacity."""
    found = judged(investor(**changes))
    assert reasons(found) == expected
    assert (found.capacity, found.until) == (0, None)


def test_answers_of_an_earlier_version_are_named_and_readable() -> None:
    """The refusal says that the version is an earlier one; its answers still read in both languages."""
    old = answered({"horizon": "long", "loss": "little", "knowledge": "some"}, version="risk-0")
    (refusal,) = judged(investor(answers=old)).refusals
    assert refusal.found == "risk-0, an earlier version"
    said = {one.question: one for one in read(old)}
    assert (said["loss"].answered, said["loss"].answered_zh) == ("A tenth at most", "至多十分之一")
    assert judged(investor(answers=answered(BOLD, version="x"))).refusals[0].found == "x, no known version"
    assert read(answered({"star": "leo"}, version="x"))[0].asked == ""
    assert assess(investor(answers=old), BOOK, TODAY, form=questionnaires()["risk-0"]).capacity == 2


def test_the_setting_names_the_version_in_force() -> None:
    """An operator may go back to an earlier form; a form or a text that nobody wrote cannot be set."""
    earlier = BOOK.override("R-47", "questionnaire", "risk-0")
    old = investor(answers=answered({"horizon": "long", "loss": "much", "knowledge": "some"}, version="risk-0"))
    assert assess(old, earlier, TODAY).capacity == 4
    for rule, name in (("R-47", "questionnaire"), ("R-47", "text_version"), ("R-48", "text_version")):
        with pytest.raises(UsageError):
            BOOK.override(rule, name, "something-9")
    assert set(BOOK.parameter("R-47", "questionnaire").choices) == set(questionnaires())
    published = {choice for rule in texts.RULES for choice in BOOK.parameter(rule, "text_version").choices}
    assert published <= set(texts.texts())
    with pytest.raises(NotFound):
        version_of("risk-9")


# ---- the waiver


def waiver(**changes: Any) -> Waiver:
    fields = {
        "assessor": "suitability-unit",
        "assessed_on": date(2026, 8, 1),
        "sha256": PAPER,
        "expires_on": date(2027, 8, 1),
    }
    return Waiver(**{**fields, **changes})


@pytest.mark.parametrize("kind", [Kind.CORPORATION, Kind.PARTNERSHIP, Kind.TRUST_CORPORATION, Kind.INSTITUTION])
def test_assessed_clients_are_waived(kind: Kind) -> None:
    """No questionnaire and no warning on complex products; the other texts stay; until the first of the dates."""
    record = entity(kind, answers=None, waiver=waiver(), acknowledged=READ[1:])
    found = judged(record)
    assert (found.refusals, found.capacity, found.waived) == ((), 5, True)
    assert found.until == date(2027, 6, 30)  # the evidence ends before the waiver
    soon = judged(entity(kind, answers=None, waiver=waiver(expires_on=date(2026, 9, 30))))
    assert soon.until == date(2026, 9, 30)
    assert reasons(judged(entity(kind, answers=None, waiver=waiver(), acknowledged=READ[:1]))) == [
        ("R-48", "not-acknowledged"),
        ("R-49", "not-acknowledged"),
    ]


def test_an_institution_needs_no_assessment() -> None:
    """Its category waives it while it lasts; one that answered is judged by its answers."""
    bank = judged(entity(Kind.INSTITUTION, answers=None))
    assert (bank.capacity, bank.until, bank.waived) == (5, date(2027, 6, 30), True)
    careful = entity(Kind.INSTITUTION, answers=answered({**BOLD, "loss": "none"}))
    assert (judged(careful).capacity, judged(careful).waived) == (1, False)
    assert reasons(judged(entity(answers=None))) == [("R-47", "no-questionnaire")]


@pytest.mark.parametrize("record", [investor(waiver=waiver()), couple(waiver=waiver())], ids=["individual", "joint"])
def test_persons_are_never_waived(record: PrivateRecord) -> None:
    """Not even with answers beside the waiver, and no setting opens it: the list is the law's."""
    assert reasons(judged(record)) == [("R-47", "waiver-not-allowed")]
    assert BOOK.parameter("R-47", "waived").status == "S"
    assert BOOK.parameter("R-47", "waived_when_assessed").status == "S"


def test_a_waiver_needs_a_professional_ground() -> None:
    """A corporation that is let in as an offshore person alone answers like anybody."""
    record = entity(answers=None, waiver=waiver(), evidence=(evidence(EvidenceType.OFFSHORE),))
    assert ("R-47", "waiver-not-allowed") in reasons(judged(record))


@given(st.dates(date(2025, 1, 1), date(2029, 12, 31)))
def test_a_waiver_lapses_to_the_day(day: date) -> None:
    """Good from the assessment to twelve months later, or to its own date if that is earlier."""
    last, one = months_after(day, 12), timedelta(days=1)
    for given_until, until in ((last + timedelta(days=400), last), (last - one, last - one)):
        record = entity(
            answers=None,
            waiver=waiver(assessed_on=day, expires_on=given_until),
            evidence=tuple(evidence(relevant_date=on) for on in (day - one, day + timedelta(days=200))),
        )
        good = [judged(record, on).capacity for on in (day, until)]
        assert good == [5, 5]
        assert reasons(judged(record, until + one)) == [("R-47", "waiver-lapsed")]


# ---- texts


PUBLISHED = {
    "complex-product-1": "0x270888d787c5cecc211960a81c97a5f3008d0bb10a78104336b20e00f6498028",
    "token-risk-1": "0x175a143631621390253107ad3f486ec605817d0b92ce0eee17d8f7ebf330fd36",
    "loss-rule-1": "0xbd9ffc91366cc8460c17c49d85d821616e47573078329c6a548952fa4c5b0902",
}


def test_a_published_text_never_changes() -> None:
    """Clients acknowledged these very words: other words take another version."""
    assert {text.version: text.sha256 for text in texts.texts().values()} == PUBLISHED
    for text in texts.texts().values():
        assert text.sha256 == digest({"version": text.version, "en": text.en, "zh": text.zh})
    assert tuple(f"{version}@{sha256}" for version, sha256 in PUBLISHED.items()) == READ
