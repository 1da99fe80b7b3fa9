"""The ledger itself: open it, write runs to it, read them again, delete them.

    ledger = sc.Ledger()                       # the one that runs are written to; or a file, or postgresql://...
    ledger.frame(strategy="EmaCross")          # polars, a row a run
    ledger.tried("EmaCross", ["EURUSD"])       # how many trials there were

Assumes nothing about who else writes: rows are added whole, in one transaction.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from simcore.ledger import tables
from simcore.ledger.errors import LedgerError
from simcore.ledger.place import default_place, file_of
from simcore.ledger.trial import Trial

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy import Engine

    from simcore.ledger.tried import Tried

TOGETHER: Final = 1.0  # seconds that rows of a study wait for each other
SOUGHT: Final = ("kind", "study", "strategy", "data", "trial", "code")


class Ledger:
    """The trial ledger in a SQLite file, or in PostgreSQL where `place` is such a URL.

    place: default the one that runs are written to (see `simcore.ledger.place`). It is made when the first row is
    written. Raises LedgerError, one line, for a file that is no ledger or of another version.
    """

    def __init__(self, place: str | os.PathLike[str] | None = None) -> None:
        found = os.fspath(place) if place is not None else default_place()
        if found is None:
            raise LedgerError("ledger: it is switched off by SIMCORE_LEDGER; name a file, or switch it on")
        self.place = found
        self.file = file_of(found)
        self._waiting: list[dict[str, Any]] = []
        self._together: float | None = None  # since when rows wait for each other
        with tables.told(self.place):
            self._there = self._checked()

    def __repr__(self) -> str:
        return f"Ledger({self.shown!r})"

    @property
    def shown(self) -> str:
        """The place, without the password of a URL."""
        return tables.shown(self.place)

    def record(self, trial: Trial) -> None:
        """Write one run."""
        self.record_many([trial])

    def record_many(self, trials: Iterable[Trial]) -> int:
        """Write runs, all of them or none, and return how many. Raises LedgerError where it cannot be written."""
        now = time.time_ns()
        rows = [(replace(one, ts=now) if one.ts == 0 else one).row() for one in trials]
        self._waiting += rows
        if self._together is None or time.monotonic() - self._together > TOGETHER:
            self._write()
        return len(rows)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Rows that are recorded while the block runs are written a second's at a time, the last at its end.

        To commit takes longer than most runs on bars. What is killed on the way loses the rows of that second.
        """
        before, self._together = self._together, time.monotonic()
        try:
            yield
        finally:
            self._together = before
            self._write()

    def _write(self) -> None:
        """Write what waits, in one transaction."""
        rows, self._waiting = self._waiting, []
        self._together = None if self._together is None else time.monotonic()
        if not rows:
            return
        with tables.told(self.place):
            self._create()
            if self.file is not None:
                tables.append(self.file, rows)
            else:
                with self._engine.begin() as connection:
                    connection.execute(tables.table().insert(), rows)

    def trials(self, **where: Any) -> list[tuple[int, Trial]]:
        """Number and run of every row that fits, oldest first; `where` as in `frame`."""
        return [(int(row["id"]), Trial.of_row(row)) for row in self.rows(**where)]

    def frame(self, **where: Any) -> pl.DataFrame:
        """Every row that fits as a polars frame, oldest first, times UTC.

        where: kind, study, strategy, data, trial, code; since and until, ns UTC of when it was written; overlaps, a
        pair of ns: runs whose data reach into it; last, the most rows, the newest ones; id, one row.
        """
        import polars as pl

        kinds = {"BigInteger": pl.Int64, "Double": pl.Float64}
        schema = {name: kinds.get(kind, pl.String) for name, kind in tables.COLUMNS.items() if name != "returns"}
        found = [[row[name] for name in ("id", *schema)] for row in self.rows(**where)]
        frame = pl.DataFrame(found, schema={"id": pl.Int64, **schema}, orient="row")
        return frame.with_columns(pl.col("ts", "start", "end").cast(pl.Datetime("ns", "UTC")))

    def rows(self, **where: Any) -> list[dict[str, Any]]:
        """The rows as the table has them; `where` as in `frame`. Raises LedgerError."""
        if not self._there:
            return []
        found = tables.table().select().order_by(tables.table().c.id.desc()).limit(where.pop("last", None))
        with self._connected() as connection:
            rows = connection.execute(found.where(*self._where(where))).mappings()
            return [dict(row) for row in rows][::-1]

    def tried(self, strategy: str, symbols: Sequence[str], **where: Any) -> Tried:
        """The trials there were of a strategy on some symbols; see `simcore.ledger.tried`."""
        from simcore.ledger.tried import tried

        return tried(self, strategy, symbols, **where)

    def prune(self, *, dry_run: bool = False, **where: Any) -> int:
        """Delete the rows that fit (all of them without any `where`), and return how many; dry_run only counts."""
        import sqlalchemy as sa

        if not self._there:
            return 0
        with self._connected() as connection:
            sought = self._where(where)
            if dry_run:
                counted = sa.select(sa.func.count()).select_from(tables.table()).where(*sought)
                return int(connection.execute(counted).scalar_one())
            return int(connection.execute(tables.table().delete().where(*sought)).rowcount)

    def _where(self, where: dict[str, Any]) -> Iterator[Any]:
        c = tables.table().c
        for name, value in where.items():
            if value is None:
                continue
            if name in SOUGHT or name == "id":
                yield c[name].in_(list(value)) if isinstance(value, list | tuple | set) else c[name] == value
            elif name == "since":
                yield c.ts >= int(value)
            elif name == "until":
                yield c.ts < int(value)
            elif name == "overlaps":
                yield from (c.start <= int(value[1]), c.end >= int(value[0]))
            else:
                known = ", ".join((*SOUGHT, "id", "since", "until", "overlaps", "last"))
                raise LedgerError(f"ledger: rows cannot be chosen by {name!r}; known: {known}")

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        with tables.told(self.place), self._engine.begin() as connection:
            yield connection

    @cached_property
    def _engine(self) -> Engine:
        return tables.engine_of(self.place, self.file)

    def _checked(self) -> bool:
        """Whether there is a ledger; LedgerError for one of another version."""
        version = tables.version_of(self.file) if self.file is not None else tables.version_in(self._engine)
        if version == 1:
            tables.upgrade(self._engine)
        elif version is not None:
            tables.check_version(self.place, version)
        return version is not None

    def _create(self) -> None:
        if self._there and (self.file is None or self.file.exists()):
            return
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.__dict__.pop("_engine", None)
        tables.create(self._engine)
        self._there = self._checked()


Place = Ledger | str | os.PathLike[str] | bool | None  # what `ledger=` of a run takes


def ledger_of(given: Place) -> Ledger | None:
    """The ledger that `ledger=` of a run names: True the default one, a Ledger or its place; None and False for none.

    Raises LedgerError for one that cannot be used, before anything is run.
    """
    if given is None or given is False:
        return None
    if isinstance(given, Ledger):
        return given
    if given is True:
        place = default_place()
        return None if place is None else Ledger(place)
    if not isinstance(given, str | os.PathLike):
        raise LedgerError(f"ledger must be a file, a URL, a Ledger, or None for none, was {given!r}")
    return Ledger(given)


def keep(ledger: Ledger | None, trials: Iterable[Trial]) -> None:
    """Write runs that are done. Where that fails they are not lost for it: a warning says that they do not count."""
    if ledger is None:
        return
    try:
        ledger.record_many(trials)
    except LedgerError as error:
        _warn(error)


@contextmanager
def kept_together(ledger: Ledger | None) -> Iterator[None]:
    """As `Ledger.together`, with a warning where the last rows cannot be written."""
    if ledger is None:
        yield
        return
    try:
        with ledger.together():
            yield
    except LedgerError as error:
        _warn(error)


def _warn(error: LedgerError) -> None:
    warnings.warn(f"this run is not counted as a trial: {error}", stacklevel=4)
