"""Floating leverage: MetaTrader 5's tiers by volume and by notional, in the rule's own currency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from simcore.conformance.kinds import EXACT, Got, Inputs, account, case, crosses, fixed, instrument, quotes_in
from simcore.conformance.margin import PLAIN, open_each, place_each


@case("mt5-floating-volume")
def floating_by_volume(x: Inputs) -> Got:
    """Tiers that count lots: of one instrument with its orders, or of several whose margins are known."""
    tiers = _tiers(x["tiers"])
    if "positions" in x:
        instruments = [fixed(symbol, margin / lots, quote="USD") for _, lots, symbol, margin in x["positions"]]
        deals = [(symbol, side, lots) for side, lots, symbol, _ in x["positions"]]
    else:
        instruments, deals = [instrument({"calc_mode": "forex"} | dict(x), quote=None)], [(x["symbol"], *x["position"])]
    found = []
    for rules in (None, {"rules": [{"range": x["range"], "tiers": tiers}]}):
        held = account(x, *instruments, balance=1e9, dynamic_leverage=rules)
        for symbol, side, lots in deals:
            held.quote(symbol, PLAIN)
            held.open(symbol, side, lots, PLAIN)
        if "order" in x:
            name, lots = x["order"]
            place_each(held, x["symbol"], [(name, lots, PLAIN)])
        found.append(held.figures["used_margin"])
    return {"base_margin": found[0], "margin": found[1], "margin_per_lot": held.margin_per_lot(deals[0][0])}


@case("mt5-floating-notional")
def floating_by_notional(x: Inputs) -> Got:
    """Tiers that count money at the opening price; covered lots count as their hedged margin does."""
    symbol = str(x["symbol"])
    one = instrument({"calc_mode": "forex"} | dict(x), symbol, quote=None)
    plain = account(x, one, money_digits=EXACT)
    open_each(plain, symbol, x["positions"])
    part = plain.sides(symbol)
    got: Got = {"uncovered": part["uncovered_qty"], "covered": part["covered_qty"]}
    got["margin_usd"] = plain.figures["used_margin"]
    own = account(x, one, currency=one.base, money_digits=EXACT)
    open_each(own, symbol, x["positions"])
    got["margin_eur"] = own.figures["used_margin"]
    if "tiers_usd" not in x:
        return got
    by_lots = {"rules": [{"range": "volume", "tiers": [{"initial": 1.0}]}]}
    lots = account(x, one, money_digits=EXACT, dynamic_leverage=by_lots)
    open_each(lots, symbol, x["positions"])
    rules = {"rules": [{"range": x["range"], "currency": "USD", "tiers": _tiers(x["tiers_usd"])}]}
    held = account(x, one, money_digits=EXACT, dynamic_leverage=rules)
    open_each(held, symbol, x["positions"])
    notional, levels = held.tiers(symbol)
    got |= {"effective_lots": lots.tiers(symbol)[0], "notional_usd": notional, "level_margins": levels}
    return got | {"margin": held.figures["used_margin"]}


@case("mt5-floating-conv")
def floating_converted(x: Inputs) -> Got:
    """Tiers in another currency than the instrument's."""
    symbol, lots = str(x["symbol"]), float(x["lots"])
    one = instrument({"calc_mode": "forex"} | dict(x), symbol, quote=None)
    quotes = quotes_in(x)
    own = f"{x['rule_ccy']}{one.quote}"  # for its profit, which is none
    if own not in quotes and one.quote != x["rule_ccy"]:
        quotes[own] = (PLAIN, PLAIN)
    rules = {"rules": [{"range": "notional", "currency": x["rule_ccy"], "tiers": _tiers(x["tiers"])}]}
    currency = x.get("deposit", x["rule_ccy"])
    held = account(x, one, *crosses(quotes), currency=currency, money_digits=EXACT, dynamic_leverage=rules)
    for pair, (bid, ask) in (quotes | {symbol: (PLAIN, PLAIN)}).items():
        held.quote(pair, bid, ask)
    held.open(symbol, x.get("side", "buy"), lots, PLAIN)
    return {"notional_usd": held.tiers(symbol)[0], "margin": held.figures["used_margin"]}


def _tiers(rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """[bound, rate] rows as tiers of a rule."""
    return [{"up_to": bound, "initial": rate} for bound, rate in rows]
