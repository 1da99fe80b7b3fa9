"""CSV and Parquet files as tables.

A CSV may be gzipped; its separator (comma, semicolon, tab or bar) is read off the header line. Only the columns that
are asked for are read. Empty lines are no rows. A file that cannot be opened, decompressed or split into columns is
refused with the reason in one line.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simcore.market.errors import DataError, did_you_mean
from simcore.market.readers.names import date_and_time
from simcore.market.readers.tables import Column, Table, table_of

if TYPE_CHECKING:
    import polars as pl

CSV_ENDINGS = (".csv", ".csv.gz", ".txt", ".txt.gz")
PARQUET_ENDINGS = (".parquet", ".pq")


def read_bytes(path: Path) -> bytes:
    """Return a file's content, decompressed if it is gzipped. Raises DataError if it is missing, empty or damaged."""
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except FileNotFoundError as error:
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise DataError(f"{path}: no such file.{did_you_mean(path.name, beside)}") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}: the gzip file is damaged or cut short ({error}); fetch it again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    if not content.strip():
        raise DataError(f"{path}: the file is empty")
    return content


def csv_table(path: Path, separator: str | None = None, names: Sequence[str] | None = None) -> Table:
    """View a CSV file; `names` are its columns where it has no header line. Raises DataError for what is no table."""
    content = read_bytes(path)
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{path}: the file is UTF-16; save it as UTF-8")
    first_line = content.lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace").strip("\r")
    separator = separator or max(",;\t|", key=first_line.count)
    header = _cells(first_line, separator)
    if names is not None and len(names) != len(header):
        raise DataError(f"{path}: names= has {len(names)} names, the file {len(header)} columns")
    columns = list(names) if names is not None else header
    repeated = [name for name in columns if name and columns.count(name) > 1]
    if repeated:
        raise DataError(f'{path}: two columns are named "{repeated[0]}"; rename one, or pass names=[...]')
    # a date beside a time of day is joined as text; numbers would lose the leading zeros of 090100
    text = date_and_time(columns) or ()
    frames: list[pl.DataFrame] = []

    def get(name: str) -> Column:
        if not frames:
            frames.append(_read_csv(path, content, separator, columns, names is None, text))
        return table_of(frames[0], str(path)).get(f"c{columns.index(name)}")

    return Table(str(path), columns, get)


def _cells(line: str, separator: str) -> list[str]:
    import csv

    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]


def _read_csv(
    path: Path, content: bytes, separator: str, columns: Sequence[str], has_header: bool, text: Sequence[str]
) -> pl.DataFrame:
    """Read all cells into columns c0, c1, ...: as numbers where a whole column is, else as text."""
    import polars as pl

    ids = [f"c{i}" for i in range(len(columns))]
    options: dict[str, Any] = {
        "separator": separator,
        "has_header": False,
        "skip_lines": int(has_header),
        "new_columns": ids,
        "schema_overrides": {f"c{columns.index(name)}": pl.String for name in text},
        "infer_schema_length": 1000,
    }
    try:
        try:
            frame = pl.read_csv(io.BytesIO(content), **options)
        except pl.exceptions.ComputeError:
            # some cell is not what the first thousand rows promised: as text, the row can be found and named
            frame = pl.read_csv(io.BytesIO(content), **options | {"infer_schema_length": 0, "schema_overrides": {}})
    except pl.exceptions.NoDataError as error:
        raise DataError(f"{path}: no rows below the header") from error
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(
            f"{path}: not a table of {len(columns)} columns separated by {separator!r} ({reason})"
        ) from error
    return frame.filter(~pl.all_horizontal(pl.all().is_null())) if frame.null_count().row(0).count(0) == 0 else frame


def parquet_table(path: Path) -> Table:
    """View a Parquet file; columns are read when they are asked for."""
    import polars as pl

    lazy = pl.scan_parquet(path)
    names = _parquet(path, lambda: lazy.collect_schema().names())

    def get(name: str) -> Column:
        frame = _parquet(path, lambda: lazy.select(name).collect())
        return table_of(frame, str(path)).get(name)

    return Table(str(path), names, get)


def _parquet(path: Path, read: Callable[[], Any]) -> Any:
    import polars as pl

    if not path.exists():
        read_bytes(path)
    try:
        return read()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from error
