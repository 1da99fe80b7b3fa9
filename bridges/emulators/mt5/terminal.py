"""The emulated terminal: one account, its clock, and the connection a bot has to it.

Time is the owner's (`speed=None`: call `step` or `advance`), the wall's times `speed`, or with `speed="max"` one
recorded tick for every look at prices, so that a polling bot sees each of them. It runs from the first `initialize`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import RLock
from typing import Any, Final, Literal

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.books import Books
from bridges.emulators.mt5.clock import ServerTime
from bridges.emulators.mt5.errors import SUCCESS, Failure
from bridges.emulators.mt5.faults import Faults
from bridges.emulators.venue import Venue
from simcore.brokers.broker import Broker
from simcore.inputs import Data, Listed

Execution = Literal["market", "instant", "exchange"]
HOUR: Final = 3_600_000_000_000
LOGIN: Final = 1_000_001
SERVER: Final = "simcore-Demo"
MAX_BARS: Final = 100_000  # of one request: the terminal's "Max bars in chart"


@dataclass
class Link:
    """One bot's connection to the terminal."""

    start: int = 0  # of the terminal, that it belongs to; 0: it is closed
    error: tuple[int, str] = SUCCESS  # of its last call


class Terminal:
    """A MetaTrader 5 terminal over recorded ticks.

    data, broker, instruments, cash: as in backtest. execution: of every symbol; "instant" requotes. login, password,
    server: asked for by initialize and login; where not given, the account is whose the bot says. zone: of the server's
    clock; the broker's where not given. history: hours of the data that have passed when the first bot comes, since
    bots ask for bars at once.
    """

    def __init__(
        self,
        data: Data,
        *,
        broker: Broker | str | None = None,
        instruments: Listed = None,
        cash: float = 10_000.0,
        size: str = "M",
        speed: float | Literal["max"] | None = None,
        execution: Execution = "market",
        login: int | None = None,
        password: str | None = None,
        server: str | None = None,
        zone: str | None = None,
        faults: Faults | None = None,
        history: float = 0.0,
    ) -> None:
        self.venue = Venue(data, broker=broker, instruments=instruments, cash=cash, size=size)
        self.broker = self.venue.broker
        self.faults = faults if faults is not None else Faults()
        self.time = ServerTime(zone or self.broker.timezone)
        self.books = Books(self.venue, self.time)
        self.speed, self.execution = speed, execution
        self.login, self.server = login or LOGIN, server or SERVER
        self._asked = login, password, server
        self.lock = RLock()
        self.starts = 1  # of the terminal: what was connected before the last one is not connected any more
        self.link = Link()  # of the bot that is answered
        self.trade_allowed = True  # the AutoTrading button
        self.kept_comment: int | None = None  # letters of it that the server keeps; None: all
        self.watched = {i.symbol for i in self.venue.instruments}
        self.depth: set[str] = set()
        self.history: dict[Any, Any] = {}  # ticks by symbol, bars by symbol and timeframe
        self.requests = 0
        self._began: tuple[float, int] | None = None  # wall seconds, and the instant they stand for
        self.venue.step()
        if history > 0.0:
            self.venue.advance(self.venue.now + round(history * HOUR))

    # ---- the owner's hand on the clock

    def step(self) -> bool:
        """Play the next recorded tick; False where there is none."""
        with self.lock:
            return self.venue.step()

    def advance(self, until: int) -> None:
        """Play what was recorded up to `until`, ns UTC."""
        with self.lock:
            self.venue.advance(until)

    def run(self) -> None:
        """Let time come to where it should be by now."""
        if isinstance(self.speed, int | float):
            if self._began is None:
                self._began = (time.monotonic(), self.venue.now)
            wall, instant = self._began
            self.venue.advance(instant + round((time.monotonic() - wall) * self.speed * 1e9))

    def look(self) -> None:
        """Somebody looks at prices."""
        if self.speed == "max" and self._began is not None:
            self.venue.step()
        self._began = self._began or (time.monotonic(), self.venue.now)

    # ---- connection

    def connect(self, login: int | None, password: str | None, server: str | None) -> None:
        """Open the account; Failure where it is another's. What was not set is as the bot calls it."""
        for given, kind in ((login, int), (password, str), (server, str)):
            if given is not None and not isinstance(given, kind):
                raise Failure(c.RES_E_INVALID_PARAMS)
        for set_, given in zip(self._asked, (login, password, server), strict=True):
            if set_ is not None and given is not None and given != set_:
                raise Failure(c.RES_E_AUTH_FAILED)
        self.login, self.server = login or self.login, server or self.server
        self.link.start = self.starts

    @property
    def connected(self) -> bool:
        """Whether the bot that is answered has a connection."""
        return self.link.start == self.starts

    def number(self, symbol: Any, missing: int = c.RES_E_NOT_FOUND) -> int:
        """The account's number of a symbol; Failure, with the code `missing`, for one there is not."""
        if not isinstance(symbol, str):
            raise Failure(c.RES_E_INVALID_PARAMS, 'Invalid "symbol" argument')
        if symbol not in self.venue.numbers:
            raise Failure(missing)
        return self.venue.numbers[symbol]
