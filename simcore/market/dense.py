"""The denser path through a bar: more points between its four prices, as MetaTrader 5 generates ticks.

From MetaTrader 5's help, "Real and Generated Ticks" (metatrader5.com/en/terminal/help/algotrading/tick_generation) and
"The Algorithm of Ticks' Generation" (mql5.com/en/articles/75), read 2026-11-21: ticks hang on reference points, at most
11 besides the open and not more than the bar's tick volume; they part into the open shadow, the range from one extreme
to the other, and the close shadow, ideally 3, 5 and 3; a bar that rose goes open, low, high, close, one that fell open,
high, low, close; a bar that closed where it opened goes against the bar before. Prices are on the grid of points.

Not verified, because the pages were not read in full: where within a part the points lie (here: three quarters forth
and back to the half; five points go two fifths forth and one back), how fewer than eleven are shared out (here: each
part that has a length gets one, then two more each to range, open shadow, close shadow, range), and when each comes
(here: evenly over the bar). Not done, because the price is continuous between points anyhow: MetaTrader also puts
single ticks between the reference points until the tick volume is reached.

Bid and ask take the same way, each between its own four prices, so all eight are kept, and so is the volume: it stands
with the close. A volume of shares asks for eleven points as one of many ticks does; so does one not given.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from simcore.market.checks import Float64, Int64
from simcore.market.jit import compiled, compiled_into

UInt8 = npt.NDArray[np.uint8]

MOST: Final = 11
# row n: where n points lie within a part, as a share of it
SHARES: Final = np.array([[0.0] * 5, [1.0] + [0.0] * 4, [0.0] * 5, [0.75, 0.5, 1.0, 0.0, 0.0], [0.0] * 5,
                          [0.4, 0.2, 0.8, 0.6, 1.0]])  # fmt: skip


@compiled_into
def shares_of(shadow: bool, range_: bool, other: bool, volume: float) -> tuple[int, int, int]:
    """How many points the open shadow, the range and the close shadow get, by whether each has a length."""
    budget = MOST if not volume < MOST + 1 else max(int(volume) - 1, 0)
    a, b, c = int(shadow), int(range_), int(other)
    if b and a + b + c + 2 <= budget:
        b += 2
    if a and a + b + c + 2 <= budget:
        a += 2
    if c and a + b + c + 2 <= budget:
        c += 2
    if b and a + b + c + 2 <= budget:
        b += 2
    return a, b, c


@compiled_into
def turns_of(path: Float64, i: int, low_first: bool) -> tuple[float, float, float, float]:
    """Open, first extreme, second extreme, close of bar i; `path` (4, n) is open, high, low, close."""
    first, second = (path[2, i], path[1, i]) if low_first else (path[1, i], path[2, i])
    return path[0, i], first, second, path[3, i]


@compiled
def count_points(bid: Float64, ask: Float64, volume: Float64, parts: Int64, rose: bool) -> int:
    """Write (4, n): points of each part, and 1 where the low comes first. Returns how many rows all bars make.

    `bid` and `ask` (4, n) are open, high, low, close; a part has a length where it has one on either side. `rose`: the
    bar before them did.
    """
    rows = 0
    for i in range(volume.size):
        rose = bid[3, i] > bid[0, i] if bid[3, i] != bid[0, i] else not rose
        b, a = turns_of(bid, i, rose), turns_of(ask, i, rose)
        points = shares_of(
            b[0] != b[1] or a[0] != a[1], b[1] != b[2] or a[1] != a[2], b[2] != b[3] or a[2] != a[3], volume[i]
        )
        parts[0, i], parts[1, i], parts[2, i], parts[3, i] = points[0], points[1], points[2], int(rose)
        rows += 1 + max(points[0] + points[1] + points[2], 2)
    return rows


@compiled
def write_points(path: Float64, parts: Int64, shares: Float64, numerator: float, scale: float, out: Float64) -> None:
    """Write the prices of every bar's rows; `path` (4, n) is open, high, low, close. No grid where scale is 0."""
    row = 0
    for i in range(path.shape[1]):
        turns = turns_of(path, i, parts[3, i] == 1)
        out[row] = turns[0]
        row += 1
        points = parts[0, i] + parts[1, i] + parts[2, i]
        for _ in range(points, 2):  # the feed has a row of the open, one inside and one of the close
            out[row] = turns[0]
            row += 1
        for part in range(3):
            begin, end = turns[part], turns[part + 1]
            for k in range(parts[part, i]):
                share = shares[parts[part, i], k]
                price = begin + (end - begin) * share
                if share == 1.0:
                    price = end
                elif scale > 0.0:
                    price = np.rint(price * scale / numerator) * numerator / scale
                out[row] = price
                row += 1


@compiled
def write_rows(
    start: Int64,
    span: Int64,
    parts: Int64,
    extras: Float64,
    kinds: tuple[int, int, int, int],
    ts: Int64,
    kind: UInt8,
    x: Float64,
    y: Float64,
) -> None:
    """Write times, kinds and extras of every bar's rows.

    `extras` (6, n): bid low and high, ask low and high, volume, length. `kinds`: of the open, the first point, further
    points, the close.
    """
    row = 0
    for i in range(start.size):
        points = max(parts[0, i] + parts[1, i] + parts[2, i], 2)
        for k in range(points + 1):
            ts[row] = start[i] + span[i] * k // points
            kind[row] = kinds[min(k, 2)]
            x[row], y[row] = np.nan, np.nan
            if k < 2:
                x[row], y[row] = extras[2 * k, i], extras[2 * k + 1, i]
            row += 1
        ts[row - 1], kind[row - 1] = start[i] + max(span[i] - 1, 0), kinds[3]
        x[row - 1], y[row - 1] = extras[4, i], extras[5, i]
