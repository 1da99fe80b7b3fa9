"""`read_quotes`, `read_prints`, `read_bars`: one source, or several in time order, to one checked bundle of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, TypeVar, Union, Unpack

import numpy as np

from simcore.market import checks
from simcore.market.checks import Int64, text_of
from simcore.market.columns import ASK_PATH, Bars, Prints, Quotes, column
from simcore.market.errors import DataError, did_you_mean
from simcore.market.readers import names
from simcore.market.readers.files import CSV_ENDINGS, PARQUET_ENDINGS, csv_table, parquet_table
from simcore.market.readers.lean import read_lean
from simcore.market.readers.tables import Column, Table, is_frame, numbers, table_of
from simcore.market.readers.times import TimeOptions, to_ns
from simcore.market.timeframe import Timeframe, infer_timeframe, parse_timeframe
from simcore.market.zones import parse_zone

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Frame = Union["pd.DataFrame", "pl.DataFrame", "pl.LazyFrame", "pa.Table", "pa.RecordBatch"]
Source = str | Path | Frame
Rows = TypeVar("Rows", Quotes, Prints, Bars)

_SIDES = {"buy": 1, "b": 1, "bid": 1, "1": 1, "+1": 1, "sell": -1, "s": -1, "a": -1, "ask": -1, "-1": -1, "0": 0, "": 0}


class ReadOptions(TypedDict, total=False):
    """How to read a source, where it cannot be told from the source itself."""

    columns: Mapping[str, str] | None  # {"bid": "Bid Price"}: which column is which
    timezone: str | None  # of times written without one: "America/New_York", "UTC-05"; UTC if not given
    unit: str | None  # of epoch numbers: "s", "ms", "us", "ns"; told by their size if not given
    time_format: str | None  # of times as text: "%d/%m/%Y %H:%M"; told by the first row if not given
    separator: str | None  # between a CSV's cells; told by its first line if not given
    names: Sequence[str] | None  # of a CSV's columns, where it has no header line


class _Piece(NamedTuple):
    """One file or frame, read but not checked."""

    place: str
    ts: Int64
    columns: dict[str, Any]
    timeframe: Timeframe | None


def read_quotes(source: Source | Sequence[Source], *, symbol: str, **options: Unpack[ReadOptions]) -> Quotes:
    """Read bid and ask, with their sizes where the source has them.

    `source` is a path (.parquet, .csv, .txt, .gz of these, LEAN .zip), a pandas, polars or Arrow frame, or a sequence
    of those in time order; `options` are those of ReadOptions. Raises DataError naming file, row and value.
    """
    pieces = _load(source, names.QUOTES, names.QUOTES_OPTIONAL, options)
    return _joined([_checked(Quotes(symbol, p.ts, **p.columns, checked=True), p.place) for p in pieces], pieces)


def read_prints(source: Source | Sequence[Source], *, symbol: str, **options: Unpack[ReadOptions]) -> Prints:
    """Read trades in the market: price, with size and side (1, -1, 0, or buy and sell) where the source has them.

    Takes and raises what `read_quotes` does.
    """
    pieces = _load(source, names.PRINTS, names.PRINTS_OPTIONAL, options)
    return _joined([_checked(Prints(symbol, p.ts, **p.columns, checked=True), p.place) for p in pieces], pieces)


def read_bars(
    source: Source | Sequence[Source], *, symbol: str, timeframe: str | None = None, **options: Unpack[ReadOptions]
) -> Bars:
    """Read bars stamped by their start: open high low close, with volume and ask side where the source has them.

    `timeframe` ("1min", "1h", "1D") is the commonest spacing of the rows if not given. Takes and raises what
    `read_quotes` does, and refuses bars that lie closer together than their timeframe.
    """
    pieces = _load(source, names.BARS, names.BARS_OPTIONAL, options)
    length = parse_timeframe(timeframe) if timeframe is not None else pieces[0].timeframe
    for piece in pieces:
        checks.check_times(piece.place, piece.ts)  # before a spacing is looked for in them
    length = length or infer_timeframe(np.concatenate([p.ts for p in pieces]), pieces[0].place)
    bars = [_checked(Bars(symbol, length.text, p.ts, **p.columns, checked=True), p.place) for p in pieces]
    joined = _joined(bars, pieces)
    if (np.diff(joined.ts) > 0).any() and (spacing := infer_timeframe(joined.ts)).ns < length.ns:
        raise DataError(f"{pieces[0].place}: timeframe is {length.text}, but most rows are {spacing.text} apart")
    return joined


def as_columns(data: Quotes | Prints | Bars | Frame, symbol: str) -> Quotes | Prints | Bars:
    """Return `data` as it is, or read a frame as what its columns say: bid and ask, or open to close, or price.

    Raises DataError if `data` bears another symbol, or is none of these.
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
    for fields, read in ((names.QUOTES, read_quotes), (names.BARS, read_bars), (names.PRINTS, read_prints)):
        if all(names.find(field, columns) is not None for field in fields):
            try:
                return read(data, symbol=symbol)
            except DataError as error:
                raise DataError(f'data["{symbol}"]: {error}') from error
    raise DataError(
        f'data["{symbol}"]: neither quotes (bid, ask) nor bars (open, high, low, close) nor prints (price); '
        f"there are {names.quoted(columns)}"
    )


def _load(
    source: Source | Sequence[Source], required: Sequence[str], optional: Sequence[str], options: ReadOptions
) -> list[_Piece]:
    for option in options:
        if option not in ReadOptions.__annotations__:
            known = ReadOptions.__annotations__
            raise TypeError(f'unknown option "{option}"; there are {", ".join(known)}.{did_you_mean(option, known)}')
    sources = source if isinstance(source, list | tuple) else [source]
    if not sources:
        raise DataError("no files: the list of sources is empty")
    numbered = ((f" {i}" if len(sources) > 1 else "", one) for i, one in enumerate(sources, 1))
    pieces = [_piece(one, number, required, optional, options) for number, one in numbered]
    for piece in pieces:
        if piece.ts.size == 0:
            raise DataError(f"{piece.place}: no rows; check the file, or the filter that made this frame")
    return pieces


def _piece(source: Any, number: str, required: Sequence[str], optional: Sequence[str], options: ReadOptions) -> _Piece:
    if not is_frame(source) and _path(source).suffix.lower() == ".zip":
        return _lean_piece(_path(source), required, optional, options)
    table = _table(source, number, options)
    chosen = names.choose(table.place, table.names, required, optional, options.get("columns"))
    when = TimeOptions(parse_zone(options.get("timezone")), options.get("unit"), options.get("time_format"))
    ts = to_ns(_times(table, chosen.pop("ts"), options), when, table.place)
    ask = [field for field in ASK_PATH if field in chosen]
    if ask and len(ask) < len(ASK_PATH):
        raise DataError(f"{table.place}: only {', '.join(ask)} of the ask side; give all four columns or none")
    values = {field: _values(table, field, name) for field, name in chosen.items()}
    return _Piece(table.place, column(ts, np.int64), values, None)


def _table(source: Any, number: str, options: ReadOptions) -> Table:
    if is_frame(source):
        table = table_of(source)
        return Table(table.place + number, table.names, table.get)
    path = _path(source)
    name = path.name.lower()
    if name.endswith(CSV_ENDINGS):
        return csv_table(path, options.get("separator"), options.get("names"))
    if name.endswith(PARQUET_ENDINGS):
        return parquet_table(path)
    raise DataError(f'{path}: unknown ending "{path.suffix}"; known are .parquet, .csv, .csv.gz, .txt and LEAN\'s .zip')


def _path(source: Any) -> Path:
    if not isinstance(source, str | Path):
        raise TypeError(f"a source is a path, or a pandas, polars or Arrow frame; was {type(source).__name__}")
    return Path(source)


def _lean_piece(path: Path, required: Sequence[str], optional: Sequence[str], options: ReadOptions) -> _Piece:
    lean = read_lean(path, options.get("timezone"))
    if set(required) - lean.columns.keys():
        holds, reader = ("ticks", "read_quotes") if "bid" in lean.columns else ("bars", "read_bars")
        raise DataError(f"{path}: holds {holds}; read it with {reader}")
    wanted = {field: values for field, values in lean.columns.items() if field in (*required, *optional)}
    return _Piece(str(path), column(lean.ts, np.int64), wanted, lean.timeframe)


def _times(table: Table, name: str, options: ReadOptions) -> Column:
    pair = names.date_and_time(table.names)
    if pair is None or "ts" in (options.get("columns") or {}):
        return table.get(name)
    import polars as pl

    date, clock = table.get(pair[0]), table.get(pair[1])
    if not (isinstance(date, pl.Series) and isinstance(clock, pl.Series)):
        raise DataError(
            f'{table.place}: "{pair[0]}" and "{pair[1]}" cannot be joined as text; '
            f'choose one: columns={{"ts": "{pair[0]}"}}'
        )
    return date + " " + clock


def _values(table: Table, field: str, name: str) -> Any:
    cells = table.get(name)
    if field != "side" or isinstance(cells, np.ndarray):
        values = numbers(cells, table.place, name)
        if field == "side":
            checks.check_sides(table.place, values)
        return values
    import polars as pl

    texts = pl.Series(cells).fill_null("").str.strip_chars().str.to_lowercase()
    sides = texts.replace_strict(_SIDES, default=None, return_dtype=pl.Int8)
    if sides.null_count():
        row = int(sides.is_null().arg_max() or 0)
        raise DataError(f'{table.place}, row {row + 1}: side "{texts[row]}" is unknown; write buy or sell, 1, -1 or 0')
    return sides.to_numpy()


def _checked(rows: Rows, place: str) -> Rows:
    rows.check(place)
    return rows


def _joined(parts: Sequence[Rows], pieces: Sequence[_Piece]) -> Rows:
    """Put parts that follow each other in time into one."""
    first = parts[0]
    if len(parts) == 1:
        return first
    for before, after, left, right in zip(parts, parts[1:], pieces, pieces[1:], strict=False):
        if after.ts[0] < before.ts[-1]:
            raise DataError(
                f"{right.place}, row 1: time {text_of(after.ts[0])} is earlier than {text_of(before.ts[-1])}, "
                f"the last of {left.place}; pass the files in time order, without overlap"
            )
        if left.columns.keys() != right.columns.keys():
            unlike = sorted(left.columns.keys() ^ right.columns.keys())
            raise DataError(
                f"{right.place}: {', '.join(unlike)} is in one of it and {left.place} only; read them apart"
            )
    arrays = [part.given() for part in parts]
    return first.with_columns({name: np.concatenate([one[name] for one in arrays]) for name in arrays[0]})
