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
BROKER, SESSION, NOBODY = "the broker", "this session", ""  # who plays a kind of order
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
    flags: frozenset[str] = frozenset()  # of post_only, reduce_only, display_qty: what orders may carry
    margin: bool = False  # answers what-if questions
    history: bool = True
    rates: tuple[Rate, ...] = ()  # of requests that change something: submit, modify, cancel, close

    def player(self, kind: str) -> str:
        """BROKER, SESSION or NOBODY: who plays an order type, a time in force, or what an order carries, by its name.

        What the session plays needs it to be there (see emulating).
        """
        types, tifs = ({one.name.lower() for one in of} for of in (self.order_types, self.tifs))
        moves = self.modify and (self.attached_stops if kind == "trail" else OrderType.STOP in self.order_types)
        there = {
            "sl": self.attached_stops, "tp": self.attached_stops, "oco": self.oco, "parent": self.brackets,
            "modify": self.modify, "close_by": self.hedging,
        }  # fmt: skip
        if kind in types or kind in tifs or kind in self.flags or there.get(kind, False):
            return BROKER
        if kind == "reduce_only" and not self.hedging:
            return SESSION  # the other way in netting, but a ticket of its own in hedging
        if kind in ("oco", "parent") or (kind in ("trail", "trailing_stop") and moves):
            return SESSION
        return NOBODY

    def lacks(self, kind: str) -> str:
        """What nobody plays, in words; "" where somebody does."""
        if self.player(kind):
            return ""
        return WORDS.get(kind) or f"{kind} orders"


WORDS: Final = {
    "sl": "stop loss that lives there", "tp": "take profit that lives there", "modify": "changes of orders",
    "trail": "trailing stops of positions", "close_by": "close_by (it nets)",
    "reduce_only": "orders that only reduce (it hedges: close() closes a ticket, sl= and tp= wait for a price)",
}  # fmt: skip
