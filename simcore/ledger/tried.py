"""How many trials there were: what the deflated Sharpe ratio and its like must know.

A trial is one combination of a strategy's code and parameters. Those that count for a result are of the strategy of
that name, on data that overlap: a symbol in common and periods that reach into one another. So a run that is repeated,
or repeated with other costs, another account or a part of the data, is no new trial; a changed line of the strategy or
another value of a parameter is one, whether it was tried by hand, by a sweep, an optimisation or in a walk-forward.
Monte Carlo paths choose nothing and do not count, nor do runs that failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simcore.ledger.trial import Trial
from simcore.report.curve import Float64, Int64

if TYPE_CHECKING:
    from simcore.ledger.ledger import Ledger

MOST: Final = 5_000  # trials whose returns are laid side by side
CHOOSING: Final = ("backtest", "sweep", "optimize", "walk_forward")


@dataclass(frozen=True)
class Tried:
    """The trials of a strategy: one run of each, the one whose data are most like those asked for."""

    trials: tuple[Trial, ...]

    def __len__(self) -> int:
        return len(self.trials)

    @property
    def sharpes(self) -> Float64:
        """The Sharpe ratio per day of each trial that has one."""
        return np.array([one.sharpe for one in self.trials if np.isfinite(one.sharpe)])

    @property
    def variance(self) -> float:
        """The variance of the trials' Sharpe ratios; 0 of a single one."""
        return float(self.sharpes.var(ddof=1)) if self.sharpes.size > 1 else 0.0

    def returns(self, days: Int64 | None = None) -> tuple[Int64, Float64]:
        """The days that all trials have (or those of `days` that they have), and returns (days, trials).

        Trials whose returns were not kept are left out, and so are those with fewer than half the days of the longest;
        of more than 5,000 trials it is every second, every third and so on.
        """
        kept = [one for one in self.trials if one.days is not None and one.returns is not None]
        most = max((one.days.size for one in kept if one.days is not None), default=0)
        pairs = [
            (one.days, one.returns)
            for one in kept
            if one.days is not None and one.returns is not None and 2 * one.days.size >= most
        ]
        pairs = pairs[:: -(-len(pairs) // MOST)] if pairs else pairs
        if not pairs:
            return np.empty(0, np.int64), np.empty((0, 0))
        common = pairs[0][0] if days is None else days
        for own, _ in pairs:
            common = np.intersect1d(common, own)
        columns = [returns[np.searchsorted(own, common)] for own, returns in pairs]
        return common, np.stack(columns, axis=1)


def tried(
    ledger: Ledger,
    strategy: str,
    symbols: Sequence[str],
    *,
    start: int | None = None,
    end: int | None = None,
    data: str | None = None,
) -> Tried:
    """The trials of a strategy on any of `symbols`, in data that reach into start to end (ns UTC).

    data: the fingerprint of the data asked for: of several runs of a trial the one on these is taken, else the one on
    the longest, else the newest.
    """
    span = None if start is None or end is None else (start, end)
    runs = [one for _, one in ledger.trials(strategy=strategy, kind=CHOOSING, overlaps=span)]
    best: dict[str, tuple[tuple[bool, int, int], Trial]] = {}
    for place, one in enumerate(_fitting(runs, set(symbols))):
        rank = (one.data == data, one.end - one.start, place)
        if one.trial not in best or rank > best[one.trial][0]:
            best[one.trial] = rank, one
    return Tried(tuple(one for _, one in best.values()))


def _fitting(runs: Sequence[Trial], symbols: set[str]) -> Iterator[Trial]:
    for one in runs:
        if not one.error and not symbols.isdisjoint(one.symbols):
            yield one
