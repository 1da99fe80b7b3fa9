"""Margin: of what is held, of what waits, and of what is about to be opened.

What is held counts with maintenance margin and rate, what is about to be opened with the initial ones. Rates into the
account's currency are those frozen in positions and reserves. An exchange account has rules of its own (exchange.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from simcore.kernel.enums import CalcMode, OrderType

from . import exchange, leverage
from .terms import FOREX_MODES, ONE, ZERO, Terms

if TYPE_CHECKING:
    from .account import Account, Position

STOP_TYPES = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
Parts = tuple[Decimal, Decimal]  # what is held needs, what the pending orders add


@dataclass
class Reserve:
    """What a pending order asks of the margin."""

    symbol: str
    side: int
    type: OrderType
    amount: Decimal
    order: int = 0
    qty: Decimal = ZERO
    price: Decimal = ZERO


@dataclass
class Opening:
    """A deal about to happen: the qty of it that opens something, its price and its rate of conversion."""

    symbol: str
    side: int
    qty: Decimal
    price: Decimal
    rate: Decimal


def _averages(part: list[Position]) -> Parts:
    """Price and rate of positions."""
    total = sum((p.qty for p in part), ZERO)
    price, rate = (sum((p.qty * getattr(p, name) for p in part), ZERO) for name in ("price", "margin_rate"))
    return price / total, rate / total


class Margin:
    def __init__(self, account: Account) -> None:
        self.account, self.rules, self.terms = account, account.rules, account.terms

    def basic(
        self, t: Terms, qty: Decimal, price: Decimal, rate: Decimal, *, kept: bool = False, hedged: bool = False
    ) -> Decimal:
        """Margin by the instrument's formula, before the margin rates; kept: of a position, hedged: of covered lots."""
        per_lot = t.maintenance_margin if kept and t.maintenance_margin > 0 else t.initial_margin
        if t.has_fixed_margin:
            amount = qty * (t.hedged_margin if hedged else per_lot)
        else:
            amount = self.value(t, qty, price, t.hedged_margin if hedged else t.contract_size)
        if t.mode in (CalcMode.FOREX, CalcMode.CFD_LEVERAGE):
            amount /= self.rules.leverage_of(t)
        return amount * rate

    def value(self, t: Terms, qty: Decimal, price: Decimal, contract: Decimal) -> Decimal:
        """What so much is worth, margin currency."""
        if t.mode in FOREX_MODES:
            return qty * contract
        if t.mode == CalcMode.SERV_COLLATERAL:
            return ZERO
        if t.mode == CalcMode.FUTURES:
            return qty * price * t.tick_value / t.increment
        worth = qty * contract * price
        if t.mode == CalcMode.EXCH_BONDS:
            return worth * t.face_value / 100
        return worth * t.tick_value / t.increment if t.mode == CalcMode.CFD_INDEX else worth

    def lots(
        self, t: Terms, qty: Decimal, price: Decimal, rate: Decimal, share: Decimal, *, kept: bool = False
    ) -> Decimal:
        """Margin at a margin rate; where it is money per lot, no less than a regime asks for."""
        regime = self.value(t, qty, price, t.contract_size) * t.least * rate
        return max(self.basic(t, qty, price, rate, kept=kept) * share, regime)

    def order(self, t: Terms, side: int, type: OrderType, qty: Decimal, price: Decimal, rate: Decimal) -> Decimal:
        """What a pending order reserves."""
        if self.account.is_spot(t) and type != OrderType.LIMIT:
            return ZERO
        if t.mode == CalcMode.EXCH_FUTURES_FORTS:
            return self._forts(t, side, qty, price) * rate * t.order_rate(side, type)
        share = t.order_rate(side, type)
        return self.lots(t, qty, price, rate, share) if share else ZERO

    # ------------------------------------------------------------------------------------------------ what is held

    def used(self, positions: Iterable[Position], reserves: Iterable[Reserve]) -> Decimal:
        """Sum over the instruments of what their positions and pending orders require, each rounded to money."""
        return self._total(list(positions), list(reserves), {})

    def to_open(self, before: list[Position], after: list[Position], reserves: list[Reserve], o: Opening) -> Decimal:
        """What has to be there before a deal may happen that leads from `before` to `after`."""
        mine = [[p for p in positions if p.symbol == o.symbol] for positions in (before, after)]
        orders = [r for r in reserves if r.symbol == o.symbol]
        asked = self._to_open(self.terms[o.symbol], mine[0], mine[1], orders, o)
        return self._total(after, reserves, {o.symbol: asked})

    def _total(self, positions: list[Position], reserves: list[Reserve], asked: dict[str, Parts]) -> Decimal:
        parts = {s: asked[s] if s in asked else self.parts(t, positions, reserves) for s, t in self.terms.items()}
        times = {s: self.account.multiples.get(s, ONE) for s in parts}
        parts = {s: (held * times[s], orders * times[s]) for s, (held, orders) in parts.items()}
        rules = leverage.rules_of(self.account)
        plain = [sum(parts[s]) for s in self.terms if s not in rules]
        total = sum((self.rules.money(Decimal(amount)) for amount in plain), ZERO)
        total += leverage.charged(self.account, rules, parts, positions, reserves)
        return self.rules.money(total)

    def parts(self, t: Terms, positions: list[Position], reserves: list[Reserve]) -> Parts:
        mine = [p for p in positions if p.symbol == t.symbol]
        orders = [r for r in reserves if r.symbol == t.symbol]
        return self._parts(t, mine, orders, {1: ZERO, -1: ZERO})

    def _parts(self, t: Terms, mine: list[Position], orders: list[Reserve], more: dict[int, Decimal]) -> Parts:
        """`more` is what a side asks beyond what it holds."""
        if self.account.is_spot(t):
            return exchange.parts(self.account, t, mine, orders)
        if t.mode == CalcMode.SERV_COLLATERAL:
            return ZERO, ZERO
        by_side = {s: sum((r.amount for r in orders if r.side == s), ZERO) for s in (1, -1)}
        if t.mode == CalcMode.EXCH_FUTURES_FORTS:
            held = {s: self._of_forts(t, s, mine) for s in (1, -1)}
            now = max(ZERO, *held.values())
            return now, max(ZERO, *(held[s] + by_side[s] for s in (1, -1))) - now
        if self.rules.hedging and not t.hedged_use_leg:
            return self._hedged(t, mine) + more[1] + more[-1], by_side[1] + by_side[-1]
        held = {s: self._side(t, [p for p in mine if p.side == s]) + more[s] for s in (1, -1)}
        now = max(held.values())
        if self.rules.hedging:  # the dearer side with its own orders
            return now, max(held[s] + by_side[s] for s in (1, -1)) - now
        stops = sum((r.amount for r in orders if r.type in STOP_TYPES), ZERO)
        limits = {s: sum((r.amount for r in orders if r.side == s and r.type not in STOP_TYPES), ZERO) for s in (1, -1)}
        return now, max(held[s] + limits[s] for s in (1, -1)) - now + stops

    def _side(self, t: Terms, part: list[Position]) -> Decimal:
        """Margin of positions of one side."""
        if not part:
            return ZERO
        if self.rules.exchange:  # held at the initial rate
            share = t.opening_rate(part[0].side)
            return sum((self.lots(t, p.qty, p.price, p.margin_rate, share) for p in part), ZERO)
        return self.leg(t, part, sum((p.qty for p in part), ZERO))

    def leg(self, t: Terms, part: list[Position], size: Decimal) -> Decimal:
        """`size` lots of one side, held."""
        return self.lots(t, size, *_averages(part), t.position_rate(part[0].side), kept=True)

    def _forts(self, t: Terms, side: int, qty: Decimal, price: Decimal) -> Decimal:
        """The exchange's margin of a buy or a sell, and how far its price is from yesterday's settlement."""
        move = (price - t.settlement_price) * t.tick_value / t.increment * (1 + t.margin_currency_rate / 100)
        return qty * (t.initial_margin + move if side > 0 else t.initial_margin_sell - move)

    def _of_forts(self, t: Terms, formula: int, positions: list[Position]) -> Decimal:
        """What positions make of the buy or the sell formula: shorts take from the buys, longs from the sells."""
        total = ZERO
        for side in (1, -1):
            part = [p for p in positions if p.side == side]
            qty = sum((p.qty for p in part), ZERO)
            if qty > 0:
                price, rate = _averages(part)
                total += side * formula * self._forts(t, formula, qty, price) * rate
        return total

    def _covered(self, t: Terms, positions: list[Position], size: Decimal) -> Decimal:
        """`size` lots that stand on both sides."""
        if size <= 0 or t.hedged_margin <= 0:
            return ZERO
        amount = self.basic(t, size, *_averages(positions), kept=True, hedged=True)
        return amount * (t.position_rate(1) + t.position_rate(-1)) / 2

    def _hedged(self, t: Terms, positions: list[Position]) -> Decimal:
        """The uncovered lots of the larger side, and the covered ones."""
        legs = {side: [p for p in positions if p.side == side] for side in (1, -1)}
        qty = {side: sum((p.qty for p in legs[side]), ZERO) for side in (1, -1)}
        total = self._covered(t, positions, min(qty[1], qty[-1]))
        larger = 1 if qty[1] > qty[-1] else -1
        if qty[1] != qty[-1]:
            total += self.leg(t, legs[larger], abs(qty[1] - qty[-1]))
        return total

    # ------------------------------------------------------------------------------------- what is about to be opened

    def _to_open(
        self, t: Terms, before: list[Position], after: list[Position], reserves: list[Reserve], o: Opening
    ) -> Parts:
        def initial(qty: Decimal) -> Decimal:
            return self.lots(t, qty, o.price, o.rate, t.opening_rate(o.side))

        def more(qty: Decimal) -> dict[int, Decimal]:
            """Than the same lots ask for once they are held."""
            kept = self.lots(t, qty, o.price, o.rate, t.position_rate(o.side), kept=True)
            return {o.side: initial(qty) - kept, -o.side: ZERO}

        if self.rules.exchange:
            return self._parts(t, after, reserves, {1: ZERO, -1: ZERO})
        if not self.rules.hedging or t.hedged_use_leg:
            return self._parts(t, after, reserves, more(o.qty))
        own = sum((p.qty for p in after if p.side == o.side), ZERO)
        other = sum((p.qty for p in after if p.side != o.side), ZERO)
        uncovered = min(o.qty, max(ZERO, own - other))
        if not t.has_fixed_margin or t.mode in (CalcMode.EXCH_FUTURES_FORTS, CalcMode.SERV_COLLATERAL):
            return self._parts(t, after, reserves, more(uncovered))
        covered = self._covered(t, after, o.qty - uncovered)  # fixed margins: what is held goes on counting in full
        held, orders = self._parts(t, before, reserves, {1: ZERO, -1: ZERO})
        return held + covered + initial(uncovered), orders
