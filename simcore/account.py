"""Opens an account for a strategy: instruments chosen, rules made, bars and memory laid out.

What backtest and paper share before the first tick, so that both open the very same account. Everything malformed is
found here: a symbol nobody described, a missing cross, bars finer than the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from simcore.brokers.broker import Broker
from simcore.brokers.currencies import fx_pair
from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.brokers.instrument import Instrument
from simcore.brokers.instruments import described, unlisted
from simcore.brokers.layout import Plan, Series
from simcore.brokers.rules import make_rules
from simcore.kernel.buffers import Bytes, TapeBuffer
from simcore.kernel.engine import Engine
from simcore.market.acted import ActedFeed
from simcore.market.actions import Actions, read_actions
from simcore.market.blocks import AnyFeed, BlockFeed, Source
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.feed import parts_of
from simcore.market.grid import grid, snap
from simcore.market.merging import feed_in_memory
from simcore.market.quality import Quality, clean_and_tell
from simcore.market.quality.verdict import check_policy
from simcore.market.readers import as_columns
from simcore.market.store import Range, Store
from simcore.market.timeframe import parse_timeframe
from simcore.strategy.driver import hears, memory_bytes
from simcore.strategy.strategy import Strategy, timeframes, warmup_bars

DAY = 86_400_000_000_000
SAMPLES = 4_000  # equity samples aimed at where the data are ticks
STEPS = ("1s", "5s", "15s", "1min", "5min", "15min", "30min", "1h", "2h", "4h", "8h", "1D", "7D")

Data = Mapping[str, Any] | Quotes | Bars | Prints | Range | Store
Listed = Sequence[Instrument] | str | Path | None  # instruments, or the name or file of the table that lists them


def rules_of(broker: Broker | str | None, instruments: Listed) -> tuple[Broker, Sequence[Instrument] | None]:
    """The broker (a name is its preset's, None the default one) and the instruments that were given one by one.

    Raises ConfigError for what is no broker.
    """
    if broker is None or isinstance(broker, str):
        broker = Broker.preset("mt5-hedging" if broker is None else broker)
    if not isinstance(broker, Broker):
        raise ConfigError(f'broker must be a Broker, such as sc.Broker.preset("mt5-hedging"), was {broker!r}')
    if isinstance(instruments, str | Path):
        return broker.replace(instruments=str(instruments)), None
    return broker, instruments


def by_symbol(data: Any) -> dict[str, Any]:
    """What was passed as data, each symbol's by itself. Raises ConfigError for what does not say whose it is."""
    if isinstance(data, Quotes | Bars | Prints | Range):
        return {data.symbol: data}
    if isinstance(data, Store):
        return {symbol: data.range(symbol) for symbol in data.symbols()}
    if not isinstance(data, Mapping):
        raise ConfigError(
            f'data must map symbols to quotes, such as {{"EURUSD": quotes}}, was {type(data).__name__}; '
            "a single frame does not say what it is"
        )
    if not data:
        raise ConfigError('data holds no symbol; pass such as {"EURUSD": quotes}')
    return {str(symbol): rows for symbol, rows in data.items()}


def clean_data(data: Data, policy: str, calendar: str | None) -> tuple[dict[str, Any], dict[str, Quality]]:
    """The data after a policy for their faults, and symbol -> what was found before: of quotes, beside prints.

    Raises DataError for a policy that is none, for what cannot be read, and where the policy is to refuse faults.
    """
    kept: dict[str, Any] = {}
    found: dict[str, Quality] = {}
    for symbol, given in by_symbol(data).items():
        parts = list(given) if isinstance(given, list | tuple) else [given]
        looked = [clean_and_tell(one, policy=policy, symbol=symbol, calendar=calendar) for one in parts]
        kept[symbol] = [rows for rows, _ in looked] if isinstance(given, list | tuple) else looked[0][0]
        for _, quality in sorted(looked, key=lambda one: one[1].kind != "prints"):
            found[symbol] = quality
    return kept, found


def open_data(
    data: Data,
    given: Sequence[Instrument] | None,
    path: str = "ohlc",
    actions: Mapping[str, Any] | None = None,
    table: str | None = None,
) -> tuple[AnyFeed, list[Instrument]]:
    """The feed of a run and its instruments: prices put on each instrument's grid, then merged by time.

    Where any of the data lie in a store, the feed is read block by block while it is played. table: the broker's, for
    what was not given.
    """
    data = by_symbol(data)
    symbols = list(data)
    instruments = choose_instruments(symbols, _instruments(given), table)
    rows: dict[str, Any] = {i.symbol: _columns(data[i.symbol], i) for i in instruments}
    feed = _feed(rows, instruments, path)
    if actions is None:
        return feed, instruments
    return ActedFeed(feed, {symbol: _actions(one, symbol, instruments) for symbol, one in actions.items()}), instruments


def _feed(rows: dict[str, Any], instruments: Sequence[Instrument], path: str) -> AnyFeed:
    if any(isinstance(one, Range) for one in rows.values()):
        for symbol, one in rows.items():
            if isinstance(one, list):
                raise ConfigError(f'data["{symbol}"] is a list, while other data lie in a store; merge them in memory')
        return BlockFeed({i.symbol: Source(rows[i.symbol], i.price_increment, path) for i in instruments})
    return feed_in_memory(rows, path, {i.symbol: grid(i.price_increment) for i in instruments})


def _columns(given: Any, i: Instrument) -> Any:
    """An instrument's data as columns on its grid (a list of two: quotes and prints) or, in a store, as it is."""
    symbol = i.symbol
    if isinstance(given, list | tuple):
        return [_columns(one, i) for one in parts_of(given, symbol)]
    if isinstance(given, Range) and given.symbol != symbol:
        raise ConfigError(f'data["{symbol}"] holds {given!r}; name it "{given.symbol}"')
    rows: Any = given if isinstance(given, Range) else as_columns(given, symbol, grid(i.price_increment))
    if isinstance(given, Quotes | Bars | Prints):
        rows = snap(rows, i.price_increment)
    if len(rows) == 0:
        raise DataError(f'data["{symbol}"]: no rows; check the file, or the filter that left none')
    return rows


def _actions(given: Any, symbol: str, instruments: Sequence[Instrument]) -> Actions:
    """The splits and dividends of one symbol; ConfigError where it is none of the stocks."""
    kinds = {i.symbol: i.kind for i in instruments}
    if symbol not in kinds:
        hint = _hint(symbol, list(kinds))
        raise ConfigError(f"actions: {symbol} has no data; the data hold {', '.join(kinds)}{hint}")
    if kinds[symbol] not in ("stock", "cfd"):
        raise ConfigError(f"actions: {symbol} is of kind {kinds[symbol]}; only stocks and CFDs on them split and pay")
    return read_actions(given, symbol=symbol)


def _instruments(given: Any) -> list[Instrument]:
    """What was given as instruments=, where it is a list of Instrument."""
    if isinstance(given, Instrument):
        raise ConfigError(f"instruments must be a list: write instruments=[...], with {given.symbol} in it")
    found = list(given or ())
    for one in found:
        if not isinstance(one, Instrument):
            raise ConfigError(f"instruments must hold Instrument.fx(...), .cfd(...) and the like, not {one!r}")
    return found


def choose_instruments(
    symbols: Sequence[str], given: Sequence[Instrument] | None, table: str | None = None
) -> list[Instrument]:
    """One instrument a symbol, in the data's order: given, of the table, or two currencies; ConfigError for others."""
    by_symbol = {i.symbol: i for i in given or ()}
    unknown = [s for s in by_symbol if s not in symbols]
    if unknown:
        raise ConfigError(
            f"instruments: {unknown[0]} has no data; the data hold {', '.join(symbols)}{_hint(unknown[0], symbols)}"
        )
    chosen = []
    for symbol in symbols:
        one = by_symbol.get(symbol) or described(symbol, table)
        if one is not None:
            chosen.append(one)
        elif fx_pair(symbol):
            chosen.append(Instrument.fx(symbol))
        else:
            raise ConfigError(
                f"instruments: {symbol} is not two currencies{unlisted(symbol, table, ' and ')}, so say what it is: "
                f"Instrument.cfd({symbol!r}), .stock, .future, .perpetual or .spot{_hint(symbol, by_symbol)}"
            )
    return chosen


def _hint(name: str, names: Any) -> str:
    hint = did_you_mean(name, list(names)) if names else ""
    return f" ({hint})" if hint and not hint.startswith("known") else ""  # what is known is told already


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """All that a run needs besides its strategy: opened once, for one run or for thousands.

    Its fields are what the arguments of `sc.backtest` of these names say.
    """

    feed: AnyFeed
    instruments: Sequence[Instrument]
    broker: Broker
    cash: float = 10_000.0
    size: str = "M"
    sample: str | None = None
    track: bool = False
    finalize_trades: bool = False
    quality: Mapping[str, Quality] = field(default_factory=dict, repr=False)  # where a policy looked for faults
    fixed_rules: Bytes | None = field(default=None, repr=False)  # in place of those made of broker and strategy
    _rules: dict[tuple[type[Strategy], int], Bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        data: Data,
        *,
        broker: Broker | str | None = None,
        instruments: Listed = None,
        path: str = "ohlc",
        actions: Mapping[str, Any] | None = None,
        policy: str = "keep",
        **account: Any,
    ) -> Conditions:
        """The conditions that `sc.backtest` opens of these arguments."""
        broker, given = rules_of(broker, instruments)
        check_policy(policy)
        found: Mapping[str, Quality] = {}
        if policy != "keep":
            data, found = clean_data(data, policy, broker.calendar)
        feed, chosen = open_data(data, given, path, actions, broker.instruments)
        return cls(feed=feed, instruments=chosen, broker=broker, quality=found, **account)

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs; it makes the Rules itself."""
        return {**vars(self), "_rules": {}}

    def account(self, strategy: Strategy, tape: TapeBuffer | None = None) -> Engine:
        """A new account with the strategy's bars and memory laid out; tape: of one that is done with."""
        _check_given(strategy, self.cash, self.broker.currency)
        return Engine(self.rules(strategy), self.cash, tape)

    def rules(self, strategy: Strategy) -> Bytes:
        """The Rules of a strategy's account; those of one class whose memory is as long share them."""
        if self.fixed_rules is not None:
            return self.fixed_rules
        key = type(strategy), memory_bytes(strategy)
        if key not in self._rules:
            self._rules[key] = make_rules(self.broker, self.instruments, self._plan(strategy))
        return self._rules[key]

    def _plan(self, strategy: Strategy) -> Plan:
        return Plan(
            size=self.size,
            series=series_of(strategy, self.feed.symbols, self.feed.timeframes),
            memory_bytes=memory_bytes(strategy),
            hears=hears(strategy),
            warmup=warmup_bars(strategy),
            sample_every=sample_every(self.feed, self.sample),
            track=self.track,
            prints_only=self.feed.prints_only,
            span=(self.feed.start, self.feed.end),
        )


def open_account(
    strategy: Strategy, feed: AnyFeed, broker: Broker, instruments: Sequence[Instrument], **account: Any
) -> Engine:
    """A new account with the strategy's bars and memory laid out; `account` are other fields of Conditions."""
    return Conditions(feed=feed, broker=broker, instruments=instruments, **account).account(strategy)


def _check_given(strategy: Any, cash: Any, currency: str) -> None:
    if isinstance(strategy, type) and issubclass(strategy, Strategy):
        raise ConfigError(f"strategy must be an instance: write {strategy.__name__}(), with its parameters")
    if not isinstance(strategy, Strategy):
        raise ConfigError(f"strategy must be an instance of a class that grows from sc.Strategy, was {strategy!r}")
    if isinstance(cash, bool) or not isinstance(cash, int | float | np.number):
        raise ConfigError(f"cash must be a number, an amount of {currency}, was {cash!r}")
    if not cash > 0.0 or not np.isfinite(cash):
        raise ConfigError(f"cash must be a positive amount of {currency}, was {cash!r}")


def series_of(strategy: Strategy, symbols: Sequence[str], lengths: Mapping[str, int]) -> list[Series]:
    """The bars the strategy asks for, for every instrument; finer bars than the data are refused.

    lengths: ns of the bars of each symbol whose data are bars.
    """
    series = []
    for k, symbol in enumerate(symbols):
        given = lengths.get(symbol)
        for asked in timeframes(strategy):
            if asked.ns < 0 and asked.ns != given:
                raise ConfigError(
                    f"{type(strategy).__name__}.bars asks for {asked.text}, which the account does not make of ticks; "
                    f'give {symbol} as such bars: sc.resample(ticks, "{asked.text}")'
                )
            if given is not None and 0 < asked.ns < given:
                raise ConfigError(
                    f"{type(strategy).__name__}.bars asks for {asked.text}, but the data of {symbol} are longer bars; "
                    "ask for those or longer, or give finer data"
                )
            series.append(Series(k, asked.ns, asked.kept, daily=asked.ns == DAY, passthrough=asked.ns == given))
    return series


def sample_every(feed: AnyFeed, sample: str | None) -> int:
    """ns between equity samples; 0 = at every bar's close, where all data are bars."""
    if sample is not None:
        return parse_timeframe(sample)[0]
    if len(feed.timeframes) == len(feed.symbols):
        return 0
    span = feed.end - feed.start
    steps = [parse_timeframe(step)[0] for step in STEPS]
    return next((ns for ns in steps if span / ns <= SAMPLES), steps[-1])
