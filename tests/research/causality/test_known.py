"""When what a strategy reads was known: longer bars, files, frames that are cut."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import simcore as sc
from tests.research.causality.test_causality import BARS, FRAME

LATE = sc.Broker.preset("mt5-hedging", currency="USD", leverage=100).replace(latency_ms=50.0)
LONGER = FRAME["close"].resample("10min").last().to_frame("close")


def by_longer(prices: Any, ago: str) -> type[sc.Strategy]:
    """Trades by the close of the longer bar that began at most so long ago."""

    class ByLonger(sc.Strategy):
        bars = "1min"

        def on_bar(self, ctx: sc.Context) -> None:
            last = prices["close"].asof(pd.Timestamp(ctx.ts, tz="UTC") - pd.Timedelta(ago))
            if last > ctx.bar.close and ctx.position == 0.0:
                ctx.buy(0.1)
            elif not last > ctx.bar.close:
                ctx.close()

    return ByLonger


@pytest.mark.parametrize(("ago", "honest"), [("0min", False), ("9min", False), ("10min", True)])
def test_a_longer_bar_is_known_when_it_ends_though_its_start_is_its_stamp(ago: str, honest: bool) -> None:
    found = sc.causality(by_longer(LONGER, ago)(), BARS, instants=12)
    assert found.causal == honest, found.text
    assert found.unchecked == ()


def test_a_longer_bar_stamped_by_its_end_is_known_then() -> None:
    ended = LONGER.set_axis(LONGER.index + pd.Timedelta("10min"))
    assert sc.causality(by_longer(ended, "0min")(), BARS, instants=12)


@pytest.mark.parametrize("ahead", [0, 1])
def test_a_function_of_a_frame_that_makes_a_result(ahead: int) -> None:
    """Orders of the open after the last row that a shortened frame has are no leak."""

    def made(data: Any) -> sc.Result:
        close = data["EURUSD"]["close"]
        up = close.shift(-ahead) > close.rolling(5).mean()
        return sc.backtest_signals(data, up, ~up, qty=0.1, ledger=None, broker=LATE)

    found = sc.causality(made, {"EURUSD": FRAME}, instants=10)
    assert found.causal == (ahead == 0), found.text
