"""What market data must be before the engine sees it.

Times do not run backwards (equal times are kept, in their order). Prices are finite and above zero; a size may be nan
("not given") but not negative; a bar's low is not above its high. Crossed quotes (ask below bid) and duplicates are
kept: real feeds have them. Each check is one vectorised pass (20 M rows in about 6 ms a column) and names the first row
at fault.
"""

import numpy as np
import numpy.typing as npt

from simcore.market.errors import DataError
from simcore.market.jit import compiled

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]

NOT_A_TIME = np.iinfo(np.int64).min  # what numpy and pandas keep for a missing time
_ROWS = "rows are counted from 1, without the header"


def check_times(place: str, ts: Int64) -> None:
    """Refuse empty data, missing times and times (n,) int64 ns that run backwards."""
    if ts.size == 0:
        raise DataError(f"{place}: no rows; check the file, or the filter that made this frame")
    row = int(first_unsorted(ts))
    if ts[0] == NOT_A_TIME or (row >= 0 and ts[row] == NOT_A_TIME):
        raise DataError(f"{place}, row {max(row, 0) + 1}: the time is empty; remove or repair the row ({_ROWS})")
    if row >= 0:
        raise DataError(
            f"{place}, row {row + 1}: time {text_of(ts[row])} is earlier than {text_of(ts[row - 1])} in the row "
            f'before; sort the data by time, or read it with unordered="sort" ({_ROWS})'
        )


def check_prices(place: str, name: str, prices: Float64) -> None:
    """Refuse a price (n,) that is nan, infinite, zero or negative."""
    row = int(first_bad_price(prices))
    if row >= 0:
        raise DataError(
            f"{place}, row {row + 1}: {name} is {prices[row]:g}; prices must be finite and above zero: "
            f"remove or repair the row ({_ROWS})"
        )


def check_sizes(place: str, name: str, sizes: Float64 | None) -> None:
    """Refuse a size or volume (n,) that is negative or infinite; nan, or no column at all, means not given."""
    if sizes is None:
        return
    row = int(first_bad_size(sizes))
    if row >= 0:
        raise DataError(
            f"{place}, row {row + 1}: {name} is {sizes[row]:g}; sizes must be zero or more, or nan where not given: "
            f"remove or repair the row ({_ROWS})"
        )


def check_extremes(place: str, low_name: str, low: Float64, high_name: str, high: Float64) -> None:
    """Refuse a bar whose low is above its high: the columns are swapped or the row is broken."""
    row = int(first_above(low, high))
    if row >= 0:
        raise DataError(
            f"{place}, row {row + 1}: {low_name} {low[row]:g} is above {high_name} {high[row]:g}; are the columns "
            f"swapped? ({_ROWS})"
        )


def check_ends(place: str, ts: Int64, end: Int64 | None) -> None:
    """Refuse a bar that ends at or before its start, or after the next one starts."""
    if end is None:
        return
    short = end <= ts
    short[:-1] |= end[:-1] > ts[1:]
    if short.any():
        row = int(short.argmax())
        raise DataError(
            f"{place}, row {row + 1}: end is {text_of(end[row])}; a bar must end after its start, {text_of(ts[row])}, "
            f"and not after the next one's ({_ROWS})"
        )


def check_sides(place: str, side: npt.ArrayLike | None) -> None:
    """Refuse a side (n,) other than 1 (the buyer took), -1 (the seller took) and 0 (unknown)."""
    if side is None:
        return
    values = np.asarray(side)
    bad = (values != 0) & (values != 1) & (values != -1)
    if bad.any():
        row = int(bad.argmax())
        raise DataError(f"{place}, row {row + 1}: side is {values[row]:g}; use 1 (buy), -1 (sell) or 0 ({_ROWS})")


def text_of(ts: int | np.int64) -> str:
    """Write int64 ns as "2014-05-02 12:30:00.123" UTC, with as many digits as it needs."""
    text = np.datetime_as_string(np.datetime64(int(ts), "ns"), unit="ns").replace("T", " ")
    return str(text).rstrip("0").rstrip(".") if not text.endswith("00:00:00.000000000") else str(text[:10])


# The passes work through blocks without leaving early inside one: that is what lets the compiler vectorise them.


@compiled
def first_unsorted(ts: Int64) -> int:
    """Return the first row whose time is before the row above it, or -1."""
    start = 1
    while start < ts.size:
        stop = min(start + 4096, ts.size)
        above, here = ts[start - 1 : stop - 1], ts[start:stop]
        bad = np.int64(0)
        for k in range(here.size):
            bad |= np.int64(here[k] < above[k])
        if bad:
            for k in range(here.size):
                if here[k] < above[k]:
                    return start + k
        start = stop
    return -1


@compiled
def first_bad_price(prices: Float64) -> int:
    """Return the first row that is not a finite price above zero, or -1."""
    for start in range(0, prices.size, 4096):
        block = prices[start : start + 4096]
        bad = np.int64(0)
        for k in range(block.size):
            bad |= np.int64(not ((block[k] > 0.0) & (block[k] < np.inf)))
        if bad:
            for k in range(block.size):
                if not ((block[k] > 0.0) & (block[k] < np.inf)):
                    return start + k
    return -1


@compiled
def first_bad_size(sizes: Float64) -> int:
    """Return the first row that is negative or infinite (nan passes), or -1."""
    for start in range(0, sizes.size, 4096):
        block = sizes[start : start + 4096]
        bad = np.int64(0)
        for k in range(block.size):
            bad |= np.int64((block[k] < 0.0) | (block[k] == np.inf))
        if bad:
            for k in range(block.size):
                if (block[k] < 0.0) | (block[k] == np.inf):
                    return start + k
    return -1


@compiled
def first_above(low: Float64, high: Float64) -> int:
    """Return the first row where `low` is above `high`, or -1."""
    for start in range(0, low.size, 4096):
        below, above = low[start : start + 4096], high[start : start + 4096]
        bad = np.int64(0)
        for k in range(below.size):
            bad |= np.int64(below[k] > above[k])
        if bad:
            for k in range(below.size):
                if below[k] > above[k]:
                    return start + k
    return -1
