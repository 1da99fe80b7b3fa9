"""What a strategy may remember: numbers, flags, fixed arrays, windows and indicators, each as bytes of a known size.

A strategy's whole memory is one flat record that is saved with the account, so that a crash loses nothing and a paper
session can be replayed byte for byte. Python objects (lists, dicts, frames, strings) cannot be in it, and anything
unannotated would be lost; both are refused here, with the sentence that says what to write.

float and int fields are 8 bytes (int64), bool is one. `Array[50]` is 50 floats, `Array[50, int]` 50 ints; both start at
zero. `Window("period")` is an array as long as the parameter it names; it lies behind the record.
"""

from __future__ import annotations

import builtins
import ctypes
import operator
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar, get_args, get_origin

import numpy as np

if TYPE_CHECKING:
    from typing_extensions import TypeVar as DefaultTypeVar

    from simcore.strategy.record import Record

    Count = TypeVar("Count")
    Value = DefaultTypeVar("Value", default=float)

Number = float | int | bool
C_TYPES: dict[type, Any] = {float: ctypes.c_double, int: ctypes.c_int64, bool: ctypes.c_bool}


class Scalar(NamedTuple):
    """A float, int or bool, with the value it starts from."""

    kind: type
    default: Number


class Fixed(NamedTuple):
    """An array whose length stands in the source."""

    length: int
    kind: type


class Sized(NamedTuple):
    """An array whose length is a parameter (its name) or a number."""

    length: str | int
    kind: type


class Nested(NamedTuple):
    """An indicator, or several `copies`, and what its parameters are taken from."""

    record: type[Record]
    arguments: dict[str, str | Number]
    copies: int | None


Field = Scalar | Fixed | Sized | Nested

if TYPE_CHECKING:

    class Array(Generic[Count, Value]):
        """A fixed array in a strategy's memory, as a type checker sees it."""

        def __getitem__(self, index: int) -> Value: ...
        def __setitem__(self, index: int, value: Value) -> None: ...
        def __len__(self) -> int: ...
        def __iter__(self) -> Iterator[Value]: ...

else:

    class Array:
        """A fixed array in a strategy's memory: `_last: sc.Array[50]` is 50 floats, `sc.Array[50, int]` 50 ints."""

        def __class_getitem__(cls, item: Any) -> Fixed:
            count, kind = item if isinstance(item, tuple) else (item, float)
            if get_origin(count) is Literal:
                count = get_args(count)[0]
            if not isinstance(count, int) or isinstance(count, bool) or count < 1:
                raise TypeError(f"Array[{count!r}]: the length must be a whole number of at least 1")
            if kind not in C_TYPES:
                raise TypeError(f"Array[{count}, {kind!r}]: an array holds float, int or bool")
            return Fixed(count, kind)


class Window:
    """An array as long as a parameter says: `_seen = Window("period")`; it starts at zero."""

    def __init__(self, length: str | int, kind: type = float) -> None:
        if kind not in (float, int):
            raise TypeError(f"Window({length!r}, {kind!r}): a window holds float or int")
        self.field = Sized(length, kind)

    if TYPE_CHECKING:

        def __getitem__(self, index: int) -> float: ...
        def __setitem__(self, index: int, value: float) -> None: ...
        def __len__(self) -> int: ...


class WindowRecord(ctypes.Structure):
    """Where a window lies: bytes from this very record to its first value, and how many values it has.

    The offset is relative to itself, so a memory may be copied to any address.
    """

    _fields_ = [("at", ctypes.c_int64), ("count", ctypes.c_int64)]


def annotated_field(place: str, annotation: object, default: object) -> Scalar | Fixed:
    """The field that `name: annotation = default` declares; `place` is Class.name, for the error."""
    if isinstance(annotation, Fixed):
        if default is not None:
            raise TypeError(f"{place}: an array starts at zero and takes no default; set it in on_start")
        return annotation
    if annotation is Array:
        raise TypeError(f"{place}: say how long the array is, such as sc.Array[50]")
    if annotation not in C_TYPES:
        name = getattr(annotation, "__name__", None) or str(annotation)
        raise TypeError(
            f"{place} is a {name}, which memory cannot hold: a field is float, int, bool, sc.Array[n] or an indicator"
        )
    kind: type = annotation
    return Scalar(kind, kind() if default is None else checked(place, kind, default))


def checked(place: str, kind: type, value: object) -> Number:
    """`value` as `kind`, where it is one: 20 for an int, 20 or 0.5 for a float, True for a bool. Else TypeError."""
    if isinstance(value, np.generic):
        value = value.item()
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and not isinstance(value, bool) and hasattr(value, "__index__"):
        whole = operator.index(value)
        if not -(2**63) <= whole < 2**63:
            raise TypeError(f"{place} must fit 64 bits, was {whole}")
        return whole
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    wanted = {int: "a whole number", float: "a number", bool: "True or False"}[kind]
    raise TypeError(f"{place} must be {wanted}, was {value!r}")


def evaluate(place: str, annotation: object, namespace: dict[str, object]) -> object:
    """An annotation as an object; text (from __future__ import annotations) is read where the class was written."""
    if not isinstance(annotation, str):
        return annotation
    module = sys.modules.get(str(namespace["__module__"]), builtins)
    frame: FrameType | None = sys._getframe(3)  # evaluate, _declared, RecordType.__new__, then the class statement
    while True:
        try:
            return eval(annotation, dict(vars(module)), {**(frame.f_locals if frame else {}), **namespace})
        except NameError as error:
            frame = frame.f_back if frame else None
            if frame is None:
                raise TypeError(f"{place}: the annotation {annotation!r} cannot be read: {error}") from None
