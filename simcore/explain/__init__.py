"""result.explain: an account at one instant with its arithmetic, and why an order or a stop-out went as it did.

    print(result.explain(7))                        # order 7: why it was refused, or how it filled
    print(result.explain(ts="2024-01-02T10:00"))    # the account as it stood then

The run is played again up to there on the same engine, with the same rules, strategy and ticks, and what it tells must
be what it told before (see `replay`). The account of an order is that just before it was sent; of a time, that after
the last row at or before it and what the strategy did on it.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np
import polars as pl

from simcore.brokers.errors import ConfigError
from simcore.explain.explanation import Explanation, when
from simcore.explain.facts import fills, history, refusal, stop_outs
from simcore.explain.replay import Replay, engine_at
from simcore.explain.standing import standing
from simcore.frames import Frames
from simcore.market.errors import DataError
from simcore.market.instants import Instant, ns_of
from simcore.report.trips import nanoseconds
from simcore.run import Run

__all__ = ["Explanation", "explain"]


def explain(result: Frames, order: int | None = None, ts: Instant | None = None) -> Explanation:
    """Explain an order by its id, or the account at a time; see Result.explain."""
    if (order is None) == (ts is None):
        raise ConfigError("explain: give an order's id or ts=, one of them")
    if order is not None:
        return _order(result, order)
    return _instant(result, ns_of(ts, "ts"))  # type: ignore[arg-type]


def _words(run: Run) -> dict[str, Any]:
    broker = run.broker
    return {
        "currency": broker.currency,
        "money_digits": broker.money_digits,
        "stop_out_level": broker.stop_out_level,
        "stop_out_mode": broker.stop_out_mode,
        "digits": {one.symbol: one.price_digits for one in run.instruments},
    }


def _order(result: Frames, order: int) -> Explanation:
    if isinstance(order, bool) or not isinstance(order, int | np.integer):
        raise ConfigError(f"explain: an order's id is a whole number, was {order!r}; a time is given as ts=")
    run, rows = result.run, result.orders.filter(pl.col("id") == order)
    if rows.is_empty():
        ids = result.orders["id"].to_list()
        known = f"its ids are {ids[0]} to {ids[-1]}" if ids else "it sent none"
        raise ConfigError(f"explain: the run has no order {order}; {known}")
    row = rows.row(0, named=True)
    row["ts"] = int(nanoseconds(rows["ts"])[0])
    replay = Replay(run, row["ts"], int(order))
    made = f"order {order} was sent" if replay.by_submit else f"the close that made order {order}"
    state, how = replay.sent, f"just before {made}"
    if state is None:
        state, how = replay.end, f"after the row in which order {order} was made"
    facts = {
        "order": row,
        "history": history(run, int(order)),
        "fills": fills(result, int(order)),
        "refusal": refusal(result, replay, row),
        "exits": _exits(result, int(order)),
        "account_is": how,
        "account": standing(run, engine_at(run, state)),
    }
    return Explanation(facts, _words(run))


def _exits(result: Frames, order: int) -> list[dict[str, Any]]:
    """How the position that this order opened was closed."""
    t = result.run.tables["trades"]
    rows = np.flatnonzero(t["entry_order"] == order)
    why = result.trades["why"].to_list() if rows.size else []
    return [
        {"ts": int(t[i]["exit_ts"]), "position": int(t[i]["position"]), "qty": float(t[i]["qty"]),
         "price": float(t[i]["exit_price"]), "pnl": float(t[i]["pnl"]), "why": why[i]}
        for i in rows
    ]  # fmt: skip


def _instant(result: Frames, ts: int) -> Explanation:
    run = result.run
    feed = run.feed
    if not feed.start <= ts <= feed.end:
        raise DataError(
            f"explain: ts {when(ts)} is outside the run, which went from {when(feed.start)} to {when(feed.end)}"
        )
    replay = Replay(run, _row_at(run, ts))
    at = replay.moments[0].row[0]
    events = result.events.filter(pl.Series(nanoseconds(result.events["ts"]) == at))
    facts = {
        "ts": ts,
        "events": events["sentence"].to_list(),
        "stop_outs": stop_outs(run, replay.moments),
        "account_is": f"after the row of {when(at)}",
        "account": standing(run, engine_at(run, replay.end)),
    }
    return Explanation(facts, _words(run))


def _row_at(run: Run, ts: int) -> int:
    """Time of the last row at or before ts."""
    found = run.feed.start
    with closing(run.feed.blocks()) as blocks:  # type: ignore[type-var]
        for block in blocks:
            i = int(np.searchsorted(block.ts, ts, "right"))
            if i > 0:
                found = int(block.ts[i - 1])
            if i < len(block):
                break
    return found
