"""A result as a whole: the same from memory and from a store, rates that may be chosen, times in bars, warm-up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import simcore as sc
from simcore.report.stats import stats
from simcore.research.table import cells
from simcore.result import Result
from simcore.run.facts import facts_of
from tests.result.runs import START, quotes
from tests.times import DAY

FRAMES = ("fills", "trades", "orders", "events", "equity", "round_trips", "exposure")


class Turn(sc.Strategy):
    """Turns round every hour, with tickets that overlap."""

    bars = "1h"
    _n: int = 0

    def on_bar(self, ctx: sc.Context) -> None:
        self._n += 1
        if self._n % 3 == 0:
            ctx.close()
        elif self._n % 2 == 0:
            ctx.buy(0.2, sl=ctx.bid - 0.004)
        else:
            ctx.sell(0.1, tp=ctx.ask - 0.003)


def walk(seed: int, price: float, rows: int, start: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    bid = np.round(price * (1.0 + np.cumsum(rng.normal(0.0, 1e-4, rows))), 5)
    return quotes(*((start + 37 * i, b, round(b + 1e-4, 5)) for i, b in enumerate(bid.tolist())))


def test_a_run_from_a_store_has_the_frames_and_statistics_of_one_from_memory(tmp_path: Path) -> None:
    rows = {"EURUSD": walk(1, 1.1, 9_000, 0), "GBPUSD": walk(2, 1.3, 8_000, 11)}
    store = sc.Store(tmp_path / "ticks")
    for symbol, frame in rows.items():
        store.append(frame, symbol=symbol)
    memory = sc.backtest(Turn(), rows)
    stored = sc.backtest(Turn(), {symbol: store.range(symbol) for symbol in rows})
    assert len(list(stored.run.feed.blocks())) > 1
    for name in FRAMES:
        assert_frame_equal(getattr(stored, name), getattr(memory, name))
    assert memory.trades["mae"].min() < 0.0 < memory.trades["mfe"].max()
    pd.testing.assert_series_equal(stored.stats, memory.stats)
    assert stored.fingerprint == memory.fingerprint
    back = sc.load(stored.save(tmp_path / "run"))
    pd.testing.assert_series_equal(back.stats, memory.stats)


def test_statistics_of_arrays_are_those_of_the_frames() -> None:
    """A result's own, made of its tables, and those that anybody makes of its frames: bit for bit."""
    r = sc.backtest(Turn(), {"EURUSD": walk(1, 1.1, 9_000, 0)})
    frames = {name: getattr(r, name) for name in ("equity", "trades", "fills", "events", "orders", "exposure")}
    pd.testing.assert_series_equal(stats(**{**facts_of(r), **frames}), r.stats, check_exact=True)
    assert r.stats["# Trades"] > 10
    assert cells(r.plain_statistics()) == cells(r.stats)


@pytest.fixture(scope="module")
def run() -> Result:
    return sc.backtest(Turn(), {"EURUSD": walk(3, 1.1, 20_000, 0)})


def test_the_risk_free_rate_and_the_periods_may_be_chosen(run: Result) -> None:
    plain, other = run.stats, run.statistics(risk_free_rate=0.03, periods_per_year=260)
    assert plain["Risk-Free Rate [%]"] == 0.0
    assert other["Risk-Free Rate [%]"] == 3.0
    assert other["Annualisation"].startswith("daily returns, 260 a year")
    growth = run.returns + 1.0
    spread = float(run.returns.std(ddof=1))
    mean = float(run.returns.mean()) - (1.03 ** (1 / 260) - 1)
    assert other["Sharpe Ratio (Daily)"] == pytest.approx(mean / spread * 260**0.5)
    assert other["CAGR (Daily) [%]"] == pytest.approx(100 * (float(growth.prod()) ** (260 / len(growth)) - 1))
    same = [key for key in plain.index if key.startswith("#") or key.endswith("[$]")]
    assert plain[same].equals(other[same])


def test_a_rate_that_is_none_is_refused(run: Result) -> None:
    with pytest.raises(ValueError, match=r"risk_free_rate must be a yearly rate like 0\.02, was nan"):
        run.statistics(risk_free_rate=float("nan"))


def daily(n: int) -> pl.DataFrame:
    close = [100.0 + i for i in range(n)]
    columns = {"open": close, "high": [c + 1.0 for c in close], "low": [c - 1.0 for c in close], "close": close}
    return pl.DataFrame({"ts": [START // DAY * DAY + i * DAY for i in range(n)], **columns})


class WarmLong(sc.Strategy):
    """Buys once it is warm, with a stop that the third day after hits."""

    bars = "1D"
    warmup = 5
    _done: int = 0

    def on_bar(self, ctx: sc.Context) -> None:
        if not self._done and ctx.buy(1, tp=ctx.ask + 2.5):
            self._done = ctx.position > 0


def test_times_of_bars_are_their_starts_and_the_benchmark_waits_for_the_warm_up() -> None:
    r = sc.backtest(WarmLong(), {"X": daily(12)}, instruments=[sc.Instrument.stock("X")])
    s = r.stats
    assert (s["Start"], s["End"]) == tuple(pd.Timestamp(START // DAY * DAY + i * DAY, tz="UTC") for i in (0, 11))
    assert s["Duration"] == pd.Timedelta("11 days")
    # warm with the close of the fifth bar, 104; bought and held to 111
    assert s["Buy & Hold Return [%]"] == pytest.approx(100 * (111 / 104 - 1))
    # bought at the open of bar 5, 105; 107.5 is inside bar 7, which is open to 108: two days in bars
    trade = r.trades.row(0, named=True)
    assert (trade["entry_price"], trade["exit_price"], trade["why"]) == (105.0, 107.5, "take_profit")
    assert s["Max. Trade Duration"] == pd.Timedelta("2 days")
    assert trade["duration"] > pd.Timedelta("2 days")


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    r = sc.backtest(Turn(), {"EURUSD": walk(4, 1.1, 500, 0)})
    assert set(vars(r)) == {"run", "ledger"}
    assert r.equity is r.equity
    assert set(vars(r)) == {"run", "ledger", "sampled", "equity"}
