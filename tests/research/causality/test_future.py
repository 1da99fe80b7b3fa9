"""Another future: what was known stays to the bit, what follows is rows that can be, and other ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.market.columns import Bars, Prints, Quotes
from simcore.research.causality.frames import altered_frame, ends_of_frame
from simcore.research.causality.future import WAYS, altered, ends_of
from tests.times import MINUTE

START = 1_704_067_200_000_000_000
N = 40


def made(kind: str, seed: int = 1) -> Quotes | Bars | Prints:
    rng = np.random.default_rng(seed)
    price = np.round(1.1 * np.exp(np.cumsum(rng.standard_normal(N) * 1e-3)), 5)
    ts = START + MINUTE * np.arange(N)
    if kind == "quotes":
        return Quotes("X", ts, price, price + 1e-4, rng.random(N), rng.random(N))
    if kind == "prints":
        return Prints("X", ts, price, rng.random(N), np.where(rng.random(N) < 0.5, -1, 1).astype(np.int8))
    last = np.append(price[1:], price[-1])
    high, low = np.maximum(price, last) + 1e-4, np.minimum(price, last) - 1e-4
    ask = {f"ask_{n}": v + 1e-4 for n, v in (("open", price), ("high", high), ("low", low), ("close", last))}
    ends = {"end": ts + MINUTE} if kind == "ended bars" else {}
    return Bars("X", "1min", ts, price, high, low, last, rng.random(N), **({} if kind == "bars" else ask), **ends)


KINDS = ("quotes", "prints", "bars", "two-sided bars", "ended bars")


@given(st.sampled_from(KINDS), st.sampled_from(WAYS), st.integers(-2, 2 * N + 2), st.integers(0, 5))
def test_what_was_known_stays_and_the_rest_is_rows_that_can_be(kind: str, way: str, half: int, seed: int) -> None:
    rows = made(kind)
    at = START + half * MINUTE // 2 + (-1 if half % 2 else 0)
    other = altered(rows, at, way, seed)
    other.check("altered")
    known = int(np.searchsorted(ends_of(rows), at, side="right"))
    for name, values in rows.given().items():
        assert np.array_equal(values[:known], other.given()[name][:known]), name
    if way == "cut":
        assert len(other) <= known + 1 or known == 0
        late = other.ts[known:] > at if known else np.array([True])
        assert late.all() or isinstance(rows, Bars)
    else:
        assert len(other) == len(rows)
        assert np.array_equal(other.ts, rows.ts)


def test_a_mirror_turns_every_later_move() -> None:
    rows = made("quotes")
    other = altered(rows, int(rows.ts[9]), "mirror", 0)
    mid, turned = ((one.bid + one.ask) / 2.0 for one in (rows, other))
    assert np.sign(turned[10:] - turned[9]) == pytest.approx(-np.sign(mid[10:] - mid[9]))
    # c * c / p: 1.10 to 1.21 is up by a tenth; 1.10 * 1.10 / 1.21 = 1.00
    two = Quotes("X", np.array([0, 1]), np.array([1.1, 1.21]), np.array([1.1, 1.21]))
    assert altered(two, 0, "mirror", 0).bid == pytest.approx([1.1, 1.0])


def test_of_a_bar_under_way_nothing_but_the_open_is_known() -> None:
    bars = made("bars")
    for way in WAYS:
        other = altered(bars, int(bars.ts[5]), way, 3)
        assert other.open[5] == bars.open[5]
        assert other.close[5] != bars.close[5]
    cut = altered(bars, int(bars.ts[5]), "cut", 3)
    assert cut.high[5] == cut.low[5] == cut.close[5] == bars.open[5]


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("way", WAYS)
def test_frames_keep_what_was_known(library: str, way: str) -> None:
    bars = made("bars")
    frame = bars.to_pandas() if library == "pandas" else bars.to_polars()
    assert np.array_equal(ends_of_frame(frame), ends_of(bars))
    other = altered_frame(frame, int(ends_of(bars)[11]), way, 1)
    assert type(other) is type(frame)
    for name in ("open", "high", "low", "close", "volume"):
        assert np.array_equal(np.asarray(other[name])[:12], np.asarray(frame[name])[:12])
    if way == "cut":
        assert len(other) == 12
    else:
        assert (np.asarray(other["high"]) >= np.asarray(other["low"])).all()
        assert not np.array_equal(np.asarray(other["close"]), np.asarray(frame["close"]))


def test_rows_without_times_are_known_one_after_the_other() -> None:
    assert ends_of_frame(pd.DataFrame({"x": [1.0, 2.0, 3.0]})).tolist() == [0, 1, 2]
    assert ends_of_frame(pl.DataFrame({"x": [1.0, 2.0]})).tolist() == [0, 1]
    flags = altered_frame(pd.Series([True, True, False], name="up"), 0, "mirror", 0)
    assert flags.tolist() == [True, False, True]
