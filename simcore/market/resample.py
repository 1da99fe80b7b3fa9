"""Bars from quotes, prints or shorter bars.

A bar of time holds the rows with start <= ts < end. It exists only where rows exist: a silent minute has none. Seconds
to hours are counted from midnight UTC. A day begins at `day_start` ("17:00 America/New_York"), or at midnight UTC; a
week begins with Monday's day. With a `calendar` ("XNYS") hours are counted from each session's open and cut at its
close, "1D" is the session, half days as they come, and rows outside every session are in no bar.

From quotes, bid and ask each have their own open, high, low and close; volume is the number of quotes, or the sum of
their bid or ask sizes. From prints there is one price; volume is the sum of sizes. From bars, the first open, the
extremes, the last close and the sum of volumes: the very bars that the ticks would have made. Crossed quotes count like
any other, as they do in the bars that LEAN and Dukascopy publish. Bars by ticks, volume, range or renko: see `measure`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simcore.market import buckets
from simcore.market.checks import Float64, Int64
from simcore.market.columns import ASK_PATH, BID_PATH, Bars, Prints, Quotes, column
from simcore.market.errors import DataError, did_you_mean
from simcore.market.measure import RANGE, RENKO, TICK, Measure, parse_bars
from simcore.market.sessions import sessions, trading_days
from simcore.market.timeframe import DAY, WEEK, Timeframe
from simcore.market.zones import day_edges, parse_day_start

Rows = Quotes | Prints | Bars

_EPOCH_MONDAY = 4 * DAY  # 1970-01-01 was a Thursday
_VOLUMES = ("ticks", "bid_size", "ask_size")


class Cut(NamedTuple):
    """Where bars begin and end: `starts` and `ends` (m,) int64 ns, and their rows [first, stop)."""

    starts: Int64
    ends: Int64
    first: Int64
    stop: Int64


def resample(
    data: Rows,
    timeframe: str,
    *,
    day_start: str | None = None,
    calendar: str | None = None,
    volume: str | None = None,
) -> Bars:
    """Return the bars of `data` by time ("5min", "1D") or by measure ("100tick", "5000vol", "0.001range", "1renko").

    day_start: bounds whole days and weeks. calendar: an exchange of exchange_calendars, or "fx"; see above.
    volume: of quotes, "ticks" (the default), "bid_size" or "ask_size". Bars that are not all as long as their timeframe
    have their `end`. Raises DataError for a timeframe, zone or calendar that is unknown or does not fit the data.
    """
    if not isinstance(data, Quotes | Prints | Bars):
        raise DataError(
            f"resample takes what sc.read_quotes, read_prints or read_bars return, not {type(data).__name__}"
        )
    spec = parse_bars(timeframe)
    sizes = _sizes(data, volume)
    if isinstance(spec, Measure):
        if day_start is not None or calendar is not None:
            raise DataError(f"{spec.text} bars end by what happens, not by time: leave day_start and calendar out")
        return _measured(data, spec, sizes)
    _check_length(data, spec)
    cut = _by_time(data.ts, spec, day_start, calendar)
    odd = cut.ends.size > 0 and bool((cut.ends - cut.starts != spec.ns).any())
    return _bars(data, spec.text, cut, sizes, ends=cut.ends if odd else None)


def _check_length(data: Rows, spec: Timeframe) -> None:
    if isinstance(data, Bars):
        own = parse_bars(data.timeframe)
        if isinstance(own, Measure):
            raise DataError(f"{data!r}: bars by {own.word} have no common length; make {spec.text} bars from the ticks")
        if spec.ns % own.ns:
            raise DataError(
                f"{data!r} cannot make {spec.text} bars: ask for a multiple of {own.text}, or give finer data"
            )


def _by_time(ts: Int64, spec: Timeframe, day_start: str | None, calendar: str | None) -> Cut:
    day = parse_day_start(day_start) if day_start is not None else None
    if calendar is not None and day is not None:
        raise DataError("give day_start or calendar, one of them: a session begins at its open")
    if ts.size == 0:
        return _no_cut()
    if calendar is not None:
        found = _session_edges(ts, spec, calendar)
        if found is not None:
            length = spec.ns if spec.ns < DAY else 0
            return _by_sessions(ts, length, *found)
    if day is not None and spec.ns % DAY == 0:
        edges = day_edges(day, int(ts[0]), int(ts[-1]), spec.ns // DAY)
        return _by_sessions(ts, 0, edges[:-1], edges[1:])
    anchor = _EPOCH_MONDAY if spec.ns % WEEK == 0 else 0
    rows = min(ts.size, int(ts[-1] - ts[0]) // spec.ns + 2)  # not more bars than rows, nor than fit into the period
    starts, first = np.empty(rows, np.int64), np.empty(rows + 1, np.int64)
    made = int(buckets.by_time(ts, spec.ns, anchor, starts, first))
    return Cut(starts[:made].copy(), starts[:made] + spec.ns, first[:made].copy(), first[1 : made + 1].copy())


def _session_edges(ts: Int64, spec: Timeframe, calendar: str) -> tuple[Int64, Int64] | None:
    """Opens and closes of the sessions that the rows may lie in."""
    if spec.ns > DAY or (spec.ns == DAY and calendar == "fx"):
        raise DataError(
            f'{spec.text} bars with calendar "{calendar}" would hold more than one trading day: '
            f"{'give day_start' if calendar == 'fx' else 'make 1D bars, and resample those'}"
        )
    find = trading_days if spec.ns == DAY else sessions
    return find(calendar, int(ts[0]), int(ts[-1]) + 1)


def _by_sessions(ts: Int64, length: int, opens: Int64, closes: Int64) -> Cut:
    per_session = -(-(closes - opens) // length) if length else np.ones_like(opens)
    rows = min(ts.size, int(per_session.sum()))
    starts, ends, first, stop = (np.empty(rows, np.int64) for _ in range(4))
    opens, closes = column(opens, np.int64), column(closes, np.int64)
    made = int(buckets.by_session(ts, length, opens, closes, starts, ends, first, stop))
    return Cut(*(values[:made].copy() for values in (starts, ends, first, stop)))


def _no_cut() -> Cut:
    return Cut(*(np.empty(0, np.int64) for _ in range(4)))


def _sizes(data: Rows, volume: str | None) -> Float64 | None:
    """What volume sums; None: the rows themselves are counted."""
    if isinstance(data, Quotes):
        if volume is not None and volume not in _VOLUMES:
            raise DataError(
                f'volume="{volume}" is unknown; it is one of {", ".join(_VOLUMES)}.{did_you_mean(volume, _VOLUMES)}'
            )
        if volume in (None, "ticks"):
            return None
        sizes: Float64 | None = getattr(data, str(volume))
        if sizes is None:
            raise DataError(f'{data!r} have no {volume}; leave volume="{volume}" out to count the quotes')
        return sizes
    if volume is not None:
        raise DataError(f'volume="{volume}" is for quotes; {data!r} have a volume of their own')
    return data.size if isinstance(data, Prints) else data.volume


def _bars(data: Rows, text: str, cut: Cut, sizes: Float64 | None, ends: Int64 | None) -> Bars:
    values: dict[str, Float64] = {}
    for names, path in _paths(data):
        values |= dict(zip(names, _path(cut, *path), strict=True))
    return Bars(data.symbol, text, cut.starts, **values, volume=_volume(cut, sizes), end=ends, checked=True)


def _volume(cut: Cut, sizes: Float64 | None) -> Float64:
    if sizes is None:
        return (cut.stop - cut.first).astype(np.float64)
    total = np.empty(cut.first.size)
    buckets.sums(sizes, cut.first, cut.stop, total)
    return total


def _paths(data: Rows) -> list[tuple[tuple[str, ...], tuple[Float64, ...]]]:
    """The columns that a side's open, high, low and close are taken from; the ask side where there is one."""
    if isinstance(data, Quotes):
        return [(BID_PATH, (data.bid,) * 4), (ASK_PATH, (data.ask,) * 4)]
    if isinstance(data, Prints):
        return [(BID_PATH, (data.price,) * 4)]
    sides = (BID_PATH,) if data.one_price else (BID_PATH, ASK_PATH)
    return [(names, tuple(getattr(data, name) for name in names)) for names in sides]


def _path(cut: Cut, first: Float64, high: Float64, low: Float64, last: Float64) -> tuple[Float64, ...]:
    highest, lowest = np.empty(cut.first.size), np.empty(cut.first.size)
    buckets.extremes(high, low, cut.first, cut.stop, highest, lowest)
    return first[cut.first], highest, lowest, last[cut.stop - 1]


def _measured(data: Rows, spec: Measure, sizes: Float64 | None) -> Bars:
    """Bars that end by what happened."""
    if isinstance(data, Bars):
        raise DataError(f"{data!r}: {spec.text} bars are made from quotes or prints, not from bars")
    price = data.bid if isinstance(data, Quotes) else data.price
    if spec.word == RENKO:
        return _bricks(data, price, spec, sizes)
    rows = len(data)
    if spec.word == TICK:
        first = np.arange(0, rows + 1, int(spec.size))
    else:
        first = np.zeros(rows + 1, np.int64)
        if spec.word == RANGE:
            made = int(buckets.by_range(price, price, spec.size, first))
        else:
            made = int(buckets.by_sum(_needed(data, spec, sizes), spec.size, first))
        first = first[: made + 1]
    first, stop = first[:-1].copy(), first[1:].copy()
    cut = _apart(data.ts, first, stop)
    return _bars(data, spec.text, cut, sizes, cut.ends)


def _needed(data: Quotes | Prints, spec: Measure, sizes: Float64 | None) -> Float64:
    if sizes is None:
        raise DataError(f'{data!r}: {spec.text} bars need sizes; give prints, or volume="bid_size" or "ask_size"')
    if np.isnan(sizes).any():
        row = int(np.isnan(sizes).argmax())
        raise DataError(f"{data!r}, row {row + 1}: the size is not given; {spec.text} bars need one on every row")
    return sizes


def _apart(ts: Int64, first: Int64, stop: Int64) -> Cut:
    """From the first row to 1 ns after the last; a bar never starts before the one above has ended."""
    starts, ends = ts[first], ts[stop - 1] + 1
    buckets.part(starts, ends)
    return Cut(starts, ends, first, stop)


def _bricks(data: Quotes | Prints, price: Float64, spec: Measure, sizes: Float64 | None) -> Bars:
    """Renko. Its prices are the bricks' edges, which nobody may have quoted; the ask is as far off as at its last row.

    A row that finished several bricks belongs to the first of them; the others have volume 0.
    """
    none = np.empty(0, np.int64)
    made = int(buckets.by_brick(price, spec.size, none, none, none)) if len(data) else 0
    last, opened, closed = (np.empty(made, np.int64) for _ in range(3))
    if made:
        buckets.by_brick(price, spec.size, last, opened, closed)
    first = np.zeros(made, np.int64)
    first[1:] = last[:-1] + 1
    cut = _apart(data.ts, np.minimum(first, last), last + 1)._replace(first=first)
    start, end = (_edge(price, levels, spec.size) for levels in (opened, closed))
    path = (start, np.maximum(start, end), np.minimum(start, end), end)
    values = dict(zip(BID_PATH, path, strict=True))
    if isinstance(data, Quotes):
        spread = data.ask[last] - data.bid[last]
        values |= {name: _tidy(edge + spread) for name, edge in zip(ASK_PATH, path, strict=True)}
    return Bars(data.symbol, spec.text, cut.starts, **values, volume=_volume(cut, sizes), end=cut.ends, checked=True)


def _edge(price: Float64, levels: Int64, size: float) -> Float64:
    return _tidy(price[0] + levels * size) if levels.size else np.empty(0)


def _tidy(prices: Float64) -> Float64:
    """Without what floats add: 1.1 + 3 * 0.001 is 1.103."""
    return np.round(prices, 10)
