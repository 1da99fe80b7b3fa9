"""ctx in plain Python: each name against the account, with the arithmetic; each form is compared in test_compiled."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from simcore.kernel.enums import OrderType, Reason, Status, TimeInForce
from simcore.strategy.compiled import compiled
from simcore.strategy.context import Context
from simcore.strategy.errors import StrategyError
from simcore.strategy.fields import Array
from simcore.strategy.strategy import Strategy
from tests.strategy.runs import SECOND, START, Run


class Idle(Strategy):
    bars = {"10s": 3, "1min": 2}  # noqa: RUF012
    warmup = 0

    def on_quote(self, ctx: Context) -> None: ...


def _quotes(*prices: float, every: int = 1, spread: float = 0.0001, sizes: tuple[float, float] | None = None) -> Any:
    bid = np.array(prices)
    columns: dict[str, Any] = {
        "ts": START + np.arange(len(bid), dtype=np.int64) * every * SECOND,
        "bid": bid,
        "ask": np.round(bid + spread, 5),
    }
    if sizes:
        columns["x"], columns["y"] = np.full(len(bid), sizes[0]), np.full(len(bid), sizes[1])
    return columns


def _ctx(*prices: float, **options: Any) -> tuple[Run, Context]:
    names = ("every", "spread", "sizes")
    columns = _quotes(*prices, **{name: options.pop(name) for name in names if name in options})
    run = Run(Idle(), **options).go(**columns)
    return run, run.account.contexts[0]


def test_the_quote() -> None:
    _, ctx = _ctx(1.1, 1.2, sizes=(3.0, 4.0))
    assert (ctx.bid, ctx.ask, ctx.mid) == (1.2, 1.2001, (1.2 + 1.2001) * 0.5)
    assert (ctx.bid_size, ctx.ask_size) == (3.0, 4.0)
    assert (ctx.ts, ctx.quote_ts, ctx.symbol, ctx.index) == (START + SECOND, START + SECOND, "EURUSD", 0)
    assert (len(ctx), ctx[0].symbol, ctx["EURUSD"] is ctx[0]) == (1, "EURUSD", True)


def test_the_account_and_the_book() -> None:
    _, ctx = _ctx(1.1)
    assert (ctx.balance, ctx.equity, ctx.used_margin, ctx.margin_level) == (10_000.0, 10_000.0, 0.0, math.inf)
    assert (ctx.position, ctx.positions, ctx.orders) == (0.0, [], [])
    assert math.isnan(ctx.entry_price)
    id = ctx.buy(0.5, sl=1.09, tag="first")
    # bought 0.5 lots = 50,000 EUR at 1.1001; at the bid 1.1 that is 50,000 * 0.0001 = 5 lost
    # margin: 50,000 / 100 EUR = 500 EUR at 1.1001 = 550.05
    assert (id, ctx.position, ctx.entry_price) == (1, 0.5, 1.1001)
    assert ctx.unrealized_pnl == pytest.approx(-5.0)
    assert (ctx.used_margin, ctx.equity) == (550.05, pytest.approx(9995.0))
    assert ctx.free_margin == pytest.approx(9995.0 - 550.05)
    assert ctx.margin_level == pytest.approx(9995.0 / 550.05)
    (position,) = ctx.positions
    assert (position.id, position.side, position.qty, position.price, position.sl) == (1, 1, 0.5, 1.1001, 1.09)
    assert (position.tag, bool(position)) == ("first", True)
    assert ctx.close(qty=0.2) == 2
    assert ctx.position == 0.3
    assert ctx.close() == 3
    assert (ctx.position, bool(position), position.qty) == (0.0, False, 0.0)
    assert ctx.close() == 0


def test_orders_as_they_stand_and_once_they_ended() -> None:
    _, ctx = _ctx(1.1)
    low = ctx.buy(0.1, limit=1.09, tif="day", tag=7)
    high = ctx.sell(0.2, stop=1.08, oco=low)
    assert [(order.id, order.type, order.qty) for order in ctx.orders] == [
        (low, OrderType.LIMIT, 0.1),
        (high, OrderType.STOP, 0.2),
    ]
    order = ctx.order(low)
    assert (order.limit, order.tif, order.tag, order.status) == (1.09, TimeInForce.DAY, 7, Status.ACCEPTED)
    assert (order.filled_qty, math.isnan(order.avg_price), bool(order)) == (0.0, True, True)
    assert ctx.modify(low, limit=1.085) == low
    assert order.limit == 1.085
    assert ctx.cancel(low) == low
    assert (order.id, order.status, bool(order)) == (0, Status.NONE, False)
    assert not ctx.order(low)
    assert not ctx.order(99)
    assert ctx.cancel_all() == 1
    assert ctx.orders == []
    with pytest.raises(AttributeError, match="Order has no attribute 'quantity'"):
        _ = order.quantity


@pytest.mark.parametrize("absent", [None, math.nan])
def test_nan_and_none_are_both_not_given(absent: float | None) -> None:
    _, ctx = _ctx(1.1)
    ctx.buy(0.1, limit=1.09, stop=absent, trail=absent, sl=absent, tp=absent, display_qty=absent, oco=None, tag=None)
    (order,) = ctx.orders
    assert (order.type, order.display_qty, order.oco, order.tag) == (OrderType.LIMIT, 0.0, 0, 0)
    assert np.array([order.sl, order.tp]).tobytes() == np.array([math.nan, math.nan]).tobytes()


def test_what_a_broker_would_refuse_is_rejected_with_an_id() -> None:
    run, ctx = _ctx(1.1)
    assert [ctx.buy(-1.0), ctx.buy(0.1, limit=1.2, post_only=True), ctx.buy(1e9)] == [1, 2, 3]
    run.stop()
    changes = [(row["order"]["status"], Reason(row["order"]["reason"]).name) for row in run.told["changes"]]
    assert [status for status, _ in changes] == [Status.REJECTED] * 3
    assert changes[0] == (Status.REJECTED, "QTY_NOT_POSITIVE")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda ctx: ctx.buy("1"), "buy('1'): qty must be a number"),
        (lambda ctx: ctx.buy(1, limt=1.0), "buy takes no 'limt'. Did you mean \"limit\"?"),
        (lambda ctx: ctx.sell(1, limit="1.1"), "sell(limit='1.1'): limit must be a number"),
        (lambda ctx: ctx.sell(1, tif="gtx"), "tif='gtx' must be one of gtc, day, gtd, ioc, fok, opg, cls."),
        (lambda ctx: ctx.sell(1, tif=1), "tif=1 must be one of gtc, day, gtd, ioc, fok, opg, cls."),
        (lambda ctx: ctx.sell(1, oco=1.5), "sell(oco=1.5): oco must be a whole number"),
        (lambda ctx: ctx.sell(1, tag=1.5), "sell(tag=1.5): tag must be an int or a string"),
        (lambda ctx: ctx.modify(1, price=1.0), "modify takes no 'price'."),
        (lambda ctx: ctx.cancel(1.5), "cancel(id=1.5): id must be a whole number"),
        (lambda ctx: ctx.close("all"), "close(qty='all'): qty must be a number"),
        (lambda ctx: ctx.set_timer(1.5), "set_timer(ts=1.5): ts must be a whole number"),
        (lambda ctx: ctx.round_qty("1"), "round_qty(x='1'): x must be a number"),
        (lambda ctx: ctx.order("1"), "order(id='1'): id must be a whole number"),
        (lambda ctx: ctx["EURUSDD"], 'ctx["EURUSDD"]: no such instrument in this run. Did you mean "EURUSD"?'),
        (lambda ctx: ctx.bars("5min"), "ctx.bars('5min'): the strategy does not ask for them; set bars = \"5min\""),
    ],
)
def test_a_malformed_call_raises_one_sentence(call: Any, sentence: str) -> None:
    run, ctx = _ctx(1.1)
    before = run.engine.state.snapshot()
    with pytest.raises(StrategyError) as caught:
        call(ctx)
    assert str(caught.value).startswith(sentence)
    assert run.engine.state.snapshot() == before


def test_an_instrument_that_is_not_there() -> None:
    _, ctx = _ctx(1.1)
    for which in (1, -1):
        with pytest.raises(IndexError, match=r"there are 1 instruments, counted from 0"):
            _ = ctx[which]


def test_sizes() -> None:
    _, ctx = _ctx(1.1)
    # a lot needs 1,000 EUR = 1,100.10 and costs 10 of spread at once: 10,000 / 1,100.1 = 9.09; at 9.0 lots less spread
    assert 8.9 <= ctx.max_qty() <= 9.09
    assert ctx.max_qty(-1) >= ctx.max_qty()
    # from 1.1001 to 1.0901 a lot loses 1,000; 250 is a quarter of a lot
    assert ctx.qty_for(risk=250.0, sl=1.0901) == 0.25
    assert ctx.qty_for(risk=257.0, sl=1.0901) == 0.25
    assert (ctx.round_qty(0.129), ctx.round_qty(0.001), ctx.round_qty(0.3)) == (0.12, 0.0, 0.3)


def test_bars_are_known_once_closed() -> None:
    # 25 quotes a second apart: the bars of 10:00:00 and 10:00:10 are closed, the third is not
    prices = [round(1.1 + 0.0001 * i, 5) for i in range(25)]
    _, ctx = _ctx(*prices)
    bars = ctx.bars("10s")
    assert len(bars) == 2
    assert [bars[0].open, bars[0].high, bars[0].low, bars[0].close, bars[0].volume] == [1.1, 1.1009, 1.1, 1.1009, 10.0]
    assert (bars[-1].ts, bars[-1].close, bars[-1].timeframe) == (START + 10 * SECOND, 1.1019, "10s")
    assert bars[-2].ts == bars[0].ts == START
    with pytest.raises(IndexError, match=r"bars\[2\]: 2 closed bars are kept"):
        _ = bars[2]
    assert (len(ctx.bars("60s")), len(ctx.bars()), ctx.bar.close) == (0, 2, 1.1019)


def test_only_as_many_bars_are_kept_as_were_asked_for() -> None:
    prices = [round(1.1 + 0.0001 * i, 5) for i in range(75)]
    _, ctx = _ctx(*prices)
    bars = ctx.bars("10s")
    assert (len(bars), bars[0].ts, bars[-1].ts) == (3, START + 40 * SECOND, START + 60 * SECOND)
    assert ctx.bars("1m")[-1].volume == 60.0


def test_a_closed_bar_is_one_view_however_it_is_asked_for() -> None:
    _, ctx = _ctx(*[round(1.1 + 0.0001 * i, 5) for i in range(75)])
    bar = ctx.bar
    assert bar is ctx.bar is ctx.bars("10s")[-1]
    assert bar is not ctx.bars("10s")[-2]
    assert (bar.ts, bar.timeframe) == (START + 60 * SECOND, "10s")


def test_before_the_first_bar_there_is_none() -> None:
    _, ctx = _ctx(1.1)
    assert (ctx.bar.ts, math.isnan(ctx.bar.close)) == (0, True)
    assert ctx.bar.timeframe == "10s"


def test_a_timeframe_equals_every_spelling_of_it() -> None:
    run, ctx = _ctx(*([1.1] * 70))
    name = ctx.bars("60s")[-1].timeframe
    assert name == "1min"
    assert name == "1m"
    assert name == "60s"
    assert name != "1h"
    run.stop()


class Contract(Strategy):
    _terms: Array[4]

    def on_quote(self, ctx: Context) -> None:
        yen = ctx["USDJPY"]
        self._terms[0], self._terms[1] = yen.price_increment, yen.contract_size
        self._terms[2], self._terms[3] = yen.qty_min, yen.qty_increment


@pytest.mark.parametrize("form", [Contract, compiled(Contract)])
def test_what_an_instrument_is_traded_by(form: type[Strategy]) -> None:
    run = Run(form(), "EURUSD", "USDJPY").go(**_quotes(1.1))
    assert [*run.memory._terms] == [0.001, 100_000.0, 0.01, 0.01]
    ctx = run.account.contexts[0]
    assert (ctx.price_increment, ctx.qty_increment) == (0.00001, 0.01)


def test_clock_and_weekday_are_the_brokers() -> None:
    _, ctx = _ctx(1.1, timezone="Asia/Tokyo")
    assert (ctx.hour, ctx.minute, ctx.weekday) == (19, 0, 1)  # 10:00 UTC on Tuesday is 19:00 in Tokyo
    _, ctx = _ctx(1.1, timezone="America/New_York")
    assert (ctx.hour, ctx.minute, ctx.weekday) == (5, 0, 1)
    _, ctx = _ctx(1.1, timezone="Asia/Kathmandu")
    assert (ctx.hour, ctx.minute) == (15, 45)  # UTC+05:45


class Listener(Strategy):
    _fills: int = 0
    _order: int = 0
    _price: float = 0.0
    _pnl: float = 0.0
    _change: int = 0
    _status: int = 0
    _reason: int = 0
    _is_mine: bool = False

    def on_quote(self, ctx: Context) -> None:
        if ctx.position == 0.0:
            ctx.buy(0.1, tag="mine")
            ctx.buy(-1.0)
        else:
            ctx.close()

    def on_fill(self, ctx: Context) -> None:
        fill = ctx.fill
        self._fills += 1
        self._order, self._price, self._pnl = fill.order, fill.price, fill.pnl
        self._is_mine = self._is_mine or fill.tag == "mine"

    def on_order(self, ctx: Context) -> None:
        if ctx.change.status == Status.REJECTED:
            self._change, self._status, self._reason = ctx.change.id, ctx.change.status, ctx.change.reason


def test_a_fill_and_a_refusal_are_heard() -> None:
    memory = Run(Listener()).go(**_quotes(1.1, 1.101)).memory
    # bought at 1.1001, order 1; order 2 refused; closed by order 3 at 1.101: 10,000 * 0.0009 = 9
    assert (memory._fills, memory._order, memory._price, memory._is_mine) == (2, 3, 1.101, True)
    assert memory._pnl == pytest.approx(9.0)
    assert (memory._change, memory._status, memory._reason) == (2, Status.REJECTED, Reason.QTY_NOT_POSITIVE)


def test_a_strategy_may_call_its_parent() -> None:
    class Louder(Listener):
        _heard: int = 0

        def on_fill(self, ctx: Context) -> None:
            super().on_fill(ctx)
            self._heard += 1

    memory = Run(Louder()).go(**_quotes(1.1, 1.101)).memory
    assert (memory._heard, memory._fills) == (2, 2)
