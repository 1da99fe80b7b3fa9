"""Binance's public archives: trades, aggTrades, bookTicker and klines, as CSV or in the zip they come in.

Files of futures have a header, those of spot have none and are told by their columns. Times are in ms, of spot since
2025 in us. `is_buyer_maker` says that the buyer rested, so that the seller took: side -1. Klines are bars of trades
with the base asset's volume (contracts, of COIN-M futures).
Layout: binance-public-data, README.
"""

from __future__ import annotations

import re
from typing import Final

from simcore.market.errors import DataError
from simcore.market.readers.delimited import cells, text_table
from simcore.market.readers.request import BARS, Piece, Request
from simcore.market.readers.table import table_piece
from simcore.market.readers.text import Content, plain_text
from simcore.market.timeframe import Timeframe, parse_timeframe

NAME: Final = re.compile(r"-(trades|aggTrades|bookTicker|(\d+)(s|m|h|d|w|mo))-\d{4}-\d{2}(-\d{2})?\.(zip|csv)", re.I)
HEADER: Final = re.compile(
    rb"(id,price,qty,(quote|base)_qty,time,is_buyer_maker|agg_trade_id,price,quantity,|update_id,best_bid_price|"
    rb"open_time,open,high,low,close,volume,close_time)"
)
_TRADES: Final = ("id", "price", "qty", "quote_qty", "time", "is_buyer_maker", "is_best_match")
_AGGREGATES: Final = (
    *("agg_trade_id", "price", "quantity", "first_trade_id", "last_trade_id", "transact_time"),
    *("is_buyer_maker", "is_best_match"),
)
_BOOK: Final = (
    *("update_id", "best_bid_price", "best_bid_qty", "best_ask_price", "best_ask_qty"),
    *("transaction_time", "event_time"),
)
_KLINES: Final = (
    *("open_time", "open", "high", "low", "close", "volume", "close_time"),
    *("quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume", "ignore"),
)


def read_binance(content: Content, request: Request) -> Piece:
    """Read one file. Raises DataError for what is not laid out so."""
    request.no_table(content.place, "Binance's archives")
    rows = plain_text(content, request)
    head = cells(rows[: rows.find(b"\n") + 1 or None].decode("utf-8", "replace"), ",")
    header = HEADER.match(rows) is not None
    names = head if header else headless(content.place, head)
    piece = table_piece(text_table(content.place, rows, names, header=header), request)
    return piece._replace(timeframe=_timeframe(content)) if request.kind is BARS else piece


def headless(place: str, head: list[str]) -> tuple[str, ...]:
    """The columns of a file without header, by how many there are and where the truth values stand."""
    truths = [n for n, cell in enumerate(head) if cell.lower() in ("true", "false")]
    for names in (_TRADES, _AGGREGATES):
        maker = names.index("is_buyer_maker")
        if truths and truths[0] == maker and len(head) in (maker + 1, maker + 2):
            return names[: len(head)]
    if not truths and len(head) in (len(_BOOK), len(_KLINES)):
        return _BOOK if len(head) == len(_BOOK) else _KLINES
    raise DataError(
        f"{place}: {len(head)} columns that are neither trades, aggTrades, bookTicker nor klines of Binance; "
        f'pass format="csv" with names=[...]'
    )


def _timeframe(content: Content) -> Timeframe | None:
    match = next((found for name in content.names if (found := NAME.search(name))), None)
    return parse_timeframe(match[2] + match[3].replace("mo", " months")) if match and match[2] else None
