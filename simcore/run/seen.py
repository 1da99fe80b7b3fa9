"""What the ticks of a run say about its fills, trades and samples: read in one pass, when first asked for.

Assumes the feed in blocks, in memory or read again from a store. Quotes are those that stood at a time, the last at or
before it; money is converted at the middle of the quotes that stood then. Where the data are bars, every bar is its
four points, as the account met it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernel import schema
from simcore.kernel.enums import CalcMode
from simcore.market.blocks import AnyFeed
from simcore.report.curve import Float64, Int64, distinct
from simcore.report.places import places
from simcore.report.ticks import BarStarts, Excursions, First, Standing, sweep
from simcore.run.kept import KeptFeed
from simcore.run.splits import Splits

Table = NDArray[Any]
_BY_TICK = (CalcMode.FUTURES, CalcMode.EXCH_FUTURES, CalcMode.EXCH_FUTURES_FORTS, CalcMode.EXCH_OPTIONS)


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
        by_tick = np.isin(rows["calc_mode"], _BY_TICK)
        by_tick &= (rows["tick_value"] > 0.0) & (rows["tick_size"] > 0.0)
        value = np.divide(rows["tick_value"], rows["tick_size"], out=np.zeros(len(rows)), where=by_tick)
        per_cent = np.where(rows["calc_mode"] == CalcMode.EXCH_BONDS, rows["face_value"] / 100.0, 1.0)
        return np.where(by_tick, value, rows["contract_size"] * per_cent)

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
        bid, ask = self.quotes[k]
        if ts is self.times:
            return bid, ask
        rows = places(self.times, ts, after=False)
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


def by_instrument(t: Table) -> dict[int, Any]:
    """Instrument -> which rows are its own; all of them where there is no other."""
    which = t["instrument"]
    if which.size and (which == which[0]).all():
        return {int(which[0]): slice(None)}
    return {k: np.flatnonzero(which == k) for k in np.unique(which).tolist()}


def looked(ts: Int64, every: int) -> Int64:
    """The last moment each sample of the account knows of.

    A sample due at a time comes before the quote of that very time; one at a bar's close (every 0) and the last come
    after it.
    """
    return ts if every == 0 or ts.size == 0 else np.append(ts[:-1] - 1, ts[-1])


def see_together(feed: AnyFeed | KeptFeed, looks: Sequence[Look]) -> list[Seen]:
    """Read the ticks once for many runs on them; once more for each that had splits."""
    for some in ([one for one in looks if not one.splits], *([one] for one in looks if one.splits)):
        if some:
            _read(feed, some)
    return [one.seen() for one in looks]


def _read(feed: AnyFeed | KeptFeed, looks: Sequence[Look]) -> None:
    """One pass, for runs whose prices the same splits change."""
    readers = [reader for one in looks for reader in one.readers]
    starts = [BarStarts(k) for k in range(len(feed.symbols))] if len(feed.timeframes) == len(feed.symbols) else []
    first = First(0)
    sweep(looks[0].splits.market(feed.blocks()), [*readers, first, *starts], feed.prints_only)
    bars = distinct(*(one.starts for one in starts)) if starts else None
    for one in looks:
        one.first, one.bars = first, bars


class Look:
    """What one run wants to know of the ticks; every: ns between samples, 0 at every bar's close."""

    def __init__(self, tables: Mapping[str, Table], rules: bytes, every: int) -> None:
        fills, trades = tables["fills"], tables["trades"]
        self.terms, self.splits = Terms.of(rules), Splits(tables["events"])
        self.times = distinct(fills["ts"], looked(distinct(tables["samples"]["ts"]), every))
        traded = by_instrument(fills)
        needed = sorted({0, *traded, *(leg for k in traded for leg, _ in self.terms.legs(k))})
        self.standing = {k: Standing(k, self.times) for k in needed}
        self.shares = self.splits.of_trades(fills) if self.splits else np.ones(trades.size)
        self.rows = by_instrument(trades)
        self.walks = {k: _excursions(k, trades[at], self.shares[at]) for k, at in self.rows.items()}
        self.first = First(0)
        self.bars: Int64 | None = None

    @property
    def readers(self) -> list[Standing | Excursions]:
        return [*self.standing.values(), *self.walks.values()]

    def seen(self) -> Seen:
        """The answers, once the ticks were read."""
        low, high = np.empty(self.shares.size), np.empty(self.shares.size)
        for k, at in self.rows.items():
            low[at], high[at] = self.walks[k].low * self.shares[at], self.walks[k].high * self.shares[at]
        first = self.first
        return Seen(
            terms=self.terms,
            splits=self.splits,
            times=self.times,
            quotes={k: _then(one, self.splits) for k, one in self.standing.items()},
            low=low,
            high=high,
            first=(first.ts, first.price * float(self.splits.after(0, np.array([first.ts]))[0])),
            bars=self.bars,
        )


def _excursions(k: int, trades: Table, shares: Float64) -> Excursions:
    return Excursions(k, trades["side"], trades["entry_ts"], trades["exit_ts"], trades["exit_price"] / shares)


def _then(one: Standing, splits: Splits) -> tuple[Float64, Float64]:
    """The quotes as they stood, in the shares of their time."""
    if not splits:
        return one.bid, one.ask
    shares = splits.after(one.instrument, one.times)
    return one.bid * shares, one.ask * shares
