"""HistData's ticks and bars, and squideyes' .ticks of the same quotes.

Real: the ticks (nautilus_trader's quote_tick_data.csv) and the .ticks. Of the one-minute layout there is no real file;
its rows are those that histdata.com prints in its file specification.
"""

from __future__ import annotations

import struct
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from simcore.market.errors import DataError
from simcore.market.readers import read_bars, read_quotes

from .rows import ns, text

M1 = "20120201 000000;1.306600;1.306600;1.306560;1.306560;0\n20120201 000100;1.306570;1.306570;1.306470;1.306560;0\n"


def test_ticks_are_at_utc_minus_five(market_data):
    path = market_data("nautilus_trader", "tests", "test_data", "quote_tick_data.csv")
    lines = path.read_text().split()  # "20200101 170000065,1.121200,1.121720,0": two words a line
    quotes = read_quotes(path, symbol="EURUSD")
    assert len(quotes) == len(lines) // 2 == 9_500
    for at in (0, -1):
        date, rest = lines[2 * at : 2 * at + 2] if at == 0 else lines[-2:]
        clock, bid, ask, _ = rest.split(",")
        wall = datetime.strptime(date + clock, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC) + timedelta(hours=5)
        assert quotes.ts[at] == round(wall.timestamp() * 1000) * 1_000_000
        assert (quotes.bid[at], quotes.ask[at]) == (float(bid), float(ask))
    assert text(quotes.ts[0]) == "2020-01-01 22:00:00.065"
    assert read_quotes(path, symbol="EURUSD", timezone="UTC").ts[0] == ns(2020, 1, 1, 17 * 3_600_000 + 65)


@pytest.mark.parametrize("name", ["DAT_ASCII_EURUSD_M1_201202.csv", "HISTDATA_COM_ASCII_EURUSD_M1201202.zip"])
def test_one_minute_bars_by_name(write, name):
    bars = read_bars(write(name, M1, "DAT_ASCII_EURUSD_M1_201202.csv"), symbol="EURUSD")
    assert (bars.timeframe, bars.ts.tolist()) == ("1min", [ns(2012, 2, 1, 18_000_000), ns(2012, 2, 1, 18_060_000)])
    assert (bars.low[1], bars.close[1]) == (1.30647, 1.30656)


def test_the_metatrader_variant_is_at_utc_minus_five_too(write):
    rows = (
        "2012.02.01,00:00,1.306600,1.306600,1.306560,1.306560,0\n2012.02.01,00:01,1.30657,1.30657,1.30647,1.30656,0\n"
    )
    bars = read_bars(write("DAT_MT_EURUSD_M1_201202.csv", rows), symbol="EURUSD")
    assert bars.ts[0] == ns(2012, 2, 1, 18_000_000)


def test_the_layout_it_shares_with_ninjatrader_needs_a_word(write):
    path = write("spy.txt", M1)
    with pytest.raises(DataError, match=r'HistData and NinjaTrader both write bars like this; pass format="histdata"'):
        read_bars(path, symbol="SPY")
    assert read_bars(path, symbol="SPY", format="histdata").ts[0] == ns(2012, 2, 1, 18_000_000)
    names = ["time", "open", "high", "low", "close", "volume"]
    eastern = read_bars(path, symbol="SPY", names=names, timezone="America/New_York")
    assert eastern.ts[0] == ns(2012, 2, 1, 18_000_000)  # New York in winter


def test_kinds_that_do_not_fit(write):
    path = write("DAT_ASCII_EURUSD_T_201202.csv", "20120201 000003660,1.306600,1.306770,0\n")
    with pytest.raises(DataError, match=r"holds ticks; read it with read_quotes"):
        read_bars(path, symbol="EURUSD")
    with pytest.raises(DataError, match=r"columns= is for format=\"csv\"; the columns of HistData's files are fixed"):
        read_quotes(path, symbol="EURUSD", columns={"bid": "x"})


@pytest.mark.parametrize(
    ("symbol", "count", "bid", "ask"), [("EURUSD", 73_622, 1.29414, 1.29431), ("USDJPY", 22_087, 76.707, 76.727)]
)
def test_squideyes_ticks(market_data, symbol, count, bid, ask):
    folder = market_data("squideyes-tickdata", "Source", "TickData.Common.Tests", "Resources")
    path = folder / f"HISTDATA_{symbol}_20120104_17_24_EST.ticks"
    quotes = read_quotes(path, symbol=symbol)
    assert len(quotes) == count  # TRUTH.md
    data = zipfile.ZipFile(path).read("Ticks.data")
    ticks, _, last_ask = struct.unpack_from("<qff", data, len(data) - 16)
    last = datetime(1, 1, 1) + timedelta(microseconds=ticks // 10) + timedelta(hours=5)  # New York in winter
    assert text(quotes.ts[-1]) == last.isoformat(" ", "milliseconds")
    assert quotes.ask[-1] == pytest.approx(last_ask, rel=1e-7)
    assert (quotes.bid[0], quotes.ask[0]) == (bid, ask)
    assert text(quotes.ts[0]) == "2012-01-04 22:00:00.290"


def test_squideyes_ticks_cut_short(write):
    data = b"\x00" * 60 + struct.pack("<i", 2) + struct.pack("<qff", 621_355_968_000_000_000, 1.0, 1.1)
    with pytest.raises(DataError, match=r"the header counts 2 ticks, there are 1\.0; the file is cut short"):
        read_quotes(write("x.zip", data, "Ticks.data"), symbol="EURUSD")
