"""The ledger's table, in SQLite or PostgreSQL, through SQLAlchemy.

Making a ledger, reading and pruning it go through SQLAlchemy, which takes a fifth of a second to import; so it is not
imported for the one thing that every run does. Adding rows to a SQLite ledger that is there is one INSERT by Python's
own driver. Several processes may write at once: each INSERT is a transaction that waits for the one before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simcore.ledger.errors import LedgerError
from simcore.ledger.place import POSTGRESQL, VARIABLE

if TYPE_CHECKING:
    from sqlalchemy import Engine, Table

VERSION: Final = 2  # of the table; one more for every change of it
WAIT: Final = 60.0  # seconds for other writers
TABLE: Final = "simcore_trials"  # Optuna, whose studies may lie in the same file, has a table `trials`
MARK: Final = "simcore_ledger"  # a table of one row: the version
STUDIES: Final = {"studies", "version_info"}  # tables by which a file with studies of Optuna's is known

COLUMNS: Final = {
    "ts": "BigInteger",
    "kind": "String",
    "study": "String",
    "strategy": "String",
    "code": "String",
    "trial": "String",
    "parameters": "Text",
    "symbols": "Text",
    "start": "BigInteger",
    "end": "BigInteger",
    "rows": "BigInteger",
    "data": "String",
    "rules": "String",
    "seconds": "Double",
    "stats": "Text",
    "sharpe": "Double",
    "observations": "BigInteger",
    "skew": "Double",
    "kurtosis": "Double",
    "error": "Text",
    "returns": "LargeBinary",
}
_INSERT: Final = "INSERT INTO {} ({}) VALUES ({})".format(
    TABLE, ", ".join(f'"{name}"' for name in COLUMNS), ", ".join(f":{name}" for name in COLUMNS)
)


@cache
def table() -> Table:
    """The table as SQLAlchemy has it."""
    import sqlalchemy as sa

    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts up what is its INTEGER alone
    columns = [sa.Column(name, getattr(sa, kind)()) for name, kind in COLUMNS.items()]
    by_strategy = sa.Index("trials_by_strategy", "strategy", "start")
    return sa.Table(TABLE, sa.MetaData(), sa.Column("id", number, primary_key=True), *columns, by_strategy)


def engine_of(place: str, file: Path | None) -> Engine:
    """A connection to the ledger, opened when it is used. Raises LedgerError for a URL that is none."""
    import sqlalchemy as sa

    if file is not None:
        made = sa.URL.create("sqlite", database=str(file))
        return sa.create_engine(made, poolclass=sa.NullPool, connect_args={"timeout": WAIT})
    try:
        url = sa.make_url(place)
    except sa.exc.ArgumentError as error:
        raise LedgerError("ledger: no URL; write postgresql://user@host/database") from error
    if url.drivername in POSTGRESQL:
        url = url.set(drivername="postgresql+psycopg")
    try:
        return sa.create_engine(url, poolclass=sa.NullPool)
    except ImportError as error:
        raise LedgerError(
            f"ledger {shown(place)}: needs a driver: pip install 'simcore[postgres]' ({error})"
        ) from error


def create(engine: Engine) -> None:
    """Make the tables where there are none; several processes may try at once."""
    import sqlalchemy as sa
    from sqlalchemy.schema import CreateIndex, CreateTable

    mark = sa.Table(MARK, sa.MetaData(), sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7205759403792793600)"))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        if sa.inspect(connection).has_table(MARK):
            return
        for made in (mark, table()):
            connection.execute(CreateTable(made))
        for index in table().indexes:
            connection.execute(CreateIndex(index))
        connection.execute(mark.insert().values(version=VERSION))


def upgrade(engine: Engine) -> None:
    """Bring a ledger of version 1 to this one: its table was called `trials`. Several processes may try at once."""
    import sqlalchemy as sa

    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        if connection.execute(sa.text(f"UPDATE {MARK} SET version = 2 WHERE version = 1")).rowcount:
            connection.execute(sa.text(f"ALTER TABLE trials RENAME TO {TABLE}"))


def append(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to a SQLite ledger that is there, all of them or none."""
    with closing(sqlite3.connect(file, timeout=WAIT, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_INSERT, rows)
        connection.execute("COMMIT")


def version_of(file: Path) -> int | None:
    """The version of a SQLite ledger; None where there is none yet. Raises LedgerError for a file of something else."""
    if not file.exists() or file.stat().st_size == 0:
        return None
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=WAIT)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not names or (MARK not in names and names >= STUDIES):
            return None
        if MARK not in names:
            raise LedgerError(f"ledger {file}: is a database of something else; name another file in {VARIABLE}")
        return _only([version for (version,) in connection.execute(f"SELECT version FROM {MARK}")])


def version_in(engine: Engine) -> int | None:
    """The version of a ledger in PostgreSQL; None where there is none yet."""
    import sqlalchemy as sa

    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(MARK):
            return None
        return _only(list(connection.execute(sa.text(f"SELECT version FROM {MARK}")).scalars()))


def _only(versions: Sequence[Any]) -> int:
    return int(versions[0]) if len(versions) == 1 else -1


def check_version(place: str, version: int) -> None:
    """Raise LedgerError for another version than this simcore's."""
    if version != VERSION:
        raise LedgerError(
            f"ledger {shown(place)}: is version {version} of the ledger, this simcore has version {VERSION}; use the "
            f"simcore that wrote it, or name another file in {VARIABLE} (off for none)"
        )


def shown(place: str) -> str:
    """A place as it may be printed: without the password of a URL."""
    scheme, colon, rest = place.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{host}" if colon and at else place


@contextmanager
def told(place: str) -> Iterator[None]:
    """Whatever a database cannot do, as one LedgerError; SQLAlchemy is looked at only if it was imported."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise LedgerError(_line(place, error)) from error
    except Exception as error:
        if not type(error).__module__.startswith(("sqlalchemy.", "psycopg")):
            raise
        raise LedgerError(_line(place, getattr(error, "orig", None) or error)) from error


def _line(place: str, error: BaseException) -> str:
    cause = (getattr(error, "strerror", None) or str(error)).strip().splitlines()[0].lower()
    return f"ledger {shown(place)}: cannot be used: {cause}; name another in {VARIABLE} (off for none)"
