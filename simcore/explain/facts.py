"""What is said about an order and about a stop-out: read from the tape, and tried on a copy of the account."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from simcore.explain.evidence import Evidence, Moment
from simcore.explain.margin import order_alone
from simcore.explain.replay import Sent
from simcore.explain.standing import standing
from simcore.kernel.enums import EventKind, OrderType, Reason, Status
from simcore.run import Run

MONEY: Final = (
    Reason.NO_MONEY,
    Reason.NO_MONEY_AT_TRIGGER,
    Reason.GATE_MARGIN_LEVEL,
    Reason.GATE_FREE_MARGIN,
    Reason.LIMIT_LEVERAGE,
)
REFUSED: Final = (Status.REJECTED, Status.DENIED)
ACTIONS: Final = (EventKind.STOP_OUT, EventKind.STOP_OUT_ORDER)
_RATE_ROW: Final = {OrderType.LIMIT: 2, OrderType.STOP: 4, OrderType.TRAILING_STOP: 4, OrderType.STOP_LIMIT: 6}


def history(of: Evidence, order: int) -> list[dict[str, Any]]:
    """Every change of the order's status: when, and to what."""
    rows = of.changes(order)
    return [
        {"ts": int(row["at"]), "status": Status(int(o["status"])).name, "filled": float(o["filled"])}
        for row, o in zip(rows, rows["order"], strict=True)
    ]


def fills(of: Evidence, order: int) -> list[dict[str, Any]]:
    """The order's executions beside the quote that stood."""
    found = []
    for row in of.fills(order):
        bid, ask = of.result.seen.at(int(row["instrument"]), np.array([row["ts"]]))
        names = ("ts", "side", "qty", "price", "slippage", "commission", "pnl", "swap", "closed_qty", "balance")
        told = {name: row[name].item() for name in names}
        found.append({**told, "bid": float(bid[0]), "ask": float(ask[0]), "maker": bool(row["maker"])})
    return found


def exits(of: Evidence, order: int) -> list[dict[str, Any]]:
    """How the position that this order opened was closed."""
    numbers = of.exits(order)
    why = of.result.trades["why"]
    return [
        {"ts": int(row["exit_ts"]), "position": int(row["position"]), "qty": float(row["qty"]),
         "price": float(row["exit_price"]), "pnl": float(row["pnl"]), "why": why[int(i)]}
        for i, row in zip(numbers, of.run.tables["trades"][numbers], strict=True)
    ]  # fmt: skip


def refusal(of: Evidence, sent: Sent | None, order: dict[str, Any]) -> dict[str, Any] | None:
    """Why the order was refused, its margin alone, and the most that would have been taken; None where it was not."""
    changes = of.changes(int(order["id"]))
    if order["reason"] is None or not (order["status"] in ("REJECTED", "DENIED") or order["reason"] == "STOP_OUT"):
        return None
    told: dict[str, Any] = {"reason": order["reason"], "sentence": order["sentence"]}
    if changes.size == 0 or order["status"] not in ("REJECTED", "DENIED"):
        return told
    row = changes[-1]
    if Reason(int(row["order"]["reason"])) not in MONEY:
        return told
    if Reason(int(row["order"]["reason"])) in (Reason.NO_MONEY, Reason.NO_MONEY_AT_TRIGGER):
        short = float(row["a"]) + float(row["c"]) - float(row["b"])
        told |= {"needed": float(row["a"]), "free_margin": float(row["b"]), "commission": float(row["c"])}
        told["short_of"] = round(short, of.run.broker.money_digits)
    if sent is not None and sent.by_submit and row["at"] == row["order"]["ts"]:
        told["alone"] = _alone(of, sent.state, row["order"])
        told["max_qty"] = most(of, sent.state, row["order"])
    return told


def _alone(of: Evidence, state: bytes, o: Any) -> dict[str, Any]:
    k, side, kind = int(o["instrument"]), int(o["side"]), OrderType(int(o["type"]))
    engine = of.at(state)
    quote = engine.state.instruments[k]
    asked = {OrderType.MARKET: np.nan, OrderType.LIMIT: o["limit"], OrderType.STOP_LIMIT: o["limit"]}
    price = float(asked.get(kind, o["stop"]))
    if math.isnan(price):
        price = float(quote["ask"] if side > 0 else quote["bid"])
    row = _RATE_ROW.get(kind, 0) + (0 if side > 0 else 1)
    given = {"side": side, "type": int(kind), "qty": float(o["qty"]), "rate_row": row}
    digits = of.run.instruments[k].price_digits
    return order_alone(engine, of.terms.rules, of.terms.rows[k], k, given, price, digits)


def most(of: Evidence, state: bytes, o: Any) -> float:
    """The largest quantity of the very same order that the account would have taken then; 0 = none.

    The order is sent again and again to a copy of the account: the engine's own checks say yes or no.
    """
    t = of.terms.rows[int(o["instrument"])]
    step = float(t["qty_increment"])
    engine = of.at(state)

    def taken(n: int) -> bool:
        engine.state.restore(state)
        engine.state.head["draft"]["qty"] = round(n * step, 8)
        given = int(engine.call["submit"](*engine.pointers))
        changes = engine.tape.drain()["changes"]
        changes = changes[changes["order"]["id"] == given]
        return changes.size > 0 and int(changes[-1]["order"]["status"]) not in REFUSED

    low, high = max(round(float(t["qty_min"]) / step), 1), round(float(o["qty"]) / step)
    if not taken(low):
        return 0.0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if taken(middle) else (low, middle)
    return round(low * step, 8)


def stop_outs(of: Evidence, moments: list[Moment]) -> list[dict[str, Any]]:
    """Each stop-out of the instant: the account as it was met, every action with the level before and after it."""
    events = of.run.tables["events"]
    ts = moments[0].row[0] if moments else -1
    events = events[(events["ts"] == ts) & np.isin(events["kind"], ACTIONS)]
    found: list[dict[str, Any]] = []
    for moment in moments:
        if len(events) == 0:
            break
        met = standing(of, of.on_the_quote(moment))
        own = events if len(moments) == 1 else _own(events, met)
        if len(own) == 0:
            continue
        events = events[len(own) :]
        after = of.at(moment.after).figures()
        levels = [*(float(e["c"]) for e in own[1:]), after["margin_level"]]
        actions = [_action(of.run, met, e, level) for e, level in zip(own, levels, strict=True)]
        found.append({"ts": ts, "met": met, "actions": actions, "after": after})
    return found


def _own(events: Any, met: dict[str, Any]) -> Any:
    """The actions of this row: all of what it met that went, from the first whose figures are those it met."""
    if (float(events[0]["a"]), float(events[0]["b"])) != (met["equity"], met["used_margin"]):
        return events[:0]
    here = {p["ticket"] for p in met["positions"]} | {o["id"] for o in met["orders"]}
    n = 0
    while n < len(events) and int(events[n]["position"] or events[n]["order"]) in here:
        n += 1
    return events[:n]


def _action(run: Run, met: dict[str, Any], e: Any, level_after: float) -> dict[str, Any]:
    order = int(e["kind"]) == EventKind.STOP_OUT_ORDER
    told: dict[str, Any] = {
        "what": "order" if order else "position",
        "id": int(e["order"] if order else e["position"]),
        "symbol": run.instruments[int(e["instrument"])].symbol,
        "equity": float(e["a"]),
        "used_margin": float(e["b"]),
        "level_before": float(e["c"]),
        "level_after": level_after,
        "margin" if order else "pnl": float(e["d"]),
    }
    if not order:
        told["position"] = next((p for p in met["positions"] if p["ticket"] == told["id"]), None)
    return told
