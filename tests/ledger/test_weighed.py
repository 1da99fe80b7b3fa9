"""A result with what the ledger knows of other trials: in figures, in words, in the report."""

from __future__ import annotations

import math
from html import unescape
from pathlib import Path

import numpy as np
import pytest

import simcore as sc
from simcore.overfitting.evidence import weigh
from simcore.report.glossary import EVIDENCE, meaning
from tests.ledger.runs import Turn, quotes


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> sc.Ledger:
    made = sc.Ledger(tmp_path_factory.mktemp("ledger") / "l.sqlite")
    for every in (3, 4, 6, 7):
        sc.backtest(Turn(every=every), quotes(40), ledger=made)
    return made


def test_the_figures_are_those_of_the_ledger(ledger: sc.Ledger) -> None:
    result = sc.backtest(Turn(), quotes(40), ledger=ledger)
    found = result.overfitting()
    returns = result.returns.to_numpy()
    assert found.trials == len(ledger.tried("Turn", ["EURUSD"])) == 5
    sharpe = returns.mean() / returns.std(ddof=1)
    moments = {"sharpe": sharpe, "observations": 40, "skew": found.skew, "kurtosis": found.kurtosis}
    assert found.sharpe == pytest.approx(sharpe)
    assert found.sharpe_year == pytest.approx(result.stats["Sharpe Ratio (Daily)"])
    assert 100.0 * found.probabilistic == pytest.approx(result.stats["Probabilistic Sharpe (Daily) [%]"])
    variance = ledger.tried("Turn", ["EURUSD"]).variance
    assert found.deflated == pytest.approx(sc.deflated_sharpe(**moments, trials=5, trials_variance=variance))
    days, matrix = ledger.tried("Turn", ["EURUSD"]).returns()
    assert days.size == 40
    assert found.pbo == sc.pbo(matrix, blocks=10)
    assert found.haircut is not None
    assert 0.0 <= found.haircut.haircut <= 1.0


def test_a_result_read_from_a_file_is_no_trial_of_its_own(ledger: sc.Ledger, tmp_path: Path) -> None:
    result = sc.backtest(Turn(every=4), quotes(40), ledger=ledger)
    result.save(tmp_path / "x.simcore")
    again = sc.load(tmp_path / "x.simcore")
    again.ledger = ledger
    assert again.overfitting().figures() == pytest.approx(result.overfitting().figures(), nan_ok=True)
    sc.backtest(Turn(every=4), quotes(40), ledger=ledger)
    assert again.overfitting().trials == result.overfitting().trials


def test_every_figure_is_explained() -> None:
    figures = weigh(sharpe=0.1, observations=100, skew=0.0, kurtosis=3.0).figures()
    assert [key for key in figures if not meaning(key)] == []
    assert EVIDENCE.keys() <= figures.keys()


def test_it_is_said_in_words(ledger: sc.Ledger) -> None:
    said = " ".join(sc.backtest(Turn(), quotes(40), ledger=ledger).overfitting().sentences())
    assert "a year, of 40 daily returns" in said
    assert "It is one of 5 trials of this strategy on these data" in said
    assert "probability of backtest overfitting" in said
    alone = " ".join(sc.backtest(Turn(), quotes(40), ledger=None).overfitting().sentences())
    assert "The trial ledger is off, so nobody knows how many trials there were" in alone
    assert sc.backtest(Turn(), quotes(1), ledger=None).overfitting().sentences() == [
        "There is no saying whether this is skill or luck: of one daily return, at least 10 are needed."
    ]


def test_the_report_shows_them_beside_the_sharpe_ratio(ledger: sc.Ledger, tmp_path: Path) -> None:
    result = sc.backtest(Turn(), quotes(40), ledger=ledger)
    page = result.report(tmp_path / "x.html").read_text()
    cards = page[page.index('<dl class="cards">') :]
    cards = cards[: cards.index("</dl>")]
    assert cards.index(">Sharpe Ratio (Daily)<") < cards.index(">Deflated Sharpe<") < cards.index("># Trades<")
    for sentence in result.overfitting().sentences():
        assert sentence.partition(":")[0] in unescape(page)
    both = result.report(tmp_path / "y.html", compare=[sc.backtest(Turn(every=9), quotes(40), ledger=None)]).read_text()
    assert "Best of Trials by Luck" in both


def test_whites_and_hansens_tests_unless_told_not_to(ledger: sc.Ledger) -> None:
    pytest.importorskip("arch", reason="needs the extra research")
    result = sc.backtest(Turn(), quotes(40), ledger=ledger)
    assert result.overfitting(reps=0).spa is None
    assert result.overfitting().spa is not None
    found = result.overfitting(reps=50)
    _, matrix = ledger.tried("Turn", ["EURUSD"]).returns()
    assert found.figures()["Hansen's SPA, p-value"] == pytest.approx(float(sc.spa(matrix, reps=50)), abs=0.06)
    assert "Hansen's test of superior predictive ability" in " ".join(found.sentences())


def test_luck_of_many_is_told_from_skill() -> None:
    known = {"observations": 1_250, "skew": -3.0, "kurtosis": 10.0, "per_year": 250.0}
    lucky = weigh(sharpe=2.5 / 250**0.5, others=[(0.0, 1_250)] * 99, variance=0.5 / 250, **known)
    assert lucky.deflated == pytest.approx(0.9004, abs=1e-4)
    assert "below 95 %, so that it may well be the luckiest of the trials" in " ".join(lucky.sentences())
    skilled = weigh(sharpe=4.0 / 250**0.5, others=[(0.0, 1_250)] * 99, variance=0.5 / 250, **known)
    assert "which is proof as people take it" in " ".join(skilled.sentences())


def test_a_losing_record_proves_nothing_however_long() -> None:
    found = weigh(sharpe=-0.05, observations=300, skew=0.0, kurtosis=3.0)
    assert math.isinf(found.figures()["Min. Track Record"])
    assert "No record, however long" in " ".join(found.sentences())


def test_moments_that_no_distribution_has_say_nothing() -> None:
    found = weigh(sharpe=3.0, observations=12, skew=3.0, kurtosis=1.5)
    assert math.isnan(found.probabilistic)
    assert len(found.sentences()) == 1


def test_a_wide_grid_has_fewer_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simcore.overfitting.evidence.WORK", 10_000)
    matrix = np.random.default_rng(1).standard_normal((100, 20))
    given = {"sharpe": 0.1, "observations": 100, "skew": 0.0, "kurtosis": 3.0}
    assert weigh(**given, matrix=matrix).pbo.blocks == 10  # 252 ways of 20 trials; of 12 blocks it were 924
    assert weigh(**given, matrix=matrix[:15]).pbo is None
