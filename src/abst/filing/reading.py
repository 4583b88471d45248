"""YAML as people mean it: `on`, `no` and `yes` are words (NO is Norway), and a field given twice is an error."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import yaml

from abst.errors import UsageError
from abst.values import shallow

if TYPE_CHECKING:
    _Base = yaml.SafeLoader
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BOOL = "tag:yaml.org,2002:bool"


class _Loader(_Base):
    """PyYAML's safe loader with the truth values of YAML 1.2 and without silent repetition."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML declares it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOL]
        for first, resolvers in _Base.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        names = [key for key, _ in node.value if key.tag == "tag:yaml.org,2002:str"]
        for key in names:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is given twice", key.start_mark)
            seen.add(key.value)
        made: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return made


_Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def parse(text: str, where: str) -> Any:
    """The plain values of a YAML text. Raises UsageError when it is not YAML, or names a field twice."""
    try:
        with shallow(where):
            return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError) as error:
        raise UsageError("not YAML", found=str(error), where=where) from None
