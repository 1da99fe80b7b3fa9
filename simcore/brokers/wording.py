"""How a template takes its numbers: money, price, qty, count, id, share, time, ratio or size class.

In a template {a} to {d} are the four numbers that the kernel leaves beside a code; what follows the colon says what a
number is. The words of an order (its symbol, side, type, qty) come from the caller.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from simcore.kernel.schema import SIZES

NAN: Final = math.nan


@dataclass(frozen=True, kw_only=True)
class Case:
    """One code with its numbers and the words around them."""

    a: float
    b: float
    c: float
    d: float
    symbol: str
    currency: str
    digits: int
    money_digits: int
    side: int = 0
    qty: float = NAN
    type: int | None = None
    unit: str = ""  # of a pair whose qty counts single units: its base currency
    order: int = 0
    position: int = 0
    levels: str = "percent"

    def fill(self, template: str) -> str:
        """The template with every number in its place."""
        numbers = {name: Figure(getattr(self, name), self) for name in "abcd"}
        words = {"doing": self.doing, "symbol": self.symbol, "order": self.order, "position": self.position}
        return template.format(**numbers, **words, currency=self.currency, case=self)

    @property
    def doing(self) -> str:
        """ "buying 5 EURUSD", or what of it is known."""
        qty = f" {plain(self.qty)}" if self.qty > 0.0 else ""
        verb = {1: "buying", -1: "selling"}.get(self.side, "trading")
        return f"{verb}{qty} {self.symbol}".rstrip()


@dataclass(frozen=True)
class Figure:
    """A number that is written as its template says."""

    value: float
    case: Case

    def __format__(self, kind: str) -> str:
        return _KINDS[kind](self.value, self.case)


def plain(value: float) -> str:
    """As many decimals as it has, up to eight."""
    if value != value:
        return "not given"
    return f"{value:,.8f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:g}"


def _money(value: float, case: Case) -> str:
    return f"{value:,.{case.money_digits}f} {case.currency}".rstrip()


def _price(value: float, case: Case) -> str:
    return f"{value:.{case.digits}f}" if value == value else "none"


def _share(value: float, case: Case) -> str:
    return f"{100.0 * value:,.2f} %" if math.isfinite(value) else "infinite"


def _time(value: float, case: Case) -> str:
    """UTC to the microsecond, which is what is left of nanoseconds in a float."""
    micro = np.datetime64(round(value / 1000.0), "us")
    return f"{np.datetime_as_string(micro)}".rstrip("0").rstrip(".") + "Z"


def _ratio(value: float, case: Case) -> str:
    """Shares for shares: "7 for 1", "3 for 2", "1 for 10"."""
    parts = Fraction(value).limit_denominator(1000)
    return f"{parts.numerator} for {parts.denominator}"


def _size(value: float, case: Case) -> str:
    return SIZES[int(value)].name if 0 <= value < len(SIZES) else "?"


_KINDS: Final[Mapping[str, Callable[[float, Case], str]]] = {
    "money": _money,
    "price": _price,
    "qty": lambda value, case: plain(value),
    "count": lambda value, case: f"{value:,.0f}",
    "id": lambda value, case: f"{value:.0f}",
    "share": _share,
    "time": _time,
    "ratio": _ratio,
    "size": _size,
}


Template = str | Callable[[Case], str]  # with the numbers' places, or what writes it for a case


def written(template: Template, case: Case) -> str:
    """The sentence of a case."""
    return case.fill(template if isinstance(template, str) else template(case))
