"""The weekly hours we package: those of OANDA in LEAN's database, and a daily break that an account keeps."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import simcore as sc
from simcore.market.hours import DATABASE, market_hours
from simcore.market.sessions import sessions
from simcore.market.weeks import weeks

SEEN = {
    "metals": "XPTUSD", "energy": "WTICOUSD", "brent": "BCOUSD", "index-us": "SPX500USD", "index-de": "DE30EUR",
    "index-eu": "FR40EUR", "index-uk": "UK100GBP", "index-jp": "JP225USD", "index-au": "AU200AUD",
    "index-hk": "HK33HKD",
}  # fmt: skip


@pytest.mark.parametrize("name", weeks())
def test_the_week_is_the_one_that_was_seen(name, shared):
    folder = shared / "market-data" / "lean" / "Data"
    if not (folder / DATABASE).is_file():
        pytest.skip(f"needs LEAN's market hours: there is no {folder / DATABASE}")
    theirs = market_hours(folder, "cfd", "oanda", SEEN[name])
    theirs = dataclasses.replace(theirs, holidays=frozenset(), early_closes={}, late_opens={})
    spring = pd.Timestamp("2021-02-01").value, pd.Timestamp("2021-04-20").value  # three zones change their clocks
    for ours, other in zip(sessions(name, *spring), theirs.sessions(*spring), strict=True):
        assert np.array_equal(ours, other)


class Buys(sc.Strategy):
    def on_quote(self, ctx):
        ctx.buy(0.01)


def test_each_instrument_keeps_its_own_hours():
    # Tuesday in winter: metals rest from 22:00 to 23:00 UTC, bitcoin never, EURUSD has the broker's week
    times = pd.to_datetime(["2024-01-02 21:59", "2024-01-02 22:30", "2024-01-02 23:00", "2024-01-06 12:00"])
    prices = {"XAUUSD": 2000.0, "EURUSD": 1.1, "BTCUSD": 40_000.0}
    data = {symbol: pd.DataFrame({"ts": times, "bid": p, "ask": p}) for symbol, p in prices.items()}
    broker = sc.Broker.preset("mt5-netting", calendar="fx")
    hours = {"XAUUSD": "metals", "EURUSD": None, "BTCUSD": "24/7"}
    own = [sc.Instrument.of(symbol, broker=broker, calendar=calendar) for symbol, calendar in hours.items()]
    result = sc.backtest(Buys(), data, broker=broker, instruments=own, cash=1e6, ledger=None)
    said = {symbol: result.orders.to_pandas().query("symbol == @symbol")["status"].tolist() for symbol in prices}
    assert said == {
        "XAUUSD": ["FILLED", "REJECTED", "FILLED", "REJECTED"],
        "EURUSD": ["FILLED", "FILLED", "FILLED", "REJECTED"],
        "BTCUSD": ["FILLED"] * 4,
    }


def test_a_calendar_that_is_none():
    gold = sc.Instrument.of("XAUUSD", broker="mt5-hedging", calendar="metal")
    data = pd.DataFrame({"ts": pd.to_datetime(["2024-01-02 10:00"]), "bid": [1.0], "ask": [1.0]})
    with pytest.raises(sc.ConfigError, match=r"unknown calendar 'metal'\. Did you mean \"metals\""):
        sc.backtest(Buys(), {"XAUUSD": data}, instruments=[gold], ledger=None)
