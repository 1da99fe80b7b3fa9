"""Eight instruments merged by time, a block after the other, and nothing done with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.conftest import ROUNDS
from benchmarks.markets import PAIRS, eight, scaled
from simcore.market.merging import feed_in_memory

ROWS = scaled(20_000_000)


def test_eight_instruments(benchmark: Any) -> None:
    """Every row once, in the order of time."""
    data = eight(ROWS // len(PAIRS))
    feed = feed_in_memory(data, "ohlc", {})

    def merged() -> int:
        return sum(len(block) for block in feed.blocks())

    assert benchmark.pedantic(merged, rounds=ROUNDS, warmup_rounds=1) == len(feed)
    benchmark.extra_info["rows"] = len(feed)
    last = 0
    for block in feed.blocks():
        assert last < block.ts[0]
        assert np.all(block.ts[1:] >= block.ts[:-1])
        last = int(block.ts[-1])
    for k, quotes in enumerate(data.values()):
        mine = np.concatenate([block.bid[block.instrument == k] for block in feed.blocks()])
        assert np.array_equal(mine, quotes.bid)
