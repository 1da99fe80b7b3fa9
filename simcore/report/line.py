"""The equity samples of a run as its statistics need them: led by the cash at the start, cash flows taken out.

Assumes samples in time order. Where the data are bars, times are the starts of the bars, and a bar counts for the day
it begins; a sample of ticks counts for the period that ends at or after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simcore.report import curve
from simcore.report.account import of_kind
from simcore.report.curve import Float64, Int64
from simcore.report.trips import nanoseconds


@dataclass(frozen=True)
class Line:
    """The equity samples, and the same led by the starting cash and freed of deposits."""

    ts: Int64
    ends: Int64  # what decides the period a sample counts for
    equity: Float64
    used_margin: Float64
    free_ts: Int64
    free: Float64

    @property
    def samples(self) -> Float64:
        """The samples alone, freed of deposits."""
        return self.free[-self.ts.size :]


def in_bars(frame: pl.DataFrame, bars: Int64 | None, *columns: str) -> pl.DataFrame:
    """The frame with these times as the starts of their bars; as it is where there are none."""
    if bars is None:
        return frame
    stamps = {name: curve.stamped(nanoseconds(frame[name]), bars) for name in columns}
    return frame.with_columns(pl.Series(name, ns).cast(pl.Datetime("ns", "UTC")) for name, ns in stamps.items())


def line_of(equity: pl.DataFrame, events: pl.DataFrame, start_ns: int, cash: float, bars: Int64 | None) -> Line:
    """The line of an equity frame (ts, equity, used_margin) and the deposits among the events."""
    if bars is not None:
        equity = in_bars(equity, bars, "ts").unique("ts", keep="last", maintain_order=True)
    ts = nanoseconds(equity["ts"])
    value = equity["equity"].cast(pl.Float64).to_numpy()
    used = equity["used_margin"].cast(pl.Float64).to_numpy()
    if ts.size == 0:
        ts, value, used = np.array([start_ns]), np.array([cash]), np.zeros(1)
    led_ts, led = ts, value
    if ts[0] > start_ns or value[0] != cash:
        led_ts, led = np.append(min(start_ns, ts[0]), ts), np.append(cash, value)
    paid = of_kind(events, "deposit")
    flow = paid["a"].cast(pl.Float64).to_numpy()
    free = curve.without_flows(led_ts, led, curve.stamped(nanoseconds(paid["ts"]), bars), flow)
    return Line(ts, ts if bars is None else ts + 1, value, used, led_ts, free)
