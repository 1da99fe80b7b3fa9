"""A backtest from the store is the backtest in memory: the same bytes, in flat memory, whatever the blocks."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simcore as sc
from simcore.market.blocks import BlockFeed
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.sample import SYMBOL, sample_path
from simcore.market.store import parts, range
from tests.conftest import ROOT
from tests.market.store.rows import scratch
from tests.parity.test_resume import Busy, FastBusy
from tests.times import HOUR, MINUTE


@pytest.fixture(scope="module")
def sample() -> Quotes:
    return sc.read_quotes(sample_path(), symbol=SYMBOL)


@pytest.fixture
def store() -> Iterator[sc.Store]:
    with scratch() as folder:
        yield sc.Store(folder / "ticks")


def assert_same(one: sc.Result, other: sc.Result) -> None:
    assert one.run.state == other.run.state
    assert one.run.rules == other.run.rules
    for name, table in one.run.tables.items():
        assert table.tobytes() == other.run.tables[name].tobytes(), name
    assert one.fingerprint == other.fingerprint
    assert one.account == other.account
    assert one.equity.equals(other.equity)
    assert one.stats.astype(str).equals(other.stats.astype(str))


@pytest.mark.parametrize("rows", [1, 7, 1_000, parts.ROW_GROUP])
@pytest.mark.parametrize("form", [Busy, FastBusy], ids=["plain", "compiled"])
def test_blocks_of_any_size_leave_the_bytes_of_the_run_in_memory(
    form: type[sc.Strategy], rows: int, sample: Quotes, store: sc.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROW_GROUP", rows)
    monkeypatch.setattr(range, "SMALL", rows)
    some = sample.slice(0, {1: 300, 7: 4_000}.get(rows, 12_000))
    store.append(some)
    expected = sc.backtest(form(), {SYMBOL: some}, size="S", finalize_trades=True)
    assert_same(sc.backtest(form(), {SYMBOL: store.range(SYMBOL)}, size="S", finalize_trades=True), expected)
    assert_same(sc.backtest(form(), store, size="S", finalize_trades=True), expected)
    assert rows < 1_000 or expected.fills.height > 3


def several(sample: Quotes) -> dict[str, Any]:
    """Quotes off their grid, prints, and bars of which one is cut short, that meet at the same instants."""
    quotes = sample.slice(0, 9_000)
    ts = quotes.ts[::3]
    prints = Prints("GBPUSD", ts, quotes.bid[::3] + 0.1, np.ones(ts.size))
    start = ts[0] // MINUTE * MINUTE
    starts = start + np.concatenate([np.arange(40), [40.5], np.arange(42, 60)]) * MINUTE
    bid = 0.7 + np.arange(starts.size) % 7 * 0.00013
    bars = Bars("AUDUSD", "1min", starts.astype(np.int64), bid, bid + 0.0003, bid - 0.0002, bid + 0.0001)
    return {SYMBOL: quotes.with_columns({"bid": quotes.bid - 0.0000049}), "GBPUSD": prints, "AUDUSD": bars}


@pytest.mark.parametrize("in_memory", [None, SYMBOL, "AUDUSD"])
@pytest.mark.parametrize("path", ["ohlc", "dense"])
def test_several_instruments_of_every_kind(
    sample: Quotes, store: sc.Store, in_memory: str | None, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROW_GROUP", 500)
    monkeypatch.setattr(range, "SMALL", 500)
    data = several(sample)
    for rows in data.values():
        store.append(rows)
    mixed = {name: rows if name == in_memory else store.range(name) for name, rows in data.items()}
    expected = sc.backtest(FastBusy(), data, size="S", path=path)
    assert expected.fills.height > 3
    assert_same(sc.backtest(FastBusy(), mixed, size="S", path=path), expected)


@pytest.mark.parametrize("rows", [7, 500, parts.ROW_GROUP])
def test_splits_and_dividends_whatever_the_blocks(
    sample: Quotes, store: sc.Store, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROW_GROUP", rows)
    monkeypatch.setattr(range, "SMALL", rows)
    quotes = Quotes("X", sample.ts[:1_500], sample.bid[:1_500], sample.ask[:1_500])
    store.append(quotes)
    at = quotes.ts[[700, 700, 705]]  # two before one row, one a few rows later, none in most of the blocks
    actions = {"X": sc.Actions("X", at, [1.0, 2.0, 1.0], [0.01, 0.0, 0.005])}
    stock = [sc.Instrument.stock("X", price_digits=5)]
    expected = sc.backtest(FastBusy(), quotes, instruments=stock, size="S", actions=actions)
    assert expected.events.filter(expected.events["type"] == "split").height == 1
    assert_same(sc.backtest(FastBusy(), store, instruments=stock, size="S", actions=actions), expected)


def test_a_range_is_the_rows_between(sample: Quotes, store: sc.Store) -> None:
    store.append(sample)
    start, end = int(sample.ts[20_000]), int(sample.ts[50_000])
    cut = sample.slice(int(np.searchsorted(sample.ts, start)), int(np.searchsorted(sample.ts, end)))
    from_store = sc.backtest(FastBusy(), store.range(SYMBOL, start, end), size="S")
    assert_same(from_store, sc.backtest(FastBusy(), cut, size="S"))
    # what the run saw is read again by range
    noon = int(sample.ts[30_000])
    seen = from_store.prices(SYMBOL, noon, noon + HOUR)
    expected = from_store.prices(SYMBOL)
    at = expected["ts"].dt.timestamp("ns")
    assert seen.equals(expected.filter((at >= noon) & (at < noon + HOUR)))
    assert 0 < seen.height < expected.height == len(cut)


def test_the_result_keeps_no_ticks(sample: Quotes, store: sc.Store) -> None:
    store.append(sample)
    before = {id(one) for one in gc.get_objects() if type(one) is Quotes}  # other tests' own
    result = sc.backtest(FastBusy(), store, size="S")
    assert isinstance(result.run.feed, BlockFeed)
    assert len(result.run.feed) == len(sample)
    gc.collect()
    held = [one for one in gc.get_objects() if type(one) is Quotes and id(one) not in before]
    assert [one for one in held if len(one) > 1_000] == []


def test_progress_is_told_block_by_block(sample: Quotes, store: sc.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROW_GROUP", 10_000)
    monkeypatch.setattr(range, "SMALL", 10_000)
    store.append(sample)
    told: list[tuple[int, int]] = []
    sc.backtest(FastBusy(), store, size="S", progress=lambda done, of: told.append((done, of)))
    assert told[0] == (10_000, 100_005)
    assert told[-1] == (100_005, 100_005)
    assert len(told) == 11


def test_what_breaks_midway_stops_the_run_with_one_error(
    sample: Quotes, store: sc.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROW_GROUP", 10_000)
    store.append(sample)
    (path,) = store.path.rglob("*.parquet")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(sc.DataError, match="the file is damaged"):
        sc.backtest(FastBusy(), store, size="S")


def peak(folder: Path, how: str) -> dict[str, float]:
    """Run tests/market/store/peak.py; what it printed: MB before the run, at its highest, rows and fills."""
    command = [sys.executable, "-m", "tests.market.store.peak", str(folder), how]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, float] = json.loads(done.stdout)
    return told


def long_walk(store: sc.Store, millions: int) -> None:
    """Quotes four times a second, a million at a time: the walk of the benchmarks, over again."""
    from benchmarks.markets import TICK, walk

    first = walk(SYMBOL, 1_000_000, seed=7)
    for n in np.arange(millions):
        store.append(first.with_columns({"ts": first.ts + n * 1_000_000 * TICK}))


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is read by getrusage")
def test_memory_is_flat(store: sc.Store) -> None:
    sc.backtest(FastBusy(), {SYMBOL: sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, 400)})  # compiles
    long_walk(store, 4)
    short, whole = peak(store.path, "1"), peak(store.path, "4")
    assert whole["rows"] == 4 * short["rows"] == 4_000_000
    # three million rows more are 72 MB in memory, at 24 bytes a row
    assert whole["peak"] - short["peak"] < 24
    in_memory = peak(store.path, "4 in memory")
    assert in_memory["peak"] - whole["peak"] > 24  # what is measured here can be seen
    assert in_memory["state"] == whole["state"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is read by getrusage")
def test_a_hundred_million_ticks_in_less_than_600_megabytes(tmp_path: Path) -> None:
    store = sc.Store(tmp_path / "ticks")
    long_walk(store, 100)
    told = peak(store.path, "100")
    print(f"\n100 M ticks: {told}")
    assert told["rows"] == 100_000_000
    assert told["fills"] > 50_000
    assert told["peak"] < 600
    assert peak(store.path, "100 in memory")["state"] == told["state"]
