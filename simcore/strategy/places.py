"""Where in a strategy's source something stands: from a file and a line to Class.method, for every error told."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from functools import cache
from types import CodeType, FunctionType, TracebackType
from typing import Any

from simcore.strategy.fields import Nested
from simcore.strategy.record import Record


def code_names(code: CodeType) -> Iterator[str]:
    """Every global and attribute name in a function's code, in the order of its first use."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from code_names(constant)


def global_names(code: CodeType) -> Iterator[str]:
    """Every global name in a function's code; ctx.bid is an attribute, and a global called bid another thing."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from global_names(constant)


def reached(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The globals and closed-over values a function names, in the order of its code."""
    known = function.__globals__
    if any(name in known for name in code_names(function.__code__)):  # seldom: to disassemble takes long
        for name in dict.fromkeys(global_names(function.__code__)):
            if name in known:
                yield name, known[name]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if name != "__class__":
            yield name, cell.cell_contents


def methods(value: object) -> Iterator[FunctionType]:
    """The function behind a class attribute: a method, a static method, a property's getter."""
    found = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
    if isinstance(found, FunctionType):
        yield found


def raised_at(cls: type[Record], error: BaseException) -> str:
    """`Class.method, line N` of the innermost place in the strategy that an exception passed; empty where none.

    An exception of compiled code carries one such place, one of plain code its whole traceback.
    """
    found = ""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        place = place_of(cls, trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        found = f"{place}, line {trace.tb_lineno}" if place else found
        trace = trace.tb_next
    return found


def place_of(cls: type[Record], filename: str, line: int) -> str | None:
    """Class.method (or the name of a global function) whose source holds this line."""
    for name, code in _sources(cls):
        if code.co_filename == filename and _first(code) <= line <= _last(code):
            return name
    return None


def place_of_name(cls: type[Record], name: str) -> tuple[str, int] | None:
    """Where a global name is used first: (Class.method, line)."""
    for place, code in _sources(cls):
        for instruction in dis.get_instructions(code):
            if instruction.opname == "LOAD_GLOBAL" and instruction.argval == name and instruction.positions:
                return place, instruction.positions.lineno or code.co_firstlineno
    return None


@cache
def _sources(cls: type[Record]) -> list[tuple[str, CodeType]]:
    found: dict[CodeType, str] = {}
    _collect_class(cls, found)
    return [(name, code) for code, name in found.items()]


def _collect_class(cls: type, found: dict[CodeType, str]) -> None:
    for owner in cls.__mro__:
        if owner is Record or not issubclass(owner, Record):
            continue
        for field in owner.__fields__.values():
            if isinstance(field, Nested):
                _collect_class(field.record, found)
        for value in vars(owner).values():
            for function in methods(value):
                _collect_function(f"{owner.__name__}.{function.__name__}", function, found)


def _collect_function(name: str, function: FunctionType, found: dict[CodeType, str]) -> None:
    if function.__code__ in found:
        return
    found[function.__code__] = name
    for reached_name, value in reached(function):
        inner = getattr(value, "py_func", value)
        if isinstance(inner, FunctionType) and inner.__module__ == function.__module__:
            _collect_function(reached_name, inner, found)


def _first(code: CodeType) -> int:
    return code.co_firstlineno


def _last(code: CodeType) -> int:
    lines = [line for _, _, line in code.co_lines() if line is not None]
    inner = [_last(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return max([code.co_firstlineno, *lines, *inner])
