"""The runtime: bridge -> journal -> account -> strategy -> orders -> bridge, one event at a time.

CONNECTING   no connection; tried again with growing pauses
SYNCING      connected; prices that were missed are read, the account is compared with the broker's (see reconcile)
LIVE         orders leave
DEGRADED     something is wrong (prices stale, an answer lost, clocks apart): nothing new leaves, cancels do
HALTED       ended by the kill switch, the loss limit or a difference nobody may repair: nothing leaves any more

Prices and what a broker says are the only inputs; each is in the journal before the account sees it. Our account does
not match or liquidate here (the broker does): its margin and its margin calls are predictions.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from simcore.kernel.enums import Kind
from simcore.live.booking import Booking
from simcore.live.bridge import Bridge, BridgeError, Cash, Event, Fill, OrderUpdate, Position, Print, Quote, Session
from simcore.live.desk import Desk
from simcore.live.emulating import Emulation
from simcore.live.guards import Guards
from simcore.live.halting import is_asked
from simcore.live.identity import Identity
from simcore.live.journal import ROWS
from simcore.live.reconcile import Halted, Policy, reconcile
from simcore.live.sending import Sending

QUOTE, PRINT = int(Kind.QUOTE), int(Kind.PRINT)
FIRST_PAUSE: Final = 0.5  # seconds
LONGEST_PAUSE: Final = 60.0


class Stage(StrEnum):
    CONNECTING = "CONNECTING"
    SYNCING = "SYNCING"
    LIVE = "LIVE"
    DEGRADED = "DEGRADED"
    HALTED = "HALTED"


@dataclass
class Runtime:
    """One live session. `clock`: ns UTC here; `pause`: waits seconds; both are the machine's unless given."""

    desk: Desk
    bridge: Bridge
    who: Identity
    symbols: list[str]
    first: int
    clock: Callable[[], int]
    pause: Callable[[float], None]
    guards: Guards = field(default_factory=Guards)
    policy: Policy = "adopt"
    told: Callable[[Stage, str], None] = lambda stage, why: None
    stage: Stage = Stage.CONNECTING
    folder: Path | None = None  # where the kill switch leaves its mark
    latency: int = 0  # ns from the last price to the end of what it caused

    def __post_init__(self) -> None:
        numbers = {symbol: k for k, symbol in enumerate(self.symbols)}
        self.booking = Booking(self.desk, self.who, numbers, self.first)
        self.sending = Sending(self.bridge, self.booking, self.symbols, self.clock, self.guards.grace)
        self.emulation = Emulation(self.sending, self.bridge.capabilities)
        self.who.learn(self.desk.journal)
        self.sending.learn(self.desk.journal)
        self.emulation.trailing.learn(self.desk.journal)
        self.seen = seen_of(self.desk, self.symbols)
        self._failures = 0
        self._random = random.Random(0)  # jitter alone
        self._stop = False

    # ---- stages

    def enter(self, stage: Stage, why: str = "") -> None:
        """Go to another stage, and say so in the journal."""
        if stage is not self.stage and self.stage is not Stage.HALTED:
            self.stage = stage
            self.desk.journal.note("stage", self._now, stage=stage.value, why=why)
            self.desk.journal.flush()
            self.told(stage, why)

    @property
    def _now(self) -> int:
        return int(self.desk.engine.state.head["now"])

    @property
    def may_send(self) -> bool:
        """Whether orders leave."""
        return self.stage is Stage.LIVE and not self.is_halt_asked

    @property
    def is_halt_asked(self) -> bool:
        """Whether the kill switch left its mark."""
        return self.folder is not None and is_asked(self.folder)

    def connect(self) -> bool:
        """One attempt to connect and to compare; False where it failed, after a pause that grows."""
        self.enter(Stage.CONNECTING)
        try:
            if not self.bridge.is_connected:
                self.bridge.connect()
            self.enter(Stage.SYNCING)
            self.bridge.subscribe(self.symbols, self.seen)
            self._sync()
        except BridgeError as error:
            self._lost(error)
            return False
        except Halted as difference:
            self.enter(Stage.HALTED, str(difference))
            return False
        self._failures = 0
        self.guards.begin(self.clock())
        self.enter(Stage.LIVE)
        self.act()
        return True

    def _sync(self) -> None:
        """Missed prices first, then what became of orders meanwhile; then both accounts must agree."""
        for event in self.bridge.poll():
            self.handle(event, act=False)
        reconcile(self.bridge, self.booking, self.sending, self.policy)

    def _lost(self, error: BridgeError) -> None:
        self.enter(Stage.CONNECTING, str(error))
        self._failures += 1
        longest = min(FIRST_PAUSE * 2.0 ** (self._failures - 1), LONGEST_PAUSE)
        self.pause(longest * (0.8 + 0.4 * self._random.random()))

    # ---- the loop

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Trade until told to stop, halted, or `until` says so."""
        while not self._stop and self.stage is not Stage.HALTED and not until():
            if self.stage is Stage.CONNECTING and not self.connect():
                continue
            if not self.cycle():
                self.pause(self.guards.interval)

    def stop(self) -> None:
        """End after the event at hand; working orders and positions stay."""
        self._stop = True

    def cycle(self) -> bool:
        """Take what happened and act on it; whether there was anything."""
        try:
            events = self.bridge.poll()
            for event in events:
                self.handle(event)
            self._guard()
        except BridgeError as error:
            self._lost(error)
            return True
        except Halted as difference:
            self.halt(str(difference))
        return bool(events)

    def handle(self, event: Event, *, act: bool = True) -> None:
        """One event, through the journal to the account and the strategy; then what it made them send."""
        if isinstance(event, Quote):
            self._seen(event)
            self.desk.row(
                event.ts_event, self.booking.numbers[event.symbol], QUOTE, event.bid, event.ask, event.bid_size,
                event.ask_size, event.ts_recv,
            )  # fmt: skip
            self.guards.priced(self.clock())
            if self.stage is Stage.LIVE:
                self.emulation.trailing.move(self.booking.numbers[event.symbol], lambda: self.may_send)
        elif isinstance(event, Print):
            k = self.booking.numbers[event.symbol]
            self.desk.row(event.ts_event, k, PRINT, event.price, event.price, event.size, event.side, event.ts_recv)
        elif isinstance(event, Fill):
            self.booking.fill(event)
        elif isinstance(event, OrderUpdate):
            self.booking.update(event)
        elif isinstance(event, Position):
            self.booking.stops(event)
        elif isinstance(event, Cash):
            self.booking.cash(event)
        elif isinstance(event, Session) and not event.open:
            self.enter(Stage.DEGRADED, event.text or "the broker closed the session")
        if act:
            self.act()
        if isinstance(event, Quote):
            self.latency = max(self.clock() - event.ts_recv, 0)

    def _seen(self, quote: Quote) -> None:
        ts, count = self.seen.get(quote.symbol, (0, 0))
        self.seen[quote.symbol] = (quote.ts_event, count + 1 if ts == quote.ts_event else 1)

    def act(self) -> None:
        """Send what was asked for, book what became of it at once, until nothing new is asked."""
        while True:
            self.emulation.links(lambda: self.may_send)
            changes, asks = self.desk.take()
            if not len(changes) and not len(asks):
                return
            before = len(self.sending.sent)
            for row in changes:
                self.sending.order(row["order"], self.may_send)
            for row in asks:
                self.sending.ask(row, self.may_send)
            if self.sending.unknown:
                self.enter(Stage.DEGRADED, "the answer to an order was lost")
            if len(self.sending.sent) > before or len(asks):
                for event in self.bridge.poll(prices=False):
                    self.handle(event, act=False)
                self.desk.journal.flush()  # what became of it, so that the next order has little to wait for

    def _guard(self) -> None:
        """What must hold for orders to leave, looked at after every poll."""
        if self.sending.unknown:
            self.sending.look()
            self.act()
        why = "the answer to an order was lost" if self.sending.unknown else self.guards.look(self.clock(), self.desk)
        if self.stage is Stage.LIVE and why:
            self.enter(Stage.DEGRADED, why)
        elif self.stage is Stage.DEGRADED and not why:
            self.enter(Stage.LIVE, "what was wrong is over")
        if self.guards.audit_due(self.clock()):
            reconcile(self.bridge, self.booking, self.sending, self.policy)
            self.act()
        if self.is_halt_asked:
            self.halt("by the kill switch")
        elif self.guards.too_much_lost(self.desk):
            self.halt(f"the loss limit of {self.guards.max_loss:,.2f} is reached", flatten=True)

    # ---- the end

    def halt(self, why: str, *, flatten: bool = False) -> None:
        """Cancel every order of ours, close every position where asked, and send nothing any more."""
        for row in self.desk.engine.state.orders:
            ticket = self.who.tickets.get(int(row["id"]), "") if row["id"] else ""
            if ticket:
                self.bridge.cancel(ticket, self.symbols[int(row["instrument"])])
        if flatten:
            self._flatten()
        for event in self.bridge.poll(prices=False):
            self.handle(event, act=False)
        self.enter(Stage.HALTED, why)

    def _flatten(self) -> None:
        held = [(int(p["instrument"]), int(p["id"])) for p in self.desk.engine.state.positions if p["id"]]
        for k, number in held:
            self.desk.engine.close(k, position=number)
        self.desk.driver.drain()
        changes, _ = self.desk.take()
        for row in changes:
            self.sending.order(row["order"], may=True)


def seen_of(desk: Desk, symbols: list[str]) -> dict[str, tuple[int, int]]:
    """Instant of the last quote of every symbol, and how many quotes of that instant the journal holds."""
    seen: dict[str, tuple[int, int]] = {}
    for chunk in desk.journal.chunks(kinds=(ROWS,)):
        for k, symbol in enumerate(symbols):
            seen[symbol] = _last(chunk.rows, k, seen.get(symbol, (0, 0)))
    return {symbol: one for symbol, one in seen.items() if one[0]}


def _last(rows: Any, k: int, before: tuple[int, int]) -> tuple[int, int]:
    ts = rows["ts_event"][(rows["kind"] == QUOTE) & (rows["instrument"] == k)]
    if not len(ts):
        return before
    count = int((ts == ts[-1]).sum())
    return int(ts[-1]), count + (before[1] if before[0] == ts[-1] else 0)
