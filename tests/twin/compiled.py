"""The compiled account with the twin's methods: the other side of the comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan
from simcore.kernel import schema
from simcore.kernel.engine import Engine
from simcore.kernel.enums import EventKind, Kind, OrderType, Reason, Status, TimeInForce, Venue, Why

from .clock import timeframe_ns

NAN = math.nan
ORDER_FIELDS = ("limit", "stop", "trail", "sl", "tp", "expires", "oco", "parent", "display_qty", "position", "tag")
FLAGS = ("post_only", "reduce_only")
SIDES = {"buy": 1, "sell": -1, 1: 1, -1: -1}


class Compiled:
    def __init__(
        self,
        broker: Mapping[str, Any],
        instruments: Sequence[Mapping[str, Any]],
        cash: Any,
        prints_only: Sequence[str] = (),
        venue: Venue = Venue.SIMULATED,
    ) -> None:
        self.symbols = [i["symbol"] for i in instruments]
        without_quotes = frozenset(self.symbols.index(symbol) for symbol in prints_only)
        plan = Plan(span=(1_700_000_000 * 10**9, 1_720_000_000 * 10**9), prints_only=without_quotes, venue=venue)
        rules = make_rules(Broker(**broker), [Instrument(**i) for i in instruments], plan)
        self.engine = Engine(rules, float(cash))
        self.events: list[dict[str, Any]] = []
        self.fills: list[dict[str, Any]] = []
        self.trades: list[dict[str, Any]] = []
        self.orders: dict[int, Any] = {}
        self.told: dict[int, list[str]] = {}  # every status since its arrival

    # ------------------------------------------------------------------------------------------------------- feed

    def _play(self, ts: int, symbol: str, kind: Kind, bid: float, ask: float, x: float = NAN, y: float = NAN) -> None:
        self.engine.row(ts, self.symbols.index(symbol), int(kind), bid, ask, x, y)
        self.engine.advance()
        self._drain()

    def quote(self, ts: int, symbol: str, bid: float, ask: float, bid_size: Any = None, ask_size: Any = None) -> None:
        x, y = (NAN if size is None else size for size in (bid_size, ask_size))
        self._play(ts, symbol, Kind.QUOTE, bid, ask, x, y)

    def print(self, ts: int, symbol: str, price: float, size: float | None = None) -> None:
        self._play(ts, symbol, Kind.PRINT, price, price, NAN if size is None else size)

    def bar(self, ts: int, symbol: str, o: float, h: float, l: float, c: float, timeframe: str) -> None:  # noqa: E741
        length = timeframe_ns(timeframe)
        low_first = o - l <= h - o + 1e-9
        path = (o, l, h, c) if low_first else (o, h, l, c)
        times = (ts, ts + length // 3, ts + 2 * length // 3, ts + length - 1)
        kinds = (Kind.BAR_OPEN, Kind.BAR_FIRST, Kind.BAR_SECOND, Kind.BAR_CLOSE)
        for at, price, kind in zip(times, path, kinds, strict=True):
            with_range = kind in (Kind.BAR_OPEN, Kind.BAR_FIRST)  # of the bids, then of the asks
            self._play(at, symbol, kind, price, price, *((l, h) if with_range else (NAN, NAN)))

    def deposit(self, ts: int, amount: float, credit: bool = False) -> None:
        self.engine.post(ts, schema.POST_CREDIT if credit else schema.POST_CASH, amount=amount)
        self._drain()

    def order_event(self, ts: int, order: int, status: str, reason: str = "NONE") -> None:
        code = int(Reason[reason])
        self.engine.post(ts, schema.POST_ORDER, order=order, status=int(Status[status]), reason=code)
        self._drain()

    def fill(
        self,
        ts: int,
        order: int,
        symbol: str,
        side: Any,
        qty: float,
        price: float,
        commission: float = 0.0,
        swap: float = 0.0,
        position: int = 0,
    ) -> None:
        self.engine.post(
            ts, schema.POST_FILL, order=order, instrument=self.symbols.index(symbol), side=SIDES[side], qty=qty,
            price=price, commission=commission, swap=swap, position=position,
        )  # fmt: skip
        self._drain()

    def change(self, ts: int, position: int, swap: float, **stops: float) -> None:
        self.engine.post(ts, schema.POST_CHANGE, order=position, swap=swap, **stops)
        self._drain()

    def order_change(self, ts: int, order: int, **changes: float) -> None:
        self.engine.post(ts, schema.POST_CHANGE, order=order, **changes)
        self._drain()

    def split(self, ts: int, symbol: str, new: float, old: float = 1.0) -> None:
        self._play(ts, symbol, Kind.SPLIT, new / old, new / old)

    def dividend(self, ts: int, symbol: str, amount: float) -> None:
        self._play(ts, symbol, Kind.DIVIDEND, amount, amount)

    def advance_to(self, ts: int) -> None:
        self.engine.heartbeat(ts)
        self._drain()

    # ------------------------------------------------------------------------------------------------------- acts

    def submit(self, symbol: str, side: Any, qty: float, type: str = "market", tif: str = "gtc", **given: Any) -> int:
        fields = {name: given[name] for name in (*ORDER_FIELDS, *FLAGS) if given.get(name) is not None}
        head = self.engine.state.head
        if given.get("waits"):  # as in on_bar, where the instrument has not ticked since the bar's end
            head["bar_end"] = self.engine.state.instruments["ts"][self.symbols.index(symbol)] + 1
        id = self.engine.submit(
            instrument=self.symbols.index(symbol), side=SIDES[side], qty=qty, type=int(OrderType[type.upper()]),
            tif=int(TimeInForce[tif.upper()]), **fields,
        )  # fmt: skip
        head["bar_end"] = 0
        self._drain()
        return id

    def close(self, symbol: str, qty: float | None = None, position: int | None = None) -> int:
        id = self.engine.close(self.symbols.index(symbol), NAN if qty is None else qty, position or 0)
        self._drain()
        return id

    def modify(self, id: int, **changes: float) -> None:
        self.engine.modify(id, **changes)
        self._drain()

    def cancel(self, id: int) -> None:
        self.engine.cancel(id)
        self._drain()

    def close_by(self, a: int, b: int) -> None:
        self.engine.close_by(a, b)
        self._drain()

    # --------------------------------------------------------------------------------------------------- readings

    def _drain(self) -> None:
        tape = self.engine.tape.drain()
        for row in tape["fills"]:
            self.fills.append(self._named(row))
        for row in tape["trades"]:
            self.trades.append(self._named(row))
        for row in tape["changes"]:
            order = row["order"].copy()
            self.orders[int(order["id"])] = order
            status, told = Status(int(order["status"])).name, self.told.setdefault(int(order["id"]), [])
            if status != "SUBMITTED" and told[-1:] != [status]:
                told.append(status)
        for row in tape["events"]:
            event = self._named(row)
            kind = EventKind(event.pop("kind"))
            about = {"symbol": event["symbol"]} if event["order"] or event["position"] else {}
            reason = {"reason": Reason(event["reason"])} if event["reason"] else {}
            links = {name: event[name] for name in ("order", "position") if event[name]}
            self.events.append(
                {
                    "ts": event["ts"],
                    "type": kind.name.lower(),
                    **about,
                    **reason,
                    **links,
                    "a": event["a"],
                    "b": event["b"],
                    "of": event["symbol"],
                }
            )

    def _named(self, row: Any) -> dict[str, Any]:
        out = {name: row[name].item() for name in row.dtype.names}
        out["symbol"] = self.symbols[out.pop("instrument")]
        if "why" in out:
            out["why"] = Why(out["why"])
        return out

    def account(self) -> dict[str, float]:
        return self.engine.figures()

    def position(self, symbol: str) -> float:
        return self.engine.net_qty(self.symbols.index(symbol))

    def positions(self) -> list[dict[str, Any]]:
        rows = [row for row in self.engine.state.positions if row["id"]]
        return [self._named(row) for row in sorted(rows, key=lambda row: (row["ts"], row["id"]))]

    def order(self, id: int) -> dict[str, Any]:
        rows = self.engine.state.orders
        live = rows[rows["id"] == id]
        row = live[0] if len(live) else self.orders[id]
        average = row["value"] / row["filled"] if row["filled"] else None
        return {
            "status": Status(int(row["status"])).name,
            "filled_qty": float(row["filled"]),
            "avg_price": average,
            "reason": Reason(int(row["reason"])).name,
            "told": self.told.get(id, []),
        }
