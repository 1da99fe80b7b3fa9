"""An account at one instant, figure by figure: what it holds, what each position is worth, what each margin is made of.

Every figure is read from the engine or asked of it; only the words around them are made here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from simcore.explain.evidence import Evidence
from simcore.explain.margin import MANY, margin_terms
from simcore.kernel.engine import Engine
from simcore.kernel.enums import OrderType, Status, Valuation
from simcore.run import Run
from simcore.run.seen import Terms

ALIVE: Final = [int(status) for status in (Status.SUBMITTED, Status.ACCEPTED, Status.PARTIALLY_FILLED)]


def standing(of: Evidence, engine: Engine) -> dict[str, Any]:
    """The account as `engine` has it: figures, quotes, positions, orders, and the margin of each instrument."""
    run, terms, positions, orders = of.run, of.terms, engine.state.positions, engine.state.orders
    held = _by_id(positions[positions["id"] > 0])
    working = _by_id(orders[(orders["id"] > 0) & np.isin(orders["status"], ALIVE)])
    instruments = []
    for k, one in enumerate(run.instruments):
        own = [p for p in held if p["instrument"] == k]
        sent = [o for o in working if o["instrument"] == k]
        quote = engine.state.instruments[k]
        if own or sent:
            reserving = [o for o in sent if o["margin"] > 0.0]
            margin = margin_terms(engine, terms.rules, terms.rows[k], k, own, reserving, one.price_digits)
            instruments.append({"symbol": one.symbol, "bid": float(quote["bid"]), "ask": float(quote["ask"]), **margin})
    return {
        **engine.figures(),
        "ts": int(engine.state.head["now"]),
        "positions": [_position(run, engine, terms, p) for p in held],
        "orders": [_order(run, o) for o in working],
        "instruments": instruments,
    }


def _by_id(rows: Any) -> Any:
    return rows[np.argsort(rows["id"])]


def _position(run: Run, engine: Engine, terms: Terms, p: Any) -> dict[str, Any]:
    k, side, qty, price = int(p["instrument"]), int(p["side"]), float(p["qty"]), float(p["price"])
    close = value_price(terms.rules, engine.state.instruments[k], side)

    def profit(lots: float) -> float:
        return float(engine.call["profit"](*engine.pointers[:2], k, side, price, close, lots))

    gross, rate = profit(qty), 1.0
    raw = side * (close - price) * terms.points[k] * qty
    if terms.rows[k]["profit_path"]["n"]:
        asked = float(engine.call["rate_of"](*engine.pointers[:2], k, 0, 0))
        rate = round(profit(qty * MANY) / (raw * MANY), 8) if abs(raw) > 1e-9 else asked
    return {
        "ticket": int(p["id"]),
        "symbol": run.instruments[k].symbol,
        "side": side,
        "qty": qty,
        "price": price,
        "close_price": close,
        "units": float(terms.points[k]),
        "rate": rate,
        "pnl": gross,
        "factors_agree": abs(raw * rate - gross) * terms.rules["money_scale"]
        < 2.0,  # each leg of a pair is rounded to money by itself
        "swap": float(p["swap"]),
        "sl": _given(p["sl"]),
        "tp": _given(p["tp"]),
        "margin_rate": float(p["margin_rate"]),
    }


def value_price(rules: Any, quote: Any, side: int) -> float:
    """The price that a position of this side is valued at."""
    if rules["valuation"] == Valuation.MID:
        return float((quote["bid"] + quote["ask"]) * 0.5)
    if rules["valuation"] == Valuation.LAST and quote["last"] > 0.0:
        return float(quote["last"])
    return float(quote["bid"] if side > 0 else quote["ask"])


def _order(run: Run, o: Any) -> dict[str, Any]:
    return {
        "id": int(o["id"]),
        "symbol": run.instruments[int(o["instrument"])].symbol,
        "side": int(o["side"]),
        "type": OrderType(int(o["type"])).name.lower(),
        "qty": float(o["qty"]),
        "filled": float(o["filled"]),
        "limit": _given(o["limit"]),
        "stop": _given(o["stop"]),
        "margin": float(o["margin"]),
    }


def _given(price: Any) -> float | None:
    return None if price != price else float(price)
