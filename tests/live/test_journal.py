"""The journal: what goes in comes out, whatever is damaged is named, and a crash takes only what nobody acted on."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

import simcore as sc
from simcore.kernel import schema
from simcore.live import database
from simcore.live.errors import SessionError
from simcore.live.folder import JOURNAL, SESSION, STATE, read_json
from simcore.live.journal import GATHERED, Journal
from simcore.live.paper import paper
from simcore.live.records import CHANGES, NOTES, POSTS, ROW, ROWS
from simcore.live.verify import verify
from simcore.market.sample import SYMBOL, sample_path
from tests.conftest import SmallDisk
from tests.live.test_paper_verify import Cross, load

NAN = float("nan")


def filled(path: Path, rows: int = 20) -> Path:
    with Journal.create(path) as journal:
        for i in range(rows):
            journal.row(1_000 + i, 0, 0, 1.1, 1.2, NAN, NAN)
            if i % 5 == 4:
                journal.flush()
    return path


def damage(path: Path, seq: int, at: int) -> None:
    """Change one byte of a chunk behind the journal's back."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER no_update_of_chunks")
        (data,) = connection.execute("SELECT data FROM chunks WHERE seq = ?", (seq,)).fetchone()
        changed = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
        connection.execute("UPDATE chunks SET data = ? WHERE seq = ?", (changed, seq))
    connection.close()


def everything(path: Path) -> list:
    journal = Journal.open(path, read=True)
    try:
        return list(journal.chunks())
    finally:
        journal.release()


def test_what_goes_in_comes_out_in_order(tmp_path):
    path = tmp_path / "j.sqlite"
    with Journal.create(path) as journal:
        journal.row(1, 2, 0, 1.1, 1.2, NAN, 5.0, ts_recv=7)
        post = np.zeros(1, schema.POST)
        post["order"], post["price"] = 9, 1.5
        journal.post(post, 8, trade="d1", ticket="o1")
        journal.note("state", 9, to="LIVE")
        journal.told({"changes": np.zeros(2, schema.CHANGE), "asks": np.zeros(0, schema.ASK)})
        journal.row(2, 0, 6, 0.0, 0.0, NAN, NAN)
    chunks = everything(path)
    assert [chunk.kind for chunk in chunks] == [ROWS, POSTS, NOTES, CHANGES, ROWS]
    assert [chunk.first for chunk in chunks] == [0, 1, 2, 2, 2]
    row = chunks[0].rows[0]
    assert (row["ts_event"], row["ts_recv"], row["instrument"], row["bid"], row["y"]) == (1, 7, 2, 1.1, 5.0)
    said = chunks[1].rows[0]
    assert (said["post"]["order"], said["post"]["price"], said["trade"], said["ticket"]) == (9, 1.5, b"d1", b"o1")
    assert chunks[2].rows == [{"what": "state", "ts": 9, "to": "LIVE"}]


@pytest.mark.parametrize("record", [1, 5, 6, 20])
def test_a_damaged_record_is_named(tmp_path, record):
    path = filled(tmp_path / "j.sqlite")
    damage(path, (record - 1) // 5 + 1, (record - 1) % 5 * ROW.itemsize + 17)
    with pytest.raises(SessionError) as caught:
        everything(path)
    after = f", after 1970-01-01T00:00:00.00000{1_000 + record - 2} UTC" if record > 1 else ""  # the record before it
    row, chunk = (record - 1) % 5 + 1, (record - 1) // 5 + 1
    place = f"record {record} (row {row} of chunk {chunk}{after}) is damaged"
    assert str(caught.value) == f"{path}: {place}; the {record - 1} records before it are intact"


def test_a_damage_between_the_records_is_named(tmp_path):
    path = filled(tmp_path / "j.sqlite")
    with Journal.open(path) as journal:
        journal.note("state", 9, to="LIVE")
    damage(path, 5, 3)
    said = "chunk 5, behind record 20 (decisions and findings, after 1970-01-01T00:00:00.000001019 UTC), is damaged"
    with pytest.raises(SessionError, match=re.escape(f"j.sqlite: {said}; the 20 records before it are intact")):
        everything(path)


def test_a_missing_and_a_swapped_chunk_are_named(tmp_path):
    path = filled(tmp_path / "j.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER no_update_of_chunks")
        connection.execute("UPDATE chunks SET seq = -1 WHERE seq = 2")
        connection.execute("UPDATE chunks SET seq = 2 WHERE seq = 3")
        connection.execute("UPDATE chunks SET seq = 3 WHERE seq = -1")
    connection.close()
    with pytest.raises(SessionError, match=r"chunk 2, records 11 to 15 \(prices, .* is damaged"):
        everything(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER no_delete_of_chunks")
        connection.execute("DELETE FROM chunks WHERE seq = 2")
    connection.close()
    with pytest.raises(SessionError, match="record 6 follows on something that is missing"):
        everything(path)


def test_rows_in_another_order_are_noticed(tmp_path):
    path = filled(tmp_path / "j.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER no_update_of_chunks")
        (data,) = connection.execute("SELECT data FROM chunks WHERE seq = 2").fetchone()
        n = ROW.itemsize
        connection.execute("UPDATE chunks SET data = ? WHERE seq = 2", (data[n : 2 * n] + data[:n] + data[2 * n :],))
    connection.close()
    with pytest.raises(SessionError, match=r"chunk 2, records 6 to 10 .* is damaged"):  # every row is whole
        everything(path)


def test_a_chunk_of_another_journal_in_its_place_is_named(tmp_path):
    path, other = filled(tmp_path / "j.sqlite"), tmp_path / "other.sqlite"
    with Journal.create(other) as journal:  # the same numbers of chunks and events, other times from the first row on
        for i in range(20):
            journal.row(2_000 + i, 0, 0, 1.1, 1.2, NAN, NAN)
            if i % 5 == 4:
                journal.flush()
    with sqlite3.connect(other) as connection:
        data, checksum = connection.execute("SELECT data, checksum FROM chunks WHERE seq = 3").fetchone()
    connection.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER no_update_of_chunks")
        connection.execute("UPDATE chunks SET data = ?, checksum = ? WHERE seq = 3", (data, checksum))
    connection.close()
    with pytest.raises(SessionError, match=r"chunk 3, records 11 to 15 \(prices, .*the 10 records before it"):
        everything(path)


def test_a_journal_only_grows(tmp_path):
    path = filled(tmp_path / "j.sqlite")
    with sqlite3.connect(path) as connection:
        for change in ("UPDATE chunks SET first = 0", "DELETE FROM chunks"):
            with pytest.raises(sqlite3.IntegrityError, match="a journal only grows"):
                connection.execute(change)
    connection.close()


def test_what_was_not_flushed_is_gone_and_the_rest_goes_on(tmp_path):
    path = tmp_path / "j.sqlite"
    first = Journal.create(path)
    for i in range(GATHERED + 10):
        first.row(i, 0, 0, 1.1, 1.2, NAN, NAN)
    first.release()  # as a crash leaves it: ten rows were in memory
    with Journal.open(path) as again:
        assert again.count == GATHERED
        again.row(99, 0, 0, 1.1, 1.2, NAN, NAN)
    assert sum(len(chunk.rows) for chunk in everything(path)) == GATHERED + 1


def test_snapshots_come_back_and_a_damaged_one_is_named(tmp_path):
    path = filled(tmp_path / "j.sqlite")
    with Journal.open(path) as journal:
        assert journal.last_snapshot() is None
        journal.snapshot(b"early")
        journal.row(99, 0, 0, 1.1, 1.2, NAN, NAN)
        journal.snapshot(b"late" * 100)
        journal.snapshot(b"late" * 100)  # nothing new: none is added
        found = journal.last_snapshot()
    assert (found.events, found.state) == (21, b"late" * 100)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER no_update_of_snapshots")
        connection.execute("UPDATE snapshots SET data = x'00' WHERE events = 21")
    connection.close()
    with Journal.open(path) as journal, pytest.raises(SessionError, match="the snapshot after record 21 is damaged"):
        journal.last_snapshot()


def test_another_version_and_another_file_are_refused(tmp_path):
    path = filled(tmp_path / "j.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE about SET value = '1'")
    connection.close()
    with pytest.raises(SessionError, match=r"is version 1 of the journal, this simcore has version 2"):
        Journal.open(path)
    with pytest.raises(SessionError, match="there is no journal"):
        Journal.open(tmp_path / "none.sqlite")
    (tmp_path / "other.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(SessionError, match=r"other\.sqlite: file is not a database"):
        Journal.open(tmp_path / "other.sqlite")
    with pytest.raises(SessionError, match="holds a journal already"):
        Journal.create(filled(tmp_path / "twice.sqlite"))


def test_a_full_disk_is_one_sentence_and_nothing_is_half_there(tmp_path, small_disk: SmallDisk):
    path = tmp_path / "j.sqlite"
    journal = Journal.create(path)

    def fill() -> None:
        for i in range(10 * GATHERED):
            journal.row(i, 0, 0, 1.1, 1.2, NAN, NAN)

    said = r"j\.sqlite: event \d+ to \d+ could not be written: the disk is full or fails .*whole"
    with pytest.raises(SessionError, match=said) as caught, small_disk(600_000):
        fill()
    assert "\n" not in str(caught.value)
    journal.release()
    kept = sum(len(chunk.rows) for chunk in everything(path))
    assert kept % GATHERED == 0
    assert kept < 10 * GATHERED


def test_a_read_only_disk_is_one_sentence(tmp_path):
    with pytest.raises(SessionError, match="unable to open database file"):
        Journal.create(tmp_path / "none" / "j.sqlite")


def test_a_password_is_never_shown():
    url = "postgresql://me:secret-word@127.0.0.1:1/none"
    engine = database.connect(url)
    assert "secret-word" not in database.shown(engine)
    with pytest.raises(SessionError) as caught:
        Journal.create(url)
    assert "secret-word" not in str(caught.value)
    with pytest.raises(SessionError, match="journals lie in SQLite or PostgreSQL"):
        database.connect("mysql://me:secret-word@127.0.0.1/none")


def test_a_session_in_postgresql_is_the_same(postgres: str, tmp_path: Path) -> None:
    quotes = sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, 2_000)
    here = paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "file", spec="Cross")
    there = paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "pg", spec="Cross", journal=postgres)
    assert there.events == here.events == 2_000
    assert (tmp_path / "pg" / STATE).read_bytes() == (tmp_path / "file" / STATE).read_bytes()
    assert not (tmp_path / "pg" / JOURNAL).exists()
    assert verify(tmp_path / "pg", load).same
    again = paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "again", spec="Cross", journal=postgres)
    assert again.events == 2_000  # many sessions in one database
    assert verify(tmp_path / "again", load).same
    assert verify(tmp_path / "pg", load).same
    url = read_json(tmp_path / "pg" / SESSION)["journal"]
    with pytest.raises(SessionError, match="holds a journal already; name another with"):
        Journal.create(url)
    with pytest.raises(SessionError, match="does not hold a journal of simcore"):
        Journal.open(f"{postgres}?session=simcore_none")


def test_a_session_in_postgresql_is_killed_and_goes_on(postgres: str, tmp_path: Path) -> None:
    """Two at once in one database, both left in the middle; one is gone on with by a URL that has a password."""
    quotes = sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, 2_000)
    whole = paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "whole", spec="Cross")
    for name in ("one", "two"):
        left = paper(
            Cross(), {SYMBOL: quotes}, session=tmp_path / name, spec="Cross", journal=postgres,
            until=lambda n: n == 1_100,
        )  # fmt: skip
        assert not left.ended
    secret = postgres.replace("postgres@", "postgres:planted-Secret@")
    for name, given in (("one", postgres), ("two", secret)):
        done = paper(Cross(), {SYMBOL: quotes}, session=tmp_path / name, spec="Cross", journal=given)
        assert (done.events, done.resumed) == (whole.events, True)
        assert (tmp_path / name / STATE).read_bytes() == (tmp_path / "whole" / STATE).read_bytes()
        assert verify(tmp_path / name, load).same
        assert all(b"planted-Secret" not in path.read_bytes() for path in (tmp_path / name).iterdir())


def test_what_was_written_in_postgresql_is_checked_as_anywhere(postgres: str) -> None:
    place = f"{postgres}?session=simcore_damaged"
    with Journal.create(place) as journal:
        for i in range(20):
            journal.row(1_000 + i, 0, 0, 1.1, 1.2, NAN, NAN)
            if i % 5 == 4:
                journal.flush()
        journal.note("state", 9, to="LIVE")
        journal.snapshot(b"state" * 100)
        assert journal.last_snapshot().state == b"state" * 100
    engine = sa.create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE simcore_damaged.chunks SET data = set_byte(data, 17, 9) WHERE seq = 3"))
    opened = Journal.open(place)
    with pytest.raises(SessionError, match=r"simcore_damaged: record 11 \(row 1 .* is damaged; the 10 records before"):
        list(opened.chunks())
    opened.release()
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE simcore_damaged.about SET value = '1'"))
    with pytest.raises(SessionError, match="is version 1 of the journal"):
        Journal.open(place)
    engine.dispose()


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1/none?session=No-Good", "not a url"])
def test_a_place_that_is_none_is_one_line(url: str) -> None:
    with pytest.raises(SessionError, match="--journal: "):
        Journal.create(url)
