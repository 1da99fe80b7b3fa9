"""What statistics are asked that cannot be answered."""

from __future__ import annotations

import math


class StatisticError(ValueError):
    """An argument of a statistic is no number, or out of its range; the message is one line that says which."""


def finite(what: str, **numbers: float) -> None:
    """Raise StatisticError for the first that is no finite number."""
    for name, value in numbers.items():
        if isinstance(value, bool) or (not isinstance(value, int | float) and not hasattr(value, "__float__")):
            raise StatisticError(f"{what}: {name} must be a number, was {value!r}")
        if not math.isfinite(float(value)):
            raise StatisticError(f"{what}: {name} must be a finite number, was {value!r}")


def at_least(what: str, least: float, **numbers: float) -> None:
    """Raise StatisticError for the first that is no finite number or below `least`."""
    finite(what, **numbers)
    for name, value in numbers.items():
        if value < least:
            raise StatisticError(f"{what}: {name} must be at least {least:g}, was {value!r}")
