"""Prices on the grid: equal prices are equal bits, and nothing is copied that is on it already."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.grid import Grid, fits, grid, on_grid, snap

T0 = 1_704_189_600_000_000_000


@pytest.mark.parametrize(
    ("increment", "expected"),
    [
        (0.00001, Grid(1, 100_000)),
        (1e-8, Grid(1, 100_000_000)),
        (0.25, Grid(25, 100)),
        (0.005, Grid(5, 1000)),
        ("0.03125", Grid(3125, 100_000)),  # 1/32 of a bond's point
        (Decimal("0.10"), Grid(1, 10)),
        (1, Grid(1, 1)),
        (5.0, Grid(5, 1)),
        (100, Grid(100, 1)),
    ],
)
def test_increments_as_whole_numbers(increment, expected):
    assert grid(increment) == expected


def test_digits_are_an_increment():
    assert grid(digits=5) == grid(0.00001)
    assert grid(digits=0) == Grid(1, 1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, r"give price_increment or digits, one of them"),
        ({"price_increment": 0.1, "digits": 1}, r"one of them"),
        ({"price_increment": 0}, r"must be a finite number above zero, was 0"),
        ({"price_increment": -0.1}, r"was -0\.1"),
        ({"price_increment": float("nan")}, r"was nan"),
        ({"price_increment": float("inf")}, r"was inf"),
        ({"price_increment": "a tick"}, r"must be a number, was 'a tick'"),
        ({"digits": 16}, r"has 16 decimals; float64 prices hold at most 15"),
    ],
)
def test_refuses(arguments, says):
    with pytest.raises(DataError, match=says):
        grid(**arguments)


def test_off_by_a_bit_and_off_by_a_half():
    # 1.1 + 2.2 is 3.3000000000000003; 1.10004 goes down to 1.1000, 1.10006 up to 1.1001
    snapped = on_grid(np.array([1.1 + 2.2, 1.10004, 1.10006]), grid(digits=4))
    assert snapped.tolist() == [3.3, 1.1, 1.1001]
    # the S&P future moves by quarters
    assert on_grid(np.array([4700.10, 4700.13, 4700.25]), grid(0.25)).tolist() == [4700.0, 4700.25, 4700.25]


def test_prices_on_the_grid_are_the_very_array():
    prices = np.round(1 + np.arange(10_000) / 100_000, 5)
    assert on_grid(prices, grid(digits=5)) is prices
    with_gap = np.array([1.1, np.nan, 1.2])
    assert on_grid(with_gap, grid(digits=1)) is with_gap


@pytest.mark.parametrize("row", [0, 2047, 2048, 9_999])
def test_one_price_off_the_grid_is_found_wherever_it_is(row):
    prices = np.full(10_000, 1.25)
    prices[row] = 1.2500001
    snapped = on_grid(prices, grid(digits=5))
    assert (snapped == 1.25).all()
    assert prices[row] == 1.2500001  # the data of the caller is left alone


def test_snap_returns_the_data_itself_or_a_changed_copy():
    quotes = Quotes("X", [T0, T0], [1.1, 1.2], [1.1, 1.2], [1.234567, 1.0], None)
    assert snap(quotes, 0.1) is quotes
    off = Quotes("X", [T0, T0], np.float32([1.1, 1.2]), [1.1, 1.2], [1.234567, 1.0], None)
    snapped = snap(off, digits=1)
    assert snapped.bid.tolist() == [1.1, 1.2]
    assert np.shares_memory(snapped.ask, off.ask)
    assert snapped.bid_size.tolist() == [1.234567, 1.0]  # sizes are on no price grid
    assert off.bid[0] != 1.1


def test_snap_of_bars_and_prints():
    path = ([1.02, 1.0], [1.11, 1.1], [0.88, 0.9], [1.0, 1.0])
    bars = snap(Bars("X", "1D", [T0, T0], *path, [0.123, 1.0]), digits=1)
    assert bars.high.tolist() == [1.1, 1.1]
    assert bars.volume.tolist() == [0.123, 1.0]
    assert bars.one_price
    assert bars.timeframe == "1D"
    assert snap(Prints("X", [T0], [1.26], [0.37]), 0.25).price.tolist() == [1.25]
    assert snap(Prints("X", [T0], [1.26], [0.37]), 0.25).size.tolist() == [0.37]


def test_a_grid_too_coarse_is_refused_before_a_price_is_lost():
    quotes = Quotes("SHIB", [T0, T0], [1.0, 0.000012], [1.0, 1.0])
    with pytest.raises(
        DataError, match=r"SHIB, row 2: bid 1\.2e-05 becomes 0 on a grid of 0\.01; check .*price_digits"
    ):
        snap(quotes, digits=2)


@given(st.integers(0, 8), st.sampled_from([1, 5, 25, 125]), st.integers(1, 10**7))
def test_the_grid_is_where_decimal_puts_it(digits, numerator, steps):
    # the float nearest to the decimal number is the one, whatever arithmetic led near it
    increment = Decimal(numerator).scaleb(-digits)
    exact = float(increment * steps)
    near = np.array(
        [exact, np.nextafter(exact, 0), np.nextafter(exact, np.inf), exact * (1 + 1e-12), exact * (1 - 1e-12)]
    )
    snapped = on_grid(near, grid(increment))
    assert snapped.tolist() == [exact] * 5
    assert on_grid(snapped, grid(increment)) is snapped


SPOILT = {
    "nothing": {},
    "a bid off the grid": {"bid": 1.100011},
    "an ask off the grid": {"ask": 1.100014},
    "nan": {"bid": np.nan},
    "infinity": {"ask": np.inf},
    "zero": {"bid": 0.0},
    "below zero": {"ask": -1.10001},
    "no time": {"ts": np.iinfo(np.int64).min},
    "an earlier time": {"ts": T0 - 1},
    "a negative size": {"bid_size": -1.0},
    "an infinite size": {"ask_size": np.inf},
    "a size that is not given": {"bid_size": np.nan},
}


@given(
    st.sampled_from([1, 2, 511, 512, 513, 1300]),
    st.sampled_from([0.00001, 0.00005]),
    st.sampled_from([*SPOILT]),
    st.data(),
)
def test_fits_is_what_check_and_snap_say(rows, increment, spoilt, data):
    # the one pass looks at blocks of 512 rows: whatever is wrong, and wherever
    price = np.round(1.1 + np.arange(rows) * 0.00005, 5)
    columns = {"ts": T0 + np.arange(rows), "bid": price, "ask": price + 0.00005}
    columns = {**columns, "ask": np.round(columns["ask"], 5), "bid_size": np.ones(rows), "ask_size": np.ones(rows)}
    row = data.draw(st.integers(0, rows - 1))
    for name, value in SPOILT[spoilt].items():
        columns[name][row] = value
    quotes = Quotes("X", **columns, checked=True)
    try:
        quotes.check("here")
        expected = snap(quotes, increment) is quotes
    except DataError:
        expected = False
    assert fits(quotes, grid(increment)) == expected
    if spoilt == "nothing":
        assert expected


def test_no_rows_do_not_fit():
    assert not fits(Quotes("X", [], [], [], checked=True), grid(0.00001))
