"""Returns month by month and year by year as a table whose cells are shaded; days and weeks for a short run.

Assumes: trading days and their returns as `daily` makes them, so that the cells compound to what the statistics say. A
month's return is what its days compound to, a year's what its months do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from simcore.report.curve import Float64, Int64
from simcore.report.daily import monthly_returns
from simcore.report.display import number_text

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHORT: Final = 62  # days; a run that is shorter is shown by days
Row = tuple[str, list[float | None], float]


def returns_table(days: Int64, returns: Float64) -> str:
    """The table as HTML: days since 1970 and their returns as fractions; a sentence for a run of one day."""
    if days.size == 0:
        return "<p>No sample of the equity was taken.</p>"
    if days.size == 1:
        return f"<p>The run lies within a trading day; it returned {number_text(100.0 * float(returns[0]), 2)} %.</p>"
    if days[-1] - days[0] < SHORT:
        return _days(days, returns)
    return _months(days, returns)


def _months(days: Int64, returns: Float64) -> str:
    month, value = monthly_returns(days, returns)
    cells = dict(zip(month.tolist(), value.tolist(), strict=True))
    rows = []
    for year in range(int(month[0]) // 12, int(month[-1]) // 12 + 1):
        own = [cells.get(12 * year + m) for m in range(12)]
        rows.append((str(1970 + year), own, _compounded(own)))
    return _table("Year", MONTHS, rows)


def _days(days: Int64, returns: Float64) -> str:
    cells = dict(zip(days.tolist(), returns.tolist(), strict=True))
    week = (days + 3) // 7  # 1970-01-01 was a Thursday
    used = [n for n in range(7) if n < 5 or ((days + 3) % 7 == n).any()]
    rows = []
    for w in range(int(week[0]), int(week[-1]) + 1):
        own = [cells.get(7 * w - 3 + n) for n in used]
        rows.append((str(np.datetime64(7 * w - 3, "D")), own, _compounded(own)))
    return _table("Week of", [WEEKDAYS[n] for n in used], rows)


def _compounded(returns: Sequence[float | None]) -> float:
    return float(np.prod([1.0 + value for value in returns if value is not None])) - 1.0


def _table(head: str, names: Sequence[str], rows: Sequence[Row]) -> str:
    values = np.array([abs(v) for _, own, _ in rows for v in own if v is not None and np.isfinite(v)])
    most = float(np.quantile(values, 0.95)) if values.size else 0.0
    heads = "".join(f'<th scope="col">{name}</th>' for name in (*names, "Total"))
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(_cell(v, most) for v in own)}{_cell(total, 0.0)}</tr>\n'
        for name, own, total in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table class="heat"><thead><tr><th>{head}</th>{heads}</tr></thead><tbody>\n'
        f'{body}</tbody></table></div><p class="note">Per cent of the equity at the beginning of each period; cash '
        "paid in or out is no return.</p>"
    )


def _cell(value: float | None, most: float) -> str:
    """One return; shaded by its size against `most`, if that is not zero."""
    if value is None:
        return "<td></td>"
    tone = "up" if value > 0.0 else "down" if value < 0.0 else ""
    text = number_text(100.0 * value, 1 if abs(value) < 10.0 else 0)
    if not most or not tone:
        return f'<td class="{tone}">{text}</td>'
    share = round(8 + 47 * min(1.0, abs(value) / most))
    return f'<td style="background:color-mix(in srgb,var(--{tone}) {share}%,transparent)">{text}</td>'
