"""However a feed is cut into blocks, its rows are those of the merge in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.market import feed as feeds
from simcore.market.blocks import BlockFeed, Source, ahead
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.feed import COLUMNS, Feed, digest, merge
from simcore.market.grid import grid, snap
from simcore.market.store import parts, range
from simcore.market.store.store import Store
from tests.market.store.rows import DAY, HOUR, SECOND, T0, Rows, quotes, scratch, some_bars, some_prints, some_quotes

INCREMENT = 0.00001
NAMES = ("EURUSD", "GBPUSD", "AUDUSD")


@contextmanager
def stored(
    data: dict[str, Rows], rows: int, in_memory: frozenset[str] = frozenset(), path: str = "ohlc"
) -> Iterator[BlockFeed]:
    """A block feed of the data, decoded `rows` at a time."""
    with scratch() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ROW_GROUP", rows)
        patch.setattr(range, "SMALL", rows)
        store = Store(folder)
        for one in data.values():
            store.append(one)
        own = {name: one if name in in_memory else store.range(name) for name, one in data.items()}
        yield BlockFeed({name: Source(one, INCREMENT, path) for name, one in own.items()})


def merged(data: dict[str, Any], path: str = "ohlc") -> Feed:
    return merge({name: snap(one, INCREMENT) for name, one in data.items()}, path, dict.fromkeys(data, grid(INCREMENT)))


def whole(feed: BlockFeed) -> dict[str, Any]:
    """The blocks' columns put together; None where no block has one."""
    blocks = list(feed.blocks())
    columns = {name: [getattr(block, name) for block in blocks] for name in COLUMNS}
    for values in columns.values():
        assert len({value is None for value in values}) == 1
    return {n: None if values[0] is None else np.concatenate(values) for n, values in columns.items()}


def assert_same(blocks: BlockFeed, memory: Feed) -> None:
    for name, values in whole(blocks).items():
        expected = getattr(memory, name)
        assert (values is None) == (expected is None), name
        if values is not None:
            assert values.dtype == expected.dtype
            assert values.tobytes() == expected.tobytes(), name
    for name in ("symbols", "timeframes", "prints_only", "start", "end"):
        assert getattr(blocks, name) == getattr(memory, name), name
    assert len(blocks) == len(memory)
    assert digest(blocks.blocks()) == digest(memory.blocks())
    for symbol in blocks.symbols:
        assert blocks.last_price(symbol) == memory.last_price(symbol)


@st.composite
def some_data(draw: st.DrawFn) -> dict[str, Rows]:
    names = NAMES[: draw(st.integers(1, 3))]
    kinds = [draw(st.sampled_from([some_quotes, some_prints, some_bars])) for _ in names]
    return {name: draw(kind(name, most=16)) for name, kind in zip(names, kinds, strict=True)}


@settings(max_examples=80)
@given(
    some_data(),
    st.sampled_from([1, 2, 3, 7, 1 << 18]),
    st.sets(st.sampled_from(NAMES), max_size=1),
    st.sampled_from(["ohlc", "dense"]),
)
def test_blocks_are_the_merge_cut_up(data: dict[str, Rows], rows: int, in_memory: set[str], path: str) -> None:
    with stored(data, rows, frozenset(in_memory), path) as feed:
        assert_same(feed, merged(data, path))


@settings(max_examples=40)
@given(some_data(), st.sampled_from([1, 3, 1 << 18]), st.integers(-2, 40), st.integers(0, 40))
def test_prices_by_range(data: dict[str, Rows], rows: int, start: int, length: int) -> None:
    memory = merged(data)
    edges = np.sort(np.concatenate([memory.ts, memory.ts + 1, [memory.ts[0] - HOUR]]))
    first = int(edges[max(start, 0) % edges.size])
    end = int(edges[(max(start, 0) + length) % edges.size])
    with stored(data, rows) as feed:
        for symbol in feed.symbols:
            expected = list(memory.prices(symbol, first, end))
            found = list(feed.prices(symbol, first, end))
            for name in ("ts", "bid", "ask"):
                values = [getattr(piece, name) for piece in found]
                assert b"".join(value.tobytes() for value in values) == getattr(expected[0], name).tobytes()


def test_ties_across_chunks_keep_the_order_of_names(tmp_path: Any) -> None:
    # at second 1 both have three rows, in chunks of one row: A's three first, then B's three
    ts = np.array([0, 1, 1, 1, 2]) * SECOND
    data = {name: quotes(ts, symbol=name) for name in ("B", "A")}
    with stored(data, 1) as feed:
        instrument = np.concatenate([block.instrument for block in feed.blocks()])
        assert instrument.tolist() == [0, 1, 0, 0, 0, 1, 1, 1, 0, 1]


def test_a_bar_cut_short_by_the_next_across_files(tmp_path: Any) -> None:
    # a day of 23 hours: the first bar ends where the second, in another chunk, begins
    ts = T0 + np.array([0, 23 * HOUR])
    bars = Bars("EURUSD", "1D", ts, *np.array([[2.0, 2.0], [3.0, 3.0], [1.0, 1.0], [2.5, 2.5]]))
    with stored({"EURUSD": bars}, 1) as feed:
        times = np.concatenate([block.ts for block in feed.blocks()]) - T0
        assert times[3] == 23 * HOUR - 1
        assert times[7] == 23 * HOUR + DAY - 1
        assert feed.end == T0 + times[7]


def test_prices_off_the_grid_go_on_it_block_by_block() -> None:
    data = {"EURUSD": quotes(np.arange(50), bid=1.0 + np.arange(50) * 0.0000123)}
    with stored(data, 7) as feed:
        assert_same(feed, merged(data))
    said = pytest.raises(DataError, match="EURUSD, row 3: bid 1e-09 becomes 0 on a grid of 1e-05")
    with stored({"EURUSD": quotes([0, 1, 2], bid=[1.0, 1.0, 1e-9])}, 1) as feed, said:
        list(feed.blocks())


def test_blocks_hold_no_more_than_a_few_chunks() -> None:
    data = {name: quotes(np.arange(1000) * SECOND, symbol=name) for name in NAMES}
    with stored(data, 10) as feed:
        assert max(len(block) for block in feed.blocks()) <= 3 * 10
        assert sum(1 for _ in feed.blocks()) > 50


def test_more_instruments_than_a_byte_tells_apart() -> None:
    rows = quotes([0])
    with pytest.raises(DataError, match="at most 256"):
        BlockFeed({str(i): Source(rows, INCREMENT) for i in np.arange(257)})


def test_read_ahead_gives_what_was_made_and_raises_where_it_broke() -> None:
    made = []

    def items() -> Iterator[int]:
        for i in (1, 2, 3):
            made.append(i)
            yield i
        raise DataError("the fourth is damaged")

    reading = ahead(items())
    assert next(reading) == 1
    assert len(made) <= 3
    assert [next(reading), next(reading)] == [2, 3]
    with pytest.raises(DataError, match="the fourth"):
        next(reading)


def test_kinds_of_every_source_are_told_without_reading() -> None:
    one = np.ones(1)
    sources = (quotes([0]), Prints("P", np.array([T0]), one), Bars("B", "1h", np.array([T0]), one, one, one, one))
    assert [Source(rows, INCREMENT).kind for rows in sources] == ["quotes", "prints", "bars"]
    assert isinstance(sources[0], Quotes)
    assert feeds.MOST_INSTRUMENTS == 256
