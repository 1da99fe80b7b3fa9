"""Margin: MetaTrader 5's and 4's formulas, conversion, rates, netting and hedging accounts, FORTS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from simcore.brokers.currencies import fx_pair
from simcore.brokers.instrument import Instrument
from simcore.brokers.whatif import Account
from simcore.conformance.kinds import (
    EXACT,
    Got,
    Inputs,
    account,
    case,
    crosses,
    fixed,
    instrument,
    mode_of,
    price_of,
    quotes_in,
)

PLAIN: Final = 1.0  # a price for what has no price in its margin
LOT: Final = 100_000.0


@case(
    "mt5-forex", "mt5-forexnolev", "mt5-cfd", "mt5-cfdindex", "mt5-stocks", "mt5-xau-seed", "mt5-fixed-forex",
    "mt4-forex", "mt4-cfd",
)  # fmt: skip
def one_order(x: Inputs) -> Got:
    """One order by itself, in its margin currency."""
    symbol = str(x.get("symbol", "EURUSD" if str(mode_of(x)).startswith("forex") else "X"))
    pair = fx_pair(symbol) if str(mode_of(x)).startswith("forex") else None
    currency = x.get("quote", pair[0] if pair else "USD")
    over: dict[str, Any] = {"kind": "fx" if pair else "cfd", "quote": None if pair else currency}
    if "tick_size" in x:
        over |= {"price_digits": None, "price_increment": x["tick_size"]}
    if "rate" in x:
        over["margin_rates"] = {x.get("side", "buy"): x["rate"]}
    one = instrument(x, symbol, **over)
    price = price_of(x, PLAIN)
    held = account(x, one, currency=currency)
    held.quote(symbol, price)
    return {"margin": held.margin(symbol, x.get("side", "buy"), x["lots"], price), "currency": currency}


@case("mt5-spec-fxpro", "mt5-calcmargin")
def at_a_broker(x: Inputs) -> Got:
    """Margin of a pair in the deposit currency at a stated rate of its base; of a metal at its price."""
    symbol, deposit = str(x["symbol"]), str(x["deposit"])
    one = instrument(x, quote=None) if fx_pair(symbol) else instrument(x, calc_mode="cfd_leverage", quote=deposit)
    quotes = quotes_in(x)
    bid, ask = quotes.pop(symbol, (price_of(x, PLAIN),) * 2)
    rate = x.get("implied_base_to_usd")
    if rate is not None and deposit in (one.base, one.quote):
        bid = ask = float(rate)
    elif rate is not None:
        quotes[f"{one.base}{deposit}"] = (float(rate),) * 2
    held = account(x, one, *crosses(quotes), currency=deposit)
    for pair, quote in (quotes | {symbol: (bid, ask)}).items():
        held.quote(pair, *quote)
    side = str(x.get("action", x.get("side", "buy"))).lower()
    return {"margin": held.margin(symbol, side, x["lots"], ask if side == "buy" else bid), "currency": deposit}


@case("mt5-convert")
def converted(x: Inputs) -> Got:
    """Margin that is known in its own currency, at the side of the cross that its order asks for."""
    quotes = quotes_in(x)
    known = fixed("X", x["margin_in_margin_ccy"], quote=x["margin_currency"])
    held = account(x, known, *crosses(quotes), currency=x["deposit_currency"])
    for pair, (bid, ask) in (quotes | {"X": (PLAIN, PLAIN)}).items():
        held.quote(pair, bid, ask)
    return {"margin": held.margin("X", x["side"], 1.0), "currency": x["deposit_currency"]}


@case("mt5-rate", "mt4-percentage")
def rated(x: Inputs) -> Got:
    """Margin times the rate of its order, or MetaTrader 4's percentage."""
    rate = x["percentage"] / 100.0 if "percentage" in x else x.get("long_margin_rate", x.get("short_margin_rate"))
    side = "sell" if "short_margin_rate" in x else "buy"
    held = account(x, fixed("X", x["margin"], margin_rates={side: rate}))
    held.quote("X", PLAIN)
    return {"margin": held.margin("X", side, 1.0)}


@case("mt5-hedged-basic", "mt4-hedged")
def covered(x: Inputs) -> Got:
    """Opposite positions: what covers each other, and the rest."""
    mode = mode_of(x, "forex")
    symbol = str(x.get("symbol", "EURUSD" if str(mode).startswith("forex") else "X"))
    over: dict[str, Any] = {"quote": None, "initial_margin": None, "calc_mode": mode}
    if "rate_buy" in x:
        over["margin_rates"] = {"buy": x["rate_buy"], "sell": x["rate_sell"]}
    if x.get("margin_initial"):
        over["initial_margin"] = x["margin_initial"]
    one = instrument(x, symbol, **over)
    sides = 2 if "hedged" in x else 1
    held = account(
        x, one, currency=x.get("deposit", one.margin_currency or "USD"), money_digits=EXACT, hedged_sides=sides
    )
    open_each(held, symbol, x["positions"])
    part = held.sides(symbol)
    total = held.figures["used_margin"]
    return {
        "uncovered_volume": part["uncovered_qty"], "covered_volume": part["covered_qty"],
        "wavg_covered": part["covered_price"], "wavg_uncovered": part["uncovered_price"],
        "rate_covered": part["covered_rate"], "rate_uncovered": part["uncovered_rate"],
        "margin_covered": part["covered_margin"], "margin_uncovered": part["uncovered_margin"],
        "margin_total": total, "margin": total, "charged_as_lots": held.lots_of(symbol, total),
    }  # fmt: skip


@case("mt4-to-mt5-hedged")
def migrated(x: Inputs) -> Got:
    """The hedged margin that asks on MetaTrader 5 for what MetaTrader 4's asks."""
    one = Instrument.fx("EURUSD", hedged_margin=x["mt4_hedged"])
    old = account({}, one, hedged_sides=2, currency="EUR", money_digits=EXACT)
    open_each(old, "EURUSD", [("buy", 1.0), ("sell", 1.0)])
    return {"mt5_hedged": old.figures["used_margin"] * old.broker.leverage}


@case("mt5-largerleg", "mt4-largerleg")
def larger_leg(x: Inputs) -> Got:
    """The side that needs more, with its pending orders; each order type at its own price."""
    mode = mode_of(x, "forex")
    symbol = str(x.get("symbol", "EURUSD" if str(mode).startswith("forex") else "X"))
    one = instrument(x, symbol, calc_mode=mode, quote=None, hedged_use_leg=True)
    currency = x.get("deposit", one.margin_currency or "USD")
    held = account(x, one, currency=currency, money_digits=EXACT, balance=1e9)
    open_each(held, symbol, x["positions"])
    both = held.sides(symbol)
    got = {"wavg_buy": both["long_price"], "wavg_sell": both["short_price"]}
    for name, side in (("buy", "buy"), ("sell", "sell")):
        only = account(x, one, currency=currency, money_digits=EXACT, balance=1e9)
        open_each(only, symbol, [p for p in x["positions"] if p[0] == side])
        got[f"margin_{name}_positions"] = positions = only.figures["used_margin"]
        place_each(only, symbol, [o for o in x.get("orders", ()) if o[0].startswith(side)])
        got["margin_long" if side == "buy" else "margin_short"] = total = only.figures["used_margin"]
        got[f"margin_{name}_orders"] = total - positions
    place_each(held, symbol, x.get("orders", ()))
    total = held.figures["used_margin"]
    legs = {"long_leg": got["margin_long"], "short_leg": got["margin_short"]}
    return got | legs | {"margin_total": total, "margin": total}


@case("mt5-samedir")
def same_direction(x: Inputs) -> Got:
    """Positions of one side and pending orders beside them."""
    one = instrument(x, "X", quote="USD")
    held = account(x, one, money_digits=EXACT, balance=1e9)
    open_each(held, "X", x["positions"])
    part = held.sides("X")
    place_each(held, "X", x["orders"])
    after = held.sides("X")
    return {
        "wavg_open": part["long_price"] or part["short_price"], "margin_positions": part["held_margin"],
        "margin_orders": after["order_margin"], "margin_total": held.figures["used_margin"],
    }  # fmt: skip


@case("mt5-hedged-fixed")
def hedged_fixed(x: Inputs) -> Got:
    """A fixed margin: initial to place, maintenance to keep, hedged margin for what is covered."""
    one = instrument(x, "X", calc_mode="cfd", quote=x["deposit"], contract_size=1.0)
    held = account(x, one)
    held.quote("X", PLAIN)
    (side, lots), (new_side, new_lots) = x["existing"], x["new_order"]
    held.open("X", side, lots, PLAIN)
    existing = held.figures["used_margin"]
    placed = held.used_with_fill("X", new_side, new_lots, PLAIN)
    held.open("X", new_side, new_lots, PLAIN)
    return {
        "margin_existing": existing,
        "margin_needed_to_place": placed,
        "margin_after_open": held.figures["used_margin"],
    }


@case("mt5-netting-pending")
def netting_order(x: Inputs) -> Got:
    """An opposite order on a netting account: while it is under way it can only add to the margin."""
    symbol = str(x["symbol"])
    one = instrument({"contract_size": LOT} | dict(x), quote=None)
    held = account(x, one, currency=x.get("deposit", one.base), balance=1e9)
    held.quote(symbol, PLAIN)
    (held_side, held_qty), (side, qty) = x["position"], x["order"]
    held.open(symbol, held_side, held_qty, PLAIN)
    margin = held.used_while_filling(symbol, side, qty)
    if x["order_state"] == "executed":
        held.open(symbol, side, qty, PLAIN)
        margin = held.figures["used_margin"]
    net = held.net_qty(symbol)
    return {"position": ["buy" if net > 0.0 else "sell", abs(net)], "margin": margin}


@case("mt5-forts")
def forts(x: Inputs) -> Got:
    """FORTS: the larger of the buy and the sell formula over position and orders."""
    symbol = "X"
    one = Instrument.future(
        symbol, quote="USD", calc_mode="exch_futures_forts", contract_size=1.0, price_increment=x["tick_size"],
        tick_value=x["tick_value"], settlement_price=x["settlement"], initial_margin=x["initial_margin_buy"],
        initial_margin_sell=x["initial_margin_sell"], margin_currency_rate=x["margin_currency_rate"],
    )  # fmt: skip
    held = account({"account": "netting"}, one, balance=1e9)
    position = x["position"]
    held.quote(symbol, position["open"])
    held.open(symbol, position["side"], position["volume"], position["open"])
    orders = [(o["type"], o["volume"], o["price"]) for o in x["orders"]]
    place_each(held, symbol, orders)
    part = held.sides(symbol)
    return {"margin_buy": part["buy_margin"], "margin_sell": part["sell_margin"], "margin": held.figures["used_margin"]}


def open_each(held: Account, symbol: str, positions: Iterable[Sequence[Any]]) -> None:
    """Book positions [side, lots(, price)] each at its own price."""
    for side, lots, *price in positions:
        at = float(price[0]) if price else PLAIN
        held.quote(symbol, at)
        held.open(symbol, side, lots, at)


def place_each(held: Account, symbol: str, orders: Iterable[Sequence[Any]]) -> None:
    """Send pending orders [type, lots, price], from a quote between those below the market and those above it.

    Where no price has them all waiting, each is sent from a quote of its own.
    """
    waiting = [(*str(name).partition("_")[::2], float(lots), float(price)) for name, lots, price in orders]
    below = [price for side, type, _, price in waiting if is_below(side, type)]
    above = [price for side, type, _, price in waiting if not is_below(side, type)]
    together = bool(below and above) and max(below) < min(above)
    for side, type, lots, price in waiting:
        market = price * (1.001 if is_below(side, type) else 0.999)
        held.quote(symbol, (max(below) + min(above)) / 2.0 if together else market)
        verdict = held.submit(symbol, side, lots, type=type, **{"limit" if "limit" in type else "stop": price})
        if not verdict.allowed:
            raise ValueError(f"{side}_{type} {lots:g} at {price:g}: {verdict.sentence}")


def is_below(side: str, type: str) -> bool:
    """Whether such an order waits below the market."""
    return (side == "buy") == (type == "limit")
