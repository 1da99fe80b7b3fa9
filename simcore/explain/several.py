"""Many explanations from one replay, for the report: what a reader will ask about, as text.

Explained are, while there is room: every refused order (of many the first of each reason, then some of all), every
margin call and stop-out, the orders behind the best and the worst trades, then orders spread over the run.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Final

import numpy as np
import polars as pl

from simcore.brokers.errors import ConfigError
from simcore.explain import of_instant, of_order, refused_at, rows_at
from simcore.explain.evidence import Evidence
from simcore.explain.replay import Replay, Visit
from simcore.report.contents import Explained
from simcore.report.sheet import nanoseconds
from simcore.run.frames import Frames
from simcore.run.kept import KeptFeed, ResultError

EVENTS: Final = ("margin_call", "stop_out", "stop_out_order", "balance_compensation")
EXTREMES: Final = 10  # trades of each end
MOST: Final = 200  # orders and events that a report explains
ROWS: Final = 10_000_000  # up to which a run is played again for that without being asked
REFUSED: Final = ("REJECTED", "DENIED")


def for_report(result: Frames, most: int | None = None) -> Explained:
    """The explanations that a report holds: at most so many; by default as many as a short replay may cost.

    Where there are none `why` says so: nothing here keeps a report from being written.
    """
    if most is not None and (isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 0):
        raise ConfigError(f"report: explain is how many orders and events are explained, 0 or more, was {most!r}")
    feed = result.run.feed
    if isinstance(feed, KeptFeed):
        return feed.explained
    try:
        return explained(result, most if most is not None else MOST if len(feed) <= ROWS else 0)
    except ResultError as error:
        return Explained(why=f"Not explained: {error}.")


def explained(result: Frames, most: int) -> Explained:
    """At most `most` explanations of a run. Raises ResultError where it cannot be played again."""
    instants = _spread(_instants(result), most // 3)
    orders = _chosen(result, most - len(instants))
    if not orders and not instants:
        return Explained()
    of = Evidence(result)
    sent = result.orders.filter(pl.col("id").is_in(orders))
    times = nanoseconds(sent["ts"]).tolist()
    rows = {row["id"]: row | {"ts": ts} for row, ts in zip(sent.iter_rows(named=True), times, strict=True)}
    late = {order: at for order, row in rows.items() if (at := refused_at(of, row)) is not None}
    asked = sorted({*instants, *late.values()})
    seen_at = dict(zip(asked, rows_at(result.run, asked), strict=True))
    found, waiting = Explained(), dict[int, Visit]()
    with Replay(result.run) as replay, redirect_stdout(io.StringIO()):  # who prints in a strategy has seen it already
        for ts in sorted({*times, *seen_at.values()}):
            own = {order for order, row in rows.items() if row["ts"] == ts}
            here = [instant for instant, at in seen_at.items() if at == ts]
            visit = replay.visit(ts, own, rows=bool(here))
            waiting |= dict.fromkeys(own, visit)
            for order in [order for order in waiting if order not in late or late[order] in here]:
                after = visit if order in late else None
                found.orders[order] = of_order(of, rows[order], waiting.pop(order), after).text
            for instant in set(here) & set(instants):
                found.instants[instant] = of_instant(of, instant, visit).text
        replay.check()
    return found


def _instants(result: Frames) -> list[int]:
    events = result.events.filter(pl.col("type").is_in(EVENTS))
    return sorted(set(nanoseconds(events["ts"]).tolist()))


def _chosen(result: Frames, most: int) -> list[int]:
    """Ids of the orders worth explaining, at most so many."""
    orders = result.orders
    refused = orders.filter(pl.col("status").is_in(REFUSED))
    firsts = refused.unique("reason", keep="first", maintain_order=True)["id"].to_list()
    by_net = result.trades.sort("net")["entry_order"].to_list()
    wishes = (
        firsts,
        _spread(refused["id"].to_list(), max(most * 2 // 3 - len(firsts), 0)),
        [*by_net[:EXTREMES], *by_net[-EXTREMES:]],
        _spread(orders["id"].to_list(), most),
    )
    chosen = dict.fromkeys(order for wish in wishes for order in wish)
    return list(chosen)[:most]


def _spread(values: Sequence[int], most: int) -> list[int]:
    """All of them, or as many as allowed, the first and the last among them."""
    if len(values) <= most:
        return list(values)
    return [values[i] for i in np.linspace(0, len(values) - 1, most).round().astype(int)] if most > 0 else []
