"""Margin: of what is held, of what waits, and of what is about to be opened.

What is held counts with maintenance margin and rate, what is about to be opened with the initial ones. Rates into the
account's currency are those frozen in positions and reserves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from simcore.kernel.enums import CalcMode, OrderType

from .rules import FOREX_MODES, ZERO, Rules, Terms

if TYPE_CHECKING:
    from .account import Position

STOP_TYPES = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)


@dataclass
class Reserve:
    """What a pending order asks of the margin."""

    symbol: str
    side: int
    type: OrderType
    amount: Decimal
    order: int = 0


@dataclass
class Opening:
    """A deal about to happen: the qty of it that opens something, its price and its rate of conversion."""

    symbol: str
    side: int
    qty: Decimal
    price: Decimal
    rate: Decimal


class Margin:
    def __init__(self, rules: Rules, terms: Mapping[str, Terms]) -> None:
        self.rules, self.terms = rules, terms

    def basic(
        self, t: Terms, qty: Decimal, price: Decimal, rate: Decimal, *, kept: bool = False, hedged: bool = False
    ) -> Decimal:
        """Margin by the instrument's formula, before the margin rates; kept: of a position, hedged: of covered lots."""
        contract = t.hedged_margin if hedged else t.contract_size
        per_lot = t.maintenance_margin if kept and t.maintenance_margin > 0 else t.initial_margin
        if t.has_fixed_margin:
            amount = qty * (t.hedged_margin if hedged else per_lot)
        elif t.mode in FOREX_MODES:
            amount = qty * contract
        else:
            amount = qty * contract * price
            if t.mode == CalcMode.CFD_INDEX:
                amount *= t.tick_value / t.increment
        if t.mode in (CalcMode.FOREX, CalcMode.CFD_LEVERAGE):
            amount /= self.rules.leverage
        return amount * rate

    # ------------------------------------------------------------------------------------------------ what is held

    def used(self, positions: Iterable[Position], reserves: Iterable[Reserve]) -> Decimal:
        """Sum over the instruments of what their positions and pending orders require, each rounded to money."""
        held, pending = list(positions), list(reserves)
        return sum((self._of(t, held, pending) for t in self.terms.values()), ZERO)

    def to_open(self, before: list[Position], after: list[Position], reserves: list[Reserve], o: Opening) -> Decimal:
        """What has to be there before a deal may happen that leads from `before` to `after`."""
        total = ZERO
        for symbol, t in self.terms.items():
            if symbol != o.symbol:
                total += self._of(t, after, reserves)
            else:
                mine = [[p for p in positions if p.symbol == symbol] for positions in (before, after)]
                orders = [r for r in reserves if r.symbol == symbol]
                total += self.rules.money(self._to_open(t, mine[0], mine[1], orders, o))
        return total

    def _of(self, t: Terms, positions: list[Position], reserves: list[Reserve]) -> Decimal:
        mine = [p for p in positions if p.symbol == t.symbol]
        orders = [r for r in reserves if r.symbol == t.symbol]
        if not self.rules.hedging:
            return self.rules.money(self._netted(t, mine, orders))
        return self.rules.money(self._hedged(t, mine, orders))

    def _netted(self, t: Terms, positions: list[Position], reserves: list[Reserve]) -> Decimal:
        """The larger side; stop orders on top."""
        sides = {1: ZERO, -1: ZERO}
        stops = ZERO
        for p in positions:
            sides[p.side] += self.basic(t, p.qty, p.price, p.margin_rate, kept=True) * t.position_rate(p.side)
        for r in reserves:
            if r.type in STOP_TYPES:
                stops += r.amount
            else:
                sides[r.side] += r.amount
        return max(sides[1], sides[-1]) + stops

    def _leg(self, t: Terms, part: list[Position], size: Decimal, *, hedged: bool = False) -> Decimal:
        """`size` lots at the average price and rate of positions."""
        total = sum((p.qty for p in part), ZERO)
        price = sum((p.qty * p.price for p in part), ZERO) / total
        rate = sum((p.qty * p.margin_rate for p in part), ZERO) / total
        return self.basic(t, size, price, rate, kept=True, hedged=hedged)

    def _covered(self, t: Terms, positions: list[Position], size: Decimal) -> Decimal:
        """`size` lots that stand on both sides."""
        if size <= 0 or t.hedged_margin <= 0:
            return ZERO
        return self._leg(t, positions, size, hedged=True) * (t.position_rate(1) + t.position_rate(-1)) / 2

    def _hedged(self, t: Terms, positions: list[Position], reserves: list[Reserve]) -> Decimal:
        """The uncovered lots of the larger side, the covered ones, and every order; or the dearer side with its own."""
        legs = {side: [p for p in positions if p.side == side] for side in (1, -1)}
        qty = {side: sum((p.qty for p in legs[side]), ZERO) for side in (1, -1)}
        if t.hedged_use_leg:
            sums = {s: self._leg(t, legs[s], qty[s]) * t.position_rate(s) if legs[s] else ZERO for s in (1, -1)}
            return max(sums[s] + sum((r.amount for r in reserves if r.side == s), ZERO) for s in (1, -1))
        total = self._covered(t, positions, min(qty[1], qty[-1])) + sum((r.amount for r in reserves), ZERO)
        larger = 1 if qty[1] > qty[-1] else -1
        if qty[1] != qty[-1]:
            total += self._leg(t, legs[larger], abs(qty[1] - qty[-1])) * t.position_rate(larger)
        return total

    # ------------------------------------------------------------------------------------- what is about to be opened

    def _to_open(
        self, t: Terms, before: list[Position], after: list[Position], reserves: list[Reserve], o: Opening
    ) -> Decimal:
        def initial(qty: Decimal) -> Decimal:
            return self.basic(t, qty, o.price, o.rate) * t.opening_rate(o.side)

        def more(qty: Decimal) -> Decimal:
            """Than the same lots ask for once they are held."""
            return initial(qty) - self.basic(t, qty, o.price, o.rate, kept=True) * t.position_rate(o.side)

        whole = [*reserves, Reserve(o.symbol, o.side, OrderType.LIMIT, more(o.qty))]
        if not self.rules.hedging:
            return self._netted(t, after, whole)
        if t.hedged_use_leg:
            return self._hedged(t, after, whole)
        own = sum((p.qty for p in after if p.side == o.side), ZERO)
        other = sum((p.qty for p in after if p.side != o.side), ZERO)
        uncovered = min(o.qty, max(ZERO, own - other))
        if not t.has_fixed_margin:
            return self._hedged(t, after, reserves) + more(uncovered)
        covered = self._covered(t, after, o.qty - uncovered)  # fixed margins: what is held goes on counting in full
        return self._hedged(t, before, reserves) + covered + initial(uncovered)
