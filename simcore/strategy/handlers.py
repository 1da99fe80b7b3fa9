"""What runs a strategy: which handlers it has, its memory in State, and the calls of either form.

A driver asks `hears` for the rules' mask, `memory_bytes` for the size of State, `write_memory` to put the strategy
there; then `compiled_handlers` gives the function that plays a feed with it, or `plain_handlers` the bound methods of a
strategy that stays in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simcore.kernel.enums import Call
from simcore.strategy.layout import bind, memory_bytes, write_memory
from simcore.strategy.record import is_compiled
from simcore.strategy.strategy import Strategy, handled

__all__ = ["bind", "compiled_handlers", "hears", "memory_bytes", "plain_handlers", "write_memory"]

_ALWAYS = (Call.START, Call.STOP)


def hears(strategy: Strategy | type[Strategy]) -> int:
    """The bits (1 << Call) of the handlers a strategy has: rules.hears. on_start and on_stop are the driver's."""
    return sum(1 << int(call) for call in handled(strategy).values() if call not in _ALWAYS)


def compiled_handlers(strategy: Strategy, progress: Callable[[str], None] | None = None) -> Any:
    """`play(address, how)` as strategy.machine.replay has it; `progress` hears of a first compilation.

    Raises StrategyError for a strategy that is not compiled, or cannot be.
    """
    from simcore.strategy.machine.build import compile_handlers
    from simcore.strategy.machine.source import remember_tags

    if not is_compiled(type(strategy)):
        raise TypeError(
            f"{type(strategy).__name__} is plain Python; make it with sc.compiled to run it as machine code"
        )
    remember_tags(type(strategy))
    return compile_handlers(type(strategy), progress)


def plain_handlers(strategy: Strategy, address: int, owner: object = None) -> dict[int, Callable[[Any], Any]]:
    """Call -> bound method, over the memory at `address`, where `write_memory` put it and `owner` keeps it alive."""
    from simcore.strategy.machine.swift import swift

    bound = bind(strategy, address, owner, swift)
    return {int(call): getattr(bound, name) for name, call in handled(strategy).items()}
