"""Bars by ticks, range and Renko wherever other bars go: files, the store, checks, a backtest; the same bars back."""

from __future__ import annotations

import numpy as np
import pytest

import simcore as sc
from simcore.market.sample import SYMBOL, sample_path
from simcore.market.writers import write
from tests.market.store.rows import equal

TEXTS = ("1000tick", "0.0005range", "0.0005renko")


@pytest.fixture(scope="module")
def quotes() -> sc.market.columns.Quotes:
    return sc.read_quotes(sample_path(), symbol=SYMBOL)


class Count(sc.Strategy):
    bars = "1000tick"
    _bars: int = 0

    def on_bar(self, ctx):  # type: ignore[no-untyped-def]
        self._bars += 1
        if self._bars % 5 == 0:
            ctx.buy(0.1)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "x.feather"])
def test_files_keep_when_each_ends(quotes, text, name, tmp_path):
    bars = sc.resample(quotes, text)
    write(tmp_path / name, [bars])
    assert equal(sc.read_bars(tmp_path / name, symbol=SYMBOL, timeframe=text), bars)


def test_the_end_of_other_bars_is_kept_too(quotes, tmp_path):
    bars = sc.resample(quotes, "4h")
    short = bars.with_columns({"end": bars.ts + np.int64(3_600_000_000_000)})
    write(tmp_path / "x.csv", [short])
    assert equal(sc.read_bars(tmp_path / "x.csv", symbol=SYMBOL, timeframe="4h"), short)


@pytest.mark.parametrize("text", TEXTS)
def test_the_store_holds_them(quotes, text, tmp_path):
    bars = sc.resample(quotes, text)
    store = sc.Store(tmp_path / "s")
    store.append(bars)
    assert store.append(bars).equal == len(bars)
    assert equal(store.bars(SYMBOL, text), bars)
    assert store.info()["timeframe"].to_list() == [bars.timeframe]
    quality = sc.check(store.range(SYMBOL))
    assert quality.rows == len(bars)
    assert "gapped" not in quality.faults  # a bar that lasts is no gap
    assert sc.check(bars).faults == quality.faults


def test_a_backtest_from_a_file_the_store_and_memory(quotes, tmp_path):
    bars = sc.resample(quotes, "1000tick")
    write(tmp_path / "x.csv", [bars])
    store = sc.Store(tmp_path / "s")
    store.append(bars)
    given = [bars, sc.read_bars(tmp_path / "x.csv", symbol=SYMBOL, timeframe="1000tick"), store.range(SYMBOL)]
    runs = [sc.backtest(Count(), {SYMBOL: one}) for one in given]
    assert len({run.fingerprint for run in runs}) == 1
    assert runs[0].fills.height == (len(bars) - 1) // 5  # the last is closed by nothing that follows
    assert "gapped" not in runs[2].quality[SYMBOL].faults


def test_without_an_end_they_are_refused(quotes, tmp_path):
    sc.resample(quotes, "1000tick").to_polars().drop("end").write_csv(tmp_path / "x.csv")
    with pytest.raises(sc.DataError, match="1000tick bars need the column end"):
        sc.read_bars(tmp_path / "x.csv", symbol=SYMBOL, timeframe="1000tick")
