"""Trading 212's words for a margin level.

Source: Trading 212 Help Centre, "What does my account margin status show" (reference section H, read 2026-11-21).
"""

from __future__ import annotations


def account_status(equity: float, used_margin: float) -> float:
    """The account status as the app shows it, 0 to 100: at 50 equity equals the margin, at 25 it is half of it.

    Above 50: equity / (equity + margin). Below: half of equity / margin; at 25 positions are closed. 100 with nothing
    used. equity and used_margin in account currency.
    """
    if used_margin <= 0.0:
        return 100.0
    if equity >= used_margin:
        return 100.0 * equity / (equity + used_margin)
    return 50.0 * equity / used_margin
