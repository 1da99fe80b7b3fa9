"""What was decided up to an instant, and where two runs disagree about it.

Decisions of a run are the changes of its orders, in the order they happened, to the last bit. Decisions of a function
of a frame are its answers, row by row; there a difference in the last digits of a float is none. An object that has
`decisions`, a frame with the column ts, is compared by its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.brokers.errors import ConfigError
from simcore.kernel.enums import OrderType, Status
from simcore.market.checks import text_of

NEAR: Final = 1e-9  # of answers that are floats
Table = NDArray[Any]


def order_text(change: Any, symbols: tuple[str, ...]) -> str:
    """An order, such as "order 12, buy 0.1 EURUSD market, sent 2024-01-02 10:00:00"."""
    o = change["order"]
    side = "buy" if o["side"] > 0 else "sell"
    kind = OrderType(int(o["type"])).name.lower().replace("_", " ")
    what = f"{side} {o['qty']:g} {symbols[int(o['instrument'])]} {kind}"
    return f"order {int(o['id'])}, {what}, sent {text_of(int(o['ts']))}"


def differing_orders(one: Table, other: Table, until: int, symbols: tuple[str, ...]) -> tuple[int, str] | None:
    """When and how the changes of orders up to an instant first disagree; None where they do not."""
    a, b = one[one["at"] <= until], other[other["at"] <= until]
    n = min(a.size, b.size)
    raw = [part[:n].view(np.uint8).reshape(n, -1) if n else np.empty((0, 1), np.uint8) for part in (a, b)]
    unlike = np.flatnonzero((raw[0] != raw[1]).any(axis=1))
    if unlike.size:
        row = int(unlike[0])
        return int(min(a[row]["at"], b[row]["at"])), _compared(a[row], b[row], symbols)
    if a.size > n:
        return int(a[n]["at"]), f"{order_text(a[n], symbols)}, is not made without this future"
    if b.size > n:
        return int(b[n]["at"]), f"{order_text(b[n], symbols)}, is made only with another future"
    return None


def _compared(a: Any, b: Any, symbols: tuple[str, ...]) -> str:
    if a["order"]["id"] != b["order"]["id"] or a["at"] != b["at"] or a["order"]["side"] != b["order"]["side"]:
        return f"{order_text(a, symbols)}, becomes {order_text(b, symbols)}"
    changed = []
    for name in a["order"].dtype.names:
        x, y = a["order"][name], b["order"][name]
        if x != y and not (x != x and y != y):
            told = [Status(int(v)).name if name == "status" else f"{v:g}" for v in (x, y)]
            changed.append(f"{name} {told[0]} becomes {told[1]}")
    return f"{order_text(a, symbols)}: {', '.join(changed) or 'the reason it gives differs'}"


def answers_of(given: Any, rows: int, what: str) -> dict[str, Table]:
    """The answers of a function as columns of one value a row. Raises ConfigError for what is none."""
    if isinstance(given, Mapping):
        parts = {str(name): values for name, values in given.items()}
    elif (isinstance(given, tuple) and not hasattr(given, "_fields")) or (isinstance(given, list) and _nested(given)):
        parts = {str(number): values for number, values in enumerate(given)}
    elif hasattr(given, "columns"):
        parts = {str(name): given[name] for name in given.columns}
    else:
        parts = {"": given}
    found: dict[str, Table] = {}
    for name, values in parts.items():
        if values is None:
            continue
        array = np.asarray(values)
        if array.ndim == 2 and array.shape[0] == rows:
            found |= {f"{name}[{k}]": array[:, k] for k in range(array.shape[1])}
        elif array.ndim != 1 or array.size != rows:
            raise ConfigError(
                f"causality: {what} must answer with one value a row, a frame of them, a strategy or a result; for "
                f"{rows:,} rows it gave {type(values).__name__} of shape {array.shape}"
            )
        else:
            found[name] = array
    return found


def _nested(given: list[Any]) -> bool:
    return bool(given) and hasattr(given[0], "__len__") and not isinstance(given[0], str)


def differing_answers(one: dict[str, Table], other: dict[str, Table], known: int) -> tuple[int, str] | None:
    """The first of the known rows whose answers disagree, and how; None where they do not."""
    found: list[tuple[int, str]] = []
    for name, values in one.items():
        if name not in other:
            return 0, f"column {name!r} is not there without this future"
        unlike = np.flatnonzero(~_same(values[:known], other[name][:known]))
        if unlike.size:
            row = int(unlike[0])
            what = f"{name} " if name else ""
            found.append((row, f"{what}{_shown(values[row])} becomes {_shown(other[name][row])}"))
    return min(found) if found else None


def _same(a: Table, b: Table) -> NDArray[np.bool_]:
    if a.dtype.kind == "f" or b.dtype.kind == "f":
        x, y = a.astype(np.float64), b.astype(np.float64)
        return np.isclose(x, y, rtol=NEAR, atol=NEAR * float(np.nanmax(np.abs(x), initial=1e-300)), equal_nan=True)
    equal = a == b
    missing = np.array([u != u and v != v for u, v in zip(a, b, strict=True)]) if a.dtype.kind == "O" else False
    return np.asarray(equal | missing)


def _shown(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def differing_rows(one: Any, other: Any, until: int) -> tuple[int, str] | None:
    """As `differing_orders`, of frames with the column ts that tell what was decided and when."""
    import polars as pl

    a, b = (frame.filter(pl.col("ts").cast(pl.Datetime("ns")).cast(pl.Int64) <= until) for frame in (one, other))
    for x, y in zip(a.iter_rows(named=True), b.iter_rows(named=True), strict=False):
        unlike = [name for name in x if not _equal(x[name], y.get(name))]
        if unlike:
            name = unlike[0]
            return _ns(x["ts"]), f"decided {x['ts']}: {name} {_shown(x[name])} becomes {_shown(y.get(name))}"
    if a.height != b.height:
        more, less = (a, b) if a.height > b.height else (b, a)
        row = more.row(less.height, named=True)
        return _ns(row["ts"]), f"what was decided {row['ts']} is not decided with another future: {row}"
    return None


def _equal(x: Any, y: Any) -> bool:
    return bool(x == y or (x != x and y != y))


def _ns(ts: Any) -> int:
    return int(ts.timestamp() * 1e9)
