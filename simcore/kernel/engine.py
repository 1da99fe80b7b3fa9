"""The account driven from Python: rows in, calls out, one event at a time or a feed of millions.

`Engine` owns State and Tape of one run and knows the feed record through which the kernel reads columns by address. A
backtest gives it whole columns; paper, live, scenarios and tests give it one row at a time: it is the same `advance`.
"""

from __future__ import annotations

import ctypes
import math
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernel import entries as e
from simcore.kernel import schema as k
from simcore.kernel.buffers import Bytes, StateBuffer, TapeBuffer
from simcore.kernel.enums import Kind, Mode
from simcore.kernel.image import load
from simcore.kernel.loop import advance_entry

I8, F8, P = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p
NAN = math.nan
EXCHANGE = int(Mode.EXCHANGE)
STANDING = ("assets", "liabilities", "initial_margin", "maintenance_margin")  # in the order of standing_of
QUOTE, HEARTBEAT = int(Kind.QUOTE), int(Kind.HEARTBEAT)
COLUMNS = ("ts", "bid", "ask", "instrument", "kind", "x", "y")
WIDTHS = {"ts": np.int64, "instrument": np.uint8, "kind": np.uint8}
CURSOR, N = (int(k.FEED.fields[name][1]) // 8 for name in ("cursor", "n"))  # type: ignore[index]
ROW = struct.Struct("=qddB7xB7xdd")  # the columns of a feed of one row, eight bytes each


@cache
def functions() -> dict[str, Callable[..., Any]]:
    """The kernel's entries as Python callables; all pointers are addresses."""
    load()
    return {
        "post": e.post_entry.from_python(I8, P, P, P, P),
        "submit": e.submit_entry.from_python(I8, P, P, P),
        "modify": e.modify_entry.from_python(I8, P, P, P),
        "cancel": e.cancel_entry.from_python(I8, P, P, P, I8),
        "cancel_all": e.cancel_all_entry.from_python(I8, P, P, P, I8),
        "close": e.close_entry.from_python(I8, P, P, P, I8, F8, I8),
        "close_by": e.close_by_entry.from_python(I8, P, P, P, I8, I8),
        "finalize": e.finalize_entry.from_python(I8, P, P, P, I8, F8, F8),
        "set_timer": e.set_timer_entry.from_python(I8, P, P, P, I8),
        "equity": e.equity_entry.from_python(F8, P, P),
        "free_equity": e.free_equity_entry.from_python(F8, P, P),
        "unrealized_pnl": e.unrealized_pnl_entry.from_python(F8, P, P),
        "max_qty": e.max_qty_entry.from_python(F8, P, P, I8, I8),
        "net_qty": e.net_qty_entry.from_python(F8, P, P, I8),
        "entry_price": e.entry_price_entry.from_python(F8, P, P, I8),
        "round_qty": e.round_qty_entry.from_python(F8, P, I8, F8),
        "qty_for": e.qty_for_entry.from_python(F8, P, P, I8, F8, F8),
        "local_time": e.local_time_entry.from_python(I8, P, P),
        "profit": e.profit_entry.from_python(F8, P, P, I8, I8, F8, F8, F8),
        "margin_alone": e.margin_alone_entry.from_python(F8, P, P, I8, I8, I8, F8, F8),
        "standing_of": e.standing_of_entry.from_python(F8, P, P, I8),
        "rate_of": e.rate_of_entry.from_python(F8, P, P, I8, I8, I8),
        "financing_of": e.financing_of_entry.from_python(F8, P, P, I8, I8, F8, F8, I8),
        "used_with_fill": e.used_with_fill_entry.from_python(F8, P, P, I8, I8, F8, F8),
        "sides_of": e.sides_of_entry.from_python(F8, P, P, I8, I8),
        "tier_of": e.tier_of_entry.from_python(F8, P, P, I8, I8),
        "is_stopped_at": e.is_stopped_at_entry.from_python(I8, P, P, I8, F8, F8),
        "position_pnl": e.position_pnl_entry.from_python(F8, P, P, I8),
    }


class Engine:
    """One account in motion. Raises ValueError for columns of the wrong length; refusals are never exceptions."""

    advance: Callable[[], int]  # play rows until Python has to act; returns a Call

    def __init__(self, rules: Bytes, cash: float = 0.0, tape: TapeBuffer | None = None) -> None:
        """tape: of an account that is done with, to be written anew."""
        self.rules = rules
        self.state = StateBuffer(rules, cash)
        self.tape = TapeBuffer(rules) if tape is None else tape.emptied(rules)
        self.call = functions()
        self._feed_buffer = np.zeros(1, k.FEED)
        self.feed_address = int(self._feed_buffer.ctypes.data)
        self.feed = self._feed_buffer[0]
        self.feed["state"], self.feed["rules"] = self.state.address, int(rules.ctypes.data)
        self.feed["tape"] = self.tape.address
        self._columns: list[NDArray[Any]] | None = []  # kept for the feed; None: it is the one row
        self._row = np.zeros(len(COLUMNS))
        self._cells = self._row.data
        self._words = self._feed_buffer.view(np.int64).data  # five times faster to write than a record
        self.advance = advance_entry.bound(self.feed_address)
        self.pointers = (self.state.address, int(rules.ctypes.data), self.tape.address)

    def load(self, columns: dict[str, NDArray[Any] | None]) -> None:
        """Point the feed at columns (ts bid ask, and instrument kind x y or None), from their first row on."""
        n = len(columns["ts"])  # type: ignore[arg-type]
        kept: dict[str, NDArray[Any]] = {}
        for name in COLUMNS:
            column = columns.get(name)
            if column is not None:
                kept[name] = np.ascontiguousarray(column, WIDTHS.get(name, np.float64))
                if len(column) != n:
                    raise ValueError(f"column {name} has {len(column)} rows, ts has {n}")
        for name in COLUMNS:
            self.feed[name] = kept[name].ctypes.data if name in kept else 0
        self.feed["cursor"], self.feed["n"] = 0, n
        self._columns = [*kept.values()]

    # ---- one event at a time

    def row(self, ts: int, instrument: int, kind: int, bid: float, ask: float, x: float = NAN, y: float = NAN) -> None:
        """Make one row the whole feed; `advance` plays it."""
        ROW.pack_into(self._cells, 0, ts, bid, ask, instrument, kind, x, y)
        if self._columns is not None:
            self._columns = None
            for number, name in enumerate(COLUMNS):
                self.feed[name] = self._row.ctypes.data + 8 * number
        words = self._words
        words[CURSOR], words[N] = 0, 1

    def quote(self, ts: int, instrument: int, bid: float, ask: float, x: float = NAN, y: float = NAN) -> int:
        """Play one quote; returns the first Call (END where no handler is due)."""
        self.row(ts, instrument, QUOTE, bid, ask, x, y)
        return self.advance()

    def heartbeat(self, ts: int) -> int:
        """Let time pass to ts."""
        self.row(ts, 0, HEARTBEAT, 0.0, 0.0)
        return self.advance()

    def post(self, ts: int, kind: int, **fields: float) -> None:
        """An outside event: kind one of schema.POST_*, fields of schema.POST.

        Raises ValueError for a fill without a qty, a price and a known instrument: nothing of it is booked.
        """
        self.book(self.posted(ts, kind, **fields))

    def posted(self, ts: int, kind: int, **fields: float) -> NDArray[Any]:
        """The POST record (1,) of an outside event, checked as `post` checks it; `book` applies it."""
        if kind == k.POST_FILL:
            self._check_fill(fields)
        record = np.zeros(1, k.POST)
        if kind == k.POST_CHANGE:
            for name in ("qty", "limit", "stop", "trail", "sl", "tp", "swap"):
                record[name] = NAN
        record["ts"], record["kind"] = ts, kind
        for name, value in fields.items():
            record[name] = value
        return record

    def book(self, record: NDArray[Any]) -> None:
        """Apply an outside event."""
        self.call["post"](*self.pointers, int(record.ctypes.data))

    def _check_fill(self, fields: dict[str, float]) -> None:
        for name in ("qty", "price"):
            if not 0.0 < fields.get(name, 0.0) < math.inf:
                raise ValueError(f"a fill needs a {name} above 0, was {fields.get(name)}")
        n, number = len(self.state.instruments), fields.get("instrument", 0)
        if not 0 <= number < n:
            raise ValueError(f"a fill names instrument number {number}; this account has {n}")
        if not fields.get("order") and fields.get("side") not in (1, -1):
            raise ValueError(f"a fill of the broker's own needs a side, 1 or -1, was {fields.get('side')}")

    # ---- orders

    def draft(self, **fields: float) -> None:
        """Fill state.draft; what is not given is 0, prices nan."""
        d = self.state.head["draft"]
        for name in ("limit", "stop", "trail", "sl", "tp"):
            d[name] = NAN
        for name in ("id", "instrument", "side", "tif", "expires", "oco", "parent", "position", "tag"):
            d[name] = 0
        for name in ("post_only", "reduce_only", "closing"):
            d[name] = 0
        d["display_qty"], d["qty"] = 0.0, NAN
        for name, value in fields.items():
            d[name] = value

    def submit(self, **fields: float) -> int:
        self.draft(**fields)
        return int(self.call["submit"](*self.pointers))

    def modify(self, order_id: int, **fields: float) -> int:
        self.draft(id=order_id, **fields)
        return int(self.call["modify"](*self.pointers))

    def cancel(self, order_id: int) -> int:
        return int(self.call["cancel"](*self.pointers, order_id))

    def close(self, instrument: int, qty: float = NAN, position: int = 0) -> int:
        return int(self.call["close"](*self.pointers, instrument, qty, position))

    def close_by(self, a: int, b: int) -> int:
        return int(self.call["close_by"](*self.pointers, a, b))

    def finalize(self, instrument: int, bid: float, ask: float) -> int:
        """Close what is open of an instrument at these prices. Returns how many positions were closed."""
        return int(self.call["finalize"](*self.pointers, instrument, bid, ask))

    # ---- reading

    def figures(self) -> dict[str, float]:
        """The account's figures now, account currency; margin_level a ratio, inf with nothing used.

        Exchange accounts have STANDING too.
        """
        a = self.state.account
        equity = float(self.call["equity"](*self.pointers[:2]))
        free = float(self.call["free_equity"](*self.pointers[:2]))
        used = float(a["used_margin"])
        rules = self.rules[: k.RULES.itemsize].view(k.RULES)[0]
        scale = float(rules["money_scale"])
        figures = {
            "balance": float(a["balance"]),
            "credit": float(a["credit"]),
            "equity": equity,
            "used_margin": used,
            "free_margin": round((free - used) * scale) / scale,
            "margin_level": equity / used if used > 0.0 else math.inf,
            "unrealized_pnl": float(self.call["unrealized_pnl"](*self.pointers[:2])),
        }
        if rules["mode"] == EXCHANGE:
            figures |= {name: float(self.call["standing_of"](*self.pointers[:2], n)) for n, name in enumerate(STANDING)}
        return figures

    def net_qty(self, instrument: int) -> float:
        return float(self.call["net_qty"](*self.pointers[:2], instrument))
