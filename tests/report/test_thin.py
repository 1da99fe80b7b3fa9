"""Fewer points, no extreme lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simcore.report.thin import candles, gaps, thin
from tests.times import HOUR

N = 1_000_000


def walk(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.integers(0, 3_000_000_000, N)), np.cumsum(rng.standard_normal(N))


def test_a_million_rows_become_thousands_and_every_pixel_keeps_its_extremes() -> None:
    ts, value = walk(1)
    ts[N // 2 :] += 10**15  # a gap without a row
    rows = thin(ts, value, buckets=500)
    assert rows.size <= 2 * 500 + 2
    assert (rows[0], rows[-1]) == (0, N - 1)
    assert (np.diff(rows) > 0).all()
    pixel = np.minimum(((ts - ts[0]) / (ts[-1] - ts[0]) * 500).astype(int), 499)
    for p in np.unique(pixel):
        inside, kept = value[pixel == p], value[rows[pixel[rows] == p]]
        assert (kept.min(), kept.max()) == (inside.min(), inside.max())


def test_several_columns_keep_the_extremes_of_each() -> None:
    ts, a = walk(2)
    b = -a[::-1]
    rows = thin(ts, a, b, buckets=100)
    assert rows.size <= 4 * 100 + 2
    for column in (a, b):
        assert (column[rows].min(), column[rows].max()) == (column.min(), column.max())


def test_a_gap_stays_a_gap() -> None:
    ts, value = walk(3)
    value[400_000:600_000] = np.nan
    rows = thin(ts, value, buckets=50)
    kept = rows[(rows > 400_000) & (rows < 599_999)]
    assert kept.size > 0
    assert np.isnan(value[kept]).all()


def test_few_rows_are_all_kept() -> None:
    assert list(thin(np.arange(5), np.arange(5.0))) == [0, 1, 2, 3, 4]
    assert thin(np.empty(0, np.int64), np.empty(0)).size == 0


@given(st.lists(st.floats(-1e6, 1e6), min_size=9, max_size=200), st.integers(1, 4))
def test_highest_and_lowest_are_always_there(values: list[float], buckets: int) -> None:
    value = np.array(values)
    rows = thin(np.arange(value.size), value, buckets=buckets)
    assert {value.min(), value.max()} <= set(value[rows])
    assert {0, value.size - 1} <= set(rows)


def test_times_that_are_all_equal() -> None:
    value = np.arange(100.0)
    assert {0, 99} <= set(thin(np.zeros(100, np.int64), value, buckets=2))


def test_candles_join_neighbours() -> None:
    # 5 bars, at most 2 candles: 3 and 2 bars. Opens 1 and 4, highs 30 and 50, lows -2 and -5, closes 3 and 5
    o = np.array([1.0, 2, 3, 4, 5])
    c = candles(np.arange(5), o, o * 10, -o + [0, 0, 1, 0, 0], o, limit=2)
    assert c.span == 3
    assert list(c.ts) == [0, 3]
    assert (list(c.open), list(c.close)) == ([1, 4], [3, 5])
    assert (list(c.high), list(c.low)) == ([30, 50], [-2, -5])


def test_few_candles_are_the_bars_themselves() -> None:
    o = np.arange(4.0)
    c = candles(np.arange(4), o, o + 1, o - 1, o, limit=4)
    assert c.span == 1
    assert list(c.high) == list(o + 1)
    assert candles(np.empty(0, np.int64), *[np.empty(0)] * 4).ts.size == 0


def test_weekends_are_gaps_and_quiet_minutes_are_not() -> None:
    # a quote an hour from Monday to Friday 22:00, then Sunday 22:00 on; one hour of silence in between
    hours = np.array([h for h in range(24 * 12) if not 5 * 24 - 2 <= h < 7 * 24 - 2 and h != 40]) * HOUR
    begin, end = gaps(hours)
    assert list(begin) == [(5 * 24 - 3) * HOUR]
    assert list(end) == [(7 * 24 - 2) * HOUR]


def test_daily_bars_have_no_gaps_at_weekends() -> None:
    days = np.array([d for d in range(60) if d % 7 < 5]) * 24 * HOUR
    assert gaps(days)[0].size == 0


def test_too_few_rows_have_no_gaps() -> None:
    for n in range(3):
        assert gaps(np.arange(n) * 100 * HOUR)[0].size == 0
