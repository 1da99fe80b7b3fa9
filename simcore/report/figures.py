"""The section of the charts over time: one panel an instrument, the account below, and a place on the page for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import numpy as np
import polars as pl

from simcore.report import charts, lines
from simcore.report.charts import Account, Chart
from simcore.report.columns import Columns
from simcore.report.contents import Contents
from simcore.report.lines import Line
from simcore.report.marks import Fills
from simcore.report.prices import Prices
from simcore.report.thin import gaps

BUTTONS: Final = 8  # instruments that are chosen by buttons; more have a list
HINT: Final = (
    '<p class="note screen">Drag over a stretch to see it on every chart; double-click shows all. With the keyboard: '
    "arrows move, + and − change the stretch, [ and ] go from fill to fill. Point at a mark to read it; click it, or "
    "press Enter, to have it explained. Hours without data take no room.</p>"
)


def time_charts(
    run: Contents, account: Account, columns: Columns, digits: Mapping[str, int]
) -> tuple[list[Chart], str]:
    """The charts, and the HTML that has a place for each."""
    figures: list[Chart] = []
    panels = []
    for n, symbol in enumerate(digits):
        own = run.trades.filter(pl.col("symbol") == symbol)
        fills = Fills.of(run.fills, symbol)
        figure, note = charts.price_chart(
            columns, f"chart-price{n}", symbol, run.prices.get(symbol), fills, own, digits[symbol]
        )
        on, off = _parted(run.lines.get(symbol, ()), run.prices.get(symbol))
        figure["layers"] += lines.over(columns, on, digits[symbol])
        others = lines.below(columns, figure["id"], off)
        figures += [figure, *others]
        said = f'<p class="note">{escape(note)}</p>' if note else ""
        panels.append((symbol, place(figure["id"]) + said + "".join(place(other["id"]) for other in others)))
    below = charts.account_charts(columns, account, run.events, run.levels, run.currency, run.money_digits, run.held)
    inner = "".join(place(figure["id"]) for figure in below) or "<p>No sample of the equity was taken.</p>"
    if below and not any(figure["id"] == "chart-level" for figure in below):
        inner += "<p>No margin was used.</p>"
    return [*figures, *below], TOOLBAR + _chooser(panels) + inner + HINT


def _parted(given: Sequence[Line], prices: Prices | None) -> tuple[list[Line], list[Line]]:
    """Lines over the prices, and those that need a chart of their own."""
    found: tuple[list[Line], list[Line]] = ([], [])
    for one in given:
        found[not one.lies_on(prices)].append(one)
    return found


TOOLBAR: Final = '<div id="toolbar" role="toolbar" aria-label="Stretch of time"></div><p class="loading">Drawing …</p>'


def place(name: str) -> str:
    """Where the script draws a chart."""
    return f'<div class="chart" id="{name}"></div>'


def time_axis(columns: Columns, span: tuple[int, int], *times: Any) -> dict[str, Any]:
    """From when to when, ns, and the stretches in which none of `times` (columns, ns, in order) has a row."""
    together = times[0] if len(times) == 1 else np.sort(np.concatenate([*times, np.empty(0, np.int64)]))
    begin, end = gaps(together)
    return {"span": [ns / 1e6 for ns in span], "gaps": [columns.times(begin), columns.times(end)]}


def _chooser(panels: list[tuple[str, str]]) -> str:
    """One panel a symbol; with several, buttons or a list to choose which is shown."""
    if len(panels) < 2:
        return "".join(body for _, body in panels)
    names = [escape(symbol) for symbol, _ in panels]
    if len(panels) > BUTTONS:
        options = "".join(f"<option>{name}</option>" for name in names)
        choose = f'<p><label>Instrument <select id="symbols">{options}</select></label></p>'
    else:
        buttons = "".join(
            f'<button type="button" role="tab" data-symbol="{name}" aria-selected="{str(n == 0).lower()}" '
            f'tabindex="{0 if n == 0 else -1}" aria-controls="panel{n}">{name}</button>'
            for n, name in enumerate(names)
        )
        choose = f'<div role="tablist" aria-label="Instrument">{buttons}</div>'
    bodies = "".join(
        f'<div role="tabpanel" id="panel{n}" data-symbol="{names[n]}"{" hidden" if n else ""}>{body}</div>'
        for n, (_, body) in enumerate(panels)
    )
    return choose + bodies
