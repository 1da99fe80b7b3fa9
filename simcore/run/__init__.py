"""One finished run: its facts as the driver hands them over, and in the files beside, what `Result` tells of them.

The facts are the tape's tables, the account, the rules and the data; `ended` writes them down. `seen` is what the ticks
say about them; `frames` and `attribution` (by its `stretches`) are tables for people, `exports` and `portfolio` for
other packages, `facts` is for the statistics, `reporting` for the page, `archive` for a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.market.blocks import AnyFeed
from simcore.run.kept import KeptFeed
from simcore.strategy.strategy import Strategy

Table = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run; `rules` and `state` are the account's own bytes."""

    strategy: str  # its name
    parameters: Mapping[str, Any]
    broker: Broker
    instruments: Sequence[Instrument]
    cash: float
    feed: AnyFeed | KeptFeed
    tables: Mapping[str, Table]  # of the tape, whole
    account: Mapping[str, float]
    totals: Mapping[str, float]  # sums the account kept
    rules: bytes
    state: bytes
    sample_every: int
    seconds: float  # of the replay alone
    tags: Mapping[int, str] = field(default_factory=dict)
    origin: Strategy | None = None  # what was run; a run read from a file has none
