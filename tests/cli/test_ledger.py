"""`simcore ledger`: runs of the command line are listed, shown, pruned."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.run import SAMPLE, good, parsed, refused


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger of three runs of two trials."""
    file = tmp_path / "ledger.sqlite"
    monkeypatch.setenv("SIMCORE_LEDGER", str(file))
    for fast in (20, 20, 10):
        good("backtest", "ema-cross", *SAMPLE, "-p", f"fast={fast}", "--json")
    return file


def test_runs_are_listed_and_shown(place: Path) -> None:
    assert f"3 runs of 2 trials in {place}" in good("ledger", "list")
    told = parsed("ledger", "list", "--strategy", "EmaCross", "--last", 2)
    assert [one["parameters"]["fast"] for one in told["runs"]] == [20, 10]
    assert told["runs"][0]["symbols"] == ["EURUSD"]
    shown = parsed("ledger", "show", 3)
    assert (shown["parameters"]["fast"], shown["trials"], shown["stats"]["# Trades"]) == (10, 2, 52)
    assert "trials                    2" in good("ledger", "show", 3)


def test_runs_are_pruned(place: Path) -> None:
    assert parsed("ledger", "prune", "--run", 1, "--dry-run") == {"ledger": str(place), "deleted": 1, "dry_run": True}
    assert "3 runs of" in good("ledger", "list")
    assert "1 runs deleted" in good("ledger", "prune", "--run", 1)
    assert "0 runs deleted" in good("ledger", "prune", "--before", "2020-01-01")
    assert "2 runs deleted" in good("ledger", "prune", "--all")
    assert "0 runs of 0 trials" in good("ledger", "list")


def test_a_run_may_be_off_the_record(place: Path, tmp_path: Path) -> None:
    good("backtest", "ema-cross", *SAMPLE, "--ledger", "off", "--json")
    assert "3 runs" in good("ledger", "list")
    good("backtest", "ema-cross", *SAMPLE, "--ledger", tmp_path / "own.sqlite", "--json")
    assert "1 runs of 1 trial" in good("ledger", "list", "--ledger", tmp_path / "own.sqlite")


def test_mistakes_are_one_line(place: Path, tmp_path: Path) -> None:
    assert "no run 99" in refused("ledger", "show", 99)
    assert "say what to delete" in refused("ledger", "prune")
    assert "--kind backtset: no such kind of run; did you mean 'backtest'?" in refused(
        "ledger", "list", "--kind", "backtset"
    )
    assert "is a folder" in refused("ledger", "list", "--ledger", tmp_path)
