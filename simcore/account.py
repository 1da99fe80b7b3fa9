"""Opens an account for a strategy: rules made, bars and memory laid out.

What backtest and paper share before the first tick, so that both open the very same account. Bars finer than the data
are refused here, what is wrong with the data and the instruments in `inputs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import make_rules, resolved_by
from simcore.brokers.rules.layout import Plan, Series
from simcore.inputs import Data, Listed, clean_data, open_data, rules_of
from simcore.kernel.buffers import Bytes, TapeBuffer
from simcore.kernel.engine import Engine
from simcore.market.blocks import AnyFeed
from simcore.market.quality import Quality
from simcore.market.quality.verdict import check_policy
from simcore.market.timeframe import parse_timeframe
from simcore.strategy.driver import hears, memory_bytes
from simcore.strategy.strategy import Strategy, timeframes, warmup_bars

DAY = 86_400_000_000_000
SAMPLES = 4_000  # equity samples aimed at where the data are ticks
STEPS = [
    parse_timeframe(step).ns
    for step in ("1s", "5s", "15s", "1min", "5min", "15min", "30min", "1h", "2h", "4h", "8h", "1D", "7D")
]


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

    @cached_property
    def resolved(self) -> list[Instrument]:
        """The instruments with what follows from the account."""
        return resolved_by(self.broker, self.instruments)

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
    return next((ns for ns in STEPS if span / ns <= SAMPLES), STEPS[-1])
