"""What the twin's hand-worked cases share: instruments, times, and how figures are compared."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from .clock import to_ns
from .compiled import Compiled
from .engine import Twin

EURUSD = {"kind": "fx", "symbol": "EURUSD"}
USDJPY = {"kind": "fx", "symbol": "USDJPY"}
GBPUSD = {"kind": "fx", "symbol": "GBPUSD"}
EURGBP = {"kind": "fx", "symbol": "EURGBP"}
CFD = {"kind": "cfd", "symbol": "DE40"}
SECOND = 1_000_000_000
MINUTE = 60 * SECOND


def at(text: str) -> int:
    return to_ns(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC))


T = at("2024-01-02T10:00:00")  # a Tuesday


def D(text: str) -> Decimal:
    return Decimal(text)


def twin(*instruments: dict[str, Any], cash: int = 10_000, **broker: Any) -> Twin:
    return Twin({"mode": "netting", **broker}, instruments or (EURUSD,), cash)


def figures(t: Twin, **expected: str) -> None:
    got = t.account()
    assert {name: got[name] for name in expected} == {name: D(value) for name, value in expected.items()}


def refused(t: Twin, id: int) -> str:
    assert t.order(id)["status"] == "REJECTED"
    return str(t.order(id)["reason"])


# of either account


def status(a: Twin | Compiled, id: int) -> tuple[str, str]:
    order = a.order(id)
    return order["status"], order["reason"]


def used(a: Twin | Compiled) -> float:
    return round(float(a.account()["used_margin"]), 6)


def refusals(a: Twin | Compiled) -> list[str]:
    """Why changes were refused, oldest first."""
    return [e["reason"].name for e in a.events if e["type"] == "order_refused" and not e.get("new")]
