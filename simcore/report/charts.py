"""The charts of the report, as the plain dictionaries plotly.js draws.

Assumes: times UTC, money in account currency. A colour is the name of a CSS variable ("--up"), which the page replaces
by its value, so that one figure serves light and dark.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from simcore.report.curve import Float64, Int64, below_peak, without_flows
from simcore.report.marks import fill_marks, trade_lines
from simcore.report.packing import moments, packed
from simcore.report.thin import PIXELS, candles, thin
from simcore.report.trips import nanoseconds

Figure = dict[str, Any]

CONFIG: Final = {
    "displaylogo": False,
    "showSendToCloud": False,  # plotly.js 4 offers to upload the chart; nobody's account goes anywhere
    "plotlyServerURL": "",
    "responsive": True,
    "doubleClick": "reset",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "png", "scale": 2},
}


def layout(height: int, **axes: Any) -> Figure:
    """What all charts share: one time axis, quiet lines, one hover box for a moment."""
    return {
        "height": height,
        "margin": {"l": 84, "r": 8, "t": 8, "b": 8},  # the same on the left, so that times stand under each other
        "showlegend": True,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "--font", "size": 12, "color": "--muted"},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "--card", "bordercolor": "--line", "font": {"color": "--text"}},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": "--text"}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "--faint", "activecolor": "--accent"},
        "dragmode": "zoom",
        "xaxis": axis(type="date", hoverformat="%Y-%m-%d %H:%M:%S", showgrid=False),
        **axes,
    }


def axis(**given: Any) -> Figure:
    """An axis with a faint grid. Only time is zoomed by hand."""
    is_time = given.get("type") == "date"
    lines = {"gridcolor": "--line", "linecolor": "--line", "zeroline": False}
    return {**lines, "automargin": is_time, "fixedrange": not is_time, **given}


def line(name: str, ts: Int64, value: Float64, colour: str, **given: Any) -> Figure:
    """A line through rows already chosen."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": moments(ts),
        "y": packed(value),
        "line": {"color": colour, "width": 1.6},
        **given,
    }


def span(begin: int, end: int) -> list[float]:
    """The time axis from ns to ns, with a little air, in milliseconds."""
    air = max(0.01 * (end - begin), 1e9)
    return [(begin - air) / 1e6, (end + air) / 1e6]


def floats(frame: pl.DataFrame, column: str) -> Float64:
    """A column as float64, null as nan."""
    return frame[column].cast(pl.Float64).to_numpy()


def equity_chart(equity: pl.DataFrame, events: pl.DataFrame, currency: str) -> Figure:
    """Equity and balance over the drawdown in per cent (cash paid out is no loss), stop-outs marked."""
    ts, value, balance = nanoseconds(equity["ts"]), floats(equity, "equity"), floats(equity, "balance")
    paid = events.filter(pl.col("type").str.to_lowercase() == "deposit")
    under = -100.0 * below_peak(without_flows(ts, value, nanoseconds(paid["ts"]), floats(paid, "a")))
    rows, low = thin(ts, value, balance), thin(ts, under)
    money = f"%{{y:,.2f}} {currency}"
    traces = [
        line("Balance", ts[rows], balance[rows], "--faint", line={"color": "--faint", "width": 1.2, "shape": "hv"}),
        line("Equity", ts[rows], value[rows], "--accent"),
        line("Drawdown", ts[low], under[low], "--down", yaxis="y2", fill="tozeroy", showlegend=False),
    ]
    traces[2].update(fillcolor="--down-soft", line={"color": "--down", "width": 1}, hovertemplate="%{y:.2f} %")
    for trace in traces[:2]:
        trace["hovertemplate"] = money
    stops = events.filter(pl.col("type").str.to_lowercase() == "stop_out")
    if stops.height:
        marks = {"color": "--down", "symbol": "x", "size": 9}
        stop = line("Stop-out", nanoseconds(stops["ts"]), floats(stops, "a"), "--down", mode="markers", marker=marks)
        traces.append({**stop, "hovertemplate": money})
    return {
        "data": traces,
        "layout": layout(
            430,
            xaxis=axis(type="date", hoverformat="%Y-%m-%d %H:%M:%S", showgrid=False, anchor="y2"),
            yaxis=axis(domain=[0.32, 1.0], tickformat=",.6~g", title=_title(f"Equity, {currency}")),
            yaxis2=axis(domain=[0.0, 0.25], ticksuffix=" %", title=_title("Drawdown"), rangemode="tozero"),
        ),
    }


def _title(text: str) -> Figure:
    return {"text": text, "standoff": 8, "font": {"size": 11}}


def margin_chart(
    equity: pl.DataFrame, events: pl.DataFrame, call: float | None, stop: float | None, money: str | None
) -> Figure | None:
    """The margin level in per cent, with the levels at which the broker acts; None where no margin was ever used.

    money: the currency, where the broker's levels are amounts of equity; then equity is drawn against them.
    """
    ts, used = nanoseconds(equity["ts"]), floats(equity, "used_margin")
    told = events.filter(pl.col("type").str.to_lowercase().is_in(["margin_call", "stop_out"]))
    if not (used > 0.0).any() and not told.height:
        return None
    factor, unit, column = (100.0, " %", "margin_level") if money is None else (1.0, f" {money}", "equity")
    value = np.where(used > 0.0, factor * floats(equity, column), np.nan)
    if money is None:
        value = np.where(value > 0.0, value, np.nan)  # a logarithmic axis
    rows = thin(ts, value)
    name = "Margin level" if money is None else "Equity while margin is used"
    form = f"%{{y:,.1f}}{unit}"
    dots = {"mode": "lines+markers", "marker": {"color": "--accent", "size": 3}}
    traces = [line(name, ts[rows], value[rows], "--accent", hovertemplate=form, **dots)]
    marked = (("margin_call", "Margin call", "--warn", "diamond"), ("stop_out", "Stop-out", "--down", "x"))
    for kind, label, colour, symbol in marked:
        at = told.filter(pl.col("type").str.to_lowercase() == kind)
        if at.height:
            y = factor * floats(at, "c" if money is None else "a")
            mark = {"color": colour, "symbol": symbol, "size": 9}
            trace = line(label, nanoseconds(at["ts"]), y, colour, mode="markers", marker=mark, hovertemplate=form)
            traces.append(trace)
    title = _title("Margin level, %" if money is None else f"Equity, {money}")
    scale = "log" if money is None else "linear"
    figure = layout(320, yaxis=axis(type=scale, title=title, tickformat=",.6~g", dtick=1 if money is None else None))
    figure["shapes"], figure["annotations"] = _levels(
        ((call, "Margin call", "--warn"), (stop, "Stop-out", "--down")), factor, unit, scale
    )
    return {"data": traces, "layout": figure}


def _levels(
    levels: tuple[tuple[float | None, str, str], ...], factor: float, unit: str, scale: str
) -> tuple[list[Figure], list[Figure]]:
    shapes, notes = [], []
    for level, name, colour in levels:
        if level is None or not np.isfinite(level) or level <= 0.0:
            continue
        y = factor * level
        rule = {"color": colour, "width": 1.4, "dash": "dash"}
        shapes.append({"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": rule})
        notes.append(
            {
                "text": f"{name} {y:,.6g}{unit}",
                "xref": "paper",
                "x": 1,
                "xanchor": "right",
                "y": float(np.log10(y)) if scale == "log" else y,
                "yanchor": "bottom",
                "showarrow": False,
                "bgcolor": "--card",
                "opacity": 0.9,
                "font": {"color": colour, "size": 11},
            }
        )
    return shapes, notes


def price_chart(
    prices: pl.DataFrame | None, fills: pl.DataFrame, trades: pl.DataFrame, digits: int, buckets: int = PIXELS
) -> tuple[Figure, str]:
    """Prices of one instrument with what was traded on them, and a sentence about what was left out."""
    traces: list[Figure] = []
    note = "No prices were given."
    if prices is not None and prices.height:
        columns = {name.lower(): prices[name] for name in prices.columns}
        is_bars = {"open", "high", "low", "close"} <= columns.keys()
        traces, note = _bars(columns) if is_bars else _quotes(columns, fills, digits, buckets)
    drawn, left_out = trade_lines(trades)
    marks, thinned = fill_marks(fills, digits)
    figure = layout(460, yaxis=axis(tickformat=f".{digits}f", title=_title("Price")))
    figure["hovermode"] = "closest"
    figure["xaxis"]["rangeslider"] = {"visible": False}
    return {"data": [*traces, *drawn, *marks], "layout": figure}, " ".join(s for s in (note, left_out, thinned) if s)


def _bars(columns: Mapping[str, pl.Series]) -> tuple[list[Figure], str]:
    ts = nanoseconds(columns["ts"])
    path = [columns[n].cast(pl.Float64).to_numpy() for n in ("open", "high", "low", "close")]
    c = candles(ts, path[0], path[1], path[2], path[3])
    bars = {"x": moments(c.ts), "open": packed(c.open), "high": packed(c.high), "low": packed(c.low)}
    up, down = ({"line": {"color": f"--{t}", "width": 1}, "fillcolor": f"--{t}-soft"} for t in ("up", "down"))
    trace = {"type": "candlestick", "name": "Price", **bars, "close": packed(c.close), "whiskerwidth": 0}
    note = f"Each candle is {c.span} of {ts.size:,} bars." if c.span > 1 else ""
    return [{**trace, "increasing": up, "decreasing": down, "showlegend": False}], note


def _quotes(
    columns: Mapping[str, pl.Series], fills: pl.DataFrame, digits: int, buckets: int
) -> tuple[list[Figure], str]:
    """Bid and ask; the quotes that fills met are kept, so that every mark lies on its line."""
    ts = nanoseconds(columns["ts"])
    bid, ask = (columns[n].cast(pl.Float64).to_numpy() for n in ("bid", "ask"))
    met = np.searchsorted(ts, nanoseconds(fills["ts"]), side="right") - 1
    rows = np.union1d(thin(ts, bid, ask, buckets=buckets), met[met >= 0])
    note = (
        f"{rows.size:,} of {ts.size:,} quotes are drawn; highs and lows are all there." if rows.size < ts.size else ""
    )
    form = f"%{{y:.{digits}f}}"
    return [
        line("Ask", ts[rows], ask[rows], "--ask", hovertemplate=form, line={"color": "--ask", "width": 1}),
        line("Bid", ts[rows], bid[rows], "--bid", hovertemplate=form, line={"color": "--bid", "width": 1}),
    ], note
