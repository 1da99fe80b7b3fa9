"""The events of a scenario, read and checked: what happens at which time.

An event is one object with `ts` and one of the names in `READERS`. Everything that does not depend on the account is
decided here, so that a file is refused whole or played whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from simcore.brokers.asked import LINKS, misfit
from simcore.brokers.errors import did_you_mean, shown
from simcore.brokers.instrument import Instrument
from simcore.kernel.enums import OrderType, TimeInForce
from simcore.scenario.expectation import Expectation, read_expectation
from simcore.scenario.fields import ScenarioError, Table
from simcore.scenario.rows import Row, read_bar, read_dividend, read_print, read_quote, read_split
from simcore.strategy.names import tag_key

NAN: Final = math.nan
SIDES: Final = {"buy": 1, "sell": -1}
PRICES: Final = ("limit", "stop", "trail", "sl", "tp")
ORDER_FIELDS: Final = (
    "id", "symbol", "side", "type", "qty", *PRICES, "tif", "expires", *LINKS,
    "post_only", "reduce_only", "display_qty", "tag",
)  # fmt: skip
CHANGE_FIELDS: Final = ("id", "qty", *PRICES, "expires")
TYPES: Final = {one.name.lower(): int(one) for one in OrderType}
TIFS: Final = {one.name.lower(): int(one) for one in TimeInForce}
NOT_MODELLED: Final = {
    "mark": "this account keeps no mark price yet (valuation is by bid and ask); leave the event out",
    "funding": "this account has no funding rule yet; leave the event out (swap_long and swap_short finance overnight)",
}


@dataclass(frozen=True)
class Rows:
    """What the feed brings: quotes, prints or the four rows of bars."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Submit:
    """An order. `links` name other orders by label."""

    label: str | None
    instrument: int
    fields: Mapping[str, float]
    links: Mapping[str, str]


@dataclass(frozen=True)
class Modify:
    label: str
    fields: Mapping[str, float]


@dataclass(frozen=True)
class Cancel:
    label: str


@dataclass(frozen=True)
class Close:
    """Close `qty` (nan: all) of an instrument, or of the ticket a label opened."""

    instrument: int
    label: str | None
    qty: float


@dataclass(frozen=True)
class CloseBy:
    label: str
    by: str


@dataclass(frozen=True)
class Cash:
    amount: float
    credit: bool


Body = Rows | Submit | Modify | Cancel | Close | CloseBy | Cash | Expectation


@dataclass(frozen=True)
class Event:
    """`number` counts from 1, as complaints do."""

    number: int
    ts: int
    kind: str
    body: Body


@dataclass
class Reading:
    """What is known while the events are read, from the first to the last."""

    instruments: Sequence[Instrument]
    coming: frozenset[str]  # every label of the file
    labels: dict[str, int] = field(default_factory=dict)  # submitted so far -> index of its instrument
    now: int = 0  # the latest time so far
    ts: int = 0  # of the event being read

    def instrument(self, table: Table, name: str = "symbol") -> int:
        """The index of the instrument a field names."""
        value = table.need(name)
        return self.index(value, f"{table.place}: {name} = {shown(value)}")

    def index(self, symbol: object, place: str) -> int:
        symbols = [one.symbol for one in self.instruments]
        if symbol not in symbols:
            raise ScenarioError(f"{place}: is none of the instruments; {did_you_mean(symbol, symbols)}")
        return symbols.index(str(symbol))

    def known(self, table: Table, name: str = "id") -> str:
        """A label that an earlier event submitted."""
        label = table.label(name)
        if label not in self.labels:
            hint = f"no such order; {did_you_mean(label, self.coming)}"
            table.fail(name, "is submitted only later" if label in self.coming else hint)
        return label


def _submit(value: object, place: str, reading: Reading) -> Submit:
    table = Table.of(value, place, ORDER_FIELDS)
    label = table.label() if "id" in table else None
    if label in reading.labels:
        table.fail("id", "is given to an earlier order already; every order has its own")
    k = reading.instrument(table)
    _check_type(table)
    fields: dict[str, float] = {"instrument": k, "side": _side(table), "qty": table.number("qty")}
    fields |= {name: table.number(name) for name in (*PRICES, "display_qty") if name in table}
    fields |= {name: int(table.flag(name)) for name in ("post_only", "reduce_only")}
    fields |= _times(table)
    if "tag" in table:
        if isinstance(table.fields["tag"], bool) or not isinstance(table.fields["tag"], int | str):
            table.fail("tag", "must be a whole number or a text")
        fields["tag"] = tag_key(table.fields["tag"])
    links = {name: reading.known(table, name) for name in ("parent", "position") if name in table}
    if "oco" in table:
        links["oco"] = table.label("oco")
        if links["oco"] not in reading.coming - {label}:
            table.fail("oco", f"no such order; {did_you_mean(links['oco'], reading.coming - {label})}")
    if label is not None:
        reading.labels[label] = k
    return Submit(label, k, fields, links)


def _side(table: Table) -> int:
    value = table.need("side")
    if not isinstance(value, bool) and value in (1, -1):
        return int(value)
    return SIDES[table.choice("side", SIDES)]


def _check_type(table: Table) -> None:
    """The kernel reads the type off the prices, so a type that is given must agree with them."""
    if "type" not in table:
        return
    name = table.choice("type", TYPES)
    wrong = misfit(name, table.fields)
    if wrong is not None:
        table.fail("type", wrong)


def _times(table: Table) -> dict[str, float]:
    """tif and expires, which go together for gtd."""
    tif = table.choice("tif", TIFS) if "tif" in table else "gtc"
    if tif == "gtd":
        table.need("expires", "is required with tif gtd")
    if "expires" not in table:
        return {"tif": TIFS[tif]}
    if tif not in ("gtc", "gtd"):
        table.fail("expires", f"goes with tif gtd, not with {tif}")
    return {"tif": TIFS["gtd"], "expires": table.time("expires")}


def _modify(value: object, place: str, reading: Reading) -> Modify:
    table = Table.of(value, place, CHANGE_FIELDS)
    fields: dict[str, float] = {name: table.number(name) for name in ("qty", *PRICES) if name in table}
    if "expires" in table:
        fields["expires"] = table.time("expires")
    if not fields:
        raise ScenarioError(f"{place}: nothing to change; give one of {', '.join(CHANGE_FIELDS[1:])}")
    return Modify(reading.known(table), fields)


def _cancel(value: object, place: str, reading: Reading) -> Cancel:
    return Cancel(reading.known(Table.of(_named(value), place, ("id",))))


def _close(value: object, place: str, reading: Reading) -> Close:
    table = Table.of(_named(value), place, ("id", "symbol", "qty"))
    qty = table.number("qty", above=0.0) if "qty" in table else NAN
    if ("id" in table) == ("symbol" in table):
        raise ScenarioError(f"{place}: give id (the order that opened the ticket) or symbol, one of them")
    if "symbol" in table:
        return Close(reading.instrument(table), None, qty)
    label = reading.known(table)
    return Close(reading.labels[label], label, qty)


def _close_by(value: object, place: str, reading: Reading) -> CloseBy:
    """{"id": "a", "by": "b"}, {"a": "a", "b": "b"} or ["a", "b"]."""
    if isinstance(value, list) and len(value) == 2:
        value = {"id": value[0], "by": value[1]}
    names = ("a", "b") if isinstance(value, Mapping) and {"a", "b"} & set(value) else ("id", "by")
    table = Table.of(value, place, names)
    return CloseBy(reading.known(table, names[0]), reading.known(table, names[1]))


def _deposit(value: object, place: str, reading: Reading) -> Cash:
    """500, {"amount": 500} or {"credit": 500}; below zero is a withdrawal."""
    table = Table.of(value if isinstance(value, Mapping) else {"amount": value}, place, ("amount", "credit"))
    if ("amount" in table) == ("credit" in table):
        raise ScenarioError(f"{place}: give amount or credit, one of them")
    name = "credit" if "credit" in table else "amount"
    return Cash(table.number(name), name == "credit")


def _named(value: object) -> object:
    """ "a" is short for {"id": "a"}."""
    return {"id": value} if isinstance(value, str | int) and not isinstance(value, bool) else value


def _market(read: Callable[[Table, str, int, int, Instrument], list[Row]]) -> Callable[[object, str, Reading], Rows]:
    """A reader of {symbol: data} for every symbol, in time order and in the file's order at one time."""

    def reader(value: object, place: str, reading: Reading) -> Rows:
        table = Table.of(value, place)
        if not table.fields:
            raise ScenarioError(f"{place}: names no instrument")
        rows = []
        for symbol in table.fields:
            k = reading.index(symbol, f"{place}, {symbol!r}")
            rows += read(table, symbol, k, reading.ts, reading.instruments[k])
        return Rows(tuple(sorted(rows, key=lambda row: row.ts)))

    return reader


def _expect(value: object, place: str, reading: Reading) -> Expectation:
    symbols = {one.symbol: one.price_digits for one in reading.instruments}
    return read_expectation(value, place, symbols, reading.labels, reading.coming)


READERS: Final[Mapping[str, Callable[[object, str, Reading], Body]]] = {
    "quote": _market(read_quote),
    "print": _market(read_print),
    "bar": _market(read_bar),
    "split": _market(read_split),
    "dividend": _market(read_dividend),
    "deposit": _deposit,
    "submit": _submit,
    "modify": _modify,
    "cancel": _cancel,
    "close": _close,
    "close_by": _close_by,
    "expect": _expect,
}


def read_events(value: object, name: str, instruments: Sequence[Instrument]) -> tuple[Event, ...]:
    """Every event of the file, in order; raises ScenarioError for the first that is malformed."""
    if not isinstance(value, list):
        raise ScenarioError(f"{name}: events = {shown(value)}: must be a list")
    reading = Reading(instruments, frozenset(_labels(value)))
    return tuple(_event(one, i, f"{name}, event {i}", reading) for i, one in enumerate(value, 1))


def _labels(events: list[Any]) -> list[str]:
    bodies = [event.get("submit") for event in events if isinstance(event, Mapping)]
    return [str(body["id"]) for body in bodies if isinstance(body, Mapping) and body.get("id") is not None]


def _event(value: object, number: int, place: str, reading: Reading) -> Event:
    table = Table.of(value, place, ("ts", *READERS, *NOT_MODELLED))
    kinds = [name for name in table.fields if name != "ts"]
    if len(kinds) != 1:
        what = f"has {' and '.join(kinds)}" if kinds else "has nothing but its time"
        raise ScenarioError(f"{place}: {what}; give one of {', '.join(READERS)}")
    kind = kinds[0]
    if kind in NOT_MODELLED:
        raise ScenarioError(f"{place}, {kind}: {NOT_MODELLED[kind]}")
    ts = table.time("ts")
    if ts < reading.now:
        table.fail("ts", "is before the event above, or before the end of a bar above; events are in time order")
    reading.now = reading.ts = ts
    body = READERS[kind](table.fields[kind], f"{place}, {kind}", reading)
    if isinstance(body, Rows):
        reading.now = body.rows[-1].ts
    return Event(number, ts, kind, body)
