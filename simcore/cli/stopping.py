"""Ctrl-C: the first one asks to stop after the event at hand, the second one does not ask."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Final, Self

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """While the block runs, `asked()` says whether to stop: by a signal, or since `seconds` have passed."""

    def __init__(self, seconds: float | None = None, told: Callable[[], None] = lambda: None) -> None:
        self._until = time.monotonic() + seconds if seconds is not None else float("inf")
        self._told, self._asked = told, False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for name in SIGNALS:
            self._before[name] = signal.signal(name, self._heard)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt  # a strategy that never returns hears no request
        self._asked = True
        self._told()

    def asked(self, *anything: object) -> bool:
        """Whether to stop now."""
        return self._asked or time.monotonic() >= self._until
