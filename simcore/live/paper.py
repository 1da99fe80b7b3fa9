"""paper: recorded ticks played one event at a time, each journaled before the account sees it.

The same driver and the same account as in a backtest, fed one row at a time: there is no second engine. The session
folder holds everything `verify` needs to replay it and demand the same orders and the same State, byte for byte. A
session that was left or killed goes on where its journal ends when it is started again with the same arguments. At a
chosen speed each tick waits for its time; nothing else is different, so that every speed leaves the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import simcore.live.folder as folder_
from simcore.account import open_account, sample_every
from simcore.brokers.broker import Broker
from simcore.brokers.rules import resolved_by
from simcore.inputs import Data, Listed, open_data, rules_of
from simcore.live.desk import Desk
from simcore.live.rows import events
from simcore.live.session import begin, close, description, go_on, leave
from simcore.market.blocks import AnyFeed
from simcore.result import Result
from simcore.run.ended import run_of, told
from simcore.strategy.strategy import Strategy

SNAPSHOT_EVERY = 1_000_000  # events
SLICE = 0.2  # seconds of waiting between looks at whether to go on
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Session:
    """A paper session: its folder, how many events it met, and its result. `ended`: it is sealed."""

    folder: Path
    events: int
    result: Result
    resumed: bool = False
    ended: bool = True


class Pace:
    """When recorded ticks are due: `speed` times as fast as the wall's clock (ns), from the first one on.

    `pause` waits seconds, never more than SLICE of them, so that somebody may stop in between.
    """

    def __init__(
        self, speed: float, clock: Callable[[], int] = time.monotonic_ns, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self._speed, self._clock, self._pause = speed, clock, pause
        self._began: tuple[int, int] | None = None  # our clock, and the tick's time it stands for
        self.behind = 0  # ns the last tick was played after its time

    def wait(self, ts: int, stop: Callable[[], bool]) -> bool:
        """Wait for a tick's time; False where `stop` said so meanwhile."""
        if self._began is None:
            self._began = self._clock(), ts
        began, first = self._began
        due = began + round((ts - first) / self._speed)
        while (left := due - self._clock()) > 0:
            if stop():
                return False
            self._pause(min(left / 1e9, SLICE))
        self.behind = -left
        return True


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
    pace: Pace | None = None,
    progress: Progress | None = None,
    opened: Callable[[Desk], None] = lambda desk: None,
    until: Callable[[int], bool] = lambda events: False,
    seal: bool = False,
) -> Session:
    """Play `data` (as in backtest) event by event into the folder `session`; pace None: as fast as it goes.

    spec: how the strategy is found again ("module:Class", "file.py:Class" or an entry point's name). journal: a URL of
    PostgreSQL, None: a file in the folder. opened: gets the desk before the first event. until: asked after each event
    and while waiting, True leaves the session there, to be gone on with, or with `seal` ends it there. Raises
    SessionError for a folder in use or a disk that is full; the session is sealed only when it ended well. The result
    of a session that was gone on with holds the orders and fills from there on.
    """
    broker, given = rules_of(broker, instruments)
    feed, chosen = open_data(data, given, table=broker.instruments)
    engine = open_account(strategy, feed, broker, chosen, cash=cash, size=size, sample=None, track=False)
    place, about = Path(session), description(strategy, spec, feed.symbols, broker, chosen, cash)
    chunks: list[dict[str, Any]] = []
    start = go_on if folder_.is_open(place) else begin
    began = start(place, engine, strategy, about, chunks.append, journal)
    opened(began.desk)
    started = time.perf_counter()
    ended = play(began.desk, feed, began.rows, pace, progress, until)
    ended = ended or seal
    (close if ended else leave)(began)
    events, seconds = began.desk.journal.count, time.perf_counter() - started
    every = sample_every(feed, None)
    account = (engine, strategy, feed, broker, resolved_by(broker, chosen), cash, told(engine, chunks))
    run = run_of(*account, sample_every=every, seconds=seconds)
    return Session(place, events, Result(run), began.resumed, ended)


def play(
    desk: Desk,
    feed: AnyFeed,
    done: int,
    pace: Pace | None,
    progress: Progress | None,
    until: Callable[[int], bool],
) -> bool:
    """One event at a time, from the row after those that are done; whether all were played."""
    total = len(feed)
    for row in islice(chain.from_iterable(map(events, feed.blocks())), done, None):
        if pace is not None and not pace.wait(row[0], partial(until, done)):
            return False
        desk.row(*row)
        done += 1
        if done % SNAPSHOT_EVERY == 0:
            desk.journal.snapshot(desk.engine.state.snapshot())
        if progress is not None and (done & 0xFFF) == 0:
            progress(done, total)
        if until(done):
            return done == total
    if progress is not None:
        progress(total, total)
    return True
