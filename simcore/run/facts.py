"""What the statistics of a run are made of: sheets of its tables, its period, a benchmark, what every tick told."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.report.sheet import Sheet
from simcore.run.frames import Frames
from simcore.run.seen import Seen


def facts_of(frames: Frames) -> dict[str, Any]:
    """The arguments of `report.stats.statistics`."""
    run, seen = frames.run, frames.seen
    return dict(
        **frames.counted,
        start_ns=run.feed.start,
        end_ns=run.feed.end,
        cash=run.cash,
        currency=run.broker.currency,
        ticks=len(run.feed.market),
        benchmark=_benchmark(seen),
        trading_ns=_trading_ns(seen),
        bars=seen.bars,
        line=frames.line,
        strategy=run.strategy,
        extra=_tracked(frames),
    )


def _tracked(frames: Frames) -> dict[str, float]:
    """What was followed on every tick, where the run was told to; samples may miss it."""
    totals = frames.run.totals
    if not frames.seen.terms.rules["track"]:
        return {}
    level = totals["min_margin_level"]
    lowest = {"Min. Margin Level [%]": 100.0 * level} if 0.0 < level < np.inf else {}
    return {**lowest, "Max. Drawdown [$]": -totals["max_drawdown"] + 0.0}


def _benchmark(seen: Seen) -> Sheet:
    """Prices of the first instrument: its first, and those that stood whenever the account was looked at.

    In the shares of the end of the run, so that a split is no fall.
    """
    ts, price = seen.first
    rows = seen.times > ts
    times = np.append(ts, seen.times[rows])
    found = np.append(price, seen.mid(0, seen.times)[rows]) / seen.splits.after(0, times)
    return Sheet({"ts": times, "price": found})


def _trading_ns(seen: Seen) -> int | None:
    """When warm-up ended, where the data are the bars it counts."""
    warmup, bars = int(seen.terms.rules["warmup"]), seen.bars
    return int(bars[min(warmup, bars.size) - 1]) if bars is not None and bars.size and warmup > 0 else None
