"""Round trips: what was made between being out of an instrument twice.

Assumes the fills frame of a result, in order. Flat means that nothing is open: opposite tickets of a hedging account
are one trip until the last is closed.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

SCHEMA: Final[dict[str, Any]] = {
    "symbol": pl.String,
    "entry_time": pl.Datetime("ns", "UTC"),
    "exit_time": pl.Datetime("ns", "UTC"),
    "fills": pl.Int64,
    "net": pl.Float64,
}


def round_trips(fills: pl.DataFrame, digits: int) -> pl.DataFrame:
    """One row a trip, by the time it ended; a reversal's commission is shared between the trips it ends and begins."""
    rows = []
    for symbol, own in fills.partition_by("symbol", as_dict=True, maintain_order=True).items():
        rows += _of_symbol(str(symbol[0]), own, digits)
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("exit_time")


def _of_symbol(symbol: str, fills: pl.DataFrame, digits: int) -> list[tuple[Any, ...]]:
    rows = []
    held, net, n, start = 0.0, 0.0, 0, None
    columns = ("ts", "qty", "closed_qty", "pnl", "swap", "commission")
    for ts, qty, closed, pnl, swap, commission in fills.select(columns).iter_rows():
        start = ts if n == 0 else start
        ends = closed > 0.0 and round(held - closed, 10) <= 0.0
        cost = round(commission * closed / qty, digits) if ends else commission
        net, n = net + pnl + swap - cost, n + 1
        held = round(held + qty - 2.0 * closed, 10)  # what closed is gone, the rest opened
        if ends:
            rows.append((symbol, start, ts, n, round(net, digits)))
            net, n, start = cost - commission, int(held > 0.0), ts
    return rows
