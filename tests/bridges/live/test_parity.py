"""Strategies three ways: backtest, paper, and adapter -> emulator -> engine. The same fills, costs, swaps and margin.

The recorded ticks are OANDA's EURUSD and XAUUSD around the rollover of Wednesday, 7 May 2014, which charges three days.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import simcore as sc
from bridges.emulators.mt5 import Terminal
from simcore.live.paper import paper
from simcore.live.verify import verify
from simcore.market.sample import SYMBOL, sample_path
from strategies.grid import Grid
from strategies.momentum import EmaCross
from tests.bridges.live.desk import check, ledger, ledger_of, opened, play

DAY = "20140507_quote.zip"
FILES = {"EURUSD": "forex/oanda/tick/eurusd", "XAUUSD": "cfd/oanda/tick/xauusd"}
HOUR = 3_600 * 10**9
ROLLOVER = 1_399_496_400 * 10**9  # 2014-05-07 21:00 UTC


class Script(sc.Strategy):
    """Every kind of request once an instrument: market with stops, pending orders, changes, cancels, a part closed."""

    _n: sc.Array[2]
    _a: sc.Array[2]
    _b: sc.Array[2]
    _c: sc.Array[2]

    def on_quote(self, ctx):
        i = 0 if ctx.symbol == "EURUSD" else 1
        far = ctx.ask * 0.002
        self._n[i] += 1
        if self._n[i] == 2:
            self._a[i] = ctx.buy(0.3, sl=ctx.bid - far, tp=ctx.bid + far)
            self._b[i] = ctx.sell(0.1, limit=ctx.ask + 2 * far)
            self._c[i] = ctx.buy(0.2, stop=ctx.ask + far / 4, sl=ctx.bid - far)
        elif self._n[i] == 50:
            ctx.modify(int(self._a[i]), sl=ctx.bid - far / 2)
            ctx.modify(int(self._b[i]), limit=ctx.ask + far / 6)
        elif self._n[i] == 90:
            ctx.close(0.1)
        elif self._n[i] == 600:
            ctx.cancel(int(self._c[i]))
            ctx.cancel(int(self._b[i]))
        elif self._n[i] == 700:
            ctx.close()


class Often(sc.Strategy):
    """Turns round every third minute."""

    bars = "1min"
    _n: int = 0

    def on_bar(self, ctx):
        self._n += 1
        if self._n % 3 == 0:
            ctx.close()
            ctx.buy(0.1) if self._n % 2 else ctx.sell(0.1)


class Pair(sc.Strategy):
    """Orders for both instruments in the on_bar of either: the other's own quote is still to come."""

    bars = "1min"
    _n: int = 0

    def on_bar(self, ctx):
        self._n += 1
        other = ctx["XAUUSD" if ctx.symbol == "EURUSD" else "EURUSD"]
        if self._n % 4 == 1:
            ctx.buy(0.1, tp=ctx.bid * 1.001)
            other.sell(0.2)
        elif self._n % 4 == 3:
            self._n += other.close() > 0
            ctx.close()


FORMS = {"Script": Script, "Often": Often, "Pair": Pair, "EmaCross": EmaCross, "Grid": Grid}


def load(spec, parameters, compiled):
    form = FORMS[spec]
    return (sc.compiled(form) if compiled else form)(**parameters)


@pytest.fixture(scope="module")
def quotes() -> sc.Quotes:
    return sc.read_quotes(sample_path(), symbol=SYMBOL)


@pytest.fixture(scope="module")
def recorded(shared: Path) -> dict[str, sc.Quotes]:
    return around(shared, HOUR // 2, 3 * HOUR // 2)


def around(shared: Path, before: int, after: int) -> dict[str, sc.Quotes]:
    """Both instruments so many ns before and after the rollover."""
    lean = shared / "market-data" / "lean" / "Data"
    found = {}
    for symbol, place in FILES.items():
        whole = sc.read_quotes(lean / place / DAY, symbol=symbol)
        found[symbol] = whole.slice(*np.searchsorted(whole.ts, [ROLLOVER - before, ROLLOVER + after]).tolist())
    return found


def contracts() -> list[sc.Instrument]:
    """With swaps in points, both ways."""
    swap = {"swap_mode": "points", "swap_long": -7.5, "swap_short": 2.5}
    return [
        sc.Instrument.fx("EURUSD", **swap),
        sc.Instrument.cfd("XAUUSD", contract_size=100.0, price_digits=3, asset_class="gold", **swap),
    ]


def the_same(name, recorded, mode, tmp_path, **parameters):
    """Play it three ways; returns the broker's deals."""
    broker = sc.Broker.preset(f"mt5-{mode}", **{"commission.per_lot": 3.5})
    given = {"broker": broker, "instruments": [one for one in contracts() if one.symbol in recorded], "cash": 50_000.0}
    result = sc.backtest(FORMS[name](**parameters), recorded, **given)
    on_paper = paper(FORMS[name](**parameters), recorded, session=tmp_path / "paper", spec=name, **given)
    assert on_paper.result.run.state == result.run.state  # byte for byte
    assert on_paper.result.fills.equals(result.fills)
    terminal = Terminal(recorded, **given)
    at = opened(terminal, FORMS[name](**parameters), tmp_path / "live", broker=broker, spec=name)
    play(at, terminal)
    assert ledger(terminal) == ledger_of(result)
    assert terminal.venue.figures == {key: result.account[key] for key in terminal.venue.figures}
    check(at, terminal)
    ours, theirs = at.began.desk.engine.figures(), terminal.venue.figures  # the swap of what is open, too
    assert ours["credit"] == theirs["credit"]
    at.close()
    verdict = verify(tmp_path / "live", load)
    assert verdict.same, verdict.differences
    return [deal for deal in terminal.books.deals if deal.symbol]


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_the_script_on_both_instruments_over_a_rollover(mode, recorded, tmp_path):
    deals = the_same("Script", recorded, mode, tmp_path)
    assert {deal.symbol for deal in deals} == set(FILES)
    swaps = sum(deal.swap for deal in deals)
    assert swaps < 0.0  # three days
    assert sum(deal.commission for deal in deals) < 0.0


@pytest.mark.parametrize("mode", ["hedging", pytest.param("netting", marks=pytest.mark.slow)])
def test_orders_for_an_instrument_that_has_not_ticked_yet(mode, recorded, tmp_path):
    deals = the_same("Pair", recorded, mode, tmp_path)
    assert len(deals) >= 20
    assert {deal.symbol for deal in deals} == set(FILES)


STRATEGIES = {
    "Often": {},
    "EmaCross": {"fast": 5, "slow": 12},
    "Grid": {"step": {"EURUSD": 0.00008, "XAUUSD": 0.25}},
}
SLOW = [pytest.param(mode, symbol, name, marks=pytest.mark.slow) for mode in ("hedging", "netting")
        for symbol in FILES for name in STRATEGIES][1:]  # fmt: skip


@pytest.mark.parametrize(("mode", "symbol", "name"), [("hedging", "EURUSD", "Often"), *SLOW])
def test_strategies_of_one_instrument(mode, symbol, name, recorded, tmp_path):
    values = {key: one[symbol] if isinstance(one, dict) else one for key, one in STRATEGIES[name].items()}
    deals = the_same(name, {symbol: recorded[symbol]}, mode, tmp_path, **values)
    assert len(deals) >= 2


def test_a_compiled_strategy_the_same(quotes, tmp_path):
    quotes = quotes.slice(0, 3_000)
    compiled = sc.compiled(Often)
    terminal = Terminal({SYMBOL: quotes})
    at = opened(terminal, compiled(), tmp_path / "live", spec="Often")
    play(at, terminal)
    assert len(ledger(terminal)) >= 3
    assert ledger(terminal) == ledger_of(sc.backtest(Often(), {SYMBOL: quotes}))
    at.close()
    assert verify(tmp_path / "live", load).same
