"""MetaTrader 5's answer to a request, for every reason here, and back.

One table for whoever shows or reads MetaTrader's numbers: `retcode` says which number the trade server would answer,
`reason_of` which reason of ours a number read from it means. What we refuse ourselves (gates, limits, warm-up, a full
book) never reaches a server and has none. Several reasons share a number; MetaTrader has no word for OCO, brackets and
reduce-only, so those are an invalid request. Source: MQL5 Reference, "Return Codes of the Trade Server" (reference A14,
read 2026-11-21); the numbers have stood since 2010, 10045 since 2019, 10046 since 2020 (both unverified).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simcore.kernel.enums import Reason

NAMES: Final[Mapping[int, str]] = {
    10004: "REQUOTE",
    10006: "REJECT",
    10007: "CANCEL",
    10008: "PLACED",
    10009: "DONE",
    10010: "DONE_PARTIAL",
    10011: "ERROR",
    10012: "TIMEOUT",
    10013: "INVALID",
    10014: "INVALID_VOLUME",
    10015: "INVALID_PRICE",
    10016: "INVALID_STOPS",
    10017: "TRADE_DISABLED",
    10018: "MARKET_CLOSED",
    10019: "NO_MONEY",
    10020: "PRICE_CHANGED",
    10021: "PRICE_OFF",
    10022: "INVALID_EXPIRATION",
    10023: "ORDER_CHANGED",
    10024: "TOO_MANY_REQUESTS",
    10025: "NO_CHANGES",
    10026: "SERVER_DISABLES_AT",
    10027: "CLIENT_DISABLES_AT",
    10028: "LOCKED",
    10029: "FROZEN",
    10030: "INVALID_FILL",
    10031: "CONNECTION",
    10032: "ONLY_REAL",
    10033: "LIMIT_ORDERS",
    10034: "LIMIT_VOLUME",
    10035: "INVALID_ORDER",
    10036: "POSITION_CLOSED",
    10038: "INVALID_CLOSE_VOLUME",
    10039: "CLOSE_ORDER_EXIST",
    10040: "LIMIT_POSITIONS",
    10041: "REJECT_CANCEL",
    10042: "LONG_ONLY",
    10043: "SHORT_ONLY",
    10044: "CLOSE_ONLY",
    10045: "FIFO_CLOSE",
    10046: "HEDGE_PROHIBITED",
}

# The first reason of a number is the one `reason_of` gives back.
_REASONS: Final[Mapping[int, tuple[Reason, ...]]] = {
    10006: (Reason.NOT_ENOUGH_SIZE, Reason.POST_ONLY_CROSSES),
    10013: (
        Reason.NOTHING_TO_REDUCE,
        Reason.NOT_OPPOSITE,
        Reason.NOT_HEDGING,
        Reason.OCO_ENDED,
        Reason.PARENT_ENDED,
        Reason.TRAIL_NOT_POSITIVE,
    ),
    10014: (Reason.QTY_OFF_GRID, Reason.QTY_NOT_POSITIVE, Reason.QTY_BELOW_MIN, Reason.QTY_ABOVE_MAX),
    10015: (Reason.PRICE_WRONG_SIDE, Reason.PRICE_NOT_POSITIVE),
    10016: (Reason.STOPS_TOO_CLOSE, Reason.SL_WRONG_SIDE, Reason.TP_WRONG_SIDE),
    10017: (Reason.TRADE_DISABLED,),
    10018: (Reason.MARKET_CLOSED,),
    10019: (Reason.NO_MONEY,),
    10021: (Reason.NO_QUOTE, Reason.NO_CONVERSION),
    10022: (Reason.INVALID_EXPIRATION, Reason.EXPIRES_IN_PAST),
    10029: (Reason.FROZEN,),
    10030: (Reason.INVALID_FILL,),
    10033: (Reason.LIMIT_ORDERS,),
    10034: (Reason.LIMIT_VOLUME,),
    10035: (Reason.INVALID_ORDER, Reason.UNKNOWN_ORDER, Reason.TYPE_FORBIDDEN),
    10036: (Reason.UNKNOWN_POSITION, Reason.POSITION_CLOSED),
    10038: (Reason.CLOSE_QTY,),
    10040: (Reason.LIMIT_POSITIONS,),
    10041: (Reason.NO_MONEY_AT_TRIGGER,),
    10042: (Reason.LONG_ONLY,),
    10043: (Reason.SHORT_ONLY,),
    10044: (Reason.CLOSE_ONLY,),
    10045: (Reason.FIFO_CLOSE,),
    10046: (Reason.HEDGE_PROHIBITED,),
}
RETCODES: Final[Mapping[Reason, int]] = {reason: code for code, found in _REASONS.items() for reason in found}
CHECKED: Final = 0  # what order_check answers where nothing is wrong


def retcode(reason: Reason | int | str) -> int | None:
    """The trade server's number for a reason (code or name); None for what no server hears of."""
    found = Reason[reason] if isinstance(reason, str) else Reason(reason)
    return RETCODES.get(found)


def reason_of(code: int) -> Reason | None:
    """Our reason for a number of the trade server; None where it is no refusal, or of the connection."""
    return _REASONS[code][0] if code in _REASONS else None
