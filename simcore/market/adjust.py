"""Prices made comparable over splits and dividends, by the multiplicative method of CRSP, Yahoo and LEAN.

Prices before an ex-date are multiplied by 1 / split and by 1 - dividend / close, where close is the last price before
the ex-date; sizes and volumes before a split are multiplied by it. So the latest prices stay what they were, returns
are what a holder made who reinvested, and old prices depend on all that came after. What trades on adjusted prices
books no dividends and sees no splits; do not give the account the same actions as well.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from simcore.market.actions import Actions, ActionSource, as_frame, factors_of, read_actions
from simcore.market.checks import Float64, Int64, text_of
from simcore.market.columns import ASK_PATH, BID_PATH, Bars, Prints, Quotes
from simcore.market.errors import DataError

Rows = TypeVar("Rows", Quotes, Prints, Bars)

_PRICES = {"bid", "ask", "price", *BID_PATH, *ASK_PATH}
_SIZES = {"bid_size", "ask_size", "size", "volume"}


def adjust(data: Rows, actions: Actions | ActionSource, *, dividends: bool = True, timezone: str | None = None) -> Rows:
    """Return `data` with prices and sizes adjusted for `actions`; with `dividends=False` for splits alone.

    actions: what `sc.read_actions` takes or returns. A frame or file of LEAN's factors (date, price_factor,
    split_factor) is applied as it stands, each row up to and including its date in `timezone`. Raises DataError for
    actions that cannot be read, and a dividend as large as the price it is paid from.
    """
    if not isinstance(data, Quotes | Prints | Bars):
        raise DataError(f"adjust takes what sc.read_quotes, read_prints or read_bars return, not {type(data).__name__}")
    price, split = _factors(data, actions, dividends, timezone)
    factor = price / split
    changed = {}
    for name, values in data.given().items():
        if name in _PRICES:
            changed[name] = values * factor
        elif name in _SIZES:
            changed[name] = values * split
    return data.with_columns(changed)


def _factors(data: Any, actions: Any, dividends: bool, timezone: str | None) -> tuple[Float64, Float64]:
    """Of every row: what dividends multiply its price with, and the splits after it."""
    if not isinstance(actions, Actions | list | tuple):
        frame = as_frame(actions, data.symbol)
        factors = factors_of(frame, f"factors of {data.symbol}", timezone)
        if factors is not None:
            last, price, split, _ = factors
            row = np.minimum(np.searchsorted(last, data.ts, side="right"), last.size - 1)
            return (price if dividends else np.ones(last.size))[row], 1.0 / split[row]
    found = read_actions(actions, symbol=data.symbol, timezone=timezone)
    price = np.ones(len(found))
    if dividends:
        price = _of_dividends(found, data.ts, _closes(data))
    return _after(found.ts, price, data.ts), _after(found.ts, found.split, data.ts)


def _of_dividends(actions: Actions, ts: Int64, close: Float64) -> Float64:
    """1 - dividend / close before it; 1 where nothing is before it."""
    before = np.searchsorted(ts, actions.ts) - 1
    factor = np.ones(len(actions))
    for i in np.flatnonzero((actions.dividend > 0.0) & (before >= 0)):
        factor[i] = 1.0 - actions.dividend[i] / close[before[i]]
        if not factor[i] > 0.0:
            raise DataError(
                f"actions of {actions.symbol}, row {i + 1}: dividend {actions.dividend[i]:g} at "
                f"{text_of(actions.ts[i])} is not less than the price before it, {close[before[i]]:g}"
            )
    return factor


def _closes(data: Quotes | Prints | Bars) -> Float64:
    if isinstance(data, Bars):
        return data.close
    return data.price if isinstance(data, Prints) else (data.bid + data.ask) / 2.0


def _after(at: Int64, factor: Float64, ts: Int64) -> Float64:
    """The product of the factors that come after each of `ts`."""
    products = np.append(np.cumprod(factor[::-1])[::-1], 1.0)
    return products[np.searchsorted(at, ts, side="right")]
