"""What plain strategies call most, as builtin functions: simcore's own indicators, and the kernel's entries.

An indicator's code is compiled from the very same class, so both give the same bits; `self._fast.update(x)` takes
0.1 us instead of 0.3 to 2. Indicators that a user writes stay plain Python in a plain strategy, where they can be
stepped through.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from numba import types
from numba.extending import intrinsic

from simcore.kernel.image import load
from simcore.kernel.jit import record_from_address
from simcore.strategy import averages, bands, oscillators
from simcore.strategy.indicator import Indicator
from simcore.strategy.machine import memory
from simcore.strategy.machine.build import dispatcher
from simcore.strategy.machine.emit import Emit
from simcore.strategy.machine.source import fingerprint, own_hash
from simcore.strategy.record import Record, RecordType

_OURS = "simcore.strategy."


@cache
def swift(record: type[Record]) -> type[Record]:
    """The class to use for an indicator of a plain strategy: of the same layout, `update` being machine code."""
    if not _is_ours(record):
        return record
    names = {"__module__": record.__module__, "__qualname__": record.__qualname__, "__doc__": record.__doc__}
    namespace = {**names, "__slots__": ("update",), "__update__": _entry(record)}
    return RecordType(record.__name__, (record,), namespace)  # type: ignore[return-value]


def warm(progress: Callable[[int, int, str], None] | None = None) -> None:
    """Compile every indicator of ours, or find it in the cache folder; `progress` hears (done, of, name)."""
    records = [one for module in (averages, bands, oscillators) for one in vars(module).values() if _is_ours(one)]
    records = list(dict.fromkeys(records))
    for done, record in enumerate(records):
        if progress is not None:
            progress(done, len(records), record.__name__)
        swift(record)


def _is_ours(value: Any) -> bool:
    ours = isinstance(value, type) and issubclass(value, Indicator) and value.__module__.startswith(_OURS)
    return ours and hasattr(value, "update")


def _entry(record: Any) -> Any:
    """A builtin function (address, *inputs) -> value: numba's own entry point, without its dispatcher."""
    inputs = [*inspect.signature(record.update).parameters][1:]
    known = {"memory": _at_address(record)}
    exec(f"def update(address, {', '.join(inputs)}):\n    return memory(address).update({', '.join(inputs)})\n", known)
    arguments = (types.int64, *(types.float64 for _ in inputs))
    made = dispatcher(
        known["update"], types.float64(*arguments), f"{record.__name__}_{fingerprint(record)}_update", nogil=False
    )
    return made.overloads[arguments].entry_point


def _at_address(record: Any) -> Any:
    """Intrinsic: the indicator at an address."""
    kind = memory.record_type(record)

    @intrinsic
    def at(typing_context: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return Emit(context, builder).pointer(args[0])

        return kind(types.int64), codegen

    return at


@cache
def quick(entry: Any) -> Any:
    """A kernel entry as a builtin function of addresses and numbers: a third of what a ctypes call costs."""
    load()
    kinds = entry.signature.args
    names = [f"a{i}" for i in range(len(kinds))]
    known: dict[str, Any] = {"entry": entry.external}
    for name, kind in zip(names, kinds, strict=True):
        if isinstance(kind, types.Record):
            known[f"at_{name}"] = record_from_address(kind)
    given = [f"at_{name}({name})" if f"at_{name}" in known else name for name in names]
    exec(f"def call({', '.join(names)}):\n    return entry({', '.join(given)})\n", known)
    arguments = tuple(types.int64 if isinstance(kind, types.Record) else kind for kind in kinds)
    name = f"{entry.name}_{own_hash().hex()}"
    made = dispatcher(known["call"], entry.signature.return_type(*arguments), name, nogil=False)
    return made.overloads[arguments].entry_point
