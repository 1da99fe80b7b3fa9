"""The report of a run: one HTML file that needs nothing else, no network and no server.

Assumes: the frames of a result, money in account currency, times UTC. plotly.js is inside the file, once; a content
policy forbids the page to load anything. Light or dark follows the reader's system. A million ticks become the few
thousand rows that a screen can show, with every high and low kept; the statistics are made from all of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from simcore.report import charts, display, tables
from simcore.report.write import write_whole

if TYPE_CHECKING:
    import pandas as pd

POINTS: Final = 8_000  # buckets of time in the price charts, over all symbols
HINT: Final = (
    '<p class="note screen">Drag over a stretch of time to see it closer on every chart; double-click to see all.</p>'
)
CARDS: Final = (
    "Return [%]",
    "Equity Final [$]",
    "Max. Drawdown [%]",
    "Sharpe Ratio",
    "# Trades",
    "Win Rate [%]",
    "Profit Factor",
    "Min. Margin Level [%]",
    "Margin Calls",
    "Stop Outs",
)


def report(
    path: str | os.PathLike[str],
    *,
    title: str,
    stats: pd.Series,
    equity: pl.DataFrame,
    trades: pl.DataFrame,
    fills: pl.DataFrame,
    orders: pl.DataFrame,
    events: pl.DataFrame,
    prices: Mapping[str, pl.DataFrame] | None = None,
    margin_call_level: float | None = None,
    stop_out_level: float | None = None,
    stop_out_mode: str = "percent",
    assumptions: Mapping[str, str] | None = None,
) -> Path:
    """Write the report to `path`, whole or not at all, and return the path.

    stats: what `simcore.report.stats.stats` gives. prices: symbol -> frame of ts and bid, ask, or open, high, low,
    close, names in any case. Levels: ratios (0.5 = 50 %), or amounts of equity with stop_out_mode "money".
    assumptions: what the run took for granted, name -> sentence; put the fingerprint and versions there too.
    Raises WriteError, one line, where the file cannot be written; ValueError for an unknown stop_out_mode or for prices
    without these columns.
    """
    frames = {"equity": equity, "trades": trades, "fills": fills, "orders": orders, "events": events}
    levels = (margin_call_level, stop_out_level, stop_out_mode)
    return write_whole(path, page(title, stats, frames, prices or {}, levels, assumptions or {}))


def page(
    title: str,
    stats: pd.Series,
    frames: Mapping[str, pl.DataFrame],
    prices: Mapping[str, pl.DataFrame],
    levels: tuple[float | None, float | None, str],
    assumptions: Mapping[str, str],
) -> str:
    """The page as text; `frames` are equity, trades, fills, orders, events."""
    if levels[2] not in ("percent", "money"):
        raise ValueError(f"report: stop_out_mode must be percent or money, was {levels[2]!r}")
    for symbol, given in prices.items():
        _check_prices(symbol, {name.lower() for name in given.columns})
    trades, fills, events = frames["trades"], frames["fills"], frames["events"]
    digits = _digits(fills, prices)
    figures, sections = _figures(stats, frames, prices, levels, digits)
    sections += [
        _section("Statistics", tables.stats_tables(stats)),
        _section("Trades", tables.trades_table(trades, digits)),
        _section("Refused", tables.refusals_table(frames["orders"], events)),
    ]
    if happened := tables.events_table(events):
        sections.append(_section("Margin calls, stop-outs and cash", happened))
    if assumptions:
        rows = "".join(f"<dt>{escape(k)}</dt><dd>{escape(str(v))}</dd>\n" for k, v in assumptions.items())
        sections.append(_section("Assumptions", f"<dl>{rows}</dl>"))
    return _filled(title, _header(title, stats), "\n".join(sections), figures)


def _check_prices(symbol: str, columns: set[str]) -> None:
    if not ({"ts", "bid", "ask"} <= columns or {"ts", "open", "high", "low", "close"} <= columns):
        raise ValueError(
            f"report: prices of {symbol} have {', '.join(sorted(columns))}; "
            "give ts with bid and ask, or ts with open, high, low and close"
        )


def _digits(fills: pl.DataFrame, prices: Mapping[str, pl.DataFrame]) -> dict[str, int]:
    symbols = dict.fromkeys([*prices, *fills["symbol"].unique(maintain_order=True).to_list()])
    found = {}
    for symbol in symbols:
        seen = fills.filter(pl.col("symbol") == symbol)["price"].head(1_000).to_list()
        if not seen and symbol in prices:
            frame = prices[symbol]
            names = {name.lower(): name for name in frame.columns}
            seen = frame[names.get("bid") or names["close"]].head(1_000).to_list()
        found[symbol] = max(2, display.digits_of(seen))
    return found


def _figures(
    stats: pd.Series,
    frames: Mapping[str, pl.DataFrame],
    prices: Mapping[str, pl.DataFrame],
    levels: tuple[float | None, float | None, str],
    digits: Mapping[str, int],
) -> tuple[dict[str, Any], list[str]]:
    """The charts by the id of their place on the page, and the sections that hold these places."""
    currency = str(stats.get("Currency", ""))
    equity, events = frames["equity"], frames["events"]
    figures: dict[str, Any] = {}
    body = "<p>No sample of the equity was taken.</p>"
    if equity.height:
        figures["equity"] = charts.equity_chart(equity, events, currency)
        body = _place("equity") + HINT
    sections = [_section("Equity and drawdown", body)]
    money = currency if levels[2] == "money" else None
    margin = charts.margin_chart(equity, events, levels[0], levels[1], money)
    if margin is None:
        sections.append(_section("Margin", "<p>No margin was used.</p>"))
    else:
        figures["margin"] = margin
        sections.append(_section("Margin", _place("margin")))
    buckets = max(1_000, POINTS // max(1, len(digits)))
    panels = []
    for n, symbol in enumerate(digits):
        own = [frames[name].filter(pl.col("symbol") == symbol) for name in ("fills", "trades")]
        figure, note = charts.price_chart(prices.get(symbol), own[0], own[1], digits[symbol], buckets)
        figures[f"price{n}"] = figure
        said = f'<p class="note">{escape(note)}</p>' if note else ""
        panels.append((symbol, _place(f"price{n}") + said))
    if panels:
        sections.append(_section("Prices and fills", _tabs(panels)))
    begin, end = (stats[key].value for key in ("Start", "End"))
    for figure in figures.values():
        figure["layout"]["xaxis"]["range"] = charts.span(begin, end)
    return figures, sections


def _section(head: str, body: str) -> str:
    return f"<section><h2>{escape(head)}</h2>\n{body}</section>"


def _place(name: str) -> str:
    return f'<div class="chart" id="{name}"></div>'


def _tabs(panels: list[tuple[str, str]]) -> str:
    """One panel a symbol; with several, buttons that choose which is shown."""
    if len(panels) == 1:
        return f'<p class="symbol">{escape(panels[0][0])}</p>{panels[0][1]}'
    buttons = "".join(
        f'<button type="button" role="tab" aria-selected="{str(n == 0).lower()}" aria-controls="panel{n}">'
        f"{escape(symbol)}</button>"
        for n, (symbol, _) in enumerate(panels)
    )
    bodies = "".join(
        f'<div role="tabpanel" id="panel{n}"{" hidden" if n else ""}>{body}</div>' for n, (_, body) in enumerate(panels)
    )
    return f'<div role="tablist">{buttons}</div>{bodies}'


def _header(title: str, stats: pd.Series) -> str:
    currency = str(stats.get("Currency", ""))
    keys = [key for key in CARDS if key in stats.index]
    cards = "".join(
        f"<div><dt>{escape(display.label(k))}</dt>"
        f"<dd>{tables.toned(display.value_text(k, stats[k], currency), display.tone(k, stats[k]))}</dd></div>"
        for k in keys
    )
    begin, end, length = (display.value_text(k, stats.get(k)) for k in ("Start", "End", "Duration"))
    about = f"{begin} to {end} UTC · {length} · {display.value_text('Ticks', stats.get('Ticks'))} ticks · {currency}"
    return f'<h1>{escape(title)}</h1><p class="about">{escape(about)}</p><dl class="cards">{cards}</dl>'


def _filled(title: str, header: str, body: str, figures: Mapping[str, Any]) -> str:
    from plotly.offline import get_plotlyjs

    own = files("simcore.report")
    frame, style, script = ((own / f"page.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    # a "<" could end or open a script element; JSON may spell it otherwise
    data = json.dumps({"config": charts.CONFIG, "figures": figures}, allow_nan=False).replace("<", "\\u003c")
    return Template(frame).substitute(
        title=escape(title), style=style, header=header, body=body, data=data, plotly=get_plotlyjs(), script=script
    )
