"""backtest(): a strategy, data and a broker in, a Result out.

Assumes: quotes in time order, one account for all instruments, an instrument without a calendar open whenever it ticks.
What a broker would refuse is a refused order in the result; what is malformed (an unknown symbol, a missing cross, a
timeframe finer than the data) is one clear error before the first tick.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from simcore.account import Conditions, sample_every
from simcore.brokers.broker import Broker
from simcore.inputs import Data, Listed
from simcore.kernel.buffers import TapeBuffer
from simcore.kernel.engine import Engine
from simcore.ledger.ledger import Place, keep, ledger_of
from simcore.ledger.measured import trial_of
from simcore.market.blocks import AnyFeed
from simcore.market.feed import COLUMNS
from simcore.progress import Hears, Progress, heard
from simcore.result import Result
from simcore.run import Table
from simcore.run.ended import joined_all, run_of, told
from simcore.strategy.driver import Driver
from simcore.strategy.strategy import Strategy

CHUNK = 4_000_000  # rows between two looks at progress and Ctrl-C
SHARED = 16_384  # rows that several runs play before the next ones are read: few enough for the processor's cache


def backtest(
    strategy: Strategy,
    data: Data,
    *,
    broker: Broker | str | None = None,
    instruments: Listed = None,
    cash: float = 10_000.0,
    size: str = "M",
    sample: str | None = None,
    track: bool = False,
    finalize_trades: bool = False,
    path: str = "ohlc",
    actions: Mapping[str, Any] | None = None,
    policy: str = "keep",
    ledger: Place = True,
    progress: Hears = None,
) -> Result:
    """Replay `data` through one account that `strategy` trades.

    data: symbol -> quotes, bars or prints (what sc.read_* give), a list of quotes and the prints beside them, a
    pandas/polars frame, or a range of a store (what Store.range gives), which may hold more than memory does; or a
    whole sc.Store. All of it is merged by time. broker: rules, or a preset's name; default mt5-hedging. instruments: a
    list, for some or all of the symbols, or the name or TOML file of a table; default the broker's table, and
    Instrument.fx of other symbols that are two currencies. cash: the balance to begin with. size: the class S, M or L
    of positions and orders the account can hold. sample: time between equity samples ("1h"); default about 4,000 over
    the run, and every bar's close for bar data. track: the deepest fall of equity and the lowest margin level are those
    of every tick, not of the samples (stats: Max. Drawdown [$], Min. Margin Level [%]). finalize_trades: close what is
    open at the end: at the last quote; where the data are bars, at the last bar's open, the last price that an order
    made on a closed bar could have had (backtesting.py closes there too). path: how bars of data are played: "ohlc",
    four rows each, or "dense", up to twelve, as MetaTrader 5 generates ticks (simcore.market.dense). actions: symbol ->
    splits and dividends of its stock (what sc.read_actions takes or gives), booked on their ex-dates while prices are
    as they were: see simcore.kernel.corporate. policy: what is done about the faults of data that sc.check tells:
    "keep" counts them (when result.quality, save or the report asks: the rows are those that came), "drop", "sort" and
    "raise" do before the first tick what they do in sc.clean. ledger: the trial ledger that the run is written to, a
    file, a URL or an sc.Ledger, None for none (see simcore.ledger.place). progress: True shows a bar; a function
    hears (rows done, of).

    Raises ConfigError or DataError for what is malformed, LedgerError for a ledger that cannot be used, StrategyError
    where the strategy raises (trading stopped there). Refused orders never raise: see result.orders and result.events.
    """
    written = ledger_of(ledger)
    conditions = Conditions.of(
        data,
        broker=broker,
        instruments=instruments,
        path=path,
        actions=actions,
        policy=policy,
        cash=cash,
        size=size,
        sample=sample,
        track=track,
        finalize_trades=finalize_trades,
    )
    player = Player(conditions, strategy)
    with heard(progress, f"{type(strategy).__name__} over {', '.join(conditions.feed.symbols)}", "rows") as tell:
        replay([player], tell)
    result = player.result()
    result.ledger = written
    if written is not None:
        keep(written, [trial_of(result)])
    return result


class Player:
    """One strategy in an account of its own, while it is played; `error` is what it raised, and it stopped there."""

    def __init__(
        self, conditions: Conditions, strategy: Strategy, tape: TapeBuffer | None = None, *, lend: bool = False
    ) -> None:
        """tape: of a player that is done with. lend: what the account told is good until its tape serves another."""
        self.conditions, self.strategy = conditions, strategy
        self._lend = lend and not conditions.finalize_trades  # which writes on after on_stop
        self.engine = conditions.account(strategy, tape)
        self.error: Exception | None = None
        self.seconds = 0.0
        self._chunks: list[dict[str, Any]] = []
        self.driver = Driver(self.engine, strategy, conditions.feed.symbols, self._chunks.append)

    def start(self) -> None:
        """on_start, before the first row."""
        self._guarded(self.driver.start)

    def play(self, end: int) -> None:
        """Play the rows that are loaded, up to row `end`."""
        self.engine.feed["n"] = end
        self._guarded(self.driver.play)

    def stop(self) -> None:
        """on_stop; and close what is open, where the conditions say so."""
        self._guarded(partial(self.driver.stop, lend=self._lend))
        if self.conditions.finalize_trades and self.error is None:
            finalize(self.engine, self.conditions.feed)
            self.driver.drain()

    def forget(self) -> None:
        """Leave out what the account told so far."""
        self.driver.drain()
        self._chunks.clear()

    @property
    def tables(self) -> dict[str, Table]:
        """What the account told so far."""
        return joined_all(self._chunks)

    def result(self, *, whole: bool = True) -> Result:
        """What the run leaves behind. Raises what the strategy raised. whole: with State, for its fingerprint."""
        if self.error is not None:
            raise self.error
        c = self.conditions
        account = (self.engine, self.strategy, c.feed, c.broker, c.resolved, c.cash, told(self.engine, self._chunks))
        every = sample_every(c.feed, c.sample)
        result = Result(run_of(*account, sample_every=every, seconds=self.seconds, whole=whole))
        if c.quality:
            result.quality = c.quality
        return result

    def _guarded(self, act: Callable[[], None]) -> None:
        if self.error is None:
            try:
                act()
            except Exception as error:  # noqa: BLE001 - whatever it is, the others play on
                self.error = error


def finalize(engine: Engine, feed: AnyFeed) -> None:
    """Close every open position at the instrument's last quote, or at its last bar's open."""
    for i, symbol in enumerate(feed.symbols):
        last = feed.last_price(symbol)
        if last is not None:
            engine.finalize(i, *last)


Pause = tuple[int, Callable[[], None]]


def replay(
    players: Sequence[Player],
    progress: Progress | None = None,
    *,
    step: int | None = None,
    pause: Pause | None = None,
    stops: bool = True,
) -> None:
    """Play the whole feed, block after block, to players of the same conditions.

    Several share the rows: a few thousand are played by all before the next are read. Between chunks progress is told.
    step: the rows of a chunk. pause: an instant, ns UTC, and what is called before the first row at or after it.
    stops: on_stop is called at the end.
    """
    feed, compiled = players[0].conditions.feed, all(one.driver.compiled for one in players)
    together = len(players) > 1 and compiled and len({type(one.strategy) for one in players}) == 1
    step = step or (SHARED if len(players) > 1 and not together else CHUNK)
    total, before, began = len(feed), 0, time.perf_counter()
    for player in players:
        player.start()
    with closing(feed.blocks()) as blocks:
        for block in blocks:
            columns = {name: getattr(block, name) for name in COLUMNS}
            playing = [player for player in players if player.error is None]
            for player in playing:
                player.engine.load(columns)
            play = _together if together else _in_turn
            ends = [*range(step, len(block), step), len(block)]
            held = None
            if pause is not None and len(block) and pause[0] <= block.ts[-1]:
                held = int(np.searchsorted(block.ts, pause[0]))
                ends = sorted({*ends, held})
            for row, end in pairwise([0, *ends]):
                play(playing, row, end)
                if end == held and pause is not None:
                    pause[1]()
                    pause = None
                if progress is not None:
                    progress(before + end, total)
            before += len(block)
            if not playing:
                break
    for player in players:
        if stops:
            player.stop()
        else:
            player.driver.drain()
        player.seconds = (time.perf_counter() - began) / len(players)


def _in_turn(players: Sequence[Player], row: int, end: int) -> None:
    for player in players:
        player.play(end)


def _together(players: Sequence[Player], row: int, end: int) -> None:
    from simcore.strategy.group import Group

    playing = {player.driver: player for player in players if player.error is None}
    for driver, error in Group([*playing], SHARED).play(row, end) if playing else ():
        playing[driver].error = error
