"""What the engine told, as events in the order they happened.

The tape keeps fills, order changes and events of the account in tables of their own. Fills and changes are put in one
order by the notices the account keeps for a strategy; an event of the account has its place by what it causes: a
stop-out comes before its fill, a margin call after the fills of its quote and before the stop-outs it leads to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simcore.brokers.happenings import causes
from simcore.brokers.words import NUMBERS, Words
from simcore.kernel.enums import Call, EventKind, OrderType, Reason, Status, Why
from simcore.strategy.names import tag_name

Told = dict[str, Any]  # one event: type, ts and the fields of its type

BY_BROKER: Final = (Why.STOP_LOSS, Why.TAKE_PROFIT, Why.STOP_OUT)
REFUSED: Final = (Status.REJECTED, Status.DENIED)
# Refusals of what is not there: their rows name no instrument.
NOWHERE: Final = (Reason.UNKNOWN_ORDER, Reason.UNKNOWN_POSITION, Reason.NOT_HEDGING)
OF_STOCK: Final = (EventKind.SPLIT, EventKind.DIVIDEND)
OF_INSTRUMENT: Final = (*OF_STOCK, EventKind.MARGIN_CHANGED)
OF_LIMITS: Final = (EventKind.LIMIT_VIOLATED, EventKind.ORDER_ADJUSTED)
_LINKS: Final = ("symbol", "order", "position")
_ORDER: Final = ("ts", "symbol", "order", "side", "order_type", "qty", "status", "filled_qty", "avg_price", "reason")
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "order": _ORDER,
    "rejection": (*_ORDER, "position"),
    "fill": (
        "ts", *_LINKS, "side", "qty", "price", "why", "maker", "commission", "pnl", "swap", "slippage", "closed_qty",
        "balance", "tag",
    ),
    **{
        kind.name.lower(): ("ts", *_LINKS, *names, *(("reason",) if kind in OF_LIMITS else ()))
        for kind, names in NUMBERS.items()
        if kind != EventKind.ORDER_REFUSED
    },
}  # fmt: skip


@dataclass(frozen=True)
class Teller:
    """Turns rows into events: codes into names, order ids into the labels of the file."""

    words: Words
    labels: dict[int, str]  # order id -> label, filled as orders are sent

    def tell(self, tape: Mapping[str, Any], notices: Sequence[Call]) -> list[Told]:
        """The events of one drain of the tape, in order; `notices` say whether a fill or a change came next."""
        return list(self._in_order(tape, notices))

    def _in_order(self, tape: Mapping[str, Any], notices: Iterable[Call]) -> Iterator[Told]:
        fills, changes, events = iter(tape["fills"]), iter(tape["changes"]), list(tape["events"])
        for call in notices:
            row = next(fills) if call == Call.FILL else next(changes)
            while events and _comes_before(events[0], row, call):
                yield self.event(events.pop(0))
            yield self.fill(row) if call == Call.FILL else self.order(row)
        yield from map(self.event, events)

    def name(self, order_id: int) -> str | int | None:
        """The label of an order, else its id; None for the broker's own action."""
        return self.labels.get(int(order_id), int(order_id)) if order_id else None

    def order(self, change: Any) -> Told:
        """An order's new status; a refused one is a rejection."""
        o = change["order"]
        i = self.words.instruments[int(o["instrument"])]
        status, reason = Status(int(o["status"])), Reason(int(o["reason"]))
        return {
            "type": "rejection" if status in REFUSED else "order",
            "ts": int(change["at"]),
            "symbol": i.symbol,
            "order": self.name(o["id"]),
            "side": _side(o["side"]),
            "order_type": OrderType(int(o["type"])).name.lower(),
            "qty": float(o["qty"]),
            "status": status.name,
            "filled_qty": float(o["filled"]),
            "avg_price": average_price(o),
            "reason": reason.name if reason else None,
            "text": self.words.refusal(change),
        }

    def fill(self, row: Any) -> Told:
        """One execution; `order` is None for stop loss, take profit, stop-out and close by."""
        out: Told = {
            "type": "fill",
            "ts": int(row["ts"]),
            "symbol": self.words.instruments[int(row["instrument"])].symbol,
            "order": self.name(row["order"]),
            "position": self.name(row["position"]),
            "side": _side(row["side"]),
            "why": Why(int(row["why"])).name.lower(),
            "maker": bool(row["maker"]),
            "tag": tag_name(int(row["tag"])) or None,
        }
        names = ("qty", "price", "commission", "pnl", "swap", "slippage", "closed_qty", "balance")
        return out | {name: float(row[name]) for name in names}

    def event(self, row: Any) -> Told:
        """A row of the events table, with its sentence."""
        kind = EventKind(int(row["kind"]))
        i = self.words.instruments[int(row["instrument"])]
        of_one = kind in OF_INSTRUMENT or (bool(row["order"] or row["position"]) and row["reason"] not in NOWHERE)
        out: Told = {
            "type": "rejection" if kind == EventKind.ORDER_REFUSED else kind.name.lower(),
            "ts": int(row["ts"]),
            "symbol": i.symbol if of_one else None,
            "order": self.name(row["order"]),
            "position": self.name(row["position"]),
        }
        out |= {name: _number(row[at]) for name, at in zip(NUMBERS[kind], "abcd", strict=False)}
        if kind == EventKind.ORDER_REFUSED or kind in OF_LIMITS:
            out["reason"] = Reason(int(row["reason"])).name
        if kind == EventKind.MARGIN_CHANGED:
            out["cause"] = "+".join(causes(row["d"])) or None
        return out | {"text": self.words.event(row)}


def average_price(o: Any) -> float | None:
    """What an order was filled at on average; None before its first fill."""
    return float(o["value"] / o["filled"]) if o["filled"] > 0.0 else None


def _side(side: Any) -> str:
    return "buy" if side > 0 else "sell"


def _number(value: Any) -> float | None:
    """A finite number, else None: a price that is not set, a margin level without margin."""
    return float(value) if math.isfinite(value) else None


def _comes_before(event: Any, row: Any, call: Call) -> bool:
    """Whether the event happened before the fill or change `row`, as far as both tell."""
    at = row["ts"] if call == Call.FILL else row["at"]
    if event["ts"] != at:
        return bool(event["ts"] < at)
    kind = EventKind(int(event["kind"]))
    why = Why(int(row["why"])) if call == Call.FILL else None
    deleted = call == Call.ORDER and row["order"]["reason"] == Reason.STOP_OUT
    if kind in OF_STOCK:
        return True
    if kind == EventKind.STOP_OUT:
        return why == Why.STOP_OUT and row["position"] == event["position"]
    if kind == EventKind.STOP_OUT_ORDER:
        return bool(deleted and row["order"]["id"] == event["order"])
    if kind == EventKind.BALANCE_COMPENSATION:
        return False
    if kind in (*OF_LIMITS, EventKind.GATE_PASSED):
        return True  # said before the order it is about is taken or refused
    if kind in (EventKind.GATE_WARNING, EventKind.GATE_CLOSE):
        about = row["position"] if call == Call.FILL else row["order"]["position"]
        return bool(about == event["position"] and event["position"] > 0)
    if kind in (EventKind.MARGIN_CALL, EventKind.MARGIN_CALL_CLEARED):
        return deleted or why == Why.STOP_OUT
    return deleted or why in BY_BROKER
