"""docs/deal.md tells the truth: its worked vectors come out to the unit, and its words are those of the format."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from abst.deal import blocks
from abst.deal.answers import Measure
from abst.deal.model import Deal
from abst.deal.running import Outcome, run_period

PAGE = (Path(__file__).parents[2] / "docs/deal.md").read_text(encoding="utf-8")
BLOCKS = {title: yaml.safe_load(body) for title, body in re.findall(r"```yaml\n# (.+?)\n(.*?)```", PAGE, re.S)}
FRAME = BLOCKS.pop("frame")


def found(outcome: Outcome, what: str) -> Any:
    """A part of an outcome as the page writes it."""
    match what:
        case "steps":
            return {step.step: step.paid for step in outcome.steps}
        case "accounts":
            return {name: account.closing for name, account in outcome.accounts.items()}
        case "classes" | "fees":
            rows = getattr(outcome, what)
            return {name: {word: getattr(row, word) for word in row.__slots__} for name, row in rows.items()}
    return getattr(outcome, what)


def part(whole: Any, wanted: Any) -> Any:
    """Of what was found, that which is named."""
    if not isinstance(wanted, dict):
        return whole
    return {name: part(whole.get(name), value) for name, value in wanted.items()}


@pytest.mark.parametrize("title", BLOCKS)
def test_a_worked_vector_comes_out(title: str) -> None:
    """Every figure that the page states is what the program gives."""
    vector = BLOCKS[title]
    deal = Deal.of(FRAME | vector["deal"])
    state = deal.compiled.start
    for number, payment in enumerate(vector["payments"], 1):
        outcome = run_period(deal, payment["report"], state)
        stated = {what: wanted for what, wanted in payment.items() if what != "report"}
        assert stated, f"payment {number} states nothing"
        for what, wanted in stated.items():
            assert part(found(outcome, what), wanted) == wanted, f"payment {number}, {what}"
        state = outcome.state


def test_ten_vectors_and_every_kind_of_step() -> None:
    """At least ten vectors stand on the page, and each kind of step but the plainest is worked in one."""
    assert len(BLOCKS) >= 10
    worked = {step["kind"] for one in BLOCKS.values() for mode in one["deal"]["waterfall"].values() for step in mode}
    assert worked | {"pay", "let"} == set(get_args(blocks.Kind))


def test_the_page_names_every_word_of_the_format() -> None:
    """Each field of each block, each kind of step and each measure stands on the page."""
    models = [Deal, *(one for one in vars(blocks).values() if isinstance(one, type) and issubclass(one, blocks.Strict))]
    fields = {field.alias or name for model in models for name, field in model.model_fields.items()}
    words = fields | set(get_args(blocks.Kind)) | set(Measure) | blocks.WORDS_OF_THE_LANGUAGE
    assert sorted(word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", PAGE)) == []
