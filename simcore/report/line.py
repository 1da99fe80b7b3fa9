"""The equity samples of a run as its statistics need them: led by the cash at the start, cash flows taken out.

Assumes samples in time order. Where the data are bars, times are the starts of the bars, and a bar counts for the day
it begins; a sample of ticks counts for the period that ends at or after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simcore.report import curve
from simcore.report.curve import Float64, Int64
from simcore.report.sheet import Given, Sheet


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


def line_of(equity: Given, events: Given, start_ns: int, cash: float, bars: Int64 | None) -> Line:
    """The line of the equity (ts, equity, used_margin) and the deposits among the events."""
    samples = Sheet.of(equity)
    if bars is not None:
        samples = samples.in_bars(bars, "ts").last_of("ts")
    ts, value, used = samples.ns("ts"), samples.floats("equity"), samples.floats("used_margin")
    if ts.size == 0:
        ts, value, used = np.array([start_ns]), np.array([cash]), np.zeros(1)
    led_ts, led = ts, value
    if ts[0] > start_ns or value[0] != cash:
        led_ts, led = np.append(min(start_ns, ts[0]), ts), np.append(cash, value)
    paid = Sheet.of(events).of_kind("deposit")
    free = curve.without_flows(led_ts, led, curve.stamped(paid.ns("ts"), bars), paid.floats("a"))
    return Line(ts, ts if bars is None else ts + 1, value, used, led_ts, free)
