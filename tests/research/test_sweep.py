"""A sweep's row is the backtest of its parameters; failures are rows; an interrupted sweep ends with the same table."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import simcore as sc
from simcore.market.blocks import BlockFeed
from simcore.research import sweep as module
from simcore.research.table import cells
from tests.research.bots import BarCross, Cross, FastBarCross, FastCross, quotes

ROOT = Path(__file__).resolve().parents[2]
GRID: dict[str, Any] = {"fast": [10, 40], "slow": [60, 200, 600]}


def same(a: pl.DataFrame, b: pl.DataFrame) -> None:
    assert a.write_ipc(None).getvalue() == b.write_ipc(None).getvalue()
    assert a.schema == b.schema


@pytest.mark.parametrize("form", [Cross, FastCross])
def test_a_row_is_the_backtest_of_its_parameters(form):
    options: dict[str, Any] = {"cash": 5_000.0, "track": True, "finalize_trades": True, "sample": "10min"}
    frame = sc.sweep(form, quotes(), params=GRID, **options)
    assert frame.select("fast", "slow").rows() == [(f, s) for f in GRID["fast"] for s in GRID["slow"]]
    for row in frame.iter_rows(named=True):
        alone = sc.backtest(form(fast=row["fast"], slow=row["slow"]), quotes(), **options)
        expected = cells(alone.stats)
        assert [*frame.columns] == ["fast", "slow", *expected, "error"]
        found = frame.filter((pl.col("fast") == row["fast"]) & (pl.col("slow") == row["slow"]))
        for name, value in expected.items():
            got = found[name].to_physical()[0]
            both_nan = isinstance(value, float) and isinstance(got, float) and math.isnan(value) and math.isnan(got)
            assert both_nan or got == value, name
    assert frame["# Trades"].min() > 5
    assert frame["Return [%]"].n_unique() == 6


def test_workers_batches_and_blocks_do_not_change_a_byte(monkeypatch):
    one = sc.sweep(FastCross, quotes(), params=GRID, workers=1)
    same(one, sc.sweep(FastCross, quotes(), params=GRID, workers=3))
    monkeypatch.setitem(module.BATCH, "M", 1)
    same(one, sc.sweep(FastCross, quotes(), params=GRID, workers=2))
    monkeypatch.setattr(sys.modules["simcore.backtest"], "SHARED", 17)
    monkeypatch.setitem(module.BATCH, "M", 64)
    same(one, sc.sweep(FastCross, quotes(), params=GRID, workers=1))
    monkeypatch.setattr("simcore.kernel.buffers.TAPE_ROWS", 50)  # full again and again
    same(one, sc.sweep(FastCross, quotes(), params=GRID, workers=2))


def test_several_instruments_and_bars_are_swept_as_they_are_backtested():
    other = quotes(seed=4)
    data = {"EURUSD": quotes(), "GBPUSD": type(other)("GBPUSD", other.ts + 7, other.bid, other.ask)}
    frame = sc.sweep(BarCross, data, params={"fast": [2, 3], "slow": 5})
    assert frame["Ticks"].to_list() == [40_000, 40_000]
    alone = sc.backtest(BarCross(fast=3, slow=5), data)
    assert frame["Equity Final [$]"][1] == alone.stats["Equity Final [$]"]


@pytest.mark.parametrize("form", [Cross, FastCross])
def test_a_failed_combination_is_a_row_with_its_error(form):
    frame = sc.sweep(form, quotes(2_000), params={"fast": [10, 0], "slow": [60], "fault": [0, 700]})
    good, late, never, _ = frame.iter_rows(named=True)
    assert good["error"] is None
    assert good["Fills"] > 0
    assert "division by zero" in late["error"]
    assert "Cross.on_quote, line" in late["error"]
    assert late["Fills"] is None
    assert never["error"] == "Cross._fast: EMA needs a period of at least 1, was 0"


@pytest.mark.parametrize(
    "where", ["fast * 10 < slow", lambda fast, slow: fast * 10 < slow, lambda p: p.fast * 10 < p["slow"]]
)
def test_where_keeps_combinations(where):
    frame = sc.sweep(FastCross, quotes(1_000), params=GRID, where=where)
    assert frame.select("fast", "slow").rows() == [(10, 200), (10, 600), (40, 600)]


def test_an_instance_fixes_what_is_not_swept():
    frame = sc.sweep(FastCross(qty=0.3), quotes(2_000), params={"fast": [10]})
    assert frame.columns[:2] == ["qty", "fast"]
    assert frame["Return [%]"][0] == sc.backtest(FastCross(qty=0.3, fast=10), quotes(2_000)).stats["Return [%]"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"params": {"fats": [1]}}, "params: Cross has no parameter 'fats'; did you mean 'fast'?"),
        ({"params": {}}, "params must name the values to try, such as dict(fast=[5, 10, 20]), was {}"),
        ({"params": {"fast": []}}, "params: fast has no values, so there is nothing to try; give at least one"),
        ({"params": {"fast": [1.5]}}, "params: Cross.fast must be a whole number, was 1.5"),
        ({"where": "fast > slow"}, "where: keeps none of the 6 combinations of fast, slow; loosen it"),
        ({"where": "fast < slw"}, "where: 'fast < slw': Cross has no parameter 'slw'; did you mean 'slow'?"),
        ({"where": "fast <"}, "where: 'fast <' cannot be read: invalid syntax"),
        ({"where": "print(1)"}, "where: 'print(1)' may compare parameters and reckon with them, no Call"),
        ({"executor": "rays"}, "executor = 'rays'; did you mean 'ray'?"),
        ({"workers": 0}, "workers must be a whole number of at least 1, was 0"),
        ({"cahs": 5}, "sweep takes no argument 'cahs'; did you mean 'cash'?"),
    ],
)
def test_bad_input_is_one_line(given, told):
    with pytest.raises(sc.ConfigError, match=re.escape(told)):
        sc.sweep(Cross, quotes(100), **{"params": GRID, **given})


def test_every_combination_is_a_trial_once(tmp_path):
    """Also where the sweep was interrupted: what was done before is not run, nor counted, again."""
    place = tmp_path / "trials.sqlite"
    params = {"fast": [10, 0], "slow": [60, 200]}
    for _ in range(2):
        sc.sweep(FastCross, quotes(), params=params, ledger=place, checkpoint=tmp_path / "study", cash=5_000.0)
    rows = sc.Ledger(place).frame()
    assert rows.height == 4
    assert rows["kind"].unique().to_list() == ["sweep"]
    assert rows["study"].n_unique() == 1
    assert rows["trial"].n_unique() == 4
    assert sorted(rows["error"].to_list())[:2] == ["", ""]
    assert "EMA needs a period" in sorted(rows["error"].to_list())[3]
    sc.backtest(FastCross(slow=60, fast=10), quotes(), ledger=place, cash=5_000.0)
    again = sc.Ledger(place).frame()
    alone = again.row(4, named=True)
    swept = next(row for row in again.head(4).iter_rows(named=True) if row["trial"] == alone["trial"])
    for name in ("code", "parameters", "stats", "data", "rules", "sharpe", "observations", "start", "end", "rows"):
        assert swept[name] == alone[name], name


def test_progress_hears_every_batch(monkeypatch):
    monkeypatch.setitem(module.BATCH, "M", 2)
    heard: list[tuple[int, int]] = []
    sc.sweep(FastCross, quotes(500), params=GRID, progress=lambda *told: heard.append(told))
    assert heard[-1] == (6, 6)
    assert [done for done, _ in heard] == sorted({done for done, _ in heard})


def test_true_shows_how_far_it_is_and_how_fast_where_nobody_watches_in_a_line(capsys):
    """Every study alike; nothing is shown unless it is asked for."""
    data, grid = quotes(2_000), {"params": {"fast": [5, 10]}}
    calls = [
        ("Cross swept: 2 combinations", lambda **more: sc.sweep(FastCross, data, **grid, **more)),
        ("Cross over EURUSD: 2,000 rows", lambda **more: sc.backtest(FastCross(), data, **more)),
        ("Cross: perturb: 3 paths", lambda **m: sc.monte_carlo(FastCross, data, method="perturb", n=3, **m)),
        ("Cross: causality: 3 instants", lambda **more: sc.causality(Cross(), data, instants=3, **more)),
    ]
    for told, call in calls:
        call(progress=True)
        line = capsys.readouterr().err
        assert re.fullmatch(rf"{re.escape(told)} in [\d.]+ s, [\d,.]+ {told.split()[-1]}/s\n", line), line
        call()
        call(progress=False)
        assert capsys.readouterr() == ("", "")
    with pytest.raises(
        sc.ConfigError, match=re.escape("progress must be True, for a bar, or a function of (done, of), was 3")
    ):
        sc.sweep(FastCross, data, **grid, progress=3)


KILLED = """
import os, signal, sys
from simcore.market.blocks import BlockFeed
from simcore.research import sweep as module
from tests.research.bots import FastCross, quotes
module.BATCH["M"] = 1
def tell(done, of):
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)
module.sweep(FastCross, quotes(), params={"fast": [10, 40], "slow": [60, 200, 600]}, workers=1,
             checkpoint=sys.argv[1], progress=tell)
"""


def test_a_killed_sweep_continues_where_it_stopped(tmp_path, monkeypatch):
    folder = tmp_path / "study"
    run = [sys.executable, "-c", KILLED, str(folder)]
    died = subprocess.run(run, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert died.returncode == -signal.SIGKILL
    assert len([*folder.glob("part-*.json")]) == 3
    played: list[int] = []
    monkeypatch.setattr(module, "run", lambda job, rows, inner=module.run: played.append(len(rows)) or inner(job, rows))
    frame = sc.sweep(FastCross, quotes(), params=GRID, checkpoint=folder)
    assert sum(played) == 3
    same(frame, sc.sweep(FastCross, quotes(), params=GRID))
    played.clear()
    same(frame, sc.sweep(FastCross, quotes(), params=GRID, checkpoint=folder))
    assert played == []


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("grid", {"params": {"fast": [10]}}),
        ("data", {"data": quotes(600)}),
        ("account", {"cash": 1.0}),
        ("strategy", {"strategy": FastBarCross}),
        ("options", {"sample": "1min"}),
    ],
)
def test_a_checkpoint_of_another_sweep_is_refused(tmp_path, what, given):
    base: dict[str, Any] = {"strategy": FastCross, "data": quotes(500), "params": GRID}
    sc.sweep(**base, checkpoint=tmp_path)
    with pytest.raises(sc.ConfigError, match=f"belongs to another run: another {what}; name another folder"):
        sc.sweep(**{**base, **given}, checkpoint=tmp_path)


def test_the_heat_map_shows_every_cell_and_marks_the_best():
    frame = pl.DataFrame({"a": [1, 1, 2, 2], "b": [5, 6, 5, 6], "v": [0.5, 2.0, math.nan, -1.0]})
    drawn = sc.heat_map(frame, "a", "b", "v")
    assert drawn.count("<title>") == 3  # the nan has no cell
    assert "a 1, b 6: v 2" in drawn
    assert drawn.count('class="best"') == 1
    assert ">framed, the highest: a 1, b 6: v 2<" in drawn
    assert [drawn.count(f">{words}<") for words in ("0.5", "-1", "nan")] == [1, 2, 0]  # -1 in the scale, too
    with pytest.raises(sc.DataError, match="no column 'w'"):
        sc.heat_map(frame, "a", "b", "w")
    with pytest.raises(sc.DataError, match="'v' is nowhere a number"):
        sc.heat_map(frame.with_columns(v=pl.lit(math.nan)), "a", "b", "v")


def test_a_store_is_read_twice_for_all_that_share_a_pass(tmp_path, monkeypatch):
    rows = quotes()
    store = sc.Store(tmp_path / "store")
    store.append(rows)
    passes: list[int] = []
    blocks = BlockFeed.blocks
    monkeypatch.setattr(BlockFeed, "blocks", lambda self: passes.append(1) or blocks(self))
    table = sc.sweep(FastCross, store.range("EURUSD"), params=GRID, workers=1, ledger=None)
    assert len(passes) == 2
    same(table, sc.sweep(FastCross, rows, params=GRID, workers=1, ledger=None))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_combinations():
    """In a process of its own: peak memory after 200 and after 2,000 combinations, the tables' own taken off."""
    told = subprocess.run([sys.executable, "-c", GROWS], cwd=ROOT, capture_output=True, text=True, check=True)
    few, many, tables = (int(n) for n in told.stdout.split())
    assert many - few - tables < 30_000_000


GROWS = """
import resource
import simcore as sc
from tests.research.bots import FastCross, quotes
peaks, sizes = [], []
for n in (200, 2_000):
    params = {"fast": range(10, 20), "slow": range(100, 100 + n // 10)}
    table = sc.sweep(FastCross, quotes(5_000), params=params, ledger=None)
    assert table["Fills"].min() > 0 and table.height == n
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    sizes.append(table.estimated_size())
print(*peaks, sizes[1])
"""
