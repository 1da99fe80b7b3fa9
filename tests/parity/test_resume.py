"""A run resumed from a snapshot equals the run never stopped; rules never change; many runs hold memory flat."""

from __future__ import annotations

import gc
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simcore as sc
from simcore.account import open_account
from simcore.backtest import backtest
from simcore.brokers.broker import Broker
from simcore.inputs import choose_instruments
from simcore.kernel.engine import Engine
from simcore.market.feed import Feed, merge
from simcore.market.sample import SYMBOL, sample_path
from simcore.strategy.averages import EMA
from simcore.strategy.bands import ZScore
from simcore.strategy.compiled import compiled
from simcore.strategy.driver import Driver
from simcore.strategy.fields import Array
from simcore.strategy.strategy import Strategy

NAMES = ("ts", "bid", "ask", "instrument", "kind", "x", "y")


class Busy(Strategy):
    """Uses most of what a strategy has, so that everything it remembers is in the snapshot."""

    bars = ("1min", "5min")
    slow: int = 12
    qty: float = 0.1
    _mean = EMA("slow")
    _z = ZScore(20)
    _last: Array[8]
    _n: int = 0
    _stop: int = 0

    def on_start(self, ctx):  # type: ignore[no-untyped-def]
        ctx.set_timer(ctx.ts + 600_000_000_000)

    def on_quote(self, ctx):  # type: ignore[no-untyped-def]
        self._last[self._n % 8] = ctx.mid
        self._n += 1
        if self._n % 997 == 0:
            ctx.buy(self.qty, limit=ctx.bid - 0.0004, sl=ctx.bid - 0.0030, tp=ctx.bid + 0.0010, expires=ctx.ts + 10**12)
        if self._n % 1501 == 0:
            ctx.sell(self.qty, stop=ctx.bid - 0.0003, sl=ctx.bid + 0.0030)

    def on_bar(self, ctx):  # type: ignore[no-untyped-def]
        mean = self._mean.update(ctx.bar.close)
        z = self._z.update(ctx.bar.close)
        if z > 1.5 and ctx.bar.close > mean and ctx.position > 0.0:
            ctx.close()

    def on_fill(self, ctx):  # type: ignore[no-untyped-def]
        self._stop += 1

    def on_timer(self, ctx):  # type: ignore[no-untyped-def]
        if ctx.position == 0.0:
            ctx.buy(self.qty, trail=0.0005)
        ctx.set_timer(ctx.ts + 900_000_000_000)


FastBusy = compiled(Busy)
FORMS = pytest.mark.parametrize("form", [Busy, FastBusy], ids=["plain", "compiled"])


@pytest.fixture(scope="module")
def feed() -> Feed:
    return merge({SYMBOL: sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, 30_000)})


def broker() -> Broker:
    return Broker.preset("mt5-hedging").replace(latency_ms=40, commission={"per_lot": 3.5}, slippage={"fixed": 0.00001})


def opened(strategy: Strategy, feed: Feed) -> tuple[Engine, list[Any], Driver]:
    instruments = choose_instruments(feed.symbols, None)
    engine = open_account(strategy, feed, broker(), instruments, cash=10_000.0, size="S", sample=None, track=False)
    chunks: list[Any] = []
    return engine, chunks, Driver(engine, strategy, feed.symbols, chunks.append)


def columns(feed: Feed, start: int, stop: int) -> dict[str, Any]:
    return {n: None if getattr(feed, n) is None else getattr(feed, n)[start:stop] for n in NAMES}


def joined(chunks: list[Any], name: str) -> bytes:
    return np.concatenate([c[name] for c in chunks]).tobytes()


def whole_run(form: type[Strategy], feed: Feed) -> tuple[Engine, list[Any]]:
    engine, chunks, driver = opened(form(), feed)
    engine.load(columns(feed, 0, len(feed)))
    driver.start()
    driver.play()
    driver.drain()
    return engine, chunks


@FORMS
@pytest.mark.parametrize("cut", [1, 777, 15_000, 29_999])
def test_a_resumed_run_equals_the_run_never_stopped(form: type[Strategy], cut: int, feed: Feed) -> None:
    whole, told = whole_run(form, feed)
    assert whole.state.account["n_fills"] > 20

    first, before, driver = opened(form(), feed)
    first.load(columns(feed, 0, cut))
    driver.start()
    driver.play()
    driver.drain()
    snapshot = first.state.snapshot()
    del first, driver

    second, after, _ = opened(form(), feed)
    second.state.restore(snapshot)
    resumed = Driver(second, form(), feed.symbols, after.append, resume=True)
    second.load(columns(feed, cut, len(feed)))
    resumed.play()
    resumed.drain()

    assert second.state.snapshot() == whole.state.snapshot()
    for name in ("fills", "changes", "events", "trades"):
        assert joined(before + after, name) == joined(told, name)


def test_plain_and_compiled_leave_the_same_bytes(feed: Feed) -> None:
    plain, told = whole_run(Busy, feed)
    machine, told_too = whole_run(FastBusy, feed)
    assert plain.state.snapshot() == machine.state.snapshot()
    assert joined(told, "changes") == joined(told_too, "changes")


def test_the_rules_never_change(feed: Feed) -> None:
    engine, _, driver = opened(FastBusy(), feed)
    before = engine.rules.tobytes()
    engine.load(columns(feed, 0, len(feed)))
    driver.start()
    driver.play()
    assert engine.rules.tobytes() == before


def test_a_snapshot_of_other_rules_is_refused(feed: Feed) -> None:
    engine, _, _ = opened(Busy(), feed)
    with pytest.raises(ValueError, match="other rules"):
        engine.state.restore(engine.state.snapshot()[:-8])


def resident() -> int:
    """Resident memory of this process now, bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc (Linux)")
def test_a_thousand_runs_hold_memory_flat(feed: Feed) -> None:
    quotes = sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, 400)

    def runs(n: int) -> None:
        for _ in range(n):
            backtest(FastBusy(), {SYMBOL: quotes}, size="S")
        gc.collect()

    runs(100)  # caches fill
    before = resident()
    runs(1000)
    assert resident() - before < 8 * 2**20
