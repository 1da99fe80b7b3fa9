"""Margin and leverage that are not the same all the time: tiers, volatility, sessions, news, weekends, holidays.

Floating leverage falls with volume or notional on retail accounts (MetaTrader 5, "Leverages"). Dynamic leverage falls
with volatility, while trading sessions overlap and around scheduled news: each leaves a share of the leverage, and the
shares multiply (spec 000, 12.3.2; its numbers are the defaults). Weekends and holidays multiply the margin itself. What
the clock knows ahead becomes a table of instants in `windows`; volatility is measured by the account (kernel.windows).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from simcore.brokers.currencies import Currency
from simcore.brokers.news import NewsEvent, read_news
from simcore.brokers.settings import MaybePositive, NonNegative, Number, Positive, Settings, Whole
from simcore.brokers.terms import AssetClass
from simcore.brokers.zones import Clock, parse_clock
from simcore.market.errors import DataError
from simcore.market.timeframe import parse_timeframe

Share = Annotated[Positive, Field(le=1)]  # of the leverage that is left
Multiple = Annotated[Number, Field(ge=1)]  # of margin
MOST_BARS = 1000


def _clock(text: str) -> str:
    parse_clock(text)
    return text


def _timeframe(text: str) -> str:
    try:
        parse_timeframe(text)
    except DataError as error:
        raise ValueError(str(error)) from None
    return text


def _as_bound(value: object) -> object:
    return None if isinstance(value, str) and value.lower() == "inf" else value


class LeverageTier(Settings):
    """One step of a floating-leverage rule: what part of the plain margin is charged up to a bound."""

    up_to: Annotated[MaybePositive, BeforeValidator(_as_bound)] = None  # lots or money; None: the last, without bound
    initial: NonNegative  # multiplies the initial margin; 0 charges nothing
    maintenance: NonNegative | None = None  # None: as initial


class LeverageRule(Settings):
    """Which instruments a set of tiers applies to, and what the tiers count.

    The last tier holds for all that is above the one before, also beyond an end it states: MetaTrader prints a table
    that ends at 20 lots, and not what a 21st would cost. Source: MetaTrader 5 "Leverages", build 4150 of 2024-02-21.
    """

    symbols: tuple[str, ...] = ("*",)  # patterns; the first rule that matches an instrument holds
    range: Literal["volume", "volume_symbol", "notional", "notional_symbol"] = "volume"
    currency: Currency | None = None  # of a notional range; None: the account's
    tiers: Annotated[tuple[LeverageTier, ...], Field(min_length=1, max_length=16)]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        for number, (tier, following) in enumerate(pairwise(self.tiers), 1):
            if tier.up_to is None:
                raise ValueError(
                    f"tier {number} has no up_to; tiers must ascend by up_to, only the last may be without"
                )
            if following.up_to is not None and following.up_to <= tier.up_to:
                raise ValueError(
                    f"tier {number + 1} ends at {following.up_to:g} and tier {number} at {tier.up_to:g}: they overlap; "
                    "tiers must ascend by up_to"
                )
        return self


class _Selected(Settings):
    """Which instruments a rule is about."""

    symbols: tuple[str, ...] = ("*",)  # patterns
    classes: tuple[AssetClass, ...] = ()  # empty: every class

    def holds_for(self, symbol: str, asset_class: str) -> bool:
        """Whether the rule is about this instrument."""
        in_class = not self.classes or asset_class in self.classes
        return in_class and any(fnmatchcase(symbol, one) for one in self.symbols)


class Volatility(_Selected):
    """Leverage falls while an instrument moves more than it does on average.

    Where the mean true range of the last `fast` closed bars is above `threshold` times that of the last `slow`,
    max(floor, 1 - slope * ratio) of the leverage is left.
    """

    timeframe: Annotated[str, AfterValidator(_timeframe)] = "1h"
    fast: Annotated[Whole, Field(ge=1)] = 14
    slow: Annotated[Whole, Field(ge=2, le=MOST_BARS)] = 100
    threshold: Positive = 1.5
    slope: Positive = 0.3
    floor: Share = 0.1

    @model_validator(mode="after")
    def _fast_is_less(self) -> Self:
        if self.fast >= self.slow:
            raise ValueError(f"fast = {self.fast}: must be less than slow = {self.slow}")
        return self


class TradingSession(Settings):
    """Hours of a market, Monday to Friday, on its own clock."""

    name: str
    opens: Annotated[str, AfterValidator(_clock)]
    closes: Annotated[str, AfterValidator(_clock)]

    @property
    def hours(self) -> tuple[Clock, Clock]:
        """Opening and closing time; an earlier closing is the next day's."""
        return parse_clock(self.opens), parse_clock(self.closes)


LONDON = TradingSession(name="London", opens="08:00 Europe/London", closes="17:00 Europe/London")
NEW_YORK = TradingSession(name="New York", opens="08:00 America/New_York", closes="17:00 America/New_York")


class Overlap(_Selected):
    """Leverage falls while at least `at_least` of the sessions are open."""

    factor: Share = 0.8
    at_least: Annotated[Whole, Field(ge=1)] = 2
    sessions: Annotated[tuple[TradingSession, ...], Field(min_length=1)] = (LONDON, NEW_YORK)

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.at_least > len(self.sessions):
            raise ValueError(f"at_least = {self.at_least}: there are only {len(self.sessions)} sessions")
        return self


class News(_Selected):
    """Leverage falls around scheduled news in a currency of the instrument.

    `calendar` is a file (CSV, JSON, Parquet), a pandas or polars frame, or a list: see `news.read_news`.
    """

    factor: Share = 0.7
    before_minutes: NonNegative = 30.0
    after_minutes: NonNegative = 30.0
    impact: tuple[str, ...] = ("high",)
    calendar: Annotated[tuple[NewsEvent, ...], BeforeValidator(read_news)]


class DynamicLeverage(Settings):
    """Leverage that changes: tiers by volume or notional (rules from top to bottom), volatility, sessions, news."""

    rules: tuple[LeverageRule, ...] = ()
    volatility: Volatility | None = None
    sessions: Overlap | None = None
    news: News | None = None
    min_leverage: Annotated[Number, Field(ge=1)] = 1.0  # volatility, sessions and news leave at least this much

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.rules or self.volatility or self.sessions or self.news):
            raise ValueError("give at least one of rules, volatility, sessions, news")
        return self


class ShutMargin(Settings):
    """What multiplies margin while the market is shut: one factor, by class, or by symbol.

    From `before_minutes` before the close to `after_minutes` after the opening.
    """

    factor: Multiple = 1.0
    classes: Mapping[AssetClass, Multiple] = {}
    symbols: Mapping[str, Multiple] = {}  # patterns; the first that matches wins over the class
    before_minutes: NonNegative = 0.0
    after_minutes: NonNegative = 0.0

    def of(self, symbol: str, asset_class: AssetClass) -> float:
        """The factor of one instrument."""
        for pattern, factor in self.symbols.items():
            if fnmatchcase(symbol, pattern):
                return factor
        return self.classes.get(asset_class, self.factor)

    @property
    def is_on(self) -> bool:
        """Whether it asks for anything."""
        return any(factor > 1.0 for factor in (self.factor, *self.classes.values(), *self.symbols.values()))


class HolidayMargin(ShutMargin):
    """The same on holidays: those of the broker's calendar, and `days` (from one rollover to the next)."""

    days: tuple[dt.date, ...] = ()


def shut_margin(value: Any) -> Any:
    """A number is the factor of every class."""
    return {"factor": value} if isinstance(value, int | float | str) else value
