"""The account behind ctx in plain Python: where State, Rules and Tape are, and the kernel's functions bound to them.

One `Account` is made for a run and shared by the contexts of all its instruments. Addresses are bound to each function
once; nothing here decides anything.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from typing import Any

from simcore.kernel import entries, lookup, schema
from simcore.kernel.engine import Engine
from simcore.market.errors import did_you_mean
from simcore.strategy.context import Context
from simcore.strategy.errors import StrategyError
from simcore.strategy.views import (
    CONTRACT,
    DAY,
    Bar,
    Fill,
    Order,
    OrderRow,
    Position,
    PositionRow,
    name_of,
    offset_of,
    structure,
)

_HEAD = {name: name for name in ("now", "k", "call", "series")}
_RULES = {name: name for name in ("orders_at", "positions_at", "series_terms_at", "terms_at")}


def _record(name: str, dtype: Any, public: dict[str, str]) -> Any:
    return type(name, (ctypes.Structure,), {"_fields_": structure(dtype, public), "__slots__": ()})


_Head = _record("Head", schema.HEAD, _HEAD)
_Rules = _record("Rules", schema.RULES, _RULES)
_Figures = _record("Figures", schema.ACCOUNT, {name: name for name in schema.ACCOUNT.names or ()})
_Draft = _record("Draft", schema.ORDER, {name: name for name in schema.ORDER.names or ()})
_Terms = _record("Terms", schema.TERMS, CONTRACT)
_SeriesTerms = _record("SeriesTerms", schema.SERIES_TERMS, {"timeframe": "timeframe"})


class Account:
    """State, Rules and Tape of a run, by address; `symbols` in the order of the rules' instruments.

    `owner`, the engine whose they are, must live while orders are sent. Only its State and Rules are kept alive here:
    the contexts and this refer to one another, and the tape's megabytes would wait for the collector with them.
    """

    equity: Callable[[], float]
    free_equity: Callable[[], float]
    unrealized_pnl: Callable[[], float]
    net_qty: Callable[[int], float]
    entry_price: Callable[[int], float]
    max_qty: Callable[[int, int], float]
    qty_for: Callable[[int, float, float], float]
    round_qty: Callable[[int, float], float]
    local_time: Callable[[], int]
    submit: Callable[[], int]
    modify: Callable[[], int]
    cancel: Callable[[int], int]
    cancel_all: Callable[[int], int]
    close: Callable[[int, float, int], int]
    close_by: Callable[[int, int], int]
    set_timer: Callable[[int], int]
    find_series: Callable[[int, int], int]
    series_heard: Callable[[int], int]
    bars_kept: Callable[[int], int]
    bar_address: Callable[[int, int], int]
    bar_heard: Callable[[int], int]

    def __init__(self, state: int, rules: int, tape: int, symbols: Sequence[str], owner: object = None) -> None:
        self._kept = (owner.state.buffer, owner.rules) if isinstance(owner, Engine) else owner
        self._state, self._rules, self.symbols = state, rules, list(symbols)
        self.head = _Head.from_address(state)
        self.figures = _Figures.from_address(state + offset_of(schema.HEAD, "account"))
        self.draft = _Draft.from_address(state + offset_of(schema.HEAD, "draft"))
        self.notice = Fill.from_address(state + offset_of(schema.HEAD, "notice"))
        self.bars_seen: dict[int, Bar] = {}  # views of closed bars by address: a ring has few, and they are read often
        self._bind(state, rules, tape)
        self.contexts = [self._context(k, symbol) for k, symbol in enumerate(self.symbols)]

    def _bind(self, state: int, rules: int, tape: int) -> None:
        """Every function the contexts call, with its addresses filled in."""
        read, act = (state, rules), (state, rules, tape)
        self.equity = entries.equity_entry.bound(*read)
        self.free_equity = entries.free_equity_entry.bound(*read)
        self.unrealized_pnl = entries.unrealized_pnl_entry.bound(*read)
        self.net_qty = entries.net_qty_entry.bound(*read)
        self.entry_price = entries.entry_price_entry.bound(*read)
        self.max_qty = entries.max_qty_entry.bound(*read)
        self.qty_for = entries.qty_for_entry.bound(*read)
        self.round_qty = entries.round_qty_entry.bound(rules)
        self.local_time = entries.local_time_entry.bound(*read)
        self.submit = entries.submit_entry.bound(*act)
        self.modify = entries.modify_entry.bound(*act)
        self.cancel = entries.cancel_entry.bound(*act)
        self.cancel_all = entries.cancel_all_entry.bound(*act)
        self.close = entries.close_entry.bound(*act)
        self.close_by = entries.close_by_entry.bound(*act)
        self.set_timer = entries.set_timer_entry.bound(*act)
        self.find_series = lookup.find_series_entry.bound(rules)
        self.series_heard = lookup.series_heard_entry.bound(*read)
        self.bars_kept = lookup.bars_kept_entry.bound(*read)
        self.bar_address = lookup.bar_address_entry.bound(*read)
        self.bar_heard = lookup.bar_heard_entry.bound(*read)
        self._order_row = lookup.order_row_entry.bound(*read)
        self._next_order = lookup.next_order_entry.bound(*read)
        self._next_position = lookup.next_position_entry.bound(*read)

    def _context(self, k: int, symbol: str) -> Context:
        at = self._state + schema.INSTRUMENTS_AT + k * schema.INSTRUMENT.itemsize
        context: Context = Context.from_address(at)
        context._account, context.index, context.symbol = self, k, symbol
        return context

    def context(self, which: str | int) -> Context:
        """The context of an instrument, by symbol or number."""
        if isinstance(which, str):
            if which not in self.symbols:
                known = did_you_mean(which, self.symbols) or f" There are {', '.join(self.symbols)}."
                raise StrategyError(f'ctx["{which}"]: no such instrument in this run.{known}')
            return self.contexts[self.symbols.index(which)]
        if not 0 <= which < len(self.contexts):
            raise IndexError(f"ctx[{which}]: there are {len(self.contexts)} instruments, counted from 0")
        return self.contexts[which]

    def heard(self) -> Context:
        """The context that the running handler is given."""
        context: Context = self.contexts[self.head.k]
        return context

    def terms(self, k: int) -> Any:
        """What instrument k is traded by, as it stands in the rules."""
        return _Terms.from_address(self._rules + _Rules.from_address(self._rules).terms_at + k * schema.TERMS.itemsize)

    def timeframe(self, series: int) -> int:
        """Length in ns of the bars of a series."""
        at = _Rules.from_address(self._rules).series_terms_at + series * schema.SERIES_TERMS.itemsize
        return int(_SeriesTerms.from_address(self._rules + at).timeframe)

    def bar(self, series: int, address: int) -> Bar:
        """The closed bar of a series at an address; at 0 one without prices."""
        bar = Bar.from_address(address) if address else Bar(0, math.nan, math.nan, math.nan, math.nan, math.nan)
        bar.timeframe = name_of(self.timeframe(series) if series >= 0 else DAY)
        if address:
            self.bars_seen[address] = bar
        return bar

    # ----------------------------------------------------------------------------------------------------- the book

    def _order(self, row: int) -> Order:
        at = _Rules.from_address(self._rules).orders_at + (row - 1) * schema.ORDER.itemsize
        return Order(OrderRow.from_address(self._state + at))

    def _position(self, row: int) -> Position:
        at = _Rules.from_address(self._rules).positions_at + (row - 1) * schema.POSITION.itemsize
        return Position(PositionRow.from_address(self._state + at))

    def order(self, id: int) -> Order:
        row = self._order_row(id)
        return self._order(row) if row else Order(OrderRow())

    def orders(self, k: int) -> list[Order]:
        return [self._order(row) for row in _rows(self._next_order, k)]

    def positions(self, k: int) -> list[Position]:
        return [self._position(row) for row in _rows(self._next_position, k)]


def _rows(following: Callable[[int, int], int], k: int) -> list[int]:
    rows = []
    row = following(k, 0)
    while row > 0:
        rows.append(row)
        row = following(k, row)
    return rows
