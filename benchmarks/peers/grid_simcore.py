"""simcore's sweep: every combination in a margin account of its own, from columns to the table of all statistics."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import simcore as sc
from benchmarks.account import CASH, broker, instruments
from benchmarks.peers.grid import bars_of, values
from benchmarks.peers.rules import Outcome, Prices
from simcore.market.columns import Bars, Quotes


class Averages(sc.Strategy):
    """What the rules know; they are written into each handler, because machine code keeps only that in registers."""

    fast: int = 20
    slow: int = 500
    qty: float = 0.10  # lots: QTY euros
    _fast: float = 0.0
    _slow: float = 0.0
    _by_fast: float = 0.0
    _by_slow: float = 0.0
    _seen: int = 0
    _side: int = 0


@sc.compiled
class OnClose(Averages):
    """A bar is a quote: its close."""

    def on_quote(self, ctx: sc.Context) -> None:
        close = ctx.mid
        if self._seen < self.slow:
            self._seen += 1
            if self._seen == 1:
                self._by_fast = 2.0 / (self.fast + 1)
                self._by_slow = 2.0 / (self.slow + 1)
                self._fast = self._slow = close
        fast = self._fast
        fast += (close - fast) * self._by_fast
        self._fast = fast
        slow = self._slow
        slow += (close - slow) * self._by_slow
        self._slow = slow
        side = 1 if fast > slow else -1
        if side != self._side and self._seen == self.slow and fast != slow:
            self._side = side
            ctx.close()
            if side > 0:
                ctx.buy(self.qty)
            else:
                ctx.sell(self.qty)


@sc.compiled
class OnBar(Averages):
    """A bar is a bar."""

    bars = "1min"

    def on_bar(self, ctx: sc.Context) -> None:
        close = ctx.bar.close
        if self._seen < self.slow:
            self._seen += 1
            if self._seen == 1:
                self._by_fast = 2.0 / (self.fast + 1)
                self._by_slow = 2.0 / (self.slow + 1)
                self._fast = self._slow = close
        fast = self._fast
        fast += (close - fast) * self._by_fast
        self._fast = fast
        slow = self._slow
        slow += (close - slow) * self._by_slow
        self._slow = slow
        side = 1 if fast > slow else -1
        if side != self._side and self._seen == self.slow and fast != slow:
            self._side = side
            ctx.close()
            if side > 0:
                ctx.buy(self.qty)
            else:
                ctx.sell(self.qty)


def prepare(prices: Prices, form: str) -> Callable[[], Outcome]:
    """A run of sc.sweep; `form` is closes or bars, one or all (cores), and how many values of each period."""
    what, cores, _ = form.split(" ")
    b = bars_of(prices)
    data: Any = Quotes("EURUSD", b.ts, b.close, b.close) if what == "closes" else Bars("EURUSD", "1min", *b)
    fast, slow = values(form)
    given: dict[str, Any] = {"params": {"fast": fast, "slow": slow}, "broker": broker(), "cash": CASH, "ledger": None}
    given |= {"instruments": instruments(["EURUSD"]), "workers": 1 if cores == "one" else None}

    def run() -> Outcome:
        began = time.perf_counter()
        table = sc.sweep(OnClose if what == "closes" else OnBar, {"EURUSD": data}, **given)
        seconds = time.perf_counter() - began
        assert table["error"].null_count() == table.height
        return Outcome(seconds, int(((table["Orders"] + 1) // 2).sum()))  # every turn but the first closes and opens

    return run
