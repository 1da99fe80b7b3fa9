"""Files larger than memory, read block by block: CSVs, HistData's, MetaTrader's ticks, Binance's archives, Parquet.

A block of text is some megabytes of whole lines below the file's header, read as a file of its own; rows are counted
on, so an error names the row of the file. The rows and their checks are those of the whole file. Read whole are files
of other formats, and those of which a part does not tell what all of it does: rows of several symbols, dates whose day
and month only other rows tell apart (pass time_format=), bars of MetaTrader, and what is to be sorted.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import numpy as np

from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.measure import Measure, parse_bars
from simcore.market.readers import binance, metatrader, names
from simcore.market.readers.columnar import parquet_table, parquet_tables
from simcore.market.readers.delimited import cells, separator_of
from simcore.market.readers.formats import format_of, read_content
from simcore.market.readers.read import check_spacing
from simcore.market.readers.request import BARS, PRINTS, QUOTES, Kind, Piece, ReadOptions, Request
from simcore.market.readers.table import table_piece
from simcore.market.readers.text import Content, damaged, member_of, utf16_of
from simcore.market.timeframe import Timeframe, infer_timeframe

Rows = Quotes | Prints | Bars

BLOCK: Final = 1 << 23  # bytes of text
ROWS: Final = 1 << 19  # of a block of Parquet
_CUT: Final = ("csv", "histdata", "binance", "metatrader")
_LOOKED_AT: Final = 1 << 16  # bytes of the first block
_PACKED: Final = 8  # a packed file is about so many times larger
_EITHER_MONTH: Final = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{4}")
_FAULTS: Final = (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, NotImplementedError, RuntimeError)


def in_blocks(
    path: Path, symbol: str, kind: Kind, timeframe: str | None, options: ReadOptions
) -> Iterator[Rows] | None:
    """The rows of a file, in order, some at a time, each part later than the one before; None where it is read whole.

    Iterating raises DataError naming file, row and value.
    """
    stated = parse_bars(timeframe) if timeframe is not None else None
    request = Request(kind, symbol, options, stated)
    request.check()
    if not path.is_file() or path.stat().st_size * (_PACKED if _is_packed(path) else 1) <= BLOCK:
        return None
    format_ = format_of(path, request)
    if request.options.get("unordered") == "sort":
        return None
    if format_ == "parquet":
        several = any(names.normal(name) in names.SYMBOLS for name in parquet_table(path).names)
        return None if several else _rows(_of_parquet(path, request), request)
    if format_ not in _CUT:
        return None
    with _opened(path, request) as (file, _):
        head = _Head.of(next(_blocks(file), b""), format_, request)
    return _rows(_of_text(path, request, format_, head), request) if head.cuts else None


class _Head(NamedTuple):
    """What stands above each block but the first: the header, if there is one, and the file's first row.

    The first row tells how the others are written. MetaTrader's ticks are always written alike, and their first may be
    no quote yet, so above them is the header alone. `cuts`: whether the file may be cut.
    """

    lines: bytes
    rows: int  # in `lines`
    header: bool
    cuts: bool

    @classmethod
    def of(cls, block: bytes, format_: str, request: Request) -> _Head:
        """What the first block tells."""
        lines = [*block[:_LOOKED_AT].lstrip(b"\r\n").splitlines(keepends=True), b"", b""]
        header = {
            "csv": request.options.get("names") is None,
            "binance": binance.HEADER.match(lines[0]) is not None,
            "metatrader": metatrader.HEADER.match(lines[0]) is not None,
        }.get(format_, False)
        top, row = (line.decode("utf-8", "replace").strip() for line in (lines[0], lines[header]))
        columns = cells(top, request.options.get("separator") or separator_of(top))
        several = header and any(names.normal(cell) in names.SYMBOLS for cell in columns)
        unclear = request.options.get("time_format") is None and _EITHER_MONTH.search(row) is not None
        bars = format_ == "metatrader" and request.kind is not QUOTES
        rows = int(format_ != "metatrader")
        return cls(b"".join(lines[: header + rows]), rows, header, not (several or unclear or bars))


class _Read(NamedTuple):
    """A block that was read, and how many rows came before it."""

    piece: Piece
    before: int


def _rows(pieces: Iterator[_Read], request: Request) -> Iterator[Rows]:
    held: Rows | None = None  # rows of the last instant: what follows may be of it too
    length = request.timeframe
    for piece, before in pieces:
        if request.kind is BARS:
            length = length or piece.timeframe or infer_timeframe(piece.ts, piece.place)
        rows = _built(request, length, piece)
        if held is not None:
            rows, before = _joined(held, rows), before - len(held)
        try:
            rows.check(piece.place)
            if isinstance(rows, Bars) and length is not None:
                check_spacing(rows, length, piece.place)
        except DataError as error:
            raise DataError(_counted_on(str(error), piece.place, before)) from error
        cut = int(np.searchsorted(rows.ts, rows.ts[-1]))
        held = rows.slice(cut)
        if cut:
            yield rows.slice(0, cut)
    if held is not None:
        yield held


def _of_parquet(path: Path, request: Request) -> Iterator[_Read]:
    """The blocks of a Parquet file."""
    before = 0
    for table in parquet_tables(path, ROWS):
        try:
            piece = table_piece(table, request)
        except DataError as error:
            raise DataError(_counted_on(str(error), table.place, before)) from error
        yield _Read(piece, before)
        before += piece.ts.size


def _of_text(path: Path, request: Request, format_: str, head: _Head) -> Iterator[_Read]:
    """The blocks of a text that hold rows."""
    lines = rows = above = 0
    prices = [np.nan, np.nan]  # bid and ask that stand, in MetaTrader's ticks
    for content in _contents(path, request, head):
        try:
            if format_ == "metatrader":
                piece = metatrader.read_metatrader(content, request, prices)
            else:
                piece = read_content(content, format_, request)
        except DataError as error:
            raise DataError(_counted_on(str(error), content.place, lines - above)) from error
        piece = piece.rows(slice(above, None)) if above else piece
        if piece.ts.size:
            yield _Read(piece, rows)
        lines += _lines(content.data) - head.header - above
        rows += piece.ts.size
        above = head.rows
    if rows == 0:
        raise DataError(f"{path}: no rows; check the file, or the filter that made it")


def _lines(data: bytes) -> int:
    """Lines of a text that ends with a line, or within its last one."""
    ends = data.count(b"\n") or data.count(b"\r")
    return ends + (not data.endswith((b"\n", b"\r")))


def _built(request: Request, length: Timeframe | Measure | None, piece: Piece) -> Rows:
    symbol, ts, columns = request.symbol, piece.ts, piece.columns
    if length is not None and request.kind is BARS:
        return Bars(symbol, length.text, ts, **columns, checked=True)
    return (Prints if request.kind is PRINTS else Quotes)(symbol, ts, **columns, checked=True)


def _joined(held: Any, rows: Any) -> Any:
    before, after = held.given(), rows.given()
    return rows.with_columns({name: np.concatenate([before[name], after[name]]) for name in after})


def _counted_on(text: str, place: str, rows: int) -> str:
    """The same with rows counted from the file's first."""
    return re.sub(
        rf"(?<={re.escape(place)}, )(row|line) (\d+)", lambda match: f"{match[1]} {int(match[2]) + rows}", text
    )


def _contents(path: Path, request: Request, head: _Head) -> Iterator[Content]:
    """The blocks, the head above each but the first."""
    with _opened(path, request) as (file, member):
        above = b""
        for block in _blocks(file):
            yield Content(path, member, above + block, str(path))
            above = head.lines


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Whole lines, in UTF-8."""
    rest, decoder = b"", None
    begun = False
    while chunk := file.read(BLOCK):
        if not begun:
            encoding = utf16_of(chunk[: len(chunk) // 2 * 2])
            decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
            begun = True
        text = rest + (decoder.decode(chunk).encode() if decoder else chunk)
        cut = text.rfind(b"\n") + 1 or text.rfind(b"\r") + 1
        if cut:
            yield text[:cut]
        rest = text[cut:]
    if rest.strip():
        yield rest


@contextmanager
def _opened(path: Path, request: Request) -> Iterator[tuple[IO[bytes], str]]:
    """The text of a file, unpacked, and its name inside a zip. Raises DataError for what is damaged."""
    try:
        if _magic(path) == b"PK":
            with zipfile.ZipFile(path) as archive:
                member = member_of(path, archive.namelist(), request.options.get("contract"))
                with archive.open(member) as file:
                    yield file, member
        else:
            packed: Any = gzip.open if _magic(path) == b"\x1f\x8b" else open
            with packed(path, "rb") as file:
                yield file, ""
    except _FAULTS as error:
        raise damaged(path, error) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: the UTF-16 text is damaged ({error.reason}); export it again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _is_packed(path: Path) -> bool:
    return _magic(path) in (b"PK", b"\x1f\x8b", b"PA")


def _magic(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(2)
