"""Watching a bridge: its prices and the passing of time, through the journal to the account, one event at a time.

CONNECTING   no connection; tried again with growing pauses
SYNCING      connected; history warms the strategy, prices that were missed are read, accounts are compared
LIVE         orders leave
DEGRADED     something is wrong (prices stale or late, an answer lost): nothing new leaves, cancels do
HALTED       ended by the kill switch, the loss limit or a difference nobody may repair: nothing leaves any more

That is all a session on paper needs; one with orders at the broker grows from it (see runtime). Time passes without
prices, too: where something is due (a bar's end, a timer, an expiry) a heartbeat takes the account there. It is a row
of the journal like a price, so that a replay sees the very same.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Event as Flag
from typing import Final

import numpy as np

from simcore.kernel.enums import Kind
from simcore.live.bridge import Bridge, BridgeError, Event, Print, Quote
from simcore.live.desk import Desk
from simcore.live.errors import Halted
from simcore.live.guards import SECOND, Guards
from simcore.live.halting import is_asked
from simcore.live.journal import Journal
from simcore.live.records import ROWS
from simcore.live.warming import is_cold, warm

QUOTE, PRINT = int(Kind.QUOTE), int(Kind.PRINT)
FIRST_PAUSE: Final = 0.5  # seconds
LONGEST_PAUSE: Final = 60.0
BY_SWITCH: Final = "by the kill switch"


class Stage(StrEnum):
    CONNECTING = "CONNECTING"
    SYNCING = "SYNCING"
    LIVE = "LIVE"
    DEGRADED = "DEGRADED"
    HALTED = "HALTED"


@dataclass(kw_only=True)
class Watch:
    """One session at a bridge. `clock`: ns UTC here; `pause`: waits seconds, no longer than until `stop`."""

    desk: Desk
    bridge: Bridge
    symbols: list[str]
    clock: Callable[[], int]
    pause: Callable[[float], object] | None = None
    guards: Guards = field(default_factory=Guards)
    told: Callable[[Stage, str], None] = lambda stage, why: None
    folder: Path | None = None  # where the kill switch leaves its mark
    jitter: random.Random = field(default_factory=random.Random)
    stage: Stage = Stage.CONNECTING
    latency: int = 0  # ns from the last price to the end of what it caused

    def __post_init__(self) -> None:
        self.numbers = {symbol: k for k, symbol in enumerate(self.symbols)}
        self.seen = seen_of(self.desk.journal, self.symbols)
        self.queue: deque[Event] = deque()  # polled, and not handled yet
        self.retry_at = self._beat_at = self._failures = 0
        self._priced = (0, 0)  # when the last price came, by our clock, and its time
        self._stopped = Flag()
        self.wait = self.pause or self._stopped.wait

    # ---- stages

    def enter(self, stage: Stage, why: str = "") -> None:
        """Go to another stage, and say so in the journal."""
        if stage is not self.stage and self.stage is not Stage.HALTED:
            self.stage = stage
            self.desk.journal.note("stage", self.desk.now, stage=stage.value, why=why)
            self.desk.journal.flush()
            self.told(stage, why)

    @property
    def is_halt_asked(self) -> bool:
        """Whether the kill switch left its mark."""
        return self.folder is not None and is_asked(self.folder)

    def connect(self) -> bool:
        """One attempt to connect and to compare; False where it failed: `retry_at` is when to try again."""
        self.enter(Stage.CONNECTING)
        try:
            if not self.bridge.is_connected:
                self.bridge.connect()
            self.enter(Stage.SYNCING)
            if is_cold(self.desk):
                end = warm(self.desk, self.bridge, self.symbols, self.clock)
                self.seen = dict.fromkeys(self.symbols, (end, 0)) if end else {}
            self.bridge.subscribe(self.symbols, self.seen)
            self.queue = deque(told for told in self.queue if not isinstance(told, Quote | Print))  # asked for again
            self.sync()
            self._failures = 0
            self.guards.begin(self.clock())
            self.enter(Stage.LIVE)
            self.act()
        except BridgeError as error:
            self.lost(error)
            return False
        except Halted as difference:
            self.enter(Stage.HALTED, str(difference))
            return False
        return True

    def sync(self) -> None:
        """Missed prices come first; nothing is sent on them."""
        events = self.bridge.poll()
        self._check_ahead(events)
        self.queue.extend(events)
        while self.queue:
            self.handle(self.queue.popleft(), act=False)

    def lost(self, error: BridgeError) -> None:
        """The connection is gone: it is tried again, later each time, and not when everybody else does."""
        self.enter(Stage.CONNECTING, str(error))
        self._failures += 1
        longest = min(FIRST_PAUSE * 2.0 ** (self._failures - 1), LONGEST_PAUSE)
        self.retry_at = self.clock() + round(longest * (0.8 + 0.4 * self.jitter.random()) * SECOND)

    # ---- the loop

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Go on until told to stop, halted, or `until` says so."""
        while not self._stopped.is_set() and self.stage is not Stage.HALTED and not until():
            if self.stage is not Stage.CONNECTING:
                busy = self.cycle()
            elif self.is_halt_asked:
                self.settle()
                busy = True
            else:
                busy = self.clock() >= self.retry_at and self.connect()
            if not busy:
                self.wait(self.guards.interval)

    def stop(self) -> None:
        """End after the event at hand; working orders and positions stay."""
        self._stopped.set()

    def cycle(self) -> bool:
        """Take what happened and act on it; whether there was anything."""
        try:
            events = self.bridge.poll()
            self._check_times(events)
            self.queue.extend(events)
            while self.queue:
                self.handle(self.queue.popleft())
            self.beat()
            self.guard()
        except BridgeError as error:
            self.lost(error)
            return True
        except Halted as difference:
            self.halt(str(difference))
        return bool(events)

    def handle(self, event: Event, *, act: bool = True) -> None:
        """One event, through the journal to the account and the strategy; then what it made them send."""
        if isinstance(event, Quote):
            self._seen(event)
            x, y = event.bid_size, event.ask_size
            self.desk.row(event.ts_event, self.numbers[event.symbol], QUOTE, event.bid, event.ask, x, y, event.ts_recv)
            self._priced = self.clock(), self.desk.now
            self.guards.priced(self._priced[0])
            self.quoted(self.numbers[event.symbol])
        elif isinstance(event, Print):
            k = self.numbers[event.symbol]
            self.desk.row(event.ts_event, k, PRINT, event.price, event.price, event.size, event.side, event.ts_recv)
        else:
            self.hear(event)
        if act:
            self.act()
        if isinstance(event, Quote):
            self.latency = max(self.clock() - event.ts_recv, 0)

    def _seen(self, quote: Quote) -> None:
        ts, count = self.seen.get(quote.symbol, (0, 0))
        self.seen[quote.symbol] = (quote.ts_event, count + 1 if ts == quote.ts_event else 1)

    def quoted(self, k: int) -> None:
        """What follows at once from a price of an instrument; here nothing."""

    def hear(self, event: Event) -> None:
        """What is no price; here nobody trades."""

    def act(self) -> None:
        """What follows from an event at the broker; here nothing."""
        self.desk.take()

    # ---- time

    def beat(self) -> None:
        """Let time pass to where it is by now, if something is due there.

        The broker's time is that of its last price plus what passed here since, less `lag` for prices on their way.
        """
        came, ts = self._priced
        if not self.guards.heartbeat or not came:
            return
        instant = ts + self.clock() - came - round(self.guards.lag * SECOND)
        if self.desk.now < int(self.desk.engine.state.head["next_due"]) <= instant:
            self.desk.heartbeat(instant, self.clock())
            self.act()

    def _check_ahead(self, events: list[Event]) -> int | None:
        """How far (ns) the newest price is ahead of our clock: BridgeError for too far, before the account has seen it.

        None where there is none, or nobody guards it.
        """
        newest = max((event.ts_event for event in events if isinstance(event, Quote)), default=0)
        if not newest or not self.guards.drift:
            return None
        ahead = newest - self.clock()
        if ahead > self.guards.drift * SECOND:
            self.bridge.disconnect()  # connecting measures the broker's clock anew
            raise BridgeError(
                f"the broker's clock is {ahead / SECOND:,.1f} s ahead of this machine's, more than --drift "
                f"{self.guards.drift:g} allows: set this clock, or give the broker's offset"
            )
        return ahead

    def _check_times(self, events: list[Event]) -> None:
        """The prices' times against our clock, either way."""
        ahead = self._check_ahead(events)
        if ahead is not None:
            self.guards.late = -ahead
        why = self.guards.late_why()
        if why and self.stage is Stage.LIVE:
            self.enter(Stage.DEGRADED, why)

    def guard(self) -> None:
        """What must hold for orders to leave, looked at after every poll."""
        now = self.clock()
        if self.guards.heartbeat and now - self._beat_at >= self.guards.heartbeat * SECOND:
            self._beat_at = now
            if not self.bridge.is_connected:
                raise BridgeError("the connection to the broker is gone")
        why = self.wrong()
        if self.stage is Stage.LIVE and why:
            self.enter(Stage.DEGRADED, why)
        elif self.stage is Stage.DEGRADED and not why:
            self.enter(Stage.LIVE, "what was wrong is over")
        if self.is_halt_asked:
            self.halt(BY_SWITCH)

    def wrong(self) -> str:
        """What is wrong; "" where nothing is."""
        return self.guards.look(self.clock())

    def settle(self) -> None:
        """End a session that the kill switch ended while it was not connected, or had died."""
        self.enter(Stage.HALTED, BY_SWITCH)

    def halt(self, why: str, *, flatten: bool = False) -> None:
        """End the session: nothing happens any more."""
        self.enter(Stage.HALTED, why)


def seen_of(journal: Journal, symbols: list[str]) -> dict[str, tuple[int, int]]:
    """Instant of the last quote of every symbol, and how many quotes of that instant the journal holds."""
    seen: dict[str, tuple[int, int]] = {}
    for chunk in journal.chunks(kinds=(ROWS,)):
        times = np.where(chunk.rows["late"] == 1, chunk.rows["ts_recv"], chunk.rows["ts_event"])
        for k, symbol in enumerate(symbols):
            mine = times[(chunk.rows["kind"] == QUOTE) & (chunk.rows["instrument"] == k)]
            if len(mine):
                ts, count = seen.get(symbol, (0, 0))
                now = int((mine == mine[-1]).sum())
                seen[symbol] = int(mine[-1]), now + (count if ts == mine[-1] else 0)
    return seen
