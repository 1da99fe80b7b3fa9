"""Text tables (CSV and its kin) as tables: comma, semicolon, tab or bar between the cells, with or without a header.

Only the columns that are asked for are parsed: prices straight into float64, the rest as it comes. A file that cannot
be split into columns is refused with the reason in one line; a cell that is no number is named by row.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simcore.market.errors import DataError
from simcore.market.readers.names import MAKERS, date_and_time, normal
from simcore.market.readers.request import Request
from simcore.market.readers.tables import Column, Marks, Table, table_of
from simcore.market.readers.text import Content, plain_text

if TYPE_CHECKING:
    import polars as pl

SEPARATORS = ",;\t|"


def csv_table(content: Content, request: Request) -> Table:
    """View a CSV; `names` of the options are its columns where it has no header line. Raises DataError if not."""
    options = request.options
    data = plain_text(content, request)
    head = data[: data.find(b"\n") + 1 or None].decode("utf-8", "replace").strip("\r\n")
    separator = options.get("separator") or separator_of(head)
    names = options.get("names")
    columns = _columns(content.place, cells(head, separator), names)
    return text_table(content.place, data, columns, separator=separator, header=names is None, marks=marks_of(request))


def text_table(
    place: str,
    data: bytes,
    columns: Sequence[str],
    *,
    separator: str = ",",
    header: bool = False,
    marks: Marks = Marks(),  # noqa: B008
) -> Table:
    """View a plain text of `columns`; with `header`, its first line is skipped."""
    # a date beside a time of day is joined as text; numbers would lose the leading zeros of 090100
    text = date_and_time(columns) or ()
    found = re.compile(rb"\S[^\n]*").search(data, data.find(b"\n") + 1 or len(data)) if header else None
    if header and found is None:
        raise DataError(f"{place}: no rows below the header")
    line = found.group() if found else data[: data.find(b"\n") + 1 or None]
    first = cells(line.decode("utf-8", "replace").rstrip("\r\n"), separator)

    def read(names: Sequence[str], numeric: Collection[str]) -> Mapping[str, Column]:
        import polars as pl

        # what nobody asked for is text: cheap, and rows of another width are still found
        dtypes: list[pl.DataType] = [pl.String()] * len(columns)
        for name in names:
            n = columns.index(name)
            cell = first[n] if n < len(first) else ""
            if name in numeric:
                dtypes[n] = pl.String() if marks != Marks() else pl.Float64()
            elif normal(name) in MAKERS and cell.lower() in ("true", "false"):
                dtypes[n] = pl.Boolean()
            elif name not in text and re.fullmatch(r"[0-9]{1,18}", cell):
                dtypes[n] = pl.Int64()
        frame = _read(place, data, dtypes, separator, header)
        read_in = table_of(frame, place).read([f"c{columns.index(name)}" for name in names], ())
        return dict(zip(names, read_in.values(), strict=True))

    return Table(place, list(columns), read)


def marks_of(request: Request) -> Marks:
    """How the numbers of a text are written, by the options."""
    return Marks(request.options.get("decimal") or ".", request.options.get("thousands") or "")


def separator_of(line: str) -> str:
    """The separator that a line holds most of."""
    return max(SEPARATORS, key=line.count)


def cells(line: str, separator: str) -> list[str]:
    """Split one line as CSV does."""
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]


def _columns(place: str, head: list[str], names: Sequence[str] | None) -> list[str]:
    """Return the columns' names: the cells of the first line, or `names` where that is data already."""
    if names is not None and len(names) != len(head):
        raise DataError(f"{place}: names= has {len(names)} names, the file {len(head)} columns")
    if names is None and all(re.match(r"[\d.+-]", cell) for cell in head):
        raise DataError(
            f"{place}: the first line is data ({head[0]}, ...), not a header; pass names=[...] for the columns"
        )
    columns = list(names) if names is not None else head
    repeated = [name for name in columns if name and columns.count(name) > 1]
    if repeated:
        raise DataError(f'{place}: two columns are named "{repeated[0]}"; rename one in the file')
    return columns


def _read(place: str, data: bytes, dtypes: Sequence[Any], separator: str, header: bool) -> pl.DataFrame:
    """Read all cells into columns c0, c1, ... of `dtypes`, or of text if some cell is not what its column is."""
    frame = _parse(place, data, dtypes, separator, header)
    if all(frame.null_count().row(0)):  # blank lines may be among the rows: they are none
        filled = re.sub(rb"(\r?\n)(?:[ \t]*\r?\n)+", rb"\1", data)
        return _parse(place, filled, dtypes, separator, header) if len(filled) < len(data) else frame
    return frame


def _parse(place: str, data: bytes, dtypes: Sequence[Any], separator: str, header: bool) -> pl.DataFrame:
    import polars as pl

    ids = [f"c{i}" for i in range(len(dtypes))]
    options: dict[str, Any] = {"separator": separator, "has_header": False, "skip_rows": int(header)}
    options["encoding"] = "utf8-lossy"
    try:
        try:
            return pl.read_csv(data, schema=dict(zip(ids, dtypes, strict=True)), **options)
        except pl.exceptions.ComputeError:
            # as text, the row can be found and named
            return pl.read_csv(data, schema=dict.fromkeys(ids, pl.String()), **options)
    except pl.exceptions.PolarsError as error:
        raise DataError(_ragged(place, data, separator, len(ids), header, error)) from error


def _ragged(place: str, data: bytes, separator: str, width: int, header: bool, error: Exception) -> str:
    """Say which row does not have `width` cells, or repeat the first line of what the parser said."""
    lines = [line for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
    for row, line in enumerate(lines[int(header) :], 1):
        if (found := len(cells(line, separator))) > width or (row == 1 and found < width):
            hint = ""
            if separator == "," and re.search(r",\d+,\d+,\d+,\d+", line):
                hint = '; if its numbers have decimal commas, write it with another separator, such as ";"'
            return f"{place}, row {row}: {found} cells, the header has {width}; repair the row or the header{hint}"
    return f"{place}: not a table of {width} columns separated by {separator!r} ({str(error).strip().splitlines()[0]})"
