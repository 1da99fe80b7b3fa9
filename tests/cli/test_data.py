"""`simcore data`: files into a store and out of it, and a backtest from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import simcore as sc
from benchmarks.markets import TICK, walk
from simcore.market.readers import large
from simcore.market.sample import SYMBOL, sample_path
from tests.cli.run import SAMPLE, good, parsed, refused, run
from tests.conftest import ROOT
from tests.market.store.rows import equal

NOON = "2016-06-14T12:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with the sample in it."""
    good("data", "import", sample_path(), "--symbol", SYMBOL, "--store", tmp_path / "ticks")
    return tmp_path / "ticks"


def test_import_says_what_became_of_the_rows(tmp_path: Path) -> None:
    store = tmp_path / "ticks"
    text = good("data", "import", sample_path(), "--symbol", SYMBOL, "--store", store)
    assert text.splitlines() == [f"100,005 rows added to {store}", "the store holds 100,005 rows in 0.7 MB"]
    assert equal(sc.Store(store).quotes(SYMBOL), sc.read_quotes(sample_path(), symbol=SYMBOL))
    told = parsed("data", "import", sample_path(), "--symbol", SYMBOL, "--store", store)
    assert told == {
        "store": str(store),
        "files": 1,
        "files_read_before": 0,
        "added": 0,
        "equal": 100_005,
        "left_out": 0,
        "replaced": 0,
    }


def test_list_and_info(folder: Path) -> None:
    good("data", "import", *halves(folder.parent)[1], "--symbol", "GBPUSD", "--store", folder)
    told = parsed("data", "list", folder)
    assert [(one["symbol"], one["kind"], one["timeframe"]) for one in told["series"]] == [
        ("EURUSD", "quotes", None),
        ("GBPUSD", "quotes", None),
    ]
    assert told["series"][0]["rows"] == 100_005
    assert told["unfinished_imports"] == []
    assert "EURUSD" in good("data", "list", folder)
    info = parsed("data", "info", folder, "--symbol", SYMBOL)
    assert info["columns"] == ["ts", "bid", "ask"]
    assert info["rows"] == sum(part["rows"] for part in info["files"]) == 100_005
    assert "2016-06-14" in good("data", "info", folder, "--symbol", SYMBOL, "--start", NOON)


def halves(folder: Path) -> tuple[list[Path], list[Path]]:
    """The sample in two files, in order; and one of them again, its times moved by a day."""
    frame = pl.read_parquet(sample_path())
    first, second, later = folder / "a.csv", folder / "b.csv", folder / "c.parquet"
    frame.head(60_000).write_csv(first)
    frame.tail(40_005).write_csv(second)
    frame.tail(10).with_columns(pl.col("ts") + 86_400_000_000_000).write_parquet(later)
    return [first, second], [later]


def test_files_in_any_order_become_one(tmp_path: Path) -> None:
    (first, second), _ = halves(tmp_path)
    for n, files in enumerate(([first, second], [second, first])):
        good("data", "import", *files, "--symbol", SYMBOL, "--store", tmp_path / f"{n}")
        assert equal(sc.Store(tmp_path / f"{n}").quotes(SYMBOL), sc.read_quotes(sample_path(), symbol=SYMBOL))


def test_a_large_file_goes_in_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (first, second), _ = halves(tmp_path)
    monkeypatch.setattr(large, "BLOCK", 100_000)
    expected = sc.read_quotes(sample_path(), symbol=SYMBOL)
    for n, files in enumerate(([first, second], [second, first])):  # in any order
        told = parsed("data", "import", *files, "--symbol", SYMBOL, "--store", tmp_path / f"{n}")
        assert told["added"] == 100_005
        assert equal(sc.Store(tmp_path / f"{n}").quotes(SYMBOL), expected)
    text = first.read_text().splitlines()
    first.write_text("\n".join([*text[:50_000], text[40_000], *text[50_000:]]))
    line = refused("data", "import", first, "--symbol", SYMBOL, "--store", tmp_path / "bad")
    assert "a.csv, row 50000: time 2016-06-14 " in line
    assert 'read it with --read unordered="sort"' in line
    assert not (tmp_path / "bad" / "quotes").exists()  # nothing of the blocks before it


def imported(csv: Path, store: Path) -> float:
    """The peak memory of an import in a process of its own, MB."""
    code = "import sys; from simcore.cli import app; from tests.market.store.peak import peak; import atexit; "
    code += "atexit.register(lambda: print(peak())); app(['data', 'import', *sys.argv[1:]])"
    command = [sys.executable, "-c", code, str(csv), "--symbol", SYMBOL, "--store", str(store)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is read by getrusage")
def test_a_file_larger_than_memory_goes_in_with_flat_memory(tmp_path: Path) -> None:
    """Two and twenty million rows: 80 and 800 MB of text, and twenty times as much in memory at once if read whole."""
    first = walk(SYMBOL, 1_000_000, seed=7)
    peaks = []
    for name, millions in (("short", 2), ("long", 20)):
        with (tmp_path / name).open("wb") as file:
            for n in range(millions):
                one = first.with_columns({"ts": first.ts + n * 1_000_000 * TICK}).to_polars()
                one.with_columns(pl.col("ts").dt.strftime("%Y-%m-%d %H:%M:%S%.3f")).write_csv(
                    file, include_header=n == 0
                )
        peaks.append(imported(tmp_path / name, tmp_path / f"{name}-store"))
        assert sc.Store(tmp_path / f"{name}-store").info()["rows"].to_list() == [millions * 1_000_000]
    print(f"\npeaks of imports of 2 and 20 M rows: {peaks} MB")
    assert peaks[1] < 600
    assert peaks[1] - peaks[0] < 150


def test_files_that_overlap_are_refused_and_leave_no_store(tmp_path: Path) -> None:
    line = refused(
        "data", "import", sample_path(), halves(tmp_path)[0][1], "--symbol", SYMBOL, "--store", tmp_path / "s"
    )
    assert f"{tmp_path / 'b.csv'}: its rows from 2016-06-14" in line
    assert f"overlap those of {sample_path()}" in line
    assert "no store here" in refused("data", "list", tmp_path / "s")


def test_an_interrupted_import_goes_on_where_it_was(tmp_path: Path, monkeypatch: Any) -> None:
    (first, second), _ = halves(tmp_path)
    store = tmp_path / "ticks"
    content = second.read_text()
    second.write_text(content[: len(content) // 2] + "\n\x01broken")
    refused("data", "import", first, second, "--symbol", SYMBOL, "--store", store)
    assert "no store here" in refused("data", "list", store)
    second.write_text(content)
    text = good("data", "import", first, second, "--symbol", SYMBOL, "--store", store)
    assert "1 of 2 files had been read by an import that was interrupted" in text
    assert equal(sc.Store(store).quotes(SYMBOL), sc.read_quotes(sample_path(), symbol=SYMBOL))
    assert sorted(path.name for path in store.iterdir()) == ["quotes", "store.json", "store.lock"]


def test_a_file_changed_since_is_read_again(tmp_path: Path) -> None:
    (first, second), (later,) = halves(tmp_path)
    store = tmp_path / "ticks"
    second.rename(tmp_path / "kept")
    refused("data", "import", first, second, "--symbol", SYMBOL, "--store", store)
    first.write_text("ts,bid,ask\n2016-06-13T10:00:00Z,1.1,1.2\n")
    (tmp_path / "kept").rename(second)
    text = good("data", "import", first, second, "--symbol", SYMBOL, "--store", store)
    assert "interrupted" not in text
    assert len(sc.Store(store).quotes(SYMBOL)) == 40_006
    # what an interrupted import left is listed, and pruned when asked for
    later.rename(tmp_path / "gone")
    refused("data", "import", first, later, "--symbol", "GBPUSD", "--store", store)
    (left,) = parsed("data", "list", store)["unfinished_imports"]
    assert parsed("data", "prune", store, "--unfinished") == {
        "store": str(store),
        "deleted": {left: 0},
        "dry_run": False,
    }
    assert parsed("data", "list", store)["unfinished_imports"] == []


@pytest.mark.parametrize("policy", ["refuse", "keep", "replace"])
def test_the_policy_is_named(folder: Path, policy: str) -> None:
    path = folder.parent / "other.csv"
    path.write_text("ts,bid,ask\n2016-06-14T12:00:00.0000001Z,1.5,1.6\n")
    args = ("data", "import", path, "--symbol", SYMBOL, "--store", folder, "--overlap", policy)
    if policy == "refuse":
        # one row in between two others is no overlap
        assert parsed(*args)["added"] == 1
        path.write_text("ts,bid,ask\n2016-06-14T12:00:00Z,1.5,1.6\n2016-06-14T12:10:00Z,1.5,1.6\n")
        assert "overlap is refuse: keep leaves out the new rows" in refused(*args)
        return
    path.write_text("ts,bid,ask\n2016-06-14T12:00:00Z,1.5,1.6\n2016-06-14T12:10:00Z,1.5,1.6\n")
    told = parsed(*args)
    assert (told["added"], told["left_out"]) == ((0, 2) if policy == "keep" else (2, 0))
    assert (told["replaced"] > 100) == (policy == "replace")


@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.csv.gz"])
def test_convert_is_the_same_rows_in_another_format(folder: Path, name: str) -> None:
    out = folder.parent / name
    told = parsed("data", "convert", folder, "--symbol", SYMBOL, "--end", NOON, "--to", out)
    expected = sc.Store(folder).quotes(SYMBOL, end=NOON)
    assert told == {"file": str(out), "rows": len(expected), "bytes": out.stat().st_size}
    assert equal(sc.read_quotes(out, symbol=SYMBOL), expected)
    assert "is there already" in refused("data", "convert", folder, "--symbol", SYMBOL, "--to", out)


def test_convert_of_files_and_what_cannot_be_written(tmp_path: Path) -> None:
    out = tmp_path / "out.feather"
    good("data", "convert", sample_path(), "--symbol", SYMBOL, "--to", out)
    assert pl.read_ipc(out).select(pl.col("ts").cast(pl.Int64), "bid", "ask").equals(pl.read_parquet(sample_path()))
    line = refused("data", "convert", sample_path(), "--symbol", SYMBOL, "--to", tmp_path / "out.parq")
    assert 'unknown ending ".parq"' in line
    assert 'Did you mean ".parquet"?' in line
    assert [path.name for path in tmp_path.iterdir()] == ["out.feather"]


def test_resample_into_the_store_and_into_a_file(folder: Path) -> None:
    quotes = sc.read_quotes(sample_path(), symbol=SYMBOL)
    expected = sc.resample(quotes, "5min")
    args = ("data", "resample", folder, "--symbol", SYMBOL, "--kind", "quotes", "--bars", "5min")
    told = parsed(*args, "--store", folder)
    assert (told["bars"], told["added"]) == (len(expected), len(expected))
    assert equal(sc.Store(folder).bars(SYMBOL), expected)
    good(*args, "--to", folder.parent / "bars.csv")
    assert equal(sc.read_bars(folder.parent / "bars.csv", symbol=SYMBOL), expected)
    assert "--to FILE or --store FOLDER" in refused(*args)
    # two series of one symbol now: which one has to be said
    line = refused("backtest", "ema-cross", "--data", folder, "--symbol", SYMBOL)
    assert "holds EURUSD quotes, EURUSD 5min bars; say which: --kind one of" in line


def test_prune(folder: Path) -> None:
    rows = sc.Store(folder).quotes(SYMBOL, end=NOON)
    assert "say what to delete" in refused("data", "prune", folder)
    dry = parsed("data", "prune", folder, "--end", NOON, "--dry-run")
    assert dry["deleted"] == {"EURUSD quotes": len(rows)}
    assert len(sc.Store(folder).quotes(SYMBOL)) == 100_005
    assert f"EURUSD quotes: {len(rows):,} rows deleted" in good("data", "prune", folder, "--end", NOON)
    assert len(sc.Store(folder).quotes(SYMBOL)) == 100_005 - len(rows)


@pytest.mark.parametrize("form", ["store:{}", "{}", "EURUSD={}"])
def test_a_backtest_from_the_store_is_that_from_the_file(folder: Path, form: str) -> None:
    args = ("--start", "2016-06-14T06:00", "--end", NOON, "-p", "fast=5", "slow=20")
    direct = parsed("backtest", "ema-cross", *SAMPLE, *args)
    told = parsed("backtest", "ema-cross", "--data", form.format(folder), "--symbol", SYMBOL, *args)
    assert told == direct
    assert len(told["fills"]) > 10


def test_paper_from_the_store(folder: Path) -> None:
    args = ("--end", "2016-06-14T02:00", "--session")
    direct = parsed("paper", "ema-cross", *SAMPLE, *args, folder.parent / "one")
    told = parsed("paper", "ema-cross", "--data", folder, "--symbol", SYMBOL, *args, folder.parent / "two")
    assert told["fingerprint"] == direct["fingerprint"]


def test_what_is_not_there(folder: Path) -> None:
    assert "no store there" in refused("backtest", "grid", "--data", "store:nowhere", "--symbol", SYMBOL)
    line = refused("backtest", "grid", "--data", folder, "--symbol", "EURCHF")
    assert "holds no EURCHF, but EURUSD." in line
    line = refused("backtest", "grid", "--data", folder, "--symbol", SYMBOL, "--start", "2020-01-01")
    assert "nothing of EURUSD quotes in that range; there is 2016-06-14" in line
    line = refused("backtest", "grid", *SAMPLE, "--start", "yesterday")
    assert "start must be a time such as 2024-01-02 or 2024-01-02T10:30, was 'yesterday'" in line


def test_help_names_every_verb() -> None:
    text = run("data", "--help").stdout
    for verb in ("import", "list", "info", "convert", "resample", "prune"):
        assert verb in text
        assert "simcore data " + verb in run("data", verb, "--help").stdout


FAULTY = "ts,bid,ask\n" + "\n".join(
    f"2024-01-08T10:00:{second:02d},{bid},{ask}"
    for second, bid, ask in [(0, 1.1, 1.2), (1, 1.1, 1.3), (1, 1.1, 1.3), (3, 1.2, 1.1), (2, 1.1, 1.2), (4, 1.2, 1.2)]
)


def test_check_counts_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(FAULTY)
    counts = {"crossed": 1, "locked": 1, "duplicated": 1, "unordered": 1}
    told = parsed("data", "check", path, "--symbol", "EURUSD", "--html", tmp_path / "page.html")
    assert {name: count for name, count in told["total"].items() if count} == {**counts, "equal_times": 1}
    assert [(day["day"], day["rows"]) for day in told["days"]] == [("2024-01-08", 6)]
    assert told["policy"] == "keep"
    page = (tmp_path / "page.html").read_text()
    assert told["verdict"] in page
    main = page.split("<main>")[1].split("</main>")[0]
    assert main.count("<svg") == 6  # the rows, four faults and the equal times
    assert "http" not in main
    text = good("data", "check", path, "--symbol", "EURUSD", "--policy", "drop", "--to", tmp_path / "good.csv")
    assert "all" in text
    assert "out of session: not counted, needs --calendar" in text
    assert "policy drop: rows at fault are left out" in text
    assert len(sc.read_quotes(tmp_path / "good.csv", symbol="EURUSD")) == 3
    assert path.read_text() == FAULTY


def test_check_refuses_in_one_line(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(FAULTY)
    line = refused("data", "check", path, "--symbol", "EURUSD", "--policy", "raise")
    assert "EURUSD, row 3, 2024-01-08 10:00:01: duplicated (bid 1.1, ask 1.3)" in line
    assert "Did you mean" in refused("data", "check", path, "--symbol", "EURUSD", "--policy", "sorted")
    assert "write a time" in refused("data", "check", path, "--symbol", "EURUSD", "--gap", "soon")
    assert "check a store and files apart" in refused("data", "check", path, folder, "--symbol", "EURUSD")
    assert "none.html" in refused("data", "check", path, "--symbol", "EURUSD", "--html", tmp_path / "no" / "none.html")


def test_check_of_a_store_is_that_of_its_file(folder: Path) -> None:
    told, of_file = (parsed("data", "check", one, "--symbol", SYMBOL) for one in (folder, sample_path()))
    assert told["rows"] == 100_005
    assert (told["total"], told["days"]) == (of_file["total"], of_file["days"])
