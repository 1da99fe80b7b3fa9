"""A tick store: quotes, prints and bars on disk, appended to, read by range, replayed without fitting into memory.

A folder of Parquet files, one a day and series, that any tool can read, and `store.json`, which says what belongs to
it. Every change happens whole or not at all: an import that is interrupted, a full disk or a power cut leave the store
as it was.

    store = sc.Store("ticks")
    store.append(sc.read_quotes("eurusd-2024-01.csv", symbol="EURUSD"))
    result = sc.backtest(EmaCross(), {"EURUSD": store.range("EURUSD", "2024-01-01", "2024-07-01")})
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from simcore.market.checks import text_of
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError, did_you_mean
from simcore.market.instants import Instant, span_of
from simcore.market.measure import parse_bars
from simcore.market.readers.read import Frame, as_columns
from simcore.market.store.append import Overlap, Tally, add, check_policy, clear
from simcore.market.store.change import changing
from simcore.market.store.manifest import Key, Manifest, Series, load
from simcore.market.store.range import Range

if TYPE_CHECKING:
    import polars as pl


class Store:
    """A store in the folder `path`, made by the first append.

    Ranges hold what is at or after `start` and before `end`; a date is its midnight UTC, None is as far as the store
    goes. Raises DataError for a store of a newer format, and for a symbol or range that it does not hold.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        load(self.path)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r}, {len(self._held().series)} series)"

    def append(
        self, rows: Quotes | Prints | Bars | Frame, *, symbol: str | None = None, overlap: Overlap = "refuse"
    ) -> Tally:
        """Add rows of one instrument and return how many were added; all of them or none.

        A frame needs its `symbol`. What is held already, bit for bit, is not added twice. overlap: what happens where
        other rows are held in the same period: "refuse" raises, "keep" leaves the new rows of that period out,
        "replace" puts the new rows in the place of all held between the first and last of them. Raises DataError.
        """
        check_policy(overlap)
        name = symbol if symbol is not None else getattr(rows, "symbol", None)
        if not isinstance(name, str) or not name:
            raise DataError('append: say what the frame holds, as in append(frame, symbol="EURUSD")')
        columns = as_columns(rows, name)
        with changing(self.path) as change:
            tally = add(change, columns, overlap)
            if tally.added or tally.replaced:
                change.commit()
        return tally

    def prune(
        self,
        symbol: str | None = None,
        start: Instant | None = None,
        end: Instant | None = None,
        *,
        kind: str | None = None,
        timeframe: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, int]:
        """Delete a range of a symbol, or of all where none is named: series -> rows deleted. All of it or nothing.

        dry_run: delete nothing, but say what would be.
        """
        first, last = span_of(start, end)
        keys = self._keys(symbol, kind, timeframe)
        with changing(self.path) as change:
            gone = {str(key): clear(change, key, first, last - 1) for key in keys}
            if any(gone.values()) and not dry_run:
                change.commit()
        return gone

    def symbols(self) -> list[str]:
        """Return the symbols held, in alphabetical order."""
        return sorted({key.symbol for key in self._held().series})

    def info(self) -> pl.DataFrame:
        """Return a row a series: symbol, kind, timeframe, start, end (its first and last row), files, rows, bytes."""
        import polars as pl

        time = pl.Datetime("ns", "UTC")
        series = sorted(
            self._held().series.items(), key=lambda item: (item[0].symbol, item[0].kind, item[0].timeframe or "")
        )
        return pl.DataFrame(
            {
                "symbol": [key.symbol for key, _ in series],
                "kind": [key.kind for key, _ in series],
                "timeframe": [key.timeframe for key, _ in series],
                "start": [one.parts[0].first for _, one in series],
                "end": [one.parts[-1].last for _, one in series],
                "files": [len(one.parts) for _, one in series],
                "rows": [one.rows for _, one in series],
                "bytes": [sum(part.size for part in one.parts) for _, one in series],
            },
            schema={
                "symbol": pl.String,
                "kind": pl.String,
                "timeframe": pl.String,
                "start": pl.Int64,
                "end": pl.Int64,
                "files": pl.Int64,
                "rows": pl.Int64,
                "bytes": pl.Int64,
            },
        ).with_columns(pl.col("start", "end").cast(time))

    def range(
        self,
        symbol: str,
        start: Instant | None = None,
        end: Instant | None = None,
        *,
        kind: str | None = None,
        timeframe: str | None = None,
    ) -> Range:
        """Return a range for a backtest to replay, nothing read yet.

        kind ("quotes", "prints", "bars") and timeframe need only be given where the store holds several of a symbol.
        """
        first, last = span_of(start, end)
        held = self._held()
        keys = self._keys(symbol, kind, timeframe, held)
        if len(keys) > 1:
            raise DataError(
                f"{self.path} holds {', '.join(map(str, keys))}; say which: kind= one of quotes, prints, bars, and "
                f"timeframe= of bars"
            )
        return self._range(keys[0], held.series[keys[0]], first, last)

    def quotes(self, symbol: str, start: Instant | None = None, end: Instant | None = None) -> Quotes:
        """Return a range of quotes in memory."""
        rows = self.range(symbol, start, end, kind="quotes").read()
        assert isinstance(rows, Quotes)
        return rows

    def prints(self, symbol: str, start: Instant | None = None, end: Instant | None = None) -> Prints:
        """Return a range of prints in memory."""
        rows = self.range(symbol, start, end, kind="prints").read()
        assert isinstance(rows, Prints)
        return rows

    def bars(
        self, symbol: str, timeframe: str | None = None, start: Instant | None = None, end: Instant | None = None
    ) -> Bars:
        """Return a range of bars in memory; `timeframe` need only be given where several are held."""
        rows = self.range(symbol, start, end, kind="bars", timeframe=timeframe).read()
        assert isinstance(rows, Bars)
        return rows

    def _held(self) -> Manifest:
        held = load(self.path)
        if held is None:
            raise DataError(f"{self.path}: no store here; append to it, or run simcore data import")
        return held

    def _keys(
        self, symbol: str | None, kind: str | None, timeframe: str | None, held: Manifest | None = None
    ) -> list[Key]:
        """Return the series that fit, quotes before prints before bars."""
        length = parse_bars(timeframe).text if timeframe is not None else None
        series = (held or self._held()).series
        own = [key for key in series if symbol in (None, key.symbol)]
        if not series:
            raise DataError(f"{self.path}: the store is empty")
        if not own:
            names = sorted({key.symbol for key in series})
            raise DataError(f"{self.path} holds no {symbol}, but {', '.join(names)}.{did_you_mean(str(symbol), names)}")
        fitting = [key for key in own if kind in (None, key.kind) and length in (None, key.timeframe)]
        if not fitting:
            asked = " ".join(text for text in (symbol, length, kind) if text)
            raise DataError(f"{self.path} holds no {asked}, but {', '.join(map(str, own))}")
        return sorted(fitting, key=lambda key: ("quotes", "prints", "bars").index(key.kind))

    def _range(self, key: Key, series: Series, first: int, end: int) -> Range:
        whole = Range(self.path, key, series.columns, series.parts, first, end)
        found = whole.between(first, end)
        if found is None:
            raise DataError(
                f"{self.path}: nothing of {key} in that range; there is {text_of(series.parts[0].first)} to "
                f"{text_of(series.parts[-1].last)}"
            )
        return found
