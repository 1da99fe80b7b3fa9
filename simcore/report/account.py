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

from simcore.report.curve import Float64
from simcore.report.trips import NAN, nanoseconds

TOLD: Final = ("margin_call", "stop_out", "stop_out_order")  # events with equity, used margin and level in a, b, c


def of_kind(events: pl.DataFrame, *kinds: str) -> pl.DataFrame:
    """The events of some kinds."""
    return events if events.is_empty() else events.filter(pl.col("type").str.to_lowercase().is_in(kinds))


def of_costs(fills: pl.DataFrame, events: pl.DataFrame) -> dict[str, Any]:
    """Swap to turnover, in money; what the frames do not hold is nan."""
    swaps = of_kind(events, "swap")
    swap = total(swaps, "a") if swaps.height else total(fills, "swap")
    slippage, spread = total(fills, "slippage"), total(fills, "spread")
    return {
        "Swap [$]": swap,
        "Slippage [$]": slippage,
        "Spread Cost [$]": spread,
        "Cost of Trading [$]": round(total(fills, "commission") + slippage + spread - swap, 8) + 0.0,
        "Turnover [$]": total(fills, "value"),
    }


def of_margin(equity: pl.DataFrame, events: pl.DataFrame, span: tuple[int, int]) -> dict[str, Any]:
    """Calls, stop-outs, levels and the time under a margin call; span: first and last time of the run, ns."""
    told = of_kind(events, *TOLD)
    levels = np.concatenate([_floats(equity, "margin_level"), _floats(told, "c")])
    levels = levels[np.isfinite(levels)]
    used = np.nan_to_num(np.concatenate([_floats(equity, "used_margin"), _floats(told, "b")]))
    called = called_ns(events, span[1])
    elapsed = span[1] - span[0]
    return {
        "Margin Calls": of_kind(told, "margin_call").height,
        "Stop Outs": of_kind(told, "stop_out").height,
        "Min. Margin Level [%]": 100.0 * float(levels.min()) if levels.size else NAN,
        "Max. Used Margin [$]": float(used.max(initial=0.0)),
        "Margin Call Time [%]": 100.0 * called / elapsed if elapsed > 0 else NAN,
        "Margin Call Duration": called,
    }


def called_ns(events: pl.DataFrame, end_ns: int) -> int:
    """How long the account stood under a margin call, ns: from each call to its clearing, or to the end."""
    called, since = 0, None
    calls = of_kind(events, "margin_call", "margin_call_cleared")
    for ts, what in zip(nanoseconds(calls["ts"]).tolist(), calls["type"].str.to_lowercase(), strict=True):
        if what == "margin_call":
            since = ts if since is None else since
        elif since is not None:
            called, since = called + ts - since, None
    return called + (end_ns - since if since is not None else 0)


def of_exposure(exposure: pl.DataFrame | None) -> dict[str, Any]:
    """The most and the mean that was held, over equity; nan without the frame."""
    share = np.empty(0) if exposure is None else _floats(exposure, "gross_pct")
    share = share[np.isfinite(share)]
    return {
        "Max. Gross Exposure [%]": float(share.max()) if share.size else NAN,
        "Avg. Gross Exposure [%]": float(share.mean()) if share.size else NAN,
    }


def of_orders(orders: pl.DataFrame | None, fills: pl.DataFrame, events: pl.DataFrame, ticks: int) -> dict[str, Any]:
    """Deposits, dividends, and how much there was of everything."""
    status = orders["status"].str.to_uppercase() if orders is not None else None
    return {
        "Deposits [$]": total(of_kind(events, "deposit"), "a"),
        "Dividends [$]": total(of_kind(events, "dividend"), "a"),
        "Ticks": int(ticks),
        "Orders": NAN if orders is None else orders.height,
        "Fills": fills.height,
        "Rejections": NAN if status is None else int((status == "REJECTED").sum()),
        "Denials": NAN if status is None else int((status == "DENIED").sum()),
    }


def total(frame: pl.DataFrame, column: str) -> float:
    """The sum of a column of money; nan where the frame has none such."""
    if column not in frame.columns:
        return NAN
    return round(float(frame[column].cast(pl.Float64).sum()), 8) + 0.0  # no -0.0


def _floats(frame: pl.DataFrame, column: str) -> Float64:
    return frame[column].cast(pl.Float64).to_numpy()
