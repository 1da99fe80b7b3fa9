"""Time in ns, as tests write it."""

from __future__ import annotations

from typing import Final

import numpy as np

SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def ns(text: str) -> int:
    """2024-01-02T10:00:00 in ns UTC."""
    return int(np.datetime64(text, "ns").astype(np.int64))
