"""Pictures that stand alone: one SVG file with its own style, light or dark as the reader's system has it, no script.

A part that is pointed at says its numbers (its `title`). Coordinates are pixels of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

import numpy as np

from simcore.report.curve import Float64
from simcore.report.plots import round_step

STYLE: Final = """
text { font: 12px system-ui, "Segoe UI", Roboto, Arial, sans-serif; fill: #535f70; font-variant-numeric: tabular-nums; }
.title { font-size: 15px; font-weight: 600; fill: #151b25; } .page { fill: #ffffff; }
.grid { stroke: #e0e5eb; } .end { text-anchor: end; } .middle { text-anchor: middle; }
.none { fill: #e0e5eb; } .best { fill: none; stroke: #bf3f08; stroke-width: 2.5; }
.line { fill: none; stroke: #0b5cad; stroke-width: 1.8; stroke-linejoin: round; } .other { stroke: #bf3f08; }
.third { stroke: #00775a; } .fourth { stroke: #6a54c0; }
.thin { fill: none; stroke: #8592a3; stroke-width: .7; opacity: .35; }
.band { fill: #0b5cad; opacity: .16; } .mark { fill: #0b5cad; }
.mark.other { fill: #bf3f08; } .mark.third { fill: #00775a; } .mark.fourth { fill: #6a54c0; } .told { fill: #bf3f08; }
.dashed { stroke-dasharray: 5 4; }
text.on-dark { fill: #ffffff; } text.on-bright { fill: #151b25; }
@media (prefers-color-scheme: dark) {
  text { fill: #a0acbc; } .title { fill: #e6ebf2; } .page { fill: #151b24; } .grid { stroke: #2a3442; }
  .none { fill: #2a3442; } .line { stroke: #6db3ff; } .other, .best { stroke: #ff8a52; } .third { stroke: #36cfa0; }
  .fourth { stroke: #b3a1ff; } .band, .mark { fill: #6db3ff; } .mark.other, .told { fill: #ff8a52; }
  .mark.third { fill: #36cfa0; } .mark.fourth { fill: #b3a1ff; }
}
"""


def picture(title: str, width: float, height: float, parts: Iterable[str]) -> str:
    """The file's text."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{escape(title)}">\n<style>{STYLE}</style>\n'
        f'<rect class="page" width="{width:g}" height="{height:g}"/>\n{text(16, 26, title, "title")}\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'


class Axis:
    """Values to pixels: `low` at `begin`, `high` at `end`."""

    def __init__(self, values: Float64, begin: float, end: float, room: float = 0.04) -> None:
        found = values[np.isfinite(values)]
        low, high = (float(found.min()), float(found.max())) if found.size else (0.0, 1.0)
        more = room * (high - low) if high > low else max(abs(high), 1.0) * 0.05
        self.low, self.high, self.begin, self.end = low - more, high + more, begin, end

    def at(self, values: Float64) -> Float64:
        """Pixels of values."""
        return self.begin + (values - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self, count: int = 5) -> list[float]:
        """Round values, about `count` of them."""
        step = round_step((self.high - self.low) / count)
        first = int(np.ceil(self.low / step))
        return [n * step for n in range(first, int(np.floor(self.high / step)) + 1)]


def polyline(x: Float64, y: Float64, kind: str) -> str:
    """A line through finite points; it stops where there is none."""
    parts, pen = [], "M"
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        if np.isfinite(b):
            parts.append(f"{pen}{a:.1f} {b:.1f}")
            pen = "L"
        else:
            pen = "M"
    return f'<path class="{kind}" d="{"".join(parts)}"/>'


def band(x: Float64, low: Float64, high: Float64, kind: str = "band") -> str:
    """The area between two lines."""
    there = np.isfinite(low) & np.isfinite(high)
    along = [*zip(x[there], high[there], strict=True), *zip(x[there][::-1], low[there][::-1], strict=True)]
    return f'<polygon class="{kind}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in along)}"/>'


def short(value: float, digits: int = 4) -> str:
    """A number in few digits."""
    if not np.isfinite(value):
        return "-"
    if abs(value) >= 1e6:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"
