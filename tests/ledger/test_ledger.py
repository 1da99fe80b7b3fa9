"""Every backtest writes a row, whatever writes beside it; trials are counted as `tried` says."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

import simcore as sc
from simcore.ledger.measured import trial_of
from simcore.ledger.place import default_place
from simcore.ledger.trial import Trial
from tests.ledger.runs import Changed, Same, Turn, quotes


@pytest.fixture
def ledger(tmp_path: Path) -> sc.Ledger:
    return sc.Ledger(tmp_path / "ledger.sqlite")


def count(ledger: sc.Ledger, **where: object) -> int:
    return len(ledger.tried("Turn", ["EURUSD"], **where))


def test_a_backtest_writes_one_row(ledger: sc.Ledger) -> None:
    assert ledger.rows() == []
    assert not Path(ledger.place).exists()
    result = sc.backtest(Turn(every=7), quotes(), ledger=ledger)
    frame = ledger.frame()
    assert frame.height == 1
    row = frame.row(0, named=True)
    assert (row["kind"], row["strategy"], row["parameters"]) == ("backtest", "Turn", '{"every": 7, "qty": 0.1}')
    assert row["sharpe"] == pytest.approx(result.returns.mean() / result.returns.std(ddof=1))
    assert str(row["start"]) == "2024-01-01 00:00:00+00:00"


@pytest.mark.parametrize("off", [None, False])
def test_it_can_be_switched_off(off: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMCORE_LEDGER", str(tmp_path / "x.sqlite"))
    sc.backtest(Turn(), quotes(), ledger=off)
    assert list(tmp_path.iterdir()) == []
    sc.backtest(Turn(), quotes())
    assert [path.name for path in tmp_path.iterdir()] == ["x.sqlite"]
    monkeypatch.setenv("SIMCORE_LEDGER", "off")
    sc.backtest(Turn(), quotes())
    with pytest.raises(sc.LedgerError, match="switched off by SIMCORE_LEDGER"):
        sc.Ledger()


def test_the_project_comes_before_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIMCORE_LEDGER")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / "project" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project" / "deep")
    assert default_place() == str(tmp_path / "data" / "simcore" / "ledger.sqlite")
    (tmp_path / "project" / ".simcore").mkdir()
    assert default_place() == str(tmp_path / "project" / ".simcore" / "ledger.sqlite")


def test_what_is_a_trial(ledger: sc.Ledger) -> None:
    for strategy in (Turn(), Turn(every=5), Turn(qty=0.1), sc.compiled(Turn)(), Same.Turn(every=5)):
        sc.backtest(strategy, quotes(), ledger=ledger)
    assert count(ledger) == 1  # one and the same, five times
    sc.backtest(Turn(), quotes(), ledger=ledger, cash=5_000.0)
    sc.backtest(Turn(), quotes(), ledger=ledger, broker=sc.Broker.preset("mt5-netting"))
    assert count(ledger) == 1  # another account tries nothing new
    sc.backtest(Turn(every=6), quotes(), ledger=ledger)
    assert count(ledger) == 2  # another parameter
    sc.backtest(Changed.Turn(), quotes(), ledger=ledger)
    assert count(ledger) == 3  # another line of code
    sc.backtest(Turn(every=8), quotes(5, first_day=5), ledger=ledger)
    assert count(ledger) == 4  # on a part of the data
    assert ledger.frame().height == 10


def test_other_symbols_times_and_kinds_are_no_trials(ledger: sc.Ledger) -> None:
    mine = trial_of(sc.backtest(Turn(), quotes(), ledger=ledger))
    sc.backtest(Turn(every=6), quotes(symbol="GBPUSD"), ledger=ledger)
    sc.backtest(Turn(every=7), quotes(first_day=30), ledger=ledger)
    others = [replace(mine, parameters={"every": n}) for n in (8, 9)]
    ledger.record_many([replace(others[0], kind="monte_carlo"), replace(others[1], error="no money")])
    assert count(ledger, start=mine.start, end=mine.end) == 1
    assert count(ledger) == 2  # whatever the time


def test_the_run_on_the_data_asked_for_stands_for_its_trial(ledger: sc.Ledger) -> None:
    short, whole = quotes(6), quotes(10)
    mine = trial_of(sc.backtest(Turn(), short, ledger=ledger))
    longer = trial_of(sc.backtest(Turn(), whole, ledger=ledger))
    found = ledger.tried("Turn", ["EURUSD"], data=mine.data)
    assert [one.observations for one in found.trials] == [6]
    assert [one.observations for one in ledger.tried("Turn", ["EURUSD"]).trials] == [longer.observations]


def test_variance_and_returns_of_the_trials(ledger: sc.Ledger) -> None:
    results = [sc.backtest(Turn(every=n), quotes(), ledger=ledger) for n in (3, 4, 5)]
    found = ledger.tried("Turn", ["EURUSD"])
    sharpes = [one.returns.mean() / one.returns.std(ddof=1) for one in results]
    assert found.variance == pytest.approx(np.var(sharpes, ddof=1))
    days, returns = found.returns()
    assert returns.shape == (days.size, 3) == (10, 3)
    assert returns[:, 0] == pytest.approx(results[0].returns.to_numpy(), rel=1e-6)


def test_many_at_once(ledger: sc.Ledger) -> None:
    mine = trial_of(sc.backtest(Turn(), quotes()))
    assert (
        ledger.record_many(replace(mine, parameters={"every": n}, kind="sweep", study="s1") for n in range(500)) == 500
    )
    assert ledger.record_many([]) == 0
    assert count(ledger) == 500
    assert ledger.frame(kind="sweep", study="s1", last=3)["id"].to_list() == [498, 499, 500]
    with pytest.raises(sc.LedgerError, match=r"cannot be chosen by 'stude'; known: kind, study"):
        ledger.rows(stude="s1")


def test_rows_are_pruned(ledger: sc.Ledger) -> None:
    mine = trial_of(sc.backtest(Turn(), quotes()))
    ledger.record_many([replace(mine, study="a", ts=1), replace(mine, study="b", ts=2), replace(mine, study="b", ts=3)])
    assert ledger.prune(study="b", dry_run=True) == 2
    assert ledger.prune(until=2) == 1
    assert [one.ts for _, one in ledger.trials()] == [2, 3]
    assert ledger.prune() == 2
    assert ledger.rows() == []


WRITER = """
import sys
from dataclasses import replace
import simcore as sc
from simcore.ledger.trial import Trial
what = dict(kind="sweep", strategy="S", code="c", data="d", rules="r")
one = Trial(parameters={}, symbols=["X"], start=0, end=1, rows=1, **what)
ledger = sc.Ledger(sys.argv[1])
for n in range(40):
    ledger.record_many([replace(one, study=sys.argv[2], parameters={"n": n, "k": k}) for k in range(5)])
"""


def together(place: str) -> None:
    """Two processes write to a ledger that none has made yet."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, place, str(n)], stderr=subprocess.PIPE, text=True)
        for n in range(2)
    ]
    told = [writer.communicate()[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 2, told
    ledger = sc.Ledger(place)
    assert [len(ledger.rows(study=str(n))) for n in range(2)] == [200] * 2


def test_rows_of_a_study_are_written_together(ledger: sc.Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = trial_of(sc.backtest(Turn(), quotes(), ledger=None))
    now = [0.0]
    monkeypatch.setattr("simcore.ledger.ledger.time.monotonic", lambda: now[0])
    heights = []
    with ledger.together():
        for now[0] in (0.4, 1.2, 1.3):
            ledger.record(plan)
            heights.append(len(ledger.rows()))
    assert heights == [0, 2, 2]
    assert len(ledger.rows()) == 3


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    together(str(tmp_path / "ledger.sqlite"))


def test_postgresql_is_the_same(postgres: str) -> None:
    together(postgres)
    ledger = sc.Ledger(postgres)
    assert ledger.prune() == 400
    result = sc.backtest(Turn(), quotes(), ledger=postgres)
    sc.backtest(Turn(), quotes(), ledger=ledger)
    sc.backtest(Turn(every=9), quotes(), ledger=ledger)
    assert count(ledger) == 2
    assert ledger.frame()["sharpe"][0] == pytest.approx(result.returns.mean() / result.returns.std(ddof=1))
    assert ledger.tried("Turn", ["EURUSD"]).returns()[1].shape == (10, 2)


def test_nothing_is_imported_for_a_row(ledger: sc.Ledger) -> None:
    sc.backtest(Turn(), quotes(), ledger=ledger)
    code = (
        "import sys, simcore as sc; from tests.ledger.runs import Turn, quotes; sc.backtest(Turn(), quotes());"
        "print('sqlalchemy' in sys.modules)"
    )
    environment = {**os.environ, "SIMCORE_LEDGER": ledger.place}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["False"]
    assert len(ledger.rows()) == 2


# ---------------------------------------------------------------------------------------------------------- bad ledgers


def test_another_version_is_one_error(ledger: sc.Ledger) -> None:
    sc.backtest(Turn(), quotes(), ledger=ledger)
    with sqlite3.connect(ledger.place) as connection:
        connection.execute("UPDATE simcore_ledger SET version = 7")
    connection.close()
    for use in (lambda: sc.Ledger(ledger.place), lambda: sc.backtest(Turn(), quotes(), ledger=ledger.place)):
        with pytest.raises(sc.LedgerError, match=r"is version 7 of the ledger, this simcore has version 2; use the"):
            use()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_ledger_of_the_first_version_is_brought_to_this_one(kind: str, request: Any, ledger: sc.Ledger) -> None:
    old = ledger if kind == "sqlite" else sc.Ledger(request.getfixturevalue("postgres"))
    old.prune()
    sc.backtest(Turn(), quotes(), ledger=old)
    with old._engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE simcore_trials RENAME TO trials"))
        connection.execute(sa.text("UPDATE simcore_ledger SET version = 1"))
    sc.backtest(Turn(every=9), quotes(), ledger=old.place)
    assert count(sc.Ledger(old.place)) == 2
    assert old.prune() == 2


def test_what_is_no_ledger_is_one_error(tmp_path: Path) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other.sqlite"
    text.write_text("hello, this is no database")
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE x (y)")
    connection.close()
    for place, words in (
        (tmp_path, "is a folder; name a file in it"),
        (text, "file is not a database"),
        (other, "is a database of something else"),
        ("mysql://me@host/x", "must be a file, or postgresql://"),
        ("postgresql://me:secret@127.0.0.1:1/x", "cannot be used: connection"),
    ):
        with pytest.raises(sc.LedgerError, match=words) as error:
            sc.backtest(Turn(), quotes(), ledger=place)
        assert "\n" not in str(error.value)
        assert "secret" not in str(error.value)
    with pytest.raises(sc.LedgerError, match="ledger must be a file, a URL, a Ledger, or None for none, was 3"):
        sc.backtest(Turn(), quotes(), ledger=3)  # type: ignore[arg-type]


def test_a_run_is_not_lost_for_a_ledger_that_is_full(ledger: sc.Ledger, small_disk) -> None:
    sc.backtest(Turn(), quotes(), ledger=ledger)
    with small_disk(1), pytest.warns(UserWarning, match="this run is not counted as a trial: ledger"):
        result = sc.backtest(Turn(), quotes(), ledger=ledger)
    assert result.account["equity"] > 0.0
    assert len(ledger.rows()) == 1


def test_trials_know_what_they_are() -> None:
    mine = Trial(kind="sweep", strategy="S", code="c", parameters={"a": np.int64(3), "b": np.float64(0.5)},
                 symbols=["X"], start=0, end=1, rows=1, data="d", rules="r")  # fmt: skip
    assert mine.trial == replace(mine, parameters={"b": 0.5, "a": 3}).trial
    assert mine.trial != replace(mine, parameters={"b": 0.5, "a": 4}).trial
