"""The charts over time: what each is made of. The page's script draws them; colours and widths are the style sheet's.

Assumes: the frames of a result, times UTC, money in account currency. A chart is a plain dictionary whose layers name
columns of the page; of very many rows the extremes of each stretch are carried (`thin`), and a note says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from simcore.report.account import of_kind
from simcore.report.columns import Columns
from simcore.report.curve import Float64, Int64, below_peak, without_flows
from simcore.report.marks import Fills, fill_layers, trade_layers
from simcore.report.prices import Prices
from simcore.report.sheet import nanoseconds
from simcore.report.thin import candles, thin

Chart = dict[str, Any]
Layer = dict[str, Any]

PERCENT: Final = " %"


@dataclass(frozen=True, kw_only=True)
class Levels:
    """Where the broker acts: ratios of equity to used margin (percent), or amounts of equity or free margin."""

    call: float | None = None
    stop: float | None = None
    are: Literal["percent", "equity", "free_margin"] = "percent"


@dataclass(frozen=True, kw_only=True)
class Account:
    """The equity samples as columns; `curve` is the equity without cash paid in or out, `under` its drawdown in %."""

    ts: Int64
    equity: Float64
    balance: Float64
    used: Float64
    free: Float64
    level: Float64
    under: Float64
    curve: Float64

    @classmethod
    def of(cls, equity: pl.DataFrame, events: pl.DataFrame) -> Account:
        """The samples of a result; where no margin is used there is no level."""
        ts, value, used = nanoseconds(equity["ts"]), floats(equity, "equity"), floats(equity, "used_margin")
        paid = of_kind(events, "deposit")
        curve = without_flows(ts, value, nanoseconds(paid["ts"]), floats(paid, "a"))
        level = np.where(used > 0.0, 100.0 * floats(equity, "margin_level"), np.nan)
        under = -100.0 * below_peak(curve) if ts.size else curve
        free = floats(equity, "free_margin")
        balance = floats(equity, "balance")
        return cls(ts=ts, equity=value, balance=balance, used=used, free=free, level=level, under=under, curve=curve)

    def drawn(self) -> Account:
        """The rows that charts need."""
        given = (self.equity, self.balance, self.used, self.level, self.under)
        rows = thin(self.ts, *given)
        return Account(**{name: values[rows] for name, values in vars(self).items()})


def floats(frame: pl.DataFrame, column: str) -> Float64:
    """A column as float64, null as nan."""
    return frame[column].cast(pl.Float64).to_numpy()


def chart(name: str, label: str, height: int, layers: list[Layer], **given: Any) -> Chart:
    """One chart: `digits` and `suffix` say how its values are written."""
    return {"id": name, "label": label, "height": height, "digits": 2, **given, "layers": layers}


def line(name: str, tone: str, x: int, y: int, **given: Any) -> Layer:
    """A line of class `tone`; `step` holds each value until the next, `fill` shades down to zero."""
    return {"kind": "line", "name": name, "tone": tone, "x": x, "y": y, **given}


def marks(name: str, tone: str, shape: str, x: int, y: int, **given: Any) -> Layer:
    """Marks of a shape; `record` names the rows that tell what each is."""
    return {"kind": "marks", "name": name, "tone": tone, "shape": shape, "x": x, "y": y, **given}


def account_charts(
    columns: Columns,
    account: Account,
    events: pl.DataFrame,
    levels: Levels,
    currency: str,
    money_digits: int,
    held: tuple[str, Int64, Float64] | None = None,
) -> list[Chart]:
    """Equity with balance, drawdown, and where margin was used its level and how much of it; none without samples.

    held: name, times and values of what the equity is compared with, in account currency.
    """
    if account.ts.size == 0:
        return []
    a = account.drawn()
    x = columns.times(a.ts)
    y = {n: columns.decimals(getattr(a, n), money_digits) for n in ("equity", "balance", "used", "free")}
    y |= {n: columns.decimals(getattr(a, n), 2) for n in ("under", "level")}
    money = {"digits": money_digits}
    worth = [line("Equity", "accent", x, y["equity"]), line("Balance", "faint", x, y["balance"], step=True)]
    if held is not None:
        worth.append(_held(columns, held, money_digits))
    worth += _happened(columns, events, money_digits)
    found = [
        chart("chart-equity", f"Equity, {currency}", 300, worth, **money),
        chart("chart-drawdown", "Drawdown", 130, [line("From the peak", "down", x, y["under"], fill=True)],
              suffix=PERCENT, zero=True),
    ]  # fmt: skip
    if (account.used > 0.0).any() or of_kind(events, "margin_call", "stop_out").height:
        found.append(_level_chart(columns, (x, y), events, levels, currency, money_digits))
        parts = [line("Used", "warn", x, y["used"], step=True, fill=True), line("Free", "accent", x, y["free"])]
        found.append(chart("chart-margin", f"Margin, {currency}", 170, parts, zero=True, **money))
    return found


def _held(columns: Columns, held: tuple[str, Int64, Float64], digits: int) -> Layer:
    name, ts, value = held
    rows = thin(ts, value)
    return line(name, "other", columns.times(ts[rows]), columns.decimals(value[rows], digits), dash="5 3")


def _happened(columns: Columns, events: pl.DataFrame, digits: int) -> list[Layer]:
    """Stop-outs and cash paid in or out, on the equity."""
    found = []
    for kind, name, tone, shape, value in (
        ("stop_out", "Stop-out", "stop", "cross", "a"),
        ("deposit", "Cash in or out", "muted", "diamond", "b"),
    ):
        some = of_kind(events, kind).filter(pl.col(value).is_finite())
        if some.height:
            x, y = columns.times(some["ts"]), columns.decimals(floats(some, value), digits)
            found.append(marks(name, tone, shape, x, y, record=kind, rows=columns.decimals(np.arange(some.height))))
    return found


def _level_chart(
    columns: Columns,
    drawn: tuple[int, Mapping[str, int]],
    events: pl.DataFrame,
    levels: Levels,
    currency: str,
    money_digits: int,
) -> Chart:
    """The margin level in per cent, or the money that the broker's levels are amounts of, with the lines it acts at."""
    x, y = drawn
    in_money = levels.are != "percent"
    factor, digits, unit = (1.0, money_digits, f" {currency}") if in_money else (100.0, 1, PERCENT)
    name, curve, told = {
        "percent": ("Level", "level", pl.col("c")),
        "equity": ("Equity", "equity", pl.col("a")),
        "free_margin": ("Free margin", "free", pl.col("a") - pl.col("b")),
    }[levels.are]
    layers = [line(name, "accent", x, y[curve])]
    events = events.with_columns(told=told)
    for kind, mark, tone, shape in (
        ("margin_call", "Margin call", "warn", "diamond"),
        ("stop_out", "Stop-out", "stop", "cross"),
    ):
        some = of_kind(events, kind).filter(pl.col("told").is_finite())
        if not in_money:
            some = some.filter(pl.col("told") > 0.0)
        if some.height:
            at, value = columns.times(some["ts"]), columns.decimals(factor * floats(some, "told"), 2)
            layers.append(marks(mark, tone, shape, at, value, record=kind))
    for level, mark, tone in ((levels.call, "Margin call", "warn"), (levels.stop, "Stop-out", "stop")):
        if level is not None and np.isfinite(level) and level > 0.0:
            words = f"{mark} at {factor * level:,.10g}{unit}"
            layers.append({"kind": "level", "name": f"{mark} line", "tone": tone, "y": factor * level, "words": words,
                           "fit": True})  # fmt: skip
    label = f"{name} and the margin lines, {currency}" if in_money else "Margin level"
    scale = {} if in_money else {"scale": "log", "suffix": PERCENT}
    return chart("chart-level", label, 200, layers, digits=digits, **scale)


def price_chart(
    columns: Columns,
    name: str,
    symbol: str,
    prices: Prices | None,
    fills: Fills,
    trades: pl.DataFrame,
    digits: int,
) -> tuple[Chart, str]:
    """Prices of one instrument with what was traded on them, and a sentence about what was left out."""
    layers: list[Layer] = []
    note = "" if prices is not None and prices.ts.size else "No prices were given."
    if prices is not None and prices.ts.size:
        layer, note = (_bars if prices.is_bars else _quotes)(columns, prices, digits)
        layers.append(layer)
    layers += trade_layers(columns, trades, digits)
    drawn, left_out = fill_layers(columns, fills, digits)
    notes = " ".join(words for words in (note, left_out) if words)
    return chart(name, symbol, 440, [*layers, *drawn], digits=digits), notes


def _bars(columns: Columns, prices: Prices, digits: int) -> tuple[Layer, str]:
    path = prices.columns
    c = candles(prices.ts, path["open"], path["high"], path["low"], path["close"])
    away = np.diff(c.ts)
    step = float(np.median(away)) / 1e6 if away.size else 0.0
    drawn = {n: columns.decimals(getattr(c, n), digits) for n in ("open", "high", "low", "close")}
    note = f"The file holds {c.ts.size:,} candles, each of {c.span} of the {prices.rows:,} bars." if c.span > 1 else ""
    return {"kind": "candles", "name": "Price", "tone": "bid", "x": columns.times(c.ts), "step": step, **drawn}, note


def _quotes(columns: Columns, prices: Prices, digits: int) -> tuple[Layer, str]:
    note = ""
    if prices.ts.size < prices.rows:
        note = f"The file holds {prices.ts.size:,} of {prices.rows:,} quotes: the lowest and highest of every stretch."
    sides = {n: columns.decimals(prices.columns[n], digits) for n in ("bid", "ask")}
    return {"kind": "quotes", "name": "Bid / ask", "tone": "bid", "x": columns.times(prices.ts), **sides}, note
