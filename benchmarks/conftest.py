"""A timer that checks every answer."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

import simcore as sc
from benchmarks.account import CASH
from benchmarks.answers import Answer
from benchmarks.markets import QUICK

ROUNDS = 2 if QUICK else int(os.environ.get("SIMCORE_BENCH_ROUNDS", "7"))
Measure = Callable[..., None]


def check(result: sc.Result, answer: Answer) -> None:
    """The run gave what the rules written a second time give: to the fill and to the cent."""
    assert result.run.tables["fills"].size == answer.fills
    assert round((result.account["balance"] - CASH) * 100.0, 6) == answer.booked
    assert round((result.account["equity"] - CASH) * 100.0, 6) == answer.gained
    assert result.run.totals["n_margin_calls"] == result.run.totals["n_stop_outs"] == 0
    assert result.run.broker.stop_out_level == 0.5
    assert result.account["used_margin"] > 0.0  # margin and stop-out had something to watch


@pytest.fixture
def measure(benchmark: Any) -> Measure:
    """Return measure(run, answer, rows=, between=): rounds of `run`, each checked, with the replay's own time kept.

    `between` runs before each round and returns seconds of something to compare with, kept too.
    """

    def timed(
        run: Callable[[], sc.Result],
        answer: Answer,
        *,
        rows: int,
        between: Callable[[], float] | None = None,
    ) -> None:
        check(run(), answer)  # compiles, and warms the machine
        results: list[sc.Result] = []
        replays: list[float] = []
        compared: list[float] = []

        def before() -> None:
            if between is not None:
                compared.append(between())
            while results:  # of the round before: checked outside the time, and let go
                done = results.pop()
                check(done, answer)
                replays.append(done.run.seconds)

        benchmark.pedantic(lambda: results.append(run()), setup=before, rounds=ROUNDS)
        compared, between = compared[-ROUNDS:], None
        before()
        assert len(replays) == ROUNDS
        benchmark.extra_info.update(rows=rows, replay=replays, compared=compared, fills=answer.fills)

    return timed
