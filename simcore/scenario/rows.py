"""Rows of a feed as scenario files write them: a quote, a print, a bar as the four rows the market's feed makes of it.

Prices go on the instrument's grid here, once. A quote is [bid, ask] or [bid, ask, bid_size, ask_size]; a print is a
price or [price, size]; a bar is {"timeframe": "1min", "open": ..., "high": ..., "low": ..., "close": ...} with `volume`
and the four `ask_` prices where there are some, or [open, high, low, close], which lasts a minute. A split is 7, 0.1 or
[3, 2], new shares for old; a dividend is an amount a share.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from simcore.brokers.errors import shown
from simcore.brokers.instrument import Instrument
from simcore.kernel.enums import Kind
from simcore.market.columns import ASK_PATH, BID_PATH, Bars
from simcore.market.errors import DataError
from simcore.market.grid import grid
from simcore.market.paths import path_rows
from simcore.market.timeframe import parse_timeframe
from simcore.scenario.fields import ScenarioError, Table

BAR_KINDS: Final = (int(Kind.BAR_OPEN), int(Kind.BAR_FIRST), int(Kind.BAR_SECOND), int(Kind.BAR_CLOSE))
_MINUTE: Final = "1min"


class Row(NamedTuple):
    """One row of a feed; what x and y hold follows from the kind (see market.feed)."""

    ts: int
    instrument: int
    kind: int
    bid: float
    ask: float
    x: float = math.nan
    y: float = math.nan


def read_quote(table: Table, symbol: str, k: int, ts: int, instrument: Instrument) -> list[Row]:
    """[bid, ask] or [bid, ask, bid_size, ask_size]."""
    names = ("bid", "ask", "bid_size", "ask_size")
    values = _values(table, symbol, names, (2, 4))
    bid, ask = (_price(values, name, instrument) for name in names[:2])
    return [Row(ts, k, int(Kind.QUOTE), bid, ask, *(_size(values, name) for name in names[2:]))]


def read_print(table: Table, symbol: str, k: int, ts: int, instrument: Instrument) -> list[Row]:
    """A price, or [price, size]."""
    value = table.fields[symbol]
    if not isinstance(value, list):
        table = Table(table.place, {symbol: [value]})
    values = _values(table, symbol, ("price", "size"), (1, 2))
    price = _price(values, "price", instrument)
    return [Row(ts, k, int(Kind.PRINT), price, price, _size(values, "size"), 0.0)]


def read_split(table: Table, symbol: str, k: int, ts: int, instrument: Instrument) -> list[Row]:
    """New shares for one old: 7, 0.1, or [3, 2] for three for two."""
    value = table.fields[symbol]
    if isinstance(value, list):
        values = _values(table, symbol, ("new", "old"), (2,))
        ratio = values.number("new", above=0.0) / values.number("old", above=0.0)
    else:
        ratio = table.number(symbol, above=0.0)
    return [Row(ts, k, int(Kind.SPLIT), ratio, ratio)]


def read_dividend(table: Table, symbol: str, k: int, ts: int, instrument: Instrument) -> list[Row]:
    """Cash a share, in the instrument's quote currency."""
    amount = table.number(symbol, above=0.0)
    return [Row(ts, k, int(Kind.DIVIDEND), amount, amount)]


def read_bar(table: Table, symbol: str, k: int, ts: int, instrument: Instrument) -> list[Row]:
    """An object with timeframe and prices, or [open, high, low, close]."""
    place = f"{table.place}, {symbol}"
    if isinstance(table.fields[symbol], list):
        values = _values(table, symbol, BID_PATH, (4,))
    else:
        values = Table.of(table.fields[symbol], place, ("timeframe", *BID_PATH, "volume", *ASK_PATH))
    prices = {name: _price(values, name, instrument) for name in BID_PATH}
    asks = [name for name in ASK_PATH if name in values]
    if asks and len(asks) < len(ASK_PATH):
        raise ScenarioError(f"{place}: give all of {', '.join(ASK_PATH)}, or none")
    prices |= {name: _price(values, name, instrument) for name in asks}
    for first in ("", "ask_")[: 1 + bool(asks)]:
        _check_range(place, prices, first)
    try:
        timeframe = parse_timeframe(values.fields.get("timeframe", _MINUTE)).text
    except DataError as error:
        raise ScenarioError(f"{place}: {error}") from None
    columns = {name: np.array([price]) for name, price in prices.items()}
    volume = np.array([_size(values, "volume")])
    bars = Bars(symbol, timeframe, np.array([ts]), volume=volume, checked=True, **columns)
    path = path_rows(bars, BAR_KINDS)
    order = (path.kind, path.bid, path.ask, path.x, path.y)
    return [
        Row(int(at), k, int(kind), float(bid), float(ask), float(x), float(y))
        for at, kind, bid, ask, x, y in zip(path.ts, *order, strict=True)
    ]


def _values(table: Table, symbol: str, names: tuple[str, ...], lengths: tuple[int, ...]) -> Table:
    """A list as a table of named fields, so that a mistake names the field."""
    value = table.fields[symbol]
    if not isinstance(value, list) or len(value) not in lengths:
        shapes = " or ".join(f"[{', '.join(names[:n])}]" for n in lengths)
        raise ScenarioError(f"{table.place}, {symbol} = {shown(value)}: must be {shapes}")
    return Table.of(dict(zip(names, value, strict=False)), f"{table.place}, {symbol}")


def _price(values: Table, name: str, instrument: Instrument) -> float:
    """A price above zero, on the instrument's grid."""
    price = values.number(name, above=0.0)
    numerator, scale = grid(instrument.price_increment)
    snapped = float(np.rint(price * scale / numerator) * numerator / scale)
    if snapped <= 0.0:
        values.fail(name, f"becomes 0 on a grid of {instrument.price_increment:g}; check price_digits")
    return snapped


def _size(values: Table, name: str) -> float:
    """A size of zero or more; nan where it is not given."""
    if name not in values:
        return math.nan
    size = values.number(name)
    if size < 0.0:
        values.fail(name, "must be zero or more")
    return size


def _check_range(place: str, prices: dict[str, float], first: str) -> None:
    """A bar's high and low hold its open and close."""
    o, h, l, c = (prices[first + name] for name in BID_PATH)  # noqa: E741
    if h < max(o, c, l) or l > min(o, c):
        raise ScenarioError(f"{place}: {first}open {o:g}, close {c:g} do not lie between low {l:g} and high {h:g}")
