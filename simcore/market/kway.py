"""The compiled merge: many streams, each ordered by time, into one ordered by time.

A tournament of the streams' heads: the winner's row goes out and its successor plays its way up against the losers it
meets, log2(k) comparisons a row and no branch that depends on the data. A head plays as one number, its time since the
first and below that its stream's place: at equal times the stream named first goes first, and a stream's own rows keep
their order. Each comparison waits for the one before, so a block is cut by time into three and three tournaments are
played at once: the processor has something to do meanwhile.
"""

from collections.abc import Sequence
from sys import getrefcount
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from simcore.market.checks import Float64, Int64
from simcore.market.jit import compiled, compiled_into

UInt8 = npt.NDArray[np.uint8]
Column = npt.NDArray[Any]
_inline = njit(forceinline=True, nogil=True, error_model="numpy")

LATEST = np.iinfo(np.int64).max - 1  # later than every time there is
BLOCK = 65_536  # rows merged at once
MOST_ROOMS = 8  # blocks whose memory is used again
UNUSED = 3  # references to a room nobody else holds: the list's, the loop's, the question's own
SOON = 32  # rows read ahead of each stream: three tournaments read more columns than processors follow by themselves
LANES = 3  # no power of two: columns that far apart would fall on one place of the cache
# Rows of the table of addresses.
TS, BID, ASK, KIND, X, Y = range(6)


def _at(kind: Any, width: ir.Type) -> Any:
    """Intrinsics to read, (address, index) -> `kind`, and to write, (address, index, value): columns of any number of
    arrays, and no array counted for being passed on.
    """

    @intrinsic
    def load(typingctx, address, index):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return builder.load(builder.gep(builder.inttoptr(args[0], width.as_pointer()), [args[1]]))

        return kind(types.int64, types.int64), codegen

    @intrinsic
    def store(typingctx, address, index, value):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            builder.store(args[2], builder.gep(builder.inttoptr(args[0], width.as_pointer()), [args[1]]))
            return context.get_dummy_value()

        return types.none(types.int64, types.int64, kind), codegen

    return load, store


@intrinsic
def _soon(typingctx, address, index):  # type: ignore[no-untyped-def]
    """Ask the memory for a place of a column (eight bytes a row) that is read soon."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        place = builder.gep(builder.inttoptr(args[0], ir.IntType(64).as_pointer()), [args[1]])
        builder.call(fetch, [builder.bitcast(place, byte), word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), codegen


_i8, _put_i8 = _at(types.int64, ir.IntType(64))
_f8, _put_f8 = _at(types.float64, ir.DoubleType())
_u1, _put_u1 = _at(types.uint8, ir.IntType(8))


class Merge:
    """A merge under way. `streams` are columns by the rows of the table of addresses, None where one is missing."""

    def __init__(self, streams: Sequence[Sequence[Column | None]]) -> None:
        self._streams = streams  # the addresses point into them
        self._columns = np.array([[_address(values) for values in stream] for stream in streams], np.int64).T.copy()
        self._sizes = np.array([stream[TS].size for stream in streams], np.int64)  # type: ignore[union-attr]
        self._at = np.zeros(len(streams), np.int64)
        self._has_kind = any(stream[KIND] is not None for stream in streams)
        self._has_extras = any(stream[X] is not None for stream in streams)
        self.left = int(self._sizes.sum())
        self._rooms: list[npt.NDArray[np.uint8]] = []

    def take(self, most: int | None = None) -> list[Column | None]:
        """The next rows: ts, bid, ask, instrument, kind, x, y (n,), None where no stream has them.

        All that are left, or some: between half of `most` and `most`, more only where so many have one time.
        """
        stop = np.empty_like(self._at)
        rows = self.left if most is None else int(cut_streams(self._columns, self._at, self._sizes, most, stop))
        self.left -= rows
        ts, bid, ask, x, y, instrument, kind = self._room(rows, most or rows)
        done = 0
        while done < rows:
            end = rows
            if most is None:
                end = done + int(cut_streams(self._columns, self._at, self._sizes, BLOCK, stop))
            here = slice(done, end)
            merge_streams(self._columns, self._at, stop, ts[here], bid[here], ask[here], instrument[here])
            if kind.size or x.size:
                gather(self._columns, self._at, instrument[here], kind[here], x[here], y[here])
            self._at[:], done = stop, end
        extras = (x, y) if self._has_extras else (None, None)
        return [ts, bid, ask, instrument, kind if self._has_kind else None, *extras]

    def _room(self, rows: int, most: int) -> list[Any]:
        """Memory for ts, bid, ask, x, y, instrument, kind; of an earlier block where nobody holds that any more.

        Memory that is new to the process costs as much as the merge itself.
        """
        extras, kinds = rows * self._has_extras, rows * self._has_kind
        sizes = [8 * rows, 8 * rows, 8 * rows, 8 * extras, 8 * extras, rows, kinds]
        free = [room for room in self._rooms if room.size >= sum(sizes) and getrefcount(room) == UNUSED]
        room = free[0] if free else np.empty(max(rows, most) * 42, np.uint8)
        if not free and len(self._rooms) < MOST_ROOMS:
            self._rooms.append(room)
        ends = np.cumsum(sizes)
        kinds_of = (np.int64, *[np.float64] * 4, np.uint8, np.uint8)
        return [room[end - size : end].view(kind) for end, size, kind in zip(ends, sizes, kinds_of, strict=True)]


def _address(values: Column | None) -> int:
    return 0 if values is None else int(values.ctypes.data)


@compiled_into
def _first_from(times: int, row: int, stop: int, time: np.int64) -> int:
    """The first row in [row, stop) at or after `time`."""
    while row < stop:
        middle = (row + stop) >> 1
        if _i8(times, middle) < time:
            row = middle + 1
        else:
            stop = middle
    return row


@compiled_into
def _stop_before(time: np.int64, times: Int64, at: Int64, sizes: Int64, most: int, stop: Int64) -> int:
    """Let each stream's next rows end before `time`, or where they are too many; returns how many there are."""
    rows = np.int64(0)
    for j in range(at.size):
        stop[j] = _first_from(times[j], at[j], min(at[j] + most + 1, sizes[j]), time)
        rows += stop[j] - at[j]
    return int(rows)


@compiled
def cut_streams(columns: Int64, at: Int64, sizes: Int64, most: int, stop: Int64) -> np.int64:
    """Write into `stop` (k,) where the next rows of each stream end: none that is left precedes one; returns how many.

    Rows of one time stay together. See `Merge.take`; fewer are all there are, or all within a tournament's reach.
    """
    times = columns[TS]
    first, last = np.int64(LATEST), np.int64(-LATEST)
    for j in range(at.size):
        if at[j] < sizes[j]:
            first, last = min(first, _i8(times[j], at[j])), max(last, _i8(times[j], sizes[j] - 1))
    reach = (np.int64(1) << 61) // at.size
    low, high = first, min(last, min(first, LATEST - 1 - reach) + reach) + 1
    rows = _stop_before(high, times, at, sizes, most, stop)
    if rows <= most:
        return np.int64(rows)
    while (rows > most or 2 * rows < most) and high - low > 1:
        middle = low + (high - low) // 2
        rows = _stop_before(middle, times, at, sizes, most, stop)
        if rows > most:
            high = middle
        else:
            low = middle
    if rows > most or 2 * rows < most:
        rows = _stop_before(low if low > first else high, times, at, sizes, sizes.max(), stop)
    return np.int64(rows)


@compiled_into
def _first_round(lane: Int64, at: Int64, stop: Int64, times: Int64, base: int, bits: int) -> int:
    """Set a lane up: (4, leaves), the loser at every node, what plays after each head, its row, its end; the winner."""
    leaves = lane.shape[1]
    out = np.int64(2**62) >> bits << bits  # loses against every time
    players = np.empty(2 * leaves, np.int64)
    for j in range(leaves):
        players[leaves + j], lane[1, j], lane[2, j], lane[3, j] = out + j, out + j, 0, 0
        if j < at.size:
            lane[2, j], lane[3, j] = at[j], stop[j]
            if at[j] < stop[j]:
                players[leaves + j] = (_i8(times[j], at[j]) - base << bits) + j
            if at[j] + 1 < stop[j]:
                lane[1, j] = (_i8(times[j], at[j] + 1) - base << bits) + j
    for node in range(leaves - 1, 0, -1):
        a, b = players[2 * node], players[2 * node + 1]
        players[node], lane[0, node] = min(a, b), max(a, b)
    return int(players[1])


@_inline
def _turn(  # type: ignore[no-untyped-def]
    lane, columns, k, bits, base, i, key, ts, bid, ask, instrument
):
    """Put the winner out as row i; returns the next winner. All but the key are numbers or addresses."""
    leaves = np.int64(1) << bits
    ahead, at, stop = lane + 8 * leaves, lane + 16 * leaves, lane + 24 * leaves
    who = key & (leaves - 1)
    row = _i8(at, who)
    _put_i8(ts, i, base + (key >> bits))
    _put_u1(instrument, i, np.uint8(who))
    times, bids, asks = _i8(columns, who), _i8(columns + 8 * k * BID, who), _i8(columns + 8 * k * ASK, who)
    _put_f8(bid, i, _f8(bids, row))
    _put_f8(ask, i, _f8(asks, row))
    _soon(times, row + SOON)
    _soon(bids, row + SOON)
    _soon(asks, row + SOON)
    # what plays next was read a row ago: the match need not wait for memory
    key = _i8(ahead, who)
    _put_i8(at, who, row + 1)
    following = np.int64(2**62) >> bits
    if row + 2 < _i8(stop, who):
        following = _i8(times, row + 2) - base
    _put_i8(ahead, who, following << bits | who)
    node = (leaves + who) >> 1
    while node > 0:
        other = _i8(lane, node)
        _put_i8(lane, node, max(key, other))
        key = min(key, other)
        node >>= 1
    return key


@compiled
def merge_streams(
    columns: Int64, at: Int64, stop: Int64, ts: Int64, bid: Float64, ask: Float64, instrument: UInt8
) -> None:
    """Merge the rows from `at` to `stop` (k,) of all streams into `ts`, `bid`, `ask`, `instrument` (n,).

    `columns` (6, k) holds the addresses of the streams' columns.
    """
    times, k = columns[TS], at.size
    bits, base, longest = 1, LATEST, 0
    while (1 << bits) < k:
        bits += 1
    for j in range(k):
        if at[j] < stop[j]:
            base = min(base, _i8(times[j], at[j]))
        if stop[j] - at[j] > stop[longest] - at[longest]:
            longest = j
    lanes, keys = np.empty((LANES, 4, 1 << bits), np.int64), np.empty(LANES, np.int64)
    cuts, begins = np.empty((LANES + 1, k), np.int64), np.zeros(LANES + 1, np.int64)
    cuts[0], cuts[LANES] = at, stop
    shortest = ts.size
    for lane in range(LANES):
        if lane + 1 < LANES:
            time = _i8(times[longest], at[longest] + (stop[longest] - at[longest]) * (lane + 1) // LANES)
            for j in range(k):
                cuts[lane + 1, j] = _first_from(times[j], cuts[lane, j], stop[j], time)
        rows = (cuts[lane + 1] - cuts[lane]).sum()
        begins[lane + 1], shortest = begins[lane] + rows, min(shortest, rows)
        keys[lane] = _first_round(lanes[lane], cuts[lane], cuts[lane + 1], times, base, bits)
    table, size = np.int64(columns.ctypes.data), np.int64(32) << bits
    to_ts, to_bid, to_ask = np.int64(ts.ctypes.data), np.int64(bid.ctypes.data), np.int64(ask.ctypes.data)
    to_who, lane_0 = np.int64(instrument.ctypes.data), np.int64(lanes.ctypes.data)
    lane_1, lane_2, first_1, first_2 = lane_0 + size, lane_0 + 2 * size, begins[1], begins[2]
    key_0, key_1, key_2 = keys[0], keys[1], keys[2]
    for i in range(shortest):
        key_0 = _turn(lane_0, table, k, bits, base, i, key_0, to_ts, to_bid, to_ask, to_who)
        key_1 = _turn(lane_1, table, k, bits, base, first_1 + i, key_1, to_ts, to_bid, to_ask, to_who)
        key_2 = _turn(lane_2, table, k, bits, base, first_2 + i, key_2, to_ts, to_bid, to_ask, to_who)
    keys[0], keys[1], keys[2] = key_0, key_1, key_2
    for lane in range(LANES):
        key = keys[lane]
        for i in range(begins[lane] + shortest, begins[lane + 1]):
            key = _turn(lane_0 + size * lane, table, k, bits, base, i, key, to_ts, to_bid, to_ask, to_who)


@compiled
def gather(columns: Int64, at: Int64, instrument: UInt8, kind: UInt8, x: Float64, y: Float64) -> None:
    """Write kind, x and y (n,) of the merged rows of streams that began at `at`; each may be empty, for not wanted."""
    rows = at.copy()
    for i in range(instrument.size):
        who = instrument[i]
        row = rows[who]
        rows[who] = row + 1
        if kind.size:
            kind[i] = _u1(columns[KIND, who], row) if columns[KIND, who] else 0
        if x.size:
            x[i] = _f8(columns[X, who], row) if columns[X, who] else np.nan
            y[i] = _f8(columns[Y, who], row) if columns[Y, who] else np.nan
