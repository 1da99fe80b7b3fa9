"""What explanations are read from: the tape by order, and a copy of the account that can be set to any State."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernel.buffers import Bytes, head_of
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Kind
from simcore.run import Run
from simcore.run.frames import Frames
from simcore.run.seen import Terms

Row = tuple[int, int, int, float, float, float, float]  # as Engine.row takes it
Table = NDArray[Any]


@dataclass(frozen=True)
class Moment:
    """One row of an instant: State before it, and after it before any handler ran."""

    row: Row
    before: bytes
    after: bytes


class Evidence:
    """Made once for all explanations of a result. The account of one question is gone with the next one."""

    def __init__(self, result: Frames) -> None:
        self.result, self.run = result, result.run
        self._copies: dict[bool, Engine] = {}

    @cached_property
    def terms(self) -> Terms:
        """The run's rules, and the contract of each instrument."""
        return Terms.of(self.run.rules)

    def at(self, state: bytes, *, closes: bool = True) -> Engine:
        """The account as `state` says; closes=False: its stop-out never acts."""
        if closes not in self._copies:
            rules = rules_of(self.run)
            if not closes:
                head = head_of(rules)
                head["stop_out_level"], head["gate_close"] = -np.inf, 0.0
            self._copies[closes] = Engine(rules)
        engine = self._copies[closes]
        engine.tape.drain()
        engine.state.restore(state)
        return engine

    def on_the_quote(self, moment: Moment) -> Engine:
        """The account with this row played, as the stop-out met it: before it acted."""
        engine = self.at(moment.before, closes=False)
        engine.row(*moment.row)
        engine.advance()
        return engine

    def later(self, state: bytes, ts: int) -> Engine:
        """The account with what is due up to `ts` done, and no handler or stop-out, which only rows bring, since."""
        engine = self.at(state, closes=False)
        if ts > engine.state.head["now"]:
            engine.row(ts, 0, int(Kind.HEARTBEAT), 0.0, 0.0)
            engine.advance()
        return engine

    def changes(self, order: int) -> Table:
        """The order's changes of status, as the tape has them."""
        return self._rows("changes", self._changed, order)

    def fills(self, order: int) -> Table:
        """The order's executions."""
        return self._rows("fills", self._filled, order)

    def exits(self, order: int) -> Table:
        """Numbers of the trades that the order opened."""
        return np.flatnonzero(self._opened == order)

    def _rows(self, name: str, ids: Table, order: int) -> Table:
        return self.run.tables[name][np.flatnonzero(ids == order)]

    @cached_property
    def _changed(self) -> Table:
        return np.ascontiguousarray(self.run.tables["changes"]["order"]["id"])

    @cached_property
    def _filled(self) -> Table:
        return np.ascontiguousarray(self.run.tables["fills"]["order"])

    @cached_property
    def _opened(self) -> Table:
        return np.ascontiguousarray(self.run.tables["trades"]["entry_order"])


def rules_of(run: Run) -> Bytes:
    """The run's rules in a buffer of their own."""
    words = np.frombuffer(run.rules, np.int64).copy()
    return words.view(np.uint8)
