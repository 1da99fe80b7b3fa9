"""A session's journal: events in, the proof, and how soon a session that died trades again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.account import CASH, broker, instruments
from benchmarks.conftest import ROUNDS
from benchmarks.markets import START, TICK, scaled
from simcore.account import open_account
from simcore.kernel.engine import Engine
from simcore.live.desk import Desk
from simcore.live.journal import Journal
from simcore.live.replay import play_chunks
from simcore.live.watching import seen_of
from simcore.market.feed import Feed
from simcore.strategy.driver import Driver
from strategies.momentum import FastEmaCross

EVENTS = scaled(400_000)
LONG = scaled(10_000_000)
SPREAD = 0.00002


def market(n: int) -> Feed:
    """A price that wanders round one middle."""
    steps = np.random.default_rng(5).integers(-1, 2, n).cumsum() % 400
    bid = np.round(1.1 + steps / 100_000, 5)
    ts = START + TICK * np.arange(1, n + 1)
    return Feed(("EURUSD",), ts, bid, np.round(bid + SPREAD, 5), None, None, None, None, {})


def account(feed: Feed) -> tuple[Engine, Any]:
    strategy = FastEmaCross()
    return open_account(
        strategy, feed, broker(), instruments(["EURUSD"]), cash=CASH, size="S", sample=None, track=False
    ), strategy


def rows(feed: Feed) -> list[tuple[Any, ...]]:
    return list(zip(feed.ts.tolist(), feed.bid.tolist(), feed.ask.tolist(), strict=True))


def test_paper(benchmark: Any, tmp_path: Path) -> None:
    """Events through the journal, the account and a compiled strategy, as paper at full speed has them."""
    feed = market(EVENTS)
    given, made = rows(feed), iter(range(1_000))

    def events(desk: Desk) -> None:
        for ts, bid, ask in given:
            desk.row(ts, 0, 0, bid, ask)
        desk.journal.close()

    def fresh() -> tuple[tuple[Desk], dict[str, Any]]:
        engine, strategy = account(feed)
        journal = Journal.create(tmp_path / f"{next(made)}.sqlite")
        return (Desk(engine, strategy, ["EURUSD"], journal),), {}

    benchmark.pedantic(events, setup=fresh, rounds=ROUNDS)
    kept = Journal.open(tmp_path / "0.sqlite", read=True)
    assert kept.count == EVENTS
    kept.release()
    benchmark.extra_info["rows"] = EVENTS


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of many events, with the last snapshot a quarter of a million before its end."""
    feed, path = market(LONG), tmp_path_factory.mktemp("long") / "j.sqlite"
    engine, strategy = account(feed)
    journal = Journal.create(path)
    driver = Driver(engine, strategy, ["EURUSD"], lambda tables: None)
    driver.start()
    piece, tail = 8_192, LONG - 262_144
    for start in range(0, LONG, piece):
        part = slice(start, start + piece)
        columns = {"ts": feed.ts[part], "bid": feed.bid[part], "ask": feed.ask[part]}
        for ts, bid, ask in zip(*(column.tolist() for column in columns.values()), strict=True):
            journal.row(ts, 0, 0, bid, ask, float("nan"), float("nan"))
        engine.load(columns)
        driver.play()
        driver.drain()
        if start <= tail < start + piece:
            journal.snapshot(engine.state.snapshot())
    journal.close()
    return path


def test_verify(benchmark: Any, long: Path) -> None:
    """The replay of a journal that was read: its events through the compiled loop."""
    feed = market(2)
    journal = Journal.open(long, read=True)
    chunks = list(journal.chunks())
    journal.release()

    def again() -> int:
        engine, strategy = account(feed)
        driver = Driver(engine, strategy, ["EURUSD"], lambda tables: None)
        driver.start()
        return play_chunks(chunks, engine, driver)[0]

    assert benchmark.pedantic(again, rounds=ROUNDS, warmup_rounds=1) == LONG
    benchmark.extra_info["rows"] = LONG


def test_restart(benchmark: Any, long: Path) -> None:
    """Open the journal, take the last snapshot, replay the tail, know the last price of every symbol."""
    feed = market(2)

    def restart() -> int:
        engine, strategy = account(feed)
        journal = Journal.open(long, read=True)
        snapshot = journal.last_snapshot()
        assert snapshot is not None
        engine.state.restore(snapshot.state)
        driver = Driver(engine, strategy, ["EURUSD"], lambda tables: None, resume=True)
        events, _ = play_chunks(journal.chunks(snapshot.chunk), engine, driver)
        driver.drain()
        Desk(engine, strategy, ["EURUSD"], journal, resume=True)
        assert seen_of(journal, ["EURUSD"])["EURUSD"][0] == START + TICK * LONG
        journal.release()
        return events

    assert 0 < benchmark.pedantic(restart, rounds=ROUNDS, warmup_rounds=1) <= 270_336
