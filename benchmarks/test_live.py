"""One event at a time from Python, as paper and live feed the account; an open position with SL and TP is watched."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.account import CASH, PER_LOT, SWAP_LONG, broker, instruments
from benchmarks.answers import SWAP_DAYS
from benchmarks.conftest import ROUNDS
from benchmarks.markets import START, TICK, scaled
from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Call

EVENTS = scaled(200_000)
BIDS = (1.10000, 1.10010)  # by turns; the last of an even number of events is the second
SPREAD = 0.00002
EQUITY = CASH - PER_LOT + 8.0  # a lot bought at 1.10002 for 3.50, standing at 1.10010


def account() -> Engine:
    """An account that is long one lot."""
    engine = Engine(make_rules(broker(), instruments(["EURUSD"]), Plan()), CASH)
    engine.quote(START, 0, BIDS[0], BIDS[0] + SPREAD)
    engine.submit(instrument=0, side=1, qty=1.0, sl=1.05, tp=1.15)
    engine.tape.drain()
    return engine


def test_step(benchmark: Any) -> None:
    """One row, changed in place, and one call of the kernel an event."""
    engine = account()
    columns = {"ts": np.array([START]), "bid": np.array(BIDS[:1]), "ask": np.array(BIDS[:1])}
    engine.load(columns)
    ts, bid, ask = (memoryview(column) for column in columns.values())
    feed, advance = engine.feed, engine.advance
    end = int(Call.END)

    def events() -> None:
        at = ts[0]
        for i in range(EVENTS):
            at += TICK
            price = BIDS[i & 1]
            ts[0], bid[0], ask[0] = at, price, price + SPREAD
            feed["cursor"] = 0
            assert advance() == end

    benchmark.pedantic(events, rounds=ROUNDS, warmup_rounds=1)
    finish(benchmark, engine)


def test_quote(benchmark: Any) -> None:
    """Engine.quote, which fills all seven columns of the row."""
    engine = account()
    quote = engine.quote

    def events() -> None:
        at = int(engine.state.head["now"])
        for i in range(EVENTS):
            at += TICK
            price = BIDS[i & 1]
            quote(at, 0, price, price + SPREAD)

    benchmark.pedantic(events, rounds=ROUNDS, warmup_rounds=1)
    finish(benchmark, engine)


def finish(benchmark: Any, engine: Engine) -> None:
    """Every event arrived, and the account stands where the last one put it."""
    passed = (int(engine.state.head["now"]) - START) // TICK
    assert passed == EVENTS * (ROUNDS + 1)
    figures = engine.figures()
    assert round(figures["equity"] - EQUITY, 6) == SWAP_LONG * nights(int(engine.state.head["now"]))
    assert figures["balance"] == CASH - PER_LOT
    benchmark.extra_info["rows"] = EVENTS


def nights(until: int) -> int:
    """Days of swap charged by then; START is a Monday, 17:00 in New York, so the first day to end is a Tuesday."""
    passed = (until - START) // (86_400 * 1_000_000_000)
    return sum(SWAP_DAYS[day % 7] for day in range(1, passed + 1))
