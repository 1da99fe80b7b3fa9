"""The HTML report of a run with 1 M ticks and 10,000 trades: frames, statistics, page and file, from a fresh Result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import simcore as sc
from benchmarks.account import CASH, broker
from benchmarks.conftest import ROUNDS
from benchmarks.markets import eurusd, scaled
from benchmarks.strategies import FastTurns
from simcore.result import Result

TRADES = scaled(10_000)


def test_report(benchmark: Any, tmp_path: Path) -> None:
    """What `result.report(path)` takes right after the backtest; nothing is left from the round before."""
    ran = sc.backtest(FastTurns(trades=TRADES), {"EURUSD": eurusd(scaled(1_000_000))}, broker=broker(), cash=CASH * 10)
    assert ran.run.tables["trades"].size == TRADES
    path = tmp_path / "report.html"
    Result(ran.run).report(path)  # imports, and warms the machine

    def fresh() -> tuple[tuple[Result], dict[str, Any]]:
        return (Result(ran.run),), {}

    benchmark.pedantic(lambda result: result.report(path), setup=fresh, rounds=ROUNDS)
    page = path.read_text(encoding="utf-8")
    assert f"{scaled(1_000_000):,} ticks" in page
    assert f"<dd>{TRADES:,}</dd>" in page
    assert f"{ran.account['equity']:,.2f} USD" in page
    benchmark.extra_info.update(rows=scaled(1_000_000), bytes=path.stat().st_size)
