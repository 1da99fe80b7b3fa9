"""Pruning: trials of an optimisation that are given up where they fall behind.

A group of them shares the rows, as those of a sweep do, on every core. At ten points of the data the equity of each is
told to Optuna's median pruner, which knows the trials that were played to their end before the group began.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from simcore.account import Conditions
from simcore.backtest import Player, replay
from simcore.research.executors import cores, spread
from simcore.research.grid import Values, made
from simcore.research.sweep import Job, seated
from simcore.research.table import Figures, figures_of

if TYPE_CHECKING:
    from simcore.strategy.strategy import Strategy

LOOKS: Final = 10  # times a trial may be given up

Asked = tuple[Any, Values]  # a trial, what was chosen for it


class Behind(Exception):
    """A trial fell behind."""


def pruned(
    strategy: type[Strategy], conditions: Conditions, asked: Sequence[Asked], workers: int | None
) -> list[tuple[Figures, bool]]:
    """The figures of each trial, and whether it was played to its end."""
    job = Job.of(strategy, conditions, "threads")
    many = min(cores(workers=workers), len(asked))
    found: dict[int, tuple[Figures, bool]] = {}
    for part, ended in spread(_played, job, [asked[n::many] for n in range(many)], "threads", workers):
        found.update(zip(range(part, len(asked), many), ended, strict=True))
    return [found[number] for number in range(len(asked))]


def _played(job: Job, asked: Sequence[Asked]) -> list[tuple[Figures, bool]]:
    runs = [seated(job, one) for one in made(job.found(), [chosen for _, chosen in asked])]
    playing = [(trial, one) for (trial, _), one in zip(asked, runs, strict=True) if isinstance(one, Player)]

    def look(done: int, of: int) -> None:
        for trial, player in playing:
            if done < of and player.error is None:
                trial.report(player.engine.figures()["equity"], done)
                if trial.should_prune():
                    player.error = Behind()

    if playing:
        replay([one for _, one in playing], look, step=max(1, len(job.conditions.feed) // LOOKS))
    return [_ended(chosen, one) for (_, chosen), one in zip(asked, runs, strict=True)]


def _ended(chosen: Values, one: Player | Exception) -> tuple[Figures, bool]:
    if isinstance(one, Exception):
        return figures_of(chosen, one), True
    whole = not isinstance(one.error, Behind)
    if not whole:
        one.error = None
        one.driver.drain()
    return figures_of(chosen, one.error or one.result()), whole
