"""The desk of a session: one account, its strategy, and the journal every event goes through first.

Nothing reaches the account but through here: `row` (what the market did) and `post` (what a broker said) write the
event down, let the account take it, let the strategy hear of it, and write down what both told. `news` are the changes
of orders and the requests since they were taken last: what a broker has to hear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from simcore.kernel import schema
from simcore.kernel.buffers import TABLES, TapeBuffer, joined
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Kind
from simcore.live.journal import Journal
from simcore.strategy.driver import Driver
from simcore.strategy.strategy import Strategy

NAN = float("nan")
HEARTBEAT = int(Kind.HEARTBEAT)


def _place(name: str) -> int:
    return int(schema.TAPE.fields[name][1]) // 8  # type: ignore[index]


Tables = dict[str, Any]
COUNTS = {name: _place(f"n_{name}") for name in TABLES}  # words of a tape's head
LOST, FULL = _place("lost"), _place("full")


class Desk:
    """`hear` gets every drained part of the tape, for results; `resume`: the account is not new."""

    def __init__(
        self,
        engine: Engine,
        strategy: Strategy,
        symbols: Sequence[str],
        journal: Journal,
        hear: Callable[[Tables], None] = lambda tables: None,
        *,
        resume: bool = False,
    ) -> None:
        self.engine, self.journal, self._hear = engine, journal, hear
        self.changes: list[Any] = []
        self.asks: list[Any] = []
        self.driver = Driver(engine, strategy, symbols, self._told, resume=resume)
        self._words = engine.tape.buffer[: schema.TAPE.itemsize].view(np.int64).data  # of its head
        self._head = engine.state.head

    @property
    def now(self) -> int:
        """The account's time, ns UTC."""
        return int(self._head["now"])

    def start(self) -> None:
        """The strategy's on_start, before the first event."""
        self.driver.start()
        self._look()

    def row(
        self, ts: int, instrument: int, kind: int, bid: float, ask: float, x: float = NAN, y: float = NAN,
        ts_recv: int | None = None,
    ) -> None:  # fmt: skip
        """One event of the market: journal, account, strategy. Live, what comes late is met at the account's time."""
        late = 0
        if ts_recv is not None and ts < self._head["now"]:
            late, ts, ts_recv = 1, self.now, ts
        self.journal.row(ts, instrument, kind, bid, ask, x, y, ts_recv, late)
        self.engine.row(ts, instrument, kind, bid, ask, x, y)
        self.driver.play()
        self._look()

    def heartbeat(self, ts: int, ts_recv: int | None = None) -> None:
        """Time passes to ts: bars close, timers come due."""
        self.row(ts, 0, HEARTBEAT, 0.0, 0.0, NAN, NAN, ts_recv)

    def post(
        self, ts: int, kind: int, *, ts_recv: int | None = None, trade: str = "", ticket: str = "", **fields: Any
    ) -> None:
        """What a broker said, at its time or, where that has passed, at the account's."""
        ts = max(ts, self.now)
        record = self.engine.posted(ts, kind, **fields)
        self.journal.post(record, ts if ts_recv is None else ts_recv, trade, ticket)
        self.engine.book(record)
        self.driver.play()
        self._look()

    def drain(self) -> None:
        """Tell what the account told and nobody heard yet."""
        self.driver.drain()

    def stop(self) -> None:
        """The strategy's on_stop, after the last event."""
        self.journal.note("stop", self.now)
        self.driver.stop()

    def take(self) -> tuple[Any, Any]:
        """Changes of orders and requests since the last time, as rows of CHANGE and ASK."""
        changes, asks = self.changes, self.asks
        self.changes, self.asks = [], []
        return _joined(changes, schema.CHANGE), _joined(asks, schema.ASK)

    def _look(self) -> None:
        if self._words[COUNTS["changes"]] or self._words[COUNTS["asks"]]:
            self._told(drained(self.engine.tape, self._words))

    def _told(self, tables: Tables) -> None:
        self.journal.told(tables)
        if len(tables["changes"]):
            self.changes.append(tables["changes"])
        if len(tables["asks"]):
            self.asks.append(tables["asks"])
        self._hear(tables)


def drained(tape: TapeBuffer, words: memoryview) -> Tables:
    """What a tape holds, and take it out: as its `drain`, but tables without rows cost nothing, since orders wait."""
    if words[LOST]:
        return tape.drain()  # which says what was lost
    told = {}
    for name, at in COUNTS.items():
        table, n = tape.tables[name], words[at]
        told[name] = np.frombuffer(bytearray(table[:n].tobytes()), table.dtype) if n else _none(table.dtype)
        words[at] = 0
    words[FULL] = 0
    return told


def _joined(parts: list[Any], dtype: np.dtype[Any]) -> Any:
    return parts[0] if len(parts) == 1 else joined(parts) if parts else _none(dtype)


@cache
def _none(dtype: np.dtype[Any]) -> Any:
    return np.zeros(0, dtype)
