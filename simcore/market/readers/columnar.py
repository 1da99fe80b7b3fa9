"""Parquet and Feather (Arrow IPC) files as tables: only the columns that are asked for are read.

Feather is read in both versions. Compressed files (lz4, zstd, snappy, gzip) are read as they are.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simcore.market.errors import DataError
from simcore.market.readers.tables import Column, Table, table_of
from simcore.market.readers.text import missing

if TYPE_CHECKING:
    import polars as pl


def parquet_table(path: Path) -> Table:
    """View a Parquet file. Raises DataError if it is missing or damaged."""
    import polars as pl

    return _lazy_table(path, pl.scan_parquet(path) if path.exists() else None, "Parquet")


def parquet_tables(path: Path, rows: int) -> Iterator[Table]:
    """View a Parquet file a number of rows at a time. Raises DataError, also midway, if it is damaged."""
    import polars as pl
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=rows):
                yield table_of(pl.from_arrow(batch), str(path))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({_first_line(error)})") from error


def feather_table(path: Path) -> Table:
    """View a Feather or Arrow IPC file. Raises DataError if it is missing or damaged."""
    import polars as pl

    if not path.exists():
        raise missing(path)
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == b"FEA1":  # the first version, which only pyarrow reads
        import pyarrow as pa
        from pyarrow import feather

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # that nobody should write it any more
                return table_of(pl.from_arrow(feather.read_table(path)), str(path))
        except (pa.ArrowInvalid, OSError) as error:
            raise DataError(f"{path}: not a readable Feather file ({_first_line(error)})") from error
    return _lazy_table(path, pl.scan_ipc(path), "Feather")


def _lazy_table(path: Path, lazy: pl.LazyFrame | None, format_: str) -> Table:
    if lazy is None:
        raise missing(path)
    names = _attempt(path, format_, lambda: lazy.collect_schema().names())

    def read(chosen: Sequence[str], numeric: Collection[str]) -> Mapping[str, Column]:
        # one after the other: as fast as all at once, and never more than one column is held twice
        return {name: one(name) for name in dict.fromkeys(chosen)}

    def one(name: str) -> Column:
        frame = _attempt(path, format_, lambda: lazy.select(name).collect())
        return table_of(frame, str(path)).read([name], ())[name]

    return Table(str(path), names, read)


def _attempt(path: Path, format_: str, read: Callable[[], Any]) -> Any:
    import polars as pl

    try:
        return read()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: not a readable {format_} file ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
