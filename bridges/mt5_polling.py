"""Polling a terminal: what is new among ticks, deals, orders and positions, each thing once.

The package has no stream and no callback. Ticks are asked for from the second of the last one on and counted within its
millisecond, so that ticks of one instant neither fall out nor come twice; deals are known by their tickets; an order
that is gone from the list is looked up in the history until its end stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from bridges.mt5_clock import ServerClock, moment
from bridges.mt5_words import FINAL_STATES
from simcore.live.bridge import BridgeError, Cash, Event, Fill, OrderUpdate, Position, Quote

MILLI: Final = 1_000_000
BATCH: Final = 10_000  # ticks asked for at once
DAY: Final = 86_400
HOUR: Final = 3_600_000_000_000
OFTEN: Final = 60_000_000_000  # ns between two polls that leave no room for an old tick
OVERLAP: Final = 60  # seconds of deals that are asked for again


class Owner(Protocol):
    """What polling needs of its bridge."""

    clock: Callable[[], int]
    server_clock: ServerClock

    def need(self, answer: Any, call: str) -> Any: ...
    def disconnect(self) -> None: ...
    def told(self, deal: Any) -> Fill | Cash: ...
    def update(self, row: Any) -> OrderUpdate: ...
    def position(self, row: Any, now: int) -> Position: ...


class Polling:
    """What was seen of one terminal so far."""

    def __init__(self, mt5: Any, bridge: Owner) -> None:
        self._mt5, self._bridge = mt5, bridge
        self._seen: dict[str, tuple[int, int]] = {}  # symbol -> server ms of the last tick, ticks of that ms seen
        self._deals: set[int] = set()
        self.since = 0  # server seconds from which deals are asked for
        self.orders: dict[int, Any] = {}
        self.positions: dict[int, Any] = {}
        self._offset = 0  # of the server's clock, when prices were asked for first
        self._polled = 0  # when prices were asked for last, by our clock; 0: not since the connection is open

    def begin(self, symbols: Sequence[str], seen: Mapping[str, tuple[int, int]]) -> None:
        """Ask for prices of these, after what was seen of them (ns UTC, how many of that instant)."""
        now, at = 0, self._bridge.server_clock
        put_back, self._offset = at.offset < self._offset, at.offset
        for symbol in symbols:
            tick, before = self._mt5.symbol_info_tick(symbol), self._seen.get(symbol, (0, 0))
            newest = tick.time_msc if tick is not None else 0
            ts, count = seen.get(symbol, (0, 0))
            from_ = ((ts + at.ahead(ts)) // MILLI, count) if ts else (newest, 0)
            told = put_back and from_ < before and before[0] <= newest  # by stamps of the clock as it was
            self._seen[symbol] = before if told else from_
            now = max(now, self._seen[symbol][0])
        self.since = min(self.since or now // 1000, now // 1000)  # the server's clock may have been put back
        self._polled = 0

    def poll(self, *, prices: bool = True) -> list[Event]:
        """What is new. All is asked for before anything counts as told, so that an answer that fails loses nothing.

        Orders come before deals: the deals of an order that has ended are there when its end is.
        """
        asked = [(symbol, *self._new_ticks(symbol)) for symbol in (self._seen if prices else ())]
        if prices:
            self._check_clock([seen[0] for _, quotes, seen in asked if quotes])
        orders, changed = self._orders_now()
        positions, moved = self._positions_now()
        deals = [deal for deal in self.history(max(self.since - OVERLAP, 0)) if deal.ticket not in self._deals]
        told: list[Event] = [*changed, *moved, *map(self._bridge.told, {deal.ticket: deal for deal in deals}.values())]
        for symbol, quotes, seen in asked:
            self._seen[symbol] = seen
            told += quotes
        self._deals.update(deal.ticket for deal in deals)
        self.since = max(self.since, *(deal.time for deal in deals), 0)
        self.orders, self.positions = orders, positions
        return sorted(told, key=lambda event: (event.ts_event, not isinstance(event, Quote)))

    def _check_clock(self, newest: list[int]) -> None:
        """BridgeError, before anything is told, where ticks that came just now show that the server's clock jumped."""
        before, self._polled = self._polled, self._bridge.clock()
        if not newest or self._polled - before > OFTEN:
            return
        jump = self._bridge.server_clock.jumped(max(newest))
        if jump:
            self._bridge.disconnect()
            way = "forward" if jump > 0 else "back"
            raise BridgeError(f"the server's clock was put {way} by {abs(jump) / HOUR:g} hours: it is measured anew")

    def _new_ticks(self, symbol: str) -> tuple[list[Event], tuple[int, int]]:
        """Ticks not heard yet, and what has been seen with them."""
        m = self._mt5
        found: list[Event] = []
        (last, count), size = self._seen[symbol], BATCH
        while True:
            ticks = self._bridge.need(
                m.copy_ticks_from(symbol, moment(last // 1000), size, m.COPY_TICKS_INFO), "copy_ticks_from"
            )
            now = self._bridge.clock()
            times = ticks["time_msc"]
            known = int(times.searchsorted(last)) + count
            first = min(known, int(times.searchsorted(last, "right")))  # a terminal may have forgotten some
            for time_msc, bid, ask in zip(times[first:], ticks["bid"][first:], ticks["ask"][first:], strict=True):
                ts = self._bridge.server_clock.utc(int(time_msc))
                found.append(Quote(symbol=symbol, ts_event=ts, ts_recv=now, bid=float(bid), ask=float(ask)))
            if len(times) > first:
                last = int(times[-1])
                count = int(len(times) - times.searchsorted(last))
            elif len(times) == size:
                size *= 2  # so many ticks in one second that those we know fill the answer
                continue
            if len(times) < size:
                return found, (last, count)

    def history(self, since: int) -> list[Any]:
        """Deals from a second of the server on, oldest first."""
        now = self._bridge.server_clock.local(self._bridge.clock())
        until = max(now, since, *(msc // 1000 for msc, _ in self._seen.values())) + DAY
        deals = self._bridge.need(self._mt5.history_deals_get(since, until), "history_deals_get")
        return sorted(deals, key=lambda deal: (deal.time_msc, deal.ticket))

    def _orders_now(self) -> tuple[dict[int, Any], list[Event]]:
        """What works, and what is told of it: orders that are new or changed, and the end of those that are gone."""
        rows = {row.ticket: row for row in self._bridge.need(self._mt5.orders_get(), "orders_get")}
        told: list[Event] = [self._bridge.update(row) for ticket, row in rows.items() if self.orders.get(ticket) != row]
        for ticket in [ticket for ticket in self.orders if ticket not in rows]:
            ended = self._mt5.history_orders_get(ticket=ticket)
            if not ended or ended[0].state not in FINAL_STATES:
                rows[ticket] = self.orders[ticket]  # gone, and its end not listed yet: look again
                continue
            told.append(self._bridge.update(ended[0]))
        return rows, told

    def _positions_now(self) -> tuple[dict[int, Any], list[Event]]:
        """What is open, and those positions whose stops somebody changed, or whose swap a rollover did."""
        now = self._bridge.clock()
        told: list[Event] = []
        rows = {row.ticket: row for row in self._bridge.need(self._mt5.positions_get(), "positions_get")}
        for ticket, row in rows.items():
            known = self.positions.get(ticket)
            if known is not None and (known.sl, known.tp, known.swap) != (row.sl, row.tp, row.swap):
                told.append(self._bridge.position(row, now))
        return rows, told
