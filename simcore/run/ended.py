"""From an account that was played to the facts of its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.kernel import schema
from simcore.kernel.buffers import joined
from simcore.kernel.engine import Engine
from simcore.market.blocks import AnyFeed
from simcore.run import Run, Table
from simcore.run.told import Told
from simcore.strategy.driver import describe
from simcore.strategy.names import tag_names
from simcore.strategy.strategy import Strategy

Tables = Mapping[str, Table]


def told(engine: Engine, chunks: Sequence[Tables]) -> Tables:
    """What the account told, and how it stands now, as one more sample of its equity."""
    tables = Told(chunks)
    figures = engine.figures()
    last = np.zeros(1, schema.SAMPLE)
    last["ts"] = engine.state.head["now"]
    for name in ("balance", "equity", "used_margin"):
        last[name] = figures[name]
    tables.append("samples", last)
    return tables


def joined_all(chunks: Sequence[Tables]) -> dict[str, Table]:
    """Each table of all chunks."""
    return {name: joined([chunk[name] for chunk in chunks]) for name in chunks[0]}


def run_of(
    engine: Engine,
    strategy: Strategy | str,
    feed: AnyFeed,
    broker: Broker,
    instruments: Sequence[Instrument],
    cash: float,
    tables: Tables,
    *,
    sample_every: int,
    seconds: float,
    whole: bool = True,
) -> Run:
    """The facts of a run that ended. strategy: a mere name where several took turns; instruments: as resolved.

    whole: with State, of which its fingerprint is made.
    """
    name, parameters = (strategy, {}) if isinstance(strategy, str) else describe(strategy)
    account = engine.state.account
    return Run(
        strategy=name,
        parameters=parameters,
        broker=broker,
        instruments=instruments,
        cash=cash,
        feed=feed,
        tables=tables,
        account=engine.figures(),
        totals={n: float(account[n]) for n in account.dtype.names or ()},
        rules=engine.rules.tobytes(),
        state=engine.state.snapshot() if whole else b"",
        sample_every=sample_every,
        seconds=seconds,
        tags=tag_names(),
        origin=None if isinstance(strategy, str) else strategy,
    )
