"""One strategy three ways: backtest, paper, and adapter -> emulator -> engine. The same fills, costs and margin."""

from __future__ import annotations

import pytest

import simcore as sc
from bridges.emulators.mt5 import Terminal
from simcore.live.paper import paper
from simcore.live.verify import verify
from simcore.market.sample import SYMBOL, sample_path
from strategies.grid import Grid
from strategies.momentum import EmaCross
from tests.bridges.live.desk import check, ledger, ledger_of, opened, play

ROWS = {"Script": 5_000, "Often": 3_000, "Grid": 7_000, "EmaCross": 20_000}


class Script(sc.Strategy):
    """Every kind of request once: market with stops, pending orders, changes, cancels, a part closed, the rest."""

    bars = "1min"
    _n: int = 0
    _a: int = 0
    _b: int = 0
    _c: int = 0

    def on_bar(self, ctx):
        self._n += 1
        if self._n == 2:
            self._a = ctx.buy(0.3, sl=ctx.bid - 0.0030, tp=ctx.bid + 0.0030)
            self._b = ctx.sell(0.1, limit=ctx.ask + 0.0050)
            self._c = ctx.buy(0.2, stop=ctx.ask + 0.0006, sl=ctx.bid - 0.0040)
        elif self._n == 5:
            ctx.modify(self._a, sl=ctx.bid - 0.0020)
            ctx.modify(self._b, limit=ctx.ask + 0.0004)
        elif self._n == 9:
            ctx.close(0.1, position=self._a)
        elif self._n == 20:
            ctx.cancel(self._c)
            ctx.cancel(self._b)
        elif self._n == 40:
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


FORMS = {"Script": Script, "Often": Often, "EmaCross": EmaCross, "Grid": Grid}


def load(spec, parameters, compiled):
    form = FORMS[spec]
    return (sc.compiled(form) if compiled else form)(**parameters)


@pytest.fixture(scope="module")
def quotes() -> sc.Quotes:
    return sc.read_quotes(sample_path(), symbol=SYMBOL)


@pytest.mark.parametrize("name", ["Script", "Often", "Grid", pytest.param("EmaCross", marks=pytest.mark.slow)])
def test_the_broker_and_the_backtest_have_the_same_ledger(name, quotes, tmp_path):
    quotes = quotes.slice(0, ROWS[name])
    broker = sc.Broker.preset("mt5-hedging", **{"commission.per_lot": 3.5})
    result = sc.backtest(FORMS[name](), {SYMBOL: quotes}, broker=broker)
    on_paper = paper(FORMS[name](), {SYMBOL: quotes}, session=tmp_path / "paper", spec=name, broker=broker)
    assert on_paper.result.run.state == result.run.state
    terminal = Terminal({SYMBOL: quotes}, broker=broker)
    at = opened(terminal, FORMS[name](), tmp_path / "live", broker=broker)
    play(at, terminal)
    assert len(ledger(terminal)) >= 3
    assert ledger(terminal) == ledger_of(result)
    assert terminal.venue.figures == {key: result.account[key] for key in terminal.venue.figures}
    check(at, terminal)
    assert at.began.desk.engine.figures() == terminal.venue.figures
    at.close()
    verdict = verify(tmp_path / "live", load)
    assert verdict.same, verdict.differences


def test_netting_the_same(quotes, tmp_path):
    quotes = quotes.slice(0, ROWS["Often"])
    broker = sc.Broker.preset("mt5-netting")
    result = sc.backtest(Often(), {SYMBOL: quotes}, broker=broker)
    terminal = Terminal({SYMBOL: quotes}, broker=broker)
    at = opened(terminal, Often(), tmp_path / "live")
    play(at, terminal)
    assert ledger(terminal) == ledger_of(result)
    check(at, terminal)


def test_a_compiled_strategy_the_same(quotes, tmp_path):
    quotes = quotes.slice(0, ROWS["Often"])
    compiled = sc.compiled(Often)
    terminal = Terminal({SYMBOL: quotes})
    at = opened(terminal, compiled(), tmp_path / "live", spec="Often")
    play(at, terminal)
    assert ledger(terminal) == ledger_of(sc.backtest(Often(), {SYMBOL: quotes}))
    at.close()
    assert verify(tmp_path / "live", load).same
