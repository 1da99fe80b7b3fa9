"""Many explanations from one replay are those that are asked for one by one."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import simcore as sc
from simcore.explain.several import explained
from simcore.result import Result
from tests.result.runs import play, quotes

QUOTES = quotes(*((i, 1.1 - i / 1000, 1.1001 - i / 1000) for i in range(12)))


def script() -> dict[int, Any]:
    """Buys, refusals, a change, a margin call and a stop-out."""
    return {
        0: lambda ctx: (ctx.buy(0.5), ctx.buy(50), ctx.buy(0.1, limit=1.0)),
        2: lambda ctx: (ctx.buy(0.001), ctx.close(0.1)),
        3: lambda ctx: ctx.buy(0.7),
        5: lambda ctx: ctx.buy(40),
    }


@pytest.fixture(scope="module")
def run() -> Result:
    return play(script(), {"EURUSD": QUOTES}, cash=1500.0)


def test_each_is_what_is_told_of_it_alone(run: Result) -> None:
    found = explained(run, 100)
    assert sorted(found.orders) == run.orders["id"].to_list()
    for order, text in found.orders.items():
        assert text == run.explain(order).text, order
    events = run.events.filter(pl.col("type").is_in(["margin_call", "stop_out"]))
    assert {"margin_call", "stop_out"} <= set(events["type"])
    times = events["ts"].dt.timestamp("ns").to_list()
    assert set(times) <= set(found.instants)
    for ts, text in found.instants.items():
        assert text == run.explain(ts=ts).text, ts


def test_few_are_those_that_went_wrong(run: Result) -> None:
    refused = set(run.orders.filter(pl.col("status") == "REJECTED").unique("reason", keep="first")["id"])
    found = explained(run, len(refused) + 1)
    assert refused <= set(found.orders)
    assert len(found.orders) + len(found.instants) <= len(refused) + 1
    assert explained(run, 0) == type(found)()


class Prints(sc.Strategy):
    """Says what it does."""

    def on_start(self, ctx: sc.Context) -> None:
        ctx.buy(0.1)

    def on_quote(self, ctx: sc.Context) -> None:
        print("bid", ctx.bid)

    def on_stop(self, ctx: sc.Context) -> None:
        ctx.close()
        ctx.sell(0.2)


def test_what_a_strategy_prints_is_not_printed_again(capsys: pytest.CaptureFixture[str]) -> None:
    run = sc.backtest(Prints(), {"EURUSD": QUOTES})
    capsys.readouterr()
    found = explained(run, 100)
    assert capsys.readouterr().out == ""
    assert {order: run.explain(order).text for order in found.orders} == found.orders


def test_a_compiled_strategy_goes_on_after_each_visit() -> None:
    class Often(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx: sc.Context) -> None:
            self._n += 1
            if self._n % 3 == 0:
                ctx.buy(0.1 if self._n % 2 else 90.0)

    run = sc.backtest(sc.compiled(Often)(), {"EURUSD": QUOTES})
    found = explained(run, 100)
    assert len(found.orders) == 4
    assert {order: run.explain(order).text for order in found.orders} == found.orders


def test_an_order_refused_later_than_it_was_sent() -> None:
    script = {0: lambda ctx: (ctx.buy(0.5), ctx.buy(0.2, limit=1.09), ctx.buy(0.1, limit=1.0795))}
    rows = quotes((0, 1.1, 1.1001), (1, 1.1, 1.1001), (2, 1.08, 1.0801), (3, 1.0793, 1.0794), (4, 1.0, 1.0001))
    for latency in (0, 1500):
        run = play(script, {"EURUSD": rows}, cash=1200.0, latency_ms=latency)
        found = explained(run, 100)
        assert "The account that refused it" in found.orders[2]
        assert {order: run.explain(order).text for order in found.orders} == found.orders
