"""Drives an engine with a strategy: the same in a backtest, on paper and live.

`start`, then `play` for whatever the feed holds (millions of rows or one), then `stop`. A compiled strategy plays in a
loop of its own; a plain one is called by Python, row by row or bar by bar, whatever it hears. What it raises stops the
run and names strategy, handler, time and instrument: nothing is swallowed and nothing trades on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MethodType
from typing import Any

from simcore.kernel.buffers import TapeFull
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Call
from simcore.strategy.account import Account
from simcore.strategy.errors import StrategyError
from simcore.strategy.handlers import compiled_handlers, hears, memory_bytes, plain_handlers, write_memory
from simcore.strategy.places import raised_at
from simcore.strategy.record import is_compiled, parameters
from simcore.strategy.stores import refused_store
from simcore.strategy.strategy import Strategy, handled

__all__ = ["Driver", "describe", "hears", "memory_bytes"]

END, DRAIN = int(Call.END), int(Call.DRAIN)
ALONE, OUTSIDE = 0, 1  # how compiled code is asked to play: see strategy.machine.replay
Tables = Mapping[str, Any]


def describe(strategy: Strategy) -> tuple[str, dict[str, Any]]:
    """A strategy's name and its parameters' values."""
    cls = type(strategy)
    return cls.__name__, {name: getattr(strategy, name) for name in parameters(cls)}


class Driver:
    """A strategy at the wheel of an engine; `on_tables` hears each drained part of the tape."""

    def __init__(
        self,
        engine: Engine,
        strategy: Strategy,
        symbols: Sequence[str],
        on_tables: Callable[[dict[str, Any]], None],
        *,
        resume: bool = False,
    ) -> None:
        self.engine, self.strategy, self.symbols, self._on_tables = engine, strategy, symbols, on_tables
        if not resume:
            write_memory(strategy, engine.state.memory)
        self.compiled = is_compiled(type(strategy))
        self._has = handled(strategy)
        self._plain: dict[int, Callable[[Any], Any]] = {}
        if self.compiled:
            self._play = MethodType(compiled_handlers(strategy), engine.feed_address)  # the cheapest way to bind
        else:
            self._account = Account(*engine.pointers, symbols, owner=engine)
            self._plain = plain_handlers(strategy, engine.state.memory.ctypes.data, owner=engine)
            self._plain.setdefault(int(Call.TIMER), lambda ctx: None)  # a timer may be set that nobody hears

    def start(self) -> None:
        """on_start, before the first row."""
        self._outside("on_start", Call.START)

    def stop(self, *, lend: bool = False) -> None:
        """on_stop, after the last row; drains the tape, by lending where it is not written again."""
        self._outside("on_stop", Call.STOP)
        self.play()
        self.drain(lend)

    def play(self) -> None:
        """Play the feed's rows from its cursor to its end."""
        try:
            if self.compiled:
                while self._play(ALONE) == DRAIN:
                    self.hand_on()
            else:
                self._play_plain()
        except Exception as error:
            raise self.failed(error) from error

    def failed(self, error: Exception) -> StrategyError:
        """What to raise of something that was raised while it played; hands on what was told until then."""
        if not isinstance(error, TapeFull):
            self.drain()
        return StrategyError(self._where(error))

    def drain(self, lend: bool = False) -> None:
        """Hand on what was told since the last time; lend: see TapeBuffer.drain."""
        try:
            self.hand_on(lend)
        except TapeFull as error:
            raise StrategyError(self._where(error)) from error

    def hand_on(self, lend: bool = False) -> None:
        """As `drain`; raises TapeFull for a tape that lost something."""
        self._on_tables(self.engine.tape.drain(lend))

    def _play_plain(self) -> None:
        advance = self.engine.advance
        contexts, head, handlers = self._account.contexts, self._account.head, self._plain
        on_quote, quote = handlers.get(int(Call.QUOTE)), int(Call.QUOTE)
        alone = contexts[0] if len(contexts) == 1 else None
        while True:
            call = advance()
            if call == quote:
                on_quote(contexts[head.k] if alone is None else alone)  # type: ignore[misc]
            elif call > 0:
                handlers[call](contexts[head.k])
            elif call == DRAIN:
                self.hand_on()
            else:
                return

    def _outside(self, name: str, call: Call) -> None:
        if name not in self._has:
            return
        self.engine.state.head["call"] = int(call)
        try:
            if self.compiled:
                self._play(OUTSIDE)
            else:
                self._plain[int(call)](self._account.heard())
        except Exception as error:
            self.drain()
            raise StrategyError(self._where(error)) from error
        self.engine.state.head["call"] = int(Call.QUOTE)

    def _where(self, error: Exception) -> str:
        """`Class.method, line N`, what was raised, and the event that was heard."""
        head = self.engine.state.head
        name = Call(int(head["call"])).name.lower()
        place = raised_at(type(self.strategy), error) or f"{type(self.strategy).__name__}.on_{name}"
        cause = str(error) if isinstance(error, StrategyError | TapeFull) else refused_store(error)
        told = f": {cause}" if cause else f" raised {type(error).__name__}: {error}"
        heard = f"on_{name}, {self.symbols[int(head['k'])]}, {_time(int(head['now']))}"
        return f"{place}{told} (in {heard}); trading stopped there"


def _time(now: int) -> str:
    return datetime.fromtimestamp(now / 1e9, UTC).isoformat(timespec="milliseconds") if now else "before the first row"
