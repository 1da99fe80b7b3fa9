"""The parameters that each window of a walk-forward chose: one strip a parameter, a step a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from simcore.report.curve import Float64, Int64
from simcore.report.display import time_text
from simcore.report.svg import Axis, picture, polyline, short, text

WIDTH, STRIP, LEFT, RIGHT, TOP, BOTTOM = 900.0, 110.0, 84.0, 24.0, 48.0, 40.0
TONES: Final = ("", "other", "third", "fourth")


def stability_chart(values: Mapping[str, Float64], times: Int64) -> str:
    """Draw it as SVG. values: parameter -> (windows,); times: when each window of testing began, ns UTC."""
    x_axis = Axis(times.astype(np.float64), LEFT, WIDTH - RIGHT, room=0.02)
    x = x_axis.at(times.astype(np.float64))
    height = TOP + STRIP * len(values) + BOTTOM
    parts: list[str] = []
    for n, (name, chosen) in enumerate(values.items()):
        top = TOP + STRIP * n
        axis = Axis(chosen, top + STRIP - 18.0, top + 12.0)
        for value in axis.ticks(3):
            y = float(axis.at(np.array([value]))[0])
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(text(LEFT - 8, y + 4, short(value), "end"))
        found = axis.at(chosen)
        tone = TONES[n % len(TONES)]
        parts.append(polyline(np.repeat(x, 2)[1:], np.repeat(found, 2)[:-1], f"line {tone}"))
        for window, (at, height_of) in enumerate(zip(x, found, strict=True)):
            words = f"window {window}: {name} {short(float(chosen[window]))}"
            mark = f'<circle class="mark {tone}" cx="{at:.1f}" cy="{height_of:.1f}" r="3">'
            parts.append(f"{mark}<title>{words}</title></circle>")
        parts.append(text(LEFT, top + 6, name))
    for n, at in enumerate((x[0], x[-1])):
        parts.append(text(float(at), height - 14, time_text(int(times[-n]), seconds=False), "end" if n else ""))
    return picture("Parameters chosen by window of testing", WIDTH, height, parts)
