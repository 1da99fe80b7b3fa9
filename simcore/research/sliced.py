"""A part of a feed, by time: the rows from a start to an end, as a feed of their own; nothing is copied.

A bar belongs to the part in which it begins, all of its rows. Rows of a store stay there.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

from simcore.brokers.errors import ConfigError
from simcore.market.acted import ActedFeed
from simcore.market.blocks import AnyFeed, BlockFeed, Source
from simcore.market.checks import text_of
from simcore.market.feed import BAR_OPEN, COLUMNS, PRINT, Feed
from simcore.market.merging import MergedFeed
from simcore.market.store.range import Range


def sliced(feed: AnyFeed, start: int, end: int) -> AnyFeed:
    """The rows with start <= ts < end, ns UTC. Raises ConfigError where an instrument has none."""
    if isinstance(feed, ActedFeed):
        acted = copy(feed)
        acted.market = sliced(feed.market, start, end)
        acted.start, acted.end = acted.market.start, acted.market.end
        acted.rows = [row for row in feed.rows if acted.start <= row[0] <= acted.end]
        return acted
    if isinstance(feed, BlockFeed):
        return BlockFeed({symbol: _source(one, symbol, start, end) for symbol, one in feed.sources.items()})
    if isinstance(feed, MergedFeed):
        return sliced(in_one(feed), start, end)
    assert isinstance(feed, Feed)
    rows = slice(_row(feed, start), _row(feed, end))
    if rows.start >= rows.stop:
        raise ConfigError(f"there are no data between {text_of(start)} and {text_of(end)}; choose longer windows")
    part: Any = {name: _part(getattr(feed, name), rows) for name in COLUMNS}
    return replace(feed, **part)


def in_one(feed: Any) -> Feed:
    """A feed that comes in blocks as one, in memory."""
    blocks: list[Feed] = list(feed.blocks())
    if len(blocks) == 1:
        return blocks[0]
    columns = {name: [getattr(block, name) for block in blocks] for name in COLUMNS}
    some: Any = {name: None if parts[0] is None else np.concatenate(parts) for name, parts in columns.items()}
    return replace(blocks[0], **some)


def _part(column: Any, rows: slice) -> Any:
    return None if column is None else column[rows]


def _row(feed: Feed, instant: int) -> int:
    """The first row at or after an instant that is not inside a bar which began before it."""
    row = int(np.searchsorted(feed.ts, instant))
    if feed.kind is not None and feed.timeframes:
        begins = np.flatnonzero((feed.kind[row:] <= PRINT) | (feed.kind[row:] == BAR_OPEN))
        row = row + int(begins[0]) if begins.size else len(feed)
    return row


def _source(source: Source, symbol: str, start: int, end: int) -> Source:
    rows: Any = source.rows
    if isinstance(rows, Range):
        part: Any = rows.between(start, end)
    else:
        part = rows.slice(*(int(np.searchsorted(rows.ts, instant)) for instant in (start, end)))
    if part is None or len(part) == 0:
        raise ConfigError(f"{symbol} has no data between {text_of(start)} and {text_of(end)}; choose longer windows")
    return replace(source, rows=part)
