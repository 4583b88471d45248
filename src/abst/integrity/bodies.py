"""Replaces the compiled bodies of predicates for a while: to find nothing, or to be watched. For proofs alone.

Tuples of gates hold the function objects themselves, so it is their bodies that change, for everybody who holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import isgeneratorfunction, signature
from types import CodeType, FunctionType
from typing import Any

from abst.errors import IntegrityFailure

NAME = "the predicate"  # in a body that is put in: the name of the function that it stands for
WATCHING: dict[str, Callable[..., Any]] = {}  # path of a watched predicate -> what to call for it


@dataclass(slots=True)
class Watch:
    """Which predicates ran since it was last cleared, and which of them found something."""

    reached: set[str] = field(default_factory=set)
    spoke: set[str] = field(default_factory=set)

    def taken(self) -> tuple[frozenset[str], frozenset[str]]:
        """Both, and clear them."""
        both = frozenset(self.reached), frozenset(self.spoke)
        self.reached.clear()
        self.spoke.clear()
        return both

    def watching(self, path: str, original: Callable[..., Any], lazy: bool) -> Callable[..., Any]:
        """The original, noting that it ran and whether it found something. lazy: it is a generator."""

        def noted(*args: Any, **kwargs: Any) -> Any:
            self.reached.add(path)
            found = list(original(*args, **kwargs)) if lazy else original(*args, **kwargs)
            if found:
                self.spoke.add(path)
            return iter(found) if lazy else found

        return noted


@contextmanager
def watched(functions: Mapping[str, FunctionType]) -> Iterator[Watch]:
    """While it lasts, every call of these functions, by whomever, is noted; they answer as ever."""
    watch = Watch()
    bodies = {path: function.__code__ for path, function in functions.items()}
    for path, function in functions.items():
        original = FunctionType(
            function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
        )
        original.__kwdefaults__ = function.__kwdefaults__
        WATCHING[path] = watch.watching(path, original, isgeneratorfunction(function))
    try:
        for path, function in functions.items():
            _put(function, _watched.__code__, path)
        yield watch
    finally:
        for path, function in functions.items():
            _restore(function, bodies[path])
        WATCHING.clear()


@contextmanager
def switched_off(function: FunctionType) -> Iterator[None]:
    """While it lasts, the function finds nothing."""
    body = function.__code__
    # A legal ground is of the regime that its predicate is named for.
    _put(function, _neutral(function).__code__, function.__name__.replace("_", "-"))
    try:
        yield
    finally:
        _restore(function, body)


def _put(function: FunctionType, body: CodeType, name: str) -> None:
    code = function.__code__
    function.__signature__ = signature(function)  # type: ignore[attr-defined]  # how it is called does not change
    constants = tuple(name if constant == NAME else constant for constant in body.co_consts)
    function.__code__ = body.replace(co_freevars=code.co_freevars, co_name=code.co_name, co_consts=constants)


def _restore(function: FunctionType, body: CodeType) -> None:
    function.__code__ = body
    vars(function).pop("__signature__", None)


def _neutral(function: FunctionType) -> Callable[..., Any]:
    """A function that finds nothing and whose answer has the same form: by what the predicate says it returns."""
    says = str(function.__annotations__.get("return", "")).removeprefix("typing.")
    if isgeneratorfunction(function):
        return _NEUTRAL["generator"]
    if "| None" in says:
        return _NEUTRAL["none"]
    for word, answer in _NEUTRAL.items():
        if says.casefold().startswith(word):
            return answer
    raise IntegrityFailure(
        "this predicate has no neutral answer", found=says, needed=", ".join(_NEUTRAL), where=function.__qualname__
    )


def _watched(*args: Any, **kwargs: Any) -> Any:
    from abst.integrity.bodies import WATCHING

    return WATCHING["the predicate"](*args, **kwargs)


def _no_generator(*_: Any, **__: Any) -> Any:
    return
    yield


def _nothing(*_: Any, **__: Any) -> Any:
    return None


def _no_list(*_: Any, **__: Any) -> Any:
    return []


def _no_tuple(*_: Any, **__: Any) -> Any:
    return ()


def _no_iterator(*_: Any, **__: Any) -> Any:
    return iter(())


def _true(*_: Any, **__: Any) -> Any:
    return True


def _no_text(*_: Any, **__: Any) -> Any:
    return ""


def _zero(*_: Any, **__: Any) -> Any:
    return 0


def _ground(*_: Any, **__: Any) -> Any:
    from datetime import date

    from abst.investor.grounds import Ground

    return Ground("the predicate", date(2999, 12, 31), "")


_NEUTRAL: dict[str, Callable[..., Any]] = {
    "ground": _ground,
    "generator": _no_generator,
    "none": _nothing,
    "list": _no_list,
    "sequence": _no_tuple,
    "iterable": _no_tuple,
    "tuple": _no_tuple,
    "iterator": _no_iterator,
    "bool": _true,
    "str": _no_text,
    "int": _zero,
}
