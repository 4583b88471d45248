"""Names that mean the same person are found: other order, one slip, a lost middle name, other division, Chinese."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from abst.investor.screening.matching import Asked, Index, Named, alike, grams_of, score, search
from abst.investor.screening.names import FORMS, TITLES, Tokens, all_variants, variants
from abst.rulebook import load

FLOOR = load().number("R-53", "match_score")
WORDS = st.text("abcdefghiklmnoprstuvwz", min_size=4, max_size=9)
NAMES = st.lists(WORDS, min_size=2, max_size=4, unique=True)
OTHERS = [variants(name)[0] for name in ("Rupert Hentzau", "Maria del Ejemplo", "Kofi Sample Boateng", "Li Muster")]


def index_of(*names: str) -> Index:
    """The names at places 0, 1, …, among others."""
    made = Index()
    for place, name in enumerate(names):
        made.add(place, variants(name))
    for place, tokens in enumerate(OTHERS, start=len(names)):
        made.add(place, [tokens])
    made.close()
    return made


def found(listed: str, asked: str) -> int:
    """The score with which a listed name is found, 0 when it is not."""
    return search(index_of(listed), variants(asked), FLOOR).get(0, 0)


def plain(words: list[str]) -> bool:
    return not set(words) & (TITLES | FORMS)


# ---- what must be found


@settings(max_examples=50)
@given(NAMES, st.randoms())
def test_another_order_is_the_same_name(words: list[str], chance: object) -> None:
    """Given the words of a name in any order, it should be found with the full score."""
    assume(plain(words))
    mixed = list(words)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert found(" ".join(words), ", ".join(mixed)) == 10_000


@st.composite
def slips(draw: st.DrawFn) -> tuple[list[str], str]:
    """A name, and the same with one letter added, lost, changed or swapped with its neighbour, or a space moved."""
    words = draw(NAMES)
    text = " ".join(words)
    at = draw(st.integers(0, len(text) - 2))
    letter = draw(st.sampled_from("abcdefghiklmnoprstuvwz"))
    kind = draw(st.sampled_from(["add", "lose", "change", "swap"]))
    wrong = {
        "add": text[:at] + letter + text[at:],
        "lose": text[:at] + text[at + 1 :],
        "change": text[:at] + letter + text[at + 1 :],
        "swap": text[:at] + text[at + 1] + text[at] + text[at + 2 :],
    }
    return words, wrong[kind]


@settings(max_examples=150)
@given(slips())
def test_one_slip_is_found(made: tuple[list[str], str]) -> None:
    """Given a name of nine letters or more with one slip anywhere, a space included, it should be found."""
    words, wrong = made
    assume(len("".join(words)) >= 9 and plain(words) and plain(wrong.split()))
    assert found(" ".join(words), wrong) >= FLOOR


@settings(max_examples=50)
@given(st.lists(WORDS, min_size=3, max_size=4, unique=True), st.data())
def test_a_middle_name_left_out_is_found(words: list[str], data: st.DataObject) -> None:
    """Given a name without one of its middle words, it should be found, at 2 % off."""
    assume(plain(words))
    less = list(words)
    less.pop(data.draw(st.integers(1, len(words) - 2)))
    assert found(" ".join(words), " ".join(less)) >= 9_800
    assert found(" ".join(less), " ".join(words)) >= 9_800


@settings(max_examples=50)
@given(NAMES)
def test_other_divisions_into_words_are_the_same_name(words: list[str]) -> None:
    """Given the words run together, or parted by hyphens, the name should be found with the full score."""
    assume(plain(words) and plain(["".join(words)]))
    assert found(" ".join(words), "".join(words)) == 10_000
    assert found("-".join(words), " ".join(words)) == 10_000


CHINESE = [
    ("王小明", "Wang Xiaoming"),
    ("王小明", "WANG, Xiao Ming"),
    ("王小明", "Xiaoming Wang"),
    ("王小明", "Wáng Xiǎomíng"),
    ("王小明", "Wang Hsiao-ming"),
    ("張偉民", "张伟民"),
    ("張偉民", "Zhang Weimin"),
    ("單田芳", "单田芳"),
    ("单田芳", "Shan Tianfang"),
    ("单田芳", "Dan Tianfang"),
    ("吕小布", "Lü Xiaobu"),
    ("吕小布", "Lyu Xiaobu"),
    ("吕小布", "LV XIAOBU"),
    ("欧阳小修", "Ouyang Xiaoxiu"),
    ("欧阳小修", "Xiaoxiu Ou Yang"),
    ("示例贸易行有限公司", "Shili Maoyihang Co., Ltd."),
    ("示例貿易行股份有限公司", "示例贸易行"),
]


@pytest.mark.parametrize(("listed", "asked"), CHINESE)
def test_chinese_meets_its_transliterations(listed: str, asked: str) -> None:
    """Given Chinese characters on one side and a transliteration on the other, either way round, the score is full."""
    assert found(listed, asked) == 10_000
    assert found(asked, listed) == 10_000


PLAIN = [
    ("Zdeněk Ukázka", "ZDENEK UKAZKA", 10_000),
    ("Jørgen Łukasz Straße", "Jorgen Lukasz Strasse", 10_000),
    ("Seán O’Muster", "Sean O'Muster", 10_000),
    ("Mr. J.R. Muster-Beispiel Esq.", "Muster Beispiel", 9_800),
    ("Muster Trading Co., Ltd.", "MUSTER TRADING LIMITED", 10_000),
    ("Al-Muster al-Beispieli", "Almuster Albeispieli", 10_000),
    ("ＭＵＳＴＥＲ Beispiel", "muster beispiel", 10_000),
]


@pytest.mark.parametrize(("listed", "asked", "least"), PLAIN)
def test_spellings_of_one_name(listed: str, asked: str, least: int) -> None:
    """Accents, width, apostrophes, titles, legal forms and hyphens do not hide a name."""
    assert found(listed, asked) >= least


# ---- what must not be found


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("Ottokar Beispielsen", "Sample Person"),
        ("Li Wei", "Lu Wei"),
        ("The Sample", "Sample alice"),
        ("Muster Trading Ltd", "Muster Shipping Ltd"),
        ("王小明", "Wang Daming"),
        ("Liming Yang", "Demo individual 003"),
    ],
)
def test_other_persons_are_not_hits(listed: str, asked: str) -> None:
    """Given another name, nothing should be found at the set threshold."""
    assert found(listed, asked) == 0


def test_a_name_of_titles_alone_is_compared_as_it_stands() -> None:
    """Given nothing but titles and forms, a name should still have words."""
    assert variants("The Co. Ltd") == (("the", "co", "ltd"),)
    assert variants("...") == ()
    assert all_variants(["", "王"]) == (("wang",),)


# ---- scores


@given(st.text("abc ", max_size=30), st.text("abc ", max_size=30), st.integers(0, 10_000))
def test_scores_are_exact_whole_numbers(a: str, b: str, floor: int) -> None:
    """A score is the floor of 10,000 (letters - edits) / letters, and 0 below the floor asked for."""
    from rapidfuzz.distance import Indel

    letters = len(a) + len(b)
    exact = 10_000 * (letters - Indel.distance(a, b)) // letters if letters else 0
    assert alike(a, b, floor) == (exact if exact >= floor else 0)


@pytest.mark.parametrize(("letters", "hit"), [(24, False), (25, True), (26, True)])
def test_the_threshold_at_just_under_and_just_over(letters: int, hit: bool) -> None:
    """Given three changed letters of 24, 25 and 26, the scores are 87.50, 88.00 and 88.46 per cent."""
    listed = "abcdefghijklmnopqrstuvwxyz"[:letters]
    asked = "123" + listed[3:]
    reached = score(Asked.of((asked,)), Named(0, (listed,), listed, listed))
    assert reached == 10_000 * (letters - 3) // letters
    assert (reached >= FLOOR) is hit


@settings(max_examples=50)
@given(NAMES, NAMES)
def test_the_sieve_changes_no_score(one: list[str], other: list[str]) -> None:
    """Given any two names, what a search finds has exactly the score of the two names compared alone."""
    assume(plain(one) and plain(other))
    a, b = tuple(one), tuple(other)
    alone = score(Asked.of(b), Named(0, a, " ".join(sorted(a)), "".join(a)), FLOOR)
    assert found(" ".join(one), " ".join(other)) in (alone if alone >= FLOOR else 0, 0)


@settings(max_examples=50)
@given(NAMES)
def test_grams_hold_every_word_and_the_whole(words: list[str]) -> None:
    """The grams of a name are its words, neighbours run together, and the whole from any word on."""
    tokens: Tokens = tuple(words)
    grams = dict(grams_of(tokens))
    assert set(tokens) <= set(grams)
    assert {"".join(tokens[n:] + tokens[:n]) for n in range(len(tokens))} <= set(grams)
