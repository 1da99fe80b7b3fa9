"""LEAN's zips, on LEAN's own files: counts and first and last rows by reading the text line by line."""

from __future__ import annotations

import numpy as np
import pytest

from simcore.market.errors import DataError
from simcore.market.readers import read_bars, read_prints, read_quotes

from .rows import ns, text, zip_rows

NEW_YORK = "America/New_York"


@pytest.fixture
def lean(market_data):
    return lambda path: market_data("lean", "Data", *path.split("/"))


def test_share_trades_are_in_ten_thousandths_and_new_york_time(lean):
    path = lean("equity/usa/tick/spy/20131007_trade.zip")
    rows = zip_rows(path)
    prints = read_prints(path, symbol="SPY")
    assert len(prints) == len(rows) == 250_601
    for at in (0, -1):
        ms, price, size = (float(cell) for cell in rows[at][:3])
        assert prints.ts[at] == ns(2013, 10, 7, ms, NEW_YORK)
        assert (prints.price[at], prints.size[at]) == (price / 10_000, size)
    assert text(prints.ts[0]) == "2013-10-07 08:00:00.464"  # 14,400,464 ms are 04:00:00.464 in New York, UTC-4


def test_a_side_that_a_share_quote_leaves_out_stands(lean):
    path = lean("equity/usa/tick/ibm/20131008_quote.zip")
    rows = zip_rows(path)
    quotes = read_quotes(path, symbol="IBM")
    bid = ask = 0.0
    expected = []
    for cells in rows:
        bid, ask = (int(new) / 10_000 or old for new, old in ((cells[1], bid), (cells[3], ask)))
        if bid and ask:
            expected.append((bid, ask))
    assert len(rows) == 125_750
    assert len(quotes) == len(expected) == 125_749  # the first row has a bid only
    assert np.array_equal(np.column_stack([quotes.bid, quotes.ask]), np.array(expected))
    assert text(quotes.ts[0]) == "2013-10-08 08:00:00.640"


@pytest.mark.parametrize(
    ("path", "timeframe", "count"),
    [
        ("equity/usa/second/spy/20131007_trade.zip", "1s", 16_675),
        ("equity/usa/minute/spy/20131007_trade.zip", "1min", 828),
        ("equity/usa/minute/aapl/20140605_trade.zip", "1min", 686),
        ("crypto/coinbase/second/btcusd/20161007_trade.zip", "1s", 4_063),
        ("crypto/coinbase/minute/ethusd/20170903_trade.zip", "1min", 1_440),
        ("crypto/bybit/minute/btcusdt/20221213_trade.zip", "1min", 1_440),
        ("cryptofuture/dydx/minute/btcusd/20260101_trade.zip", "1min", 1_410),
    ],
)
def test_bars_of_trades(lean, path, timeframe, count):
    rows = zip_rows(lean(path))
    bars = read_bars(lean(path), symbol="X")
    assert (bars.timeframe, len(bars), len(rows), bars.one_price) == (timeframe, count, count, True)
    scale, zone = (10_000, NEW_YORK) if path.startswith("equity") else (1, "UTC")
    date = path.rpartition("/")[2]
    for at in (0, -1):
        cells = [float(cell) for cell in rows[at]]
        assert bars.ts[at] == ns(int(date[:4]), int(date[4:6]), int(date[6:8]), cells[0], zone)
        assert [bars.open[at], bars.high[at], bars.low[at], bars.close[at]] == [c / scale for c in cells[1:5]]
        assert bars.volume[at] == cells[5]


@pytest.mark.parametrize(
    ("path", "timeframe", "count", "first", "last"),
    [
        ("equity/usa/daily/spy.zip", "1D", 5_849, "1998-01-02 05:00", "2021-03-31 04:00"),  # midnight in New York
        ("equity/usa/hour/aapl.zip", "1h", 40_831, "1998-01-02 14:00", None),
        ("equity/usa/hour/tapa.zip", "1h", 578, "2010-01-11 15:00", "2012-12-31 14:00"),  # in a folder of the zip
        ("forex/fxcm/hour/eurusd.zip", "1h", 69_928, "2007-03-30 05:00", None),  # midnight at UTC-05
        ("forex/oanda/daily/eurusd.zip", "1D", 3_738, "2007-01-01 00:00", None),
        ("cfd/oanda/daily/xauusd.zip", "1D", 3_949, "2006-03-20 00:00", None),
        ("crypto/binance/hour/btcusdt_trade.zip", "1h", 120, "2018-05-01 00:00", None),
        ("crypto/bitfinex/hour/btcusd_trade.zip", "1h", 733, "2013-10-01 00:00", "2013-10-31 21:00"),
        ("crypto/coinbase/daily/btcusd_quote.zip", "1D", 1_332, "2015-04-27 00:00", "2018-12-24 00:00"),
        ("cryptofuture/binance/daily/adausdt_trade.zip", "1D", 9, "2022-12-07 00:00", "2022-12-15 00:00"),
    ],
)
def test_hours_and_days(lean, path, timeframe, count, first, last):
    rows = zip_rows(lean(path))
    bars = read_bars(lean(path), symbol="X")
    assert (bars.timeframe, len(bars), len(rows)) == (timeframe, count, count)
    assert text(bars.ts[0])[:16] == first
    assert last is None or text(bars.ts[-1])[:16] == last
    scale = 10_000 if path.startswith("equity") else 1
    for at in (0, -1):
        assert [bars.open[at], bars.close[at]] == [float(rows[at][1]) / scale, float(rows[at][4]) / scale]


def test_bars_of_quotes_have_both_sides_and_no_volume(lean):
    path = lean("equity/usa/second/spy/20131007_quote.zip")
    rows = zip_rows(path)
    bars = read_bars(path, symbol="SPY")
    assert len(bars) == len(rows) == 27_409
    first = [float(cell) / 10_000 for cell in rows[0]]
    assert [bars.open[0], bars.high[0], bars.low[0], bars.close[0]] == first[1:5]
    assert [bars.ask_open[0], bars.ask_high[0], bars.ask_low[0], bars.ask_close[0]] == first[6:10]
    assert np.isnan(bars.volume).all()


def test_an_empty_side_of_a_quote_bar_stands_and_bars_begin_with_both(lean):
    # 435 rows; the first has no ask: `14400000,270000,270000,270000,270000,100,,,,,0`
    path = lean("equity/usa/minute/foxa/20130701_quote.zip")
    rows = zip_rows(path)
    bars = read_bars(path, symbol="FOXA")
    assert (len(rows), len(bars)) == (435, 434)
    assert bars.ask_open[0] == float(rows[1][6]) / 10_000 == 29.15
    # ES of 2013-10-06: 22 of its 155 minutes have one side only, none of them at the start
    path = lean("future/cme/minute/es/20131006_quote.zip")
    rows = zip_rows(path, "20131006_es_minute_quote_201312.csv")
    bars = read_bars(path, symbol="ES", contract="201312")
    assert len(bars) == len(rows) == 155
    n = next(n for n, cells in enumerate(rows) if cells[1] == "")
    assert [bars.open[n], bars.high[n], bars.low[n], bars.close[n]] == [float(rows[n - 1][4])] * 4
    assert bars.ask_high[n] == float(rows[n][7])


def test_one_contract_out_of_a_zip_of_many(lean):
    folder = lean("future/cme/minute/es")
    with pytest.raises(DataError, match=r"20131007_trade\.zip: 3 files inside \(20131007_es.*choose one: contract="):
        read_bars(folder / "20131007_trade.zip", symbol="ES")
    with pytest.raises(DataError, match=r'no file is "209912"; there are 20131007_es_minute_trade_201312\.csv'):
        read_bars(folder / "20131007_trade.zip", symbol="ES", contract="209912")
    days = sorted(folder.glob("*_trade.zip"))
    counts = []
    for day in days:
        member = f"{day.name[:8]}_es_minute_trade_201312.csv"
        try:
            counts.append(len(zip_rows(day, member)))
        except KeyError:  # January 2020: the contract is long gone
            counts.append(0)
    bars = read_bars(folder / "*_trade.zip", symbol="ES", contract="201312")
    assert len(bars) == sum(counts) == 16_673
    assert counts[-2:] == [0, 0]
    assert text(bars.ts[0]) == "2013-10-06 22:00:00.000"  # 79,200,000 ms, UTC


def test_ticks_of_a_future(lean):
    folder = lean("future/comex/tick/gc")
    rows = [row for day in (7, 8, 9) for row in zip_rows(folder / f"2013100{day}_trade.zip", _gold(day))]
    prints = read_prints(folder / "*_trade.zip", symbol="GC", contract="201312")
    assert len(prints) == len(rows) == 156_452
    assert prints.price.tolist() == [float(row[1]) for row in rows]
    assert prints.size.tolist() == [float(row[2]) for row in rows]
    assert prints.ts[0] == ns(2013, 10, 7, float(rows[0][0]))


def _gold(day: int) -> str:
    return f"2013100{day}_gc_tick_trade_201312.csv"


def test_hours_of_a_future_and_an_option(lean):
    hours = read_bars(lean("future/cme/hour/es_trade.zip"), symbol="ES", contract="202003")
    assert (hours.timeframe, len(hours), text(hours.ts[0])[:16]) == ("1h", 40, "2020-01-02 14:00")
    path = lean("option/usa/minute/aapl/20140609_trade_american.zip")
    call = read_bars(path, symbol="AAPL", contract="call_1000000_20140613")
    rows = zip_rows(path, "20140609_aapl_minute_trade_american_call_1000000_20140613.csv")
    assert (len(call), call.open[0]) == (len(rows), int(rows[0][1]) / 10_000)


def test_open_interest_is_none_of_ours(lean):
    path = lean("future/comex/tick/gc/20131007_openinterest.zip")
    with pytest.raises(DataError, match=r"holds open interest"):
        read_prints(path, symbol="GC", contract="201312")


def test_a_folder_is_read_whole_by_kind(lean):
    german = read_bars(lean("cfd/oanda/minute/de30eur"), symbol="DE30EUR")
    # 1,206 + 1,233 + 1,199 rows of three days
    assert (len(german), text(german.ts[0])[:16], text(german.ts[-1])[:16]) == (
        3_638,
        "2019-02-20 00:15",
        "2019-02-22 20:59",
    )
    with pytest.raises(DataError, match=r"spy: bars of quotes and bars of trades in one folder; pass \".*\*_quote\*\""):
        read_bars(lean("equity/usa/minute/spy"), symbol="SPY")


def test_zones_are_known_without_the_database(write):
    tick = "43200000,1.1,1.2\n"
    bar = "43200000,1,1,1,1,1\n"
    july = "20240702"
    for folder, zone_hours, row, read in (
        ("forex/oanda/tick/eurusd", 12, tick, read_quotes),
        ("forex/fxcm/tick/eurusd", 17, tick, read_quotes),  # fixed UTC-05, also in July
        ("cfd/fxcm/tick/xauusd", 12, tick, read_quotes),
        ("equity/usa/minute/spy", 16, bar, read_bars),  # New York, daylight saving
    ):
        which = "quote" if read is read_quotes else "trade"
        path = write(f"{folder}/{july}_{which}.zip", row, f"{july}_x_minute_{which}.csv")
        assert read(path, symbol="X").ts[0] == ns(2024, 7, 2, zone_hours * 3_600_000)


def test_the_database_above_the_file_says_the_zone(lean, write, tmp_path):
    path = write("Data/future/nymex/minute/xx/20240702_trade.zip", "43200000,1.5,1.5,1.5,1.5,1\n", "a_minute_trade.csv")
    hours = tmp_path / "Data" / "market-hours" / "market-hours-database.json"
    hours.parent.mkdir()
    hours.write_text('{"entries": {"Future-nymex-[*]": {"dataTimeZone": "America/New_York"}}}')
    assert read_bars(path, symbol="XX").ts[0] == ns(2024, 7, 2, 16 * 3_600_000)
    assert read_bars(path, symbol="XX", timezone="UTC").ts[0] == ns(2024, 7, 2, 12 * 3_600_000)
