"""Prices on an instrument's grid, so that equal prices are equal bits.

A grid is a price increment written as numerator / scale with scale an exact power of ten (0.00001 = 1 / 100,000, 0.25 =
25 / 100). A price goes to its nearest increment and comes back by one correctly rounded division, so 1.10001 from a
feed, from a float32 column or from arithmetic ends as the same float64. Data are checked once on entry, in one
vectorised pass, and copied only if a price is off the grid.
"""

from decimal import Decimal, InvalidOperation
from typing import NamedTuple, TypeVar

import numpy as np

from simcore.market import checks
from simcore.market.checks import NOT_A_TIME, Float64, Int64
from simcore.market.columns import ASK_PATH, BID_PATH, Bars, Prints, Quotes, column
from simcore.market.errors import DataError
from simcore.market.jit import compiled

Rows = TypeVar("Rows", Quotes, Prints, Bars)

_PRICES = {"bid", "ask", "price", *BID_PATH, *ASK_PATH}


class Grid(NamedTuple):
    """A price increment as `numerator / scale`, both whole numbers held as float64; `scale` is a power of ten."""

    numerator: float
    scale: float


def grid(price_increment: float | str | Decimal | None = None, *, digits: int | None = None) -> Grid:
    """Return the grid of an increment (0.00001, "0.25") or of `digits` decimals (5 is 0.00001); give exactly one.

    Raises DataError for an increment that is not a finite number above zero, and for more than 15 decimals.
    """
    if (price_increment is None) == (digits is None):
        raise DataError("give price_increment or digits, one of them")
    increment = Decimal(1).scaleb(-digits) if digits is not None else _decimal(price_increment)
    if not increment.is_finite() or increment <= 0:
        raise DataError(f"price_increment must be a finite number above zero, was {price_increment}")
    decimals = max(-int(increment.normalize().as_tuple().exponent), 0)
    if decimals > 15:
        raise DataError(f"price_increment {increment} has {decimals} decimals; float64 prices hold at most 15")
    return Grid(float(increment.scaleb(decimals)), float(10**decimals))


def on_grid(prices: Float64, increments: Grid) -> Float64:
    """Return `prices` (n,) on the grid: the very array if all are on it already, else a new one. nan stays nan."""
    row = int(first_off_grid(column(prices, float), increments.numerator, increments.scale))
    if row < 0:
        return prices
    snapped = prices.copy()
    put_on_grid(snapped, row, increments.numerator, increments.scale)
    return column(snapped, float)


def snap(
    data: Rows, price_increment: float | str | Decimal | None = None, *, digits: int | None = None, before: int = 0
) -> Rows:
    """Return quotes, prints or bars with every price on the grid: `data` itself if they are there already.

    Raises DataError if the grid is so coarse that a price becomes zero; `before` rows precede these in their source.
    """
    return snapped(data, grid(price_increment, digits=digits), before)


def snapped(data: Rows, increments: Grid, before: int = 0) -> Rows:
    """Return what `snap` does, for a grid."""
    changed = {}
    for name, prices in data.given().items():
        if name in _PRICES and (moved := on_grid(prices, increments)) is not prices:
            _refuse_zero(data.symbol, name, prices, moved, increments, before)
            changed[name] = moved
    return data.with_columns(changed) if changed else data


def fits(quotes: Quotes, increments: Grid) -> bool:
    """Whether `Quotes.check` passes and every price is on the grid: one pass, because reading memory is what costs."""
    for sizes in (quotes.bid_size, quotes.ask_size):
        if sizes is not None and checks.first_bad_size(sizes) >= 0:
            return False
    ts = quotes.ts
    return ts.size > 0 and ts[0] != NOT_A_TIME and bool(all_fit(ts, quotes.bid, quotes.ask, *increments))


def _refuse_zero(symbol: str, name: str, prices: Float64, snapped: Float64, increments: Grid, before: int) -> None:
    if snapped.min() == 0:
        row = int(np.argmin(snapped))
        raise DataError(
            f"{symbol}, row {before + row + 1}: {name} {prices[row]:g} becomes 0 on a grid of "
            f"{increments.numerator / increments.scale:g}; check the instrument's price_digits or price_increment"
        )


def _decimal(value: float | str | Decimal | None) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise DataError(f"price_increment must be a number, was {value!r}") from error


@compiled
def first_off_grid(prices: Float64, numerator: float, scale: float) -> int:
    """Return the start of the first block of 2,048 that holds a price off the grid, or -1; nan counts as on it."""
    for start in range(0, prices.size, 2048):
        block = prices[start : start + 2048]
        off = np.int64(0)
        for k in range(block.size):
            price = block[k]
            off |= np.int64((np.rint(price * scale / numerator) * numerator / scale != price) & (price == price))
        if off:
            return start
    return -1


@compiled
def all_fit(ts: Int64, bid: Float64, ask: Float64, numerator: float, scale: float) -> bool:
    """Whether times do not run backwards and prices are finite, above zero and on the grid.

    By blocks of 256 rows: so short that the processor fetches all three columns ahead at once.
    """
    for start in range(0, ts.size, 256):
        stop = min(start + 256, ts.size)
        above, here = ts[max(start - 1, 0) : stop - 1], ts[max(start, 1) : stop]
        bad = np.int64(0)
        for k in range(here.size):
            bad |= np.int64(here[k] < above[k])
        for prices in (bid[start:stop], ask[start:stop]):
            if numerator == 1.0:  # a division less
                for k in range(prices.size):
                    price = prices[k]
                    bad |= np.int64(not ((price > 0.0) & (price < np.inf) & (np.rint(price * scale) / scale == price)))
            else:
                for k in range(prices.size):
                    price = prices[k]
                    moved = np.rint(price * scale / numerator) * numerator / scale
                    bad |= np.int64(not ((price > 0.0) & (price < np.inf) & (moved == price)))
        if bad:
            return False
    return True


@compiled
def put_on_grid(prices: Float64, start: int, numerator: float, scale: float) -> None:
    """Move prices[start:] to their nearest increment, in place."""
    rest = prices[start:]
    for k in range(rest.size):
        rest[k] = np.rint(rest[k] * scale / numerator) * numerator / scale
