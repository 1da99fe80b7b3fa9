"""What regulators ask of an account, from the table of the rules: the least initial margin, half of it, no debt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from simcore.kernel.enums import CalcMode

from .rules import Rules
from .terms import ONE, ZERO, Terms

LAST_DAY = dt.date(2024, 7, 3)  # of the data
RETAIL = ("esma-retail", "fca-retail", "asic-retail")
PER_CENT = {"gold": "5", "index_major": "5", "metal": "10", "commodity": "10", "index_minor": "10", "crypto": "50"}
MAJORS = {"USD", "EUR", "JPY", "GBP", "CAD", "CHF"}
TEN = {"GBP", "CHF", "CAD", "JPY", "EUR", "AUD", "NZD", "SEK", "NOK", "DKK"}  # against the dollar and each other
LEVERED = (CalcMode.FOREX, CalcMode.CFD_LEVERAGE)
MONEY_PER_LOT = (
    CalcMode.FUTURES,
    CalcMode.EXCH_FUTURES,
    CalcMode.EXCH_FUTURES_FORTS,
    CalcMode.EXCH_OPTIONS,
    CalcMode.SERV_COLLATERAL,
)


def day_of(broker: Mapping[str, Any]) -> dt.date:
    """The day whose rules hold: one that was chosen, or the last of the data."""
    text = broker.get("as_of")
    return LAST_DAY if text is None else dt.date.fromisoformat(text)


def regulated(rules: Rules, regime: str) -> Rules:
    """Retail clients are closed out at half of what is required, at the latest, and never owe anything."""
    if regime not in RETAIL:
        return rules
    level = max(Decimal("0.5"), rules.stop_out_level or ZERO)
    return replace(rules, stop_out_level=level, negative_balance_protection=True)


def least_margin(t: Terms, regime: str, day: dt.date) -> Decimal:
    """Share of the notional that has to be put up; 0: the broker's own."""
    pair = {str(t.base), t.quote}
    forex = t.asset_class == "fx"
    if regime in RETAIL:
        majors = MAJORS | ({"AUD"} if regime == "asic-retail" else set())
        if forex:
            return ONE / 30 if pair <= majors else ONE / 20
        return Decimal(PER_CENT.get(t.asset_class, "20")) / 100
    if regime == "nfa":
        if forex and "GBP" in pair and day >= dt.date(2021, 8, 10):
            return max(Decimal("0.03"), _nfa(pair))
        return _nfa(pair) if forex else Decimal("0.05")
    if regime == "japan" and t.asset_class == "crypto" and day >= dt.date(2020, 5, 1):
        return Decimal("0.5")
    flat = {"japan": "0.02" if day < dt.date(2011, 8, 1) else "0.04", "mas": "0.05", "mas-accredited": "0.02"}
    return Decimal(flat.get(regime, "0"))


def _nfa(pair: set[str]) -> Decimal:
    return Decimal("0.02") if pair <= TEN | {"USD"} else Decimal("0.05")


def under(t: Terms, rules: Rules, least: Decimal) -> Terms:
    """The instrument with margin rates that leave no less than the least share of its notional."""
    levered, cfd_on_future = t.mode in LEVERED, t.mode == CalcMode.FUTURES and t.kind != "future"
    of_an_exchange = t.mode in MONEY_PER_LOT and not cfd_on_future
    if not least or of_an_exchange or (rules.exchange and not levered):
        return t
    if t.has_fixed_margin:
        return replace(t, least=least)
    floor = least * rules.leverage_of(t) if levered else least
    rates = {}
    for name, (initial, kept) in t.margin_rates.items():
        opens = name in ("buy", "sell")
        first = max(initial, floor) if initial > 0 or opens else ZERO
        rates[name] = (first, max(kept, floor) if kept > 0 else ZERO)
    return replace(t, margin_rates=rates)
