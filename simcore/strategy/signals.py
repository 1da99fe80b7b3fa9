"""Signals worked out beforehand, as a strategy: for people who compute in frames.

    close = bars.to_pandas()["close"]
    fast, slow = close.rolling(10).mean(), close.rolling(30).mean()
    strategy = sc.from_signals(fast > slow, fast < slow, bars="1D", qty=100)

Row i of each array belongs to bar i (with an index of times: to the bar that starts then), or without `bars` to quote
i. A bar's signal is known at its close and fills at the next bar's open; a quote's fills on that quote. The rules are
those of vectorbt's Portfolio.from_signals as it comes: an entry is ignored while the same side is held, unless
`accumulate`; an entry of the other side reverses; entry and exit of one side at once, or entries of both, cancel out.
What differs: qty is the instrument's unit, and the account has margin, costs, spread and refusals of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.market.checks import Int64
from simcore.market.errors import DataError
from simcore.market.timeframe import infer_timeframe, parse_timeframe
from simcore.strategy.compiled import compiled
from simcore.strategy.context import Context
from simcore.strategy.fields import Array, Window
from simcore.strategy.names import tag_key
from simcore.strategy.strategy import Strategy

BUY, CLOSE_LONG, SELL, CLOSE_SHORT = 1, 2, 4, 8
MOST: Final = 256  # instruments a feed holds
NAMES: Final = ("entries", "exits", "short_entries", "short_exits")
NUMBERS: Final = ("qty", "sl", "tp", "sl_stop", "tp_stop")

Columns = NDArray[Any]


class Signals(Strategy):
    """Does at each row what was worked out for it; made by `from_signals`."""

    count: int = 1  # rows on which something is said
    timed: bool = False  # whether rows are known by their time, else by their number
    share: float = 0.0  # of what the margin allows, where no qty is said
    accumulate: bool = False
    tag: int = 0
    _when: Window = Window("count", int)
    _what: Window = Window("count", int)
    _qty: Window = Window("count")
    _sl: Window = Window("count")  # distance, or share of the price where negative
    _tp: Window = Window("count")
    _next: Array[Literal[256], int]
    _end: Array[Literal[256], int]
    _row: Array[Literal[256], int]

    def _hear(self, ctx: Context, ts: int) -> None:
        k = ctx.index
        row = self._row[k]
        self._row[k] = row + 1
        i = self._next[k]
        if i >= self._end[k]:
            return
        if self._when[i] == (ts if self.timed else row):
            self._next[k] = i + 1
            self._act(ctx, i)
        elif self.timed and self._when[i] < ts:
            raise ValueError("a signal's time is that of no row of the data")

    def _act(self, ctx: Context, i: int) -> None:
        what = int(self._what[i])
        held = ctx.position
        if (held > 0.0 and what & (CLOSE_LONG | SELL)) or (held < 0.0 and what & (CLOSE_SHORT | BUY)):
            ctx.close()
            held = 0.0
        if what & BUY and (held == 0.0 or self.accumulate):
            qty = self._how_much(ctx, i, 1)
            ctx.buy(
                qty,
                sl=ctx.ask - self._away(self._sl[i], ctx.ask),
                tp=ctx.ask + self._away(self._tp[i], ctx.ask),
                tag=self.tag,
            )
        elif what & SELL and (held == 0.0 or self.accumulate):
            qty = self._how_much(ctx, i, -1)
            ctx.sell(
                qty,
                sl=ctx.bid + self._away(self._sl[i], ctx.bid),
                tp=ctx.bid - self._away(self._tp[i], ctx.bid),
                tag=self.tag,
            )

    def _how_much(self, ctx: Context, i: int, side: int) -> float:
        qty = self._qty[i]
        return qty if qty > 0.0 else ctx.round_qty(self.share * ctx.max_qty(side))

    def _away(self, distance: float, price: float) -> float:
        return distance if not distance < 0.0 else -distance * price  # nan, not given, stays nan


class BarSignals(Signals):
    """Signals of bars: they fill at the next open."""

    def on_bar(self, ctx: Context) -> None:
        self._hear(ctx, ctx.bar.ts)


class QuoteSignals(Signals):
    """Signals of quotes: they fill on them."""

    def on_quote(self, ctx: Context) -> None:
        self._hear(ctx, ctx.ts)


class Events(NamedTuple):
    """The rows of one instrument on which something is said: their number or time, what, and how much."""

    when: Int64
    what: Int64
    qty: Columns
    sl: Columns
    tp: Columns


def from_signals(
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
) -> Strategy:
    """A strategy of signals worked out beforehand; the module says how they are read.

    entries, exits, short_entries, short_exits: one flag a row, as arrays, lists or Series (nan is no); for several
    instruments a frame or a mapping with a column each, in the order of the data. bars: the timeframe of the rows, told
    from an index of times where there is one; None for rows that are quotes. price: "open", the next bar's, or "close",
    the very bar's, which only a look ahead can have; it is there to compare with vectorbt.

    qty: in the instrument's unit, one number or one a row, default 1; or share: of what the margin allows, 1.0 for all.
    sl, tp: distances in price; sl_stop, tp_stop: shares of it (0.02); each a number or one a row.
    accumulate: add to what is held. tag: of every order. Raises DataError for arrays that do not fit each other or are
    no flags.
    """
    given = {n: a for n, a in zip(NAMES, (entries, exits, short_entries, short_exits), strict=True) if a is not None}
    if not given.keys() & {"entries", "short_entries"}:
        raise DataError("from_signals: give entries or short_entries, one flag a row")
    symbols = _symbols(given)
    times = times_of(next(iter(given.values())))
    if bars is None and times is not None:
        bars = infer_timeframe(times, "from_signals: entries").text
    if price not in ("open", "close") or (price == "close" and bars is None):
        wanted = '"open" or "close"' if bars is not None else '"open" for quotes, which fill as they come'
        raise DataError(f"from_signals: price must be {wanted}, was {price!r}")
    if qty is not None and share is not None:
        raise DataError("from_signals: give qty or share, not both")
    numbers = {"qty": 1.0 if qty is None and share is None else qty, "sl": sl, "tp": tp}
    numbers |= {"sl_stop": sl_stop, "tp_stop": tp_stop, "share": share}
    timed = times is not None and price == "open"
    found = [_events(symbol, given, numbers, times if timed else None) for symbol in symbols]
    if price == "close":  # of the four rows of a bar the last
        found = [events._replace(when=4 * events.when + 3) for events in found]
    cls = QuoteSignals if bars is None or price == "close" else _of_bars(parse_timeframe(bars).text)
    return _made(cls, found, timed=timed, share=share or 0.0, accumulate=accumulate, tag=tag_key(tag))


@cache
def _of_bars(text: str) -> type[Signals]:
    """BarSignals of one timeframe, which is a class's own."""
    body = {"bars": text, "__module__": __name__, "__qualname__": f"BarSignals_{text}", "__doc__": BarSignals.__doc__}
    make: Any = type(BarSignals)
    made: type[Signals] = make("BarSignals", (BarSignals,), body)
    return made


def __getattr__(name: str) -> Any:
    """BarSignals_1D and the like, by which pickle finds them again."""
    text = name.removeprefix("BarSignals_")
    if text == name:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _of_bars(text)


def _made(cls: type[Signals], found: Sequence[Events], **parameters: Any) -> Strategy:
    if len(found) > MOST:
        raise DataError(f"from_signals: {len(found)} columns; a feed holds at most {MOST} instruments")
    count = sum(events.when.size for events in found)
    strategy = compiled(cls)(count=max(count, 1), **parameters)
    start = 0
    for k, events in enumerate(found):
        strategy._next[k], strategy._end[k] = start, start + events.when.size
        for name in ("when", "what", "qty", "sl", "tp"):
            window = np.ctypeslib.as_array(getattr(strategy, f"_{name}"))
            window[start : start + events.when.size] = getattr(events, name)
        start += events.when.size
    return strategy


def _symbols(given: Mapping[str, Any]) -> Sequence[str | None]:
    """The columns of frames or mappings, which all must have; [None] for plain arrays."""
    first = next(iter(given))
    names = columns_of(given[first])
    for name, array in given.items():
        if columns_of(array) != names:
            raise DataError(f"from_signals: {name} has columns {columns_of(array)}, {first} has {names}")
    return [None] if names is None else names


def columns_of(array: Any) -> list[str] | None:
    """The column names of a frame or a mapping; None for anything else."""
    names = list(array) if isinstance(array, Mapping) else getattr(array, "columns", None)
    return None if names is None else [str(name) for name in names]


def times_of(array: Any) -> Int64 | None:
    """The times of an index, ns UTC; None where there is none."""
    if isinstance(array, Mapping):
        return times_of(next(iter(array.values()))) if array else None
    index = getattr(array, "index", None)
    if index is None or not hasattr(index, "tz_localize"):  # lists have an index too, but none of times
        return None
    utc = index.tz_localize("UTC") if index.tz is None else index.tz_convert("UTC")
    return np.asarray(utc.as_unit("ns").asi8)


def _events(symbol: str | None, given: Mapping[str, Any], numbers: Mapping[str, Any], times: Int64 | None) -> Events:
    flags = {name: _flags(name, _column(array, symbol)) for name, array in given.items()}
    first, rows = next((name, flag.size) for name, flag in flags.items())
    for name, flag in flags.items():
        if flag.size != rows:
            raise DataError(f"from_signals: {name} has {flag.size} rows, {first} has {rows}")
    said = np.flatnonzero(np.logical_or.reduce([*flags.values()]))  # few of the rows: the rest is left alone
    nothing = np.zeros(said.size, bool)
    buy, close_long, sell, close_short = (flags[name][said] if name in flags else nothing for name in NAMES)
    both = buy & close_long
    buy, close_long = buy & ~both, close_long & ~both
    both = sell & close_short
    sell, close_short = sell & ~both, close_short & ~both
    both = buy & sell
    buy, sell = buy & ~both, sell & ~both
    what = BUY * buy + CLOSE_LONG * close_long + SELL * sell + CLOSE_SHORT * close_short
    at, what = said[what != 0], what[what != 0]
    value = {name: _numbers(name, _column(numbers[name], symbol), rows)[at] for name in NUMBERS}
    enters = (what & (BUY | SELL)) > 0
    if not numbers["share"]:
        _refuse(enters & np.isnan(value["qty"]), at, "qty is nan, though something is entered")
    for name in ("sl", "tp"):
        both = ~np.isnan(value[name]) & ~np.isnan(value[f"{name}_stop"])
        _refuse(enters & both, at, f"{name} and {name}_stop are both given; give one of them")
    sl = np.where(np.isnan(value["sl"]), -value["sl_stop"], value["sl"])
    tp = np.where(np.isnan(value["tp"]), -value["tp_stop"], value["tp"])
    return Events(at if times is None else times[at], what, np.nan_to_num(value["qty"]), sl, tp)


def _refuse(wrong: NDArray[np.bool_], at: Int64, words: str) -> None:
    if wrong.any():
        raise DataError(f"from_signals: row {at[wrong][0]}: {words}")


def _column(array: Any, symbol: str | None) -> Any:
    return array[symbol] if symbol is not None and columns_of(array) is not None else array


def _flags(name: str, array: Any) -> NDArray[np.bool_]:
    values = np.asarray(array)
    if values.ndim != 1 or values.size == 0:
        raise DataError(f"from_signals: {name} must be one flag a row, has shape {values.shape}")
    if values.dtype == bool:
        return values
    try:
        numbers = np.nan_to_num(values.astype(float))
    except (TypeError, ValueError):
        numbers = np.array([np.nan])
    wrong = np.flatnonzero((numbers != 0.0) & (numbers != 1.0))
    if wrong.size:
        raise DataError(f"from_signals: {name} must hold True and False; row {wrong[0]} is {values[wrong[0]]!r}")
    return np.asarray(numbers == 1.0)


def _numbers(name: str, array: Any, rows: int) -> NDArray[np.float64]:
    """One number a row; nan where it is not given."""
    values = np.asarray(np.nan if array is None else array, dtype=float)
    if values.ndim > 1 or (values.ndim == 1 and values.size != rows):
        raise DataError(
            f"from_signals: {name} has shape {values.shape}; give one number, or one for each of {rows} rows"
        )
    if (values <= 0.0).any() or np.isinf(values).any():
        raise DataError(f"from_signals: {name} must be above zero, holds {float(np.nanmin(values)):g}")
    return np.broadcast_to(values, rows)
