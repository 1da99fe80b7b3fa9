"""What compiled ctx shows: bars, orders, positions and fills as typed addresses, and names as numbers.

A symbol, a tag and a timeframe are int64 here; compared with a constant string they are compared with the number that
stands for it. Text that is made while running cannot be compared, and is refused while compiling.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import math
import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.imputils import lower_builtin, lower_cast, lower_getattr_generic
from numba.core.typing import templates
from numba.extending import register_model

from simcore.kernel import lookup, schema
from simcore.market.keys import key_of
from simcore.strategy.errors import CauseError, unknown_name
from simcore.strategy.machine.emit import I64, Emit
from simcore.strategy.views import BAR_FIELDS, NOTICE_FIELDS, ORDER_FIELDS, POSITION_FIELDS, length_of, offset_of


class NameType(types.Type):
    """A string that the account knows as a number; `key` gives the number of a constant."""

    def __init__(self, name: str, key: Any, ints: bool = False) -> None:
        self.key_of, self.ints = key, ints
        super().__init__(name)

    def can_convert_to(self, typing_context: Any, other: Any) -> Any:
        """A tag may be kept in an int field."""
        from numba.core.typeconv import Conversion

        return Conversion.safe if self.ints and other == types.int64 else None


SYMBOL = NameType("Symbol", key_of)
TAG = NameType("Tag", key_of, ints=True)
TIMEFRAME = NameType("Timeframe", length_of)


class ViewType(types.Type):
    """Fields of one of the account's records, at an address; `guarded` ones are zeros once the row is another's."""

    def __init__(self, name: str, dtype: Any, fields: dict[str, str], guarded: bool = False) -> None:
        self.dtype, self.fields, self.guarded = dtype, fields, guarded
        super().__init__(name)


BAR = ViewType("Bar", schema.BAR, BAR_FIELDS)
FILL = ViewType("Fill", schema.NOTICE, NOTICE_FIELDS)
ORDER = ViewType("Order", schema.ORDER, ORDER_FIELDS, guarded=True)
POSITION = ViewType("Position", schema.POSITION, POSITION_FIELDS, guarded=True)


class BarsType(types.Type):
    """Closed bars of one series."""

    def __init__(self) -> None:
        super().__init__("Bars")


BARS = BarsType()


@register_model(NameType)
class _NameModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, I64)


@register_model(ViewType)
class _ViewModel(models.StructModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, [("address", types.int64), ("mark", types.int64)])


@register_model(BarsType)
class _BarsModel(models.StructModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        members = [("state", schema.State), ("rules", schema.Rules), ("series", types.int64), ("ns", types.int64)]
        super().__init__(manager, numba_type, members)


def make(emit: Emit, kind: Any, **members: Any) -> Any:
    """A value of a struct type."""
    made = cgutils.create_struct_proxy(kind)(emit.context, emit.builder)
    for name, value in members.items():
        setattr(made, name, value)
    return made._getvalue()


def parts(emit: Emit, kind: Any, value: Any) -> Any:
    """The members of a struct value."""
    return cgutils.create_struct_proxy(kind)(emit.context, emit.builder, value=value)


# ------------------------------------------------------------------------------------------------------------- fields


def _field(view: ViewType, name: str) -> tuple[Any, int]:
    inner = view.fields[name]
    kind = types.float64 if view.dtype.fields[inner][0].kind == "f" else types.int64
    return (TAG if name == "tag" else kind), offset_of(view.dtype, inner)


@templates.infer_getattr
class _ViewAttribute(templates.AttributeTemplate):
    key = ViewType

    def generic_resolve(self, view: ViewType, name: str) -> Any:
        if view is BAR and name == "timeframe":
            return TIMEFRAME
        if view is ORDER and name == "avg_price":
            return types.float64
        if name not in view.fields:
            raise CauseError(unknown_name(view.name, name, [*view.fields, "avg_price", "timeframe"]))
        return _field(view, name)[0]


@lower_getattr_generic(ViewType)
def _read_view(context: Any, builder: Any, view: ViewType, value: Any, name: str) -> Any:
    emit = Emit(context, builder)
    fields = parts(emit, view, value)
    if name == "timeframe":
        return fields.mark
    base = _row(emit, view, fields) if view.guarded else emit.pointer(fields.address)
    if name == "avg_price":
        filled = emit.load(base, offset_of(view.dtype, "filled"), float)
        price = builder.fdiv(emit.load(base, offset_of(view.dtype, "value"), float), filled)
        return builder.select(builder.fcmp_ordered(">", filled, emit.number(0.0)), price, emit.number(math.nan))
    kind, offset = _field(view, name)
    return emit.load(base, offset, float if kind is types.float64 else int)


def _row(emit: Emit, view: ViewType, fields: Any) -> Any:
    """Base of the row while it is still the row of the same id, else of zeros."""
    b = emit.builder
    zeros = emit.zeros(view.dtype.itemsize)
    none = b.icmp_signed("==", fields.address, emit.whole(0))
    base = b.select(none, zeros, emit.pointer(fields.address))
    same = b.icmp_signed("==", emit.load(base, offset_of(view.dtype, "id"), int), fields.mark)
    return b.select(same, base, zeros)


@templates.infer_global(bool)
@templates.infer_global(operator.truth)
class _Truth(templates.AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        if len(args) == 1 and isinstance(args[0], ViewType) and args[0].guarded:
            return templates.signature(types.boolean, args[0])
        return None


@lower_builtin(bool, ViewType)
@lower_builtin(operator.truth, ViewType)
def _is_there(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    emit = Emit(context, builder)
    view = signature.args[0]
    base = _row(emit, view, parts(emit, view, args[0]))
    return builder.icmp_signed("!=", emit.load(base, offset_of(view.dtype, "id"), int), emit.whole(0))


# --------------------------------------------------------------------------------------------------------------- bars


@templates.infer_global(operator.getitem)
class _GetBar(templates.AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        if isinstance(args[0], BarsType):
            if not isinstance(args[1], types.Integer):
                raise CauseError("bars[...]: an index is a whole number; bars cannot be sliced")
            return templates.signature(BAR, args[0], types.int64)
        return None


@lower_builtin(operator.getitem, BarsType, types.Integer)
def _read_bar(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    emit = Emit(context, builder)
    bars = parts(emit, BARS, args[0])
    address = emit.call(lookup.bar_address_entry, bars.state, bars.rules, bars.series, args[1])
    none = builder.icmp_signed("==", address, emit.whole(0))
    emit.raise_where(none, IndexError, "bars[...]: so many closed bars are not kept")
    return make(emit, BAR, address=address, mark=bars.ns)


@templates.infer_global(len)
class _LenBars(templates.AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return templates.signature(types.int64, args[0]) if args and isinstance(args[0], BarsType) else None


@lower_builtin(len, BarsType)
def _len_bars(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    emit = Emit(context, builder)
    bars = parts(emit, BARS, args[0])
    return emit.call(lookup.bars_kept_entry, bars.state, bars.rules, bars.series)


# -------------------------------------------------------------------------------------------------------------- names


def _compared(args: Any) -> Any:
    """The signature of a comparison that names a symbol, tag or timeframe; None where it does not."""
    if len(args) != 2:
        return None
    for name, other in (args, args[::-1]):
        if not isinstance(name, NameType):
            continue
        if isinstance(other, types.StringLiteral):
            _constant(name, other)
        elif not (other == name or (name.ints and isinstance(other, types.Integer))):
            what = name.name.lower()
            raise CauseError(
                f'a {what} is compared with one constant string at a time (a == "x" or a == "y"), was a {other}'
            )
        return templates.signature(types.boolean, *args)
    return None


def _constant(name: NameType, literal: Any) -> int:
    try:
        return int(name.key_of(literal.literal_value))
    except ValueError as error:
        raise CauseError(str(error)) from None


@templates.infer_global(operator.eq)
@templates.infer_global(operator.ne)
class _NameComparison(templates.AbstractTemplate):
    prefer_literal = True

    def generic(self, args: Any, kws: Any) -> Any:
        return _compared(args)


def _lower_comparison(operation: Any, symbol: str) -> None:
    def compare(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        name = next(one for one in signature.args if isinstance(one, NameType))
        values = [
            ir.Constant(I64, _constant(name, kind)) if isinstance(kind, types.StringLiteral) else value
            for kind, value in zip(signature.args, args, strict=True)
        ]
        values = [
            context.cast(builder, value, kind, types.int64) if isinstance(kind, types.Integer) else value
            for kind, value in zip(signature.args, values, strict=True)
        ]
        return builder.icmp_signed(symbol, *values)

    lower_builtin(operation, NameType, types.Any)(compare)
    lower_builtin(operation, types.Any, NameType)(compare)


_lower_comparison(operator.eq, "==")
_lower_comparison(operator.ne, "!=")


@lower_cast(NameType, types.Integer)
def _as_int(context: Any, builder: Any, from_type: Any, to_type: Any, value: Any) -> Any:
    return context.cast(builder, value, types.int64, to_type)
