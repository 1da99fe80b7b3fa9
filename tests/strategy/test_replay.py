"""The loop of a compiled strategy: whatever the rows are, and wherever it leaves, it is the account Python drives.

The loop keeps the strategy's fields in registers from quote to quote. These strategies change the same fields in every
handler, and in the middle of an on_quote that raises: each must find what the others left.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simcore.kernel.enums import Kind
from simcore.strategy.averages import EMA, SMA
from simcore.strategy.compiled import compiled
from simcore.strategy.context import Context
from simcore.strategy.errors import StrategyError
from simcore.strategy.strategy import Strategy
from tests.strategy.runs import SECOND, Run, walk, walks

ROWS = 600


class Busy(Strategy):
    """Trades now and then; every handler adds to `_seen` and `_sum`, and reads what the others added."""

    bars = "1min"
    every: int = 37
    _seen: int = 0
    _sum: float = 0.0
    _side: int = 1
    _fast = EMA(5)
    _slow = SMA(9)

    def on_quote(self, ctx: Context) -> None:
        self._seen += 1
        self._sum += self._fast.update(ctx.mid) - self._slow.update(ctx.bid)
        if self._seen % self.every == 0:
            ctx.close()
            if self._side > 0:
                ctx.buy(0.1, sl=ctx.bid - 0.0002, tp=ctx.ask + 0.0002)
            else:
                ctx.sell(0.1, sl=ctx.ask + 0.0002)
            ctx.set_timer(ctx.ts + 5 * SECOND)
            self._seen += 1

    def on_fill(self, ctx: Context) -> None:
        self._sum += ctx.fill.price
        self._side = -self._side

    def on_bar(self, ctx: Context) -> None:
        self._sum += ctx.bar.close * self._seen
        self._seen += 2

    def on_timer(self, ctx: Context) -> None:
        self._seen += 3
        if self._seen % 2 == 0:
            ctx.close()


class Quiet(Strategy):
    """on_quote and nothing else: the whole run is one loop."""

    _n: int = 0
    _sum: float = 0.0
    _fast = EMA(5)

    def on_quote(self, ctx: Context) -> None:
        self._n += 1
        self._sum += self._fast.update(ctx.mid)


class Breaks(Strategy):
    """Divides by zero at its hundredth quote, between two changes of its fields."""

    _n: int = 0
    _before: float = 0.0
    _after: float = 0.0
    _fast = EMA(5)

    def on_quote(self, ctx: Context) -> None:
        self._n += 1
        self._before += ctx.bid
        self._before += 1.0 / (100 - self._n)
        self._after += self._fast.update(ctx.mid)


def sized(columns: dict[str, Any]) -> dict[str, Any]:
    """The same quotes with sizes."""
    return {**columns, "x": np.full(ROWS, 2.0), "y": np.arange(ROWS) + 1.0}


def with_prints(columns: dict[str, Any]) -> dict[str, Any]:
    """The same rows, every third a print."""
    kind = np.where(np.arange(ROWS) % 3 == 2, int(Kind.PRINT), int(Kind.QUOTE)).astype(np.uint8)
    return {**columns, "kind": kind, "x": np.ones(ROWS), "y": np.zeros(ROWS)}


ONE, TWO = ("EURUSD",), ("EURUSD", "GBPUSD")
FEEDS = {
    "quotes": (walk(ROWS), ONE),
    "quotes with sizes": (sized(walk(ROWS)), ONE),
    "quotes and prints": (with_prints(walk(ROWS)), ONE),
    "two instruments": (walks(ROWS), TWO),
    "two instruments with sizes": (sized(walks(ROWS)), TWO),
}


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("cls", [Busy, Quiet])
def test_every_kind_of_row_leaves_the_same_bytes(cls: type[Strategy], feed: str) -> None:
    columns, symbols = FEEDS[feed]
    plain = Run(cls(), *symbols).go(**columns).stop()
    fast = Run(compiled(cls)(), *symbols).go(**columns).stop()
    assert plain.outcome() == fast.outcome()
    assert fast.memory._sum != 0.0


def test_busy_did_trade_and_its_fields_went_through_every_handler() -> None:
    run = Run(compiled(Busy)()).go(**walk(ROWS)).stop()
    fills = len(run.told["fills"])
    assert fills > 20
    assert run.memory._seen > ROWS
    assert run.memory._side == (1 if fills % 2 == 0 else -1)


@pytest.mark.parametrize("cut", [1, 7, 250])
def test_a_feed_in_pieces_is_the_feed_whole(cut: int) -> None:
    columns = walk(ROWS)
    whole = Run(compiled(Busy)()).go(**columns).stop()
    pieces = Run(compiled(Busy)())
    for start in range(0, ROWS, cut):
        pieces.go(**{name: values[start : start + cut] for name, values in columns.items()})
    assert whole.outcome() == pieces.stop().outcome()


def test_what_was_kept_before_a_raise_is_in_the_account() -> None:
    memories = []
    for cls in (Breaks, compiled(Breaks)):
        run = Run(cls())
        with pytest.raises(StrategyError, match="ZeroDivisionError"):
            run.go(**walk(ROWS))
        assert (run.memory._n, run.memory._fast.ready) == (100, True)
        memories.append(run.engine.state.snapshot())
    assert memories[0] == memories[1]
