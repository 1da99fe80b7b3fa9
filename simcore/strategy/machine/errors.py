"""What the compiler says, in one sentence: `Class.method, line N: cause`.

numba's own messages name types of many thousand characters. The cause is looked up in a table of the usual mistakes;
what the table does not know is told in numba's first line.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final

from simcore.strategy.errors import CauseError, StrategyError
from simcore.strategy.places import place_of, place_of_name
from simcore.strategy.record import Record

_COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")
_RAISED: Final = re.compile(r"\. Raised from (\S+) \((\d+)\)")
_OF_ONE_KIND: Final = "values of one kind in compiled code; keep what is mixed in fields of the class"
MIXED_DICT: Final = f"a dict holds keys of one kind and {_OF_ONE_KIND}"
_ONLY: Final = "only numbers, constant strings, functions, math and numpy can"
# what numba's message says -> what to tell, and do; the first that matches, its groups filled in
_CAUSES: Final = (
    (r"\bsuper\b|LOAD_SUPER_ATTR", "super() cannot be compiled; give what both need a method of its own"),
    (r"name '(\w+)' is not defined", "the name {0} is not defined"),
    (r"[Gg]lobal name '(\w+)'|[Ff]reevar '(\w+)'", "{0} cannot be used in compiled code; " + _ONLY),
    (r"exception_match", "`except` with an exception's name cannot be compiled"),
    (r"use of yield in a closure", "a generator expression cannot be compiled; write a list in brackets, or a loop"),
    (r"context manager", "`with` cannot be compiled"),
    (r"Illegal IR, del found", "`del` cannot be compiled; leave it out"),
    (
        r"Type of variable '.+?' cannot be determined",
        "what this is cannot be told before it runs; write it in plain steps, without := and sets of several kinds",
    ),
    (r"setitem\((?:Dict|dict)|LiteralStrKeyDict", MIXED_DICT),
    (r"returned by `@overload`", "what is called here cannot be compiled with these arguments"),
    (r'due to "TypeError: (.+?)"', "a method is called with the wrong arguments: {0}"),
    (r"Cannot unify (.+?) and (.+?) for '(\w+?)(?:\.\d+)*'", "{2} is once a {0} and once a {1}; give it one type"),
    (r"[Uu]nknown attribute '(\w+)'|has no attribute '(\w+)'", "{0} is not known in compiled code"),
    (r"Invalid use of getitem|getitem\(", "this cannot be indexed in compiled code"),
    (
        r"No implementation of function Function\(<(?:built-in |intrinsic )?(?:\w+ )?'?([\w.]+)",
        "{0} cannot be compiled with these arguments",
    ),
    (r"getiter with parameters \([Ll]iteral ?[Ll]ist", f"a list holds {_OF_ONE_KIND}"),
    (r"Invalid use of getiter with parameters \((\w+)", "a {0} cannot be iterated over in compiled code"),
    (
        r"[Ll]iteral ?[Ll]ist|list\(|[Rr]eflected",
        "a list holds values of one kind in compiled code; keep numbers in an sc.Array",
    ),
    (r"Invalid use of (\S+) with parameters \(", "a {0} cannot be called; leave out the brackets"),
    (r"\(IMPORT_NAME\)", "`import` within a method cannot be compiled; write it at the top of the file"),
    (
        r"\(LOAD_BUILD_CLASS\)",
        "a class within a method cannot be compiled; keep what it holds in fields of the strategy",
    ),
    (r"\(STORE_GLOBAL\)", "a global cannot be assigned in compiled code; make it a field of the class"),
    (r"\(UNPACK_EX\)", "`*` on the left of an assignment cannot be compiled; name each part"),
    (r"Use of unsupported opcode", "this statement cannot be compiled"),
)


_WORDS: Final = (
    (r"Literal\[str\]\([^)]*\)|unicode_type", "string"),
    (r"Literal\[int\]\([^)]*\)|\bu?int(?:8|16|32|64)\b", "whole number"),
    (r"\bfloat(?:16|32|64)\b", "float"),
    (r"Literal\[bool\]\([^)]*\)|\bboolean\b", "bool"),
    (r"\bSymbol\b", "symbol"),
    (r"\bTag\b", "tag"),
)


def in_words(text: str) -> str:
    """A sentence with Python's names in place of numba's types."""
    for pattern, word in _WORDS:
        text = re.sub(pattern, word, text)
    return text


def translated(error: BaseException, cls: type[Record]) -> StrategyError:
    """The sentence for an error that compiling `cls` ended with."""
    if isinstance(error, StrategyError) and error.placed:
        return error
    cause = in_words(str(error) if isinstance(error, CauseError | StrategyError) else _cause(error))
    for filename, line in [*_raised_from(str(error)), *_constraints(error), *_named(str(error))]:
        place = place_of(cls, filename, line)
        if place:
            return StrategyError.at(place, line, cause)
    undefined = re.search(r"name '(\w+)' is not defined", str(error))
    found = place_of_name(cls, undefined[1]) if undefined else None
    place, at = found or (cls.__name__, None)
    return StrategyError.at(place, at, cause)


def _raised_from(text: str) -> Iterator[tuple[str, int]]:
    """Where a statement stands that is refused before anything is typed."""
    for match in _RAISED.finditer(_COLOR.sub("", text)):
        yield match[1], int(match[2])


def _constraints(error: BaseException) -> Iterator[tuple[str, int]]:
    """Where the compiler was, innermost first: its frames on the error's way hold the location."""
    found: list[tuple[str, int]] = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        location: Any = getattr(trace.tb_frame.f_locals.get("self"), "loc", None)
        if hasattr(location, "filename") and hasattr(location, "line"):
            found.append((str(location.filename), int(location.line)))
        trace = trace.tb_next
    return reversed(found)


def _named(text: str) -> Iterator[tuple[str, int]]:
    """The places a message of numba's names; the innermost comes first."""
    for match in re.finditer(r'File "(.+?)", line (\d+)|at (\S+) \((\d+)\)', _COLOR.sub("", text)):
        filename = match[1] or match[3]
        yield filename if filename.startswith("<") else os.path.abspath(filename), int(match[2] or match[4])


def _cause(error: BaseException) -> str:
    text = _COLOR.sub("", str(getattr(error, "msg", None) or error))
    for pattern, sentence in _CAUSES:
        match = re.search(pattern, text)
        if match:
            return sentence.format(*[group for group in match.groups() if group is not None])
    lines = [one.strip() for one in re.sub(r"\. Raised from .*", "", text).splitlines()]
    told = [one for one in lines if one and not one.startswith(("Failed in", "File ", "During", "-", ">", "<source"))]
    return f"cannot be compiled: {told[0][:200] if told else type(error).__name__}"
