"""Binance's websocket messages as they were recorded, one a line: bookTicker, trade or aggTrade, closed klines.

A line is the message, alone or in its stream's wrapper, with the time of receipt before it: `1723161255088169167 {...}`
(ns, as hftbacktest's collector writes) or `1626992741.06217: {...}` (s, as cryptofeed's). The rows' time is that of
receipt, because that is the order in which a trader saw them, and spot book tickers have no other; without one it is
the message's T, else E. columns={"ts": "T"} asks for the venue's own time. Other messages (depth) are left out. Of a
file that holds several symbols, those of `symbol` are read.
Layout: Binance's API documentation of market streams.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from simcore.market.checks import Int64
from simcore.market.errors import DataError, did_you_mean
from simcore.market.readers.request import BARS, PRINTS, QUOTES, Piece, Request
from simcore.market.readers.table import sides
from simcore.market.readers.tables import numbers
from simcore.market.readers.text import Content, plain_text
from simcore.market.readers.times import TimeOptions, to_ns
from simcore.market.timeframe import Timeframe, parse_timeframe

if TYPE_CHECKING:
    import polars as pl

LINE: Final = re.compile(rb"(\d{13,19} |\d{10}\.\d+: )?\{\"(stream|e|u|lastUpdateId)\":|wss://\S*binance")
# what marks a message, best first; a spot book ticker has no "e" and is told by its stream, or by all it has
_MARKS: Final = {
    "quotes": ('"e":"bookTicker"', '@bookTicker"', '{"u":'),
    "prints": ('"e":"trade"', '"e":"aggTrade"'),
    "bars": ('"x":true',),
}
_FIELDS: Final = {
    "quotes": {"bid": "b", "ask": "a", "bid_size": "B", "ask_size": "A"},
    "prints": {"price": "p", "size": "q", "side": "m"},
    "bars": {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"},
}


def read_stream(content: Content, request: Request) -> Piece:
    """Read one recording. Raises DataError if it holds no such messages, or none of the symbol."""
    import polars as pl

    place = content.place
    chosen = dict(request.options.get("columns") or {})
    clock = chosen.pop("ts", None)
    request = Request(request.kind, request.symbol, {**request.options, "columns": chosen or None}, request.timeframe)
    request.no_table(place, "Binance's messages")
    rows = plain_text(content, request)
    lines = pl.read_csv(rows, has_header=False, separator="\x01", quote_char=None, new_columns=["line"])["line"]
    found = _of_symbol(place, _messages(place, lines, request), request)
    kind = request.kind.name
    values = {}
    for field, key in _FIELDS[kind].items():
        cells = _field(found, key)
        values[field] = sides(cells, place, "is_buyer_maker") if field == "side" else numbers(cells, place, key)
    ts = _times(place, found, "t" if request.kind is BARS else clock, request)
    return Piece(place, ts, values, _timeframe(found) if request.kind is BARS else None)


def _messages(place: str, lines: pl.Series, request: Request) -> pl.Series:
    for mark in _MARKS[request.kind.name]:
        found = lines.filter(lines.str.contains(mark, literal=True))
        if len(found):
            return found
    what = {QUOTES: "bookTicker", PRINTS: "trade or aggTrade", BARS: "closed kline"}[request.kind]
    events = sorted(set(lines.head(100_000).str.extract(r'"e":"(\w+)"').drop_nulls().to_list()))
    raise DataError(f"{place}: no {what} message for read_{request.kind.name}; there are {', '.join(events) or 'none'}")


def _of_symbol(place: str, found: pl.Series, request: Request) -> pl.Series:
    symbols = _field(found, "s")
    there = symbols.unique(maintain_order=True).to_list()
    if len(there) == 1:
        return found
    wanted = re.sub(r"[^A-Z0-9_]", "", request.symbol.upper())
    if wanted not in there:
        hint = did_you_mean(wanted, there)
        raise DataError(f"{place}: no message of {wanted}; there are {', '.join(there)}.{hint}")
    return found.filter(symbols == wanted)


def _field(lines: pl.Series, key: str) -> pl.Series:
    """The first value of a key, as text."""
    return lines.str.extract(rf'"{key}":"?([^",}}]*)')


def _times(place: str, lines: pl.Series, key: str | None, request: Request) -> Int64:
    stamped = re.match(r"(\d{13,19}) |(\d{10}\.\d+): ", lines[0])
    if key is None and stamped:
        return to_ns(lines.str.extract(r"^([\d.]+)"), TimeOptions(request.zone()), place)
    for one in (key,) if key else ("T", "E"):
        texts = _field(lines, one)
        if not texts.null_count():
            return to_ns(texts, TimeOptions(request.zone()), place)
    raise DataError(f'{place}: the messages have no "{key or "T"}" and no time of receipt before them')


def _timeframe(lines: pl.Series) -> Timeframe:
    return parse_timeframe(str(_field(lines, "i")[0]))
