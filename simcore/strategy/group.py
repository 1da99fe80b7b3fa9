"""Several accounts of one compiled strategy, played side by side in one call of machine code.

A few thousand rows go to each in turn, so that they stay in the processor's cache. Python hears of nothing but a full
tape and what a strategy raises, so other threads run meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simcore.strategy.driver import DRAIN, Driver
from simcore.strategy.handlers import compiled_handlers
from simcore.strategy.machine.replay import GROUP, TOGETHER


class Group:
    """Drivers of one compiled class whose engines have the same rows loaded; `step`: rows that each plays in turn."""

    def __init__(self, drivers: Sequence[Driver], step: int) -> None:
        self._play = compiled_handlers(drivers[0].strategy)
        self._drivers, self._step = [*drivers], step

    def play(self, row: int, end: int) -> list[tuple[Driver, Exception]]:
        """Play the rows from `row` to `end`, and return who failed and by what; those play no more."""
        failed: list[tuple[Driver, Exception]] = []
        group = np.zeros(1, GROUP)
        group["row"], group["end"], group["step"] = row, end, self._step
        while self._drivers and group["row"][0] < end:
            feeds = np.array([one.engine.feed_address for one in self._drivers], np.int64)
            group["feeds"], group["n"] = feeds.ctypes.data, feeds.size
            try:
                if self._play(int(group.ctypes.data), TOGETHER) == DRAIN:
                    self._drivers[int(group["at"][0])].hand_on()
            except Exception as error:  # noqa: BLE001 - whatever it is, the others play on
                gone = self._drivers.pop(int(group["at"][0]))
                failed.append((gone, gone.failed(error)))
                if group["at"][0] == len(self._drivers):
                    group["at"], group["row"] = 0, group["row"] + self._step
        return failed
