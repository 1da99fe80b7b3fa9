"""Small pictures of the trades: how results and holding times are spread, what trades went through, when they began.

Drawn as SVG that needs no script; a bar says its numbers when pointed at. Net results in account currency; winners are
above zero. Colours are classes of the style sheet, and the sign is never told by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simcore.report.curve import Float64
from simcore.report.display import duration_text, number_text
from simcore.report.sheet import nanoseconds

WIDTH, HEIGHT = 300, 170
LEFT, RIGHT, TOP, BOTTOM = 4, 52, 8, 22
INNER_W, INNER_H = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
BINS: Final = 30
HOUR: Final = 3_600
MOST_DAYS: Final = 62  # bars side by side
SECOND, DAY = 1_000_000_000, 86_400_000_000_000
LENGTHS: Final = tuple(
    n * SECOND
    for n in (0, 1, 10, 60, 300, 900, HOUR, 4 * HOUR, 24 * HOUR, 72 * HOUR, 168 * HOUR, 720 * HOUR, 2190 * HOUR)
)
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def plots(trades: pl.DataFrame, currency: str, digits: int = 2) -> str:
    """All of them, or a sentence where no trade was closed. Excursions only with columns mae and mfe."""
    if trades.height == 0:
        return "<p>No trade was closed.</p>"
    net = trades["net"].cast(pl.Float64).to_numpy()
    held = nanoseconds(trades["exit_time"]) - nanoseconds(trades["entry_time"])
    begin = nanoseconds(trades["entry_time"])
    hour = (begin // (3_600 * SECOND)) % 24
    weekday = (begin // DAY + 3) % 7
    days = [n for n in range(7) if n < 5 or (weekday == n).any()]
    found = [
        results(net, currency, digits),
        lengths(held, net),
        sums(
            "Net by hour of entry, UTC",
            [f"{n:02d}" for n in range(24)],
            _sums(hour, net, 24),
            currency,
            digits,
            every=3,
        ),
        sums("Net by day of entry", [WEEKDAYS[n] for n in days], _sums(weekday, net, 7)[days], currency, digits),
    ]
    for column, words in (("mae", "Furthest against it (MAE)"), ("mfe", "Furthest in its favour (MFE)")):
        if column in trades.columns:
            gone = np.abs(trades[column].cast(pl.Float64).to_numpy())
            if np.isfinite(gone).any():
                found.append(scatter(words, gone, net, currency))
    return f'<div class="plots">{"".join(found)}</div>'


def _sums(group: NDArray[np.int64], net: Float64, size: int) -> Float64:
    return np.bincount(group, weights=net, minlength=size).astype(np.float64)


def results(net: Float64, currency: str, digits: int = 2) -> str:
    """How many trades made how much: bins of a round width, zero between two of them; the last ones hold the rest."""
    low, high = (float(np.quantile(net, q)) for q in (0.005, 0.995))
    step = round_step((high - low) / BINS) if high > low else max(1.0, abs(high) / 10.0)
    first, last = int(np.floor(min(low, 0.0) / step)), int(np.ceil(max(high, 0.0) / step))
    at = np.clip(np.floor(net / step).astype(np.int64), first, last - 1) - first
    count = np.bincount(at, minlength=last - first)
    edges = (np.arange(first, last + 1)) * step
    bars = []
    for n, c in enumerate(count):
        side = "up" if edges[n] >= 0.0 else "down"
        words = f"{number_text(edges[n], digits)} to {number_text(edges[n + 1], digits)} {currency}: {c:,} trades"
        bars.append((side, [float(c)], words))
    apart = round_step((last - first) / 5)  # bins from one label to the next
    labels = {n: _short(edges[n]) for n in range(len(edges)) if (n + first) % max(1, int(apart)) == 0}
    return _figure(f"Net result of a trade, {currency}", _stacked(bars, labels, between=True))


def lengths(held: NDArray[np.int64], net: Float64) -> str:
    """How long trades were held, winners and losers one on the other."""
    bounds = np.array(LENGTHS)
    at = np.searchsorted(bounds, held, side="right") - 1
    first, last = int(at.min()), int(at.max())
    while last - first < 4:  # one bin alone says little: show where it lies
        first, last = max(0, first - 1), min(len(LENGTHS) - 1, last + 1)
    bars, labels = [], {}
    for n in range(first, last + 1):
        won, lost = int((net[at == n] > 0).sum()), int((net[at == n] <= 0).sum())
        end = duration_text(LENGTHS[n + 1] / 1e9) if n + 1 < len(LENGTHS) else "more"
        begin = duration_text(LENGTHS[n] / 1e9) if LENGTHS[n] else "0 s"
        bars.append(("up", [float(won), float(lost)], f"{begin} to {end}: {won:,} won, {lost:,} lost"))
        if (n - first) % (1 + (last - first) // 6) == 0:
            labels[n - first] = begin
    return _figure("Time held", _stacked(bars, labels, between=True))


def sums(title: str, names: Sequence[str], values: Float64, currency: str, digits: int = 2, every: int = 1) -> str:
    """A bar for each name, up or down from zero."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    ticks = _ticks(low, high)
    y = _scale(min(low, ticks[0]), max(high, ticks[-1]))
    width = INNER_W / len(names)
    parts = [_grid(ticks, y)]
    for n, value in enumerate(values):
        top, bottom = sorted((y(float(value)), y(0.0)))
        tone = "up" if value >= 0 else "down"
        words = f"{names[n]}: {number_text(float(value), digits)} {currency}"
        parts.append(_bar(LEFT + n * width + 0.12 * width, top, 0.76 * width, bottom - top, tone, words))
        if n % every == 0:
            parts.append(_label(LEFT + (n + 0.5) * width, names[n]))
    return _figure(f"{title}, {currency}", "".join(parts))


def daily(title: str, days: pl.Series, counts: pl.Series, tone: str) -> str:
    """A bar a day; a bar for several days where there are more than fit."""
    each = -(-len(days) // MOST_DAYS)
    bars, labels, marks = [], {}, max(1, -(-len(days) // each) // 4)
    for n, first in enumerate(range(0, len(days), each)):
        own, of = days[first : first + each], int(counts[first : first + each].sum() or 0)
        span = f"{own[0]}" if len(own) == 1 else f"{own[0]} to {own[-1]}"
        bars.append((tone, [float(of)], f"{span}: {of:,}"))
        if n % marks == marks // 2:  # not at the very edge
            labels[n] = f"{own[0]:%d %b}"
    return _figure(title.capitalize(), _stacked(bars, labels, between=False))


def scatter(title: str, x: Float64, net: Float64, currency: str) -> str:
    """A point a trade: how far it went, across, and what it made, up. Points that would cover each other are one."""
    known = np.isfinite(x) & np.isfinite(net)
    x, net = x[known], net[known]
    marked = _ticks(0.0, float(x.max()))
    across = marked[-1]
    ticks = _ticks(min(0.0, float(net.min())), max(0.0, float(net.max())))
    y = _scale(min(float(net.min()), ticks[0]), max(float(net.max()), ticks[-1]))
    px = np.round(LEFT + x / across * INNER_W, 1)
    py = np.round(np.array([y(float(v)) for v in net]), 1)
    parts = [_grid(ticks, y)]
    for tone, own in (("up", net > 0.0), ("down", net <= 0.0)):
        spots = np.unique(np.round(np.column_stack([px[own], py[own]])), axis=0)
        shape = "m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0" if tone == "up" else "m-2-2l4 4m0-4l-4 4"
        path = "".join(f"M{a:g} {b:g}{shape}" for a, b in spots)
        parts.append(f'<path class="dot {tone}" d="{path}"/>')
    for value in marked:
        parts.append(_label(LEFT + value / across * INNER_W, _short(value)))
    return _figure(f"{title} across, net result up, {currency}", "".join(parts))


def round_step(rough: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(n * power for n in (1, 2, 5, 10) if n * power >= rough * 0.999))


def _ticks(low: float, high: float) -> list[float]:
    if high <= low:
        return [0.0, 1.0]
    step = round_step((high - low) / 4)
    return [n * step for n in range(int(np.floor(low / step)), int(np.ceil(high / step)) + 1)]


class _scale:
    """Value to height."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __call__(self, value: float) -> float:
        return TOP + (self.high - value) / (self.high - self.low) * INNER_H


def _stacked(bars: Sequence[tuple[str, list[float], str]], labels: dict[int, str], between: bool) -> str:
    most = max((sum(parts) for _, parts, _ in bars), default=1.0)
    ticks = [t for t in _ticks(0.0, most) if t == int(t)]
    y = _scale(0.0, max(most, ticks[-1]))
    width = INNER_W / len(bars)
    drawn = [_grid(ticks, y)]
    for n, (tone, parts, words) in enumerate(bars):
        base = 0.0
        for k, part in enumerate(parts):
            top, bottom = y(base + part), y(base)
            own = tone if k == 0 else "down"
            drawn.append(_bar(LEFT + n * width + 0.5, top, max(0.5, width - 1.0), bottom - top, own, words))
            base += part
    shift = 0.0 if between else 0.5
    drawn += [_label(LEFT + (n + shift) * width, text) for n, text in labels.items()]
    return "".join(drawn)


def _bar(x: float, y: float, width: float, height: float, tone: str, words: str) -> str:
    if height <= 0:
        return ""
    return (
        f'<rect class="{tone}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(height, 0.6):.1f}">'
        f"<title>{escape(words)}</title></rect>"
    )


def _grid(ticks: Sequence[float], y: _scale) -> str:
    lines = "".join(f"M{LEFT} {y(t):.1f}H{LEFT + INNER_W}" for t in ticks)
    zero = f'<path class="axis" d="M{LEFT} {y(0.0):.1f}H{LEFT + INNER_W}"/>' if ticks[0] < 0 else ""
    words = "".join(f'<text x="{LEFT + INNER_W + 6}" y="{y(t) + 3.5:.1f}">{_short(t)}</text>' for t in ticks)
    return f'<path class="grid" d="{lines}"/>{zero}{words}'


def _label(x: float, text: str) -> str:
    x = min(max(x, LEFT + 10), LEFT + INNER_W - 4)
    return f'<text class="time" x="{x:.1f}" y="{HEIGHT - 8}">{escape(text)}</text>'


def _short(value: float) -> str:
    """A number of a tick, without decimals it does not need: 2.5k, 1M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return number_text(value / (1e3 if unit == "k" else size), 1).removesuffix(".0") + unit
    digits = next((d for d in range(9) if abs(value * 10**d - round(value * 10**d)) < 1e-6), 8)
    return number_text(value, digits)


def _figure(title: str, inner: str) -> str:
    words = escape(title)
    return (
        f'<figure class="plot"><figcaption>{words}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words}">{inner}</svg></figure>'
    )
