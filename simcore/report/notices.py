"""What a reader should know before the figures are believed: few sentences, the worst first.

Assumes: the statistics and frames of a result. A notice says what is so, with its number; it gives no advice. Fewer
than thirty trades are called few: the standard error of a win rate is then above nine points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from simcore.report.account import of_kind
from simcore.report.display import number_text
from simcore.report.listing import REFUSED
from simcore.report.tables import Assumed

if TYPE_CHECKING:
    import pandas as pd

FEW: Final = 30


class Notice(NamedTuple):
    """tone: bad, warn or plain. `link` is the section that tells more."""

    tone: str
    text: str
    link: str


def notices(
    stats: pd.Series,
    equity: pl.DataFrame,
    orders: pl.DataFrame,
    fills: pl.DataFrame,
    events: pl.DataFrame,
    assumed: Sequence[Assumed],
    verdict: str = "",
    digits: int = 2,
) -> list[Notice]:
    """All that hold for this run; verdict: what the check of the data came to; digits: of money."""
    found = [*_account(stats, events, digits), *_refused(orders)]
    trades = stats.get("# Trades", 0)
    if not fills.height:
        found.append(Notice("plain", "No order was filled.", "events"))
    elif trades < FEW:
        words = f"{_count(int(trades), 'trade')}: too few to tell skill from luck."
        found.append(Notice("warn", words, "distribution"))
    if fills.height and not (fills["commission"] != 0.0).any() and not (fills["slippage"] != 0.0).any():
        found.append(Notice("warn", "No commission and no slippage were charged: costs are the spread alone.", "costs"))
    open_ones = _still_open(fills, events)
    if open_ones:
        words = f"Still open at the end: {open_ones}"
        if equity.height:
            made = float(equity["equity"][-1]) - float(equity["balance"][-1])
            words += f"; {number_text(made, digits)} {stats.get('Currency', '')} of the result is not realised"
        found.append(Notice("plain", f"{words}.", "charts"))
    if verdict:
        found.append(Notice("plain", f"Data: {verdict}", "quality"))
    doubtful = list(dict.fromkeys(one.name for one in assumed if one.unverified))
    if doubtful:
        words = f"Rules not confirmed, or each broker's own choice: {', '.join(doubtful)}."
        found.append(Notice("plain", words, "assumptions"))
    order = {"bad": 0, "warn": 1, "plain": 2}
    return sorted(found, key=lambda notice: order[notice.tone])


def _account(stats: pd.Series, events: pl.DataFrame, digits: int) -> list[Notice]:
    found = []
    stops, calls = (_number(stats.get(key)) for key in ("Stop Outs", "Margin Calls"))
    lowest = _number(stats.get("Min. Margin Level [%]"))
    level = f"; the margin level fell to {number_text(lowest, 1)} %" if math.isfinite(lowest) else ""
    if stops > 0:
        found.append(Notice("bad", f"The broker closed {_count(int(stops), 'position')} by stop-out{level}.", "events"))
    elif calls > 0:
        found.append(Notice("warn", f"{_count(int(calls), 'margin call')}{level}.", "events"))
    gifts = of_kind(events, "balance_compensation")
    if gifts.height:
        total = number_text(float(gifts["a"].sum()), digits)
        words = f"The balance fell below zero; negative balance protection added {total} {stats.get('Currency', '')}."
        found.append(Notice("bad", words, "events"))
    return found


def _refused(orders: pl.DataFrame) -> list[Notice]:
    refused = orders.filter(pl.col("status").str.to_uppercase().is_in(REFUSED))
    if not refused.height:
        return []
    reason, times = refused["reason"].value_counts(sort=True).row(0)
    share = 100.0 * refused.height / orders.height
    words = f"{refused.height:,} of {orders.height:,} orders were refused ({number_text(share, 1)} %)"
    words += f", most for {reason} ({times:,})."
    return [Notice("warn", words, "events")]


def _still_open(fills: pl.DataFrame, events: pl.DataFrame) -> str:
    if not fills.height:
        return ""
    held = (
        _in_last_shares(fills, events)
        .group_by("symbol", maintain_order=True)
        .agg((pl.col("side") * pl.col("qty")).sum().round(8).alias("qty"))
    )
    own = held.filter(pl.col("qty") != 0.0)
    parts = [f"{'long' if qty > 0 else 'short'} {abs(qty):g} {symbol}" for symbol, qty in own.iter_rows()]
    return ", ".join(parts[:6]) + (f" and {len(parts) - 6} more" if len(parts) > 6 else "")


def _in_last_shares(fills: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Quantities multiplied by the splits (a: ratio, d: fills before it) that came later."""
    fills = fills.with_row_index("row")
    for symbol, ratio, before in of_kind(events, "split").select("symbol", "a", "d").iter_rows():
        earlier = (pl.col("symbol") == symbol) & (pl.col("row") < before)
        fills = fills.with_columns(qty=pl.when(earlier).then(pl.col("qty") * ratio).otherwise(pl.col("qty")))
    return fills


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}" + ("" if n == 1 else "s")
