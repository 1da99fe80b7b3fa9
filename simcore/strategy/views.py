"""What ctx shows of the account in plain Python: bars, orders, positions, fills, each a view of the account's bytes.

A view costs nothing to keep for the length of a handler and shows what is true now: an order that has ended reads as
status NONE with id 0, in both forms of a strategy. Codes (status, type, side, reason, why) are ints that compare with
`sc.Status`, `sc.OrderType`, `sc.Reason` and `sc.Why`; a tag compares with the int or the string it was given as.
"""

from __future__ import annotations

import ctypes
import math
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from simcore.kernel import schema
from simcore.market.measure import bars_of, parse_bars
from simcore.strategy.errors import unknown_name
from simcore.strategy.names import Tag

# public name -> name in the record; both forms of a strategy read these and no others
QUOTED = {
    name: name for name in ("bid", "ask", "bid_size", "ask_size", "last", "last_size")
} | {"quote_ts": "ts"}  # fmt: skip
CONTRACT = {name: name for name in ("contract_size", "qty_min", "qty_increment", "price_step", "price_scale")}
BAR_FIELDS = {name: name for name in ("ts", "open", "high", "low", "close", "volume")}
NOTICE_FIELDS = {
    name: name
    for name in (
        "ts", "order", "position", "side", "qty", "price", "commission", "pnl", "swap", "why", "status", "reason"
    )
} | {"tag": "tag", "id": "order"}  # fmt: skip
ORDER_FIELDS = {
    name: name
    for name in (
        "id", "ts", "status", "reason", "side", "type", "tif", "qty", "limit", "stop", "trail", "sl", "tp", "expires",
        "oco", "parent", "display_qty", "position", "tag",
    )
} | {"filled_qty": "filled"}  # fmt: skip
POSITION_FIELDS = {
    name: name
    for name in ("id", "ts", "side", "qty", "price", "sl", "tp", "trail", "swap", "commission", "tag")
}  # fmt: skip

MINUTE, HOUR, DAY = 60_000_000_000, 3_600_000_000_000, 86_400_000_000_000
MONDAY = 3  # 1970-01-01 was a Thursday


def structure(dtype: np.dtype[Any], public: dict[str, str]) -> list[tuple[str, Any]]:
    """ctypes fields over a record: those in `public` under their public name, the others hidden."""
    shown = {inner: name for name, inner in public.items()}
    fields: list[tuple[str, Any]] = []
    for name in dtype.names or ():
        inner = dtype.fields[name][0]  # type: ignore[index]
        kind = {"f": ctypes.c_double, "i": ctypes.c_int64}.get(inner.kind, ctypes.c_ubyte * inner.itemsize)
        fields.append((shown.get(name, f".{name}"), kind))
    return fields


def offset_of(dtype: np.dtype[Any], name: str) -> int:
    """Bytes from the start of a record to a field; a dotted name goes into a nested record."""
    first, _, rest = name.partition(".")
    inner, offset = dtype.fields[first][:2]  # type: ignore[index]
    return int(offset) + (offset_of(inner, rest) if rest else 0)


class TimeframeName(str):
    """A timeframe as text; equal to every spelling of it ("1h", "60min")."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and length_of(str(self)) == length_of(str(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


@cache
def length_of(timeframe: str) -> int:
    """A timeframe's length in ns; below 0 for bars by ticks, range and the like."""
    return parse_bars(timeframe).ns


@cache
def name_of(ns: int) -> TimeframeName:
    """The canonical spelling of a timeframe of `ns` nanoseconds."""
    return TimeframeName(bars_of(ns).text)


class Bar(ctypes.Structure):
    """A closed bar: open high low close volume, ts (its start, ns UTC), timeframe. nan, ts 0, before the first."""

    _fields_ = structure(schema.BAR, BAR_FIELDS)
    __slots__ = ("timeframe",)
    if TYPE_CHECKING:
        ts: int
        open: float
        high: float
        low: float
        close: float
        volume: float
        timeframe: TimeframeName

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in BAR_FIELDS)
        return f"Bar({values}, timeframe={self.timeframe!r})"


class Fill(ctypes.Structure):
    """What on_fill and on_order are about: a fill, or an order's change of status (`id`, `status`, `reason`)."""

    _fields_ = structure(schema.NOTICE, {name: inner for name, inner in NOTICE_FIELDS.items() if name != "id"})
    __slots__ = ("_tag",)
    if TYPE_CHECKING:
        ts: int
        order: int
        position: int
        side: int
        qty: float
        price: float
        commission: float
        pnl: float
        swap: float
        why: int
        status: int
        reason: int
        tag: int
        id: int

    def __repr__(self) -> str:
        return f"Fill({', '.join(f'{name}={getattr(self, name)!r}' for name in NOTICE_FIELDS)})"


Fill.id = property(lambda fill: fill.order)  # type: ignore[assignment]
_fill_tag: Any = Fill.tag
Fill.tag = property(lambda fill: Tag(_fill_tag.__get__(fill)))  # type: ignore[assignment]


class _Row:
    """A row of the account's book, as long as it is the row of the same id; zeros afterwards."""

    __slots__ = ("_id", "_row")
    _fields: dict[str, str]
    _record: Any

    def __init__(self, row: Any) -> None:
        self._row, self._id = row, row.id

    def __getattr__(self, name: str) -> Any:
        if name not in self._fields:
            raise AttributeError(unknown_name(type(self).__name__, name, self._fields))
        row = self._row if self._row.id == self._id else _EMPTY[type(self)]
        value = getattr(row, name)
        return Tag(value) if name == "tag" else value

    def __bool__(self) -> bool:
        return bool(self.id != 0)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"


class OrderRow(ctypes.Structure):
    """The bytes of an order."""

    _fields_ = structure(schema.ORDER, ORDER_FIELDS)


class PositionRow(ctypes.Structure):
    """The bytes of a position."""

    _fields_ = structure(schema.POSITION, POSITION_FIELDS)


class Order(_Row):
    """A working order; false, id 0 and status NONE once it has ended and its row is free."""

    __slots__ = ()
    _fields, _record = ORDER_FIELDS, OrderRow

    @property
    def avg_price(self) -> float:
        """Average price of what has filled; nan where nothing has."""
        filled = self.filled_qty
        return float(getattr(self._row, ".value") / filled) if filled > 0.0 else math.nan


class Position(_Row):
    """An open position: one per instrument in netting, one per ticket in hedging; false and zeros once closed."""

    __slots__ = ()
    _fields, _record = POSITION_FIELDS, PositionRow


_EMPTY: dict[type, Any] = {Order: OrderRow(), Position: PositionRow()}
