"""sweep(): every combination of a strategy's parameters, each in an account of its own, over one stream of ticks.

A few thousand ticks stay in the processor's cache while all accounts of a batch play them, with the loop that plays a
single backtest. Batches run on every core. Ticks of a store are read twice for each batch: to be played, and for what
statistics ask of them (excursions, exposure, spread). Memory holds the batches under way and the table of results,
however many combinations there are. Each row equals the `stats` of a
backtest of these parameters; a combination that fails is a row with its error.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from threading import Lock
from typing import Any, Final

import polars as pl

from simcore.account import Conditions
from simcore.backtest import Player, backtest, replay
from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.inputs import Data
from simcore.kernel.buffers import TapeBuffer
from simcore.ledger.ledger import Place, kept_together, ledger_of
from simcore.market.blocks import BlockFeed
from simcore.progress import Hears, Progress, heard
from simcore.research.checkpoint import Checkpoint, key_of
from simcore.research.counted import Counted
from simcore.research.executors import check, cores, spread
from simcore.research.grid import Values, Where, class_of, combinations, made
from simcore.research.shipped import Shipped
from simcore.research.table import NOTHING, Figures, Row, figures_of, part_of, whole_of
from simcore.result import Result
from simcore.run.frames import see_results
from simcore.strategy.errors import StrategyError
from simcore.strategy.handlers import compiled_handlers
from simcore.strategy.record import is_compiled
from simcore.strategy.strategy import Strategy

# Accounts that share a pass over the ticks, by size: they and what they told are what memory holds, a few MB each.
BATCH: Final = {"S": 32, "M": 16, "L": 2}
PACKED: Final = 256  # rows that become columns at a time
STORED: Final = 4  # times as many where the ticks lie in a store
# Statistics hold Python's lock most of the time. Threads that made them at once would hand it to and fro, and then
# replay at once, too; in turn, one replays while the other has the lock.
IN_TURN: Final = Lock()

Outcome = Result | Exception


def sweep(
    strategy: type[Strategy] | Strategy,
    data: Data,
    *,
    params: Mapping[str, Any],
    where: Where | None = None,
    executor: str = "threads",
    workers: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    ledger: Place = True,
    progress: Hears = None,
    **account: Any,
) -> pl.DataFrame:
    """Run every combination of `params` and return a frame: the parameters, then every statistic, then `error`.

    strategy: a class, or an instance whose parameters hold for all. params: name -> values. where: which combinations
    to keep, "fast < slow" or a function of the parameters. executor: "threads" or "ray" (extra `cluster`); workers: how
    many at once, default all cores. checkpoint: a folder that keeps what is done; the same call with it continues after
    an interruption and gives the same table. ledger: the trial ledger that every combination is written to, as in
    `sc.backtest`. progress: True shows a bar with rate and time left; or a function that hears (combinations done, of).
    `account` are the other arguments of `sc.backtest`: broker,
    instruments, cash, size, sample, track, finalize_trades, path, actions, policy.

    Raises ConfigError for a parameter that does not exist or an empty grid, and what `sc.backtest` raises for data.
    """
    check(executor, workers)
    written = ledger_of(ledger)
    cls, _ = class_of(strategy)
    rows = combinations(strategy, params, where)
    conditions = opened("sweep", data, account)
    kept = None if checkpoint is None else Checkpoint(checkpoint, key_of(cls, conditions, rows))
    counted = Counted.of(written, "sweep", cls, conditions, rows)
    together = kept_together(written if kept is None else None)  # a checkpoint's rows are counted at once
    with heard(progress, f"{cls.__name__} swept", "combinations") as tell, together:
        asked: dict[str, Any] = {"executor": executor, "workers": workers, "counted": counted, "progress": tell}
        done = _packed(_batches(cls, conditions, rows, kept=kept, **asked))
        return whole_of([part_of(numbers, found, [*rows[0]]) for numbers, found in done])


def opened(what: str, data: Data, account: Mapping[str, Any]) -> Conditions:
    """The conditions of a study. Raises ConfigError for an argument that neither it nor `sc.backtest` has."""
    known = [name for name in signature(backtest).parameters if name not in ("strategy", "data", "progress")]
    for name in account:
        if name not in known:
            raise ConfigError(f"{what} takes no argument {name!r}; {did_you_mean(name, known)}")
    return Conditions.of(data, **account)


def swept(
    cls: type[Strategy], conditions: Conditions, rows: Sequence[Values], *, counted: Counted | None = None, **asked: Any
) -> list[Figures]:
    """What came of each combination, in order; asked: executor, workers, progress."""
    found: dict[int, Figures] = {}
    for numbers, figures in _batches(cls, conditions, rows, counted=counted, **asked):
        found.update(zip(numbers, figures, strict=True))
    return [found[number] for number in range(len(rows))]


def _batches(
    cls: type[Strategy],
    conditions: Conditions,
    rows: Sequence[Values],
    *,
    executor: str = "threads",
    workers: int | None = None,
    kept: Checkpoint | None = None,
    counted: Counted | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[Sequence[int], list[Figures]]]:
    """The combinations that a checkpoint has, then batch after batch as they end: their numbers, and what came of them.

    A batch is let go of once it was yielded, so memory does not grow with the combinations.
    """
    before: set[int] = set()
    for numbers, known in () if kept is None else kept.done():
        before.update(numbers)
        yield numbers, [Figures(row, *NOTHING) for row in known]
    left = [number for number in range(len(rows)) if number not in before]
    size = _batch(conditions, len(left), cores(executor, workers))
    batches = [left[i : i + size] for i in range(0, len(left), size)]
    job = Job.of(cls, conditions, executor)
    done = len(before)
    if progress is not None:
        progress(done, len(rows))
    for at, found in spread(run, job, [[rows[number] for number in batch] for batch in batches], executor, workers):
        if kept is not None:
            kept.keep(batches[at], [one.row for one in found])
        if counted is not None:
            counted.keep(found)
        done += len(found)
        if progress is not None:
            progress(done, len(rows))
        yield batches[at], found


def _packed(batches: Iterable[tuple[Sequence[int], list[Figures]]]) -> Iterator[tuple[list[int], list[Row]]]:
    """Numbers and rows of the batches, some hundreds at a time."""
    numbers: list[int] = []
    rows: list[Row] = []
    for some, found in batches:
        numbers += some
        rows += [one.row for one in found]
        if len(rows) >= PACKED:
            yield numbers, rows
            numbers, rows = [], []
    if rows:
        yield numbers, rows


def _batch(conditions: Conditions, left: int, workers: int) -> int:
    """How many combinations share a pass over the ticks."""
    most = BATCH.get(conditions.size, 1)
    if isinstance(conditions.feed.market, BlockFeed):  # to read a store anew costs as much as to play a few accounts
        return max(min(STORED * most, -(-left // workers)), 1)
    return max(min(most, -(-left // (4 * workers))), 1)


@dataclass(frozen=True)
class Job:
    """What all batches share."""

    strategy: type[Strategy] | Shipped
    conditions: Conditions
    tapes: list[TapeBuffer] = field(default_factory=list)  # of accounts that are done with, for the next ones

    @classmethod
    def of(cls, strategy: type[Strategy], conditions: Conditions, executor: str) -> Job:
        """Compiled before any thread needs it; as another process finds it, for Ray."""
        if executor == "ray":
            return cls(Shipped.of(strategy), conditions)
        if is_compiled(strategy):
            compiled_handlers(strategy())
        return cls(strategy, conditions)

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs: it makes the tapes itself."""
        return {**vars(self), "tapes": []}

    def tape(self) -> TapeBuffer | None:
        """One that is free, if there is one."""
        try:
            return self.tapes.pop()
        except IndexError:
            return None

    def found(self) -> type[Strategy]:
        """The class, in this process."""
        return self.strategy.find() if isinstance(self.strategy, Shipped) else self.strategy


def run(job: Job, rows: Sequence[Values]) -> list[Figures]:
    """One batch."""
    runs = [seated(job, one) for one in made(job.found(), rows)]
    players = [one for one in runs if isinstance(one, Player)]
    if players:
        replay(players)
    outcomes = [_outcome(one) for one in runs]
    see_results([one for one in outcomes if isinstance(one, Result)])
    with IN_TURN:
        found = [figures_of(row, outcome) for row, outcome in zip(rows, outcomes, strict=True)]
    job.tapes.extend(one.engine.tape for one in players)
    return found


def seated(job: Job, strategy: Strategy | Exception) -> Player | Exception:
    """A strategy in an account of its own, or why it cannot be played."""
    if isinstance(strategy, Exception):
        return strategy
    try:
        return Player(job.conditions, strategy, job.tape(), lend=True)
    except (StrategyError, TypeError, ValueError) as error:
        return error


def _outcome(one: Player | Exception) -> Outcome:
    if isinstance(one, Exception):
        return one
    return one.result(whole=False) if one.error is None else one.error
