"""The few instructions the compiled form is made of: read and write a field, call the kernel, raise.

Everything a strategy touches is memory at an address: int64, float64 and one-byte flags. Writing these instructions
directly, instead of compiling a Python function for each attribute, is why a strategy compiles in half a second.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import math
import sys
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import callconv, cgutils, cpu, funcdesc, lowering

from simcore.kernel.image import load
from simcore.kernel.jit import Entry

I8, I64, F64 = ir.IntType(8), ir.IntType(64), ir.DoubleType()
POINTER = I8.as_pointer()
KINDS = {float: types.float64, int: types.int64, bool: types.boolean}
NAN = ir.Constant(F64, math.nan)


class Emit:
    """Instructions into one builder. A base is an i8 pointer, an offset a number of bytes (int or i64 value)."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.builder = context, builder

    def whole(self, value: int) -> Any:
        return ir.Constant(I64, value)

    def number(self, value: float) -> Any:
        return ir.Constant(F64, value)

    def pointer(self, value: Any) -> Any:
        """Any record pointer, or an address, as a base."""
        if isinstance(value.type, ir.IntType):
            return self.builder.inttoptr(value, POINTER)
        return self.builder.bitcast(value, POINTER)

    def at(self, base: Any, offset: Any) -> Any:
        return self.builder.gep(base, [self.whole(offset) if isinstance(offset, int) else offset])

    def load(self, base: Any, offset: Any, kind: type) -> Any:
        """The value of a field: float and int as they are, bool as i1."""
        pointer = self.at(base, offset)
        if kind is bool:
            return self.builder.icmp_unsigned("!=", self.builder.load(pointer), ir.Constant(I8, 0))
        return self.builder.load(self.builder.bitcast(pointer, (F64 if kind is float else I64).as_pointer()))

    def store(self, base: Any, offset: Any, kind: type, value: Any) -> None:
        pointer = self.at(base, offset)
        if kind is bool:
            self.builder.store(self.builder.zext(value, I8), pointer)
        else:
            self.builder.store(value, self.builder.bitcast(pointer, value.type.as_pointer()))

    def call(self, entry: Entry, *arguments: Any, rare: bool = False) -> Any:
        """Call a kernel entry by its symbol; around a rare call the compiler keeps nothing in registers."""
        load()
        signature: Any = entry.signature
        described = funcdesc.ExternalFunctionDescriptor(entry.symbol, signature.return_type, signature.args)
        function = self.context.declare_external_function(self.builder.module, described)
        if rare:
            function.attributes.add("cold")
        return self.context.call_external_function(self.builder, function, described.argtypes, arguments)

    def raise_where(self, condition: Any, error: type[Exception], text: str) -> None:
        """Leave the strategy with `error(text)` where `condition` holds."""
        with self.builder.if_then(condition, likely=False):
            self.context.call_conv.return_user_exc(self.builder, error, (text,), loc=location())

    def inside(self, index: Any, count: Any, text: str) -> Any:
        """`index` counted as a list counts, from the end where negative; IndexError(text) where it is outside."""
        b = self.builder
        negative = b.icmp_signed("<", index, self.whole(0))
        index = b.select(negative, b.add(index, count), index)
        outside = b.icmp_unsigned(">=", index, count)
        self.raise_where(outside, IndexError, text)
        return index

    def zeros(self, size: int) -> Any:
        """Base of `size` zero bytes that are never written."""
        data = ir.Constant(ir.ArrayType(I64, -(-size // 8)), None)
        name = f".simcore.zeros.{size}"
        known = self.builder.module.globals.get(name)
        constant = known or cgutils.global_constant(self.builder.module, name, data)
        return self.builder.bitcast(constant, POINTER)


class LocatedErrors(callconv.PythonErrorModel):
    """Python's rules for x / 0, and the error knows the line it came from; numba's own leaves that out."""

    def fp_zero_division(self, builder: Any, exc_args: Any = None, loc: Any = None) -> bool:
        return bool(super().fp_zero_division(builder, exc_args, loc or location()))


class _LocatedCalls(callconv.CPUCallConv):
    """A list's or an array's bad index knows its line, too, and is told in Python's words."""

    def return_user_exc(
        self, builder: Any, exc: Any, exc_args: Any = None, loc: Any = None, func_name: Any = None
    ) -> None:
        told = ("list index out of range",) if exc_args == ("getitem out of range",) else exc_args
        super().return_user_exc(builder, exc, told, loc or location(), func_name)


class LocatedContext(cpu.CPUContext):
    """numba's target of one compilation, with errors that know where they came from."""

    @property
    def call_conv(self) -> Any:
        return _LocatedCalls(self)


ERRORS = "simcore"
callconv.error_models[ERRORS] = LocatedErrors


def location() -> Any:
    """Where in the source the instruction being lowered stands; numba hands it to some lowering functions only."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        lower = frame.f_locals.get("self")
        if isinstance(lower, lowering.BaseLower):
            return lower.loc
        frame = frame.f_back
    return None
