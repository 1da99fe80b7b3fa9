"""What a run leaves behind: frames, statistics, the final account, a fingerprint.

Nothing is computed until asked for: the call that ran the backtest returns after the replay. Frames are polars
(`.to_pandas()` works), times are UTC, money is in the account's currency, qty in the instrument's own unit. An order
filled at one price is one fill; a trade is one exit of a position, so a position closed in two parts is two trades.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.market.errors import DataError
from simcore.market.feed import digest as digest_of
from simcore.market.instants import Instant, span_of
from simcore.market.quality import Quality
from simcore.run import Run
from simcore.run.facts import facts_of
from simcore.run.frames import Frames, time_column
from simcore.run.kept import KeptFeed

if TYPE_CHECKING:
    import pandas as pd

    from simcore.explain import Explanation
    from simcore.ledger.ledger import Place
    from simcore.overfitting.evidence import Evidence
    from simcore.report.contents import Explained
    from simcore.report.lines import Given
    from simcore.run.reporting import Benchmark


def load(path: str | os.PathLike[str]) -> Result:
    """Read a result that `Result.save` wrote.

    Raises ResultError, one line, for a file that is none, is damaged, or was written by a newer version.
    """
    from simcore.run import archive

    run, seen, fingerprint = archive.load(path)
    result = Result(run)
    result.__dict__.update(seen=seen, fingerprint=fingerprint)
    return result


class Result(Frames):
    """A finished run, made by `sc.backtest`.

    stats: a pandas Series. account: the final balance, credit, equity, used_margin, free_margin, margin_level and
    unrealized_pnl. fills, orders, trades, round_trips, equity, events: polars frames, times UTC, money in the account's
    currency. fingerprint: equal runs have equal ones. report(path) writes the HTML page. Each is made when it is first
    asked for.
    """

    ledger: Place = True  # what the run was written to, and its trials are counted by

    def __init__(self, run: Run) -> None:
        self.run = run

    def __repr__(self) -> str:
        a = self.account
        return (
            f"Result({self.run.strategy}, {len(self.run.feed):,} rows, {self.run.tables['trades'].size} trades, "
            f"equity {a['equity']:,.{self.run.broker.money_digits}f} {self.run.broker.currency})"
        )

    @property
    def account(self) -> dict[str, float]:
        """balance, credit, equity, used_margin, free_margin, margin_level, unrealized_pnl at the end."""
        return dict(self.run.account)

    @cached_property
    def stats(self) -> pd.Series:
        """backtesting.py's keys first, then ours; money in account currency, risk-free rate 0."""
        return self.statistics()

    def statistics(self, *, risk_free_rate: float = 0.0, periods_per_year: float | None = None) -> pd.Series:
        """`stats` with another risk-free rate (a year, as a fraction) or number of periods a year.

        Raises ValueError for a rate or a number that is none.
        """
        from simcore.report.stats import stats

        return stats(**facts_of(self), risk_free_rate=risk_free_rate, periods_per_year=periods_per_year)

    def plain_statistics(self) -> dict[str, Any]:
        """`stats` as plain values: times and durations in ns, None for a duration that there is not."""
        from simcore.report.stats import statistics

        return statistics(**facts_of(self))

    @cached_property
    def returns(self) -> pd.Series:
        """Simple returns by trading day, as quantstats and pyfolio read them: dates without a zone, named by strategy.

        See `report.daily` for what a trading day is; cash paid in or out is no return.
        """
        from simcore.run import exports

        return exports.returns(self)

    @cached_property
    def positions(self) -> pd.DataFrame:
        """Net value of each instrument at the end of each trading day, and `cash`, as pyfolio reads them.

        A row adds up to the equity, so cash is what is left of it: negative where more is held than is owned.
        """
        from simcore.run import exports

        return exports.positions(self)

    @cached_property
    def transactions(self) -> pd.DataFrame:
        """One row a fill as pyfolio reads it: symbol, signed amount in units, price in account currency, txn_dollars.

        amount times price is the value in account currency; the index is UTC without a zone. A ticket closed by
        another is no transaction.
        """
        from simcore.run import exports

        return exports.transactions(self)

    def pyfolio(self) -> dict[str, Any]:
        """returns, positions and transactions for `pyfolio.create_full_tear_sheet(**result.pyfolio())`, in UTC."""
        from simcore.run import exports

        return exports.pyfolio(self)

    def to_vectorbt(self) -> Any:
        """The run as a vectorbt.Portfolio, one column an instrument; `simcore.run.portfolio` says what differs.

        Needs the extra `vectorbt`. Raises ConfigError where it is not installed, or where nothing was traded.
        """
        from simcore.run.portfolio import to_vectorbt

        return to_vectorbt(self)

    def by(self, *keys: str) -> pl.DataFrame:
        """Closed trades in groups: by symbol, side, tag, why, or by the year, month, day, weekday or hour of entry.

        Several keys group by all of them. One row a group: trades, wins, money, excursions, time held; by symbol alone
        also what its fills cost. Raises ConfigError for a key there is not.
        """
        from simcore.report.groups import KEYS, by

        wrong = [key for key in keys if key not in KEYS]
        if wrong or not keys:
            known = did_you_mean(wrong[0], KEYS) if wrong else f"known: {', '.join(KEYS)}"
            raise ConfigError(f"Result.by: {f'unknown key {wrong[0]!r}' if wrong else 'name a key'}; {known}")
        return by(self.trades, self.fills, *dict.fromkeys(keys))

    def attribution(self, by: str = "symbol") -> pl.DataFrame:
        """What earned and what it cost: gross, spread, slippage, commission, swap, dividends and net, a row a part.

        by: symbol, with the margin each used; volatility, trend, session or weekday; year, month or day. What adds up
        to what `simcore.run.attribution` says, what a regime is `simcore.run.stretches`. Raises ConfigError for
        a key there is not.
        """
        from simcore.run.attribution import attribution

        return attribution(self, by)

    def regimes(self, by: str = "volatility", symbol: str | None = None) -> pl.DataFrame:
        """What was earned in each regime of the market: volatility, trend, session or weekday.

        One row a regime: its share of the time, return, what the market did in it, trades entered, gross, costs, net.
        symbol: whose prices tell; default the first instrument. Raises ConfigError, for sessions also where the equity
        was sampled less than every two hours.
        """
        from simcore.run.attribution import regimes

        return regimes(self, by, symbol)

    def against(self, benchmark: Benchmark = "hold") -> pl.DataFrame:
        """Two rows, this run and a benchmark, day by day: return, volatility, Sharpe ratio, drawdown, alpha, beta.

        benchmark: "hold" for buying and holding the first instrument, a symbol, or prices by time, as in `report`.
        See `report.against` for each column. Raises ConfigError for a benchmark that is none.
        """
        from simcore.report.against import against
        from simcore.run.reporting import days_of, held, prices_of

        return against(self.run.strategy, *days_of(self.returns), held(benchmark, prices_of(self.run), self.run))

    def prices(self, symbol: str, start: Instant | None = None, end: Instant | None = None) -> pl.DataFrame:
        """What the account saw of one instrument from start to end: ts, bid, ask, a row an event.

        Read again from the store where it was replayed from there. Raises DataError for a symbol that was not traded.
        """
        if symbol not in self.run.feed.symbols:
            raise DataError(f"prices: the run had {', '.join(self.run.feed.symbols)}, not {symbol}")
        pieces = list(self.run.feed.prices(symbol, *span_of(start, end)))
        ts, bid, ask = pieces[0] if len(pieces) == 1 else map(np.concatenate, zip(*pieces, strict=True))
        return pl.DataFrame({"ts": time_column(ts), "bid": bid, "ask": ask})

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over inputs, rules and final state: equal runs, equal fingerprints."""
        digest = hashlib.sha256()
        run = self.run
        digest.update(repr((run.strategy, sorted(run.parameters.items()), run.feed.symbols, float(run.cash))).encode())
        digest.update(digest_of(run.feed.blocks()))
        digest.update(run.rules)
        digest.update(run.state)
        return digest.hexdigest()

    @cached_property
    def quality(self) -> Mapping[str, Quality]:
        """symbol -> the faults of the data, as `sc.check` counts them, and the policy for them.

        Where rows were left out or sorted before the run, those of the data as they came; else of the rows that were
        replayed, read in one pass when asked.
        Empty where the result was loaded from a file that does not have them.
        """
        feed = self.run.feed
        if isinstance(feed, KeptFeed):
            return feed.quality
        from simcore.market.quality.replayed import check_replayed

        return check_replayed(feed.blocks(), feed.symbols, feed.timeframes, feed.prints_only, self.run.broker.calendar)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the result to one file that `sc.load` reads, whole or not at all, and return the path.

        It holds every frame, statistic and chart, the explanations of the report and the fingerprint, but not the
        ticks. Raises WriteError.
        """
        from simcore.run import archive

        return archive.save(path, self.run, self.seen, self.fingerprint, self.quality, self._explained)

    def overfitting(self, *, reps: int | None = None) -> Evidence:
        """What the daily returns prove, given every trial of the strategy on such data that the ledger knows.

        Probabilistic, deflated and haircut Sharpe ratio, the track record it takes, the probability of backtest
        overfitting: `.figures()`, and `.sentences()` for what they mean. See simcore.ledger.tried for what counts.
        reps: bootstrap samples for White's and Hansen's tests of all trials, 0 for neither; default 500 where the extra
        research is installed.
        Raises LedgerError where the ledger cannot be read, StatisticError where those need a package.
        """
        from simcore.ledger.ledger import ledger_of
        from simcore.ledger.weighed import weighed

        return weighed(self, ledger_of(self.ledger), reps)

    def explain(self, order_id: int | None = None, *, ts: Instant | None = None) -> Explanation:
        """The account at an instant with its arithmetic: of an order, just before it was sent; or at a time.

        Why the order was refused and what would have been enough, or how it filled; what a stop-out closed and why.
        The run is played again up to there. Print it, or ask `.text` or `.to_dict()`. Raises ConfigError for an order
        there is not, DataError for a time outside the run, ResultError where the run cannot be played again: read from
        a file, it has no ticks.
        """
        from simcore.explain import explain

        return explain(self, order_id, ts)

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        compare: Result | Sequence[Result] = (),
        benchmark: Benchmark | None = None,
        lines: Given | None = None,
        quality: pl.DataFrame | Mapping[str, Any] | None = None,
        explain: int | None = None,
    ) -> Path:
        """Write the run as one HTML file that needs nothing else, whole or not at all, and return its path.

        compare: other runs; then the page lays them side by side. benchmark: what to draw with the equity: "hold" for
        buying and holding the first instrument, a symbol, or prices by time (quotes, bars, a frame, a series). lines:
        what else to draw with the prices, {name: a pandas series by time, or a frame of ts and one column}, or that by
        symbol; what does not lie where the prices lie has a chart below. quality: what a check of the data found;
        default self.quality. explain: how many orders and events are explained where they are clicked on: refused ones,
        margin calls and stop-outs first. The run is played again for them, so 0 saves that time; default 200, or 0 for
        a run of more than 10 million rows.
        Raises WriteError, an OSError of one line, where it cannot be written; ConfigError for a benchmark or a line
        that is none.
        """
        from simcore.explain.several import for_report
        from simcore.run.reporting import write_report

        told = self._explained if explain is None and not compare else for_report(self, 0 if compare else explain)
        return write_report(
            self, path, compare=compare, benchmark=benchmark, lines=lines, quality=quality, explained=told
        )

    @cached_property
    def _explained(self) -> Explained:
        from simcore.explain.several import for_report

        return for_report(self)
