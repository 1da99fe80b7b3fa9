"""What was traded, drawn over the prices: a mark a fill, a line a trade.

Assumes: fills and trades of one instrument. Shape and colour both say what a mark is, so that it can be read without
colour. Of very many the highest and lowest of each stretch are drawn, and the chart says so; stop-outs are all drawn.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from simcore.report.curve import Float64
from simcore.report.display import number_text, price_text
from simcore.report.packing import moments, packed
from simcore.report.thin import thin
from simcore.report.trips import nanoseconds

BUCKETS: Final = 500  # of marks of one kind: at most twice as many are drawn
LINES: Final = 1_000

# name, what `why` says (None: by the side), symbol, colour
KINDS: Final = (
    ("Buy", None, "triangle-up", "--up"),
    ("Sell", None, "triangle-down", "--down"),
    ("Stop loss", "stop_loss", "square", "--warn"),
    ("Take profit", "take_profit", "star", "--accent"),
    ("Stop-out", "stop_out", "x", "--stop"),
    ("Close by", "close_by", "diamond", "--faint"),
    ("Closed at the end", "end", "circle-open", "--muted"),
)
OWN: Final = {why for _, why, _, _ in KINDS if why}


def fill_marks(fills: pl.DataFrame, digits: int) -> tuple[list[dict[str, Any]], str]:
    """One trace a kind of fill that happened, and a sentence if not all are drawn."""
    why = pl.col("why").str.to_lowercase()
    traces, left_out = [], 0
    size = 10 if fills.height <= 200 else 8
    for name, kind, symbol, colour in KINDS:
        if kind is None:
            some = fills.filter(~why.is_in(list(OWN)) & (pl.col("side") == (1 if name == "Buy" else -1)))
        else:
            some = fills.filter(why == kind)
        if some.height == 0:
            continue
        ts, price = nanoseconds(some["ts"]), some["price"].cast(pl.Float64).to_numpy()
        rows = np.arange(ts.size) if kind == "stop_out" else thin(ts, price, buckets=BUCKETS)
        left_out += ts.size - rows.size
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": moments(ts[rows]),
                "y": packed(price[rows]),
                "marker": {"symbol": symbol, "color": colour, "size": size, "line": {"color": "--card", "width": 1}},
                "text": _words(some[rows], digits),
                "hovertemplate": f"<b>{name}</b> %{{text}}<br>%{{x|%Y-%m-%d %H:%M:%S}}<extra></extra>",
            }
        )
    shown = fills.height - left_out
    return traces, f"{shown:,} of {fills.height:,} fills are drawn." if left_out else ""


def _words(fills: pl.DataFrame, digits: int) -> list[str]:
    columns = ("side", "qty", "price", "pnl", "order", "position")
    words = []
    for side, qty, price, pnl, order, position in fills.select(columns).iter_rows():
        text = f"{'buy' if side > 0 else 'sell'} {qty:g} at {price_text(price, digits)}"
        if pnl:
            text += f", result {number_text(pnl, 2)}"
        words.append(f"{text}<br>" + (f"order {order}" if order else f"position {position}"))
    return words


def trade_lines(trades: pl.DataFrame) -> tuple[list[dict[str, Any]], str]:
    """A dotted line from entry to exit of each trade, winners and losers in two traces; the largest where many."""
    many = trades.height > LINES
    drawn = trades.sort(pl.col("net").abs(), descending=True).head(LINES) if many else trades
    traces = []
    for name, some, colour in (
        ("Winning trade", drawn.filter(pl.col("net") > 0.0), "--up"),
        ("Losing trade", drawn.filter(pl.col("net") <= 0.0), "--down"),
    ):
        if some.height:
            x = _pairs(nanoseconds(some["entry_time"]).astype(float), nanoseconds(some["exit_time"]).astype(float))
            y = _pairs(some["entry_price"].to_numpy(), some["exit_price"].to_numpy())
            trace = {"type": "scatter", "mode": "lines", "name": name, "y": packed(y), "hoverinfo": "skip"}
            rule = {"color": colour, "width": 1.4, "dash": "dot"}
            traces.append({**trace, "x": moments(x), "line": rule, "opacity": 0.75})
    return traces, f"Lines join the {LINES:,} largest of {trades.height:,} trades." if many else ""


def _pairs(a: Float64, b: Float64) -> Float64:
    """a0 b0 nan a1 b1 nan ..."""
    return np.column_stack([a, b, np.full(a.size, np.nan)]).ravel()
