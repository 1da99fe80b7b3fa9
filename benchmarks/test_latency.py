"""From a price that came in to the order it caused, handed to the adapter: journal, account, compiled strategy, intent.

The clock runs from the moment `poll` has the quote until `submit` is called, and stands still while the journal writes
the order to its file; a second figure has that too, all but the waiting for the disk (SQLite's `synchronous` is off).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np
import pytest

import simcore as sc
from benchmarks.account import CASH, PER_LOT, broker, instruments
from benchmarks.conftest import ROUNDS
from benchmarks.markets import START, TICK, scaled
from simcore.brokers.instrument import Instrument
from simcore.kernel.enums import OrderType
from simcore.live import database
from simcore.live.bridge import Ack, Capabilities, Event, Fill, Intent, Money, Outcome, Quote
from simcore.live.guards import Guards
from simcore.live.journal import Journal
from simcore.live.live import Live, live

EVERY = 10  # quotes an order
QUOTES = scaled(20_000)
SPREAD = 0.00002
UNITS = 10_000.0  # 0.10 lot
COMMISSION = PER_LOT * 0.1


class Turns(sc.Strategy):
    """In on every tenth quote, out on the tenth after it."""

    _n: int = 0

    def on_quote(self, ctx: Any) -> None:
        self._n += 1
        if self._n % 10 == 0:
            if ctx.position == 0.0:
                ctx.buy(0.1)
            else:
                ctx.close()


class Straight:
    """A bridge with nothing behind it: one quote a poll, and every order filled at once at the quote that stands."""

    capabilities = Capabilities(order_types=frozenset(OrderType), hedging=True)
    is_connected, server_offset = True, 0
    writing = 0  # ns the journal wrote since the last quote

    def __init__(self) -> None:
        self.now, self.n, self.began = START, 0, 0
        self.waited: list[int] = []  # ns from a quote to its order, but for the journal's write
        self.written: list[int] = []  # with it
        self.earned = 0.0
        self._told: list[Event] = []

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def mark(self, number: int) -> None: ...
    def subscribe(self, symbols: Sequence[str], seen: Mapping[str, tuple[int, int]]) -> None: ...

    def time(self, symbols: Sequence[str]) -> int:
        return START

    def instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        return instruments(symbols)

    def validate_symbol(self, symbol: str) -> str:
        return ""

    def account(self) -> Money:
        return Money(currency="USD", balance=CASH, equity=CASH, used_margin=0.0, free_margin=CASH, hedging=True)

    def positions(self) -> list[Any]:
        return []

    def orders(self) -> list[Any]:
        return []

    def fills(self, since: int) -> list[Any]:
        return []

    def submit(self, intent: Intent) -> Outcome:
        self.written.append(perf_counter_ns() - self.began)
        self.waited.append(self.written[-1] - Straight.writing)
        number, opens = str(len(self.waited)), not intent.position
        price = round(self.price + (SPREAD if intent.side > 0 else 0.0), 5)
        self.earned -= round(intent.side * price * UNITS, 6) + COMMISSION
        self._told.append(
            Fill(
                trade=number, ticket=number, symbol=intent.symbol, side=intent.side, qty=intent.qty, price=price,
                ts_event=self.now, ts_recv=self.now, position=number if opens else intent.position,
                client_id=intent.client_id, closes=not opens, commission=COMMISSION,
            )
        )  # fmt: skip
        return Ack(number)

    @property
    def price(self) -> float:
        return round(1.1 + self.n % 7 / 100_000, 5)

    def poll(self, *, prices: bool = True) -> list[Event]:
        told, self._told = self._told, []
        if prices:
            self.n += 1
            self.now += TICK
            bid = self.price
            ask = round(bid + SPREAD, 5)
            told.append(Quote(symbol="EURUSD", ts_event=self.now, ts_recv=self.now, bid=bid, ask=ask))
            Straight.writing, self.began = 0, perf_counter_ns()
        return told


def opened(folder: Path) -> tuple[Live, Straight]:
    bridge = Straight()
    found = live(
        sc.compiled(Turns)(), bridge, ["EURUSD"], session=folder, spec="Turns", max_loss=CASH, broker=broker(),
        clock=lambda: bridge.now, guards=Guards(stale=0.0, audit=0.0),
    )  # fmt: skip
    assert found.runtime.connect()
    return found, bridge


def test_order(benchmark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order on every tenth quote; what it waited, ns, in the middle and at the 99th per cent of each round."""
    for level in ("FORCED", "WRITTEN"):
        monkeypatch.setattr(database, level, "OFF")
    monkeypatch.setattr(Journal, "flush", timed(Journal.flush))
    found: dict[str, list[list[float]]] = {"waited": [], "written": []}
    made = iter(range(1_000))

    def fresh() -> tuple[tuple[Live, Straight], dict[str, Any]]:
        return opened(tmp_path / str(next(made))), {}

    def quotes(at: Live, bridge: Straight) -> None:
        for _ in range(QUOTES):
            at.runtime.cycle()
        assert len(bridge.waited) == len(bridge.written) == QUOTES // EVERY
        figures = at.began.desk.engine.figures()
        # bought and sold at these prices, each at its commission
        assert at.began.desk.engine.net_qty(0) == 0.0
        assert figures["balance"] == pytest.approx(CASH + bridge.earned, abs=1e-6)
        for name, of in found.items():
            of.append(np.percentile(getattr(bridge, name), [50, 99]).tolist())
        at.close()

    benchmark.pedantic(quotes, setup=fresh, rounds=ROUNDS)
    benchmark.extra_info.update(found)


def timed(flush: Callable[[Journal], None]) -> Callable[[Journal], None]:
    """The journal's write, which says how long it took."""

    def write(self: Journal) -> None:
        began = perf_counter_ns()
        flush(self)
        Straight.writing += perf_counter_ns() - began

    return write
