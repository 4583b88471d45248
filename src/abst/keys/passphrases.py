"""Where a passphrase comes from: the home's own file, the environment, a named file, a prompt; in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from abst.errors import UsageError

PassphraseOf = Callable[[str], str | None]


def passphrases(env: Mapping[str, str], file: Path | None = None, prompt: PassphraseOf | None = None) -> PassphraseOf:
    """A lookup by keystore name, None when nobody knows it.

    Order: the YAML file `file` (name: passphrase) of a home for trying out, whose random words nothing else can know;
    ``ABST_PASSPHRASE_<NAME>`` (upper case, - as _); ``ABST_PASSPHRASE``; the file named by ``ABST_PASSPHRASE_FILE``;
    then `prompt` (pass one only when a person is there). A variable that is empty is as good as none. A file is read
    when first needed; UsageError when it cannot be.
    """
    named = env.get("ABST_PASSPHRASE_FILE")
    read: dict[Path, dict[str, str]] = {}

    def in_file(path: Path | None, name: str) -> str | None:
        if path is None:
            return None
        if path not in read:
            read[path] = _read(path)
        return read[path].get(name)

    def look_up(name: str) -> str | None:
        own = in_file(file, name)
        if own is not None:
            return own
        for variable in ("ABST_PASSPHRASE_" + name.upper().replace("-", "_"), "ABST_PASSPHRASE"):
            if env.get(variable):
                return env[variable]
        found = in_file(Path(named) if named else None, name)
        return prompt(name) if found is None and prompt is not None else found

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
