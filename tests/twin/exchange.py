"""Exchange accounts: shares and bonds paid in full, worth their price, margined at it; the formulas as printed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from simcore.kernel.enums import CalcMode, OrderType

from .terms import ONE, ZERO, Terms

if TYPE_CHECKING:
    from .account import Account, Position
    from .margin import Parts, Reserve


def unit(t: Terms, price: Decimal) -> Decimal:
    """Value of one lot at a price."""
    bond = t.mode == CalcMode.EXCH_BONDS
    return t.contract_size * (price / 100 * t.face_value if bond else price)


def paid(account: Account, symbol: str, side: int, qty: Decimal, price: Decimal) -> Decimal:
    """What buying costs, at the ask side, or selling brings, at the bid side; a bond's interest with it."""
    t, money = account.terms[symbol], account.rules.money
    value = money((unit(t, price) + t.accrued_interest * t.contract_size) * qty)
    at_mid = account.rules.profit_conversion == "mid"
    return money(value * account.rate(t.quote, "ask" if side > 0 else "bid", (symbol, price), at_mid=at_mid))


def worth(account: Account, symbol: str, held: Decimal) -> Decimal:
    """What a signed quantity counts in equity."""
    if held == 0:
        return ZERO
    side = 1 if held > 0 else -1
    value = paid(account, symbol, -side, abs(held), account.value_price(symbol, side))
    return account.rules.money(value * account.terms[symbol].liquidity_rate) if side > 0 else -value


def effect(account: Account, symbol: str, side: int, qty: Decimal, price: Decimal) -> Decimal:
    """By how much a deal changes equity."""
    if not account.is_spot(account.terms[symbol]):
        return ZERO
    held = sum((p.side * p.qty for p in account.positions if p.symbol == symbol), ZERO)
    change = worth(account, symbol, held + side * qty) - worth(account, symbol, held)
    return account.rules.money(change - side * paid(account, symbol, side, qty, price))


def parts(account: Account, t: Terms, positions: list[Position], reserves: list[Reserve]) -> Parts:
    """Initial margin of what is held, and what the limit orders make of it."""
    held = sum((p.side * p.qty for p in positions), ZERO)
    now = required(account, t, held, kept=False)
    limits = [r for r in reserves if r.type == OrderType.LIMIT and r.amount > 0]
    return now, max(_adjusted(account, t, held, side, [r for r in limits if r.side == side]) for side in (1, -1)) - now


def required(account: Account, t: Terms, held: Decimal, *, kept: bool) -> Decimal:
    if held == 0:
        return ZERO
    side = 1 if held > 0 else -1
    price = account.value_price(t.symbol, side)
    share = t.position_rate(side) if kept else t.opening_rate(side)
    return abs(held) * unit(t, price) * share * account.margin_rate(t.symbol, side, price)


def _adjusted(account: Account, t: Terms, held: Decimal, side: int, orders: list[Reserve]) -> Decimal:
    """MarginBuy and MarginSell, written out for each side."""
    size = sum((r.qty for r in orders), ZERO)
    value = sum((r.qty * unit(t, r.price) for r in orders), ZERO)
    if (held <= 0 and -held >= size) if side > 0 else (held >= 0 and held >= size):
        return ZERO
    price = account.value_price(t.symbol, (1 if held > 0 else -1) if held else side)
    market, rate = unit(t, price), t.opening_rate(side)
    prices = [unit(t, r.price) for r in orders] or [market]
    if side > 0:
        lowest = min(prices)
        amount = held * (market - lowest) + (held + size) * lowest * rate + (value - size * lowest)
    else:
        highest = max(prices)
        amount = -held * (highest - market) - (held - size) * highest * rate + (size * highest - value)
    return amount * account.margin_rate(t.symbol, side, price)


def requirement(account: Account, *, kept: bool) -> Decimal:
    """Initial or maintenance margin of everything held."""
    total = ZERO
    for symbol, t in account.terms.items():
        mine = [p for p in account.as_held() if p.symbol == symbol]
        if not mine:
            continue
        if account.is_spot(t):
            amount = required(account, t, sum((p.side * p.qty for p in mine), ZERO), kept=kept)
        elif kept and t.mode not in (CalcMode.EXCH_FUTURES_FORTS, CalcMode.SERV_COLLATERAL):
            amount = sum((account.margin.leg(t, [p], p.qty) for p in mine), ZERO)
        else:
            amount = account.margin.parts(t, mine, [])[0]
        total += account.rules.money(amount * account.multiples.get(symbol, ONE))
    return total
