"""Swaps: what a position costs or earns for one rollover."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from simcore.kernel.enums import SwapMode

from .account import BY_TICK, Account, Position
from .rules import FOREX_MODES, ZERO, Rules, Terms

REOPENING = (SwapMode.REOPEN_CURRENT, SwapMode.REOPEN_BID)


def days_charged(rules: Rules, t: Terms, day: dt.date) -> Decimal:
    """A holiday charges nothing, the day before it both."""
    if day in rules.holidays:
        return ZERO
    days = t.swap_days[day.weekday()]
    while (day := day + dt.timedelta(days=1)) in rules.holidays:
        days += t.swap_days[day.weekday()]
    return days


def swap_of(account: Account, p: Position, day: dt.date) -> Decimal:
    """In points, the value of a point is converted and rounded first."""
    t, money = account.terms[p.symbol], account.rules.money
    swap, days = t.swap_long if p.side > 0 else t.swap_short, days_charged(account.rules, t, day)
    if t.swap_mode in (SwapMode.DISABLED, *REOPENING):
        return ZERO
    if t.swap_mode == SwapMode.POINTS:
        rate = account.rate(t.quote, "bid" if swap >= 0 else "ask")
        point = t.tick_value if t.mode in BY_TICK else t.increment * t.contract_size
        return money(swap * money(point * p.qty * rate) * days)
    if t.swap_mode in (SwapMode.INTEREST_CURRENT, SwapMode.INTEREST_OPEN):
        return _interest(account, p, t, swap * days)
    return money(account.worst(swap * p.qty * days, _currency(account, t)))


def _interest(account: Account, p: Position, t: Terms, yearly: Decimal) -> Decimal:
    """Per cent a year of what the lots cost: in base currency (Forex), else at a price; buys at bid, sells at ask."""
    current = account.quotes[p.symbol].closing(p.side)
    price = current if t.swap_mode == SwapMode.INTEREST_CURRENT else p.price
    cost, currency = t.contract_size * price, t.quote
    if t.mode in FOREX_MODES:
        cost, currency = t.contract_size, t.margin_currency
    elif t.mode in BY_TICK:
        cost *= t.tick_value / t.increment
    rate = account.rate(currency, "bid" if p.side > 0 else "ask")
    return account.rules.money(cost * p.qty * yearly / 100 / t.swap_year * rate)


def _currency(account: Account, t: Terms) -> str:
    named = {
        SwapMode.CURRENCY_DEPOSIT: account.rules.currency,
        SwapMode.CURRENCY_BASE: t.base,
        SwapMode.CURRENCY_MARGIN: t.margin_currency,
    }
    return named.get(t.swap_mode) or t.quote
