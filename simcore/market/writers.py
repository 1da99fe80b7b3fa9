"""Quotes, prints and bars as files for other tools: Parquet, Feather, CSV; whole or not at all, piece by piece.

Columns have the names of `columns`; `ts` is a UTC time with nanoseconds, in CSV as 2024-01-02T10:00:00.000000000Z.
Numbers in CSV have all the digits that bring the same float64 back. What is written can be read again with sc.read_*.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Final

from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError, did_you_mean
from simcore.market.store import disk

Rows = Quotes | Prints | Bars
Add = Callable[[Rows], None]

_TIME: Final = "%Y-%m-%dT%H:%M:%S%.9fZ"


def write(path: Path, chunks: Iterable[Rows]) -> int:
    """Write rows that follow one another to a new file, in the format of its ending; returns how many.

    Raises what `check_target` does, and DataError for a disk that refuses.
    """
    ending = check_target(path)
    rows = 0
    try:
        with disk.whole_file(path) as file, _WRITERS[ending](file) as add:
            for chunk in chunks:
                add(chunk)
                rows += len(chunk)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise DataError(f"{path}: could not be written: {cause}. Nothing was written") from error
    return rows


def check_target(path: Path) -> str:
    """Return the ending that says a file's format. Raises DataError for one nobody writes, and a file that is there."""
    ending = next((one for one in _WRITERS if path.name.lower().endswith(one)), None)
    if ending is None:
        known = ", ".join(_WRITERS)
        raise DataError(
            f'{path}: unknown ending "{path.suffix}"; known are {known}.{did_you_mean(path.suffix, _WRITERS)}'
        )
    if path.exists():
        raise DataError(f"{path}: is there already; name a new file")
    return ending


@contextmanager
def _tables(opened: Callable[[Any], Any]) -> Iterator[Add]:
    """Arrow tables, to what `opened` makes of the first one's schema."""
    made: list[Any] = []

    def add(rows: Rows) -> None:
        table = rows.to_polars().to_arrow()
        if not made:
            made.append(opened(table.schema))
        made[0].write_table(table)

    yield add
    for writer in made:
        writer.close()


def _parquet(file: IO[bytes]) -> AbstractContextManager[Add]:
    from pyarrow.parquet import ParquetWriter

    return _tables(lambda schema: ParquetWriter(file, schema, compression="zstd"))


def _feather(file: IO[bytes]) -> AbstractContextManager[Add]:
    from pyarrow import ipc

    return _tables(lambda schema: ipc.new_file(file, schema))


@contextmanager
def _csv(file: IO[bytes]) -> Iterator[Add]:
    begun = False

    def add(rows: Rows) -> None:
        nonlocal begun
        file.write(rows.to_polars().write_csv(include_header=not begun, datetime_format=_TIME).encode())
        begun = True

    yield add


@contextmanager
def _csv_gz(file: IO[bytes]) -> Iterator[Add]:
    with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed, _csv(packed) as add:  # type: ignore[arg-type]
        yield add


_WRITERS: Final = {
    ".parquet": _parquet,
    ".pq": _parquet,
    ".feather": _feather,
    ".arrow": _feather,
    ".csv.gz": _csv_gz,
    ".csv": _csv,
}
