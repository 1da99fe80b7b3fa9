"""Twelve runs on real data, as plain arrays: what both backtesters read and what they are told to do.

Needs numpy and pandas only, because backtesting.py's own environment imports it too. A run's `target` is worked out
from closed bars alone: at the close of a bar it says what to be from the next open on: 1 long, -1 short, 0 out, nan as
before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = ["Open", "High", "Low", "Close", "Volume"]
Frame = pd.DataFrame
Target = Callable[[Frame], np.ndarray]


@dataclass(frozen=True)
class Run:
    """One run: data, what to be in the market, and the account."""

    name: str
    path: str  # below market-data
    target: Target
    cash: float = 100_000.0
    share: float = 0.9  # of equity a new position is worth; 0: `qty` units
    qty: int = 0
    commission: float = 0.0  # of the value of each fill
    leverage: float = 1.0
    sl: float = 0.0  # distance from the close of the signal's bar, a share of it
    tp: float = 0.0
    finalize: bool = True
    add: bool = False  # each signal adds a ticket instead of replacing what is held
    digits: int = 6

    def says(self, bars: Frame) -> np.ndarray:
        """The targets; what is said at the last close would have no open to be done at."""
        return np.append(self.target(bars)[:-1], np.nan)

    def stops(self, close: float, side: float) -> tuple[float | None, float | None]:
        """Stop loss and take profit of a signal at this close, on the grid."""
        sl = round(close * (1.0 - side * self.sl), self.digits) if self.sl else None
        tp = round(close * (1.0 + side * self.tp), self.digits) if self.tp else None
        return sl, tp


def frame(root: Path, path: str) -> Frame:
    """Bars of a file: Open High Low Close Volume, indexed by their own times, no zone."""
    file = root / path
    if file.suffix == ".zip":
        return _lean(file)
    text = pd.read_csv(file, sep=";" if "nt-" in file.name else ",", header=None if "nt-" in file.name else 0)
    if "nt-" in file.name:  # NinjaTrader: YYYYMMDD HHMMSS;o;h;l;c;v
        text.columns = ["Date", *COLUMNS]
        text["Date"] = pd.to_datetime(text["Date"], format="%Y%m%d %H%M%S")
    names = {name: name.capitalize() for name in text.columns}
    text = text.rename(columns={**names, text.columns[0]: "Date"})
    when = text["Date"].astype(str) + " " + text["Time"] if "Time" in text else text["Date"]
    return text.set_index(pd.DatetimeIndex(pd.to_datetime(when)))[COLUMNS].astype(float)


def _lean(file: Path) -> Frame:
    """LEAN's daily and hourly zips: trades, or the bid side of quotes; stock prices in 1/10,000."""
    text = pd.read_csv(file, header=None, compression="zip")
    scale = 10_000.0 if "equity" in file.parts else 1.0
    bars = text[[1, 2, 3, 4]] / scale
    bars[5] = text[5].astype(float)
    bars.columns = COLUMNS
    return bars.set_index(pd.DatetimeIndex(pd.to_datetime(text[0], format="%Y%m%d %H:%M"), name="Date"))


def cross(fast: int, slow: int) -> Target:
    """Long once the fast average has crossed above the slow one, short once below."""

    def target(bars: Frame) -> np.ndarray:
        a, b = (bars["Close"].rolling(n).mean() for n in (fast, slow))
        up = (a.shift() < b.shift()) & (a > b)
        down = (a.shift() > b.shift()) & (a < b)
        return np.select([up, down], [1.0, -1.0], np.nan)

    return target


def long_only(inner: Target) -> Target:
    """Out of the market where the inner rule would be short."""
    return lambda bars: np.maximum(inner(bars), 0.0)


def strength(n: int, low: float, high: float) -> Target:
    """Long where the relative strength (Cutler's, plain averages) fell below low, out above high."""

    def target(bars: Frame) -> np.ndarray:
        move = bars["Close"].diff()
        up, down = move.clip(lower=0.0).rolling(n).mean(), (-move).clip(lower=0.0).rolling(n).mean()
        rsi = 100.0 * up / (up + down)
        return np.select([rsi < low, rsi > high], [1.0, 0.0], np.nan)

    return target


def channel(n: int) -> Target:
    """Long above the highest high of the n bars before, short below the lowest low."""

    def target(bars: Frame) -> np.ndarray:
        high, low = bars["High"].rolling(n).max().shift(), bars["Low"].rolling(n).min().shift()
        close = bars["Close"]
        return np.select([close > high, close < low], [1.0, -1.0], np.nan)

    return target


def bands(n: int, width: float) -> Target:
    """Against a close outside the bands, out once the mean is crossed back."""

    def target(bars: Frame) -> np.ndarray:
        close = bars["Close"]
        mean, spread = close.rolling(n).mean(), close.rolling(n).std(ddof=0)
        back = (close - mean) * (close.shift() - mean.shift()) < 0.0
        return np.select([close > mean + width * spread, close < mean - width * spread, back], [-1.0, 1.0, 0.0], np.nan)

    return target


def momentum(n: int) -> Target:
    """Every n bars: long where the price is above that of n bars ago, else short."""

    def target(bars: Frame) -> np.ndarray:
        side = np.sign(bars["Close"] - bars["Close"].shift(n)).to_numpy()
        return np.where(np.arange(len(bars)) % n == n - 1, side, np.nan)

    return target


def monthly(bars: Frame) -> np.ndarray:
    """Buy on the first bar of each month; out of everything each December."""
    month = bars.index.month.to_numpy()
    first = np.append(False, month[1:] != month[:-1])
    return np.select([first & (month == 12), first], [0.0, 1.0], np.nan)


def never(bars: Frame) -> np.ndarray:
    """No signal at all."""
    return np.full(len(bars), np.nan)


OWN = "backtesting.py/backtesting/test/"
RUNS = (
    Run("goog-daily-cross", OWN + "GOOG.csv", cross(10, 30), digits=2),
    Run("eurusd-hourly-cross", OWN + "EURUSD.csv", cross(10, 30)),
    Run("orcl-daily-strength-fee", "backtrader/datas/orcl-1995-2014.txt", strength(14, 30, 60), commission=0.002),
    Run("orcl-daily-channel-stops", "backtrader/datas/orcl-1995-2014.txt", channel(20), sl=0.08, tp=0.2, share=0.0,
        qty=1000),
    Run("stoxx-5min-bands-open", "backtrader/datas/2006-min-005.txt", bands(20, 2.0), finalize=False),
    Run("btcusdt-daily-cross-long", "basana/tests/data/binance_btcusdt_day_2020.csv", long_only(cross(5, 20)), 1e6),
    Run("btcusd-minute-momentum", "basana/tests/data/bitstamp_btcusd_min_2020_01_01.csv", momentum(30), 1e6),
    Run("spy-daily-monthly-tickets", "mplfinance/examples/data/yahoofinance-SPY-20080101-20180101.csv", monthly,
        share=0.0, qty=40, add=True),
    Run("spy-hourly-cross-leverage", "lean/Data/equity/usa/hour/spy.zip", cross(30, 120), share=3.0, leverage=5.0,
        commission=0.0001),
    Run("xauusd-daily-channel-fee", "lean/Data/cfd/oanda/daily/xauusd.zip", channel(55), commission=0.0005),
    Run("eurusd-daily-bands", "lean/Data/forex/oanda/daily/eurusd.zip", bands(30, 2.0)),
    Run("aapl-daily-nothing", "lean/Data/equity/usa/daily/aapl.zip", never),
)  # fmt: skip
