"""The sample is what data/README.md says it is."""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
import pytest

from simcore.market import sample


@pytest.fixture(scope="module")
def quotes():
    return pl.read_parquet(sample.sample_path())


def test_file_is_small_and_has_the_documented_sha256(root):
    content = sample.sample_path().read_bytes()
    assert len(content) <= 1_000_000
    assert hashlib.sha256(content).hexdigest() in (root / "data" / "README.md").read_text(encoding="utf-8")


def test_rows_cover_the_day_in_strict_order(quotes):
    assert quotes.schema == {"ts": pl.Int64, "bid": pl.Float64, "ask": pl.Float64}
    assert quotes.height == 100_005
    ts = quotes["ts"].to_numpy()
    assert (np.diff(ts) > 0).all()
    day = np.datetime64("2016-06-14", "D")
    assert (ts.astype("datetime64[ns]").astype("datetime64[D]") == day).all()


def test_prices_lie_on_the_grid_with_the_stated_spread(quotes):
    bid, ask = quotes["bid"].to_numpy(), quotes["ask"].to_numpy()
    bid_points, ask_points = np.rint(bid * 100_000), np.rint(ask * 100_000)
    # on the grid means: the same bits as the whole number of points over the power of ten
    assert (bid == bid_points / 100_000).all()
    assert (ask == ask_points / 100_000).all()
    assert (ask_points - bid_points == 8).all()


def test_first_and_last_rows_are_those_of_the_source(quotes):
    # as the tick file itself prints them: 00:00:00.098 1.10948 and 23:59:57.177 1.11062
    assert quotes.row(0) == (1_465_862_400_098_000_000, 1.10948, 1.10956)
    assert quotes.row(-1) == (1_465_948_797_177_000_000, 1.11062, 1.1107)


def test_lost_sample_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(sample, "_PLACES", (tmp_path / "a.parquet", tmp_path / "b.parquet"))
    with pytest.raises(FileNotFoundError, match=r"neither .*a\.parquet nor .*b\.parquet; install simcore again"):
        sample.sample_path()
