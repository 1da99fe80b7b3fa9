"""Margins that change by themselves: weekends, holidays, sessions, news, volatility. Everything looked up when asked.

A market is shut over a weekend or holiday where a whole UTC day lies between two sessions; without a calendar, over the
FX weekend. Volatility is measured on bars of the bid.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fnmatch import fnmatchcase
from typing import Any

from simcore.kernel.enums import CalcMode, EventKind

from .account import Account
from .clock import SECOND, Clock, Sessions, timeframe_ns, to_ns, whole_days
from .terms import ONE, ZERO, Terms, need

MINUTE = 60 * SECOND
FIRST, LAST = dt.date(2023, 12, 20), dt.date(2024, 8, 1)
LONDON = {"opens": "08:00 Europe/London", "closes": "17:00 Europe/London"}
NEW_YORK = {"opens": "08:00 America/New_York", "closes": "17:00 America/New_York"}
Interval = tuple[int, int]


@dataclass
class Bars:
    """Of one instrument: the one being built, and (high, low, close) of those that closed."""

    length: int
    end: int = 0
    high: Decimal = ZERO
    low: Decimal = ZERO
    close: Decimal = ZERO
    closed: list[tuple[Decimal, Decimal, Decimal]] = field(default_factory=list)

    def take(self, ts: int, price: Decimal) -> None:
        if not self.end:
            self.end = ts // self.length * self.length + self.length
            self.high = self.low = price
        self.high, self.low, self.close = max(self.high, price), min(self.low, price), price

    def finish(self) -> None:
        self.closed.append((self.high, self.low, self.close))
        self.end = 0

    def ranges(self, n: int, increment: Decimal) -> Decimal:
        """Sum of the last n true ranges, in whole increments."""
        total = ZERO
        for (_, _, before), (high, low, _) in zip(self.closed[-n - 1 : -1], self.closed[-n:], strict=True):
            steps = (max(high, before) - min(low, before)) / increment
            total += steps.quantize(ONE, ROUND_HALF_UP)
        return total


def about(rule: Mapping[str, Any], t: Terms) -> bool:
    """Whether a rule is about an instrument."""
    classes = rule.get("classes") or (t.asset_class,)
    return t.asset_class in classes and any(fnmatchcase(t.symbol, p) for p in rule.get("symbols", ("*",)))


class Moving:
    def __init__(self, account: Account, tell: Callable[..., None], least: Mapping[str, Decimal]) -> None:
        """least: the share of the notional that a regime asks for, by symbol."""
        self.account, self.rules, self.tell, self.least = account, account.rules, tell, least
        self.shut = {symbol: list(self._shut(t)) for symbol, t in account.terms.items()}
        self.sessions = self._sessions() if "sessions" in self.rules.dynamic else []
        self.news = {symbol: self._news(t) for symbol, t in account.terms.items()}
        self.edges = sorted({edge for t in account.terms.values() for edge in self._edges(t)})
        rule = self.rules.dynamic.get("volatility")
        self.bars = {
            s: Bars(timeframe_ns(rule["timeframe"])) for s, t in account.terms.items() if rule and about(rule, t)
        }
        self.spikes: dict[str, Decimal] = {}

    # ------------------------------------------------------------------------------------------------- intervals

    def _days(self) -> Iterator[dt.date]:
        day = FIRST
        while day < LAST:
            yield day
            day += dt.timedelta(days=1)

    def _shut(self, t: Terms) -> Iterator[tuple[Mapping[str, Any], list[Interval]]]:
        """The margins of weekends and of holidays, and when they hold for an instrument."""
        hours = Sessions(t.calendar or self.rules.calendar or "fx")
        for margin, intervals in (
            (self.rules.weekend_margin, self._weekends(hours)),
            (self.rules.holiday_margin, self._holidays(hours)),
        ):
            yield margin, self._wide(margin, list(intervals))

    def _weekends(self, hours: Sessions) -> Iterator[Interval]:
        for start, end in hours.shut():
            if any(day.isoweekday() > 5 for day in whole_days(start, end)):
                yield start, end

    def _holidays(self, hours: Sessions) -> Iterator[Interval]:
        for start, end in hours.shut():
            if any(day.isoweekday() <= 5 for day in whole_days(start, end)):
                yield start, end
        rollover = Clock(self.rules.rollover)
        for text in self.rules.holiday_margin.get("days", ()):
            day = dt.date.fromisoformat(text)
            last = day + dt.timedelta(days=1) if rollover.time == dt.time(0) else day
            yield rollover.on(last - dt.timedelta(days=1)), rollover.on(last)

    def _factor(self, margin: Mapping[str, Any], t: Terms) -> Decimal:
        for pattern, factor in margin.get("symbols", {}).items():
            if fnmatchcase(t.symbol, pattern):
                return need(factor)
        return need(margin.get("classes", {}).get(t.asset_class, margin.get("factor", 1)))

    def _sessions(self) -> list[list[Interval]]:
        found = []
        for session in (self.rules.dynamic.get("sessions") or {}).get("sessions", (LONDON, NEW_YORK)):
            opens, closes = Clock(session["opens"]), Clock(session["closes"])
            found.append([(opens.on(day), closes.on(day)) for day in self._days() if day.weekday() < 5])
        return found

    def _news(self, t: Terms) -> list[Interval]:
        news = self.rules.dynamic.get("news") or {}
        before, after = (int(need(news.get(f"{which}_minutes", 30)) * MINUTE) for which in ("before", "after"))
        found = []
        for event in news.get("calendar", ()):
            at = to_ns(dt.datetime.fromisoformat(event["ts"]))
            own = event.get("currency") in (None, t.base, t.quote, t.margin_currency)
            if own and event.get("impact", "high") == "high":
                found.append((at - before, at + after))
        return found

    def _wide(self, margin: Mapping[str, Any], intervals: list[Interval]) -> list[Interval]:
        before, after = (int(need(margin.get(f"{which}_minutes", 0)) * MINUTE) for which in ("before", "after"))
        return [(start - before, end + after) for start, end in intervals]

    def _edges(self, t: Terms) -> Iterator[int]:
        dynamic = self.rules.dynamic
        for margin, intervals in self.shut[t.symbol]:
            if self._factor(margin, t) > 1:
                yield from (edge for pair in intervals for edge in pair)
        if dynamic.get("sessions") is not None and about(dynamic["sessions"], t):
            yield from (edge for session in self.sessions for pair in session for edge in pair)
        if dynamic.get("news") and about(dynamic["news"], t):
            yield from (edge for pair in self.news[t.symbol] for edge in pair)

    # ---------------------------------------------------------------------------------------------------- what holds

    def multiple(self, t: Terms, ts: int) -> Decimal:
        """How many times its plain margin an instrument needs at an instant."""

        def holds(intervals: list[Interval]) -> bool:
            return any(start <= ts < end for start, end in intervals)

        dynamic, shut, lower = self.rules.dynamic, ONE, self.spikes.get(t.symbol, ONE)
        for margin, intervals in self.shut[t.symbol]:
            if holds(intervals):
                shut = max(shut, self._factor(margin, t))
        overlap, news = dynamic.get("sessions"), dynamic.get("news")
        open_now = sum(holds(session) for session in self.sessions) if overlap is not None else 0
        if overlap is not None and about(overlap, t) and open_now >= overlap.get("at_least", 2):
            lower /= need(overlap.get("factor", "0.8"))
        if news and about(news, t) and holds(self.news[t.symbol]):
            lower /= need(news.get("factor", "0.7"))
        if t.mode not in (CalcMode.FOREX, CalcMode.CFD_LEVERAGE):
            return shut
        own = self.rules.leverage_of(t)
        leverage = min(own, ONE / (self.least[t.symbol] or ONE / own))
        most = max(ONE, leverage / need(dynamic.get("min_leverage", 1)))
        return shut * min(lower, most)

    def next_edge(self, ts: int) -> int | None:
        after = bisect_right(self.edges, ts)
        return self.edges[after] if after < len(self.edges) else None

    def follow(self, ts: int) -> bool:
        """Every instrument's margin anew; True where one changed."""
        moved = False
        for symbol, t in self.account.terms.items():
            now = self.multiple(t, ts)
            if now != self.account.multiples.get(symbol, ONE):
                self.account.multiples[symbol] = now
                self.tell(EventKind.MARGIN_CHANGED, of=symbol, amount=now)
                moved = True
        return moved

    # ---------------------------------------------------------------------------------------------------- volatility

    def close_bars(self, ts: int) -> bool:
        """Bars that end; True where one did."""
        ended = [(s, bars) for s, bars in self.bars.items() if 0 < bars.end <= ts]
        for symbol, bars in ended:
            bars.finish()
            self.spikes[symbol] = self._spike(self.account.terms[symbol], bars)
        return bool(ended)

    def _spike(self, t: Terms, bars: Bars) -> Decimal:
        rule = self.rules.dynamic["volatility"]
        fast, slow = rule.get("fast", 14), rule.get("slow", 100)
        if len(bars.closed) <= slow or not bars.ranges(slow, t.increment):
            return ONE
        ratio: Decimal = bars.ranges(fast, t.increment) / fast / (bars.ranges(slow, t.increment) / slow)
        if ratio <= need(rule.get("threshold", "1.5")):
            return ONE
        return ONE / max(need(rule.get("floor", "0.1")), ONE - need(rule.get("slope", "0.3")) * ratio)
