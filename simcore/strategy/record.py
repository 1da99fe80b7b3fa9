"""Memory: a class's annotated fields become one flat record that both forms of a strategy read and write.

    class EmaCross(sc.Strategy):
        fast: int = 20               # a parameter: EmaCross(fast=10)
        _side: int = 0               # memory: starts at its default, saved with the account
        _fast = sc.EMA("fast")       # an indicator whose period is the parameter `fast`

Each class is a ctypes.Structure, so plain Python reads a field straight from the account's bytes; `layout.dtype_of`
gives the same bytes to numpy and the compiler to machine code. What is not annotated would be lost in a crash, so the
class statement refuses it.
"""

from __future__ import annotations

import ctypes
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from simcore.market.errors import did_you_mean
from simcore.strategy.body import c_field, check_sources, declared_fields, shape
from simcore.strategy.fields import Field, Number, Scalar, checked
from simcore.strategy.stores import check_stores

if TYPE_CHECKING:  # what ctypes does with a class body is not a checker's business

    class _Structure: ...

    _StructureType = type
else:
    _Structure, _StructureType = ctypes.Structure, type(ctypes.Structure)


class RecordType(_StructureType):
    """Turns a class body into fields, and refuses what would not be saved."""

    __fields__: dict[str, Field]
    __options__: tuple[str, ...]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> RecordType:
        parents = [base for base in bases if isinstance(base, RecordType)]
        if len(parents) > 1:
            raise TypeError(
                f"{name} grows from {' and '.join(p.__name__ for p in parents)}: memory has one parent only"
            )
        inherited = parents[0].__fields__ if parents else {}
        options = namespace.get("__options__") or (parents[0].__options__ if parents else ())
        declared = dict(declared_fields(name, namespace, options))
        for field in inherited.keys() & declared.keys():
            if shape(inherited[field]) != shape(declared[field]):
                raise TypeError(f"{name}.{field} is already a field of another kind in a class it grows from")
        new = {field: kind for field, kind in declared.items() if field not in inherited}
        slots = [field for field, kind in new.items() if not isinstance(kind, Scalar)]
        namespace["_fields_"] = [c_field(field, kind) for field, kind in new.items()]
        namespace["__slots__"] = (*slots, *namespace.get("__slots__", ()))
        namespace["__fields__"] = {**inherited, **declared}
        cls: RecordType = super().__new__(mcs, name, bases, namespace)
        if parents and cls.__dictoffset__:
            raise TypeError(
                f"{name}: a second base class would let attributes pass unsaved; give it Strategy as its own"
            )
        check_sources(cls)
        check_stores(cls, namespace, set(cls.__fields__))
        return cls

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """An instance with its own memory; TypeError names an unknown or mistyped parameter."""
        from simcore.strategy.layout import create

        return create(cls, _given(cls, args, kwargs))

    def blank(cls) -> Any:
        """An instance with zeroed memory of the record alone: no defaults, no windows."""
        return super().__call__()


class Record(_Structure, metaclass=RecordType):
    """What Strategy and Indicator have in common: fields over bytes, made from parameters."""

    __slots__ = ("_given", "_owner", "_size")
    if TYPE_CHECKING:
        __fields__: ClassVar[dict[str, Field]]
        _given: dict[str, str | Number]  # parameters as they were given
        _owner: object  # keeps the memory alive
        _size: int  # bytes of record and windows; 0 for a mere declaration

    def __repr__(self) -> str:
        cls = type(self)
        shown = {name: getattr(self, name) for name in parameters(cls)} if self._size else self._given
        return f"{cls.__name__}({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        from simcore.strategy.layout import content

        cls = type(self)
        return _revive, (cls.__module__, cls.__qualname__, is_compiled(cls), self._given, content(self))


def parameters(cls: type[Record]) -> dict[str, Scalar]:
    """The parameters of a Strategy or Indicator class in order: their type and default."""
    scalars = {name: field for name, field in cls.__fields__.items() if isinstance(field, Scalar)}
    chosen = getattr(cls, "parameters", None)
    if chosen is None:
        return {name: field for name, field in scalars.items() if not name.startswith("_")}
    return {name: scalars[name] for name in chosen}


def is_compiled(cls: type) -> bool:
    """True for what `sc.compiled` returned, and for what grows from it."""
    return bool(getattr(cls, "__compiled__", False))


def _revive(module: str, name: str, compiled: bool, given: dict[str, Number], memory: bytes) -> Any:
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if compiled and not is_compiled(found):
        from simcore.strategy.compiled import compiled as compile_class

        found = compile_class(found)
    record = found(**given)
    if memory:
        ctypes.memmove(ctypes.addressof(record), memory, len(memory))
    return record


def _given(cls: RecordType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, str | Number]:
    """The parameters given, checked; the name of another parameter may stand for a number in an indicator."""
    known = parameters(cls)  # type: ignore[arg-type]
    positional = getattr(cls, "parameters", ())
    if len(args) > len(positional):
        limit = f"at most {len(positional)} values" if positional else "parameters by name"
        raise TypeError(f"{cls.__name__} takes {limit}, such as {cls.__name__}({', '.join(f'{n}=...' for n in known)})")
    given = dict(zip(positional, args, strict=False))
    for name, value in kwargs.items():
        if name in given:
            raise TypeError(f"{cls.__name__}: parameter {name!r} is given twice")
        if name not in known:
            choices = f" It has {', '.join(known)}." if known else " It has none."
            raise TypeError(f"{cls.__name__} has no parameter {name!r}.{did_you_mean(name, known) or choices}")
        given[name] = value
    for name, value in given.items():
        if not (positional and isinstance(value, str)):
            given[name] = checked(f"{cls.__name__}({name}=...)", known[name].kind, value)
    return given
