"""Readers: the forms in which quotes, prints and bars arrive, and no copy where none is needed."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import sys
import zipfile
from types import ModuleType

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from simcore.market.errors import DataError
from simcore.market.readers import read_bars, read_prints, read_quotes
from simcore.market.readers.tables import is_frame
from simcore.market.sample import SYMBOL, sample_path
from tests.times import HOUR, SECOND

NOON = 1_704_196_800_000_000_000  # 2024-01-02 12:00 UTC: 19,724 days x 86,400 s + 43,200 s


@pytest.fixture
def written(tmp_path):
    """Write text to a file and return its path."""

    def write(text, name="quotes.csv"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("first", "second", "options"),
    [
        ("2024-01-02 12:00:00", "2024-01-02 12:00:01.500", {}),
        ("2024-01-02T12:00:00Z", "2024-01-02T12:00:01.5Z", {}),
        ("2024-01-02T14:00:00+02:00", "2024-01-02T14:00:01.5+0200", {}),
        ("2024/01/02 12:00:00", "2024/01/02 12:00:01.5", {}),
        ("2024.01.02 12:00:00.000", "2024.01.02 12:00:01.500", {}),
        ("20240102 12:00:00", "20240102 12:00:01.5", {}),
        ("20240102 120000000", "20240102 120001500", {}),
        ("20240102120000000", "20240102120001500", {}),
        ("02.01.2024 12:00:00.000", "02.01.2024 12:00:01.500", {}),
        ("02/01/24 12:00:00", "02/01/24 12:00:01.5", {"time_format": "%d/%m/%y %H:%M:%S%.f"}),
        ("1704196800", "1704196801.5", {}),
        ("1704196800000", "1704196801500", {}),
        ("1704196800000000", "1704196801500000", {}),
        ("1704196800000000000", "1704196801500000000", {}),
        ("2024-01-02 07:00:00", "2024-01-02 07:00:01.5", {"timezone": "UTC-05"}),
        ("2024-01-02 07:00:00", "2024-01-02 07:00:01.5", {"timezone": "America/New_York"}),
        ("2024-01-02 17:30:00", "2024-01-02 17:30:01.5", {"timezone": "+05:30"}),
        # times with their own offset are converted whatever zone naive ones would be in
        ("2024-01-02T12:00:00Z", "2024-01-02T12:00:01.5Z", {"timezone": "America/New_York"}),
    ],
)
def test_reads_times_as_text_or_number(written, first, second, options):
    path = written(f"time,bid,ask\n{first},1.1,1.2\n{second},1.3,1.4\n")
    quotes = read_quotes(path, symbol="EURUSD", **options)
    assert quotes.ts.tolist() == [NOON, NOON + 3 * SECOND // 2]
    assert quotes.bid.tolist() == [1.1, 1.3]
    assert quotes.ask.tolist() == [1.2, 1.4]


def test_days_above_twelve_tell_which_number_is_the_month(written):
    rows = "time,bid,ask\n{},1,1\n{},1,1\n"
    month_first = read_quotes(written(rows.format("01/02/2024 12:00", "01/15/2024 12:00")), symbol="X")
    day_first = read_quotes(written(rows.format("02/01/2024 12:00", "15/01/2024 12:00")), symbol="X")
    # 2024-01-02 and 13 days later
    assert month_first.ts.tolist() == day_first.ts.tolist() == [NOON, NOON + 13 * 24 * HOUR]


def test_wall_times_follow_daylight_saving(written):
    # New York is UTC-5 on 2024-03-08 and UTC-4 on 2024-03-11: 17:00 is 22:00, then 21:00
    path = written("time,bid,ask\n2024-03-08 17:00:00,1,1\n2024-03-11 17:00:00,1,1\n")
    quotes = read_quotes(path, symbol="X", timezone="America/New_York")
    assert [str(np.datetime64(int(t), "ns"))[:16] for t in quotes.ts] == ["2024-03-08T22:00", "2024-03-11T21:00"]


@pytest.mark.parametrize(
    "text",
    [
        "time,bid,ask,bid_size,ask_size\n{t},1.1,1.2,3,4\n",
        "TIMESTAMP;Bid;Ask;BidVolume;AskVolume\n{t};1.1;1.2;3;4\n",
        "Gmt time\tAsk Price\tBid Price\tAsk Vol\tBid Vol\n{t}\t1.2\t1.1\t4\t3\n",
        "<DATE>\t<TIME>\t<BID>\t<ASK>\t<bidsize>\t<asksize>\n2024.01.02\t12:00:00\t1.1\t1.2\t3\t4\n",
        "\ufeffDateTime|Best Bid|Offer|Bid-Qty|Ask-Qty\r\n{t}|1.1|1.2|3|4\r\n\r\n\r\n",
        'day,"time",bid,ask,bidsize,asksize\nTuesday,{t},1.1,1.2,3,4\n',
    ],
)
def test_finds_columns_separators_and_ignores_blank_lines(written, text):
    quotes = read_quotes(written(text.format(t="2024-01-02 12:00:00")), symbol="X")
    got = [quotes.ts, quotes.bid, quotes.ask, quotes.bid_size, quotes.ask_size]
    assert [a.tolist() for a in got] == [[NOON], [1.1], [1.2], [3.0], [4.0]]


def test_column_map_names_and_gzip(written):
    path = written("when,b,a\n2024-01-02 12:00:00,1.1,1.2\n", "q.csv.gz")
    quotes = read_quotes(path, symbol="X", columns={"ts": "when", "bid": "b", "ask": "a"})
    assert quotes.ask.tolist() == [1.2]
    headless = written("20240102 120000000,1.1,1.2,0\n", "q.txt")
    assert read_quotes(headless, symbol="X", names=["time", "bid", "ask", "vol"]).ts.tolist() == [NOON]


def test_a_date_beside_a_time_of_day_keeps_leading_zeros(written):
    path = written("Date,Time,Open,High,Low,Close\n20240102,090100,1,2,1,2\n20240102,090200,1,2,1,2\n")
    bars = read_bars(path, symbol="X")
    # 09:01 is 2 h 59 min before noon
    assert bars.ts[0] == NOON - 3 * HOUR + HOUR // 60
    assert bars.timeframe == "1min"


def test_whole_numbers_first_and_fractions_later(written):
    rows = "\n".join(f"{NOON + i},1,{2 if i < 1500 else 2.5}" for i in range(2000))
    assert read_quotes(written("ts,bid,ask\n" + rows), symbol="X").ask[-1] == 2.5


def test_dates_alone_are_midnights(written):
    bars = read_bars(written(",Open,High,Low,Close,Volume\n2024-01-02,1,2,1,2,9\n2024-01-03,1,2,1,2,8\n"), symbol="X")
    assert bars.ts.tolist() == [NOON - 12 * HOUR, NOON + 12 * HOUR]
    assert bars.timeframe == "1D"
    assert bars.volume.tolist() == [9.0, 8.0]
    compact = read_bars(written("date,open,high,low,close\n20240102,1,2,1,2\n20240103,1,2,1,2\n"), symbol="X")
    assert compact.ts.tolist() == bars.ts.tolist()


def test_bars_with_an_ask_side(written):
    text = "ts,bidopen,bidhigh,bidlow,bidclose,askopen,askhigh,asklow,askclose\n{},1,4,1,2,1.5,4.5,1.5,2.5\n"
    bars = read_bars(written(text.format(NOON)), symbol="X", timeframe="1m")
    assert bars.ask_high.tolist() == [4.5]
    assert not bars.one_price
    assert bars.timeframe == "1min"


def test_parquet_with_and_without_an_index(tmp_path):
    index = pd.date_range("2024-01-02 12:00", periods=2, freq="s")
    frame = pd.DataFrame({"Bid": [1.1, 1.2], "Ask": [1.3, 1.4], "note": ["a", "b"]}, index=index)
    frame.to_parquet(tmp_path / "index.parquet")
    frame.tz_localize("Asia/Tokyo").to_parquet(tmp_path / "zone.parquet")
    assert read_quotes(tmp_path / "index.parquet", symbol="X").ts.tolist() == [NOON, NOON + SECOND]
    assert read_quotes(str(tmp_path / "zone.parquet"), symbol="X").ts.tolist() == [
        NOON - 9 * HOUR,
        NOON - 9 * HOUR + SECOND,
    ]


def test_the_sample_reads_whole():
    quotes = read_quotes(sample_path(), symbol=SYMBOL)
    assert len(quotes) == 100_005


def test_prints_with_sides_in_words(written):
    prints = read_prints(written(f"ts,price,amount,side\n{NOON},5,1,buy\n{NOON},6,2,SELL\n{NOON},6,,\n"), symbol="X")
    assert prints.side.tolist() == [1, -1, 0]
    assert prints.size.tolist()[:2] == [1.0, 2.0]
    assert np.isnan(prints.size[2])


FRAMES = {
    "pandas": lambda ts, bid, ask: pd.DataFrame({"ts": ts, "Bid": bid, "Ask": ask}),
    "pandas index": lambda ts, bid, ask: pd.DataFrame(
        {"Bid": bid, "Ask": ask}, index=pd.DatetimeIndex(ts.view("M8[ns]"))
    ),
    "pandas zone": lambda ts, bid, ask: pd.DataFrame(
        {"time": pd.DatetimeIndex(ts.view("M8[ns]"), tz="UTC").tz_convert("Asia/Tokyo"), "Bid": bid, "Ask": ask}
    ),
    "polars": lambda ts, bid, ask: pl.DataFrame({"ts": ts, "Bid": bid, "Ask": ask}),
    "polars datetime": lambda ts, bid, ask: pl.DataFrame({"ts": ts.view("M8[ns]"), "Bid": bid, "Ask": ask}),
    "arrow": lambda ts, bid, ask: pa.table({"ts": ts, "Bid": bid, "Ask": ask}),
}


def _memory(frame, name):
    if isinstance(frame, pd.DataFrame):
        return frame.index.asi8 if name not in frame else frame[name].to_numpy().view(np.int64)
    column = frame[name]
    array = column.to_numpy() if isinstance(column, pl.Series) else column.chunk(0).to_numpy()
    return array.view(np.int64)


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_pass_through_without_a_copy(kind):
    ts, bid = NOON + np.arange(1000), np.linspace(1, 2, 1000)
    frame = FRAMES[kind](ts, bid, bid + 1)
    quotes = read_quotes(frame, symbol="X")
    assert quotes.ts.tolist() == ts.tolist()
    assert quotes.bid.tolist() == bid.tolist()
    assert np.shares_memory(quotes.bid, _memory(frame, "Bid"))
    assert np.shares_memory(quotes.ask, _memory(frame, "Ask"))
    if kind != "pandas zone":  # its stored values are reached through a conversion only
        assert np.shares_memory(quotes.ts, _memory(frame, "ts"))


def test_other_dtypes_are_converted():
    ts = pd.date_range("2024-01-02 12:00", periods=2, freq="s", unit="us")
    frame = pd.DataFrame({"ts": ts, "bid": np.float32([1.5, 2.5]), "ask": pd.array([2, 3], "Int64")})
    assert read_quotes(frame, symbol="X").ts.tolist() == [NOON, NOON + SECOND]
    assert read_quotes(frame, symbol="X").ask.tolist() == [2.0, 3.0]
    days = pl.DataFrame({"date": [dt.date(2024, 1, 2), dt.date(2024, 1, 3)]}).with_columns(
        open=1, high=pl.lit(2).cast(pl.Decimal(10, 2)), low=1, close=pl.lit("1.5")
    )
    bars = read_bars(days, symbol="X")
    assert bars.ts[0] == NOON - 12 * HOUR
    assert bars.high.tolist() == [2.0, 2.0]
    assert bars.close.tolist() == [1.5, 1.5]
    objects = pd.DataFrame(
        {"ts": [dt.datetime(2024, 1, 2, 12), dt.datetime(2024, 1, 2, 12, 0, 1, 500_000)]}, dtype=object
    )
    objects[["bid", "ask"]] = 1.0
    assert read_quotes(objects, symbol="X").ts.tolist() == [NOON, NOON + 3 * SECOND // 2]


def test_strided_columns_are_copied_once():
    block = np.column_stack([np.ones(10), np.full(10, 2.0)])
    frame = pd.DataFrame(block, columns=["bid", "ask"]).assign(ts=NOON + np.arange(10))
    quotes = read_quotes(frame, symbol="X")
    assert quotes.ask.flags.c_contiguous
    assert quotes.ask.tolist() == [2.0] * 10


def test_several_files_follow_each_other(written):
    row = "ts,bid,ask\n{},{},2\n"
    parts = [written(row.format(NOON + i, 1 + i / 10), f"{i}.csv") for i in range(3)]
    quotes = read_quotes(parts, symbol="X")
    assert quotes.bid.tolist() == [1.0, 1.1, 1.2]
    assert read_quotes([pl.read_csv(p) for p in parts], symbol="X").ts.tolist() == quotes.ts.tolist()


def lean_zip(path, text, member=None):
    """Write a zip as LEAN does: one CSV without header inside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(member or path.name.replace(".zip", ".csv"), text)
    path.write_bytes(buffer.getvalue())
    return path


def test_lean_ticks_count_milliseconds_from_midnight_of_the_data_zone(tmp_path):
    text = "43200000,1.1,1.2\r\n43200000.25,1.1,1.2\r\n"
    oanda = lean_zip(tmp_path / "forex/oanda/tick/eurusd/20240102_quote.zip", text)
    assert read_quotes(oanda, symbol="EURUSD").ts.tolist() == [NOON, NOON + 250_000]
    # 12:00 at UTC-05 is 17:00 UTC
    fxcm = lean_zip(tmp_path / "forex/fxcm/tick/eurusd/20240102_quote.zip", text)
    assert read_quotes(fxcm, symbol="EURUSD").ts[0] == NOON + 5 * HOUR
    assert read_quotes(fxcm, symbol="EURUSD", timezone="UTC").ts[0] == NOON
    # 12:00 in New York in July is 16:00 UTC
    july = lean_zip(tmp_path / "other/20240702_quote.zip", text)
    eastern = read_quotes(july, symbol="EURUSD", timezone="America/New_York")
    assert str(np.datetime64(int(eastern.ts[0]), "ns"))[:16] == "2024-07-02T16:00"


def test_lean_bars_of_each_resolution(tmp_path):
    prices = "1,4,0.5,2,0,1.1,4.1,0.6,2.1,0"
    minute = lean_zip(
        tmp_path / "forex/oanda/minute/eurusd/20240102_quote.zip",
        f"43200000,{prices}\n",
        "20240102_eurusd_minute_quote.csv",
    )
    bars = read_bars(minute, symbol="EURUSD")
    assert (bars.timeframe, bars.ts.tolist()) == ("1min", [NOON])
    assert [bars.high[0], bars.low[0], bars.ask_open[0], bars.ask_close[0]] == [4.0, 0.5, 1.1, 2.1]
    assert np.isnan(bars.volume[0])
    daily = lean_zip(tmp_path / "forex/fxcm/daily/eurusd.zip", f"20240101 00:00,{prices}\n20240102 00:00,{prices}\n")
    bars = read_bars(daily, symbol="EURUSD")
    assert (bars.timeframe, int(bars.ts[1])) == ("1D", NOON - 7 * HOUR)
    trades = lean_zip(tmp_path / "crypto/coinbase/daily/btcusd_trade.zip", "20240102 00:00,1,4,0.5,2,9.5\n")
    bars = read_bars(trades, symbol="BTCUSD")
    assert bars.one_price
    assert bars.volume.tolist() == [9.5]


def test_a_frame_s_library_may_be_half_imported_by_another_thread(monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", ModuleType("polars"))
    assert not is_frame("ticks.csv")


TIMES = pd.date_range("2024-01-02 10:00", periods=3, freq="s")
TWO = {"bid": [1.1, 1.2, 1.3], "ask": [1.2, 1.3, 1.4]}


def test_an_index_of_instants_is_the_time_whatever_it_is_called():
    named = pd.DataFrame(TWO, index=TIMES.rename("when"))
    assert read_quotes(named, symbol="X").ts.tolist() == TIMES.astype("datetime64[ns]").asi8.tolist()
    other = named.assign(ts=TIMES + pd.Timedelta("1h"))  # a column of a known name is meant before it
    assert read_quotes(other, symbol="X").ts[0] == TIMES.astype("datetime64[ns]").asi8[0] + HOUR
    days = pd.DataFrame(TWO, index=pd.period_range("2024-01-02", periods=3, freq="D"))
    assert read_quotes(days, symbol="X").ts[1] == pd.Timestamp("2024-01-03").value


def test_names_on_two_levels():
    wide = pd.DataFrame(TWO, index=TIMES)
    one = wide.set_axis(pd.MultiIndex.from_tuples([("bid", "EURUSD"), ("ask", "EURUSD")]), axis=1)
    assert read_quotes(one, symbol="EURUSD").ask.tolist() == TWO["ask"]
    two = pd.concat({"EURUSD": wide, "GBPUSD": wide}, axis=1).swaplevel(axis=1)
    with pytest.raises(
        DataError, match=r"named on 2 levels; choose those of one .*frame\.xs\('EURUSD', axis=1, level=-1\)"
    ):
        read_quotes(two, symbol="EURUSD")
    long = pd.concat({"EURUSD": wide, "GBPUSD": wide})
    with pytest.raises(DataError, match=r"its index has 2 levels; choose the rows of one .*frame\.xs\('EURUSD'\)"):
        read_quotes(long, symbol="EURUSD")
    assert len(read_quotes(long.xs("EURUSD"), symbol="EURUSD")) == 3
