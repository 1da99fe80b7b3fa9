"""Machine code as Python's own builtin functions: a call costs a third of what ctypes asks.

Assumes nothing about trading. A builtin is an address of `(self, arguments, count) -> object or NULL`, as CPython calls
its own (METH_FASTCALL), and its `self`: the whole numbers bound to it, as bytes, which it keeps alive. Both are public
parts of CPython's interface, the same since 3.8. The caller holds the GIL and keeps alive what the addresses mean.
"""

import ctypes
import struct
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.types import float64, int64

FASTCALL = 0x80  # METH_FASTCALL of CPython's methodobject.h

# what a builtin is made of: objects are addresses, 0 is an error that was told to Python
bound_numbers = types.ExternalFunction("PyBytes_AsString", int64(int64))
as_float = types.ExternalFunction("PyFloat_AsDouble", float64(int64))
from_float = types.ExternalFunction("PyFloat_FromDouble", int64(float64))
refused = types.ExternalFunction("PyErr_Occurred", int64())
wrong_count = types.ExternalFunction("PyErr_BadArgument", int64())


class _Definition(ctypes.Structure):
    """PyMethodDef: it has to live as long as the builtin does."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


_definitions: dict[int, _Definition] = {}  # one per function, as long as the process lives, as its code does
_new = ctypes.pythonapi.PyCFunction_NewEx
_new.restype, _new.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)


def builtin(name: str, address: int, *bound: int) -> Callable[..., Any]:
    """The builtin function at an address, with whole numbers bound to it."""
    definition = _definitions.setdefault(address, _Definition(name.encode(), address, FASTCALL, None))
    made: Callable[..., Any] = _new(ctypes.addressof(definition), struct.pack(f"={len(bound)}q", *bound), None)
    return made


_I64, _F64, _POINTER = ir.IntType(64), ir.DoubleType(), ir.IntType(8).as_pointer()


def define(module: ir.Module, symbol: str, native: ir.Function, signature: Any) -> None:
    """Add the builtin's function `symbol` for a native one: its records are bound, its numbers the arguments."""
    function = ir.Function(module, ir.FunctionType(_I64, [_I64, _I64.as_pointer(), _I64]), symbol)
    builder = ir.IRBuilder(function.append_basic_block())

    def call(name: str, result: ir.Type, *arguments: ir.Value) -> ir.Value:
        kind = ir.FunctionType(result, [one.type for one in arguments])
        known = module.globals.get(name)
        return builder.call(known if known is not None else ir.Function(module, kind, name), arguments)

    this, given, count = function.args
    records = [kind for kind in signature.args if isinstance(kind, types.Record)]
    numbers = signature.args[len(records) :]
    with builder.if_then(builder.icmp_signed("!=", count, _I64(len(numbers))), likely=False):
        builder.ret(call("PyErr_BadArgument", _I64))
    addresses = builder.bitcast(call("PyBytes_AsString", _POINTER, this), _I64.as_pointer())
    values = [builder.load(builder.gep(addresses, [_I64(i)])) for i in range(len(records))]
    arguments = [builder.inttoptr(*one) for one in zip(values, native.function_type.args, strict=False)]
    for i, kind in enumerate(numbers):
        name, result = ("PyFloat_AsDouble", _F64) if kind is float64 else ("PyLong_AsLongLong", _I64)
        arguments.append(call(name, result, builder.load(builder.gep(given, [_I64(i)]))))
    if numbers:
        with builder.if_then(builder.icmp_signed("!=", call("PyErr_Occurred", _I64), _I64(0)), likely=False):
            builder.ret(_I64(0))
    value = builder.call(native, arguments)
    builder.ret(call("PyFloat_FromDouble" if signature.return_type is float64 else "PyLong_FromLongLong", _I64, value))
