"""Windows of a walk-forward: train here, test there, step on; and the days of cross-validation.

    WalkForward(training="252D", testing="63D", step="21D")

A "D" is a trading day, a day that has data (an FX Sunday evening belongs to Monday): 252D are a year, 63D three months,
21D a month. "W" is seven days of the calendar, "M" a month and "Y" a year of it, "4h", "30min" are time as it passes.
Whole numbers are trading days. Training ends `gap` before testing begins. Rolling windows move their training along,
anchored ones keep its beginning. Where windows of testing overlap (step shorter than testing), what is stitched
together is the first `step` of each, and all of the last. A training that would begin less than `embargo` after an
earlier window of testing ended begins that much later.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.brokers.errors import ConfigError
from simcore.market.blocks import AnyFeed
from simcore.market.checks import Int64, text_of
from simcore.market.errors import DataError
from simcore.market.timeframe import DAY, parse_timeframe
from simcore.report.daily import trading_days

Length = str | int | dt.timedelta

_CALENDAR: Final = {"M": 1, "Y": 12}


class Span(NamedTuple):
    """A length of time: `n` trading days ("day"), months ("month"), or ns ("ns")."""

    n: int
    unit: str


class Window(NamedTuple):
    """One window, ns UTC, ends not included; `kept_end` is where the next one takes over."""

    number: int
    train_start: int
    train_end: int
    test_start: int
    test_end: int
    kept_end: int


def read_span(length: Any, name: str, least: int = 1) -> Span:
    """Read "252D", 252, "4h", "3M" or a timedelta. Raises ConfigError naming the argument."""
    if isinstance(length, dt.timedelta):  # a pandas.Timedelta is one
        found = Span(round(length.total_seconds() * 1e9), "ns")
    elif isinstance(length, int) and not isinstance(length, bool):
        found = Span(length, "day")
    else:
        found = _read(length, name)
    if found.n < least:
        raise ConfigError(f"{name} must be longer than nothing, was {length!r}")
    return found


def _read(length: Any, name: str) -> Span:
    match = re.fullmatch(r"\s*(\d+)\s*(D|d|B|M|Y)\s*", length) if isinstance(length, str) else None
    if match and match[2] in _CALENDAR:
        return Span(int(match[1]) * _CALENDAR[match[2]], "month")
    if match:
        return Span(int(match[1]), "day")
    try:
        return Span(parse_timeframe(length).ns, "ns")
    except DataError:
        wanted = 'trading days such as "252D", or time such as "12M", "4W", "6h"'
        raise ConfigError(f"{name} must be {wanted}, was {length!r}") from None


class Ruler:
    """Measures lengths on the data: the trading days there are, and where they end."""

    def __init__(self, feed: AnyFeed) -> None:
        self.start, self.end = feed.start, feed.end + 1
        firsts = np.concatenate([_first_of_days(block.ts) for block in feed.blocks() if len(block)])
        day = trading_days(firsts + 1)  # a row at midnight begins a day
        self.days, rows = np.unique(day, return_index=True)
        self.starts: Int64 = firsts[rows]

    def after(self, instant: int, span: Span) -> int | None:
        """The instant a length after another; None beyond the data."""
        if span.unit == "day":
            at = int(np.searchsorted(self.starts, instant)) + span.n
            return self.end if at == self.starts.size else int(self.starts[at]) if at < self.starts.size else None
        if span.unit == "month":
            day = np.datetime64(instant, "ns")
            month = day.astype("datetime64[M]")
            into = day - month.astype("datetime64[ns]")
            last = (month + span.n + 1).astype("datetime64[ns]") - np.timedelta64(1, "ns")
            moved = int(min((month + span.n).astype("datetime64[ns]") + into, last).astype(np.int64))
        else:
            moved = instant + span.n
        short = moved - self.end  # markets close before the end of a day or a month: a hundredth may be missing
        return None if 100 * short > moved - instant else min(moved, self.end)


def _first_of_days(ts: Int64) -> Int64:
    """The first row's time of each day of the calendar."""
    return np.asarray(ts[np.append(0, np.flatnonzero(np.diff(ts // DAY)) + 1)])


@dataclass(frozen=True)
class WalkForward:
    """How windows are cut; see the module's text. step: default testing, so that tests follow one another."""

    training: Length
    testing: Length
    step: Length | None = None
    anchored: bool = False
    gap: Length = 0
    embargo: Length = 0

    def __post_init__(self) -> None:
        for name in ("training", "testing", "step", "gap", "embargo"):
            if name != "step" or self.step is not None:
                read_span(getattr(self, name), name, least=int(name not in ("gap", "embargo")))

    def windows(self, feed: AnyFeed) -> list[Window]:
        """The windows that fit the data, in order. Raises ConfigError where not one does."""
        ruler = Ruler(feed)
        found = list(self._windows(ruler))
        if not found:
            gap = f" with a gap of {self.gap}" if read_span(self.gap, "gap", 0).n else ""
            raise ConfigError(
                f"training {self.training} and testing {self.testing}{gap} are longer than the data: "
                f"{_days(ruler.days.size)}, {text_of(ruler.start)} to {text_of(ruler.end - 1)}; shorten them or give "
                "more data"
            )
        ends = [*(one.test_start for one in found[1:]), ruler.end]
        return [one._replace(kept_end=min(one.test_end, end)) for one, end in zip(found, ends, strict=True)]

    def _windows(self, ruler: Ruler) -> Iterator[Window]:
        training, testing = read_span(self.training, "training"), read_span(self.testing, "testing")
        step = testing if self.step is None else read_span(self.step, "step")
        gap, embargo = read_span(self.gap, "gap", 0), read_span(self.embargo, "embargo", 0)
        start: int | None = ruler.start
        ends: list[int] = []
        number = 0
        while start is not None:
            train_end = ruler.after(start, training)
            test_start = None if train_end is None else ruler.after(train_end, gap) if gap.n else train_end
            test_end = None if test_start is None else ruler.after(test_start, testing)
            if train_end is None or test_start is None or test_end is None:
                return
            first = ruler.start if self.anchored else _embargoed(ruler, start, train_end, ends, embargo)
            yield Window(number, first, train_end, test_start, test_end, test_end)
            ends.append(test_end)
            start, number = ruler.after(start, step), number + 1


def _days(count: int) -> str:
    return "1 trading day" if count == 1 else f"{count:,} trading days"


def _embargoed(ruler: Ruler, start: int, train_end: int, ends: list[int], embargo: Span) -> int:
    """Where training begins, no earlier than an embargo after a window of testing that ended shortly before."""
    if embargo.n:
        for end in ends:
            free = ruler.after(end, embargo)
            if free is not None and end <= start < free < train_end:
                start = free
    return start
