"""Small runs whose every figure can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

import simcore as sc
from simcore.result import Result
from tests.times import SECOND

START = 1_704_189_600 * SECOND  # 2024-01-02 10:00 UTC, a Tuesday
Act = Callable[[Any], Any]


def quotes(*rows: tuple[int, float, float]) -> pl.DataFrame:
    """(second, bid, ask), seconds counted from 2024-01-02 10:00 UTC."""
    ts = [START + s * SECOND for s, _, _ in rows]
    return pl.DataFrame({"ts": ts, "bid": [b for _, b, _ in rows], "ask": [a for _, _, a in rows]})


def play(
    script: Mapping[int, Act],
    data: Mapping[str, Any],
    instruments: Sequence[sc.Instrument] | None = None,
    *,
    cash: float = 10_000.0,
    finalize_trades: bool = False,
    sample: str | None = None,
    track: bool = False,
    preset: str = "mt5-hedging",
    **broker: Any,
) -> Result:
    """A run that does at the n-th quote of all what `script` says."""

    class Scripted(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx: sc.Context) -> None:
            act = script.get(self._n)
            self._n += 1
            if act is not None:
                act(ctx)

    rules = sc.Broker.preset(preset, **{"currency": "USD", **broker})
    return sc.backtest(
        Scripted(),
        data,
        broker=rules,
        instruments=instruments,
        cash=cash,
        finalize_trades=finalize_trades,
        sample=sample,
        track=track,
    )
