"""Where times lie among the rows of a market, and what of its columns is worth keeping for the next who asks.

Assumes rows in time order, int64 ns. Many runs are looked up in the same rows, so a look should touch little memory.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from simcore.market.columns import column
from simcore.market.jit import compiled, compiled_into

Int64 = NDArray[np.int64]
T = TypeVar("T")

STEP: Final = 64  # of so many rows one is looked at first
FEW: Final = 100_000  # rows that are searched as they are
_KEPT: dict[tuple[int, str], tuple[Any, Any]] = {}


def places(ts: Int64, times: Int64, *, after: bool) -> Int64:
    """How many of `ts`, in order, lie before each time; with `after` also those at it. Fast for times in order."""
    found = np.empty(times.size, np.int64)
    step, whole = STEP if ts.size >= FEW else 1, column(ts, np.int64)
    marks = whole if step == 1 else kept(ts, "marks", lambda: column(ts[::STEP], np.int64))
    find_places(whole, step, marks, column(times, np.int64), after, found)
    return found


def kept(values: NDArray[Any], what: str, make: Callable[[], T]) -> T:
    """What was made of an array, kept for as long as the array is, because many runs may ask for it."""
    name = id(values), what
    known = _KEPT.get(name)
    if known is not None and known[0]() is values:
        return known[1]  # type: ignore[no-any-return]
    found = make()
    _KEPT[name] = weakref.ref(values, lambda _: _KEPT.pop(name, None)), found
    return found


@compiled
def find_places(ts: Int64, step: int, marks: Int64, times: Int64, after: bool, found: Int64) -> None:
    """Write how many of `ts`, in order, lie before each time, or with `after` at it or before.

    Each is looked for among every step-th first, from the one before on, in strides that double, and then between two
    of them, from where it lies if times are even: memory is slow, and most of it is not touched so.
    """
    at = 0
    for i in range(times.size):
        time = times[i] + after  # whole ns: at it or before is before the next
        at = _place(marks, time, at)
        low, high = max(at - 1, 0) * step, min(at * step, ts.size)
        row = low
        if at > 0:
            wide = (marks[at] if at < marks.size else ts[-1]) - marks[at - 1]
            row = low + int(min((time - marks[at - 1]) / max(wide, 1), 1.0) * (high - low))
        while row < high and ts[row] < time:
            row += 1
        while row > low and ts[row - 1] >= time:
            row -= 1
        found[i] = row


@compiled_into
def _place(ts: Int64, time: int, at: int) -> int:
    """How many of `ts` lie before the time; `at`: a guess that is not too high if the one before it lies before."""
    low, stride = at, 1
    if at > 0 and ts[at - 1] >= time:
        low, high = 0, at - 1
    else:
        while low + stride <= ts.size and ts[low + stride - 1] < time:
            low, stride = low + stride, 2 * stride
        high = min(low + stride - 1, ts.size)
    while low < high:
        middle = (low + high) // 2
        if ts[middle] < time:
            low = middle + 1
        else:
            high = middle
    return low
