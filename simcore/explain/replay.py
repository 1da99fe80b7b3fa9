"""The run again: the same engine, the same rules, the same strategy, the same rows.

Rows before an instant are played as the run played them; those of the instant one by one, so that the account can be
seen before a row, after it and before any handler, and just before an order was sent. Any number of instants are
visited in one pass. What the engine told on the way must be, byte for byte, what it told in the run; a strategy that
depends on anything else (a clock, a file, chance) is found out here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import numpy as np

from simcore.explain.evidence import Moment, Row, rules_of
from simcore.kernel.buffers import TABLES, joined
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Call
from simcore.market.feed import COLUMNS
from simcore.run import Run
from simcore.run.kept import ResultError
from simcore.strategy.account import Account
from simcore.strategy.driver import Driver, describe
from simcore.strategy.handlers import plain_handlers


@dataclass(frozen=True)
class Sent:
    """State just before an order was sent; by_submit: as an order, not by a close."""

    state: bytes
    by_submit: bool


@dataclass
class Visit:
    """What was seen of an instant: its rows, the orders asked about that a handler sent there, and State at its end."""

    moments: list[Moment] = field(default_factory=list)
    sent: dict[int, Sent] = field(default_factory=dict)
    end: bytes = b""


class Replay:
    """A run played again; a context manager. `visit` instants in the order of time, then `check`.

    Raises ResultError where the ticks or the strategy are not at hand, or where the strategy does not do the same
    again.
    """

    def __init__(self, run: Run) -> None:
        if run.origin is None:
            run.feed.blocks()  # a saved run says that it has no ticks
            raise ResultError("the strategy of this run is not known any more; run it again to have it explained")
        if describe(run.origin) != (run.strategy, dict(run.parameters)):
            raise ResultError(f"{run.strategy} was given other parameters since the run; run it again")
        self.run = run
        self._told: list[dict[str, Any]] = []
        self._wanted: Collection[int] = ()
        self._visit, self._keeps = Visit(), False
        self._started = False
        self._engine = Engine(rules_of(run), run.cash)
        self._driver = Driver(self._engine, run.origin, run.feed.symbols, self._told.append)
        self._account = Account(*self._engine.pointers, run.feed.symbols, owner=self._engine)
        self._handlers = plain_handlers(run.origin, self._engine.state.memory.ctypes.data, owner=self._engine)
        for name in ("submit", "close", "close_by"):
            setattr(self._account, name, self._watched(name, getattr(self._account, name)))
        self._blocks = run.feed.blocks()
        self._block: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._blocks.close()  # type: ignore[attr-defined]

    def visit(self, ts: int, orders: Collection[int] = (), *, rows: bool = True) -> Visit:
        """Play up to `ts`, later than that of any visit before, its rows included, and watch `orders` be sent.

        rows: whether State before and after each row is kept.
        """
        self._visit, self._wanted, self._keeps = Visit(), orders, rows
        try:
            self._go(ts)
        except Exception as error:  # whatever a strategy raises that raised nothing in the run
            raise ResultError(f"{self._not_again}: it raised {type(error).__name__}: {error}") from error
        self._visit.end = self._engine.state.snapshot()
        return self._visit

    def _go(self, ts: int) -> None:
        feed, orders = self.run.feed, self._wanted
        if not self._started:
            self._started = True
            self._outside(Call.START) if orders and ts < feed.start else self._driver.start()
        while self._upto(ts):
            pass
        if len(self._visit.sent) < len(orders) and ts >= feed.end:
            self._outside(Call.STOP)

    def _upto(self, ts: int) -> bool:
        """Play what of this block lies at or before `ts`; whether the next block may hold some of it too."""
        if self._block is None:
            self._block = next(self._blocks, None)
            if self._block is None:
                return False
            self._engine.load({name: getattr(self._block, name) for name in COLUMNS})
        block = self._block
        first, last = (int(np.searchsorted(block.ts, ts, side)) for side in ("left", "right"))
        self._engine.feed["n"] = first
        self._driver.play()
        for i in range(first, last):
            self._row(block, i)
        if last < len(block):
            return False
        self._block = None
        return True

    def _row(self, block: Any, i: int) -> None:
        engine = self._engine
        before = engine.state.snapshot() if self._keeps else b""
        engine.feed["n"] = i + 1
        while (call := engine.advance()) == Call.DRAIN:
            self._driver.drain()
        if self._keeps:
            self._visit.moments.append(Moment(_row_of(block, i), before, engine.state.snapshot()))
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
        """`act`, keeping State as it was where this call makes an order asked about."""
        account = self._engine.state.account

        def watched(*arguments: Any) -> Any:
            first = int(account["last_order_id"])
            if not any(order > first for order in self._wanted):
                return act(*arguments)
            before = self._engine.state.snapshot()
            done = act(*arguments)
            made = range(first + 1, int(account["last_order_id"]) + 1)
            self._visit.sent.update({order: Sent(before, name == "submit") for order in self._wanted if order in made})
            return done

        return watched

    def check(self) -> None:
        """Demand that the engine told the same as in the run, as far as it was played."""
        for name in TABLES:
            now = joined([part[name] for part in self._told])
            then = self.run.tables[name][: len(now)]
            if now.tobytes() != then.tobytes():
                raise ResultError(
                    f"{self._not_again}: it depends on something beside its data and its memory, such as a clock, a "
                    "file or chance"
                )

    @property
    def _not_again(self) -> str:
        return f"{self.run.strategy} did not do the same again, so nothing can be explained"


def _row_of(block: Any, i: int) -> Row:
    columns = [getattr(block, name) for name in ("instrument", "kind", "x", "y")]
    number, kind, x, y = (None if column is None else column[i] for column in columns)
    return (
        int(block.ts[i]), int(number or 0), int(kind or 0), float(block.bid[i]), float(block.ask[i]),
        np.nan if x is None else float(x), np.nan if y is None else float(y),
    )  # fmt: skip
