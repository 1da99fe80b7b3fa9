"""What else a broker, or we ourselves, may ask for: margins that move, free margin, gates and limits, rare swaps.

For `chance`.
"""

from __future__ import annotations

from typing import Any

from .houses import Pick
from .programs import FX

NEWS = [
    {"ts": "2024-01-02T14:30:00+00:00", "currency": "USD", "impact": "high"},
    {"ts": "2024-01-02T14:45:00+00:00", "currency": "EUR"},
    {"ts": "2024-01-03T09:00:00+00:00", "impact": "high"},
    {"ts": "2024-01-03T11:00:00+00:00", "currency": "USD", "impact": "low"},
    {"ts": "2024-01-05T13:30:00+00:00", "currency": "JPY"},
]
SPIKES = {"timeframe": "1min", "fast": 1, "slow": 3, "threshold": 1.2, "floor": 0.25}
LOTS = [{"up_to": 0.5, "initial": 1, "maintenance": 0.5}, {"up_to": 2, "initial": 1.5}, {"initial": 4}]
MONEY = [{"up_to": 30_000, "initial": 1}, {"up_to": 120_000, "initial": 2, "maintenance": 1.5}, {"initial": 5}]
MARGINS: tuple[dict[str, Any], ...] = (
    *({},) * 6,
    {"weekend_margin": 3, "calendar": "fx"},
    {"weekend_margin": {"factor": 2, "classes": {"fx": 4}, "before_minutes": 90, "after_minutes": 30}},
    {
        "holiday_margin": {"factor": 2.5, "days": ["2024-01-03", "2024-01-05"]},
        "swap_holidays": ["2024-01-04", "2024-01-05"],
    },
    {"holiday_margin": {"symbols": {"EUR*": 3}, "days": ["2024-01-03"]}, "rollover": "00:00 UTC"},
    {"dynamic_leverage": {"sessions": {}, "news": {"calendar": NEWS, "before_minutes": 60}}},
    {"dynamic_leverage": {"sessions": {"factor": 0.3, "classes": ["fx"]}, "min_leverage": 25}, "weekend_margin": 2},
    {"dynamic_leverage": {"volatility": SPIKES}},
    {"dynamic_leverage": {"volatility": {**SPIKES, "timeframe": "1h"}, "news": {"calendar": NEWS}}},
    {
        "dynamic_leverage": {
            "rules": [
                {"range": "notional_symbol", "symbols": ["*USD"], "tiers": MONEY},
                {"range": "volume", "tiers": LOTS},
            ],
            "sessions": {},
        }
    },
)
FREE: tuple[dict[str, Any], ...] = (
    *({},) * 6,
    {"free_margin_mode": "none"},
    {"free_margin_mode": "profit"},
    {"free_margin_mode": "loss", "margin_rate_update": "daily"},
    {"margin_rate_update": "daily"},
)
GATES: tuple[dict[str, Any], ...] = (
    *({},) * 8,
    {"gates": {"margin_level": 1.5}},
    {"gates": {"free_margin_factor": 1.2, "legs": 2}},
    {"gates": {"warn_level": 3, "close_level": 2}},
    {"gates": {"margin_level": 3, "warn_level": 5, "close_level": 4, "watch_seconds": 7200}},
)
LIMITS: tuple[dict[str, Any], ...] = (
    *({},) * 8,
    {"limits": {"max_leverage": 10}},
    {"limits": {"max_leverage": 5, "action": "adjust"}},
    {"limits": {"max_positions": 2, "max_orders": 2, "max_margin": 0.4, "action": "adjust"}},
    {"limits": {"classes": {"fx": {"max_leverage": 4, "max_notional": 90_000}}, "max_position_notional": 50_000}},
    {
        "limits": {
            "action": "adjust",
            "max_notional": 150_000,
            "max_position_leverage": 8,
            "symbols": {"EUR*": {"max_qty": 0.7, "max_leverage": 20}},
        }
    },
)
FX_TERMS: tuple[dict[str, Any], ...] = (
    *({},) * 6,
    {"swap_mode": "reopen_current", "swap_long": -12.0, "swap_short": 4.0},
    {"swap_mode": "reopen_bid", "swap_long": -3.0, "swap_short": -5.0},
    {"swap_mode": "interest_current", "swap_year": 365.0, "swap_long": -4.5, "swap_short": 1.5},
)


def of_broker(pick: Pick) -> dict[str, Any]:
    """Margins that move by themselves, free margin, gates, limits."""
    made: dict[str, Any] = {}
    for choices in (MARGINS, FREE, GATES, LIMITS):
        made |= pick(choices)
    return made


def of_instrument(pick: Pick, symbol: str) -> dict[str, Any]:
    """Swaps that few instruments have."""
    return dict(pick(FX_TERMS)) if symbol in FX else {}
