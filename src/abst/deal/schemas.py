"""JSON Schemas of the files that people write about a deal, for editors and for other programs (``abst deal schema``).

They say the form alone: what is ambiguous, or cannot be paid, `Deal.read` says.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from abst.deal.answers import Answers
from abst.deal.model import Deal
from abst.deal.scenario import SCHEMA, Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXACT = r"^-?[0-9]+(\.[0-9]+)?$"


class _Exact(GenerateJsonSchema):
    """A decimal is text or a whole number: a float has lost its digits before anybody reads it."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        return {"type": ["string", "integer"], "pattern": EXACT}

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """What is read before it is checked: one for a list of one, a whole number for a text."""
        inner = super().function_before_schema(schema)
        if inner.get("type") == "array" and "items" in inner:
            return {"anyOf": [inner["items"], inner]}
        return {**inner, "type": ["string", "integer"]} if inner.get("type") == "string" else inner


def schemas() -> dict[str, dict[str, Any]]:
    """Word of the command -> schema: of a deal, of a scenario file, of an answers file."""
    return {
        "deal": _of(Deal, "A deal: abst-deal-2"),
        "scenario": _scenarios(),
        "answers": _of(Answers, "Published figures of a deal: abst-answers-1"),
    }


def _of(model: type[BaseModel], title: str) -> dict[str, Any]:
    made = model.model_json_schema(by_alias=True, schema_generator=_Exact)
    return {"$schema": DIALECT, **made, "title": title}


def _scenarios() -> dict[str, Any]:
    """One scenario with its name, or many by name."""
    one = Scenario.model_json_schema(by_alias=True, schema_generator=_Exact, ref_template="#/$defs/{model}")
    defs = one.pop("$defs", {})
    head = {"schema": {"const": SCHEMA}}
    alone = {**one, "properties": {**head, **one["properties"]}, "required": ["schema"]}
    many = {
        "type": "object",
        "properties": {**head, "scenarios": {"type": "object", "additionalProperties": one, "minProperties": 1}},
        "required": ["schema", "scenarios"],
        "additionalProperties": False,
    }
    return {"$schema": DIALECT, "title": f"Scenarios: {SCHEMA}", "anyOf": [many, alone], "$defs": defs}
