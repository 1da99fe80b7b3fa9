"""What a scenario expects, and how it is compared.

Money is compared to the account's digits, quantities exactly, prices to the instrument's digits and the margin level to
two decimals, or to as many as are written where those are more. Names match in any case. `events` is a list of partial
matches: each must be found after the one before it, among what happened since the last `expect`; an empty list says
that nothing happened. A margin level of null is that of an account without used margin.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from simcore.brokers.errors import did_you_mean, shown
from simcore.kernel.enums import Reason, Status
from simcore.scenario.fields import ScenarioError, Table, is_number, text_of_time
from simcore.scenario.told import FIELDS, Told

MONEY: Final = ("balance", "credit", "equity", "used_margin", "free_margin", "unrealized_pnl")
STANDING: Final = ("assets", "liabilities", "initial_margin", "maintenance_margin")  # of exchange accounts
FIGURES: Final = (*MONEY, *STANDING, "margin_level")
STATUSES: Final = tuple(one.name for one in Status if one)
REASONS: Final = tuple(one.name for one in Reason)
# How the number of a field is compared; what is missing here is text, a truth value or a name.
MONEY_FIELDS: Final = (*MONEY, *STANDING, "commission", "pnl", "swap", "slippage", "amount", "margin")
PRICE_FIELDS: Final = ("price", "avg_price", "sl", "tp", "trail")
QTY_FIELDS: Final = ("qty", "filled_qty", "closed_qty", "days")
ORDER_FIELDS: Final = ("status", "filled_qty", "avg_price", "reason", "commission")
_QTY_TOLERANCE: Final = 1e-9
_LEVEL_DECIMALS: Final = 2


@dataclass(frozen=True)
class Expectation:
    """One `expect`, checked for words that mean nothing."""

    account: Mapping[str, float]
    orders: Mapping[str, Mapping[str, Any]]
    position: Mapping[str, float]
    events: Sequence[Mapping[str, Any]] | None
    digits: Mapping[str, int]  # symbol -> decimals of its price


@dataclass(frozen=True)
class Failure:
    """One thing that is not as expected."""

    event: int  # number of the expect
    ts: int
    what: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        at = f"event {self.event} ({text_of_time(self.ts)})"
        return f"{at}: {self.what}: expected {_said(self.expected)}, was {_said(self.got)}"


def _said(value: Any) -> str:
    return "infinite" if value == math.inf else str(value)


# ------------------------------------------------------------------------------------------------------------- reading


def read_expectation(
    value: object, place: str, digits: Mapping[str, int], labels: Collection[str], coming: Collection[str]
) -> Expectation:
    """One `expect` of a file; raises ScenarioError for a name or a type that cannot be meant."""
    table = Table.of(value, place, ("account", "order", "position", "events"))
    if not table.fields:
        raise ScenarioError(f"{place}: expects nothing; give account, order, position or events")
    position = Table.of(table.fields.get("position", {}), f"{place}, position", digits)
    orders = Table.of(table.fields.get("order", {}), f"{place}, order")
    for label in orders.fields:
        if label not in labels:
            hint = "is submitted only later" if label in coming else f"no such order; {did_you_mean(label, coming)}"
            orders.fail(label, hint)
    return Expectation(
        _account(table.fields.get("account", {}), f"{place}, account"),
        {label: _order(one, f"{place}, order, {label}") for label, one in orders.fields.items()},
        {symbol: position.number(symbol) for symbol in position.fields},
        _events(table.fields.get("events"), f"{place}, events"),
        digits,
    )


def _account(value: object, place: str) -> dict[str, float]:
    table = Table.of(value, place, FIGURES)
    figures = {name: table.number(name) for name in table.fields}
    if isinstance(value, Mapping) and "margin_level" in value and "margin_level" not in figures:
        figures["margin_level"] = math.inf
    return figures


def _order(value: object, place: str) -> dict[str, Any]:
    """A status, or an object of fields."""
    table = Table.of({"status": value} if isinstance(value, str) else value, place, ORDER_FIELDS)
    out: dict[str, Any] = {}
    for name in table.fields:
        if name == "status":
            out[name] = table.choice(name, STATUSES)
        elif name == "reason":
            out[name] = table.choice(name, REASONS)
        else:
            out[name] = table.number(name)
    if not out:
        raise ScenarioError(f"{place}: expects nothing; give a status, or one of {', '.join(ORDER_FIELDS)}")
    return out


def _events(value: object, place: str) -> tuple[Mapping[str, Any], ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise ScenarioError(f"{place} = {shown(value)}: must be a list")
    return tuple(_partial(one, f"{place}[{i}]") for i, one in enumerate(value))


def _partial(value: object, place: str) -> Mapping[str, Any]:
    """One partial match: a type, and fields of that type."""
    table = Table.of(value, place)
    kind = table.choice("type", FIELDS)
    allowed = ("type", *FIELDS[kind], "text")
    table = Table.of(value, place, allowed)
    for name in table.fields:
        if name in (*MONEY_FIELDS, *PRICE_FIELDS, *QTY_FIELDS, "margin_level"):
            table.number(name)
    fields = {**table.fields, "type": kind}
    if "ts" in table:
        fields["ts"] = table.time("ts")
    if table.fields.get("side") in (1, -1):
        fields["side"] = "buy" if table.fields["side"] == 1 else "sell"
    return fields


# ----------------------------------------------------------------------------------------------------------- comparing


@dataclass(frozen=True)
class Seen:
    """What an expectation is held against."""

    account: Mapping[str, float]
    orders: Mapping[str, Mapping[str, Any]]
    position: Mapping[str, float]
    events: Sequence[Told]  # since the last expect
    money_digits: int


def failures(number: int, ts: int, wanted: Expectation, seen: Seen) -> list[Failure]:
    """Everything that is not as `wanted`."""
    found = []

    def check(what: str, name: str, expected: Any, got: Any, digits: int = 0) -> None:
        if not same(name, expected, got, seen.money_digits, digits):
            found.append(Failure(number, ts, what, expected, got))

    for name, expected in wanted.account.items():
        check(f"account.{name}", name, expected, seen.account.get(name))
    for label, fields in wanted.orders.items():
        order = seen.orders[label]
        for name, expected in fields.items():
            check(f"order.{label}.{name}", name, expected, order[name], wanted.digits[order["symbol"]])
    for symbol, expected in wanted.position.items():
        check(f"position.{symbol}", "qty", expected, seen.position[symbol])
    if wanted.events is not None:
        found += _missing(number, ts, wanted, seen)
    return found


def same(name: str, expected: Any, got: Any, money_digits: int, price_digits: int) -> bool:
    """Whether a field is as expected, by what the field is."""
    if name == "reason" and expected == "NONE":
        return got is None or got == "NONE"
    if not is_number(expected) or not is_number(got):
        return str(expected).lower() == str(got).lower() if isinstance(expected, str) else bool(expected == got)
    if name in MONEY_FIELDS:
        return bool(abs(expected - got) < 0.5 * 10.0**-money_digits)
    if name in QTY_FIELDS:
        return bool(abs(expected - got) <= _QTY_TOLERANCE * max(1.0, abs(expected)))
    if name in PRICE_FIELDS or name == "margin_level":
        least = _LEVEL_DECIMALS if name == "margin_level" else price_digits
        half = 0.5 * 10.0 ** -max(least, decimals(expected))
        return bool(abs(expected - got) <= half * (1.0 + 1e-6))
    return bool(expected == got)


def decimals(number: float) -> int:
    """How many decimals a number was written with, as far as a float tells: 2 for 9.08."""
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def matches(wanted: Mapping[str, Any], told: Told, seen: Seen, digits: Mapping[str, int]) -> bool:
    """Whether every field of a partial match is as told; a rejection of an order is an order event too."""
    is_order = wanted["type"] == "order" and told["type"] == "rejection" and "status" in told
    if wanted["type"] != told["type"] and not is_order:
        return False
    price_digits = digits.get(told.get("symbol") or "", 0)
    rest = ((name, value) for name, value in wanted.items() if name != "type")
    return all(same(name, value, told.get(name), seen.money_digits, price_digits) for name, value in rest)


def _missing(number: int, ts: int, wanted: Expectation, seen: Seen) -> list[Failure]:
    """The first partial match that is not found in its turn; or, where nothing may have happened, what did."""
    if not wanted.events:
        return [Failure(number, ts, "events", "nothing", brief(seen.events))] if seen.events else []
    start = 0
    for i, one in enumerate(wanted.events):
        at = next((j for j in range(start, len(seen.events)) if matches(one, seen.events[j], seen, wanted.digits)), -1)
        if at < 0:
            rest = seen.events[start:]
            alike = [told for told in rest if told["type"] == one["type"]]
            what = f"events[{i}]" + (f", after {brief(seen.events[start - 1 : start])}" if start else "")
            return [Failure(number, ts, what, brief([one]), brief(alike or rest) or "nothing")]
        start = at + 1
    return []


def brief(events: Sequence[Mapping[str, Any]]) -> str:
    """Events on one line, without what is not set."""
    return "; ".join(_brief(one) for one in events)


def _brief(event: Mapping[str, Any]) -> str:
    fields = [
        f"{name} {text_of_time(value) if name == 'ts' else value}"
        for name, value in event.items()
        if name != "type" and value is not None and (name != "text" or "status" not in event)
    ]
    return " ".join([str(event["type"]), *fields])
