"""A policy for the data's faults, applied before the first tick and told in the report: files, frames, a store."""

from __future__ import annotations

import polars as pl
import pytest

import simcore as sc
from tests.cli.run import good, parsed, refused

# a duplicate, a crossed quote, a spike and one out of order among eight that are good
GOOD = "ts,bid,ask\n" + "".join(f"2024-01-02 10:00:{k:02},1.1000{k},1.1001{k}\n" for k in range(8))
SPIKE = "2024-01-02 10:00:30,1.30000,1.30010\n"
TAIL = "".join(f"2024-01-02 10:01:{k:02},1.1000{k},1.1001{k}\n" for k in range(8))
CROSSED = "2024-01-02 10:00:20,1.10020,1.10010\n"
TWICE = "2024-01-02 10:01:07,1.10007,1.10017\n"
LATE = "2024-01-02 10:00:40,1.10008,1.10018\n"
ORDERED = GOOD + CROSSED + SPIKE + TAIL + TWICE
COUNTED = {"crossed": 1, "duplicated": 1, "outlying": 1}
RUN = ("backtest", "ema-cross", "--symbol", "EURUSD", "--data")


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ordered.csv").write_text(ORDERED)
    (tmp_path / "late.csv").write_text(ORDERED + LATE)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "policy", "rows", "faults"),
    [
        ("ordered.csv", "keep", 19, COUNTED),
        ("ordered.csv", "drop", 16, COUNTED),
        ("ordered.csv", "sort", 19, COUNTED),
        ("late.csv", "drop", 16, {**COUNTED, "unordered": 1}),
        ("late.csv", "sort", 20, {**COUNTED, "unordered": 1}),
    ],
)
def test_the_command_line(files, file, policy, rows, faults):
    told = parsed(*RUN, file, "--policy", policy)
    assert told["stats"]["Ticks"] == rows
    assert told["quality"]["EURUSD"]["faults"] == faults
    assert told["quality"]["EURUSD"]["policy"] == policy
    text = good(*RUN, file, "--policy", policy, "--report", "out.html")
    assert f"data {told['quality']['EURUSD']['verdict']}" in text.replace("\n", " ").replace("  ", " ")
    assert told["quality"]["EURUSD"]["verdict"] in (files / "out.html").read_text()
    assert "1 crossed (5" in told["quality"]["EURUSD"]["verdict"]


def test_the_command_line_refuses(files):
    line = refused(*RUN, "ordered.csv", "--policy", "raise")
    assert "EURUSD, row 9, 2024-01-02 10:00:20: crossed (bid 1.1002, ask 1.1001)" in line
    assert line.endswith("Repair the data, or pass --policy drop or --policy keep")
    assert "late.csv, row 20" in refused(*RUN, "late.csv")
    assert "Did you mean 'drop'" in refused(*RUN, "ordered.csv", "--policy", "dorp").replace('"', "'")


class Idle(sc.Strategy):
    def on_quote(self, ctx):
        pass


@pytest.mark.parametrize("form", ["polars", "pandas", "quotes", "store"])
def test_python(files, form):
    frame = pl.read_csv("ordered.csv", try_parse_dates=True)
    quotes = sc.read_quotes("ordered.csv", symbol="EURUSD")
    store = sc.Store("ticks")
    store.append(quotes)
    data = {"polars": frame, "pandas": frame.to_pandas(), "quotes": quotes, "store": store.range("EURUSD")}[form]
    kept = sc.backtest(Idle(), {"EURUSD": data})
    assert kept.quality["EURUSD"].faults == COUNTED
    assert kept.stats["Ticks"] == 19
    dropped = sc.backtest(Idle(), {"EURUSD": data}, policy="drop")
    assert dropped.stats["Ticks"] == 16
    assert dropped.quality["EURUSD"].faults == COUNTED  # of what came, not of what was left
    assert dropped.quality["EURUSD"].verdict.endswith("policy drop: rows at fault are left out")
    assert dropped.fingerprint == sc.backtest(Idle(), {"EURUSD": sc.clean(quotes, policy="drop")}).fingerprint
    dropped.save(files / "run.simcore")
    assert sc.load(files / "run.simcore").quality["EURUSD"].verdict == dropped.quality["EURUSD"].verdict
    with pytest.raises(sc.DataError, match=r"EURUSD, row 9, .*: crossed"):
        sc.backtest(Idle(), {"EURUSD": data}, policy="raise")


def test_signals_stay_with_their_rows(files):
    quotes = sc.read_quotes("ordered.csv", symbol="EURUSD")
    with pytest.raises(sc.DataError, match=r"policy=\"drop\" moves rows away from their signals; sc\.clean the data"):
        sc.backtest_signals({"EURUSD": quotes}, [False] * 19, qty=0.1, policy="drop")


def test_prints_beside_quotes_are_cleaned_too(files):
    quotes = sc.read_quotes("ordered.csv", symbol="EURUSD")
    prints = pl.DataFrame({"ts": quotes.ts[[0, 0, 5]], "price": [1.1, 1.1, 1.1], "size": [1.0, 1.0, 1.0]})
    result = sc.backtest(Idle(), {"EURUSD": [quotes, sc.read_prints(prints, symbol="EURUSD")]}, policy="drop")
    assert result.stats["Ticks"] == 16 + 2
    assert result.quality["EURUSD"].kind == "quotes"
