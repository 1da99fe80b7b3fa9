"""Splits and dividends as data: read, refused, and what they make of prices."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

import simcore as sc
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.readers.corporate import read_factors
from tests.times import DAY, ns


def rows(actions):
    return list(zip(actions.ts.tolist(), actions.split.tolist(), actions.dividend.tolist(), strict=True))


EXPECTED = [(ns("2014-05-08"), 1.0, 0.47), (ns("2014-06-09"), 7.0, 0.0)]


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame(
            {"ex_date": [dt.date(2014, 6, 9), dt.date(2014, 5, 8)], "split": [7, None], "dividend": [None, 0.47]}
        ),
        pl.DataFrame({"date": ["2014-05-08", "2014-06-09"], "Dividends": [0.47, 0.0], "Stock Splits": [0.0, 7.0]}),
        pl.DataFrame({"date": [20140508, 20140609], "amount": [0.47, 0.0], "split": [1, 7]}),
        pl.DataFrame(
            {"date": ["2014-05-08", "2014-06-09"] * 2, "symbol": ["AAPL"] * 2 + ["IBM"] * 2,
             "dividend": [0.47, 0, 9, 9], "split": [1, 7, 2, 2]}
        ),
        pd.DataFrame(
            {"Dividends": [0.47, 0.0], "Stock Splits": [0.0, 7.0]}, index=pd.to_datetime(["2014-05-08", "2014-06-09"])
        ),
    ],
    ids=["nulls", "yfinance", "numbers", "many symbols", "pandas index"],
)  # fmt: skip
def test_reads_what_vendors_list(frame):
    assert rows(sc.read_actions(frame, symbol="AAPL")) == EXPECTED


def test_reads_files_and_several_sources(tmp_path):
    splits = pl.DataFrame({"effective_date": ["2014-06-09"], "split": [7]})
    dividends = pl.DataFrame({"ex_date": ["2014-05-08"], "amount": [0.47]})
    splits.write_csv(tmp_path / "splits.csv")
    dividends.write_parquet(tmp_path / "dividends.parquet")
    found = sc.read_actions([tmp_path / "splits.csv", tmp_path / "dividends.parquet"], symbol="AAPL")
    assert rows(found) == EXPECTED
    assert repr(found) == "Actions(AAPL, 1 splits, 1 dividends)"
    assert sc.read_actions(found, symbol="AAPL") is found
    assert rows(sc.read_actions(found.to_polars(), symbol="AAPL")) == EXPECTED


def test_a_day_begins_where_the_exchange_is():
    frame = pl.DataFrame({"date": [dt.date(2014, 6, 9)], "split": [7]})
    found = sc.read_actions(frame, symbol="AAPL", timezone="America/New_York")
    assert found.ts.tolist() == [ns("2014-06-09T04:00")]


def test_a_dividend_comes_before_a_split_of_the_same_day():
    frame = pl.DataFrame({"date": [dt.date(2014, 6, 9)], "split": [7], "dividend": [3.29]})
    assert rows(sc.read_actions(frame, symbol="AAPL")) == [(ns("2014-06-09"), 1, 3.29), (ns("2014-06-09"), 7, 0)]


def test_leans_factors_are_what_happened():
    # to 2014-06-06 factors 0.9011818 and 0.25 / 7, from then 0.25: 7 for 1 at the next day. To 2014-08-06 0.9011818,
    # then 0.9056639: 94.97 * (1 - 0.9011818 / 0.9056639) = 0.47
    factors = pl.DataFrame(
        {
            "date": [20140507, 20140606, 20140806, 20501231],
            "price_factor": [0.8961764, 0.9011818, 0.9011818, 0.9056639],
            "split_factor": [0.0357143, 0.03571430, 0.25, 0.25],
            "reference_price": [592.33, 645.57, 94.97, 0.0],
        }
    )
    found = rows(sc.read_actions(factors, symbol="AAPL"))
    assert [(ts, round(split, 4), cash) for ts, split, cash in found] == [
        (ns("2014-05-08"), 1.0, 3.29),
        (ns("2014-06-07"), 7.0, 0.0),
        (ns("2014-08-07"), 1.0, 0.47),
    ]


def test_a_factor_file_is_read_as_its_frame(market_data):
    path = market_data("lean", "Data", "equity", "usa", "factor_files", "aapl.csv")
    found = sc.read_actions(path, symbol="AAPL")
    assert rows(found) == rows(sc.read_actions(read_factors(path), symbol="AAPL"))
    # 7 for 1 although 0.25 / 0.0357143 is 6.99999720; the next trading day is a Monday, here it is the next day
    assert [(ts, split) for ts, split, _ in rows(found) if split != 1.0][2] == (ns("2014-06-07"), 7.0)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"date": ["2014-06-09"], "ratio": [0.142857]}, '"ratio" may be new shares for one old or what prices are'),
        ({"date": ["2014-06-09"], "splitFactor": [7.0]}, '"splitFactor" may be'),
        ({"split": [7.0]}, "no column of a date"),
        ({"date": ["2014-06-09"], "close": [7.0]}, "no column of split or dividend; there are date, close"),
        ({"date": ["soon"], "split": [7.0]}, '"date" must hold dates'),
        ({"date": ["2014-06-09"], "split": ["7:1"]}, '"split" holds what is no number'),
        ({"date": ["2014-06-09"], "split": [-7.0]}, "row 1: split is -7; it must be new shares for one old, above 0"),
        ({"date": ["2014-06-09"], "dividend": [-0.5]}, "row 1: dividend is -0.5; it must be cash a share, 0 or more"),
        ({"date": ["2014-06-09"], "dividend": [float("inf")]}, "row 1: dividend is inf"),
    ],
)
def test_refuses(frame, message):
    with pytest.raises(DataError, match=message):
        sc.read_actions(pl.DataFrame(frame), symbol="AAPL")


def test_refuses_what_is_no_source(tmp_path):
    with pytest.raises(DataError, match=r"actions\[\"AAPL\"\] is dict"):
        sc.read_actions({}, symbol="AAPL")
    with pytest.raises(DataError, match=r"none\.csv: actions cannot be read"):
        sc.read_actions(tmp_path / "none.csv", symbol="AAPL")
    with pytest.raises(DataError, match='name it "IBM"'):
        sc.read_actions(sc.Actions("IBM", [1], [2.0], [0.0]), symbol="AAPL")
    with pytest.raises(DataError, match=r"row 2: .* is earlier than the row before"):
        sc.Actions("IBM", [2, 1], [2.0, 2.0], [0.0, 0.0])


# What they make of prices.

FOUR = np.arange(4) * DAY


def bars(close, volume=100.0):
    close = np.array(close, float)
    return Bars("X", "1D", FOUR, close, close + 1, close - 1, close, np.full(4, volume))


def test_adjusts_by_hand():
    # a dividend of 2 goes ex on day 2, after a close of 40: 1 - 2 / 40 = 0.95; 2 for 1 on day 3
    actions = sc.Actions("X", [2 * DAY, 3 * DAY], [1.0, 2.0], [2.0, 0.0])
    adjusted = sc.adjust(bars([44, 40, 38, 19]), actions)
    assert adjusted.close == pytest.approx([44 * 0.475, 40 * 0.475, 19, 19], rel=1e-15)
    assert adjusted.high == pytest.approx([45 * 0.475, 41 * 0.475, 19.5, 20], rel=1e-15)
    assert adjusted.volume.tolist() == [200, 200, 200, 100]
    assert adjusted.one_price
    assert sc.adjust(bars([44, 40, 38, 19]), actions, dividends=False).close.tolist() == [22, 20, 19, 19]


def test_actions_before_the_data_do_nothing():
    actions = sc.Actions("X", [0, 9 * DAY], [2.0, 1.0], [0.0, 1.0])
    assert sc.adjust(bars([4, 4, 4, 4]), actions).close == pytest.approx([3, 3, 3, 3])


def test_adjusts_quotes_and_prints():
    split = sc.Actions("X", [DAY], [4.0], [0.0])
    quotes = sc.adjust(Quotes("X", FOUR[:2], [8.0, 2.0], [8.4, 2.1], [10.0, 40.0], [20.0, 80.0]), split)
    assert (quotes.bid.tolist(), quotes.ask_size.tolist()) == ([2, 2], [80, 80])
    prints = sc.adjust(Prints("X", FOUR[:2], [8.0, 2.0], [10.0, 40.0]), split)
    assert (prints.price.tolist(), prints.size.tolist()) == ([2, 2], [40, 40])


def test_a_factor_holds_up_to_and_including_its_date():
    factors = pl.DataFrame(
        {"date": ["1970-01-02", "2050-12-31"], "price_factor": [0.9, 1.0], "split_factor": [0.5, 1.0]}
    )
    adjusted = sc.adjust(bars([10, 10, 10, 10]), factors)
    assert adjusted.close.tolist() == [4.5, 4.5, 10, 10]
    assert adjusted.volume.tolist() == [200, 200, 100, 100]


def test_a_dividend_larger_than_the_price_is_refused():
    with pytest.raises(DataError, match=r"row 1: dividend 50 at 1970-01-02 is not less than the price before it, 44"):
        sc.adjust(bars([44, 40, 38, 19]), sc.Actions("X", [DAY], [1.0], [50.0]))
