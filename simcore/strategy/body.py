"""What a class body declares: its fields in order, and the sentence for what memory cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any, ClassVar, NamedTuple

from simcore.market.errors import did_you_mean
from simcore.strategy.fields import (
    C_TYPES,
    Field,
    Fixed,
    Nested,
    Scalar,
    Sized,
    Window,
    WindowRecord,
    annotated_field,
    evaluate,
)

_METHODS = (FunctionType, property, staticmethod, classmethod)


class Several(NamedTuple):
    """`sc.EMA("fast") * 8`: eight of them, `self._fast[ctx.index]`."""

    record: Any
    copies: int


def hidden(name: str) -> str:
    """The ctypes name of a field whose own name is a slot: no source can spell it."""
    return f".{name}"


def declared_fields(name: str, namespace: dict[str, Any], options: tuple[str, ...]) -> Iterator[tuple[str, Field]]:
    """The fields of a class body in order; their defaults leave the namespace."""
    for field, annotation in namespace.get("__annotations__", {}).items():
        if field in options:
            continue
        default = namespace.pop(field, None)
        declared = _nested(default)
        if declared is None:
            kind = evaluate(f"{name}.{field}", annotation, namespace)
            if _is_class_var(kind):
                raise TypeError(f"{name}.{field}: a class variable would not be saved; make it a field")
            declared = annotated_field(f"{name}.{field}", kind, default)
        yield field, declared
    for field, value in list(namespace.items()):
        declared = _nested(value)
        if declared is not None:
            del namespace[field]
            yield field, declared
        elif not (field.startswith("__") or field in options or isinstance(value, _METHODS)):
            kind = type(value).__name__
            hint = f'; write "{field}: {kind} = {value!r}"' if type(value) in C_TYPES else ""
            raise TypeError(f"{name}.{field} = {value!r} has no annotation and would not be saved{hint}")


def _is_class_var(kind: object) -> bool:
    return kind is ClassVar or getattr(kind, "__origin__", None) is ClassVar


def _nested(value: object) -> Field | None:
    match value:
        case Window():
            return value.field
        case Several(record, copies):
            return Nested(type(record), record._given, copies)
    if hasattr(type(value), "__fields__"):
        return Nested(type(value), value._given, None)  # type: ignore[arg-type,attr-defined]
    return None


def shape(field: Field) -> tuple[object, ...]:
    """What of a field is layout; the rest (a default, an indicator's period) a child may change."""
    match field:
        case Scalar(kind, _) | Sized(_, kind):
            return type(field), kind
        case Nested(record, _, copies):
            return record, copies
    return tuple(field)


def c_field(name: str, field: Field) -> tuple[str, Any]:
    match field:
        case Scalar(kind, _):
            return name, C_TYPES[kind]
        case Fixed(count, kind):
            return hidden(name), C_TYPES[kind] * count
        case Sized():
            return hidden(name), WindowRecord
        case Nested(record, _, copies):
            c_type: Any = record
            return hidden(name), c_type if copies is None else c_type * copies
    raise AssertionError(field)  # pragma: no cover


def check_sources(cls: Any) -> None:
    """An indicator or window names a parameter that exists."""
    scalars = [name for name, field in cls.__fields__.items() if isinstance(field, Scalar)]
    for name, field in cls.__fields__.items():
        taken = (field.length,) if isinstance(field, Sized) else getattr(field, "arguments", {}).values()
        for source in taken:
            if isinstance(source, str) and source not in scalars:
                hint = did_you_mean(source, scalars)
                raise TypeError(f"{cls.__name__}.{name} takes {source!r}, which is no parameter of the class.{hint}")
