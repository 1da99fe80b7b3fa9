"""Which format a file is in, by its content and its name, and who reads it.

The content decides wherever it can: magic numbers, the names in a zip, the look of the first line. Names help where
layouts are shared (`DAT_ASCII_EURUSD_M1_201202.csv`, `20140501_quote.zip`). Whatever else is text is a CSV.
"""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from simcore.market.errors import DataError, did_you_mean
from simcore.market.readers import binance, histdata, metatrader, stream
from simcore.market.readers.columnar import feather_table, parquet_table
from simcore.market.readers.delimited import csv_table
from simcore.market.readers.dukascopy import read_dukascopy
from simcore.market.readers.lean import read_lean
from simcore.market.readers.request import Piece, Request
from simcore.market.readers.table import table_piece
from simcore.market.readers.text import Content, missing, open_content
from simcore.market.readers.ticksfile import MEMBER, read_ticks

_READERS: Final[dict[str, Callable[[Content, Request], Piece]]] = {
    "lean": read_lean,
    "dukascopy": read_dukascopy,
    "histdata": histdata.read_histdata,
    "metatrader": metatrader.read_metatrader,
    "binance": binance.read_binance,
    "binance-stream": stream.read_stream,
    "ticks": read_ticks,
}
FORMATS: Final = ("csv", "parquet", "feather", *_READERS)

ENDINGS: Final = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".ipc": "feather",
}
TEXT_ENDINGS: Final = (".csv", ".txt", ".tsv", ".gz", ".zip", ".bi5", ".ticks", ".utf16", ".jsonl", ".log")
_OTHERS: Final = (".xlsx", ".xls", ".json", ".h5", ".hdf5", ".dbn", ".zst", ".hst", ".fxt", ".hcc", ".pkl", ".db")
_MAGIC: Final = {b"PAR1": "parquet", b"FEA1": "feather", b"ARRO": "feather"}
_LEAN_NAME: Final = re.compile(r"\d{8}_(quote|trade|openinterest)|_(tick|second|minute|hour|daily)_(quote|trade)", re.I)
_LEAN_ROW: Final = re.compile(rb"(\d+(\.\d+)?|\d{8} \d\d:\d\d),")
_LEAN_FOLDER: Final = re.compile(
    r"/(equity|forex|cfd|crypto|cryptofuture|future|option|index|futureoption|indexoption)/"
    r"[^/]+/(tick|second|minute|hour|daily)/",
    re.I,
)
_HEAD: Final = 4096
_AS_FRAME: Final = "read it into a pandas or polars frame and pass that"


_PACKED = {".zip": b"PK", ".gz": b"\x1f\x8b"}


def read_file(path: Path, request: Request) -> Piece:
    """Read one file, in the format asked for or found. Raises DataError for a format that cannot be told or read."""
    format_ = format_of(path, request)
    if format_ == "parquet":
        return table_piece(parquet_table(path), request)
    if format_ == "feather":
        return table_piece(feather_table(path), request)
    return read_content(open_content(path, request), format_, request)


def read_content(content: Content, format_: str, request: Request) -> Piece:
    """Read what stands in a file, in a format but Parquet and Feather. Raises DataError naming place, row and value."""
    if format_ == "csv":
        return table_piece(csv_table(content, request), request)
    return _READERS[format_](content, request)


def format_of(path: Path, request: Request) -> str:
    """The format asked for, else found. Raises DataError for an unknown one, or a file that is missing."""
    given = request.options.get("format")
    if given is not None:
        if given not in FORMATS:
            raise DataError(f'unknown format "{given}"; there are {", ".join(FORMATS)}.{did_you_mean(given, FORMATS)}')
        return given
    if not path.exists():
        raise missing(path)
    if path.is_dir():
        raise DataError(f"{path}: a folder, where a file is expected")
    magic = _magic(path)
    packed = _PACKED.get(path.suffix.lower())
    if packed and magic and not magic.startswith(packed):
        begins = magic.decode("ascii", "replace").splitlines()[0]
        raise DataError(f'{path}: no {path.suffix} file inside, it begins "{begins}"; rename it, or fetch it again')
    if magic[:4] in _MAGIC or path.suffix.lower() in ENDINGS:
        return _MAGIC.get(magic[:4]) or ENDINGS[path.suffix.lower()]
    if path.suffix.lower() in _OTHERS:
        raise DataError(f'{path}: unknown ending "{path.suffix}"; known are {", ".join(FORMATS)}; {_AS_FRAME}')
    if path.suffix.lower() == ".bi5" or magic[:5] == b"\x5d\x00\x00\x40\x00":
        return "dukascopy"
    if request.options.get("names") is not None:
        return "csv"  # who names the columns says that it is a table without header
    head, names = head_of(path)
    return _by_text(path, head, names)


def _magic(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def head_of(path: Path) -> tuple[bytes, list[str]]:
    """The first bytes of the text, and the names inside a zip; nothing of a damaged file, whose reader says so."""
    try:
        magic = _magic(path)
        if magic[:2] == b"PK":
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if not name.endswith("/")]
                first = next((name for name in names if name.lower().endswith(".csv")), names[0] if names else "")
                with archive.open(first) as member:
                    return _utf8(member.read(_HEAD)), names
        with gzip.open(path) if magic[:2] == b"\x1f\x8b" else path.open("rb") as file:
            return _utf8(file.read(_HEAD)), []
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError):
        return b"", []


def _utf8(head: bytes) -> bytes:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    if b"\x00" in head[:100]:
        return head.replace(b"\x00", b"")
    return head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")


def _by_text(path: Path, head: bytes, names: list[str]) -> str:
    if MEMBER in names:
        return "ticks"
    if stream.LINE.match(head):
        return "binance-stream"
    if head[:1] in (b"[", b"{"):
        raise DataError(f"{path}: JSON, which is read only as Binance's recorded messages; {_AS_FRAME}")
    if metatrader.HEADER.match(head):
        return "metatrader"
    named = [path.name, *(Path(name).name for name in names[:1])]
    if any(binance.NAME.search(name) for name in named) or binance.HEADER.match(head):
        return "binance"
    if histdata.TICK.match(head):
        return "histdata"
    if histdata.BAR.match(head):
        if any(histdata.NAME.search(name) for name in named):
            return "histdata"
        raise DataError(
            f'{path}: HistData and NinjaTrader both write bars like this; pass format="histdata" (times are UTC-05, '
            f'the start of a bar), or names=["time", "open", "high", "low", "close", "volume"], separator=";" and '
            f"timezone="
        )
    lean = any(_LEAN_NAME.search(name) for name in named) or _LEAN_FOLDER.search(path.absolute().as_posix())
    if lean and (_LEAN_ROW.match(head) or not head):
        return "lean"
    return "metatrader" if metatrader.HEADLESS.match(head) else "csv"
