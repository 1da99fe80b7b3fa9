"""The server's time: what a MetaTrader 5 terminal calls seconds since 1970 is the wall clock of its broker.

Documentation says UTC; brokers stamp ticks, orders and deals with their own local time (mostly that of New York plus
seven hours), counted as if it were UTC. So does the emulator, by a zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.brokers.zones import transitions

SECOND: Final = 1_000_000_000
MILLI: Final = 1_000_000
Int64s = NDArray[np.int64]


class ServerTime:
    """Instants (ns UTC) as the server writes them, and back. `shift`: seconds the server's clock is wrong by."""

    def __init__(self, zone: str, shift: float = 0.0) -> None:
        self._at, self._offset = transitions(zone)
        self.shift = round(shift * SECOND)
        self._span = 0, 0, 0  # from an instant to before another: the offset

    def local(self, ns: Int64s | Sequence[int]) -> Int64s:
        """The server's ns of instants (n,)."""
        instants = np.asarray(ns, np.int64)
        offset: Int64s = self._offset[np.searchsorted(self._at, instants, "right") - 1]
        return instants + offset + self.shift

    def seconds(self, ns: int) -> int:
        """Whole seconds on the server's clock; 0 for never."""
        return self._one(ns) // SECOND if ns else 0

    def milliseconds(self, ns: int) -> int:
        """Milliseconds on the server's clock; 0 for never."""
        return self._one(ns) // MILLI if ns else 0

    def _one(self, ns: int) -> int:
        """The server's ns of one instant; what changes twice a year is looked up as often."""
        first, end, offset = self._span
        if not first <= ns < end:
            i = int(np.searchsorted(self._at, ns, "right")) - 1
            last = i + 1 == len(self._at)
            offset = int(self._offset[i])
            self._span = int(self._at[i]), np.iinfo(np.int64).max if last else int(self._at[i + 1]), offset
        return int(ns) + offset + self.shift

    def instant(self, seconds: float) -> int:
        """The instant (ns UTC) a time of the server stands for."""
        local = round(seconds * SECOND) - self.shift
        guess = local - int(self._offset[np.searchsorted(self._at, local, "right") - 1])
        return local - int(self._offset[np.searchsorted(self._at, guess, "right") - 1])


def seconds_of(given: Any) -> float:
    """A time as callers give it, a number of seconds or a datetime; a naive one is this machine's local time."""
    if isinstance(given, datetime):
        try:
            return given.timestamp()
        except (ValueError, OverflowError):  # a year no clock has, or NaT
            raise TypeError(given) from None
    if isinstance(given, bool) or not isinstance(given, int | float | np.number) or not np.isfinite(given):
        raise TypeError(given)
    return float(given)
