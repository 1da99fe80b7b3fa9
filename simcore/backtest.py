"""backtest(): a strategy, data and a broker in, a Result out.

Assumes: quotes in time order, one account for all instruments, an instrument without a calendar open whenever it ticks.
What a broker would refuse is a refused order in the result; what is malformed (an unknown symbol, a missing cross, a
timeframe finer than the data) is one clear error before the first tick.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

from simcore.account import Data, clean_data, open_account, open_data, sample_every
from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.kernel.engine import Engine
from simcore.ledger.ledger import Place, keep, ledger_of
from simcore.ledger.measured import trial_of
from simcore.market.blocks import AnyFeed
from simcore.market.feed import COLUMNS
from simcore.market.quality import Quality
from simcore.market.quality.verdict import check_policy
from simcore.result import Result, collect
from simcore.strategy.driver import Driver
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
    path: str = "ohlc",
    actions: Mapping[str, Any] | None = None,
    policy: str = "keep",
    ledger: Place = True,
    progress: Progress | None = None,
) -> Result:
    """Replay `data` through one account that `strategy` trades.

    data: symbol -> quotes, bars or prints (what sc.read_* give), a list of quotes and the prints beside them, a
    pandas/polars frame, or a range of a store (what Store.range gives), which may hold more than memory does; or a
    whole sc.Store. All of it is merged by time. broker: default the preset mt5-hedging. instruments: default
    Instrument.fx of every symbol that is two currencies. cash: the balance to begin with. size: the class S, M or L of
    positions and orders the account can hold. sample: time between equity samples ("1h"); default about 4,000 over the
    run, and every bar's close for bar data. track: the deepest fall of equity and the lowest margin level are those of
    every tick, not of the samples (stats: Max. Drawdown [$], Min. Margin Level [%]). finalize_trades: close what is
    open at the end: at the last quote; where the data are bars, at the last bar's open, the last price that an order
    made on a closed bar could have had (backtesting.py closes there too). path: how bars of data are played: "ohlc",
    four rows each, or "dense", up to twelve, as MetaTrader 5 generates ticks (simcore.market.dense). actions: symbol ->
    splits and dividends of its stock (what sc.read_actions takes or gives), booked on their ex-dates while prices are
    as they were: see simcore.kernel.corporate. policy: what is done about the faults of data that sc.check tells:
    "keep" counts them (when result.quality, save or the report asks: the rows are those that came), "drop", "sort" and
    "raise" do before the first tick what they do in sc.clean. ledger: the trial ledger that the run is written to, a
    file, a URL or an sc.Ledger, None for none (see simcore.ledger.place). progress: hears (rows done, of).

    Raises ConfigError or DataError for what is malformed, LedgerError for a ledger that cannot be used, StrategyError
    where the strategy raises (trading stopped there). Refused orders never raise: see result.orders and result.events.
    """
    written = ledger_of(ledger)
    broker = broker if broker is not None else Broker.preset("mt5-hedging")
    check_policy(policy)
    found: dict[str, Quality] = {}
    if policy != "keep":
        data, found = clean_data(data, policy, broker.calendar)
    feed, chosen = open_data(data, instruments, path, actions)
    engine = open_account(strategy, feed, broker, chosen, cash=cash, size=size, sample=sample, track=track)
    chunks: list[dict[str, Any]] = []
    driver = Driver(engine, strategy, feed.symbols, chunks.append)
    began = time.perf_counter()
    replay(engine, driver, feed, progress)
    if finalize_trades:
        finalize(engine, feed)
        driver.drain()
    seconds = time.perf_counter() - began
    every = sample_every(feed, sample)
    result = collect(engine, strategy, feed, broker, chosen, cash, chunks, sample_every=every, seconds=seconds)
    if found:
        result.quality = found
    if written is not None:
        keep(written, [trial_of(result)])
    return result


def finalize(engine: Engine, feed: AnyFeed) -> None:
    """Close every open position at the instrument's last quote, or at its last bar's open."""
    for i, symbol in enumerate(feed.symbols):
        last = feed.last_price(symbol)
        if last is not None:
            engine.finalize(i, *last)


def replay(engine: Engine, driver: Driver, feed: AnyFeed, progress: Progress | None = None) -> None:
    """Play the whole feed, block after block, in chunks between which progress is told."""
    total, before = len(feed), 0
    driver.start()
    with closing(feed.blocks()) as blocks:
        for block in blocks:
            engine.load({name: getattr(block, name) for name in COLUMNS})
            for done in (*range(CHUNK, len(block), CHUNK), len(block)):
                engine.feed["n"] = done
                driver.play()
                if progress is not None:
                    progress(before + done, total)
            before += len(block)
    driver.stop()
