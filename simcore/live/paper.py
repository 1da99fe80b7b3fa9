"""paper: recorded ticks played one event at a time, each journaled before the account sees it.

The same driver and the same account as in a backtest, fed one row at a time: there is no second engine. The session
folder holds everything `verify` needs to replay it and demand the same orders and the same State, byte for byte. A
session that was killed goes on where its journal ends when it is started again with the same arguments.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import simcore.live.folder as folder_
from simcore.account import open_account, sample_every
from simcore.brokers.broker import Broker
from simcore.inputs import Data, Listed, open_data, rules_of
from simcore.live.desk import Desk
from simcore.live.rows import events
from simcore.live.session import begin, close, description, go_on
from simcore.market.blocks import AnyFeed
from simcore.result import Result
from simcore.run.ended import run_of, told
from simcore.strategy.strategy import Strategy

SNAPSHOT_EVERY = 1_000_000  # events
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Session:
    """A finished paper session: its folder, how many events it met, and its result."""

    folder: Path
    events: int
    result: Result
    resumed: bool = False


def paper(
    strategy: Strategy,
    data: Data,
    *,
    session: str | Path,
    spec: str,
    broker: Broker | str | None = None,
    instruments: Listed = None,
    cash: float = 10_000.0,
    size: str = "M",
    journal: str | None = None,
    progress: Progress | None = None,
    until: Callable[[int], bool] = lambda events: False,
) -> Session:
    """Play `data` (as in backtest) event by event, as fast as it goes, into the folder `session`.

    spec: how the strategy is found again ("module:Class", "file.py:Class" or an entry point's name). journal: a URL of
    PostgreSQL, None: a file in the folder. until: asked after each event, True ends the session there. Raises
    SessionError for a folder in use or a disk that is full; the session is sealed only when it ended well. The result
    of a session that went on after a crash holds the orders and fills from there on.
    """
    broker, given = rules_of(broker, instruments)
    feed, chosen = open_data(data, given, table=broker.instruments)
    engine = open_account(strategy, feed, broker, chosen, cash=cash, size=size, sample=None, track=False)
    place, about = Path(session), description(strategy, spec, feed.symbols, broker, chosen, cash)
    chunks: list[dict[str, Any]] = []
    opened = go_on if folder_.is_open(place) else begin
    began = opened(place, engine, strategy, about, chunks.append, journal)
    started = time.perf_counter()
    play(began.desk, feed, began.rows, progress, until)
    close(began)
    events, seconds = began.desk.journal.count, time.perf_counter() - started
    every = sample_every(feed, None)
    account = (engine, strategy, feed, broker, chosen, cash, told(engine, chunks))
    run = run_of(*account, sample_every=every, seconds=seconds)
    return Session(place, events, Result(run), began.resumed)


def play(desk: Desk, feed: AnyFeed, done: int, progress: Progress | None, until: Callable[[int], bool]) -> None:
    """One event at a time, from the row after those that are done."""
    total = len(feed)
    for row in islice(chain.from_iterable(map(events, feed.blocks())), done, None):
        desk.row(*row)
        done += 1
        if done % SNAPSHOT_EVERY == 0:
            desk.journal.snapshot(desk.engine.state.snapshot())
        if progress is not None and (done & 0xFFF) == 0:
            progress(done, total)
        if until(done):
            return
    if progress is not None:
        progress(total, total)
