"""result.explain: an account at one instant with its arithmetic, and why an order or a stop-out went as it did.

    print(result.explain(7))                        # order 7: why it was refused, or how it filled
    print(result.explain(ts="2024-01-02T10:00"))    # the account as it stood then

The run is played again up to there on the same engine, with the same rules, strategy and ticks, and what it tells must
be what it told before (see `replay`). The account of an order is that just before it was sent; of a time, that after
the last row at or before it, what the strategy did on it, and what was due since: a swap, an expiry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np
import polars as pl

from simcore.brokers.errors import ConfigError
from simcore.explain.evidence import Evidence
from simcore.explain.explanation import Explanation, when
from simcore.explain.facts import exits, fills, history, refusal, stop_outs
from simcore.explain.replay import Replay, Visit
from simcore.explain.standing import standing
from simcore.kernel.engine import Engine
from simcore.market.errors import DataError
from simcore.market.instants import Instant, ns_of
from simcore.report.sheet import nanoseconds
from simcore.run import Run
from simcore.run.frames import Frames

__all__ = ["Explanation", "explain"]


def explain(result: Frames, order: int | None = None, ts: Instant | None = None) -> Explanation:
    """Explain an order by its id, or the account at a time; see Result.explain."""
    if (order is None) == (ts is None):
        raise ConfigError("explain: give an order's id or ts=, one of them")
    of = Evidence(result)
    if order is None:
        asked = ns_of(ts, "ts")  # type: ignore[arg-type]
        with Replay(result.run) as replay:
            visit = replay.visit(rows_at(result.run, [asked])[0])
            replay.check()
        return of_instant(of, asked, visit)
    row = _row_of(result, order)
    late = refused_at(of, row)
    with Replay(result.run) as replay:
        visit = replay.visit(row["ts"], {int(order)}, rows=False)
        after = replay.visit(rows_at(result.run, [late])[0]) if late is not None else None
        replay.check()
    return of_order(of, row, visit, after)


def refused_at(of: Evidence, row: Mapping[str, Any]) -> int | None:
    """When an order that was taken first was refused later: at its trigger, or where it arrived; None for any other."""
    if row["status"] not in ("REJECTED", "DENIED"):
        return None
    changes = of.changes(int(row["id"]))
    at = int(changes[-1]["at"]) if changes.size else row["ts"]
    return at if row["ts"] < at <= of.run.feed.end and row["ts"] >= of.run.feed.start else None


def _words(run: Run) -> dict[str, Any]:
    broker = run.broker
    return {
        "currency": broker.currency,
        "money_digits": broker.money_digits,
        "stop_out_level": broker.stop_out_level,
        "levels_are": broker.levels_are,
        "digits": {one.symbol: one.price_digits for one in run.instruments},
    }


def _row_of(result: Frames, order: int) -> dict[str, Any]:
    """The order as it stood last, its time in ns."""
    if isinstance(order, bool) or not isinstance(order, int | np.integer):
        raise ConfigError(f"explain: an order's id is a whole number, was {order!r}; a time is given as ts=")
    rows = result.orders.filter(pl.col("id") == order)
    if rows.is_empty():
        ids = result.orders["id"].to_list()
        known = f"its ids are {ids[0]} to {ids[-1]}" if ids else "it sent none"
        raise ConfigError(f"explain: the run has no order {order}; {known}")
    return rows.row(0, named=True) | {"ts": int(nanoseconds(rows["ts"])[0])}


def of_order(of: Evidence, row: dict[str, Any], visit: Visit, late: Visit | None = None) -> Explanation:
    """Explain an order, a row of result.orders with its time in ns, by what was seen when it was sent.

    late: what was seen of the row at or before `refused_at`, where it was refused later.
    """
    order = int(row["id"])
    sent = visit.sent.get(order)
    if sent is None:
        state, how = visit.end, f"after the row in which order {order} was made"
    else:
        made = f"order {order} was sent" if sent.by_submit else f"the close that made order {order}"
        state, how = sent.state, f"just before {made}"
    facts = {
        "order": row,
        "history": history(of, order),
        "fills": fills(of, order),
        "refusal": refusal(of, sent, row),
        "exits": exits(of, order),
        "met": None if late is None else standing(of, _met(of, late, refused_at(of, row) or 0)),
        "account_is": how,
        "account": standing(of, of.at(state)),
    }
    return Explanation(facts, _words(of.run))


def _met(of: Evidence, visit: Visit, at: int) -> Engine:
    """The account on the quote of that time, or as it stood then where none came."""
    own = [moment for moment in visit.moments if moment.row[0] == at]
    return of.on_the_quote(own[0]) if own else of.later(visit.end, at)


def of_instant(of: Evidence, ts: int, visit: Visit) -> Explanation:
    """Explain the account at `ts` by what was seen of the last row at or before it."""
    at = visit.moments[0].row[0]
    times = nanoseconds(of.result.events["ts"])
    events = of.result.events.filter(pl.Series((at <= times) & (times <= ts)))
    after = f"after the row of {when(at)}"
    facts = {
        "ts": ts,
        "events": events["sentence"].to_list(),
        "stop_outs": stop_outs(of, visit.moments),
        "account_is": after if ts == at else f"at {when(ts)}, {after}",
        "account": standing(of, of.later(visit.end, ts)),
    }
    return Explanation(facts, _words(of.run))


def rows_at(run: Run, times: Sequence[int]) -> list[int]:
    """Of each time, in their order, that of the last row at or before it. Raises DataError for one outside the run."""
    feed = run.feed
    for ts in times:
        if not feed.start <= ts <= feed.end:
            raise DataError(
                f"explain: ts {when(ts)} is outside the run, which went from {when(feed.start)} to {when(feed.end)}"
            )
    found = np.full(len(times), feed.start, np.int64)
    with closing(feed.blocks()) as blocks:  # type: ignore[type-var]
        for block in blocks:
            ends = np.searchsorted(block.ts, times, "right")
            found[ends > 0] = block.ts[ends[ends > 0] - 1]
            if not len(ends) or ends[-1] < len(block):
                break
    return [int(ts) for ts in found]
