"""Floating leverage: tiers multiply the plain margin of what a rule's instruments hold and have on order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from .terms import FOREX_MODES, ONE, ZERO, need, number

if TYPE_CHECKING:
    from .account import Account, Position
    from .margin import Parts, Reserve

INFINITE = Decimal("Infinity")


def rules_of(account: Account) -> dict[str, int]:
    """Number of the first rule that names an instrument, by symbol; instruments of none are left out."""
    found = {}
    for symbol in account.terms:
        for n, rule in enumerate(account.rules.levers):
            if any(fnmatchcase(symbol, pattern) for pattern in rule.get("symbols", ("*",))):
                found[symbol] = n
                break
    return found


def charged(
    account: Account,
    rules: Mapping[str, int],
    parts: Mapping[str, Parts],
    positions: list[Position],
    reserves: list[Reserve],
) -> Decimal:
    """What the tiers make of the plain margins."""
    total = ZERO
    for n, rule in enumerate(account.rules.levers):
        mine = [symbol for symbol in account.terms if rules.get(symbol) == n]
        together = rule.get("range", "volume") in ("volume", "notional")
        for symbols in [mine] if together else [[symbol] for symbol in mine]:
            held, orders = (sum((parts[s][part] for s in symbols), ZERO) for part in (0, 1))
            lots = sum((_held(account, rule, s, positions) for s in symbols), ZERO)
            waiting = sum((_waiting(account, rule, s, reserves) for s in symbols if parts[s][1] > 0), ZERO)
            total += _charge(account, rule, ZERO, lots, held, kept=True)
            total += _charge(account, rule, lots, waiting, orders, kept=False)
    return total


def _held(account: Account, rule: Mapping[str, Any], symbol: str, positions: list[Position]) -> Decimal:
    """What is held, as the rule counts it: the larger side, covered lots at hedged margin / contract size."""
    t = account.terms[symbol]
    legs = [[p for p in positions if p.symbol == symbol and p.side == side] for side in (1, -1)]
    qty = [sum((p.qty for p in leg), ZERO) for leg in legs]
    larger = 0 if qty[0] >= qty[1] else 1
    if qty[larger] == 0:
        return ZERO
    lots = qty[larger]
    if account.rules.hedging and not t.hedged_use_leg:
        lots = lots - min(qty) + min(qty) * t.hedged_margin / t.contract_size
    price = sum((p.qty * p.price for p in legs[larger]), ZERO) / qty[larger]
    return _counted(account, rule, symbol, lots, price)


def _waiting(account: Account, rule: Mapping[str, Any], symbol: str, reserves: list[Reserve]) -> Decimal:
    mine = [r for r in reserves if r.symbol == symbol and r.amount > 0]
    lots = sum((r.qty for r in mine), ZERO)
    if lots == 0:
        return ZERO
    return _counted(account, rule, symbol, lots, sum((r.qty * r.price for r in mine), ZERO) / lots)


def check_counted(account: Account, symbol: str) -> None:
    """Raises NoConversion where a rule counts the instrument in money that no quote converts yet."""
    rule = rules_of(account).get(symbol)
    if rule is not None:
        _counted(account, account.rules.levers[rule], symbol, ONE, ONE)


def _counted(account: Account, rule: Mapping[str, Any], symbol: str, lots: Decimal, price: Decimal) -> Decimal:
    if rule.get("range", "volume").startswith("volume"):
        return lots
    t = account.terms[symbol]
    forex = t.mode in FOREX_MODES
    amount = lots * t.contract_size * (1 if forex else price)
    to = rule.get("currency") or account.rules.currency
    return amount * account.rate(t.margin_currency if forex else t.quote, "ask", (symbol, price), to=to)


def _charge(
    account: Account, rule: Mapping[str, Any], start: Decimal, amount: Decimal, margin: Decimal, *, kept: bool
) -> Decimal:
    if amount <= 0:
        return ZERO
    each = margin / amount
    if rule.get("range", "volume").startswith("volume"):  # cut, as the published example is
        digit = ONE.scaleb(-account.rules.money_digits)
        each = (each + digit * Decimal("0.000001")).quantize(digit, ROUND_FLOOR)
    total = low = ZERO
    for n, tier in enumerate(rule["tiers"]):
        last = n == len(rule["tiers"]) - 1
        high = INFINITE if last else need(tier["up_to"])
        part = min(high, start + amount) - max(low, start)
        share = number(tier.get("maintenance")) if kept else None
        if part > 0:
            total += each * part * (need(tier["initial"]) if share is None else share)
        low = high
    return total
