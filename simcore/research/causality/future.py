"""What follows an instant, cut off or changed; what was known then stays as it was, to the bit.

A quote, a print is known at its time. A bar is known when it ends (one nanosecond before the next may begin); from its
start on nothing but its open is. `cut` leaves one row after the instant, which repeats the last price: something must
happen for what is due then to happen. `mirror` turns every later move round: a price p becomes c * c / p, c the last
that was known, so that whatever looked at the sign of a move to come looks at the other sign. `soar` and `plunge` take
prices half as high again, or a third lower, at once and along another way; sizes are turned round in all of them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.market.columns import ASK_PATH, BID_PATH, Bars, Prints, Quotes
from simcore.market.measure import parse_bars

WAYS: Final = ("cut", "mirror", "soar", "plunge")
JUMP: Final = {"soar": 1.5, "plunge": 1.0 / 1.5}
Rows = Quotes | Bars | Prints
Float64 = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]


def ends_of(rows: Rows) -> NDArray[np.int64]:
    """The first instant at which each row is known whole, ns."""
    if not isinstance(rows, Bars):
        return rows.ts
    return (rows.end if rows.end is not None else rows.ts + parse_bars(rows.timeframe).ns) - 1


def altered(rows: Rows, at: int, way: str, seed: int) -> Rows:
    """`rows` with another future after the instant `at`, ns: one of WAYS."""
    known = int(np.searchsorted(ends_of(rows), at, side="right"))
    if isinstance(rows, Bars):
        known += _under_way(rows, known, at) == "late"
        return _bars(rows, known, _under_way(rows, known, at) == "open", at, way, seed)
    if way == "cut":
        return _stubbed(rows, known, at)
    return rows.with_columns(_ticks(rows, known, _factors(rows, known, way, seed), way, seed))


def _under_way(rows: Bars, known: int, at: int) -> str:
    """Whether the bar after the known ones has begun: "open" is all that is known, or "late": it has shown more."""
    if known >= len(rows) or rows.ts[known] > at:
        return ""
    return "open" if 3 * (at - rows.ts[known]) < ends_of(rows)[known] + 1 - rows.ts[known] else "late"


def _stubbed(rows: Quotes | Prints, known: int, at: int) -> Rows:
    """What was known, and the last of it once more a nanosecond later; the first row where nothing was known yet."""
    if known == 0:
        return rows.slice(0, 1)
    columns = {name: np.append(values[:known], values[known - 1]) for name, values in rows.given().items()}
    columns["ts"][-1] = at + 1
    return rows.with_columns(columns)


def _factors(rows: Quotes | Prints, known: int, way: str, seed: int) -> Float64:
    """What each later price is multiplied with."""
    price = rows.price if isinstance(rows, Prints) else (rows.bid + rows.ask) / 2.0
    later = price[known:]
    if way == "mirror":
        return np.asarray((price[max(known, 1) - 1] / later) ** 2)
    return JUMP[way] * _wandering(price, later.size, seed)


def _wandering(price: Float64, count: int, seed: int) -> Float64:
    """A random walk of factors, its steps as large as those of the prices at their largest."""
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = np.diff(np.log(price))
    step = float(np.nanmax(np.abs(moves), initial=1e-4)) if moves.size else 1e-4
    steps = np.random.default_rng(seed).standard_normal(count) * min(max(step, 1e-5), 0.05)
    return np.exp(np.clip(np.cumsum(steps), -2.0, 2.0))


def _ticks(rows: Quotes | Prints, known: int, factors: Float64, way: str, seed: int) -> Columns:
    columns = {}
    for name, values in rows.given().items():
        if name in ("bid", "ask", "price"):
            columns[name] = np.append(values[:known], values[known:] * factors)
        elif name == "side":
            columns[name] = np.append(values[:known], -values[known:]).astype(values.dtype)
        elif name != "ts":
            columns[name] = np.append(values[:known], values[known:][::-1])
    return columns


def _bars(rows: Bars, known: int, begun: bool, at: int, way: str, seed: int) -> Bars:
    given = rows.given()
    if way == "cut":
        return _cut_bars(rows, given, known, begun, at)
    last = rows.open[known] if begun else rows.close[known - 1] if known else rows.open[0]
    columns = {name: values.copy() for name, values in given.items()}
    later = slice(known, None)
    if way == "mirror":
        for path in (BID_PATH, ASK_PATH):
            turned = (path[0], path[2], path[1], path[3])  # a high becomes a low
            for name, source, bid in zip(path, turned, _by_bid(turned), strict=True):
                if name in columns:
                    columns[name][later] = given[source][later] * (last / given[bid][later]) ** 2
    else:
        factors = JUMP[way] * _wandering(rows.close, len(rows) - known, seed)
        for name in (*BID_PATH, *ASK_PATH):
            if name in columns:
                columns[name][later] = given[name][later] * factors
    if "volume" in columns:
        columns["volume"][later] = given["volume"][later][::-1]
    if begun:
        _keep_open(columns, given, known)
    return rows.with_columns(columns)


def _by_bid(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.removeprefix("ask_") for name in path)


def _keep_open(columns: Columns, given: Columns, row: int) -> None:
    """The open of the bar under way was known; its extremes must still hold it."""
    for o, h, low, c in (BID_PATH, ASK_PATH):
        if o in columns:
            columns[o][row] = given[o][row]
            columns[h][row] = max(columns[name][row] for name in (o, h, c))
            columns[low][row] = min(columns[name][row] for name in (o, low, c))


def _cut_bars(rows: Bars, given: Columns, known: int, begun: bool, at: int) -> Bars:
    """The known bars, and a bar that does not move: the one under way at its open, or the next at the last close."""
    follows = known > 0 and ends_of(rows)[known - 1] == at
    if known == 0 and not begun:
        return rows.slice(0, 1)
    if not begun and not follows:
        return rows.slice(0, known)
    row = known if begun else known - 1
    columns = {name: np.append(values[:known], values[row]) for name, values in given.items()}
    for path in (BID_PATH, ASK_PATH):
        price = given[path[0] if begun else path[3]][row] if path[0] in given else None
        for name in path if price is not None else ():
            columns[name][-1] = price
    columns["volume"] = np.append(given["volume"][:known], 0.0)
    if not begun:
        columns["ts"][-1] = at + 1
        if "end" in columns:
            columns["end"][-1] = at + 1 + max(4, int(given["end"][row] - given["ts"][row]))
    return rows.with_columns(columns)


def reflected(values: NDArray[Any], known: int) -> NDArray[Any]:
    """Any column with another future: flags turned, positive numbers mirrored as prices, others about the last."""
    found = values.copy()
    later = values[known:]
    if values.dtype == bool:
        found[known:] = ~later
    elif values.dtype.kind in "iu":
        found[known:] = (later[::-1] + 1).astype(values.dtype)
    elif values.dtype.kind == "f" and later.size:
        head = values[:known][np.isfinite(values[:known])]
        last = head[-1] if head.size else next(iter(later[np.isfinite(later)]), 0.0)
        positive = bool(last > 0.0) and bool(np.nanmin(later, initial=1.0) > 0.0)
        found[known:] = last**2 / later if positive else 2.0 * last - later
    return found
