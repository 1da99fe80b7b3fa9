"""Every strategy of the library, plain and compiled: the same State byte for byte, the same fills, and it trades."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

import simcore as sc
from simcore.market.columns import Quotes
from simcore.market.sample import SYMBOL, sample_path
from simcore.strategy.find import find_strategy, known_strategies
from simcore.strategy.record import is_compiled


@dataclass(frozen=True)
class Case:
    """A strategy of the library, and the fills it makes at least on a day of EURUSD."""

    name: str
    fills: int
    parameters: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.name, *(f"{k}={v}" for k, v in self.parameters.items())])


CASES = (
    Case("ema-cross", 50),
    Case("ema-cross", 100, {"fast": 5, "slow": 20, "sl": 0.0005}),
    Case("rsi-reversion", 30),
    Case("rsi-reversion", 100, {"period": 7, "sl": 0.0004}),
    Case("bollinger-reversion", 80),
    Case("bollinger-reversion", 80, {"deviations": 1.5, "sl": 0.0004}),
    Case("donchian-atr", 15),
    Case("donchian-atr", 15, {"period": 10, "exit": 5, "atr": 7, "stop": 3.0, "risk": 0.01}),
    Case("grid", 60),
    Case("grid", 100, {"step": 0.0002, "levels": 12, "qty": 0.05}),
    Case("pair-reversion", 30),
    Case("pair-reversion", 60, {"period": 30, "enter": 1.5, "ratio": 0.8}),
)


@pytest.fixture(scope="module")
def quotes() -> Quotes:
    return sc.read_quotes(sample_path(), symbol=SYMBOL)


@pytest.fixture(scope="module")
def halves(quotes: Quotes) -> dict[str, Quotes]:
    """Two instruments at the same hours: the first half of the sample, and the second moved on top of it."""
    middle = len(quotes) // 2
    first, second = quotes.slice(0, middle), quotes.slice(middle)
    moved = second.ts - second.ts[0] + first.ts[0]
    return {"EURUSD": first, "GBPUSD": Quotes("GBPUSD", moved, second.bid, second.ask)}


def both(name: str, data: Any, **parameters: Any) -> tuple[sc.Result, sc.Result]:
    """The plain and the compiled run of one strategy."""
    plain = find_strategy(name)
    assert not is_compiled(plain)
    made = [cls(**parameters) for cls in (plain, sc.compiled(plain))]
    assert is_compiled(type(made[1]))
    runs = [sc.backtest(strategy, data, broker=sc.Broker.preset("mt5-hedging")) for strategy in made]
    return runs[0], runs[1]


def assert_same(plain: sc.Result, compiled: sc.Result) -> None:
    assert plain.run.state == compiled.run.state
    assert plain.fills.equals(compiled.fills)
    assert plain.fingerprint == compiled.fingerprint


@pytest.mark.parametrize("case", CASES, ids=str)
def test_plain_and_compiled_leave_the_same_account(case, quotes, halves):
    data = halves if case.name == "pair-reversion" else {SYMBOL: quotes}
    plain, compiled = both(case.name, data, **case.parameters)
    assert_same(plain, compiled)
    assert len(plain.fills) >= case.fills
    assert plain.account["equity"] != plain.run.cash


def test_every_strategy_is_covered():
    ours = {name for name, target in known_strategies().items() if target.startswith("strategies.")}
    assert ours == {case.name for case in CASES}


def test_other_parameters_end_in_another_account(quotes):
    """The comparison above can fail: one parameter more or less is another State."""
    a = sc.backtest(find_strategy("ema-cross")(fast=20), quotes)
    b = sc.backtest(find_strategy("ema-cross")(fast=21), quotes)
    assert a.run.state != b.run.state
    assert a.fingerprint != b.fingerprint


def test_fast_forms_are_exported():
    from strategies import breakout, grid, momentum, pairs, reversion

    for module in (breakout, grid, momentum, pairs, reversion):
        plain = [n for n, one in vars(module).items() if isinstance(one, type) and not n.startswith("Fast")]
        assert plain
        for name in plain:
            assert getattr(module, f"Fast{name}") is sc.compiled(getattr(module, name))


def test_pair_on_real_quotes_of_two_instruments(shared):
    """OANDA's EURUSD and NZDUSD ticks of 2014-05-01, merged by time; about 1.66 NZD a EUR that day."""
    folder = shared / "market-data" / "lean" / "Data" / "forex" / "oanda" / "tick"
    if not folder.is_dir():
        pytest.skip(f"needs LEAN's ticks in {folder}")
    day = "20140501_quote.zip"
    data = {s: sc.read_quotes(folder / s.lower() / day, symbol=s) for s in ("EURUSD", "NZDUSD")}
    plain, compiled = both("pair-reversion", data, ratio=1.6)
    assert_same(plain, compiled)
    assert set(plain.fills["symbol"].unique()) == {"EURUSD", "NZDUSD"}
    assert len(plain.fills) >= 20
