"""The rows of a feed as Python's numbers, to be played one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from simcore.market.feed import Feed

NAN = float("nan")
PIECE: Final = 8_192  # rows made into Python's numbers at a time


def events(block: Feed) -> Iterator[tuple[int, int, int, float, float, float, float]]:
    """The rows of a block: ts, instrument, kind, bid, ask, x, y."""
    n, small, nan = len(block), np.zeros(PIECE, np.uint8), np.full(PIECE, NAN)
    for start in range(0, n, PIECE):
        rows = slice(start, min(start + PIECE, n))
        ks = small if block.instrument is None else block.instrument[rows]
        kinds = small if block.kind is None else block.kind[rows]
        xs, ys = (nan if sizes is None else sizes[rows] for sizes in (block.x, block.y))
        columns = (block.ts[rows], ks, kinds, block.bid[rows], block.ask[rows], xs, ys)
        yield from zip(*(column.tolist() for column in columns), strict=False)
