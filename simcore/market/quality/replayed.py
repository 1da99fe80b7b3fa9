"""The check of what a run replayed: every instrument of a feed, in one pass over its blocks.

The prices are those the account met, on the instrument's grid; bars are put together again from the rows they were fed
as. Nothing was left out before the replay, so the policy is `keep`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from simcore.market.columns import Array
from simcore.market.feed import BAR_CLOSE, BAR_OPEN, PRINT, Feed
from simcore.market.quality.check import GAP, OUTLIER, OUTLIER_LEAST, STALE, quality_of, stated_limits
from simcore.market.quality.faults import Limits
from simcore.market.quality.scan import Scan
from simcore.market.quality.verdict import Quality

_COLUMNS: Final = ("ts", "bid", "ask", "kind", "x", "y")
_ASK: Final = ("ask_low", "ask_high", "ask_close")


def check_replayed(
    blocks: Iterable[Feed],
    symbols: tuple[str, ...],
    timeframes: Mapping[str, int],
    prints_only: frozenset[int] = frozenset(),
    calendar: str | None = None,
) -> dict[str, Quality]:
    """symbol -> the faults of its rows, by the default limits; `timeframes` has the length of its bars, ns."""
    scans = [_Replayed(one, calendar, timeframes.get(one), k in prints_only) for k, one in enumerate(symbols)]
    for block in blocks:
        for k, scan in enumerate(scans):
            own = None if block.instrument is None else np.flatnonzero(block.instrument == k)
            columns = {name: getattr(block, name) for name in _COLUMNS}
            scan.add({n: v if own is None or v is None else v[own] for n, v in columns.items()})
    return {scan.symbol: scan.finish() for scan in scans}


class _Replayed:
    """One instrument's rows, as they were fed."""

    def __init__(self, symbol: str, calendar: str | None, length: int | None, printed: bool) -> None:
        self.symbol = symbol
        self.kind = "bars" if length is not None else "prints" if printed else "quotes"
        self.scan = Scan(Limits.of(GAP, STALE, OUTLIER, OUTLIER_LEAST), calendar, length or 1)
        self.stated = stated_limits(GAP, STALE, OUTLIER, OUTLIER_LEAST, calendar)
        self.bars: list[dict[str, Array]] = []
        self.rest: dict[str, Array] = {}  # of a bar that the next block ends

    def add(self, columns: Mapping[str, Any]) -> None:
        ts, kind = columns["ts"], columns["kind"]
        if not ts.size:
            return
        if self.kind == "bars":
            self._add_bars(columns)
        elif kind is not None and self.kind == "quotes" and (kind == PRINT).any():
            quoted = kind != PRINT  # prints beside quotes are no quotes
            self.add({name: None if values is None else values[quoted] for name, values in columns.items()})
        elif self.kind == "prints":
            self.scan.add({"ts": ts, "price": columns["bid"], "size": columns["x"], "side": columns["y"]})
        else:
            sizes = {} if columns["x"] is None else {"bid_size": columns["x"], "ask_size": columns["y"]}
            self.scan.add({"ts": ts, "bid": columns["bid"], "ask": columns["ask"], **sizes})

    def _add_bars(self, columns: Mapping[str, Array]) -> None:
        if self.rest:
            columns = {name: np.concatenate((self.rest[name], columns[name])) for name in columns}
        closes = np.flatnonzero(columns["kind"] == BAR_CLOSE)
        end = int(closes[-1]) + 1 if closes.size else 0
        self.rest = {name: values[end:] for name, values in columns.items()}
        opens = np.flatnonzero(columns["kind"][:end] == BAR_OPEN)
        found = {"ts": columns["ts"][opens], "open": columns["bid"][opens], "ask_open": columns["ask"][opens]}
        found |= {"low": columns["x"][opens], "high": columns["y"][opens]}
        found |= {"ask_low": columns["x"][opens + 1], "ask_high": columns["y"][opens + 1]}
        found |= {"close": columns["bid"][closes], "ask_close": columns["ask"][closes], "volume": columns["x"][closes]}
        self.bars.append(found)

    def finish(self) -> Quality:
        one_price = self.kind == "prints"
        if self.kind == "bars":
            whole = {name: np.concatenate([part[name] for part in self.bars]) for name in self.bars[0]}
            one_price = all(np.array_equal(whole[name], whole[name.removeprefix("ask_")]) for name in _ASK)
            if one_price:
                whole = {name: values for name, values in whole.items() if not name.startswith("ask_")}
            _, days = self.scan.finish(whole)
        else:
            _, days = self.scan.finish()
        return quality_of(self.scan, days, self.symbol, self.kind, one_price, "keep", self.stated)
