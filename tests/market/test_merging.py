"""Merged while it is read, a block at a time: the rows, prices and ends of the feed that is merged at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.market import merging
from simcore.market.columns import Prints, Quotes
from simcore.market.feed import COLUMNS, Feed, digest, merge, streams_of
from simcore.market.merging import MergedFeed, feed_in_memory
from tests.market.test_feed import T0, instruments


@given(instruments(), st.sampled_from(["ohlc", "dense"]), st.sampled_from([1, 3, 7, 1000]))
def test_blocks_are_the_whole_cut_up(data, path, rows):
    whole, cut = merge(data, path), MergedFeed(streams_of(data, path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "BLOCK", rows)
        blocks = list(cut.blocks())
    assert {len(block) for block in blocks[:-1]} <= {rows}
    assert len(cut) == len(whole) == sum(map(len, blocks))
    for name in COLUMNS:
        expected = getattr(whole, name)
        if name == "instrument" and expected is None:
            continue  # of a single instrument, which feed_in_memory does not merge
        parts = [getattr(block, name) for block in blocks]
        if expected is None:
            assert parts == [None] * len(blocks)
        else:
            assert np.array_equal(np.concatenate(parts), expected, equal_nan=name not in ("instrument", "kind"))
    assert (cut.start, cut.end, cut.symbols) == (whole.start, whole.end, whole.symbols)
    assert (cut.timeframes, cut.prints_only) == (whole.timeframes, whole.prints_only)


@given(instruments(), st.integers(-5, 80), st.integers(-5, 80))
def test_prices_and_last_prices_are_those_of_the_whole(data, start, end):
    whole, cut = merge(data), MergedFeed(streams_of(data))
    for symbol in data:
        assert cut.last_price(symbol) == whole.last_price(symbol)
        for first, last in ((None, None), (T0 + start, None), (None, T0 + end), (T0 + start, T0 + end)):
            for mine, theirs in zip(cut.prices(symbol, first, last), whole.prices(symbol, first, last), strict=True):
                assert all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))


def test_several_are_merged_when_read_and_one_passes_through():
    quotes = Quotes("Q", [T0, T0 + 2], [1.0, 2.0], [1.5, 2.5])
    prints = Prints("P", [T0 + 1], [7.0])
    both = feed_in_memory({"Q": quotes, "P": prints}, "ohlc", {})
    assert repr(both) == "MergedFeed(Q, P, 3 rows, 2024-01-01 to 2024-01-01 00:00:00.000000002)"
    assert both.prints_only == frozenset({1})
    assert digest(both.blocks()) == digest(both.blocks()) == digest(merge({"Q": quotes, "P": prints}).blocks())
    one = feed_in_memory({"Q": quotes}, "ohlc", {})
    assert isinstance(one, Feed)
    assert np.shares_memory(one.bid, quotes.bid)
