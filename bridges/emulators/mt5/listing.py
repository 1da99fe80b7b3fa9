"""Lists of orders, positions and deals, by symbol, group or ticket; history by time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.clock import seconds_of
from bridges.emulators.mt5.errors import Failure
from bridges.emulators.mt5.structs import Struct
from bridges.emulators.mt5.symbols import chosen
from bridges.emulators.mt5.terminal import Terminal

Rows = tuple[Struct, ...]
Held = Callable[[Terminal], Sequence[Struct]]


def asked(unnamed: tuple[Any, ...], most: int, named: dict[str, Any], kinds: dict[str, type]) -> None:
    """The filters of a call in their kinds, at most so many of its arguments without a name; Failure says which not.

    None is no filter: who has none leaves it out.
    """
    if len(unnamed) > most:
        raise Failure(c.RES_E_INVALID_PARAMS, "Unnamed arguments not allowed")
    for name, value in named.items():
        if name not in kinds:
            raise Failure(c.RES_E_INVALID_PARAMS, "Invalid arguments")
        if not isinstance(value, np.integer if kinds[name] is int and not isinstance(value, int) else kinds[name]):
            raise Failure(c.RES_E_INVALID_PARAMS, f'Invalid "{name}" argument')


def now(held: Held) -> Callable[..., Rows]:
    """A function that lists what is held: all of it, or what is of a symbol, a group or a ticket."""

    @wraps(held)
    def get(terminal: Terminal, *unnamed: Any, **named: Any) -> Rows:
        asked(unnamed, 0, named, {"symbol": str, "group": str, "ticket": int})
        rows = held(terminal)
        if "symbol" in named:
            return tuple(row for row in rows if row.symbol == named["symbol"])
        if "group" in named:
            return _grouped(rows, named["group"])
        return tuple(row for row in rows if row.ticket == named.get("ticket", row.ticket))

    return get


def past(when: str, by: str) -> Callable[[Held], Callable[..., Rows]]:
    """A function that lists what was: of a time (field `when`), of a ticket (field `by`) or of a position."""

    def listed(held: Held) -> Callable[..., Rows]:
        @wraps(held)
        def get(terminal: Terminal, *dates: Any, **named: Any) -> Rows:
            asked(dates, 2, named, {"group": str, "ticket": int, "position": int})
            rows = held(terminal)
            if "ticket" in named:
                found = tuple(row for row in rows if getattr(row, by) == named["ticket"])
                if not found and by == "ticket":  # an order nobody knows has no answer
                    raise Failure(c.RES_E_NOT_FOUND)
                return found
            if "position" in named:
                return tuple(row for row in rows if row.position_id == named["position"])
            found = _within(rows, when, *dates)
            return _grouped(found, named["group"]) if "group" in named else found

        return get

    return listed


def orders_total(terminal: Terminal) -> int:
    """How many orders are pending."""
    return len(terminal.books.working())


@now
def orders_get(terminal: Terminal) -> Sequence[Struct]:
    """Pending orders."""
    return terminal.books.working()


def positions_total(terminal: Terminal) -> int:
    """How many positions are open."""
    return len(terminal.books.positions())


@now
def positions_get(terminal: Terminal) -> Sequence[Struct]:
    """Open positions."""
    return terminal.books.positions()


def history_orders_total(terminal: Terminal, date_from: Any, date_to: Any, /) -> int:
    """How many orders ended in a time."""
    return len(_within(terminal.books.orders, "time_done_msc", date_from, date_to))


@past(when="time_done_msc", by="ticket")
def history_orders_get(terminal: Terminal) -> Sequence[Struct]:
    """Orders that ended in a time, or one by its ticket, or those of a position."""
    return terminal.books.orders


def history_deals_total(terminal: Terminal, date_from: Any, date_to: Any, /) -> int:
    """How many deals were made in a time."""
    return len(_within(terminal.books.deals, "time_msc", date_from, date_to))


@past(when="time_msc", by="order")
def history_deals_get(terminal: Terminal) -> Sequence[Struct]:
    """Deals of a time, or those of one order (`ticket` is the order's), or those of a position."""
    return terminal.books.deals


def _grouped(rows: Sequence[Struct], group: str) -> Rows:
    kept = set(chosen({row.symbol for row in rows}, group))
    return tuple(row for row in rows if row.symbol in kept)


def _within(rows: Sequence[Struct], when: str, date_from: Any = None, date_to: Any = None) -> Rows:
    try:
        first, last = seconds_of(date_from) * 1000, seconds_of(date_to) * 1000
    except TypeError:  # what is no time, None among it
        raise Failure(c.RES_E_INVALID_PARAMS, "Invalid arguments") from None
    return tuple(row for row in rows if first <= getattr(row, when) <= last)
