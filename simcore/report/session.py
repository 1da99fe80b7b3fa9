"""A live session beside its prediction, on one page: what the difference cost, by cause, over time and order by order.

Assumes: fills both sides have, one row each, whose causes are money of the account above 0 where the broker was worse
than our model; times UTC. Costs are drawn below zero. An order's way is drawn from its decision on: when the broker
filled it, when we heard of it, and when the model would have filled it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from simcore.report import charts, tables
from simcore.report.charts import Chart, floats
from simcore.report.columns import Columns
from simcore.report.display import digits_of, duration_text, number_text, time_text
from simcore.report.document import Section, document
from simcore.report.figures import TOOLBAR, place, time_axis
from simcore.report.listing import Fields, Listing
from simcore.report.sheet import nanoseconds
from simcore.report.svg import Axis, text
from simcore.report.write import write_whole

CAUSES: Final = {
    "latency": ("Latency", "accent", "how far the quote had moved between our decision and the broker's fill"),
    "slippage": ("Slippage", "down", "how far the broker's price was from the quote that stood at its fill"),
    "fees": ("Fees", "warn", "commission, theirs less ours"),
    "financing": ("Financing", "other", "swap, theirs less ours"),
}
DRAWN: Final = 40  # fills whose way is drawn: those that differ most
ROUND: Final = (0.0, 1.0, 10.0, 100.0, 1e3, 1e4, 6e4, 6e5, 3.6e6, 3.6e7)  # ms
LEFT, RIGHT, WIDTH, ROW, TOP = 190.0, 30.0, 1000.0, 20.0, 30.0
WAYS: Final = (("filled", "filled by the broker", "down"), ("heard", "heard of here", "accent"),
               ("expected", "filled by our model", "up"))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Both sides of a session.

    fills: decided, filled, heard, expected (times), order, symbol, side, qty, predicted, price, and a column a cause.
    theirs, ours: samples (ts, equity, used_margin) with the broker's fills, and with the model's. figures: what the
    broker itself said (ts, balance, equity, used_margin) and our account then (own_balance, own_equity,
    own_used_margin). margins: of an order of `qty` of a symbol, by itself (alone, own_alone) and what the account uses
    with it (after, own_after). alone: what one side has and the other has not, in words.
    """

    title: str
    currency: str
    money_digits: int
    fills: pl.DataFrame
    theirs: pl.DataFrame
    ours: pl.DataFrame
    figures: pl.DataFrame
    margins: pl.DataFrame
    alone: Mapping[str, Sequence[str]]


def report(path: str | os.PathLike[str], found: Compared) -> Path:
    """Write the page to `path`, whole or not at all, and return the path; WriteError where it cannot."""
    return write_whole(path, page(found))


def page(found: Compared) -> str:
    """The page as text."""
    columns = Columns()
    figures = [*_costs(columns, found), *_account(columns, found)]
    listings = [_listing(columns, found)] if found.fills.height else []
    sections = [
        Section("causes", "What it cost, by cause", _causes_table(found)),
        Section("time", "Over time", TOOLBAR + "".join(place(figure["id"]) for figure in figures)),
        Section("margin", "The margin model", _margin(found)),
        Section("way", "Order by order", _way(found)),
        Section("fills", "Fills", '<div id="table-fills"></div>' if listings else "<p>Both sides have no fill.</p>"),
        Section("alone", "What one side has alone", _alone(found)),
    ]
    times = [nanoseconds(frame["ts"]) for frame in (found.theirs, found.ours) if frame.height]
    times += [nanoseconds(found.fills["filled"])] if found.fills.height else []
    begin = min((int(ts[0]) for ts in times), default=0)
    data = {
        "charts": figures,
        "tables": listings,
        "records": {},
        **time_axis(columns, (begin, max((int(ts.max()) for ts in times), default=begin + 1)), *times),
        "packed": columns.packed(),
    }
    return document(found.title, _header(found), sections, data)


def total(found: Compared) -> float:
    """What the difference gained, all causes together."""
    return 0.0 - sum(float(found.fills[cause].sum()) for cause in CAUSES)


# ---- the head


def _header(found: Compared) -> str:
    facts = {CAUSES[cause][0]: 0.0 - float(found.fills[cause].sum()) for cause in CAUSES}
    cards = "".join(_card(found, name, value) for name, value in ({"Difference": total(found)} | facts).items())
    count = sum(map(len, found.alone.values()))
    more = f" · {count:,} that one side has alone" if count else ""
    about = f"{found.fills.height:,} fills of the broker's beside those of our model of it{more} · {found.currency}"
    return f'<h1>{escape(found.title)}</h1><p class="about">{escape(about)}</p><dl class="cards">{cards}</dl>'


def _card(found: Compared, name: str, value: float) -> str:
    tone = "up" if value > 0.0 else "down" if value < 0.0 else ""
    return f"<div><dt>{name}</dt><dd>{tables.toned(_money(found, value), tone)}</dd></div>"


def _money(found: Compared, value: float) -> str:
    return f"{number_text(value, found.money_digits)} {found.currency}"


def _causes_table(found: Compared) -> str:
    if not found.fills.height:
        return "<p>No fill can be compared.</p>"
    most = max((abs(float(found.fills[cause].sum())) for cause in CAUSES), default=0.0) or 1.0
    rows = []
    for cause, (name, tone, meaning) in CAUSES.items():
        value, touched = 0.0 - float(found.fills[cause].sum()), int((found.fills[cause] != 0.0).sum())
        width = 100.0 * abs(value) / most
        bar = f'<svg width="220" height="12" role="img" aria-label="{width:.0f} %"><rect width="{2.2 * width:.1f}" ' \
              f'height="12" rx="2" style="fill:var(--{tone})"/></svg>'  # fmt: skip
        rows.append([f"<b>{name}</b>", _money(found, value), f"{touched:,}", bar, escape(meaning)])
    heads = ("Cause", "Gained", "Fills", "", "What it is")
    note = '<p class="note">Gained: below zero the broker was worse than our model. No cause, no difference.</p>'
    return tables.table(heads, rows, numbers=(1, 2)) + note


# ---- over time


def _costs(columns: Columns, found: Compared) -> list[Chart]:
    """What each cause has gained so far."""
    if not found.fills.height:
        return []
    fills = found.fills.sort("filled")
    x = columns.times(fills["filled"])
    sums = {cause: -np.cumsum(floats(fills, cause)) for cause in CAUSES}
    money = found.money_digits
    layers = [
        charts.line(name, tone, x, columns.decimals(sums[cause], money), step=True)
        for cause, (name, tone, _) in CAUSES.items()
        if sums[cause].any()
    ]
    whole = columns.decimals(sum(sums.values()), money)
    layers.append(charts.line("Together", "faint", x, whole, step=True, dash="5 3"))
    label = f"Gained by the difference so far, {found.currency}"
    return [charts.chart("chart-causes", label, 260, layers, digits=money, zero=True)]


def _account(columns: Columns, found: Compared) -> list[Chart]:
    """Equity and used margin, the broker's side and the model's."""
    money = found.money_digits
    sides = (("Broker", "accent", found.theirs, ""), ("Our model", "down", found.ours, "6 3"))
    figures = []
    for column, label in (("equity", "Equity"), ("used_margin", "Used margin")):
        layers = [
            charts.line(name, tone, columns.times(frame["ts"]), columns.decimals(floats(frame, column), money),
                        step=True, dash=dash)
            for name, tone, frame, dash in sides if frame.height
        ]  # fmt: skip
        if found.figures.height:
            said = columns.decimals(floats(found.figures, column), money)
            layers.append(
                charts.line(
                    "The broker's own figure", "up", columns.times(found.figures["ts"]), said, step=True, dash="2 3"
                )
            )
        if layers:
            figures.append(charts.chart(f"chart-{column}", f"{label}, {found.currency}", 200, layers, digits=money))
    both = found.theirs.join(found.ours, on="ts", suffix="_ours")
    if both.height:
        apart = floats(both, "equity") - floats(both, "equity_ours")
        one = charts.line(
            "Broker less model", "accent", columns.times(both["ts"]), columns.decimals(apart, money), step=True
        )
        label = f"Difference of the equity, {found.currency}"
        figures.append(charts.chart("chart-apart", label, 160, [one], digits=money, zero=True))
    return figures


def _margin(found: Compared) -> str:
    if not found.figures.height:
        return "<p>The broker's own figures were not written down in this session.</p>"
    rows = []
    for name, own in (("used_margin", "Used margin"), ("equity", "Equity"), ("balance", "Balance")):
        apart = floats(found.figures, name) - floats(found.figures, f"own_{name}")
        worst = int(np.abs(apart).argmax())
        when = time_text(int(nanoseconds(found.figures["ts"])[worst]))
        same = int((np.abs(apart) < 10.0**-found.money_digits / 2).sum())
        rows.append(
            [own, f"{same:,} of {apart.size:,}", _money(found, float(apart[worst])), when if apart[worst] else ""]
        )
    note = '<p class="note">What the broker said of the account, against our margin model on the same positions.</p>'
    heads = ("Figure", "The same", "Furthest apart", "When (UTC)")
    return tables.table(heads, rows, numbers=(1, 2)) + note + _questions(found)


def _questions(found: Compared) -> str:
    """What the broker would use for an order of each symbol, and our model: where they were furthest apart."""
    if not found.margins.height:
        return ""
    rows = []
    for (symbol,), asked in found.margins.group_by("symbol", maintain_order=True):
        for name, words in (("alone", "by itself"), ("after", "with what is open")):
            apart = (asked[name] - asked[f"own_{name}"]).abs()
            one = asked.row(int(apart.arg_max() or 0), named=True)
            order = f"{escape(str(symbol))}, {one['qty']:g} bought, {words}"
            rows.append([order, f"{asked.height:,}", *(_money(found, one[key]) for key in (name, f"own_{name}"))])
    heads = ("What an order would use", "Asked", "The broker", "Our model")
    return tables.table(heads, rows, numbers=(1, 2, 3))


# ---- order by order


def _way(found: Compared) -> str:
    """The way of the fills that differ most, drawn from the decision on."""
    known = found.fills.filter(pl.col("decided").is_not_null())
    if not known.height:
        return "<p>No order of the strategy's own was filled.</p>"
    cost = sum((known[cause].abs() for cause in CAUSES), pl.Series([0.0] * known.height))
    rows = known.with_columns(cost.alias("cost")).sort("cost", descending=True, maintain_order=True).head(DRAWN)
    since = {key: (nanoseconds(rows[key]) - nanoseconds(rows["decided"])) / 1e6 for key, _, _ in WAYS}
    longest = max(1.0, *(float(ms.max()) for ms in since.values()))
    axis = Axis(np.log1p([0.0, longest]), LEFT, WIDTH - RIGHT, room=0.02)
    height = TOP + ROW * rows.height + 8.0
    parts = _scale(axis, height)
    for n, row in enumerate(rows.iter_rows(named=True)):
        parts += _one(axis, TOP + ROW * (n + 0.5), row, {key: float(ms[n]) for key, ms in since.items()}, found)
    key = " ".join(f'<span class="chip"><b style="color:var(--{tone})">●</b> {words}</span>' for _, words, tone in WAYS)
    some = f" The {rows.height} of {known.height:,} that differ most are drawn." if rows.height < known.height else ""
    return (
        f'<p class="note">Time since the strategy decided.{some} Point at a mark to read it.</p><p>{key}</p>'
        '<div class="scroll" tabindex="0" style="max-height:none">'
        f'<svg viewBox="0 0 {WIDTH:g} {height:g}" width="100%" role="img" '
        'style="min-width:700px;font-size:12px;fill:var(--muted)" '
        f'aria-label="The way of each order">{"".join(parts)}</svg></div>'
    )


def _scale(axis: Axis, height: float) -> list[str]:
    parts = []
    for ms in (one for one in ROUND if np.log1p(one) <= axis.high):
        x = _x(axis, ms)
        line = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height:.1f}" style="stroke:var(--line)"/>'
        words = duration_text(ms / 1e3) if ms >= 1e3 else f"{ms:g} ms"
        parts.append(line + f'<g text-anchor="middle">{text(x, TOP - 10.0, words)}</g>')
    return parts


def _x(axis: Axis, ms: float) -> float:
    """Where a time lies; each unit of length is so many times the one before it."""
    return float(axis.at(np.array([np.log1p(max(ms, 0.0))]))[0])


def _one(axis: Axis, y: float, row: Mapping[str, Any], since: Mapping[str, float], found: Compared) -> list[str]:
    """One order: its name, a line as long as its way, a mark for each event."""
    name = f"{row['order']} {'buy' if row['side'] > 0 else 'sell'} {row['qty']:g} {row['symbol']}"
    zero, last = _x(axis, 0.0), _x(axis, max(since.values()))
    gained = 0.0 - sum(row[cause] for cause in CAUSES)
    told = ", ".join(
        f"{CAUSES[c][0].lower()} {number_text(0.0 - row[c], found.money_digits)}" for c in CAUSES if row[c]
    )
    parts = [
        f'<g text-anchor="end">{text(LEFT - 14, y + 4, name)}</g>',
        f'<line x1="{zero:.1f}" x2="{last:.1f}" y1="{y:.1f}" y2="{y:.1f}" style="stroke:var(--faint)">'
        f"<title>{escape(name)}: gained {_money(found, gained)}{': ' + told if told else ''}</title></line>",
    ]
    for key, words, tone in WAYS:
        x = _x(axis, since[key])
        price = row["predicted"] if key == "expected" else row["price"]
        said = f"{name}: {words} {duration_text(since[key] / 1e3)} after the decision, at {price:g}"
        radius = 4.5 if key == "filled" else 3.0
        mark = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" style="fill:var(--{tone})">'
        parts.append(f"{mark}<title>{escape(said)}</title></circle>")
    return parts


def _listing(columns: Columns, found: Compared) -> Listing:
    symbols = found.fills["symbol"].unique().to_list()
    digits = {s: digits_of(found.fills.filter(pl.col("symbol") == s)["price"].to_list()) for s in symbols}
    f = Fields(columns, found.fills.with_columns((-pl.sum_horizontal(*CAUSES)).alias("gained")))
    f.time("Filled", "filled")
    f.number("Order", "order", "id", 0)
    f.symbol()
    f.number("Side", "side", "side", 0, choices=True)
    f.number("Qty", "qty", "qty", 8)
    f.prices("Predicted", "predicted", digits)
    f.prices("Filled at", "price", digits)
    for cause, (name, _, _) in CAUSES.items():
        f.number(f"{name} cost", cause, "money", found.money_digits)
    f.number("Gained", "gained", "net", found.money_digits)
    return {"id": "table-fills", "label": "Fills of both sides", "goto": ["Filled", "Filled"], "fields": f.made}


def _alone(found: Compared) -> str:
    rows = [[escape(side), escape(words)] for side, told in found.alone.items() for words in told[:200]]
    return tables.table(("Who", "What"), rows) if rows else "<p>Nothing: every fill has its counterpart.</p>"
