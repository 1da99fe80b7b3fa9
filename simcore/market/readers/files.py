"""CSV and Parquet files as tables.

A CSV may be gzipped; its separator (comma, semicolon, tab or bar) is read off its first line. Empty lines are no rows.
A file that cannot be opened, decompressed or split into columns is refused with the reason in one line.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
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
    if b"\x00" in content[:1000]:
        raise DataError(f"{path}: not a text file in UTF-8; if it is UTF-16, save it as UTF-8")
    content = content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    head_line, _, rows = content.partition(b"\n")
    head = head_line.decode("utf-8", "replace").strip("\r")
    separator = separator or max(",;\t|", key=head.count)
    columns = _columns(path, _cells(head, separator), names)
    # a date beside a time of day is joined as text; numbers would lose the leading zeros of 090100
    text = date_and_time(columns) or ()
    frame = _read_csv(path, content if names is not None else rows, separator, columns, text)
    return Table(str(path), columns, lambda name: table_of(frame, str(path)).get(f"c{columns.index(name)}"))


def _columns(path: Path, head: list[str], names: Sequence[str] | None) -> list[str]:
    """Return the columns' names: the cells of the first line, or `names` where that is data already."""
    if names is not None and len(names) != len(head):
        raise DataError(f"{path}: names= has {len(names)} names, the file {len(head)} columns")
    if names is None and all(re.match(r"[\d.+-]", cell) for cell in head):
        raise DataError(
            f"{path}: the first line is data ({head[0]}, ...), not a header; pass names=[...] for the columns"
        )
    columns = list(names) if names is not None else head
    repeated = [name for name in columns if name and columns.count(name) > 1]
    if repeated:
        raise DataError(f'{path}: two columns are named "{repeated[0]}"; rename one in the file')
    return columns


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]


def _read_csv(path: Path, rows: bytes, separator: str, columns: Sequence[str], text: Sequence[str]) -> pl.DataFrame:
    """Read all cells into columns c0, c1, ...: as numbers where a whole column is, else as text."""
    import polars as pl

    if not rows.strip():
        raise DataError(f"{path}: no rows below the header")
    ids = [f"c{i}" for i in range(len(columns))]
    dtypes = {f"c{columns.index(name)}": pl.String for name in text}
    options: dict[str, Any] = {"separator": separator, "has_header": False, "new_columns": ids}
    try:
        try:
            frame = pl.read_csv(io.BytesIO(rows), infer_schema_length=1000, schema_overrides=dtypes, **options)
        except pl.exceptions.ComputeError:
            # some cell is not what the first thousand rows promised: as text, the row can be found and named
            frame = pl.read_csv(io.BytesIO(rows), infer_schema_length=0, **options)
    except pl.exceptions.PolarsError as error:
        raise DataError(_ragged(path, rows, separator, len(columns), error)) from error
    return frame.filter(~pl.all_horizontal(pl.all().is_null())) if all(frame.null_count().row(0)) else frame


def _ragged(path: Path, rows: bytes, separator: str, width: int, error: Exception) -> str:
    """Say which row does not have `width` cells, or repeat the first line of what the parser said."""
    lines = (line for line in rows.decode("utf-8", "replace").splitlines() if line)
    for row, line in enumerate(lines, 1):
        if (found := len(_cells(line, separator))) > width:
            return f"{path}, row {row}: {found} cells, the header has {width}; repair the row or the header"
    return f"{path}: not a table of {width} columns separated by {separator!r} ({str(error).strip().splitlines()[0]})"


def parquet_table(path: Path) -> Table:
    """View a Parquet file; columns are read when they are asked for. Raises DataError if it is missing or damaged."""
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
        reason = str(error).strip().splitlines()[0]
        raise DataError(f"{path}: not a readable Parquet file ({reason})") from error
