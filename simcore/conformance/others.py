"""OANDA, Trading 212 and the regulators' margin classes."""

from __future__ import annotations

from typing import Any

from simcore.brokers.instrument import Instrument
from simcore.brokers.trading212 import account_status
from simcore.conformance.kinds import EXACT, Got, Inputs, account, case, fixed, stated


@case("oanda-v20", "oanda-mt5")
def oanda(x: Inputs) -> Got:
    """One position, valued and margined as the platform does: v20 at mid and anew, MT5 at the side it was opened at."""
    v20 = "instrument" in x  # as each platform calls it
    symbol = str(x.get("instrument", x.get("symbol"))).replace("_", "")
    one = Instrument.fx(symbol, contract_size=1.0, qty_max=None, qty_min=1.0, price_digits=8,
                        margin_rates=dict.fromkeys(("buy", "sell"), x["margin_rate"]))  # fmt: skip
    rules: dict[str, Any] = {"valuation": "mid", "margin_basis": "current", "conversion": "mid"} if v20 else {}
    held = account(x, one, currency=x["home"], leverage=1.0, balance=x["balance"], stop_out_level=0.5, **rules)
    held.quote(symbol, x["bid"], x["ask"])
    held.open(symbol, "buy" if x["units"] > 0 else "sell", abs(x["units"]), x["trade_price"])
    held.quote(symbol, x["bid"], x["ask"])
    now = held.figures
    return {
        "margin_used": now["used_margin"], "margin": now["used_margin"], "unrealized_pl_mid": now["unrealized_pnl"],
        "upl": now["unrealized_pnl"], "nav_mid": now["equity"], "equity": now["equity"],
        "margin_available": now["free_margin"], "free_margin": now["free_margin"],
        "margin_closeout_percent": 100.0 * held.closeout_share, "margin_level": 100.0 * now["margin_level"],
    }  # fmt: skip


@case("t212")
def trading_212(x: Inputs) -> Got:
    """Account status: above 50 it has funds to spare, at 25 equity is half the margin and positions close."""
    held = stated(x["total_funds"], 0.0, [x["margin"]], {}, stop_out_level=0.5)
    now = held.figures
    status = account_status(now["equity"], now["used_margin"])
    return {"account_status": status, "stop_out": held.closeout_share >= 1.0}


@case("esma", "esma-class", "nfa")
def regulated(x: Inputs) -> Got:
    """Initial margin of a class, and the funds at which a retail account is closed out."""
    notional = float(x.get("notional", x.get("notional_usd", 0.0)))
    rate = x.get("class_margin", x.get("rate"))
    one = Instrument.cfd("X", quote="USD", calc_mode="cfd", price_digits=8,
                         margin_rates={"buy": rate, "sell": rate})  # fmt: skip
    held = account(x, one, fixed("FUNDS"), currency="USD", balance=notional, stop_out_level=0.5, money_digits=EXACT)
    held.quote("X", notional)
    held.open("X", "buy", 1.0, notional)
    held.quote("FUNDS", notional)
    held.open("FUNDS", "buy", 1.0, notional)
    margin = held.figures["used_margin"]
    return {"initial_margin": margin, "security_deposit": margin, "closeout_funds": held.liquidation_price("FUNDS")}
