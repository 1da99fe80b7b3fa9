"""`simcore data download`: a source into a folder and a store, from a server on this machine."""

from __future__ import annotations

import pytest
import stamina

import simcore as sc
from tests.cli.run import good, parsed, refused
from tests.market.download.server import Archive, serving

DAY = ("--symbol", "EURUSD", "--start", "2019-02-04", "--end", "2019-02-05", "--rate", "1e9")


@pytest.fixture
def archive(shared):
    with (
        stamina.set_testing(True, attempts=3),
        serving(Archive(shared / "market-data/theorycraft-dukascopy/test/fixtures")) as archive,
    ):
        yield archive


def test_into_a_folder_and_a_store(archive, tmp_path):
    call = ("data", "download", "dukascopy", *DAY, "--address", archive.address)
    text = good(*call, "--to", tmp_path / "files", "--store", tmp_path / "ticks")
    assert "EURUSD from dukascopy: 3 files fetched, 0.1 MB, 21 periods without data" in text
    rows = len(sc.Store(tmp_path / "ticks").quotes("EURUSD"))
    assert f"{rows:,} rows added to {tmp_path / 'ticks'}" in text.replace("\n", "")
    told = parsed(*call, "--to", tmp_path / "files", "--store", tmp_path / "ticks")["EURUSD"]
    assert (told["fetched"], told["there"], told["empty"], told["added"], told["equal"]) == (0, 3, 21, 0, rows)
    assert told["files"][0] == str(tmp_path / "files/EURUSD/2019/01/04/00h_ticks.bi5")
    ran = parsed("backtest", "ema-cross", "--data", tmp_path / "ticks", "--symbol", "EURUSD")
    assert ran["stats"]["Ticks"] == rows


def test_faults_are_one_line(archive, tmp_path):
    archive.faults["EURUSD/2019/01/04/00h_ticks.bi5"] = [503] * 9
    call = ("data", "download", "dukascopy", "--address", archive.address)
    assert "00h_ticks.bi5: answered 503 Service Unavailable" in refused(*call, *DAY, "--to", tmp_path)
    assert "Dukascopy has quotes, bars" in refused(*call, *DAY, "--kind", "trades", "--to", tmp_path)
    assert "say where it goes: --to FOLDER or --store FOLDER" in refused(*call, *DAY)
    assert "start must be a time such as" in refused(*call, *DAY[:2], "--start", "soon", "--to", tmp_path)
