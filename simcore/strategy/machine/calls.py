"""What compiled ctx does: orders, requests, sizes, and the way to other instruments, bars, orders and positions.

An order's fields go straight into the account's draft; the kernel's entry does the rest. Arguments and defaults are
those of `strategy.context`.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from numba import types
from numba.core.imputils import lower_builtin, lower_getattr_generic
from numba.core.typing import templates

from simcore.kernel import entries, lookup, schema
from simcore.market.errors import did_you_mean
from simcore.market.keys import key_of
from simcore.strategy.errors import CauseError, StrategyError, unknown_name
from simcore.strategy.machine import views
from simcore.strategy.machine.arguments import NUMBER, TIMEFRAME, admit, convert
from simcore.strategy.machine.context import ATTRIBUTES, CONTEXT, ContextType, Ctx
from simcore.strategy.machine.functions import jitted
from simcore.strategy.machine.views import make
from simcore.strategy.orders import CHANGE_KINDS, ORDER_KINDS, PRICE, WHOLE
from simcore.strategy.views import offset_of

Values = dict[str, Any]


class Call(NamedTuple):
    """A method of ctx: its parameters (kind and default), what it returns, its instructions.

    The first `positional` parameters may be given without their name; None = all.
    """

    parameters: dict[str, tuple[str, Any]]
    result: Any
    emit: Callable[[Ctx, Values], Any]
    positional: int | None = None

    def signature(self, strict: bool) -> inspect.Signature:
        """`strict` keeps keyword-only parameters so; numba's own folding does not know them."""
        first = len(self.parameters) if self.positional is None or not strict else self.positional
        kinds = [inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY]
        parameters = [
            inspect.Parameter(name, kinds[i >= first], default=default)
            for i, (name, (_, default)) in enumerate(self.parameters.items())
        ]
        return inspect.Signature(parameters)


REQUIRED = inspect.Parameter.empty


def _draft(c: Ctx, values: Values) -> None:
    base = c.at(c.pointer(c.state), offset_of(schema.HEAD, "draft"))
    for name, value in values.items():
        c.store(base, offset_of(schema.ORDER, name), int, value)


def _order(side: int) -> Call:
    def emit(c: Ctx, values: Values) -> Any:
        _draft(c, {**values, "instrument": c.k, "side": c.whole(side)})
        return c.act(entries.submit_entry)

    optional = {name: (kind, None) for name, kind in ORDER_KINDS.items()}
    return Call({"qty": (NUMBER, REQUIRED), **optional}, types.int64, emit, positional=1)


def _modify(c: Ctx, values: Values) -> Any:
    _draft(c, values)
    return c.act(entries.modify_entry)


def _bars(c: Ctx, values: Values) -> Any:
    series = c.call(lookup.find_series_entry, c.rules, c.k, values["timeframe"])
    missing = c.builder.icmp_signed("<", series, c.whole(0))
    c.raise_where(
        missing, StrategyError, "ctx.bars(...): the strategy does not ask for these bars; name them in its bars"
    )
    ns = c.term("series_terms_at", series, schema.SERIES_TERMS, "timeframe")
    return make(c, views.BARS, state=c.state, rules=c.rules, series=series, ns=ns)


CALLS: dict[str, Call] = {
    "buy": _order(1),
    "sell": _order(-1),
    "modify": Call(
        {"id": (WHOLE, REQUIRED), **{n: (k, None) for n, k in CHANGE_KINDS.items()}}, types.int64, _modify, 1
    ),
    "cancel": Call({"id": (WHOLE, REQUIRED)}, types.int64, lambda c, v: c.act(entries.cancel_entry, v["id"])),
    "cancel_all": Call({}, types.int64, lambda c, v: c.act(entries.cancel_all_entry, c.k)),
    "close": Call(
        {"qty": (PRICE, None), "position": (WHOLE, None)},
        types.int64,
        lambda c, v: c.act(entries.close_entry, c.k, v["qty"], v["position"]),
    ),
    "close_by": Call(
        {"a": (WHOLE, REQUIRED), "b": (WHOLE, REQUIRED)},
        types.int64,
        lambda c, v: c.act(entries.close_by_entry, v["a"], v["b"]),
    ),
    "set_timer": Call({"ts": (WHOLE, REQUIRED)}, types.int64, lambda c, v: c.act(entries.set_timer_entry, v["ts"])),
    "max_qty": Call({"side": (WHOLE, 1)}, types.float64, lambda c, v: c.read(entries.max_qty_entry, c.k, v["side"])),
    "qty_for": Call(
        {"risk": (NUMBER, REQUIRED), "sl": (NUMBER, REQUIRED)},
        types.float64,
        lambda c, v: c.read(entries.qty_for_entry, c.k, v["risk"], v["sl"]),
        positional=0,
    ),
    "round_qty": Call(
        {"x": (NUMBER, REQUIRED)}, types.float64, lambda c, v: c.call(entries.round_qty_entry, c.rules, c.k, v["x"])
    ),
    "bars": Call({"timeframe": (TIMEFRAME, None)}, views.BARS, _bars),
    "order": Call(
        {"id": (WHOLE, REQUIRED)},
        views.ORDER,
        lambda c, v: c.row(views.ORDER, "orders_at", c.read(lookup.order_row_entry, v["id"])),
    ),
    # what `orders` and `positions` below are made of
    "_next_order": Call({"row": (WHOLE, 0)}, types.int64, lambda c, v: c.read(lookup.next_order_entry, c.k, v["row"])),
    "_next_position": Call(
        {"row": (WHOLE, 0)}, types.int64, lambda c, v: c.read(lookup.next_position_entry, c.k, v["row"])
    ),
    "_order_at": Call({"row": (WHOLE, 0)}, views.ORDER, lambda c, v: c.row(views.ORDER, "orders_at", v["row"])),
    "_position_at": Call(
        {"row": (WHOLE, 0)}, views.POSITION, lambda c, v: c.row(views.POSITION, "positions_at", v["row"])
    ),
}


def orders(ctx):  # type: ignore[no-untyped-def]
    """Working orders of this instrument, as they stand; compiled only where a strategy asks for them."""
    found = []
    row = ctx._next_order(0)
    while row > 0:
        found.append(ctx._order_at(row))
        row = ctx._next_order(row)
    return found


def positions(ctx):  # type: ignore[no-untyped-def]
    """Open positions of this instrument, as they stand."""
    found = []
    row = ctx._next_position(0)
    while row > 0:
        found.append(ctx._position_at(row))
        row = ctx._next_position(row)
    return found


LISTS = {"orders": orders, "positions": positions}


# ------------------------------------------------------------------------------------------------ typing and lowering


@templates.infer_getattr
class _ContextAttribute(templates.AttributeTemplate):
    key = ContextType

    def generic_resolve(self, ctx: ContextType, name: str) -> Any:
        if name in ATTRIBUTES:
            return ATTRIBUTES[name].kind
        if name in CALLS:
            return types.BoundFunction(_call_template(name), ctx)
        if name in LISTS:
            return types.Dispatcher(jitted(LISTS[name])).get_call_type(self.context, (ctx,), {}).return_type
        public = [one for one in (*ATTRIBUTES, *CALLS, *LISTS) if not one.startswith("_")]
        raise CauseError(unknown_name("ctx", name, public))


@lower_getattr_generic(ContextType)
def _read_context(context: Any, builder: Any, ctx: ContextType, value: Any, name: str) -> Any:
    if name in ATTRIBUTES:
        return ATTRIBUTES[name].emit(Ctx(context, builder, value))
    if name in CALLS:
        return value
    dispatcher = types.Dispatcher(jitted(LISTS[name]))
    signature = dispatcher.get_call_type(context.typing_context, (ctx,), {})
    function = context.get_function(dispatcher, signature)
    context.add_linking_libs(getattr(function, "libs", ()))
    return function(builder, [value])


@cache
def _call_template(name: str) -> Any:
    call = CALLS[name]
    strict, folding = call.signature(True), call.signature(False)
    _lower_call(name)

    class Method(templates.AbstractTemplate):
        key = (ContextType, name)
        prefer_literal = True

        def generic(self, args: Any, kws: Any) -> Any:
            for given in kws:
                if given not in call.parameters:
                    raise CauseError(f"{name} takes no {given!r}.{did_you_mean(given, call.parameters)}")
            try:
                bound = strict.bind(*args, **kws)
            except TypeError as error:
                raise CauseError(f"ctx.{name}: {error}") from None
            folded = []
            for parameter, (kind, default) in call.parameters.items():
                given = bound.arguments.get(parameter, types.Omitted(default))
                admit(name, parameter, kind, given)
                folded.append(given)
            return templates.signature(call.result, *folded, recvr=self.this).replace(pysig=folding)

    return Method


def _lower_call(name: str) -> None:
    call = CALLS[name]

    @lower_builtin((ContextType, name), ContextType, types.VarArg(types.Any))
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        c = Ctx(context, builder, args[0])
        given = zip(call.parameters.items(), signature.args[1:], args[1:], strict=True)
        values = {parameter: convert(c, kind, had, value) for (parameter, (kind, _)), had, value in given}
        return call.emit(c, values)


@templates.infer_global(operator.getitem)
class _OtherInstrument(templates.AbstractTemplate):
    prefer_literal = True

    def generic(self, args: Any, kws: Any) -> Any:
        target, which = args
        if not isinstance(target, ContextType):
            return None
        if isinstance(which, types.StringLiteral) or which == views.SYMBOL:
            return templates.signature(CONTEXT, target, which)
        if isinstance(which, types.Integer):
            return templates.signature(CONTEXT, target, types.int64)
        raise CauseError(f"ctx[...]: an instrument is named by a constant string or a number, was a {which}")


def _other(c: Ctx, k: Any) -> Any:
    return make(c, CONTEXT, state=c.state, rules=c.rules, tape=c.tape, k=k)


@lower_builtin(operator.getitem, ContextType, types.StringLiteral)
@lower_builtin(operator.getitem, ContextType, views.NameType)
def _by_symbol(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    c = Ctx(context, builder, args[0])
    which = signature.args[1]
    literal = isinstance(which, types.StringLiteral)
    k = c.call(lookup.find_instrument_entry, c.rules, c.whole(key_of(which.literal_value)) if literal else args[1])
    text = (
        f'ctx["{which.literal_value}"]: no such instrument in this run' if literal else "ctx[...]: no such instrument"
    )
    c.raise_where(builder.icmp_signed("<", k, c.whole(0)), StrategyError, text)
    return _other(c, k)


@lower_builtin(operator.getitem, ContextType, types.Integer)
def _by_number(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    c = Ctx(context, builder, args[0])
    outside = builder.icmp_unsigned(">=", args[1], c.rule("n_instruments"))
    c.raise_where(outside, IndexError, "ctx[...]: there are not so many instruments; they are counted from 0")
    return _other(c, args[1])


@templates.infer_global(len)
class _LenContext(templates.AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return templates.signature(types.int64, args[0]) if args and isinstance(args[0], ContextType) else None


@lower_builtin(len, ContextType)
def _len_context(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return Ctx(context, builder, args[0]).rule("n_instruments")
