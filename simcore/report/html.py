"""The report of a run: one HTML file that needs nothing else, no network and no server.

Assumes: the frames of a result, money in account currency, times UTC. The charts are drawn by a script of our own, a
hundredth of a plotting library's size, from columns that the file carries packed; a content policy forbids the page to
load anything. A million ticks become the rows that a screen can show and many more to look closer at, with every high
and low kept; the statistics are made from all of them. Light or dark follows the reader's system until he chooses.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any, Final

import polars as pl

from simcore.report import display, listing, tables
from simcore.report.account import of_kind
from simcore.report.against import against_section
from simcore.report.breakdown import breakdown
from simcore.report.charts import Account
from simcore.report.columns import Columns
from simcore.report.contents import Contents
from simcore.report.costs import costs_tables
from simcore.report.document import Section, document
from simcore.report.evidence import cards_of, evidence_section
from simcore.report.figures import time_axis, time_charts
from simcore.report.months import returns_table
from simcore.report.notices import notices
from simcore.report.parts import parts_section
from simcore.report.plots import plots
from simcore.report.quality import quality_section, verdict_of
from simcore.report.write import write_whole

BUCKETS: Final = 80_000  # of time that price charts keep the extremes of, over all symbols
CARDS: Final = (
    "Return [%]",
    "Equity Final [$]",
    "Max. Drawdown [%]",
    "Sharpe Ratio (Daily)",
    "Deflated Sharpe [%]",
    "# Trades",
    "Win Rate [%]",
    "Profit Factor",
    "Min. Margin Level [%]",
    "Margin Calls",
    "Stop Outs",
)


def report(path: str | os.PathLike[str], run: Contents) -> Path:
    """Write the report to `path`, whole or not at all, and return the path; WriteError, one line, where it cannot."""
    return write_whole(path, text(run))


def text(run: Contents) -> str:
    """The report as text."""
    columns, money = Columns(), run.money_digits
    digits = run.symbol_digits()
    account = Account.of(run.equity, run.events)
    figures, drawn = time_charts(run, account, columns, digits)
    long_tables, listings = _long_tables(run, columns, digits)
    sections = [
        Section("charts", "Prices and account", drawn),
        Section("statistics", "Statistics", tables.stats_tables(run.stats, money)),
        Section("returns", "Returns", returns_table(*run.days)),
        Section("evidence", "Skill or luck", evidence_section(run.evidence)),
        Section("distribution", "Distribution of trades", plots(run.trades, run.currency, money)),
        Section("breakdown", "By side, instrument and tag", breakdown(run.trades, money)),
        *long_tables,
        Section("costs", "Costs", costs_tables(run.fills, run.events, run.trades, run.currency, money)),
        Section("regimes", "What earned, and when", parts_section(run.parts, money) + against_section(run)),
        Section("quality", "Data", quality_section(run.quality, run.prices)),
        Section("assumptions", "Assumptions", tables.assumptions_tables(run.assumptions)),
    ]
    begin, end = (run.stats[key].value for key in ("Start", "End"))
    if account.ts.size:
        end = max(end, int(account.ts[-1]))
    data = {
        "charts": figures,
        "tables": listings,
        "records": _records(run, columns, digits),
        "explained": listing.explained_columns(columns, run.explained),
        **time_axis(columns, (begin, end), *(prices.ts for prices in run.prices.values())),
        "packed": columns.packed(),
    }
    return document(run.title, _header(run), sections, data)


def _long_tables(
    run: Contents, columns: Columns, digits: Mapping[str, int]
) -> tuple[list[Section], list[dict[str, Any]]]:
    """Trades, refusals and account events, and what the script needs to list them."""
    refused, happened = listing.refusals(run.orders, run.events), listing.happened(run.events)
    listings: list[dict[str, Any]] = []

    def place(name: str, frame: pl.DataFrame, none: str, make: Callable[[pl.DataFrame], dict[str, Any]]) -> str:
        if not frame.height:
            return f"<p>{none}</p>"
        listings.append({"id": f"table-{name}", **make(frame)})
        most = listing.MOST
        cut = f'<p class="note">The last {most:,} of {frame.height:,}.</p>' if frame.height > most else ""
        return f'<div id="table-{name}"><noscript><p>This table needs JavaScript.</p></noscript></div>{cut}'

    trades = place("trades", run.trades, "No trade was closed.",
                   lambda f: listing.trades_listing(columns, f, digits, run.money_digits))  # fmt: skip
    orders = place("refused", refused, "No order was refused.", lambda f: listing.refusals_listing(columns, f))
    account = place("events", happened, "No margin call, no stop-out, no swap, no cash paid in or out.",
                    lambda f: listing.events_listing(columns, f))  # fmt: skip
    log = place("orders", run.orders, "No order was sent.", lambda f: listing.orders_listing(columns, f, digits))
    both = f"<h3>Refused orders</h3>{orders}<h3>Account events</h3>{account}"
    sections = [
        Section("trades", "Trades", trades),
        Section("events", "Refusals and events", both),
        Section("orders", "Orders", log),
    ]
    return sections, listings


def _records(run: Contents, columns: Columns, digits: Mapping[str, int]) -> dict[str, Any]:
    found = {
        kind: listing.event_record(columns, of_kind(run.events, kind))
        for kind in ("stop_out", "margin_call", "deposit")
    }
    return {**found, "fills": listing.fill_record(columns, run.fills, digits, run.money_digits)}


def _header(run: Contents) -> str:
    stats = run.stats
    begin, end, length = (display.value_text(k, stats.get(k)) for k in ("Start", "End", "Duration"))
    ticks = display.value_text("Ticks", stats.get("Ticks"))
    about = f"{begin} to {end} UTC · {length} · {ticks} ticks · {run.currency}"
    told = notices(
        stats, run.equity, run.orders, run.fills, run.events, run.assumptions, verdict_of(run.quality), run.money_digits
    )
    said = "".join(f'<li class="{n.tone}"><a href="#{n.link}">{escape(n.text)}</a></li>' for n in told)
    notes = f'<ul class="notices">{said}</ul>' if said else ""
    cards = tables.cards(cards_of(stats, run.evidence), CARDS, run.money_digits)
    return f'<h1>{escape(run.title)}</h1><p class="about">{escape(about)}</p>{cards}{notes}'
