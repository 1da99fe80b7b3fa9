"""What is appended, in whatever pieces, is read again bit for bit, whole and by range."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simcore as sc
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.sample import SYMBOL, sample_path
from simcore.market.store import parts
from simcore.market.store.store import Store
from tests.market.store.rows import DAY, HOUR, SECOND, T0, Rows, equal, quotes, scratch, some_rows


def read(store: Store, rows: Rows, start: int | None = None, end: int | None = None) -> Rows:
    if isinstance(rows, Quotes):
        return store.quotes(rows.symbol, start, end)
    if isinstance(rows, Prints):
        return store.prints(rows.symbol, start, end)
    return store.bars(rows.symbol, None, start, end)


@settings(max_examples=40)
@given(some_rows, st.lists(st.floats(0, 1), max_size=4), st.sampled_from([1, 2, 3, 1 << 18]))
def test_pieces_come_back_whole(rows: Rows, cuts: list[float], group: int) -> None:
    edges = sorted({0, len(rows), *(int(cut * len(rows)) for cut in cuts)})
    with scratch() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ROW_GROUP", group)
        store = Store(folder)
        for a, b in pairwise(edges):
            # a piece that begins at the very instant the last one ended, with the very rows, is held already
            store.append(rows.slice(a, b))
        back = read(store, rows)
        if not (rows.ts[1:] == rows.ts[:-1]).any():
            assert equal(back, rows)
        assert sum(len(one) for one in store.range(rows.symbol).chunks()) == len(back)


@settings(max_examples=40)
@given(some_rows, st.floats(-0.2, 1.2), st.floats(0, 1.2))
def test_a_range_holds_what_is_between(rows: Rows, at: float, share: float) -> None:
    whole = int(rows.ts[-1]) - int(rows.ts[0]) + 2
    start = int(rows.ts[0]) - 1 + int(at * whole)
    end = start + max(1, int(share * whole))
    expected = rows.slice(int(np.searchsorted(rows.ts, start)), int(np.searchsorted(rows.ts, end)))
    with scratch() as folder:
        store = Store(folder)
        store.append(rows)
        if not len(expected):
            with pytest.raises(DataError, match="nothing of EURUSD"):
                store.range("EURUSD", start, end)
            return
        found = store.range("EURUSD", start, end)
        assert equal(found.read(), expected)
        assert (len(found), found.first_ts, found.last_ts) == (len(expected), expected.ts[0], expected.ts[-1])
        assert found.tail().ts[-1] == expected.ts[-1]


def test_the_sample_by_day_and_range(tmp_path: Path) -> None:
    sample = sc.read_quotes(sample_path(), symbol=SYMBOL)
    store = sc.Store(tmp_path / "ticks")
    assert store.append(sample) == (len(sample), 0, 0, 0)
    assert equal(store.quotes(SYMBOL), sample)
    ten = np.datetime64("2016-06-14T10:00", "ns").astype(np.int64)
    eleven = np.datetime64("2016-06-14T11:30", "ns").astype(np.int64)
    expected = sample.slice(int(np.searchsorted(sample.ts, ten)), int(np.searchsorted(sample.ts, eleven)))
    for start, end in (
        ("2016-06-14T10:00", "2016-06-14 11:30"),
        ("2016-06-14T06:00-04:00", "2016-06-14T11:30Z"),
        (np.datetime64("2016-06-14T10:00"), int(eleven)),
    ):
        assert equal(store.quotes(SYMBOL, start, end), expected)


def test_files_are_one_a_day_and_any_tool_reads_them(tmp_path: Path) -> None:
    rows = quotes([0, DAY - 1, DAY, 3 * DAY + 5])
    store = Store(tmp_path)
    store.append(rows)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.parquet"))
    assert files == [f"quotes/EURUSD/2024-01-0{day}.1.parquet" for day in (1, 2, 4)]
    frame = pl.read_parquet(tmp_path / "quotes/EURUSD/*.parquet")
    assert frame.schema == {"ts": pl.Int64, "bid": pl.Float64, "ask": pl.Float64}
    assert frame["ts"].to_list() == rows.ts.tolist()
    assert frame["bid"].to_list() == rows.bid.tolist()


def test_bars_of_an_hour_are_one_file_a_year_those_of_a_minute_one_a_day(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for timeframe, step in (("1min", 60 * SECOND), ("1h", HOUR)):
        ts = T0 + np.array([0, step, 366 * DAY])  # 2024 is a leap year: the last is 2025-01-01
        store.append(Bars("GOOG", timeframe, ts, *np.ones((4, 3))))
    files = sorted(path.relative_to(tmp_path / "bars").as_posix() for path in tmp_path.rglob("*.parquet"))
    assert files == [
        "1h/GOOG/2024.2.parquet",
        "1h/GOOG/2025.2.parquet",
        "1min/GOOG/2024-01-01.1.parquet",
        "1min/GOOG/2025-01-01.1.parquet",
    ]
    assert store.bars("GOOG", "1h").timeframe == "1h"
    with pytest.raises(DataError, match="holds GOOG 1h bars, GOOG 1min bars; say which"):
        store.bars("GOOG")


def test_info_and_symbols(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(quotes([0, 5, DAY]))
    store.append(Prints("BTC/USDT", np.array([T0]), np.array([60_000.5])))
    assert store.symbols() == ["BTC/USDT", "EURUSD"]
    told = store.info().to_dicts()
    assert [(one["symbol"], one["kind"], one["files"], one["rows"]) for one in told] == [
        ("BTC/USDT", "prints", 1, 1),
        ("EURUSD", "quotes", 2, 3),
    ]
    assert str(told[1]["start"]) == "2024-01-01 00:00:00+00:00"
    assert str(told[1]["end"]) == "2024-01-02 00:00:00+00:00"
    assert told[1]["bytes"] == sum(path.stat().st_size for path in (tmp_path / "quotes/EURUSD").iterdir())


@pytest.mark.parametrize("symbol", ["BTC/USDT", "..", ".", "a\\b:c*?", "Ünï", "eurusd", "%2F", "ES 12-24"])
def test_any_name_is_a_folder_of_its_own(tmp_path: Path, symbol: str) -> None:
    store = Store(tmp_path / "store")
    store.append(quotes([0], symbol="EURUSD"))
    store.append(quotes([1, 2], symbol=symbol))
    assert len(store.quotes(symbol)) == 2
    assert len(store.quotes("EURUSD")) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    assert len(list((tmp_path / "store/quotes").iterdir())) == 2


def test_frames_are_appended_by_symbol(tmp_path: Path) -> None:
    rows = quotes([0, 1])
    store = Store(tmp_path)
    store.append(rows.to_polars(), symbol="EURUSD")
    assert equal(store.quotes("EURUSD"), rows)
    with pytest.raises(DataError, match="say what the frame holds"):
        store.append(rows.to_polars())
    with pytest.raises(DataError, match='name it "EURUSD"'):
        store.append(rows, symbol="GBPUSD")
