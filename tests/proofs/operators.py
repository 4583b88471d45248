"""The ways to break a contract by one edit: what a mutant is, and all the mutants of a source.

Sources are read as forge formats them: one statement a line, or one that goes on until its `;`; binary operators stand
between spaces. Whether an edit still compiles, and changes anything, is for the compiler to say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

KINDS = (
    "check",
    "modifier",
    "update",
    "event",
    "comparison",
    "logic",
    "arithmetic",
    "constant",
)
DROPPED = "(dropped)"

_FUNCTION = re.compile(r"^\s*(?:function (\w+)|(constructor)|modifier (\w+))")
_NO_CODE = re.compile(r"^\s*(//|/\*|\*|pragma |import |using |type |error |event |struct |enum |interface |$)")
_DECLARED = re.compile(r"^\s*modifier (\w+)", re.MULTILINE)
BORROWED = frozenset({"nonReentrant", "nonReentrantView", "initializer"})  # modifiers of OpenZeppelin's
_STATEMENTS = {
    "check": re.compile(r"^(require\(|revert\b|(else )?if \(.*\) (return|revert)\b)"),
    "event": re.compile(r"^emit "),
    "update": re.compile(
        r"^(?:delete |(?:\([^()]*\)|[\w.]+(?:\[[^=;]*\])*(?:\.\w+)*) (?:=|\+=|-=|\|=|&=|\^=) "  # x = …, (a, b) = …
        r"|(?:\+\+|--)[\w.]|[\w.]+(?:\[[^=;]*\])*(?:\+\+|--);"  # ++x
        r"|(?!require|revert|return|emit|if|for|while|else|unchecked|assembly)[\w.]+(?:\[[^=;]*\])*(?:\.\w+)*\()"  # f()
    ),
}
_YUL_UPDATE = re.compile(r"^(mstore8?|sstore|tstore|calldatacopy|returndatacopy|mcopy|\w+ :=)")
_BINARY = re.compile(r"(?<= )(<=?|>=?|==|!=|&&|\|\||\+=?|-=?|\*|/|%|<<|>>|\|=?|&=?|\^)(?= )")
_SWAPS = {
    "comparison": {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="},
    "logic": {"&&": "||", "||": "&&"},
    "arithmetic": {
        **{
            "+": "-",
            "-": "+",
            "*": "/",
            "/": "*",
            "%": "*",
            "<<": ">>",
            ">>": "<<",
            "|": "&",
            "&": "|",
            "^": "&",
        },
        **{"+=": "-=", "-=": "+=", "|=": "&=", "&=": "|="},
    },
}
_YUL_CALL = re.compile(r"(?<![\w.])(gt|lt|eq|iszero|and|or|add|sub|shl|shr)(?=\()")
_YUL_SWAPS = {
    "comparison": {"gt": "lt", "lt": "gt", "eq": "lt", "iszero": "not"},
    "logic": {"and": "or", "or": "and"},
    "arithmetic": {"add": "sub", "sub": "add", "shl": "shr", "shr": "shl"},
}
_CONDITION = re.compile(r"^\s*(?:\} else |else )?if \((?P<condition>.*)\)(?= return| revert| \{|\s*$| \w)")
_NOT = re.compile(r"!(?=[\w(])")
_STEP = re.compile(r"\+\+|--")
_NUMBER = re.compile(r"(?<![\w.\"'])(0x[0-9a-fA-F]+|\d[\d_]*)(?![\w.\"'])")
_NAMED = re.compile(r"(?<![\w.])(true|false|(?:Reason|FilingStatus|Roles|AssetKind|Waiting)\.\w+)(?!\w)(?!\.)")
_ANOTHER = {
    "Reason": ("Matured", "TokenPaused"),
    "FilingStatus": ("Lapsed", "Effective"),
    "Roles": ("BANK", "PAYER"),
}


Name = tuple[str, str, str, str, int]  # of a mutant: file, function, before, after, nth


@dataclass(frozen=True, slots=True)
class Mutant:
    """One edit of one source.

    file: import name; function: where the edit stands, "" outside of any; before, after: the statement or line, spaces
    made one; nth: counts equal edits within a function from 1; start, end, text: the edit by offsets in the source.
    Everything but line and the offsets names the mutant, whatever is written around it.
    """

    file: str
    function: str
    kind: str
    before: str
    after: str
    nth: int
    line: int
    start: int
    end: int
    text: str

    @property
    def name(self) -> Name:
        return (self.file, self.function, self.before, self.after, self.nth)

    def applied(self, source: str) -> str:
        return source[: self.start] + self.text + source[self.end :]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    start: int  # offset in the source
    code: str  # without its comment
    function: str
    is_yul: bool
    is_signature: bool


@dataclass(frozen=True, slots=True)
class _Edit:
    kind: str
    start: int
    end: int
    text: str


def modifiers_in(source: str) -> set[str]:
    """The names of the modifiers that a source declares."""
    return set(_DECLARED.findall(source))


def mutants_of(file: str, source: str, modifiers: Iterable[str] = BORROWED) -> list[Mutant]:
    """Every mutant of a source, in its order; some will not compile. modifiers: those that may be dropped."""
    names = "|".join(sorted({*modifiers, *BORROWED}))
    modifier = re.compile(rf"(?<![\w.])(?:{names})(?:\([^()]*\))?(?= |$)")
    found: list[Mutant] = []
    seen: Counter[tuple[str, str, str]] = Counter()
    for line in _lines(source):
        for edit in _edits(line, source, modifier):
            before, after = _words(line, edit, source)
            key = (line.function, before, after)
            seen[key] += 1
            where = (
                file,
                line.function,
                edit.kind,
                before,
                after,
                seen[key],
                line.number,
            )
            found.append(Mutant(*where, edit.start, edit.end, edit.text))
    return found


def _lines(source: str) -> Iterator[_Line]:
    """The lines that hold code, each with where it stands."""
    function, start, yul_depth, in_signature = "", 0, 0, False
    for number, whole in enumerate(source.splitlines(keepends=True), 1):
        code = whole.split("//")[0].rstrip()
        if named := _FUNCTION.match(code):
            function, in_signature = next(filter(None, named.groups())), True
        was_yul = yul_depth > 0
        if was_yul or re.match(r"^\s*assembly\b", code):
            yul_depth += code.count("{") - code.count("}")
        if code == "}" or re.match(r"^\s*(struct|enum|error|event) ", code):
            function = ""
        if not _NO_CODE.match(code):
            yield _Line(number, start, code, function, was_yul, in_signature)
        if in_signature and re.search(r"[{;]$", code):
            in_signature = False
        if code == "    }":
            function = ""
        start += len(whole)


def _edits(line: _Line, source: str, modifier: re.Pattern[str]) -> Iterator[_Edit]:
    if line.is_signature:
        for found in modifier.finditer(line.code):
            if not line.code.lstrip().startswith("modifier"):
                yield _Edit("modifier", line.start + found.start(), line.start + found.end(), "")
        return
    yield from _drops(line, source)
    yield from _negations(line)
    yield from _swaps(line)
    yield from _constants(line)


def _drops(line: _Line, source: str) -> Iterator[_Edit]:
    """The statement that begins on the line, left out whole."""
    if not line.function:
        return
    indent = len(line.code) - len(line.code.lstrip())
    words, start = line.code[indent:], line.start + indent
    if line.is_yul:
        if _YUL_UPDATE.match(words):
            yield _Edit("update", start, line.start + len(line.code), "")
        return
    for kind, pattern in _STATEMENTS.items():
        if pattern.match(words) and not _is_continued(line, source):
            end = source.index(";", start) + 1
            if source.count("(", start, end) == source.count(")", start, end):
                yield _Edit(kind, start, end, "")
            return


def _is_continued(line: _Line, source: str) -> bool:
    """Whether the line goes on with a statement begun above."""
    above = [words for words in source[: line.start].splitlines()[-4:] if not _NO_CODE.match(words)]
    return bool(above) and not re.search(r"[{};]\s*(//.*)?$", above[-1])


def _negations(line: _Line) -> Iterator[_Edit]:
    found = _CONDITION.match(line.code)
    if found and not line.is_yul:
        yield _Edit("logic", *_span(line, found, "condition"), f"!({found['condition']})")
    for found in _NOT.finditer(line.code):
        if not line.code[: found.start()].endswith("if ("):
            yield _Edit("logic", *_span(line, found), "")


def _swaps(line: _Line) -> Iterator[_Edit]:
    tokens, swaps = (_YUL_CALL, _YUL_SWAPS) if line.is_yul else (_BINARY, _SWAPS)
    for found in tokens.finditer(line.code):
        for kind, table in swaps.items():
            if found[0] in table:
                yield _Edit(kind, *_span(line, found), table[found[0]])
    for found in _STEP.finditer(line.code):
        yield _Edit("arithmetic", *_span(line, found), "--" if found[0] == "++" else "++")


def _constants(line: _Line) -> Iterator[_Edit]:
    for found in _NUMBER.finditer(line.code):
        number = int(found[0].replace("_", ""), 0) + 1
        yield _Edit(
            "constant",
            *_span(line, found),
            hex(number) if found[0].startswith("0x") else str(number),
        )
    for found in _NAMED.finditer(line.code):
        yield _Edit("constant", *_span(line, found), _another(found[0]))


def _another(name: str) -> str:
    """A different value of the same type: of two, the one that this is not."""
    if name in ("true", "false"):
        return "false" if name == "true" else "true"
    kind, member = name.split(".")
    if kind not in _ANOTHER:
        return f"type({kind}).max" if member != "None" else f"type({kind}).min"
    first, second = _ANOTHER[kind]
    return f"{kind}.{second if member == first else first}"


def _span(line: _Line, found: re.Match[str], group: str | int = 0) -> tuple[int, int]:
    return line.start + found.start(group), line.start + found.end(group)


def _words(line: _Line, edit: _Edit, source: str) -> tuple[str, str]:
    """The statement before, and after with the edit in it; a whole statement that goes is DROPPED."""
    end = max(edit.end, line.start + len(line.code))
    before = " ".join(source[line.start : end].split())
    after = " ".join((source[line.start : edit.start] + edit.text + source[edit.end : end]).split())
    return before, after or DROPPED
