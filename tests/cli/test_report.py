"""`simcore report`: saved runs shown again, and compared."""

from __future__ import annotations

from pathlib import Path

import pytest

import simcore as sc
from simcore.market.sample import SYMBOL, sample_path
from tests.cli.run import good, parsed, refused
from tests.report.unpacked import Carried

RUN = ["backtest", "ema-cross", "--data", str(sample_path()), "--symbol", SYMBOL]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    good(*RUN, "-p", "fast=20", "slow=50", "--save", folder / "slow.simcore")
    good(*RUN, "-p", "fast=5", "slow=20", "--set", "commission.per_lot=3.5", "--save", folder / "fast.simcore")
    return folder


def test_a_saved_run_has_the_page_it_had(saved: Path, tmp_path: Path) -> None:
    good(*RUN, "-p", "fast=20", "slow=50", "--report", tmp_path / "at-once.html")
    text = good("report", saved / "slow.simcore", "--html", tmp_path / "later.html")
    assert "EmaCross of slow.simcore" in text
    assert (tmp_path / "later.html").read_bytes() == (tmp_path / "at-once.html").read_bytes()


def test_the_page_goes_here_unless_told(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert good("report", saved / "slow.simcore").rstrip().endswith("report slow.html")
    assert [path.name for path in tmp_path.iterdir()] == ["slow.html"]


def test_several_runs_go_to_a_folder(saved: Path, tmp_path: Path) -> None:
    told = parsed("report", saved / "slow.simcore", saved / "fast.simcore", "--html", tmp_path)
    assert [Path(one["report"]).name for one in told] == ["slow.html", "fast.html"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fast.html", "slow.html"]
    line = refused("report", saved / "slow.simcore", saved / "fast.simcore", "--html", tmp_path / "x.html")
    assert "is no folder; with several runs name one that exists" in line


def test_machines_are_told_without_a_page(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = parsed("report", saved / "slow.simcore")
    assert told["report"] is None
    assert told["fingerprint"] == sc.load(saved / "slow.simcore").fingerprint
    assert told["stats"]["Ticks"] == 100_005
    assert told["overfitting"]["Trials"] == 1
    net = sum(one["net"] for one in told["earned"]["session"])
    assert net == pytest.approx(told["account"]["equity"] - 10_000.0)
    assert list(tmp_path.iterdir()) == []


def test_runs_are_compared(saved: Path, tmp_path: Path) -> None:
    page = tmp_path / "both.html"
    files = (saved / "slow.simcore", "--compare", saved / "fast.simcore")
    text = good("report", *files, "--html", page)
    for words in ("slow", "fast", "Run: fast", "Costs: commission", "per lot 3.5", f"report {page}"):
        assert words in text
    assert Carried(page.read_text()).names("chart-growth") == ["slow", "fast"]
    told = parsed("report", *files)
    assert [one["name"] for one in told["runs"]] == ["slow", "fast"]
    final = [one["account"]["equity"] for one in told["runs"]]
    assert told["differences"]["fast"]["Equity Final [$]"] == pytest.approx(final[1] - final[0])
    assert told["differences"]["fast"]["Start"] is None
    assert {"group": "Run", "name": "slow", "values": ["50", "20"]} in told["rules"]


def test_three_runs_after_one_option(saved: Path) -> None:
    told = parsed("report", saved / "slow.simcore", "--compare", saved / "fast.simcore", saved / "slow.simcore")
    assert [one["name"] for one in told["runs"]] == ["slow 1", "fast", "slow 3"]
    assert set(told["differences"]["slow 3"].values()) <= {0, None}


def test_a_benchmark_is_drawn_beside_the_equity(saved: Path, tmp_path: Path) -> None:
    good("report", saved / "slow.simcore", "--benchmark", "hold", "--html", tmp_path / "x.html")
    assert "EURUSD held" in Carried((tmp_path / "x.html").read_text()).names("chart-equity")
    line = refused("report", saved / "slow.simcore", "--benchmark", "EURUSC", "--html", tmp_path / "y.html")
    assert "benchmark 'EURUSC': no such instrument; did you mean 'EURUSD'?" in line
    both = ("report", saved / "slow.simcore", "--compare", saved / "fast.simcore")
    good(*both, "--benchmark", "hold", "--html", tmp_path / "both.html")
    assert "fast against EURUSD held" in (tmp_path / "both.html").read_text()


def test_a_session_is_reported_as_the_backtest_on_its_ticks(tmp_path: Path) -> None:
    given = [*RUN[1:], "--end", "2016-06-14T03:00"]
    good("paper", *given, "--session", tmp_path / "session")
    told = parsed("report", tmp_path / "session", "--html", tmp_path / "session.html")
    run = parsed("backtest", *given, "--sample", "1min")
    assert told["account"] == run["account"]
    assert told["stats"]["# Trades"] == run["stats"]["# Trades"] > 0
    page = Carried((tmp_path / "session.html").read_text())
    assert page.names("chart-price0")[0] == "Bid / ask"


def test_what_is_no_run_is_one_line(tmp_path: Path) -> None:
    assert "none.simcore does not exist; name a file that Result.save wrote" in refused(
        "report", tmp_path / "none.simcore"
    )
