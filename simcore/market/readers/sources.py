"""What a caller may pass as a source: a file, a folder, a pattern, a frame, or several of them.

A folder is read with the folders in it, but only the files that can hold what is asked for, as far as their names say:
quotes from `20140501_quote.zip` and `10h_ticks.bi5`, bars from `BID_candles_min_1.bi5`. Several files are read at the
same time, on all processors.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Union

import numpy as np

from simcore.market.columns import column
from simcore.market.errors import DataError
from simcore.market.measure import parse_bars
from simcore.market.readers.request import BARS, PRINTS, QUOTES, Kind, Piece, Request
from simcore.market.readers.table import table_piece
from simcore.market.readers.tables import Table, is_frame, table_of
from simcore.market.readers.text import NoContract
from simcore.market.timeframe import parse_timeframe

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Frame = Union["pd.DataFrame", "pl.DataFrame", "pl.LazyFrame", "pa.Table", "pa.RecordBatch"]
Source = str | Path | Frame

_BID: Final = re.compile(r"BID_candles_.*\.bi5", re.IGNORECASE)
_ASK: Final = re.compile(r"ASK_candles_.*\.bi5", re.IGNORECASE)
_CANDLES: Final = re.compile(r"candles_(min|hour|day)_(\d+)", re.IGNORECASE)


def read_pieces(source: Source | Sequence[Source], request: Request) -> list[Piece]:
    """Read every file or frame, in the order given, those of a folder or pattern by name. Raises DataError."""
    request.check()
    sources = source if isinstance(source, list | tuple) else [source]
    if not sources:
        raise DataError("no files: the list of sources is empty")
    found: list[Any] = [one for given in sources for one in _expanded(given, request)]
    _one_of_each(found)
    several = len(found) > 1
    numbered = [(f" {n}" if several else "", one) for n, one in enumerate(found, 1)]

    results = _all(numbered, lambda one: _read_one(one[1], one[0], request))
    pieces = [one for one in results if isinstance(one, Piece)]
    if not pieces:
        raise next(one for one in results if isinstance(one, NoContract))
    scale = request.options.get("size_scale") or 1.0
    pieces = [piece if scale == 1.0 else piece.scaled(scale) for piece in pieces]
    return _with_rows([piece._replace(ts=column(piece.ts, np.int64)) for piece in pieces])


def _read_one(source: Any, number: str, request: Request) -> Piece | NoContract:
    if is_frame(source):
        return _frame_piece(source, number, request)
    from simcore.market.readers.formats import read_file  # a run on frames needs no format at all

    try:
        return read_file(source, request)
    except NoContract as error:  # a day without it
        return error


def _all(sources: Sequence[Any], read: Callable[[Any], Any]) -> list[Any]:
    """Read on all processors, in order; the first error is raised."""
    workers = min(len(sources), os.cpu_count() or 1)
    if workers < 2:
        return [read(one) for one in sources]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(read, sources))


def _with_rows(pieces: list[Piece]) -> list[Piece]:
    """Leave out empty .bi5 files (hours without a tick), unless nothing else is there; refuse other empty ones."""
    empty = [piece for piece in pieces if piece.ts.size == 0]
    hours = [piece for piece in empty if piece.place.lower().endswith(".bi5")]
    if len(empty) > len(hours) or len(empty) == len(pieces):
        place = next((piece.place for piece in empty if piece not in hours), empty[0].place)
        raise DataError(f"{place}: no rows; check the file, or the filter that made this frame")
    full = [piece for piece in pieces if piece.ts.size]
    ticks = [piece for piece in full if piece.place.lower().endswith(".bi5")]
    if len(ticks) > 1:
        from simcore.market.readers.dukascopy import same_ticks

        same_ticks(ticks)
    return full


def _frame_piece(frame: Any, number: str, request: Request) -> Piece:
    table = table_of(frame)
    return table_piece(Table(table.place + number, table.names, table.read), request)


def _expanded(source: Any, request: Request) -> list[Any]:
    if is_frame(source):
        return [source]
    if not isinstance(source, str | Path):
        raise TypeError(f"a source is a path, or a pandas, polars or Arrow frame; was {type(source).__name__}")
    path = Path(source).expanduser()
    if path.is_dir():
        return _of_folder(path, request)
    if path.exists() or not glob.has_magic(str(path)):
        return [path]
    found = sorted(Path(one) for one in glob.glob(str(path), recursive=True) if not Path(one).is_dir())
    if not found:
        raise DataError(f"{path}: no file has such a name")
    return found


def files_of(folder: Path) -> list[Path]:
    """The data files of a folder and the folders in it, by name; without empty .bi5, which are hours without a tick."""
    from simcore.market.readers.formats import ENDINGS, TEXT_ENDINGS

    data = (*ENDINGS, *TEXT_ENDINGS)
    found = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in data and path.is_file()]
    return [path for path in found if path.suffix.lower() != ".bi5" or path.stat().st_size]


def _of_folder(folder: Path, request: Request) -> list[Path]:
    files = files_of(folder)
    found = [path for path in files if request.kind in kinds_by_name(path.name)]
    if request.timeframe is not None:
        found = [path for path in found if _timeframe(path.name) in (None, request.timeframe)]
    if not found:
        there = f"; there are {', '.join(path.name for path in islice(files, 5))}" if files else ""
        raise DataError(f"{folder}: no file of {request.kind.name} in this folder{there}")
    _one_series(folder, found, request)
    return found


def one_by_one(paths: Sequence[Path], kind: str | None = None, timeframe: str | None = None) -> list[Path]:
    """The files to read one after the other for all that `paths` (files and folders) hold.

    Left out are empty .bi5 files, and ASK candles beside their BID ones: `both_sides` finds them again.
    """
    length = parse_bars(timeframe) if timeframe is not None else None
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            named = next((one for one in (QUOTES, PRINTS, BARS) if one.name == kind), _kind_of_first(path))
            found += _of_folder(path, Request(named, "", {}, length))
        elif path.suffix.lower() != ".bi5" or not path.exists() or path.stat().st_size:
            found.append(path)
    there = set(found)
    return [path for path in found if not (_ASK.match(path.name) and path.with_name("BID" + path.name[3:]) in there)]


def both_sides(path: Path) -> list[Path]:
    """A file, and for BID candles the ASK candles beside them, if there are any."""
    beside = path.with_name("ASK" + path.name[3:])
    return [path, beside] if _BID.match(path.name) and beside.exists() else [path]


def _kind_of_first(folder: Path) -> Kind:
    first = next(iter(files_of(folder)), folder)
    return (*kinds_by_name(first.name), QUOTES)[0]


def kinds_by_name(name: str) -> tuple[Kind, ...]:
    """The kinds a file may hold, as far as its name says."""
    lower = name.lower()
    if "openinterest" in lower:
        return ()
    if lower.endswith(("_ticks.bi5", ".ticks")) or "bookticker" in lower:
        return (QUOTES,)
    if "_candles_" in f"_{lower}":
        return (BARS,)
    if re.search(r"-(agg)?trades-\d{4}", lower):
        return (PRINTS,)
    if "_trade" in lower:
        return (PRINTS, BARS)
    return (QUOTES, BARS) if "_quote" in lower else (QUOTES, PRINTS, BARS)


def _timeframe(name: str) -> Any:
    match = _CANDLES.search(name)
    return parse_timeframe(match[2] + {"min": "min", "hour": "h", "day": "D"}[match[1].lower()]) if match else None


def _one_series(folder: Path, files: Sequence[Path], request: Request) -> None:
    """Refuse a folder that holds bars of several timeframes, or of quotes and trades both."""
    frames = sorted({found.text for path in files if (found := _timeframe(path.name))})
    if len(frames) > 1:
        raise DataError(f'{folder}: bars of {", ".join(frames)} in one folder; pass timeframe="{frames[0]}"')
    sides = sorted({word for path in files for word in ("_quote", "_trade") if word in path.name.lower()})
    if len(sides) > 1 and request.kind is BARS:
        raise DataError(
            f'{folder}: bars of quotes and bars of trades in one folder; pass "{folder}/*_quote*" or the other'
        )


def _one_of_each(sources: Sequence[Any]) -> None:
    """Refuse a file that is given twice."""
    seen: set[Path] = set()
    for one in sources:
        if isinstance(one, Path):
            path = one.resolve()
            if path in seen:
                raise DataError(f"{one}: given twice; pass each file once")
            seen.add(path)
