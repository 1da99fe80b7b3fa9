"""MetaTrader's exports. There is no real one among the shared data.

The layout is MetaTrader 5's own (Symbols, Bars and Ticks, export): the rows below are written as it writes them, with
tabs or commas, in UTF-8 and UTF-16.
"""

from __future__ import annotations

import numpy as np
import pytest

from simcore.market.errors import DataError
from simcore.market.readers import read_bars, read_prints, read_quotes

from .rows import ns

TICKS = """<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>
2022.11.10\t15:00:00.017\t0.86682\t\t\t\t2
2022.11.10\t15:00:00.228\t0.86681\t0.86710\t\t\t6
2022.11.10\t15:00:00.525\t\t0.86707\t\t\t4
2022.11.10\t15:00:01.049\t0.86682\t\t\t\t2
"""
TRADES = """<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>
2022.11.10\t15:00:00.017\t100.5\t100.6\t0\t0\t6
2022.11.10\t15:00:00.228\t\t\t100.6\t3\t56
2022.11.10\t15:00:00.525\t100.4\t100.5\t100.6\t0\t6
2022.11.10\t15:00:01.049\t\t\t100.4\t2\t88
"""
BARS = """<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>
2024.01.02\t00:00:00\t1.10427\t1.10429\t1.10418\t1.10420\t57\t0\t21
2024.01.02\t00:01:00\t1.10420\t1.10421\t1.10401\t1.10404\t103\t0\t8
"""
NOON = ns(2022, 11, 10, 15 * 3_600_000)
MS = 1_000_000


def test_an_empty_side_of_a_tick_did_not_change(write):
    quotes = read_quotes(write("EURGBP.csv", TICKS), symbol="EURGBP")
    # the first row knows no ask yet
    assert quotes.ts.tolist() == [NOON + 228 * MS, NOON + 525 * MS, NOON + 1_049 * MS]
    assert quotes.bid.tolist() == [0.86681, 0.86681, 0.86682]
    assert quotes.ask.tolist() == [0.86710, 0.86707, 0.86707]


def test_trades_are_what_the_flags_call_trades(write):
    path = write("share.csv", TRADES)
    prints = read_prints(path, symbol="X")
    # 56 = 8 + 16 + 32 a buy, 88 = 8 + 16 + 64 a sell; 6 tells bid and ask, its last is an old one
    assert prints.price.tolist() == [100.6, 100.4]
    assert prints.size.tolist() == [3.0, 2.0]
    assert prints.side.tolist() == [1, -1]
    # the quotes are the two rows that tell a bid or an ask
    assert read_quotes(path, symbol="X").bid.tolist() == [100.5, 100.4]


@pytest.mark.parametrize(
    "encoded",
    [
        BARS.encode(),
        BARS.replace("\n", "\r\n").encode("utf-16"),
        BARS.replace("\t", ",").encode("utf-16-le"),
        BARS.replace("\t", ",").encode("utf-16-be"),
        b"\xef\xbb\xbf" + BARS.replace("\t", ",").replace("\n", "\r\n").encode(),
    ],
    ids=["tabs", "UTF-16 with CR LF", "commas in UTF-16 LE without mark", "UTF-16 BE", "UTF-8 with mark"],
)
def test_bars_take_their_spread_in_points(write, encoded):
    bars = read_bars(write("EURUSD_M1.csv", encoded), symbol="EURUSD")
    assert (bars.timeframe, bars.ts[0]) == ("1min", ns(2024, 1, 2))
    assert bars.open.tolist() == [1.10427, 1.1042]
    # five decimals: 21 points are 0.00021, 8 are 0.00008
    assert bars.ask_open.tolist() == [1.10448, 1.10428]
    assert bars.ask_low.tolist() == [1.10439, 1.10409]
    assert bars.volume.tolist() == [57.0, 103.0]


def test_real_volume_where_there_is_any_and_no_ask_without_a_spread(write):
    text = BARS.replace("\t0\t21", "\t9\t0").replace("\t0\t8", "\t7\t0")
    bars = read_bars(write("x.csv", text), symbol="X")
    assert bars.volume.tolist() == [9.0, 7.0]
    assert bars.one_price


def test_days_have_no_time(write):
    text = BARS.replace("<TIME>\t", "").replace("\t00:00:00", "").replace("2024.01.02\t00:01:00", "2024.01.03")
    bars = read_bars(write("x.csv", text), symbol="X")
    assert (bars.timeframe, bars.ts.tolist()) == ("1D", [ns(2024, 1, 2), ns(2024, 1, 3)])


@pytest.mark.parametrize(
    "text",
    [
        "2024.01.02,00:00,1.10427,1.10429,1.10418,1.10420,57\n2024.01.02,00:01,1.1042,1.10421,1.10401,1.10404,103\n",
        "2024.01.02 00:00:00,1.10427,1.10429,1.10418,1.10420,57,0,0\n"
        "2024.01.02 00:01:00,1.1042,1.10421,1.10401,1.10404,103,0,0\n",
        "2024.01.02\t00:00\t1.10427\t1.10429\t1.10418\t1.10420\t57\n2024.01.02\t00:01\t1.1042\t1.10421\t1.10401\t1.10404\t9\n",
    ],
)
def test_without_a_header(write, text):
    bars = read_bars(write("EURUSD1.csv", text), symbol="EURUSD")
    assert (bars.timeframe, bars.ts[0], bars.close.tolist()) == ("1min", ns(2024, 1, 2), [1.1042, 1.10404])
    assert bars.volume[0] == 57.0


def test_server_time_that_closes_with_new_york(write):
    # 2024-03-11 00:00 on the server is Sunday 17:00 in New York, which has been on daylight saving for a day: 21:00 UTC
    text = BARS.replace("2024.01.02", "2024.03.11")
    bars = read_bars(write("x.csv", text), symbol="X", timezone="America/New_York+7")
    assert bars.ts[0] == ns(2024, 3, 10, 21 * 3_600_000)
    winter = read_bars(write("y.csv", BARS), symbol="X", timezone="America/New_York+7")
    assert winter.ts[0] == ns(2024, 1, 1, 22 * 3_600_000)


def test_what_cannot_be_read(write):
    with pytest.raises(DataError, match=r"row 2: bid is \"x\", not a number"):
        read_quotes(write("a.csv", TICKS.replace("0.86681", "x")), symbol="X")
    with pytest.raises(DataError, match=r"no tick tells a trade \(<LAST>\); read it with read_quotes"):
        read_prints(write("b.csv", TICKS), symbol="X")
    with pytest.raises(DataError, match=r"holds bars; read it with read_bars"):
        read_quotes(write("c.csv", BARS), symbol="X")
    with pytest.raises(DataError, match=r"columns; MetaTrader writes date, time, open to close and volumes"):
        read_bars(write("d.csv", "2024.01.02,00:00,1.1,1.2\n"), symbol="X")
    assert not np.isnan(read_quotes(write("e.csv", TICKS), symbol="X").ask).any()
