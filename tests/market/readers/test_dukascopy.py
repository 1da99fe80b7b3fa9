"""Dukascopy's .bi5: its own ticks and candles, and files that are not what their names say."""

from __future__ import annotations

import lzma
import shutil
import struct

import numpy as np
import pytest

from simcore.market.errors import DataError
from simcore.market.readers import read_bars, read_prints, read_quotes
from simcore.market.readers.dukascopy import digits_of
from simcore.market.resample import resample

from .rows import ns, text

HOUR_TEN = "EURUSD/2019/01/04/10h_ticks.bi5"


@pytest.fixture
def eurusd(market_data):
    return market_data("theorycraft-dukascopy", "test", "fixtures", "EURUSD", "2019")


def bi5(*rows: tuple[float, ...]) -> bytes:
    """LZMA of records: five numbers are a tick, six a candle; all but the sizes are whole."""
    forms = {5: ">3I2f", 6: ">5If"}
    return lzma.compress(b"".join(struct.pack(forms[len(row)], *row) for row in rows), lzma.FORMAT_ALONE)


def test_ticks_of_an_hour_record_by_record(eurusd):
    path = eurusd / "01" / "04" / "10h_ticks.bi5"
    records = list(struct.iter_unpack(">3I2f", lzma.decompress(path.read_bytes())))
    quotes = read_quotes(path, symbol="EURUSD")
    assert len(quotes) == len(records) == 8_438
    # month folder 01 is February: (43 ms, ask 114457, bid 114452)
    assert (quotes.ts[0], quotes.ask[0], quotes.bid[0]) == (ns(2019, 2, 4, 10 * 3_600_000 + 43), 1.14457, 1.14452)
    assert text(quotes.ts[-1]) == "2019-02-04 10:59:59.879"
    # the file has millions, an FX instrument lots of 100,000
    assert quotes.bid_size.tolist() == [record[4] * 10 for record in records]
    assert quotes.ask_size.tolist() == [record[3] * 10 for record in records]
    raw = read_quotes(path, symbol="EURUSD", size_scale=1)
    assert raw.bid_size.tolist() == [record[4] for record in records]
    with pytest.raises(DataError, match=r"size_scale must be a number above 0, was -1"):
        read_quotes(path, symbol="EURUSD", size_scale=-1)


def test_a_whole_day_from_its_folder(market_data):
    quotes = read_quotes(market_data("ninety47-dukascopy"), symbol="GBPJPY")
    assert len(quotes) == 58_953  # TRUTH.md
    assert (text(quotes.ts[0]), text(quotes.ts[-1])) == ("2012-12-03 00:00:01.883", "2012-12-03 23:59:59.629")
    assert (quotes.bid[0], quotes.ask[0]) == (132.141, 132.158)  # three decimals, as JPY has


def test_candles_of_both_sides_are_one_and_equal_their_ticks(eurusd):
    day = eurusd / "01" / "04"
    bars = read_bars(day, symbol="EURUSD")
    assert (bars.timeframe, len(bars), bars.one_price) == ("1min", 1_440, False)
    made = resample(read_quotes(day, symbol="EURUSD"), "1min")
    theirs = bars.with_columns({name: values[np.isin(bars.ts, made.ts)] for name, values in bars.given().items()})
    assert len(made) == 180  # TRUTH.md: hours 00, 10 and 23
    for name in ("open", "high", "low", "close", "ask_open", "ask_high", "ask_low", "ask_close"):
        assert np.array_equal(getattr(made, name), getattr(theirs, name))


@pytest.mark.parametrize(
    ("path", "timeframe", "count", "last"),
    [
        ("BID_candles_day_1.bi5", "1D", 365, "2019-12-31 00:00"),
        ("01/ASK_candles_hour_1.bi5", "1h", 28 * 24, "2019-02-28 23:00"),
        ("01/04/BID_candles_min_1.bi5", "1min", 1_440, "2019-02-04 23:59"),
    ],
)
def test_one_side_alone_is_one_price(eurusd, path, timeframe, count, last):
    bars = read_bars(eurusd / path, symbol="EURUSD")
    assert (bars.timeframe, len(bars), bars.one_price, text(bars.ts[-1])[:16]) == (timeframe, count, True, last)


def test_a_year_of_folders_by_timeframe(eurusd):
    with pytest.raises(DataError, match=r'2019: bars of 1D, 1h, 1min in one folder; pass timeframe="1D"'):
        read_bars(eurusd, symbol="EURUSD")
    hours = read_bars(eurusd, symbol="EURUSD", timeframe="1h")
    # the first record of the two hour files: open 114482 bid, 114485 ask
    assert (len(hours), hours.open[0], hours.ask_open[0]) == (672, 1.14482, 1.14485)


def test_an_hour_without_ticks_is_left_out_beside_others(eurusd, tmp_path):
    day = tmp_path / "EURUSD" / "2019" / "01" / "04"
    day.mkdir(parents=True)
    shutil.copy(eurusd / "01" / "04" / "10h_ticks.bi5", day)
    (day / "11h_ticks.bi5").write_bytes(b"")
    assert len(read_quotes([day / "10h_ticks.bi5", day / "11h_ticks.bi5"], symbol="EURUSD")) == 8_438
    with pytest.raises(DataError, match=r"11h_ticks\.bi5: no rows"):
        read_quotes(day / "11h_ticks.bi5", symbol="EURUSD")


def test_the_date_may_stand_in_the_name_or_be_given(write):
    data = bi5((5, 114457, 114452, 1.0, 2.0))
    flat = read_quotes(write("EURUSD_2019_01_04_10h_ticks.bi5", data), symbol="EURUSD")
    given = read_quotes(write("10h_ticks.bi5", data), symbol="EURUSD", start="2019-02-04 10:00")
    assert flat.ts.tolist() == given.ts.tolist() == [ns(2019, 2, 4, 36_000_005)]


FAULTS = {
    "wrong hour": (HOUR_TEN, bi5((5, 1, 1, 1, 1), (3_600_000, 1, 1, 1, 1)), r"10h.*, row 2: 3,600,000 ms lies beyond"),
    "no such hour": ("EURUSD/2019/01/04/24h_ticks.bi5", bi5((5, 1, 1, 1, 1)), r"24h_ticks\.bi5: there is no hour 24"),
    "month 12": ("EURUSD/2019/12/04/10h_ticks.bi5", bi5((5, 1, 1, 1, 1)), r"no 2019/12/04; Dukascopy's month folders"),
    "30 February": ("EURUSD/2019/01/30/10h_ticks.bi5", bi5((5, 1, 1, 1, 1)), r"there is no 2019/01/30"),
    "no date": ("10h_ticks.bi5", bi5((5, 1, 1, 1, 1)), r'folders do not say from when it is; .*pass start="2019-02-04'),
    "no name": ("2019/01/04/x.bi5", bi5((5, 1, 1, 1, 1)), r"x\.bi5: the name does not say what is inside"),
    "damaged": (HOUR_TEN, bi5((5, 1, 1, 1, 1))[:-8], r"10h_ticks\.bi5: damaged or cut short .*fetch it again"),
    "candles in ticks": (HOUR_TEN, bi5((0, 1, 1, 1, 1, 1.0)), r"24 bytes are no whole number of records of 20"),
    "beyond the day": (
        "EURUSD/2019/01/04/BID_candles_min_1.bi5",
        bi5((86_400, 1, 1, 1, 1, 1.0)),
        r"row 1: 86,400 s lies beyond the 1 day",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_file_is_refused(fault, write):
    name, data, says = FAULTS[fault]
    read = read_bars if "candles_" in name else read_quotes
    with pytest.raises(DataError, match=says) as error:
        read(write(name, data), symbol="EURUSD")
    assert "\n" not in str(error.value)


def test_what_the_name_and_start_say_must_agree(write):
    path = write(HOUR_TEN, bi5((5, 114457, 114452, 1.0, 2.0)))
    with pytest.raises(DataError, match=r'named for hour 10, but start="2019-02-04 11:00"; one of them is wrong'):
        read_quotes(path, symbol="EURUSD", start="2019-02-04 11:00")


def test_one_hours_ticks_under_two_names(eurusd, tmp_path):
    day = tmp_path / "EURUSD" / "2019" / "01" / "04"
    day.mkdir(parents=True)
    shutil.copy(eurusd / "01" / "04" / "10h_ticks.bi5", day / "10h_ticks.bi5")
    shutil.copy(eurusd / "01" / "04" / "10h_ticks.bi5", day / "11h_ticks.bi5")
    with pytest.raises(DataError, match=r"11h_ticks\.bi5 holds the very ticks of .*10h_ticks\.bi5; one of them"):
        read_quotes(day, symbol="EURUSD")


def test_kinds_and_decimals_that_do_not_fit(eurusd, write):
    with pytest.raises(DataError, match=r"holds ticks; read it with read_quotes"):
        read_prints(eurusd / "01" / "04" / "10h_ticks.bi5", symbol="EURUSD")
    path = write("2019/01/04/10h_ticks.bi5", bi5((5, 123456, 123450, 1.0, 2.0)))
    with pytest.raises(DataError, match=r"how many decimals the prices of TSLA have is not known; pass price_digits="):
        read_quotes(path, symbol="TSLA")
    assert read_quotes(path, symbol="TSLA", price_digits=2).ask.tolist() == [1234.56]


@pytest.mark.parametrize(
    ("symbol", "digits"),
    [
        *(("EURUSD", 5), ("EUR/USD", 5), ("eurusd.m", 5), ("GBPJPY", 3), ("XAUUSD", 3), ("EURCZK", 4), ("BTCUSD", 1)),
        *(("USA500.IDX/USD", 3), ("COPPER.CMD/USD", 4), ("GOOG", None), ("BTCUSDT", None)),
    ],
)
def test_decimals_by_symbol(symbol, digits):
    assert digits_of(symbol) == digits
