"""`simcore sweep` prints the table that sc.sweep returns, best first; a mistake is one line."""

from __future__ import annotations

import polars as pl

import simcore as sc
from simcore.market.sample import sample_path
from strategies.momentum import EmaCross
from tests.cli.run import SAMPLE, good, parsed, refused

GIVEN = ("sweep", "ema-cross", *SAMPLE, "-p", "fast=5:15:5", "slow=10,30", "--where", "fast < slow", "--compiled")


def test_json_is_the_frame_and_files_are_written(tmp_path):
    table, drawn = tmp_path / "t.parquet", tmp_path / "h.svg"
    told = parsed(*GIVEN, "--cash", 5_000, "--save", table, "--heat-map", drawn)
    quotes = sc.read_quotes(sample_path(), symbol="EURUSD")
    params = {"fast": [5, 10, 15], "slow": [10, 30]}
    frame = sc.sweep(sc.compiled(EmaCross), quotes, params=params, where="fast < slow", cash=5_000.0)
    assert [list(row) for row in told] == [frame.columns] * 4
    assert [row["Equity Final [$]"] for row in told] == frame["Equity Final [$]"].to_list()
    assert pl.read_parquet(table).write_json() == frame.write_json()
    assert drawn.read_text().count("<title>") == 4


def test_the_table_is_best_first_and_counts_failures():
    lines = good(*GIVEN, "--top", 2).splitlines()
    shares = [float(line.split()[2].replace(",", "")) for line in lines[1:3]]
    assert shares == sorted(shares, reverse=True)
    assert lines[-1] == "4 combinations"
    assert "4 combinations, 2 failed" in good(
        "sweep", "ema-cross", *SAMPLE, "-p", "fast=0,5", "slow=20,30", "--compiled"
    )


def test_a_mistake_is_one_line(tmp_path):
    start = ("sweep", "ema-cross", *SAMPLE)
    assert "say which parameters to vary: -p NAME=VALUES" in refused(*start)
    assert "no parameter 'fats', did you mean 'fast'?" in refused(*start, "-p", "fats=1")
    assert "a range goes up by a step above 0" in refused(*start, "-p", "fast=9:3:1")
    assert "write a range as first:last:step" in refused(*start, "-p", "fast=1:x")
    told = refused(*start, "-p", "fast=5", "--sort", "Sharp")
    assert told == "simcore: objective 'Sharp' is not a statistic; did you mean 'Sharpe Ratio'?"
    assert "needs two parameters" in refused(*start, "-p", "fast=5", "--heat-map", tmp_path / "x.svg")
