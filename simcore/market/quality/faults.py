"""The faults a row can have, the limits they are told by, and the one compiled pass that finds them.

Faults are bits of one byte pair a row. Rows are looked at in the order they came, each against the rows around it, so
that unordered data are counted as they stand. Equal times are counted too, but are no fault: real feeds have them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from simcore.market.checks import Float64, Int64
from simcore.market.errors import DataError
from simcore.market.jit import compiled
from simcore.market.timeframe import parse_timeframe

Flags = npt.NDArray[np.uint16]

INVALID: Final = 1
CROSSED: Final = 2
LOCKED: Final = 4
DUPLICATED: Final = 8
UNORDERED: Final = 16
STALE: Final = 32
GAPPED: Final = 64
OUTLYING: Final = 128
OUT_OF_SESSION: Final = 256
EQUAL_TIME: Final = 512

FAULTS: Final = {
    "invalid": INVALID,
    "crossed": CROSSED,
    "locked": LOCKED,
    "duplicated": DUPLICATED,
    "unordered": UNORDERED,
    "stale": STALE,
    "gapped": GAPPED,
    "outlying": OUTLYING,
    "out_of_session": OUT_OF_SESSION,
}
COUNTED: Final = (*FAULTS, "equal_times")
BITS: Final = len(COUNTED)

_BARS_OF_GAP: Final = 3
_BARS_OF_STALE: Final = 10
_NO_GAP: Final = np.iinfo(np.int64).max
_NOT_A_TIME: Final = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Limits:
    """Where a fault begins: `gap` and `stale` in ns, `outlier` in usual moves, `outlier_least` a part of the price."""

    gap: int
    stale: int
    outlier: float
    outlier_least: float

    @classmethod
    def of(cls, gap: str, stale: str, outlier: float, outlier_least: float) -> Limits:
        """The limits as written. Raises DataError naming the one that is none."""
        for name, value in (("outlier", outlier), ("outlier_least", outlier_least)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < np.inf:
                raise DataError(f"{name} is {value!r}; it must be a number above zero")
        return cls(_time("gap", gap), _time("stale", stale), float(outlier), float(outlier_least))

    def for_bars(self, length: int) -> Limits:
        """The same for bars of so many ns: no gap within three of them, none stale before ten; below zero no gap."""
        if length < 0:
            return replace(self, gap=_NO_GAP)
        return replace(self, gap=max(self.gap, _BARS_OF_GAP * length), stale=max(self.stale, _BARS_OF_STALE * length))


def _time(name: str, text: str) -> int:
    try:
        return parse_timeframe(text).ns
    except (DataError, TypeError, AttributeError) as error:
        raise DataError(f'{name} is {text!r}; write a time such as "1h" or "15min"') from error


def jump_limit(mid: Float64, limits: Limits) -> float:
    """How far, as a part of the price, a price must lie from its neighbours to be outlying.

    `limits.outlier` times the median of the moves between neighbouring rows that are not zero, but never less than
    `limits.outlier_least`.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        moves = np.abs(np.diff(mid)) / mid[:-1]
    moves = moves[(moves > 0.0) & np.isfinite(moves)]
    usual = float(np.median(moves)) if moves.size else 0.0
    return max(limits.outlier_least, limits.outlier * usual)


@compiled
def scan(
    ts: Int64,
    bid: Float64,
    ask: Float64,
    low: Float64,
    high: Float64,
    paired: bool,
    start: int,
    stop: int,
    state: Int64,
    gap: int,
    stale: int,
    flags: Flags,
) -> None:
    """Flag rows [start, stop), which follow one another in time; all arrays (n,).

    paired: bid and ask are two columns. state: the latest time so far, and since when the price stands unchanged; kept
    for the next call. A row whose low is not its high (a bar that moved) is not unchanged.
    """
    latest, since = state[0], state[1]
    for k in range(start, stop):
        t, b, a = ts[k], bid[k], ask[k]
        flag = 0
        if not ((b > 0.0) & (b < np.inf) & (a > 0.0) & (a < np.inf) & (low[k] <= high[k])) or t == _NOT_A_TIME:
            flag |= INVALID
        if paired:
            if a < b:
                flag |= CROSSED
            elif a == b:
                flag |= LOCKED
        if k > 0:
            if t < latest:
                flag |= UNORDERED
            elif t - latest > gap:
                flag |= GAPPED
            if t == ts[k - 1]:
                flag |= EQUAL_TIME
            unchanged = b == bid[k - 1] and a == ask[k - 1] and low[k] == high[k]
            if not unchanged or flag & GAPPED:
                since = t
            elif t - since > stale:
                flag |= STALE
        else:
            since = t
        if k == 0 or t > latest:
            latest = t
        flags[k] |= flag
    state[0], state[1] = latest, since


@compiled
def outlying(price: Float64, start: int, stop: int, share: float, flags: Flags) -> None:
    """Flag rows [start, stop) whose price lies further than `share` of it from the median of five rows around.

    The five are two before, the row, two after, or the first or last five. So one or two rows that spike and come back
    are outlying, and a price that moves and stays is not.
    """
    n = price.size
    if n < 5:
        return
    five = np.empty(5)
    for k in range(start, stop):
        here = price[k]
        limit = share * here
        before, after = price[max(k - 1, 0)], price[min(k + 1, n - 1)]
        # no nearer neighbour is far: then at most two of the five are, and the median is not
        if abs(here - before) <= limit and abs(here - after) <= limit:
            continue
        first = min(max(k - 2, 0), n - 5)
        for j in range(5):
            five[j] = price[first + j]
        for i in range(1, 5):
            value, j = five[i], i
            while j > 0 and five[j - 1] > value:
                five[j] = five[j - 1]
                j -= 1
            five[j] = value
        if abs(here - five[2]) > share * min(here, five[2]):
            flags[k] |= OUTLYING


@compiled
def tally(ts: Int64, flags: Flags, day_ns: int, first_day: int, counts: Int64) -> None:
    """Add each fault of each row to counts (days, BITS)."""
    for k in range(ts.size):
        flag = flags[k]
        if flag:
            day = ts[k] // day_ns - first_day
            for bit in range(BITS):
                if flag & (1 << bit):
                    counts[day, bit] += 1
