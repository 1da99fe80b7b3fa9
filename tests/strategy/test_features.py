"""What a strategy hears and sees, one feature a test, by hand; plain and compiled leave the same bytes."""

from __future__ import annotations

from typing import Literal

import polars as pl

import simcore as sc
from simcore.strategy.context import Context
from simcore.strategy.fields import Array
from simcore.strategy.strategy import Strategy
from tests.strategy.forms import START, both, quotes
from tests.times import MINUTE, SECOND

# ------------------------------------------------------------------------------------------------- time and bars


class Frames(Strategy):
    bars = {"1min": 3, "2min": 2}  # noqa: RUF012
    warmup = 0
    _ones: int = 0
    _twos: int = 0
    _kept: int = 0
    _oldest: float = 0.0
    _closes: Array[Literal[8]]
    _high: float = 0.0
    _before: float = 0.0

    def on_bar(self, ctx: Context) -> None:
        if ctx.bar.timeframe == "1min":
            self._closes[self._ones] = ctx.bar.close
            self._ones += 1
            self._kept = len(ctx.bars("1min"))
            self._oldest = ctx.bars("1min")[0].close
        else:
            self._twos += 1
            self._high = ctx.bars("2min")[-1].high
            self._before = ctx.bars("1min")[-2].close


def test_two_timeframes_and_their_history() -> None:
    """Two quotes a minute, six minutes: bars of 10:00 to 10:04 are closed by the next minute's first quote."""
    bids = [1.1000, 1.1010, 1.1020, 1.1030, 1.1040, 1.1005, 1.1060, 1.1050, 1.1080, 1.1090, 1.1100, 1.1110]
    _, memory = both(Frames, {"EURUSD": quotes(bids, 30 * SECOND)})
    assert (memory._ones, memory._twos) == (5, 2)  # the sixth minute and the third pair of them never closed
    assert list(memory._closes) == [1.1010, 1.1030, 1.1005, 1.1050, 1.1090, 0.0, 0.0, 0.0]
    assert (memory._kept, memory._oldest) == (3, 1.1005)  # three are kept: 10:02, 10:03, 10:04
    assert memory._high == 1.1060  # of 10:02 to 10:03
    assert memory._before == 1.1005  # 10:03 had closed when the two minutes did, so [-2] is 10:02


class Order(Strategy):
    bars = "1min"
    _calls: Array[Literal[16], int]
    _n: int = 0

    def _note(self, what: int) -> None:
        self._calls[self._n % 16] = what
        self._n += 1

    def on_quote(self, ctx: Context) -> None:
        if ctx.ts >= 1_704_189_660 * 10**9:
            self._note(1 + ctx.index)

    def on_bar(self, ctx: Context) -> None:
        self._note(11 + ctx.index)

    def on_bars(self, ctx: Context) -> None:
        self._note(20)

    def on_timer(self, ctx: Context) -> None:
        self._note(30)

    def on_start(self, ctx: Context) -> None:
        ctx.set_timer(1_704_189_660 * 10**9)


def test_handlers_are_called_in_the_order_of_the_day() -> None:
    """10:01:00: the timer, the quote, each instrument's bar, then on_bars once; the other's quote closes nothing."""
    first = quotes([1.1, 1.1, 1.1], 30 * SECOND)
    second = quotes([1.3, 1.3], 30 * SECOND, START + SECOND)
    _, memory = both(Order, {"EURUSD": first, "GBPUSD": second})
    # 10:00:00 EURUSD, :01 GBPUSD, :30 EURUSD, :31 GBPUSD, 10:01:00 EURUSD closes the bars of both
    assert list(memory._calls)[: memory._n] == [30, 1, 11, 12, 20]


class Warm(Strategy):
    bars = {"1min": 2, "2min": 2}  # noqa: RUF012
    _first: int = 0
    _last: int = 0

    def on_bar(self, ctx: Context) -> None:
        if ctx.bar.timeframe == "1min":
            self._last = ctx.buy(0.01)
            if self._first == 0:
                self._first = self._last


def test_orders_are_denied_until_warm() -> None:
    """Two bars of two minutes are asked for, so four closed minutes: the orders at 1, 2 and 3 are ours to refuse."""
    result, memory = both(Warm, {"EURUSD": quotes([1.1] * 6, MINUTE)})
    told = result.orders.select("id", "status", "reason", "sentence").rows()
    assert told == [
        (1, "DENIED", "NOT_WARM", "not warm: 1 of 4 bars have closed"),
        (2, "DENIED", "NOT_WARM", "not warm: 2 of 4 bars have closed"),
        (3, "DENIED", "NOT_WARM", "not warm: 3 of 4 bars have closed"),
        (4, "FILLED", None, None),
        (5, "FILLED", None, None),
    ]
    assert (memory._first, memory._last) == (1, 5)
    assert result.stats["Denials"] == 3


class Timers(Strategy):
    _set: int = 0
    _refused: int = 0
    _fired: int = 0
    _late: int = 0

    def on_start(self, ctx: Context) -> None:
        for n in range(65):
            if ctx.set_timer(1_704_189_600 * 10**9 + n * 10**8) > 0:
                self._set += 1
            else:
                self._refused += 1

    def on_timer(self, ctx: Context) -> None:
        self._fired += 1
        if self._fired == 1:
            self._late = ctx.set_timer(ctx.ts - 5)


def test_timers_fire_once_each_and_there_are_sixty_four() -> None:
    """64 of 65 are taken, 0.0 to 6.3 s; the first sets one more for the past, which the next quote brings."""
    result, memory = both(Timers, {"EURUSD": quotes([1.1] * 8)})
    assert (memory._set, memory._refused, memory._fired) == (64, 1, 65)
    assert memory._late == START + 1
    assert result.events.select("type", "reason", "sentence").rows() == [
        ("order_refused", "TIMERS_FULL", "order 0 refused: all 64 timers are taken")
    ]


# -------------------------------------------------------------------------------------------------- several markets


class Waits(Strategy):
    bars = "1min"
    _id: int = 0

    def on_bar(self, ctx: Context) -> None:
        if ctx.index == 0 and self._id == 0:
            self._id = ctx["GBPUSD"].buy(0.1)


def test_an_order_for_a_silent_instrument_meets_its_next_quote() -> None:
    """EURUSD's quote closes the minute; GBPUSD last ticked inside it, so its order waits for 1.30510, not 1.30010."""
    first = quotes([1.1, 1.1, 1.1], 30 * SECOND)
    second = quotes([1.3, 1.305], 80 * SECOND, START + SECOND)
    result, _ = both(Waits, {"EURUSD": first, "GBPUSD": second})
    assert result.fills.select("symbol", "price").rows() == [("GBPUSD", 1.3051)]
    assert [(one.minute, one.second) for one in result.fills["ts"]] == [(1, 21)]


class Prints(Strategy):
    _prints: int = 0
    _volume: float = 0.0
    _last: float = 0.0
    _quotes: int = 0

    def on_print(self, ctx: Context) -> None:
        self._prints += 1
        self._volume += ctx.last_size
        self._last = ctx.last
        if self._prints == 2:
            ctx.buy(10.0)

    def on_quote(self, ctx: Context) -> None:
        self._quotes += 1


def test_prints_are_heard_and_trade_where_there_are_no_quotes() -> None:
    """Bought at the second print, 100.50, worth 101.00 at the third: (101.00 - 100.50) * 10 = 5.00.

    A print is the bid and the ask at once there, so on_quote hears it too.
    """
    ts = [START + n * SECOND for n in range(3)]
    prints = sc.read_prints(
        pl.DataFrame({"ts": ts, "price": [100.0, 100.5, 101.0], "size": [5.0, 7.0, 9.0]}), symbol="X"
    )
    result, memory = both(Prints, {"X": prints}, "generic", instruments=[sc.Instrument.stock("X")])
    assert (memory._prints, memory._volume, memory._last, memory._quotes) == (3, 21.0, 101.0, 3)
    assert result.fills["price"].to_list() == [100.5]
    assert result.account["equity"] == 10_005.0
