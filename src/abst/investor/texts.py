"""The texts a client acknowledges, in English and Chinese, by version and hash (R-47, R-48, R-49). Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from abst.errors import NotFound
from abst.rulebook import Rulebook
from abst.values import Hash, digest

RULES = ("R-47", "R-48", "R-49")


@dataclass(frozen=True, slots=True)
class Text:
    """One version of one text. `sha256` is over version and both languages: what the client was shown."""

    version: str
    rule: str
    title: str
    title_zh: str
    en: str
    zh: str
    sha256: Hash

    @property
    def cell(self) -> str:
        """The acknowledgement of this text as a table writes it."""
        return f"{self.version}@{self.sha256}"


@cache
def texts() -> Mapping[str, Text]:
    """All texts ever published, by version; read once."""
    raw = yaml.safe_load(files("abst.investor").joinpath("warnings.yaml").read_text(encoding="utf-8"))["texts"]
    made = {}
    for version, said in raw.items():
        sha256 = digest({"version": version, "en": said["en"], "zh": said["zh"]})
        made[version] = Text(version=version, sha256=sha256, **said)
    return MappingProxyType(made)


def in_force(rulebook: Rulebook, rule: str) -> Text:
    """The text that a rule asks for. Raises NotFound when its setting names none that was published."""
    version = str(rulebook.setting(rule, "text_version"))
    if version not in texts():
        needed = ", ".join(texts())
        raise NotFound("no such text", found=version, needed=needed, where=f"rulebook {rule} text_version")
    return texts()[version]


def cells(rulebook: Rulebook) -> str:
    """Acknowledgements of all texts in force, as the column `acknowledged` takes them."""
    return ";".join(in_force(rulebook, rule).cell for rule in RULES)
