"""The journal: every event, written before the account sees it.

One file of fixed records. Each record carries a checksum over its own bytes and the checksum before it, so a changed,
missing, doubled or reordered record is found and named. A record is handed to the operating system before `append`
returns: it survives the death of this process; `close` forces it to the disk. A torn last record (the machine died in
the middle of writing) is named too, with the rows before it intact.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from simcore.live.errors import SessionError

MAGIC: Final = b"simcore journal 1\n".ljust(32, b"\0")
RECORD: Final = np.dtype(
    [
        ("ts_event", "<i8"),  # at the venue, ns UTC
        ("ts_recv", "<i8"),  # here; the same in a replay of recorded data
        ("bid", "<f8"),
        ("ask", "<f8"),
        ("x", "<f8"),
        ("y", "<f8"),
        ("instrument", "u1"),
        ("kind", "u1"),
        ("spare", "<u2"),
        ("checksum", "<u4"),
    ]
)
BODY: Final = RECORD.itemsize - 4


class Log:
    """A file that only grows, piece by whole piece. SessionError where it is there already or cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path, self._size = path, 0
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except FileExistsError:
            raise SessionError(f"{path}: is there already; give a new folder to --session") from None
        except OSError as error:
            raise SessionError(f"{path}: cannot be written: {error.strerror}") from error

    def write(self, data: bytes, what: str, number: int | str = "") -> None:
        """Hand `data` to the operating system; where it does not all fit, nothing of it stays in the file."""
        try:
            written = os.write(self._file, data)
            cause = "" if written == len(data) else "the disk is full"
        except OSError as error:
            written, cause = 0, str(error.strerror).lower()
        if cause:
            if written:
                os.ftruncate(self._file, self._size)
            raise SessionError(
                f"{self.path}: {what}{number} could not be written: {cause}; what was written before is whole, and the "
                "session was not closed. Free some space and give a new folder to --session"
            )
        self._size += written

    def close(self) -> None:
        """Force everything to the disk."""
        if self._file >= 0:
            os.fsync(self._file)
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Journal(Log):
    """An open journal to append to."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._row = np.zeros(1, RECORD)
        self._bytes = self._row.view(np.uint8)
        self._checksum = zlib.crc32(MAGIC)
        self.count = 0
        self.write(MAGIC, "the journal's head")

    def append(
        self,
        ts: int,
        instrument: int,
        kind: int,
        bid: float,
        ask: float,
        x: float,
        y: float,
        ts_recv: int | None = None,
    ) -> None:
        """Write one event; when this returns, the operating system has it."""
        row = self._row
        row["ts_event"], row["ts_recv"] = ts, ts if ts_recv is None else ts_recv
        row["bid"], row["ask"], row["x"], row["y"] = bid, ask, x, y
        row["instrument"], row["kind"] = instrument, kind
        self._checksum = zlib.crc32(self._bytes[:BODY].data, self._checksum)
        row["checksum"] = self._checksum
        self.write(self._bytes.tobytes(), "record ", self.count + 1)
        self.count += 1


def read_journal(path: Path) -> NDArray[Any]:
    """Every record of a journal, as RECORD rows. Raises SessionError naming the first damaged record."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SessionError(f"{path}: cannot be read: {error.strerror}") from error
    if data[: len(MAGIC)] != MAGIC:
        raise SessionError(f"{path}: does not begin as a journal of simcore does; is it the right file?")
    body = data[len(MAGIC) :]
    count, torn = divmod(len(body), RECORD.itemsize)
    rows = np.frombuffer(body, RECORD, count)
    checksum = zlib.crc32(MAGIC)
    view = memoryview(body)
    for i in range(count):
        at = i * RECORD.itemsize
        checksum = zlib.crc32(view[at : at + BODY], checksum)
        if checksum != rows["checksum"][i]:
            raise SessionError(
                f"{path}: record {i + 1} of {count} is damaged (checksum {int(rows['checksum'][i]):08x}, "
                f"should be {checksum:08x}); the {i} records before it are intact"
            )
    if torn:
        raise SessionError(
            f"{path}: record {count + 1} is cut after {torn} of {RECORD.itemsize} bytes; "
            f"the {count} records before it are intact"
        )
    return rows
