"""How the kernel is compiled: the decorators, the cache folder, and records at an address.

Assumes nothing about trading. Three decorators: `kernel` (internal, compiled with its caller), `inline` (forced into
its caller: the hot tick), `Entry` (a C symbol that strategies and Python link against by name).
The cache folder is named by a hash of the kernel's sources, the versions of numba, numpy and Python, and the processor.
No fastmath; error_model="numpy": the kernel never raises.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import llvmlite
import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import codegen, config
from numba.extending import intrinsic

from simcore.kernel.builtin import builtin
from simcore.kernel.parts import PartCompiler

_INTERNAL = {
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "pipeline_class": PartCompiler,
}


functions: list[Any] = []  # all there are, compiled or not


def _unliteral(dispatcher):  # type: ignore[no-untyped-def]
    """One compiled version for 1, 2 and any int: numba would make one for every constant it meets."""
    functions.append(dispatcher)
    template = dispatcher.get_call_template
    dispatcher.get_call_template = lambda args, kws: template(tuple(types.unliteral(a) for a in args), kws)
    return dispatcher


def kernel(function):  # type: ignore[no-untyped-def]
    """Internal to the kernel: compiled when something compiled calls it."""
    return _unliteral(njit(**_INTERNAL)(function))


def inline(function):  # type: ignore[no-untyped-def]
    """As `kernel`, forced into its caller."""
    return _unliteral(njit(forceinline=True, **_INTERNAL)(function))


int64 = types.int64
float64 = types.float64


@cache
def source_hash() -> str:
    """Hash of every kernel source file, the compilers' versions and the processor: names the cache folder."""
    digest = hashlib.blake2b(digest_size=8)
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    cpu = config.CPU_NAME or llvm.get_host_cpu_name()
    features = codegen.get_host_cpu_features() if config.CPU_FEATURES is None else config.CPU_FEATURES
    for part in (numba.__version__, llvmlite.__version__, np.__version__, sys.version, cpu, features):
        digest.update(part.encode())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where compiled code is kept: $SIMCORE_CACHE, else the user's cache folder; one folder per source hash."""
    root = os.environ.get("SIMCORE_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "simcore"
    )
    return Path(root) / source_hash()


class Entry:
    """A cold entry point: a C function with a symbol of its own, in the image of the account (see image).

    `external` is what compiled code calls (linked by name, so a caller compiles without the callee's code); `address`,
    for ctypes, is 0 until the image is loaded.
    """

    all: ClassVar[dict[str, Entry]] = {}

    def __init__(self, function: Any, signature: Any) -> None:
        self.name = function.__name__  # type: ignore[attr-defined]
        self.symbol = f"simcore_{self.name}"
        self.signature = signature
        self.function = function
        self.external = types.ExternalFunction(self.symbol, signature)
        self.address = self.builtin_address = 0
        Entry.all[self.name] = self

    @property
    def builtin_symbol(self) -> str:
        """Of the function that Python calls (see builtin)."""
        return f"{self.symbol}_builtin"

    def bound(self, *records: int) -> Callable[..., Any]:
        """A builtin function of the entry's numbers alone; its records are at these addresses."""
        return builtin(self.name, self.builtin_address, *records)

    def from_python(self, result: Any, *arguments: Any) -> Callable[..., Any]:
        """A ctypes callable that holds the GIL (PYFUNCTYPE: the cheapest call there is)."""
        return ctypes.PYFUNCTYPE(result, *arguments)(self.address)


def record_at(record: types.Record) -> Any:
    """Intrinsic (base record, byte offset) -> a `record` at that offset from the base's address."""

    @intrinsic
    def at(typingctx, base, offset):  # type: ignore[no-untyped-def]
        signature = record(base, types.int64)

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            byte = builder.bitcast(args[0], ir.IntType(8).as_pointer())
            return builder.bitcast(builder.gep(byte, [args[1]]), context.get_value_type(record))

        return signature, codegen

    return at


def record_from_address(record: types.Record) -> Any:
    """Intrinsic address (int64) -> a `record` there."""

    @intrinsic
    def at(typingctx, address):  # type: ignore[no-untyped-def]
        signature = record(types.int64)

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return builder.inttoptr(args[0], context.get_value_type(record))

        return signature, codegen

    return at


@intrinsic
def address_of(typingctx, base):  # type: ignore[no-untyped-def]
    """The address of a record, as int64."""
    signature = types.int64(base)

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.ptrtoint(args[0], ir.IntType(64))

    return signature, codegen


@intrinsic
def unlikely(typingctx, condition):  # type: ignore[no-untyped-def]
    """A condition that seldom holds: registers are then kept for the other branch, and spilled in this one."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        bit = ir.IntType(1)
        expect = builder.module.declare_intrinsic("llvm.expect", [bit], ir.FunctionType(bit, [bit, bit]))
        return builder.call(expect, [args[0], bit(0)])

    return types.boolean(types.boolean), codegen


def _load(width: int, is_float: bool) -> Any:
    llvm_type = ir.DoubleType() if is_float else ir.IntType(width)
    numba_type = types.float64 if is_float else types.int64

    @intrinsic
    def load(typingctx, address, index):  # type: ignore[no-untyped-def]
        signature = numba_type(types.int64, types.int64)

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            pointer = builder.inttoptr(args[0], llvm_type.as_pointer())
            value = builder.load(builder.gep(pointer, [args[1]]))
            return value if is_float or width == 64 else builder.zext(value, ir.IntType(64))

        return signature, codegen

    return load


load_f8 = _load(64, True)  # (address, index) -> float64
load_i8 = _load(64, False)  # (address, index) -> int64
load_u1 = _load(8, False)  # (address, index) -> int64 from one byte
