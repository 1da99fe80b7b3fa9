"""What plain strategies call most, as builtin functions: simcore's own indicators.

An indicator's code is compiled from the very same class, so both give the same bits; `self._fast.update(x)` takes
0.1 us instead of 0.3 to 2. Indicators that a user writes stay plain Python in a plain strategy, where they can be
stepped through.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from numba import types
from numba.extending import intrinsic

from simcore.kernel import builtin
from simcore.kernel.jit import load_i8
from simcore.strategy import averages, bands, oscillators
from simcore.strategy.indicator import Indicator
from simcore.strategy.machine import memory
from simcore.strategy.machine.build import dispatcher
from simcore.strategy.machine.emit import Emit
from simcore.strategy.machine.source import fingerprint
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


_UPDATE = """
def update(this, given, count):
    if count != {count}:
        return wrong_count()
    {inputs} = {values}
    if refused() != 0:
        return 0
    return from_float(memory(load_i8(bound_numbers(this), 0)).update({inputs}))
"""


def _entry(record: Any) -> Callable[[int], Any]:
    """Address of a memory -> its `update`, a builtin function (see kernel.builtin)."""
    inputs = [*inspect.signature(record.update).parameters][1:]
    values = [f"as_float(load_i8(given, {i}))" for i in range(len(inputs))]
    known = {**vars(builtin), "load_i8": load_i8, "memory": _at_address(record)}
    exec(_UPDATE.format(count=len(inputs), inputs=", ".join(inputs), values=", ".join(values)), known)
    arguments = (types.int64,) * 3
    made = dispatcher(known["update"], types.int64(*arguments), f"{record.__name__}_{fingerprint(record)}_update")
    compiled = made.overloads[arguments]
    address = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_cfunc_wrapper_name)
    return partial(builtin.builtin, "update", address)


def _at_address(record: Any) -> Any:
    """Intrinsic: the indicator at an address."""
    kind = memory.record_type(record)

    @intrinsic
    def at(typing_context: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return Emit(context, builder).pointer(args[0])

        return kind(types.int64), codegen

    return at
