"""Fingerprints of what a run is made of: the strategy's code, its data, the rules of its account.

The code is what the strategy's methods do, with the indicators, functions and constants they reach: a comment, a
blank line or another folder changes nothing (another version of Python does: it compiles the same text otherwise).
Values put into the memory before the run, as `sc.from_signals` does, belong to the code. The data are the rows as the
account meets them: all of them up to four million, of more a thousand stretches spread evenly, and the number of rows;
what lies in a store is known by the digests of its files. The rules are broker, instruments and cash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.market.acted import ActedFeed
from simcore.market.blocks import AnyFeed, BlockFeed, Source
from simcore.market.feed import Feed
from simcore.market.merging import MergedFeed
from simcore.market.store.digest import digest_of, digest_of_stretches
from simcore.market.store.range import Range
from simcore.run.kept import KeptFeed
from simcore.strategy.layout import content
from simcore.strategy.machine.source import code_of
from simcore.strategy.record import parameters
from simcore.strategy.strategy import Strategy

WHOLE: Final = 4_194_304  # rows that are looked at
STRETCHES: Final = 1_024
STRETCH: Final = 1_024  # rows


def code_fingerprint(strategy: Strategy) -> str:
    """Of a strategy's code, and of its memory where that is not what the class makes of its parameters."""
    cls = type(strategy)
    found = code_of(cls)
    given = {name: getattr(strategy, name) for name in parameters(cls)}
    memory = content(strategy)
    return found if memory == content(cls(**given)) else _hashed(found.encode(), memory)


def rules_fingerprint(broker: Broker, instruments: Sequence[Instrument], cash: float) -> str:
    """Of the account: broker, instruments, cash."""
    plain = [broker.model_dump(mode="json"), [one.model_dump(mode="json") for one in instruments], float(cash)]
    return _hashed(json.dumps(plain, sort_keys=True).encode())


def data_fingerprint(feed: AnyFeed | KeptFeed) -> str:
    """Of the rows of a feed; of one read from a result's file, of what is known about it."""
    parts = [repr((feed.symbols, sorted(feed.timeframes.items()), len(feed), feed.start, feed.end))]
    parts += [f"{one:016x}" for one in _digests(feed)]
    return _hashed("\0".join(parts).encode())


def _digests(feed: AnyFeed | KeptFeed) -> Iterator[int]:
    if isinstance(feed, ActedFeed):
        yield from _digests(feed.market)
        yield digest_of(repr(feed.rows).encode())
    elif isinstance(feed, BlockFeed):
        for source in feed.sources.values():
            yield from _of_source(source)
    elif isinstance(feed, MergedFeed):
        for stream in feed.streams:
            yield from _of_columns(stream.ts, stream.bid, stream.ask, stream.kind, stream.x, stream.y)
    elif isinstance(feed, Feed):
        yield from _of_columns(feed.ts, feed.bid, feed.ask, feed.kind, feed.x, feed.y)


def _of_source(source: Source) -> Iterator[int]:
    if isinstance(source.rows, Range):
        told = [(part.file, part.rows, part.digest) for part in source.rows.parts]
        yield digest_of(repr((told, source.rows.first, source.rows.end, source.path)).encode())
    else:
        yield from _of_columns(*source.rows.given().values())


def _of_columns(*columns: NDArray[Any] | None) -> Iterator[int]:
    for values in columns:
        if values is not None:
            yield _of_column(values)


def _of_column(values: NDArray[Any]) -> int:
    """All of a column, or stretches of a long one, the first and the last rows among them."""
    if values.size <= WHOLE:
        return digest_of(np.ascontiguousarray(values).view(np.uint8))
    length = STRETCH
    starts = np.linspace(0, values.size - length, STRETCHES).astype(np.int64)
    if values.itemsize == 8 and values.flags.c_contiguous:
        return digest_of_stretches(values, starts, length)  # without a copy
    stretches = np.concatenate([values[start : start + length] for start in starts])
    return digest_of(stretches.view(np.uint8))


def _hashed(*parts: bytes) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
