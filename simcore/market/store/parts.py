"""One file of the store: the rows of one day, as Parquet that decodes fast.

Times are int64 ns UTC, delta-packed; prices and sizes are float64 by dictionary, because a day of prices on a grid has
few distinct ones (where a day has too many, Parquet falls back to plain values by itself). There is no compression on
top: it would cost more time than it saves space. No column has nulls. Any Parquet reader can read the files; ours knows
the digest of each and refuses one that is damaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.market.checks import Int64
from simcore.market.columns import Array, Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.measure import parse_bars
from simcore.market.store.digest import digest_of
from simcore.market.store.manifest import Key, Part
from simcore.market.timeframe import DAY, HOUR

if TYPE_CHECKING:
    import pyarrow as pa

Rows = Quotes | Prints | Bars
Columns = dict[str, Array]

ROW_GROUP: Final = 1 << 18  # rows decoded at once
_RESTORE: Final = "restore it from a backup, or prune the period and import it again"
KINDS: Final = {"quotes": Quotes, "prints": Prints, "bars": Bars}


def key_of(rows: Rows) -> Key:
    """Return the series that rows belong to."""
    kind = next(name for name, cls in KINDS.items() if isinstance(rows, cls))
    return Key(kind, rows.symbol, rows.timeframe if isinstance(rows, Bars) else None)


def rows_of(key: Key, columns: Columns) -> Rows:
    """Return columns of the store, which were checked when they were written, as quotes, prints or bars."""
    if key.kind == "bars":
        return Bars(key.symbol, str(key.timeframe), **columns, checked=True)
    return (Prints if key.kind == "prints" else Quotes)(key.symbol, **columns, checked=True)


def periods(key: Key, ts: Int64) -> Iterator[tuple[str, slice]]:
    """Cut times (n,) int64 ns in order by the file they go to: UTC days, or years for bars of an hour and more."""
    yearly = key.timeframe is not None and parse_bars(key.timeframe).ns >= HOUR
    start = 0
    while start < ts.size:
        name, end = _year(int(ts[start])) if yearly else _day(int(ts[start]))
        stop = int(np.searchsorted(ts, end))
        yield name, slice(start, stop)
        start = stop


def _day(ts: int) -> tuple[str, int]:
    day = ts // DAY
    return str(np.datetime64(day, "D")), (day + 1) * DAY


def _year(ts: int) -> tuple[str, int]:
    year = np.datetime64(ts, "ns").astype("datetime64[Y]")
    return str(year), int((year + 1).astype("datetime64[ns]").astype(np.int64))


def encoded(columns: Columns) -> tuple[pa.Buffer, int]:
    """Return columns as the content of a Parquet file, and how many groups of rows it has."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([pa.field(name, pa.from_numpy_dtype(v.dtype), nullable=False) for name, v in columns.items()])
    table = pa.table([pa.array(values) for values in columns.values()], schema=schema)
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        row_group_size=ROW_GROUP,
        compression="none",
        use_dictionary=[name for name in columns if name != "ts"],
        column_encoding={"ts": "DELTA_BINARY_PACKED"},
        store_schema=False,
    )
    return sink.getvalue(), -(-table.num_rows // ROW_GROUP)


def decoded(folder: Path, part: Part, names: Sequence[str], group: int) -> Columns:
    """Return the named columns of one of a file's groups of rows, as read-only arrays.

    The first group reads the whole file and compares its digest. Raises DataError for a file that is missing or not the
    one that was written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / part.file
    try:
        source = pa.BufferReader(_verified(path, part)) if group == 0 else pa.OSFile(str(path))
        with source, pq.ParquetFile(source) as file:
            table = file.read_row_group(group, columns=list(names), use_threads=False)
    except FileNotFoundError as error:
        raise DataError(f"{path}: the file is gone; was the store changed while it was read? {_RESTORE}") from error
    except (OSError, KeyError, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read ({' '.join(str(error).split())}); {_RESTORE}") from error
    return {name: _array(table.column(name)) for name in names}


def _verified(path: Path, part: Part) -> bytes:
    content = path.read_bytes()
    if len(content) != part.size or digest_of(content) != part.digest:
        raise DataError(f"{path}: the file is damaged, or was changed since the store wrote it; {_RESTORE}")
    return content


def _array(column: Any) -> Array:
    chunk = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    array: Array = chunk.to_numpy(zero_copy_only=True)
    return array
