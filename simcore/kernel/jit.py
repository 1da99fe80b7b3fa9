"""How the kernel is compiled: the decorators, the cache folder, and records at an address.

Assumes nothing about trading. Three decorators: `kernel` (internal, compiled with its caller), `inline` (forced into
its caller: the hot tick), `Entry` (a C symbol that strategies and Python link against by name).
The cache folder is named by a hash of the kernel's sources and the versions of numba, numpy and Python, because numba
does not notice an edited callee in another file. No fastmath; error_model="numpy": the kernel never raises.
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
from numba.core import caching
from numba.core.ccallback import CFunc
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering
from numba.extending import intrinsic


@register_pass(mutates_CFG=True, analysis_only=False)
class _LowerOnly(NativeLowering):  # type: ignore[misc]
    """Lowers to LLVM and stops there: what only compiled code calls needs no machine code of its own."""

    _name = "simcore_lower_only"

    def run_pass(self, state):  # type: ignore[no-untyped-def]
        state.flags.no_compile = True
        super().run_pass(state)
        key = [].append  # numba files a compiled function by a builtin of its own
        state["cr"] = state["cr"]._replace(cfunc=key)
        state.targetctx.insert_user_function(key, state["cr"].fndesc, [state.library])
        return True


class _Internal(CompilerBase):  # type: ignore[misc]
    """numba's pipeline with `_LowerOnly` at its end: three times faster to compile."""

    def define_pipelines(self):  # type: ignore[no-untyped-def]
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.add_pass_after(_LowerOnly, NativeLowering)
        pipeline.passes = [p for p in pipeline.passes if p[0] is not NativeLowering]
        pipeline.finalize()
        return [pipeline]


_INTERNAL = {
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "pipeline_class": _Internal,
}


def _unliteral(dispatcher):  # type: ignore[no-untyped-def]
    """One compiled version for 1, 2 and any int: numba would make one for every constant it meets."""
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
    """Hash of every kernel source file and of the compilers' versions: names the cache folder."""
    digest = hashlib.blake2b(digest_size=8)
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    for part in (numba.__version__, llvmlite.__version__, np.__version__, sys.version, llvm.get_host_cpu_name()):
        digest.update(part.encode())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where compiled code is kept: $SIMCORE_CACHE, else the user's cache folder; one folder per source hash."""
    root = os.environ.get("SIMCORE_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "simcore"
    )
    return Path(root) / source_hash()


class _Locator(caching._CacheLocator):  # type: ignore[misc]
    """Puts a function's cache file into `cache_folder`, stamped by the folder's name alone."""

    def __init__(self, py_func: Any, py_file: str) -> None:
        self._name = f"{py_func.__module__}.{py_func.__qualname__}"  # type: ignore[attr-defined]

    def get_cache_path(self) -> str:
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        return cache_folder().name

    def get_disambiguator(self) -> str:
        return hashlib.blake2b(self._name.encode(), digest_size=4).hexdigest()

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> _Locator:
        return cls(py_func, py_file)


class _Impl(caching.CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes: ClassVar[list[type]] = [_Locator]


class KernelCache(caching.FunctionCache):  # type: ignore[misc]
    """numba's function cache in our folder."""

    _impl_class = _Impl


class Entry:
    """A cold entry point: a C function with a symbol of its own.

    `external` is what compiled code calls (linked by name, so a caller compiles without the callee's code); `load()`
    compiles or reads the cache and registers the symbol; `address` is for ctypes.
    """

    all: ClassVar[dict[str, Entry]] = {}

    def __init__(self, function: Any, signature: Any) -> None:
        self.name = function.__name__  # type: ignore[attr-defined]
        self.symbol = f"simcore_{self.name}"
        self.signature = signature
        self.function = function
        self.external = types.ExternalFunction(self.symbol, signature)
        self._compiled: Any = None
        Entry.all[self.name] = self

    def load(self) -> None:
        """Compile or read from the cache, once; then the symbol resolves."""
        if self._compiled is None:
            self._compiled = compiled = _cached_cfunc(self.function, self.signature)
            llvm.add_symbol(self.symbol, compiled.address)  # type: ignore[attr-defined]

    @property
    def address(self) -> int:
        self.load()
        return int(self._compiled.address)  # type: ignore[attr-defined]

    def from_python(self, result: Any, *arguments: Any) -> Callable[..., Any]:
        """A ctypes callable that holds the GIL (PYFUNCTYPE: the cheapest call there is)."""
        return ctypes.PYFUNCTYPE(result, *arguments)(self.address)


def _cached_cfunc(function: Any, signature: Any) -> Any:
    return_type, arguments = signature.return_type, signature.args  # type: ignore[attr-defined]
    compiled = CFunc(function, (arguments, return_type), locals={}, options={"error_model": "numpy", "nopython": True})
    compiled._cache = KernelCache(function)
    compiled.compile()
    return compiled


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
