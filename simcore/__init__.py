"""simcore replays market ticks through one account that knows margin, financing and liquidation as the broker does.

`import simcore as sc` gives every public name. Each is imported from its own module when it is first used, so that the
import itself stays fast: neither numba nor pandas is loaded before something needs it.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

__version__ = "0.1.0"

__all__ = [
    "ADX",
    "ATR",
    "Actions",
    "Array",
    "Bollinger",
    "Broker",
    "Causality",
    "ConfigError",
    "Context",
    "DataError",
    "Donchian",
    "EMA",
    "Indicator",
    "Instrument",
    "Ledger",
    "LedgerError",
    "MACD",
    "OrderType",
    "Quality",
    "RSI",
    "Reason",
    "Result",
    "ResultError",
    "SMA",
    "StatisticError",
    "Status",
    "Stochastic",
    "Store",
    "Strategy",
    "StrategyError",
    "WMA",
    "WalkForward",
    "Why",
    "Window",
    "ZScore",
    "__version__",
    "adjust",
    "backtest",
    "backtest_signals",
    "causality",
    "check",
    "clean",
    "compiled",
    "cross_validate",
    "deflated_sharpe",
    "download",
    "expected_max_sharpe",
    "from_signals",
    "haircut_sharpe",
    "heat_map",
    "load",
    "min_track_record",
    "monte_carlo",
    "optimize",
    "pbo",
    "probabilistic_sharpe",
    "read_actions",
    "read_bars",
    "read_instruments",
    "read_prints",
    "read_quotes",
    "reality_check",
    "resample",
    "spa",
    "sweep",
    "walk_forward",
]

# The module each public name is imported from. Checkers read the imports below instead; a test holds all three equal.
_HOMES: Final = {
    "ADX": "simcore.strategy.oscillators",
    "ATR": "simcore.strategy.oscillators",
    "Actions": "simcore.market.actions",
    "Array": "simcore.strategy.fields",
    "Bollinger": "simcore.strategy.bands",
    "Broker": "simcore.brokers.broker",
    "Causality": "simcore.research.causality",
    "ConfigError": "simcore.brokers.errors",
    "Context": "simcore.strategy.context",
    "DataError": "simcore.market.errors",
    "Donchian": "simcore.strategy.bands",
    "EMA": "simcore.strategy.averages",
    "Indicator": "simcore.strategy.indicator",
    "Instrument": "simcore.brokers.instrument",
    "Ledger": "simcore.ledger.ledger",
    "LedgerError": "simcore.ledger.errors",
    "MACD": "simcore.strategy.oscillators",
    "OrderType": "simcore.kernel.enums",
    "Quality": "simcore.market.quality.verdict",
    "RSI": "simcore.strategy.oscillators",
    "Reason": "simcore.kernel.enums",
    "Result": "simcore.result",
    "ResultError": "simcore.run.kept",
    "SMA": "simcore.strategy.averages",
    "StatisticError": "simcore.overfitting.errors",
    "Status": "simcore.kernel.enums",
    "Stochastic": "simcore.strategy.oscillators",
    "Store": "simcore.market.store.store",
    "Strategy": "simcore.strategy.strategy",
    "StrategyError": "simcore.strategy.errors",
    "WMA": "simcore.strategy.averages",
    "WalkForward": "simcore.research.windows",
    "Why": "simcore.kernel.enums",
    "Window": "simcore.strategy.fields",
    "ZScore": "simcore.strategy.bands",
    "adjust": "simcore.market.adjust",
    "backtest": "simcore.backtest",
    "backtest_signals": "simcore.signals",
    "causality": "simcore.research.causality",
    "check": "simcore.market.quality.check",
    "clean": "simcore.market.quality.check",
    "compiled": "simcore.strategy.compiled",
    "cross_validate": "simcore.research.cross_validate",
    "deflated_sharpe": "simcore.overfitting.sharpe",
    "download": "simcore.market.download.download",
    "expected_max_sharpe": "simcore.overfitting.sharpe",
    "from_signals": "simcore.strategy.signals",
    "haircut_sharpe": "simcore.overfitting.haircut",
    "heat_map": "simcore.report.heat",
    "load": "simcore.result",
    "min_track_record": "simcore.overfitting.sharpe",
    "monte_carlo": "simcore.research.monte_carlo",
    "optimize": "simcore.research.optimize",
    "pbo": "simcore.overfitting.cscv",
    "probabilistic_sharpe": "simcore.overfitting.sharpe",
    "read_actions": "simcore.market.actions",
    "read_bars": "simcore.market.readers.read",
    "read_instruments": "simcore.brokers.lean",
    "read_prints": "simcore.market.readers.read",
    "read_quotes": "simcore.market.readers.read",
    "reality_check": "simcore.overfitting.snooping",
    "resample": "simcore.market.resample",
    "spa": "simcore.overfitting.snooping",
    "sweep": "simcore.research.sweep",
    "walk_forward": "simcore.research.walk_forward",
}

if TYPE_CHECKING:
    from simcore.backtest import backtest
    from simcore.brokers.broker import Broker
    from simcore.brokers.errors import ConfigError
    from simcore.brokers.instrument import Instrument
    from simcore.brokers.lean import read_instruments
    from simcore.kernel.enums import OrderType, Reason, Status, Why
    from simcore.ledger.errors import LedgerError
    from simcore.ledger.ledger import Ledger
    from simcore.market.actions import Actions, read_actions
    from simcore.market.adjust import adjust
    from simcore.market.download.download import download
    from simcore.market.errors import DataError
    from simcore.market.quality.check import check, clean
    from simcore.market.quality.verdict import Quality
    from simcore.market.readers.read import read_bars, read_prints, read_quotes
    from simcore.market.resample import resample
    from simcore.market.store.store import Store
    from simcore.overfitting.cscv import pbo
    from simcore.overfitting.errors import StatisticError
    from simcore.overfitting.haircut import haircut_sharpe
    from simcore.overfitting.sharpe import (
        deflated_sharpe,
        expected_max_sharpe,
        min_track_record,
        probabilistic_sharpe,
    )
    from simcore.overfitting.snooping import reality_check, spa
    from simcore.report.heat import heat_map
    from simcore.research.causality import Causality, causality
    from simcore.research.cross_validate import cross_validate
    from simcore.research.monte_carlo import monte_carlo
    from simcore.research.optimize import optimize
    from simcore.research.sweep import sweep
    from simcore.research.walk_forward import walk_forward
    from simcore.research.windows import WalkForward
    from simcore.result import Result, load
    from simcore.run.kept import ResultError
    from simcore.signals import backtest_signals
    from simcore.strategy.averages import EMA, SMA, WMA
    from simcore.strategy.bands import Bollinger, Donchian, ZScore
    from simcore.strategy.compiled import compiled
    from simcore.strategy.context import Context
    from simcore.strategy.errors import StrategyError
    from simcore.strategy.fields import Array, Window
    from simcore.strategy.indicator import Indicator
    from simcore.strategy.oscillators import ADX, ATR, MACD, RSI, Stochastic
    from simcore.strategy.signals import from_signals
    from simcore.strategy.strategy import Strategy
else:

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used (PEP 562).

        Without looking for garbage meanwhile: modules leave none, and searching would be a fifth of the time.
        """
        if name not in _HOMES:
            raise AttributeError(_unknown(name))
        collected = gc.isenabled()
        gc.disable()
        try:
            value = getattr(import_module(_HOMES[name]), name)
        finally:
            if collected:
                gc.enable()
        globals()[name] = value
        return value


class _Face(ModuleType):
    """Keeps `simcore.backtest` the function: importing the module of that name would put the module in its place."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value.backtest if name == "backtest" and isinstance(value, ModuleType) else value)


sys.modules[__name__].__class__ = _Face


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, __all__, n=1)
    return f"simcore has no {name!r}" + (f"; did you mean {close[0]!r}?" if close else "")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
