"""Pages of the made-up run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from simcore.report.charts import Levels
from simcore.report.contents import Contents
from simcore.report.daily import daily_returns
from simcore.report.html import BUCKETS, report
from simcore.report.line import line_of
from simcore.report.prices import Prices
from simcore.report.sheet import nanoseconds
from simcore.report.stats import stats
from simcore.report.tables import Assumed
from tests.report.frames import CASH, MadeRun


def page_of(
    run: MadeRun, currency: str = "USD", prices: dict[str, pl.DataFrame] | None = None, **given: Any
) -> Contents:
    """What the page of a made-up run is made from; anything can be given otherwise."""
    s = stats(
        **run.frames(),
        start_ns=run.start_ns,
        end_ns=run.end_ns,
        cash=CASH,
        currency=currency,
        ticks=run.prices.height,
        strategy="EmaCross",
    )
    line = line_of(run.equity, run.events, run.start_ns, CASH, None)
    frames = {"EURUSD": run.prices} if prices is None else prices
    met = nanoseconds(run.fills["ts"])
    asked: dict[str, Any] = {
        "title": "EmaCross on EURUSD",
        "days": daily_returns(line.ends, line.samples, CASH),
        "prices": {name: Prices.of(name, frame, BUCKETS // len(frames), met) for name, frame in frames.items()},
        "levels": Levels(call=1.0, stop=0.5),
        "assumptions": [
            Assumed("Costs", "slippage", "none", "default"),
            Assumed("Account", "leverage", "100", "", True),
        ],
    }
    return Contents(stats=s, **run.frames(), **{**asked, **given})


def written(run: MadeRun, path: Path, currency: str = "USD", **given: Any) -> Path:
    """The page as a file."""
    return report(path, page_of(run, currency, **given))


def with_frames(run: MadeRun, **frames: pl.DataFrame) -> MadeRun:
    """The run with other frames."""
    return MadeRun(run.prices, start_ns=run.start_ns, end_ns=run.end_ns, **{**run.frames(), **frames})
