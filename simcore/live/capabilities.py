"""What a broker can do, as data: kinds of orders, what they may carry, and how often it may be asked.

What it lacks is emulated here where that is safe (see emulating), or refused before it is sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from simcore.brokers.errors import ConfigError
from simcore.kernel.enums import OrderType, TimeInForce

ALL_TYPES: Final = frozenset(OrderType)
UNITS: Final = {"s": 1.0, "min": 60.0, "h": 3600.0}
_RATE: Final = re.compile(r"(\d+)/(\d*)(s|min|h)(?::(\d+))?")


@dataclass(frozen=True)
class Rate:
    """At most `requests` in `seconds` on the long run, and at most `burst` at once (by default as many)."""

    requests: int
    seconds: float
    burst: int = 0

    @classmethod
    def read(cls, text: str) -> Self:
        """Of "10/s", "120/min", "50/10s" or "10/s:3" (three at once); ConfigError for anything else."""
        found = _RATE.fullmatch(text.replace(" ", ""))
        count, number, unit, burst = found.groups() if found else ("0", "", "s", None)
        seconds = float(number or 1) * UNITS[unit]
        if not int(count) or not seconds or burst == "0":
            raise ConfigError(f"--rate {text}: write requests per time, such as 10/s, 120/min, or 10/s:3 (3 at once)")
        return cls(int(count), seconds, int(burst or 0))

    @property
    def most(self) -> int:
        """Requests that may go at once."""
        return self.burst or self.requests

    def __str__(self) -> str:
        return f"{self.requests} requests in {self.seconds:g} s" + (f", {self.burst} at once" if self.burst else "")


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What an adapter's broker does by itself."""

    order_types: frozenset[OrderType] = ALL_TYPES
    tifs: frozenset[TimeInForce] = frozenset((TimeInForce.GTC,))
    hedging: bool = False  # tickets, and close_by
    attached_stops: bool = True  # sl and tp of an order live at the broker
    brackets: bool = False  # children that wait for their parent
    oco: bool = False
    modify: bool = True
    client_ids: bool = True  # orders carry our id
    find_by_client_id: bool = True
    streaming: bool = False  # poll waits for events; otherwise it asks
    flags: frozenset[str] = frozenset()  # of post_only, display_qty: what orders may carry
    margin: bool = False  # answers what-if questions
    history: bool = True
    rates: tuple[Rate, ...] = ()  # of requests that change something: submit, modify, cancel, close
