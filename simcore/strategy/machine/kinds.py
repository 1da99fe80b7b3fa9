"""The numba types of a strategy's memory: a record, an array of numbers, a row of indicators; each is a pointer."""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

from typing import Any

from numba import types
from numba.core.datamodel import models
from numba.extending import register_model

from simcore.strategy.body import hidden
from simcore.strategy.fields import Scalar
from simcore.strategy.machine.emit import POINTER
from simcore.strategy.machine.source import fingerprint
from simcore.strategy.record import Record


class RecordType(types.Type):
    """A pointer to the record of a Strategy or Indicator class."""

    def __init__(self, cls: type[Record]) -> None:
        self.cls = cls
        super().__init__(f"{cls.__module__}.{cls.__qualname__}.{fingerprint(cls)}")

    def offset(self, name: str) -> int:
        field = self.cls.__fields__[name]
        return int(getattr(self.cls, name if isinstance(field, Scalar) else hidden(name)).offset)


class ArrayType(types.Type):
    """Values of one kind at an address, and how many: an Array or a Window. `place` names it in errors."""

    def __init__(self, kind: type, place: str) -> None:
        self.kind, self.place = kind, place
        super().__init__(f"Array({kind.__name__}, {place})")


class SeveralType(types.Type):
    """A row of indicators of one class."""

    def __init__(self, record: RecordType, count: int, place: str) -> None:
        self.record, self.count, self.place = record, count, place
        super().__init__(f"Several({record.name}, {count}, {place})")


@register_model(RecordType)
@register_model(SeveralType)
class _PointerModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, POINTER)


@register_model(ArrayType)
class _ArrayModel(models.StructModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, [("data", types.voidptr), ("count", types.int64)])
