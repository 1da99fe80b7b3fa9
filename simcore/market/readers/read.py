"""`read_quotes`, `read_prints`, `read_bars`: one source, or several, to one checked bundle of columns in time order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.grid import Grid, snapped
from simcore.market.measure import Measure, parse_bars
from simcore.market.readers import names
from simcore.market.readers.pieces import in_order, joined, with_ask
from simcore.market.readers.request import BARS, PRINTS, QUOTES, Kind, Piece, ReadOptions, Request
from simcore.market.readers.sources import Frame, Source, read_pieces
from simcore.market.readers.tables import is_frame, table_of
from simcore.market.timeframe import Timeframe, infer_timeframe

__all__ = ["Frame", "Source", "as_columns", "read_bars", "read_prints", "read_quotes"]


def read_quotes(source: Source | Sequence[Source], *, symbol: str, **options: Unpack[ReadOptions]) -> Quotes:
    """Read bid and ask, with their sizes where the source has them.

    `source` is a file, a folder, a pattern such as "2024/*.csv", a pandas, polars or Arrow frame, or several of those;
    they are put in time order. Formats (`formats.FORMATS`) are told by content and name, or given by `format=`; the
    other options are those of ReadOptions. Raises DataError naming file, row and value.
    """
    return _quotes(source, symbol, options)


def _quotes(source: Source | Sequence[Source], symbol: str, options: ReadOptions, grid: Grid | None = None) -> Quotes:
    pieces = _load(source, Request(QUOTES, symbol, options))
    return joined(pieces, lambda piece: Quotes(symbol, piece.ts, **piece.columns, checked=True), grid)


def read_prints(source: Source | Sequence[Source], *, symbol: str, **options: Unpack[ReadOptions]) -> Prints:
    """Read trades in the market: price, with size and side (1, -1, 0, or buy and sell) where the source has them.

    Takes and raises what `read_quotes` does.
    """
    pieces = _load(source, Request(PRINTS, symbol, options))
    return joined(pieces, lambda piece: Prints(symbol, piece.ts, **piece.columns, checked=True))


def read_bars(
    source: Source | Sequence[Source],
    *,
    symbol: str,
    timeframe: str | None = None,
    ask: Source | Sequence[Source] | None = None,
    **options: Unpack[ReadOptions],
) -> Bars:
    """Read bars stamped by their start: open high low close, with volume and ask side where the source has them.

    `ask` is where the ask side lies, if in files of its own; Dukascopy's BID and ASK candles are told by their names.
    `timeframe` ("1min", "1h", "1D") is what the file says, or the commonest spacing of the rows, if not given; bars by
    what happens ("100tick", "0.5renko"), and those whose days differ, say in a column `end` when each ends. Takes and
    raises what `read_quotes` does, and refuses bars that lie closer together than their timeframe.
    """
    stated = parse_bars(timeframe) if timeframe is not None else None
    request = Request(BARS, symbol, options, stated)
    pieces = _load(source, request) if ask is None else _two_sides(source, ask, request)
    length = stated or pieces[0].timeframe or infer_timeframe(np.concatenate([p.ts for p in pieces]), pieces[0].place)
    bars = joined(pieces, lambda piece: Bars(symbol, length.text, piece.ts, **piece.columns, checked=True))
    check_spacing(bars, length, pieces[0].place)
    return bars


def _load(source: Source | Sequence[Source], request: Request) -> list[Piece]:
    pieces = read_pieces(source, request)
    sides = {side: [piece for piece in pieces if piece.side == side] for side in ("bid", "ask")}
    if sides["bid"] and sides["ask"] and len(sides["bid"]) + len(sides["ask"]) == len(pieces):
        return [with_ask(sides["bid"], sides["ask"], request)]
    return in_order(pieces, request)


def _two_sides(source: Source | Sequence[Source], ask: Source | Sequence[Source], request: Request) -> list[Piece]:
    return [with_ask(read_pieces(source, request), read_pieces(ask, request), request)]


def check_spacing(bars: Bars, length: Timeframe | Measure, place: str) -> None:
    """Refuse a timeframe that is longer than most bars lie apart."""
    if isinstance(length, Measure):
        return
    if (np.diff(bars.ts) > 0).any() and (spacing := infer_timeframe(bars.ts)).ns < length.ns:
        raise DataError(f"{place}: timeframe is {length.text}, but most rows are {spacing.text} apart")


def as_columns(data: Quotes | Prints | Bars | Frame, symbol: str, grid: Grid | None = None) -> Quotes | Prints | Bars:
    """Return `data` as it is, or read a frame as what its columns say: bid and ask, or open to close, or price.

    What is read from a frame is put on `grid`. Raises DataError if `data` bears another symbol, or is none of these.
    """
    if isinstance(data, Quotes | Prints | Bars):
        if data.symbol != symbol:
            raise DataError(
                f'data["{symbol}"] holds {data!r}; name it "{data.symbol}", or read it with symbol="{symbol}"'
            )
        return data
    if not is_frame(data):
        raise DataError(
            f'data["{symbol}"] is {type(data).__name__}; pass quotes, bars or prints (sc.read_quotes and the like), '
            f"or a pandas, polars or Arrow frame"
        )
    columns = table_of(data).names
    kind = kind_of_names(columns)
    if kind is None:
        raise DataError(
            f'data["{symbol}"]: neither quotes (bid, ask) nor bars (open, high, low, close) nor prints (price); '
            f"there are {names.quoted(columns)}"
        )
    try:
        if kind is QUOTES:
            return _quotes(data, symbol, {}, grid)
        if kind is BARS:
            bars = read_bars(data, symbol=symbol)
            return bars if grid is None else snapped(bars, grid)
        prints = read_prints(data, symbol=symbol)
        return prints if grid is None else snapped(prints, grid)
    except DataError as error:
        raise DataError(f'data["{symbol}"]: {error}') from error


def kind_of_names(columns: Sequence[str]) -> Kind | None:
    """Quotes, bars or prints, by the names of a table's columns; None where none of them fit."""
    for kind in (QUOTES, BARS, PRINTS):
        if all(names.find(field, columns) is not None for field in kind.required):
            return kind
    return None
