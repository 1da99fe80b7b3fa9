"""A run as a vectorbt Portfolio: its charts and statistics on what was traded here.

Nothing is simulated again: our fills become the Portfolio's order records, so vectorbt neither needs the cash for what
was bought on margin nor refuses anything. Rows are the equity samples, and a fill belongs to the first sample that
knows of it. What differs, because vectorbt knows no such thing: no margin, no margin call; swap is in the fees of the
order that closed, and until then in nothing; deposits are left out; opposite tickets of a hedging account are one net
position; prices are in account currency at the conversion of the first fill, and what conversion did to a trade since
is in its fees. So with everything closed and nothing deposited the final value is the account's balance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from simcore.brokers.errors import ConfigError
from simcore.kernel.enums import Why
from simcore.report.curve import Float64, Int64
from simcore.report.sheet import nanoseconds
from simcore.run.exposure import held
from simcore.run.frames import Frames
from simcore.run.seen import looked


def to_vectorbt(result: Frames) -> Any:
    """The vectorbt.Portfolio of a run, one column an instrument that was traded, cash shared.

    Raises ConfigError where vectorbt is not installed, or where nothing was traded.
    """
    try:
        import vectorbt
        from vectorbt.base.array_wrapper import ArrayWrapper
        from vectorbt.portfolio.enums import log_dt, order_dt
    except ImportError as error:
        raise ConfigError(f"to_vectorbt needs vectorbt: pip install 'simcore[vectorbt]' ({error})") from error
    import pandas as pd

    ts = nanoseconds(result.equity["ts"])
    traded = np.unique(result.run.tables["fills"]["instrument"]).tolist()
    if not traded:
        raise ConfigError("to_vectorbt: the run traded nothing, so there is no portfolio")
    columns = [_column(result, k, ts) for k in traded]
    orders = np.zeros(sum(len(rows) for _, rows in columns), order_dt)
    orders["id"] = np.arange(orders.size)
    orders["col"] = np.repeat(np.arange(len(traded)), [len(rows) for _, rows in columns])
    for name in ("idx", "size", "price", "fees", "side"):
        orders[name] = np.concatenate([rows[name] for _, rows in columns])
    index = pd.DatetimeIndex(ts.astype("datetime64[ns]"), name="ts")
    symbols = [result.run.feed.symbols[k] for k in traded]
    freq = pd.Timedelta(result.run.sample_every or int(np.median(np.diff(ts))) if ts.size > 1 else 1, unit="ns")
    close = pd.DataFrame({s: price for s, (price, _) in zip(symbols, columns, strict=True)}, index=index)
    wrapper = ArrayWrapper(index, symbols, 2, freq=freq, group_by=True)
    return vectorbt.Portfolio(wrapper, close, orders, np.zeros(0, log_dt), [float(result.run.cash)], True)


def _column(result: Frames, k: int, ts: Int64) -> tuple[Float64, pl.DataFrame]:
    """Closes of one instrument at the samples, and its orders."""
    fills, seen = result.run.tables["fills"], result.seen
    own = np.flatnonzero(fills["instrument"] == k)
    f, at, unit = fills[own], looked(ts, result.run.sample_every), float(seen.terms.points[k])
    rate = float(seen.rate(k, f["ts"][:1])[0])
    kept = f["why"] != Why.CLOSE_BY  # two tickets that end each other are no order; what they paid goes to the last one
    fees = np.zeros(int(kept.sum()))
    np.add.at(fees, np.cumsum(kept) - 1, f["commission"] + _beside(result, rate * unit)[own])
    f = f[kept]
    rows = pl.DataFrame(
        {
            "idx": np.minimum(np.searchsorted(at, f["ts"]), ts.size - 1),
            "size": f["qty"] * unit,
            "price": f["price"] * rate,
            "fees": fees,
            "side": np.where(f["side"] > 0, 0, 1),
        }
    )
    long, short = held(fills, k, at)
    bid, ask = seen.at(k, at)
    return np.where(long > short, bid, np.where(short > long, ask, (bid + ask) / 2.0)) * rate, rows


def _beside(result: Frames, worth: float) -> Float64:
    """What each fill that closed something made less than the price alone would have made at `worth` a unit of it."""
    fills, t = result.run.tables["fills"], result.run.tables["trades"]
    beside = np.zeros(fills.size)
    closing = np.flatnonzero(fills["closed_qty"] > 0.0)  # the tape has one trade for each, in order
    beside[closing] = t["side"] * (t["exit_price"] - t["entry_price"]) * t["qty"] * worth - t["pnl"] - t["swap"]
    return beside
