"""One strategy over columns of quotes, in whichever form it has: what these tests compare."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan, Series
from simcore.kernel.engine import Engine
from simcore.strategy.account import Account
from simcore.strategy.driver import Driver
from simcore.strategy.handlers import hears, memory_bytes
from simcore.strategy.layout import view
from simcore.strategy.strategy import Strategy, timeframes, warmup_bars
from tests.times import SECOND

START = 1_704_189_600 * SECOND  # 2024-01-02 10:00 UTC, a Tuesday


class Run:
    """An account with a strategy in it. `go` plays columns of quotes, `told` holds what the engine wrote."""

    def __init__(
        self, strategy: Strategy, *symbols: str, cash: float = 10_000.0, preset: str = "mt5-hedging", **broker: Any
    ) -> None:
        self.strategy, self.symbols = strategy, symbols or ("EURUSD",)
        series = [Series(k, one.ns, one.kept) for k in range(len(self.symbols)) for one in timeframes(strategy)]
        plan = Plan(
            series=series, memory_bytes=memory_bytes(strategy), hears=hears(strategy), warmup=warmup_bars(strategy)
        )
        rules = make_rules(
            Broker.preset(preset, **{"currency": "USD", "leverage": 100, **broker}),
            [Instrument.fx(symbol) for symbol in self.symbols],
            plan,
        )
        self.engine = Engine(rules, cash)
        self.told: dict[str, list[Any]] = {name: [] for name in self.engine.tape.tables}
        self.driver = Driver(self.engine, strategy, self.symbols, self._tables)
        self.driver.start()

    def go(self, **columns: Any) -> Run:
        self.engine.load(columns)
        self.driver.play()
        return self

    def stop(self) -> Run:
        self.driver.stop()
        return self

    @property
    def memory(self) -> Any:
        """The strategy as it stands in State, read as plain Python."""
        return view(type(self.strategy), int(self.engine.state.memory.ctypes.data), self.engine)

    @property
    def account(self) -> Account:
        return Account(*self.engine.pointers, self.symbols, self.engine)

    def outcome(self) -> tuple[bytes, dict[str, bytes]]:
        """Every byte of the account and of what it told."""
        return self.engine.state.snapshot(), {
            name: b"".join(row.tobytes() for row in rows) for name, rows in self.told.items()
        }

    def _tables(self, tables: dict[str, Any]) -> None:
        for name, rows in tables.items():
            self.told[name].extend(rows)


def walk(n: int, seed: int = 1, start: float = 1.1, step: float = 3e-5, spread: float = 1e-4) -> dict[str, Any]:
    """n random quotes, one a second."""
    rng = np.random.default_rng(seed)
    bid = np.round(start + np.cumsum(rng.normal(0.0, step, n)), 5)
    return {"ts": START + np.arange(n, dtype=np.int64) * SECOND, "bid": bid, "ask": np.round(bid + spread, 5)}


def walks(n: int, seed: int = 1) -> dict[str, Any]:
    """n quotes of two instruments in random order: the first near 1.1, the second near 1.3."""
    first, second = walk(n, seed), walk(n, seed + 1, start=1.3)
    k = np.random.default_rng(seed).integers(0, 2, n).astype(np.uint8)
    mixed = {name: np.where(k == 0, first[name], second[name]) for name in ("bid", "ask")}
    return {"ts": first["ts"], **mixed, "instrument": k}
