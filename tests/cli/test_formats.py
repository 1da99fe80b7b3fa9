"""`--data` takes every format the readers know: real files through `simcore data import` and `backtest`."""

from __future__ import annotations

import lzma
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

import simcore as sc
from tests.cli.run import good, parsed, refused

DUKASCOPY = "theorycraft-dukascopy/test/fixtures/EURUSD/2019/01/04"


@pytest.fixture
def data(shared: Path) -> Any:
    """A path below the shared market data; the test is skipped where it is absent."""

    def find(path: str) -> Path:
        found = shared / "market-data" / path
        if not found.exists():
            pytest.skip(f"needs the shared market data: there is no {found}")
        return found

    return find


# files below the shared market data, a symbol, further options: kind, rows
IMPORTS = {
    "LEAN ticks": ("lean/Data/forex/oanda/tick/eurusd/20140501_quote.zip", "EURUSD", (), "quotes", 24_179),
    "LEAN share trades": ("lean/Data/equity/usa/tick/ibm/20131011_trade.zip", "IBM", (), "prints", 19_264),
    "LEAN contract": ("lean/Data/future/cme/hour/es_trade.zip", "ES", ("--read", "contract=202003"), "bars", 40),
    "Dukascopy folder": ("ninety47-dukascopy/test/data/compressed", "GBPJPY", (), "quotes", 58_953),
    "Dukascopy candles": (DUKASCOPY, "EURUSD", ("--kind", "bars"), "bars", 1_440),
    "HistData": ("nautilus_trader/tests/test_data/quote_tick_data.csv", "EURUSD", (), "quotes", 9_500),
    "squideyes": (
        "squideyes-tickdata/Source/TickData.Common.Tests/Resources/HISTDATA_USDJPY_20120104_17_24_EST.ticks",
        *("USDJPY", (), "quotes", 22_087),
    ),
    "Binance messages": ("hftbacktest/examples/cm/btcusd_perp_20240808.gz", "BTCUSD", (), "quotes", 19_136),
    "their trades": (
        "hftbacktest/examples/cm/btcusd_perp_20240808.gz",
        "BTCUSD",
        ("--kind", "prints"),
        "prints",
        2_286,
    ),
    "Feather": ("freqtrade/tests/testdata/UNITTEST_BTC-1m.feather", "BTC", (), "bars", 13_681),
    "UTF-16": ("basana/tests/data/bitstamp_btcusd_day_2015.csv.utf16", "BTC", (), "bars", 365),
    "both sides": (
        "nautilus_trader/tests/test_data/fxcm/gbpusd-m1-bid-2012.csv",
        *("GBPUSD", ("--read", "ask=nautilus_trader/tests/test_data/fxcm/gbpusd-m1-ask-2012.csv"), "bars", 30_117),
    ),
}


@pytest.mark.parametrize("name", IMPORTS)
def test_a_real_file_into_a_store(name: str, data: Any, tmp_path: Path) -> None:
    path, symbol, options, kind, rows = IMPORTS[name]
    options = tuple(f"ask={data(text[4:])}" if text.startswith("ask=") else text for text in options)
    told = parsed("data", "import", data(path), "--symbol", symbol, "--store", tmp_path / "s", *options)
    assert told["added"] == rows
    series = parsed("data", "list", tmp_path / "s")["series"]
    assert [(one["symbol"], one["kind"], one["rows"]) for one in series] == [(symbol, kind, rows)]


def test_candles_of_both_sides_come_into_a_store_together(data: Any, tmp_path: Path) -> None:
    good("data", "import", data(DUKASCOPY), "--symbol", "EURUSD", "--store", tmp_path / "s", "--kind", "bars")
    bars = sc.Store(tmp_path / "s").bars("EURUSD", "1min")
    assert (len(bars), bars.one_price) == (1_440, False)


def test_empty_hours_are_no_hindrance(data: Any, tmp_path: Path) -> None:
    day = tmp_path / "EURUSD" / "2019" / "01" / "04"
    day.mkdir(parents=True)
    shutil.copy(data(DUKASCOPY) / "10h_ticks.bi5", day)
    (day / "11h_ticks.bi5").write_bytes(b"")
    for given in (day, [day / "10h_ticks.bi5", day / "11h_ticks.bi5"]):
        files = given if isinstance(given, list) else [given]
        told = parsed("data", "import", *files, "--symbol", "EURUSD", "--store", tmp_path / "s")
        assert (told["files"], told["added"] + told["equal"]) == (1, 8_438)


def test_a_backtest_on_lean_and_dukascopy(data: Any) -> None:
    for path, symbol in (
        ("lean/Data/forex/oanda/minute/eurusd/20140501_quote.zip", "EURUSD"),
        (DUKASCOPY, "EURUSD"),
    ):
        told = parsed("backtest", "ema-cross", "--data", data(path), "--symbol", symbol, "-p", "fast=5", "slow=10")
        assert told["stats"]["Ticks"] > 1_000


def test_formats_and_options_that_are_none(data: Any, tmp_path: Path) -> None:
    path = data("lean/Data/forex/oanda/tick/eurusd/20140501_quote.zip")
    where = ("backtest", "ema-cross", "--data", path, "--symbol", "EURUSD")
    assert 'unknown format "lien"' in refused(*where, "--read", "format=lien")
    assert "did you mean 'format'?" in refused(*where, "--read", "formatt=lean")
    assert "--read price_digits=x: must be a whole number" in refused(*where, "--read", "price_digits=x")
    assert "only bars have a side in another file" in refused(*where, "--read", "ask=x.csv")
    assert "columns= is for format=" in refused(*where, "--column", "bid=x").replace("--read ", "")


def test_advice_is_told_as_options(tmp_path: Path) -> None:
    tick = lzma.compress(struct.pack(">3I2f", 5, 2, 1, 1.0, 1.0), lzma.FORMAT_ALONE)
    (tmp_path / "10h_ticks.bi5").write_bytes(tick)
    where = ("backtest", "ema-cross", "--data", tmp_path / "10h_ticks.bi5", "--symbol", "EURUSD")
    assert 'pass --read start="2019-02-04 10:00"' in refused(*where)
    (tmp_path / "x.csv").write_text("ts;bid;ask\n2024-01-02;1,1;1,2\n")
    where = ("backtest", "ema-cross", "--data", tmp_path / "x.csv", "--symbol", "EURUSD")
    assert 'pass --read decimal=","' in refused(*where)
