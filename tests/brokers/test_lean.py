"""Instruments and calendars out of LEAN's databases: figures as the lines of the database have them."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

import simcore as sc
from simcore.brokers import lean
from simcore.brokers.errors import ConfigError
from simcore.market.errors import DataError


@pytest.fixture
def folder(shared):
    path = shared / "market-data" / "lean" / "Data"
    if not (path / lean.PROPERTIES).is_file():
        pytest.skip(f"needs LEAN's databases: there is no {path / lean.PROPERTIES}")
    return path


LISTED = {
    # market, symbol, type: kind, base, quote, contract size, price increment and its digits, lot size, zone of the data
    ("oanda", "EURUSD", None): ("fx", "EUR", "USD", 1.0, 0.00001, 5, 1.0, "UTC"),
    ("fxcm", "EURUSD", None): ("fx", "EUR", "USD", 1.0, 0.00001, 5, 1000.0, "UTC-05"),
    ("oanda", "USDJPY", None): ("fx", "USD", "JPY", 1.0, 0.001, 3, 1.0, "UTC"),
    ("oanda", "XAUUSD", None): ("cfd", None, "USD", 1.0, 0.001, 3, 1.0, "UTC"),
    ("oanda", "DE30EUR", None): ("cfd", None, "EUR", 1.0, 0.1, 1, 0.1, "UTC"),
    ("fxcm", "NAS100USD", None): ("cfd", None, "USD", 0.1, 0.1, 1, 1.0, "UTC"),
    ("cme", "ES", None): ("future", None, "USD", 50.0, 0.25, 2, 1.0, "UTC"),
    ("cbot", "ZN", None): ("future", None, "USD", 1000.0, 0.015625, 6, 1.0, "UTC"),
    ("usa", "SPY", None): ("stock", None, "USD", 1.0, 0.01, 2, 1.0, "America/New_York"),
    ("binance", "BTCUSDT", "crypto"): ("spot", "BTC", "USDT", 1.0, 0.01, 2, 0.00001, "UTC"),
    ("binance", "BTCUSDT", "cryptofuture"): ("perpetual", "BTC", "USDT", 1.0, 0.1, 1, 0.001, "UTC"),
    ("dydx", "BTCUSD", None): ("perpetual", "BTC", "USD", 1.0, 1.0, 0, 0.0001, "UTC"),
}


@pytest.mark.parametrize("key", LISTED)
def test_a_listing(folder, key):
    market, symbol, security = key
    kind, base, quote, size, increment, digits, lot, zone = LISTED[key]
    listing = lean.listing(folder, symbol, market, security)
    one = listing.instrument
    assert (one.kind, one.symbol, one.base, one.quote, one.contract_size) == (kind, symbol, base, quote, size)
    assert (one.price_increment, one.price_digits) == (increment, digits)
    assert (one.qty_min, one.qty_increment, one.qty_max) == (lot, lot, None)
    assert listing.hours.data_timezone == zone


def test_every_line_is_an_instrument_or_left_out_for_a_reason(folder):
    with (folder / lean.PROPERTIES).open(newline="") as file:
        lines = list(csv.reader(row for row in file if row.strip() and row[0] != "#"))[1:]
    for market, security in (("oanda", "forex"), ("fxcm", "cfd"), ("cme", "future"), ("coinbase", "crypto")):
        listed = {c[1].upper(): float(c[7]) for c in lines if (c[0], c[2]) == (market, security) and c[1] != "[*]"}
        found = lean.read_instruments(folder, market, security)
        assert {symbol: one.qty_increment for symbol, one in found.items()} == listed
    both = lean.read_instruments(folder, "oanda")
    assert (len(both), both["EURUSD"].kind, both["XAUUSD"].kind) == (72 + 51, "fx", "cfd")


def test_fields_may_be_overridden(folder):
    one = lean.listing(folder, "ES", "cme", initial_margin=13_000).instrument
    assert (one.initial_margin, one.contract_size) == (13_000.0, 50.0)


def test_the_calendar_is_what_a_broker_takes(folder):
    gold = lean.listing(folder, "XAUUSD", "oanda")
    assert gold.calendar.endswith("market-hours-database.json#Cfd-oanda-XAUUSD")
    assert lean.listing(folder, "BTCUSDT", "binance", "crypto").calendar == "24/7"
    # one lot on Monday 21:30 UTC: 17:30 New York, between the close at 16:58 and the opening at 18:03
    times = pd.to_datetime(["2014-05-05 20:00", "2014-05-05 21:30", "2014-05-05 22:30"])
    quotes = pd.DataFrame({"ts": times, "bid": 1300.0, "ask": 1300.5})

    class Buyer(sc.Strategy):
        def on_quote(self, ctx):
            ctx.buy(1.0)

    result = sc.backtest(
        Buyer(),
        {"XAUUSD": quotes},
        broker=sc.Broker.preset("mt5-netting", calendar=gold.calendar),
        instruments=[gold.instrument],
        cash=1_000_000,
    )
    statuses = result.orders["status"].to_list()
    reasons = result.orders["reason"].to_list()
    assert statuses == ["FILLED", "REJECTED", "FILLED"]
    assert "closed" in str(reasons[1]).lower()


REFUSED = {
    ("EURUSX", "oanda", None): r"oanda lists no EURUSX; did you mean 'EURUSD'\?",
    ("EURUSD", "onda", None): r"database\.csv: no market \"onda\"; did you mean 'oanda'\?",
    ("EURUSD", "oanda", "fx"): r'security = "fx": must be one of forex, cfd, equity, future, crypto, cryptofuture',
    ("EURUSD", "oanda", "future"): r"oanda lists no future, only cfd, forex",
    ("BTCUSDT", "binance", None): r'binance lists BTCUSDT as crypto and cryptofuture; choose one: security="crypto"',
    ("BTCUSD", "binance", "cryptofuture"): r"BTCUSD of binance is settled in its coin, which is not modelled",
}


@pytest.mark.parametrize("key", REFUSED)
def test_what_is_not_listed(folder, key):
    symbol, market, security = key
    with pytest.raises(ConfigError, match=REFUSED[key]):
        lean.listing(folder, symbol, market, security)


def test_a_damaged_database(tmp_path):
    with pytest.raises(DataError, match=r"database\.csv: cannot be read .*; it is symbol-properties"):
        lean.read_instruments(tmp_path, "oanda")
    path = tmp_path / lean.PROPERTIES
    path.parent.mkdir()
    path.write_text("market,symbol,type\noanda,EURUSD,forex,EUR/USD,USD,1\n")
    with pytest.raises(DataError, match=r"database\.csv, line 2: 6 cells, at least 8 are expected"):
        lean.read_instruments(tmp_path, "oanda")
    path.write_text("market,symbol,type\noanda,EURUSD,forex,EUR/USD,USD,one,0.00001,1\n")
    with pytest.raises(DataError, match=r'line 2: contract_multiplier is "one", must be a number above 0'):
        lean.read_instruments(tmp_path, "oanda")
