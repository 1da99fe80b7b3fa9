"""The long tables of the page, which its script sorts, filters and turns over: trades, refusals, account events, fills.

Assumes: the frames of a result. A field names a column of the page, its head, and what kind of value it is; where the
rows are more than 20,000 the last ones are carried.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from simcore.report.columns import Columns
from simcore.report.contents import Explained
from simcore.report.sheet import nanoseconds

Field = dict[str, Any]
Listing = dict[str, Any]

MOST: Final = 20_000
REFUSED: Final = ("REJECTED", "DENIED")
QUIET: Final = ("order_refused", "position_modified")  # events that the refusals have, or that say little


class Fields:
    """Makes the fields of one frame."""

    def __init__(self, columns: Columns, frame: pl.DataFrame) -> None:
        self.columns, self.frame, self.made = columns, frame, list[Field]()

    def order(self, column: str) -> None:
        """The order that a click has explained."""
        self.number("Order", column, "id", 0, asks="order")

    def number(self, name: str, column: str, kind: str, digits: int = 2, **given: Any) -> None:
        """Numbers of some decimals."""
        at = self.columns.decimals(self.frame[column].cast(pl.Float64).to_numpy(), digits)
        self.made.append({"name": name, "kind": kind, "at": at, "digits": digits, **given})

    def time(self, name: str, column: str) -> None:
        """Moments."""
        self.made.append({"name": name, "kind": "time", "at": self.columns.times(self.frame[column])})

    def words(self, name: str, column: str, kind: str = "text", **given: Any) -> None:
        """Texts; `choices=True` lets the reader choose one of them."""
        at, texts = self.columns.coded(self.frame[column].to_list())
        self.made.append({"name": name, "kind": kind, "at": at, "words": texts, **given})

    def symbol(self) -> None:
        """The instrument, where there is more than one."""
        if self.frame["symbol"].n_unique() > 1:
            self.words("Symbol", "symbol", choices=True)

    def prices(self, name: str, column: str, digits: Mapping[str, int]) -> None:
        """Prices, each with the decimals of its instrument."""
        most = max(digits.values(), default=5)
        places = [digits.get(symbol, most) for symbol in self.frame["symbol"].to_list()]
        self.number(name, column, "price", most)
        if len(set(places)) > 1:
            self.made[-1]["places"] = self.columns.decimals(places)


def trades_listing(columns: Columns, trades: pl.DataFrame, digits: Mapping[str, int], money: int) -> Listing:
    """Every closed trade, newest exit first."""
    frame = trades.tail(MOST)
    held = nanoseconds(frame["exit_time"]) - nanoseconds(frame["entry_time"])
    f = Fields(columns, frame)
    f.time("Entry", "entry_time")
    f.time("Exit", "exit_time")
    f.order("entry_order")
    f.symbol()
    f.number("Side", "side", "way", 0, choices=True)
    f.number("Qty", "qty", "qty", 8)
    f.prices("Entry price", "entry_price", digits)
    f.prices("Exit price", "exit_price", digits)
    f.made.append({"name": "Held", "kind": "duration", "at": columns.times(held)})
    for name, column in (("Commission", "commission"), ("Swap", "swap")):
        if (frame[column] != 0.0).any():
            f.number(name, column, "money", money)
    f.number("Net", "net", "net", money)
    f.number("Return", "return_pct", "percent", 2)
    for name in ("mae", "mfe"):
        if name in frame.columns:
            f.number(name.upper(), name, "money", money)
    f.words("Closed by", "why", choices=True)
    if frame["tag"].is_not_null().any():
        f.words("Tag", "tag", choices=True)
    return {"label": "Trades", "by": 1, "goto": ["Entry", "Exit"], "fields": f.made}


def orders_listing(columns: Columns, orders: pl.DataFrame, digits: Mapping[str, int]) -> Listing:
    """Every order as it stood last, newest first."""
    f = Fields(columns, orders.tail(MOST))
    f.time("Sent", "ts")
    f.order("id")
    f.symbol()
    f.number("Side", "side", "side", 0, choices=True)
    f.words("Type", "type", choices=True)
    f.number("Qty", "qty", "qty", 8)
    f.number("Filled", "filled", "qty", 8)
    f.prices("At", "avg_price", digits)
    for name, column in (("Limit", "limit"), ("Stop", "stop"), ("SL", "sl"), ("TP", "tp")):
        if f.frame[column].is_finite().any():
            f.prices(name, column, digits)
    f.words("In force", "tif", choices=True)
    f.words("Status", "status", choices="chips")
    f.words("Reason", "reason", kind="code", choices=True)
    if f.frame["tag"].is_not_null().any():
        f.words("Tag", "tag", choices=True)
    return {"label": "Orders", "goto": ["Sent", "Sent"], "fields": f.made}


def refusals(orders: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Orders, changes and cancels that were refused: ts, symbol, order, what, status, reason, sentence."""
    own = orders.filter(pl.col("status").str.to_uppercase().is_in(REFUSED))
    kind = own["type"].str.to_lowercase().str.replace_all("_", " ")
    what = [_asked(s, q, k) for s, q, k in zip(own["side"].to_list(), own["qty"].to_list(), kind, strict=True)]
    when = "changed" if "changed" in own.columns else "ts"
    first = own.select(
        pl.col(when).alias("ts"), "symbol", pl.col("id").alias("order"), pl.Series("what", what, dtype=pl.String),
        pl.col("status"), "reason", "sentence",
    )  # fmt: skip
    changes = events.filter(pl.col("type").str.to_lowercase() == "order_refused")
    changes = changes.filter(~pl.col("order").is_in(own["id"].to_list())).select(
        "ts", "symbol", "order", pl.lit("change or cancel").alias("what"), pl.lit("REFUSED").alias("status"), "reason",
        "sentence",
    )  # fmt: skip
    return pl.concat([first, changes], how="vertical_relaxed").sort("ts", maintain_order=True)


def _asked(side: int | None, qty: float, kind: str) -> str:
    """ "buy 0.5 limit"; an order that found no place in the book left no more than its number."""
    if side is None:
        return "order"
    return f"{'buy' if side > 0 else 'sell'} {qty:g} {kind}"


def refusals_listing(columns: Columns, refused: pl.DataFrame) -> Listing:
    """What was refused, with the sentence that says why."""
    f = Fields(columns, refused.tail(MOST))
    f.time("Time", "ts")
    f.order("order")
    f.symbol()
    f.words("What", "what")
    f.words("Status", "status", choices=True)
    f.words("Reason", "reason", kind="code", choices="chips")
    f.words("Why", "sentence", kind="sentence")
    return {"label": "Refused orders and changes", "goto": ["Time", "Time"], "fields": f.made}


def happened(events: pl.DataFrame) -> pl.DataFrame:
    """What the broker did to the account."""
    return events.filter(~pl.col("type").str.to_lowercase().is_in(QUIET))


def events_listing(columns: Columns, events: pl.DataFrame) -> Listing:
    """Margin calls, stop-outs, swaps and cash, with their sentences."""
    f = Fields(columns, events.tail(MOST))
    f.time("Time", "ts")
    f.words("Event", "type", choices="chips", asks="instant")
    f.symbol()
    f.words("What happened", "sentence", kind="sentence")
    return {"label": "Account events", "goto": ["Time", "Time"], "fields": f.made}


def explained_columns(columns: Columns, explained: Explained) -> dict[str, Any]:
    """What the script tells of an order or an event that is clicked on."""
    held = f"This page explains {len(explained.orders):,} orders and {len(explained.instants):,} instants."
    return {
        "orders": columns.decimals(list(explained.orders)),
        "order_words": columns.words(explained.orders.values()),
        "instants": columns.times(np.fromiter(explained.instants, np.int64)),
        "instant_words": columns.words(explained.instants.values()),
        "why": explained.why or held,
    }


def event_record(columns: Columns, events: pl.DataFrame) -> list[Field]:
    """What a mark of an event tells."""
    f = Fields(columns, events)
    f.time("Time", "ts")
    f.words("Symbol", "symbol")
    f.words("What happened", "sentence", kind="sentence")
    return f.made


def fill_record(columns: Columns, fills: pl.DataFrame, digits: Mapping[str, int], money: int) -> list[Field]:
    """What a mark of a fill tells."""
    f = Fields(columns, fills)
    f.time("Time", "ts")
    f.number("Side", "side", "side", 0)
    f.number("Qty", "qty", "qty", 8)
    f.prices("Price", "price", digits)
    pnl = fills["pnl"].to_numpy()
    if "closed_qty" in fills.columns:
        pnl = np.where(fills["closed_qty"].to_numpy() > 0.0, pnl, np.nan)
    f.made.append({"name": "Result", "kind": "net", "at": columns.decimals(pnl, money), "digits": money})
    for name, column in (("Commission", "commission"), ("Swap", "swap"), ("Slippage", "slippage")):
        if (fills[column] != 0.0).any():
            f.number(name, column, "money", money)
    f.words("Why", "why")
    f.number("Order", "order", "id", 0)
    f.number("Position", "position", "id", 0)
    if fills["tag"].is_not_null().any():
        f.words("Tag", "tag")
    return f.made
