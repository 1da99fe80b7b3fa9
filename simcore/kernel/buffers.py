"""The three buffers and how Python sees into them: Rules, State (with the strategy's memory behind it), Tape.

`RulesBuffer` is filled once by brokers.rules; `StateBuffer` is what a snapshot copies; `TapeBuffer` is drained into
plain arrays. Views are numpy records over the same bytes: reading is free, writing is for building and for tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernel import schema as k

N_TIMERS = 64
N_REQUESTS = 64
TAPE_ROWS = 8192

Bytes = NDArray[np.uint8]


def _aligned(n: int) -> int:
    return (n + 63) // 64 * 64


def _zeros(n: int) -> Bytes:
    """n zero bytes on a 64-byte boundary: cache lines start where records do."""
    raw = np.zeros(n + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + n]


def _rows(buffer: Bytes, at: int, dtype: np.dtype[Any], n: int) -> NDArray[Any]:
    return buffer[at : at + n * dtype.itemsize].view(dtype)


class RulesBuffer:
    """One account's rules. series: (instrument, timeframe ns, daily, passthrough, capacity) each, sorted by instrument.

    sessions: one (opens, closes) pair of int64 ns arrays an instrument, or None where it is open whenever it ticks.
    """

    def __init__(
        self,
        n_instruments: int,
        series: Sequence[tuple[int, int, bool, bool, int]] = (),
        sessions: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]] | None] = (),
        size: k.Size = k.SIZES[0],
        memory_bytes: int = 0,
    ) -> None:
        terms_at = _aligned(k.RULES.itemsize)
        series_at = _aligned(terms_at + n_instruments * k.TERMS.itemsize)
        session_at = _aligned(series_at + len(series) * k.SERIES_TERMS.itemsize)
        n_sessions = [0 if s is None else len(s[0]) for s in sessions] + [0] * (n_instruments - len(sessions))
        total = session_at + sum(n_sessions) * k.SESSION.itemsize
        self.buffer = _zeros(_aligned(total))
        self.head = _rows(self.buffer, 0, k.RULES, 1)[0]
        self.terms = _rows(self.buffer, terms_at, k.TERMS, n_instruments)
        self.series = _rows(self.buffer, series_at, k.SERIES_TERMS, len(series))
        head = self.head
        head["n_instruments"], head["n_series"] = n_instruments, len(series)
        head["terms_at"], head["series_terms_at"], head["rules_bytes"] = terms_at, series_at, total
        for i, pair in enumerate(sessions):
            if pair is not None:
                rows = _rows(self.buffer, session_at, k.SESSION, n_sessions[i])
                rows["open"], rows["close"] = pair
                self.terms[i]["n_sessions"], self.terms[i]["sessions_at"] = n_sessions[i], session_at
                session_at += rows.nbytes
        for i, row in enumerate(series):
            names = ("instrument", "timeframe", "daily", "passthrough", "capacity")
            for name, value in zip(names, row, strict=True):
                self.series[i][name] = value
            t = self.terms[row[0]]
            if t["n_series"] == 0:
                t["first_series"] = i
            t["n_series"] += 1
        self._lay_out(size, memory_bytes)

    def _lay_out(self, size: k.Size, memory_bytes: int) -> None:
        """Where the tables of State begin, for this size class."""
        head = self.head
        head["size"] = k.SIZES.index(size)
        head["n_positions"], head["n_orders"] = size.positions, size.orders
        head["n_requests"], head["n_timers"] = N_REQUESTS, N_TIMERS
        head["n_notices"] = 2 * (size.positions + size.orders) + 64
        at = k.INSTRUMENTS_AT + int(head["n_instruments"]) * k.INSTRUMENT.itemsize
        for name, dtype, n in (
            ("series_at", k.SERIES, int(head["n_series"])),
            ("timers_at", k.record(at="i8"), N_TIMERS),
            ("positions_at", k.POSITION, size.positions),
            ("orders_at", k.ORDER, size.orders),
            ("requests_at", k.REQUEST, N_REQUESTS),
            ("notices_at", k.NOTICE, int(head["n_notices"])),
        ):
            head[name] = at
            at += n * dtype.itemsize
        for row in self.series:
            row["bars_at"] = at
            at += int(row["capacity"]) * k.BAR.itemsize
        head["memory_at"] = at = _aligned(at)
        head["state_bytes"] = at + memory_bytes

    @property
    def address(self) -> int:
        return int(self.buffer.ctypes.data)

    def tobytes(self) -> bytes:
        return self.buffer.tobytes()


class StateBuffer:
    """One account. `StateBuffer(rules)` is new and flat; `.restore(bytes)` puts a snapshot back."""

    def __init__(self, rules: RulesBuffer, cash: float = 0.0) -> None:
        head = rules.head
        self.buffer = _zeros(int(head["state_bytes"]))
        self.head = _rows(self.buffer, 0, k.HEAD, 1)[0]
        self.account = self.head["account"]
        self.instruments = _rows(self.buffer, k.INSTRUMENTS_AT, k.INSTRUMENT, int(head["n_instruments"]))
        self.series = _rows(self.buffer, int(head["series_at"]), k.SERIES, int(head["n_series"]))
        self.positions = _rows(self.buffer, int(head["positions_at"]), k.POSITION, int(head["n_positions"]))
        self.orders = _rows(self.buffer, int(head["orders_at"]), k.ORDER, int(head["n_orders"]))
        self.memory = self.buffer[int(head["memory_at"]) :]
        self.account["balance"] = cash
        self.account["peak_equity"] = cash
        self.instruments["n_series"] = rules.terms["n_series"]
        self.instruments["first_series"] = rules.terms["first_series"]

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


TABLES = {"fills": k.FILL, "trades": k.TRADE, "changes": k.CHANGE, "events": k.EVENT, "samples": k.SAMPLE}


class TapeBuffer:
    """What the engine told since the last drain."""

    def __init__(self, rules: RulesBuffer) -> None:
        reserve = 4 * (int(rules.head["n_positions"]) + int(rules.head["n_orders"])) + 64
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

    @property
    def address(self) -> int:
        return int(self.buffer.ctypes.data)

    def drain(self) -> dict[str, NDArray[Any]]:
        """Copies of every table's rows; the tape is empty afterwards."""
        if self.head["lost"]:
            raise RuntimeError(
                f"{self.head['lost']} rows did not fit the tape: a defect of the kernel, please report it"
            )
        rows = {}
        for name, table in self.tables.items():
            rows[name] = table[: self.head[f"n_{name}"]].copy()
            self.head[f"n_{name}"] = 0
        self.head["full"] = 0
        return rows
