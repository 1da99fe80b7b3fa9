"""ctx in a compiled handler: pointers to State, Rules and Tape, and the instrument it speaks for.

Names, arguments and results are those of `strategy.context`; each is a few instructions here, or one call of the
kernel.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import register_model

from simcore.kernel import entries, lookup, schema
from simcore.strategy.machine import views
from simcore.strategy.machine.emit import Emit
from simcore.strategy.machine.views import make, parts
from simcore.strategy.views import DAY, HOUR, MINUTE, MONDAY, QUOTED, offset_of


class ContextType(types.Type):
    """ctx."""

    def __init__(self) -> None:
        super().__init__("ctx")


CONTEXT = ContextType()


@register_model(ContextType)
class _ContextModel(models.StructModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        members = [("state", schema.State), ("rules", schema.Rules), ("tape", schema.Tape), ("k", types.int64)]
        super().__init__(manager, numba_type, members)


class Ctx(Emit):
    """Instructions with a ctx at hand."""

    def __init__(self, context: Any, builder: Any, value: Any) -> None:
        super().__init__(context, builder)
        fields = parts(self, CONTEXT, value)
        self.state, self.rules, self.tape, self.k = fields.state, fields.rules, fields.tape, fields.k

    def head(self, name: str, kind: type) -> Any:
        return self.load(self.pointer(self.state), offset_of(schema.HEAD, name), kind)

    def rule(self, name: str) -> Any:
        return self.load(self.pointer(self.rules), offset_of(schema.RULES, name), int)

    def quote(self, name: str) -> Any:
        """A field of this instrument's state."""
        row = self.builder.mul(self.k, self.whole(schema.INSTRUMENT.itemsize))
        base = self.at(self.at(self.pointer(self.state), schema.INSTRUMENTS_AT), row)
        kind = float if schema.INSTRUMENT.fields[name][0].kind == "f" else int  # type: ignore[index]
        return self.load(base, offset_of(schema.INSTRUMENT, name), kind)

    def term(self, at: str, row: Any, dtype: Any, name: str) -> Any:
        """A field of row `row` of a table in Rules."""
        start = self.builder.add(self.rule(at), self.builder.mul(row, self.whole(dtype.itemsize)))
        kind = float if dtype.fields[name][0].kind == "f" else int
        return self.load(self.at(self.pointer(self.rules), start), offset_of(dtype, name), kind)

    def read(self, entry: Any, *arguments: Any) -> Any:
        return self.call(entry, self.state, self.rules, *arguments)

    def act(self, entry: Any, *arguments: Any) -> Any:
        return self.call(entry, self.state, self.rules, self.tape, *arguments, rare=True)

    def row(self, kind: Any, table: str, number: Any) -> Any:
        """The view of row `number` (1-based) of a table in State; of nothing for 0."""
        b = self.builder
        offset = b.mul(b.sub(number, self.whole(1)), self.whole(kind.dtype.itemsize))
        start = b.add(b.ptrtoint(self.pointer(self.state), ir.IntType(64)), b.add(self.rule(table), offset))
        none = b.icmp_signed("==", number, self.whole(0))
        zeros = b.ptrtoint(self.zeros(kind.dtype.itemsize), ir.IntType(64))
        address = b.select(none, zeros, start)
        return make(
            self, kind, address=address, mark=self.load(self.pointer(address), offset_of(kind.dtype, "id"), int)
        )


def _mid(c: Ctx) -> Any:
    return c.builder.fmul(c.builder.fadd(c.quote("bid"), c.quote("ask")), c.number(0.5))


def _bar(c: Ctx) -> Any:
    b = c.builder
    series = c.read(lookup.series_heard_entry, c.k)
    address = c.read(lookup.bar_address_entry, series, c.whole(-1))
    empty = ir.Constant(ir.LiteralStructType([ir.IntType(64)] + [ir.DoubleType()] * 5), [0] + [math.nan] * 5)
    name = ".simcore.no_bar"
    nothing = b.module.globals.get(name)
    if nothing is None:
        nothing = cgutils.global_constant(b.module, name, empty)
    none = b.icmp_signed("==", address, c.whole(0))
    address = b.select(none, b.ptrtoint(nothing, ir.IntType(64)), address)
    known = b.icmp_signed(">=", series, c.whole(0))
    row = b.select(known, series, c.whole(0))
    return make(c, views.BAR, address=address, mark=b.select(known, _timeframe(c, row), c.whole(DAY)))


def _timeframe(c: Ctx, series: Any) -> Any:
    return c.term("series_terms_at", series, schema.SERIES_TERMS, "timeframe")


def _notice(c: Ctx) -> Any:
    base = c.at(c.pointer(c.state), offset_of(schema.HEAD, "notice"))
    return make(c, views.FILL, address=c.builder.ptrtoint(base, ir.IntType(64)), mark=c.whole(0))


def _clock(c: Ctx, unit: int, count: int) -> Any:
    """How many whole units of the broker's time, of `count` that go round."""
    return c.builder.srem(c.builder.sdiv(c.read(entries.local_time_entry), c.whole(unit)), c.whole(count))


def _weekday(c: Ctx) -> Any:
    days = c.builder.sdiv(c.read(entries.local_time_entry), c.whole(DAY))
    return c.builder.srem(c.builder.add(days, c.whole(MONDAY)), c.whole(7))


def _contract(name: str) -> Attribute:
    return Attribute(types.float64, lambda c: c.term("terms_at", c.k, schema.TERMS, name))


def _price_increment(c: Ctx) -> Any:
    step, scale = (c.term("terms_at", c.k, schema.TERMS, name) for name in ("price_step", "price_scale"))
    return c.builder.fdiv(step, scale)


def _equity(c: Ctx) -> Any:
    return c.read(entries.equity_entry)


def _used(c: Ctx) -> Any:
    return c.head("account.used_margin", float)


def _margin_level(c: Ctx) -> Any:
    used = _used(c)
    level = c.builder.fdiv(_equity(c), used)
    return c.builder.select(c.builder.fcmp_ordered(">", used, c.number(0.0)), level, c.number(math.inf))


class Attribute(NamedTuple):
    """What reading an attribute of ctx gives, and its instructions."""

    kind: Any
    emit: Callable[[Ctx], Any]


def _quoted(name: str) -> Attribute:
    inner = QUOTED[name]
    return Attribute(types.int64 if name == "quote_ts" else types.float64, lambda c: c.quote(inner))


ATTRIBUTES = {name: _quoted(name) for name in QUOTED} | {
    "ts": Attribute(types.int64, lambda c: c.head("now", int)),
    "index": Attribute(types.int64, lambda c: c.k),
    "symbol": Attribute(views.SYMBOL, lambda c: c.term("terms_at", c.k, schema.TERMS, "key")),
    "mid": Attribute(types.float64, _mid),
    "bar": Attribute(views.BAR, _bar),
    "fill": Attribute(views.FILL, _notice),
    "change": Attribute(views.FILL, _notice),
    "hour": Attribute(types.int64, lambda c: _clock(c, HOUR, 24)),
    "minute": Attribute(types.int64, lambda c: _clock(c, MINUTE, 60)),
    "weekday": Attribute(types.int64, _weekday),
    "price_increment": Attribute(types.float64, _price_increment),
    "contract_size": _contract("contract_size"),
    "qty_min": _contract("qty_min"),
    "qty_increment": _contract("qty_increment"),
    "balance": Attribute(types.float64, lambda c: c.head("account.balance", float)),
    "equity": Attribute(types.float64, _equity),
    "used_margin": Attribute(types.float64, _used),
    "free_margin": Attribute(types.float64, lambda c: c.builder.fsub(c.read(entries.free_equity_entry), _used(c))),
    "margin_level": Attribute(types.float64, _margin_level),
    "unrealized_pnl": Attribute(types.float64, lambda c: c.read(entries.unrealized_pnl_entry)),
    "position": Attribute(types.float64, lambda c: c.read(entries.net_qty_entry, c.k)),
    "entry_price": Attribute(types.float64, lambda c: c.read(entries.entry_price_entry, c.k)),
}
