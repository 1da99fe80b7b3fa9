"""The run again, up to an instant: the same engine, the same rules, the same strategy, the same rows.

Rows before the instant are played as the run played them; those of the instant one by one, so that the account can be
seen before a row, after it and before any handler, and just before an order was sent. What the engine told on the way
must be, byte for byte, what it told in the run; a strategy that depends on anything else (a clock, a file, chance) is
found out here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from simcore.kept import ResultError
from simcore.kernel.buffers import TABLES, Bytes, head_of, joined
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Call
from simcore.market.feed import COLUMNS
from simcore.run import Run
from simcore.strategy.account import Account
from simcore.strategy.driver import Driver, describe
from simcore.strategy.handlers import plain_handlers

Row = tuple[int, int, int, float, float, float, float]  # as Engine.row takes it


@dataclass(frozen=True)
class Moment:
    """One row of the instant: State before it, and after it before any handler ran."""

    row: Row
    before: bytes
    after: bytes


class Replay:
    """A run played again up to `ts`, all rows of `ts` included; `order` is the order to stop short of, 0 = none.

    moments: the rows of the instant. sent: State just before the order was sent, None where no handler sent it;
    by_submit: it was sent as an order, not by a close. end: State after the instant. Raises ResultError where the
    ticks or the strategy are not at hand, or where the strategy does not do the same again.
    """

    def __init__(self, run: Run, ts: int, order: int = 0) -> None:
        if run.origin is None:
            run.feed.blocks()  # a saved run says that it has no ticks
            raise ResultError("the strategy of this run is not known any more; run it again to have it explained")
        if describe(run.origin) != (run.strategy, dict(run.parameters)):
            raise ResultError(f"{run.strategy} was given other parameters since the run; run it again")
        self.run, self.order = run, order
        self.moments: list[Moment] = []
        self.sent: bytes | None = None
        self.by_submit = False
        self._told: list[dict[str, Any]] = []
        self._engine = Engine(rules_of(run), run.cash)
        self._driver = Driver(self._engine, run.origin, run.feed.symbols, self._told.append)
        self._account = Account(*self._engine.pointers, run.feed.symbols, owner=self._engine)
        self._handlers = plain_handlers(run.origin, self._engine.state.memory.ctypes.data, owner=self._engine)
        for name in ("submit", "close", "close_by"):
            setattr(self._account, name, self._watched(name, getattr(self._account, name)))
        self._play(ts)
        self._compare()
        self.end = self._engine.state.snapshot()

    def _play(self, ts: int) -> None:
        if self.order and ts < self.run.feed.start:
            self._outside(Call.START)
            return
        self._driver.start()
        with closing(self.run.feed.blocks()) as blocks:  # type: ignore[type-var]
            for block in blocks:
                self._engine.load({name: getattr(block, name) for name in COLUMNS})
                first, last = (int(np.searchsorted(block.ts, ts, side)) for side in ("left", "right"))
                self._engine.feed["n"] = first
                self._driver.play()
                for i in range(first, last):
                    self._row(block, i)
                if last < len(block):
                    break
        if self.order and self.sent is None and ts >= self.run.feed.end:
            self._outside(Call.STOP)

    def _row(self, block: Any, i: int) -> None:
        engine = self._engine
        columns = [getattr(block, name) for name in ("instrument", "kind", "x", "y")]
        number, kind, x, y = (None if column is None else column[i] for column in columns)
        before = engine.state.snapshot()
        engine.feed["n"] = i + 1
        while (call := engine.advance()) == Call.DRAIN:
            self._driver.drain()
        row = (
            int(block.ts[i]), int(number or 0), int(kind or 0), float(block.bid[i]), float(block.ask[i]),
            np.nan if x is None else float(x), np.nan if y is None else float(y),
        )  # fmt: skip
        self.moments.append(Moment(row, before, engine.state.snapshot()))
        self._hear(call)

    def _hear(self, call: int) -> None:
        """Run the handlers of the row, as the driver does for a plain strategy."""
        while call > Call.NONE:
            self._handlers[call](self._account.contexts[self._account.head.k])
            call = self._engine.advance()
        self._driver.drain()

    def _outside(self, call: Call) -> None:
        if int(call) not in self._handlers:
            return
        head = self._engine.state.head
        head["call"] = int(call)
        self._handlers[int(call)](self._account.heard())
        head["call"] = int(Call.QUOTE)
        self._hear(self._engine.advance() if self._engine.feed["n"] else Call.NONE)

    def _watched(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """`act`, keeping State as it was where this call makes the order."""
        account = self._engine.state.account

        def watched(*arguments: Any) -> Any:
            if not self.order or account["last_order_id"] >= self.order:
                return act(*arguments)
            before = self._engine.state.snapshot()
            done = act(*arguments)
            if account["last_order_id"] >= self.order:
                self.sent, self.by_submit = before, name == "submit"
            return done

        return watched

    def _compare(self) -> None:
        """Demand that the engine told the same as in the run."""
        for name in TABLES:
            now = joined([part[name] for part in self._told])
            then = self.run.tables[name][: len(now)]
            if now.tobytes() != then.tobytes():
                raise ResultError(
                    f"{self.run.strategy} did not do the same again, so nothing can be explained: it depends on "
                    "something beside its data and its memory, such as a clock, a file or chance"
                )


def rules_of(run: Run) -> Bytes:
    """The run's rules in a buffer of their own."""
    words = np.frombuffer(run.rules, np.int64).copy()
    return words.view(np.uint8)


def engine_at(run: Run, state: bytes, *, closes: bool = True) -> Engine:
    """An account that stands as `state` says; closes=False: its stop-out never acts."""
    rules = rules_of(run)
    if not closes:
        head = head_of(rules)
        head["stop_out_level"], head["gate_close"] = -np.inf, 0.0
    engine = Engine(rules)
    engine.state.restore(state)
    return engine


def on_the_quote(run: Run, moment: Moment) -> Engine:
    """The account with this row played, as the stop-out met it: before it acted."""
    engine = engine_at(run, moment.before, closes=False)
    engine.row(*moment.row)
    engine.advance()
    return engine
