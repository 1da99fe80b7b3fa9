"""`simcore monte-carlo` says what sc.monte_carlo returns; a mistake is one line."""

from __future__ import annotations

import simcore as sc
from simcore.cli.monte_carlo import METHODS
from simcore.market.sample import sample_path
from simcore.research.monte_carlo import METHODS as methods
from strategies.momentum import EmaCross
from tests.cli.run import SAMPLE, good, parsed, refused

GIVEN = ("monte-carlo", "ema-cross", *SAMPLE, "--compiled", "-n", 8, "--seed", 3)


def test_json_table_and_files_are_those_of_the_call(tmp_path):
    drawn, table = tmp_path / "fan.svg", tmp_path / "paths.csv"
    asked = ("--method", "circular_ticks", "--with", "block=5000", "-p", "fast=15", "--chart", drawn, "--save", table)
    told = parsed(*GIVEN, *asked)
    quotes = sc.read_quotes(sample_path(), symbol="EURUSD")
    strategy = sc.compiled(EmaCross)(fast=15)
    found = sc.monte_carlo(strategy, quotes, method="circular_ticks", n=8, seed=3, block=5_000)
    assert told["probabilities"] == found.probabilities
    assert told["bands"][-1]["equity 50%"] == found.bands["equity 50%"][-1]
    assert told["settings"]["block"] == 5_000
    assert drawn.read_text().startswith("<svg")
    assert len(table.read_text().splitlines()) == 9


def test_people_get_a_table_and_the_probabilities():
    told = good(*GIVEN, "--method", "trade_bootstrap")
    assert "MonteCarlo(trade_bootstrap, 8 paths" in told
    assert "loss" in told
    assert "margin call" not in told  # of trades nothing is known of margin
    perturbed = good(*GIVEN, "--method", "perturb", "--with", "slippage=0.0001", "--with", "missed=0.5")
    assert "Slippage [price]" in perturbed
    assert "e-05" in perturbed


def test_the_help_names_every_method():
    assert all(name in METHODS for name in methods)


def test_a_mistake_is_one_line():
    assert "did you mean 'trade_shuffle'?" in refused(*GIVEN, "--method", "trade_shufle")
    assert "has no block" in refused(*GIVEN, "--method", "gbm", "--with", "block=3")
    assert "--with cash: no method has such a setting" in refused(*GIVEN, "--with", "cash=3")
