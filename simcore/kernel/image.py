"""The image: the account's machine code, all entries in one file, compiled once and read in milliseconds.

Assumes nothing about trading. `load` reads the file from the cache folder, or compiles it; then every entry's symbol
resolves. A file that is cut short or damaged is compiled again. Where the folder cannot be written, the account runs
all the same and a NotKept warning says so. Processes that start together may compile side by side: whole files only are
put in place, and equal sources give equal code.
"""

import hashlib
import os
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import codegen, config, event
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from simcore.kernel import entries, lookup, loop
from simcore.kernel.builtin import define
from simcore.kernel.jit import Entry, cache_folder, functions, kernel
from simcore.kernel.parts import in_a_hurry, link

Progress = Callable[[int, int, str], None]

DEFINE_ENTRIES = (entries, lookup, loop)
NAME = "account.o"
DIGEST = 16


class NotKept(RuntimeWarning):
    """The cache folder cannot be written: every start compiles again."""


def is_kept() -> bool:
    """True where the cache folder holds the image."""
    return _read() is not None


def load(progress: Progress | None = None) -> None:
    """Give every entry its address, once; `progress` hears (done, of, name) where the image has to be compiled."""
    if any(entry.address == 0 for entry in Entry.all.values()):
        with global_compiler_lock:
            _load(progress)


def _load(progress: Progress | None) -> None:
    code = _read()
    made = code is None
    if code is None:
        code = _compiled([*Entry.all.values()], progress)
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    for entry in Entry.all.values():
        entry.address = engine.get_function_address(entry.symbol)
        entry.builtin_address = engine.get_function_address(entry.builtin_symbol)
        llvm.add_symbol(entry.symbol, entry.address)
    if made:
        _keep(code)


@cache
def _engine() -> Any:
    """What holds the code, as long as the process lives."""
    codegen.initialize_llvm()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(jit=True)
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine, use_lmm=config.USE_LLVMLITE_MEMORY_MANAGER)


def _read() -> bytes | None:
    try:
        content = (cache_folder() / NAME).read_bytes()
    except OSError:
        return None
    return content[DIGEST:] if _digest(content[DIGEST:]) == content[:DIGEST] else None


def _keep(code: bytes) -> None:
    path = cache_folder() / NAME
    partial = path.with_name(f"{NAME}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(_digest(code) + code)
        os.replace(partial, path)
    except OSError as error:
        _remove(partial)
        warnings.warn(
            f"the compiled account cannot be kept: {error.filename or path}: {error.strerror}; free some space, or "
            "name another folder in the environment variable SIMCORE_CACHE",
            NotKept,
            stacklevel=2,
        )


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # nor can it be removed where it cannot be written


def _digest(code: bytes) -> bytes:
    return hashlib.blake2b(code, digest_size=DIGEST).digest()


def _compiled(made: Sequence[Entry], progress: Progress | None) -> bytes:
    """The object file: each entry's function and all it calls, each once, optimized together."""
    target = cpu_target.target_context
    whole = target.codegen().create_library("account")
    with event.install_listener("numba:compile", _Told(progress)), in_a_hurry(cpu_target.typing_context):
        parts = [_lowered(entry, whole) for entry in made]
    module = whole._final_module
    link(parts, module, set())
    symbols = {symbol for entry in made for symbol in (entry.symbol, entry.builtin_symbol)}
    for function in module.functions:
        if not function.is_declaration and function.name not in symbols:
            function.linkage = "internal"
    whole._optimize_final_module()
    code: bytes = target.codegen()._tm.emit_object(module)
    return code


def _lowered(entry: Entry, whole: Any) -> Any:
    """The part of an entry's function; `whole` gets a C function of the entry's name that calls it, and Python's."""
    target, signature = cpu_target.target_context, entry.signature
    result = kernel(entry.function).get_compile_result(signature)
    kind = target.call_conv.get_function_type(signature.return_type, signature.args)
    of_c = ir.FunctionType(
        target.get_value_type(signature.return_type), [target.get_value_type(one) for one in signature.args]
    )
    module = whole.create_ir_module(entry.symbol)
    function = ir.Function(module, of_c, entry.symbol)
    function.attributes.add("noinline")  # what is called by name is rare
    builder = ir.IRBuilder(function.append_basic_block())
    native = ir.Function(module, kind, result.fndesc.llvm_func_name)
    # the kernel never raises, so there is no status to look at
    _, value = target.call_conv.call_function(builder, native, signature.return_type, signature.args, function.args)
    builder.ret(value)
    define(module, entry.builtin_symbol, function, signature)
    whole.add_ir_module(module)
    return result.library


class _Told(event.Listener):
    """Tells of every function that is lowered."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._done = progress, 0

    def on_start(self, event: Any) -> None:
        """Nothing is done yet."""

    def on_end(self, event: Any) -> None:
        self._done += 1
        if self._progress is not None:
            name = event.data["dispatcher"].py_func.__name__
            self._progress(min(self._done, len(functions)), len(functions), name)
