"""What trades made and how far they went, and what fills paid for the spread, in account currency."""

from __future__ import annotations

import numpy as np

from simcore.kernel.enums import Why
from simcore.report.curve import Float64
from simcore.report.sheet import Columns
from simcore.run import Run, Table
from simcore.run.seen import Seen, by_instrument


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
    for k, at in by_instrument(t).items():
        ts, by_other = t["ts"][at], t["why"][at] == Why.CLOSE_BY
        bid, ask = seen.at(k, ts)
        qty, points, rate = t["qty"][at], seen.terms.points[k], seen.rate(k, ts)
        for name, price in (("spread", (ask - bid) / 2.0), ("value", t["price"][at])):
            found[name][at] = np.where(by_other, 0.0, price) * qty * points * rate
    return {name: np.round(money, run.broker.money_digits) for name, money in found.items()}


def _excursions(t: Table, seen: Seen) -> tuple[Float64, Float64]:
    """How far the price went against each trade (<= 0) and for it (>= 0)."""
    low, high = seen.low - t["entry_price"], seen.high - t["entry_price"]
    long = t["side"] > 0
    return np.minimum(np.where(long, low, -high), 0.0), np.maximum(np.where(long, high, -low), 0.0)
