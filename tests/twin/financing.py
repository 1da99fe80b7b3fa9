"""Swaps: what a position costs or earns for one rollover."""

from __future__ import annotations

from decimal import Decimal

from simcore.kernel.enums import SwapMode

from .account import Account, Position
from .rules import ZERO, Terms


def swap_of(account: Account, p: Position, weekday: int) -> Decimal:
    """In points, the value of a point is converted and rounded first."""
    t, money = account.terms[p.symbol], account.rules.money
    swap, days = t.swap_long if p.side > 0 else t.swap_short, t.swap_days[weekday]
    if t.swap_mode == SwapMode.DISABLED:
        return ZERO
    if t.swap_mode == SwapMode.POINTS:
        rate = account.rate(t.quote, "bid" if swap >= 0 else "ask")
        return money(swap * money(t.increment * t.contract_size * p.qty * rate) * days)
    amount = swap * p.qty
    if t.swap_mode in (SwapMode.INTEREST_CURRENT, SwapMode.INTEREST_OPEN):
        current = account.quotes[p.symbol].closing(p.side)
        price = current if t.swap_mode == SwapMode.INTEREST_CURRENT else p.price
        amount = t.contract_size * p.qty * price * swap / 100 / 360
    return money(account.worst(amount * days, _currency(account, t)))


def _currency(account: Account, t: Terms) -> str:
    named = {
        SwapMode.CURRENCY_DEPOSIT: account.rules.currency,
        SwapMode.CURRENCY_BASE: t.base,
        SwapMode.CURRENCY_MARGIN: t.margin_currency,
    }
    return named.get(t.swap_mode) or t.quote
