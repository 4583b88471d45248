"""The dossier as a file: its model, schema and skeleton, its reading, its attachments, and words in names.

What its checks refuse is data: rulebook/cases/dossier_*.yaml, run by test_cases.py.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from abst import demo_data
from abst.deal import Deal
from abst.errors import Refused, UsageError
from abst.filing.attachments import hashes
from abst.filing.blocks import Layer
from abst.filing.checks import DossierFacts, check, decide, judge
from abst.filing.checks.common import banned_words, percent, years_after, years_before
from abst.filing.dossier import Dossier, schema
from abst.filing.reading import parse
from abst.filing.skeleton import skeleton
from abst.integrity.cases import run, shipped
from abst.rulebook import load
from abst.values import file_digest

TEXT = demo_data.text("dossier.yaml")
RAW: dict[str, Any] = parse(TEXT, "dossier")
DEAL = Deal.read(demo_data.text("deal.yaml"))
CASES = [case for case in shipped() if case.kind == "dossier"]
BLOCKS = [name for name in Dossier.model_fields if name not in ("schema_", "filing")]


def places(raw: dict[str, Any], deal: Deal | None = DEAL) -> list[tuple[str, str]]:
    return [(refusal.rule, refusal.where) for refusal in judge(raw, load(), deal)]


# ---- the shipped file and its faulty variants


def test_the_shipped_dossier_passes() -> None:
    """The demo's dossier has no refusal, against its deal too."""
    assert places(RAW) == []


def test_the_faulty_variants_are_enough_and_each_has_one_fault() -> None:
    """At least sixty shipped variants are refused, each by exactly one rule at one place, and their rules are many."""
    faulty = [case for case in CASES if case.expect]
    assert len(faulty) >= 60
    assert [case.id for case in faulty if len(case.expect) != 1 or case.places is None] == []
    assert len({case.expect for case in faulty}) >= 35


def test_a_refusal_says_what_was_found_and_what_is_needed() -> None:
    """No refusal of the variants leaves found, needed, place or source empty."""
    for case in CASES:
        for refusal in run(case, load()):
            assert all((refusal.found, refusal.needed, refusal.where, refusal.source)), case.id


def test_a_check_of_a_whole_file_is_quick() -> None:
    """All checks of the shipped file, its 71 papers and 46 flows take well under a tenth of a second."""
    dossier = Dossier.of(RAW)
    begun = time.process_time()
    check(dossier, load(), DEAL)
    assert time.process_time() - begun < 0.1


@given(st.sets(st.sampled_from(BLOCKS)))
@settings(max_examples=40, deadline=None)
def test_checks_are_silent_about_absent_blocks(absent: set[str]) -> None:
    """Whatever blocks are left out, each missing one is named once, and no check of another block fails over it."""
    raw = {name: value for name, value in RAW.items() if name not in absent}
    required = load().words("R-25", "blocks")
    expected = {("R-25", block) for block in absent if block in required}
    if "documents" in absent:
        expected |= {("R-24", f"documents[{code}]") for code in load().words("R-24", "documents")}
    assert set(places(raw)) == expected


def test_facts_come_back_from_storage_as_they_were() -> None:
    """The facts of a check are plain values: judged after a round trip through JSON, they are judged the same."""
    text = Dossier.of(RAW).model_dump_json(by_alias=True)
    raw = yaml.safe_load(text)
    raw["entity"]["country"] = "HK"
    found = [(r.rule, r.where) for r in decide(DossierFacts(raw, DEAL), load())]
    assert found == [("R-23", "entity.country")]


# ---- reading


def test_malformed_fields_are_refused_with_their_places() -> None:
    """Missing, unknown and wrong fields are reported together, each with its path, and nothing else."""
    raw = copy.deepcopy(RAW)
    del raw["plan"]["tranches"][1]["face"]
    raw["entity"]["nickname"] = "x"
    raw["documents"][0]["sha256"] = "0x12"
    with pytest.raises(Refused) as caught:
        Dossier.of(raw)
    found = {(r.reason, r.where) for r in caught.value.refusals}
    assert found == {
        ("field-missing", "plan.tranches[1].face"),
        ("field-unknown", "entity.nickname"),
        ("field-malformed", "documents[0].sha256"),
    }


@pytest.mark.parametrize("text", ["- a", "a: [", "", "a: 2026-13-45", "a: 1\na: 2", "? [a]\n: b", "[" * 5000])
def test_what_is_no_dossier(text: str) -> None:
    """Text that is no mapping, a date that is none, a field given twice: wrong words, not a refusal."""
    with pytest.raises((UsageError, Refused)):
        Dossier.read(text)


def test_yaml_means_what_people_write() -> None:
    """Norway is no truth value, `on` is a word, and a date stays a date."""
    assert parse("{country: NO, on: 2026-07-15, yes: off, flag: true}", "x") == {
        "country": "NO",
        "on": date(2026, 7, 15),
        "yes": "off",
        "flag": True,
    }


def test_the_digest_is_of_the_content() -> None:
    """Comments and layout do not change the digest; any fact does."""
    again = yaml.safe_dump(RAW, allow_unicode=True, sort_keys=True)
    assert Dossier.read(again).digest == Dossier.read(TEXT).digest
    changed = TEXT.replace("closing_on: 2026-08-31", "closing_on: 2026-08-30")
    assert Dossier.read(changed).digest != Dossier.read(TEXT).digest


# ---- schema and skeleton


def fields(model: type[BaseModel], seen: set[type] | None = None) -> Iterator[tuple[type[BaseModel], str]]:
    """Every field of every block below a model."""
    seen = set() if seen is None else seen
    if model in seen:
        return
    seen.add(model)
    for name, info in model.model_fields.items():
        yield model, name
        for part in _models(info.annotation):
            yield from fields(part, seen)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


def test_every_field_says_its_meaning_unit_rule_and_source() -> None:
    """Each property of the schema has a description, a unit, and a rule of the rulebook with its source."""
    made, rules = schema(), load().rules
    for part in (made, *made["$defs"].values()):
        for name, field in part["properties"].items():
            assert field["description"], name
            assert field["x-unit"], name
            assert field["x-rule"] in rules, name
            assert field["x-source"] == rules[field["x-rule"]].source
            if "x-list" in field:
                assert load().words(*field["x-list"].split(" ", 1))


def test_the_schema_takes_the_shipped_dossier_and_no_unknown_field() -> None:
    """The published JSON Schema accepts what the checks accept, and is as strict about names."""
    jsonschema.Draft202012Validator.check_schema(schema())
    as_json = json.loads(Dossier.of(RAW).model_dump_json(by_alias=True))
    jsonschema.validate(as_json, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**as_json, "nickname": "x"}, schema())


def test_the_skeleton_has_every_field_of_the_model_with_its_words() -> None:
    """Each field of each block stands in the skeleton with its description; YAML reads it."""
    text = skeleton()
    plain = " ".join(line.strip().removeprefix("#").strip() for line in text.splitlines())
    for model, name in fields(Dossier):
        info = model.model_fields[name]
        assert f"{info.alias or name}:" in text, f"{model.__name__}.{name}"
        assert str(info.description) in plain, f"{model.__name__}.{name}"
    raw = parse(text, "skeleton")
    assert set(raw) == {info.alias or name for name, info in Dossier.model_fields.items()}


def fill(model: type[BaseModel], raw: dict[str, Any]) -> dict[str, Any]:
    """A skeleton's values with every blank filled by something of the field's kind."""
    made = {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        inner = _models(info.annotation)
        given = raw[key]
        if inner and isinstance(given, list):
            made[key] = [fill(inner[0], item) for item in given]
        elif inner and isinstance(given, dict):
            made[key] = fill(inner[0], given)
        elif given == [] and not inner:
            made[key] = _value(info)
        elif given is not None or (info.default is None and not info.is_required()):
            made[key] = given
        else:
            made[key] = _value(info)
    return made


def _value(info: Any) -> Any:
    """Something that a field takes."""
    kind, name = info.annotation, str(info.annotation)
    if kind is bool:
        return True
    if kind is int:
        return 2026 if any(getattr(limit, "ge", 0) == 1990 for limit in info.metadata) else 1
    if kind is date or "date" in name:
        return date(2026, 7, 15)
    if "Literal" in name:
        return kind.__args__[0]
    pattern = next((limit.pattern for limit in info.metadata if getattr(limit, "pattern", None)), "")
    text = "0x" + "0" * 64 if "0x" in pattern else "a@b.cd" if "@" in pattern else "1.0" if "\\d" in pattern else "abc"
    return (1,) if "tuple[int" in name else (text,) if name.startswith("tuple") else text


def test_a_filled_skeleton_is_a_dossier() -> None:
    """With every blank filled by a value of its kind, the skeleton reads as a dossier; its checks then run through."""
    raw = fill(Dossier, parse(skeleton(), "skeleton"))
    assert check(Dossier.of(raw), load())


def test_an_empty_skeleton_is_refused_field_by_field() -> None:
    """Checked as it is printed, the skeleton names every blank."""
    with pytest.raises(Refused) as caught:
        Dossier.read(skeleton())
    assert len(caught.value.refusals) > 150
    assert {refusal.rule for refusal in caught.value.refusals} == {"R-25"}


# ---- attachments


def test_attachments_are_read_from_their_folder_alone(tmp_path: Path) -> None:
    """A file by its path gives its hash, a missing one nothing; a path out of the folder is an error."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "report.pdf").write_bytes(b"report")
    (tmp_path / "secret").write_bytes(b"secret")
    raw = copy.deepcopy(RAW)
    raw["documents"][0]["path"] = "report.pdf"
    raw["undertakings"][1]["path"] = "missing.pdf"
    found = hashes(Dossier.of(raw), folder)
    assert found == {"report.pdf": file_digest(b"report"), "missing.pdf": None}
    (folder / "link").symlink_to(tmp_path / "secret")
    for outside in ("../secret", "/etc/hostname", "link"):
        raw["documents"][0]["path"] = outside
        with pytest.raises(UsageError, match="outside"):
            hashes(Dossier.of(raw), folder)


# ---- small words


@given(st.integers(1, 9999), st.integers(1, 12), st.integers(1, 28), st.integers(0, 50))
def test_years_go_there_and_back(year: int, month: int, day: int, years: int) -> None:
    """Away from 29 February, so many years before and after are inverse."""
    start = date(max(year, 60) % 9900 + 60, month, day)
    assert years_after(years_before(start, years), years) == start


def test_leap_days_in_look_backs_and_terms() -> None:
    """29 February goes to 28 February of a common year, both ways."""
    assert years_before(date(2028, 2, 29), 3) == date(2025, 2, 28)
    assert years_before(date(2028, 2, 29), 4) == date(2024, 2, 29)
    assert years_after(date(2028, 2, 29), 1) == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("X ｓｔａｂｌｅＣＯＩＮ Ltd", ["stablecoin"]),
        ("Stable Coins", ["stablecoin"]),
        ("real world asset tokenisation", ["real-world asset tokenisation"]),
        ("R W A 咨询", ["RWA"]),
        ("ＲＷＡ", ["RWA"]),
        ("虚 拟、货·币", ["虚拟货币"]),
        ("cryptography", []),
        ("narwas", []),
        ("stable coinage", []),
        ("", []),
    ],
)
def test_listed_words_hide_behind_nothing(text: str, hits: list[str]) -> None:
    """Width, case, blanks, points and the plural hide no listed word; a part of another Latin word is none."""
    assert banned_words(text, load().words("R-69", "words")) == hits


@given(st.lists(st.sampled_from([" ", "·", "　", "-", "."]), min_size=5, max_size=5))
def test_no_separator_hides_a_listed_word(separators: list[str]) -> None:
    """Whatever stands between the characters of a Chinese word or the letters of RWA, the word is found."""
    words = load().words("R-69", "words")
    spaced = "".join(c + s for c, s in zip("虚拟资产币", separators, strict=True))
    assert "虚拟资产" in banned_words(f"示例{spaced}公司", words)
    assert banned_words(f"A {'R' + separators[0] + 'W' + separators[1] + 'A'} fund", words) in (["RWA"], [])


def test_percent_is_rounded_down_without_floats() -> None:
    """Shares print with four decimals, never more than they are."""
    assert percent(Fraction(15, 100)) == "15.0000 %"
    assert percent(Fraction(1500009, 10_000_000)) == "15.0000 %"
    assert percent(Fraction(1, 3)) == "33.3333 %"


def test_a_layer_nests_without_end() -> None:
    """A barred asset twenty layers down is found at its path."""
    raw = copy.deepcopy(RAW)
    layer = raw["assets"]["layers"][0]
    bottom = layer["underlying"][0]
    for n in range(20):
        below = {**copy.deepcopy(bottom), "id": f"layer-{n}", "underlying": []}
        bottom["underlying"] = [below]
        bottom = below
    bottom["type"] = "warehouse-receipt"
    assert Layer.model_validate(layer)
    assert places(raw) == [("R-21", "assets.layers[0]" + ".underlying[0]" * 21)]
