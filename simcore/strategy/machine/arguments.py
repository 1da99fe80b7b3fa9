"""The arguments of ctx's calls while compiling: which types each may have, and the value the kernel is given.

nan, None and a missing argument are one thing, as in plain Python; a word (tif, timeframe) must be a constant, because
what it stands for is looked up here and not while running.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from simcore.market.keys import key_of
from simcore.strategy.errors import CauseError, StrategyError
from simcore.strategy.machine.emit import F64, I64, Emit
from simcore.strategy.machine.views import NameType
from simcore.strategy.orders import FLAG, PRICE, SIZE, TAG, TIF, WHOLE, absent, tif_code
from simcore.strategy.views import length_of

NUMBER, TIMEFRAME = "number", "timeframe"  # beside the kinds of strategy.orders: a float that must be given; bars' word


def admit(what: str, name: str, kind: str, given: Any) -> None:
    """Raise CauseError where an argument of numba type `given` cannot be of `kind`."""
    given = _type(given)
    if given is None and kind != NUMBER:
        return
    if kind in (TIF, TIMEFRAME):
        if not isinstance(given, types.StringLiteral):
            raise CauseError(f"{what}({name}=...): {name} must be a constant string, was a {given}")
        try:
            _word(kind, given.literal_value)
        except (StrategyError, ValueError) as error:
            raise CauseError(str(error)) from None
    elif kind == TAG:
        if not isinstance(given, types.Integer | types.StringLiteral | NameType):
            raise CauseError(f"{what}(tag=...): a tag is an int or a constant string, was a {given}")
    elif kind in (WHOLE, FLAG):
        if not isinstance(given, types.Integer | types.Boolean | NameType):
            raise CauseError(f"{what}({name}=...): {name} must be a whole number, was a {given}")
    elif not isinstance(given, types.Number | types.Boolean) or isinstance(given, types.Complex):
        raise CauseError(f"{what}({name}=...): {name} must be a number, was a {given}")


def convert(emit: Emit, kind: str, given: Any, value: Any) -> Any:
    """The argument as the kernel takes it: f8 or i8."""
    inner = _type(given)
    is_float = kind in (PRICE, SIZE, NUMBER)
    if inner is None:
        return _constant(kind)
    if kind in (TIF, TIMEFRAME):
        return ir.Constant(I64, _word(kind, inner.literal_value))
    if isinstance(inner, types.StringLiteral):
        return ir.Constant(I64, key_of(inner.literal_value))
    if isinstance(given, types.Omitted):
        value = emit.context.get_constant_generic(emit.builder, inner, given.value)
    missing = None
    if isinstance(given, types.Optional):
        optional = emit.context.make_helper(emit.builder, given, value=value)
        missing, value = emit.builder.not_(optional.valid), optional.data
    value = emit.context.cast(emit.builder, value, inner, types.float64 if is_float else types.int64)
    if is_float and kind != NUMBER:
        nan = emit.builder.fcmp_unordered("uno", value, value)
        missing = nan if missing is None else emit.builder.or_(missing, nan)
    return value if missing is None else emit.builder.select(missing, _constant(kind), value)


def _type(given: Any) -> Any:
    """The type behind an omitted, optional or constant argument; None where nothing is given."""
    if isinstance(given, types.Omitted):
        if given.value is None:
            return None
        return types.literal(given.value) if isinstance(given.value, str) else types.unliteral(_typeof(given.value))
    if isinstance(given, types.NoneType):
        return None
    if isinstance(given, types.Optional):
        return given.type
    return given if isinstance(given, types.StringLiteral) else types.unliteral(given)


def _typeof(value: Any) -> Any:
    from numba import typeof

    return typeof(value)


def _word(kind: str, word: str) -> int:
    return tif_code(word) if kind == TIF else length_of(word)


def _constant(kind: str) -> Any:
    return ir.Constant(F64 if kind in (PRICE, SIZE) else I64, absent(kind))
