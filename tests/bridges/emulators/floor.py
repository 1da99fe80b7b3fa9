"""Terminals over a few made-up ticks, for tests."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pandas as pd

import simcore as sc
from bridges.emulators.mt5 import Terminal, module_of
from tests.times import SECOND

START = 1_704_189_600  # Tuesday 2024-01-02 10:00 UTC


def quotes(*prices: tuple[float, float], every: int = 1) -> pd.DataFrame:
    """One quote every so many seconds."""
    ts = [(START + every * n) * SECOND for n in range(len(prices))]
    return pd.DataFrame({"ts": ts, "bid": [b for b, _ in prices], "ask": [a for _, a in prices]})


def terminal(*prices: tuple[float, float], symbol: str = "EURUSD", every: int = 1, **fields: Any) -> Terminal:
    """A terminal whose first quote stands."""
    return Terminal({symbol: quotes(*prices, every=every)}, **fields)


def opened(of: Terminal) -> ModuleType:
    """The module over a terminal, connected."""
    mt5 = module_of(of)
    assert mt5.initialize()
    return mt5


def deal(mt5: Any, kind: int, lots: float, /, **fields: Any) -> Any:
    """Send a market order."""
    request = {"action": mt5.TRADE_ACTION_DEAL, "symbol": "EURUSD", "volume": lots, "type": kind}
    return mt5.order_send(request | fields)


def netting(**fields: Any) -> sc.Broker:
    return sc.Broker.preset("mt5-netting", **fields)
