"""What was traded, drawn over the prices: a mark a fill, a line a trade, its stop loss and take profit.

Assumes: fills and trades of one instrument. Shape and colour both say what a mark is, so that it can be read without
colour. The page carries every mark and draws one where many fall on a spot; of more than 40,000 fills the highest and
lowest of each stretch are carried, and the chart says so; stop-outs are all there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from simcore.report.columns import Columns
from simcore.report.curve import Int64
from simcore.report.sheet import nanoseconds
from simcore.report.thin import thin

Layer = dict[str, Any]

MOST: Final = 40_000  # fills carried
LINES: Final = 300  # trades in sight that are joined by a line: more would hide the price
LEVELS: Final = 60  # trades in sight whose stop loss and take profit are drawn

# name, what `why` says (None: by the side), shape, class of colour
KINDS: Final = (
    ("Buy", None, "up", "up"),
    ("Sell", None, "down", "down"),
    ("Stop loss", "stop_loss", "square", "warn"),
    ("Take profit", "take_profit", "circle", "accent"),
    ("Stop-out", "stop_out", "cross", "stop"),
    ("Close by", "close_by", "diamond", "muted"),
    ("Closed at the end", "end", "diamond", "faint"),
)
OWN: Final = [why for _, why, _, _ in KINDS if why]


@dataclass(frozen=True)
class Fills:
    """The fills of one instrument, and the row each has among all fills."""

    frame: pl.DataFrame
    rows: Int64
    ts: Int64

    @classmethod
    def of(cls, fills: pl.DataFrame, symbol: str) -> Fills:
        """Those of a symbol."""
        own = fills.with_row_index("row").filter(pl.col("symbol") == symbol)
        return cls(own, own["row"].cast(pl.Int64).to_numpy(), nanoseconds(own["ts"]))


def fill_layers(columns: Columns, fills: Fills, digits: int) -> tuple[list[Layer], str]:
    """One layer a kind of fill that happened, and a sentence if not all are there."""
    total = fills.ts.size
    price = fills.frame["price"].cast(pl.Float64).to_numpy()
    why = fills.frame["why"].str.to_lowercase().to_numpy()
    side = fills.frame["side"].to_numpy()
    layers, left_out = [], 0
    for name, kind, shape, tone in KINDS:
        chosen = why == kind if kind else ~np.isin(why, OWN) & (side == (1 if name == "Buy" else -1))
        at = np.flatnonzero(chosen)
        if at.size == 0:
            continue
        some = at if total <= MOST or kind == "stop_out" else at[thin(fills.ts[at], price[at], buckets=MOST // 8)]
        left_out += at.size - some.size
        layer: Layer = {"kind": "marks", "name": name, "shape": shape, "tone": tone, "record": "fills"}
        layer |= {"x": columns.times(fills.ts[some]), "y": columns.decimals(price[some], digits)}
        layers.append({**layer, "rows": columns.decimals(fills.rows[some]), "many": total > 400})
    shown = total - left_out
    return layers, f"The file holds {shown:,} of {total:,} fills." if left_out else ""


def trade_layers(columns: Columns, trades: pl.DataFrame, digits: int) -> list[Layer]:
    """Lines from entry to exit, winners and losers in two layers, and the stop losses and take profits as last set."""
    some = trades.tail(MOST)
    layers = []
    for name, own, tone in (
        ("Winning trade", some.filter(pl.col("net") > 0.0), "up"),
        ("Losing trade", some.filter(pl.col("net") <= 0.0), "down"),
    ):
        if own.height:
            y, y1 = ("entry_price", "exit_price")
            layers.append(_segments(columns, own, (name, tone), (y, y1), digits, dash="3 3", most=LINES))
    for name, column, tone in (("SL", "sl", "down"), ("TP", "tp", "up")):
        if column in some.columns and (own := some.filter(pl.col(column).is_finite())).height:
            layers.append(_segments(columns, own, (name, tone), (column, column), digits, dash="1 3", most=LEVELS))
    return layers


def _segments(
    columns: Columns, trades: pl.DataFrame, words: tuple[str, str], y: tuple[str, str], digits: int, **given: Any
) -> Layer:
    a, b = (columns.times(trades[name]) for name in ("entry_time", "exit_time"))
    low, high = (columns.decimals(trades[name].to_numpy(), digits) for name in y)
    ends = {"x": a, "y": low, "x1": b, "y1": high}
    return {"kind": "segments", "name": words[0], "tone": words[1], **ends, **given}
