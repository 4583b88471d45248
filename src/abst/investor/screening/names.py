"""Names in one plain form, so that two spellings of a person compare: Latin letters and digits, small, in words. Pure.

NFKC, small letters, accents and points taken off, titles and legal forms left out. Chinese is written in pinyin and
in the older Wade-Giles, with the readings that characters have as surnames; traditional and simplified characters
have the same sound and so the same form. What is in another script stays in it. A Cantonese spelling (Chan for 陳)
meets the characters only when the record or the list gives both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import islice, product

Tokens = tuple[str, ...]
VARIANTS = 8  # of one name, at most

_TITLES = """mr mrs ms miss mx dr prof professor sir dame lord lady hon haji hajj hadji sheikh shaykh sheik mullah
mawlawi maulavi ayatollah col colonel maj capt captain lt brig brigadier jr sr ii iii esq ing dipl"""
_FORMS = """ltd limited co company corp corporation inc incorporated llc llp lp plc gmbh ag kg sa sas sarl srl spa bv nv
ab as oy aps pte pty sdn bhd jsc pjsc ojsc cjsc oao ooo zao pao fze fzc fzco est kk the and und et"""
TITLES, FORMS = frozenset(_TITLES.split()), frozenset(_FORMS.split())
CHINESE_FORMS = (
    "股份有限公司",
    "有限責任公司",
    "有限责任公司",
    "有限公司",
    "集團",
    "集团",
    "公司",
    "先生",
    "女士",
    "小姐",
)
# Readings that names have, beside the usual one or instead of it: the first stands when the character is a surname.
READINGS = {
    "單": ("shan", "dan"),
    "单": ("shan", "dan"),
    "曾": ("zeng", "ceng"),
    "仇": ("qiu", "chou"),
    "解": ("xie", "jie"),
    "查": ("zha", "cha"),
    "區": ("ou", "qu"),
    "区": ("ou", "qu"),
    "蓋": ("ge", "gai"),
    "盖": ("ge", "gai"),
    "樂": ("yue", "le"),
    "乐": ("yue", "le"),
    "朴": ("piao", "pu"),
    "翟": ("zhai", "di"),
    "萬": ("wan", "mo"),
    "万": ("wan", "mo"),
    "繆": ("miao", "mou"),
    "缪": ("miao", "mou"),
    "種": ("chong", "zhong"),
    "种": ("chong", "zhong"),
    "覃": ("qin", "tan"),
    "諶": ("chen", "shen"),
    "谌": ("chen", "shen"),
    "秘": ("bi", "mi"),
    "折": ("she", "zhe"),
    "員": ("yun", "yuan"),
    "员": ("yun", "yuan"),
    "薄": ("bo", "bao"),
    "冼": ("xian", "xi"),
    "洗": ("xian", "xi"),
    "召": ("shao", "zhao"),
    "長": ("chang", "zhang"),
    "长": ("chang", "zhang"),
    "朝": ("chao", "zhao"),
    "重": ("zhong", "chong"),
    "行": ("xing", "hang"),
    "盛": ("sheng", "cheng"),
    "晟": ("sheng", "cheng"),
    "茜": ("qian", "xi"),
    "娜": ("na", "nuo"),
    "蔓": ("man", "wan"),
}
_PLAIN = {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i", "ħ": "h", "·": " "}
_LETTERS = str.maketrans(_PLAIN | dict.fromkeys("'’‘`´ʼʿʾ", ""))
_UMLAUT = {"lv": "lu", "lyu": "lu", "nv": "nu", "nyu": "nu", "lve": "lue", "nve": "nue"}
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
_INITIALS = re.compile(r"\b(?:\w\.){2,}")
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=65_536)
def variants(name: str) -> tuple[Tokens, ...]:
    """The plain forms of one name, each a row of words in the name's own order; none for a name without a letter."""
    text = unicodedata.normalize("NFKC", name).casefold()
    chinese = _HAN.findall(text)
    found: list[Tokens] = []
    latin = _latin(_HAN.sub(" ", text))
    if latin:
        found.append(latin)
    if chinese:
        found += _chinese("".join(chinese))
    return tuple(dict.fromkeys(found))[:VARIANTS]


def all_variants(names: Iterable[str]) -> tuple[Tokens, ...]:
    """The plain forms of several names, each once."""
    return tuple(dict.fromkeys(form for name in names for form in variants(name)))


def _latin(text: str) -> Tokens:
    text = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", text.translate(_LETTERS))
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    tokens = [_UMLAUT.get(word, word) for word in _WORD.findall(unicodedata.normalize("NFKC", bare).replace("_", " "))]
    kept = tuple(word for word in tokens if word not in TITLES and word not in FORMS)
    # A name that is nothing but titles and forms is compared as it stands.
    return kept or tuple(tokens)


def _chinese(text: str) -> list[Tokens]:
    bare = text
    for form in CHINESE_FORMS:
        bare = bare.removesuffix(form)
    bare = bare or text
    readings = [_readings(character) for character in bare]
    pinyin = [tuple(form) for form in islice(product(*readings), VARIANTS)]
    return [*pinyin, _wade_giles(bare)]


@cache
def _readings(character: str) -> Tokens:
    from pypinyin import Style, lazy_pinyin

    if character in READINGS:
        return READINGS[character]
    said = lazy_pinyin(character, style=Style.NORMAL)[0].replace("v", "u")
    return (said if said.isascii() else character,)


def _wade_giles(text: str) -> Tokens:
    from pypinyin import Style, lazy_pinyin

    return tuple(lazy_pinyin(c, style=Style.WADEGILES)[0].replace("'", "").replace("v", "u") for c in text)
