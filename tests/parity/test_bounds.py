"""The price bounds hide nothing: looking at every tick finds the same margin calls, stop-outs and fills.

With rules.track every tick of an open instrument is revalued; without it the hot tick skips whatever lies between the
bounds. Both must tell the same story, on accounts near their margin, with conversions and hedges.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Call, EventKind
from tests.times import SECOND

START = 1_700_000_000_000_000_000
ROWS = 3_000
PRICES = {"EURUSD": (1.1, 5), "USDJPY": (150.0, 3), "EURGBP": (0.86, 5), "GBPUSD": (1.27, 5)}
BOOKS = {
    "one pair in account currency": ("USD", ["EURUSD"]),
    "a pair that converts itself": ("USD", ["USDJPY"]),
    "a cross through another": ("USD", ["EURGBP", "GBPUSD"]),
    "three at once": ("USD", ["EURUSD", "USDJPY", "GBPUSD"]),
    "an account in yen": ("JPY", ["EURUSD", "USDJPY"]),
}


def market(symbols: list[str], seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    k = rng.integers(0, len(symbols), ROWS).astype(np.uint8)
    bid, ask = np.zeros(ROWS), np.zeros(ROWS)
    for i, symbol in enumerate(symbols):
        start, digits = PRICES[symbol]
        rows = np.flatnonzero(k == i)
        path = start * np.exp(np.cumsum(rng.normal(0.0, 4e-4, len(rows))))
        bid[rows] = np.round(path, digits)
        ask[rows] = np.round(bid[rows] + rng.integers(1, 30, len(rows)) * 10.0**-digits, digits)
    return {"ts": START + SECOND + np.arange(ROWS) * SECOND, "bid": bid, "ask": ask, "instrument": k}


def story(mode: str, currency: str, symbols: list[str], seed: int, track: bool) -> tuple[Engine, dict[str, Any]]:
    broker = Broker.preset(f"mt5-{mode}", currency=currency, leverage=200)
    instruments = [Instrument.fx(s, swap_mode="points", swap_long=-3.0, swap_short=1.0) for s in symbols]
    cash = 3_000.0 * (150.0 if currency == "JPY" else 1.0)
    engine = Engine(make_rules(broker, instruments, Plan(track=track)), cash)
    rng = np.random.default_rng(seed + 1_000)
    for k, symbol in enumerate(symbols):
        start, digits = PRICES[symbol]
        engine.quote(START, k, start, round(start + 5 * 10.0**-digits, digits))
    for _ in range(12):
        k = int(rng.integers(0, len(symbols)))
        engine.submit(instrument=k, side=int(rng.choice([-1, 1])), qty=round(float(rng.integers(5, 150)) / 100, 2))
    columns = market(symbols, seed)
    engine.load(columns)
    assert engine.advance() == Call.END
    return engine, engine.tape.drain()


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_bounds_hide_nothing(book: str, mode: str) -> None:
    currency, symbols = BOOKS[book]
    calls = stop_outs = 0
    for seed in range(25):
        quick, told = story(mode, currency, symbols, seed, track=False)
        careful, told_too = story(mode, currency, symbols, seed, track=True)
        for table in ("fills", "trades", "events", "changes"):
            assert told[table].tobytes() == told_too[table].tobytes(), (seed, table)
        for name in ("balance", "used_margin", "in_call", "n_margin_calls", "n_stop_outs"):
            assert quick.state.account[name] == careful.state.account[name], (seed, name)
        calls += int((told["events"]["kind"] == EventKind.MARGIN_CALL).sum())
        stop_outs += int((told["events"]["kind"] == EventKind.STOP_OUT).sum())
    assert calls > 10  # the accounts really come near their margin
    assert stop_outs > 5
