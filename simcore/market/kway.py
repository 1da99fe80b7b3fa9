"""The compiled merge: many streams, each ordered by time, into one ordered by time.

A tournament of the streams' heads: the winner's row goes out and its successor plays its way up against the losers it
meets, log2(k) comparisons a row and no branch that depends on the data. Stable: at equal times the stream named first
goes first, and a stream's own rows keep their order.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from simcore.market.checks import Float64, Int64
from simcore.market.jit import compiled

UInt8 = npt.NDArray[np.uint8]
Column = npt.NDArray[Any]

# Later than every time there is, so that a stream at its end loses; and one more is still a number.
END = np.iinfo(np.int64).max - 1
# Rows of the table of addresses.
TS, BID, ASK, KIND, X, Y = range(6)


def _load(kind: Any, width: ir.Type) -> Any:
    """Intrinsic (address, index) -> the `kind` at that place of an array, for columns of any number of arrays."""

    @intrinsic
    def load(typingctx, address, index):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return builder.load(builder.gep(builder.inttoptr(args[0], width.as_pointer()), [args[1]]))

        return kind(types.int64, types.int64), codegen

    return load


_i8 = _load(types.int64, ir.IntType(64))
_f8 = _load(types.float64, ir.DoubleType())
_u1 = _load(types.uint8, ir.IntType(8))


class Merge:
    """A merge under way. `streams` are columns by the rows of the table of addresses, None where one is missing."""

    def __init__(self, streams: Sequence[Sequence[Column | None]]) -> None:
        self._streams = streams  # the addresses point into them
        self._columns = np.array([[_address(values) for values in stream] for stream in streams], np.int64).T.copy()
        times = [stream[TS] for stream in streams]
        self._sizes = np.array([one.size for one in times], np.int64)  # type: ignore[union-attr]
        self._tree = first_round([_time(one, 0) for one in times])
        self._ahead = np.array([_time(one, 1) for one in times], np.int64)
        self._at = np.zeros(len(streams), np.int64)
        self._has_kind = any(stream[KIND] is not None for stream in streams)
        self._has_extras = any(stream[X] is not None for stream in streams)
        self.left = int(self._sizes.sum())

    def take(self, most: int | None = None) -> list[Column | None]:
        """The next rows, at most `most`: ts, bid, ask, instrument, kind, x, y (n,), None where no stream has them."""
        rows = self.left if most is None else min(most, self.left)
        self.left -= rows
        ts, instrument = np.empty(rows, np.int64), np.empty(rows, np.uint8)
        prices, extras = np.empty((2, rows)), np.empty((2, rows if self._has_extras else 0))
        kind = np.empty(rows if self._has_kind else 0, np.uint8)
        streams = (self._tree, self._ahead, self._at, self._columns, self._sizes)
        merge_streams(*streams, ts, prices, extras, instrument, kind)
        x, y = extras if self._has_extras else (None, None)
        return [ts, *prices, instrument, kind if self._has_kind else None, x, y]


def _address(values: Column | None) -> int:
    return 0 if values is None else int(values.ctypes.data)


def _time(ts: Any, row: int) -> int:
    return int(ts[row]) if row < ts.size else END


def first_round(heads: Sequence[int]) -> npt.NDArray[np.int64]:
    """Play the first times of all streams against each other.

    Returns (2, leaves), `leaves` a power of two: times and streams of the loser at every node, of the winner at node 0.
    """
    leaves = 1 << max(len(heads) - 1, 1).bit_length()
    tree = np.zeros((2, leaves), np.int64)
    players = [(END, 0)] * leaves + [(time, j) for j, time in enumerate(heads)]
    players += [(END, j) for j in range(len(heads), leaves)]
    for node in range(leaves - 1, 0, -1):
        players[node], tree[:, node] = sorted(players[2 * node : 2 * node + 2])
    tree[:, 0] = players[1]
    return tree


@compiled
def merge_streams(
    tree: Int64,
    ahead: Int64,
    at: Int64,
    columns: Int64,
    sizes: Int64,
    ts: Int64,
    prices: Float64,
    extras: Float64,
    instrument: UInt8,
    kind: UInt8,
) -> None:
    """Merge the next n rows into `ts` (n,), `prices` (2, n: bid, ask), `extras` (2, n: x, y), `instrument`, `kind`.

    `columns` (6, k) holds the addresses of the streams' columns, 0 where one is missing, `sizes` (k,) their lengths.
    `tree` (from `first_round`), `ahead` (the time after each stream's head) and `at` (each head's row) are moved on.
    `extras` and `kind` may be empty, for not wanted.
    """
    losing, loser = tree[0], tree[1]
    time, who = losing[0], np.uint64(loser[0])
    times, bids, asks = columns[TS], columns[BID], columns[ASK]
    for i in range(np.uint64(ts.size)):
        row = at[who]
        ts[i], instrument[i] = time, who
        prices[0, i], prices[1, i] = _f8(bids[who], row), _f8(asks[who], row)
        if kind.size:
            kind[i] = _u1(columns[KIND, who], row) if columns[KIND, who] else 0
        if extras.size:
            extras[0, i] = _f8(columns[X, who], row) if columns[X, who] else np.nan
            extras[1, i] = _f8(columns[Y, who], row) if columns[Y, who] else np.nan
        # the time that plays next was read a row ago: the match need not wait for memory
        time = ahead[who]
        at[who] = row + 1
        ahead[who] = _i8(times[who], row + 2) if row + 2 < sizes[who] else END
        node = np.uint64(losing.size) + who
        while node > 1:
            # a right child comes from the streams named later: at equal times it loses
            from_right = np.int64(node & np.uint64(1))
            node >>= np.uint64(1)
            other_time, other = losing[node], np.uint64(loser[node])
            wins = time + from_right <= other_time
            losing[node], loser[node] = max(time, other_time), np.int64(other if wins else who)
            time, who = min(time, other_time), who if wins else other
    losing[0], loser[0] = time, np.int64(who)
