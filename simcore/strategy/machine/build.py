"""Compiling a strategy: its handlers as two function pointers, kept in a cache file of their own.

The kernel is linked by symbol and not compiled again, so this takes about half a second the first time; afterwards the
file is read in milliseconds. It lies in the kernel's cache folder under `strategies`, named by the class and the hash
of everything its machine code depends on.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, NamedTuple

from numba import njit, types
from numba.core import caching
from numba.extending import intrinsic

from simcore.kernel import schema
from simcore.kernel.entries import load as load_kernel
from simcore.kernel.enums import Call
from simcore.kernel.jit import KernelCache, cache_folder
from simcore.strategy.machine import calls, memory
from simcore.strategy.machine.context import CONTEXT
from simcore.strategy.machine.emit import Emit
from simcore.strategy.machine.errors import translated
from simcore.strategy.machine.functions import OPTIONS
from simcore.strategy.machine.source import fingerprint, own_hash
from simcore.strategy.machine.views import make
from simcore.strategy.strategy import Strategy, handled
from simcore.strategy.views import offset_of

REGISTERED = (calls, memory)  # importing them tells numba what ctx and self are
SIGNATURE = types.void(schema.State, schema.Rules, schema.Tape)
Progress = Callable[[str], None]


class Handlers(NamedTuple):
    """What the loop calls: `on_quote` for quotes, `on_event` for every other Call (state.call says which)."""

    on_quote: Any
    on_event: Any


class _Locator(caching._CacheLocator):
    """A strategy's cache file: in the folder `strategies`, named by the hash in its function's name."""

    def __init__(self, function: Any, path: str) -> None:
        self._name = f"{function.__module__}.{function.__qualname__}"

    def get_cache_path(self) -> str:
        return str(cache_folder() / "strategies")

    def get_source_stamp(self) -> str:
        return self._name

    def get_disambiguator(self) -> str:
        return hashlib.blake2b(self._name.encode(), digest_size=4).hexdigest()

    @classmethod
    def from_function(cls, function: Any, path: str) -> _Locator:
        return cls(function, path)


class _Impl(caching.CompileResultCacheImpl):
    _locator_classes: ClassVar[list[type]] = [_Locator]


class _StrategyCache(KernelCache):
    """numba's function cache in that folder; tells before a compilation; a full disk costs only the cache."""

    _impl_class = _Impl

    def __init__(self, function: Any, title: str, progress: Progress | None) -> None:
        super().__init__(function)
        self._title, self._progress = title, progress

    def load_overload(self, signature: Any, target: Any) -> Any:
        found = super().load_overload(signature, target)
        if found is None and self._progress is not None:
            self._progress(self._title)
        return found

    def save_overload(self, signature: Any, data: Any) -> None:
        try:
            super().save_overload(signature, data)
        except OSError:
            return  # it runs all the same, and compiles again next time


def compile_handlers(cls: type[Strategy], progress: Progress | None = None) -> Handlers:
    """The compiled handlers of a class, from the cache file where it is there.

    `progress` hears a line before something is compiled. Raises StrategyError, one sentence with method, line and
    cause, for what cannot be compiled.
    """
    known = _COMPILED.get(cls)
    if known is None:
        load_kernel()
        has = handled(cls)
        quote = _compile(cls, {"on_quote": has["on_quote"]}, progress) if "on_quote" in has else _nothing()
        rest = {name: call for name, call in has.items() if name != "on_quote"}
        known = _COMPILED[cls] = Handlers(quote, _compile(cls, rest, progress) if rest else _nothing())
    return known


_COMPILED: dict[type[Strategy], Handlers] = {}


@cache
def _nothing() -> Any:
    """The handler of a strategy that has none."""
    return dispatcher(lambda state, rules, tape: None, SIGNATURE, f"nothing_{own_hash().hex()}")


def _compile(cls: type[Strategy], names: dict[str, Call], progress: Progress | None) -> Any:
    """One dispatcher that calls the right one of a strategy's handlers."""
    lines = [f"    if call == {int(call)}:\n        self.{name}(ctx)\n" for name, call in names.items()]
    if list(names.values()) == [Call.QUOTE]:
        lines = ["    self.on_quote(ctx)\n"]
    body = "def handler(state, rules, tape):\n    self, ctx, call = memory(state, rules), context(state, rules, tape), "
    known = {"memory": _memory_of(cls), "context": _context_of}
    exec(compile(body + "state.call\n" + "".join(lines), "<handlers>", "exec"), known)
    name = f"{cls.__name__}_{fingerprint(cls)}_{'_'.join(names)}"
    try:
        return dispatcher(known["handler"], SIGNATURE, name, progress, f"compiling {cls.__name__}")
    except Exception as error:  # noqa: BLE001 - whatever numba raises becomes one sentence
        raise translated(error, cls) from None


def dispatcher(
    function: Any, signature: Any, name: str, progress: Progress | None = None, title: str = "", nogil: bool = True
) -> Any:
    """A dispatcher for one signature, from its cache file where there is one; `name` holds the hash of all it is."""
    function.__module__, function.__qualname__, function.__name__ = __name__, name, name
    made = njit(**{**OPTIONS, "nogil": nogil})(function)
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


@intrinsic
def _context_of(typing_context: Any, state: Any, rules: Any, tape: Any) -> Any:
    """The ctx of the instrument that the running handler is about."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit = Emit(context, builder)
        k = emit.load(emit.pointer(args[0]), offset_of(schema.HEAD, "k"), int)
        return make(emit, CONTEXT, state=args[0], rules=args[1], tape=args[2], k=k)

    return CONTEXT(state, rules, tape), codegen
