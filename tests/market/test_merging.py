"""Merged while it is read, a block at a time: the rows, prices and ends of the feed that is merged at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.market import merging
from simcore.market.columns import Prints, Quotes
from simcore.market.feed import COLUMNS, Feed, digest, merge, streams_of
from simcore.market.kway import Merge
from simcore.market.merging import MergedFeed, feed_in_memory
from tests.market.test_feed import T0, instruments


@given(instruments(), st.sampled_from(["ohlc", "dense"]), st.sampled_from([1, 3, 7, 1000]))
def test_blocks_are_the_whole_cut_up(data, path, rows):
    whole, cut = merge(data, path), MergedFeed(streams_of(data, path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "BLOCK", rows)
        blocks = list(cut.blocks())
    assert all(0 < len(block) <= rows or block.ts[0] == block.ts[-1] for block in blocks)
    assert all(block.ts[-1] < following.ts[0] for block, following in pairwise(blocks))
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


def test_memory_is_used_again_only_where_nobody_holds_a_block():
    """Blocks that are kept stay what they were; of blocks that are not, two lie in memory: the last and the next."""
    rng = np.random.default_rng(5)
    data = {s: Quotes(s, np.sort(rng.integers(0, 10**6, 9_000)), *rng.uniform(1, 2, (2, 9_000))) for s in "ABC"}
    given = streams_of(data, "ohlc", {})
    kept, merge_ = [], Merge(given.streams)
    while merge_.left:
        kept.append(merge_.take(1_000))
    assert np.array_equal(np.concatenate([block[1] for block in kept]), merge(data).bid)
    passing = Merge(given.streams)
    while passing.left:
        block = passing.take(1_000)
    assert block[0] is not None
    assert len(passing._rooms) == 2


@pytest.mark.parametrize("k", [2, 3, 8, 200])
def test_times_centuries_apart_are_in_order_too(k):
    """200 streams leave 55 bits for the time: 417 days; from 1700 to 2250 the base moves on at every row."""
    years = np.array(["1700-01-01", "1969-12-31", "2024-02-29", "2250-01-01"], "datetime64[ns]").astype(np.int64)
    data = {f"S{j}": Quotes(f"S{j}", years + (j % 3), np.full(4, 1.0 + j), np.full(4, 2.0 + j)) for j in range(k)}
    fed = merge(data)
    rows = sorted((int(ts) + (j % 3), j) for j in range(k) for ts in years)
    assert list(zip(fed.ts.tolist(), fed.instrument.tolist(), strict=True)) == rows
    assert fed.bid.tolist() == [1.0 + j for _, j in rows]
