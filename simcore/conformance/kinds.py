"""Which function computes which kind of case, and what they share: accounts made from a case's inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from simcore.brokers.broker import Broker
from simcore.brokers.currencies import fx_pair
from simcore.brokers.instrument import Instrument, MarginRates
from simcore.brokers.statement import START
from simcore.brokers.whatif import Account
from simcore.kernel.enums import CalcMode

Inputs = Mapping[str, Any]
Got = dict[str, Any]
Compute = Callable[[Inputs], Got]

COMPUTE: Final[dict[str, Compute]] = {}
EXACT: Final = 8  # money digits of an account that shows a formula's result unrounded
MODES: Final = {mode.name.replace("_", "").lower(): mode.name.lower() for mode in CalcMode}  # however a case spells it


class Unsupported(Exception):
    """A case that cannot be computed, and why."""


def case(*kinds: str) -> Callable[[Compute], Compute]:
    """Registers the function for these kinds of case."""

    def register(compute: Compute) -> Compute:
        for kind in kinds:
            COMPUTE[kind] = compute
        return compute

    return register


def broker(x: Inputs, *, currency: str | None = None, **over: Any) -> Broker:
    """MetaTrader's rules with what the case states; nothing is called or stopped out unless asked for."""
    stated: dict[str, Any] = {
        "currency": currency or x.get("deposit", x.get("quote", "USD")),
        "leverage": x.get("leverage", x.get("account_leverage", 1)),
        "mode": "netting" if x.get("account") == "netting" else "hedging",
        "margin_call_level": None,
        "stop_out_level": None,
    }
    return Broker(**(stated | over))


def mode_of(x: Inputs, default: str | None = None) -> str | None:
    """The calculation mode a case names, in our words."""
    text = str(x.get("calc_mode") or x.get("mode") or default or "").lower().removeprefix("symbol_calc_mode_")
    return MODES.get(re.sub("[^a-z]", "", text), text) or None


def instrument(x: Inputs, symbol: str | None = None, **over: Any) -> Instrument:
    """The instrument of a case: a currency pair is Forex unless it says otherwise, anything else a CFD."""
    symbol = symbol or str(x.get("symbol", "X")).replace("_", "")
    pair = fx_pair(symbol)
    fields: dict[str, Any] = {"kind": "fx" if pair else "cfd", "calc_mode": mode_of(x), "qty_max": None}
    for theirs, ours in _FIELDS.items():
        if theirs in x:
            fields[ours] = x[theirs]
    if not pair:
        fields["quote"] = x.get("quote")
    if "digits" in x or "point" in x:
        fields["price_increment"] = x.get("point", 10.0 ** -int(x.get("digits", 5)))
    else:
        fields["price_digits"] = 8  # prices as the case prints them, off no grid
    fields |= over
    return Instrument(symbol=symbol, **{name: one for name, one in fields.items() if one is not None})


def price_of(x: Inputs, default: float) -> float:
    """The price a case states: its own, or the side of the quote that the order asks for."""
    sides = ("ask", "bid") if str(x.get("side", "buy")).lower() == "buy" else ("bid", "ask")
    return float(next((x[name] for name in ("price", *sides) if name in x), default))


def quotes_in(x: Inputs) -> dict[str, tuple[float, float]]:
    """(bid, ask) of the pairs a case states, as EURUSD, EURUSD_bid or implied_EURUSD_ask; one side stands for both."""
    found: dict[str, dict[str, float]] = {}
    for name, value in x.items():
        pair, _, side = name.removeprefix("implied_").partition("_")
        if len(pair) == 6 and fx_pair(pair) and side in ("", "bid", "ask"):
            found.setdefault(pair, {})[side or "bid"] = float(value)
    return {
        pair: (one.get("bid", one.get("ask", 0.0)), one.get("ask", one.get("bid", 0.0))) for pair, one in found.items()
    }


def crosses(quotes: Mapping[str, Any]) -> list[Instrument]:
    """The pairs that convert, with prices as they are printed."""
    return [Instrument.fx(pair, price_digits=8) for pair in quotes]


_FIELDS: Final = {
    "contract_size": "contract_size", "tick_value": "tick_value", "margin_initial": "initial_margin",
    "margin_maintenance": "maintenance_margin", "margin_hedged": "hedged_margin", "hedged": "hedged_margin",
}  # fmt: skip


def account(
    x: Inputs, *instruments: Instrument, balance: float = 0.0, credit: float = 0.0, start: int = START,
    acts: bool = True, **over: Any,
) -> Account:  # fmt: skip
    """An account that trades these under MetaTrader's rules, changed as the case states."""
    rules = broker(x, **over)
    return Account(rules, list(instruments), balance=balance, credit=credit, start=start, acts=acts)


def fixed(symbol: str, margin: float = 0.0, **over: Any) -> Instrument:
    """An instrument whose margin is this much money per unit, and a point of whose price is one unit of money."""
    rates = {} if margin else {"margin_rates": dict.fromkeys(MarginRates.model_fields, 0.0)}
    fields: dict[str, Any] = {"calc_mode": "cfd", "contract_size": 1.0, "price_digits": 8, **rates, **over}
    return Instrument.cfd(symbol, initial_margin=margin, **fields)


def stated(balance: float, profit: float, margins: list[float], x: Inputs, **over: Any) -> Account:
    """An account of which only sums are known: its balance, its floating profit, and what margin is used."""
    parts = [fixed(f"MARGIN{n}", margin) for n, margin in enumerate(margins) if margin]
    held = account(x, fixed("PROFIT"), *parts, balance=balance, acts=False, **over)
    base = 10.0 * abs(profit) + 1.0
    held.quote("PROFIT", base + profit)
    held.open("PROFIT", "buy", 1.0, base)
    for one in parts:
        held.quote(one.symbol, 1.0)
        held.open(one.symbol, "buy", 1.0, 1.0)
    return held


def per_cent(ratio: float) -> float:
    """A margin level as MetaTrader's API has it: per cent, 0 with nothing used."""
    return 0.0 if ratio == float("inf") else ratio * 100.0
