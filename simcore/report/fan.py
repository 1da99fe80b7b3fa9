"""A fan chart: what share of many paths lies where, the middle one, a few of the paths, and the original.

Assumes bands (levels, points) of increasing levels; pairs of them from the outside in are one shade each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simcore.report.curve import Float64, Int64
from simcore.report.display import time_text
from simcore.report.svg import Axis, band, picture, polyline, short, text

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900.0, 420.0, 84.0, 120.0, 48.0, 44.0


def fan_chart(
    title: str,
    at: Int64,
    bands: Float64,
    levels: Sequence[float],
    *,
    paths: Float64 | None = None,
    original: Float64 | None = None,
    timed: bool = False,
    unit: str = "",
) -> str:
    """Draw it as SVG. at: (points,) ns UTC with `timed`, else numbers of `unit`, in the singular."""
    seen = [bands.ravel(), *([original] if original is not None else [])]
    x_axis = Axis(at.astype(np.float64), LEFT, WIDTH - RIGHT, room=0.0)
    y_axis = Axis(np.concatenate(seen), HEIGHT - BOTTOM, TOP)
    x = x_axis.at(at.astype(np.float64))
    parts = _grid(x_axis, y_axis, timed, unit)
    for low in range(len(levels) // 2):
        high = len(levels) - 1 - low
        parts.append(band(x, y_axis.at(bands[low]), y_axis.at(bands[high])))
    for path in paths if paths is not None else ():
        parts.append(polyline(x, y_axis.at(np.clip(path, y_axis.low, y_axis.high)), "thin"))
    if len(levels) % 2:
        parts.append(polyline(x, y_axis.at(bands[len(levels) // 2]), "line"))
    if original is not None:
        parts.append(polyline(x, y_axis.at(original), "line other"))
    return picture(title, WIDTH, HEIGHT, [*parts, *_names(y_axis, bands, levels, original)])


def _grid(x_axis: Axis, y_axis: Axis, timed: bool, unit: str) -> list[str]:
    parts: list[str] = []
    for value in y_axis.ticks():
        y = float(y_axis.at(np.array([value]))[0])
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(LEFT - 8, y + 4, short(value), "end"))
    for value in np.linspace(x_axis.low, x_axis.high, 5):
        words = time_text(int(value))[:16] if timed else f"{value:,.0f} {unit}s"
        parts.append(text(float(x_axis.at(np.array([value]))[0]), HEIGHT - 16, words, "middle"))
    return parts


def _names(y_axis: Axis, bands: Float64, levels: Sequence[float], original: Float64 | None) -> list[str]:
    """Each line's name at its end, where there is room for it: the backtest's first, then from the outside in."""
    outer = sorted(enumerate(levels), key=lambda one: -abs(one[1] - 0.5))
    ends = [("backtest", original[-1])] if original is not None else []
    ends += [(f"{100.0 * level:g} %", bands[n, -1]) for n, level in outer]
    placed: list[float] = []
    parts = []
    for name, value in ends:
        y = float(y_axis.at(np.array([value]))[0])
        if np.isfinite(y) and all(abs(y - other) > 12.0 for other in placed):
            placed.append(y)
            kind = "told" if name == "backtest" else ""
            parts.append(text(WIDTH - RIGHT + 8, y + 4, f"{name}: {short(float(value))}", kind))
    return parts
