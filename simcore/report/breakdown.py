"""Where the money was made: the trades by instrument, side, tag and what closed them.

Assumes: the trades frame of a result. net is after commission and swap, in account currency; a trade wins if its net is
above zero; profit factor is the sum of the winners over the sum of the losers, in money.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final

import polars as pl

from simcore.report import display
from simcore.report.display import NONE, number_text
from simcore.report.tables import table, toned

MOST: Final = 40  # groups shown; the rest is one line
HEADS: Final = (
    "Trades",
    "Won",
    "Net",
    "Average",
    "Profit factor",
    "Best",
    "Worst",
    "Commission",
    "Swap",
    "Held, average",
)


def breakdown(trades: pl.DataFrame, digits: int = 2) -> str:
    """A table for each way to part the trades that parts them at all; digits: of money."""
    if trades.height == 0:
        return "<p>No trade was closed.</p>"
    named = trades.with_columns(
        _side=pl.when(pl.col("side") > 0).then(pl.lit("long")).otherwise(pl.lit("short")),
        _why=pl.col("why").str.to_lowercase().str.replace_all("_", " "),
        _tag=pl.col("tag").fill_null("no tag"),
    )
    found = []
    for head, column, least in (
        ("Side", "_side", 1),
        ("Instrument", "symbol", 2),
        ("Closed by", "_why", 2),
        ("Tag", "_tag", 2),
    ):
        groups = by(named, column)
        if groups.height >= least:
            found.append(_table(head, groups, digits))
    return f'<div class="even">{"".join(found)}</div>'


def by(trades: pl.DataFrame, column: str) -> pl.DataFrame:
    """One row a value of `column`, best net first: what HEADS says, durations in ns."""
    net = pl.col("net")
    won, lost = net.filter(net > 0.0).sum(), -net.filter(net < 0.0).sum()
    return (
        trades.group_by(pl.col(column).cast(pl.String).alias("group"), maintain_order=True)
        .agg(
            pl.len().alias("trades"),
            (100.0 * (net > 0.0).mean()).alias("won"),
            net.sum().alias("net"),
            net.mean().alias("average"),
            pl.when(lost > 0.0).then(won / lost).otherwise(None).alias("factor"),
            net.max().alias("best"),
            net.min().alias("worst"),
            pl.col("commission").sum(),
            pl.col("swap").sum(),
            (pl.col("exit_time") - pl.col("entry_time")).mean().cast(pl.Int64).alias("held"),
        )
        .sort("net", descending=True)
    )


def _table(head: str, groups: pl.DataFrame, digits: int) -> str:
    rows = [_row(row, digits) for row in groups.head(MOST).iter_rows(named=True)]
    rest = groups.height - len(rows)
    note = f'<p class="note">The {MOST} best of {groups.height:,}; {rest:,} more are left out.</p>' if rest > 0 else ""
    return table((head, *HEADS), rows, numbers=range(1, len(HEADS) + 1)) + note


def _row(row: dict[str, Any], digits: int) -> list[str]:
    names = ("net", "average", "best", "worst", "commission", "swap")
    money = {name: number_text(row[name], digits) for name in names}
    return [
        escape(row["group"]),
        f"{row['trades']:,}",
        number_text(row["won"], 1) + " %",
        toned(money["net"], "up" if row["net"] > 0 else "down" if row["net"] < 0 else ""),
        money["average"],
        NONE if row["factor"] is None else number_text(row["factor"], 2),
        money["best"],
        money["worst"],
        money["commission"],
        money["swap"],
        display.duration_text(row["held"] / 1e9),
    ]
