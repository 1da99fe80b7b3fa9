"""What came of a session at a bridge: its journal replayed into the Result a backtest has."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import simcore.live.folder as folder_
from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import resolved_by
from simcore.kernel.enums import Kind
from simcore.live.journal import Journal
from simcore.live.records import ROWS, Chunk
from simcore.live.replay import play_chunks
from simcore.live.session import journal_place
from simcore.live.verify import Load, engine_of, load_again
from simcore.market.feed import Feed
from simcore.result import Result
from simcore.run.ended import run_of, told
from simcore.strategy.driver import Driver

SAMPLE_EVERY = 60_000_000_000  # of sessions at a bridge


def outcome(session: str | Path, load: Load) -> Result | None:
    """The result so far of a session that nobody writes to now; None before its first price.

    Raises SessionError as `verify`, but for a session that was never closed.
    """
    place = Path(session)
    about = folder_.read_json(place / folder_.SESSION)
    strategy, engine = load_again(place, about, load), engine_of(place, about)
    heard: list[dict[str, Any]] = []
    rows: list[Any] = []

    def kept(chunk: Chunk) -> Chunk:
        if chunk.kind == ROWS:
            rows.append(chunk.rows)
        return chunk

    started = time.perf_counter()
    driver = Driver(engine, strategy, about["symbols"], heard.append)
    driver.start()
    journal = Journal.open(journal_place(place, about), read=True)
    play_chunks(map(kept, journal.chunks()), engine, driver)
    driver.drain()
    journal.release()
    feed = feed_of(about["symbols"], rows)
    if feed is None:
        return None
    broker = Broker.model_validate(about["broker"])
    contracts = resolved_by(broker, [Instrument.model_validate(one) for one in about["instruments"]])
    account = (engine, strategy, feed, broker, contracts, float(about["cash"]), told(engine, heard))
    return Result(run_of(*account, sample_every=SAMPLE_EVERY, seconds=time.perf_counter() - started))


def feed_of(symbols: Sequence[str], rows: list[Any]) -> Feed | None:
    """The market as the account met it; None where there was none."""
    together = np.concatenate(rows) if rows else None
    if together is not None:
        together = together[together["kind"] != int(Kind.HEARTBEAT)]
    if together is None or not len(together):
        return None
    names = {
        "ts": "ts_event",
        "bid": "bid",
        "ask": "ask",
        "instrument": "instrument",
        "kind": "kind",
        "x": "x",
        "y": "y",
    }
    columns: dict[str, Any] = {name: np.ascontiguousarray(together[at]) for name, at in names.items()}
    quoted = together["kind"] != int(Kind.PRINT)
    prints_only = frozenset(range(len(symbols))) - {int(k) for k in np.unique(together["instrument"][quoted])}
    return Feed(symbols=tuple(symbols), timeframes={}, **columns, prints_only=prints_only)
