"""backtest(): a strategy, data and a broker in, a Result out.

Assumes: quotes in time order, one account for all instruments, an instrument without a calendar open whenever it ticks.
What a broker would refuse is a refused order in the result; what is malformed (an unknown symbol, a missing cross, a
timeframe finer than the data) is one clear error before the first tick.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from simcore.account import Data, open_account, open_data, sample_every
from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.kernel import schema
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Kind
from simcore.market.feed import Feed
from simcore.result import Result, Run
from simcore.strategy.driver import Driver, describe
from simcore.strategy.names import tag_names
from simcore.strategy.strategy import Strategy

CHUNK = 4_000_000  # rows between two looks at progress and Ctrl-C

Progress = Callable[[int, int], None]


def backtest(
    strategy: Strategy,
    data: Data,
    *,
    broker: Broker | None = None,
    instruments: Sequence[Instrument] | None = None,
    cash: float = 10_000.0,
    size: str = "M",
    sample: str | None = None,
    track: bool = False,
    finalize_trades: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Replay `data` through one account that `strategy` trades.

    data: symbol -> quotes, bars or prints (what sc.read_* give) or a pandas/polars frame; all of it is merged by time.
    broker: default the preset mt5-hedging. instruments: default Instrument.fx of every symbol that is two currencies.
    size: the class S, M or L of positions and orders the account can hold. sample: time between equity samples
    ("1h"); default about 4,000 over the run, and every bar's close for bar data. track: drawdown and lowest margin
    level on every tick. finalize_trades: close what is open at the end: at the last quote; where the data are bars, at
    the last bar's open, the last price that an order made on a closed bar could have had (backtesting.py closes there
    too). progress hears (rows done, of).

    Raises ConfigError or DataError for what is malformed, StrategyError where the strategy raises (trading stopped
    there). Refused orders never raise: see result.orders and result.events.
    """
    broker = broker if broker is not None else Broker.preset("mt5-hedging")
    feed, chosen = open_data(data, instruments)
    engine = open_account(strategy, feed, broker, chosen, cash=cash, size=size, sample=sample, track=track)
    chunks: list[dict[str, Any]] = []
    driver = Driver(engine, strategy, feed.symbols, chunks.append)
    began = time.perf_counter()
    replay(engine, driver, feed, progress)
    if finalize_trades:
        finalize(engine, feed)
        driver.drain()
    seconds = time.perf_counter() - began
    names = chunks[0].keys()
    tables = {name: np.concatenate([c[name] for c in chunks]) for name in names}
    tables["samples"] = np.concatenate([tables["samples"], last_sample(engine)])
    name, parameters = describe(strategy)
    return Result(
        Run(
            strategy=name,
            parameters=parameters,
            broker=broker,
            instruments=[i.resolved(broker.currency, exchange=broker.mode == "exchange") for i in chosen],
            cash=cash,
            feed=feed,
            tables=tables,
            account=engine.figures(),
            totals={n: float(engine.state.account[n]) for n in engine.state.account.dtype.names or ()},
            rules=engine.rules.tobytes(),
            state=engine.state.snapshot(),
            sample_every=int(sample_every(feed, sample)),
            seconds=seconds,
            tags=tag_names(),
        )
    )


def finalize(engine: Engine, feed: Feed) -> None:
    """Close every open position at the instrument's last quote, or at its last bar's open."""
    rows = np.arange(len(feed))
    if feed.kind is not None:
        rows = rows[(feed.kind == Kind.QUOTE) | (feed.kind == Kind.PRINT) | (feed.kind == Kind.BAR_OPEN)]
    k = feed.instrument if feed.instrument is not None else np.zeros(len(feed), np.uint8)
    for i in range(len(feed.symbols)):
        last = rows[k[rows] == i]
        if len(last):
            engine.finalize(i, float(feed.bid[last[-1]]), float(feed.ask[last[-1]]))


def last_sample(engine: Engine) -> np.ndarray[Any, Any]:
    """The account as the run leaves it, as one more equity sample."""
    figures = engine.figures()
    row = np.zeros(1, schema.SAMPLE)
    row["ts"] = engine.state.head["now"]
    for name in ("balance", "equity", "used_margin"):
        row[name] = figures[name]
    return row


def replay(engine: Engine, driver: Driver, feed: Feed, progress: Progress | None = None) -> None:
    """Play the whole feed, in chunks between which progress is told."""
    columns = {n: getattr(feed, n) for n in ("ts", "bid", "ask", "instrument", "kind", "x", "y")}
    engine.load(columns)
    total = len(feed)
    driver.start()
    done = 0
    while done < total:
        done = min(total, done + CHUNK)
        engine.feed["n"] = done
        driver.play()
        if progress is not None:
            progress(done, total)
    driver.stop()
