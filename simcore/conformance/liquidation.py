"""Liquidation: what MetaTrader 5 deletes and closes, in which order, and what is left."""

from __future__ import annotations

from typing import Any, Final

from simcore.brokers.instrument import Instrument
from simcore.brokers.whatif import Account
from simcore.conformance.kinds import EXACT, Got, Inputs, account, case, fixed

AMPLE: Final = 1e6
HIGH: Final = 1e6  # an opening price that leaves room for any loss


@case("mt5-so-order")
def order_of_actions(x: Inputs) -> Got:
    """Everything is deleted and closed, one after the other, as the broker would."""
    positions = {f"P{n}": one for n, one in enumerate(x["positions"])}
    orders = {f"O{n}": one for n, one in enumerate(x.get("pending_orders", ()))}
    margin = 1.0 + sum(abs(one["profit"]) for one in x["positions"])
    instruments = [fixed(name, margin) for name in positions]
    instruments += [fixed(name, one["margin"]) for name, one in orders.items()]
    held = account(x, *instruments, balance=AMPLE, margin_call_level=None, stop_out_level=1e-9)
    for name in orders:
        held.quote(name, 2.0)
        held.submit(name, "buy", 1.0, type="limit", limit=1.0)
    for name, one in positions.items():
        held.quote(name, HIGH + one["profit"])
        held.open(name, "buy", 1.0, HIGH)
    held.withdraw(held.figures["equity"])
    names = {name: f"position {one['id']}" for name, one in positions.items()}
    names |= {name: f"order {one['id']}" for name, one in orders.items()}
    words = {"stop_out": "close", "stop_out_order": "delete"}
    told = [(event["type"], names[event["symbol"]]) for event in held.events if event["type"] in words]
    closed = [name.partition(" ")[2] for kind, name in told if kind == "stop_out"]
    gone = {name for _, name in told}
    return {
        "sequence": [f"{words[kind]} {name}" for kind, name in told],
        "never_deleted": [names[name] for name in orders if names[name] not in gone],
        "first_closed": closed[0] if closed else None,
    }


@case("mt5-so-partial")
def in_parts(x: Inputs) -> Got:
    """A position beyond the largest volume of one deal."""
    most = float(x["volume_max"])
    one = Instrument.cfd("X", quote="USD", initial_margin=1.0, qty_max=most, calc_mode="cfd")
    held = account(x, one, balance=AMPLE, stop_out_level=1e-9, stop_out_splits=x["account_type"] == "real")
    held.quote("X", HIGH)
    held.open("X", "buy", float(x["position_volume"]), HIGH)
    held.withdraw(held.figures["equity"])
    parts = [event["qty"] for event in held.events if event.get("why") == "stop_out"]
    return {"first_close": parts[0], "second_close_if_still_below": parts[1] if len(parts) > 1 else None}


@case("mt5-so-compensation")
def compensated(x: Inputs) -> Got:
    """A balance below zero after the last forced close."""
    debt = float(x["balance_after_last_so_close"])
    loss = AMPLE - debt
    protected = bool(x["compensate_negative_balance"])
    held = account(x, fixed("X", AMPLE), balance=AMPLE, stop_out_level=0.5, negative_balance_protection=protected)
    held.quote("X", 2.0 * loss)
    held.open("X", "buy", 1.0, 2.0 * loss)
    held.quote("X", loss)
    amount = sum(event["amount"] for event in held.events if event["type"] == "balance_compensation")
    operation = "so compensation" if amount else None
    return {"operation": operation, "amount": amount, "balance": held.figures["balance"]}


@case("mt4-fxchoice")
def called_and_closed(x: Inputs) -> Got:
    """A position's margin, and the equity at which the broker calls and closes."""
    symbol = str(x["symbol"])
    one = Instrument.fx(symbol)
    levels = {"margin_call_level": x["margin_call_pct"] / 100.0, "stop_out_level": x["stop_out_pct"] / 100.0}
    found: dict[str, Any] = {}
    for name, level in levels.items():
        rules = {"hedged_sides": 2, "stop_out_level": level, "money_digits": EXACT}
        held: Account = account(x, one, fixed("PROFIT"), balance=AMPLE, **rules)
        price = float(x.get("price", x.get(symbol, 1.0)))
        held.quote(symbol, price)
        held.open(symbol, "buy", x["lots"], price)
        held.quote("PROFIT", HIGH)
        held.open("PROFIT", "buy", 1.0, HIGH)
        found["margin"] = held.figures["used_margin"]
        lost = HIGH - held.liquidation_price("PROFIT")
        found["margin_call_equity" if name == "margin_call_level" else "stop_out_equity"] = AMPLE - lost
    return found
