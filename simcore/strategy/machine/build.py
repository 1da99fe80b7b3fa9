"""Compiling a strategy: its handlers and the loop that plays them as one function, kept in a cache file of its own.

The kernel is linked by symbol and not compiled again, so this takes about half a second the first time; afterwards the
file is read in milliseconds. It lies in the kernel's cache folder under `strategies`, named by the class and the hash
of everything its machine code depends on.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

from numba import njit, types
from numba.core import caching
from numba.core.errors import NumbaTypeSafetyWarning
from numba.extending import intrinsic

from simcore.kernel import schema
from simcore.kernel.image import load as load_kernel
from simcore.kernel.jit import cache_folder
from simcore.market.jit import Kept, Locator
from simcore.strategy.machine import calls, memory
from simcore.strategy.machine.closed import ClosedCompiler
from simcore.strategy.machine.emit import Emit
from simcore.strategy.machine.errors import translated
from simcore.strategy.machine.functions import INSIDE, OPTIONS
from simcore.strategy.machine.replay import context, replay
from simcore.strategy.machine.source import fingerprint
from simcore.strategy.strategy import Strategy, handled
from simcore.strategy.views import offset_of

REGISTERED = (calls, memory)  # importing them tells numba what ctx and self are
SIGNATURE = types.int64(types.int64, types.int64)
Progress = Callable[[str], None]
Play = Callable[[int, int], int]


class _Locator(Locator):
    """A strategy's cache file: in the folder `strategies`, named by the hash in its function's name."""

    def __init__(self, function: Any, path: str) -> None:
        self._name = self._digest = f"{function.__module__}.{function.__qualname__}"

    def get_cache_path(self) -> str:
        return str(cache_folder() / "strategies")


class _Impl(caching.CompileResultCacheImpl):
    _locator_classes: ClassVar[list[type]] = [_Locator]


class _StrategyCache(Kept):
    """Tells before a compilation."""

    _impl_class = _Impl

    def __init__(self, function: Any, title: str, progress: Progress | None) -> None:
        super().__init__(function)
        self._title, self._progress = title, progress

    def load_overload(self, signature: Any, target: Any) -> Any:
        found = super().load_overload(signature, target)
        if found is None and self._progress is not None:
            self._progress(self._title)
        return found

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        """What the name does not hold; numba's own key holds what the function closes over, which cannot be written."""
        return sig, codegen.magic_tuple()


def compile_handlers(cls: type[Strategy], progress: Progress | None = None) -> Play:
    """`play(address, how)` of a class (see replay), from its cache file where there is one.

    `progress` hears a line before something is compiled. Raises StrategyError, one sentence with method, line and
    cause, for what cannot be compiled.
    """
    known = _COMPILED.get(cls)
    if known is None:
        load_kernel()
        known = _COMPILED[cls] = _compile(cls, progress)
    return known


_COMPILED: dict[type[Strategy], Play] = {}


def _compile(cls: type[Strategy], progress: Progress | None) -> Play:
    """A builtin function; it releases the GIL."""
    memory_of, has = _memory_of(cls), handled(cls)
    lines = [f"    if call == {int(call)}:\n        self.{name}(ctx)\n" for name, call in has.items()]
    source = (
        "def heard(state, rules, tape):\n    self, ctx = memory(state, rules), context(state, rules, tape, state.k)\n"
    )
    known = {"memory": memory_of, "context": context}
    exec(compile(f"{source}    call = state.call\n{''.join(lines)}", "<handlers>", "exec"), known)
    play = replay(memory_of, njit(**INSIDE)(known["heard"]), "on_quote" in has)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NumbaTypeSafetyWarning)  # names no line of the strategy's
            warnings.simplefilter("ignore", DeprecationWarning)  # of numba itself, on a newer Python
            title = f"compiling {cls.__name__}"
            made = dispatcher(play, SIGNATURE, f"{cls.__name__}_{fingerprint(cls)}", progress, title)
    except Exception as error:  # noqa: BLE001 - whatever numba raises becomes one sentence
        raise translated(error, cls) from None
    return made.overloads[SIGNATURE.args].entry_point


def dispatcher(function: Any, signature: Any, name: str, progress: Progress | None = None, title: str = "") -> Any:
    """A dispatcher for one signature, from its cache file where there is one; `name` holds the hash of all it is."""
    function.__module__, function.__qualname__, function.__name__ = __name__, name, name
    made = njit(pipeline_class=ClosedCompiler, **OPTIONS)(function)
    made._cache = _StrategyCache(function, title, progress)
    made.compile(signature)
    made.disable_compile()
    return made


@cache
def _memory_of(cls: type[Strategy]) -> Any:
    """Intrinsic (state, rules) -> the strategy's memory in State."""
    record = memory.record_type(cls)

    @intrinsic
    def of(typing_context: Any, state: Any, rules: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            emit = Emit(context, builder)
            at = emit.load(emit.pointer(args[1]), offset_of(schema.RULES, "memory_at"), int)
            return emit.at(emit.pointer(args[0]), at)

        return record(state, rules), codegen

    return of
