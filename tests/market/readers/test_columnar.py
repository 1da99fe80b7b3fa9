"""Parquet and Feather, as files of others and written here in every compression."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather

from simcore.market.errors import DataError
from simcore.market.readers import read_bars, read_prints, read_quotes
from simcore.market.sample import sample_path

from .rows import text

FRAME = pl.DataFrame(
    {"ts": [1_704_196_800_000_000_000, 1_704_196_801_000_000_000], "bid": [1.0, 1.1], "ask": [1.2, 1.3]}
)


def test_feather_files_of_freqtrade(market_data):
    folder = market_data("freqtrade", "tests", "testdata")
    trades = read_prints(folder / "XRP_ETH-trades.feather", symbol="XRP/ETH")
    assert (len(trades), trades.price[0], trades.size[0], trades.side[0]) == (12_477, 0.00141342, 23.0, -1)
    assert text(trades.ts[0]) == "2019-10-11 00:00:11.620"
    bars = read_bars(folder / "UNITTEST_BTC-1m.feather", symbol="UNITTEST/BTC")
    assert (bars.timeframe, len(bars), text(bars.ts[0])[:16]) == ("1min", 13_681, "2017-11-04 23:02")


def test_a_folder_of_nautilus_binary_prices_is_refused(market_data):
    path = market_data("nautilus_trader", "tests", "test_data", "quote_tick_eurusd_2019_sim_rust.parquet")
    with pytest.raises(DataError, match=r'column "bid_price" is of type Binary, neither number, time nor text'):
        read_quotes(path, symbol="EURUSD")


def test_the_sample_and_its_columns(tmp_path):
    quotes = read_quotes(sample_path(), symbol="EURUSD")
    whole = pl.read_parquet(sample_path())
    assert quotes.ts.tolist() == whole["ts"].to_list()
    assert quotes.bid.tolist() == whole["bid"].to_list()


@pytest.mark.parametrize("name", ["a.parquet", "a.pq", "a.feather", "a.arrow", "a.ipc", "a.dat"])
def test_formats_by_content_and_ending(tmp_path, name):
    path = tmp_path / name
    FRAME.write_ipc(path) if name.endswith(("feather", "arrow", "ipc")) else FRAME.write_parquet(path)
    assert read_quotes(path, symbol="X").ask.tolist() == [1.2, 1.3]


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_feather_of_every_compression(tmp_path, compression):
    FRAME.write_ipc(tmp_path / "a.feather", compression=compression)
    assert read_quotes(tmp_path / "a.feather", symbol="X").bid.tolist() == [1.0, 1.1]


@pytest.mark.filterwarnings("ignore:Feather V1")
def test_feather_of_the_first_version(tmp_path):
    feather.write_feather(pa.table(FRAME.to_arrow()), tmp_path / "a.feather", version=1)
    assert read_quotes(tmp_path / "a.feather", symbol="X").ts.tolist() == FRAME["ts"].to_list()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.parquet", b"PAR1 and no more", r"a\.parquet: not a readable Parquet file"),
        ("a.feather", b"ARROW1 and no more", r"a\.feather: not a readable Feather file"),
        ("a.feather", b"FEA1 and no more", r"a\.feather: not a readable Feather file"),
        ("a.parquet", b"", r"a\.parquet: not a readable Parquet file"),
    ],
)
def test_damaged_files(tmp_path, name, data, says):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=says) as error:
        read_quotes(tmp_path / name, symbol="X")
    assert "\n" not in str(error.value)
