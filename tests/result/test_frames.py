"""The frames of a run, computed by hand: each row, each number, and what is told of orders that found no room."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import simcore as sc
from tests.times import SECOND

START = 1_704_189_600 * SECOND  # 2024-01-02 10:00 UTC
QUOTES = [(1.10000, 1.10010), (1.10200, 1.10210), (1.10100, 1.10110), (1.10300, 1.10310), (1.10300, 1.10310)]


def quotes(rows: list[tuple[float, float]] = QUOTES) -> pl.DataFrame:
    bid, ask = zip(*rows, strict=True)
    return pl.DataFrame({"ts": [START + n * SECOND for n in range(len(rows))], "bid": bid, "ask": ask})


def at(second: int) -> datetime:
    return datetime(2024, 1, 2, 10, 0, second, tzinfo=UTC)


class Rows(sc.Strategy):
    """Counts quotes; what its children do at each is their test."""

    _n: int = 0

    def on_quote(self, ctx: sc.Context) -> None:
        self._n += 1
        self._act(ctx)

    def _act(self, ctx: sc.Context) -> None:
        raise NotImplementedError


class Reversal(Rows):
    def _act(self, ctx: sc.Context) -> None:
        if self._n == 1:
            ctx.buy(1.0, tag="in")
        if self._n == 2:
            ctx.sell(1.5)
        if self._n == 4:
            ctx.close()


class Hedge(Rows):
    def _act(self, ctx: sc.Context) -> None:
        if self._n == 1:
            ctx.buy(1.0)
        if self._n == 2:
            ctx.sell(1.0)
        if self._n == 4:
            ctx.close()


def run(strategy: sc.Strategy, preset: str, **broker: Any) -> sc.Result:
    rules = sc.Broker.preset(preset, currency="USD", leverage=100, **broker)
    return sc.backtest(strategy, {"EURUSD": quotes()}, broker=rules, cash=10_000)


@pytest.fixture(scope="module")
def reversal() -> sc.Result:
    """Netting, 3.00 a lot and side: 1 long at 1.10010, reversed by 1.5 at 1.10200, 0.5 short closed at 1.10310."""
    return run(Reversal(), "mt5-netting", commission={"per_lot": 3.0})


def test_a_reversal_is_one_fill(reversal: sc.Result) -> None:
    # closed: (1.10200 - 1.10010) * 100,000 = 190.00; the short: (1.10200 - 1.10310) * 50,000 = -55.00
    # commissions: 3.00, 1.5 * 3.00 = 4.50, 0.5 * 3.00 = 1.50
    # balance: 10,000 - 3 = 9,997; - 4.50 + 190 = 10,182.50; - 1.50 - 55 = 10,126
    told = reversal.fills.select("ts", "side", "qty", "price", "commission", "pnl", "closed_qty", "balance").rows()
    assert told == [
        (at(0), 1, 1.0, 1.10010, 3.0, 0.0, 0.0, 9_997.0),
        (at(1), -1, 1.5, 1.10200, 4.5, 190.0, 1.0, 10_182.5),
        (at(3), 1, 0.5, 1.10310, 1.5, -55.0, 0.5, 10_126.0),
    ]
    assert reversal.account["balance"] == 10_126.0


def test_trades_carry_their_share_of_the_commission(reversal: sc.Result) -> None:
    # the long: 3.00 in, 1 of 1.5 lots of 4.50 out = 3.00; the short: 1.50 in, 1.50 out
    # return: net / (qty * 100,000 * entry): 184 / 110,010 = 0.16726 %; -58 / 55,100 = -0.10526 %
    told = reversal.trades.select("side", "qty", "entry_price", "exit_price", "pnl", "commission", "net", "tag").rows()
    assert told == [
        (1, 1.0, 1.10010, 1.10200, 190.0, 6.0, 184.0, "in"),
        (-1, 0.5, 1.10200, 1.10310, -55.0, 3.0, -58.0, None),
    ]
    assert reversal.trades["return_pct"].to_list() == pytest.approx([18_400 / 110_010, -5_800 / 55_100])
    assert [one.total_seconds() for one in reversal.trades["duration"]] == [1.0, 2.0]


def test_a_reversal_ends_one_round_trip_and_begins_the_next(reversal: sc.Result) -> None:
    # each with its own share of the reversal's commission: 190 - 3 - 3 = 184; -55 - 1.50 - 1.50 = -58
    assert reversal.round_trips.rows() == [
        ("EURUSD", at(0), at(1), 2, 184.0),
        ("EURUSD", at(1), at(3), 2, -58.0),
    ]


def test_a_hedge_is_one_round_trip_until_both_tickets_are_closed() -> None:
    # long 1.10010 -> 1.10300: +290.00; short 1.10200 -> 1.10310: -110.00
    result = run(Hedge(), "mt5-hedging")
    assert result.round_trips.rows() == [("EURUSD", at(0), at(3), 4, 180.0)]
    assert result.trades["pnl"].to_list() == [290.0, -110.0]


class Many(Rows):
    """257 limits where size class S holds 256, then one more request that names no order."""

    _heard: int = 0
    _full: int = 0

    def _act(self, ctx: sc.Context) -> None:
        if self._n == 1:
            for _ in range(257):
                ctx.buy(0.01, limit=1.0)
            ctx.cancel(9_999)
        if self._n == 2:
            ctx.buy(0.01 * self._full, limit=0.5, tag=self._heard)

    def on_order(self, ctx: sc.Context) -> None:
        self._heard += 1
        self._full += int(ctx.change.reason == sc.Reason.BOOK_FULL and ctx.change.status == sc.Status.DENIED)


def test_an_order_that_finds_the_book_full_is_an_order_all_the_same() -> None:
    result = sc.backtest(Many(), {"EURUSD": quotes()}, cash=10_000, size="S")
    assert result.orders["id"].to_list() == list(range(1, 259))
    assert result.orders["status"].value_counts(sort=True).rows() == [("ACCEPTED", 256), ("DENIED", 2)]
    last = result.orders.row(-2, named=True)
    assert (last["id"], last["ts"], last["symbol"]) == (257, at(0), "EURUSD")
    assert last["reason"] == "BOOK_FULL"
    assert last["sentence"] == "the book is full: size class S holds 256 orders; choose a larger class"
    assert (last["side"], last["type"], last["qty"], last["limit"]) == (1, "limit", 0.01, 1.0)
    # on_order heard 257 changes before the second quote, one of them this denial
    assert result.orders.select("qty", "tag").row(-1) == (0.01, "257")
    # the cancel of what is not there is a refusal too, but no order
    assert result.events["reason"].to_list() == ["UNKNOWN_ORDER", "BOOK_FULL", "BOOK_FULL"]
    assert (result.stats["Orders"], result.stats["Denials"], result.stats["Rejections"]) == (258, 2, 0)


def test_every_refusal_is_an_event_with_its_sentence() -> None:
    class Poor(Rows):
        def _act(self, ctx: sc.Context) -> None:
            if self._n == 2:
                ctx.buy(1.0, limit=-1.0)
                ctx.modify(77, sl=1.0)

    result = sc.backtest(Poor(), {"EURUSD": quotes()}, cash=10_000)
    assert result.events.select("ts", "type", "order", "reason").rows() == [
        (at(1), "order_refused", 77, "UNKNOWN_ORDER"),
        (at(1), "order_refused", 1, "PRICE_NOT_POSITIVE"),
    ]
    assert result.events["sentence"].to_list() == [
        "order 77 refused: order 77 is not working, and no open position came of it",
        "order 1 refused: a price must be above zero, was -1.00000",
    ]


def test_frames_of_a_run_without_orders_have_the_same_columns(reversal: sc.Result) -> None:
    class Idle(sc.Strategy):
        def on_quote(self, ctx: sc.Context) -> None: ...

    idle = sc.backtest(Idle(), {"EURUSD": quotes()})
    for name in ("fills", "trades", "orders", "events", "equity", "round_trips"):
        empty, filled = getattr(idle, name), getattr(reversal, name)
        assert empty.columns == filled.columns, name
        assert dict(empty.schema) == dict(filled.schema), name
        assert len(empty.to_pandas()) == empty.height
    assert idle.stats["# Trades"] == 0


def test_the_last_equity_sample_is_the_final_account(reversal: sc.Result) -> None:
    last = reversal.equity.row(-1, named=True)
    assert (last["ts"], last["balance"], last["equity"], last["used_margin"]) == (at(4), 10_126.0, 10_126.0, 0.0)
    assert last["margin_level"] == float("inf")
