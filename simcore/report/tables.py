"""The tables of the report: statistics, last trades, refusals with their sentences, account events.

Assumes: the frames of a result. Every text that came from outside (symbols, tags, sentences) is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from simcore.report import display
from simcore.report.display import NONE, number_text, price_text, time_text
from simcore.report.trips import nanoseconds

if TYPE_CHECKING:
    import pandas as pd

LAST: Final = 50
REFUSED: Final = ("REJECTED", "DENIED")
ACCOUNT_EVENTS: Final = (
    "margin_call",
    "margin_call_cleared",
    "stop_out",
    "stop_out_order",
    "balance_compensation",
    "deposit",
)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of cells that are HTML already; columns in `numbers` are aligned right."""
    side = [' class="n"' if i in numbers else "" for i in range(len(heads))]
    head = "".join(f"<th{s}>{escape(h)}</th>" for h, s in zip(heads, side, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{s}>{c}</td>" for c, s in zip(row, side, strict=True)) + "</tr>\n" for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'


def toned(text: str, tone: str) -> str:
    """Escaped text, coloured as good or bad news."""
    return f'<span class="{tone}">{escape(text)}</span>' if tone else escape(text)


def stats_tables(stats: pd.Series) -> str:
    """All statistics, one small table a part."""
    currency = str(stats.get("Currency", ""))
    blocks = []
    for head, keys in display.parts([str(key) for key in stats.index]):
        rows = "".join(
            f"<tr><th>{escape(display.label(k))}</th>"
            f"<td>{toned(display.value_text(k, stats[k], currency), display.tone(k, stats[k]))}</td></tr>\n"
            for k in keys
        )
        blocks.append(f"<div><h3>{escape(head)}</h3><table>{rows}</table></div>")
    return '<div class="stats">' + "\n".join(blocks) + "</div>"


def trades_table(trades: pl.DataFrame, digits: Mapping[str, int]) -> str:
    """The last trades, newest first."""
    if trades.height == 0:
        return "<p>No trade was closed.</p>"
    some = trades.tail(LAST).reverse()
    begin, end = nanoseconds(some["entry_time"]), nanoseconds(some["exit_time"])
    rows = []
    for row, entry, leave in zip(some.iter_rows(named=True), begin, end, strict=True):
        d = digits.get(row["symbol"], 5)
        good = "up" if row["net"] > 0 else "down" if row["net"] < 0 else ""
        rows.append(
            [
                time_text(int(entry)),
                time_text(int(leave)),
                escape(str(row["symbol"])),
                "long" if row["side"] > 0 else "short",
                f"{row['qty']:g}",
                price_text(row["entry_price"], d),
                price_text(row["exit_price"], d),
                number_text(row["swap"], 2),
                number_text(row["commission"], 2),
                toned(number_text(row["net"], 2), good),
                number_text(row["return_pct"], 2) + " %",
                display.duration_text((int(leave) - int(entry)) / 1e9),
                escape(str(row["why"]).lower().replace("_", " ")),
                escape(str(row["tag"] or "")),
            ]
        )
    heads = ("Entry", "Exit", "Symbol", "Side", "Qty", "Entry price", "Exit price", "Swap", "Commission", "Net",
             "Return", "Held", "Closed by", "Tag")  # fmt: skip
    return table(heads, rows, numbers=range(4, 12)) + _of(some.height, trades.height, "trades")


def refusals_table(orders: pl.DataFrame, events: pl.DataFrame) -> str:
    """The last orders and changes that were refused, with the sentence that says why; counts by reason first."""
    refused = orders.filter(pl.col("status").str.to_uppercase().is_in(REFUSED))
    when = "changed" if "changed" in refused.columns else "ts"
    rows = [
        (int(at), row["id"], row["symbol"], _order_words(row), row["status"], row["reason"], row["sentence"])
        for row, at in zip(refused.iter_rows(named=True), nanoseconds(refused[when]), strict=True)
    ]
    known = set(refused["id"].to_list())
    changes = events.filter(pl.col("type").str.to_lowercase() == "order_refused")
    for row, at in zip(changes.iter_rows(named=True), nanoseconds(changes["ts"]), strict=True):
        if row["order"] not in known:
            words = "change or cancel"
            rows.append((int(at), row["order"], row["symbol"], words, "REFUSED", row["reason"], row["sentence"]))
    if not rows:
        return "<p>Nothing was refused.</p>"
    rows.sort(key=lambda r: (r[0], r[1] or 0))
    cells = [
        [time_text(at), str(order or NONE), *(escape(str(x or NONE)) for x in rest)]
        for at, order, *rest in reversed(rows[-LAST:])
    ]
    heads = ("Time", "Order", "Symbol", "What", "Status", "Reason", "Why")
    return _counts([str(r[5]) for r in rows]) + table(heads, cells) + _of(len(cells), len(rows), "refusals")


def _order_words(row: Mapping[str, Any]) -> str:
    if row["side"] is None:
        return "order"  # it found no place in the book
    side = row["side"] if isinstance(row["side"], str) else "buy" if row["side"] > 0 else "sell"
    kind = str(row["type"]).lower().replace("_", " ")
    words = f"{side} {row['qty']:g} {kind}"
    given = {name: row[name] for name in ("limit", "stop") if row[name] is not None and row[name] == row[name]}
    if kind in given:
        words += f" {given.pop(kind):.10g}"
    words += "".join(f", {name} {price:.10g}" for name, price in given.items())
    return words


def _counts(names: Sequence[str]) -> str:
    totals = {name: names.count(name) for name in dict.fromkeys(names)}
    by_size = sorted(totals.items(), key=lambda item: -item[1])
    return '<p class="chips">' + "".join(f"<span>{escape(n)} <b>{k:,}</b></span>" for n, k in by_size) + "</p>"


def events_table(events: pl.DataFrame) -> str:
    """Margin calls, stop-outs and cash, newest first; empty text where there was none."""
    some = events.filter(pl.col("type").str.to_lowercase().is_in(ACCOUNT_EVENTS))
    if some.height == 0:
        return ""
    last = some.tail(LAST).reverse()
    bad = {"stop_out": "down", "margin_call": "warn"}
    cells = [
        [
            time_text(int(at)),
            toned(row["type"].lower().replace("_", " "), bad.get(row["type"].lower(), "")),
            escape(str(row["sentence"] or NONE)),
        ]
        for row, at in zip(last.iter_rows(named=True), nanoseconds(last["ts"]), strict=True)
    ]
    return table(("Time", "Event", "What happened"), cells) + _of(last.height, some.height, "events")


def _of(shown: int, total: int, what: str) -> str:
    return f'<p class="note">The last {shown:,} of {total:,} {what}, newest first.</p>' if shown < total else ""
