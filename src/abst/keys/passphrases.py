"""Where a passphrase comes from: environment, a file, a prompt; in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from abst.errors import UsageError

PassphraseOf = Callable[[str], str | None]


def passphrases(env: Mapping[str, str], file: Path | None = None, prompt: PassphraseOf | None = None) -> PassphraseOf:
    """A lookup by keystore name, None when nobody knows it.

    Order: ``ABST_PASSPHRASE_<NAME>`` (upper case, - as _), ``ABST_PASSPHRASE``, the YAML file `file` or else the one
    named by ``ABST_PASSPHRASE_FILE`` (name: passphrase), then `prompt` (pass one only when a person is there).
    The file is read when first needed; UsageError when it cannot be.
    """
    named = env.get("ABST_PASSPHRASE_FILE")
    path = file if file is not None else Path(named) if named else None
    known: dict[str, str] | None = None

    def look_up(name: str) -> str | None:
        nonlocal known
        for variable in ("ABST_PASSPHRASE_" + name.upper().replace("-", "_"), "ABST_PASSPHRASE"):
            if variable in env:
                return env[variable]
        if path is not None:
            known = _read(path) if known is None else known
            if name in known:
                return known[name]
        return prompt(name) if prompt is not None else None

    return look_up


def _read(path: Path) -> dict[str, str]:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        # A YAML error quotes the line it stumbled on, which may be a passphrase: name its kind alone.
        raise UsageError("the passphrase file cannot be read", found=type(error).__name__, where=str(path)) from None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise UsageError("not a passphrase file", needed="lines of name: 'passphrase', quoted", where=str(path))
    return {str(name): value for name, value in content.items()}
