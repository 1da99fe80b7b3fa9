"""Text tables: real CSVs of many makers, separators, numbers as people write them, and what makes them unreadable."""

from __future__ import annotations

import numpy as np
import pytest

from simcore.market.errors import DataError
from simcore.market.readers import read_bars, read_prints, read_quotes

from .rows import ns, text

HEAD = "time;bid;ask\n"


@pytest.mark.parametrize(
    ("path", "options", "timeframe", "count", "first", "open_", "last"),
    [
        ("backtesting.py/backtesting/test/GOOG.csv", {}, "1D", 2_148, "2004-08-19 00:00", 100.0, "2013-03-01 00:00"),
        ("backtesting.py/backtesting/test/EURUSD.csv", {}, "1h", 5_000, "2017-04-19 09:00", 1.0716, "2018-02-07 15:00"),
        ("basana/tests/data/bitstamp_btcusd_day_2015.csv.utf16", {}, "1D", 365, "2015-01-01 00:00", 321.0, None),
        ("basana/tests/data/bitstamp_btcusd_min_2020_01_01.csv", {}, "1min", 1_440, "2020-01-01 00:00", 7160.69, None),
        ("arch/arch/data/sp500/sp500.csv.gz", {}, "1D", 5_031, "1999-01-04 00:00", 1229.22998, "2018-12-31 00:00"),
        ("backtrader/datas/2006-min-005.txt", {}, "5min", 2_142, "2006-01-02 09:05", 3578.73, "2006-01-30 17:30"),
        ("backtrader/datas/2006-day-001.txt", {}, "1D", 255, "2006-01-02 00:00", 3578.73, "2006-12-29 00:00"),
        ("pyalgotrade/testcases/data/30min-bitstampUSD-2.csv", {}, "30min", 1_968, "2014-06-23 22:00", 585.46, None),
        # "31-Dec-10", newest first
        (
            "pyalgotrade/testcases/data/orcl-2010-googlefinance.csv",
            {"unordered": "sort"},
            *("1D", 252, "2010-01-04 00:00", 24.66, "2010-12-31 00:00"),
        ),
        (
            "pyalgotrade/testcases/data/orcl-2000-yahoofinance.csv",
            {"unordered": "sort"},
            *("1D", 252, "2000-01-03 00:00", 124.62, "2000-12-29 00:00"),
        ),
        (
            "pyalgotrade/testcases/data/nt-spy-minute-2011.csv",
            {"names": ["time", "open", "high", "low", "close", "volume"], "timezone": "America/New_York"},
            *("1min", 14_180, "2011-01-03 14:01", 126.35, None),
        ),
        (
            "nautilus_trader/tests/test_data/btc-perp-20211231-20220201_1m.csv",
            {},
            *("1min", 45_031, "2021-12-31 23:01", 46319.0, None),
        ),
        (
            "nautilus_trader/tests/test_data/xcme/6EH4.XCME_1min_bars_20240101_20240131.csv.gz",
            {},
            *("1min", 29_996, "2024-01-01 23:01", 1.1076, None),
        ),
    ],
)  # fmt: skip
def test_bars_of_many_makers(market_data, path, options, timeframe, count, first, open_, last):
    bars = read_bars(market_data(*path.split("/")), symbol="X", **options)
    assert (bars.timeframe, len(bars)) == (timeframe, count)
    assert (text(bars.ts[0])[:16], bars.open[0]) == (first, open_)
    assert last is None or text(bars.ts[-1])[:16] == last


@pytest.mark.parametrize(
    ("path", "options", "count", "price", "size", "side"),
    [
        ("freqtrade/tests/testdata/orderflow/public_trades_list.csv", {}, 1_000, 1666.8, 26.062, 1),
        ("freqtrade/tests/testdata/orderflow/public_trades_list_simple_example.csv", {}, 7, 23438.0, 0.013, 1),
        ("nautilus_trader/tests/test_data/tardis/bitmex_trades_XBTUSD.csv", {}, 10, 8531.5, 2152.0, -1),
        ("pyalgotrade/testcases/data/bitstampUSD.csv", {"names": ["ts", "price", "size"]}, 9_999, 5.8, 1.0, None),
    ],
)
def test_prints_of_many_makers(market_data, path, options, count, price, size, side):
    prints = read_prints(market_data(*path.split("/")), symbol="X", **options)
    assert (len(prints), prints.price[0], prints.size[0]) == (count, price, size)
    assert side is None or prints.side[0] == side


def test_quotes_of_other_makers(market_data):
    tardis = market_data("nautilus_trader", "tests", "test_data", "tardis", "huobi-dm-swap_quotes_BTC-USD.csv")
    quotes = read_quotes(tardis, symbol="BTC-USD")
    assert (len(quotes), quotes.ask_size[0], quotes.ask[0], quotes.bid[0]) == (10, 5494.0, 8629.3, 8629.2)
    path = market_data("backtrader", "datas", "bidask.csv")
    with pytest.raises(DataError, match=r'"02/03/2010 16:53:50" day and month cannot be told apart; pass time_format='):
        read_quotes(path, symbol="X")
    american = read_quotes(path, symbol="X", time_format="%m/%d/%Y %H:%M:%S")
    assert (len(american), text(american.ts[0])[:19]) == (10, "2010-02-03 16:53:50")


def test_bid_and_ask_bars_in_files_of_their_own(market_data):
    folder = market_data("nautilus_trader", "tests", "test_data", "fxcm")
    for symbol, year, count, crossed in (("gbpusd", 2012, 30_117, 347), ("usdjpy", 2013, 28_761, 683)):
        bid, ask = (folder / f"{symbol}-m1-{side}-{year}.csv" for side in ("bid", "ask"))
        bars = read_bars(bid, symbol=symbol.upper(), ask=ask)
        assert (bars.timeframe, len(bars), bars.one_price) == ("1min", count, False)
        assert int((bars.ask_close < bars.close).sum()) == crossed  # TRUTH.md


def test_one_symbol_out_of_a_file_of_many(market_data):
    path = market_data("zipline", "derived", "daily_equities.csv.gz")
    bars = read_bars(path, symbol="AMD")
    assert (len(bars), text(bars.ts[0])[:10], bars.open[0]) == (2_769, "2004-01-02", 15.1)
    with pytest.raises(DataError, match=r'no rows of TSLA; there are "AMD", "'):
        read_bars(path, symbol="TSLA")


def test_a_fault_in_a_file_of_many_counts_the_symbols_rows(write):
    path = write("x.csv", "symbol,ts,bid,ask\nA,1704196800,1,1\nB,1704196800,2,2\nB,1704196801,2,-2\n")
    with pytest.raises(DataError, match=r"x\.csv, rows of B, row 2: ask is -2"):
        read_quotes(path, symbol="B")
    assert read_quotes(path, symbol="A").bid.tolist() == [1.0]


NUMBERS = {
    "decimal comma": ("1,25;1,26", {"decimal": ","}),
    "thousands by point": ("1.001,25;1.001,26", {"decimal": ",", "thousands": "."}),
    "thousands by space": ("1 001,25;1 001,26", {"decimal": ",", "thousands": " "}),
    "thousands by apostrophe": ("1'001.25;1'001.26", {"thousands": "'"}),
    "thousands by comma": ("1,001.25;1,001.26", {"thousands": ","}),
    "quoted": ('"1,001.25";"1,001.26"', {"thousands": ","}),
}


@pytest.mark.parametrize("form", NUMBERS)
def test_numbers_as_people_write_them(write, form):
    cells, options = NUMBERS[form]
    quotes = read_quotes(write("x.csv", f"{HEAD}2024-01-02 12:00;{cells}\n"), symbol="X", **options)
    whole = 1 if form == "decimal comma" else 1001
    assert (quotes.bid.tolist(), quotes.ask.tolist()) == ([whole + 0.25], [whole + 0.26])


WRONG_NUMBERS = {
    "decimal comma": ("1,25;1,26", {}, r'row 1: bid is "1,25", not a number; .*pass decimal=","'),
    "thousands by comma": ("1,001.25;1", {}, r'bid is "1,001\.25", not a number; if the commas group .*thousands=","'),
    "German": ("1.001,25;1", {}, r'bid is "1\.001,25", not a number; pass decimal="," and thousands='),
    "a point where the comma is": ("1.25;1,5", {"decimal": ","}, r'row 1: bid is "1\.25", not a number'),
    "the same mark twice": ("1;1", {"decimal": ",", "thousands": ","}, r'decimal and thousands are both ","'),
    "no such mark": ("1;1", {"decimal": "x"}, r"decimal must be one of ',', '\.', was \"x\""),
}


@pytest.mark.parametrize("form", WRONG_NUMBERS)
def test_numbers_that_are_none(write, form):
    cells, options, says = WRONG_NUMBERS[form]
    with pytest.raises(DataError, match=says):
        read_quotes(write("x.csv", f"{HEAD}2024-01-02 12:00;{cells}\n"), symbol="X", **options)


def test_decimal_commas_between_commas(write):
    path = write("x.csv", "time,bid,ask\n2024-01-02 12:00,1,25,1,26\n")
    with pytest.raises(DataError, match=r"row 1: 5 cells, the header has 3; .*decimal commas.*another separator"):
        read_quotes(path, symbol="X")


def test_a_text_in_a_late_row_is_named(write):
    rows = [f"{1_704_196_800 + n},1.1,1.2" for n in range(5_000)]
    rows[4_321] = "1704201121,oops,1.2"
    with pytest.raises(DataError, match=r'row 4322: bid is "oops", not a number'):
        read_quotes(write("x.csv", "ts,bid,ask\n" + "\n".join(rows)), symbol="X")


ENDINGS = {
    "LF after CR LF": (b"time;bid;ask\r\n2024-01-02 12:00;1;1\r\n2024-01-02 12:01;1;1\n", 3, "LF", "CR LF"),
    "CR LF after LF": (b"time;bid;ask\n2024-01-02 12:00;1;1\r\n", 2, "CR LF", "LF"),
    "CR in between": (b"time;bid;ask\n2024-01-02 12:00;1;1\r2024-01-02 12:01;1;1\n", 2, "CR", "LF"),
}


@pytest.mark.parametrize("form", ENDINGS)
def test_lines_that_end_in_different_ways(write, form):
    data, line, odd, usual = ENDINGS[form]
    path = write("x.csv", data)
    with pytest.raises(DataError, match=rf"x\.csv, line {line}: ends in {odd}, the lines above in {usual}; .*any"):
        read_quotes(path, symbol="X")
    assert len(read_quotes(path, symbol="X", line_endings="any")) == data.count(b"2024")


def test_one_ending_of_any_kind_is_read(write):
    for ending in ("\n", "\r\n", "\r"):
        path = write("x.csv", HEAD.replace("\n", ending) + f"2024-01-02 12:00;1;1{ending}2024-01-02 12:01;1;2")
        assert read_quotes(path, symbol="X").ask.tolist() == [1.0, 2.0]


SAVING = {
    "skipped": ("2024-03-10 02:30", "does not exist"),
    "repeated": ("2024-11-03 01:30", "occurs twice"),
}


@pytest.mark.parametrize("form", SAVING)
def test_hours_that_daylight_saving_skips_or_repeats(write, form):
    clock, how = SAVING[form]
    path = write("x.csv", f"{HEAD}2024-01-02 12:00;1;1\n{clock};1;1\n")
    with pytest.raises(
        DataError, match=rf"x\.csv, row 2: {clock}:00 {how} in America/New_York \(daylight saving\); if"
    ):
        read_quotes(path, symbol="X", timezone="America/New_York")
    assert read_quotes(path, symbol="X", timezone="UTC-05").ts[0] == ns(2024, 1, 2, 17 * 3_600_000)


def test_a_zip_of_a_csv_and_a_zip_cut_short(write):
    path = write("quotes.zip", "time,bid,ask\n2024-01-02 12:00,1,2\n")
    assert read_quotes(path, symbol="X").ask.tolist() == [2.0]
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"quotes\.zip: the zip is damaged or cut short \(.*\); fetch it again"):
        read_quotes(path, symbol="X")


def test_bytes_that_are_no_text(write):
    path = write("x.csv", bytes(range(256)))
    with pytest.raises(DataError, match=r"x\.csv: not a text; pass format="):
        read_quotes(path, symbol="X")
    with pytest.raises(DataError, match=r"JSON, which is read only as Binance's recorded messages; read it into a"):
        read_quotes(write("x.txt", '[{"ts": 1}]'), symbol="X")


def test_sizes_may_be_empty_prices_may_not(write):
    path = write("x.csv", "ts,bid,ask,bidsize\n1704196800,1,2,\n1704196801,1,2,5\n")
    assert np.isnan(read_quotes(path, symbol="X").bid_size[0])
