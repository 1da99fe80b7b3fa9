"""Where a journal lies: a SQLite file in write-ahead mode by default, PostgreSQL by URL.

Two tables. `chunks`: the events in the order in which they came, and beside them what the account told and what was
decided, many rows a chunk; each chunk's checksum runs on from the one before it, so that nothing can be changed, lost
or exchanged unseen. `snapshots`: the whole account after a chunk. Rows are added and never changed; SQLite is told so.

In PostgreSQL one database holds many sessions, each in a schema of its own, which `?session=NAME` at the end of the URL
names; dropping the schema drops the session. A URL is kept without its password: PGPASSWORD, or ~/.pgpass, has it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simcore.live.errors import SessionError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, MetaData

VERSION: Final = 2  # of the tables; one more for every change of them
WAIT: Final = 10.0  # seconds for another process
FORCED, WRITTEN = "FULL", "NORMAL"  # SQLite's `synchronous`: a commit survives the machine, or only the process
SESSION: Final = "session"
NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
POSTGRESQL: Final = ("postgresql", "postgres", "postgresql+psycopg")


@cache
def tables() -> MetaData:
    """The tables as SQLAlchemy has them."""
    import sqlalchemy as sa

    made = sa.MetaData()
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    sa.Table(
        "chunks", made,
        sa.Column("seq", number, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),  # events before this chunk
        sa.Column("count", sa.BigInteger, nullable=False),  # rows in it
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("checksum", sa.BigInteger, nullable=False),
    )  # fmt: skip
    sa.Table(
        "snapshots", made,
        sa.Column("chunk", number, primary_key=True, autoincrement=False),  # the last chunk that is in it
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("checksum", sa.BigInteger, nullable=False),
    )  # fmt: skip
    sa.Table("about", made, sa.Column("name", sa.String, primary_key=True), sa.Column("value", sa.String))
    return made


def connect(place: str | Path, *, read: bool = False) -> Engine:
    """An engine over the journal at a path or URL, one connection at a time; `read` leaves a file as it is."""
    import sqlalchemy as sa

    if isinstance(place, Path) and read:
        query = {"mode": "ro", "uri": "true"}
        file = sa.URL.create("sqlite", database=f"file:{place}", query=query)
        return sa.create_engine(file, poolclass=sa.StaticPool, connect_args={"timeout": WAIT})
    if isinstance(place, Path):
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(place)), poolclass=sa.StaticPool,
            connect_args={"timeout": WAIT, "check_same_thread": False},
        )  # fmt: skip
        sa.event.listen(engine, "connect", _careful)
        return engine
    url = read_url(str(place))
    schema = url.query.get(SESSION)
    return sa.create_engine(
        url.difference_update_query([SESSION]).set(drivername="postgresql+psycopg"), poolclass=sa.StaticPool,
        connect_args={"options": f"-csearch_path={schema}"} if schema else {},
    )  # fmt: skip


def read_url(text: str) -> URL:
    """The URL of a PostgreSQL database; SessionError for anything else."""
    import sqlalchemy as sa

    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError as error:
        raise SessionError("--journal: is no URL; write postgresql://user@host/database") from error
    if url.drivername not in POSTGRESQL:
        raise SessionError(f"--journal {url.drivername}: journals lie in SQLite or PostgreSQL")
    if not NAME.fullmatch(str(url.query.get(SESSION, "s"))):
        raise SessionError("--journal: ?session= is a name of small letters, digits and _ of at most 63")
    return url


def named(url: str, name: str) -> str:
    """A URL with the place of one session in its database, if it does not name one already."""
    read = read_url(url)
    return (read if SESSION in read.query else read.update_query_dict({SESSION: name})).render_as_string(False)


def _careful(connection: Any, record: Any) -> None:
    """Write ahead, and force every commit to the disk."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={FORCED}")


def create(engine: Engine, schema: str | None = None) -> None:
    """Make the tables of a new journal, in a schema of PostgreSQL; SessionError where there are some already."""
    import sqlalchemy as sa

    with engine.begin() as connection:
        if schema and not connection.execute(sa.text("SELECT current_schema()")).scalar():
            connection.execute(sa.schema.CreateSchema(schema))
    if sa.inspect(engine).has_table("chunks"):
        own = "give a new folder to --session" if engine.dialect.name == "sqlite" else "name another with ?session="
        raise SessionError(f"{shown(engine)}: holds a journal already; {own}")
    tables().create_all(engine)
    with engine.begin() as connection:
        connection.execute(tables().tables["about"].insert().values(name="version", value=str(VERSION)))
        if engine.dialect.name == "sqlite":
            for table in ("chunks", "snapshots"):
                for verb in ("UPDATE", "DELETE"):
                    connection.exec_driver_sql(
                        f"CREATE TRIGGER no_{verb.lower()}_of_{table} BEFORE {verb} ON {table} "
                        "BEGIN SELECT RAISE(ABORT, 'a journal only grows'); END"
                    )


def check(engine: Engine) -> None:
    """Raise SessionError for what is no journal, or one of another version."""
    import sqlalchemy as sa

    if not sa.inspect(engine).has_table("about"):
        raise SessionError(f"{shown(engine)}: does not hold a journal of simcore; is it the right place?")
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT value FROM about WHERE name = 'version'")).scalar()
    if found != str(VERSION):
        raise SessionError(
            f"{shown(engine)}: is version {found} of the journal, this simcore has version {VERSION}; "
            "use the simcore that wrote it"
        )


def shown(engine: Engine) -> str:
    """The place as it may be printed: never with a password."""
    if engine.dialect.name == "sqlite":
        return str(engine.url.database).removeprefix("file:")
    return without_password(engine.url)


def without_password(url: URL) -> str:
    """A URL as it may be printed and kept."""
    return url._replace(password=None).render_as_string(hide_password=False)


@contextmanager
def told(engine: Engine, what: str = "") -> Iterator[None]:
    """Whatever the database cannot do, as one SessionError."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith(("sqlalchemy.", "sqlite3", "psycopg")):
            raise
        raise _failure(engine, error, what) from error


def _failure(engine: Engine, error: Exception, what: str) -> SessionError:
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0].lower()
    full = what and ("full" in cause or "i/o" in cause)
    hint = "; what was written before is whole. Free some space and start again" if full else ""
    cause = f"the disk is full or fails ({cause})" if full else cause
    doing = f"{what} could not be written: " if what else ""
    return SessionError(f"{shown(engine)}: {doing}{cause}{hint}")


Chunks = list[tuple[int, int, int, int, bytes, int]]  # the columns of chunks, in their order
Append = Callable[[Chunks, bool, int, int], None]


def appender(engine: Engine) -> Append:
    """What writes chunks in one transaction: forced to the disk or not, and the first and last event they hold.

    An order waits for it, so SQLite is spoken to without a layer between.
    """
    if engine.dialect.name != "sqlite":
        return partial(_append, engine)
    statement = f"INSERT INTO chunks VALUES ({', '.join('?' * len(tables().tables['chunks'].columns))})"
    connection: Any = engine.raw_connection().driver_connection  # the engine keeps the only one open

    def append(chunks: Chunks, force: bool, first: int, last: int) -> None:
        try:
            if not force:
                connection.execute(f"PRAGMA synchronous={WRITTEN}")
            try:
                with connection:
                    connection.executemany(statement, chunks)
            finally:  # whatever is written next is forced again
                if not force:
                    connection.execute(f"PRAGMA synchronous={FORCED}")
        except sqlite3.Error as error:
            raise _failure(engine, error, _events(first, last)) from error

    return append


def _append(engine: Engine, chunks: Chunks, force: bool, first: int, last: int) -> None:
    table = tables().tables["chunks"]
    names = [column.name for column in table.columns]
    with writing(engine, _events(first, last)) as connection:
        if not force:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        connection.execute(table.insert(), [dict(zip(names, chunk, strict=True)) for chunk in chunks])


def _events(first: int, last: int) -> str:
    return f"event {first}" + (f" to {last}" if last > first else "")


@contextmanager
def writing(engine: Engine, what: str) -> Iterator[Connection]:
    """One transaction: all of it is on the disk afterwards, or nothing."""
    with told(engine, what), engine.begin() as connection:
        yield connection
