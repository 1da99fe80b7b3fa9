"""What may be checked: a strategy, what makes one of data, a function of a frame, whatever has results or decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from itertools import pairwise
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from simcore.account import Conditions
from simcore.brokers.errors import ConfigError
from simcore.kernel.buffers import joined
from simcore.market.feed import COLUMNS
from simcore.research.causality.decisions import (
    answers_of,
    differing_answers,
    differing_orders,
    differing_rows,
)
from simcore.research.causality.frames import ends_of_frame, is_frame
from simcore.research.causality.future import WAYS, ends_of
from simcore.research.causality.given import Given
from simcore.research.causality.opened import opened
from simcore.research.causality.outside import another_future, clocks_of, doubts, held_by
from simcore.strategy.driver import Driver
from simcore.strategy.errors import StrategyError
from simcore.strategy.layout import content
from simcore.strategy.record import is_compiled, parameters
from simcore.strategy.strategy import Strategy, timeframes

TAIL: Final = 64  # rows that are played after the instant
Found = tuple[int, str] | None
Table = NDArray[Any]


class Subject(Protocol):
    """What is checked: its name, how its future may be changed, how much it decided and when, what nobody can see."""

    @property
    def name(self) -> str: ...
    @property
    def ways(self) -> Sequence[str]: ...
    @property
    def count(self) -> int: ...
    @property
    def moments(self) -> Table: ...

    unchecked: list[str]

    def differs(self, at: int, way: str, seed: int) -> Found:
        """When and how a decision up to `at` comes out otherwise, if it does."""


def subject_of(subject: Any, given: Given, account: Mapping[str, Any]) -> Subject:
    """Run the subject once as it is. Raises ConfigError for one that is none."""
    if isinstance(subject, type) and issubclass(subject, Strategy):
        raise ConfigError(f"causality: write {subject.__name__}(), with its parameters: a strategy, not its class")
    if isinstance(subject, Strategy):
        return Traded(subject, given, account)
    if not callable(subject):
        raise ConfigError(f"causality: must be a strategy or a function of the data, was {subject!r}")
    with opened() as files:
        answer = subject(given.data)
    name = getattr(subject, "__name__", type(subject).__name__)
    name = "the function" if name == "<lambda>" else name
    made: Subject
    if isinstance(answer, Strategy):
        made = Traded(answer, given, account, make=subject)
    elif hasattr(answer, "run") and hasattr(answer.run, "tables"):
        made = Resulting(name, subject, answer, given)
    elif hasattr(answer, "decisions"):
        made = Deciding(name, subject, answer, given)
    else:
        made = Answering(name, subject, answer, given)
    made.unchecked += [_unseen(file) for file in files]
    return made


class Traded:
    """A strategy, or a function that makes one of the data: its orders."""

    def __init__(
        self,
        strategy: Strategy,
        given: Given,
        account: Mapping[str, Any],
        make: Callable[[Any], Strategy] | None = None,
    ) -> None:
        if make is None:
            _check_memory(strategy)
        self.name = type(strategy).__name__
        self._given, self._account, self._make = given, account, make
        rows = [one for parts in given.rows.values() for one in parts]
        self._held = held_by(type(strategy), rows)
        self.ways = WAYS[1:] if self._held else WAYS
        self._strategy = _plain(strategy) if self._held else strategy
        frames = [timeframe.ns for timeframe in timeframes(strategy)]
        self._clocks = clocks_of(rows, frames)
        self._symbols = tuple(given.rows)
        with opened() as files:
            self._orders = self._played(self._strategy, dict(given.rows), None)[0]
        self.count = len(self._orders)
        self.moments = np.unique(self._orders["at"])
        prices = [column for one in rows for column in one.given().values()]
        self.unchecked = [*doubts(self._held, self._clocks, prices), *map(_unseen, files)]
        if not self.count:
            self.unchecked.append("it sent no order, so that there was nothing to look at")

    def differs(self, at: int, way: str, seed: int) -> Found:
        """As the protocol says."""
        rows = self._given.altered_rows(at, way, seed)
        strategy = self._strategy if self._make is None else self._make(self._given.altered(at, way, seed))
        outside = self._held and way != "again"
        future = another_future(self._held, at, way, seed, self._clocks) if outside else nullcontext()
        with future:
            orders, error = self._played(_plain(strategy) if self._held else strategy, rows, at)
        if error:
            return at, error
        return differing_orders(self._orders, orders, at, self._symbols)

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


def _unseen(file: str) -> str:
    return f"{file}, which it opens while it runs: what it reads there nobody can change; give it as data"


def _check_memory(strategy: Strategy) -> None:
    fresh = type(strategy)(**{name: getattr(strategy, name) for name in parameters(type(strategy))})
    if content(fresh) != content(strategy):
        raise ConfigError(
            f"causality: {type(strategy).__name__} was given its decisions beforehand, so nobody can see what they "
            "looked at; pass the function that works them out: sc.causality(lambda data: sc.from_signals(...), data)"
        )


def _plain(strategy: Strategy) -> Strategy:
    """The plain form of a strategy: what machine code holds of outside data cannot be changed."""
    cls: Any = type(strategy)
    if not is_compiled(cls) or "__compiled__" not in vars(cls):
        return strategy
    plain: Strategy = cls.__bases__[0](**{name: getattr(strategy, name) for name in parameters(cls)})
    return plain


class Resulting:
    """A function that makes a result of the data: the orders of its run."""

    def __init__(self, name: str, make: Callable[[Any], Any], answer: Any, given: Given) -> None:
        self.name, self.ways, self.unchecked = name, given.ways, list[str]()
        self._make, self._given = make, given
        self._orders, self._symbols = answer.run.tables["changes"], tuple(answer.run.feed.symbols)
        self.count, self.moments = len(self._orders), np.unique(self._orders["at"])

    def differs(self, at: int, way: str, seed: int) -> Found:
        """As the protocol says."""
        answer = self._make(self._given.altered(at, way, seed))
        return differing_orders(self._orders, answer.run.tables["changes"], at, self._symbols)


class Deciding:
    """A function whose answer has `decisions`, a frame with ts, and perhaps a `stitched` result: its rows and orders.

    What comes later may only be changed, not cut: how many windows fit into the data is no leak.
    """

    def __init__(self, name: str, make: Callable[[Any], Any], answer: Any, given: Given) -> None:
        self.name, self.ways, self.unchecked = name, WAYS[1:], list[str]()
        self._make, self._given, self._decisions = make, given, answer.decisions
        self._stitched = getattr(answer, "stitched", None)
        times = [self._decisions["ts"].dt.cast_time_unit("ns").to_physical().to_numpy()]
        if self._stitched is not None:
            times.append(self._stitched.run.tables["changes"]["at"])
        self.count, self.moments = sum(one.size for one in times), np.unique(np.concatenate(times))

    def differs(self, at: int, way: str, seed: int) -> Found:
        """As the protocol says."""
        answer = self._make(self._given.altered(at, way, seed))
        found = differing_rows(self._decisions, answer.decisions, at)
        if found is not None or self._stitched is None:
            return found
        mine, other = (one.run.tables["changes"] for one in (self._stitched, answer.stitched))
        return differing_orders(mine, other, at, tuple(self._stitched.run.feed.symbols))


class Answering:
    """A function of a frame, or of the rows of one instrument, with one answer a row."""

    def __init__(self, name: str, make: Callable[[Any], Any], answer: Any, given: Given) -> None:
        if given.only is None:
            raise ConfigError(f"causality: {name} must make a strategy or a result of several instruments")
        self.name, self.ways, self.unchecked = name, WAYS, list[str]()
        self._make, self._given = make, given
        one = given.only
        self._ends = ends_of_frame(one) if is_frame(one) else np.asarray(ends_of(one))
        self._answers = answers_of(answer, len(one), name)
        self.count = len(one)
        changes = [np.flatnonzero(_moved(values)) + 1 for values in self._answers.values()]
        rows = np.unique(np.concatenate(changes)) if changes else np.empty(0, int)
        self.moments = self._ends[rows[rows < len(one) - 1]]

    def differs(self, at: int, way: str, seed: int) -> Found:
        """As the protocol says."""
        known = int(np.searchsorted(self._ends, at, side="right"))
        other = self._given.altered(at, way, seed)
        one = other if self._given.alone else next(iter(other.values()))
        try:
            answer = self._make(other)
        except Exception as error:  # noqa: BLE001 - a short frame may be too short for it
            said = f"its answer to the first {len(one):,} rows: it raised {type(error).__name__}: {error}"
            self.unchecked += [said] if said not in self.unchecked and len(self.unchecked) < 1 else []
            return None
        found = differing_answers(self._answers, answers_of(answer, len(one), self.name), min(known, len(one)))
        if found is None:
            return None
        row, what = found
        return int(self._ends[row]), f"the answer at row {row}, {what}"


def _moved(values: Table) -> Table:
    """Where a column is not what it was the row before."""
    return np.array([not (a == b or (a != a and b != b)) for a, b in pairwise(values)], bool)
