"""`simcore walk-forward` and `simcore optimize` say what sc.walk_forward and sc.optimize return."""

from __future__ import annotations

import pytest

import simcore as sc
from simcore.market.sample import sample_path
from strategies.momentum import EmaCross
from tests.cli.run import SAMPLE, good, parsed, refused

WALK = ("walk-forward", "ema-cross", *SAMPLE, "--compiled", "-p", "fast=5,10", "slow=20,30")
CUT = ("--training", "6h", "--testing", "4h", "--objective", "Return [%]")
FIND = ("optimize", "ema-cross", *SAMPLE, "--compiled", "-p", "fast=5:15", "slow=20:60:10", "--objective", "Return [%]")


@pytest.fixture(scope="module")
def quotes() -> object:
    return sc.read_quotes(sample_path(), symbol="EURUSD")


def test_walk_forward_prints_its_windows_and_writes_its_files(tmp_path, quotes):
    drawn, page, table = tmp_path / "p.svg", tmp_path / "r.html", tmp_path / "w.csv"
    told = parsed(*WALK, *CUT, "--chart", drawn, "--report", page, "--save", table)
    params = {"fast": [5, 10], "slow": [20, 30]}
    given = {"training": "6h", "testing": "4h", "objective": "Return [%]"}
    found = sc.walk_forward(sc.compiled(EmaCross), quotes, params=params, **given)
    assert [row["fast"] for row in told["windows"]] == found.windows["fast"].to_list()
    assert told["stats"]["Equity Final [$]"] == found.stats["Equity Final [$]"]
    assert len(table.read_text().splitlines()) == 1 + found.windows.height == 5
    assert "walk-forward" in page.read_text()
    assert drawn.read_text().startswith("<svg")
    assert "stitched, positions carry" in good(*WALK, *CUT, "--positions", "carry")


def test_optimize_prints_the_best(quotes):
    told = parsed(*FIND, "--trials", 6, "--constraint", "stop_outs == 0")
    given = {"params": {"fast": (5, 15), "slow": (20, 60, 10)}, "objective": "Return [%]"}
    found = sc.optimize(sc.compiled(EmaCross), quotes, trials=6, constraints="stop_outs == 0", **given)
    assert told["best"] == found.best
    assert told["best_value"] == found.best_value
    assert told["trials"] == 6
    assert "best of 3 trials: fast=" in good(*FIND, "--trials", 3)


def test_a_mistake_is_one_line():
    told = refused(*WALK, "--training", "30D", "--testing", "5D")
    assert "training 30D and testing 5D are longer than the data: 1 trading day," in told
    assert "did you mean 'carry'?" in refused(*WALK, *CUT, "--positions", "carr")
    assert "did you mean 'tpe'?" in refused(*FIND, "--sampler", "tp")
