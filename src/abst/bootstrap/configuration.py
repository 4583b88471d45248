"""What ``config.toml`` of a home says, read strictly: a name or a value that is not known is an error, not ignored.

registry_id = "0x…"
zone = "Asia/Hong_Kong"

[chain]                       # path of the embedded chain's file, or urls of nodes of one network
urls = ["https://node-1:8545", "https://node-2:8545"]
id = 20260206
finality = 0                  # blocks on top of a receipt's, or "finalized": the node says it
timeout = 30                  # optional, and so are all below; the words are those of NodeSettings

[store]
url = "sqlite:///registry.db"

[sender]                      # the words of SenderSettings
[signers.operations-1]        # a key that an external signer holds: url, address, authority, certificate, timeout
"""

from __future__ import annotations

import getpass
import json
import os
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from abst.chain.nodes import NodeSettings
from abst.chain.sending.settings import SenderSettings
from abst.errors import Unavailable, UsageError
from abst.keys import External
from abst.keys import passphrases as passphrase_lookup
from abst.values import Hash

CONFIG = "config.toml"
PASSPHRASES = "passphrases.yaml"  # in homes for trying out only
FINALIZED: Literal["finalized"] = "finalized"
_SQLITE = "sqlite:///"
_Settings = TypeVar("_Settings", NodeSettings, SenderSettings, External)

PassphraseOf = Callable[[str], str | None]
Finality = int | Literal["finalized"]


@dataclass(frozen=True, slots=True)
class Config:
    """What ``config.toml`` says; relative paths are taken from the home. chain_urls empty: an embedded chain.

    finality: blocks on top of a receipt's before it is final, or ``finalized``; signers: keys that are elsewhere.
    """

    registry_id: Hash
    zone: str
    chain_path: str
    chain_urls: tuple[str, ...]
    chain_id: int
    finality: Finality
    store_url: str
    node: NodeSettings = field(default_factory=NodeSettings)
    sender: SenderSettings = field(default_factory=SenderSettings)
    signers: Mapping[str, External] = field(default_factory=dict)

    def text(self) -> str:
        """As a file; what is as by default is left out."""
        chain = f"urls = {_toml(list(self.chain_urls))}" if self.chain_urls else f"path = {_toml(self.chain_path)}"
        lines = [
            f"registry_id = {_toml(self.registry_id)}",
            f"zone = {_toml(self.zone)}",
            "",
            "[chain]",
            chain,
            f"id = {self.chain_id}",
            f"finality = {_toml(self.finality)}",
            *_changed(self.node),
            "",
            "[store]",
            f"url = {_toml(self.store_url)}",
        ]
        if changed := _changed(self.sender):
            lines += ["", "[sender]", *changed]
        for name, signer in self.signers.items():
            lines += ["", f"[signers.{name}]", *_changed(signer)]
        return "\n".join(lines) + "\n"

    def store_at(self, home: Path) -> str:
        """The store's address, a path of SQLite from the home made whole."""
        if not self.store_url.startswith(_SQLITE):
            return self.store_url
        return _SQLITE + str((home / self.store_url.removeprefix(_SQLITE)).resolve())


def default_home() -> Path:
    """``ABST_HOME``, or ``./.abst``."""
    return Path(os.environ.get("ABST_HOME", "./.abst"))


def passphrases(home: Path | None = None) -> PassphraseOf:
    """Passphrases by keystore name: the home's ``passphrases.yaml`` if it has one, the environment, and a prompt when
    a person is at the terminal."""
    file = home / PASSPHRASES if home is not None and (home / PASSPHRASES).exists() else None
    return passphrase_lookup(os.environ, file, _ask if sys.stdin.isatty() else None)


def _ask(name: str) -> str | None:
    return getpass.getpass(f"passphrase of {name}: ") or None


# ---- reading


def read_config(home: Path) -> Config:
    """The home's configuration. Raises Unavailable when there is none, UsageError when it is malformed."""
    path = home / CONFIG
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Unavailable(
            "there is no home here", found="no config.toml", needed="abst init", where=str(home)
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError("the configuration is malformed", found=str(error), needed="TOML", where=str(path)) from None
    whole = _Table(raw, str(path), "")
    chain, store = whole.table("chain"), whole.table("store")
    urls = chain.texts("urls") or ((chain.text("url"),) if "url" in chain.values else ())
    if bool(urls) == ("path" in chain.values):
        raise chain.wrong("", "path and urls" if urls else "neither", "path of the embedded chain, or urls of nodes")
    config = Config(
        registry_id=Hash(whole.text("registry_id")),
        zone=whole.text("zone"),
        chain_path="" if urls else chain.text("path"),
        chain_urls=urls,
        chain_id=chain.number("id", 1),
        finality=chain.finality(),
        store_url=store.text("url"),
        node=chain.settings(NodeSettings).at(home),
        sender=whole.table("sender", {}).settings(SenderSettings),
        signers={name: whole.table("signers").table(name).external(home) for name in whole.table("signers", {}).values},
    )
    chain.no_more("url", "urls", "path", "id", "finality", *_names(NodeSettings))
    store.no_more("url")
    whole.no_more("registry_id", "zone", "chain", "store", "sender", "signers")
    return config


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file, which says where in it something is wrong."""

    values: dict[str, Any]
    file: str
    name: str

    def wrong(self, key: str, found: str, needed: str) -> UsageError:
        place = ".".join(part for part in (self.name, key) if part)
        return UsageError("the configuration is malformed", found=found, needed=needed, where=f"{place} in {self.file}")

    def value(self, key: str, needed: str) -> Any:
        if key not in self.values:
            raise self.wrong(key, "nothing", needed)
        return self.values[key]

    def text(self, key: str) -> str:
        found = self.value(key, "a text")
        if not isinstance(found, str) or not found:
            raise self.wrong(key, _toml(found), "a text")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.values.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
            raise self.wrong(key, _toml(found), "a list of texts")
        return tuple(found)

    def number(self, key: str, least: int = 0) -> int:
        found = self.value(key, "a whole number")
        if not isinstance(found, int) or isinstance(found, bool) or found < least:
            raise self.wrong(key, _toml(found), f"a whole number, at least {least}")
        return found

    def finality(self) -> Finality:
        if self.values.get("finality") == FINALIZED:
            return FINALIZED
        try:
            return self.number("finality") if "finality" in self.values else 0
        except UsageError as error:
            raise self.wrong("finality", error.found, 'a number of blocks, or "finalized"') from None

    def table(self, key: str, default: dict[str, Any] | None = None) -> _Table:
        found = self.values.get(key, default)
        if not isinstance(found, dict):
            raise self.wrong(key, "nothing" if found is None else _toml(found), f"a table [{key}]")
        return _Table(found, self.file, f"{self.name}.{key}" if self.name else key)

    def settings(self, kind: type[_Settings]) -> _Settings:
        """Those of a dataclass's fields that the table names; each by the type of its default."""
        given: dict[str, Any] = {
            name: self.number(name) if isinstance(default, int) else self.text(name)
            for name, default in _names(kind).items()
            if name in self.values
        }
        if kind is not NodeSettings:
            self.no_more(*_names(kind))
        try:
            return kind(**given)
        except UsageError as error:
            raise self.wrong("", error.found, f"{error.message}; {error.needed}") from None

    def external(self, home: Path) -> External:
        for name in ("url", "address"):
            self.text(name)
        return self.settings(External).at(home)

    def no_more(self, *known: str) -> None:
        for key in self.values:
            if key not in known:
                raise self.wrong(key, "an unknown name", f"one of {', '.join(known)}")


def _names(kind: type[Any]) -> dict[str, Any]:
    """The fields of settings with their defaults; `""` for one that must be given."""
    return {one.name: "" if one.default is MISSING else one.default for one in fields(kind)}


def _changed(settings: NodeSettings | SenderSettings | External) -> list[str]:
    default = _names(type(settings))
    given = {name: getattr(settings, name) for name in default}
    return [f"{name} = {_toml(value)}" for name, value in given.items() if value != default[name]]


def _toml(value: Any) -> str:
    """A value as TOML has it; for texts, numbers and lists that is JSON, but for one sign."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# ---- writing


def write_config(home: Path, config: Config) -> None:
    """Whole or absent: an interrupted init must not leave half a file."""
    draft = home / (CONFIG + ".new")
    draft.write_text(config.text(), encoding="utf-8")
    draft.replace(home / CONFIG)
