"""MetaTrader 5 to practise on: a drop-in `MetaTrader5` module over recorded ticks, with real margin rules.

    from bridges.emulators.mt5 import Terminal, install
    install(Terminal({"EURUSD": quotes}, broker=sc.Broker.preset("mt5-hedging"), cash=10_000, speed=60))
    import MetaTrader5 as mt5          # an unmodified bot, in this process

It has the package's 32 functions, its constants and its eleven records with their exact fields; behind them stands the
account a backtest runs on. Assumed: quotes only (no depth beyond the best, no last price), bars made of bids, every
symbol in the market watch, demo account. A bot in another process attaches over a local socket: `simcore serve`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridges.emulators.mt5.faults import Fault, Faults
    from bridges.emulators.mt5.module import install, module_of, uninstall
    from bridges.emulators.mt5.terminal import Terminal

__all__ = ["Fault", "Faults", "Terminal", "install", "module_of", "uninstall"]

_HOMES = {"Fault": "faults", "Faults": "faults", "Terminal": "terminal"}


def __getattr__(name: str) -> Any:
    """The names above, imported when they are asked for: a bot at the end of a wire needs no account."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'module')}"), name)
