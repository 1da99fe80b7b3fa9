"""The journal: every event, written down before the account sees it, and beside it what came of it.

Kinds of chunks: ROWS (what the market did), POSTS (what a broker said), CHANGES and ASKS (what the account told: every
change of every order, every request to change one), NOTES (what was decided and found: orders that leave, states,
differences at a restart). Rows gather in memory and go to the disk together, at the latest when an order leaves, so
that no order can be out of which the events before it are not known. What a crash takes is what nobody had acted on.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from simcore.live import database
from simcore.live.errors import SessionError
from simcore.live.records import (
    ASKS,
    CHANGES,
    NOTES,
    PACK,
    POSTED,
    POSTS,
    ROW,
    ROWS,
    Chunk,
    Snapshot,
    checksum_of,
    count_of,
    damage,
    rows_of,
    time_of,
)

GATHERED: Final = 8_192  # rows that wait in memory at most
_json: Final = json.JSONEncoder(allow_nan=False).encode


class Journal:
    """An open journal to append to; `Journal.create` begins one, `Journal.open` goes on with one."""

    def __init__(self, place: str | Path, *, read: bool = False) -> None:
        self._engine = database.connect(place, read=read)
        self._url = None if isinstance(place, Path) else database.read_url(place)
        self._waiting: list[tuple[int, bytes]] = []  # whole chunks, in order
        self._rows = bytearray()
        self.count = 0  # events so far
        self._checksum = self._written = self._seq = 0  # of the last chunk; events on the disk

    @classmethod
    def create(cls, place: str | Path) -> Self:
        """A new journal at a path, or in the database of a URL."""
        self = cls(place)
        with self._closing(), database.told(self._engine, "the journal's head"):
            schema = self._url.query.get(database.SESSION) if self._url is not None else None
            database.create(self._engine, str(schema) if schema else None)
        return self

    @classmethod
    def open(cls, place: str | Path, *, read: bool = False) -> Self:
        """A journal that is there, to go on with or to `read` alone. SessionError for none, or another version."""
        if isinstance(place, Path) and not place.exists():
            raise SessionError(f"{place}: there is no journal; is {place.parent} a session?")
        self = cls(place, read=read)
        with self._closing(), database.told(self._engine):
            database.check(self._engine)
            last = self._last()
        if last is not None:
            self._seq, self.count, self._checksum = last
            self._written = self.count
        return self

    @contextmanager
    def _closing(self) -> Iterator[None]:
        """Let go of the database where it cannot be opened."""
        try:
            yield
        except SessionError:
            self.release()
            raise

    def _last(self) -> tuple[int, int, int] | None:
        import sqlalchemy as sa

        query = sa.text("SELECT seq, kind, first, count, checksum FROM chunks ORDER BY seq DESC LIMIT 1")
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return row.seq, row.first + (row.count if row.kind in (ROWS, POSTS) else 0), row.checksum

    # ---- writing

    def row(
        self,
        ts: int,
        instrument: int,
        kind: int,
        bid: float,
        ask: float,
        x: float,
        y: float,
        ts_recv: int | None = None,
        late: int = 0,
    ) -> None:
        """One event of the market."""
        data = PACK.pack(ts, ts if ts_recv is None else ts_recv, bid, ask, x, y, instrument, kind, late)
        self._rows += data
        self._rows += zlib.crc32(data).to_bytes(4, "little")
        self.count += 1
        if len(self._rows) >= GATHERED * ROW.itemsize:
            self.flush()

    def post(self, post: Any, ts_recv: int, trade: str = "", ticket: str = "") -> None:
        """What a broker said: a POST record, the ids of its trade and of its order there."""
        row = np.zeros(1, POSTED)
        row["post"], row["ts_recv"], row["trade"], row["ticket"] = post, ts_recv, trade.encode(), ticket.encode()
        self._add(POSTS, row.tobytes())
        self.count += 1

    def told(self, tables: Mapping[str, Any]) -> None:
        """What the account told since the last time: its changes of orders, and what a broker must hear."""
        for kind, name in ((CHANGES, "changes"), (ASKS, "asks")):
            if len(tables[name]):
                self._add(kind, tables[name].tobytes())

    def note(self, what: str, ts: int, **more: Any) -> None:
        """A decision or a finding, for whoever reads the journal or starts again from it."""
        self._add(NOTES, _json({"what": what, "ts": ts} | more).encode() + b"\n")

    def _add(self, kind: int, data: bytes) -> None:
        self._take_rows()
        if self._waiting and self._waiting[-1][0] == kind:
            self._waiting[-1] = (kind, self._waiting[-1][1] + data)
        else:
            self._waiting.append((kind, data))

    def _take_rows(self) -> None:
        if self._rows:
            self._waiting.append((ROWS, bytes(self._rows)))
            self._rows.clear()

    @cached_property
    def _append(self) -> database.Append:
        return database.appender(self._engine)

    def flush(self) -> None:
        """Everything so far is on the disk when this returns. SessionError where it is full: nothing is half there."""
        self.write(force=True)

    def write(self, *, force: bool = False) -> None:
        """Everything so far survives this process; forced to the disk, the machine."""
        self._take_rows()
        if not self._waiting:
            return
        seq, checksum, written, made = self._seq, self._checksum, self._written, []
        for kind, data in self._waiting:
            seq, count = seq + 1, count_of(kind, data)
            checksum = checksum_of(checksum, seq, kind, data)
            made.append((seq, kind, written, count, data, checksum))
            written += count if kind in (ROWS, POSTS) else 0
        self._append(made, force, self._written + 1, self.count)
        self._seq, self._checksum, self._written = seq, checksum, written
        self._waiting.clear()

    def snapshot(self, state: bytes) -> None:
        """Keep the account as it stands after everything so far."""
        self.flush()
        data = zlib.compress(state, 1)
        row = {"chunk": self._seq, "events": self.count, "data": data, "checksum": zlib.crc32(data, self._seq)}
        with database.writing(self._engine, "a snapshot") as connection:
            table = database.tables().tables["snapshots"]
            if connection.execute(table.select().where(table.c.chunk == self._seq)).first() is None:
                connection.execute(table.insert(), row)

    # ---- reading

    def chunks(self, after: int = 0, kinds: tuple[int, ...] | None = None) -> Iterator[Chunk]:
        """The chunks behind one, in order. SessionError names the first event that is damaged or missing.

        All kinds are checked link by link; some `kinds` alone (to find one's place again) each by itself.
        """
        import sqlalchemy as sa

        table = database.tables().tables["chunks"]
        query = table.select().where(table.c.seq > after).order_by(table.c.seq)
        if kinds is not None:
            query = query.where(table.c.kind.in_(kinds))
        with database.told(self._engine), self._engine.connect() as connection:
            before = connection.execute(sa.select(table.c.checksum).where(table.c.seq == after)).scalar() or 0
            seq, last = after, 0
            with closing(connection.execution_options(yield_per=64).execute(query)) as found:
                for row in found:
                    data = bytes(row.data)
                    if kinds is None:
                        self._check(row, data, seq, before, last)
                    seq, before = row.seq, row.checksum
                    rows = rows_of(row.kind, data)
                    last = time_of(row.kind, rows) or last
                    yield Chunk(row.seq, row.kind, row.first, rows)

    def _check(self, row: Any, data: bytes, seq: int, before: int, last: int) -> None:
        if row.seq != seq + 1:
            raise SessionError(f"{self.place}: record {row.first + 1} follows on something that is missing")
        if checksum_of(before, row.seq, row.kind, data) != row.checksum:
            raise SessionError(f"{self.place}: {damage(row.seq, row.kind, row.first, data, last)}")

    @property
    def rows(self) -> int:
        """How many rows of the market are on the disk; the posts of brokers are not among them."""
        import sqlalchemy as sa

        table = database.tables().tables["chunks"]
        query = sa.select(sa.func.sum(sa.func.length(table.c.data))).where(table.c.kind == ROWS)
        with database.told(self._engine), self._engine.connect() as connection:
            return int(connection.execute(query).scalar() or 0) // ROW.itemsize

    def last_snapshot(self) -> Snapshot | None:
        """The newest snapshot; None where there is none."""
        table = database.tables().tables["snapshots"]
        with database.told(self._engine), self._engine.connect() as connection:
            row = connection.execute(table.select().order_by(table.c.chunk.desc()).limit(1)).first()
        if row is None:
            return None
        if zlib.crc32(row.data, row.chunk) != row.checksum:
            raise SessionError(f"{self.place}: the snapshot after record {row.events} is damaged")
        return Snapshot(row.chunk, row.events, zlib.decompress(row.data))

    @property
    def place(self) -> str:
        """Where it lies, as it may be printed."""
        return database.shown(self._engine) if self._url is None else database.without_password(self._url)

    def close(self) -> None:
        """Write what is left and let go of the file: one file then, nothing beside it."""
        self.flush()
        if self._engine.dialect.name == "sqlite":
            with database.told(self._engine), self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
        self._engine.dispose()

    def release(self) -> None:
        """Let go of what was only read, or of what a failure left."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.close()
        else:
            self.release()
