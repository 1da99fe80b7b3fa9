"""What the twin's account is made of: quotes, positions and deals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from simcore.kernel.enums import Why

from .terms import NEARLY, ONE, ZERO, Terms


class NoConversion(Exception):
    """A leg of a conversion has no quote yet."""


@dataclass
class Quote:
    bid: Decimal
    ask: Decimal
    bid_size: Decimal | None  # what is left of it; None: unlimited
    ask_size: Decimal | None
    ts: int

    def closing(self, side: int) -> Decimal:
        """The price at which a position of that side can be closed."""
        return self.bid if side > 0 else self.ask

    def opening(self, side: int) -> Decimal:
        """The price at which a market order of that side trades."""
        return self.ask if side > 0 else self.bid


@dataclass
class Position:
    id: int  # the order that opened it
    symbol: str
    side: int
    qty: Decimal
    price: Decimal
    margin_rate: Decimal  # margin currency -> account currency, frozen
    ts: int
    last_order: int
    sl: Decimal | None = None
    tp: Decimal | None = None
    trail: Decimal | None = None
    extreme: Decimal | None = None  # best closing price since the trailing stop began
    cost: Decimal = ZERO  # exchange accounts: what was paid for it
    swap: Decimal = ZERO
    commission: Decimal = ZERO  # of the entry, what is left of it
    tag: int = 0


def follow(p: Position, t: Terms) -> None:
    """A trailing stop loss stands at its distance from the best price, never further away than it stood."""
    if p.trail is not None and p.trail > 0 and p.extreme is not None:
        stop = t.on_grid(p.extreme - p.side * p.trail)
        p.sl = stop if p.sl is None or p.side * (stop - p.sl) > 0 else p.sl


def average_price(t: Terms, price: Decimal) -> Decimal:
    """As averages of opening prices are rounded: three digits more than prices have."""
    digits = ONE.scaleb(-t.price_digits - 3)
    return (price + NEARLY * digits).quantize(digits, ROUND_HALF_UP)


@dataclass
class Deal:
    """One execution, before it meets the account."""

    ts: int
    order: int
    symbol: str
    side: int
    qty: Decimal
    price: Decimal
    commission: Decimal = ZERO
    why: Why = Why.ORDER
    maker: bool = False
    ticket: int = 0  # the one position it may close
    reduces: bool = False  # closes opposite positions and opens nothing
    sl: Decimal | None = None
    tp: Decimal | None = None
    trail: Decimal | None = None
    tag: int = 0
    swap: Decimal | None = None  # booked with it by a broker; None: what accrued
