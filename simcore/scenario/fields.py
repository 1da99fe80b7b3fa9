"""Reading a scenario file's fields: every mistake is one line that names the place, the field, the value, what to do.

None (null in JSON) and nan both mean "not given".
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import numpy as np

from simcore.brokers.errors import did_you_mean, shown

SECOND: Final = 1_000_000_000
_EARLIEST: Final = 10**17  # 1973; a smaller number is not nanoseconds
_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(?:Z|UTC|([+-])(\d\d):?(\d\d))?"
)


class ScenarioError(ValueError):
    """A scenario file that cannot be played as it is written."""


def is_given(value: object) -> bool:
    """False for None and nan."""
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def is_number(value: object) -> bool:
    """True for a finite number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def text_of_time(ts: int) -> str:
    """int64 ns UTC as ISO text, with as many decimals as it needs."""
    text = str(np.datetime_as_string(np.datetime64(ts, "ns")))
    return text.rstrip("0").rstrip(".") + "Z"


def to_ns(value: object) -> int | None:
    """ISO 8601 text (naive is UTC) or int64 ns as ns UTC; None where it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if _EARLIEST <= value < 2**63 else None
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    numbers = [int(part) if part else 0 for part in match.groups()[:6]]
    try:
        moment = dt.datetime(*numbers, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None
    offset = (int(match[9]) * 3600 + int(match[10]) * 60) * (-1 if match[8] == "-" else 1) if match[8] else 0
    whole = moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return (whole.days * 86_400 + whole.seconds - offset) * SECOND + int((match[7] or "0").ljust(9, "0"))


@dataclass(frozen=True)
class Table:
    """A JSON object being read, and where it stands: `place` begins every complaint about it."""

    place: str
    fields: Mapping[str, Any]

    @classmethod
    def of(cls, value: object, place: str, allowed: Collection[str] | None = None) -> Table:
        """The object `value`; raises ScenarioError for anything else, and for a field that is not `allowed`."""
        if not isinstance(value, Mapping):
            raise ScenarioError(f"{place} = {shown(value)}: must be an object of fields")
        table = cls(place, {str(name): one for name, one in value.items() if is_given(one)})
        for name in value if allowed is not None else ():
            if name not in (allowed or ()):
                table.fail(str(name), did_you_mean(name, allowed or ()), "unknown field ")
        return table

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def fail(self, name: str, what: str, before: str = "") -> NoReturn:
        """Raise for one field."""
        value = f" = {shown(self.fields[name])}" if name in self.fields else ""
        raise ScenarioError(f"{self.place}: {before}{name}{value}: {what}")

    def need(self, name: str, what: str = "is required") -> Any:
        """The value of a field that must be given."""
        if name not in self.fields:
            raise ScenarioError(f"{self.place}: {name} {what}")
        return self.fields[name]

    def number(self, name: str, *, above: float | None = None) -> float:
        """A finite number, above a bound if one is given."""
        value = self.need(name)
        if not is_number(value):
            self.fail(name, "must be a finite number")
        if above is not None and not value > above:
            self.fail(name, f"must be above {above:g}")
        return float(value)

    def choice(self, name: str, allowed: Collection[str]) -> str:
        """One of some words, in any case; returned as `allowed` has it."""
        value = self.need(name)
        found = {word.lower(): word for word in allowed}.get(value.lower()) if isinstance(value, str) else None
        if found is None:
            self.fail(name, did_you_mean(value, allowed))
        return found

    def flag(self, name: str) -> bool:
        """true or false; false where it is not given."""
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            self.fail(name, "must be true or false")
        return value

    def time(self, name: str) -> int:
        """ISO text or int64 ns, as ns."""
        ns = to_ns(self.need(name))
        if ns is None:
            self.fail(name, 'must be a time such as "2024-01-02T10:00:00Z", or nanoseconds since 1970')
        return ns

    def label(self, name: str = "id") -> str:
        """The name of an order: text or a whole number."""
        value = self.need(name)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            self.fail(name, "must name an order: a text or a whole number")
        return str(value)
