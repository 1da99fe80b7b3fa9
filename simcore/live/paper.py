"""paper: recorded ticks played one event at a time, each journaled before the account sees it.

The same driver and the same account as in a backtest, fed one row at a time: there is no second engine. The session
folder holds everything `verify` needs to replay it and demand the same orders and the same State, byte for byte.
"""

from __future__ import annotations

import hashlib
import inspect
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

import simcore.live.folder as folder_
from simcore.account import Data, open_account, open_data, sample_every
from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.kernel.engine import Engine
from simcore.kernel.jit import source_hash
from simcore.live.journal import Journal, Log
from simcore.market.blocks import AnyFeed
from simcore.market.feed import Feed
from simcore.result import Result, collect
from simcore.strategy.driver import Driver, describe
from simcore.strategy.record import is_compiled
from simcore.strategy.strategy import Strategy

NAN = float("nan")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Session:
    """A finished paper session: its folder, how many events it met, and its result."""

    folder: Path
    events: int
    result: Result


def paper(
    strategy: Strategy,
    data: Data,
    *,
    session: str | Path,
    spec: str,
    broker: Broker | None = None,
    instruments: Sequence[Instrument] | None = None,
    cash: float = 10_000.0,
    size: str = "M",
    progress: Progress | None = None,
) -> Session:
    """Play `data` (as in backtest) event by event, as fast as it goes, into the new folder `session`.

    spec: how the strategy is found again ("module:Class", "file.py:Class" or an entry point's name). Raises
    SessionError for a folder in use or a disk that is full; the session is sealed only when it ended well.
    """
    broker = broker if broker is not None else Broker.preset("mt5-hedging")
    feed, chosen = open_data(data, instruments)
    engine = open_account(strategy, feed, broker, chosen, cash=cash, size=size, sample=None, track=False)
    place = folder_.new_folder(Path(session))
    folder_.write(place / folder_.RULES, engine.rules.tobytes())
    folder_.write(place / folder_.SESSION, folder_.to_json(description(strategy, spec, feed, broker, chosen, cash)))
    chunks: list[dict[str, Any]] = []
    with Journal(place / folder_.JOURNAL) as journal, Log(place / folder_.ORDERS) as orders:

        def heard(tables: dict[str, Any]) -> None:
            chunks.append(tables)
            orders.write(tables["changes"].tobytes(), "the changes of orders")

        driver = Driver(engine, strategy, feed.symbols, heard)
        began = time.perf_counter()
        driver.start()
        play(engine, driver, feed, journal, progress)
        driver.stop()
        events, seconds = journal.count, time.perf_counter() - began
    folder_.write(place / folder_.STATE, engine.state.snapshot())
    folder_.seal(place)
    every = sample_every(feed, None)
    result = collect(engine, strategy, feed, broker, chosen, cash, chunks, sample_every=every, seconds=seconds)
    return Session(place, events, result)


def play(engine: Engine, driver: Driver, feed: AnyFeed, journal: Journal, progress: Progress | None) -> None:
    """One event at a time: journal, then step."""
    total, told = len(feed), engine.tape.head
    for done, row in enumerate(chain.from_iterable(map(events, feed.blocks()))):
        journal.append(*row)
        engine.row(*row)
        driver.play()
        if told["n_changes"]:
            driver.drain()
        if progress is not None and (done & 0xFFF) == 0:
            progress(done, total)
    if progress is not None:
        progress(total, total)


def events(block: Feed) -> Iterator[tuple[int, int, int, float, float, float, float]]:
    """The rows of a block: ts, instrument, kind, bid, ask, x, y."""
    n = len(block)
    ks = block.instrument if block.instrument is not None else np.zeros(n, np.uint8)
    kinds = block.kind if block.kind is not None else np.zeros(n, np.uint8)
    xs = block.x if block.x is not None else np.full(n, NAN)
    ys = block.y if block.y is not None else np.full(n, NAN)
    for ts, k, kind, bid, ask, x, y in zip(block.ts, ks, kinds, block.bid, block.ask, xs, ys, strict=True):
        yield int(ts), int(k), int(kind), float(bid), float(ask), float(x), float(y)


def description(
    strategy: Strategy, spec: str, feed: AnyFeed, broker: Broker, instruments: Sequence[Instrument], cash: float
) -> dict[str, Any]:
    """What session.json holds: enough to run the session again, and to see that nothing changed since."""
    name, parameters = describe(strategy)
    return {
        "format": folder_.FORMAT,
        "mode": "paper",
        "strategy": {
            "spec": spec,
            "name": name,
            "parameters": parameters,
            "compiled": is_compiled(type(strategy)),
            "source": source_of(type(strategy)),
        },
        "broker": broker.model_dump(mode="json"),
        "instruments": [i.model_dump(mode="json") for i in instruments],
        "symbols": list(feed.symbols),
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
