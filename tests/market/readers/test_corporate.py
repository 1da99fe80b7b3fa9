"""LEAN's factor and map files, and zipline's tables: what they say of splits and dividends that everybody knows."""

from __future__ import annotations

from datetime import date

import pytest

import simcore as sc
from simcore.market.errors import DataError
from simcore.market.readers.corporate import read_factors, read_mapping


@pytest.fixture
def shares(market_data):
    return lambda kind, ticker: market_data("lean", "Data", "equity", "usa", f"{kind}_files", f"{ticker}.csv")


def test_a_factor_file_row_by_row(shares):
    path = shares("factor", "aapl")
    rows = [line.split(",") for line in path.read_text().split()]
    frame = read_factors(path)
    assert frame.columns == ["date", "price_factor", "split_factor", "reference_price"]
    assert frame.height == len(rows) == 41
    assert [f"{row[0]:%Y%m%d}" for row in frame.rows()] == [row[0] for row in rows]
    assert [row[1:] for row in frame.rows()] == [tuple(float(cell) for cell in row[1:]) for row in rows]


def test_the_factor_of_leans_published_run(shares):
    frame = read_factors(shares("factor", "spy"))
    # TRUTH.md: SPY of 2013-10-07 is adjusted by 0.8646266; the row that holds is the first that is not before
    assert next(row[1] for row in frame.rows() if row[0] >= date(2013, 10, 7)) == 0.8646266


def acted(path, symbol):
    """Days and values of the splits, and of the dividends, that a file stands for."""
    found = sc.read_actions(path, symbol=symbol)
    days = found.ts.astype("datetime64[ns]").astype("datetime64[D]").astype(object)
    rows = [*zip(days, found.split.round(4).tolist(), found.dividend.tolist(), strict=True)]
    return [row[:2] for row in rows if row[1] != 1.0], {day: cash for day, _, cash in rows if cash}


def test_splits_of_apple(shares):
    # 2-for-1 in 2000 and 2005, 7-for-1 in 2014, 4-for-1 in 2020; of a weekend the Saturday, before any tick of Monday's
    assert acted(shares("factor", "aapl"), "AAPL")[0] == [
        (date(2000, 6, 21), 2.0),
        (date(2005, 2, 26), 2.0),
        (date(2014, 6, 7), 7.0),
        (date(2020, 8, 29), 4.0),
    ]


def test_a_reverse_split(shares):
    assert acted(shares("factor", "uso"), "USO") == ([(date(2020, 4, 29), 0.125)], {})  # 1 for 8


def test_dividends_in_cents(shares):
    _, paid = acted(shares("factor", "aapl"), "AAPL")
    # 592.33 * (1 - 0.8961764 / 0.9011818) = 592.33 * 0.005554 = 3.29, paid before the 7-for-1 split
    assert paid[date(2014, 5, 8)] == 3.29
    # 94.97 * (1 - 0.9011818 / 0.9056639) = 0.47, after it
    assert paid[date(2014, 8, 7)] == 0.47
    assert len(acted(shares("factor", "spy"), "SPY")[1]) == 94


def test_map_files(shares, market_data):
    rows = read_mapping(shares("map", "goog")).rows()
    assert rows == [
        (date(2014, 3, 27), "GOOCV", "Q", None),
        (date(2014, 4, 2), "GOOCV", "Q", None),
        (date(2050, 12, 31), "GOOG", "Q", None),
    ]
    assert read_mapping(shares("map", "gooav")).rows()[0] == (date(2014, 3, 27), "GOOAV", None, None)
    path = market_data("lean", "Data", "future", "cme", "map_files", "es.csv")
    future = read_mapping(path)
    assert future.height == len(path.read_text().splitlines())
    assert future.rows()[1] == (date(2009, 11, 30), "ES UIK2F7CJ4V0H", "CME", 1)


def test_the_factors_of_a_future(market_data):
    path = market_data("lean", "Data", "future", "cme", "factor_files", "es.csv")
    frame = read_factors(path)
    assert frame.height == len(path.read_text().split())
    first = frame.row(0, named=True)
    assert (first["date"], first["mode"], first["backwards_panama"]) == (
        date(2009, 11, 30),
        1,
        [-244.0, -241.0, -216.75],
    )
    assert first["backwards_ratio"][0] == pytest.approx(0.876974382257532)


def test_every_file_of_lean_reads(market_data):
    folder = market_data("lean", "Data", "equity", "usa")
    assert sum(read_factors(path).height for path in (folder / "factor_files").glob("*.csv")) == 897
    assert sum(read_mapping(path).height for path in (folder / "map_files").glob("*.csv")) == 66


def test_zipline(market_data):
    folder = market_data("zipline", "derived")
    splits, _ = acted(folder / "splits.csv", "CERN")  # its ratio is what prices are multiplied with, 0.5
    assert splits == [(date(2006, 1, 10), 2.0), (date(2011, 6, 27), 2.0), (date(2013, 7, 1), 2.0)]
    _, paid = acted(folder / "dividend_payouts.csv", "COST")
    assert [*paid.items()][:2] == [(date(2004, 5, 6), 0.1), (date(2004, 7, 21), 0.1)]


BAD = {
    "no number": ("20140606,x,1,1\n", r"f\.csv, row 1: price_factor is \"x\", not a number"),
    "zero": ("20140606,1,1,1\n20140607,1,0,1\n", r"f\.csv, row 2: split_factor is 0; a factor is above zero"),
    "no date": ("june,1,1,1\n", r'f\.csv, row 1: date "june" must read like 20140606'),
    "disorder": ("20140607,1,1,1\n20140606,1,1,1\n", r"f\.csv, row 2: 2014-06-06 is earlier than 2014-06-07"),
    "cells": ("20140607,1\n", r"f\.csv, row 1: 2 cells; a factor file has date, two factors and a price"),
    "empty": ("\n", r"f\.csv: the file is empty"),
    "json": ('{"Date": 5}\n', r"f\.csv, row 1: no row of a future's factor file"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_file_is_refused_by_row(fault, tmp_path):
    text, says = BAD[fault]
    (tmp_path / "f.csv").write_text(text)
    with pytest.raises(DataError, match=says):
        read_factors(tmp_path / "f.csv")


def test_what_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"f\.csv: no such file"):
        read_factors(tmp_path / "f.csv")
    (tmp_path / "m.csv").write_text("20140606\n")
    with pytest.raises(DataError, match=r"m\.csv, row 1: 1 cells; a map file has date, ticker, exchange and mode"):
        read_mapping(tmp_path / "m.csv")
