"""`sc.compiled`: the same strategy as machine code, with the same fills.

    FastEmaCross = sc.compiled(EmaCross)         # or @sc.compiled above the class
    FastEmaCross(fast=20)                        # used just like the class it was made of

What is compiled is the class's own source: numbers, arrays, indicators, helper methods and global functions, `if`,
`for` and `while`. No lists of objects, dicts, text made while running, `try` or `super()`; each is refused with the
method, the line and the cause. Plain and compiled agree to the last bit where a strategy keeps to + - x / sqrt and
comparisons; exp, log and sum may differ in their last bits, so whether a strategy is compiled belongs to the strategy.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from simcore.strategy.record import is_compiled
from simcore.strategy.strategy import Strategy

S = TypeVar("S", bound=Strategy)


def compiled(cls: type[S]) -> type[S]:
    """The compiled form of a Strategy class; what grows from it is compiled too. It is compiled when it first runs."""
    if not (isinstance(cls, type) and issubclass(cls, Strategy)):
        raise TypeError(f"sc.compiled takes a Strategy class, was {cls!r}")
    return cls if is_compiled(cls) else _made(cls)


@cache
def _made(cls: Any) -> Any:
    names = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    return type(cls)(cls.__name__, (cls,), {**names, "__compiled__": True})
