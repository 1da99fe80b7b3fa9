"""Plain Python strategies: called on every quote, and on every closed bar of recorded ticks."""

from __future__ import annotations

import pytest

import simcore as sc
from benchmarks import answers
from benchmarks.account import CASH, broker, instruments
from benchmarks.conftest import Measure
from benchmarks.markets import eurusd, lean_files, scaled
from benchmarks.strategies import BarCross, QuoteCross

MINUTE = 60_000_000_000
ROWS = scaled(2_000_000)


def test_on_quote(measure: Measure) -> None:
    """Python hears every quote and updates two averages."""
    quotes = eurusd(ROWS)
    measure(
        lambda: sc.backtest(QuoteCross(), quotes, broker=broker(), instruments=instruments(["EURUSD"]), cash=CASH),
        answers.cross("EURUSD", quotes.ts, quotes.bid, quotes.ask),
        rows=ROWS,
    )


@pytest.mark.skipif(
    not lean_files(), reason="needs the EURUSD ticks of LEAN in the shared data, $SIMCORE_SHARED or ../shared"
)
def test_on_bar(measure: Measure) -> None:
    """Python hears the one-minute bars made on the way from LEAN's ticks, 35 ticks a bar."""
    quotes = sc.read_quotes(lean_files(), symbol="EURUSD")
    assert len(quotes) == 532_903
    rules = {"fast": 20, "slow": 50, "sl": 0.01, "tp": 0.01, "bar": MINUTE}
    measure(
        lambda: sc.backtest(BarCross(), quotes, broker=broker(), instruments=instruments(["EURUSD"]), cash=CASH),
        answers.cross("EURUSD", quotes.ts, quotes.bid, quotes.ask, **rules),
        rows=len(quotes),
    )
