"""backtest(): a strategy, data and a broker in, a Result out.

Assumes: quotes in time order, one account for all instruments, an instrument without a calendar open whenever it ticks.
What a broker would refuse is a refused order in the result; what is malformed (an unknown symbol, a missing cross, a
timeframe finer than the data) is one clear error before the first tick.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from simcore.brokers.broker import Broker
from simcore.brokers.currencies import fx_pair
from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.brokers.instrument import Instrument
from simcore.brokers.layout import Plan, Series
from simcore.brokers.rules import make_rules
from simcore.kernel import schema
from simcore.kernel.engine import Engine
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.feed import Feed, merge
from simcore.market.timeframe import parse_timeframe
from simcore.result import Result, Run
from simcore.strategy.driver import Driver, describe, hears, memory_bytes
from simcore.strategy.names import tag_names
from simcore.strategy.strategy import Strategy, timeframes, warmup_bars

DAY = 86_400_000_000_000
SAMPLES = 4_000  # equity samples aimed at where the data are ticks
STEPS = ("1s", "5s", "15s", "1min", "5min", "15min", "30min", "1h", "2h", "4h", "8h", "1D", "7D")
CHUNK = 4_000_000  # rows between two looks at progress and Ctrl-C

Data = Mapping[str, Any]
Progress = Callable[[int, int], None]


def backtest(
    strategy: Strategy,
    data: Data | Quotes | Bars | Prints,
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
    level on every tick. finalize_trades: close what is open at the last quotes. progress hears (rows done, of).

    Raises ConfigError or DataError for what is malformed, StrategyError where the strategy raises (trading stopped
    there). Refused orders never raise: see result.orders and result.events.
    """
    broker = broker if broker is not None else Broker.preset("mt5-hedging")
    if isinstance(data, Quotes | Bars | Prints):
        data = {data.symbol: data}
    feed = merge(data)
    chosen = choose_instruments(feed.symbols, instruments)
    engine = account(strategy, feed, broker, chosen, cash=cash, size=size, sample=sample, track=track)
    chunks: list[dict[str, Any]] = []
    driver = Driver(engine, strategy, feed.symbols, chunks.append)
    began = time.perf_counter()
    replay(engine, driver, feed, progress)
    if finalize_trades:
        engine.finalize()
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


def last_sample(engine: Engine) -> np.ndarray[Any, Any]:
    """The account as the run leaves it, as one more equity sample."""
    figures = engine.figures()
    row = np.zeros(1, schema.SAMPLE)
    row["ts"] = engine.state.head["now"]
    for name in ("balance", "equity", "used_margin"):
        row[name] = figures[name]
    return row


def choose_instruments(symbols: Sequence[str], given: Sequence[Instrument] | None) -> list[Instrument]:
    """One instrument a symbol, in the data's order; ConfigError for a symbol nobody described."""
    by_symbol = {i.symbol: i for i in given or ()}
    unknown = [s for s in by_symbol if s not in symbols]
    if unknown:
        raise ConfigError(
            f"instruments: {unknown[0]} has no data; the data hold {', '.join(symbols)}{_hint(unknown[0], symbols)}"
        )
    chosen = []
    for symbol in symbols:
        if symbol in by_symbol:
            chosen.append(by_symbol[symbol])
        elif fx_pair(symbol):
            chosen.append(Instrument.fx(symbol))
        else:
            raise ConfigError(
                f"instruments: {symbol} is not two currencies, so say what it is: Instrument.cfd({symbol!r}), "
                f".stock, .future, .perpetual or .spot{_hint(symbol, by_symbol)}"
            )
    return chosen


def _hint(name: str, names: Any) -> str:
    hint = did_you_mean(name, list(names)) if names else ""
    return f" ({hint})" if hint else ""


def account(
    strategy: Strategy,
    feed: Feed,
    broker: Broker,
    instruments: Sequence[Instrument],
    *,
    cash: float,
    size: str,
    sample: str | None,
    track: bool,
) -> Engine:
    """A new account with the strategy's bars and memory laid out."""
    if not cash > 0.0 or not np.isfinite(cash):
        raise ConfigError(f"cash must be a positive amount of {broker.currency}, was {cash!r}")
    plan = Plan(
        size=size,
        series=series_of(strategy, feed),
        memory_bytes=memory_bytes(strategy),
        hears=hears(strategy),
        warmup=warmup_bars(strategy),
        sample_every=sample_every(feed, sample),
        track=track,
        prints_only=prints_only(feed),
        span=(int(feed.ts[0]), int(feed.ts[-1])),
    )
    return Engine(make_rules(broker, instruments, plan), cash)


def series_of(strategy: Strategy, feed: Feed) -> list[Series]:
    """The bars the strategy asks for, for every instrument; finer bars than the data are refused."""
    series = []
    for k, symbol in enumerate(feed.symbols):
        given = feed.timeframes.get(symbol)
        for asked in timeframes(strategy):
            if given is not None and asked.ns < given:
                raise ConfigError(
                    f"{type(strategy).__name__}.bars asks for {asked.text}, but the data of {symbol} are longer bars; "
                    "ask for those or longer, or give finer data"
                )
            series.append(Series(k, asked.ns, asked.kept, daily=asked.ns == DAY, passthrough=asked.ns == given))
    return series


def prints_only(feed: Feed) -> frozenset[int]:
    """Instruments without a single quote: a print is their bid and ask at once."""
    if feed.kind is None:
        return frozenset()
    is_print = feed.kind == 1
    if not is_print.any():
        return frozenset()
    k = feed.instrument if feed.instrument is not None else np.zeros(len(feed), np.uint8)
    return frozenset(int(i) for i in np.setdiff1d(np.unique(k[is_print]), np.unique(k[~is_print])))


def sample_every(feed: Feed, sample: str | None) -> int:
    """ns between equity samples; 0 = at every bar's close, where all data are bars."""
    if sample is not None:
        return parse_timeframe(sample)[0]
    if len(feed.timeframes) == len(feed.symbols):
        return 0
    span = int(feed.ts[-1]) - int(feed.ts[0])
    steps = [parse_timeframe(step)[0] for step in STEPS]
    return next((ns for ns in steps if span / ns <= SAMPLES), steps[-1])


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
