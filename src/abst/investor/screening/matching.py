"""Which entries of the lists a name resembles, with an exact score from 0 to 10,000 (1/100 per cent). Pure.

The score of two names is the best of three, each from whole numbers of letters inserted and deleted (Indel):
- their words in alphabetical order, so that order does not count;
- all letters run together, from any word on, so that neither spaces nor the surname's place counts;
- where one name has more words, the other (of two words at least) against those of them that it has too, one of them
  perhaps with a slip, less 2 % for each word too many: a middle name left out.

Few pairs are ever scored. Words and whole names run together ("grams") stand in an index that also answers for one
slip: a letter added, lost, changed or swapped with its neighbour. A pair is scored when it shares a gram so. What is
lost are pairs that reach the threshold although no gram of theirs is a slip away from another's: long names with two
slips or more in every word.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Indel

from abst.investor.screening.names import Tokens

WHOLE = 10_000
SURPLUS = 200  # off the score for each word that the other name lacks
PREFIX = 8  # letters of a gram that slips are looked up by; a later slip leaves them alone
SHORT = 2  # letters of a word in which a slip makes another word
ROTATED = 4  # names of more words are run together in their own order only
SPACES = 4  # by how many letters names in words may differ in length beside names run together
LONGEST = 120  # letters of a name that are compared
KEPT = 50_000  # grams whose near names are remembered: most are asked for once


@dataclass(frozen=True, slots=True)
class Named:
    """One plain form of an entry's name. place: the entry's number in the caller's own table."""

    place: int
    tokens: Tokens
    ordered: str
    joined: str


@dataclass(frozen=True, slots=True)
class Near:
    """The names near a gram, the shortest first, side by side with what of them is compared."""

    numbers: list[int]
    lengths: list[int]
    ordered: list[str]
    joined: list[str]


@dataclass(slots=True)
class Index:
    """The names of all lists, ready to be asked. Built once, asked often; what was asked of a gram is kept."""

    named: list[Named] = field(default_factory=list)
    grams: dict[str, list[int]] = field(default_factory=dict)  # gram to names
    slips: dict[str, list[str]] = field(default_factory=dict)  # a beginning, less a letter, to beginnings
    begins: dict[str, list[str]] = field(default_factory=dict)  # a beginning to grams
    ranks: list[int] = field(default_factory=list)  # of a name: its place among all, the shortest first
    asked: dict[str, Near] = field(default_factory=dict)

    def add(self, place: int, forms: Iterable[Tokens]) -> None:
        """Put an entry's plain forms into the index."""
        for tokens in forms:
            number = len(self.named)
            self.named.append(Named(place, tokens, " ".join(sorted(tokens)), "".join(tokens)))
            for gram, _ in grams_of(tokens):
                self.grams.setdefault(gram, []).append(number)

    def close(self) -> None:
        """Make the slips of every gram known, and the names' order by length; called once after the last `add`."""
        by_length = sorted(range(len(self.named)), key=lambda number: (len(self.named[number].joined), number))
        self.ranks = sorted(range(len(by_length)), key=by_length.__getitem__)
        for gram in self.grams:
            self.begins.setdefault(gram[:PREFIX], []).append(gram)
        for begin in self.begins:
            for slip in _slips(begin):
                self.slips.setdefault(slip, []).append(begin)

    def near(self, gram: str) -> Near:
        """Names that hold this gram, or one a single slip away. Short ones must be equal."""
        if gram not in self.asked:
            found = {gram} if gram in self.grams else set()
            if len(gram) > SHORT:
                begins = {begin for slip in _slips(gram[:PREFIX]) for begin in self.slips.get(slip, ())}
                size = len(gram)
                for begin in begins:
                    for other in self.begins[begin]:
                        if -2 < len(other) - size < 2 and _a_slip_apart(gram, other):
                            found.add(other)
            numbers = sorted({number for other in found for number in self.grams[other]}, key=self.ranks.__getitem__)
            if len(self.asked) >= KEPT:
                self.asked.clear()
            named = [self.named[number] for number in numbers]
            lengths = [len(one.joined) for one in named]
            self.asked[gram] = Near(numbers, lengths, [one.ordered for one in named], [one.joined for one in named])
        return self.asked[gram]


def grams_of(tokens: Tokens) -> list[tuple[str, int]]:
    """Words of two letters and more, and the whole run together from any word on; each with its number of words."""
    count = len(tokens)
    grams = {token: 1 for token in tokens if len(token) > 1}
    if count > 1:
        for start in range(count if count <= ROTATED else 1):
            grams.setdefault("".join(tokens[start:] + tokens[:start])[:LONGEST], count)
    return list(grams.items())


def _slips(begin: str) -> set[str]:
    """The beginning itself, and each that is left when one letter is taken out."""
    return {begin, *(begin[:n] + begin[n + 1 :] for n in range(len(begin)))}


# ---- scores


def alike(a: str, b: str, floor: int = 0) -> int:
    """Share of letters that two texts have in common, in order, of 10,000, rounded down; 0 below the floor."""
    letters = len(a) + len(b)
    allowed = letters * (WHOLE - floor) // WHOLE
    if not letters or abs(len(a) - len(b)) > allowed:
        return 0
    apart = Indel.distance(a, b, score_cutoff=allowed)
    return WHOLE * (letters - apart) // letters if apart <= allowed else 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A name that is compared with many: its words, and what of them is compared."""

    tokens: Tokens
    ordered: str
    runs: tuple[str, ...]

    @classmethod
    def of(cls, tokens: Tokens) -> Asked:
        starts = range(len(tokens) if len(tokens) <= ROTATED else 1)
        runs = tuple("".join(tokens[start:] + tokens[:start]) for start in starts)
        return cls(tokens, " ".join(sorted(tokens)), runs)


def score(asked: Asked, other: Named, floor: int = 0) -> int:
    """How much a name resembles another, of 10,000: the best of the three ways; 0 where all are below the floor."""
    best = alike(asked.ordered, other.ordered, floor)
    if best == WHOLE:
        return best
    floor = max(floor, best)
    letters = len(asked.runs[0]) + len(other.joined)
    if abs(len(asked.runs[0]) - len(other.joined)) <= letters * (WHOLE - floor) // WHOLE:
        for joined in asked.runs:
            best = max(best, alike(joined, other.joined, floor))
    if len(asked.tokens) != len(other.tokens):
        best = max(best, _with_fewer_words(asked.tokens, other.tokens, max(floor, best)))
    return best


def _with_fewer_words(a: Tokens, b: Tokens, floor: int) -> int:
    """The shorter name against the words of the longer one: all stand there, one of them perhaps with a slip."""
    few, many = (a, b) if len(a) < len(b) else (b, a)
    surplus = SURPLUS * (len(many) - len(few))
    if len(few) < 2 or floor + surplus > WHOLE:
        return 0
    left = list(many)
    odd: list[str] = []
    for word in few:
        if word in left:
            left.remove(word)
        else:
            odd.append(word)
    if len(odd) > 1:
        return 0
    if not odd:
        return WHOLE - surplus
    same = " ".join(word for word in few if word not in odd)
    close = [word for word in left if min(len(word), len(odd[0])) > SHORT and _a_slip_apart(word, odd[0])]
    fitting = max((alike(f"{same} {odd[0]}", f"{same} {word}", floor + surplus) for word in close), default=0)
    return max(0, fitting - surplus)


def _a_slip_apart(a: str, b: str) -> bool:
    """Equal, or one letter added, lost, changed, or swapped with its neighbour."""
    return OSA.distance(a, b, score_cutoff=1) <= 1


def search(index: Index, forms: Sequence[Tokens], floor: int) -> dict[int, int]:
    """Entries that any of the plain forms of one person reaches the floor with: place to best score."""
    found: dict[int, int] = {}
    for tokens in forms:
        asked = Asked.of(tokens)
        for number in _promising(index, asked, floor):
            other = index.named[number]
            reached = score(asked, other, max(floor, found.get(other.place, 0)))
            if reached > found.get(other.place, 0):
                found[other.place] = reached
    return found


def _promising(index: Index, asked: Asked, floor: int) -> set[int]:
    """Names that may reach the floor, sifted many at a time; a little below it, because ratios are rounded.

    Names too long or too short for the floor are passed over; those that only share a word are run together in the
    asked name's own order, not in all.
    """
    share = max(0.0, floor / WHOLE * 100 - 0.01)
    letters = len(asked.runs[0])
    shortest = letters * floor // (2 * WHOLE - floor) - SPACES
    longest = letters * (2 * WHOLE - floor) // max(1, floor) + SPACES
    found: set[int] = set()
    words: list[set[int]] = []
    for gram, size in grams_of(asked.tokens):
        near = index.near(gram)
        first, last = bisect_left(near.lengths, shortest), bisect_right(near.lengths, longest)
        if first < last:
            ordered, joined = near.ordered[first:last], near.joined[first:last]
            sifted = process.extract(asked.ordered, ordered, scorer=fuzz.ratio, score_cutoff=share, limit=None)
            for run in asked.runs if size > 1 else asked.runs[:1]:
                sifted += process.extract(run, joined, scorer=fuzz.ratio, score_cutoff=share, limit=None)
            found.update(near.numbers[first + at] for _, _, at in sifted)
        if size == 1 and near.numbers:
            words.append(set(near.numbers))
    count = len(asked.tokens)
    for one, other in combinations(words, 2):
        found.update(number for number in one & other if len(index.named[number].tokens) != count)
    return found
