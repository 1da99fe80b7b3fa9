"""The server's clock: MetaTrader 5 counts seconds since 1970 on the wall clock of its broker.

Its distance from UTC is given, as hours or as a zone that knows its summer time ("America/New_York+7" is the clock of
most brokers), or it is measured: the newest tick against this machine, to the quarter of an hour. What was measured
holds until the server's clock is put forward or back; then the connection is opened and the distance measured anew.
History from the other side of such a day is right with a zone only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.brokers.zones import transitions
from simcore.live.bridge import BridgeError

SECOND: Final = 1_000_000_000
MILLI: Final = 1_000_000
QUARTER: Final = 900 * SECOND
FARTHEST: Final = 14 * 3600 * SECOND  # no zone is further from UTC
SURE: Final = 60 * SECOND  # how exact a jump of the clock must be to be taken for one


class ServerClock:
    """Times of one server, and ours. `clock`: ns UTC here; `ticks` are the newest ones of the symbols in use."""

    def __init__(
        self, hours: float | None, zone: str | None, clock: Callable[[], int], ticks: Callable[[], Iterable[Any]]
    ) -> None:
        if hours is not None and zone is not None:
            raise BridgeError("MetaTrader 5: give offset_hours or zone, not both")
        self._zone = None if zone is None else transitions(zone)
        self._given = None if hours is None else round(hours * 3600 * SECOND)
        self._measured: int | None = None
        self._clock, self._ticks = clock, ticks

    @property
    def offset(self) -> int:
        """ns it is ahead of UTC now."""
        return self.ahead(self._clock())

    def ahead(self, ns: int) -> int:
        """ns it is ahead of UTC at an instant."""
        if self._zone is not None:
            at, ahead = self._zone
            return int(ahead[np.searchsorted(at, ns, "right") - 1])
        if self._given is not None:
            return self._given
        if self._measured is None:
            self.measure()
        return self._measured or 0

    def utc(self, milliseconds: int) -> int:
        """The instant, ns UTC, of a time of the server."""
        local = milliseconds * MILLI
        return local - self.ahead(local - self.ahead(local))

    def utcs(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        """The instants (n,) of times of the server, ns."""
        if self._zone is None:
            return local - self.offset
        at, ahead = self._zone
        guess = local - ahead[np.searchsorted(at, local, "right") - 1]
        instants: NDArray[np.int64] = local - ahead[np.searchsorted(at, guess, "right") - 1]
        return instants

    def local(self, ns: int) -> int:
        """The server's seconds of an instant."""
        return (ns + self.ahead(ns)) // SECOND

    def forget(self) -> None:
        """What was measured is measured again."""
        self._measured = None

    def measure(self) -> None:
        """Measure the distance, unless it is known; BridgeError where no tick tells it."""
        if self._zone is not None or self._given is not None or self._measured is not None:
            return
        newest = max((tick.time_msc for tick in self._ticks() if tick is not None), default=0)
        if not newest:
            raise BridgeError(
                "MetaTrader 5: no symbol has a tick to measure the server's clock by; give offset_hours or zone"
            )
        ahead = newest * MILLI - self._clock()
        if abs(ahead) > FARTHEST:
            raise BridgeError(
                f"MetaTrader 5: the newest tick is {abs(ahead) / 3600 / SECOND:,.0f} hours away from this clock, so "
                "that of the server cannot be measured (is the market closed?); give offset_hours or zone"
            )
        self._measured = int(round(ahead / QUARTER) * QUARTER)

    def jumped(self, milliseconds: int) -> int:
        """ns a tick that came just now shows a measured clock was put forward by (below 0: back); 0 for not at all."""
        if self._measured is None:
            return 0
        ahead = self.utc(milliseconds) - self._clock()
        jump = int(round(ahead / QUARTER) * QUARTER)
        return jump if abs(ahead - jump) < SURE else 0


def moment(seconds: int) -> datetime:
    """Seconds of the server as every copy_* takes them: mt5linux's take no numbers."""
    return datetime.fromtimestamp(seconds, UTC)
