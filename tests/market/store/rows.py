"""Rows that the tests of the store share: hand-sized, and drawn by hypothesis."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from simcore.market.columns import Bars, Prints, Quotes
from tests.times import DAY, HOUR, SECOND

T0 = 19_723 * DAY  # 2024-01-01 00:00 UTC

Rows = Quotes | Prints | Bars


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for a while; in memory where the system has such, because forcing files to a disk takes time."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def quotes(ts: Any, bid: Any = None, symbol: str = "EURUSD", **sizes: Any) -> Quotes:
    """Quotes at T0 plus these ns; the n-th bid is 1.0 + n / 100,000 where none is given, the ask a point higher."""
    ts = np.asarray(ts, np.int64)
    bid = np.round(1.0 + np.arange(ts.size) * 1e-5, 5) if bid is None else np.asarray(bid, float)
    return Quotes(symbol, T0 + ts, bid, np.round(bid + 1e-5, 5), **sizes)


def equal(a: Rows, b: Rows) -> bool:
    """Whether every bit is the same."""
    mine, others = a.given(), b.given()
    same = type(a) is type(b) and a.symbol == b.symbol and mine.keys() == others.keys()
    return same and all(mine[n].dtype == others[n].dtype and mine[n].tobytes() == others[n].tobytes() for n in mine)


def joined(parts: list[Rows]) -> Rows:
    """One after the other."""
    arrays = [part.given() for part in parts]
    return parts[0].with_columns({name: np.concatenate([one[name] for one in arrays]) for name in arrays[0]})


_PRICE = st.floats(1e-3, 1e6, allow_nan=False) | st.sampled_from([1.1, 1.10001, 150.123, 0.5])
_SIZE = st.floats(0.0, 1e9, allow_nan=False) | st.just(np.nan)
# steps that keep to an instant, stay within a day, or leave days out
_STEP = st.sampled_from([0, 0, 1, SECOND, HOUR, 23 * HOUR, 3 * DAY]) | st.integers(0, 5 * DAY)


@st.composite
def times(draw: st.DrawFn, most: int = 40, apart: int = 0) -> Any:
    """int64 ns in order, `apart` or more from one another, from before 1970 to after 2024."""
    steps = draw(st.lists(_STEP, min_size=0, max_size=most - 1))
    first = draw(st.sampled_from([T0, T0 - 1, T0 + 23 * HOUR, -3 * DAY - 1, 0]))
    return first + np.concatenate([[0], np.cumsum(np.asarray(steps, np.int64) + apart)]).astype(np.int64)


def _column(draw: st.DrawFn, values: st.SearchStrategy[float], n: int) -> Any:
    return np.array(draw(st.lists(values, min_size=n, max_size=n)))


@st.composite
def some_quotes(draw: st.DrawFn, symbol: str = "EURUSD", most: int = 40) -> Quotes:
    """Quotes, with sizes or without."""
    ts = draw(times(most))
    bid, ask = _column(draw, _PRICE, ts.size), _column(draw, _PRICE, ts.size)
    sizes = {
        n: _column(draw, _SIZE, ts.size) for n in draw(st.sampled_from([(), ("bid_size",), ("bid_size", "ask_size")]))
    }
    return Quotes(symbol, ts, bid, ask, **sizes)


@st.composite
def some_prints(draw: st.DrawFn, symbol: str = "EURUSD", most: int = 40) -> Prints:
    """Prints, with sides or without."""
    ts = draw(times(most))
    side = np.array(draw(st.lists(st.sampled_from([1, -1, 0]), min_size=ts.size, max_size=ts.size)), np.int8)
    given = {"side": side} if draw(st.booleans()) else {}
    return Prints(symbol, ts, _column(draw, _PRICE, ts.size), _column(draw, _SIZE, ts.size), **given)


@st.composite
def some_bars(draw: st.DrawFn, symbol: str = "EURUSD", most: int = 20) -> Bars:
    """Bars of a minute, an hour or a day, some cut short by the next, with an ask side or without."""
    ts = draw(times(most, apart=draw(st.sampled_from([2, 60 * SECOND]))))
    paths = []
    for _ in range(draw(st.sampled_from([1, 2]))):
        values = np.sort(np.array([_column(draw, _PRICE, ts.size) for _ in range(4)]), axis=0)
        low, a, b, high = values
        still = np.array(draw(st.lists(st.booleans(), min_size=ts.size, max_size=ts.size)))
        paths += [a, high, low, np.where(still, a, b)]  # some close where they opened
    volume = {"volume": _column(draw, _SIZE, ts.size)} if draw(st.booleans()) else {}
    ask = dict(zip(("ask_open", "ask_high", "ask_low", "ask_close"), paths[4:], strict=False))
    if draw(st.booleans()):  # as half days and clock changes have
        volume["end"] = np.append(ts[1:], ts[-1] + HOUR) - draw(st.sampled_from([0, 1]))
    return Bars(symbol, draw(st.sampled_from(["1min", "1h", "1D"])), ts, *paths[:4], **volume, **ask)


some_rows = st.one_of(some_quotes(), some_prints(), some_bars())
