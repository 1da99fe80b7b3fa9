"""Instants as people write them: the start and the end of a range of data.

"2024-01-02" is its midnight UTC, "2024-01-02T10:00" is UTC, "2024-01-02T10:00-05:00" is what it says. A range holds
what is at or after its start and before its end.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final

import numpy as np

from simcore.market.errors import DataError

Instant = str | int | date | np.datetime64  # a datetime is a date; pandas.Timestamp is a datetime

FIRST: Final = np.iinfo(np.int64).min + 1
LAST: Final = np.iinfo(np.int64).max


def ns_of(instant: Instant, name: str) -> int:
    """Return ns UTC; an integer is that already. Raises DataError, naming the argument, for what is no instant."""
    if isinstance(instant, bool):
        raise DataError(_refusal(instant, name))
    if isinstance(instant, int | np.integer):
        return int(instant)
    if hasattr(instant, "value") and isinstance(instant.value, int):  # pandas keeps the nanoseconds
        return instant.value
    if isinstance(instant, np.datetime64):
        return int(instant.astype("datetime64[ns]").astype(np.int64))
    try:
        when = datetime.fromisoformat(instant.strip()) if isinstance(instant, str) else instant
        if not isinstance(when, datetime):
            when = datetime.combine(when, time())
    except (TypeError, ValueError) as error:
        raise DataError(_refusal(instant, name)) from error
    since = (when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000


def span_of(start: Instant | None, end: Instant | None) -> tuple[int, int]:
    """Return start and end in ns UTC, None being the ends of time. Raises DataError where nothing lies between."""
    first = FIRST if start is None else ns_of(start, "start")
    last = LAST if end is None else ns_of(end, "end")
    if first >= last:
        raise DataError(f"start {start} must be before end {end}; the end itself is not in the range")
    return first, last


def _refusal(instant: object, name: str) -> str:
    return f"{name} must be a time such as 2024-01-02 or 2024-01-02T10:30, was {instant!r}"
