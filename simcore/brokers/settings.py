"""What Broker and Instrument share: frozen values that are checked whole and changed only by `replace`.

None and nan both mean "not given": such a field takes its default, unless None is a value of its own (stop_out_level
None: never). Defaults that follow from other fields (an instrument's price_increment from its price_digits) are filled
in when the value is made, and follow again when `replace` changes what they came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from simcore.brokers.errors import ConfigError, did_you_mean, one_line

DERIVED: Any = None  # the default of a field that follows from other fields


def _no_bool(value: object) -> object:
    # True is 1.0 to pydantic; in a setting it is a slip
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def _maybe(value: object) -> object:
    if value is None or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, str) and value.strip().lower() in ("none", "off", "nan"):
        return None
    return _no_bool(value)


Number = Annotated[float, BeforeValidator(_no_bool)]
NonNegative = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]
MaybeNonNegative = Annotated[NonNegative | None, BeforeValidator(_maybe)]
MaybePositive = Annotated[Positive | None, BeforeValidator(_maybe)]
MaybeCount = Annotated[Annotated[int, BeforeValidator(_no_bool), Field(ge=1)] | None, BeforeValidator(_maybe)]
Whole = Annotated[int, BeforeValidator(_no_bool), Field(ge=0)]


def not_a_ratio(name: str, value: float) -> str:
    """Words for per cent where a ratio belongs."""
    return f"{name} = {value:g}: must be a ratio; write {value:g} % as {value / 100:g}"


def is_given(value: object) -> bool:
    """False for None and nan."""
    return value is not None and not (isinstance(value, float) and value != value)


class Settings(BaseModel):
    """A frozen group of fields; unknown names and numbers that are not finite are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=False)

    def __hash__(self) -> int:
        values = (frozenset(v.items()) if isinstance(v, Mapping) else v for v in self.__dict__.values())
        return hash((type(self), *values))

    @model_validator(mode="before")
    @classmethod
    def _known_and_given(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        for name, value in data.items():
            if name not in cls.model_fields:
                context = {"name": str(name), "value": value, "hint": did_you_mean(name, cls.model_fields)}
                raise PydanticCustomError("unknown_field", "unknown field", context)
        return {k: v for k, v in data.items() if is_given(v) or cls._takes_none(k)}

    @classmethod
    def _takes_none(cls, name: str) -> bool:
        return type(None) in get_args(cls.model_fields[name].annotation)

    def _fill(self, **derived: object) -> None:
        # Written past the frozen face and not counted as given, so that `replace` derives it anew.
        for name, value in derived.items():
            if name not in self.model_fields_set:
                self.__dict__[name] = value


class Configuration(Settings):
    """A group of fields at the face: its mistakes are one line, and `replace` gives a changed copy."""

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**nested(fields))
        except ValidationError as error:
            raise ConfigError(one_line(self._subject(fields), error)) from None

    @classmethod
    def _subject(cls, fields: Mapping[str, Any]) -> str:
        return cls.__name__

    def replace(self, **overrides: Any) -> Self:
        """A copy with other values; tables merge, and "commission.per_lot" names a field inside one.

        Raises ConfigError as the constructor does.
        """
        return type(self)(**merged(self.given(), overrides))

    def given(self) -> dict[str, Any]:
        """The fields that were stated, as plain values: what makes an equal copy and follows `replace`."""
        return self.model_dump(exclude_unset=True)


def nested(fields: Mapping[str, Any]) -> dict[str, Any]:
    """{"commission.per_lot": 3} as {"commission": {"per_lot": 3}}."""
    out: dict[str, Any] = {}
    for name, value in fields.items():
        head, dot, rest = name.partition(".")
        if dot:
            value = nested({rest: value})
            earlier = plain(out.get(head, {}))
            out[head] = merged(earlier, value) if isinstance(earlier, Mapping) else value
        else:
            out[head] = value
    return out


def merged(fields: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with `overrides` laid over them, table by table."""
    out = dict(fields)
    for name, value in nested(overrides).items():
        value, earlier = plain(value), plain(out.get(name))
        both = isinstance(value, Mapping) and isinstance(earlier, Mapping)
        out[name] = merged(earlier, value) if both else value
    return out


def plain(value: Any) -> Any:
    """A group as the table of its stated fields; anything else as it is."""
    return value.model_dump(exclude_unset=True) if isinstance(value, Settings) else value
