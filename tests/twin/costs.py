"""Slippage and commission."""

from __future__ import annotations

from decimal import Decimal

from .account import Account
from .orders import Order
from .rules import Rules


class Costs:
    def __init__(self, rules: Rules, account: Account) -> None:
        self.rules, self.account = rules, account

    def slipped(self, symbol: str, side: int, qty: Decimal, price: Decimal) -> Decimal:
        """The price with adverse slippage, on the grid."""
        quote, slippage = self.account.quotes[symbol], self.rules.slippage
        size = quote.ask_size if side > 0 else quote.bid_size
        worse = slippage["fixed"] + slippage["spread_share"] * (quote.ask - quote.bid)
        if size:
            worse += slippage["volume_share"] * price * (qty / size).sqrt()
        return self.account.terms[symbol].on_grid(price + side * worse) if worse else price

    def commission(self, order: Order, qty: Decimal, price: Decimal, maker: bool, book: bool = True) -> Decimal:
        """What this fill adds to the order's commission: the parts add up over the order, then minimum and cap."""
        c, t, account = self.rules.commission, self.account.terms[order.symbol], self.account

        def part(name: str) -> Decimal:
            return Decimal(str(c.get(name) or 0))

        value = qty * price * t.contract_size
        flat = order.flat + (part("per_lot") + part("per_share") * t.contract_size) * qty
        rated = order.rated + (part("rate") + part("maker" if maker else "taker")) * value
        notional = order.notional + value
        currency = c.get("currency") or self.rules.currency
        total = -account.worst(-flat, currency) - account.worst(-rated, t.quote)
        if part("min"):
            total = max(total, -account.worst(-part("min"), currency))
        if part("max_rate"):
            total = min(total, -account.worst(-part("max_rate") * notional, t.quote))
        charge = self.rules.money(total) - order.charged
        if book:
            order.flat, order.rated, order.notional, order.charged = flat, rated, notional, order.charged + charge
        return charge
