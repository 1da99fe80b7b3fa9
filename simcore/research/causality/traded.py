"""A strategy, or a function that makes one of the data: its orders, by the account that trades them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.account import Conditions
from simcore.brokers.errors import ConfigError
from simcore.kernel.buffers import joined
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.feed import COLUMNS
from simcore.research.causality.decisions import differing_orders
from simcore.research.causality.future import WAYS
from simcore.research.causality.given import Given
from simcore.research.causality.makers import LAST, Maker, Remaker
from simcore.research.causality.opened import opened, unseen
from simcore.research.causality.outside import Held, another_future, clocks_of, doubts, held_by
from simcore.research.causality.reread import Reading
from simcore.strategy.driver import Driver
from simcore.strategy.errors import StrategyError
from simcore.strategy.layout import content
from simcore.strategy.record import is_compiled, parameters
from simcore.strategy.strategy import Strategy, timeframes

TAIL: Final = 64  # rows that are played after the instant
Found = tuple[int, str] | None
Table = NDArray[Any]


class Traded:
    """A strategy, or a function that makes one of the data: its orders.

    What it holds of outside data has another future, too: where its file can be run anew, by doing so (see `remade`),
    else by changing what it holds.
    """

    def __init__(
        self, strategy: Strategy, given: Given, account: Mapping[str, Any], maker: Maker | None = None
    ) -> None:
        if maker is None:
            _check_memory(strategy)
        self.name = type(strategy).__name__
        self._given, self._account, self._maker = given, account, maker
        self._rows = [one for parts in given.rows.values() for one in parts]
        self._clocks = clocks_of(self._rows, [timeframe.ns for timeframe in timeframes(strategy)])
        self._reading = Reading(self._rows, self._clocks) if maker is None else maker.reading
        self._symbols = tuple(given.rows)
        self._held = held_by(type(strategy), self._rows)
        self._remaker = Remaker.of(_plain_class(type(strategy)), given, self._reading) if maker is None else None
        self._strategy = _plain(strategy) if self._held or self._remaker else strategy
        with opened() as files, self._reading.as_it_is():
            self._orders = self._played(self._strategy, dict(given.rows), None)[0]
        self._anew = self._made_anew()
        self.ways: Sequence[str] = WAYS[1:] if self._held or self._remaker else WAYS
        self.count = len(self._orders)
        self.moments = np.unique(self._orders["at"])
        self.unchecked = self._doubts(files)

    def differs(self, at: int, way: str, seed: int) -> Found:
        """As the protocol says."""
        with self._reading.changed(at, way, seed):
            strategy = self._other(at, way, seed)
            held = [] if way == "again" else self._left(strategy)
            with another_future(held, at, way, seed, self._clocks) if held else nullcontext():
                orders, error = self._played(strategy, self._given.altered_rows(at, way, seed), at)
        if error:
            return at, error
        return differing_orders(self._orders, orders, at, self._symbols)

    def _other(self, at: int, way: str, seed: int) -> Strategy:
        """The strategy of another future."""
        if self._maker is not None:
            made: Strategy = self._maker(self._given.altered(at, way, seed), at, way, seed)
            return _plain(made) if self._held else made
        if self._remaker is None:
            return self._strategy
        values = {name: getattr(self._strategy, name) for name in parameters(type(self._strategy))}
        return _plain(self._remaker.make(at, way, seed)(**values))

    def _made_anew(self) -> set[str]:
        """The names of what is worked out of data, by making it of others; nothing, where that cannot be done."""
        if self._remaker is None and (self._maker is None or not self._held):
            return set()
        try:
            if self.differs(LAST, "again", 0) is None:
                held = {one.name: one.value for one in self._held}
                return {name for way in ("soar", "mirror") for name in self._unlike(held, way)}
        except Exception:  # noqa: BLE001 - whatever its statements do when they are run alone
            pass
        self._remaker = None
        return set()

    def _unlike(self, held: Mapping[str, Any], way: str) -> Iterator[str]:
        """Which of the values held are others where all of the data are."""
        with self._reading.changed(-LAST, way, 0):
            for one in held_by(type(self._other(-LAST, way, 0)), self._rows):
                if one.name in held and not _alike(held[one.name], one.value):
                    yield one.name

    def _left(self, strategy: Strategy) -> list[Held]:
        """What a strategy holds that is not worked out anew."""
        held = self._held if strategy is self._strategy else held_by(type(strategy), self._rows)
        return [one for one in held if one.name not in self._anew]

    def _doubts(self, files: Sequence[str]) -> list[str]:
        """What of it nobody can see, a sentence each."""
        prices = [column for one in self._rows for column in one.given().values()]
        left = [one for one in self._held if one.name not in self._anew]
        found = [*doubts(left, self._clocks, prices), *map(unseen, files), *self._reading.untold]
        found += [] if self._remaker is None else self._remaker.unchecked
        found += [] if self.count else ["it sent no order, so that there was nothing to look at"]
        return list(dict.fromkeys(found))

    def _played(self, strategy: Strategy, rows: Mapping[str, Any], until: int | None) -> tuple[Table, str]:
        """The changes of orders up to a while after `until`, and what was raised up to it; without it, to the end."""
        conditions = Conditions.of({s: one if len(one) > 1 else one[0] for s, one in rows.items()}, **self._account)
        engine, feed = conditions.account(strategy), conditions.feed
        chunks: list[dict[str, Any]] = []
        driver = Driver(engine, strategy, feed.symbols, chunks.append)
        raised = ""
        try:
            driver.start()
            for block in feed.blocks():
                engine.load({name: getattr(block, name) for name in COLUMNS})
                end = len(block) if until is None else int(np.searchsorted(block.ts, until, side="right")) + TAIL
                engine.feed["n"] = min(end, len(block))
                driver.play()
                if end < len(block):
                    break
            driver.drain()
        except StrategyError as error:
            if until is None:
                raise
            raised = str(error) if int(engine.state.head["now"]) <= until else ""
        return joined([chunk["changes"] for chunk in chunks]) if chunks else self._orders[:0], raised


def _check_memory(strategy: Strategy) -> None:
    fresh = type(strategy)(**{name: getattr(strategy, name) for name in parameters(type(strategy))})
    if content(fresh) != content(strategy):
        raise ConfigError(
            f"causality: {type(strategy).__name__} was given its decisions beforehand, so nobody can see what they "
            "looked at; pass the function that works them out: sc.causality(lambda data: sc.from_signals(...), data)"
        )


def _plain(strategy: Strategy) -> Strategy:
    """The plain form of a strategy: what machine code holds of outside data cannot be changed."""
    cls = type(strategy)
    plain = _plain_class(cls)
    return strategy if plain is cls else plain(**{name: getattr(strategy, name) for name in parameters(cls)})


def _plain_class(cls: Any) -> Any:
    return cls.__bases__[0] if is_compiled(cls) and "__compiled__" in vars(cls) else cls


def _alike(one: Any, other: Any) -> bool:
    """Whether two values of what a strategy holds are the same."""
    if type(one) is not type(other):
        return False
    if hasattr(one, "equals"):
        return bool(one.equals(other))
    if isinstance(one, Quotes | Bars | Prints):
        return all(np.array_equal(values, other.given().get(name)) for name, values in one.given().items())
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return bool(one == other)
