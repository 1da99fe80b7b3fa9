"""Data at fault, by each verb that reads them: one clear line, and a store that is what it was."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

import simcore as sc
from simcore.market.sample import SYMBOL, sample_path
from tests.cli.run import good, refused

HOURS = "theorycraft-dukascopy/test/fixtures/EURUSD/2019/01/04"
HEAD = "ts,bid,ask\n"


def cut_zip(folder: Path, shared: Path) -> list[str]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("20140501_quote.csv", "".join(f"{n},1.1{n:04},1.2{n:04}\n" for n in range(5_000)))
    (folder / "20140501_quote.zip").write_bytes(buffer.getvalue()[:-300])
    return ["20140501_quote.zip"]


def wrong_hour(folder: Path, shared: Path) -> list[str]:
    source = shared / "market-data" / HOURS / "10h_ticks.bi5"
    if not source.exists():
        pytest.skip(f"needs the shared market data: there is no {source}")
    for hour in (10, 11):
        target = folder / f"EURUSD/2019/01/04/{hour}h_ticks.bi5"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    return ["EURUSD"]


def texts(**files: str):
    def write(folder: Path, shared: Path) -> list[str]:
        for name, text in files.items():
            (folder / f"{name}.csv").write_bytes(text.encode())
        return [f"{name}.csv" for name in files]

    return write


MIXED = HEAD + "2024-01-02 10:00:00,1.1,1.2\r\n2024-01-02 10:00:01,1.1,1.2\n"
COMMAS = "ts;bid;ask\n2024-01-02 10:00:00;1,10000;1,10010\n"
SPLIT = HEAD + "2024-01-02 10:00:00,1,10000,1,10010\n"
GAP = HEAD + "2024-03-10 01:59:59,1.1,1.2\n2024-03-10 02:30:00,1.1,1.2\n"
TWICE = HEAD + "2024-11-03 00:59:59,1.1,1.2\n2024-11-03 01:30:00,1.1,1.2\n"
FIRST = HEAD + "2024-01-02 10:00:00,1.1,1.2\n2024-01-02 10:00:05,1.1,1.2\n"
LATER = HEAD + "2024-01-02 10:00:03,1.1,1.2\n2024-01-02 10:00:09,1.1,1.2\n"
NEW_YORK = ("--timezone", "America/New_York")

BAD = {
    "a truncated zip": (cut_zip, (), "20140501_quote.zip: the zip is damaged or cut short"),
    "a .bi5 of a wrong hour": (wrong_hour, (), "11h_ticks.bi5 holds the very ticks of"),
    "mixed line endings": (texts(x=MIXED), (), "x.csv, line 2: ends in CR LF, the lines above in LF"),
    "decimal commas": (texts(x=COMMAS), (), 'x.csv, row 1: bid is "1,10000", not a number; if the comma is a decimal'),
    "decimal commas between commas": (texts(x=SPLIT), (), "x.csv, row 1: 5 cells, the header has 3; .* decimal commas"),
    "a daylight-saving gap": (texts(x=GAP), NEW_YORK, "x.csv, row 2: 2024-03-10 02:30:00 does not exist in America/"),
    "a wall time that is twice": (texts(x=TWICE), NEW_YORK, "x.csv, row 2: 2024-11-03 01:30:00 occurs twice in Americ"),
    "two files that overlap": (texts(a=FIRST, b=LATER), (), "b.csv.* overlap .*a.csv, from 2024-01-02 10:00:0"),
}


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file of a store; an interrupted import beside it is none of the store's."""
    files = (path for path in folder.rglob("*") if path.is_file() and ".import-" not in str(path))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with the sample in it, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    sc.Store("ticks").append(sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, 2_000))
    return tmp_path / "ticks"


@pytest.mark.parametrize("verb", ["check", "import", "resample", "backtest"])
@pytest.mark.parametrize("fault", BAD)
def test_one_line_and_the_store_as_it_was(fault: str, verb: str, store: Path, shared: Path) -> None:
    write, options, message = BAD[fault]
    files = write(Path.cwd(), shared)
    if (verb, fault) == ("check", "two files that overlap"):
        return  # a check counts what lies before the rows above it; see test_truth
    call = {
        "check": ("data", "check", *files),
        "import": ("data", "import", *files, "--store", store),
        "resample": ("data", "resample", *files, "--bars", "1min", "--store", store),
        "backtest": ("backtest", "ema-cross", "--data", *files),
    }[verb]
    before = snapshot(store)
    line = refused(*call, "--symbol", SYMBOL, *options)
    assert re.search(message, line), line
    assert snapshot(store) == before
    assert len(sc.Store(store).quotes(SYMBOL)) == 2_000


@pytest.mark.parametrize(
    "call",
    [
        ("data", "import", "x.csv", "--symbol", SYMBOL, "--store", "ticks"),
        ("data", "list", "ticks"),
        ("data", "check", "ticks", "--symbol", SYMBOL),
        ("data", "prune", "ticks", "--symbol", SYMBOL),
        ("backtest", "ema-cross", "--data", "store:ticks", "--symbol", SYMBOL),
    ],
    ids=lambda call: " ".join(call[:2]),
)
def test_a_store_of_a_newer_version(call: tuple[str, ...], store: Path) -> None:
    texts(x=FIRST)(store.parent, store)
    manifest = json.loads((store / "store.json").read_text())
    manifest["version"] = manifest["version"] + 1
    (store / "store.json").write_text(json.dumps(manifest))
    before = snapshot(store)
    assert "newer" in refused(*call)
    assert snapshot(store) == before


def test_a_full_disk(store: Path, small_disk) -> None:
    before = snapshot(store)
    moved = sc.read_quotes(sample_path(), symbol=SYMBOL).to_polars()
    moved.write_parquet("more.parquet")
    with small_disk(20_000):
        line = refused("data", "import", "more.parquet", "--symbol", "GBPUSD", "--store", store)
    assert "could not be written: file too large" in line
    assert snapshot(store) == before
    good("data", "import", "more.parquet", "--symbol", "GBPUSD", "--store", store)
    assert len(sc.Store(store).quotes("GBPUSD")) == moved.height


def test_bars_of_quotes_and_of_trades_are_not_taken_for_one(store: Path, shared: Path) -> None:
    folder = shared / "market-data/lean/Data/equity/usa/minute/spy"
    if not folder.is_dir():
        pytest.skip(f"needs the shared market data: there is no {folder}")
    before = snapshot(store)
    line = refused("data", "import", folder, "--symbol", "SPY", "--store", store)
    assert "bars of quotes and bars of trades in one folder; pass" in line
    assert snapshot(store) == before
    good("data", "import", f"{folder}/*_quote.zip", "--symbol", "SPY", "--store", store)
    assert sc.Store(store).bars("SPY").ask_close is not None
