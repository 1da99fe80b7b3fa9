"""What a journal is made of: chunks of rows, each row and each chunk with its checksum.

ROWS are what the market did, POSTS what a broker said, CHANGES and ASKS what the account told, NOTES what was decided
and found. Rows and posts are the events; they are counted from 1, and called records where a damage is named.
"""

from __future__ import annotations

import json
import struct
import zlib
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.kernel import schema

ROWS, POSTS, CHANGES, ASKS, NOTES = range(5)
ROW: Final = np.dtype(
    [
        ("ts_event", "<i8"),  # at the venue, ns UTC; where the account was further already: its time
        ("ts_recv", "<i8"),  # here, the same in a replay of recorded data; where `late`: the venue's time
        ("bid", "<f8"),
        ("ask", "<f8"),
        ("x", "<f8"),
        ("y", "<f8"),
        ("instrument", "u1"),
        ("kind", "u1"),
        ("late", "<u2"),  # 1: it came after something later
        ("checksum", "<u4"),
    ]
)
PACK: Final = struct.Struct("<qqddddBBH")
_LINK: Final = struct.Struct("<qiq")  # of a chunk to the one before it
TEXT: Final = "S64"  # a broker's id
POSTED: Final = np.dtype([("post", schema.POST), ("ts_recv", "<i8"), ("trade", TEXT), ("ticket", TEXT)])
_NAMES: Final = ("prices", "what a broker said", "changes of orders", "requests", "decisions and findings")
DTYPES: Final = {ROWS: ROW, POSTS: POSTED, CHANGES: schema.CHANGE, ASKS: schema.ASK}


class Chunk(NamedTuple):
    """Rows of one kind that follow one another; `first` counts the events (rows and posts) before it."""

    seq: int
    kind: int
    first: int
    rows: Any  # an array by DTYPES; of NOTES a list of dicts


class Snapshot(NamedTuple):
    """The account after a chunk."""

    chunk: int
    events: int
    state: bytes


def checksum_of(before: int, seq: int, kind: int, data: bytes) -> int:
    """Of a chunk: its number, kind and content, running on from the chunk before it.

    No CRC: rows carry their own, and a CRC over what ends in its CRC is the same for all rows.
    """
    return int.from_bytes(blake2b(_LINK.pack(seq, kind, before) + data, digest_size=6).digest(), "little")


def first_damaged(data: bytes) -> int:
    """The first row of a chunk of ROWS whose own checksum is wrong; its end where none is."""
    rows = np.frombuffer(data, ROW, len(data) // ROW.itemsize)
    for n, row in enumerate(rows):
        if zlib.crc32(data[n * ROW.itemsize : n * ROW.itemsize + PACK.size]) != row["checksum"]:
            return n
    return len(rows)


def damage(seq: int, kind: int, first: int, data: bytes, last: int) -> str:
    """Where a chunk is damaged, in words; `last`: when the record before it was, ns UTC, 0: not known."""
    count, n = count_of(kind, data), first_damaged(data) if kind == ROWS else 0
    if 0 < n < count:
        last = int(np.frombuffer(data, ROW, 1, (n - 1) * ROW.itemsize)["ts_event"][0])
    after = f", after {np.datetime64(last, 'ns')} UTC" if last else ""
    intact = first
    if kind == ROWS and n < count:
        intact += n
        what = f"record {intact + 1} (row {n + 1} of chunk {seq}{after})"
    elif kind in (ROWS, POSTS):
        what = f"chunk {seq}, records {first + 1} to {first + count} ({_NAMES[kind]}{after}),"
    else:
        what = f"chunk {seq}, behind record {first} ({_NAMES[kind]}{after}),"
    return f"{what} is damaged; the {intact} records before it are intact"


def time_of(kind: int, rows: Any) -> int:
    """When the last record of a chunk was, ns UTC; 0 for what is no record."""
    if kind not in (ROWS, POSTS) or not len(rows):
        return 0
    return int(rows[-1]["ts_event"] if kind == ROWS else rows[-1]["post"]["ts"])


def count_of(kind: int, data: bytes) -> int:
    """How many rows a chunk holds."""
    return data.count(b"\n") if kind == NOTES else len(data) // DTYPES[kind].itemsize


def rows_of(kind: int, data: bytes) -> Any:
    """A chunk's content as an array, of NOTES as a list."""
    if kind == NOTES:
        return [json.loads(line) for line in data.splitlines()]
    return np.frombuffer(data, DTYPES[kind])
