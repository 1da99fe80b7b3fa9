"""Bars of a range that does not fit into memory: only the bars are kept, and the rows of the one being made.

The bars are those that `resample` makes of the whole range. Bars by ticks, volume, range or renko are not bounded by
time, so theirs is read whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.market.columns import Bars
from simcore.market.errors import DataError
from simcore.market.measure import Measure, parse_bars
from simcore.market.resample import resample
from simcore.market.store.parts import Rows
from simcore.market.store.range import Range


def resampled(rows: Range, timeframe: str, **options: Any) -> Bars:
    """Return the bars of a range; options are those of `resample`. Raises DataError as it does."""
    if isinstance(parse_bars(timeframe), Measure):
        return resample(rows.read(), timeframe, **options)
    made: list[Bars] = []
    held: Rows | None = None
    for chunk in rows.chunks():
        held = chunk if held is None else held.with_columns(_joined([held, chunk]))
        bars = resample(held, timeframe, **options)
        if len(bars) > 1:
            made.append(bars.slice(0, -1))
            held = held.slice(int(np.searchsorted(held.ts, bars.ts[-1])))
    if held is not None:
        made.append(resample(held, timeframe, **options))
    some = [bars for bars in made if len(bars)]
    if not some:
        raise DataError(f"{rows!r}: not one row lies in a bar; check the calendar")
    return some[0].with_columns(_joined(_alike(some)))


def _alike(bars: list[Bars]) -> list[Bars]:
    """Give all of them their `end` where some have it."""
    if all(one.end is None for one in bars):
        return bars
    length = parse_bars(bars[0].timeframe)
    assert not isinstance(length, Measure)
    return [one if one.end is not None else one.with_columns({"end": one.ts + length.ns}) for one in bars]


def _joined(parts: list[Any]) -> dict[str, Any]:
    arrays = [part.given() for part in parts]
    return {name: np.concatenate([one[name] for one in arrays]) for name in arrays[0]}
