"""What trades made and how far they went, and what fills paid for the spread, in account currency."""

from __future__ import annotations

import numpy as np

from simcore.kernel.enums import Why
from simcore.report.curve import Float64
from simcore.report.sheet import Columns
from simcore.run import Run, Table
from simcore.run.seen import Seen


def made(run: Run, seen: Seen) -> Columns:
    """Columns of trades: net and return_pct after costs; mae and mfe in money, their _pct of the entry price."""
    t = run.tables["trades"]
    worst, best = _excursions(t, seen)
    value = t["qty"] * t["rate"] * seen.terms.points[t["instrument"]]  # of each 1.0 of price, as converted at the exit
    net = t["pnl"] + t["swap"] - t["commission"]
    notional = np.abs(value * t["entry_price"])
    return {
        "net": np.round(net, run.broker.money_digits),
        "return_pct": np.divide(100.0 * net, notional, out=np.zeros_like(net), where=notional > 0.0),
        "mae": worst * value,
        "mfe": best * value,
        "mae_pct": 100.0 * worst / t["entry_price"],
        "mfe_pct": 100.0 * best / t["entry_price"],
    }


def paid(run: Run, seen: Seen) -> Columns:
    """Columns of fills: half of the quoted spread, and the value traded, at the conversion that stood.

    A ticket closed by another meets no market: it pays no spread, and nothing is bought or sold.
    """
    t = run.tables["fills"]
    found = {name: np.zeros(t.size) for name in ("spread", "value")}
    for k in np.unique(t["instrument"]).tolist():
        at = np.flatnonzero(t["instrument"] == k)
        fills = t[at]
        bid, ask = seen.at(k, fills["ts"])
        points, rate = seen.terms.points[k], seen.rate(k, fills["ts"])
        for name, price in (("spread", (ask - bid) / 2.0), ("value", fills["price"])):
            found[name][at] = np.where(fills["why"] == Why.CLOSE_BY, 0.0, price) * fills["qty"] * points * rate
    return {name: np.round(money, run.broker.money_digits) for name, money in found.items()}


def _excursions(t: Table, seen: Seen) -> tuple[Float64, Float64]:
    """How far the price went against each trade (<= 0) and for it (>= 0)."""
    low, high = seen.low - t["entry_price"], seen.high - t["entry_price"]
    long = t["side"] > 0
    return np.minimum(np.where(long, low, -high), 0.0), np.maximum(np.where(long, high, -low), 0.0)
