"""Rows as they came: read from files and frames without refusing or repairing any of them.

Files are put in the order of their first rows; inside a file the rows keep theirs, so that what is out of order can be
counted. What cannot be read at all (a cell that is no number, a truncated zip) is still refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from simcore.market.columns import Array, Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.instants import Instant, span_of
from simcore.market.measure import parse_bars
from simcore.market.readers.kinds import kind_of_file
from simcore.market.readers.pieces import with_ask
from simcore.market.readers.read import Frame, kind_of_names
from simcore.market.readers.request import BARS, KINDS, QUOTES, Kind, Piece, ReadOptions, Request
from simcore.market.readers.sources import Source, read_pieces
from simcore.market.readers.tables import is_frame, table_of
from simcore.market.store.range import Range
from simcore.market.timeframe import infer_timeframe

Rows = Quotes | Prints | Bars
Given = Rows | Range | Frame | str | Path | Sequence[Source]
Span = tuple[Instant | None, Instant | None]  # from, up to but not at


class Raw(NamedTuple):
    """Columns (n,) of one instrument, unchecked, `ts` among them; `timeframe` of bars by time."""

    symbol: str
    kind: str
    timeframe: str | None
    columns: Mapping[str, Array]

    def rows(self, chosen: Any = slice(None)) -> Rows:
        """Some of the rows as quotes, prints or bars. Raises DataError for the first that these refuse."""
        columns = {name: values[chosen] for name, values in self.columns.items()}
        if self.kind == "bars":
            return Bars(self.symbol, str(self.timeframe), **columns)
        return Quotes(self.symbol, **columns) if self.kind == "quotes" else Prints(self.symbol, **columns)


def raw_of(rows: Rows) -> Raw:
    """Rows in memory."""
    return Raw(rows.symbol, type(rows).__name__.lower(), getattr(rows, "timeframe", None), rows.given())


def read_raw(
    data: Given,
    symbol: str | None,
    kind: str | None,
    timeframe: str | None,
    span: Span,
    options: ReadOptions,
    ask: Source | Sequence[Source] | None = None,
) -> Raw:
    """Rows of files, frames, a range or memory, in a span of time; `ask`: where the ask side of bars lies.

    Raises DataError for what cannot be read.
    """
    if isinstance(data, Range):
        data = data.read()
    if isinstance(data, Quotes | Prints | Bars):
        return _between(raw_of(data), span)
    sources = list(data) if isinstance(data, list | tuple) else [data]
    if not symbol or not isinstance(symbol, str):
        raise DataError('say what the data hold, as in symbol="EURUSD"')
    if not sources:
        raise DataError("no files: the list of sources is empty")
    for one in sources:
        if not (is_frame(one) or isinstance(one, str | Path)):
            raise DataError(
                f"data is {type(one).__name__}; pass quotes, bars, prints, a store's range, a frame, or files"
            )
    stated = parse_bars(timeframe) if timeframe is not None else None
    holds = _kind(sources[0], symbol, kind, options)
    request = Request(holds, symbol, options, stated)
    pieces = read_pieces(sources, request)
    if ask is not None and holds is not BARS:
        raise DataError(f"ask= is the ask side of bars, and these are {holds.name}; leave it out")
    whole = _joined(pieces, request) if ask is None else with_ask(pieces, read_pieces(ask, request), request)
    length = None
    if holds is BARS:
        length = (stated or whole.timeframe or infer_timeframe(whole.ts, whole.place)).text
    return _between(Raw(symbol, holds.name, length, {"ts": whole.ts, **whole.columns}), span)


def _kind(source: Any, symbol: str, kind: str | None, options: ReadOptions) -> Kind:
    if kind is not None:
        if kind not in KINDS:
            raise DataError(f"kind must be one of {', '.join(KINDS)}, was {kind!r}")
        return KINDS[kind]
    if is_frame(source):
        return kind_of_names(table_of(source).names) or QUOTES  # reading says what is missing
    return kind_of_file(Path(source).expanduser(), Request(QUOTES, symbol, options))


def _joined(pieces: Sequence[Piece], request: Request) -> Piece:
    sides = {side: [piece for piece in pieces if piece.side == side] for side in ("bid", "ask")}
    if sides["bid"] and sides["ask"]:
        return with_ask(sides["bid"], sides["ask"], request)
    queue = sorted(pieces, key=lambda piece: int(piece.ts[0]))
    for piece in queue[1:]:
        if piece.columns.keys() != queue[0].columns.keys():
            unlike = ", ".join(sorted(piece.columns.keys() ^ queue[0].columns.keys()))
            raise DataError(f"{piece.place}: {unlike} is in one of it and {queue[0].place} only; check them apart")
    if len(queue) == 1:
        return queue[0]
    columns = {name: np.concatenate([piece.columns[name] for piece in queue]) for name in queue[0].columns}
    return queue[0]._replace(ts=np.concatenate([piece.ts for piece in queue]), columns=columns)


def _between(raw: Raw, span: Span) -> Raw:
    start, end = span
    if start is None and end is None:
        return raw
    first, last = span_of(start, end)
    inside = (raw.columns["ts"] >= first) & (raw.columns["ts"] < last)
    if not inside.any():
        raise DataError(f"{raw.symbol}: not one row from {start or 'its start'} to {end or 'its end'}")
    return raw._replace(columns={name: values[inside] for name, values in raw.columns.items()})
