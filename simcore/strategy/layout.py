"""Where a memory's bytes lie: making one, looking at one in place, and telling numpy about it.

A memory is the record of its class, then an arena with the windows of its indicators. A window is found by an offset
relative to its own record, so its size is a parameter, is no part of the layout, and costs no compilation; and a
snapshot may be copied to any address. Arrays and indicators are Python objects over the same bytes, made once per
instance and kept in slots, because making one at every access would cost more than the access.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from simcore.strategy.body import hidden
from simcore.strategy.errors import StrategyError
from simcore.strategy.fields import C_TYPES, Fixed, Nested, Number, Scalar, Sized, WindowRecord, checked
from simcore.strategy.record import Record, parameters

R = TypeVar("R", bound=Record)
Choose = Callable[[type[Record]], type[Record]]
_DTYPES = {float: "f8", int: "i8", bool: "?"}


class Write(NamedTuple):
    """One value at a byte offset of a new memory."""

    at: int
    c_type: Any
    value: Number


class Plan(NamedTuple):
    """How a new memory is filled: every value, every record from the innermost outwards, and how long it is."""

    writes: list[Write]
    records: list[tuple[type[Record], int]]


def create(cls: Any, given: dict[str, str | Number]) -> Any:
    """An instance of `cls` with a memory of its own, or a mere declaration where a parameter is still a name."""
    if any(isinstance(value, str) for value in given.values()):
        declaration = cls.blank()
        declaration._given, declaration._owner, declaration._size = given, None, 0
        return declaration
    plan = Plan([], [])
    if hasattr(cls, "prepare"):
        check_counts(cls.__name__, cls, given)
    size = _place(cls, dict(given), 0, -(-bytes_of(cls) // 8) * 8, plan)
    owner = (ctypes.c_ubyte * size)()
    start = ctypes.addressof(owner)
    for at, c_type, value in plan.writes:
        c_type.from_address(start + at).value = value
    for record, at in plan.records:
        view(record, start + at, owner).prepare()
    made = view(cls, start, owner)
    made._given, made._size = given, size
    return made


def view(cls: Any, address: int, owner: object = None, choose: Choose | None = None) -> Any:
    """An instance of `cls` over the memory at `address`, which `owner` keeps alive.

    `choose` may put another class of the same layout in an indicator's place: one whose update is machine code.
    """
    record = cls.from_address(address)
    record._owner, record._given, record._size = owner, {}, bytes_of(cls)
    update = getattr(cls, "__update__", None)
    if update is not None:
        record.update = update(address)
        choose = None
    for name, field in cls.__fields__.items():
        if not isinstance(field, Scalar):
            setattr(record, name, _part(field, address + getattr(cls, hidden(name)).offset, owner, choose))
    return record


def bytes_of(cls: Any) -> int:
    """Bytes of a class's record, without the windows behind it."""
    return ctypes.sizeof(cls)


def _part(field: Fixed | Sized | Nested, at: int, owner: object, choose: Choose | None) -> Any:
    match field:
        case Fixed(count, kind):
            return (C_TYPES[kind] * count).from_address(at)
        case Sized(_, kind):
            window = WindowRecord.from_address(at)
            return (C_TYPES[kind] * window.count).from_address(at + window.at)
        case Nested(record, _, copies):
            chosen = choose(record) if choose else record
            views = [view(chosen, at + i * bytes_of(record), owner, choose) for i in range(copies or 1)]
            return views[0] if copies is None else tuple(views)


def _place(cls: type[Any], values: dict[str, Any], start: int, end: int, plan: Plan) -> int:
    """Plan the record of `cls` at byte `start` and its windows from byte `end` on; returns the new end."""
    for name, field in cls.__fields__.items():
        if isinstance(field, Scalar):
            value = values.setdefault(name, field.default)
            plan.writes.append(Write(start + getattr(cls, name).offset, C_TYPES[field.kind], value))
    for name, field in cls.__fields__.items():
        place, at = (
            f"{cls.__name__}.{name}",
            0 if isinstance(field, Scalar) else start + getattr(cls, hidden(name)).offset,
        )
        match field:
            case Sized(length, _):
                count = checked(place, int, values[length] if isinstance(length, str) else length)
                if count < 1:
                    raise ValueError(f"{place} needs a length of at least 1, was {count}")
                plan.writes.append(Write(at, ctypes.c_int64, end - at))
                plan.writes.append(Write(at + WindowRecord.count.offset, ctypes.c_int64, count))
                end += 8 * int(count)
            case Nested(record, arguments, several):
                for i in range(several or 1):
                    inner = _inner(place, record, arguments, values)
                    end = _place(record, inner, at + i * bytes_of(record), end, plan)
    if hasattr(cls, "prepare"):
        plan.records.append((cls, start))
    return end


def _inner(place: str, record: type[Record], arguments: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a nested indicator as numbers, each of the right kind."""
    found: dict[str, Any] = {}
    for name, argument in arguments.items():
        source = f" (from {argument})" if isinstance(argument, str) else ""
        value = values[argument] if isinstance(argument, str) else argument
        found[name] = checked(f"{place}: {name}{source}", parameters(record)[name].kind, value)
    check_counts(f"{place}: {record.__name__}", record, found)
    return found


def check_counts(place: str, cls: type[Record], values: dict[str, Any]) -> None:
    """An indicator's whole-number parameters are lengths: at least 1. ValueError names the one that is not."""
    for name, field in parameters(cls).items():
        if field.kind is int and values.get(name, field.default) < 1:
            raise ValueError(f"{place} needs a {name} of at least 1, was {values.get(name, field.default)}")


def memory_bytes(record: Record) -> int:
    """How many bytes the memory of a strategy takes: its record and the windows behind it."""
    return record._size


def content(record: Record) -> bytes:
    """The bytes of a strategy's memory; none for a mere declaration such as sc.EMA("fast")."""
    return ctypes.string_at(ctypes.addressof(record), record._size)  # type: ignore[arg-type]


def write_memory(record: Record, buffer: Any) -> None:
    """Copy a strategy's memory to the start of `buffer`, a writable buffer of at least `memory_bytes` bytes.

    Raises StrategyError where a parameter was assigned after an indicator had taken its size from it.
    """
    cls = type(record)
    for name, field in cls.__fields__.items():
        taken = {"_": field.length} if isinstance(field, Sized) else getattr(field, "arguments", {})
        for source in taken.values():
            if not isinstance(source, str):
                continue
            made, now = record._given.get(source, cls.__fields__[source][1]), getattr(record, source)
            if now != made:
                raise StrategyError(
                    f"{cls.__name__}.{source} was changed from {made} to {now} after {name} had taken it; "
                    f"write {cls.__name__}({source}={now})"
                )
    memory = content(record)
    memoryview(buffer).cast("B")[: len(memory)] = memory


def bind(record: R, address: int, owner: object = None, choose: Choose | None = None) -> R:
    """The same strategy over the memory at `address`, where `write_memory` put it; `owner` keeps that memory alive."""
    bound = view(type(record), address, owner, choose)
    bound._given, bound._size = record._given, record._size
    return bound  # type: ignore[no-any-return]


def dtype_of(cls: type[Record]) -> np.dtype[np.void]:
    """The numpy dtype of a class's record (its windows lie behind it), over the very same bytes."""
    formats: list[Any] = []
    offsets = []
    for name, field in cls.__fields__.items():
        match field:
            case Scalar(kind, _):
                formats.append(_DTYPES[kind])
            case Fixed(count, kind):
                formats.append((_DTYPES[kind], (count,)))
            case Sized():
                formats.append(np.dtype([("at", "i8"), ("count", "i8")]))
            case Nested(record, _, copies):
                formats.append(dtype_of(record) if copies is None else (dtype_of(record), (copies,)))
        offsets.append(getattr(cls, name if isinstance(field, Scalar) else hidden(name)).offset)
    spec = {"names": list(cls.__fields__), "formats": formats, "offsets": offsets, "itemsize": bytes_of(cls)}
    return np.dtype(spec)  # type: ignore[call-overload,no-any-return]
