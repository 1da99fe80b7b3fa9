"""Binance's archives: months and days, checksums; laid out as its README says, because no real file is at hand."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

import simcore as sc
from simcore.market.download.download import Downloaded
from simcore.market.errors import DataError

from .server import Archive

SPOT = "data/spot/{}/trades/BTCUSDT/BTCUSDT-trades-{}.zip"
NOW = 1_717_200_000_000_000_000  # 2024-06-01
DAY_MS = 86_400_000


def zipped(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(name), text)
    return buffer.getvalue()


def publish(archive: Archive, path: str, text: str) -> None:
    name = path.rpartition("/")[2]
    content = zipped(name.replace(".zip", ".csv"), text)
    archive.files[path] = content
    archive.files[f"{path}.CHECKSUM"] = f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()


def trades(first: date, days: int) -> str:
    """Three trades a day, without header."""
    start = (first - date(1970, 1, 1)).days * DAY_MS
    times = [start + day * DAY_MS + n for day in range(days) for n in (5, 10, DAY_MS - 1)]
    return "".join(f"{ts},{42_000 + ts % 97},0.5,21000.0,{ts},True,True\n" for ts in times)


@pytest.fixture
def archive(binance: Archive) -> Archive:
    """Trades of January and February 2024 by month and by day, and the first two days of March."""
    for month in (date(2024, 1, 1), date(2024, 2, 1)):
        publish(binance, SPOT.format("monthly", f"{month:%Y-%m}"), trades(month, 31 if month.month == 1 else 29))
    for n in range(62):
        day = date(2024, 1, 1) + timedelta(days=n)
        publish(binance, SPOT.format("daily", day), trades(day, 1))
    return binance


def fetched(archive: Archive, **given) -> Downloaded:
    call = {"start": "2024-01-01", "end": "2024-03-03", "now": NOW, **given}
    return sc.download("binance", "BTCUSDT", address=archive.address, per_second=1e9, **call)


def zips(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.zip"))


def test_months_and_then_days(archive, tmp_path):
    found = fetched(archive, to=tmp_path)
    months = [SPOT.format("monthly", month) for month in ("2024-01", "2024-02")]
    days = [SPOT.format("daily", day) for day in ("2024-03-01", "2024-03-02")]
    assert archive.paths == [path for one in months + days for path in (one, f"{one}.CHECKSUM")]
    assert [str(path.relative_to(tmp_path)) for path in found.files] == months + days
    prints = sc.read_prints(tmp_path, symbol="BTCUSDT")
    assert len(prints) == 3 * (31 + 29 + 2)
    assert prints.side.tolist() == [-1.0] * len(prints)
    archive.asked.clear()
    assert fetched(archive, to=tmp_path).there == 4
    assert archive.asked == []


def test_a_month_that_is_not_published_comes_by_its_days(archive, tmp_path):
    month = SPOT.format("monthly", "2024-02")
    del archive.files[month]
    found = fetched(archive, to=tmp_path, start="2024-02-01", end="2024-03-01")
    assert len(found.files) == 29
    assert found.not_yet == 0
    archive.asked.clear()
    fetched(archive, to=tmp_path, start="2024-02-01", end="2024-03-01")
    assert archive.asked == []


def test_days_and_a_month_never_overlap(archive, tmp_path):
    fetched(archive, to=tmp_path, start="2024-01-15", end="2024-02-01")
    assert len(zips(tmp_path)) == 17  # of a part of a month its days
    fetched(archive, to=tmp_path, end="2024-03-01")
    assert len(zips(tmp_path)) == 31 + 1  # of January the other days, February as a month
    fetched(archive, to=tmp_path, start="2024-02-10", end="2024-02-12")
    assert len(zips(tmp_path)) == 31 + 1  # they are in February
    assert len(sc.read_prints(tmp_path, symbol="BTCUSDT")) == 3 * 60


def test_a_day_that_is_not_there_yet(archive, tmp_path):
    soon = 1_709_510_400_000_000_000  # 2024-03-04: the day before will be published tomorrow
    found = fetched(archive, to=tmp_path, start="2024-03-01", end="2024-03-04", now=soon)
    assert (found.fetched, found.empty, found.not_yet) == (2, 0, 1)
    publish(archive, SPOT.format("daily", "2024-03-03"), trades(date(2024, 3, 3), 1))
    assert fetched(archive, to=tmp_path, start="2024-03-01", end="2024-03-04", now=soon).fetched == 1


def test_a_wrong_checksum_is_fetched_again_and_then_refused(archive, tmp_path):
    path = SPOT.format("monthly", "2024-01")
    archive.faults[path] = ["noise"]
    assert fetched(archive, to=tmp_path, end="2024-02-01").fetched == 1
    assert (tmp_path / path).read_bytes() == archive.files[path]
    (tmp_path / path).unlink()
    archive.files[f"{path}.CHECKSUM"] = b"0123456789abcdef" * 4 + b"  name\n"
    with pytest.raises(DataError, match=r"2024-01\.zip: its SHA-256 is .*, published is 0123456789ab\.\.\., 3 times"):
        fetched(archive, to=tmp_path, end="2024-02-01")
    assert zips(tmp_path) == []


def test_a_large_file_goes_on_after_an_interruption(archive, tmp_path):
    path = SPOT.format("monthly", "2024-01")
    size = len(archive.files[path])
    archive.faults[path] = ["cut", *[503] * 5]
    with pytest.raises(DataError, match="503"):
        fetched(archive, to=tmp_path, end="2024-02-01")
    assert zips(tmp_path) == []
    fetched(archive, to=tmp_path, end="2024-02-01")
    assert archive.asked[-2:] == [(path, f"bytes={size // 2}-"), (f"{path}.CHECKSUM", None)]
    assert (tmp_path / path).read_bytes() == archive.files[path]


def test_a_half_that_is_no_longer_of_this_file_is_thrown_away(archive, tmp_path):
    path = SPOT.format("monthly", "2024-01")
    aside = tmp_path / ".download"
    aside.mkdir(parents=True)
    (aside / (path.replace("/", "!") + ".part")).write_bytes(b"x" * (len(archive.files[path]) + 7))
    fetched(archive, to=tmp_path, end="2024-02-01")
    assert (tmp_path / path).read_bytes() == archive.files[path]


def test_a_whole_file_without_its_name_is_not_fetched_again(archive, tmp_path):
    path = SPOT.format("monthly", "2024-01")
    archive.faults[f"{path}.CHECKSUM"] = [503] * 6
    with pytest.raises(DataError, match=r"CHECKSUM: answered 503"):
        fetched(archive, to=tmp_path, end="2024-02-01")
    archive.asked.clear()
    fetched(archive, to=tmp_path, end="2024-02-01")
    assert archive.asked[0] == (path, f"bytes={len(archive.files[path])}-")  # answered 416: nothing is left
    assert zips(tmp_path) == ["BTCUSDT-trades-2024-01.zip"]


def test_a_zip_cut_short_without_a_checksum_is_found(archive, tmp_path):
    path = SPOT.format("monthly", "2024-01")
    del archive.files[f"{path}.CHECKSUM"]
    archive.faults[path] = ["short"]
    assert fetched(archive, to=tmp_path, end="2024-02-01").fetched == 1
    assert (tmp_path / path).read_bytes() == archive.files[path]


def test_straight_into_a_store(archive, tmp_path):
    assert fetched(archive, store=tmp_path, end="2024-02-01").tally.added == 3 * 31
    assert fetched(archive, store=tmp_path, start="2024-01-31").tally[:2] == (3 * (29 + 2), 3)
    assert len(sc.Store(tmp_path).prints("BTCUSDT")) == 3 * (31 + 29 + 2)


KLINES = "".join(
    f"{1_704_067_200_000 + n * 60_000},1,2,0.5,1.5,7,{1_704_067_259_999 + n * 60_000},9,3,1,1,0\n" for n in range(1440)
)
BOOK = (
    "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n1,10,2,11,3,%d,%d\n"
)


def test_klines_and_book_tickers(archive, tmp_path):
    klines = "data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2024-01-01.zip"
    book = "data/futures/um/daily/bookTicker/BTCUSDT/BTCUSDT-bookTicker-2024-01-01.zip"
    publish(archive, klines, KLINES)
    publish(archive, book, BOOK % (1_704_067_200_001, 1_704_067_200_003))
    day = {"end": "2024-01-02", "store": tmp_path}
    assert fetched(archive, kind="bars", **day).tally.added == 1440
    assert fetched(archive, kind="quotes", market="um", **day).tally.added == 1
    store = sc.Store(tmp_path)
    assert store.bars("BTCUSDT", "1min").close.tolist() == [1.5] * 1440
    assert store.quotes("BTCUSDT").ask.tolist() == [11.0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "trade"}, 'Binance has prints, quotes, bars, trades, aggTrades, .*Did you mean "trades"'),
        ({"kind": "quotes"}, "no quotes of spot; pass market"),
        ({"market": "usdm"}, "Binance has spot, um, cm"),
        ({"timeframe": "1min"}, 'trades have none; pass kind="bars" for klines'),
        ({"kind": "bars", "timeframe": "7min"}, "Binance has 1s, 1m, 3m"),
    ],
)
def test_refuses(archive, tmp_path, given, message):
    with pytest.raises(DataError, match=message):
        fetched(archive, to=tmp_path, **given)
