"""The data the run stood on: what a check of it found, or at least how much of it there is.

Assumes: `quality` is a frame with a row a finding, or names and values, of which one called `verdict` comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import polars as pl

from simcore.report import display, tables
from simcore.report.columns import Columns
from simcore.report.document import Section, document
from simcore.report.plots import daily
from simcore.report.prices import Prices


def quality_page(title: str, found: Mapping[str, Mapping[str, Any]]) -> str:
    """A page of its own: symbol -> what a check found, as `quality_section` takes it."""
    sections = [Section(f"data-{n}", name, _findings(facts)) for n, (name, facts) in enumerate(found.items())]
    data = {"charts": [], "tables": [], "records": {}, "span": [0, 1], "packed": Columns().packed()}
    return document(title, f"<h1>{escape(title)}</h1>", sections, data)


def quality_section(quality: pl.DataFrame | Mapping[str, Any] | None, prices: Mapping[str, Prices]) -> str:
    """The findings, under a table of what was replayed."""
    return _replayed(prices) + _findings(quality)


def verdict_of(quality: pl.DataFrame | Mapping[str, Any] | None) -> str:
    """The check in a sentence, where it has one."""
    return str(quality.get("verdict") or "") if isinstance(quality, Mapping) else ""


def _findings(quality: pl.DataFrame | Mapping[str, Any] | None) -> str:
    if quality is None:
        return '<p class="note">The data were not checked beyond their order and the instrument\'s price grid.</p>'
    if isinstance(quality, pl.DataFrame):
        if {"day", "rows"} <= set(quality.columns):
            return by_day(quality)
        return tables.frame_table(quality) if quality.height else "<p>The check of the data found nothing.</p>"
    facts = dict(quality)
    verdict = facts.pop("verdict", None)
    head = f"<p><b>{escape(str(verdict))}</b></p>" if verdict is not None else ""
    inner = [
        f"<h3>{escape(str(name))}</h3>{_findings(facts.pop(name))}"
        for name in list(facts)
        if isinstance(facts[name], pl.DataFrame | Mapping)
    ]
    return head + (tables.facts_table(facts) if facts else "") + "".join(inner)


def by_day(days: pl.DataFrame) -> str:
    """Pictures of the rows and of each fault that there is, and a table of the days that have one.

    days: `day`, `rows` and a column of counts each fault, null where it could not be counted.
    """
    names = [name for name in days.columns[2:] if days[name].sum()]
    drawn = "".join(daily(name.replace("_", " "), days["day"], days[name], tone) for name, tone in
                    [("rows", "up"), *((name, "down") for name in names)])  # fmt: skip
    pictures = f'<div class="plots">{drawn}</div>'
    if not names:
        return pictures
    bad = days.filter(pl.any_horizontal(pl.col(name) > 0 for name in names)).select("day", "rows", *names)
    return pictures + tables.frame_table(bad.rename({name: name.replace("_", " ") for name in bad.columns}))


def _replayed(prices: Mapping[str, Prices]) -> str:
    """Rows, period, usual and longest distance, spread."""
    rows = [_row(symbol, one) for symbol, one in prices.items() if one.rows]
    if not rows:
        return "<p>No prices were given.</p>"
    heads = ("Instrument", "Rows", "First", "Last", "Usual distance", "Longest gap", "Spread, median", "Spread, widest")
    return tables.table(heads, rows, numbers=(1, 4, 5, 6, 7))


def _row(symbol: str, prices: Prices) -> list[str]:
    return [
        escape(symbol),
        f"{prices.rows:,} {'bars' if prices.is_bars else 'ticks'}",
        *(display.time_text(ns) for ns in (prices.first, prices.last)),
        *(display.duration_text(s) if s == s else display.NONE for s in (prices.usual, prices.longest)),
        *(display.price_text(one, prices.digits) for one in prices.spread),
    ]
