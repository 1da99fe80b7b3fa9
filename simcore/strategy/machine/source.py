"""What a compiled strategy is made of: its source and all it reaches, as one hash.

The hash names the strategy's cache file. It covers the class and those it grows from, its indicators, every global
function and constant their methods use, however deep, and simcore's own strategy code; the kernel's sources name the
folder.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import dis
import hashlib
from enum import EnumMeta
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher

from simcore.strategy.body import shape
from simcore.strategy.fields import Field, Nested, Scalar, Sized
from simcore.strategy.names import tag_key
from simcore.strategy.places import methods, reached
from simcore.strategy.record import Record
from simcore.strategy.strategy import Strategy

LIBRARIES = {"builtins", "math", "numpy", "numba", "cmath", "enum"}


@cache
def own_hash() -> bytes:
    """Hash of simcore's own strategy sources."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(Path(__file__).parent.parent.rglob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.digest()


@cache
def fingerprint(cls: type[Record]) -> str:
    """The hash of a class and of all its methods reach; equal sources, equal fingerprints."""
    return _hashed(_Reach(), cls, own_hash())


@cache
def code_of(cls: type[Record]) -> str:
    """The hash of what a class does, wherever it is written: files, lines, docstrings and parameters' defaults aside.

    Plain and compiled forms of a class have the same.
    """
    plain = cls.__bases__[0] if "__compiled__" in vars(cls) else cls
    return _hashed(_Deeds(), plain, b"")


def _hashed(seen: _Reach, cls: Any, start: bytes) -> str:
    seen.add_class(cls)
    digest = hashlib.blake2b(start, digest_size=12)
    for part in seen.parts:
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


@cache
def remember_tags(cls: type[Record]) -> None:
    """Every constant string in a class may be a tag; results can then print it, though compiled code holds a number."""
    for text in _texts(cls):
        tag_key(text)


@cache
def _texts(cls: type[Record]) -> tuple[str, ...]:
    seen = _Reach()
    seen.add_class(cls)
    return tuple(sorted(seen.strings))


class _Reach:
    """Everything that decides what a class's machine code does, in a fixed order."""

    framework: tuple[type, ...] = (Record,)  # classes that are not looked at

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.strings: set[str] = set()
        self._seen: set[int] = set()

    def add_class(self, cls: type) -> None:
        for base in cls.__mro__:
            if base in self.framework or not issubclass(base, Record) or id(base) in self._seen:
                continue
            self._seen.add(id(base))
            self.parts.append(self._named(base))
            for name, field in base.__fields__.items():
                if isinstance(field, Nested):
                    self.add_class(field.record)
                    self.parts.append(f"{name}: {field.record.__qualname__} * {field.copies}")
                else:
                    self.parts.append(f"{name}: {shape(field)}")
                self._add_field(name, field)
            for name, value in vars(base).items():
                for function in methods(value):
                    self.parts.append(f"def {name}")
                    self.add_function(function)

    def _named(self, cls: type) -> str:
        return f"class {cls.__module__}.{cls.__qualname__}"

    def _add_field(self, name: str, field: Field) -> None:
        """What of a field is no layout is no matter of machine code."""

    def add_function(self, function: FunctionType) -> None:
        if id(function) in self._seen:
            return
        self._seen.add(id(function))
        self.parts.append(repr((function.__defaults__, function.__kwdefaults__)))
        self._add_code(function.__code__)
        for name, value in reached(function):
            self.parts.append(f"global {name}")
            self.add_value(value)

    def _add_code(self, code: CodeType) -> None:
        lines = list(code.co_lines())
        self.parts.append(repr((code.co_filename, code.co_code.hex(), code.co_names, code.co_varnames, lines)))
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._add_code(constant)
            else:
                self.add_value(constant)

    def add_value(self, value: Any) -> None:
        if isinstance(value, str):
            self.strings.add(value)
        if isinstance(value, FunctionType):
            self.add_function(value)
        elif isinstance(value, Dispatcher):
            self.add_function(value.py_func)
        elif isinstance(value, type) and issubclass(value, Record):
            self.add_class(value)
        elif isinstance(value, EnumMeta):
            self.parts.append(f"enum {value.__qualname__} {[(one.name, one.value) for one in value]}")  # type: ignore[var-annotated]
        elif isinstance(value, ModuleType):
            self._add_module(value)
        elif isinstance(value, np.ndarray):
            self.parts.append(f"array {value.dtype.str} {value.shape} {value.tobytes().hex()}")
        elif isinstance(value, tuple | list | frozenset):
            for part in sorted(value, key=repr) if isinstance(value, frozenset) else value:
                self.add_value(part)
        else:
            self.parts.append(repr(value) if isinstance(value, int | float | str | bytes | None) else str(type(value)))

    def _add_module(self, module: ModuleType) -> None:
        """A module of the user's own: all of its package's source, because any name in it may be a constant here."""
        self.parts.append(f"module {module.__name__} {getattr(module, '__version__', '')}")
        path = getattr(module, "__file__", None)
        if path and module.__name__.partition(".")[0] not in LIBRARIES | {"simcore"}:
            sources = sorted(Path(path).parent.rglob("*.py")) if hasattr(module, "__path__") else [Path(path)]
            self.parts += [hashlib.blake2b(source.read_bytes()).hexdigest() for source in sources]


class _Deeds(_Reach):
    """Everything that decides what a class does, and nothing of where it is written."""

    framework = (Record, Strategy)

    def _named(self, cls: type) -> str:
        return f"class {getattr(cls, 'bars', None)!r} {getattr(cls, 'warmup', None)!r}"

    def _add_field(self, name: str, field: Field) -> None:
        if isinstance(field, Nested):
            self.parts.append(repr(sorted(field.arguments.items())))
        elif isinstance(field, Sized):
            self.parts.append(repr(field.length))
        elif isinstance(field, Scalar) and name.startswith("_"):
            self.parts.append(repr(field.default))

    def _add_code(self, code: CodeType) -> None:
        """Instruction by instruction, because a docstring moves the numbers of the constants."""
        for instruction in dis.get_instructions(code):
            self.parts.append(instruction.opname)
            if isinstance(instruction.argval, CodeType):
                self._add_code(instruction.argval)
            elif instruction.opcode in dis.hasconst:
                self.add_value(instruction.argval)
            else:
                self.parts.append(repr(instruction.argval))
