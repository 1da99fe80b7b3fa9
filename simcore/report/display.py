"""Numbers as people read them: the same words in the terminal and on the page.

Assumes: keys of `stats`, whose ending says the unit. What could not be computed is a dash.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final

NONE: Final = "–"
MINUS: Final = "−"
MINUTE, HOUR, DAY = 60, 3_600, 86_400

# The table in parts: a heading, and the key each part begins with.
PARTS: Final = (
    ("Run", "Start"),
    ("Result", "Equity Final [$]"),
    ("Risk", "Volatility (Ann.) [%]"),
    ("Trades", "# Trades"),
    ("Trades in money", "Net Profit [$]"),
    ("Streaks and excursions", "Max. Consecutive Wins"),
    ("Account", "Margin Calls"),
    ("Costs", "Swap [$]"),
    ("Activity", "Deposits [$]"),
    ("Activity", "Dividends [$]"),
    ("Daily returns", "CAGR (Daily) [%]"),
    ("Basis", "Currency"),
)


def value_text(key: str, value: Any, currency: str = "", digits: int = 2) -> str:
    """One value of `stats` in words: per cent and ratios with two or three digits, money with its own and currency."""
    if value is None or value != value:  # nan, NaT
        return NONE
    if isinstance(value, str):
        return value or NONE
    if hasattr(value, "total_seconds"):
        return duration_text(value.total_seconds())
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%d %H:%M"))
    if key.endswith("[%]"):
        return number_text(value, 2) + " %"
    if key.endswith("[$]"):
        return f"{number_text(value, digits)} {currency}".rstrip()
    if isinstance(value, float) and not value.is_integer():
        return number_text(value, 3)
    return number_text(value, 0)


def number_text(value: float, digits: int) -> str:
    """A number with a thin grouping and a true minus sign; a dash for nan, the sign for infinity."""
    if math.isnan(value):
        return NONE
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    text = f"{abs(value):,.{digits}f}"
    negative = value < 0 and any(c in "123456789" for c in text)
    return (MINUS if negative else "") + text


def duration_text(seconds: float) -> str:
    """The two largest units that matter: 584 d, 2 d 03 h, 4 h 07 min, 12 min 30 s, 1.5 s."""
    if seconds < MINUTE - 0.05:  # what would be written as 60 s is a minute
        return f"{seconds:.3g} s"
    s = round(seconds)
    if s >= 30 * DAY:
        return f"{s / DAY:,.0f} d"
    for big, small, names in ((DAY, HOUR, ("d", "h")), (HOUR, MINUTE, ("h", "min")), (MINUTE, 1, ("min", "s"))):
        if s >= big:
            whole, rest = divmod(s, big)
            rest //= small
            return f"{whole} {names[0]} {rest:02d} {names[1]}" if rest else f"{whole} {names[0]}"
    return f"{s} s"


def time_text(ns: int, seconds: bool = True) -> str:
    """ns UTC as 2024-01-02 10:00:01."""
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime(
        "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    )


def price_text(value: float, digits: int) -> str:
    """A price with its instrument's digits; a dash where none was given."""
    return NONE if value is None or math.isnan(value) else f"{value:.{digits}f}"


def digits_of(prices: Any) -> int:
    """The decimals the prices on the grid are written with: the most any of them needs, at most 8."""
    return max((min(8, len(f"{p:.8f}".rstrip("0").partition(".")[2])) for p in prices), default=2)


def parts(keys: list[str]) -> list[tuple[str, list[str]]]:
    """The keys of stats in order, under a heading each."""
    heads = {first: name for name, first in PARTS}
    found: list[tuple[str, list[str]]] = []
    for key in sorted(keys, key=lambda k: k != "_strategy"):  # it comes first, all else in its order
        if (key in heads and found and found[-1][0] != heads[key]) or not found:
            found.append((heads.get(key, "Run"), []))
        found[-1][1].append(key)
    return found


def label(key: str) -> str:
    """A key without its unit, which the value carries."""
    return {"_strategy": "Strategy"}.get(key, key.removesuffix(" [$]").removesuffix(" [%]"))


def tone(key: str, value: Any) -> str:
    """up or down for what is good or bad news by its sign, else nothing."""
    if not isinstance(value, int | float) or value != value or value == 0:
        return ""
    if key in SIGNED:
        return "up" if value > 0 else "down"
    return "down" if key in BAD else ""


SIGNED: Final = {
    "Return [%]", "Return (Ann.) [%]", "CAGR [%]", "Buy & Hold Return [%]", "Alpha [%]", "Best Trade [%]",
    "Worst Trade [%]", "Avg. Trade [%]", "Expectancy [%]", "Swap [$]", "Sharpe Ratio",
}  # fmt: skip
BAD: Final = {"Stop Outs", "Margin Calls"}
