"""Where the money was made: closed trades by instrument, side, tag, what closed them, or when they were entered.

Assumes the trades frame of a result; net is after commission and swap, in account currency, a trade wins if its net is
above zero, times are UTC. By instrument, what its fills paid for slippage and spread is there too; by anything else it
cannot be told apart, because one fill may end one trade and begin another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

KEYS: Final[dict[str, Callable[[], pl.Expr]]] = {
    "symbol": lambda: pl.col("symbol"),
    "side": lambda: pl.when(pl.col("side") > 0).then(pl.lit("long")).otherwise(pl.lit("short")),
    "tag": lambda: pl.col("tag"),
    "why": lambda: pl.col("why"),
    "year": lambda: pl.col("entry_time").dt.year(),
    "month": lambda: pl.col("entry_time").dt.strftime("%Y-%m"),
    "day": lambda: pl.col("entry_time").dt.date(),
    "weekday": lambda: pl.col("entry_time").dt.strftime("%A"),
    "hour": lambda: pl.col("entry_time").dt.hour(),
}


def by(trades: pl.DataFrame, fills: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """One row a group, in the order of its first trade: the keys, trades, wins, money, excursions, time held."""
    net = pl.col("net")
    won, lost = net.filter(net > 0.0), net.filter(net < 0.0)
    named = trades.with_columns(**{name: KEYS[name]() for name in keys})
    groups = named.group_by(*keys, maintain_order=True).agg(
        trades=pl.len(),
        win_rate_pct=100.0 * (net > 0.0).mean(),
        net=net.sum().round(8),
        pnl=pl.col("pnl").sum().round(8),
        commission=pl.col("commission").sum().round(8),
        swap=pl.col("swap").sum().round(8),
        avg_net=net.mean(),
        best=net.max(),
        worst=net.min(),
        profit_factor=_over(won.sum(), -lost.sum()),
        payoff_ratio=_over(won.mean(), -lost.mean()),
        avg_return_pct=pl.col("return_pct").mean(),
        avg_mae=pl.col("mae").mean(),
        avg_mfe=pl.col("mfe").mean(),
        max_losses=_longest(net < 0.0),
        avg_duration=pl.col("duration").mean(),
    )
    if keys != ("symbol",):
        return groups
    paid = fills.group_by("symbol").agg(
        fills=pl.len(),
        slippage=pl.col("slippage").sum().round(8),
        spread=pl.col("spread").sum().round(8),
        turnover=pl.col("value").sum().round(8),
    )
    return groups.join(paid, on="symbol", how="left", maintain_order="left")


def _over(x: pl.Expr, y: pl.Expr) -> pl.Expr:
    return pl.when(y > 0.0).then(x / y).otherwise(None)


def _longest(held: pl.Expr) -> pl.Expr:
    """The most rows in a row for which it holds."""
    runs = held.rle()
    return runs.struct.field("len").filter(runs.struct.field("value")).max().fill_null(0).cast(pl.Int64)
