"""Lists of orders, positions and deals, by symbol, group or ticket; history by time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.clock import seconds_of
from bridges.emulators.mt5.structs import Struct
from bridges.emulators.mt5.symbols import chosen
from bridges.emulators.mt5.terminal import Failure, Terminal

Rows = tuple[Struct, ...]


def orders_total(terminal: Terminal) -> int:
    """How many orders are pending."""
    return len(terminal.books.working())


def orders_get(
    terminal: Terminal, *, symbol: str | None = None, group: str | None = None, ticket: int | None = None
) -> Rows:
    """Pending orders."""
    return _of(terminal.books.working(), symbol, group, ticket)


def positions_total(terminal: Terminal) -> int:
    """How many positions are open."""
    return len(terminal.books.positions())


def positions_get(
    terminal: Terminal, *, symbol: str | None = None, group: str | None = None, ticket: int | None = None
) -> Rows:
    """Open positions."""
    return _of(terminal.books.positions(), symbol, group, ticket)


def history_orders_total(terminal: Terminal, date_from: Any, date_to: Any, /) -> int:
    """How many orders ended in a time."""
    return len(_within(terminal.books.orders, "time_done_msc", date_from, date_to))


def history_orders_get(
    terminal: Terminal,
    date_from: Any = None,
    date_to: Any = None,
    /,
    *,
    group: str | None = None,
    ticket: int | None = None,
    position: int | None = None,
) -> Rows:
    """Orders that ended in a time, or one by its ticket, or those of a position."""
    return _history(terminal.books.orders, "time_done_msc", "ticket", date_from, date_to, group, ticket, position)


def history_deals_total(terminal: Terminal, date_from: Any, date_to: Any, /) -> int:
    """How many deals were made in a time."""
    return len(_within(terminal.books.deals, "time_msc", date_from, date_to))


def history_deals_get(
    terminal: Terminal,
    date_from: Any = None,
    date_to: Any = None,
    /,
    *,
    group: str | None = None,
    ticket: int | None = None,
    position: int | None = None,
) -> Rows:
    """Deals of a time, or those of one order (`ticket` is the order's), or those of a position."""
    return _history(terminal.books.deals, "time_msc", "order", date_from, date_to, group, ticket, position)


def _of(rows: Sequence[Struct], symbol: str | None, group: str | None, ticket: int | None) -> Rows:
    if symbol is not None:
        return tuple(row for row in rows if row.symbol == symbol)
    if group is not None:
        return _grouped(rows, group)
    if ticket is not None:
        return tuple(row for row in rows if row.ticket == ticket)
    return tuple(rows)


def _grouped(rows: Sequence[Struct], group: str) -> Rows:
    kept = set(chosen({row.symbol for row in rows}, group))
    return tuple(row for row in rows if row.symbol in kept)


def _history(
    rows: Sequence[Struct],
    when: str,
    by: str,
    date_from: Any,
    date_to: Any,
    group: str | None,
    ticket: int | None,
    position: int | None,
) -> Rows:
    if ticket is not None:
        return tuple(row for row in rows if getattr(row, by) == ticket)
    if position is not None:
        return tuple(row for row in rows if row.position_id == position)
    if date_from is None or date_to is None:
        raise Failure(c.RES_E_INVALID_PARAMS, "Invalid arguments")
    found = _within(rows, when, date_from, date_to)
    return tuple(found) if group is None else _grouped(found, group)


def _within(rows: Sequence[Struct], when: str, date_from: Any, date_to: Any) -> list[Struct]:
    try:
        first, last = seconds_of(date_from) * 1000, seconds_of(date_to) * 1000
    except TypeError:
        raise Failure(c.RES_E_INVALID_PARAMS, "Invalid arguments") from None
    return [row for row in rows if first <= getattr(row, when) <= last]
