"""What earned and what it cost: the identity in every part, regimes by hand, the benchmark by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import simcore as sc
from simcore.market.columns import Quotes
from simcore.report.against import against
from simcore.result import Result
from simcore.run.stretches import _trend, _volatility
from strategies.momentum import EmaCross
from tests.times import MINUTE

START = 1_704_067_200_000_000_000  # 2024-01-01, a Monday
DAYS = 30


class Hourly(EmaCross):
    bars = "1h"


def walk(symbol: str, level: float, seed: int) -> Quotes:
    """Six quotes an hour."""
    n = DAYS * 24 * 6
    bid = np.round(level * np.exp(np.cumsum(np.random.default_rng(seed).standard_normal(n) * 5e-4)), 5)
    return Quotes(symbol, START + np.arange(n) * 10 * MINUTE, bid, np.round(bid + 1e-4, 5))


@pytest.fixture(scope="module")
def result() -> Result:
    broker = sc.Broker.preset("mt5-hedging", commission={"per_lot": 3.5}, slippage={"fixed": 0.00002})
    instruments = [
        sc.Instrument.fx("EURUSD", swap_long=-6.1, swap_short=2.0),
        sc.Instrument.fx("GBPUSD", swap_long=-3.0, swap_short=-1.0),
    ]
    data = {"EURUSD": walk("EURUSD", 1.1, 1), "GBPUSD": walk("GBPUSD", 1.3, 2)}
    return sc.backtest(Hourly(fast=3, slow=10), data, broker=broker, instruments=instruments, sample="1h")


@pytest.mark.parametrize("by", ["symbol", "volatility", "trend", "session", "weekday", "year", "month", "day"])
def test_every_part_obeys_the_identity_and_all_add_up(result: Result, by: str) -> None:
    frame = result.attribution(by)
    gross = frame["net"] + frame["spread"] + frame["slippage"] + frame["commission"] - frame["swap"]
    assert frame["gross"].to_list() == pytest.approx((gross - frame["dividends"]).to_list())
    stats = result.stats
    assert frame["net"].sum() == pytest.approx(stats["Equity Final [$]"] - 10_000.0)
    for column, key in (
        ("spread", "Spread Cost [$]"),
        ("slippage", "Slippage [$]"),
        ("commission", "Commissions [$]"),
        ("swap", "Swap [$]"),
        ("turnover", "Turnover [$]"),
        ("fills", "Fills"),
    ):
        assert frame[column].sum() == pytest.approx(stats[key]), column


def test_instruments_show_their_own(result: Result) -> None:
    frame = result.attribution("symbol")
    assert frame["symbol"].to_list() == ["EURUSD", "GBPUSD"]
    own = result.trades.filter(pl.col("symbol") == "EURUSD")
    closed = float(own["net"].sum())
    # the last position is open still: what it shows is the difference
    assert abs(frame["net"][0] - closed) < 150.0
    assert frame["margin_max"][0] <= result.equity["used_margin"].max()
    assert frame["margin_mean"].sum() == pytest.approx(result.equity["used_margin"].mean())


@pytest.mark.parametrize("by", ["volatility", "trend", "session", "weekday"])
def test_regimes_fill_the_time_and_hold_every_trade(result: Result, by: str) -> None:
    frame = result.regimes(by)
    assert frame["time_pct"].sum() == pytest.approx(100.0)
    assert frame["trades"].sum() == result.trades.height
    grown = np.prod(1.0 + frame["return_pct"].to_numpy() / 100.0) - 1.0
    assert grown == pytest.approx(result.stats["Return [%]"] / 100.0)
    prices = result.prices("EURUSD")
    first, last = ((prices["bid"] + prices["ask"])[n] / 2.0 for n in (0, -1))
    assert np.prod(1.0 + frame["market_pct"].to_numpy() / 100.0) == pytest.approx(last / first)


def test_sessions_are_those_of_their_own_clocks(result: Result) -> None:
    # in January London is at work from 8 to 17 UTC, New York from 13 to 22, Tokyo from 0 to 9, five days of seven
    share = dict(result.regimes("session").select("session", "time_pct").iter_rows())
    hours = {"Tokyo": 8, "London": 5, "London and New York": 4, "New York": 5}
    weekdays = 22 / 30  # 2024-01-01 to 2024-01-30
    for name, count in hours.items():
        assert share[name] == pytest.approx(100.0 * count / 24 * weekdays, rel=0.02), name


def test_the_market_of_another_instrument_tells_other_regimes(result: Result) -> None:
    one, other = (result.regimes("trend", symbol)["net"].to_list() for symbol in ("EURUSD", "GBPUSD"))
    assert one != other
    assert sum(one) == pytest.approx(sum(other))


def test_volatility_and_trend_by_hand() -> None:
    moves = np.array([1.0, -1.0, 1.0, -1.0, 2.0, -2.0, 2.0, -2.0, 3.0, -3.0, 3.0, -3.0])
    # deviations of the two moves before each: 1 1 1 1.5 2 2 2 2.5 3 3, a third of which is at 1.5 or below, two at 2
    assert _volatility(moves, 2).tolist() == ["too early"] * 2 + ["low"] * 4 + ["medium"] * 3 + ["high"] * 3
    # 1 1 1 -> up 3 of a deviation of root 3; then 1 1 -1 and 1 -1 -1 go less far, and -1 -1 -1 far down
    went = _trend(np.array([1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 0.0]), 3)
    assert went.tolist() == ["too early"] * 3 + ["up", "sideways", "sideways", "down"]


def test_a_result_of_a_file_has_the_same_parts(result: Result, tmp_path: Path) -> None:
    again = sc.load(result.save(tmp_path / "x.simcore"))
    assert again.attribution("symbol").equals(result.attribution("symbol"))
    assert again.regimes("volatility").equals(result.regimes("volatility"))


def test_deposits_earn_nothing() -> None:
    class Idle(sc.Strategy):
        def on_quote(self, ctx: sc.Context) -> None: ...

    still = sc.backtest(Idle(), walk("EURUSD", 1.1, 1))
    assert still.attribution("month")["net"].sum() == 0.0
    assert still.attribution("symbol").height == 0


# ------------------------------------------------------------------------------------------------------------ benchmark


def test_against_a_benchmark_by_hand() -> None:
    days = np.arange(19_723, 19_727)  # 2024-01-01 to -04
    own = np.array([0.02, -0.02, 0.04, 0.0])
    # the benchmark: 100 at the start, then 101, 100, 102, 102: 1 %, -0.9901 %, 2 %, 0 %
    day = 86_400_000_000_000
    ts = np.array([days[0] * day, *(days * day + day // 2)])
    frame = against("mine", days, own, ("held", ts, np.array([100.0, 101.0, 100.0, 102.0, 102.0])))
    other = np.array([0.01, -1.0 / 101.0, 0.02, 0.0])
    mine, held = frame.row(0, named=True), frame.row(1, named=True)
    assert held["return_pct"] == pytest.approx(2.0)
    assert mine["return_pct"] == pytest.approx(100.0 * (1.02 * 0.98 * 1.04 - 1.0))
    beta = np.cov(own, other)[0, 1] / np.var(other, ddof=1)
    assert mine["beta"] == pytest.approx(beta)
    assert mine["alpha_pct"] == pytest.approx(100.0 * 252.0 * (own.mean() - beta * other.mean()))
    assert mine["up_capture_pct"] == pytest.approx(100.0 * 0.03 / 0.015)
    assert mine["down_capture_pct"] == pytest.approx(100.0 * 0.02 * 101.0)
    assert mine["max_drawdown_pct"] == pytest.approx(-2.0)
    apart = own - other
    assert mine["information_ratio"] == pytest.approx(apart.mean() / apart.std(ddof=1) * 252**0.5)
    assert (held["beta"], held["correlation"], held["alpha_pct"]) == (1.0, 1.0, 0.0)


def test_against_holding_and_against_a_series(result: Result) -> None:
    frame = result.against()
    assert frame["name"].to_list() == ["Hourly", "EURUSD held"]
    assert frame["return_pct"][1] == pytest.approx(result.stats["Buy & Hold Return [%]"], abs=1e-6)
    assert frame["sharpe"][0] == pytest.approx(result.stats["Sharpe Ratio (Daily)"] / 252**0.5 * 365**0.5, rel=0.3)
    index = pd.date_range("2023-12-31", periods=40, name="ts")
    series = pd.Series(np.linspace(100.0, 140.0, 40), index=index, name="S&P")
    assert result.against(series)["name"][1] == "S&P"
    assert result.against("GBPUSD")["name"][1] == "GBPUSD held"


# ----------------------------------------------------------------------------------------------------------- the report


def test_the_page_has_them(result: Result, tmp_path: Path) -> None:
    page = result.report(tmp_path / "x.html", benchmark="hold").read_text()
    section = page[page.index('<section id="regimes"') :]
    section = section[: section.index("</section>")]
    for words in ("London and New York", "too early", "Margin, most", "EURUSD held", "Beta"):
        assert words in section, words
    other = sc.backtest(Hourly(), walk("EURUSD", 1.1, 1), sample="1h")
    both = result.report(tmp_path / "y.html", compare=[other], benchmark="hold").read_text()
    for words in ("Net by volatility", "Net by session", "In all", "A Hourly against EURUSD held"):
        assert words in both, words


# ------------------------------------------------------------------------------------------------------------ bad input


def test_what_makes_no_sense_is_one_line(result: Result) -> None:
    with pytest.raises(sc.ConfigError, match=r"Result\.attribution: unknown key 'simbol'; did you mean 'symbol'\?"):
        result.attribution("simbol")
    with pytest.raises(sc.ConfigError, match=r"Result\.regimes: unknown key 'month'; known: session, trend"):
        result.regimes("month")
    with pytest.raises(sc.ConfigError, match=r"no instrument 'EURUSC'; did you mean 'EURUSD'\?"):
        result.regimes("trend", "EURUSC")
    daily = sc.backtest(Hourly(), walk("EURUSD", 1.1, 1), sample="1D")
    with pytest.raises(sc.ConfigError, match=r"samples of the equity are 24 hours apart.*sample=\"1h\""):
        daily.regimes("session")
    with pytest.raises(sc.ConfigError, match="benchmark 'holt': no such instrument; did you mean 'hold'"):
        result.against("holt")
