"""From a finished run to its HTML report: what the page needs to know, gathered from a Result.

Assumes nothing about where the ticks are: they are read once, block by block, from memory or from a store.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import polars as pl

from simcore.assumptions import assumptions, words
from simcore.kept import KeptFeed
from simcore.report.charts import Levels
from simcore.report.contents import Contents
from simcore.report.html import BUCKETS, report
from simcore.report.prices import PriceReader, Prices
from simcore.report.tables import Assumed
from simcore.report.ticks import sweep
from simcore.run import Run

if TYPE_CHECKING:
    import pandas as pd

NAMED: Final = 4  # instruments that fit into a title
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
    def fingerprint(self) -> str:
        """sha256 over inputs, rules and final state."""

    @property
    def returns(self) -> pd.Series:
        """By trading day."""


def write_report(result: Finished, path: str | os.PathLike[str]) -> Path:
    """Write the report of one run."""
    return report(path, contents_of(result))


def contents_of(result: Finished, quality: pl.DataFrame | Mapping[str, Any] | None = None) -> Contents:
    """Everything the page of a run is made from."""
    run, broker = result.run, result.run.broker
    in_money = broker.stop_out_mode == "money"
    returns = result.returns
    return Contents(
        title=_title(run.strategy, run.feed.symbols),
        stats=result.stats,
        equity=result.equity,
        trades=result.trades,
        fills=result.fills,
        orders=result.orders,
        events=result.events,
        days=(returns.index.to_numpy().astype("datetime64[D]").astype(np.int64), returns.to_numpy()),
        prices=prices_of(run),
        digits={one.symbol: one.price_digits for one in run.instruments},
        levels=Levels(call=broker.margin_call_level, stop=broker.stop_out_level, in_money=in_money),
        money_digits=broker.money_digits,
        assumptions=[*_facts(result), *assumptions(broker, run.instruments, run.cash)],
        quality=quality,
    )


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
    sweep(feed.blocks(), readers)
    return {symbol: reader.prices() for symbol, reader in zip(feed.symbols, readers, strict=True)}


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
