"""The buffers and how Python sees into them: State (with the strategy's memory behind it) and Tape.

The rules buffer is made once by brokers.rules; `StateBuffer` is what a snapshot copies; `TapeBuffer` is drained into
plain arrays. Views are numpy records over the same bytes: reading is free, writing is for building and for tests.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernel import schema as k

TAPE_ROWS = 8192
LARGE = 131_072  # bytes
IN_ONE_CALL = 65_536  # rows of a kind that one call of a strategy may cause; untouched, they take no memory

Bytes = NDArray[np.uint8]


def _aligned(n: int) -> int:
    return (n + 63) // 64 * 64


def _zeros(n: int) -> Bytes:
    """n zero bytes on a 64-byte boundary: cache lines start where records do.

    Large ones come from the system as they are: only what is written takes memory, and time to be cleared.
    """
    if n >= LARGE and hasattr(mmap, "MAP_PRIVATE"):
        return np.frombuffer(mmap.mmap(-1, n, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS), np.uint8)
    raw = np.zeros(n + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + n]


def _rows(buffer: Bytes, at: int, dtype: np.dtype[Any], n: int) -> NDArray[Any]:
    return buffer[at : at + n * dtype.itemsize].view(dtype)


def head_of(rules: Bytes) -> Any:
    """The RULES record at the start of a rules buffer."""
    return _rows(rules, 0, k.RULES, 1)[0]


class StateBuffer:
    """One account. `StateBuffer(rules, cash)` is new and flat; `.restore(bytes)` puts a snapshot back."""

    def __init__(self, rules: Bytes, cash: float = 0.0) -> None:
        head = head_of(rules)
        self.buffer = _zeros(int(head["state_bytes"]))
        self.head = _rows(self.buffer, 0, k.HEAD, 1)[0]
        self.account = self.head["account"]
        self.instruments = _rows(self.buffer, k.INSTRUMENTS_AT, k.INSTRUMENT, int(head["n_instruments"]))
        self.series = _rows(self.buffer, int(head["series_at"]), k.SERIES, int(head["n_series"]))
        self.positions = _rows(self.buffer, int(head["positions_at"]), k.POSITION, int(head["n_positions"]))
        self.orders = _rows(self.buffer, int(head["orders_at"]), k.ORDER, int(head["n_orders"]))
        self.memory = self.buffer[int(head["memory_at"]) :]
        self.timers = _rows(self.buffer, int(head["timers_at"]), k.record(at="i8"), int(head["n_timers"]))
        self.account["balance"] = cash
        self.account["peak_equity"] = cash
        terms = _rows(rules, int(head["terms_at"]), k.TERMS, len(self.instruments))
        self.instruments["n_series"] = terms["n_series"] + terms["n_hidden"]
        self.instruments["first_series"] = terms["first_series"]

    @property
    def address(self) -> int:
        return int(self.buffer.ctypes.data)

    def snapshot(self) -> bytes:
        """The whole account and the strategy's memory."""
        return self.buffer.tobytes()

    def restore(self, snapshot: bytes) -> None:
        if len(snapshot) != len(self.buffer):
            raise ValueError(
                f"snapshot has {len(snapshot)} bytes, this account {len(self.buffer)}: other rules made it"
            )
        self.buffer[:] = np.frombuffer(snapshot, np.uint8)


class TapeFull(Exception):
    """More happened between two drains than the tape holds: one call of a strategy sent tens of thousands of orders."""


TABLES = {
    "fills": k.FILL, "trades": k.TRADE, "changes": k.CHANGE, "events": k.EVENT, "samples": k.SAMPLE, "asks": k.ASK,
}  # fmt: skip


class TapeBuffer:
    """What the engine told since the last drain. Its memory may serve one account after another: see `emptied`."""

    def __init__(self, rules: Bytes) -> None:
        reserve = self._reserve(rules)
        capacity = TAPE_ROWS + reserve
        at = {}
        total = _aligned(k.TAPE.itemsize)
        for name, dtype in TABLES.items():
            at[name] = total
            total = _aligned(total + capacity * dtype.itemsize)
        self.buffer = _zeros(total)
        self.head = _rows(self.buffer, 0, k.TAPE, 1)[0]
        self.head["capacity"], self.head["reserve"] = capacity, reserve
        self.tables = {name: _rows(self.buffer, at[name], dtype, capacity) for name, dtype in TABLES.items()}
        for name, offset in at.items():
            self.head[f"{name}_at"] = offset

    @staticmethod
    def _reserve(rules: Bytes) -> int:
        head = head_of(rules)
        return IN_ONE_CALL + 4 * (int(head["n_positions"]) + int(head["n_orders"])) + 64

    def emptied(self, rules: Bytes) -> TapeBuffer:
        """This tape, empty, for a new account of these rules; another where it does not fit.

        New memory is cleared by the system page by page when it is first written, one thread at a time, which takes
        longer than the telling.
        """
        if self.head["reserve"] != self._reserve(rules):
            return TapeBuffer(rules)
        for name in (*(f"n_{name}" for name in TABLES), "full", "lost"):
            self.head[name] = 0
        return self

    @property
    def address(self) -> int:
        return int(self.buffer.ctypes.data)

    def drain(self, lend: bool = False) -> dict[str, NDArray[Any]]:
        """Copies of every table's rows; the tape is empty afterwards. lend: the rows themselves, good until the next
        account writes here: a sweep has megabytes of them that it looks at once.
        """
        if self.head["lost"]:
            raise TapeFull(
                f"caused more in one call than can be told: {self.head['lost']:,} fills, order changes or events found "
                f"no room beside {self.head['capacity']:,} of their kind; send less at a time"
            )
        rows = {}
        for name, table in self.tables.items():
            told = table[: self.head[f"n_{name}"]]
            rows[name] = told if lend else _copied([told])
            self.head[f"n_{name}"] = 0
        self.head["full"] = 0
        return rows


def joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """A table of the rows of `parts` (n,), one after the other; of one part, itself."""
    return parts[0] if len(parts) == 1 else _copied(parts)


def _copied(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """As bytes, because numpy copies records by field; other threads run meanwhile."""
    return np.concatenate([part.view(np.uint8) for part in parts]).view(parts[0].dtype)
