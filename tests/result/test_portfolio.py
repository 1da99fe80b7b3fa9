"""A run as a vectorbt Portfolio: its value is our equity, sample by sample, on real runs and in every corner.

Needs vectorbt (the extra of that name); 1.2.0 passed. Without it only the refusal is tested.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simcore as sc
from simcore.result import Result
from tests.report.peer.here import BY_NAME, result
from tests.result.runs import play, quotes
from tests.result.test_result import walk


@pytest.fixture
def vectorbt() -> Any:
    return pytest.importorskip("vectorbt", reason="needs vectorbt: pip install 'simcore[vectorbt]'")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in BY_NAME if name != "aapl-daily-nothing"])
def test_its_value_is_the_equity_of_a_real_run(vectorbt: Any, shared: Path, name: str) -> None:
    r = result(shared / "market-data", name)
    portfolio = r.to_vectorbt()
    assert isinstance(portfolio, vectorbt.Portfolio)
    assert portfolio.value().to_numpy() == pytest.approx(r.equity["equity"].to_numpy(), rel=1e-9)
    assert 100.0 * portfolio.total_return() == pytest.approx(r.stats["Return [%]"], rel=1e-9)
    assert 100.0 * portfolio.max_drawdown() == pytest.approx(r.stats["Max. Drawdown [%]"], rel=1e-9)
    assert portfolio.orders.count() == r.fills.height
    if not BY_NAME[name].add:  # tickets are one position there
        assert portfolio.trades.closed.count() == r.stats["# Trades"]
        assert 100.0 * portfolio.trades.closed.win_rate() == pytest.approx(r.stats["Win Rate [%]"])


class Turn(sc.Strategy):
    """Turns round every hour."""

    bars = "1h"
    _n: int = 0

    def on_bar(self, ctx: sc.Context) -> None:
        self._n += 1
        ctx.close()
        if self._n % 2:
            ctx.buy(0.2)
        else:
            ctx.sell(0.1)


@pytest.mark.filterwarnings("ignore")
def test_its_value_is_the_equity_on_ticks_of_two_instruments(vectorbt: Any) -> None:
    broker = sc.Broker.preset("mt5-netting", **{"commission.per_lot": 3.5})
    r = sc.backtest(Turn(), {"EURUSD": walk(1, 1.1, 9_000, 0), "GBPUSD": walk(2, 1.3, 9_000, 5)}, broker=broker)
    value = r.to_vectorbt().value()
    assert value.to_numpy() == pytest.approx(r.equity["equity"].to_numpy(), rel=1e-9)
    assert value.index[0] == r.equity["ts"][0].replace(tzinfo=None)


def ended(r: Result) -> tuple[float, float]:
    """The Portfolio's final value, and our balance with everything closed."""
    assert r.account["used_margin"] == 0.0
    return float(r.to_vectorbt().final_value()), r.account["balance"]


@pytest.mark.filterwarnings("ignore")
def test_conversion_swap_and_commission_end_in_the_balance(vectorbt: Any) -> None:
    day = 86_400
    data = {
        "USDJPY": quotes((0, 150.00, 150.02), (day, 140.00, 140.02), (2 * day, 145.00, 145.02)),
        "EURUSD": quotes((1, 1.1000, 1.1002), (day + 1, 1.1100, 1.1102), (2 * day + 1, 1.1200, 1.1202)),
    }
    pairs = [sc.Instrument.fx("USDJPY", swap_long=3.0), sc.Instrument.fx("EURUSD", swap_long=-5.0)]
    script = {
        0: lambda c: c.buy(0.3),
        1: lambda c: c.buy(0.2),
        2: lambda c: c.close(qty=0.1),
        4: lambda c: c.close(),
        5: lambda c: c.close(),
    }
    r = play(script, data, pairs, sample="1h", **{"commission.per_lot": 3.5})
    assert r.fills["swap"].sum() != 0.0
    value, balance = ended(r)
    assert value == pytest.approx(balance, abs=1e-6)
    assert list(r.to_vectorbt().wrapper.columns) == ["USDJPY", "EURUSD"]


@pytest.mark.filterwarnings("ignore")
def test_reversals_and_tickets_that_end_each_other(vectorbt: Any) -> None:
    rows = {"EURUSD": quotes(*((60 * i, b, b + 1e-4) for i, b in enumerate((1.1, 1.12, 1.09, 1.15, 1.11))))}
    netting = {0: lambda c: c.buy(0.1), 1: lambda c: c.sell(0.3), 2: lambda c: c.buy(0.3), 4: lambda c: c.close()}
    r = play(netting, rows, preset="mt5-netting", sample="1min")
    assert ended(r)[0] == pytest.approx(ended(r)[1], abs=1e-6)
    assert r.to_vectorbt().trades.count() == r.trades.height == 3
    hedging = {0: lambda c: c.buy(0.3), 1: lambda c: c.sell(0.1), 2: lambda c: c.close_by(1, 2), 4: lambda c: c.close()}
    r = play(hedging, rows, sample="1min", **{"commission.per_lot": 2.0})
    assert ended(r)[0] == pytest.approx(ended(r)[1], abs=1e-6)
    assert np.count_nonzero(r.fills["closed_qty"]) == r.trades.height == 3


def test_without_vectorbt_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vectorbt", None)
    r = play({}, {"EURUSD": quotes((0, 1.1, 1.1), (60, 1.1, 1.1))})
    with pytest.raises(sc.ConfigError, match=r"to_vectorbt needs vectorbt: pip install 'simcore\[vectorbt\]'"):
        r.to_vectorbt()


@pytest.mark.filterwarnings("ignore")
def test_a_run_without_a_fill_is_no_portfolio(vectorbt: Any) -> None:
    r = play({}, {"EURUSD": quotes((0, 1.1, 1.1), (60, 1.1, 1.1))})
    with pytest.raises(sc.ConfigError, match="the run traded nothing, so there is no portfolio"):
        r.to_vectorbt()


@pytest.mark.filterwarnings("ignore")
def test_cash_given_as_a_whole_number(vectorbt: Any) -> None:
    script = {0: lambda c: c.buy(0.1), 1: lambda c: c.close()}
    r = play(script, {"EURUSD": quotes((0, 1.1, 1.1), (60, 1.2, 1.2), (120, 1.2, 1.2))}, cash=10_000)
    assert r.to_vectorbt().final_value() == pytest.approx(11_000.0)  # 0.1 * 100,000 * 0.1
