"""Bad input ends as one DataError that names the file, the row, the value and what to do."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import polars as pl
import pytest

from simcore.market.errors import DataError
from simcore.market.feed import merge
from simcore.market.readers import read_bars, read_prints, read_quotes

NOON = 1_704_196_800_000_000_000  # 2024-01-02 12:00 UTC
HEAD = "time,bid,ask\n"
ROW = "2024-01-02 12:00:00,1.1,1.2\n"

# what the file holds, options, and what the error must say; every text must also name the file
FILES = {
    "missing column": (
        "time,bid,aks\n" + ROW,
        {},
        r'no column for ask; there are "time", "bid", "aks"\. Did you mean "aks"',
    ),
    "missing time": ("tiem,bid,ask\n" + ROW, {}, r'no column for ts;.*Did you mean "tiem"'),
    "no header": (ROW, {}, r"the first line is data \(2024-01-02 12:00:00, \.\.\.\), not a header; pass names="),
    "wrong names": (ROW, {"names": ["time", "bid"]}, r"names= has 2 names, the file 3 columns"),
    "mapped column absent": (HEAD + ROW, {"columns": {"bid": "Bidd"}}, r'no column "Bidd" for bid.*Did you mean "bid"'),
    "two of a name": ("time,bid,bid,ask\n1,1,1,1\n", {}, r'two columns are named "bid"'),
    "empty file": ("", {}, r"the file is empty"),
    "header only": (HEAD, {}, r"no rows below the header"),
    "too many cells": (HEAD + ROW + "2024-01-02 12:00:00,1,1,1\n", {}, r"row 2: 4 cells, the header has 3"),
    "too few cells": (HEAD + ROW + "2024-01-02 12:00:00,1\n", {}, r"row 2: ask is nan"),
    "empty price": (HEAD + ROW + "2024-01-02 12:00:00,,1.2\n", {}, r"row 2: bid is nan; prices must be finite"),
    "price as text": (HEAD + ROW + "2024-01-02 12:00:00,n/a,1\n", {}, r'row 2: bid is "n/a", not a number'),
    "nan": (HEAD + ROW + "2024-01-02 12:00:00,1.1,nan\n", {}, r"row 2: ask is nan"),
    "infinite": (HEAD + ROW + "2024-01-02 12:00:00,inf,1.2\n", {}, r"row 2: bid is inf"),
    "negative": (HEAD + ROW + "2024-01-02 12:00:00,-1.1,1.2\n", {}, r"row 2: bid is -1\.1; .*remove or repair"),
    "zero": (HEAD + "2024-01-02 12:00:00,1.1,0\n", {}, r"row 1: ask is 0"),
    "unordered": (
        HEAD + ROW + "2024-01-02 11:59:59,1,1\n",
        {},
        r"row 2: time 2024-01-02 11:59:59 is earlier than 2024-01-02 12:00:00 in the row before; sort",
    ),
    "empty time": (HEAD + ROW + ",1.1,1.2\n", {}, r"row 2: the time is empty"),
    "unreadable time": (HEAD + "yesterday,1.1,1.2\n", {}, r'row 1: time "yesterday" cannot be read; pass time_format='),
    "month 13": (HEAD + ROW + "2024-13-02 12:00:00,1,1\n", {}, r'row 2: time "2024-13-02 12:00:00" cannot be read as'),
    "another form": (HEAD + ROW + "2024-01-03,1,1\n", {}, r'row 2: time "2024-01-03" cannot be read as'),
    "day or month": (HEAD + "02/01/2024 12:00,1,1\n", {}, r'row 1: in "02/01/2024 12:00" day and month cannot be told'),
    "mixed zones": (
        HEAD + "2024-01-02T12:00:00Z,1,1\n2024-01-02T13:00:00+01:00,1,1\n",
        {},
        r'row 2: time "2024-01-02T13:00:00\+01:00" has another zone than "2024-01-02T12:00:00Z" in row 1',
    ),
    "zone, then none": (
        HEAD + "2024-01-02T12:00:00Z,1,1\n2024-01-02T12:00:01,1,1\n",
        {},
        r"row 2: .* has another zone",
    ),
    "no zone, then one": (
        HEAD + "2024-01-02T12:00:00,1,1\n2024-01-02T12:00:01Z,1,1\n",
        {},
        r"row 2: .* has another zone",
    ),
    "skipped hour": (
        HEAD + "2024-03-10 01:30:00,1,1\n2024-03-10 02:30:00,1,1\n",
        {"timezone": "America/New_York"},
        r"row 2: 2024-03-10 02:30:00 does not exist in America/New_York \(daylight saving\); .*timezone=",
    ),
    "repeated hour": (HEAD + "2024-11-03 01:30:00,1,1\n", {"timezone": "America/New_York"}, r"row 1: .* occurs twice"),
    "small numbers": (HEAD + "0,1,1\n1,1,1\n", {}, r"times 0 \.\. 1 lie between 1973 and 2262 in no unit; pass unit="),
    "two units": (HEAD + "1704196800,1,1\n1704196801000,1,1\n", {}, r"first time 1704196800 looks like s, .* like ms"),
    "number, then word": (HEAD + "1704196800,1,1\nsoon,1,1\n", {}, r'row 2: time "soon" is not a number'),
    "binary": ("ab\x00cd", {}, r"not a text; pass format="),
}


@pytest.mark.parametrize("fault", FILES)
def test_a_bad_file_is_refused_by_name_and_row(fault, tmp_path):
    text, options, says = FILES[fault]
    path = tmp_path / "eurusd.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=says) as error:
        read_quotes(path, symbol="EURUSD", **options)
    assert str(error.value).startswith(f"{path}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("q.parquet", b"PAR1 and no more", r"q\.parquet: not a readable Parquet file"),
        # mtime: the bytes are the name of the case, which has to be the same in every process
        (
            "q.csv.gz",
            gzip.compress(HEAD.encode() * 99, mtime=0)[:-9],
            r"q\.csv\.gz: the gzip file is damaged or cut short",
        ),
        ("20240102_quote.zip", b"PK\x03\x04 and no more", r"quote\.zip: the zip is damaged or cut short"),
        ("q.zip", b"ts,bid,ask\n", r'q\.zip: no \.zip file inside, it begins "ts,bid,a"; rename it'),
        ("q.xlsx", b"PK", r'q\.xlsx: unknown ending "\.xlsx"; known are csv, parquet'),
    ],
)
def test_damaged_and_unknown_files(name, content, says, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says):
        read_quotes(tmp_path / name, symbol="X")


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "eurusd.csv").write_text(HEAD + ROW)
    with pytest.raises(DataError, match=r'eurosd\.csv: no such file\. Did you mean "eurusd\.csv"'):
        read_quotes(tmp_path / "eurosd.csv", symbol="X")


@pytest.mark.parametrize(
    ("text", "name", "reader", "says"),
    [
        ("0,1,1\nx,1,1\n", "20240102_quote.zip", read_quotes, r'row 2: time is "x", not a number'),
        ("0,1,1\n1,1,x\n", "20240102_quote.zip", read_quotes, r'row 2: ask is "x", not a number'),
        ("5,1,1\n4,1,1\n", "20240102_quote.zip", read_quotes, r"row 2: time .* is earlier"),
        ("5,1,0\n", "20240102_quote.zip", read_quotes, r"row 1: ask is 0"),
        ("5,1,1\n", "eurusd_quote.zip", read_quotes, r"the date of a LEAN file is in its name"),
        ("5,1,1\n", "20249902_quote.zip", read_quotes, r"the date of a LEAN file is in its name"),
        ("5,1,1\n", "20240102_quote.zip", read_bars, r"holds ticks; read it with read_quotes"),
        ("5,1,1,1,1,1\n", "20240102_trade.zip", read_quotes, r"holds bars; read it with read_bars"),
        (
            "5,1,1,1\n",
            "20240102_quote.zip",
            read_quotes,
            r"4 columns; LEAN has ticks of 3 to 8, bars of 6 \(trades\) or 11",
        ),
        ("", "20240102_quote.zip", read_quotes, r"the file is empty"),
    ],
)
def test_bad_lean_zips(text, name, reader, says, tmp_path):
    import zipfile

    folder = tmp_path / "forex" / "oanda" / "tick" / "eurusd"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("data.csv", text)
    with pytest.raises(DataError, match=says) as error:
        reader(folder / name, symbol="X")
    assert str(folder / name) in str(error.value)


def test_lean_shares_are_not_read_as_if_ten_thousandths_were_dollars(tmp_path):
    import zipfile

    path = tmp_path / "20131007_trade.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("20131007_spy_minute_trade.csv", "14400000,1674100,1674100,1672500,1672700,3197\n")
    with pytest.raises(DataError, match=r"trade\.zip: prices without decimals.*pass security=\"equity\""):
        read_bars(path, symbol="SPY")
    # 04:00 in New York on 2013-10-07 is 08:00 UTC; 1,674,100 ten-thousandths are 167.41
    bars = read_bars(path, symbol="SPY", security="equity")
    assert (str(bars.ts[:1].view("M8[ns]")[0])[:16], bars.open[0], bars.timeframe) == (
        "2013-10-07T08:00",
        167.41,
        "1min",
    )


STAMPS = pd.to_datetime(["2024-01-02 12:00", "2024-01-02 12:01"])


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ([STAMPS[0], pd.NaT], r"row 2: the time is empty"),
        ([pd.NaT, STAMPS[0]], r"row 1: the time is empty"),
        ([STAMPS[0].tz_localize("UTC"), STAMPS[1]], r"row 2: .* has another zone"),
        (pd.Series([STAMPS[0].tz_localize("UTC"), STAMPS[1].tz_localize("Asia/Tokyo")], dtype=object), r"another zone"),
        (STAMPS[::-1], r"row 2: time 2024-01-02 12:00:00 is earlier"),
        ([1.7e9, np.nan], r"row 2: the time is empty"),
        ([True, False], r"times of type bool cannot be read"),
    ],
)
def test_bad_times_in_a_pandas_frame(times, says):
    frame = pd.DataFrame({"ts": times, "bid": 1.0, "ask": 1.0})
    with pytest.raises(DataError, match=says) as error:
        read_quotes(frame, symbol="X")
    assert str(error.value).startswith("the pandas frame")


def test_bad_polars_frames():
    frame = pl.DataFrame({"ts": [NOON, None], "bid": [1.0, 1.0], "ask": [1.0, 1.0]})
    with pytest.raises(DataError, match=r"the polars frame, row 2: the time is empty"):
        read_quotes(frame, symbol="X")
    frame = pl.DataFrame({"ts": [NOON, NOON], "bid": [1.0, None], "ask": [1.0, 1.0]})
    with pytest.raises(DataError, match=r"the polars frame, row 2: bid is nan"):
        read_quotes(frame, symbol="X")
    frame = pl.DataFrame({"ts": [NOON], "bid": [b"\xff"], "ask": [1.0]})
    with pytest.raises(DataError, match=r'column "bid" is of type Binary'):
        read_quotes(frame, symbol="X")
    with pytest.raises(DataError, match=r"no rows"):
        read_quotes(frame.clear(), symbol="X", columns={"bid": "ask"})


def test_ambiguous_names_and_malformed_calls(tmp_path):
    frame = pl.DataFrame({"ts": [NOON], "bid": [1.0], "Bid": [1.0], "ask": [1.0]})
    with pytest.raises(DataError, match=r'columns "bid", "Bid" could both be bid; choose: columns='):
        read_quotes(frame, symbol="X")
    frame = frame.drop("Bid")
    with pytest.raises(DataError, match=r'columns= names "bidd"; .*Did you mean "bid"'):
        read_quotes(frame, symbol="X", columns={"bidd": "bid"})
    with pytest.raises(DataError, match=r'unit must be one of s, ms, us, ns, was "m"'):
        read_quotes(frame, symbol="X", unit="m")
    with pytest.raises(DataError, match=r'unknown time zone "America/NewYork".*Did you mean "America/New_York"'):
        read_quotes(frame, symbol="X", timezone="America/NewYork")
    with pytest.raises(TypeError, match=r'unknown option "colums".*Did you mean "columns"'):
        read_quotes(frame, symbol="X", colums={})
    with pytest.raises(TypeError, match=r"a source is a path, or a pandas, polars or Arrow frame; was int"):
        read_quotes(5, symbol="X")
    with pytest.raises(DataError, match=r"the list of sources is empty"):
        read_quotes([], symbol="X")


def test_files_unlike_each_other(tmp_path):
    (tmp_path / "a.csv").write_text(f"ts,bid,ask\n{NOON},1,1\n")
    (tmp_path / "c.csv").write_text(f"ts,bid,ask,bidsize\n{NOON},1,1,1\n")
    with pytest.raises(DataError, match=r"bid_size is in one of it"):
        read_quotes([tmp_path / "a.csv", tmp_path / "c.csv"], symbol="X")


def test_bad_bars_and_prints():
    times = {"ts": STAMPS}
    ohlc = {"open": [1.0, 1.0], "high": [1.0, 1.0], "low": [1.0, 1.0], "close": [1.0, 1.0]}
    with pytest.raises(DataError, match=r"timeframe is 1h, but most rows are 1min apart"):
        read_bars(pd.DataFrame(times | ohlc), symbol="X", timeframe="1h")
    with pytest.raises(DataError, match=r"the timeframe cannot be told from 1 bar time"):
        read_bars(pd.DataFrame(times | ohlc).head(1), symbol="X")
    with pytest.raises(DataError, match=r"row 2: low 2 is above high 1"):
        read_bars(pd.DataFrame(times | ohlc | {"low": [1.0, 2.0]}), symbol="X")
    with pytest.raises(DataError, match=r"only ask_open of the ask side; give all four"):
        read_bars(pd.DataFrame(times | ohlc | {"ask_open": 1.0}), symbol="X")
    with pytest.raises(DataError, match=r"row 2: volume is -1"):
        read_bars(pd.DataFrame(times | ohlc | {"volume": [1.0, -1.0]}), symbol="X")
    # newest first, as some vendors write: told as unordered, not as a timeframe that cannot be found
    with pytest.raises(DataError, match=r"row 2: time .* is earlier"):
        read_bars(pd.DataFrame(times | ohlc).iloc[::-1], symbol="X")
    with pytest.raises(DataError, match=r'row 1: side "long" is unknown; write buy or sell'):
        read_prints(pd.DataFrame(times | {"price": 1.0, "side": "long"}), symbol="X")
    with pytest.raises(DataError, match=r"row 1: side is 2"):
        read_prints(pd.DataFrame(times | {"price": 1.0, "side": 2}), symbol="X")


def test_bad_mappings():
    frame = pd.DataFrame({"ts": STAMPS, "bid": 1.0, "ask": [1.0, -1.0]})
    with pytest.raises(DataError, match=r'data\["EURUSD"\]: the pandas frame, row 2: ask is -1'):
        merge({"EURUSD": frame})
    with pytest.raises(DataError, match=r'data\["EURUSD"\]: neither quotes \(bid, ask\).*there are "ts", "x"'):
        merge({"EURUSD": pd.DataFrame({"ts": STAMPS, "x": 1})})
    with pytest.raises(DataError, match=r'data\["EURUSD"\] is str; pass quotes'):
        merge({"EURUSD": "eurusd.csv"})
    with pytest.raises(DataError, match=r'data\["GBPUSD"\] holds Quotes\(EURUSD'):
        merge({"GBPUSD": read_quotes(frame.head(1), symbol="EURUSD")})
    with pytest.raises(DataError, match=r"no data: pass at least one instrument"):
        merge({})
    quotes = frame.head(1)
    with pytest.raises(DataError, match=r"257 instruments; a feed holds at most 256"):
        merge({f"S{i}": quotes for i in range(257)})
