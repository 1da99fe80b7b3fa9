"""What earned and what it cost, as tables: by instrument and by regime; of several runs side by side.

Assumes frames of `simcore.run.attribution`: a part's name, then money, shares in per cent, and counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import polars as pl

from simcore.report.display import NONE, number_text
from simcore.report.tables import table, toned

Parts = Mapping[str, pl.DataFrame]
TITLES: Final = {
    "symbol": "Instrument",
    "volatility": "Volatility",
    "trend": "Trend",
    "session": "Session",
    "weekday": "Weekday",
}
HEADS: Final = {
    "time_pct": "Time",
    "return_pct": "Return",
    "market_pct": "Market",
    "trades": "Trades",
    "win_rate_pct": "Won",
    "gross": "Gross",
    "spread": "Spread",
    "slippage": "Slippage",
    "commission": "Commission",
    "swap": "Swap",
    "dividends": "Dividends",
    "net": "Net",
    "margin_mean": "Margin, mean",
    "margin_max": "Margin, most",
}
NOTE: Final = (
    "Net is gross less spread, slippage and commission, with swap and dividends; gross is what the same trades would "
    "have made at the middle of bid and ask. A regime is what was known when a stretch between two samples began: "
    "volatility by thirds of the run, a trend where the price had gone further than one deviation of such a stretch."
)


def parts_section(parts: Parts, digits: int) -> str:
    """A table a kind of part, and what the columns mean."""
    if not parts:
        return "<p>Nothing was traded, so nothing was earned.</p>"
    found = [_table(name, frame, digits) for name, frame in parts.items()]
    return f'{"".join(found)}<p class="note">{NOTE}</p>'


def _table(name: str, frame: pl.DataFrame, digits: int) -> str:
    shown = [key for key in HEADS if key in frame.columns and not (key == "dividends" and frame[key].sum() == 0.0)]
    rows = [
        [escape(str(row[name])), *(_cell(key, row[key], digits) for key in shown)]
        for row in frame.iter_rows(named=True)
    ]
    return table((TITLES[name], *(HEADS[key] for key in shown)), rows, numbers=range(1, len(shown) + 1))


def _cell(key: str, value: Any, digits: int) -> str:
    if value is None or value != value:
        return NONE
    if key.endswith("_pct"):
        return number_text(value, 1) + " %"
    if key == "trades":
        return f"{value:,}"
    text = number_text(value, digits)
    return toned(text, "up" if value > 0 else "down" if value < 0 else "") if key == "net" else text


def parts_table(runs: Sequence[tuple[str, Parts]]) -> str:
    """Net by regime, and gross and costs in all, a column a run."""
    found = [_costs(runs)]
    for name in list(TITLES)[1:]:
        frames = [parts.get(name) for _, parts in runs]
        labels = list(dict.fromkeys(label for frame in frames if frame is not None for label in frame[name].to_list()))
        rows = [[escape(label), *(_net(frame, name, label) for frame in frames)] for label in labels]
        if rows:
            found.append(table((f"Net by {name}", *(one for one, _ in runs)), rows, numbers=range(1, len(runs) + 1)))
    return "".join(found)


def _costs(runs: Sequence[tuple[str, Parts]]) -> str:
    keys = ("gross", "spread", "slippage", "commission", "swap", "dividends", "net")
    rows = []
    for key in keys:
        sums = [float(parts["symbol"][key].sum()) if "symbol" in parts else 0.0 for _, parts in runs]
        rows.append([HEADS[key], *(_cell(key, value, 2) for value in sums)])
    return table(("In all", *(one for one, _ in runs)), rows, numbers=range(1, len(runs) + 1))


def _net(frame: pl.DataFrame | None, name: str, label: str) -> str:
    own = None if frame is None else frame.filter(pl.col(name) == label)
    return NONE if own is None or not own.height else _cell("net", own["net"][0], 2)
