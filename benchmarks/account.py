"""The account of every benchmark: everything switched on, nothing free, and never near its margin."""

from __future__ import annotations

from collections.abc import Sequence

import simcore as sc

CASH = 1_000_000.0
PER_LOT = 3.5  # commission, USD a side
SWAP_LONG, SWAP_SHORT = -5.0, 2.0  # points a night


def broker() -> sc.Broker:
    """MetaTrader 5 hedging at 1:100: margin call at 100 %, stop-out at 50 %, commission."""
    return sc.Broker.preset("mt5-hedging", commission={"per_lot": PER_LOT})


def instruments(symbols: Sequence[str]) -> list[sc.Instrument]:
    """Currency pairs that pay swap every night, three on Wednesday."""
    return [
        sc.Instrument.fx(symbol, swap_mode="points", swap_long=SWAP_LONG, swap_short=SWAP_SHORT) for symbol in symbols
    ]
