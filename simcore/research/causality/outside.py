"""Data that a strategy's own code holds: frames, arrays and rows it names as globals or closes over.

The account shows a strategy nothing of the future, but nobody keeps its code from holding prices by itself. What its
methods name, and its file does not work out anew (see `remade`), is given another future for the length of a run, as
the data are; what has no times and is not as long as the data cannot be, and is told as unchecked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from enum import EnumMeta
from functools import partial
from types import FunctionType, ModuleType
from typing import Any, Final
from unittest.mock import patch

import numpy as np

from simcore.market.columns import Bars, Prints, Quotes
from simcore.research.causality.clocks import is_timed, lag_of
from simcore.research.causality.frames import altered_frame, is_frame
from simcore.research.causality.future import altered, ends_of, reflected
from simcore.strategy.fields import Nested
from simcore.strategy.places import code_names, methods, reached
from simcore.strategy.record import Record, RecordType
from simcore.strategy.strategy import Strategy

PRICES: Final = {
    *("ts", "time", "date", "datetime", "timestamp", "symbol", "bid", "ask", "price", "size", "bid_size", "ask_size"),
    *("open", "high", "low", "close", "volume", "ask_open", "ask_high", "ask_low", "ask_close", "end"),
}
Put = Callable[[Any], Any]  # gives a context that shows another value under the name
LIBRARIES: Final = {"simcore", "numpy", "pandas", "polars", "math", "cmath", "numba", "builtins", "typing"}
LEAST: Final = 8  # values that are data rather than a setting


@dataclass(frozen=True)
class Held:
    """One piece of data: its name, itself, and how it is put in another's place.

    lag: how long after its time a value of a frame is known, ns (see `lag_of`).
    """

    name: str
    value: Any
    put: Put
    lag: int = 0


def held_by(cls: type[Strategy], rows: Sequence[Quotes | Bars | Prints]) -> list[Held]:
    """Every piece of data that the methods of a class and the functions they call name, each place of it once.

    rows: the data of the check, which tell when the prices of a frame are known.
    """
    found: dict[tuple[int, str], Held] = {}
    seen: set[int] = set()
    waiting: list[FunctionType] = []
    for one in (cls, *(field.record for field in cls.__fields__.values() if isinstance(field, Nested))):
        for base in one.__mro__:
            if base is not Record and base is not Strategy and issubclass(base, Record):
                waiting += [function for value in vars(base).values() for function in methods(value)]
    while waiting:
        function = waiting.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        for name, value in reached(function):
            for held in _within(name, getattr(value, "py_func", value), _putter(function, name), function):
                if isinstance(held.value, FunctionType):
                    waiting.append(held.value)
                else:
                    found.setdefault((id(held.value), held.name), held)
    return [replace(one, lag=lag_of(one.value, rows) if is_frame(one.value) else 0) for one in found.values()]


def _within(name: str, value: Any, put: Put, function: FunctionType) -> Iterator[Held]:
    """The data and functions that a name stands for: itself, what a dict or an object holds, what is used of a module.

    A dict of many numbers, such as signals by their time, is data too, though nobody can change its future.
    """
    if _is_data(value) or isinstance(value, FunctionType):
        yield Held(name, value, put)
    elif isinstance(value, ModuleType):
        if value.__name__.partition(".")[0] not in LIBRARIES:
            for attribute in code_names(function.__code__):
                inner = getattr(value, attribute, None)
                if _is_data(inner) or isinstance(inner, FunctionType):
                    yield Held(f"{name}.{attribute}", inner, partial(patch.object, value, attribute))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if _is_data(inner):
                yield Held(f"{name}[{key!r}]", inner, partial(_in_dict, value, key))
        if len(value) >= LEAST and all(isinstance(inner, int | float) for inner in value.values()):
            yield Held(name, value, put)
    elif hasattr(value, "__dict__") and not isinstance(value, RecordType | EnumMeta):
        for attribute, inner in vars(value).items():
            if _is_data(inner):
                yield Held(f"{name}.{attribute}", inner, partial(patch.object, value, attribute))


def _is_data(value: Any) -> bool:
    if isinstance(value, Quotes | Bars | Prints) or is_frame(value):
        return len(value) >= LEAST
    if isinstance(value, np.ndarray):
        return value.ndim >= 1 and value.shape[0] >= LEAST
    listed = isinstance(value, list | tuple) and len(value) >= LEAST
    return listed and all(isinstance(one, int | float) for one in value)


def _putter(function: FunctionType, name: str) -> Put:
    if name in function.__globals__ and name not in function.__code__.co_freevars:
        return lambda value: patch.dict(function.__globals__, {name: value})
    cell = (function.__closure__ or ())[function.__code__.co_freevars.index(name)]
    return lambda value: _in_cell(cell, value)


def _in_dict(held: dict[Any, Any], key: Any, value: Any) -> Any:
    return patch.dict(held, {key: value})


@contextmanager
def _in_cell(cell: Any, value: Any) -> Iterator[None]:
    before = cell.cell_contents
    cell.cell_contents = value
    try:
        yield
    finally:
        cell.cell_contents = before


@contextmanager
def another_future(held: Sequence[Held], at: int, way: str, seed: int, clocks: Sequence[Any]) -> Iterator[None]:
    """All that is held with another future after `at`; it is never cut, so that rows keep their places.

    clocks: the instants at which the rows of the data are known, for what has no times.
    """
    with ExitStack() as stack:
        for one in held:
            other = changed(one, at, way, seed, clocks)
            if other is not None:
                stack.enter_context(one.put(other))
        yield


def changed(one: Held, at: int, way: str, seed: int, clocks: Sequence[Any]) -> Any:
    """Its value with another future; None where nobody can say which of it is the future."""
    value = one.value
    if isinstance(value, dict):
        return None
    if isinstance(value, Quotes | Bars | Prints):
        return altered(value, at, way, seed)
    if is_frame(value) and is_timed(value):
        return altered_frame(value, at, way, seed, one.lag)
    length = len(value)
    clock = next((ends for ends in clocks if len(ends) == length), None)
    if clock is None:
        return None
    known = int(np.searchsorted(clock, at, side="right"))
    if is_frame(value):  # its rows have no times but their numbers
        return altered_frame(value, known - 1, way, seed)
    if isinstance(value, np.ndarray):
        return reflected(value, known)
    return type(value)(reflected(np.array(value), known).tolist())


def doubts(held: Sequence[Held], clocks: Sequence[Any], prices: Sequence[Any]) -> Iterator[str]:
    """What of the data that are held cannot be seen through, a sentence each.

    prices: the columns of the data; what is one of them was not worked out by anybody.
    """
    for one in held:
        if changed(one, 0, "mirror", 0, clocks) is None:
            yield f"{one.name}, which its code reads: nobody can say when which of its values was known"
        elif not _is_price(one.value, prices):
            yield (
                f"{one.name}, which its code reads, was worked out before the run: what it looked at cannot be seen; "
                "work it out in a function of the data, and check that"
            )


def _is_price(value: Any, prices: Sequence[Any]) -> bool:
    if isinstance(value, Quotes | Bars | Prints):
        return True
    if is_frame(value) and hasattr(value, "columns"):
        return {str(name).lower() for name in value.columns} <= PRICES
    array = np.asarray(value)
    return any(array.shape == column.shape and np.array_equal(array, column) for column in prices)


def clocks_of(rows: Sequence[Quotes | Bars | Prints], timeframes: Sequence[int]) -> list[Any]:
    """When the rows of the data are known, and the bars that a strategy asks for of them."""
    found = [ends_of(one) for one in rows]
    for one in rows:
        for ns in timeframes:
            if ns > 0:
                found.append(np.unique(one.ts // ns) * ns + ns - 1)
    return found
