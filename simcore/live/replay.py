"""The journal played again: the same events through the loop a backtest runs, the same account at its end.

It serves the proof (`verify` plays a closed session from its first event) and recovery (a session that died goes on
from its last snapshot and the events behind it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from simcore.kernel.engine import COLUMNS, Engine
from simcore.live.records import NOTES, POSTS, ROWS, Chunk
from simcore.live.warming import BEGUN, DONE, hold, release
from simcore.strategy.driver import Driver

Progress = Callable[[int], None]


def play_chunks(
    chunks: Iterable[Chunk], engine: Engine, driver: Driver, progress: Progress | None = None
) -> tuple[int, int]:
    """Feed events to an account. Returns how many events there were, and the last chunk's number."""
    events = seq = 0
    for chunk in chunks:
        seq = chunk.seq
        if chunk.kind == ROWS:
            play_rows(chunk.rows, engine, driver)
        elif chunk.kind == POSTS:
            for row in chunk.rows:
                engine.book(np.array([row["post"]]))
                driver.play()
        elif chunk.kind == NOTES:
            for note in chunk.rows:
                decided(note["what"], engine, driver)
            continue
        else:
            continue
        events += len(chunk.rows)
        if progress is not None:
            progress(chunk.first + len(chunk.rows))
    return events, seq


def decided(what: str, engine: Engine, driver: Driver) -> None:
    """What a note of the journal means to the account; most mean nothing."""
    if what == "stop":
        driver.stop()
    elif what == BEGUN:
        hold(engine)
    elif what == DONE:
        release(engine)


def play_rows(rows: Any, engine: Engine, driver: Driver) -> None:
    """Rows of the market as columns through the loop."""
    columns = {name: np.ascontiguousarray(rows[name]) for name in COLUMNS if name != "ts"}
    engine.load({"ts": np.ascontiguousarray(rows["ts_event"]), **columns})
    driver.play()
