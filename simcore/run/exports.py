"""A run as other packages read it: daily returns, positions and transactions for quantstats and pyfolio.

Assumes their conventions: pandas, dates without a zone, money in account currency. A trading day is that of
`report.daily`. Leverage shows as cash below zero, because neither package knows margin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from simcore.report.curve import Int64, stamped
from simcore.report.daily import daily_returns, trading_days
from simcore.report.sheet import nanoseconds
from simcore.run.exposure import values
from simcore.run.frames import Frames
from simcore.run.seen import looked

if TYPE_CHECKING:
    import pandas as pd


def returns(run: Frames) -> pd.Series:
    """Simple returns by trading day, named by the strategy; cash paid in or out is no return."""
    import pandas as pd

    line = run.line
    days, found = daily_returns(line.ends, line.samples, float(line.free[0]))
    return pd.Series(found, index=dates(days), name=run.run.strategy)


def positions(run: Frames) -> pd.DataFrame:
    """Net value of each instrument at the last sample of each trading day, and cash: together the equity."""
    import pandas as pd

    ts, bars = nanoseconds(run.equity["ts"]), run.seen.bars
    days = trading_days(ts if bars is None else stamped(ts, bars) + 1)
    last = np.append(np.flatnonzero(np.diff(days)), days.size - 1)
    equity = run.equity["equity"].to_numpy()[last]
    found = values(run.run.tables["fills"], run.seen, looked(ts, run.run.sample_every)[last])
    columns = {run.run.feed.symbols[k]: long - short for k, (long, short) in found.items()}
    held = np.sum(list(columns.values()), axis=0) if columns else np.zeros(last.size)
    return pd.DataFrame({**columns, "cash": equity - held}, index=dates(days[last]))


def transactions(run: Frames) -> pd.DataFrame:
    """One row a fill: symbol, amount (signed, in units), price (account currency), txn_dollars = -amount * price."""
    import pandas as pd

    fills = run.fills.filter(pl.col("why") != "close_by")
    points = dict(zip(run.run.feed.symbols, run.seen.terms.points, strict=True))
    side = fills["side"].to_numpy()
    amount = side * fills["qty"].to_numpy() * np.array([points[s] for s in fills["symbol"]])
    value = side * fills["value"].to_numpy()
    price = np.divide(value, amount, out=np.zeros(amount.size), where=amount != 0.0)
    index = pd.DatetimeIndex(nanoseconds(fills["ts"]).astype("datetime64[ns]"), name="date")
    columns = {"symbol": fills["symbol"].to_list(), "amount": amount, "price": price, "txn_dollars": -value}
    return pd.DataFrame(columns, index=index)


def pyfolio(run: Frames) -> dict[str, Any]:
    """returns, positions and transactions with their times in UTC, which pyfolio's tear sheets need of all three."""
    found = {"returns": returns(run), "positions": positions(run), "transactions": transactions(run)}
    return {name: one.tz_localize("UTC") for name, one in found.items()}


def dates(days: Int64) -> pd.DatetimeIndex:
    """Days since 1970 as pandas has dates."""
    import pandas as pd

    return pd.DatetimeIndex(days.astype("datetime64[D]").astype("datetime64[ns]"), name="date")
