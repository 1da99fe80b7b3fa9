"""What goes into a page comes out of it, to the bit."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from simcore.report.columns import Columns
from tests.report.unpacked import unpack

NAN = float("nan")


def back(columns: Columns) -> list[object]:
    return unpack(columns.packed())


@given(st.lists(st.integers(-(10**9), 10**9)), st.integers(0, 8))
def test_prices_on_a_grid_come_back_exactly(points: list[int], digits: int) -> None:
    prices = np.array(points, float) / 10**digits  # the double nearest to the decimal
    columns = Columns()
    columns.decimals(prices, digits)
    assert list(back(columns)[0]) == list(prices)


@given(st.lists(st.floats(allow_infinity=False)))
def test_floats_come_back_as_they_were(values: list[float]) -> None:
    columns = Columns()
    columns.floats(values)
    columns.decimals(values, 2)  # rounded, or as floats where they are too large
    exact, rounded = back(columns)
    assert np.array_equal(exact, np.array(values), equal_nan=True)
    assert np.allclose(rounded, np.array(values), atol=0.005, rtol=1e-12, equal_nan=True)


def test_gaps_stay_gaps() -> None:
    columns = Columns()
    columns.decimals([NAN, 1.25, NAN, NAN, -3.5, NAN], 2)
    assert np.array_equal(back(columns)[0], [NAN, 1.25, NAN, NAN, -3.5, NAN], equal_nan=True)


def test_distant_moments_need_no_more_than_floats() -> None:
    # 1970 to 2100 is 4.1e12 ms, more than the 2.1e9 that a difference holds
    ns = pl.Series([0, 4_102_444_800_000_000_000], dtype=pl.Int64).cast(pl.Datetime("ns", "UTC"))
    columns = Columns()
    columns.times(ns)
    assert list(back(columns)[0]) == [0.0, 4_102_444_800_000.0]


def test_equal_texts_are_kept_once() -> None:
    columns = Columns()
    at, words = columns.coded(["a", None, "ß<", "a"])
    found = back(columns)
    assert found[words] == ["a", "", "ß<"]
    assert list(found[at]) == [0, 1, 2, 0]


def test_a_walk_of_prices_takes_two_bytes_a_row() -> None:
    walk = np.cumsum(np.random.default_rng(1).integers(-9, 10, 50_000)) / 1e5 + 1.1
    columns = Columns()
    columns.decimals(walk, 5)
    assert len(columns.packed()["blob"]) < 2 * walk.size
