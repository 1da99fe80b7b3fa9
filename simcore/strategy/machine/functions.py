"""Methods and global functions as numba dispatchers: the plain functions they call are compiled along with them."""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

from functools import cache
from types import CellType, FunctionType
from typing import Any

from numba import njit

from simcore.strategy.machine.check import StrategyCompiler
from simcore.strategy.machine.emit import ERRORS
from simcore.strategy.machine.source import LIBRARIES
from simcore.strategy.places import reached

# a strategy divides and indexes as Python does: x / 0 and a bad index raise
OPTIONS = {"error_model": ERRORS, "boundscheck": True, "nogil": True}
INSIDE = {**OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}  # called by compiled code only


@cache
def jitted(function: FunctionType) -> Any:
    """The dispatcher of a method or of a global function; the plain functions it calls are compiled with it."""
    plain = {name: jitted(value) for name, value in reached(function) if _is_plain(function, value)}
    if plain:
        function = _with_globals(function, plain)
    inlined = function.__name__ == "on_quote"  # into the loop: see replay
    return njit(pipeline_class=StrategyCompiler, forceinline=inlined, **INSIDE)(function)


def _is_plain(function: FunctionType, value: Any) -> bool:
    """True for a function of the user's; numpy and math have their own compiled forms."""
    if not isinstance(value, FunctionType) or value is function:
        return False
    return (value.__module__ or "").partition(".")[0] not in LIBRARIES


def _with_globals(function: FunctionType, replaced: dict[str, Any]) -> FunctionType:
    cells = tuple(
        CellType(replaced[name]) if name in replaced else cell
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    )
    known = {**function.__globals__, **replaced}
    copy = FunctionType(function.__code__, known, function.__name__, function.__defaults__, cells)
    copy.__kwdefaults__, copy.__qualname__, copy.__module__ = (
        function.__kwdefaults__,
        function.__qualname__,
        function.__module__,
    )
    return copy
