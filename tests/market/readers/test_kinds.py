"""What a file holds, told without reading it; and which format it is in."""

from __future__ import annotations

import pytest

from simcore.market.errors import DataError
from simcore.market.readers.formats import FORMATS, format_of
from simcore.market.readers.kinds import kind_of_file
from simcore.market.readers.request import QUOTES, Request
from simcore.market.sample import sample_path

ASKED = Request(QUOTES, "X", {})
REAL = {
    "lean/Data/forex/oanda/tick/eurusd/20140501_quote.zip": ("lean", "quotes"),
    "lean/Data/forex/oanda/minute/eurusd/20140501_quote.zip": ("lean", "bars"),
    "lean/Data/forex/oanda/hour/eurusd.zip": ("lean", "bars"),
    "lean/Data/equity/usa/tick/spy/20131007_trade.zip": ("lean", "prints"),
    "lean/Data/equity/usa/tick/ibm/20131007_quote.zip": ("lean", "quotes"),
    "lean/Data/equity/usa/daily/spy.zip": ("lean", "bars"),
    "lean/Data/future/comex/tick/gc/20131007_trade.zip": ("lean", "prints"),
    "lean/Data/crypto/coinbase/daily/btcusd_quote.zip": ("lean", "bars"),
    "theorycraft-dukascopy/test/fixtures/EURUSD/2019/01/04/10h_ticks.bi5": ("dukascopy", "quotes"),
    "theorycraft-dukascopy/test/fixtures/EURUSD/2019/01/04/BID_candles_min_1.bi5": ("dukascopy", "bars"),
    "nautilus_trader/tests/test_data/quote_tick_data.csv": ("histdata", "quotes"),
    "hftbacktest/examples/spot/btcusdt_20240808.gz": ("binance-stream", "quotes"),
    "cryptofeed/sample_data/BINANCE_FUTURES.ws.1.0": ("binance-stream", "quotes"),
    "basana/tests/data/bitstamp_btcusd_day_2015.csv.utf16": ("csv", "bars"),
    "freqtrade/tests/testdata/XRP_ETH-trades.feather": ("feather", "prints"),
    "freqtrade/tests/testdata/UNITTEST_BTC-1m.feather": ("feather", "bars"),
    "backtesting.py/backtesting/test/GOOG.csv": ("csv", "bars"),
}


@pytest.mark.parametrize("path", REAL)
def test_real_files(market_data, path):
    file = market_data(*path.split("/"))
    assert (format_of(file, ASKED), kind_of_file(file, ASKED).name) == REAL[path]


def test_folders_are_told_by_their_first_file(market_data):
    assert kind_of_file(market_data("ninety47-dukascopy"), ASKED).name == "quotes"
    assert kind_of_file(market_data("lean", "Data", "cfd", "oanda", "minute", "de30eur"), ASKED).name == "bars"


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("q.csv", "time;Bid Price;Ask Price\n", "quotes"),
        ("b.csv", '"Date","Open","High","Low","Close"\n', "bars"),
        ("p.txt", "ts\tprice\n", "prints"),
        ("z.csv.gz", "ts,open,high,low,close\n", "bars"),
        ("X-trades-2020-01.zip", "1,2,3,4,1583709433583,True,True\n", "prints"),
        ("X-1h-2020-01.zip", "1,2,3,4,5,6,7,8,9,10,11,0\n", "bars"),
        ("mt.csv", "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\n", "quotes"),
        ("mt4.csv", "2024.01.02,00:00,1,1,1,1,1\n", "bars"),
    ],
)
def test_kinds_by_columns_and_names(write, name, head, kind):
    assert kind_of_file(write(name, head), ASKED).name == kind


def test_the_sample_and_mapped_columns(write):
    assert kind_of_file(sample_path(), ASKED).name == "quotes"
    path = write("x.csv", "when,o1,h1,l1,c1\n")
    columns = {"ts": "when", "open": "o1", "high": "h1", "low": "l1", "close": "c1"}
    assert kind_of_file(path, Request(QUOTES, "X", {"columns": columns})).name == "bars"


def test_formats_asked_for(write):
    path = write("x.csv", "ts,bid,ask\n")
    for name in FORMATS:
        assert format_of(path, Request(QUOTES, "X", {"format": name})) == name
    with pytest.raises(DataError, match=r'unknown format "paquet"; there are csv, parquet.*Did you mean "parquet"'):
        format_of(path, Request(QUOTES, "X", {"format": "paquet"}))
    with pytest.raises(
        DataError, match=r"x\.xlsx: unknown ending \"\.xlsx\"; known are csv, .*; read it into a pandas"
    ):
        format_of(write("x.xlsx", b"PK"), ASKED)
