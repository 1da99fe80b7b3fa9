"""The desk of a session: one account, its strategy, and the journal every event goes through first.

Nothing reaches the account but through here: `row` (what the market did) and `post` (what a broker said) write the
event down, let the account take it, let the strategy hear of it, and write down what both told. `news` are the changes
of orders and the requests since they were taken last: what a broker has to hear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from simcore.kernel import schema
from simcore.kernel.buffers import joined
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Kind
from simcore.live.journal import Journal
from simcore.strategy.driver import Driver
from simcore.strategy.strategy import Strategy

NAN = float("nan")
HEARTBEAT = int(Kind.HEARTBEAT)
Tables = dict[str, Any]


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
        self._tape = engine.tape.head

    def start(self) -> None:
        """The strategy's on_start, before the first event."""
        self.driver.start()
        self._look()

    def row(
        self, ts: int, instrument: int, kind: int, bid: float, ask: float, x: float = NAN, y: float = NAN,
        ts_recv: int | None = None,
    ) -> None:  # fmt: skip
        """One event of the market: journal, account, strategy."""
        self.journal.row(ts, instrument, kind, bid, ask, x, y, ts_recv)
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
        ts = max(ts, int(self.engine.state.head["now"]))
        record = self.engine.posted(ts, kind, **fields)
        self.journal.post(record, ts if ts_recv is None else ts_recv, trade, ticket)
        self.engine.book(record)
        self.driver.play()
        self._look()

    def stop(self) -> None:
        """The strategy's on_stop, after the last event."""
        self.journal.note("stop", int(self.engine.state.head["now"]))
        self.driver.stop()

    def take(self) -> tuple[Any, Any]:
        """Changes of orders and requests since the last time, as rows of CHANGE and ASK."""
        changes, asks = self.changes, self.asks
        self.changes, self.asks = [], []
        return _joined(changes, schema.CHANGE), _joined(asks, schema.ASK)

    def _look(self) -> None:
        if self._tape["n_changes"] or self._tape["n_asks"]:
            self.driver.drain()

    def _told(self, tables: Tables) -> None:
        self.journal.told(tables)
        if len(tables["changes"]):
            self.changes.append(tables["changes"])
        if len(tables["asks"]):
            self.asks.append(tables["asks"])
        self._hear(tables)


def _joined(parts: list[Any], dtype: np.dtype[Any]) -> Any:
    return joined(parts) if parts else np.zeros(0, dtype)
