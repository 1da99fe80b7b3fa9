"""What a strategy can do, one act a test, computed by hand; plain and compiled leave the same bytes."""

from __future__ import annotations

from typing import Literal

import polars as pl
import pytest

from simcore.kernel.enums import Reason
from simcore.strategy.context import Context
from simcore.strategy.fields import Array
from simcore.strategy.strategy import Strategy
from tests.strategy.forms import both, quotes

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
