"""Optimisation: what is chosen is what was found, constraints hold, several processes share one study."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import simcore as sc
from simcore.research.space import Between, read_constraints, read_space, short_names
from tests.research.bots import Cross, FastCross, quotes

pytest.importorskip("optuna", reason="needs the extra `research`")

ROOT = Path(__file__).resolve().parents[2]
SPACE: dict[str, Any] = {"fast": (5, 100), "slow": range(100, 600, 20)}


def run(trials: int = 12, data: Any = None, **more: Any) -> Any:
    given = {"params": SPACE, "objective": "Return [%]", **more}
    return sc.optimize(FastCross, quotes(8_000) if data is None else data, trials=trials, **given)


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsga2", "random"])
def test_the_best_is_the_best_of_the_trials_and_a_backtest_of_it_the_same(sampler):
    found = run(sampler=sampler)
    assert found.trials.height == len(found) == 12
    assert found.best_value == found.trials["objective Return [%]"].max()
    alone = sc.backtest(FastCross(**found.best), quotes(8_000))
    assert alone.stats["Return [%]"] == found.best_value == found.front["Return [%]"][0]
    again = run(sampler=sampler, workers=1)
    assert again.trials.drop("number").write_json() == found.trials.drop("number").write_json()


def test_it_finds_the_top_of_a_hill():
    """A function of the parameters alone, with its top at fast = 40, slow = 300; 60 trials of 96 x 500 combinations."""
    hill = lambda row: -(((row["fast"] - 40) / 95) ** 2) - ((row["slow"] - 300) / 500) ** 2  # noqa: E731
    found = sc.optimize(
        FastCross, quotes(600), params={"fast": (5, 100), "slow": (100, 600)}, objective=hill, trials=60
    )
    assert abs(found.best["fast"] - 40) < 15
    assert abs(found.best["slow"] - 300) < 75


def test_constraints_are_kept():
    least = int(run(20).trials["# Trades"].median())
    limits = {"min_trades": least, "max_drawdown": 50, "stop_outs": 0}
    found = run(20, constraints=limits)
    kept = found.trials.filter("feasible")
    assert 0 < kept.height < 20
    assert kept["# Trades"].min() >= least
    assert found.trials.filter(~pl.col("feasible"))["# Trades"].max() < least
    assert found.best_value == kept["objective Return [%]"].max()
    with pytest.raises(sc.ConfigError, match="none of 5 trials keeps trades >= 100000; loosen them"):
        _ = run(5, constraints=["trades >= 100000"]).best


def test_several_objectives_draw_a_front():
    found = run(16, objective=["Return [%]", "# Trades"], maximize=[True, False], sampler="nsga2")
    front = found.front.sort("Return [%]")
    assert front.height >= 1
    # along a front a better return costs trades
    assert front["# Trades"].is_sorted()
    for row in found.trials.iter_rows(named=True):
        better = front.filter((pl.col("Return [%]") >= row["Return [%]"]) & (pl.col("# Trades") <= row["# Trades"]))
        assert better.height >= 1


def test_pruning_gives_up_what_falls_behind_and_keeps_the_figures_of_the_rest():
    found = run(24, data=quotes(), pruning=True)
    states = found.trials["state"]
    assert set(states) == {"complete", "pruned"}
    assert found.trials.filter(pl.col("state") == "pruned")["Return [%]"].is_null().all()
    alone = sc.backtest(FastCross(**found.best), quotes())
    assert alone.stats["Return [%]"] == found.best_value
    again = run(24, data=quotes(), pruning=True, workers=4)  # of two that share the rows both may be given up
    assert again.trials.drop("number").write_json() == found.trials.drop("number").write_json()


SHARED = """
import sys
import simcore as sc
from tests.research.bots import FastCross, quotes
found = sc.optimize(FastCross, quotes(2_000), params={"fast": (5, 100), "slow": range(100, 600, 20)},
                    objective="Return [%]", trials=6, pruning=True, constraints={"stop_outs": 0}, storage=sys.argv[1])
print(len(found))
"""


def kept(request, tmp_path) -> str:
    """Where a study may be kept, empty."""
    if request.param == "sqlite":
        return str(tmp_path / "study.db")
    pytest.importorskip("psycopg", reason="needs the extra `postgres`")
    return request.getfixturevalue("postgres")


place = pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.slow), "postgresql"], name="place")(kept)
both = pytest.fixture(params=["sqlite", "postgresql"], name="both")(kept)


def test_several_processes_share_one_study_from_the_very_start(place):
    """Two begin at once, where there are no tables yet; each sees the other's trials, and none is lost."""
    command = [sys.executable, "-c", SHARED, place]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "SIMCORE_LEDGER": "off"}
    both = [subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE) for _ in range(2)]
    told = [int(one.communicate()[0] or 0) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert max(told) > 6
    shared = {"data": quotes(2_000), "storage": place, "pruning": True, "constraints": {"stop_outs": 0}}
    found = run(1, **shared)
    assert len(found) == 13
    assert found.trials["number"].sort().to_list() == list(range(13))
    assert set(found.trials["state"]) <= {"complete", "pruned"}
    drawn = found.trials.select("fast", "slow")
    assert drawn.n_unique() > 9  # two processes do not draw the same
    with pytest.raises(sc.ConfigError, match="is of another strategy, data, account, objective or params"):
        run(1, **{**shared, "data": quotes(2_001)}, study=found.study.study_name)


def test_studies_and_the_ledger_share_a_file_or_a_database(both):
    run(2, data=quotes(300), storage=both, study="both", ledger=both)
    assert len(run(1, data=quotes(300), storage=both, study="both", ledger=None)) == 3
    ledger = sc.Ledger(both)
    assert ledger.frame()["kind"].to_list() == ["optimize"] * 2
    ledger.prune()
    assert len(run(1, data=quotes(300), storage=both, study="both", ledger=both)) == 4
    assert ledger.prune() == 1


def test_a_file_of_studies_takes_a_ledger_too(tmp_path):
    file = tmp_path / "study.db"
    run(1, data=quotes(300), storage=file, study="x", ledger=None)
    assert sc.Ledger(file).rows() == []
    assert len(run(1, data=quotes(300), storage=file, study="x", ledger=file)) == 2
    assert len(sc.Ledger(file).rows()) == 1


def test_what_was_given_up_is_a_trial_too(tmp_path):
    place = tmp_path / "trials.sqlite"
    found = run(24, data=quotes(), pruning=True, ledger=place)
    given_up = found.trials.filter(pl.col("state") == "pruned").height
    written = sc.Ledger(place).frame()
    assert 0 < given_up < 24
    assert written.height == 24
    assert set(written["error"]) == {""}
    assert sum(not stats or stats == "{}" for stats in written["stats"]) == given_up


def test_failed_trials_are_rows_and_all_failing_is_one_line():
    found = sc.optimize(
        FastCross, quotes(900), params={"fast": [0, 5]}, objective="Return [%]", trials=6, sampler="random"
    )
    assert "EMA needs a period" in found.trials["error"].drop_nulls()[0]
    assert found.best == {"fast": 5}
    with pytest.raises(sc.ConfigError, match=r"is nan for all 3 trials; the first failed: .*division by zero"):
        _ = sc.optimize(FastCross(fault=3), quotes(900), params={"fast": (5, 9)}, trials=3).best


def test_trials_are_counted(tmp_path):
    place = tmp_path / "trials.sqlite"
    run(5, ledger=place)
    assert sc.Ledger(place).frame()["kind"].to_list() == ["optimize"] * 5


def test_spaces_and_constraints_are_read():
    space = read_space(Cross, {"fast": (5, 50), "slow": [10, 20, 30], "qty": (0.1, 0.5), "fault": [0, 7, 9]})
    assert space == {
        "fast": Between(5, 50, 1),
        "slow": Between(10, 30, 10),
        "qty": Between(0.1, 0.5, None),
        "fault": [0, 7, 9],
    }
    limits = read_constraints({"max_drawdown": 20, "min_trades": 30, "stop_outs": 0, "min_sharpe_ratio": 1})
    assert [str(one) for one in limits] == ["max_drawdown <= 20", "trades >= 30", "stop_outs == 0", "sharpe_ratio >= 1"]
    texts = ["max_drawdown <= 20", "min_trades >= 30", "Stop Outs == 0", "# Trades >= 3", "Max. Drawdown [%] <= 20"]
    assert [one.statistic for one in read_constraints(texts)] == [
        "Max. Drawdown [%]", "# Trades", "Stop Outs", "# Trades", "Max. Drawdown [%]"
    ]  # fmt: skip
    # a drawdown of -25 % is 5 beyond a limit of 20
    assert limits[0].beyond({"Max. Drawdown [%]": -25.0}) == 5.0
    assert limits[0].beyond({"Max. Drawdown [%]": -12.5}) < 0.0
    assert limits[1].beyond({}) == 1e9
    assert {"max_drawdown": "Max. Drawdown [%]", "trades": "# Trades"}.items() <= short_names().items()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sampler": "tpee"}, "sampler 'tpee' is not known; did you mean 'tpe'?"),
        ({"params": {"fats": (1, 2)}}, "Cross has no parameter 'fats'; did you mean 'fast'?"),
        ({"params": {}}, "params must name what may be chosen"),
        ({"params": {"fast": (5, 2)}}, "fast must go up from low to high by a step above 0, was (5, 2)"),
        ({"objective": "Retur [%]"}, "objective 'Retur [%]' is not a statistic; did you mean 'Return [%]'?"),
        ({"objective": []}, "objective '' is not a statistic"),
        ({"constraints": {"max_drowdown": 1}}, "there is no statistic 'max_drowdown'; did you mean 'max_drawdown'?"),
        ({"constraints": ["max_pain <= 1"]}, "there is no statistic 'max_pain'"),
        ({"constraints": ["trades"]}, "write a statistic, a sign and a number"),
        ({"trials": 0}, "trials must be a whole number of at least 1, was 0"),
        ({"objective": ["Return [%]", "# Trades"], "sampler": "cmaes"}, "cmaes has one objective"),
        ({"objective": ["Return [%]"], "maximize": [True, False]}, "maximize has 2 entries, there are 1 objectives"),
        ({"pruning": True, "maximize": False}, "pruning needs one objective that is maximised"),
        ({"study": "x"}, "study 'x' needs a storage to be kept in"),
        ({"where": "fast > slow"}, "where: a thousand combinations in a row were left out"),
        ({"storage": "nosuch://x"}, "storage nosuch://x cannot be used"),
    ],
)
def test_bad_input_is_one_line(given, told):
    with pytest.raises(sc.ConfigError, match=re.escape(told)):
        run(**{"data": quotes(300), "trials": 2, **given})
