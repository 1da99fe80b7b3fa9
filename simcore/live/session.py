"""A session: begun in a new folder, or gone on with after a crash, and closed under a seal.

What it takes to run it again stands in the folder: the strategy and where its source is, the account, the instruments.
A crash at any instant is recovered from the last snapshot and the events behind it; what the account tells again must
begin with what the journal says it told then, so that a changed strategy or kernel is found before it trades.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

import simcore.live.folder as folder_
from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.kernel.engine import Engine
from simcore.kernel.jit import source_hash
from simcore.live import database
from simcore.live.desk import Desk, Tables
from simcore.live.errors import SessionError
from simcore.live.journal import Journal
from simcore.live.records import ASKS, CHANGES
from simcore.live.replay import play_chunks
from simcore.strategy.driver import Driver, describe
from simcore.strategy.record import is_compiled
from simcore.strategy.strategy import Strategy

Hear = Callable[[Tables], None]
_TOLD: Final = {CHANGES: "changes", ASKS: "asks"}


@dataclass(frozen=True)
class Began:
    """A session at work: its desk, and how many rows of the market its account has met (0: it is new)."""

    folder: Path
    desk: Desk
    rows: int
    resumed: bool


def begin(
    folder: Path, engine: Engine, strategy: Strategy, about: Mapping[str, Any], hear: Hear, journal: str | None = None
) -> Began:
    """Open a new session; `journal` is a URL of PostgreSQL, None: a file in the folder."""
    folder_.new_folder(folder)
    opened = Journal.create(database.named(journal, name_of(folder)) if journal else folder / folder_.JOURNAL)
    folder_.write(folder / folder_.RULES, engine.rules.tobytes())
    folder_.write(folder / folder_.SESSION, folder_.to_json({**about, "journal": opened.place if journal else None}))
    desk = Desk(engine, strategy, about["symbols"], opened, hear)
    desk.start()
    return Began(folder, desk, 0, False)


def go_on(
    folder: Path, engine: Engine, strategy: Strategy, about: Mapping[str, Any], hear: Hear, journal: str | None = None
) -> Began:
    """Take up a session that died: its account as it stood after the last event of the journal."""
    check_same(folder, about, engine)
    opened = Journal.open(journal_place(folder, folder_.read_json(folder / folder_.SESSION), journal))
    snapshot = opened.last_snapshot()
    after = snapshot.chunk if snapshot is not None else 0
    if snapshot is not None:
        engine.state.restore(snapshot.state)
    again: dict[int, list[bytes]] = {CHANGES: [], ASKS: []}

    def heard(tables: Tables) -> None:
        for kind, name in _TOLD.items():
            again[kind].append(tables[name].tobytes())
        hear(tables)

    driver = Driver(engine, strategy, about["symbols"], heard, resume=snapshot is not None)
    if snapshot is None:
        driver.start()
    told: dict[int, list[bytes]] = {CHANGES: [], ASKS: []}
    tail = []
    for chunk in opened.chunks(after):
        if chunk.kind in told:
            told[chunk.kind].append(chunk.rows.tobytes())
        tail.append(chunk)
    play_chunks(tail, engine, driver)
    driver.drain()
    desk = Desk(engine, strategy, about["symbols"], opened, hear, resume=True)
    _tell_the_rest(folder, desk, told, again)
    return Began(folder, desk, opened.rows, True)


def _tell_the_rest(folder: Path, desk: Desk, told: dict[int, list[bytes]], again: dict[int, list[bytes]]) -> None:
    """What the account told and nobody had written down yet; SessionError where it tells something else now."""
    missing: Tables = {}
    for kind, name in _TOLD.items():
        then, now = b"".join(told[kind]), b"".join(again[kind])
        if not now.startswith(then):
            raise SessionError(
                f"{folder}: replaying its journal gives other orders than it gave; was the strategy, or what it "
                "reads, changed since? Nothing was sent"
            )
        dtype = desk.engine.tape.tables[name].dtype
        missing[name] = np.frombuffer(now[len(then) :], dtype)
    desk.journal.told(missing)
    for kind, kept in ((CHANGES, desk.changes), (ASKS, desk.asks)):
        if len(missing[_TOLD[kind]]):
            kept.append(missing[_TOLD[kind]])


def leave(began: Began) -> None:
    """Stop here; the session goes on when it is started again."""
    began.desk.drain()
    began.desk.journal.snapshot(began.desk.engine.state.snapshot())
    began.desk.journal.close()


def close(began: Began) -> None:
    """End a session well: on_stop, the state, the seal."""
    began.desk.stop()
    began.desk.journal.close()
    folder_.write(began.folder / folder_.STATE, began.desk.engine.state.snapshot())
    folder_.seal(began.folder)


def check_same(folder: Path, about: Mapping[str, Any], engine: Engine) -> None:
    """Raise SessionError where a session would not be gone on with, but another one begun in its place."""
    then = folder_.read_json(folder / folder_.SESSION)
    names = {"format": "format", "kernel": "version of the kernel", "mode": "mode", "symbols": "symbols",
             "strategy": "strategy, or its parameters or source", "broker": "broker", "instruments": "instruments",
             "cash": "cash"}  # fmt: skip
    for key, name in names.items():
        if then.get(key) != about.get(key):
            raise SessionError(f"{folder}: was begun with another {name}; give the same, or a new folder to --session")
    if folder_.read(folder / folder_.RULES) != engine.rules.tobytes():
        raise SessionError(f"{folder}: was begun under other rules; give the same data, or a new folder to --session")


def journal_place(folder: Path, about: Mapping[str, Any], given: str | None = None) -> str | Path:
    """Where a session's journal lies; a URL `given` again may have the password that is not kept."""
    url = about.get("journal")
    if not url:
        if given:
            raise SessionError(f"{folder}: was begun with its journal in the folder; leave --journal out")
        return folder / folder_.JOURNAL
    name = database.read_url(str(url)).query.get(database.SESSION)
    return database.named(given, str(name)) if given and name else given or str(url)


def name_of(folder: Path) -> str:
    """A session's name in a database that holds many."""
    words = re.sub(r"[^a-z0-9]+", "_", folder.name.lower()).strip("_")[:40]
    digest = hashlib.sha256(f"{folder.resolve()} {time.time_ns()}".encode()).hexdigest()
    return f"simcore_{words}_{digest[:8]}"


def description(
    strategy: Strategy,
    spec: str,
    symbols: Sequence[str],
    broker: Broker,
    instruments: Sequence[Instrument],
    cash: float,
    mode: str = "paper",
) -> dict[str, Any]:
    """What session.json holds: enough to run the session again, and to see that nothing changed since."""
    name, parameters = describe(strategy)
    return {
        "format": folder_.FORMAT,
        "mode": mode,
        "strategy": {
            "spec": spec,
            "name": name,
            "parameters": parameters,
            "compiled": is_compiled(type(strategy)),
            "source": source_of(type(strategy)),
        },
        "broker": broker.model_dump(mode="json"),
        "instruments": [i.model_dump(mode="json") for i in instruments],
        "symbols": list(symbols),
        "cash": cash,
        "kernel": source_hash(),
    }


def source_of(cls: type[Strategy]) -> str:
    """sha256 of the source files of a strategy class and its bases, as far as they are the user's."""
    digest = hashlib.sha256()
    for base in cls.__mro__:
        if issubclass(base, Strategy) and base is not Strategy and not base.__dict__.get("__compiled__", False):
            digest.update(inspect.getsource(base).encode())
    return digest.hexdigest()
