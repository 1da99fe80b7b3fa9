"""What the ticks of a run say about its fills, trades and samples: read in one pass, when first asked for.

Assumes the feed in blocks, in memory or read again from a store. Quotes are those that stood at a time, the last at or
before it; money is converted at the middle of the quotes that stood then. Where the data are bars, every bar is its
four points, as the account met it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernel import schema
from simcore.kernel.enums import CalcMode
from simcore.market.blocks import AnyFeed
from simcore.report.curve import Float64, Int64, distinct
from simcore.report.ticks import BarStarts, Excursions, First, Standing, sweep
from simcore.run.kept import KeptFeed
from simcore.run.splits import Splits

Table = NDArray[Any]


class Terms:
    """What a unit of each instrument is worth, as the account's own rules have it."""

    def __init__(self, rules: Any, rows: Table) -> None:
        """rules: the RULES record; rows: the instruments' TERMS."""
        self.rules, self.rows = rules, rows

    @classmethod
    def of(cls, rules: bytes) -> Terms:
        """The terms in a rules buffer."""
        head = np.frombuffer(rules, schema.RULES, 1)[0]
        rows = np.frombuffer(rules, schema.TERMS, int(head["n_instruments"]), offset=int(head["terms_at"]))
        return cls(head, rows)

    @cached_property
    def points(self) -> Float64:
        """What one unit of qty makes when the price moves by one, in quote currency, of each instrument."""
        rows = self.rows
        by_tick = np.isin(rows["calc_mode"], [CalcMode.FUTURES, CalcMode.CFD_INDEX])
        by_tick &= (rows["tick_value"] > 0.0) & (rows["tick_size"] > 0.0)
        value = np.divide(rows["tick_value"], rows["tick_size"], out=np.zeros(len(rows)), where=by_tick)
        return np.where(by_tick, value, rows["contract_size"])

    def legs(self, k: int) -> list[tuple[int, bool]]:
        """The quotes that lead from instrument k's quote currency to the account's, and whether each is inverse."""
        path = self.rows[k]["profit_path"]
        legs = [(int(path["first"]), bool(path["first_inverse"])), (int(path["second"]), bool(path["second_inverse"]))]
        return legs[: int(path["n"])]


@dataclass(frozen=True)
class Seen:
    """The answers; everything else of the ticks is forgotten."""

    terms: Terms
    splits: Splits
    times: Int64  # of fills and samples, each once
    quotes: Mapping[int, tuple[Float64, Float64]]  # instrument -> bid and ask that stood at `times`
    low: Float64  # what each trade could have been closed at
    high: Float64
    first: tuple[int, float]  # time and price of the first instrument
    bars: Int64 | None  # starts of the bars, where all data are bars

    def at(self, k: int, ts: Int64) -> tuple[Float64, Float64]:
        """Bid and ask of instrument k at some of `times`."""
        rows = np.searchsorted(self.times, ts)
        bid, ask = self.quotes[k]
        return bid[rows], ask[rows]

    def mid(self, k: int, ts: Int64) -> Float64:
        """The middle of the quotes at some of `times`."""
        bid, ask = self.at(k, ts)
        return (bid + ask) / 2.0

    def rate(self, k: int, ts: Int64) -> Float64:
        """Account currency for one unit of instrument k's quote currency, at some of `times`."""
        rate = np.ones(ts.size)
        for leg, inverse in self.terms.legs(k):
            mid = self.mid(leg, ts)
            rate = rate / mid if inverse else rate * mid
        return rate


def looked(ts: Int64, every: int) -> Int64:
    """The last moment each sample of the account knows of.

    A sample due at a time comes before the quote of that very time; one at a bar's close (every 0) and the last come
    after it.
    """
    return ts if every == 0 or ts.size == 0 else np.append(ts[:-1] - 1, ts[-1])


def see(feed: AnyFeed | KeptFeed, tables: Mapping[str, Table], rules: bytes, every: int) -> Seen:
    """Read the ticks once; every: ns between samples, 0 at every bar's close."""
    terms, fills, trades = Terms.of(rules), tables["fills"], tables["trades"]
    times = distinct(fills["ts"], looked(distinct(tables["samples"]["ts"]), every))
    traded = [int(k) for k in np.unique(fills["instrument"])]
    needed = sorted({0, *traded, *(leg for k in traded for leg, _ in terms.legs(k))})
    standing = {k: Standing(k, times) for k in needed}
    rows = {k: np.flatnonzero(trades["instrument"] == k) for k in np.unique(trades["instrument"]).tolist()}
    splits = Splits(tables["events"])
    shares = splits.of_trades(fills) if splits else np.ones(trades.size)
    walks = {k: _excursions(k, trades[at], shares[at]) for k, at in rows.items()}
    first = First(0)
    starts = [BarStarts(k) for k in range(len(feed.symbols))] if len(feed.timeframes) == len(feed.symbols) else []
    sweep(splits.market(feed.blocks()), [*standing.values(), *walks.values(), first, *starts])
    low, high = np.empty(trades.size), np.empty(trades.size)
    for k, at in rows.items():
        low[at], high[at] = walks[k].low * shares[at], walks[k].high * shares[at]
    return Seen(
        terms=terms,
        splits=splits,
        times=times,
        quotes={k: _then(one, splits) for k, one in standing.items()},
        low=low,
        high=high,
        first=(first.ts, first.price * float(splits.after(0, np.array([first.ts]))[0])),
        bars=distinct(*(one.starts for one in starts)) if starts else None,
    )


def _excursions(k: int, trades: Table, shares: Float64) -> Excursions:
    return Excursions(k, trades["side"], trades["entry_ts"], trades["exit_ts"], trades["exit_price"] / shares)


def _then(one: Standing, splits: Splits) -> tuple[Float64, Float64]:
    """The quotes as they stood, in the shares of their time."""
    shares = splits.after(one.instrument, one.times)
    return one.bid * shares, one.ask * shares
