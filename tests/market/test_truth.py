"""The bars others publish, from the ticks they publish: every price of every bar (market-data/TRUTH.md)."""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from simcore.market.columns import Bars, Quotes
from simcore.market.readers import read_bars, read_quotes
from simcore.market.resample import resample

PRICES = [f"{side}{name}" for side in ("", "ask_") for name in ("open", "high", "low", "close")]


@cache
def ticks(folder: Path, symbol: str):
    """Return the ticks of 2014-05-01 to 15."""
    return read_quotes(days(folder / "tick" / symbol), symbol=symbol.upper())


def days(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("201405*_quote.zip"))
    if not paths:
        pytest.skip(f"needs LEAN's data: no 201405*_quote.zip in {folder}")
    return paths


@pytest.mark.parametrize(
    ("broker", "symbol", "resolution", "timeframe", "count"),
    [
        ("forex/oanda", "eurusd", "second", "1s", 208_472),
        ("forex/oanda", "eurusd", "minute", "1min", 15_366),
        ("forex/fxcm", "eurusd", "minute", "1min", 15_857),
        ("forex/fxcm", "eurusd", "second", "1s", 277_141),
        ("cfd/oanda", "xauusd", "minute", "1min", 15_222),
    ],
)
def test_bars_equal_leans(shared, broker, symbol, resolution, timeframe, count):
    folder = shared / "market-data" / "lean" / "Data" / broker
    published = read_bars(days(folder / resolution / symbol), symbol=symbol.upper())
    made = resample(ticks(folder, symbol), timeframe)
    assert published.timeframe == timeframe
    assert len(made) == len(published) == count
    assert np.array_equal(made.ts, published.ts)
    equal = np.all([getattr(made, name) == getattr(published, name) for name in PRICES], axis=0)
    assert int(equal.sum()) == count


@pytest.mark.parametrize(
    ("broker", "symbol", "rows", "crossed", "locked", "equal_times", "repeated"),
    [
        ("forex/oanda", "eurusd", 532_903, None, None, 4_494, 12),
        ("forex/fxcm", "eurusd", 1_144_807, 116_871, 142_462, None, None),
        ("forex/oanda", "nzdusd", 457_699, None, None, 7_043, 31),
        ("cfd/oanda", "xauusd", 2_022_969, 0, 0, None, 0),
    ],
)
def test_nothing_is_dropped_from_the_ticks(shared, broker, symbol, rows, crossed, locked, equal_times, repeated):
    quotes = ticks(shared / "market-data" / "lean" / "Data" / broker, symbol)
    assert len(quotes) == rows
    found = {
        "crossed": int((quotes.ask < quotes.bid).sum()),
        "locked": int((quotes.ask == quotes.bid).sum()),
        "equal_times": int((np.diff(quotes.ts) == 0).sum()),
        "repeated": rows - quotes.to_polars().n_unique(),
    }
    stated = {"crossed": crossed, "locked": locked, "equal_times": equal_times, "repeated": repeated}
    assert found == {name: found[name] if count is None else count for name, count in stated.items()}


def test_payrolls_hit_both_brokers_at_half_past_twelve(shared):
    # 2014-05-02 08:30 New York is 12:30 UTC: the minute with the most ticks, though FXCM writes 07:30
    for broker in ("forex/oanda", "forex/fxcm"):
        quotes = ticks(shared / "market-data" / "lean" / "Data" / broker, "eurusd")
        day = slice(*np.searchsorted(quotes.ts, np.array(["2014-05-02", "2014-05-03"], "M8[ns]").astype(np.int64)))
        minutes = resample(quotes.slice(day.start, day.stop), "1min")
        busiest = minutes.ts[np.argmax(minutes.volume)].view("M8[ns]")
        assert str(busiest)[:16] == "2014-05-02T12:30"


DUKASCOPY_TICK = np.dtype([("ms", ">u4"), ("ask", ">u4"), ("bid", ">u4"), ("ask_size", ">f4"), ("bid_size", ">f4")])
DUKASCOPY_BAR = np.dtype(
    [("s", ">u4"), *((name, ">u4") for name in ("open", "close", "low", "high")), ("volume", ">f4")]
)


def dukascopy(path: Path, dtype: np.dtype) -> np.ndarray:
    if not path.is_file():
        pytest.skip(f"needs Dukascopy's data: there is no {path}")
    return np.frombuffer(lzma.decompress(path.read_bytes()), dtype)


@pytest.mark.parametrize(("side", "prefix", "size"), [("BID", "", "bid_size"), ("ASK", "ask_", "ask_size")])
def test_minutes_equal_dukascopys(shared, side, prefix, size):
    # three hours of 2019-02-04 (the month's folder counts from 0): 60 minutes each
    folder = shared / "market-data/theorycraft-dukascopy/test/fixtures/EURUSD/2019/01/04"
    day = int(np.datetime64("2019-02-04", "ns").astype(np.int64))
    published = dukascopy(folder / f"{side}_candles_min_1.bi5", DUKASCOPY_BAR)
    prices = volumes = 0
    for hour in (0, 10, 23):
        rows = dukascopy(folder / f"{hour:02d}h_ticks.bi5", DUKASCOPY_TICK)
        ts = day + (hour * 3_600_000 + rows["ms"].astype(np.int64)) * 1_000_000
        quotes = Quotes("EURUSD", ts, rows["bid"] / 1e5, rows["ask"] / 1e5, rows["bid_size"], rows["ask_size"])
        made = resample(quotes, "1min", volume=size)
        minutes = published[(published["s"] // 3600) == hour]
        assert np.array_equal(made.ts, day + minutes["s"].astype(np.int64) * 1_000_000_000)
        names = ("open", "high", "low", "close")
        prices += int(np.all([getattr(made, prefix + name) == minutes[name] / 1e5 for name in names], axis=0).sum())
        # both are sums of float32; the smallest size is 0.01
        volumes += int((np.round(made.volume, 2) == np.round(minutes["volume"].astype(float), 2)).sum())
    assert (prices, volumes) == (180, 180)


def published_json(shared: Path, name: str) -> dict[str, np.ndarray]:
    path = shared / "market-data/dukascopy-node/src/cli/tests/expected-outputs" / name
    if not path.is_file():
        pytest.skip(f"needs dukascopy-node's data: there is no {path}")
    rows = json.loads(path.read_text())
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return columns | {"timestamp": columns["timestamp"].astype(np.int64) * 1_000_000}


def equal_bars(made: Bars, published: dict[str, np.ndarray]) -> int:
    assert np.array_equal(made.ts, published["timestamp"])
    return int(np.all([getattr(made, n) == published[n] for n in ("open", "high", "low", "close")], axis=0).sum())


def test_seconds_equal_dukascopy_nodes(shared):
    ticks = published_json(shared, "btcusd-tick-2023-02-20T12-2023-02-20T13.json")
    quotes = Quotes("BTCUSD", ticks["timestamp"], ticks["bidPrice"], ticks["askPrice"])
    seconds = published_json(shared, "btcusd-s1-bid-2023-02-20T12-2023-02-20T13.json")
    assert equal_bars(resample(quotes, "1s"), seconds) == 2_284


@pytest.mark.parametrize(
    ("short", "long", "period", "count"),
    [("m1", "m5", "2023-02-19-2023-02-20", 288), ("m1", "m15", "2023-02-19-2023-02-20", 96),
     ("m1", "m30", "2023-02-19-2023-02-20", 48), ("h1", "h4", "2023-01-01-2023-02-20", 300)],
)  # fmt: skip
def test_bars_of_bars_equal_dukascopy_nodes(shared, short, long, period, count):
    rows = published_json(shared, f"btcusd-{short}-bid-{period}.json")
    path = {name: rows[name] for name in ("open", "high", "low", "close")}
    bars = Bars("BTCUSD", {"m1": "1min", "h1": "1h"}[short], rows["timestamp"], **path)
    timeframe = {"m5": "5min", "m15": "15min", "m30": "30min", "h4": "4h"}[long]
    assert equal_bars(resample(bars, timeframe), published_json(shared, f"btcusd-{long}-bid-{period}.json")) == count


def test_leans_hours_and_days_read_whole(shared):
    folder = shared / "market-data" / "lean" / "Data" / "forex"
    if not folder.is_dir():
        pytest.skip(f"needs LEAN's data: there is no {folder}")
    hours = read_bars(folder / "oanda" / "hour" / "eurusd.zip", symbol="EURUSD")
    daily = read_bars(folder / "fxcm" / "daily" / "eurusd.zip", symbol="EURUSD")
    assert (hours.timeframe, len(hours)) == ("1h", 74_439)
    assert (daily.timeframe, len(daily)) == ("1D", 3_487)
    # midnight at UTC-05
    assert (daily.ts % 86_400_000_000_000 == 5 * 3_600_000_000_000).all()


def test_published_csvs_read(shared):
    folder = shared / "market-data" / "backtesting.py" / "backtesting" / "test"
    if not folder.is_dir():
        pytest.skip(f"needs backtesting.py's data: there is no {folder}")
    google = read_bars(folder / "GOOG.csv", symbol="GOOG")
    assert (google.timeframe, len(google), google.open[0], google.volume[0]) == ("1D", 2_148, 100.0, 22_351_900.0)
    hourly = read_bars(folder / "EURUSD.csv", symbol="EURUSD")
    assert (hourly.timeframe, len(hourly)) == ("1h", 5_000)
