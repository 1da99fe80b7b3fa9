"""What may be checked: a strategy, what makes one of data, a function of a frame, whatever has results or decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simcore.brokers.errors import ConfigError
from simcore.research.causality.clocks import ends_of_frame
from simcore.research.causality.decisions import (
    answers_of,
    differing_answers,
    differing_orders,
    differing_rows,
)
from simcore.research.causality.frames import is_frame
from simcore.research.causality.future import WAYS, ends_of
from simcore.research.causality.given import Given
from simcore.research.causality.makers import Maker
from simcore.research.causality.traded import Traded
from simcore.strategy.strategy import Strategy

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
    maker = Maker(subject, given)
    answer = maker.first()
    made = _made(maker, answer, given, account)
    maker.make_anew(made.differs)
    made.unchecked += maker.unchecked
    return made


def _made(maker: Maker, answer: Any, given: Given, account: Mapping[str, Any]) -> Subject:
    if isinstance(answer, Strategy):
        return Traded(answer, given, account, maker)
    if hasattr(answer, "run") and hasattr(answer.run, "tables"):
        return Resulting(maker, answer, given)
    if hasattr(answer, "decisions"):
        return Deciding(maker, answer, given)
    return Answering(maker, answer, given)


class Resulting:
    """A function that makes a result of the data: the orders of its run."""

    def __init__(self, maker: Maker, answer: Any, given: Given) -> None:
        self.name, self.ways, self.unchecked = maker.name, given.ways, list[str]()
        self._make, self._given = maker, given
        self._orders, self._symbols = answer.run.tables["changes"], tuple(answer.run.feed.symbols)
        self.count, self.moments = len(self._orders), np.unique(self._orders["at"])

    def differs(self, at: int, way: str, seed: int) -> Found:
        """As the protocol says."""
        answer = self._make(self._given.altered(at, way, seed), at, way, seed)
        return differing_orders(self._orders, answer.run.tables["changes"], at, self._symbols)


class Deciding:
    """A function whose answer has `decisions`, a frame with ts, and perhaps a `stitched` result: its rows and orders.

    What comes later may only be changed, not cut: how many windows fit into the data is no leak.
    """

    def __init__(self, maker: Maker, answer: Any, given: Given) -> None:
        self.name, self.ways, self.unchecked = maker.name, WAYS[1:], list[str]()
        self._make, self._given, self._decisions = maker, given, answer.decisions
        self._stitched = getattr(answer, "stitched", None)
        times = [self._decisions["ts"].dt.cast_time_unit("ns").to_physical().to_numpy()]
        if self._stitched is not None:
            times.append(self._stitched.run.tables["changes"]["at"])
        self.count, self.moments = sum(one.size for one in times), np.unique(np.concatenate(times))

    def differs(self, at: int, way: str, seed: int) -> Found:
        """As the protocol says."""
        answer = self._make(self._given.altered(at, way, seed), at, way, seed)
        found = differing_rows(self._decisions, answer.decisions, at)
        if found is not None or self._stitched is None:
            return found
        mine, other = (one.run.tables["changes"] for one in (self._stitched, answer.stitched))
        return differing_orders(mine, other, at, tuple(self._stitched.run.feed.symbols))


class Answering:
    """A function of a frame, or of the rows of one instrument, with one answer a row."""

    def __init__(self, maker: Maker, answer: Any, given: Given) -> None:
        if given.only is None:
            raise ConfigError(f"causality: {maker.name} must make a strategy or a result of several instruments")
        self.name, self.ways, self.unchecked = maker.name, WAYS, list[str]()
        self._make, self._given = maker, given
        one = given.only
        self._ends = ends_of_frame(one) if is_frame(one) else np.asarray(ends_of(one))
        self._answers = answers_of(answer, len(one), maker.name)
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
            answer = self._make(other, at, way, seed)
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
