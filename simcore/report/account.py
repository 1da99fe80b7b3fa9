"""What the broker did and what it cost: margin, calls, financing, commission, slippage, spread, exposure, refusals.

Assumes the frames of a result. Margin levels and used margin are those of the equity samples and of the margin calls
and stop-outs between them. Costs are positive where they were paid: spread cost is half of bid to ask on every fill,
slippage what a fill got worse than the quote; swap has the account's sign. Gross exposure is the value of longs and of
shorts, not netted, over equity.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from simcore.report.sheet import Given, Sheet
from simcore.report.trips import NAN

TOLD: Final = ("margin_call", "stop_out", "stop_out_order")  # events with equity, used margin and level in a, b, c


def of_kind(events: pl.DataFrame, *kinds: str) -> pl.DataFrame:
    """The events of some kinds."""
    return events if events.is_empty() else events.filter(pl.col("type").str.to_lowercase().is_in(kinds))


def of_costs(fills: Given, events: Given) -> dict[str, Any]:
    """Swap to turnover, in money; what the frames do not hold is nan."""
    swaps, traded = Sheet.of(events).of_kind("swap"), Sheet.of(fills)
    swap = swaps.total("a") if swaps.height else traded.total("swap")
    slippage, spread = traded.total("slippage"), traded.total("spread")
    return {
        "Swap [$]": swap,
        "Slippage [$]": slippage,
        "Spread Cost [$]": spread,
        "Cost of Trading [$]": round(traded.total("commission") + slippage + spread - swap, 8) + 0.0,
        "Turnover [$]": traded.total("value"),
    }


def of_margin(equity: Given, events: Given, span: tuple[int, int]) -> dict[str, Any]:
    """Calls, stop-outs, levels and the time under a margin call; span: first and last time of the run, ns."""
    samples, every = Sheet.of(equity), Sheet.of(events)
    told = every.of_kind(*TOLD)
    levels = np.concatenate([samples.floats("margin_level"), told.floats("c")])
    levels = levels[np.isfinite(levels)]
    used = np.nan_to_num(np.concatenate([samples.floats("used_margin"), told.floats("b")]))
    called = called_ns(every, span[1])
    elapsed = span[1] - span[0]
    return {
        "Margin Calls": told.of_kind("margin_call").height,
        "Stop Outs": told.of_kind("stop_out").height,
        "Min. Margin Level [%]": 100.0 * float(levels.min()) if levels.size else NAN,
        "Max. Used Margin [$]": float(used.max(initial=0.0)),
        "Margin Call Time [%]": 100.0 * called / elapsed if elapsed > 0 else NAN,
        "Margin Call Duration": called,
    }


def called_ns(events: Given, end_ns: int) -> int:
    """How long the account stood under a margin call, ns: from each call to its clearing, or to the end."""
    called, since = 0, None
    calls = Sheet.of(events).of_kind("margin_call", "margin_call_cleared")
    for ts, what in zip(calls.ns("ts").tolist(), calls.words("type"), strict=True):
        if what == "margin_call":
            since = ts if since is None else since
        elif since is not None:
            called, since = called + ts - since, None
    return called + (end_ns - since if since is not None else 0)


def of_exposure(exposure: Given | None) -> dict[str, Any]:
    """The most and the mean that was held, over equity; nan without the frame."""
    share = np.empty(0) if exposure is None else Sheet.of(exposure).floats("gross_pct")
    share = share[np.isfinite(share)]
    return {
        "Max. Gross Exposure [%]": float(share.max()) if share.size else NAN,
        "Avg. Gross Exposure [%]": float(share.mean()) if share.size else NAN,
    }


def of_orders(orders: Given | None, fills: Given, events: Given, ticks: int) -> dict[str, Any]:
    """Deposits, dividends, and how much there was of everything."""
    told, sent = Sheet.of(events), None if orders is None else Sheet.of(orders)
    return {
        "Deposits [$]": told.of_kind("deposit").total("a"),
        "Dividends [$]": told.of_kind("dividend").total("a"),
        "Ticks": int(ticks),
        "Orders": NAN if sent is None else sent.height,
        "Fills": Sheet.of(fills).height,
        "Rejections": NAN if sent is None else int(sent.where("status", "rejected").sum()),
        "Denials": NAN if sent is None else int(sent.where("status", "denied").sum()),
    }


def total(frame: pl.DataFrame, column: str) -> float:
    """The sum of a column of money; nan where the frame has none such."""
    return Sheet.of(frame).total(column)
