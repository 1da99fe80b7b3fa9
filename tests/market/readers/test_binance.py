"""Binance: recorded websocket messages, on real files, and the public archives.

Of the archives there is no real file among the shared data: the rows are those of binance-public-data's README, in the
layouts it documents, with and without header.
"""

from __future__ import annotations

import gzip
import json

import pytest

from simcore.market.errors import DataError
from simcore.market.readers import read_bars, read_prints, read_quotes

from .rows import ns

RECORDED = ("hftbacktest", "examples")


def messages(path, event):
    """The time of receipt and the data of every message of a kind, parsed as JSON line by line."""
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        if f'@{event}"' in line:
            received, _, text = line.partition(" ")
            yield int(received), json.loads(text)["data"]


@pytest.mark.parametrize(
    ("file", "quotes", "trades"),
    [
        ("usdm/btcusdt_20240808.gz", 66_089, 21_313),
        ("cm/btcusd_perp_20240808.gz", 19_136, 2_286),
        ("spot/btcusdt_20240808.gz", 28_040, 9_757),
        ("spot/btcusdt_20240809.gz", 45_134, 10_147),
    ],
)
def test_recorded_messages_are_those_that_json_reads(market_data, file, quotes, trades):
    path = market_data(*RECORDED, *file.split("/"))
    books = list(messages(path, "bookTicker"))
    found = read_quotes(path, symbol="BTCUSDT")
    assert len(found) == len(books) == quotes
    assert found.ts.tolist() == [received for received, _ in books]
    for field, key in (("bid", "b"), ("bid_size", "B"), ("ask", "a"), ("ask_size", "A")):
        assert getattr(found, field).tolist() == [float(data[key]) for _, data in books]
    taken = list(messages(path, "trade"))
    prints = read_prints(path, symbol="BTCUSDT")
    assert len(prints) == len(taken) == trades
    assert prints.price.tolist() == [float(data["p"]) for _, data in taken]
    assert prints.side.tolist() == [-1 if data["m"] else 1 for _, data in taken]
    assert read_prints(path, symbol="X", columns={"ts": "T"}).ts[0] == taken[0][1]["T"] * 1_000_000


def test_two_recorded_days_follow_each_other(market_data):
    folder = market_data(*RECORDED, "spot")
    assert len(read_quotes(folder, symbol="BTCUSDT")) == 28_040 + 45_134


def test_one_symbol_out_of_a_recording_of_four(market_data):
    path = market_data("cryptofeed", "sample_data", "BINANCE_FUTURES.ws.1.0")
    lines = [line for line in path.read_text().splitlines() if '"e":"bookTicker"' in line and '"s":"SUSHIUSDT"' in line]
    quotes = read_quotes(path, symbol="SUSHIUSDT")
    assert len(quotes) == len(lines) == 305
    assert quotes.ts[0] == 1_626_992_741_062_170_000  # "1626992741.06217: {...": seconds
    trades = [line for line in path.read_text().splitlines() if '"e":"aggTrade"' in line and '"s":"CTKUSDT"' in line]
    assert len(read_prints(path, symbol="CTK/USDT")) == len(trades) == 38
    bars = read_bars(path, symbol="CTKUSDT")  # one minute was closed: "x":true
    assert (len(bars), bars.timeframe, bars.ts[0]) == (1, "1min", 1_626_992_700_000_000_000)
    with pytest.raises(DataError, match=r"no message of ETHUSDT; there are SUSHIUSDT, CTKUSDT, AKROUSDT, KEEPUSDT"):
        read_quotes(path, symbol="ETHUSDT")


def test_a_recording_without_what_is_asked_for(market_data):
    path = market_data(*RECORDED, "spot", "btcusdt_20240808.gz")
    with pytest.raises(DataError, match=r"no closed kline message for read_bars; there are depthUpdate, trade"):
        read_bars(path, symbol="BTCUSDT")


TRADES = {
    "spot, ms": "51175358,17.80180000,5.69000000,101.29224200,1583709433583,True,True\n"
    "51175359,17.80,1,17.8,1583709433584,False,True\n",
    "spot since 2025, us": "51175358,17.80180000,5.69000000,101.29224200,1583709433583000,true,true\n"
    "51175359,17.80,1,17.8,1583709433584000,false,true\n",
    "futures": "id,price,qty,quote_qty,time,is_buyer_maker\n28457,17.8018,5.69,48.00,1583709433583,true\n"
    "28458,17.80,1,48.00,1583709433584,false\n",
    "coin futures": "id,price,qty,base_qty,time,is_buyer_maker\n28457,17.8018,5.69,0.01,1583709433583,true\n"
    "28458,17.80,1,0.01,1583709433584,false\n",
    "aggregates of spot": "0,17.8018,5.69,0,0,1583709433583,True,True\n1,17.80,1,1,1,1583709433584,False,True\n",
    "aggregates of futures": "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
    "26129,17.8018,5.69,27781,27781,1583709433583,true\n26130,17.80,1,27781,27781,1583709433584,false\n",
}


@pytest.mark.parametrize("kind", TRADES)
@pytest.mark.parametrize("name", ["BNBUSDT-{}-2020-03.zip", "BNBUSDT-{}-2020-03-08.csv"])
def test_archived_trades(write, kind, name):
    path = write(name.format("aggTrades" if "aggregates" in kind else "trades"), TRADES[kind])
    prints = read_prints(path, symbol="BNBUSDT")
    assert prints.ts.tolist() == [1_583_709_433_583_000_000, 1_583_709_433_584_000_000]
    assert prints.price.tolist() == [17.8018, 17.8]
    assert prints.size.tolist() == [5.69, 1.0]
    assert prints.side.tolist() == [-1, 1]  # the buyer rested, so the seller took


def test_archived_book_tickers(write):
    text = (
        "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
        "3062820799546,26.67000000,172.00000000,26.67100000,582.00000000,1689379200098,1689379200104\n"
    )
    quotes = read_quotes(write("X-bookTicker-2023-07-15.zip", text), symbol="X")
    assert quotes.ts.tolist() == [1_689_379_200_098_000_000]  # the transaction's time, not the event's
    assert [quotes.bid[0], quotes.bid_size[0], quotes.ask[0], quotes.ask_size[0]] == [26.67, 172.0, 26.671, 582.0]


def test_archived_klines(write):
    row = "{},4.15070000,4.15870000,4.15060000,4.15540000,539.23,{},2240.39860900,13,401.82000000,1669.98121300,0\n"
    start = ns(2020, 10, 1, 300_000) // 1_000_000
    spot = read_bars(write("BNBUSDT-5m-2020-10-01.zip", row.format(start, start + 299_999)), symbol="BNBUSDT")
    assert (spot.timeframe, spot.ts[0], spot.close[0], spot.volume[0]) == ("5min", start * 1_000_000, 4.1554, 539.23)
    header = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    header += "taker_buy_quote_volume,ignore\n"
    micro = write("BNBUSDT-1h-2025-01.csv", header + row.format(start * 1000, start * 1000 + 1))
    hours = read_bars(micro, symbol="BNBUSDT")
    assert (hours.timeframe, hours.ts[0]) == ("1h", start * 1_000_000)
    with pytest.raises(DataError, match=r"months and years have no fixed length"):
        read_bars(write("BNBUSDT-1mo-2025-01.csv", row.format(start, start)), symbol="BNBUSDT")


def test_an_archive_of_something_else(write):
    with pytest.raises(DataError, match=r"5 columns that are neither trades, aggTrades, bookTicker nor klines"):
        read_prints(write("BNBUSDT-trades-2020-03.csv", "1,2,3,4,5\n"), symbol="X")
    with pytest.raises(DataError, match=r"row 2: is_buyer_maker \"maybe\" is unknown; write true or false"):
        read_prints(
            write("B-trades-2020-04.csv", "1,2,3,4,1583709433583,True\n1,2,3,4,1583709433583,maybe\n"), symbol="X"
        )
