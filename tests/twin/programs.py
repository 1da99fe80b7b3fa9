"""Random programs: a broker, instruments, cash and a list of steps that any account with the twin's methods can play.

A step holds small integers only (offsets in price increments, references to earlier orders), so that a failing
program shrinks well; `calls` turns it into concrete calls as it is played, from the quotes that stand by then.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .clock import to_ns

SECOND = 1_000_000_000
FAR = 3
START = to_ns(dt.datetime(2024, 1, 2, 10, tzinfo=dt.UTC))  # a Tuesday: Wednesday's triple swap is near
FX = {"EURUSD": "1.10000", "USDJPY": "150.000", "GBPUSD": "1.25000", "EURGBP": "0.85000"}
COIN = "BTCUSD"
PRICES = {**FX, "DE40": "1000.00", COIN: "40000"}
POINT = {name: Decimal("0.001") if name == "USDJPY" else Decimal("0.00001") for name in FX}
POINT |= {"DE40": Decimal("0.01"), COIN: Decimal("0.01")}


@dataclass
class Program:
    broker: dict[str, Any]
    instruments: list[dict[str, Any]]
    cash: int
    steps: list[dict[str, Any]]
    prints_only: tuple[str, ...] = ()  # instruments without quotes
    external: bool = False  # the broker is elsewhere, and says what happened


@dataclass
class Reader:
    """Turns steps into calls (method, arguments); remembers the prices it has quoted and the orders it has sent."""

    symbols: list[str]
    hedging: bool
    prints_only: tuple[str, ...] = ()
    points: dict[str, Decimal] = field(default_factory=lambda: dict(POINT))
    bid: dict[str, Decimal] = field(default_factory=dict)
    ask: dict[str, Decimal] = field(default_factory=dict)
    ts: int = START
    sent: int = 0  # order ids so far
    tickets: list[int] = field(default_factory=list)  # of open positions
    working: list[int] = field(default_factory=list)  # orders
    symbol_of: dict[int, str] = field(default_factory=dict)

    def calls(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        self.ts += step.get("wait", 0)
        play: list[tuple[str, dict[str, Any]]] = getattr(self, "_" + step["do"])(step)
        return play

    def _symbol(self, step: dict[str, Any]) -> str:
        return str(self.symbols[step["symbol"] % len(self.symbols)])

    def _quote(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        symbol, point = self._symbol(step), self.points[self._symbol(step)]
        old = self.bid.get(symbol, Decimal(PRICES[symbol]))
        bid = max(old + step["move"] * point, 1000 * point)
        ask = bid + step["spread"] * point
        if symbol in self.prints_only:
            self.bid[symbol] = self.ask[symbol] = bid
            return [("print", {"ts": self.ts, "symbol": symbol, "price": float(bid), "size": None})]
        self.bid[symbol], self.ask[symbol] = bid, ask
        sizes = {name: None if step[name] is None else float(step[name]) for name in ("bid_size", "ask_size")}
        return [("quote", {"ts": self.ts, "symbol": symbol, "bid": float(bid), "ask": float(ask), **sizes})]

    def _print(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        if self._symbol(step) in self.prints_only:
            return self._quote(step)
        symbol = self._symbol(step)
        price = max(self._market(symbol, 1) + step["move"] * self.points[symbol], 1000 * self.points[symbol])
        return [("print", {"ts": self.ts, "symbol": symbol, "price": float(price), "size": 1.0})]

    def _bar(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        symbol, point = self._symbol(step), self.points[self._symbol(step)]
        if symbol in self.prints_only:
            return self._quote({**step, "spread": 0})
        first = max(self.bid.get(symbol, Decimal(PRICES[symbol])) + step["move"] * point, 1000 * point)
        high, low = first + step["up"] * point, first - step["down"] * point
        last = low + (high - low) * step["close"] // 4 // point * point if high > low else low
        last = min(max(last, low), high)
        call = {"ts": self.ts, "symbol": symbol, "o": float(first), "h": float(high), "l": float(low), "c": float(last)}
        self.bid[symbol] = self.ask[symbol] = last
        self.ts += 60 * SECOND - 1
        return [("bar", {**call, "timeframe": "1min"})]

    def _submit(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        symbol, point = self._symbol(step), self.points[self._symbol(step)]
        side, kind = step["side"], step["type"]
        market = self._market(symbol, side)
        call: dict[str, Any] = {"symbol": symbol, "side": side, "qty": float(step["qty"]), "type": kind}
        call["tif"] = step["tif"]
        own = market
        if kind in ("stop", "stop_limit"):
            own = call["stop"] = market + side * step["offset"] * point
        if kind == "limit":
            own = call["limit"] = market - side * step["offset"] * point
        if kind == "stop_limit":
            own = call["limit"] = call["stop"] + step["second"] * point
        if kind == "trailing_stop":
            call["trail"] = abs(step["offset"]) * point
            if step["stop_too"]:
                call["stop"] = market + side * step["second"] * point
        for name, sign in (("sl", -side), ("tp", side)):
            if step[name] is not None:
                call[name] = own + sign * step[name] * point
        call |= {name: float(value) for name, value in call.items() if isinstance(value, Decimal)}
        if step["waits"]:
            call["waits"] = True
        if step["tif"] == "gtd":
            call["expires"] = self.ts + step["lasts"]
        call |= self._flags(step, kind)
        self.sent += 1
        self.symbol_of[self.sent] = symbol
        return [("submit", call)]

    def _flags(self, step: dict[str, Any], kind: str) -> dict[str, Any]:
        flags: dict[str, Any] = {}
        flags["oco"] = self.sent + 2 if step["oco"] == -1 else self._pick(self.working, step["oco"])
        flags["parent"] = self._pick(self.working, step["parent"])
        if step["reduce_only"]:
            flags["reduce_only"] = True
        if step["post_only"] and kind == "limit":
            flags["post_only"] = True
        if step["display_qty"] and kind == "limit" and not step["reduce_only"]:
            flags["display_qty"] = float(step["display_qty"])
        if self.hedging:
            flags["position"] = self._pick(self.tickets, step["ticket"])
        return {name: value for name, value in flags.items() if value}

    def _market(self, symbol: str, side: int) -> Decimal:
        prices = self.ask if side > 0 else self.bid
        return prices.get(symbol, Decimal(PRICES[symbol]))

    def _pick(self, ids: list[int], n: int | None) -> int:
        """The nth of the ids from the end, or 0; a far one not there is an order sent before, whatever became of it."""
        if n is None:
            return 0
        if n < len(ids):
            return ids[-1 - n]
        return max(0, self.sent - n) if n == FAR else 0

    def _modify(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        id = self._pick(self.tickets if step["ticket"] else self.working, step["order"])
        symbol = self.symbol_of.get(id, self._symbol(step))
        changes = {
            name: float(self._market(symbol, 1) + step[name] * self.points[symbol])
            for name in ("limit", "stop", "sl", "tp")
            if step[name] is not None
        }
        for name in ("sl", "tp"):
            if step["takes_away"] == name:
                changes[name] = 0.0
        if step["trail"] is not None:
            changes["trail"] = float(step["trail"] * self.points[symbol])
        if step["expires"] is not None:
            changes["expires"] = self.ts + step["expires"]
        if step["qty"] is not None:
            changes["qty"] = float(step["qty"])
        return [("modify", {"id": id, **changes})] if changes and id else []

    def _cancel(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        id = self._pick(self.working, step["order"])
        return [("cancel", {"id": id})] if id else []

    def _close(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        call = {"symbol": self._symbol(step), "qty": None if step["qty"] is None else float(step["qty"])}
        if self.hedging:
            call["position"] = self._pick(self.tickets, step["order"])
            if not call["position"]:
                return []
        return [("close", call)]

    def _close_by(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        a, b = (self._pick(self.tickets, step[name]) for name in ("order", "other"))
        return [("close_by", {"a": a, "b": b})] if a and b else []

    def _deposit(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        return [("deposit", {"ts": self.ts, "amount": float(step["amount"]), "credit": step["credit"]})]

    def _fill(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """What a broker elsewhere says it filled: an order of ours, or one of its own."""
        order = self._pick(self.working, step["order"])
        symbol = self.symbol_of.get(order, self._symbol(step))
        price = max(self._market(symbol, step["side"]) + step["move"] * self.points[symbol], 1000 * self.points[symbol])
        call = {"ts": self.ts, "order": order, "symbol": symbol, "side": step["side"], "qty": float(step["qty"])}
        call |= {"price": float(price), "commission": step["commission"], "swap": step["swap"]}
        return [("fill", call | {"position": self._pick(self.tickets, step["ticket"])})]

    def _order_event(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        order = self._pick(self.working, step["order"])
        return [("order_event", {"ts": self.ts, "order": order, "status": step["status"]})] if order else []

    def _change(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """What a broker elsewhere says of a position: its swap so far, and where its stops are; 0: none."""
        ticket = self._pick(self.tickets, step["ticket"])
        if not ticket:
            return []
        symbol = self.symbol_of.get(ticket, self._symbol({"symbol": 0}))
        stops = {
            name: float(self._market(symbol, 1) + step[name] * self.points[symbol]) if step[name] else 0.0
            for name in ("sl", "tp")
            if step[name] is not None
        }
        return [("change", {"ts": self.ts, "position": ticket, "swap": step["swap"], **stops})]

    def _order_change(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """What a broker elsewhere says an order is now, or the stops of the position it opened."""
        return [("order_change", {"ts": self.ts, "order": call.pop("id"), **call}) for _, call in self._modify(step)]

    def _split(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        symbol, (new, old) = self._symbol(step), step["ratio"]
        for prices in (self.bid, self.ask):
            if symbol in prices:
                prices[symbol] = max(prices[symbol] * old / new // self.points[symbol], 1000) * self.points[symbol]
        return [("split", {"ts": self.ts, "symbol": symbol, "new": new, "old": old})]

    def _dividend(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        return [("dividend", {"ts": self.ts, "symbol": self._symbol(step), "amount": float(step["amount"])})]

    def _pass(self, step: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        return [("advance_to", {"ts": self.ts})]
