"""Dukascopy's real files, served on this machine: fetched, remembered, resumed, checked, put into a store."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

import simcore as sc
from simcore.market.download.download import Downloaded
from simcore.market.errors import DataError

from .server import Archive

DAY = {"start": "2019-02-04", "end": "2019-02-05"}
FOLDER = "EURUSD/2019/01/04"  # months count from 00
TICKS = [f"{FOLDER}/{hour:02}h_ticks.bi5" for hour in range(24)]
THERE = [TICKS[hour] for hour in (0, 10, 23)]


def fetched(archive: Archive, symbol: str = "EURUSD", **given) -> Downloaded:
    return sc.download("dukascopy", symbol, address=archive.address, per_second=1e9, **{**DAY, **given})


def data_files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.bi5")}


def test_a_day_of_ticks(dukascopy, tmp_path):
    told = []
    found = fetched(dukascopy, to=tmp_path, tell=lambda done, of: told.append((done, of)))
    assert dukascopy.paths == TICKS
    assert (found.fetched, found.there, found.empty, found.not_yet) == (3, 0, 21, 0)
    assert data_files(tmp_path) == {path: dukascopy.content(path) for path in THERE}
    assert found.bytes == sum(len(dukascopy.content(path)) for path in THERE)
    assert told == [(n, 24) for n in range(25)]
    quotes = sc.read_quotes(tmp_path, symbol="EURUSD")
    assert len(quotes) == len(sc.read_quotes([dukascopy.folder / path for path in THERE], symbol="EURUSD"))


def test_nothing_is_fetched_twice(dukascopy, tmp_path):
    fetched(dukascopy, to=tmp_path)
    dukascopy.asked.clear()
    again = fetched(dukascopy, to=tmp_path)
    assert dukascopy.asked == []
    assert (again.fetched, again.there, again.empty) == (0, 3, 21)
    assert [str(path.relative_to(tmp_path)) for path in again.files] == THERE


def test_what_is_missing_shortly_after_is_asked_for_again(dukascopy, tmp_path):
    soon = 1_549_324_800_000_000_000 + 7_200_000_000_000  # 2019-02-05 02:00 UTC
    first = fetched(dukascopy, to=tmp_path, now=soon)
    assert (first.fetched, first.empty, first.not_yet) == (3, 1, 20)  # a day after hour 01's end, not after the others'
    dukascopy.asked.clear()
    later = fetched(dukascopy, to=tmp_path, now=soon + 48 * 3_600_000_000_000)
    assert dukascopy.paths == [path for path in TICKS[2:] if path not in THERE]
    assert (later.there, later.empty, later.not_yet) == (3, 21, 0)


def test_an_hour_that_is_not_over_is_not_fetched(dukascopy, tmp_path):
    now = 1_549_274_400_000_000_000 + 60_000_000_000  # 2019-02-04 10:01 UTC
    found = fetched(dukascopy, to=tmp_path, end=None, now=now)
    assert dukascopy.paths == TICKS[:10]
    assert (found.fetched, found.not_yet) == (1, 10)
    with pytest.raises(DataError, match="start 2019-02-05: that is still to come"):
        fetched(dukascopy, to=tmp_path, start="2019-02-05", end=None, now=now)


def test_an_empty_file_is_an_hour_without_a_tick(dukascopy, tmp_path):
    dukascopy.files[TICKS[5]] = b""
    found = fetched(dukascopy, to=tmp_path)
    assert (found.fetched, found.empty, len(found.files)) == (4, 21, 3)
    assert (tmp_path / TICKS[5]).read_bytes() == b""
    assert len(sc.read_quotes(tmp_path, symbol="EURUSD")) > 1_000


def test_a_cut_file_goes_on_where_it_was_cut(dukascopy, tmp_path):
    path = THERE[1]
    size = len(dukascopy.content(path))
    dukascopy.faults[path] = ["cut"]
    fetched(dukascopy, to=tmp_path)
    assert [asked for asked in dukascopy.asked if asked[0] == path] == [(path, None), (path, f"bytes={size // 2}-")]
    assert (tmp_path / path).read_bytes() == dukascopy.content(path)


@pytest.mark.parametrize("faults", [[429, 503, "cut", 500], ["short"], ["noise", "noise"], ["short", "cut", 503]])
def test_what_may_pass_is_tried_again(dukascopy, tmp_path, faults):
    dukascopy.faults[THERE[0]] = list(faults)
    found = fetched(dukascopy, to=tmp_path)
    assert found.fetched == 3
    assert data_files(tmp_path) == {path: dukascopy.content(path) for path in THERE}


@pytest.mark.parametrize(
    ("fault", "times", "message"),
    [
        (503, 6, "answered 503 Service Unavailable; what was fetched stays: run this again to go on"),
        (429, 6, "answered 429 Too Many Requests; what was fetched stays"),
        (403, 1, "answered 403 Forbidden$"),
        ("short", 3, "damaged or cut short .* 3 times; the source's file is damaged, or something on the way"),
    ],
)
def test_what_does_not_pass_is_one_error_and_nothing_half(dukascopy, tmp_path, fault, times, message):
    dukascopy.faults[THERE[1]] = [fault] * 99
    with pytest.raises(DataError, match=rf"^{dukascopy.address}/{THERE[1]}: .*{message}"):
        fetched(dukascopy, to=tmp_path)
    assert dukascopy.paths.count(THERE[1]) == times
    assert list(data_files(tmp_path)) == [THERE[0]]  # the file before it is whole, this one has no name yet
    dukascopy.faults.clear()
    assert fetched(dukascopy, to=tmp_path).there == 1
    assert data_files(tmp_path) == {path: dukascopy.content(path) for path in THERE}


def test_an_interrupted_download_goes_on(dukascopy, tmp_path):
    def interrupted(done, of):
        if done == 11:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetched(dukascopy, to=tmp_path, tell=interrupted)
    asked = len(dukascopy.asked)
    found = fetched(dukascopy, to=tmp_path)
    assert (asked, found.there, found.fetched) == (11, 2, 1)
    assert dukascopy.paths[asked:] == TICKS[11:]  # the empty hours before are remembered too


def test_a_file_of_another_hour_is_refused(dukascopy, tmp_path):
    # a tick an hour and a second after the hour's begin
    tick = (3_601_000).to_bytes(4, "big") + b"\x00\x01\xbf\x19" * 2 + b"\x3f\x80\x00\x00" * 2
    dukascopy.files[TICKS[1]] = lzma.compress(tick)
    with pytest.raises(DataError, match=r"01h_ticks\.bi5: row 1: 3,601,000 ms lies beyond the hour"):
        fetched(dukascopy, to=tmp_path)


def test_a_symbol_there_is_not(dukascopy, tmp_path):
    with pytest.raises(DataError, match=r"dukascopy has nothing of EURUSX from 2019-02-04 .* spelled as it"):
        fetched(dukascopy, "EURUSX", to=tmp_path)
    assert [p for p in tmp_path.rglob("*") if p.is_file() and p.stat().st_size] == []
    assert not list(tmp_path.rglob("*.none"))  # of a misspelled symbol nothing is remembered


@pytest.mark.parametrize(
    ("timeframe", "files"),
    [
        ("1min", [f"{FOLDER}/{side}_candles_min_1.bi5" for side in ("BID", "ASK")]),
        ("1h", [f"EURUSD/2019/01/{side}_candles_hour_1.bi5" for side in ("BID", "ASK")]),
        ("1D", [f"EURUSD/2019/{side}_candles_day_1.bi5" for side in ("BID", "ASK")]),
    ],
)
def test_candles_of_both_sides(dukascopy, tmp_path, timeframe, files):
    found = fetched(dukascopy, to=tmp_path / "files", store=tmp_path / "store", kind="bars", timeframe=timeframe)
    assert dukascopy.paths == files
    assert data_files(tmp_path / "files") == {path: dukascopy.content(path) for path in files}
    expected = sc.read_bars([tmp_path / "files" / path for path in files], symbol="EURUSD")
    held = sc.Store(tmp_path / "store").bars("EURUSD", timeframe)
    assert held.ask_close.tolist() == expected.ask_close.tolist()
    assert found.tally.added == len(expected) == len(held)


def test_straight_into_a_store(dukascopy, tmp_path):
    found = fetched(dukascopy, store=tmp_path)
    quotes = sc.Store(tmp_path).quotes("EURUSD")
    expected = sc.read_quotes([dukascopy.folder / path for path in THERE], symbol="EURUSD")
    assert quotes.ts.tolist() == expected.ts.tolist()
    assert quotes.bid_size.tolist() == expected.bid_size.tolist()
    assert found.tally.added == len(expected)
    assert not list(tmp_path.rglob("*.bi5"))  # once their rows are in the store the files go
    assert fetched(dukascopy, store=tmp_path).tally._replace(equal=0) == (0, 0, 0, 0)
    assert len(sc.Store(tmp_path).quotes("EURUSD")) == len(expected)


def test_a_failed_download_leaves_the_store_as_it_was(dukascopy, tmp_path):
    dukascopy.faults[THERE[2]] = [503] * 99
    with pytest.raises(DataError, match="503"):
        fetched(dukascopy, store=tmp_path)
    with pytest.raises(DataError, match="no store here"):
        sc.Store(tmp_path).symbols()
    dukascopy.faults.clear()
    dukascopy.asked.clear()
    assert fetched(dukascopy, store=tmp_path).fetched == 1
    assert dukascopy.paths == TICKS[23:]


def test_a_full_disk_is_an_error_and_goes_on_later(dukascopy, tmp_path, small_disk):
    with small_disk(10_000), pytest.raises(OSError, match="File too large"):
        fetched(dukascopy, to=tmp_path)
    assert list(data_files(tmp_path)) == []
    assert fetched(dukascopy, to=tmp_path).fetched == 3
    assert data_files(tmp_path) == {path: dukascopy.content(path) for path in THERE}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "trades"}, "kind='trades': Dukascopy has quotes, bars"),
        ({"timeframe": "1min"}, 'quotes have none; pass kind="bars"'),
        ({"kind": "bars", "timeframe": "5min"}, "Dukascopy has min_1, hour_1, day_1; resample those"),
        ({"market": "spot"}, "Dukascopy has one; leave it out"),
        ({"start": "2019-02-06"}, "start 2019-02-06 must be before end 2019-02-05"),
        ({"symbol": "../x"}, "writes symbols in letters and digits"),
        ({"per_second": 0}, "per_second is 0; it must be a number of requests above zero"),
        ({"tries": 0}, "tries is 0; it must be at least 1"),
        ({"to": None}, "say where it goes: to= a folder, or store= a store's folder"),
    ],
)
def test_refuses(dukascopy, tmp_path, given, message):
    call = {"symbol": "EURUSD", "to": tmp_path, "address": dukascopy.address, **DAY, **given}
    with pytest.raises(DataError, match=message):
        sc.download("dukascopy", **call)
    assert dukascopy.asked == []


def test_a_source_there_is_not(tmp_path):
    with pytest.raises(DataError, match=r'simcore has dukascopy, binance\. Did you mean "dukascopy"'):
        sc.download("dukascop", "EURUSD", to=tmp_path, **DAY)
