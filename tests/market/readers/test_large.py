"""Texts read block by block: the rows, the checks and the errors of the whole file, wherever it is cut."""

from __future__ import annotations

import gzip
import zipfile
from itertools import pairwise

import numpy as np
import pytest

from simcore.market.errors import DataError
from simcore.market.readers import large, read_bars, read_prints, read_quotes
from simcore.market.readers.large import in_blocks
from simcore.market.readers.request import KINDS

READERS = {"quotes": read_quotes, "prints": read_prints, "bars": read_bars}
ROWS = 400


def second(n: int) -> str:
    """Three rows a second, and a long stretch of one instant."""
    n = 50 if 150 <= n < 220 else n // 3
    return f"{n // 60:02}:{n % 60:02}"


QUOTES = [f"2024-01-02 10:{second(n)},1.1{n:04},1.2{n:04}" for n in range(ROWS)]
TRADES = [f"{n},4.{n:04},0.5,2.1,{1_704_067_200_000 + n // 2},{'True' if n % 3 else 'False'},True" for n in range(ROWS)]
BARS = [f"2024-01-{2 + n // 24:02} {n % 24:02}:00,2,3,1,2.5,{n}" for n in range(ROWS)]
HISTDATA = [f"20120104 1700{n // 10:02}{n % 10}00,1.3{n:04},1.4{n:04},0" for n in range(ROWS)]
MT = [
    f"2024.01.02\t10:{n // 60:02}:{n % 60:02}.000\t{f'1.1{n:04}' if n % 7 == 3 else ''}\t"
    f"{f'1.2{n:04}' if n % 5 == 1 else ''}\t\t\t{2 if n % 7 == 3 else 4}"
    for n in range(ROWS)
]
CASES = {
    "csv": ("quotes", ["ts,bid,ask", *QUOTES], {}),
    "csv without a header": ("quotes", QUOTES, {"names": ["ts", "bid", "ask"]}),
    "csv of New York": ("quotes", ["ts,bid,ask", *QUOTES], {"timezone": "America/New_York"}),
    "csv of trades": ("prints", ["id,price,qty,quote,time,is_buyer_maker,best", *TRADES], {}),
    "bars": ("bars", ["date,open,high,low,close,volume", *BARS], {}),
    "binance": ("prints", TRADES, {"format": "binance"}),
    "histdata": ("quotes", HISTDATA, {}),
    "metatrader": ("quotes", ["<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>", *MT], {}),
}


def parts(path, kind, options):
    some = in_blocks(path, "X", KINDS[kind], None, options)
    assert some is not None
    return list(some)


def put(path, lines, ending="\n"):
    text = ending.join([*lines, ""]).encode()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("x.csv", text)
    else:
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def assert_same(found, whole):
    given = whole.given()
    for name, values in given.items():
        assert np.concatenate([part.given()[name] for part in found]).tobytes() == values.tobytes(), name
    assert all(before.ts[-1] < after.ts[0] for before, after in pairwise(found))


@pytest.mark.parametrize("block", [150, 1_000, 7_777])
@pytest.mark.parametrize("case", CASES)
def test_the_rows_are_those_of_the_whole_file(case, block, tmp_path, monkeypatch):
    kind, lines, options = CASES[case]
    path = put(tmp_path / "x.csv", lines)
    whole = READERS[kind](path, symbol="X", **options)
    monkeypatch.setattr(large, "BLOCK", block)
    found = parts(path, kind, options)
    assert len(found) > 2
    assert_same(found, whole)
    assert getattr(found[-1], "timeframe", None) == getattr(whole, "timeframe", None)


@pytest.mark.parametrize("name", ["x.csv.gz", "x.zip"])
def test_packed(name, tmp_path, monkeypatch):
    path = put(tmp_path / name, ["ts,bid,ask", *QUOTES])
    whole = read_quotes(path, symbol="X")
    monkeypatch.setattr(large, "BLOCK", 500)
    assert_same(parts(path, "quotes", {}), whole)


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_other_line_endings(ending, tmp_path, monkeypatch):
    path = put(tmp_path / "x.csv", ["ts,bid,ask", *QUOTES], ending)
    monkeypatch.setattr(large, "BLOCK", 333)
    assert_same(parts(path, "quotes", {}), read_quotes(path, symbol="X"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_other_encodings(encoding, tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    path.write_bytes("\n".join(["ts,bid,ask", *QUOTES]).encode(encoding))
    monkeypatch.setattr(large, "BLOCK", 334)
    assert_same(parts(path, "quotes", {}), read_quotes(path, symbol="X"))


def changed(lines, row, text):
    return [*lines[: row - 1], text, *lines[row:]]


FAULTS = {
    "a cell that is no number": changed(QUOTES, 301, "2024-01-02 10:01:40,x,1.2"),
    "a cell too many": changed(QUOTES, 301, "2024-01-02 10:01:40,1,2,3"),
    "a price of zero": changed(QUOTES, 301, "2024-01-02 10:01:40,0,1.2"),
    "a time that is none": changed(QUOTES, 301, "noon,1.1,1.2"),
    "a time before the last": changed(QUOTES, 301, "2024-01-02 09:00:00,1.1,1.2"),
    "a wall time there is not": changed(QUOTES, 301, "2024-03-10 02:30:00,1.1,1.2"),
}


@pytest.mark.parametrize("block", [150, 1_000])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_errors_name_the_row_of_the_file(fault, header, block, tmp_path, monkeypatch):
    options = {"timezone": "America/New_York"} | ({} if header else {"names": ["ts", "bid", "ask"]})
    path = put(tmp_path / "x.csv", [*(["ts,bid,ask"] if header else []), *FAULTS[fault]])
    with pytest.raises(DataError, match=r"row 30[12]") as whole:
        read_quotes(path, symbol="X", **options)
    monkeypatch.setattr(large, "BLOCK", block)
    with pytest.raises(DataError) as found:
        parts(path, "quotes", options)
    assert str(found.value) == str(whole.value)


@pytest.mark.parametrize("header", [True, False])
def test_mixed_line_endings_are_found_between_blocks(header, tmp_path, monkeypatch):
    lines = [*(["ts,bid,ask"] if header else []), *QUOTES]
    path = tmp_path / "x.csv"
    path.write_bytes("".join(line + ("\n" if n < 200 else "\r\n") for n, line in enumerate(lines)).encode())
    monkeypatch.setattr(large, "BLOCK", len("".join(lines[:200])) + 200)  # the block ends where the ending changes
    options = {} if header else {"names": ["ts", "bid", "ask"]}
    with pytest.raises(DataError, match=r"line 201: ends in CR LF, the lines above in LF"):
        parts(path, "quotes", options)


@pytest.mark.parametrize(
    ("name", "message"), [("x.csv.gz", "the gzip file is damaged or cut short"), ("x.zip", "damaged or cut short")]
)
def test_packed_files_that_are_cut_short(name, message, tmp_path, monkeypatch):
    path = put(tmp_path / name, ["ts,bid,ask", *QUOTES])
    path.write_bytes(path.read_bytes()[:-200])
    monkeypatch.setattr(large, "BLOCK", 500)
    with pytest.raises(DataError, match=message):
        parts(path, "quotes", {})


def test_a_zip_whose_content_was_changed(tmp_path, monkeypatch):
    path = put(tmp_path / "x.zip", ["ts,bid,ask", *QUOTES])
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 16] ^= 1  # its CRC in the directory
    path.write_bytes(content)
    monkeypatch.setattr(large, "BLOCK", 500)
    with pytest.raises(DataError, match="damaged or cut short"):
        parts(path, "quotes", {})


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        (["ts,bid,ask,symbol", *(f"{line},{'X' if n < 200 else 'Y'}" for n, line in enumerate(QUOTES))], {}),
        (["ts,bid,ask", *(line.replace("2024-01-02", "02/01/2024") for line in QUOTES)], {}),
        (["ts,bid,ask", *QUOTES], {"unordered": "sort"}),
    ],
    ids=["several symbols", "day or month", "sort"],
)
def test_what_a_part_does_not_tell_is_read_whole(lines, options, tmp_path, monkeypatch):
    path = put(tmp_path / "x.csv", lines)
    monkeypatch.setattr(large, "BLOCK", 500)
    assert in_blocks(path, "X", KINDS["quotes"], None, options) is None


def test_what_is_small_is_read_whole(tmp_path):
    assert in_blocks(put(tmp_path / "x.csv", QUOTES), "X", KINDS["quotes"], None, {}) is None


def test_parquet(tmp_path, monkeypatch):
    csv = put(tmp_path / "x.csv", ["ts,bid,ask", *QUOTES])
    path = tmp_path / "x.parquet"
    whole = read_quotes(csv, symbol="X")
    whole.to_polars().write_parquet(path, row_group_size=170)
    monkeypatch.setattr(large, "BLOCK", 500)
    monkeypatch.setattr(large, "ROWS", 90)
    found = parts(path, "quotes", {})
    assert len(found) > 3
    assert_same(found, whole)
    bad = whole.to_polars().with_columns(bid=np.where(np.arange(ROWS) == 300, -1.0, whole.bid))
    bad.write_parquet(path)
    with pytest.raises(DataError, match=r"x\.parquet, row 301: bid is -1; prices must be finite"):
        parts(path, "quotes", {})
    bad.with_columns(symbol=np.repeat(["X", "Y"], ROWS // 2)).write_parquet(path)
    assert in_blocks(path, "X", KINDS["quotes"], None, {}) is None
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match=r"x\.parquet: not a readable Parquet file"):
        parts(path, "quotes", {})
