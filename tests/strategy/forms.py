"""A strategy's two forms over a few quotes: the same account, tape and memory, or the test fails."""

from __future__ import annotations

import ctypes
from typing import Any

import polars as pl

import simcore as sc
from simcore.strategy.layout import memory_bytes, view
from simcore.strategy.strategy import Strategy
from tests.times import SECOND

START = 1_704_189_600 * SECOND  # 2024-01-02 10:00 UTC, a Tuesday
SPREAD = 0.0001


def quotes(bids: list[float], every: int = SECOND, start: int = START) -> pl.DataFrame:
    ts = [start + n * every for n in range(len(bids))]
    return pl.DataFrame({"ts": ts, "bid": bids, "ask": [round(bid + SPREAD, 5) for bid in bids]})


def both(cls: type[Strategy], data: dict[str, Any], preset: str = "mt5-hedging", **options: Any) -> tuple[Any, Any]:
    """(result, memory) of the plain form, after the compiled one has left the same account, tape and memory."""
    given = {name: options.pop(name) for name in ("cash", "size", "instruments") if name in options}
    broker = sc.Broker.preset(preset, **{"currency": "USD", "leverage": 100, **options})
    plain, fast = (sc.backtest(form(), data, broker=broker, **given) for form in (cls, sc.compiled(cls)))
    assert plain.run.state == fast.run.state
    assert plain.run.tables.keys() == fast.run.tables.keys()
    for name, rows in plain.run.tables.items():
        assert rows.tobytes() == fast.run.tables[name].tobytes(), name
    return plain, remembered(plain, cls)


def remembered(result: sc.Result, cls: type[Strategy]) -> Any:
    """The strategy's memory, which lies at the end of State."""
    size = -(-memory_bytes(cls()) // 8) * 8
    kept = ctypes.create_string_buffer(result.run.state[-size:], size)
    return view(cls, ctypes.addressof(kept), kept)
