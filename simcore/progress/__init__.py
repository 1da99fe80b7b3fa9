"""Progress of long work: who hears how much of it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from simcore.brokers.errors import ConfigError

Progress = Callable[[int, int], None]
Hears = Progress | bool | None  # a function of (done, of); True: a bar with rate and time left; None, False: nobody


@contextmanager
def heard(progress: Any, text: str, unit: str) -> Iterator[Progress | None]:
    """What is told how much is done while the block runs. Raises ConfigError for what is none of Hears."""
    if progress is None or progress is False:
        yield None
    elif progress is True:
        from simcore.progress.bar import progress_bar

        with progress_bar(text, unit=unit, plain=True) as tell:
            yield tell
    elif callable(progress):
        yield progress
    else:
        raise ConfigError(f"progress must be True, for a bar, or a function of (done, of), was {progress!r}")
