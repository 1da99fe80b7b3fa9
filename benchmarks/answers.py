"""What the timed runs must give: the rules written a second time, in points and cents, without the account.

Knows one position of one instrument, its stop loss and take profit, commission and swap, and nothing else. It shares no
code with simcore but numba. Assumes that the account never comes near its margin, which the benchmarks assert.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numba import njit

from benchmarks.account import PER_LOT, SWAP_LONG, SWAP_SHORT
from benchmarks.markets import PAIRS, Float64, Int64

NEW_YORK = ZoneInfo("America/New_York")
SWAP_DAYS = (1, 1, 3, 1, 1, 0, 0)  # of the day that ends, Monday to Sunday
UNITS = 10_000.0  # 0.10 lot
COMMISSION = round(PER_LOT * 10)  # cents for 0.10 lot


@dataclass(frozen=True)
class Answer:
    """Fills, and cents the account has gained: booked, and with what is open."""

    fills: int
    booked: int
    gained: int

    def __add__(self, other: Answer) -> Answer:
        return Answer(self.fills + other.fills, self.booked + other.booked, self.gained + other.gained)


def rollovers(first: int, last: int) -> tuple[Int64, Int64]:
    """17:00 in New York on every day of the run: times in ns UTC, and the days of swap that each charges."""
    day = datetime.fromtimestamp(first / 1e9, UTC).date() - timedelta(days=1)
    times: list[int] = []
    days: list[int] = []
    while True:
        at = _ns(day)
        if at > last:
            return np.array(times, np.int64), np.array(days, np.int64)
        if at > first:
            times.append(at)
            days.append(SWAP_DAYS[day.weekday()])
        day += timedelta(days=1)


def _ns(day: date) -> int:
    return int(datetime.combine(day, time(17), NEW_YORK).timestamp()) * 1_000_000_000


def cross(symbol: str, ts: Int64, bid: Float64, ask: Float64, **rules: float) -> Answer:
    """The answer of a strategy of benchmarks.strategies on one instrument; by default of QuoteCross.

    rules: fast, slow, sl, tp; share (1: sl and tp are shares of the price, as FastEightCross has them); bar (length in
    ns of the bars whose closes are averaged; 0: the mid of every quote).
    """
    given = {"fast": 500, "slow": 5000, "sl": 0.0006, "tp": 0.0020, "share": 0, "bar": 0} | rules
    digits = PAIRS[symbol][1]
    at, days = rollovers(int(ts[0]), int(ts[-1]))
    numbers = tuple(float(given[name]) for name in ("fast", "slow", "sl", "tp", "share", "bar"))
    inverse = symbol.startswith("USD")
    return Answer(*(int(x) for x in _cross(ts, bid, ask, at, days, numbers, 10.0**digits, inverse)))


@njit
def _cents(x):  # type: ignore[no-untyped-def]
    """Half a cent goes away from zero."""
    return int(np.sign(x) * np.floor(abs(x) * 100.0 + 0.5 + 1e-6))


@njit
def _gain(side, opened, closed, scale, inverse):  # type: ignore[no-untyped-def]
    """Cents of a position from `opened` to `closed`, in points; a USDxxx pair converts at its own exit price."""
    gain = side * (closed - opened) / scale * UNITS
    return _cents(gain / (closed / scale)) if inverse else _cents(gain)


@njit
def _swap(side, days, bid, ask, scale, inverse):  # type: ignore[no-untyped-def]
    """Cents of a night: a point's worth in cents, converted at the worse price, times the points."""
    points = SWAP_LONG if side > 0 else SWAP_SHORT
    point = UNITS / scale
    if inverse:
        point /= bid if points < 0.0 else ask
    return _cents(points * days * _cents(point) / 100.0)


@njit
def _exit(side, bid, ask, sl, tp):  # type: ignore[no-untyped-def]
    """Points at which the quote takes the position out, the stop loss first; 0 where it does not."""
    price = bid if side > 0 else ask
    if side * (price - sl) <= 0:
        return price
    return tp if side * (price - tp) >= 0 else 0


@njit
def _cross(ts, bid, ask, rollover, days, rules, scale, inverse):  # type: ignore[no-untyped-def]
    fast_n, slow_n, sl_by, tp_by, share, bar = rules
    fast = slow = 0.0
    wanted = side = opened = sl = tp = swap = booked = fills = night = seen = 0
    for i in range(ts.size):
        while night < rollover.size and rollover[night] <= ts[i]:
            if side != 0:
                swap += _swap(side, days[night], bid[i - 1], ask[i - 1], scale, inverse)
            night += 1
        b, a = np.int64(np.rint(bid[i] * scale)), np.int64(np.rint(ask[i] * scale))
        out = _exit(side, b, a, sl, tp) if side != 0 else 0
        if out != 0:
            booked += _gain(side, opened, out, scale, inverse) + swap - COMMISSION
            fills, side, swap = fills + 1, 0, 0
        x = (bid[i] + ask[i]) * 0.5
        if bar > 0:
            if i == 0 or ts[i] // bar == ts[i - 1] // bar:
                continue
            x = bid[i - 1]
        seen += 1
        fast = _average(fast, x, seen, fast_n)
        slow = _average(slow, x, seen, slow_n)
        if seen < slow_n or not ((fast > slow and wanted <= 0) or (fast < slow and wanted >= 0)):
            continue
        wanted = 1 if fast > slow else -1
        if side != 0:
            booked += _gain(side, opened, b if side > 0 else a, scale, inverse) + swap - COMMISSION
            fills, swap = fills + 1, 0
        side, opened = wanted, a if wanted > 0 else b
        price = ask[i] if wanted > 0 else bid[i]
        far, near = (price * sl_by, price * tp_by) if share else (sl_by, tp_by)
        sl, tp = np.int64(np.rint((price - side * far) * scale)), np.int64(np.rint((price + side * near) * scale))
        fills, booked = fills + 1, booked - COMMISSION
    gained = booked
    if side != 0:
        last = np.int64(np.rint((bid[-1] if side > 0 else ask[-1]) * scale))
        gained += _gain(side, opened, last, scale, inverse) + swap
    return fills, booked, gained


@njit
def _average(value, x, seen, period):  # type: ignore[no-untyped-def]
    """An exponential average that starts from the mean of its first `period` values; a sum until then."""
    if seen < period:
        return value + x
    if seen == period:
        return (value + x) / period
    return value + (x - value) * (2.0 / (period + 1))
