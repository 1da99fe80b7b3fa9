"""A strategy's memory as numba types: `self` in a compiled handler, its arrays and its indicators.

Each class has a type of its own, a pointer to its record. Fields are loads and stores at the offsets of the ctypes
layout; methods are compiled for the class they are called on, so a child's method replaces its parent's. An array is a
pointer and a length, and every index is checked.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import ctypes
import operator
from functools import cache
from types import FunctionType
from typing import Any

from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin, lower_getattr_generic, lower_setattr_generic
from numba.core.typing import templates

from simcore.strategy.errors import CauseError, unknown_name
from simcore.strategy.fields import Fixed, Nested, Scalar, Sized, WindowRecord
from simcore.strategy.machine.emit import KINDS, Emit
from simcore.strategy.machine.functions import jitted
from simcore.strategy.machine.kinds import ArrayType, RecordType, SeveralType
from simcore.strategy.record import Record


@cache
def record_type(cls: type[Record]) -> RecordType:
    """The numba type of a class; its methods are known to the compiler afterwards."""
    for name in dir(cls):
        if isinstance(getattr(cls, name, None), FunctionType):
            _lower_method(name)
    return RecordType(cls)


@cache
def field_type(cls: type[Record], name: str) -> Any:
    """The numba type that reading a field gives."""
    place = f"{cls.__name__}.{name}"
    match cls.__fields__[name]:
        case Scalar(kind, _):
            return KINDS[kind]
        case Fixed(_, kind) | Sized(_, kind):
            return ArrayType(kind, place)
        case Nested(record, _, None):
            return record_type(record)
        case Nested(record, _, int(copies)):
            return SeveralType(record_type(record), copies, place)
    raise AssertionError(name)  # pragma: no cover


# ------------------------------------------------------------------------------------------------------------- typing


@templates.infer_getattr
class _RecordAttribute(templates.AttributeTemplate):
    key = RecordType

    def generic_resolve(self, record: RecordType, name: str) -> Any:
        cls = record.cls
        if name in cls.__fields__:
            return field_type(cls, name)
        found = getattr(cls, name, None)
        static = isinstance(getattr_static(cls, name), staticmethod)
        if isinstance(found, FunctionType) and static:
            return types.Dispatcher(jitted(found))
        if isinstance(found, FunctionType):
            return types.BoundFunction(_method_template(name, jitted(found)), record)
        if isinstance(found, property) and found.fget is not None:
            dispatcher = types.Dispatcher(jitted(found.fget))
            return dispatcher.get_call_type(self.context, (record,), {}).return_type
        if found is not None:
            raise CauseError(f"self.{name} cannot be compiled; make it a field or a method")
        raise CauseError(unknown_name("self", name, [*cls.__fields__, *_methods(cls)]))


def getattr_static(cls: type, name: str) -> Any:
    """A class attribute as it was written, before staticmethod and property take effect."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)


def _methods(cls: type) -> list[str]:
    return [name for name in dir(cls) if not name.startswith("__") and isinstance(getattr(cls, name), FunctionType)]


@cache
def _method_template(name: str, dispatcher: Any) -> Any:
    class Method(templates.AbstractTemplate):
        key = (RecordType, name)

        def generic(self, args: Any, kws: Any) -> Any:
            signature = types.Dispatcher(dispatcher).get_call_type(self.context, (self.this, *args), kws)
            return signature.as_method()

    return Method


@cache
def _lower_method(name: str) -> None:
    @lower_builtin((RecordType, name), RecordType, types.VarArg(types.Any))
    def call(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        dispatcher = types.Dispatcher(jitted(getattr(signature.args[0].cls, name)))
        function = context.get_function(dispatcher, signature)
        context.add_linking_libs(getattr(function, "libs", ()))
        return function(builder, args)


# ----------------------------------------------------------------------------------------------------------- lowering


@lower_getattr_generic(RecordType)
def _read_field(context: Any, builder: Any, record: RecordType, value: Any, name: str) -> Any:
    emit = Emit(context, builder)
    if name not in record.cls.__fields__:
        return _read_property(context, builder, record, value, name)
    at = record.offset(name)
    match record.cls.__fields__[name]:
        case Scalar(kind, _):
            return emit.load(value, at, kind)
        case Nested():
            return emit.at(value, at)
        case Fixed(length, _):
            return _array(emit, field_type(record.cls, name), emit.at(value, at), emit.whole(length))
        case Sized():
            start = emit.at(emit.at(value, at), emit.load(value, at, int))
            count = emit.load(value, at + WindowRecord.count.offset, int)
            return _array(emit, field_type(record.cls, name), start, count)
    raise AssertionError(name)  # pragma: no cover


def _read_property(context: Any, builder: Any, record: RecordType, value: Any, name: str) -> Any:
    found = getattr(record.cls, name)
    if not isinstance(found, property):
        return context.get_dummy_value()
    dispatcher = types.Dispatcher(jitted(found.fget))
    signature = dispatcher.get_call_type(context.typing_context, (record,), {})
    function = context.get_function(dispatcher, signature)
    context.add_linking_libs(getattr(function, "libs", ()))
    return function(builder, [value])


def _array(emit: Emit, array: ArrayType, data: Any, count: Any) -> Any:
    made = cgutils.create_struct_proxy(array)(emit.context, emit.builder)
    made.data, made.count = data, count
    return made._getvalue()


@lower_setattr_generic(RecordType)
def _write_field(context: Any, builder: Any, signature: Any, args: Any, name: str) -> None:
    record = signature.args[0]
    field = record.cls.__fields__[name]
    Emit(context, builder).store(args[0], record.offset(name), field.kind, args[1])


@templates.infer_global(operator.getitem)
class _GetItem(templates.AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        target, index = args
        if isinstance(target, ArrayType | SeveralType):
            if not isinstance(index, types.Integer):
                raise CauseError(f"{target.place}[...]: an index is a whole number, was {index}")
            kind = target.record if isinstance(target, SeveralType) else KINDS[target.kind]
            return templates.signature(kind, target, types.int64)
        return None


@templates.infer_global(operator.setitem)
class _SetItem(templates.AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        target, index, _ = args
        if isinstance(target, ArrayType) and isinstance(index, types.Integer):
            return templates.signature(types.none, target, types.int64, KINDS[target.kind])
        return None


def _element(emit: Emit, array: ArrayType, value: Any, index: Any) -> tuple[Any, Any]:
    fields = cgutils.create_struct_proxy(array)(emit.context, emit.builder, value=value)
    index = emit.inside(index, fields.count, f"{array.place}: index out of range")
    return fields.data, emit.builder.mul(index, emit.whole(1 if array.kind is bool else 8))


@lower_builtin(operator.getitem, ArrayType, types.Integer)
def _read_element(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    emit = Emit(context, builder)
    data, offset = _element(emit, signature.args[0], *args)
    return emit.load(data, offset, signature.args[0].kind)


@lower_builtin(operator.setitem, ArrayType, types.Integer, types.Any)
def _write_element(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    emit = Emit(context, builder)
    data, offset = _element(emit, signature.args[0], args[0], args[1])
    emit.store(data, offset, signature.args[0].kind, args[2])
    return context.get_dummy_value()


@lower_builtin(operator.getitem, SeveralType, types.Integer)
def _read_several(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    emit = Emit(context, builder)
    several = signature.args[0]
    index = emit.inside(args[1], emit.whole(several.count), f"{several.place}: index out of range")
    size = ctypes.sizeof(several.record.cls)
    return emit.at(args[0], builder.mul(index, emit.whole(size)))


@templates.infer_global(len)
class _Len(templates.AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        if len(args) == 1 and isinstance(args[0], ArrayType | SeveralType):
            return templates.signature(types.int64, args[0])
        return None


@lower_builtin(len, ArrayType)
def _array_len(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return cgutils.create_struct_proxy(signature.args[0])(context, builder, value=args[0]).count


@lower_builtin(len, SeveralType)
def _several_len(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return Emit(context, builder).whole(signature.args[0].count)


@templates.infer
class _Iterate(templates.AbstractTemplate):
    key = "getiter"

    def generic(self, args: Any, kws: Any) -> Any:
        if isinstance(args[0], ArrayType):
            return templates.signature(types.ArrayIterator(_numpy_type(args[0])), args[0])
        return None


def _numpy_type(array: ArrayType) -> Any:
    return types.Array(KINDS[array.kind], 1, "C")


@lower_builtin("getiter", ArrayType)
def _iterate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """As a numpy array over the same values."""
    emit = Emit(context, builder)
    array = _numpy_type(signature.args[0])
    fields = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=args[0])
    size = emit.whole(1 if signature.args[0].kind is bool else 8)
    from numba.np import arrayobj  # a tenth of a second, and only compiling needs it

    view = arrayobj.make_array(array)(context, builder)
    data = builder.bitcast(fields.data, view.data.type)
    arrayobj.populate_array(view, data, [fields.count], [size], size, None)
    over = context.get_function("getiter", templates.signature(signature.return_type, array))
    return over(builder, [view._getvalue()])
