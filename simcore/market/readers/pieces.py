"""Files and frames that belong together: put in time order, checked and made one.

Files that overlap in time are refused, naming both and the range, unless `overlap` says whose rows to keep: "first"
those of the file that begins first, "last" those of the one that begins later, "sort" all of them in time order.
Files whose rows meet at one instant do not overlap; bars do, because a bar's time is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from simcore.market import checks
from simcore.market.checks import text_of
from simcore.market.columns import ASK_PATH, BID_PATH, Bars, Prints, Quotes, column
from simcore.market.errors import DataError
from simcore.market.grid import Grid, fits, snapped
from simcore.market.readers.request import BARS, Piece, Request

Rows = TypeVar("Rows", Quotes, Prints, Bars)


def in_order(pieces: Sequence[Piece], request: Request) -> list[Piece]:
    """Return the pieces in time order and without overlap. Raises DataError naming file, row and value."""
    sort = request.options.get("unordered") == "sort"
    timely = [_by_time(piece) if sort else piece for piece in pieces]
    if len(timely) == 1 and request.kind is not BARS:
        return timely  # whoever joins them looks at the times
    for piece in timely:
        checks.check_times(piece.place, piece.ts)
    queue = sorted(timely, key=lambda piece: (piece.ts[0], piece.ts[-1]))
    latest = queue[0]
    for piece in queue[1:]:
        if _overlap(latest, piece, request):
            policy = request.options.get("overlap") or "raise"
            if policy == "raise":
                raise _overlapping(latest, piece)
            return [_resolved(queue, policy, request)]
        latest = max(latest, piece, key=lambda one: one.ts[-1])
    return queue


def _by_time(piece: Piece) -> Piece:
    if checks.first_unsorted(piece.ts) < 0:
        return piece
    return piece.rows(np.argsort(piece.ts, kind="stable"))


def _overlap(before: Piece, after: Piece, request: Request) -> bool:
    """Whether `after`, which does not begin earlier, begins before the other ends; bars may not even touch."""
    if request.kind is BARS:
        return bool(after.ts[0] <= before.ts[-1])
    return bool(after.ts[0] < before.ts[-1])


def _overlapping(before: Piece, after: Piece) -> DataError:
    first, last = text_of(after.ts[0]), text_of(min(before.ts[-1], after.ts[-1]))
    rows = int(np.searchsorted(after.ts, before.ts[-1], "right"))
    return DataError(
        f"{after.place}, rows 1 to {rows} overlap {before.place}, from {first} to {last}; pass one of them, or "
        f'overlap="first" or "last" to keep the rows of one, "sort" to keep all'
    )


def _resolved(queue: Sequence[Piece], policy: str, request: Request) -> Piece:
    kept = []
    for n, piece in enumerate(queue):
        preferred = {"first": queue[:n], "last": queue[n + 1 :]}.get(policy, ())
        keep = np.ones(piece.ts.size, bool)
        for other in preferred:
            if _overlap(*((other, piece) if policy == "first" else (piece, other)), request):
                begin = np.searchsorted(piece.ts, other.ts[0], "left")
                keep[begin : np.searchsorted(piece.ts, other.ts[-1], "right")] = False
        kept.append(piece.rows(keep))
    return _by_time(_appended(kept))


def _alike(left: Piece, right: Piece) -> None:
    if left.columns.keys() != right.columns.keys():
        unlike = ", ".join(sorted(left.columns.keys() ^ right.columns.keys()))
        raise DataError(f"{right.place}: {unlike} is in one of it and {left.place} only; read them apart")


def _appended(pieces: Sequence[Piece]) -> Piece:
    first = pieces[0]
    if len(pieces) == 1:
        return first
    for left, right in pairwise(pieces):
        _alike(left, right)
    columns = {name: np.concatenate([piece.columns[name] for piece in pieces]) for name in first.columns}
    ts = column(np.concatenate([piece.ts for piece in pieces]), np.int64)
    return first._replace(ts=ts, columns=columns)


def joined(pieces: Sequence[Piece], build: Callable[[Piece], Rows], grid: Grid | None = None) -> Rows:
    """Make checked rows of pieces in time order, on a grid if one is given.

    Raises DataError naming the file and row at fault.
    """
    rows = build(_appended(pieces))
    if grid is not None and isinstance(rows, Quotes) and fits(rows, grid):
        return rows
    try:
        rows.check(pieces[0].place)
    except DataError:
        for piece in pieces:  # which of them it is, and which row of that
            build(piece).check(piece.place)
        raise
    return rows if grid is None else snapped(rows, grid)


def with_ask(bid: Sequence[Piece], ask: Sequence[Piece], request: Request) -> Piece:
    """Make one piece of bars whose sides lie in files apart. Raises DataError for a bar that has one side only."""
    left, right = (_appended(in_order(side, request)) for side in (bid, ask))
    if not np.array_equal(left.ts, right.ts):
        odd = np.setxor1d(left.ts, right.ts)
        if odd.size == 0:
            raise DataError(f"{right.place}: bars repeat where those of {left.place} do not; read the sides apart")
        here, there = (left, right) if odd[0] in left.ts else (right, left)
        raise DataError(
            f"{here.place}: the bar of {text_of(odd[0])} is not in {there.place} ({odd.size:,} bars have one side "
            f"only); pass files of the same range"
        )
    sides = {name: right.columns[source] for name, source in zip(ASK_PATH, BID_PATH, strict=True)}
    return left._replace(columns=left.columns | sides, side=None)
