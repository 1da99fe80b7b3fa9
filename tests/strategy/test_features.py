"""What a strategy can use, one feature a test, computed by hand; plain and compiled leave the same bytes."""

from __future__ import annotations

from typing import Any, Literal

import polars as pl
import pytest

import simcore as sc
from simcore.kernel.enums import Reason
from simcore.strategy.context import Context
from simcore.strategy.fields import Array
from simcore.strategy.layout import memory_bytes, view
from simcore.strategy.strategy import Strategy

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
START = 1_704_189_600 * SECOND  # 2024-01-02 10:00 UTC, a Tuesday
SPREAD = 0.0001


def quotes(bids: list[float], every: int = SECOND, start: int = START) -> pl.DataFrame:
    ts = [start + n * every for n in range(len(bids))]
    return pl.DataFrame({"ts": ts, "bid": bids, "ask": [round(bid + SPREAD, 5) for bid in bids]})


def both(cls: type[Strategy], data: dict[str, Any], preset: str = "mt5-hedging", **options: Any) -> tuple[Any, Any]:
    """(result, memory) of the plain form, after the compiled one has left the same account, tape and memory."""
    given = {name: options.pop(name) for name in ("cash", "size", "instruments") if name in options}
    broker = sc.Broker.preset(preset, **{"currency": "USD", "leverage": 100, **options})
    plain, fast = (sc.backtest(form(), data, broker=broker, **given) for form in (cls, sc.compiled(cls)))
    assert plain.run.state == fast.run.state
    assert plain.run.tables.keys() == fast.run.tables.keys()
    for name, rows in plain.run.tables.items():
        assert rows.tobytes() == fast.run.tables[name].tobytes(), name
    return plain, remembered(plain, cls)


def remembered(result: sc.Result, cls: type[Strategy]) -> Any:
    """The strategy's memory, which lies at the end of State."""
    import ctypes

    size = -(-memory_bytes(cls()) // 8) * 8
    kept = ctypes.create_string_buffer(result.run.state[-size:], size)
    return view(cls, ctypes.addressof(kept), kept)


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


# ------------------------------------------------------------------------------------------------------------- size


class Sizes(Strategy):
    _n: int = 0
    _most: float = 0.0
    _short: float = 0.0
    _risk: float = 0.0
    _above: float = 0.0
    _round: Array[Literal[3]]

    def on_quote(self, ctx: Context) -> None:
        self._n += 1
        if self._n == 1:
            self._most = ctx.max_qty()
            self._short = ctx.max_qty(-1)
            self._risk = ctx.qty_for(risk=100.0, sl=ctx.bid - 0.002)
            self._above = ctx.qty_for(risk=100.0, sl=ctx.ask + 0.002)
            self._round[0] = ctx.round_qty(0.129)
            self._round[1] = ctx.round_qty(0.009)
            self._round[2] = ctx.round_qty(0.29)
            ctx.buy(self._most + 0.01)
            ctx.buy(self._most)


def test_sizes() -> None:
    """1,000 of free margin: 1,100.10 a lot at the ask, 1,100.00 at the bid; a stop 21 points away costs 210.00 a lot.

    max_qty: 1,000 / 1,100.10 = 0.909, 1,000 / 1,100.00 = 0.909: 0.90. qty_for: 100 / 210.00 = 0.476: 0.47, both ways
    (1.10010 to 1.09800, and 1.10000 to 1.10210).
    """
    result, memory = both(Sizes, {"EURUSD": quotes([1.1] * 2)}, cash=1_000)
    assert (memory._most, memory._short) == (0.9, 0.9)
    assert (memory._risk, memory._above) == (0.47, 0.47)
    assert list(memory._round) == [0.12, 0.0, 0.29]
    assert result.orders["status"].to_list() == ["REJECTED", "FILLED"]


# ------------------------------------------------------------------------------------------------------------- acts


class CloseBy(Strategy):
    _n: int = 0
    _long: int = 0
    _short: int = 0
    _done: int = 0
    _refused: int = 1

    def on_quote(self, ctx: Context) -> None:
        self._n += 1
        if self._n == 1:
            self._long = ctx.buy(1.0)
        elif self._n == 2:
            self._short = ctx.sell(0.6)
            self._refused = ctx.close_by(self._long, self._long + 99)
            self._done = ctx.close_by(self._long, self._short)


def test_close_by() -> None:
    """0.6 of the long from 1.10010 against the short at 1.10200: 0.00190 * 60,000 = 114.00, no spread paid."""
    result, memory = both(CloseBy, {"EURUSD": quotes([1.1, 1.102, 1.102])})
    assert (memory._done, memory._refused) == (memory._long, 0)
    assert result.trades.select("qty", "exit_price", "pnl", "why").rows() == [
        (0.6, 1.102, 114.0, "close_by"),
        (0.6, 1.102, 0.0, "close_by"),
    ]
    assert result.account["balance"] == 10_114.0


class Modify(Strategy):
    _n: int = 0
    _limit: int = 0
    _stop: int = 0
    _trail: int = 0
    _held: int = 0
    _refused: int = 1
    _follows: float = 0.0

    def on_quote(self, ctx: Context) -> None:
        self._n += 1
        if self._n == 1:
            self._limit = ctx.buy(0.1, limit=1.09, expires=ctx.ts + 60 * 10**9)
            self._stop = ctx.sell(0.2, stop=1.09)
            self._trail = ctx.sell(0.3, trail=0.01)
            self._held = ctx.buy(0.4, sl=1.09, tp=1.12)
        elif self._n == 2:
            ctx.modify(self._limit, qty=0.5, limit=1.095, sl=1.08, tp=1.11, expires=ctx.ts + 3 * 10**9)
            ctx.modify(self._stop, stop=1.096)
            ctx.modify(self._trail, trail=0.005)
            ctx.modify(self._held, sl=1.094, tp=0.0, trail=0.002)
            self._refused = ctx.modify(self._limit + 99, qty=0.1)
        elif self._n == 4:
            self._follows = ctx.order(self._trail).stop


def test_every_field_that_modify_takes() -> None:
    """The limit ends at its new time; the trailing stop follows 0.00500 under the next high, 1.10100: 1.09600."""
    result, memory = both(Modify, {"EURUSD": quotes([1.1, 1.1, 1.101, 1.1, 1.1, 1.1, 1.1])})
    one = {row["id"]: row for row in result.orders.iter_rows(named=True)}
    limit, stop, trail = one[memory._limit], one[memory._stop], one[memory._trail]
    assert [limit[name] for name in ("qty", "limit", "sl", "tp", "status", "reason")] == [
        0.5, 1.095, 1.08, 1.11, "EXPIRED", "TIME"
    ]  # fmt: skip
    assert limit["changed"].second == 4  # sent at 10:00:01 for three seconds
    assert (stop["stop"], stop["status"]) == (1.096, "ACCEPTED")
    assert (trail["trail"], memory._follows, trail["status"]) == (0.005, 1.096, "ACCEPTED")
    told = result.events.select("type", "sentence").rows()
    # a trail of 0.00200 under 1.10000 would stand at 1.09800, above the stop loss given: that is where it is now
    assert told[0][0] == "position_modified"
    assert "take profit none, trail 0.00200" in told[0][1]
    assert told[1] == ("order_refused", f"order {memory._limit + 99} refused: order {memory._limit + 99} is not working, and no open position came of it")  # fmt: skip  # noqa: E501
    assert memory._refused == 0


class Terms(Strategy):
    _n: int = 0
    _ids: Array[Literal[8], int]

    def on_quote(self, ctx: Context) -> None:
        self._n += 1
        if self._n == 1:
            self._ids[0] = ctx.buy(1.0, tif="fok")  # 0.5 is quoted
            self._ids[1] = ctx.buy(1.0, tif="ioc")  # takes the 0.5
            self._ids[2] = ctx.buy(0.4, limit=1.1, post_only=True)
            self._ids[3] = ctx.buy(0.4, limit=1.1001, post_only=True)
            self._ids[4] = ctx.sell(2.0, limit=1.101, reduce_only=True)
            self._ids[5] = ctx.buy(0.6, stop=1.1005, display_qty=0.2, tag="iceberg")
            self._ids[6] = ctx.sell(0.1, stop=1.05, oco=self._ids[5] + 2)
            self._ids[7] = ctx.sell(0.1, stop=1.04, parent=self._ids[2])


def test_every_flag_of_an_order() -> None:
    """FOK ends whole, IOC in part; reduce-only sells the 0.5 that IOC bought; the iceberg takes 0.2 a quote."""
    data = quotes([1.1, 1.1005, 1.101, 1.1005]).with_columns(bid_size=pl.lit(5.0), ask_size=pl.lit(0.5))
    result, memory = both(Terms, {"EURUSD": data}, "generic", mode="netting")
    one = {row["id"]: row for row in result.orders.iter_rows(named=True)}
    told = [(one[id]["status"], one[id]["filled"]) for id in memory._ids]
    assert told == [
        ("CANCELED", 0.0),
        ("CANCELED", 0.5),
        ("ACCEPTED", 0.0),
        ("REJECTED", 0.0),
        ("FILLED", 0.7),  # 0.5, and the 0.2 of the iceberg that stood at 10:00:02
        ("FILLED", 0.6),
        ("ACCEPTED", 0.0),
        ("ACCEPTED", 0.0),
    ]
    assert one[memory._ids[3]]["reason"] == Reason.POST_ONLY_CROSSES.name
    assert one[memory._ids[5]]["tag"] == "iceberg"


class Echo(Strategy):
    _n: int = 0
    _fills: int = 0
    _at_first: int = 0

    def on_quote(self, ctx: Context) -> None:
        self._n += 1
        if self._n == 1:
            ctx.buy(0.01)
        if self._n == 2:
            self._at_first = self._fills

    def on_fill(self, ctx: Context) -> None:
        self._fills += 1
        ctx.buy(0.01)


def test_what_a_fill_causes_is_heard_at_once_eight_rounds_deep() -> None:
    """on_quote sends the first, eight further rounds hear a fill and send the next: nine. The last one's fill is heard
    on the next row, before on_quote, as the first of its eight rounds: eight more.
    """
    result, memory = both(Echo, {"EURUSD": quotes([1.1] * 2)})
    per_second = result.fills.group_by("ts", maintain_order=True).len()["len"].to_list()
    assert per_second == [9, 8]
    assert memory._at_first == 9
    assert memory._fills == 16  # the seventeenth would be heard on a third row


@pytest.mark.parametrize("preset", ["mt5-hedging", "mt5-netting"])
def test_a_position_is_there_as_soon_as_the_call_returns(preset: str) -> None:
    """Zero latency: ctx.position, entry_price and used_margin know the fill within the handler that sent it."""
    result, memory = both(AtOnce, {"EURUSD": quotes([1.1] * 2)}, preset)
    assert (memory._qty, memory._price, memory._used) == (0.1, 1.1001, 110.01)
    assert len(result.fills) == 2


class AtOnce(Strategy):
    _qty: float = 0.0
    _price: float = 0.0
    _used: float = 0.0
    _n: int = 0

    def on_quote(self, ctx: Context) -> None:
        self._n += 1
        if self._n == 1:
            ctx.buy(0.1)
            self._qty, self._price, self._used = ctx.position, ctx.entry_price, ctx.used_margin
            ctx.close()
