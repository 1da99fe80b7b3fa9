"""The account: positions, money, conversion. Slow and obvious; nothing is remembered that can be worked out.

Assumes: money in the account's currency, rounded where the rules say so; prices in the instrument's quote currency;
one position per instrument in netting, one ticket per opening order in hedging, oldest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from simcore.kernel.enums import CalcMode

from . import exchange
from .margin import Margin, Opening, Reserve
from .records import Deal, NoConversion, Position, Quote, average_price, follow
from .rules import Rules
from .terms import FOREX_MODES, ONE, ZERO, Terms, conversion_path

BY_TICK = (
    CalcMode.FUTURES,
    CalcMode.EXCH_FUTURES,
    CalcMode.EXCH_FUTURES_FORTS,
    CalcMode.EXCH_OPTIONS,
)
INFINITY = Decimal("Infinity")
__all__ = ["Account", "Deal", "NoConversion", "Position", "Quote", "average_price", "follow"]


@dataclass
class Account:
    rules: Rules
    terms: Mapping[str, Terms]
    balance: Decimal
    credit: Decimal = ZERO
    quotes: dict[str, Quote] = field(default_factory=dict)
    lasts: dict[str, Decimal] = field(default_factory=dict)  # last prints
    positions: list[Position] = field(default_factory=list)
    new_id: Callable[[], int] = int  # the number of what a broker opened by itself
    multiples: dict[str, Decimal] = field(default_factory=dict)  # of each instrument's margin: weekend, news, ...
    paths: dict[tuple[str, str], list[tuple[str, bool]]] = field(default_factory=dict)  # worked out once per pair

    # ------------------------------------------------------------------------------------------------ conversion

    def rate(
        self,
        currency: str,
        side: str,
        deal_at: tuple[str, Decimal] | None = None,
        *,
        at_mid: bool | None = None,
        to: str | None = None,
    ) -> Decimal:
        """Currency -> account at "bid" or "ask"; deal_at (symbol, price) stands for that instrument's own quote."""
        value, pair = ONE, (currency, to or self.rules.currency)
        at_mid = self.rules.at_mid if at_mid is None else at_mid
        if pair not in self.paths:
            self.paths[pair] = conversion_path(*pair, list(self.terms.values()))
        for symbol, inverse in self.paths[pair]:
            quote = self.quotes.get(symbol)
            if quote is None:
                raise NoConversion(symbol)
            bid, ask = quote.bid, quote.ask
            if deal_at is not None and deal_at[0] == symbol:
                bid = ask = deal_at[1]
            price = ask if (side == "ask") != inverse else bid
            price = (bid + ask) / 2 if at_mid else price
            value *= ONE / price if inverse else price
        return value

    def worst(self, amount: Decimal, currency: str) -> Decimal:
        """An amount in the account's currency: a gain at the bid side, a loss at the ask side."""
        return amount * self.rate(currency, "bid" if amount >= 0 else "ask")

    def margin_rate(self, symbol: str, side: int, price: Decimal | None = None) -> Decimal:
        """Margin currency -> account, now: buys at the ask side, sells at the bid side; a deal's own price for both."""
        deal_at = None if price is None else (symbol, price)
        return self.rate(self.terms[symbol].margin_currency, "ask" if side > 0 else "bid", deal_at)

    # ---------------------------------------------------------------------------------------------------- profit

    def profit_rate(self, t: Terms, side: int, amount: Decimal, price: Decimal) -> Decimal:
        """Of a result of `amount` of a position of that side, ended at a price."""
        how, forex = self.rules.profit_conversion, t.mode in FOREX_MODES
        at_ask = amount < 0
        if how == "mt4":
            at_ask = forex and side < 0
        elif how == "deal" and forex:
            at_ask = side > 0
        return self.rate(t.quote, "ask" if at_ask else "bid", (t.symbol, price), at_mid=how == "mid")

    def gross(self, position: Position, qty: Decimal, price: Decimal) -> Decimal:
        """Profit of a part of a position closed at a price, without swap and commission."""
        t, money = self.terms[position.symbol], self.rules.money
        lots = t.contract_size * qty
        difference = position.side * (price - position.price)
        if t.mode in FOREX_MODES:
            amount = position.side * (money(price * lots) - money(position.price * lots))
        elif t.mode in BY_TICK:
            amount = money(difference / t.increment * t.tick_value * qty)
        elif t.mode == CalcMode.EXCH_BONDS:
            amount = money(difference / 100 * t.face_value * lots)
        elif t.mode == CalcMode.SERV_COLLATERAL:
            amount = money(position.side * price * lots * t.liquidity_rate)
        else:
            amount = money(difference * lots)
        return money(amount * self.profit_rate(t, position.side, amount, price))

    def is_spot(self, t: Terms) -> bool:
        """Whether it is paid in full."""
        return self.rules.exchange and t.mode in (CalcMode.EXCH_STOCKS, CalcMode.EXCH_BONDS)

    def result(self, p: Position, qty: Decimal, price: Decimal) -> Decimal:
        """Profit of a part; of what was paid for, what it brings less what it cost."""
        if not self.is_spot(self.terms[p.symbol]):
            return self.gross(p, qty, price)
        cost = p.cost if qty == p.qty else self.rules.money(p.cost * qty / p.qty)
        return p.side * (exchange.paid(self, p.symbol, -p.side, qty, price) - cost)

    def value_price(self, symbol: str, side: int) -> Decimal:
        """The price a position of that side is valued at."""
        quote = self.quotes[symbol]
        if self.rules.valuation == "mid":
            return (quote.bid + quote.ask) / 2
        if self.rules.valuation == "last" and symbol in self.lasts:
            return self.lasts[symbol]
        return quote.closing(side)

    def floating(self, position: Position) -> Decimal:
        """Gross profit of a whole position now; of what was paid for, its worth."""
        if self.is_spot(self.terms[position.symbol]):
            return exchange.worth(self, position.symbol, position.side * position.qty)
        return self.gross(position, position.qty, self.value_price(position.symbol, position.side))

    def unrealized(self) -> Decimal:
        return sum((self.floating(p) + p.swap for p in self.positions), ZERO)

    def equity(self) -> Decimal:
        return self.balance + self.credit + self.unrealized()

    def free_equity(self) -> Decimal:
        """Equity as free margin counts it."""
        result, mode = self.unrealized(), self.rules.free_margin
        counts = mode == "all" or (mode == "profit" and result > 0) or (mode == "loss" and result < 0)
        return self.balance + self.credit + (result if counts else ZERO)

    # ---------------------------------------------------------------------------------------------------- margin

    @property
    def margin(self) -> Margin:
        return Margin(self)

    def as_held(self) -> list[Position]:
        """The positions at the price and rate their margin counts with: the opening's, or today's."""
        if not self.rules.margin_current:
            return self.positions
        return [self._revalued(p) for p in self.positions]

    def _revalued(self, p: Position) -> Position:
        quote = self.quotes[p.symbol]
        price = (quote.bid + quote.ask) / 2 if self.rules.valuation == "mid" else quote.opening(p.side)
        return replace(p, price=price, margin_rate=self.margin_rate(p.symbol, p.side, price))

    def used_margin(self, reserves: Iterable[Reserve]) -> Decimal:
        return self.margin.used(self.as_held(), reserves)

    def level(self, used: Decimal) -> Decimal:
        return self.equity() / used if used > 0 else INFINITY

    def margin_to_deal(self, deal: Deal, reserves: Iterable[Reserve]) -> Decimal:
        """What the account must be able to put up before a deal."""
        before = self.as_held()
        parts = self.opposite(deal)
        closed = {p.id: part for p, part in parts}
        after = [replace(p, qty=p.qty - closed.get(p.id, ZERO)) for p in before if closed.get(p.id) != p.qty]
        opens = deal.qty - sum((part for _, part in parts), ZERO)
        pending = list(reserves)
        if opens <= 0:
            return self.margin.used(after, pending)
        rate = self.margin_rate(deal.symbol, deal.side, deal.price)
        after.append(Position(-1, deal.symbol, deal.side, opens, deal.price, rate, deal.ts, -1))
        return self.margin.to_open(before, after, pending, Opening(deal.symbol, deal.side, opens, deal.price, rate))

    # ----------------------------------------------------------------------------------------------------- deals

    def opposite(self, deal: Deal) -> list[tuple[Position, Decimal]]:
        """The parts of positions a deal closes, oldest first."""
        others = [p for p in self.positions if p.symbol == deal.symbol and p.side == -deal.side]
        if deal.ticket:
            others = [p for p in others if deal.ticket in (p.id, p.last_order)]
        elif self.rules.hedging and not deal.reduces:
            others = []
        parts, left = [], deal.qty
        for p in others:
            if left > 0:
                parts.append((p, min(left, p.qty)))
                left -= parts[-1][1]
        return parts

    def deal(self, deal: Deal) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Apply a deal; returns its fill row and one trade row per part closed."""
        trades, left = [], deal.commission
        parts = self.opposite(deal)
        opens = deal.qty - sum((part for _, part in parts), ZERO)
        for n, (position, part) in enumerate(parts, 1):
            share = self.rules.money(deal.commission * part / deal.qty)
            share = left if n == len(parts) and opens == 0 else share
            left -= share
            trades.append(self._close(position, part, deal, share))
        if opens > 0:
            self._open(deal, opens, left)
        self.balance -= deal.commission
        fill = {
            "ts": deal.ts, "order": deal.order, "symbol": deal.symbol, "side": deal.side, "qty": deal.qty,
            "price": deal.price, "why": deal.why, "maker": deal.maker, "commission": deal.commission, "tag": deal.tag,
            "pnl": sum((t["pnl"] for t in trades), ZERO), "swap": sum((t["swap"] for t in trades), ZERO),
            "closed_qty": deal.qty - opens, "balance": self.balance,
        }  # fmt: skip
        return fill, trades

    def _close(self, p: Position, part: Decimal, deal: Deal, commission: Decimal) -> dict[str, Any]:
        pnl = self.result(p, part, deal.price)
        whole = part == p.qty
        share = p.swap if whole else self.rules.money(p.swap * part / p.qty)
        swap = share if deal.swap is None else deal.swap
        entry = p.commission if whole else self.rules.money(p.commission * part / p.qty)
        cost = p.cost if whole else self.rules.money(p.cost * part / p.qty)
        p.qty, p.swap, p.commission, p.cost = p.qty - part, p.swap - swap, p.commission - entry, p.cost - cost
        if whole:
            self.positions = [x for x in self.positions if x is not p]
        self.balance += pnl + swap + p.side * cost
        return {
            "position": p.id, "symbol": p.symbol, "side": p.side, "qty": part, "entry_ts": p.ts, "entry_price": p.price,
            "exit_ts": deal.ts, "exit_price": deal.price, "exit_order": deal.order, "pnl": pnl, "swap": swap,
            "commission": entry + commission, "why": deal.why, "tag": p.tag,
        }  # fmt: skip

    def _open(self, deal: Deal, qty: Decimal, commission: Decimal) -> None:
        rate = self.margin_rate(deal.symbol, deal.side, deal.price)
        of_order = [p for p in self.positions if deal.order and deal.order in (p.id, p.last_order)]
        for p in self.positions:
            same = p in of_order if self.rules.hedging else True
            if same and p.symbol == deal.symbol and p.side == deal.side:
                self._add(p, deal, qty, rate, commission)
                return
        id = self.new_id() if of_order or not deal.order else deal.order
        p = Position(id, deal.symbol, deal.side, qty, deal.price, rate, deal.ts, id, tag=deal.tag)
        p.commission = commission
        self.positions.append(p)
        self._pay(p, qty, deal.price)
        self._protect(p, deal)

    def _add(self, p: Position, deal: Deal, qty: Decimal, rate: Decimal, commission: Decimal) -> None:
        total = p.qty + qty
        p.price = average_price(self.terms[p.symbol], (p.price * p.qty + deal.price * qty) / total)
        p.margin_rate = (p.margin_rate * p.qty + rate * qty) / total
        p.qty, p.last_order = total, deal.order or p.last_order
        p.commission += commission
        self._pay(p, qty, deal.price)
        self._protect(p, deal)

    def _pay(self, p: Position, qty: Decimal, price: Decimal) -> None:
        if self.is_spot(self.terms[p.symbol]):
            cost = exchange.paid(self, p.symbol, p.side, qty, price)
            p.cost += cost
            self.balance -= p.side * cost

    def _protect(self, p: Position, deal: Deal) -> None:
        """Stop loss, take profit and trailing distance given with an order replace the position's."""
        p.sl = p.sl if deal.sl is None else deal.sl
        p.tp = p.tp if deal.tp is None else deal.tp
        if deal.trail is not None:
            p.trail, p.extreme = deal.trail, self.quotes[p.symbol].closing(p.side)
        if self.rules.fifo_close:
            self.level_stops(p, sl=deal.sl is not None, tp=deal.tp is not None)

    def level_stops(self, of: Position, *, sl: bool = False, tp: bool = False, trail: bool = False) -> None:
        """FIFO: what one position was given of these, all of its instrument and side get."""
        for p in self.positions:
            if (p.symbol, p.side) == (of.symbol, of.side):
                p.sl = of.sl if sl else p.sl
                p.tp = of.tp if tp else p.tp
                p.trail, p.extreme = (of.trail, of.extreme) if trail else (p.trail, p.extreme)
