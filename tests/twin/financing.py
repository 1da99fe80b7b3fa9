"""Rollover: what a position costs or earns for a day, reopened positions, and the day's conversion of margin."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from simcore.kernel.enums import EventKind, SwapMode, Why

from .account import BY_TICK, Account, Deal, Position, average_price
from .rules import Rules
from .terms import FOREX_MODES, ZERO, Terms

if TYPE_CHECKING:
    from .venue import Venue

REOPENING = (SwapMode.REOPEN_CURRENT, SwapMode.REOPEN_BID)
RATE_SLACK = Decimal("1e-12")


class Financing:
    def __init__(self, venue: Venue) -> None:
        self.venue, self.ledger, self.rules = venue, venue.account, venue.rules

    def charge(self, day: dt.date) -> None:
        """Swaps of the day that ends."""
        number = {symbol: n for n, symbol in enumerate(self.ledger.terms)}
        for p in sorted(self.ledger.positions, key=lambda p: number[p.symbol]):  # oldest first, as the list has them
            t = self.ledger.terms[p.symbol]
            days = days_charged(self.rules, t, day)
            if t.swap_mode in REOPENING and days:
                self._reopen(p, days)
                continue
            amount = swap_of(self.ledger, p, day)
            if amount:
                p.swap += amount
                self.venue.tell(EventKind.SWAP, position=p.id, symbol=p.symbol, amount=amount)

    def _reopen(self, p: Position, days: Decimal) -> None:
        """Closed at the day's last price and opened again, dearer by the swap's points: the same ticket."""
        t, quote, now = self.ledger.terms[p.symbol], self.ledger.quotes[p.symbol], self.venue.now
        kept = {name: getattr(p, name) for name in ("id", "last_order", "ts", "sl", "tp", "trail", "extreme", "tag")}
        last = quote.closing(p.side)
        start = quote.bid if t.swap_mode == SwapMode.REOPEN_BID else last
        points = (t.swap_long if p.side > 0 else t.swap_short) * days * t.increment
        again = average_price(t, start + p.side * points)
        out = Deal(now, 0, p.symbol, -p.side, p.qty, last, why=Why.ROLLOVER, ticket=p.id, reduces=True, tag=p.tag)
        back = Deal(now, p.id, p.symbol, p.side, p.qty, again, why=Why.ROLLOVER, tag=p.tag)
        for deal in (out, back):
            fill, trades = self.ledger.deal(deal)
            self.venue.fills.append(fill)
            self.venue.trades += trades
        vars(self.ledger.positions[-1]).update(kept)

    def renew_rates(self, day: dt.date) -> bool:
        """Positions take the day's conversion of margin, after working days."""
        renewed = False
        if not self.rules.margin_rates_daily or day.weekday() > 4 or day in self.rules.holidays:
            return False
        for p in self.ledger.positions:
            new = self.ledger.margin_rate(p.symbol, p.side, self.ledger.quotes[p.symbol].opening(p.side))
            if abs(new - p.margin_rate) > new * RATE_SLACK:
                p.margin_rate, renewed = new, True
                self.venue.tell(EventKind.MARGIN_RATE, position=p.id, symbol=p.symbol)
        return renewed


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
        SwapMode.CURRENCY_BASE: t.base or t.margin_currency,
        SwapMode.CURRENCY_MARGIN: t.margin_currency,
    }
    return named.get(t.swap_mode) or t.quote
