"""backtest_signals(): signals worked out in frames, and data in, a Result out.

    result = sc.backtest_signals({"GOOG": bars}, entries, exits, qty=100, instruments=[sc.Instrument.stock("GOOG")])

Assumes one flag for each row of the data: the signal of a bar fills at the next bar's open, that of a quote on it. For
signals on bars made of finer data, or on part of the rows, give `bars` or an index of times; see strategy.signals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simcore.backtest import backtest
from simcore.inputs import Data
from simcore.market.checks import Int64
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError, did_you_mean
from simcore.market.readers import as_columns
from simcore.market.store.range import Range
from simcore.result import Result
from simcore.strategy.signals import NAMES, columns_of, from_signals, times_of

Rows = Quotes | Bars | Prints | Range


def backtest_signals(
    data: Data,
    entries: Any = None,
    exits: Any = None,
    short_entries: Any = None,
    short_exits: Any = None,
    *,
    bars: str | None = None,
    price: str = "open",
    qty: Any = None,
    share: float | None = None,
    sl: Any = None,
    tp: Any = None,
    sl_stop: Any = None,
    tp_stop: Any = None,
    accumulate: bool = False,
    tag: int | str = 0,
    **options: Any,
) -> Result:
    """Replay `data` through one account that does what the signals say.

    data and options: those of `backtest`. The rest: that of `from_signals`; several instruments are columns named by
    symbol. bars: where the signals are of longer bars than the data. Raises DataError for signals that do not fit the
    data, and what `backtest` raises.
    """
    if not isinstance(options.get("size", ""), str):
        raise DataError(f"backtest_signals: size is the class of the book (S, M or L); say qty={options['size']!r}")
    rows = _rows(data)
    arrays = dict(zip(NAMES, (entries, exits, short_entries, short_exits), strict=True))
    more = {"qty": qty, "sl": sl, "tp": tp, "sl_stop": sl_stop, "tp_stop": tp_stop}
    ordered = {name: _by_symbol(name, array, list(rows)) for name, array in {**arrays, **more}.items()}
    if bars is None:
        bars = _timeframe(rows)
        _check(ordered, rows, price)
    if price == "close" and options.get("path", "ohlc") != "ohlc":
        raise DataError(f'backtest_signals: price="close" needs path="ohlc", was {options["path"]!r}')
    if options.get("policy", "keep") in ("drop", "sort"):
        raise DataError(
            f'backtest_signals: policy="{options["policy"]}" moves rows away from their signals; sc.clean the data '
            "first, and work the signals out of what it returns"
        )
    given = {**ordered, "share": share, "accumulate": accumulate, "tag": tag}
    return backtest(from_signals(bars=bars, price=price, **given), rows, **options)


def _rows(data: Data) -> dict[str, Rows]:
    if isinstance(data, Quotes | Bars | Prints | Range):
        return {data.symbol: data}
    if not isinstance(data, Mapping):
        example, kind = '{"EURUSD": quotes}', type(data).__name__
        raise DataError(f"backtest_signals: data must map symbols to their rows, as in {example}, was {kind}")
    return {str(s): one if isinstance(one, Range) else as_columns(one, str(s)) for s, one in data.items()}


def _by_symbol(name: str, array: Any, symbols: list[str]) -> Any:
    """Columns in the order of the data."""
    columns = columns_of(array)
    if columns is None:
        if len(symbols) > 1 and np.ndim(array) > 0:
            raise DataError(f"backtest_signals: {name} must have a column for each of {', '.join(symbols)}")
        return array
    for one in columns:
        if one not in symbols:
            raise DataError(
                f"backtest_signals: {name} has a column {one!r}, which the data have not.{did_you_mean(one, symbols)}"
            )
    missing = [s for s in symbols if s not in columns]
    if missing:
        raise DataError(f"backtest_signals: {name} has no column for {missing[0]}")
    return {s: array[s] for s in symbols}


def _timeframe(rows: Mapping[str, Rows]) -> str | None:
    found = {
        s: one.key.timeframe if isinstance(one, Range) else getattr(one, "timeframe", None) for s, one in rows.items()
    }
    first, text = next(iter(found.items()))
    for symbol, other in found.items():
        if other != text:
            raise DataError(
                f"backtest_signals: the data of {first} are {_words(text)}, those of {symbol} {_words(other)}; "
                'say of which bars the signals are, such as bars="1h"'
            )
    return text


def _words(timeframe: str | None) -> str:
    return "ticks" if timeframe is None else f"bars of {timeframe}"


def _check(arrays: Mapping[str, Any], rows: Mapping[str, Rows], price: str) -> None:
    """Refuse signals that are not one a row; those with times may be of some rows, unless they fill at closes."""
    for symbol, one in rows.items():
        for name in NAMES:
            array = arrays[name]
            if array is None:
                continue
            own = array[symbol] if columns_of(array) is not None else array
            times = times_of(own)
            if times is not None and price == "open":
                _find(symbol, name, own, times, one)
                continue
            if len(own) != len(one):
                there = f"the data of {symbol} {len(one):,}"
                raise DataError(f"backtest_signals: {name} has {len(own):,} rows, {there}; give one for each")
            if times is not None and not isinstance(one, Range) and not np.array_equal(times, one.ts):
                row = int(np.flatnonzero(times != one.ts)[0])
                raise DataError(f"backtest_signals: row {row} of {name} has another time than that of {symbol}")


def _find(symbol: str, name: str, flags: Any, times: Int64, rows: Rows) -> None:
    """Refuse a signal at a time that no row has; a range of a store is looked at when it is played."""
    if isinstance(rows, Range):
        return
    said = times[[bool(flag) and flag == flag for flag in flags]]
    lost = said[~np.isin(said, rows.ts)]
    if lost.size:
        raise DataError(
            f"backtest_signals: {name} has a signal at {_time(lost[0])}, and the data of {symbol} no row of that time; "
            f"they go from {_time(rows.ts[0])} to {_time(rows.ts[-1])}"
        )


def _time(ns: Any) -> str:
    return str(np.datetime64(int(ns), "ns").astype("datetime64[ms]")).removesuffix(".000")
