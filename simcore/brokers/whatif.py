"""What would the broker say? An account at one instant, asked before anything is sent.

`Account` holds balance, quotes, positions and orders under a Broker's rules and answers with the very functions the
simulation runs on: margin, profit, free margin and margin level, whether an order would be taken, how much could be
bought, at which price the account is liquidated. Nothing here has a formula of its own. `Broker.margin`, `.check`,
`.max_qty` and `.liquidation_price` ask it for one position or order at a time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simcore.brokers.asked import number, read_order, side_of, type_of
from simcore.brokers.retcodes import CHECKED, retcode
from simcore.brokers.statement import Statement
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Reason, Status
from simcore.kernel.schema import POST_ORDER
from simcore.kernel.whatif import SIDES


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What would become of an order: taken or refused, and the account afterwards, account currency and ratios."""

    allowed: bool
    reason: str | None  # code of the refusal
    retcode: int | None  # MetaTrader 5's number for it; 0 = taken, None = refused by us, before any server
    sentence: str  # the refusal with its numbers; empty where it is taken
    needed: float  # how much the used margin grows
    equity: float
    used_margin: float
    free_margin: float
    margin_level: float  # inf where nothing is used
    qty: float = 0.0  # what was taken: less than asked where a limit cut it
    violations: tuple[str, ...] = ()  # every limit of the user's that the order breaks, a sentence each


class Account(Statement):
    """A statement that can be asked, and told an order: what would come of it, or what came of it."""

    def submit(
        self, order: str | Mapping[str, Any], side: str | int | None = None, qty: float | None = None, **fields: Any
    ) -> Verdict:
        """Send an order, and say what came of it.

        A dict of its fields, or its symbol, side and qty with the others (type, limit, stop, trail, sl, tp, ...) by
        keyword. Raises ConfigError for a malformed one.
        """
        given = {"symbol": order} if not isinstance(order, Mapping) else dict(order)
        read = read_order(given | {"side": side, "qty": qty} | fields if side is not None else given | fields)
        before, self._violations = self.figures["used_margin"], []
        read.pop("type", None)  # it follows from the prices
        number_of = self.engine.submit(instrument=self._index(read.pop("symbol")), **read)
        change = self._drain().get(number_of)
        refused = change is not None and int(change["order"]["status"]) in (Status.REJECTED, Status.DENIED)
        reason = Reason(int(change["order"]["reason"])) if change is not None and refused else None
        now = self.figures
        return Verdict(
            allowed=not refused,
            reason=reason.name if reason else None,
            retcode=retcode(reason) if reason else CHECKED,
            sentence=(self._words.refusal(change) or "") if refused else "",
            needed=self._money(now["used_margin"] - before),
            **{name: now[name] for name in ("equity", "used_margin", "free_margin", "margin_level")},
            qty=float(change["order"]["qty"]) if change is not None and not refused else 0.0,
            violations=tuple(self._violations),
        )

    def fork(self) -> Account:
        """A copy to try something on."""
        other = object.__new__(Account)
        other.__dict__ = self.__dict__ | {"events": []}
        other.engine = Engine(self.engine.rules)
        other.engine.state.restore(self.engine.state.snapshot())
        return other

    def margin(
        self, symbol: str, side: str | int, qty: float, price: float | None = None, type: str = "market"
    ) -> float:
        """Margin of one order as if nothing else were held, account currency (MetaTrader's order_calc_margin).

        Tiers of floating leverage, which count all that is held, are not in it.
        """
        k, sign, lots = self._index(symbol), side_of(side), number("qty", qty, least=0.0)
        price = self._price(k, sign) if price is None else number("price", price, above=0.0)
        return float(self._ask("margin_alone", k, sign, type_of(type), lots, price))

    def profit(self, symbol: str, side: str | int, qty: float, open: float, close: float) -> float:
        """Result of a position, account currency, at today's conversion rates (MetaTrader's order_calc_profit)."""
        prices = (number("open", open), number("close", close))
        return float(self._ask("profit", self._index(symbol), side_of(side), *prices, number("qty", qty, least=0.0)))

    def check(
        self, order: str | Mapping[str, Any], side: str | int | None = None, qty: float | None = None, **fields: Any
    ) -> Verdict:
        """What the broker would say to this order now, and the account after it; nothing is sent. As `submit`."""
        return self.fork().submit(order, side, qty, **fields)

    def max_qty(self, symbol: str, side: str | int = "buy") -> float:
        """The largest quantity a market order could have now: by the broker's margin, and our own gates and limits."""
        most = float(self._ask("max_qty", self._index(symbol), side_of(side)))
        if not (self.broker.has_limits or self.broker.has_gates):
            return most
        step = self.instruments[self._index(symbol)].qty_increment

        def refused(steps: int) -> bool:
            verdict = self.check(symbol, side, steps * step)
            return not verdict.allowed or bool(verdict.violations)

        first = _first(lambda n: refused(n + 1), round(most / step) - 1)
        return most if first is None else round(first * step, 10)

    def liquidation_price(self, symbol: str) -> float:
        """The first price of the grid, seen from now, at which the broker closes: bid if that is below, else ask.

        The spread stays what it is, and no order fills on the way; those that reserve margin are deleted first, as the
        broker does. nan where no price of this instrument alone gets the account there.
        """
        k = self._index(symbol)
        s = self.engine.state.instruments[k]
        bid, spread = float(s["bid"]), float(s["ask"] - s["bid"])
        step = self.instruments[k].price_increment
        trial = self.fork()
        trial._release_orders()

        def stopped(steps: int) -> bool:
            at = bid + steps * step
            return bool(trial._ask("is_stopped_at", k, at, at + spread))

        down = _first(lambda n: stopped(-n), math.floor(bid / step) - 1)
        up = _first(stopped, math.ceil(9.0 * bid / step))
        digits = self.instruments[k].price_digits
        if down is not None and (up is None or down <= up):
            return round(bid - down * step, digits)
        return math.nan if up is None else round(bid + up * step + spread, digits)

    def used_with_fill(self, symbol: str, side: str | int, qty: float, price: float) -> float:
        """The used margin that this fill is checked with: what it opens counts at its initial margin."""
        return float(self._ask("used_with_fill", self._index(symbol), side_of(side), number("qty", qty), price))

    def margin_with_tiers(self, symbol: str, side: str | int, qty: float) -> float:
        """How much a market order's fill adds to the used margin now, floating leverage included."""
        price = self._price(self._index(symbol), side_of(side))
        return self._money(self.used_with_fill(symbol, side, qty, price) - self.figures["used_margin"])

    def used_while_filling(self, symbol: str, side: str | int, qty: float) -> float:
        """The used margin while a market order is under way: until it is done it can only add (MetaTrader 5)."""
        price = self._price(self._index(symbol), side_of(side))
        return max(self.figures["used_margin"], self.used_with_fill(symbol, side, qty, price))

    def sides(self, symbol: str) -> dict[str, float]:
        """The terms of an instrument's margin: both sides, what covers each other, what the orders add."""
        k = self._index(symbol)
        return {name: float(self._ask("sides_of", k, n)) for n, name in enumerate(SIDES)}

    def tiers(self, symbol: str) -> tuple[float, list[float]]:
        """Floating leverage of what the instrument holds: the amount its rule counts, and the margin of every tier."""
        k = self._index(symbol)
        rules = self.broker.dynamic_leverage.rules if self.broker.dynamic_leverage else ()
        most = max((len(rule.tiers) for rule in rules), default=0)
        return float(self._ask("tier_of", k, -1)), [float(self._ask("tier_of", k, n)) for n in range(most)]

    def margin_per_lot(self, symbol: str) -> float:
        """Floating leverage by volume: what each lot that the instrument's rule counts shares of the plain margin."""
        return float(self._ask("tier_of", self._index(symbol), -2))

    def lots_of(self, symbol: str, margin: float) -> float:
        """How many lots, by themselves, would need this margin at the standing quote."""
        return margin / self.margin(symbol, "buy", 1.0)

    @property
    def closeout_share(self) -> float:
        """How near the stop-out is: 1.0 = there (OANDA's marginCloseoutPercent); 0 with nothing used."""
        now, level = self.figures, self.broker.stop_out_level or 0.0
        if now["used_margin"] <= 0.0:
            return 0.0
        return level * now["used_margin"] / now["equity"] if now["equity"] > 0.0 else math.inf

    def point_value(self, symbol: str, qty: float, side: str | int | None = None) -> float:
        """What one price increment is worth to qty: in the quote currency, or, for a side, as its swap counts it."""
        k = self._index(symbol)
        if side is None:
            return float(self._ask("financing_of", k, 1, qty, 0.0, 2))
        return float(self._ask("financing_of", k, side_of(side), qty, 0.0, 0))

    def tick_value(self, symbol: str, *, loss: bool = False) -> float:
        """What one price increment of 1.0 of qty earns, or loses, account currency, not rounded."""
        k = self._index(symbol)
        return self.point_value(symbol, 1.0) * float(self._ask("rate_of", k, 0, int(loss)))

    def lot_cost(self, symbol: str, price: float) -> float:
        """What interest is charged on, for 1.0 of qty, in the instrument's currency."""
        return float(self._ask("financing_of", self._index(symbol), 1, 1.0, price, 1))

    # ---- inside

    def _release_orders(self) -> None:
        """Let pending orders go that a stop-out deletes before it closes anything."""
        if self.broker.stop_out_closes == "all" or self.broker.mode == "exchange":
            return
        for row in self.engine.state.orders[self.engine.state.orders["margin"] > 0.0]:
            self.engine.post(self.now, POST_ORDER, order=int(row["id"]), status=int(Status.CANCELED))

    def _ask(self, what: str, *values: float) -> Any:
        return self.engine.call[what](*self.engine.pointers[:2], *values)


def _first(reached: Any, most: int) -> int | None:
    """The least n of 0 to `most` for which `reached` holds, where it holds from some n on; None: for none."""
    if most < 0 or not reached(most):
        return None
    low, high = -1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
