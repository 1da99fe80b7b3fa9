"""From a finished run to its HTML report: what the page needs to know, gathered from a Result.

Assumes nothing about where the ticks are: they are read once, block by block, from memory or from a store.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import numpy as np
import polars as pl

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.quality import Quality as DataQuality
from simcore.overfitting.evidence import Evidence
from simcore.report.charts import Levels
from simcore.report.compare import Named
from simcore.report.compare import report as write_comparison
from simcore.report.contents import Contents, Explained
from simcore.report.curve import Float64, Int64
from simcore.report.html import BUCKETS, report
from simcore.report.lines import Given, Line, lines_of
from simcore.report.prices import PriceReader, Prices
from simcore.report.sheet import nanoseconds
from simcore.report.stats import price_of
from simcore.report.tables import Assumed
from simcore.report.ticks import sweep
from simcore.run import Run
from simcore.run.assumptions import assumptions, words
from simcore.run.kept import KeptFeed

if TYPE_CHECKING:
    import pandas as pd

    Benchmark: TypeAlias = str | pl.DataFrame | pd.DataFrame | pd.Series | Quotes | Bars | Prints

REGIMES: Final = ("volatility", "trend", "session", "weekday")
NAMED: Final = 4  # instruments that fit into a title
Quality = pl.DataFrame | Mapping[str, Any] | None
LEAST: Final = 1_000  # buckets of time of each instrument


class Finished(Protocol):
    """What a report needs of a Result."""

    @property
    def run(self) -> Run:
        """The facts of the run."""

    @property
    def stats(self) -> pd.Series:
        """Its statistics."""

    @property
    def equity(self) -> pl.DataFrame:
        """Samples of the account."""

    @property
    def trades(self) -> pl.DataFrame:
        """One row an exit."""

    @property
    def fills(self) -> pl.DataFrame:
        """One row an execution."""

    @property
    def orders(self) -> pl.DataFrame:
        """One row an order."""

    @property
    def events(self) -> pl.DataFrame:
        """What happened to the account."""

    @property
    def quality(self) -> Mapping[str, DataQuality]:
        """The faults of each instrument's data."""

    @property
    def fingerprint(self) -> str:
        """sha256 over inputs, rules and final state."""

    @property
    def returns(self) -> pd.Series:
        """By trading day."""

    def attribution(self, by: str = "symbol") -> pl.DataFrame:
        """What earned and what it cost."""

    def regimes(self, by: str = "volatility") -> pl.DataFrame:
        """What was earned in each regime."""

    def overfitting(self) -> Evidence:
        """What the returns prove."""


def facts_of(found: Mapping[str, DataQuality]) -> Quality:
    """What a check of each instrument found, as the page shows it; None where nothing was checked."""
    facts = [one.facts() for one in found.values()]
    return None if not facts else facts[0] if len(facts) == 1 else dict(zip(found, facts, strict=True))


def write_report(
    result: Finished,
    path: str | os.PathLike[str],
    *,
    compare: Finished | Sequence[Finished] = (),
    names: Sequence[str] | None = None,
    benchmark: Benchmark | None = None,
    lines: Given | None = None,
    quality: Quality = None,
    explained: Explained | None = None,
) -> Path:
    """Write the report of one run, or its comparison with others.

    names: what the runs are called in a comparison, the first included. benchmark: "hold" for buying and holding the
    first instrument, the symbol of another, or prices: a frame of ts and one of price, close, bid and ask, or a pandas
    series of them by time. lines: what else is drawn, see `report.lines`. quality: what a check of the data found;
    default result.quality. explained: what is told of an order or an event that is clicked on.
    Raises WriteError where the file cannot be written, ConfigError for a benchmark or a line that is none.
    """
    others = compare if isinstance(compare, Sequence) else [compare]  # one run needs no list around it
    for one in others:
        if not hasattr(one, "run"):
            raise ConfigError(f"report: compare takes results, such as sc.load gives, was {type(one).__name__}")
    if others and lines:
        raise ConfigError("report: lines are drawn on the page of one run; leave out compare, or lines")
    if others:
        return write_comparison(path, named([result, *others], names, benchmark))
    return report(path, contents_of(result, benchmark=benchmark, lines=lines, quality=quality, explained=explained))


def named(
    results: Sequence[Finished],
    names: Sequence[str] | None = None,
    benchmark: Benchmark | None = None,
) -> list[Named]:
    """The runs with a name each: what was given, else a letter and the strategy."""
    given = names or [f"{chr(ord('A') + n)} {result.run.strategy}" for n, result in enumerate(results)]
    return [Named(name, contents_of(result, benchmark=benchmark)) for name, result in zip(given, results, strict=True)]


def contents_of(
    result: Finished,
    *,
    benchmark: Benchmark | None = None,
    lines: Given | None = None,
    quality: Quality = None,
    explained: Explained | None = None,
) -> Contents:
    """Everything the page of a run is made from."""
    run, broker = result.run, result.run.broker
    prices = prices_of(run)
    returns = result.returns
    return Contents(
        title=_title(run.strategy, run.feed.symbols),
        stats=result.stats,
        equity=result.equity,
        trades=result.trades,
        fills=result.fills,
        orders=result.orders,
        events=result.events,
        days=days_of(returns),
        prices=prices,
        digits={one.symbol: one.price_digits for one in run.instruments},
        levels=Levels(call=broker.margin_call_level, stop=broker.stop_out_level, are=broker.levels_are),
        money_digits=broker.money_digits,
        assumptions=[*_facts(result), *assumptions(broker, run.instruments, run.cash)],
        quality=facts_of(result.quality) if quality is None else quality,
        held=None if benchmark is None else held(benchmark, prices, run),
        lines=_lines(lines or {}, run.feed.symbols),
        evidence=result.overfitting(),
        parts=parts_of(result),
        explained=explained or Explained(),
    )


def days_of(returns: pd.Series) -> tuple[Int64, Float64]:
    """Trading days since 1970 and their returns, of `Result.returns`."""
    return returns.index.to_numpy().astype("datetime64[D]").astype(np.int64), returns.to_numpy()


def parts_of(result: Finished) -> dict[str, pl.DataFrame]:
    """What earned, by instrument and by regime; without what the samples are too far apart to tell."""
    if not result.run.tables["fills"].size:
        return {}
    found = {"symbol": result.attribution("symbol")}
    for by in REGIMES:
        try:
            found[by] = result.regimes(by)
        except ConfigError:  # sessions of daily samples
            continue
    return found


def prices_of(run: Run) -> dict[str, Prices]:
    """The prices of every instrument, read in one pass: bars as the bars they were, quotes as bid and ask."""
    feed, fills = run.feed, run.tables["fills"]
    if isinstance(feed, KeptFeed):
        return dict(feed.charted)
    buckets = max(LEAST, BUCKETS // len(feed.symbols))
    readers = [
        PriceReader(k, (feed.start, feed.end), buckets, fills["ts"][fills["instrument"] == k])
        for k in range(len(feed.symbols))
    ]
    sweep(feed.blocks(), readers, feed.prints_only)
    return {symbol: reader.prices() for symbol, reader in zip(feed.symbols, readers, strict=True)}


def held(benchmark: Benchmark, prices: Mapping[str, Prices], run: Run) -> tuple[str, Int64, Float64]:
    """Name, times and values of all the cash put into `benchmark` when the run began. Raises ConfigError."""
    if isinstance(benchmark, str):
        symbol = next(iter(prices)) if benchmark == "hold" else benchmark
        if symbol not in prices:
            raise ConfigError(
                f"benchmark {benchmark!r}: no such instrument; {did_you_mean(benchmark, ['hold', *prices])}"
            )
        own = prices[symbol]
        sides = own.columns["close"] if own.is_bars else (own.columns["bid"] + own.columns["ask"]) / 2.0
        name, ts, price = f"{symbol} held", own.ts, sides
    else:
        name, ts, price = _series(benchmark)
    inside = (ts <= run.feed.end) & np.isfinite(price)
    begin = max(0, int(np.searchsorted(ts, run.feed.start, side="right")) - 1)
    ts, price = ts[begin:][inside[begin:]], price[begin:][inside[begin:]]
    if ts.size == 0 or not price[0] > 0.0:
        raise ConfigError("benchmark: no price above zero before the run ends; give prices of the run's own time")
    return name, np.maximum(ts, run.feed.start), run.cash * price / price[0]


def _series(benchmark: Any) -> tuple[str, Int64, Float64]:
    """Name, times and prices of quotes, bars, a frame of polars or pandas, or a series of pandas by time."""
    import pandas as pd

    if isinstance(benchmark, Quotes | Bars | Prints):
        benchmark = benchmark.to_polars()
    if isinstance(benchmark, pd.DataFrame):
        several = benchmark.shape[1] > 1
        benchmark = pl.from_pandas(benchmark.reset_index()) if several else benchmark.iloc[:, 0]
    if isinstance(benchmark, pl.DataFrame):
        times = [name for name, kind in benchmark.schema.items() if name == "ts" or kind.is_temporal()]
        if not times:
            raise ConfigError(f"benchmark: a frame needs ts; it has {', '.join(benchmark.columns)}")
        try:
            return "Benchmark", nanoseconds(benchmark[times[0]]), price_of(benchmark)
        except ValueError as error:
            raise ConfigError(f"benchmark: {error}") from error
    if not isinstance(benchmark, pd.Series) or not isinstance(benchmark.index, pd.DatetimeIndex):
        kind = type(benchmark).__name__
        raise ConfigError(
            f"benchmark: must be 'hold', a symbol, quotes, bars, a frame, or a pandas series by time, was {kind}"
        )
    index = benchmark.index if benchmark.index.tz is None else benchmark.index.tz_convert("UTC").tz_localize(None)
    name = str(benchmark.name) if benchmark.name else "Benchmark"
    return name, index.to_numpy().astype("datetime64[ns]").astype(np.int64), benchmark.to_numpy(np.float64)


def _lines(given: Given, symbols: Sequence[str]) -> dict[str, list[Line]]:
    try:
        return lines_of(given, symbols)
    except ValueError as error:
        raise ConfigError(f"report: {error}") from error


def _title(strategy: str, symbols: Sequence[str]) -> str:
    named = ", ".join(symbols) if len(symbols) <= NAMED else f"{len(symbols)} instruments"
    return f"{strategy} on {named}"


def _facts(result: Finished) -> list[Assumed]:
    run = result.run
    return [
        Assumed("Run", "strategy", run.strategy),
        *(Assumed("Run", name, words(value)) for name, value in run.parameters.items()),
        Assumed("Run", "fingerprint", result.fingerprint, "sha256 over inputs, rules and final state"),
        Assumed("Run", "version", f"simcore {sys.modules['simcore'].__version__}"),
    ]
