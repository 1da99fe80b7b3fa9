"""Indicators against TA-Lib and numpy, on real and random series, plain and compiled; and they never drift."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.strategy.averages import EMA, SMA, WMA
from simcore.strategy.bands import Bollinger, Donchian, ZScore
from simcore.strategy.indicator import Indicator
from simcore.strategy.layout import content, memory_bytes, view
from simcore.strategy.machine.swift import swift
from simcore.strategy.oscillators import ADX, ATR, MACD, RSI, Stochastic

Series = np.ndarray[Any, np.dtype[np.float64]]


class Case(NamedTuple):
    """An indicator, the columns it is fed with, its outputs, and what they should be."""

    name: str
    make: Callable[[], Any]
    columns: str  # of h, l, c
    outputs: tuple[str, ...]
    wanted: Callable[..., Any]  # (h, low, c) -> one series, or several


def _of_close(make: Any, function: Any, *outputs: str, **arguments: Any) -> Case:
    name = f"{make()!r}"
    return Case(name, make, "c", outputs or ("value",), lambda h, low, c: function(c, **arguments))


def _zscore(n: int) -> Callable[..., Any]:
    def scores(h: Series, low: Series, c: Series) -> Series:
        column = pl.Series(c)
        return ((column - column.rolling_mean(n)) / column.rolling_std(n)).to_numpy()

    return scores


CASES = [
    *(_of_close(lambda n=n: SMA(n), talib.SMA, timeperiod=n) for n in (2, 5, 50)),
    *(_of_close(lambda n=n: EMA(n), talib.EMA, timeperiod=n) for n in (2, 5, 50)),
    *(_of_close(lambda n=n: WMA(n), talib.WMA, timeperiod=n) for n in (2, 5, 50)),
    *(_of_close(lambda n=n: RSI(n), talib.RSI, timeperiod=n) for n in (2, 14)),
    *(
        _of_close(
            lambda n=n: Bollinger(n, 2.0), talib.BBANDS, "upper", "middle", "lower", timeperiod=n, nbdevup=2, nbdevdn=2
        )
        for n in (5, 20)
    ),
    _of_close(lambda: MACD(), talib.MACD, "macd", "signal", "histogram"),
    _of_close(
        lambda: MACD(3, 10, 16), talib.MACD, "macd", "signal", "histogram", fastperiod=3, slowperiod=10, signalperiod=16
    ),
    *(
        Case(f"ATR({n})", lambda n=n: ATR(n), "hlc", ("value",), lambda h, low, c, n=n: talib.ATR(h, low, c, n))
        for n in (1, 14)
    ),
    *(
        Case(
            f"ADX({n})",
            lambda n=n: ADX(n),
            "hlc",
            ("adx", "plus_di", "minus_di"),
            lambda h, low, c, n=n: (talib.ADX(h, low, c, n), talib.PLUS_DI(h, low, c, n), talib.MINUS_DI(h, low, c, n)),
        )
        for n in (2, 14)
    ),
    *(
        Case(
            f"Donchian({n})",
            lambda n=n: Donchian(n),
            "hl",
            ("upper", "lower", "middle"),
            lambda h, low, c, n=n: (talib.MAX(h, n), talib.MIN(low, n), (talib.MAX(h, n) + talib.MIN(low, n)) / 2),
        )
        for n in (2, 20)
    ),
    *(
        Case(
            f"Stochastic{periods}",
            lambda p=periods: Stochastic(*p),
            "hlc",
            ("k", "d"),
            lambda h, low, c, p=periods: talib.STOCH(h, low, c, p[0], p[1], 0, p[2], 0),
        )
        for periods in ((5, 3, 3), (14, 1, 5))
    ),
    *(Case(f"ZScore({n})", lambda n=n: ZScore(n), "c", ("value",), _zscore(n)) for n in (3, 20)),
]


def _random_bars(seed: int, n: int = 600, start: float = 1.1, step: float = 1e-4) -> tuple[Series, Series, Series]:
    rng = np.random.default_rng(seed)
    close = start + np.cumsum(rng.normal(0.0, step, n))
    return close + np.abs(rng.normal(0.0, step, n)), close - np.abs(rng.normal(0.0, step, n)), close


def _swift(indicator: Indicator) -> Any:
    """The same indicator, freshly made, as machine code over a memory of its own."""
    memory = np.frombuffer(content(indicator), np.uint8).copy()
    return view(swift(type(indicator)), memory.ctypes.data, memory)


def _run(indicator: Any, case: Case, bars: tuple[Series, Series, Series]) -> list[Series]:
    columns = [bars["hlc".index(name)].tolist() for name in case.columns]
    rows = []
    for inputs in zip(*columns, strict=True):
        value = indicator.update(*inputs)
        assert value == indicator.value or (math.isnan(value) and math.isnan(indicator.value))
        assert indicator.ready != math.isnan(value)
        rows.append([getattr(indicator, name) for name in case.outputs])
    return list(np.array(rows).T)


def _compare(case: Case, got: list[Series], bars: tuple[Series, Series, Series]) -> None:
    wanted = case.wanted(*bars)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    first = max(int(np.argmax(~np.isnan(series))) for series in wanted)  # outputs appear together
    for series, truth in zip(got, wanted, strict=True):
        assert np.isnan(series[:first]).all()
        np.testing.assert_allclose(series[first:], truth[first:], rtol=1e-9, atol=1e-9 * np.nanmax(np.abs(truth)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_equals_talib_on_a_random_walk(case: Case) -> None:
    for bars in (_random_bars(1), _random_bars(2, start=1900.0, step=3.0)):
        _compare(case, _run(case.make(), case, bars), bars)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_equals_talib_on_real_bars_in_both_forms(case: Case, shared: Path) -> None:
    frame = pd.read_csv(shared / "market-data/backtesting.py/backtesting/test/GOOG.csv", index_col=0)
    high, low, close = (frame[name].to_numpy(np.float64) for name in ("High", "Low", "Close"))
    plain, machine = case.make(), _swift(case.make())
    got = _run(plain, case, (high, low, close))
    _compare(case, got, (high, low, close))
    assert [series.tobytes() for series in _run(machine, case, (high, low, close))] == [one.tobytes() for one in got]
    assert ctypes.string_at(ctypes.addressof(machine), memory_bytes(plain)) == content(plain)


prices = st.floats(0.5, 2000.0).map(lambda x: round(x, 5))


@settings(max_examples=40)
@given(st.lists(st.tuples(prices, prices, prices), min_size=1, max_size=60), st.integers(1, 9))
def test_plain_and_compiled_agree_to_the_last_bit(rows: list[tuple[float, ...]], n: int) -> None:
    made = [SMA(n), EMA(n), WMA(n), RSI(n), MACD(n, n + 3, 2), Bollinger(n, 1.7), ZScore(n)]
    ranged = [ATR(n), ADX(n), Stochastic(n, 2, 3)]
    for indicator in (*made, *ranged, Donchian(n)):
        machine = _swift(indicator)
        for row in rows:
            high, close, low = sorted(row, reverse=True)
            inputs = (close,) if indicator in made else (high, low, close) if indicator in ranged else (high, low)
            values = np.array([indicator.update(*inputs), machine.update(*inputs)])
            assert values[:1].tobytes() == values[1:].tobytes()
        assert ctypes.string_at(ctypes.addressof(machine), memory_bytes(indicator)) == content(indicator)


def test_a_million_updates_do_not_drift() -> None:
    """Against sums made anew: at the end of a million values, and at every value of the last thousand."""
    n, period = 1_000_000, 250
    x = 1.1 + np.cumsum(np.random.default_rng(5).normal(0.0, 1e-5, n))
    sma, bands, score, wma = (
        _swift(made) for made in (SMA(period), Bollinger(period, 2.0), ZScore(period), WMA(period))
    )
    for value in x[:-1000].tolist():
        for indicator in (sma, bands, score, wma):
            indicator.update(value)
    weights = np.arange(1, period + 1)
    for i in range(n - 1000, n):
        for indicator in (sma, bands, score, wma):
            indicator.update(float(x[i]))
        window = x[i - period + 1 : i + 1]
        mean = math.fsum(window) / period
        squares = math.fsum((value - mean) ** 2 for value in window)
        assert sma.value == pytest.approx(mean, rel=1e-14)
        assert bands.upper - bands.middle == pytest.approx(2 * math.sqrt(squares / period), rel=1e-11)
        assert score.value == pytest.approx((x[i] - mean) / math.sqrt(squares / (period - 1)), rel=1e-9, abs=1e-10)
        assert wma.value == pytest.approx(math.fsum(weights * window) / weights.sum(), rel=1e-14)


def test_values_that_left_the_window_leave_nothing_behind() -> None:
    """A running sum would keep the rounding of 1e17; 3.0 is exact."""
    sma, score = SMA(3), ZScore(3)
    for x in (1e17, 1.0, 2.0, 3.0, 4.0):
        sma.update(x)
        score.update(x)
    assert sma.value == 3.0
    assert score.value == pytest.approx(1.0, rel=1e-15)  # (4 - 3) / 1


def test_hand_computed_values() -> None:
    sma, ema, wma = SMA(3), EMA(3), WMA(3)
    for x in (1.0, 2.0, 6.0, 10.0):
        for average in (sma, ema, wma):
            average.update(x)
    assert sma.value == 6.0  # (2 + 6 + 10) / 3
    assert ema.value == 6.5  # 3 + (10 - 3) * 2 / 4
    assert wma.value == pytest.approx((2 + 2 * 6 + 3 * 10) / 6)
    rsi = RSI(2)
    for x in (10.0, 12.0, 11.0, 14.0):
        rsi.update(x)
    # gains 2, 0 then 3: 1.0 -> (1 * 1 + 3) / 2 = 2; losses 0, 1 then 0: 0.5 -> 0.25; 100 * 2 / 2.25
    assert rsi.value == pytest.approx(100 * 2 / 2.25)
    atr = ATR(2)
    for bar in ((10, 8, 9), (12, 9, 11), (11, 10, 10), (15, 9, 14)):
        atr.update(*bar)
    # ranges: 12 - 9 = 3, 11 - 10 = 1, 15 - 9 = 6; (3 + 1) / 2 = 2, then (2 * 1 + 6) / 2
    assert atr.value == 4.0


def test_a_market_that_stands_still() -> None:
    """No movement: no range, no deviation, no direction; and no division by zero."""
    for indicator in (RSI(3), ZScore(3)):
        for _ in range(8):
            indicator.update(1.5)
        assert indicator.value == 0.0
    for ranged in (ADX(3), Stochastic(3, 2, 2), ATR(3)):
        for _ in range(12):
            ranged.update(1.5, 1.5, 1.5)
        assert ranged.value == 0.0
    bands = Bollinger(3)
    for _ in range(5):
        bands.update(1.5)
    assert (bands.upper, bands.middle, bands.lower) == (1.5, 1.5, 1.5)


def test_sizes_may_be_given_by_name_and_have_the_usual_defaults() -> None:
    assert MACD(slow=30).slow == 30
    assert (RSI().period, Bollinger().deviations, Stochastic().k_period) == (14, 2.0, 3)
    with pytest.raises(ValueError, match="EMA needs a period of at least 1, was 0"):
        EMA()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"EMA has no parameter 'perod'. Did you mean \"period\"\?"):
        EMA(perod=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"EMA\(period=\.\.\.\) must be a whole number, was 2.5"):
        EMA(2.5)  # type: ignore[arg-type]
